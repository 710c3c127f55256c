"""What a decision teaches: by far the richest event, some forty additions.

Cost: 3.7 us a decision, measured on a quiet core; most of it are additions to cells. They are written out, without records or closures in
between; each function adds to the tables of one subject.
"""

import math

from actors.core import events as e
from actors.core.ids import KindId, OperatorId
from actors.core.ledger import UNIT_MINUTES
from actors.core.state import ProvinceState
from actors.core.statistics.cells import (
    FIRST_HOUR_MINUTES,
    LAST_HOURS_MINUTES,
    HandleCell,
    HomeCell,
    KindCell,
    KindTotalCell,
    LineCell,
    LineTodayCell,
    LinkDirection,
    OperatorCell,
    SwitchCell,
    like_band,
)
from actors.core.statistics.decay import local_minute_of_day, work_minutes
from actors.core.statistics.learning_desk import begin_day
from actors.core.statistics.learning_links import begin_line_day, is_on_time, shared_decided
from actors.core.statistics.tables import Statistics, switch_key
from actors.core.task import Decision, PriorReason, Task, TaskSpec, Verdict

#: Decided in less than a fifth of the standard time is rushed.
RUSHED_MINUTES_PER_UNIT = 0.2 * UNIT_MINUTES
_FIRST_HOUR_MS = FIRST_HOUR_MINUTES * 60_000
HARD_COMPLEXITY = 4
_DAY_MINUTES = 1_440
#: Shortest handle time that has a logarithm here, minutes.
_SECOND = 1.0 / 60.0
_IN = LinkDirection.IN.value
_DECLINED = Verdict.DECLINED
_APPEALED = PriorReason.APPEALED
# Cells as plain numbers: looking a member up and adding it costs three times as much.
_L_DECIDED, _L_MINUTES, _L_SQUARED = (
    LineCell.DECIDED.value,
    LineCell.HANDLE_MINUTES.value,
    LineCell.HANDLE_MINUTES_SQUARED.value,
)
_L_UNITS, _L_ON_TIME, _L_FIRST_PASS = LineCell.UNITS.value, LineCell.ON_TIME.value, LineCell.FIRST_PASS.value
_L_PAGES, _L_PAGES_SQUARED, _L_PAGE_MINUTES = (
    LineCell.PAGES.value,
    LineCell.PAGES_SQUARED.value,
    LineCell.PAGE_MINUTES.value,
)
_L_OVERTURNED = LineCell.OVERTURNED.value
_O_DECIDED, _O_RUSHED, _O_UNITS = OperatorCell.DECIDED.value, OperatorCell.RUSHED.value, OperatorCell.UNITS.value
_O_APPROVED, _O_EXPECTED = OperatorCell.APPROVED.value, OperatorCell.APPROVED_EXPECTED.value
_O_VARIANCE = OperatorCell.APPROVED_VARIANCE.value
_O_GREEN, _O_GREEN_ON_TIME = OperatorCell.GREEN_DECIDED.value, OperatorCell.GREEN_ON_TIME.value
_O_SHARED, _O_SHARED_ON_TIME = OperatorCell.SHARED_DECIDED.value, OperatorCell.SHARED_ON_TIME.value
_O_SHARED_UNITS, _O_HARD_UNITS = OperatorCell.SHARED_UNITS.value, OperatorCell.HARD_UNITS.value
_O_FIRST_UNITS, _O_FIRST_MINUTES = OperatorCell.FIRST_HOUR_UNITS.value, OperatorCell.FIRST_HOUR_MINUTES.value
_O_LAST_UNITS, _O_LAST_MINUTES = OperatorCell.LAST_HOURS_UNITS.value, OperatorCell.LAST_HOURS_MINUTES.value
_O_WORKED, _O_WORKED_TODAY = OperatorCell.WORKED_MINUTES.value, OperatorCell.WORKED_MINUTES_TODAY.value
_O_UNITS_TODAY, _O_STREAK = OperatorCell.UNITS_TODAY.value, OperatorCell.STREAK.value
_K_DECIDED, _K_MINUTES, _K_DONE, _K_LAST = (
    KindCell.DECIDED.value,
    KindCell.HANDLE_MINUTES.value,
    KindCell.DONE.value,
    KindCell.LAST_DECIDED_MS.value,
)
_H_DONE, _H_MINUTES, _H_UNITS, _H_DECIDED = (
    HomeCell.DONE.value,
    HomeCell.HANDLE_MINUTES.value,
    HomeCell.UNITS.value,
    HomeCell.DECIDED.value,
)
_T_DECIDED, _T_MINUTES, _T_APPROVED = (
    KindTotalCell.DECIDED.value,
    KindTotalCell.HANDLE_MINUTES.value,
    KindTotalCell.APPROVED.value,
)
_D_COUNT, _D_LOG, _D_LOG_SQUARED = (
    HandleCell.DECIDED.value,
    HandleCell.LOG_MINUTES.value,
    HandleCell.LOG_MINUTES_SQUARED.value,
)
_S_COUNT, _S_MINUTES = SwitchCell.DECIDED.value, SwitchCell.HANDLE_MINUTES.value
_TODAY_DECIDED, _TODAY_ON_TIME = LineTodayCell.DECIDED.value, LineTodayCell.ON_TIME.value
_TODAY_UNITS, _TODAY_SHARED_UNITS = LineTodayCell.UNITS.value, LineTodayCell.SHARED_UNITS.value
#: Imagined decisions of a kind of which half were approved.
_APPROVALS_IMAGINED = 20.0


