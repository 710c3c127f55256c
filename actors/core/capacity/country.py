"""A line's work played in the whole country: branches run on their own from picture to picture, and the product's plan moves tasks between them.

Between two pictures branches have nothing to do with each other, so each passes its own events; at a picture every branch says how it
stands, `plan_flows` advises as it does live, and the tasks that leave are begun at their hosts at once, as lenders lend only people who are
free. A province without power evacuates by itself, as live: each task to the host that `rank_hosts` puts first, where it yields to the
branch's own work by the rule of `matching.guests`.

The period. Live there are two pictures a second, too many for weeks of virtual time. What a longer period costs is that a task which should leave
waits for the next picture, half a period in the mean, and so does a free lender: little as long as a period is short against the activation
threshold (15 minutes) and the handle times (6 to 15). The measured difference is in docs/capacity.md; it understates sharing. A period is a divisor
of half an hour, so that people come and go at pictures. No picture is taken while nothing is shared and nobody waits too long: a plan
would say nothing.

Without a policy nothing is shared and no picture taken: isolation. With a policy that never finds a wait too long the same events follow
(a test compares them one by one).
"""

from collections.abc import Sequence
from itertools import accumulate

import msgspec
import numpy as np

from actors.core.calendar import start_of
from actors.core.capacity.drawing import Floats
from actors.core.capacity.hours import Duty
from actors.core.capacity.office import Fates, Office, fates_of
from actors.core.capacity.picture import Speaker
from actors.core.capacity.scenario import DAY_MINUTES, LineOfWork, Scenario
from actors.core.capacity.work import Work
from actors.core.clock import MINUTE_MS
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.ids import KindId, ProvinceCode
from actors.core.matching.guests import STANDARD_DEVIATIONS
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.hosts import hosts_by_kind, rank_hosts
from actors.core.sharing.lending import kept_for
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import NationalPicture

