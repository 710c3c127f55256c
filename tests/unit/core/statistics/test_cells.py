"""Every cell changes with the event that it claims to come from, by as much as its line says."""

import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import pytest

from actors.core.country import Line
from actors.core.review import Severity
from actors.core.statistics.cells import (
    AmountBandCell,
    ChannelCell,
    HandleCell,
    HomeCell,
    HospitalCell,
    HourCell,
    KindCell,
    KindTotalCell,
    LineCell,
    LineTodayCell,
    LinkCell,
    LinkDirection,
    OperatorCell,
    ProductCell,
    ReviewCell,
    SwitchCell,
    like_band,
)
from actors.core.statistics.decay import local_day
from actors.core.statistics.tables import switch_key
from actors.core.task import PriorReason
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, MEDICAL
from tests.unit.core.statistics.stories import (
    FAILED,
    PASSED,
    appeal_granted,
    came_back,
    decided,
    decided_elsewhere,
    declined,
    expired,
    handed_over,
    offered,
    reassigned,
    referred,
    released,
    returned,
    review_of_shared,
    reviewed,
    rushed,
    sent_back_by_us,
    shared,
    signed_out,
    suspended,
    switched,
)
from tests.unit.core.statistics.world import CHEN, TEN_MS, World, value_of

OUT, IN = LinkDirection.OUT, LinkDirection.IN