def completed(state: ProvinceState, event: e.TaskCompleted) -> None:
    """A task was decided here."""
    statistics, at_ms = state.statistics, event.at_ms
    task, decision = state.tasks[event.task_id], event.decision
    spec = task.spec
    row = statistics.rows.get(decision.operator)
    if row is None:
        return
    statistics.clock.advance(at_ms)
    minutes = work_minutes(decision.handle_ms)
    units = decision.work_units_milli / 1000.0
    on_time = is_on_time(task, state.kinds.get(spec.kind), at_ms)
    is_shared = task.home != state.province
    place = statistics.by_operator.place(row)
    begin_day(statistics, place)
    _by_line(statistics, row, task, minutes, units, on_time)
    _by_operator(statistics, place, task, minutes, units, at_ms)
    _by_kind(statistics, row, place, decision, spec.kind, minutes)
    _like_it(statistics, spec, minutes)
    _by_attribute(statistics, row, task, minutes, units)
    if spec.green_channel or is_shared:
        _promises(statistics, place, spec, units, on_time, is_shared)
    _by_hour_of_shift(state, place, decision, minutes, units)
    _of_the_day(statistics, task, units, on_time, is_shared)
    if spec.customer_id:
        statistics.customers.note(spec.customer_id, decision.operator, at_ms)
    if spec.case_id:
        statistics.cases.note(spec.case_id, decision.operator, at_ms)
    if is_shared:
        shared_decided(state, _IN, task.home, decision, on_time=on_time)
    if spec.prior_reason is _APPEALED and decision.verdict is not _DECLINED:
        _appeal_granted(statistics, task)
    statistics.revisions[row] += 1
    statistics.group.count()


def _by_line(statistics: Statistics, row: int, task: Task, minutes: float, units: float, on_time: bool) -> None:
    table, weight, pages = statistics.by_line, statistics.clock.work, task.spec.page_count
    cells, place = table.cells, table.place(row, task.line)
    weighted_minutes = weight * minutes
    cells[place + _L_DECIDED] += weight
    cells[place + _L_MINUTES] += weighted_minutes
    cells[place + _L_SQUARED] += weighted_minutes * minutes
    cells[place + _L_UNITS] += weight * units
    if on_time:
        cells[place + _L_ON_TIME] += weight
    if not task.handover_count and not task.suspended_total_ms:
        cells[place + _L_FIRST_PASS] += weight
    if pages:
        cells[place + _L_PAGES] += weight * pages
        cells[place + _L_PAGES_SQUARED] += weight * pages * pages
        cells[place + _L_PAGE_MINUTES] += weighted_minutes * pages


def _by_operator(statistics: Statistics, place: int, task: Task, minutes: float, units: float, at_ms: int) -> None:
    cells, weight = statistics.by_operator.cells, statistics.clock.work
    # Of several stints of work, the earlier ones were counted when they ended.
    stint_minutes = work_minutes(at_ms - task.started_ms)
    cells[place + _O_DECIDED] += weight
    cells[place + _O_UNITS] += weight * units
    cells[place + _O_WORKED] += weight * stint_minutes
    cells[place + _O_WORKED_TODAY] += stint_minutes
    cells[place + _O_UNITS_TODAY] += units
    if minutes < units * RUSHED_MINUTES_PER_UNIT:
        cells[place + _O_RUSHED] += weight
    if task.spec.complexity >= HARD_COMPLEXITY:
        cells[place + _O_HARD_UNITS] += weight * units


