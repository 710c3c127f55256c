"""What sums of logarithms say of people, and what keeps them honest."""

import math

import numpy as np
import pytest

from actors.core.matching.planning.by_logs import EVENNESS_PRIOR, ByLogs
from actors.core.matching.planning.draws import Draws
from actors.core.matching.planning.sums import HALF_LIFE_COUNT, PairSums


class Office:
    """One kind, some people, learned as `Estimates` does."""

    def __init__(self, people: int) -> None:
        self.sums = PairSums()
        self.sums.make_room(0, people - 1)
        self.model = ByLogs(self.sums)
        self.model.begin_kind(0, 10.0)
        for row in range(people):
            self.model.begin_operator(row)

    def observe(self, person: int, minutes: float) -> None:
        sums = self.sums
        sums.add(0, person, minutes, math.log(minutes))
        overall = sums.total_minutes / sums.total_count, sums.total_logs / sums.total_count
        self.model.relearn(0, person, *overall)

    def minutes(self, person: int) -> float:
        return self.model.minutes_of(0, person)


def test_both_ways_of_asking_agree() -> None:
    """Else an explanation would name other minutes than those decided by."""
    office = Office(3)
    for turn in range(30):
        office.observe(turn % 3, 5.0 + turn)
    every = office.model.minutes(np.array([0]), np.arange(3))
    assert every[0].tolist() == pytest.approx([office.minutes(person) for person in range(3)])


def test_one_long_task_says_little_of_a_person() -> None:
    """Else whoever happened to get it would be taken for slow, which is what logarithms are for."""
    office = Office(2)
    for _ in range(20):
        office.observe(0, 10.0)
        office.observe(1, 10.0)
    office.observe(0, 80.0)
    seen = (20 * 10.0 + 80.0) / 21
    assert 1.0 < office.minutes(0) / office.minutes(1) < seen / 10.0


def test_whoever_is_even_is_not_taken_for_slower_than_whoever_is_not() -> None:
    """Two people of one mean: the logarithms of the skewed one are lower by half their variance."""
    office, draws = Office(2), Draws(3)
    for _ in range(int(HALF_LIFE_COUNT)):
        office.observe(0, 10.0)
        office.observe(1, 30.0 if draws.share() < 0.3 else 1.5)
    ratio = office.minutes(1) / office.minutes(0)
    by_logs_alone = math.exp(0.3 * math.log(30.0) + 0.7 * math.log(1.5)) / 10.0
    assert by_logs_alone < 0.4
    assert ratio == pytest.approx(1.0, abs=0.2)


def test_few_observations_do_not_say_how_skewed_somebody_is() -> None:
    """Else the mean of a handful would be back by another door."""
    office = Office(2)
    for _ in range(5):
        office.observe(0, 10.0)
        office.observe(1, 10.0)
    before = office.minutes(0)
    office.observe(0, 80.0)
    assert office.minutes(0) / before < (10.0 * EVENNESS_PRIOR + 80.0) / (10.0 * EVENNESS_PRIOR) * 80.0 ** (1 / 6)


def test_a_row_given_to_somebody_else_begins_anew() -> None:
    """Else a newcomer would inherit a name."""
    office = Office(2)
    for _ in range(30):
        office.observe(0, 40.0)
        office.observe(1, 10.0)
    office.sums.forget_operator(0)
    office.model.begin_operator(0)
    assert office.minutes(0) == pytest.approx(float(office.model.kind[0]))


def test_a_kind_that_grows_keeps_what_is_known() -> None:
    """Else the ninth kind would wipe out what was learned of eight."""
    office = Office(1)
    for _ in range(10):
        office.observe(0, 40.0)
    before = office.minutes(0)
    office.sums.make_room(20, 50)
    office.model.begin_kind(20, 10.0)
    office.model.begin_operator(50)
    assert office.minutes(0) == before
    assert office.model.minutes_of(20, 50) == pytest.approx(10.0)