_WHOLE = reviewed(
    FAILED,
    severity=Severity.CRITICAL,
    amount_error_fen=300,
    amount_reviewed_fen=9_000,
    blind_agreed=True,
    benchmark_permille=800,
    note_complete=True,
)
#: A story lasts an hour at the most, in which a thousandth is forgotten.
_DECAY_OF_A_STORY = 2e-3
#: table, (row or operator, what the record is of), cell, story, value.
CASES: list[tuple[str, tuple[Any, str], IntEnum, Callable[[World], object], float]] = [
    *(
        ("by_line", (CHEN, Line.CLAIMS), cell, story, value)
        for cell, story, value in (
            (LineCell.DECIDED, decided, 1),
            (LineCell.HANDLE_MINUTES, decided, 12),
            (LineCell.HANDLE_MINUTES_SQUARED, decided, 144),
            (LineCell.UNITS, decided, 2),
            (LineCell.PAGES, decided, 10),
            (LineCell.PAGES_SQUARED, decided, 100),
            (LineCell.PAGE_MINUTES, decided, 120),
            (LineCell.ON_TIME, decided, 1),
            (LineCell.FIRST_PASS, decided, 1),
            (LineCell.TAKEN, decided, 1),
            (LineCell.STARTED, decided, 1),
            (LineCell.SUSPENDED, suspended, 1),
            (LineCell.TRANSFERRED, reassigned, 1),
            (LineCell.TRANSFERRED, referred, 1),
            (LineCell.RETURNED, returned, 1),
            (LineCell.REOPENED, came_back(PriorReason.REOPENED), 1),
            (LineCell.SENT_BACK, came_back(PriorReason.SENT_BACK), 1),
            (LineCell.OVERTURNED, appeal_granted, 1),
            (LineCell.OVERTURNED, reviewed(FAILED, overturned=True), 1),
            (LineCell.REVIEWED, reviewed(PASSED), 2),
            (LineCell.PASSED, reviewed(PASSED), 2),
            (LineCell.CRITICAL, reviewed(FAILED, severity=Severity.CRITICAL), 2),
            (LineCell.MINOR, reviewed(FAILED, severity=Severity.MINOR), 2),
            (LineCell.REVIEWS, reviewed(PASSED), 1),
        )
    ),
    *(
        ("by_operator", (CHEN, ""), cell, story, value)
        for cell, story, value in (
            (OperatorCell.OFFERS, offered, 1),
            (OperatorCell.OFFERS_ACCEPTED, decided, 1),
            (OperatorCell.OFFERS_EXPIRED, expired, 1),
            (OperatorCell.OFFERS_DECLINED, declined, 1),
            (OperatorCell.ACCEPT_LOG_SECONDS, decided, math.log(20)),
            (OperatorCell.TAKEN, decided, 1),
            (OperatorCell.RELEASED, released, 1),
            (OperatorCell.SIGNED_IN_MINUTES, signed_out, 60),
            (OperatorCell.WORKED_MINUTES, decided, 12),
            (OperatorCell.WORKED_MINUTES, released, 5),
            (OperatorCell.WORKED_MINUTES, suspended, 5),
            (OperatorCell.WORKED_MINUTES, reassigned, 5),
            (OperatorCell.WORKED_MINUTES, referred, 5),
            (OperatorCell.WORKED_MINUTES, returned, 5),
            (OperatorCell.DECIDED, decided, 1),
            (OperatorCell.RUSHED, rushed, 1),
            (OperatorCell.APPROVED, decided, 1),
            (OperatorCell.APPROVED_EXPECTED, decided, 0.5),
            (OperatorCell.APPROVED_VARIANCE, decided, 0.25),
            (OperatorCell.GREEN_DECIDED, decided, 1),
            (OperatorCell.GREEN_ON_TIME, decided, 1),
            (OperatorCell.SHARED_DECIDED, shared, 1),
            (OperatorCell.SHARED_ON_TIME, shared, 1),
            (OperatorCell.UNITS, decided, 2),
            (OperatorCell.SHARED_UNITS, shared, 2),
            (OperatorCell.HARD_UNITS, decided, 2),
            (OperatorCell.FIRST_HOUR_UNITS, decided, 2),
            (OperatorCell.FIRST_HOUR_MINUTES, decided, 12),
            (OperatorCell.LAST_HOURS_UNITS, decided, 2),
            (OperatorCell.LAST_HOURS_MINUTES, decided, 12),
            (OperatorCell.DAY, decided, local_day(TEN_MS)),
            (OperatorCell.UNITS_TODAY, decided, 2),
            (OperatorCell.UNITS_TAKEN_TODAY, decided, 2),
            (OperatorCell.WORKED_MINUTES_TODAY, decided, 12),
            (OperatorCell.SIGNED_IN_MINUTES_TODAY, signed_out, 60),
            (OperatorCell.STREAK, decided, 1),
        )
    ),
    *(
        ("by_review", (CHEN, ""), cell, _WHOLE, value)
        for cell, value in (
            (ReviewCell.AMOUNT_ERROR_FEN, 300),
            (ReviewCell.AMOUNT_REVIEWED_FEN, 9_000),
            (ReviewCell.DEFECT_POINTS, 5),
            (ReviewCell.BLIND, 1),
            (ReviewCell.BLIND_AGREED, 1),
            (ReviewCell.BENCHMARKS, 1),
            (ReviewCell.BENCHMARK_SCORE, 0.8),
            (ReviewCell.NOTES, 1),
            (ReviewCell.NOTES_COMPLETE, 1),
        )
    ),
    *(
        ("by_kind", (CHEN, MEDICAL), cell, story, value)
        for cell, story, value in (
            (KindCell.DECIDED, decided, 1),
            (KindCell.HANDLE_MINUTES, decided, 12),
            (KindCell.DONE, decided, 1),
            (KindCell.LAST_DECIDED_MS, rushed, TEN_MS + 120_000),
            (KindCell.REVIEWED, reviewed(PASSED), 2),
            (KindCell.PASSED, reviewed(PASSED), 2),
            (KindCell.REVIEWS, reviewed(PASSED), 1),
        )
    ),
    ("by_product", (CHEN, "life"), ProductCell.DONE, decided, 1),
    ("by_product", (CHEN, "life"), ProductCell.REVIEWED, reviewed(PASSED), 2),
    ("by_product", (CHEN, "life"), ProductCell.PASSED, reviewed(PASSED), 2),
    ("by_product", (CHEN, "life"), ProductCell.REVIEWS, reviewed(PASSED), 1),
    ("by_home", (CHEN, JIANGXI), HomeCell.DONE, shared, 1),
    ("by_home", (CHEN, JIANGXI), HomeCell.HANDLE_MINUTES, shared, 12),
    ("by_home", (CHEN, JIANGXI), HomeCell.UNITS, shared, 2),
    ("by_home", (CHEN, FUJIAN), HomeCell.DECIDED, decided, 1),
    ("by_home", (CHEN, JIANGXI), HomeCell.REVIEWED, review_of_shared, 2),
    ("by_home", (CHEN, JIANGXI), HomeCell.PASSED, review_of_shared, 2),
    ("by_home", (CHEN, JIANGXI), HomeCell.REVIEWS, review_of_shared, 1),
    ("by_channel", (CHEN, "agency"), ChannelCell.DONE, decided, 1),
    ("by_hospital", (CHEN, "h-1"), HospitalCell.DONE, decided, 1),
    ("by_amount", (CHEN, "2"), AmountBandCell.REVIEWED, reviewed(PASSED), 2),
    ("by_amount", (CHEN, "2"), AmountBandCell.PASSED, reviewed(PASSED), 2),
    ("by_amount", (CHEN, "2"), AmountBandCell.REVIEWS, reviewed(PASSED), 1),
    ("kind_totals", (0, MEDICAL), KindTotalCell.DECIDED, decided, 1),
    ("kind_totals", (0, MEDICAL), KindTotalCell.HANDLE_MINUTES, decided, 12),
    ("kind_totals", (0, MEDICAL), KindTotalCell.APPROVED, decided, 1),
    ("kind_totals", (0, MEDICAL), KindTotalCell.REVIEWED, reviewed(FAILED), 2),
    ("kind_totals", (0, MEDICAL), KindTotalCell.FAILED, reviewed(FAILED), 2),
    ("kind_totals", (0, MEDICAL), KindTotalCell.REVIEWS, reviewed(FAILED), 1),
    ("handling", (like_band(4, 10), MEDICAL), HandleCell.DECIDED, decided, 1),
    ("handling", (like_band(4, 10), MEDICAL), HandleCell.LOG_MINUTES, decided, math.log(12)),
    ("handling", (like_band(4, 10), MEDICAL), HandleCell.LOG_MINUTES_SQUARED, decided, math.log(12) ** 2),
    ("switches", (0, switch_key(ADDRESS, MEDICAL)), SwitchCell.DECIDED, switched, 1),
    ("switches", (0, switch_key(ADDRESS, MEDICAL)), SwitchCell.HANDLE_MINUTES, switched, 15),
    *(
        ("links", (direction, JIANGXI), cell, story, value)
        for direction, cell, story, value in (
            (IN, LinkCell.DECIDED, shared, 1),
            (IN, LinkCell.UNITS, shared, 2),
            (IN, LinkCell.HANDLE_MINUTES, shared, 12),
            (IN, LinkCell.ON_TIME, shared, 1),
            (IN, LinkCell.UNITS_MILLI, shared, 2_000),
            (IN, LinkCell.PICKUPS, shared, 1),
            (IN, LinkCell.PICKUP_LOG_SECONDS, shared, math.log(4)),
            (IN, LinkCell.REVIEWED, review_of_shared, 2),
            (IN, LinkCell.PASSED, review_of_shared, 2),
            (IN, LinkCell.REVIEWS, review_of_shared, 1),
            (OUT, LinkCell.DECIDED, decided_elsewhere, 1),
            (OUT, LinkCell.UNITS, decided_elsewhere, 2),
            (OUT, LinkCell.HANDLE_MINUTES, decided_elsewhere, 10),
            (OUT, LinkCell.ON_TIME, decided_elsewhere, 1),
            (OUT, LinkCell.UNITS_MILLI, decided_elsewhere, 2_000),
            (OUT, LinkCell.PICKUPS, handed_over, 1),
            (OUT, LinkCell.PICKUP_LOG_SECONDS, handed_over, math.log(8)),
            (OUT, LinkCell.SENT_BACK, sent_back_by_us, 1),
        )
    ),
    ("today", (0, Line.CLAIMS), LineTodayCell.DAY, decided, local_day(TEN_MS)),
    ("today", (0, Line.CLAIMS), LineTodayCell.DECIDED, decided, 1),
    ("today", (0, Line.CLAIMS), LineTodayCell.DECIDED, decided_elsewhere, 1),
    ("today", (0, Line.CLAIMS), LineTodayCell.ON_TIME, decided, 1),
    ("today", (0, Line.CLAIMS), LineTodayCell.ON_TIME, decided_elsewhere, 1),
    ("today", (0, Line.CLAIMS), LineTodayCell.UNITS, shared, 2),
    ("today", (0, Line.CLAIMS), LineTodayCell.SHARED_UNITS, shared, 2),
    ("today", (0, Line.CLAIMS), LineTodayCell.SHARED_TAKEN, shared, 1),
    ("hours", (10, ""), HourCell.REVIEWED, reviewed(FAILED), 2),
    ("hours", (10, ""), HourCell.FAILED, reviewed(FAILED), 2),
    ("hours", (10, ""), HourCell.REVIEWS, reviewed(FAILED), 1),
    ("overtime", (1, ""), HourCell.FAILED, reviewed(FAILED), 2),
]