def _by_kind(statistics: Statistics, row: int, place: int, decision: Decision, kind: KindId, minutes: float) -> None:
    """The operator's work on the kind; approved or not, against the kind's ratio before this decision; what came before it."""
    table, weight = statistics.by_kind, statistics.clock.work
    cells, own = table.cells, table.place(row, kind)
    cells[own + _K_DECIDED] += weight
    cells[own + _K_MINUTES] += weight * minutes
    cells[own + _K_DONE] += statistics.clock.experience
    cells[own + _K_LAST] = decision.time_ms
    totals = statistics.kind_totals
    of_kind = totals.place(0, kind)
    imagined = _APPROVALS_IMAGINED * weight
    expected = (totals.cells[of_kind + _T_APPROVED] + imagined / 2.0) / (totals.cells[of_kind + _T_DECIDED] + imagined)
    totals.cells[of_kind + _T_DECIDED] += weight
    totals.cells[of_kind + _T_MINUTES] += weight * minutes
    cells = statistics.by_operator.cells
    cells[place + _O_EXPECTED] += weight * expected
    cells[place + _O_VARIANCE] += weight * expected * (1.0 - expected)
    if decision.verdict is not _DECLINED:
        cells[place + _O_APPROVED] += weight
        totals.cells[of_kind + _T_APPROVED] += weight
    last = statistics.last_kinds[row]
    if last == kind:
        cells[place + _O_STREAK] += 1.0
    else:
        statistics.last_kinds[row] = kind
        cells[place + _O_STREAK] = 1.0
    if last:
        table = statistics.switches
        switch = table.place(0, switch_key(last, kind))
        table.cells[switch + _S_COUNT] += weight
        table.cells[switch + _S_MINUTES] += weight * minutes
        revision = statistics.switch_revisions[kind] = statistics.switch_revisions.get(kind, 0) + 1
        statistics.switch_revisions_after.setdefault(kind, {})[last] = revision


def _like_it(statistics: Statistics, spec: TaskSpec, minutes: float) -> None:
    """The distribution of handle minutes of tasks of this kind, complexity and page band."""
    weight, table = statistics.clock.work, statistics.handling
    cells, place = table.cells, table.place(like_band(spec.complexity, spec.page_count), spec.kind)
    log_minutes = math.log(max(minutes, _SECOND))
    cells[place + _D_COUNT] += weight
    cells[place + _D_LOG] += weight * log_minutes
    cells[place + _D_LOG_SQUARED] += weight * log_minutes * log_minutes


def _by_attribute(statistics: Statistics, row: int, task: Task, minutes: float, units: float) -> None:
    """By home, product, channel and hospital, as far as the branch told them; `DONE` is the first cell of each."""
    spec, clock = task.spec, statistics.clock
    experience, weight = clock.experience, clock.work
    table = statistics.by_home
    cells, place = table.cells, table.place(row, task.home)
    cells[place + _H_DONE] += experience
    cells[place + _H_MINUTES] += weight * minutes
    cells[place + _H_UNITS] += weight * units
    cells[place + _H_DECIDED] += weight
    if spec.product:
        table = statistics.by_product
        table.cells[table.place(row, spec.product)] += experience
    if spec.channel:
        table = statistics.by_channel
        table.cells[table.place(row, spec.channel)] += experience
    if spec.hospital:
        table = statistics.by_hospital
        table.cells[table.place(row, spec.hospital)] += experience


def _promises(statistics: Statistics, place: int, spec: TaskSpec, units: float, on_time: bool, is_shared: bool) -> None:
    """Promises kept where they matter most: green channel, other provinces' tasks."""
    cells, weight = statistics.by_operator.cells, statistics.clock.work
    if spec.green_channel:
        cells[place + _O_GREEN] += weight
        if on_time:
            cells[place + _O_GREEN_ON_TIME] += weight
    if is_shared:
        cells[place + _O_SHARED] += weight
        cells[place + _O_SHARED_UNITS] += weight * units
        if on_time:
            cells[place + _O_SHARED_ON_TIME] += weight


def _by_hour_of_shift(state: ProvinceState, place: int, decision: Decision, minutes: float, units: float) -> None:
    """Work in the first hour of a session and in the last two of a shift, each of which goes at a pace of its own."""
    cells, weight = state.statistics.by_operator.cells, state.statistics.clock.work
    if 0 < decision.signed_in_for_ms < _FIRST_HOUR_MS:
        cells[place + _O_FIRST_UNITS] += weight * units
        cells[place + _O_FIRST_MINUTES] += weight * minutes
    shift = state.operators[decision.operator].shift
    if shift is not None:
        now = local_minute_of_day(decision.time_ms)
        left = (shift.end_minute - now) % _DAY_MINUTES
        if left <= LAST_HOURS_MINUTES and left + (now - shift.start_minute) % _DAY_MINUTES < _DAY_MINUTES:
            cells[place + _O_LAST_UNITS] += weight * units
            cells[place + _O_LAST_MINUTES] += weight * minutes


def _of_the_day(statistics: Statistics, task: Task, units: float, on_time: bool, is_shared: bool) -> None:
    """Counts of the line today."""
    place = begin_line_day(statistics, task.line)
    cells = statistics.today.cells
    cells[place + _TODAY_UNITS] += units
    if is_shared:
        cells[place + _TODAY_SHARED_UNITS] += units
    else:
        cells[place + _TODAY_DECIDED] += 1.0
        if on_time:
            cells[place + _TODAY_ON_TIME] += 1.0


def _appeal_granted(statistics: Statistics, task: Task) -> None:
    """The appeal against an earlier decision was granted: whoever made it here has been overturned."""
    row = statistics.rows.get(OperatorId(task.spec.prior_operator))
    if row is not None:
        table = statistics.by_line
        table.cells[table.place(row, task.line) + _L_OVERTURNED] += statistics.clock.work
        statistics.revisions[row] += 1
