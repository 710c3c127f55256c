"""One branch's queue and people, worked out by hand."""

import numpy as np

from actors.core.capacity.branches import Branch
from actors.core.capacity.hours import Duty
from actors.core.capacity.office import PATIENCE_MINUTES, Office, fates_of
from actors.core.capacity.picture import Speaker
from actors.core.capacity.scenario import LINES
from actors.core.capacity.work import Work
from actors.core.country import SharingPolicy
from actors.core.ids import ProvinceCode

LATER = 10_000.0


def office(arrived: list[float], minutes: list[float], people: int, first: int | None = None) -> Office:
    """A branch with so many people from 0 on.

    Args:
        first: of the tasks, those from here on are another branch's.
    """
    own = len(arrived) if first is None else first
    work = Work(
        first=[0, own, len(arrived)],
        arrived=np.array(arrived),
        minutes=np.array(minutes),
        may_leave=np.ones(len(arrived), dtype=np.bool_),
    )
    branch = Branch(code=ProvinceCode("one"), population_millions=1.0)
    made = Office(0, Duty(branch=branch, spans=[(0.0, LATER)], changes=[], outage=None), work, fates_of(work))
    made.change_people(people, 0.0)
    return made


def test_who_is_free_takes_the_oldest() -> None:
    """Would break if the queue were not served in the order of arrival."""
    one = office([0.0, 1.0, 2.0, 30.0], [10.0, 5.0, 4.0, 1.0], people=1)
    one.pass_until(LATER)
    assert one.fates.done == [10.0, 15.0, 19.0, 31.0]


def test_stopping_in_between_changes_nothing() -> None:
    """Would break if a picture of the country changed what happens."""
    arrived, minutes = [0.0, 1.0, 2.0, 2.0, 30.0], [10.0, 5.0, 4.0, 7.0, 1.0]
    at_once, stepped = office(arrived, minutes, people=2), office(arrived, minutes, people=2)
    at_once.pass_until(LATER)
    for at in np.arange(0.0, 60.0, 0.25).tolist():
        stepped.pass_until(at)
    assert stepped.fates.done == at_once.fates.done


def test_whoever_leaves_finishes_first() -> None:
    """Would break if a shift's end dropped work, or kept people who should have gone."""
    one = office([0.0, 0.0, 1.0], [10.0, 20.0, 5.0], people=2)
    one.pass_until(2.0)
    one.change_people(1, 2.0)
    one.pass_until(LATER)
    assert one.fates.done == [10.0, 20.0, 25.0]


def test_overtime_lasts_while_something_waits() -> None:
    """Would break if people stayed for nothing, or those who stay left work that waits."""
    one = office([0.0, 0.0, 1.0, 8.0, 30.0], [10.0, 20.0, 5.0, 1.0, 1.0], people=2)
    one.pass_until(2.0)
    one.begin_overtime()
    one.pass_until(100.0)
    # One person works from 10 to 16 on what waits, then goes; the other goes at 20, so the task of 30 waits for the morning.
    assert one.fates.done == [10.0, 20.0, 15.0, 16.0, 0.0]
    assert one.people == 0
    one.change_people(1, 500.0)
    assert one.fates.done[4] == 501.0


def test_without_power_everything_begins_anew() -> None:
    """Would break if work that nobody could do were done, or lost."""
    one = office([0.0, 1.0, 3.0], [10.0, 5.0, 4.0], people=1)
    one.pass_until(2.0)
    one.lose_power(2.0)
    one.pass_until(50.0)
    assert (one.fates.done, list(one.waiting)) == ([0.0, 0.0, 0.0], [0, 1, 2])
    one.change_people(1, 50.0)
    one.pass_until(LATER)
    assert one.fates.done == [60.0, 65.0, 69.0]


def test_without_power_what_was_taken_for_others_begins_anew_too() -> None:
    """Would break if work of other branches were done by people in the dark."""
    one = office([0.0, 0.0], [10.0, 10.0], people=2, first=1)
    one.fates.host[1] = one.number
    one.pass_until(1.0)
    one.take(1, 1.0)
    one.lose_power(5.0)
    assert (one.fates.done, list(one.waiting)) == ([0.0, 0.0], [0, 1])


def test_a_branch_says_how_it_stands() -> None:
    """Would break if the plan saw another country than the one that is played."""
    arrived = [0.0, 1.0, 2.0, 3.0, 4.0]
    one = office(arrived, [50.0] * 5, people=2)
    speaker = Speaker(one, LINES[0], SharingPolicy(), np.array(arrived))
    one.pass_until(5.0)
    said = speaker.summary(5.0)
    [kind], [line] = said.kinds, said.lines
    # Three wait for two people, a quarter of an hour each.
    assert (kind.waiting, kind.eligible, kind.free_capacity, kind.handle_ms) == (3, 2, 0, 900_000)
    assert kind.expected_wait_ms == 1_350_000
    assert (line.arrivals_per_hour, line.signed_in, line.idle, line.is_open) == (20, 2, 0, True)
    assert [speaker.arrivals_per_hour(now) for now in (17.0, 100.0)] == [12, 0]
    one.pass_until(200.0)
    [kind] = speaker.summary(200.0).kinds
    assert (kind.waiting, kind.free_capacity, kind.expected_wait_ms) == (0, 2, 0)


def test_only_what_may_leave_is_given_and_the_oldest_first() -> None:
    """Would break if a task that must stay went away, or the queue lost its order."""
    one = office([0.0, 1.0, 2.0, 3.0, 4.0], [50.0] * 5, people=1)
    one.fates.may_leave[2] = False
    one.pass_until(5.0)
    assert one.give(2) == [1, 3]
    assert list(one.waiting) == [2, 4]


def test_guests_yield_to_own_work_and_to_those_kept_for_it() -> None:
    """Would break if an evacuation served its tasks before the host's own customers."""
    one = office([0.0, 1.0, 9.0, 0.0, 0.0], [10.0, 10.0, 10.0, 5.0, 5.0], people=2, first=3)
    one.pass_until(2.0)
    one.kept = 1
    for guest in (3, 4):
        one.receive(guest, 2.0)
    one.pass_until(100.0)
    done = one.fates.done
    # Own tasks at 10, 11 and 20; a guest at 11 would take the last who is free, so the first begins at 20 and the second after it.
    assert done == [10.0, 11.0, 20.0, 25.0, 30.0]


def test_guests_do_not_wait_for_ever() -> None:
    """Would break if a branch that is always busy never served them."""
    one = office([0.0, *(float(at) for at in range(1, 400)), 0.0], [2.0] * 401, people=1, first=400)
    one.receive(400, 0.0)
    for at in range(0, 400, 10):
        one.pass_until(float(at))
        one.lose_patience(float(at))
        one.begin_guests(float(at))
    one.pass_until(LATER)
    assert PATIENCE_MINUTES <= one.fates.done[400] <= PATIENCE_MINUTES + 15.0
