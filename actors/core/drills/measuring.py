"""The figures of a drill from the journals of all provinces: feed every frame once, in the order of its province, then ask for the report.

Events of different provinces have no common order but the wall clock's, and all clocks of a drill are one machine's or kept in step; so
provinces may be read one after the other, as long as nothing is asked before the end. That is why facts are collected first
(who took which task when, who was given it when) and compared in `report`.

Conservation. A summary says exactly which frame it is of. So for each province: open tasks at the start + what its events between the two
frames brought and took = open tasks at the end, to the task, restarts or not. What is missing is lost. A task that its source let go
of and that was accepted nowhere is lost, too. Provinces do not stand still while they are read: so all say first how they stand, and then
their journals are read to their ends. What was let go of by the first had been accepted before that, so it is found in the second.
(Moves that had begun and were not seen to arrive were counted once: of 5,006 three were under way when their hosts were read.)

Bounds: `TASKS_MAX` tasks are remembered; a drill on more says so in its report and measures those.
"""

from collections.abc import Callable, Iterable, Sequence

from actors.core import events as e
from actors.core.country import ProvinceStatus
from actors.core.drills.figures import COMPARISONS, judge, percentile
from actors.core.drills.made_up import MadeUp
from actors.core.drills.quotas import Quotas
from actors.core.drills.record import Drill, DrillReport, Moment, Standing
from actors.core.drills.steps import RULES, Fault
from actors.core.drills.waits import wait_curve, wait_figures, wait_moments
from actors.core.ids import ProvinceCode, TaskId, home_of
from actors.core.task import MoveOut

TASKS_MAX = 1_000_000
#: Waits below this count as this: nobody notices the difference between 10 and 20 ms, but its ratio is 2.
WAIT_FLOOR_MS = 1_000
#: Points of the curve in the report.
CURVE_POINTS_MAX = 240

_CHANGES: dict[type, int] = {
    e.TaskCreated: 1,
    e.MoveAccepted: 1,
    e.MoveHandedOver: -1,
    e.TaskCompleted: -1,
    e.TaskReturned: -1,
    e.TaskCancelled: -1,
}
#: Tasks that a note names at most.
NAMED_MAX = 10


class Takeover:
    """A task of a struck province at its first host after the strike."""

    __slots__ = ("at_ms", "created_ms", "host")

    def __init__(self, host: ProvinceCode, at_ms: int, created_ms: int) -> None:
        self.host = host
        self.at_ms = at_ms
        self.created_ms = created_ms


