"""Arrivals moved to a stated load."""

from itertools import pairwise

import pytest

from actors.core.replay.loading import at_load, offered_load, round_the_clock
from actors.core.replay.log import LogError, WorkItem
from actors.core.replay.people import people_of


def day(number: int) -> list[WorkItem]:
    """Ann and bob do ten minutes in every twenty from nine to noon; one task comes at night."""
    start = number * 1440.0 + 540.0
    each = [(start + 20.0 * turn, start + 20.0 * turn, name) for turn in range(9) for name in ("ann", "bob")]
    rows = [(start - 300.0, start + 180.0, "ann"), *each]
    return [
        WorkItem(case_id="c", kind="claim", arrived=arrived, started=began, completed=began + 10.0, operator=name)
        for arrived, began, name in rows
    ]


ITEMS = [item for number in range(4) for item in day(number)]
PEOPLE = people_of(ITEMS)


def test_the_load_asked_for_is_the_load_offered() -> None:
    """Else figures would be published under a load that was not played."""
    assert offered_load(ITEMS, PEOPLE) == pytest.approx(0.54, abs=0.02)
    moved = at_load(ITEMS, PEOPLE, PEOPLE, 0.9)
    assert offered_load(moved, PEOPLE) == pytest.approx(0.9)
    throughout = round_the_clock(ITEMS, PEOPLE)
    assert offered_load(at_load(ITEMS, PEOPLE, throughout, 0.3), throughout) == pytest.approx(0.3)


def test_only_arrivals_are_moved_and_none_into_the_night() -> None:
    """Else work or people would be others, or nights be most of the mean."""
    moved = at_load(ITEMS, PEOPLE, PEOPLE, 0.9)
    ordered = sorted(ITEMS, key=lambda item: item.arrived)
    assert [item.started for item in moved] == [item.started for item in ordered]
    assert all(before.arrived <= after.arrived for before, after in pairwise(moved))
    assert people_of(moved) == PEOPLE
    on_duty = [span for spans in PEOPLE.duty.values() for span in spans]
    assert all(any(start <= item.arrived <= end for start, end in on_duty) for item in moved)
    assert ITEMS[-1].arrived - moved[-1].arrived > 1440.0


def test_distances_shrink_by_one_factor() -> None:
    """Else the log's busy stretches would be lost."""
    throughout = round_the_clock(ITEMS, PEOPLE)
    once, twice = (at_load(ITEMS, PEOPLE, throughout, load) for load in (0.4, 0.8))
    first = once[0].arrived
    for slow, quick in zip(once, twice, strict=True):
        assert quick.arrived - first == pytest.approx((slow.arrived - first) / 2, abs=1e-6)


def test_a_load_that_outlasts_the_people_is_refused() -> None:
    """Else tasks would come when everybody has left for good."""
    with pytest.raises(LogError, match=r"cannot be played at load 0\.1: its own is 0\.5"):
        at_load(ITEMS, PEOPLE, PEOPLE, 0.1)
