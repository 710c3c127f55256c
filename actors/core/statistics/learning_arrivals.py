"""What arrivals teach: how many tasks come when, what amounts a kind has, and whose decisions come back.

A task that was moved here is no arrival: arrivals are what a home must expect. One that is booked arrives when its time has come. That a case
was reopened, or a decision sent back, is for the branch to say with the new task; whether within thirty days is for it to judge, because the
first decision may have been made elsewhere.
"""

from actors.core import events as e
from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.state import ProvinceState
from actors.core.statistics.cells import LineCell, LinkCell, LinkDirection, amount_bucket
from actors.core.statistics.decay import local_hour_of_week
from actors.core.statistics.tables import RECENT_MINUTES, Statistics
from actors.core.task import PriorReason, TaskSpec

_PRIOR_CELLS = {PriorReason.REOPENED: LineCell.REOPENED.value, PriorReason.SENT_BACK: LineCell.SENT_BACK.value}
_SENT_BACK = LinkCell.SENT_BACK.value
_OUT = LinkDirection.OUT.value


def task_created(state: ProvinceState, event: e.TaskCreated) -> None:
    """A task arrived. What a drill made up is load now, but nothing that its hour of the week, its kind or anybody will be known by."""
    statistics, spec, at_ms = state.statistics, event.spec, event.at_ms
    clock = statistics.clock
    clock.advance(at_ms)
    line = state.kinds[spec.kind].line
    if event.shadow is not None:
        _count_recent(statistics, line, at_ms)
        return
    if not event.arrives_later:
        _arrived(statistics, line, at_ms)
    if spec.amount_fen > 0:
        table = statistics.amounts
        place = table.place(0, spec.kind)
        table.cells[place + amount_bucket(spec.amount_fen)] += clock.experience
    if spec.prior_reason in _PRIOR_CELLS:
        _came_back(state, spec, line)


def schedule_reached(state: ProvinceState, event: e.TaskScheduleReached) -> None:
    """The time of a booked task has come, and with it the task."""
    if event.is_arrival:
        state.statistics.clock.advance(event.at_ms)
        _arrived(state.statistics, state.tasks[event.task_id].line, event.at_ms)


def _arrived(statistics: Statistics, line: Line, at_ms: int) -> None:
    """One more in this minute, and in this hour of the week. The clock has been advanced."""
    _count_recent(statistics, line, at_ms)
    table = statistics.arrivals
    table.cells[table.place(0, line) + local_hour_of_week(at_ms)] += statistics.clock.work


def _count_recent(statistics: Statistics, line: Line, at_ms: int) -> None:
    """One more in the current minute: the load, whoever made it."""
    minute, table = at_ms // 60_000, statistics.recent
    place = table.place(minute % RECENT_MINUTES, line)
    if table.cells[place] != minute:
        table.cells[place] = minute
        table.cells[place + 1] = 0.0
    table.cells[place + 1] += 1.0


def _came_back(state: ProvinceState, spec: TaskSpec, line: Line) -> None:
    """A decision came back as a new task: to whoever made it here, or to the link with the province that made it."""
    statistics = state.statistics
    row = statistics.rows.get(OperatorId(spec.prior_operator))
    if row is not None:
        table = statistics.by_line
        table.cells[table.place(row, line) + _PRIOR_CELLS[spec.prior_reason]] += statistics.clock.work
        statistics.revisions[row] += 1
        return
    decided = statistics.outcomes.of(spec.prior_task)
    if decided:
        links = statistics.links
        place = links.place(_OUT, decided[0][0])
        links.cells[place + _SENT_BACK] += statistics.clock.work
