"""What a province says of itself, twice a second, to the coordinator and to the console.

Cost: operators on duty x their kinds + kinds; independent of the number of tasks. At 555 operators with 8 kinds about 3 ms, at 6 about 0.6; where
nothing has happened since the last one 0.03 (`Summaries`). Two a second of thirty-six idle provinces took 4 % of a core.
"""

from collections.abc import Sequence

import msgspec

from actors.core.clock import MINUTE_MS, Instant
from actors.core.country import Line
from actors.core.ids import KindId, OperatorId, ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.matching.hosting import Hosting, facts_of
from actors.core.matching.views.pairs import typical_minutes
from actors.core.operators import Operator, PresenceState
from actors.core.presence import Presence
from actors.core.shadow import counted
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary
from actors.core.state import ProvinceState
from actors.core.statistics.cells import KindCell, LineTodayCell, LinkCell, LinkDirection
from actors.core.statistics.reading import Reading
from actors.core.statistics.shrinkage import REVIEWS, shrunk_ratio
from actors.core.summary_lines import lines_open_in_ms, summarise_lines
from actors.core.task import MoveOut

#: The people whose experience speaks for a province.
EXPERIENCED_MAX = 3


class Summaries:
    """A province's summaries, one after the other: worked out again when something has happened, not because time passes.

    All that the statistics say is as of a minute, so within one the same events and the same people give the same summary but for its ages.
    """

    def __init__(self) -> None:
        self._known: tuple[object, ProvinceSummary] | None = None

    def summary(
        self, events: int, state: ProvinceState, presence: Presence, now: Instant, hosting: Hosting | None = None
    ) -> ProvinceSummary:
        """See `summarise`.

        Args:
            events: how many events the state is made of.
        """
        heard = tuple(person.operator for person in _on_duty(state, presence, now))
        key = (events, now.wall_ms // MINUTE_MS, heard)
        if self._known is None or self._known[0] != key:
            self._known = (key, summarise(state, presence, now, hosting))
            return self._known[1]
        return msgspec.structs.replace(
            self._known[1],
            time_ms=now.wall_ms,
            oldest_waiting_ms=_oldest_waiting_ms(state, now),
            oldest_transit_ms=_oldest_transit_ms(state, now),
        )


def summarise(
    state: ProvinceState, presence: Presence, now: Instant, hosting: Hosting | None = None
) -> ProvinceSummary:
    """The province's summary as of now.

    Args:
        hosting: what the province's matching model makes of provinces, to say how hard pressed this one is; None: nothing.
    """
    on_duty = _on_duty(state, presence, now)
    reading = Reading(state.statistics, now.wall_ms)
    times = _HandleTimes(state, reading)
    waits_ms = _line_waits_ms(state, on_duty, times)
    by_kind: dict[KindId, list[Operator]] = {}
    for person in on_duty:
        for kind in person.kinds:
            by_kind.setdefault(kind, []).append(person)
    waiting_by_line: dict[str, int] = {}
    for kind, waiting in state.queue.waiting_by_kind.items():
        line = state.kinds[kind].line
        waiting_by_line[line] = waiting_by_line.get(line, 0) + waiting
    leaving = _oldest_move(state)
    # A model that weighs no province (a simulation's) asks nothing of the lines of a branch that is always open.
    weighs = hosting is not None and hosting.weighs_provinces
    lines = summarise_lines(state, on_duty, now) if weighs or state.calendar.hours else ()
    opens_in_ms = lines_open_in_ms(state.calendar, now.wall_ms)
    bare = ProvinceSummary(
        province=state.province,
        time_ms=now.wall_ms,
        status=state.status,
        policy=state.policy,
        epoch=state.epoch,
        kinds_revision=state.kinds_revision,
        model_revision=state.model.revision,
        lines=lines,
        capacity=sum(person.capacity for person in on_duty),
        in_use=sum(state.load_of(person.operator) for person in on_duty),
        shared_quality_gaps=_shared_quality_gaps(reading, lines),
        open_by_state={str(name): count for name, count in sorted(state.open_by_state.items()) if count},
        waiting_by_line=waiting_by_line,
        operators=len(state.operators),
        signed_in=len(state.signed_in),
        available=sum(person.operator in state.free for person in on_duty),
        shared_in=state.shared_in,
        shared_in_today=shared_in_today(reading),
        shared_out=len(state.away),
        leaving=sum(
            state.tasks[task_id].home == state.province and task_id not in state.away for task_id in state.moving
        ),
        oldest_waiting_ms=_oldest_waiting_ms(state, now),
        oldest_transit_ms=_oldest_transit_ms(state, now),
        oldest_transit_host=leaving.host if leaving else "",
        created_count=state.created_count,
        decided_count=state.decided_count,
        decided_shared_count=state.decided_shared_count,
        shadow_tasks=counted(state.shadows),
    )
    pressure = {one.line: hosting.pressure_permille(facts_of(bare, one.line)) for one in lines} if hosting else {}
    kinds = tuple(
        _kind_summary(
            state, kind, by_kind.get(kind, []), times, waits_ms[line], pressure.get(line, 0), opens_in_ms[line]
        )
        for kind, line in ((kind.kind, kind.line) for kind in state.kinds.values())
        if kind in by_kind or kind in state.queue.waiting_by_kind
    )
    return msgspec.structs.replace(bare, kinds=kinds)


class _HandleTimes:
    """What the statistics say of handle times, ms. Number by number: of each kind a summary asks for three people, and an array costs more."""

    def __init__(self, state: ProvinceState, reading: Reading) -> None:
        self._state = state
        self._reading = reading
        self._divisor = reading.divisor(KindCell.HANDLE_MINUTES)
        assert self._divisor == reading.divisor(KindCell.DECIDED), "both decay alike"

    def of_kind(self, kind: KindId) -> int:
        """The kind's mean here, drawn to the country's and to the standard time."""
        return round(typical_minutes(self._reading, self._state.kinds[kind]) * MINUTE_MS)

    def of_person(self, operator: OperatorId, kind: KindId, kind_ms: int) -> int:
        """The person's mean of the kind, drawn to the kind's."""
        statistics = self._reading.statistics
        place = statistics.by_kind.find(statistics.rows[operator], kind)
        cells = statistics.by_kind.cells
        minutes, count = cells[place + KindCell.HANDLE_MINUTES], cells[place + KindCell.DECIDED]
        return round(shrunk_ratio(minutes / self._divisor * MINUTE_MS, count / self._divisor, kind_ms))


def _shared_quality_gaps(reading: Reading, lines: Sequence[LineSummary]) -> dict[ProvinceCode, int]:
    """Pass ratio of other homes' tasks less the province's own, permille, drawn to it with the weight of eight reviews."""
    passes = [line.pass_permille for line in lines if line.pass_permille >= 0]
    if not passes:
        return {}
    own = sum(passes) / len(passes) / 1_000
    gaps: dict[ProvinceCode, int] = {}
    for name in reading.statistics.links.row(LinkDirection.IN):
        home = ProvinceCode(name)
        reviews = reading.link_sum(LinkCell.REVIEWS, LinkDirection.IN, home)
        weight = reading.link_sum(LinkCell.REVIEWED, LinkDirection.IN, home)
        if weight > 0:
            passed = reading.link_sum(LinkCell.PASSED, LinkDirection.IN, home) / weight
            gaps[home] = round(1_000 * (shrunk_ratio(passed * reviews, reviews, own, REVIEWS) - own))
    return gaps


def shared_in_today(reading: Reading) -> int:
    """Tasks of other homes taken in since the local midnight."""
    return round(sum(reading.today(LineTodayCell.SHARED_TAKEN, line) for line in Line))


def _oldest_waiting_ms(state: ProvinceState, now: Instant) -> int:
    since_ms = state.queue.oldest_taken_in_ms()
    return max(0, now.wall_ms - since_ms) if since_ms is not None else 0


def _oldest_transit_ms(state: ProvinceState, now: Instant) -> int:
    move = _oldest_move(state)
    return max(0, now.wall_ms - move.started_ms) if move else 0


def _oldest_move(state: ProvinceState) -> MoveOut | None:
    """Of the tasks in transit from here (about `Bounds.moves_in_transit_max` at most), the one that left first."""
    moves = [move for task_id in state.moving if (move := state.tasks[task_id].move)]
    return min(moves, key=lambda move: move.started_ms, default=None)


def _on_duty(state: ProvinceState, presence: Presence, now: Instant) -> list[Operator]:
    within_ms = state.heard_within_ms
    people = (state.operators[operator] for operator in state.signed_in)
    return [
        person
        for person in people
        if person.presence is PresenceState.AVAILABLE
        and presence.was_heard(person.session, now.monotonic_ms, within_ms)
    ]


def _line_waits_ms(state: ProvinceState, on_duty: list[Operator], times: _HandleTimes) -> dict[Line, int]:
    """Work that waits per line over the capacity on duty for it, milliseconds."""
    work_ms = dict.fromkeys(Line, 0)
    for kind, waiting in state.queue.waiting_by_kind.items():
        work_ms[state.kinds[kind].line] += waiting * times.of_kind(kind)
    capacity = dict.fromkeys(Line, 0)
    for person in on_duty:
        for line in {state.kinds[kind].line: None for kind in person.kinds if kind in state.kinds}:
            capacity[line] += person.capacity
    return {line: work_ms[line] // capacity[line] if capacity[line] else WAIT_UNBOUNDED_MS for line in Line}


def _kind_summary(
    state: ProvinceState,
    kind: KindId,
    people: list[Operator],
    times: _HandleTimes,
    line_wait_ms: int,
    pressure_permille: int,
    opens_in_ms: int,
) -> KindSummary:
    # Who stays when the line has closed works on for the branch itself: what others sent now would be left behind when they go.
    lent = [] if opens_in_ms else [person for person in people if person.share_opt_in]
    experienced = sorted(lent, key=lambda person: (-person.kinds[kind].done_count, person.operator))
    experienced = experienced[:EXPERIENCED_MAX]
    free = sum(max(0, person.capacity - state.load_of(person.operator)) for person in lent)
    qualities = [quality for person in experienced if (quality := person.kinds[kind].quality_permille) >= 0]
    waiting = state.queue.waiting_by_kind.get(kind, 0)
    kind_ms = times.of_kind(kind)
    return KindSummary(
        kind=kind,
        line=state.kinds[kind].line,
        waiting=waiting,
        eligible=len(lent),
        free_capacity=free,
        expected_wait_ms=(0 if free and not waiting else line_wait_ms) if people else opens_in_ms or WAIT_UNBOUNDED_MS,
        handle_ms=sum(times.of_person(person.operator, kind, kind_ms) for person in experienced) // len(experienced)
        if experienced
        else kind_ms,
        experience=sum(person.kinds[kind].done_count for person in experienced) // len(experienced)
        if experienced
        else 0,
        best_operator=experienced[0].operator if experienced else OperatorId(""),
        quality_permille=sum(qualities) // len(qualities) if qualities else -1,
        pressure_permille=pressure_permille,
    )
