import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import Line, TaskKind
from actors.core.ids import ProvinceCode, TaskId
from actors.core.ledger import legs_of, work_units_milli
from actors.core.state import ProvinceState
from actors.core.task import TaskState
from tests.unit.core.harness import FUJIAN, JIANGXI, MEDICAL, Branch
from tests.unit.core.journeys import bring_to
from tests.unit.core.provinces import hand_over, host


@given(st.integers(0, 10**9), st.integers(1, 1_440), st.sampled_from([FUJIAN, JIANGXI]))
def test_legs_sum_to_zero_and_exist_only_between_provinces(tariff: int, minutes: int, at: ProvinceCode) -> None:
    """Money made out of nothing, or a province that pays itself (I5)."""
    kind = TaskKind(kind=MEDICAL, line=Line.CLAIMS, standard_minutes=minutes, tariff_fen=tariff)
    legs = legs_of(TaskId("fujian-1"), kind, home=FUJIAN, host=at, work_units_milli=work_units_milli(kind))
    assert len(legs) == (0 if at == FUJIAN else 2)
    assert sum(leg.amount_fen for leg in legs) == 0
    assert sum(leg.work_units_milli for leg in legs) == 0
    assert all(type(leg.amount_fen) is int for leg in legs)


def test_the_home_pays_and_the_host_earns() -> None:
    """The other way round the helper would pay for helping."""
    kind = TaskKind(kind=MEDICAL, line=Line.CLAIMS, standard_minutes=12, tariff_fen=1_250)
    home, other = legs_of(TaskId("fujian-1"), kind, home=FUJIAN, host=JIANGXI, work_units_milli=2_000)
    assert (home.province, home.counterparty, home.amount_fen, home.work_units_milli) == (
        FUJIAN,
        JIANGXI,
        -1_250,
        -2_000,
    )
    assert (other.province, other.counterparty, other.amount_fen, other.work_units_milli) == (
        JIANGXI,
        FUJIAN,
        1_250,
        2_000,
    )


def test_legs_come_with_the_decision_in_one_event() -> None:
    """A decision torn from its legs is a ledger that does not sum to zero."""
    home, other = Branch(), host("jiangxi")
    task_id = home.create()
    hand_over(task_id, home, other)
    other.start(task_id)
    other.complete(task_id)
    [completed] = [event for event in other.events if isinstance(event, e.TaskCompleted)]
    assert [leg.amount_fen for leg in completed.legs] == [-1_250, 1_250]
    assert other.state.balance_fen == {"fujian": -1_250, "jiangxi": 1_250}
    assert (other.state.ledger_legs, other.state.decided_shared_count) == (2, 1)


def test_a_home_decision_posts_nothing() -> None:
    """No tariff within a province."""
    branch = Branch()
    bring_to(branch, TaskState.COMPLETED)
    assert (branch.state.balance_fen, branch.state.ledger_legs, branch.state.decided_shared_count) == ({}, 0, 0)


def test_unbalanced_legs_stop_a_replay() -> None:
    """A journal with such an event is damaged or was written by a bug; nobody may build on it."""
    home, other = Branch(), host("jiangxi")
    task_id = home.create()
    hand_over(task_id, home, other)
    other.start(task_id)
    other.complete(task_id)
    replayed = ProvinceState(JIANGXI)
    for event in other.log:
        if not isinstance(event, e.TaskCompleted):
            apply(replayed, event)
            continue
        with pytest.raises(AssertionError, match="sum to zero"):
            apply(replayed, msgspec.structs.replace(event, legs=event.legs[:1]))


@pytest.mark.parametrize(("minutes", "milli"), [(6, 1_000), (12, 2_000), (1, 166), (60, 10_000)])
def test_six_standard_minutes_are_one_work_unit(minutes: int, milli: int) -> None:
    """Points and settlement are computed from it."""
    assert work_units_milli(TaskKind(kind=MEDICAL, line=Line.CLAIMS, standard_minutes=minutes)) == milli


def test_harder_work_earns_more_where_the_standard_says_so() -> None:
    """Who takes the hard cases would earn what the simple ones earn; a kind without such a table pays as ever."""
    graded = TaskKind(
        kind=MEDICAL, line=Line.CLAIMS, standard_minutes=12, standard_minutes_by_complexity=(6, 9, 12, 24, 60)
    )
    assert [work_units_milli(graded, complexity) for complexity in range(6)] == [
        2_000,
        1_000,
        1_500,
        2_000,
        4_000,
        10_000,
    ]
    plain = TaskKind(kind=MEDICAL, line=Line.CLAIMS, standard_minutes=12)
    assert {work_units_milli(plain, complexity) for complexity in range(6)} == {2_000}
