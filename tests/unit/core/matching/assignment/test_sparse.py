import numpy as np
import pytest

from actors.core.matching.assignment import listed
from actors.core.matching.assignment.result import Method
from actors.core.matching.assignment.solving import solve
from actors.core.matching.assignment.sparse import assign_by_prices
from tests.unit.core.matching.assignment.instances import Instance, instance, optimum


def masked(given: Instance) -> Instance:
    """As `solve` hands it on: who can take nothing is eligible for nothing."""
    return given._replace(eligible=given.eligible & (given.capacity > 0))


@pytest.mark.parametrize("bidders_max", [pytest.param(0, id="lists"), pytest.param(10_000, id="rectangle")])
def test_prices_first_gives_the_optimum_whatever_the_instance_looks_like(
    bidders_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guess, the market and the short lists may only cost time, never points; on either kernel."""
    monkeypatch.setattr(listed, "DENSE_BIDDERS_MAX", bidders_max)
    for seed in range(150):
        given = masked(instance(seed, tasks_max=40, operators_max=40))
        found = assign_by_prices(*given)
        assert found.total == optimum(given), seed
        assert found.certified, seed


def contended(tasks: int, operators: int, seed: int) -> Instance:
    """Everybody wants the same people; a quarter of the pairs is eligible."""
    draw = np.random.default_rng(seed)
    values = draw.integers(0, 200, (tasks, operators)) + draw.integers(0, 1000, operators)
    eligible = draw.random((tasks, operators)) < 0.25
    return Instance(values.astype(np.float32), eligible, np.ones(operators, np.int64), None)


@pytest.mark.parametrize(("tasks", "operators"), [(120, 400), (400, 120), (300, 300), (640, 900)])
def test_large_contended_rounds_are_optimal_with_proof(tasks: int, operators: int) -> None:
    """More tasks than people, fewer, as many; the largest goes to the sparse kernel."""
    given = contended(tasks, operators, seed=1)
    found = solve(*given[:3])
    assert (found.method, found.certified) == (Method.SPARSE, True)
    assert found.total == optimum(given)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.ones((200, 300)), id="all alike"),
        pytest.param(
            np.where(np.arange(300) < 200, 500.0, np.arange(200)[:, None] + np.arange(300)), id="newcomers alike"
        ),
        pytest.param(np.where(np.arange(300) == 7, 1e6, 1.0) + np.zeros((200, 1)), id="one person wanted"),
        pytest.param(-np.ones((200, 300)), id="nothing pays"),
    ],
)
def test_ties_do_not_make_lists_without_end(values: np.ndarray) -> None:
    """Lists of ties are thinned, so that different tasks list different people: else they would hold no complete matching."""
    given = Instance(values, np.ones(values.shape, bool), np.ones(300, np.int64), None)
    found = solve(*given[:3])
    assert found.certified
    assert found.total == optimum(given)
