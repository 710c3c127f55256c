"""The schedule of a chaos run."""

from collections.abc import Sequence

import pytest

from loadtests.chaos.availability import Window, availability
from loadtests.chaos.schedule import CALM_SHARE_MIN, KINDS, Fault, plan

PROVINCES = [f"p{number}" for number in range(36)]
PROXIED = PROVINCES[1::2]


def calm_s(faults: Sequence[Fault], seconds: float) -> float:
    """What a run's report would say of it, were every fault to last as planned."""
    windows = [
        Window(begin_s=fault.at_s, end_s=fault.end_s, scope=KINDS[fault.kind].scope, province=fault.province)
        for fault in faults
    ]
    return availability((), windows, seconds).calm_s


@pytest.mark.parametrize("seed", range(20))
def test_ten_minutes_hold_a_hundred_faults_of_every_kind_and_two_hundred_calm_seconds(seed: int) -> None:
    """Would break if the run could not show what it is for, whatever its seed."""
    faults = plan(seed, 600, PROVINCES, PROXIED)
    assert len(faults) >= 100
    assert {fault.kind for fault in faults} == set(KINDS)
    assert calm_s(faults, 600) >= 600 * CALM_SHARE_MIN
    assert max(fault.end_s for fault in faults) <= 600


def test_a_seed_gives_the_same_schedule_and_another_one_another() -> None:
    """Would break if a failure could not be repeated."""
    assert plan(7, 600, PROVINCES, PROXIED) == plan(7, 600, PROVINCES, PROXIED)
    assert plan(7, 600, PROVINCES, PROXIED) != plan(8, 600, PROVINCES, PROXIED)


def test_a_minute_on_three_provinces_has_every_kind_but_the_heavy_ones_once() -> None:
    """Would break if the smoke left a kind untried."""
    faults = plan(1, 60, PROVINCES[:3], PROXIED[:1])
    assert sorted(fault.kind for fault in faults) == sorted(kind.name for kind in KINDS.values() if not kind.is_heavy)
    assert calm_s(faults, 60) >= 60 * CALM_SHARE_MIN


def test_a_fault_hits_a_province_exactly_if_its_kind_needs_one() -> None:
    """Would break if a cable were pulled that nobody's line runs through."""
    for fault in plan(3, 600, PROVINCES, PROXIED):
        kind = KINDS[fault.kind]
        assert bool(fault.province) == kind.needs_province
        assert not kind.needs_proxy or fault.province in PROXIED


def test_calm_is_what_no_window_covers() -> None:
    """Would break if overlapping windows were counted twice, or windows beyond the end at all."""
    first = Fault(number=1, at_s=10.0, kind="province_kill", province="p1")
    second = Fault(number=2, at_s=12.0, kind="province_kill", province="p2")
    last = Fault(number=3, at_s=98.0, kind="province_kill", province="p1")
    assert calm_s([first, second, last], 100.0) == pytest.approx(10.0 + (98.0 - 16.0))
