from itertools import pairwise

import pytest

from gateway.v1 import event_pb2, monitor_pb2
from loadtests.chaos.clock import HOUR_MS, Seen, route


@pytest.mark.parametrize("jumps", [10, 20, 100])
def test_the_clock_jumps_by_an_hour_both_ways_and_ends_right(jumps: int) -> None:
    """Only a clock that goes back and stays back shows what waits for it."""
    offsets = [0, *route(jumps)]
    assert {abs(later - earlier) for earlier, later in pairwise(offsets)} == {HOUR_MS}
    assert len(offsets) == jumps + 1
    assert (max(offsets) > 0, min(offsets) < 0, offsets[-1]) == (True, True, 0)


def test_moves_are_open_until_handed_over_or_taken_back() -> None:
    """A refused move that counts as settled for good would hide that it is never tried again."""
    seen = Seen()
    for type_, province in (("MoveStarted", "fujian"), ("MoveTakenBack", "fujian"), ("MoveStarted", "fujian")):
        seen.take(event_pb2.Event(type=type_, province=province, task="t"))
    assert (list(seen.moving), seen.taken_back) == (["t"], 1)
    seen.take(event_pb2.Event(type="MoveAccepted", province="jiangxi", task="t"))
    seen.take(event_pb2.Event(type="MoveHandedOver", province="fujian", task="t"))
    assert (list(seen.moving), seen.hosts) == ([], {"t": "jiangxi"})


def test_a_negative_wait_in_a_picture_is_found() -> None:
    """-1 is the contract's word for 'no end is known'; anything else below zero is a bug."""
    seen = Seen()
    for oldest_ms, expected_ms in ((0, -1), (5, 0), (-1, 0), (0, -2)):
        province = monitor_pb2.ProvinceOverview(oldest_waiting_ms=oldest_ms, expected_wait_ms=expected_ms)
        seen.take_picture(monitor_pb2.Overview(provinces=[province]))
    assert (seen.pictures, len(seen.negative_waits)) == (4, 2)