class Measuring:
    """Collects the facts of one drill.

    Args:
        drill: one that is over, its start included.
        after: how everybody stands now.
    """

    def __init__(self, drill: Drill, after: Sequence[Standing]) -> None:
        self._drill = drill
        self._struck = dict.fromkeys(drill.spec.provinces)
        self._rules = RULES[drill.spec.kind]
        self._before = {standing.province: standing for standing in drill.before}
        self._after = {standing.province: standing for standing in after}
        self._quotas = Quotas(drill.before)
        self._handlers: dict[type, Callable[..., None]] = {
            e.TaskCreated: self._created,
            e.OfferMade: self._given,
            e.TaskAssigned: self._given,
            e.MoveStarted: self._move_started,
            e.MoveAccepted: self._move_accepted,
            e.TaskCompleted: self._completed,
            e.TaskReturned: self._task_ended,
            e.TaskCancelled: self._task_ended,
            e.SiteLost: self._site_lost,
            e.ProvinceStatusChanged: self._status_changed,
        }
        self._changes: dict[ProvinceCode, int] = {}
        self._created_ms: dict[TaskId, int] = {}
        self._given_first: dict[TaskId, tuple[ProvinceCode, int]] = {}
        #: (task, host) pairs of which the host gave the task to somebody after the strike, and when first.
        self._given_at_host: dict[tuple[TaskId, ProvinceCode], int] = {}
        #: Tasks that a struck province gave to its own people after the strike.
        self._given_at_home: dict[TaskId, None] = {}
        self._takeovers: dict[TaskId, Takeover] = {}
        self._moves = 0
        self._moves_again = 0
        self._moved_tasks: dict[TaskId, None] = {}
        #: Moves that began after the start, by (task, source); those of them whose source let go of the task; and all that were accepted.
        self._started: dict[tuple[TaskId, ProvinceCode], MoveOut] = {}
        #: Moves that have begun and not ended, by (task, source).
        self._under_way: dict[tuple[TaskId, ProvinceCode], None] = {}
        self._let_go: dict[tuple[TaskId, int, int], None] = {}
        self._accepted: dict[tuple[TaskId, int, int], None] = {}
        self._eligible: dict[tuple[TaskId, ProvinceCode], bool] = {}
        self._decisions: dict[TaskId, int] = {}
        self._ended: dict[TaskId, None] = {}
        #: Struck province -> first frame of a later incarnation.
        self._reborn_ms: dict[ProvinceCode, int] = {}
        self._detected_ms = 0
        self._active_ms: dict[ProvinceCode, int] = {}
        self._alarms: dict[ProvinceCode, None] = {}
        self._is_full = False
        self._made_up = MadeUp(drill)

    def take(
        self, province: ProvinceCode, sequence: int, events: Iterable[e.AnyEvent], *, epoch: int = 0, at_ms: int = 0
    ) -> None:
        """Take in one frame."""
        before, after = self._before.get(province), self._after.get(province)
        if province in self._struck and before is not None and epoch > before.epoch:
            self._reborn_ms.setdefault(province, at_ms)
        is_between = before is not None and after is not None and before.sequence < sequence <= after.sequence
        for event in events:
            self._made_up.take(province, event)
            if is_between and isinstance(event, e.MoveHandedOver):
                self._handed_over(province, event)
            change = self._change(province, event)
            if is_between:
                self._changes[province] = self._changes.get(province, 0) + change
                self._quotas.take(province, event, change)
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(province, event)

    def _change(self, province: ProvinceCode, event: e.AnyEvent) -> int:
        """By how many open tasks a province has more after an event.

        A host may be quicker than its own answer: it decides a task, or sends it back, before the source has heard that it was accepted. Then the
        record of the task on its way ends with the outcome, or with the return, and not by being handed over.
        """
        match event:
            case e.MoveStarted():
                self._under_way[event.task_id, province] = None
            case e.MoveHandedOver() | e.MoveTakenBack():
                self._under_way.pop((event.task_id, province), None)
            case e.OutcomeNoted() | e.MoveAccepted():
                key = (event.task.task_id, province)
                if key in self._under_way:
                    del self._under_way[key]
                    return _CHANGES.get(type(event), 0) - 1
            case _:
                pass
        return _CHANGES.get(type(event), 0)

    # --- facts ---

    def _created(self, province: ProvinceCode, event: e.TaskCreated) -> None:
        del province
        if len(self._created_ms) >= TASKS_MAX:
            self._is_full = True
            return
        self._created_ms[event.task_id] = max(event.at_ms, event.spec.not_before_ms)

    def _given(self, province: ProvinceCode, event: e.OfferMade | e.TaskAssigned) -> None:
        if event.task_id in self._created_ms or home_of(event.task_id) in self._struck:
            known = self._given_first.get(event.task_id)
            if known is None or event.at_ms < known[1]:
                self._given_first[event.task_id] = (province, event.at_ms)
        if event.at_ms < self._drill.struck_ms:
            return
        if province in self._struck:
            self._given_at_home[event.task_id] = None
        else:
            self._given_at_host.setdefault((event.task_id, province), event.at_ms)

    def _move_started(self, province: ProvinceCode, event: e.MoveStarted) -> None:
        if event.at_ms < self._drill.started_ms:
            return
        move = event.move
        self._started[event.task_id, province] = move
        chosen = [candidate for candidate in event.candidates if candidate.province == move.host]
        self._eligible[event.task_id, move.host] = any(candidate.eligible > 0 for candidate in chosen)

    def _move_accepted(self, province: ProvinceCode, event: e.MoveAccepted) -> None:
        task = event.task
        self._accepted[task.task_id, event.move.generation, event.move.attempt] = None
        if event.at_ms < self._drill.struck_ms:
            return
        self._moves += 1
        self._moves_again += task.task_id in self._moved_tasks
        self._moved_tasks[task.task_id] = None
        if event.source in self._struck and province not in self._struck:
            known = self._takeovers.get(task.task_id)
            if known is None or event.at_ms < known.at_ms:
                self._takeovers[task.task_id] = Takeover(province, event.at_ms, task.taken_in_ms)

    def _handed_over(self, province: ProvinceCode, event: e.MoveHandedOver) -> None:
        move = self._started.get((event.task_id, province))
        if move is not None:
            self._let_go[event.task_id, move.generation, move.attempt] = None

    def _completed(self, province: ProvinceCode, event: e.TaskCompleted) -> None:
        del province
        self._decisions[event.task_id] = self._decisions.get(event.task_id, 0) + 1
        self._ended[event.task_id] = None

    def _task_ended(self, province: ProvinceCode, event: e.TaskReturned | e.TaskCancelled) -> None:
        del province
        self._ended[event.task_id] = None

    def _site_lost(self, province: ProvinceCode, event: e.SiteLost) -> None:
        self._alarm(province, event.at_ms)

    def _status_changed(self, province: ProvinceCode, event: e.ProvinceStatusChanged) -> None:
        if event.status is ProvinceStatus.UNREACHABLE:
            self._alarm(province, event.at_ms)
        elif event.status is ProvinceStatus.ACTIVE and event.at_ms >= self._drill.lifted_ms:
            self._active_ms.setdefault(province, event.at_ms)

    def _alarm(self, province: ProvinceCode, at_ms: int) -> None:
        if at_ms < self._drill.struck_ms:
            return
        if province not in self._struck or not self._rules.is_outage:
            self._alarms[province] = None
        elif not self._detected_ms or at_ms < self._detected_ms:
            self._detected_ms = at_ms

    # --- the report ---

    def report(self) -> DrillReport:
        """What the facts come to."""
        figures = {
            **self._times(),
            **self._counts(),
            **self._comparisons(),
        }
        judgements = judge(self._drill.spec.objectives, figures)
        is_sound = figures["lost"] == figures["decided_twice"] == figures["leftovers"] == 0
        return DrillReport(
            passed=is_sound and all(judgement.met for judgement in judgements),
            figures=figures,
            judgements=judgements,
            helpers=self._helpers(),
            timeline=self._timeline(),
            moved=self._curve(),
            waits=wait_curve(self._drill, CURVE_POINTS_MAX),
            notes=self._notes(figures),
        )

    def _times(self) -> dict[str, int]:
        struck_ms = self._drill.struck_ms
        instants = {"detected_ms": self._detected_ms, "first_reassigned_ms": self._first_reassigned_ms()}
        instants["first_moved_ms"] = min((one.at_ms for one in self._takeovers.values()), default=0)
        instants["served_ms"] = self._served_ms()
        if not self._drill.stayed and self._rules.fault is not Fault.SURGE:
            instants["all_moved_ms"] = self._all_moved_ms()
        times = {figure: at_ms - struck_ms for figure, at_ms in instants.items() if at_ms}
        recovered_ms = self._recovered_ms()
        times |= wait_figures(self._drill)
        return times | ({"recovered_ms": recovered_ms - self._drill.lifted_ms} if recovered_ms else {})

    def _first_reassigned_ms(self) -> int:
        given = [
            self._given_at_host[task_id, takeover.host]
            for task_id, takeover in self._takeovers.items()
            if (task_id, takeover.host) in self._given_at_host
        ]
        return min(given, default=0)

    def _all_moved_ms(self) -> int:
        """When the last of those that were there at the strike was taken over; 0: none was there."""
        there = [one.at_ms for one in self._takeovers.values() if one.created_ms <= self._drill.struck_ms]
        return max(there, default=0)

    def _recovered_ms(self) -> int:
        """When the last of the struck provinces was active again; 0: not all of them are."""
        if any(code not in self._active_ms for code in self._struck):
            return 0
        return max((self._active_ms[code] for code in self._struck), default=0)

    def _served_ms(self) -> int:
        """When successors had taken over, by their first frames, or as the coordinator saw them; 0: nobody had to, or nobody has."""
        drill = self._drill
        if self._rules.fault is Fault.GATEWAY_END:
            return drill.lifted_ms if drill.lifted_ms - drill.struck_ms < drill.spec.duration_ms else 0
        if self._rules.fault not in (Fault.KILL, Fault.FREEZE):
            return 0
        if any(self._after[code].epoch <= self._before[code].epoch for code in self._struck):
            return 0
        return max(min(self._reborn_ms.get(code, drill.lifted_ms), drill.lifted_ms) for code in self._struck)

    def _counts(self) -> dict[str, int]:
        moved = len(self._takeovers)
        counts = {
            "moved": moved,
            "stayed": self._drill.stayed,
            "lost": self._lost(),
            "decided_twice": sum(count > 1 for count in self._decisions.values()),
            "false_alarms": len(self._alarms),
            **self._made_up.figures(),
        }
        if self._quotas.over is not None:
            counts["over_quota"] = self._quotas.over
        if self._rules.fault is Fault.EVACUATION:
            counts["preview_missed"] = len(self._missed())
        if moved:
            counts["eligible_permille"] = self._eligible_count() * 1000 // moved
        if self._moves:
            counts["moved_again_permille"] = self._moves_again * 1000 // self._moves
        return counts

    def _missed(self) -> list[TaskId]:
        """What was promised to move, and neither did nor was taken up at home or ended meanwhile."""
        excused = (self._takeovers, self._given_at_home, self._ended)
        return [task for task in self._drill.previewed if all(task not in known for known in excused)]

    def _meanwhile(self) -> str:
        """What has changed since the preview."""
        promised = dict.fromkeys(self._drill.previewed)
        stayed = [task for task in promised if task not in self._takeovers]
        others = [task for task in self._takeovers if task not in promised]
        named = f" ({', '.join(stayed[:NAMED_MAX])})" if stayed else ""
        return (
            f"{len(promised)} previewed; {len(stayed)} of them were taken up at home or ended meanwhile{named}; "
            f"{len(others)} more came, or were freed, and moved"
        )

    def _lost(self) -> int:
        adrift = sum(move not in self._accepted for move in self._let_go)
        missing = sum(
            max(0, before.open_tasks + self._changes.get(code, 0) - self._after[code].open_tasks)
            for code, before in self._before.items()
            if code in self._after
        )
        return adrift + missing

    def _eligible_count(self) -> int:
        return sum(
            self._eligible.get((task_id, takeover.host), False) or (task_id, takeover.host) in self._given_at_host
            for task_id, takeover in self._takeovers.items()
        )

    def _comparisons(self) -> dict[str, int]:
        helpers = self._helpers()
        found: dict[str, int] = {}
        drops = [
            ratio - self._after[code].on_time_permille[line]
            for code in helpers
            if code in self._before and code in self._after
            for line, ratio in self._before[code].on_time_permille.items()
            if line in self._after[code].on_time_permille
        ]
        if drops:
            found["lender_on_time_drop_permille"] = max(0, *drops)
        earlier, later = self._waits(helpers)
        if earlier and later:
            p95 = [max(WAIT_FLOOR_MS, percentile(waits, 950)) for waits in (earlier, later)]
            found["lender_wait_p95_ratio_permille"] = p95[1] * 1000 // p95[0]
        earlier, later = self._waits(self._struck)
        if earlier and later:
            found["customer_extra_wait_ms"] = max(0, percentile(later, 500) - percentile(earlier, 500))
        return found

    def _waits(self, homes: Iterable[ProvinceCode]) -> tuple[list[int], list[int]]:
        """Waits of these homes' own real tasks from creation to the first desk, ms: of those that ended before the strike, and after it."""
        wanted = dict.fromkeys(homes)
        earlier: list[int] = []
        later: list[int] = []
        since_ms = self._drill.struck_ms - self._drill.spec.baseline_ms
        for task_id, (_, given_ms) in self._given_first.items():
            created_ms = self._created_ms.get(task_id)
            if created_ms is None or given_ms < since_ms or home_of(task_id) not in wanted:
                continue
            if self._made_up.is_shadow(task_id):
                continue
            (earlier if given_ms < self._drill.struck_ms else later).append(max(0, given_ms - created_ms))
        return earlier, later

    def _helpers(self) -> dict[ProvinceCode, int]:
        counts: dict[ProvinceCode, int] = {}
        for takeover in self._takeovers.values():
            counts[takeover.host] = counts.get(takeover.host, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def _timeline(self) -> tuple[Moment, ...]:
        drill = self._drill
        moments = {
            "started": drill.started_ms,
            "struck": drill.struck_ms,
            "detected": self._detected_ms,
            "served": self._served_ms(),
            "first_reassigned": self._first_reassigned_ms(),
            "all_moved": 0 if self._drill.stayed else self._all_moved_ms(),
            "lifted": drill.lifted_ms,
            "recovered": self._recovered_ms(),
            "settled": drill.settled_ms,
            **wait_moments(drill),
        }
        known = [Moment(at_ms=at_ms, what=what) for what, at_ms in moments.items() if at_ms]
        return tuple(sorted(known, key=lambda moment: moment.at_ms))

    def _curve(self) -> tuple[tuple[int, int], ...]:
        instants = sorted(takeover.at_ms for takeover in self._takeovers.values())
        stride = max(1, -(-len(instants) // CURVE_POINTS_MAX))
        places = [*range(stride, len(instants), stride), len(instants)] if instants else []
        return tuple((instants[place - 1] - self._drill.struck_ms, place) for place in places)

    def _notes(self, figures: dict[str, int]) -> tuple[str, ...]:
        notes = [f"{figure}: nothing to compare on one side" for figure in COMPARISONS if figure not in figures]
        if missed := self._missed():
            notes.append(f"previewed, and nothing happened to them: {', '.join(missed[:NAMED_MAX])}")
        if self._rules.fault is Fault.EVACUATION:
            notes.append(self._meanwhile())
        notes += self._made_up.notes()
        if self._is_full:
            notes.append(f"waits are those of the first {TASKS_MAX} tasks")
        return tuple(notes)
