"""A load that swings faster than work can follow."""

from itertools import pairwise

import pytest

from actors.core.country import SharingPolicy
from actors.core.ids import ProvinceCode
from actors.core.sharing import links
from tests.unit.core.sharing.closed_loop import HANDLE_MS, ClosedLoop, Load, Place
from tests.unit.core.sharing.surge import ACTIVATION_MS, surge

SWING_MS = 10_000
TEN_MINUTES_MS = 600_000
#: A line's people do 1.25 tasks a second; at the end of a swing some eight seconds of work wait.
HIGH, LOW, CALM = 2.2, 0.2, 0.5
POLICY = SharingPolicy(activation_wait_ms=5_000, release_wait_ms=2_000)


def swinging(phase: int) -> Load:
    """High and low in turns; two provinces of different phase are never high together."""
    return lambda now_ms: HIGH if now_ms // SWING_MS % 2 == phase else LOW


def country() -> ClosedLoop:
    """Two provinces that swing against each other, and one that is calm."""
    loads: dict[str, Load] = {"anhui": swinging(0), "fujian": swinging(1), "jiangxi": lambda _: CALM}
    return ClosedLoop(*(Place(code, 10, load, POLICY) for code, load in loads.items()))


def test_a_swinging_load_moves_no_task_twice_and_turns_no_pair_more_than_once_a_minute() -> None:
    """Provinces would send each other the same work, and people would see tasks come and go."""
    swung = country()
    swung.run(TEN_MINUTES_MS)
    assert len(swung.followed) > 20, "the load must swing around the threshold, or the test shows nothing"
    assert swung.moves_most == 1
    for times_ms in swung.reversals_ms().values():
        assert all(later - earlier >= 60_000 for earlier, later in pairwise(times_ms))


def test_without_the_pause_the_same_load_turns_pairs_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The load above must be one that needs the pause."""
    monkeypatch.setattr(links, "REVERSE_PAUSE_MS", 0)
    swung = country()
    swung.run(TEN_MINUTES_MS)
    assert len(swung.reversals_ms()[ProvinceCode("anhui"), ProvinceCode("fujian")]) > 10


def test_a_surge_is_met_at_the_threshold_and_no_task_moves_twice() -> None:
    """Without help the wait would grow to many times the threshold; with it, it must turn as soon as sharing begins."""
    alone = surge(11, 12, 12, seed=1, shares=False)
    helped = surge(11, 12, 12, seed=1)
    assert alone["tasks_moved"] == 0 and alone["released_after_peak"] is None
    assert alone["peak_wait"] > 4 * ACTIVATION_MS / HANDLE_MS > 0
    assert helped["peak_wait"] < 1.5 * ACTIVATION_MS / HANDLE_MS
    assert helped["released_after_peak"] is not None
    assert (helped["moves_most"], helped["reversals"]) == (1, 0)


def test_sharing_ends_a_wait_that_would_go_on() -> None:
    """All these rules must not keep a surge from being drained: without help the wait would still grow."""
    helpers = [Place(f"p{number}", 10, lambda _: CALM, POLICY) for number in range(6)]
    hurt = Place("shandong", 10, lambda _: 2.5, POLICY)
    drained = ClosedLoop(hurt, *helpers)
    drained.run(120_000)
    assert hurt.wait_ms <= POLICY.activation_wait_ms
    assert all(helper.wait_ms <= POLICY.release_wait_ms for helper in helpers)
