import numpy as np
import pytest

from actors.core.matching.assignment.result import WAITS, Assignment, Method
from actors.core.matching.assignment.solving import solve
from tests.unit.core.matching.assignment.instances import Instance, instance, optimum


def holds(given: Instance, found: Assignment) -> bool:
    """Whether an assignment keeps every rule: eligible, within capacity, worth more than leaving."""
    taken = [0] * given.capacity.size
    worth = 0.0
    for task, operator in found.pairs:
        taken[operator] += 1
        gain = given.values[task, operator] - (0 if given.leave is None else given.leave[task])
        worth += float(gain)
        if not given.eligible[task, operator] or gain <= 0:
            return False
    return worth == found.total and all(load <= room for load, room in zip(taken, given.capacity, strict=True))


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_the_optimum_is_scipys_on_a_thousand_random_instances(first: int) -> None:
    """Else tasks would go to worse people than they could, or a certificate would be withheld."""
    for seed in range(first, first + 100):
        given = instance(seed)
        found = solve(*given[:3], leave=given.leave)
        assert holds(given, found), seed
        assert found.total == pytest.approx(optimum(given), rel=1e-6), seed
        assert found.certified, seed


@pytest.mark.parametrize("seed", range(100))
def test_greedy_says_so_and_its_gap_reaches_the_optimum(seed: int) -> None:
    """Else nobody would know how much the fallback may have missed."""
    given = instance(seed)
    found = solve(*given[:3], leave=given.leave, cells_max=0)
    assert holds(given, found)
    assert found.total + found.gap >= optimum(given)
    assert found.method in {Method.GREEDY, Method.SINGLE}
    assert found.method is Method.GREEDY or found.certified


def test_the_same_input_gives_the_same_output() -> None:
    """Else a decision replayed from the journal would name another person."""
    for seed in range(50):
        given = instance(seed)
        first = solve(*given[:3], leave=given.leave)
        again = solve(given.values.copy(), given.eligible.copy(), given.capacity.copy(), leave=given.leave)
        assert first.pairs == again.pairs
        assert np.array_equal(first.operator_prices, again.operator_prices)


def test_a_task_that_competes_with_nobody_takes_its_best_person_of_lowest_index() -> None:
    """Ties must not depend on anything that a reader of the decision cannot see."""
    values = np.array([[5.0, 9.0, 9.0, 1.0]])
    found = solve(values, np.ones((1, 4), bool), np.ones(4, np.int64))
    assert (found.pairs, found.method) == ([(0, 1)], Method.SINGLE)


def test_the_second_task_gets_the_person_whom_the_first_can_spare() -> None:
    """The reason for solving jointly: greedy gives 10 + 1, the best pairs give 9 + 8."""
    values = np.array([[10.0, 9.0], [8.0, 1.0]])
    everyone, one_each = np.ones((2, 2), bool), np.ones(2, np.int64)
    found = solve(values, everyone, one_each)
    assert (found.pairs, found.total, found.method) == ([(0, 1), (1, 0)], 17, Method.DENSE)
    assert solve(values, everyone, one_each, cells_max=0).total == 11


def test_a_task_waits_on_purpose_when_leaving_is_worth_as_much() -> None:
    """Waiting for someone better is a decision that the caller can ask for; a tie is left, too."""
    values = np.array([[4.0], [6.0]])
    found = solve(values, np.ones((2, 1), bool), np.array([2]), leave=np.array([4.0, 5.0]))
    assert (found.operator_of.tolist(), found.total) == ([WAITS, 0], 1)


def test_a_persons_price_is_what_one_more_place_with_them_would_bring() -> None:
    """Scarce specialists are kept free by this number: it must be the real one."""
    values = np.array([[10.0, 2.0], [7.0, 3.0], [6.0, 1.0]])
    everyone = np.ones((3, 2), bool)
    found = solve(values, everyone, np.array([1, 1]))
    more = solve(values, everyone, np.array([2, 1]))
    assert more.total - found.total == found.operator_prices[0] == 6
