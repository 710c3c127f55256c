import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from actors.core.matching.assignment.serving import serve_most
from tests.unit.core.matching.assignment.instances import Instance, instance


def most(given: Instance) -> tuple[int, float]:
    """How many can be served, and the greatest sum of points of those who serve so many: scipy's, told to count first and weigh then."""
    places = np.repeat(np.arange(given.capacity.size), given.capacity)
    if not places.size:
        return 0, 0.0
    values, eligible = given.values[:, places].astype(np.float64), given.eligible[:, places]
    if not eligible.any():
        return 0, 0.0
    one_more = 2.0 * np.abs(values).max() * min(values.shape) + 1
    rows, columns = linear_sum_assignment(np.where(eligible, values + one_more, 0.0), maximize=True)
    served = eligible[rows, columns]
    return int(served.sum()), float(values[rows, columns][served].sum())


@pytest.mark.parametrize("first", range(0, 500, 100))
def test_as_many_as_can_be_are_served_and_then_with_the_most_points(first: int) -> None:
    """Else tasks would wait beside idle people, or serving them all would be an excuse for any pairing."""
    for seed in range(first, first + 100):
        given = instance(seed)
        found = serve_most(*given[:3])
        assert all(given.eligible[pair] for pair in found.pairs), seed
        points = sum(float(given.values[pair]) for pair in found.pairs)
        assert (len(found.pairs), points) == most(given), seed
        assert found.certified, seed


def test_a_specialist_is_kept_for_what_only_they_can_do() -> None:
    """The specialist would take the plain task for the points, the special one would wait, and the novice be idle."""
    values = np.array([[9_000_000.0, 10.0], [5.0, 0.0]])
    eligible = np.array([[True, True], [True, False]])
    found = serve_most(values, eligible, np.ones(2, np.int64))
    assert found.pairs == [(0, 1), (1, 0)]


def test_nobody_to_serve_is_no_mistake() -> None:
    """A round whose only people are full would end the province."""
    values = np.array([[1.0]])
    assert serve_most(values, np.array([[False]]), np.ones(1, np.int64)).pairs == []
    assert serve_most(values, np.array([[True]]), np.zeros(1, np.int64)).pairs == []
