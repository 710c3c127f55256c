"""What offers, assignments and stints of work teach. Each function learns from one type of event, before it is applied.

What nobody could help teaches nothing: an offer that was withdrawn because a desk fell silent is an offer made, but neither declined nor
expired; work that a cut-off site, an evacuation, its home or a changed roster took away is not the person's release.
"""

import math

from actors.core import events as e
from actors.core.country import TaskKind
from actors.core.ids import OperatorId
from actors.core.ledger import work_units_milli
from actors.core.state import ProvinceState
from actors.core.statistics.cells import LineCell, OperatorCell
from actors.core.statistics.decay import work_minutes
from actors.core.statistics.tables import Statistics
from actors.core.task import Task, TaskState

#: Reasons of a release that are not the person's own doing, where the event does not say whether it is.
_NOT_THEIRS = frozenset(("site_lost", "right_withdrawn", "capacity_reduced"))
_EXPIRED = "offer_expired"
_IN_PROGRESS = TaskState.IN_PROGRESS
# Cells as plain numbers: looking a member up and adding it costs three times as much.
_TAKEN, _STARTED, _SUSPENDED = LineCell.TAKEN.value, LineCell.STARTED.value, LineCell.SUSPENDED.value
_TRANSFERRED, _RETURNED = LineCell.TRANSFERRED.value, LineCell.RETURNED.value
_OFFERS, _ACCEPTED = OperatorCell.OFFERS.value, OperatorCell.OFFERS_ACCEPTED.value
_OFFERS_EXPIRED, _OFFERS_DECLINED = OperatorCell.OFFERS_EXPIRED.value, OperatorCell.OFFERS_DECLINED.value
_ACCEPT_LOG_SECONDS, _RELEASED = OperatorCell.ACCEPT_LOG_SECONDS.value, OperatorCell.RELEASED.value
_ALL_TAKEN, _UNITS_TAKEN_TODAY = OperatorCell.TAKEN.value, OperatorCell.UNITS_TAKEN_TODAY.value
_WORKED, _WORKED_TODAY = OperatorCell.WORKED_MINUTES.value, OperatorCell.WORKED_MINUTES_TODAY.value
_DAY, _TODAY_END = OperatorCell.DAY.value, OperatorCell.SIGNED_IN_MINUTES_TODAY.value + 1


def units_of(task: Task, kind: TaskKind | None) -> float:
    """Work units that a task counts for; 0 when its kind is unknown here."""
    return 0.0 if kind is None else work_units_milli(kind, task.spec.complexity) / 1000.0


def begin_day(statistics: Statistics, place: int) -> None:
    """Start the operator's counts of today anew when the day has changed. The clock has been advanced."""
    cells = statistics.by_operator.cells
    if cells[place + _DAY] != statistics.clock.day:
        cells[place + _DAY] = statistics.clock.day
        for cell in range(place + _DAY + 1, place + _TODAY_END):
            cells[cell] = 0.0


def _count(state: ProvinceState, operator: OperatorId | None, at_ms: int, cell: int) -> None:
    """One more in an `OperatorCell`."""
    statistics = state.statistics
    row = statistics.rows.get(operator) if operator else None
    if row is not None:
        statistics.clock.advance(at_ms)
        table = statistics.by_operator
        table.cells[table.place(row) + cell] += statistics.clock.work
        statistics.revisions[row] += 1


def _count_in_line(state: ProvinceState, task: Task, at_ms: int, cell: int) -> None:
    """One more in a `LineCell` of whoever holds the task."""
    statistics = state.statistics
    row = statistics.rows.get(task.operator) if task.operator else None
    if row is not None:
        statistics.clock.advance(at_ms)
        table = statistics.by_line
        table.cells[table.place(row, task.line) + cell] += statistics.clock.work
        statistics.revisions[row] += 1


def worked(state: ProvinceState, task: Task, at_ms: int) -> None:
    """The stint of work in progress, if there is one, ends."""
    if task.state is not _IN_PROGRESS:
        return
    statistics = state.statistics
    row = statistics.rows.get(task.operator) if task.operator else None
    if row is None:
        return
    statistics.clock.advance(at_ms)
    minutes = work_minutes(at_ms - task.started_ms)
    table = statistics.by_operator
    place = table.place(row)
    begin_day(statistics, place)
    table.cells[place + _WORKED] += statistics.clock.work * minutes
    table.cells[place + _WORKED_TODAY] += minutes


