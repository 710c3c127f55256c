"""The policy on bare arrays: lists, waiting, places, and who must not be left."""

from itertools import product

import numpy as np
import pytest

from actors.core.matching import policy
from actors.core.matching.assignment.result import WAITS, FloatArray
from actors.core.matching.planning.draws import Draws

POINTS = 100.0


def problem(
    minutes: FloatArray, ready: list[float], capacity: list[int] | None = None, **given: object
) -> policy.Problem:
    """A problem whose fit is the cost of its minutes alone."""
    tasks = len(minutes)
    usual: dict[str, object] = {
        "urgency": np.zeros(tasks),
        "fit": -np.rint(POINTS * minutes),
        "eligible": np.ones(minutes.shape, np.bool_),
        "capacity": np.array([int(each == 0) for each in ready] if capacity is None else capacity),
        "minutes": minutes,
        "ready_minutes": np.array(ready),
        "weight": np.ones(tasks),
        "overdue": np.zeros(tasks, np.bool_),
        "minute_points": POINTS,
    }
    return policy.Problem(**(usual | given))  # pyright: ignore[reportArgumentType]


def least_sum(minutes: FloatArray, ready: list[float]) -> float:
    """The least sum of completion times over all lists, by trying every one."""
    tasks, operators = minutes.shape
    best = np.inf
    for choice in product(range(operators), repeat=tasks):
        total = 0.0
        for operator in range(operators):
            mine = sorted(minutes[task, operator] for task in range(tasks) if choice[task] == operator)
            done = ready[operator]
            for each in mine:
                done += each
                total += done
        best = min(best, total)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_lists_have_the_least_sum_of_delays(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what is started first would not be the start of a best plan, were no more tasks to come."""
    monkeypatch.setattr(policy, "BEHIND_COST", 1.0)
    monkeypatch.setattr(policy, "READY_COST", 1.0)
    draws = Draws(seed)
    minutes = np.array([[1.0 + draws.below(30) for _ in range(3)] for _ in range(4)])
    ready = [0.0, float(draws.below(20)), 0.0]
    decided = policy.plan(problem(minutes, ready))
    assert decided.certified
    solution = decided.solutions[-1]
    lifted = 4 * (1 + max(0, -int(_lowest(minutes, ready))))
    assert solution.total - lifted == pytest.approx(-POINTS * least_sum(minutes, ready))


def _lowest(minutes: FloatArray, ready: list[float]) -> float:
    """The worst place's points, below which leaving a task is put."""
    places = min(4, max(2, -(-policy.PLACES_SPREAD * 4 // 3)))
    return float((-POINTS * (places * minutes + np.array(ready))).min())


def test_of_a_free_persons_list_the_shortest_starts() -> None:
    """Else a long task would hold up the short ones behind it."""
    decided = policy.plan(problem(np.array([[30.0], [5.0], [10.0]]), [0.0]))
    assert decided.pairs == [(1, 0)]
    assert decided.meant_for.tolist() == [0, WAITS, 0]


def test_waits_for_a_busy_person_only_if_that_is_sooner() -> None:
    """Else waiting on purpose would cost time instead of saving it."""
    minutes = np.array([[20.0, 5.0]])
    assert policy.plan(problem(minutes, [0.0, 10.0])).pairs == []
    assert policy.plan(problem(minutes, [0.0, 16.0])).pairs == [(0, 0)]


def test_overdue_tasks_take_free_people_first() -> None:
    """Else the bound on waiting would not hold."""
    minutes = np.array([[20.0, 5.0], [1.0, 1.0]])
    decided = policy.plan(problem(minutes, [0.0, 10.0], overdue=np.array([True, False])))
    assert decided.pairs == [(0, 0)]


def test_nobody_gets_more_than_there_is_room_for() -> None:
    """Else people of a province would be given more than their capacity."""
    decided = policy.plan(problem(np.full((5, 2), 10.0), [0.0, 0.0], capacity=[2, 1]))
    assert sorted(operator for _, operator in decided.pairs) == [0, 0, 1]


def test_leaving_out_people_who_cannot_matter_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the shortcut for many people would cost delay."""
    draws = Draws(3)
    minutes = np.array([[1.0 + draws.below(1000) for _ in range(40)] for _ in range(3)])
    asked = problem(minutes, [0.0] * 20 + [5.0] * 20)
    short = policy.plan(asked)
    monkeypatch.setattr(policy, "_who_matters", lambda values, eligible: None)
    whole = policy.plan(asked)
    assert sorted(short.pairs) == sorted(whole.pairs)


def test_a_task_nobody_may_do_is_left() -> None:
    """Else it would be forced on somebody."""
    eligible = np.array([[False, False], [True, False]])
    assert policy.plan(problem(np.full((2, 2), 5.0), [0.0, 0.0], eligible=eligible)).pairs == [(1, 0)]
