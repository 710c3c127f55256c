"""Availability outside the windows of faults."""

import pytest

from loadtests.chaos.availability import Window, availability
from loadtests.chaos.history import REFUSED, UNKNOWN
from loadtests.chaos.schedule import Scope
from tests.unit.loadtests.chaos.told import operation

PROVINCE = Window(begin_s=10.0, end_s=14.0, scope=Scope.PROVINCE, province="fujian")
COUNTRY = Window(begin_s=30.0, end_s=40.0, scope=Scope.COUNTRY)
NOBODY = Window(begin_s=50.0, end_s=60.0, scope=Scope.NOBODY)


@pytest.mark.parametrize(
    ("at_s", "province", "excused"),
    [
        (5.0, "fujian", False),
        (9.95, "fujian", True),
        (13.0, "fujian", True),
        (14.5, "fujian", False),
        (13.0, "jiangxi", False),
        (13.0, "*", True),
        (35.0, "jiangxi", True),
        (55.0, "jiangxi", False),
        (55.0, "*", False),
    ],
)
def test_a_window_excuses_whom_it_concerns(at_s: float, province: str, excused: bool) -> None:
    """Would break if a fault excused others than those it hit, or not even those."""
    failed = operation("get", at_s, province=province, outcome=UNKNOWN)
    found = availability([failed], [PROVINCE, COUNTRY, NOBODY], 100.0)
    assert found.attempted == (0 if excused else 1)
    assert found.available == 0


def test_a_definite_answer_counts_and_a_late_one_does_not() -> None:
    """Would break if a refusal for good were called an outage, or an endless wait a service."""
    quick = operation("complete", 1.0, outcome=REFUSED)
    late = operation("create", 2.0, ended_s=7.5)
    never = operation("create", 3.0, ended_s=-1.0, outcome=UNKNOWN)
    found = availability([quick, late, never], [], 100.0)
    assert (found.attempted, found.available) == (3, 1)
    assert len(found.listed) == 2


def test_calm_time_is_outside_every_window() -> None:
    """Would break if the report claimed calm during a fault that excuses nobody."""
    assert availability([], [PROVINCE, COUNTRY, NOBODY], 100.0).calm_s == pytest.approx(100.0 - 4.0 - 10.0 - 10.0)
    assert availability([], [], 100.0).ratio == 0.0
