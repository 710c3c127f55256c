import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from actors.core.matching.assignment.certificate import certify
from actors.core.matching.assignment.result import WAITS, Assignment, FloatArray, IntArray, Method
from actors.core.matching.assignment.solving import solve
from tests.unit.core.matching.assignment.instances import Instance, instance, optimum

SEEDS = st.integers(0, 10_000)


def checked(given: Instance, operator_of: IntArray, prices: FloatArray) -> Assignment:
    """The certificate of any assignment at any prices."""
    eligible = given.eligible & (given.capacity > 0)  # as `solve` has it: who has no place is nobody's price to pay
    return certify(given.values, eligible, given.capacity, given.leave, operator_of, prices, Method.DENSE)


@settings(max_examples=60, deadline=None)
@forall(seed=SEEDS, raised=st.integers(0, 23), by=st.integers(1, 9))
def test_prices_that_are_too_high_prove_nothing(seed: int, raised: int, by: int) -> None:
    """The bound may only rise with a wrong price: it must stay at or above the optimum, and equal it only if it proves it."""
    given = instance(seed)
    found = solve(*given[:3], leave=given.leave)
    prices = found.operator_prices.copy()
    prices[raised : raised + 1] += by * 1_000_000  # dearer than any pair is worth
    claim = checked(given, found.operator_of, prices)
    dear = raised < prices.size and given.capacity[raised] > 0
    assert claim.total + claim.gap >= optimum(given)
    assert claim.certified is not dear


@settings(max_examples=60, deadline=None)
@forall(seed=SEEDS, prices_seed=SEEDS)
def test_any_prices_at_all_give_a_bound_on_the_optimum(seed: int, prices_seed: int) -> None:
    """Weak duality: this is what makes a gap honest, wherever the prices come from."""
    given = instance(seed)
    prices = np.random.default_rng(prices_seed).integers(0, 100, given.capacity.size).astype(given.values.dtype)
    nobody = np.full(len(given.values), WAITS)
    assert checked(given, nobody, prices).gap >= optimum(given)


@settings(max_examples=60, deadline=None)
@forall(seed=SEEDS)
def test_an_assignment_that_leaves_out_a_pair_is_not_certified(seed: int) -> None:
    """Else a worse assignment could carry the optimum's proof."""
    given = instance(seed)
    found = solve(*given[:3], leave=given.leave)
    for task, _ in found.pairs:
        without = found.operator_of.copy()
        without[task] = WAITS
        claim = checked(given, without, found.operator_prices)
        assert claim.gap == found.total - claim.total > 0


def test_an_assignment_that_breaks_a_rule_is_a_bug_and_is_refused() -> None:
    """A person without authority, a full person or a negative price must never pass for a result."""
    values, eligible = np.array([[3.0, 2.0], [4.0, 1.0]]), np.array([[True, True], [True, False]])
    given = Instance(values, eligible, np.array([1, 1]), None)
    free = np.zeros(2)
    with pytest.raises(AssertionError, match="may not do"):
        checked(given, np.array([0, 1]), free)
    with pytest.raises(AssertionError, match="more than they can take"):
        checked(given, np.array([0, 0]), free)
    with pytest.raises(AssertionError, match="below zero"):
        checked(given, np.array([1, 0]), np.array([0.0, -1.0]))
