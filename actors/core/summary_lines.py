"""How a province sums up its lines of business for others (`line_summary`).

Cost: tasks in hand and people on duty once; of waiting tasks the first `LOOKED_AT_MAX` of each bucket, whatever the number that waits.
"""

from collections.abc import Sequence

from actors.core.calendar import BranchCalendar, day_of, start_of
from actors.core.clock import Instant
from actors.core.country import Line
from actors.core.ledger import UNIT_MINUTES
from actors.core.line_summary import UNKNOWN, LineSummary
from actors.core.matching.views.people import line_priors
from actors.core.matching.views.ratios import LineRatio
from actors.core.operators import Operator
from actors.core.promise import due_ms
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS
from actors.core.state import ProvinceState
from actors.core.statistics.cells import LineTodayCell
from actors.core.statistics.reading import Reading
from actors.core.task import Task, TaskState

#: Waiting tasks of one bucket that are looked at.
LOOKED_AT_MAX = 64
#: A task that nobody has taken up for longer is stranded (滞留).
STRANDED_MINUTES = 30
#: A task in progress for more than so many times its standard is overlong (超长), and so is one past its promise.
OVERLONG_FACTOR = 3


def summarise_lines(state: ProvinceState, on_duty: Sequence[Operator], now: Instant) -> tuple[LineSummary, ...]:
    """All lines of which the province knows a kind, in the order of `Line`."""
    reading = Reading(state.statistics, now.wall_ms)
    lines = [line for line in Line if any(kind.line is line for kind in state.kinds.values())]
    waiting = [state.tasks[task_id] for task_id in state.queue.leading(LOOKED_AT_MAX)]
    held = [state.tasks[task_id] for tasks in state.holds.values() for task_id in tasks]
    return tuple(
        _line_summary(
            state,
            line,
            reading,
            [person for person in on_duty if _works_on(state, person, line)],
            [task for task in waiting if task.line is line],
            [task for task in held if task.line is line],
            now.wall_ms,
        )
        for line in lines
    )


def lines_open_in_ms(calendar: BranchCalendar, now_ms: int) -> dict[Line, int]:
    """`line_opens_in_ms` of all lines."""
    if not calendar.hours:
        return dict.fromkeys(Line, 0)
    return {line: line_opens_in_ms(calendar, line, now_ms) for line in Line}


def line_opens_in_ms(calendar: BranchCalendar, line: Line, now_ms: int) -> int:
    """Until the line's hours begin; 0: they run. At most `WAIT_UNBOUNDED_MS`, which also stands for never."""
    opens_ms = calendar.next_opening_ms(now_ms, line)
    return WAIT_UNBOUNDED_MS if opens_ms is None else min(opens_ms - now_ms, WAIT_UNBOUNDED_MS)


def _open_minutes_left(calendar: BranchCalendar, line: Line, now_ms: int) -> int:
    midnight_ms = start_of(day_of(now_ms) + 1)
    known = calendar.hours_of(line) is not None
    return calendar.open_minutes_between(now_ms, midnight_ms, line) if known else UNKNOWN


def _works_on(state: ProvinceState, person: Operator, line: Line) -> bool:
    return any(state.kinds[kind].line is line for kind in person.kinds if kind in state.kinds)


def _line_summary(
    state: ProvinceState,
    line: Line,
    reading: Reading,
    people: Sequence[Operator],
    waiting: Sequence[Task],
    held: Sequence[Task],
    wall_ms: int,
) -> LineSummary:
    priors = line_priors(reading, line)
    backlog = sum(
        count * state.kinds[kind].standard_minutes
        for kind, count in state.queue.waiting_by_kind.items()
        if state.kinds[kind].line is line
    )
    drain = _drain_minutes(backlog, people, float(priors[LineRatio.UNITS_PER_MINUTE]))
    arrivals, usual = reading.recent_arrivals(line) * 4, reading.usual_arrivals_per_hour(line)
    now_ms = reading.minute_ms
    stranded = sum(now_ms - task.queued_ms > STRANDED_MINUTES * 60_000 for task in waiting)
    doomed = sum(due_ms(task, state.kinds) < now_ms + max(0, drain) * 60_000 for task in waiting)
    decided, units = (reading.today(cell, line) for cell in (LineTodayCell.DECIDED, LineTodayCell.UNITS))
    speed = float(priors[LineRatio.UNITS_PER_MINUTE])
    opens_in_ms = line_opens_in_ms(state.calendar, line, wall_ms)
    gained = state.gains.of(day_of(wall_ms), line)
    return LineSummary(
        line=line,
        backlog_minutes=backlog,
        drain_minutes=drain,
        arrivals_per_hour=arrivals,
        surge_permille=_permille(arrivals, usual),
        hour_arrival_permille=round(1_000 * reading.hour_arrival_factor(line)),
        stranded_permille=max(0, _permille(stranded, len(waiting))),
        breach_forecast=doomed,
        overlong_permille=max(0, _permille(sum(_is_overlong(state, task, now_ms) for task in held), len(held))),
        signed_in=len(people),
        idle=sum(person.operator in state.free and not state.load_of(person.operator) for person in people),
        handle_centiminutes=_scaled(float(priors[LineRatio.HANDLE_MINUTES]), 100),
        minutes_per_unit_milli=_scaled(1.0 / speed if speed > 0 else speed, 1_000),
        pass_permille=_scaled(float(priors[LineRatio.PASSED]), 1_000),
        on_time_permille=_permille(reading.today(LineTodayCell.ON_TIME, line), decided),
        shared_units_permille=_permille(reading.today(LineTodayCell.SHARED_UNITS, line), units),
        is_open=opens_in_ms == 0 or bool(people),
        opens_in_ms=opens_in_ms,
        open_minutes_left=_open_minutes_left(state.calendar, line, wall_ms),
        gained_tasks=gained.tasks,
        gained_minutes=gained.minutes,
    )


def _drain_minutes(backlog: int, people: Sequence[Operator], units_per_minute: float) -> int:
    """Minutes in which the people on duty work off standard minutes; -1: nobody is there."""
    capacity = sum(person.capacity for person in people)
    efficiency = units_per_minute * UNIT_MINUTES if units_per_minute > 0 else 1.0
    return round(backlog / (capacity * efficiency)) if capacity else (UNKNOWN if backlog else 0)


def _is_overlong(state: ProvinceState, task: Task, now_ms: int) -> bool:
    kind = state.kinds.get(task.spec.kind)
    standard_ms = (kind.minutes_for(task.spec.complexity) if kind else 0) * 60_000
    long = task.state is TaskState.IN_PROGRESS and now_ms - task.started_ms > OVERLONG_FACTOR * standard_ms
    return long or now_ms > due_ms(task, state.kinds)


def _permille(part: float, whole: float) -> int:
    return round(1_000 * part / whole) if whole > 0 else UNKNOWN


def _scaled(value: float, by: int) -> int:
    """A statistic in whole numbers; NaN becomes -1."""
    return UNKNOWN if value != value else round(value * by)
