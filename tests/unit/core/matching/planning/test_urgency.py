"""What a minute of delay costs."""

import numpy as np
import pytest

from actors.core.matching.planner import PlannerTask
from actors.core.matching.planning.urgency import (
    AGE_MEANS,
    AGE_WEIGHT_MAX,
    DUE_WEIGHT_MAX,
    POINTS_MAX,
    age_points,
    age_weights,
    by_turn,
    due_weights,
)


def tasks(*arrived: float) -> list[PlannerTask]:
    """Tasks that arrived then."""
    return [PlannerTask(id=str(number), kind="claim", arrived=each) for number, each in enumerate(arrived)]


def test_age_raises_the_cost_of_delay_up_to_a_bound() -> None:
    """Else long tasks would starve behind short ones, or one old task would outweigh any other concern."""
    now = 10.0 * AGE_MEANS
    weights = age_weights(tasks(now, now - 5.0 * AGE_MEANS, -1e7, now + 3.0), now, 5.0)
    assert weights.tolist() == [1.0, 2.0, AGE_WEIGHT_MAX, 1.0]


def test_the_unit_of_time_does_not_matter() -> None:
    """Else a place whose tasks take hours would age them in minutes."""
    in_minutes, in_hours = age_weights(tasks(0.0, 60.0), 120.0, 30.0), age_weights(tasks(0.0, 1.0), 2.0, 0.5)
    np.testing.assert_allclose(in_minutes, in_hours)


def test_tasks_that_take_no_time_age_without_trouble() -> None:
    """Else a log of instant tasks would divide by nothing."""
    assert np.isfinite(age_weights(tasks(0.0), 1.0, 0.0)).all()


def test_the_due_time_raises_it_as_it_comes_near() -> None:
    """Else a promise made to a customer would not count."""
    due = [PlannerTask(id="t", kind="claim", arrived=0.0, due=due) for due in (None, 1e6, 0.0, -5.0)]
    assert due_weights(due, 0.0, 10.0).tolist() == [1.0, 1.0, DUE_WEIGHT_MAX, DUE_WEIGHT_MAX]


@pytest.mark.parametrize("unit", [0.02, 100.0])
def test_a_due_time_is_near_in_tasks_not_in_minutes(unit: float) -> None:
    """Else due times would count too late where tasks take days, and always where they take seconds."""

    def weight(unit: float) -> float:
        due = PlannerTask(id="t", kind="claim", arrived=0.0, due=60.0 * unit)
        return float(due_weights([due], 0.0, 12.0 * unit)[0])

    assert 1.0 < weight(1.0) < DUE_WEIGHT_MAX
    assert weight(unit) == pytest.approx(weight(1.0))


def test_points_stay_whole_and_bounded_whatever_the_numbers() -> None:
    """Else sums of points would round, and no assignment be proven."""
    points = age_points(tasks(0.0, -1e300, 9.0), 10.0, 1e6)
    assert np.isfinite(points).all()
    assert (points == np.rint(points)).all()
    assert np.abs(points).max() <= POINTS_MAX


@pytest.mark.parametrize("due", [1.7e308, -1.7e308])
def test_times_at_the_end_of_floats_overflow_nothing(due: float) -> None:
    """Else a due time that stands for never would end the call where tasks take next to no time and warnings are errors."""
    far = [PlannerTask(id="a", kind="claim", arrived=-due, due=due)]
    assert due_weights(far, 0.0, 1e-9).tolist() == [1.0 if due > 0 else DUE_WEIGHT_MAX]
    assert age_weights(far, 0.0, 1e-9).tolist() == [AGE_WEIGHT_MAX if due > 0 else 1.0]


def test_short_old_and_nearly_due_tasks_have_the_first_turns() -> None:
    """Else of many tasks of a kind those would not be looked at with which most is won."""
    alike = tasks(5.0, 0.0, 5.0, 0.0)
    weights, sizes = np.array([1.0, 1.0, 4.0, 1.0]), np.array([1.0, 1.0, 1.0, 0.5])
    assert by_turn(alike, weights, sizes).tolist() == [2, 3, 1, 0]
