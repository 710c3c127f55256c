"""What sharing teaches: of the provinces that host our tasks (OUT), and of those whose tasks we host (IN).

The home hears how its tasks ended elsewhere by a notice, the host sees it happen; each keeps what it saw, so that neither has to ask.
"""

import math

from actors.core import events as e
from actors.core.country import Line, TaskKind
from actors.core.ids import ProvinceCode
from actors.core.state import ProvinceState
from actors.core.statistics.cells import LineTodayCell, LinkCell, LinkDirection
from actors.core.statistics.decay import work_minutes
from actors.core.statistics.tables import Statistics
from actors.core.task import Decision, Task

_OUT, _IN = LinkDirection.OUT.value, LinkDirection.IN.value
_DECIDED, _UNITS, _HANDLE_MINUTES = LinkCell.DECIDED.value, LinkCell.UNITS.value, LinkCell.HANDLE_MINUTES.value
_ON_TIME, _UNITS_MILLI = LinkCell.ON_TIME.value, LinkCell.UNITS_MILLI.value
_PICKUPS, _PICKUP_LOG_SECONDS = LinkCell.PICKUPS.value, LinkCell.PICKUP_LOG_SECONDS.value
_DAY, _SHARED_TAKEN = LineTodayCell.DAY.value, LineTodayCell.SHARED_TAKEN.value
_DECIDED_TODAY, _ON_TIME_TODAY = LineTodayCell.DECIDED.value, LineTodayCell.ON_TIME.value


def is_on_time(task: Task, kind: TaskKind | None, at_ms: int) -> bool:
    """Whether `at_ms` is within the task's due time, or else within its kind's promise; a kind unknown here promises nothing."""
    due_ms = task.spec.due_ms
    if due_ms:
        return at_ms <= due_ms
    if kind is None:
        return True
    return at_ms <= task.promised_from_ms + kind.sla_minutes * 60_000


def begin_line_day(statistics: Statistics, line: Line) -> int:
    """The place of a line's counts of today, started anew when the day has changed. The clock has been advanced."""
    table, day = statistics.today, statistics.clock.day
    place = table.place(0, line)
    if table.cells[place + _DAY] != day:
        table.cells[place + _DAY] = day
        for cell in range(place + 1, place + table.width):
            table.cells[cell] = 0.0
    return place


def _home_task_decided(state: ProvinceState, task: Task, *, on_time: bool) -> None:
    """A task of this home was decided today, wherever."""
    place = begin_line_day(state.statistics, task.line)
    cells = state.statistics.today.cells
    cells[place + _DECIDED_TODAY] += 1.0
    if on_time:
        cells[place + _ON_TIME_TODAY] += 1.0


def shared_decided(
    state: ProvinceState, direction: int, province: ProvinceCode, decision: Decision, *, on_time: bool
) -> None:
    """A shared task was decided. The clock has been advanced."""
    statistics = state.statistics
    weight = statistics.clock.work
    table = statistics.links
    place = table.place(direction, province)
    cells = table.cells
    cells[place + _DECIDED] += weight
    cells[place + _UNITS] += weight * decision.work_units_milli / 1000.0
    cells[place + _HANDLE_MINUTES] += weight * work_minutes(decision.handle_ms)
    cells[place + _UNITS_MILLI] += decision.work_units_milli
    if on_time:
        cells[place + _ON_TIME] += weight


def outcome_noted(state: ProvinceState, event: e.OutcomeNoted) -> None:
    """At the home: a task of ours ended elsewhere; if decided, its host has shown what it can do."""
    task, decision = event.task, event.task.decision
    if decision is None:
        return
    state.statistics.clock.advance(event.at_ms)
    on_time = is_on_time(task, state.kinds.get(task.spec.kind), decision.time_ms)
    if not event.is_of_an_earlier_day:
        _home_task_decided(state, task, on_time=on_time)
    shared_decided(state, _OUT, decision.province, decision, on_time=on_time)
    state.statistics.outcomes.note(task.task_id, decision.province, event.at_ms)


def handed_over(state: ProvinceState, event: e.MoveHandedOver) -> None:
    """At the home: a host has taken a task of ours."""
    task = state.tasks[event.task_id]
    if task.home == state.province and task.move is not None:
        _picked_up(state, _OUT, task.move.host, event.at_ms, event.at_ms - task.move.started_ms)


def move_accepted(state: ProvinceState, event: e.MoveAccepted) -> None:
    """At the host: a task of another province was taken in, so long after its home had decided to share it."""
    task, at_ms = event.task, event.at_ms
    if task.home == state.province or task.shadow is not None:
        return
    state.statistics.clock.advance(at_ms)
    place = begin_line_day(state.statistics, task.line)
    state.statistics.today.cells[place + _SHARED_TAKEN] += 1.0
    if event.source == task.home:
        _picked_up(state, _IN, task.home, at_ms, at_ms - event.move.started_ms)


def _picked_up(state: ProvinceState, direction: int, province: ProvinceCode, at_ms: int, took_ms: int) -> None:
    """A move took so long. Between two machines' clocks that is not exact; below a second it counts as one."""
    statistics = state.statistics
    statistics.clock.advance(at_ms)
    table = statistics.links
    place = table.place(direction, province)
    weight = statistics.clock.work
    table.cells[place + _PICKUPS] += weight
    table.cells[place + _PICKUP_LOG_SECONDS] += weight * math.log(max(1.0, took_ms / 1000.0))