@pytest.mark.parametrize(
    ("table", "record", "cell", "story", "value"),
    CASES,
    ids=[f"{case[0]}-{case[2].name}-{n}" for n, case in enumerate(CASES)],
)
def test_a_cell_changes_with_the_event_it_comes_from(
    table: str, record: tuple[Any, str], cell: IntEnum, story: Callable[[World], object], value: float
) -> None:
    """A parameter would rest on a number that nothing, or the wrong thing, moves."""
    world = World()
    assert value_of(world, table, record, cell) == 0
    story(world)
    assert value_of(world, table, record, cell) == pytest.approx(value, rel=_DECAY_OF_A_STORY)


def test_no_cell_is_left_out_above() -> None:
    """A cell that nobody tests may be one that nothing fills."""
    tested = {(type(case[2]), case[2].value) for case in CASES}
    tables = (LineCell, OperatorCell, KindCell, ProductCell, HomeCell, ChannelCell, HospitalCell, AmountBandCell)
    tables += (KindTotalCell, HandleCell, SwitchCell, LinkCell, LineTodayCell, HourCell)
    assert [cell for cells in tables for cell in cells if (cells, cell.value) not in tested] == []
    assert [cell for cell in ReviewCell if cell < ReviewCell.WEEKS and (ReviewCell, cell.value) not in tested] == []
