"""What reviews (质检) teach of the person who decided, the kind, the hour and the link.

A review that was likelier to happen says less about the rest: it weighs one over its sampling probability (Horvitz and Thompson), and how
many reviews there were is counted beside it, because that is what certainty depends on. Reviews of people who have left still tell about
the kind, the hour and the province.
"""

from actors.core import events as e
from actors.core.review import Findings, ReviewedDecision, ReviewVerdict, Severity
from actors.core.state import ProvinceState
from actors.core.statistics.cells import (
    OVERTIME_MINUTES,
    WEEK_CELLS,
    WEEKS,
    AmountBandCell,
    Decay,
    HomeCell,
    HourCell,
    KindCell,
    KindTotalCell,
    LineCell,
    LinkCell,
    LinkDirection,
    ProductCell,
    ReviewCell,
    WeekCell,
    amount_band,
)
from actors.core.statistics.decay import local_hour_of_day, local_week
from actors.core.statistics.storage import RecordTable
from actors.core.statistics.tables import FORMER, Statistics

#: Points of a defect in `ReviewCell.DEFECT_POINTS`.
SEVERITY_POINTS = {Severity.NONE: 0.0, Severity.MINOR: 1.0, Severity.CRITICAL: 5.0}


def review_submitted(state: ProvinceState, event: e.ReviewSubmitted) -> None:
    """A decision made here was reviewed."""
    statistics, reviewed, findings = state.statistics, event.reviewed, event.findings
    statistics.clock.advance(event.at_ms)
    row = statistics.rows.get(reviewed.operator, FORMER)
    count = statistics.clock.weight(Decay.QUALITY)
    weight = count * 1000.0 / max(1, findings.sampling_permille)
    is_passed = findings.verdict is ReviewVerdict.PASSED
    _by_line(statistics, row, reviewed, findings, count, weight)
    _counted(statistics.by_kind, row, reviewed.kind, _KIND, is_passed, count, weight)
    if row != FORMER:
        _by_operator(statistics, row, findings, count)
        _by_week(statistics, row, local_week(event.at_ms), weight / count, is_passed=is_passed)
        _by_attribute(statistics, row, reviewed, is_passed, count, weight)
        statistics.revisions[row] += 1
    _of_the_province(statistics, reviewed, is_passed, count, weight)
    if reviewed.home != state.province:
        _counted(statistics.links, LinkDirection.IN, reviewed.home, _LINK, is_passed, count, weight)
    statistics.group.count()


def _by_line(
    statistics: Statistics, row: int, reviewed: ReviewedDecision, findings: Findings, count: float, weight: float
) -> None:
    table = statistics.by_line
    _counted(table, row, reviewed.line, _LINE, findings.verdict is ReviewVerdict.PASSED, count, weight)
    place = table.place(row, reviewed.line)
    if findings.severity is Severity.CRITICAL:
        table.cells[place + LineCell.CRITICAL] += weight
    elif findings.severity is Severity.MINOR:
        table.cells[place + LineCell.MINOR] += weight
    if findings.overturned:
        table.cells[place + LineCell.OVERTURNED] += statistics.clock.work


def _by_operator(statistics: Statistics, row: int, findings: Findings, count: float) -> None:
    table = statistics.by_review
    place, cells = table.place(row), table.cells
    cells[place + ReviewCell.AMOUNT_ERROR_FEN] += count * findings.amount_error_fen
    cells[place + ReviewCell.AMOUNT_REVIEWED_FEN] += count * findings.amount_reviewed_fen
    defects = statistics.clock.weight(Decay.DEFECTS)
    cells[place + ReviewCell.DEFECT_POINTS] += defects * SEVERITY_POINTS[findings.severity]
    if findings.blind_agreed is not None:
        cells[place + ReviewCell.BLIND] += count
        cells[place + ReviewCell.BLIND_AGREED] += count * findings.blind_agreed
    if findings.benchmark_permille >= 0:
        cells[place + ReviewCell.BENCHMARKS] += count
        cells[place + ReviewCell.BENCHMARK_SCORE] += count * findings.benchmark_permille / 1000.0
    if findings.note_complete is not None:
        cells[place + ReviewCell.NOTES] += count
        cells[place + ReviewCell.NOTES_COMPLETE] += count * findings.note_complete


def _by_week(statistics: Statistics, row: int, week: int, weight: float, *, is_passed: bool) -> None:
    table = statistics.by_review
    place = table.place(row) + ReviewCell.WEEKS + week % WEEKS * WEEK_CELLS
    cells = table.cells
    if cells[place + WeekCell.WEEK] != week:
        cells[place + WeekCell.WEEK] = week
        cells[place + WeekCell.REVIEWED] = cells[place + WeekCell.PASSED] = 0.0
    cells[place + WeekCell.REVIEWED] += weight
    cells[place + WeekCell.PASSED] += weight * is_passed


def _by_attribute(
    statistics: Statistics, row: int, reviewed: ReviewedDecision, is_passed: bool, count: float, weight: float
) -> None:
    _counted(statistics.by_home, row, reviewed.home, _HOME, is_passed, count, weight)
    _counted(statistics.by_amount, row, str(amount_band(reviewed.amount_fen)), _AMOUNT, is_passed, count, weight)
    if reviewed.product:
        _counted(statistics.by_product, row, reviewed.product, _PRODUCT, is_passed, count, weight)


def _of_the_province(
    statistics: Statistics, reviewed: ReviewedDecision, is_passed: bool, count: float, weight: float
) -> None:
    """Defects of the kind, of the hour in which it was decided, and of overtime."""
    _counted(statistics.kind_totals, 0, reviewed.kind, _KIND_TOTAL, not is_passed, count, weight)
    _counted(statistics.hours, local_hour_of_day(reviewed.decided_ms), "", _HOUR, not is_passed, count, weight)
    is_overtime = reviewed.signed_in_for_ms > OVERTIME_MINUTES * 60_000
    _counted(statistics.overtime, int(is_overtime), "", _HOUR, not is_passed, count, weight)


#: (weight, what of it passed or failed, number) of reviews in each table.
_Cells = tuple[int, int, int]
_LINE: _Cells = (LineCell.REVIEWED, LineCell.PASSED, LineCell.REVIEWS)
_KIND: _Cells = (KindCell.REVIEWED, KindCell.PASSED, KindCell.REVIEWS)
_HOME: _Cells = (HomeCell.REVIEWED, HomeCell.PASSED, HomeCell.REVIEWS)
_PRODUCT: _Cells = (ProductCell.REVIEWED, ProductCell.PASSED, ProductCell.REVIEWS)
_AMOUNT: _Cells = (AmountBandCell.REVIEWED, AmountBandCell.PASSED, AmountBandCell.REVIEWS)
_LINK: _Cells = (LinkCell.REVIEWED, LinkCell.PASSED, LinkCell.REVIEWS)
_KIND_TOTAL: _Cells = (KindTotalCell.REVIEWED, KindTotalCell.FAILED, KindTotalCell.REVIEWS)
_HOUR: _Cells = (HourCell.REVIEWED, HourCell.FAILED, HourCell.REVIEWS)


def _counted(
    table: RecordTable, row: int, of: str, cells: _Cells, is_counted: bool, count: float, weight: float
) -> None:
    """One review, and whether it is what the table counts: passed, or (in tables of the province) failed."""
    place = table.place(row, of)
    reviewed, counted, reviews = cells
    table.cells[place + reviewed] += weight
    table.cells[place + counted] += weight * is_counted
    table.cells[place + reviews] += count