def _taken(state: ProvinceState, task: Task, operator: OperatorId | None, at_ms: int) -> None:
    """A task is in somebody's hands."""
    statistics = state.statistics
    row = statistics.rows.get(operator) if operator else None
    if row is None:
        return
    clock = statistics.clock
    clock.advance(at_ms)
    table = statistics.by_line
    table.cells[table.place(row, task.line) + _TAKEN] += clock.work
    table = statistics.by_operator
    place = table.place(row)
    begin_day(statistics, place)
    table.cells[place + _ALL_TAKEN] += clock.work
    table.cells[place + _UNITS_TAKEN_TODAY] += units_of(task, state.kinds.get(task.spec.kind))
    statistics.revisions[row] += 1


def offer_made(state: ProvinceState, event: e.OfferMade) -> None:
    """An offer."""
    _count(state, event.operator, event.at_ms, _OFFERS)


def offer_accepted(state: ProvinceState, event: e.OfferAccepted) -> None:
    """An offer accepted, after so many seconds; a task in hand."""
    task = state.tasks[event.task_id]
    _count(state, task.operator, event.at_ms, _ACCEPTED)
    statistics = state.statistics
    row = statistics.rows.get(task.operator) if task.operator else None
    if row is not None:
        seconds = max(1.0, (event.at_ms - task.held_since_ms) / 1000.0)
        table = statistics.by_operator
        table.cells[table.place(row) + _ACCEPT_LOG_SECONDS] += statistics.clock.work * math.log(seconds)
    _taken(state, task, task.operator, event.at_ms)


def offer_declined(state: ProvinceState, event: e.OfferDeclined) -> None:
    """An offer declined."""
    _count(state, state.tasks[event.task_id].operator, event.at_ms, _OFFERS_DECLINED)


def offer_withdrawn(state: ProvinceState, event: e.OfferWithdrawn) -> None:
    """An offer that expired. Of any other it is only noted that it is out of the person's hands."""
    operator = state.tasks[event.task_id].operator
    if event.reason == _EXPIRED:
        _count(state, operator, event.at_ms, _OFFERS_EXPIRED)
    else:
        state.statistics.note_change(operator)


def assigned(state: ProvinceState, event: e.TaskAssigned) -> None:
    """A task in hand; taken from another's, if it was in one."""
    task = state.tasks[event.task_id]
    if task.operator is not None:
        worked(state, task, event.at_ms)
        _count_in_line(state, task, event.at_ms, _TRANSFERRED)
    _taken(state, task, event.operator, event.at_ms)


def started(state: ProvinceState, event: e.AssignmentStarted) -> None:
    """A task begun."""
    _count_in_line(state, state.tasks[event.task_id], event.at_ms, _STARTED)


def released(state: ProvinceState, event: e.AssignmentReleased) -> None:
    """Work that ended undone; a release, when it was the person's own doing."""
    task = state.tasks[event.task_id]
    worked(state, task, event.at_ms)
    is_taken = event.reason in _NOT_THEIRS if event.is_taken is None else event.is_taken
    if not is_taken:
        _count(state, task.operator, event.at_ms, _RELEASED)


def referred(state: ProvinceState, event: e.AssignmentReferred) -> None:
    """A task passed upwards."""
    task = state.tasks[event.task_id]
    worked(state, task, event.at_ms)
    _count_in_line(state, task, event.at_ms, _TRANSFERRED)


def suspended(state: ProvinceState, event: e.AssignmentSuspended) -> None:
    """A task put on hold."""
    task = state.tasks[event.task_id]
    worked(state, task, event.at_ms)
    _count_in_line(state, task, event.at_ms, _SUSPENDED)


def returned(state: ProvinceState, event: e.TaskReturned) -> None:
    """A task returned to the branch undecided."""
    task = state.tasks[event.task_id]
    worked(state, task, event.at_ms)
    _count_in_line(state, task, event.at_ms, _RETURNED)