#: People come and go at multiples of this; a period divides it.
DUTY_GRID_MINUTES = 30
#: While fewer than this part of the country's people are on duty (evenings in the west, weekends), there are so many times fewer pictures.
FEW_PART, FEW_EVERY = 0.25, 5


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one play."""

    #: (tasks,) minutes since the scenario began.
    done: Floats
    #: Tasks moved by the plan, and by an evacuation.
    moved: int
    evacuated: int
    plans: int
    #: Tasks that were not done when the scenario's days were over.
    left: int


def play(
    scenario: Scenario,
    line: LineOfWork,
    duties: Sequence[Duty],
    work: Work,
    policy: SharingPolicy | None,
    period_minutes: float,
) -> Played:
    """Play a line's work until all of it is done.

    Args:
        scenario: what is assumed.
        line: the line.
        duties: one a branch, in the scenario's order.
        work: the tasks.
        policy: every branch's; None: nothing is shared.
        period_minutes: from one picture to the next; it divides `DUTY_GRID_MINUTES`.

    Raises:
        ValueError: the period does not divide the grid.
        RuntimeError: some tasks are not done days after the scenario's last: the load is beyond any bound.
    """
    steps = DUTY_GRID_MINUTES / period_minutes
    if steps != int(steps):
        raise ValueError(f"a period of {period_minutes} minutes does not divide {DUTY_GRID_MINUTES}")
    return _Country(scenario, line, duties, work, policy, period_minutes).play()


class _Country:
    """The state of one play."""

    def __init__(
        self,
        scenario: Scenario,
        line: LineOfWork,
        duties: Sequence[Duty],
        work: Work,
        policy: SharingPolicy | None,
        period_minutes: float,
    ) -> None:
        self._scenario, self._line, self._policy = scenario, line, policy
        self._period = period_minutes
        self._fates: Fates = fates_of(work)
        self._offices = [Office(number, duty, work, self._fates) for number, duty in enumerate(duties)]
        self._by_code = {office.duty.branch.code: office for office in self._offices}
        self._speakers = [
            Speaker(office, line, policy or SharingPolicy(), work.arrived[office.first : office.end])
            for office in self._offices
        ]
        self._changes: dict[float, list[tuple[Office, int]]] = {}
        for office in self._offices:
            for at, people in office.duty.changes:
                self._changes.setdefault(at, []).append((office, people))
                if self._is_closing(office, at):
                    self._changes.setdefault(at + scenario.overtime_minutes, []).append((office, 0))
        self._begin_ms = start_of(scenario.first_day)
        self._memory = FlowMemory()
        self._moved = self._evacuated = self._plans = 0

    def play(self) -> Played:
        over = float(self._scenario.days * DAY_MINUTES)
        for now in self._instants():
            for office in self._offices:
                office.pass_until(now)
            self._change_people(now)
            if self._policy is not None:
                self._share(now, self._policy)
            if now >= over and all(office.is_finished for office in self._offices):
                break
        else:
            raise RuntimeError("the work is not done days after the last arrived: people cannot bear this load")
        done = np.array(self._fates.done)
        return Played(
            done=done,
            moved=self._moved,
            evacuated=self._evacuated,
            plans=self._plans,
            left=int(np.count_nonzero(done > over)),
        )

    def _instants(self) -> list[float]:
        """When people come or go, and when pictures are taken: while anybody is on duty. Rising."""
        instants = dict.fromkeys(self._changes)
        if self._policy is not None:
            per_slot = round(DUTY_GRID_MINUTES / self._period)
            people = self._people_by_slot()
            few = FEW_PART * max(people)
            for slot, on_duty in enumerate(people):
                every = FEW_EVERY if on_duty < few else 1
                # Counted in whole periods: summed minutes would miss the instants at which people come and go.
                steps = range(0, per_slot if on_duty else 0, every)
                instants |= dict.fromkeys((slot + step / per_slot) * DUTY_GRID_MINUTES for step in steps)
        return sorted(instants)

    def _people_by_slot(self) -> list[int]:
        """People on duty in the whole country, by half hour."""
        came = [0] * (1 + int(max(self._changes) / DUTY_GRID_MINUTES))
        for office in self._offices:
            before = 0
            for at, people in office.duty.changes:
                came[int(at / DUTY_GRID_MINUTES)] += people - before
                before = people
        return list(accumulate(came))

    def _change_people(self, now: float) -> None:
        for office, people in self._changes.get(now, ()):
            outage = office.duty.outage
            if outage and now == outage.begin_minute:
                office.lose_power(now)
                self._speakers[office.number].is_out = True
            elif outage and now == outage.end_minute:
                self._speakers[office.number].is_out = False
            if people == 0 and self._is_closing(office, now):
                office.begin_overtime()
            else:
                office.change_people(people, now)

    def _is_closing(self, office: Office, at: float) -> bool:
        """Whether the branch's hours end, and people stay for what waits."""
        return self._scenario.overtime_minutes > 0 and at in office.duty.closings

    def _share(self, now: float, policy: SharingPolicy) -> None:
        if self._is_at_ease(policy):
            return
        picture = NationalPicture(
            time_ms=self._begin_ms + round(now * MINUTE_MS),
            provinces=tuple(speaker.summary(now) for speaker in self._speakers),
        )
        flows, self._memory = plan_flows(picture, self._memory)
        self._plans += 1
        for flow in flows:
            self._follow(flow, now)
        for office, speaker in zip(self._offices, self._speakers, strict=True):
            if speaker.is_out:
                self._evacuate(office, picture, policy, now)
            if office.guests:
                self._serve_guests(office, speaker, now)

    def _is_at_ease(self, policy: SharingPolicy) -> bool:
        """Whether a plan would say nothing: nothing is shared, nobody waits long enough to begin, and no evacuation has left work."""
        if self._memory.sharing or self._memory.links or policy.share_out_mode is ShareOutMode.BEST_MATCH:
            return False
        longest = policy.activation_wait_ms / MINUTE_MS / self._line.handle_minutes
        for office in self._offices:
            waiting = len(office.waiting)
            if office.guests or (waiting and waiting > longest * office.people):
                return False
        return True

    def _follow(self, flow: MoveFlow, now: float) -> None:
        host = self._by_code[flow.host]
        for task in self._by_code[flow.source].give(flow.count):
            self._send(task, host)
            host.take(task, now)
            self._moved += 1

    def _send(self, task: int, host: Office) -> None:
        """A task changes hands: it takes longer away from home, and it stays there."""
        fates = self._fates
        if task not in fates.host:
            fates.minutes[task] *= self._scenario.remote_factor
        fates.host[task] = host.number
        fates.may_leave[task] = False

    def _evacuate(self, office: Office, picture: NationalPicture, policy: SharingPolicy, now: float) -> None:
        """Send away what may leave, each task to the best host as it looks with those sent before."""
        if policy.share_out_mode is ShareOutMode.CLOSED:
            return
        kind = KindId(self._line.line.value)
        hosts = hosts_by_kind(picture).get(kind, [])
        pledged: dict[tuple[ProvinceCode, KindId], int] = {}
        for task in office.give(len(office.waiting)) if hosts else ():
            [best, *_] = rank_hosts(kind, office.duty.branch.code, policy, hosts, pledged)
            pledged[best.province, kind] = pledged.get((best.province, kind), 0) + 1
            host = self._by_code[best.province]
            self._send(task, host)
            host.receive(task, now)
            self._evacuated += 1

    def _serve_guests(self, office: Office, speaker: Speaker, now: float) -> None:
        arriving = int(speaker.arrivals_per_hour(now) * self._line.handle_minutes / 60.0)
        kept = min(kept_for(STANDARD_DEVIATIONS**2 * arriving), office.free + len(office.busy) - 1)
        office.kept = max(kept, self._policy.reserve_operators if self._policy else 0)
        office.lose_patience(now)
        office.begin_guests(now)
