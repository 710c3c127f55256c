"""How much longer somebody will be busy."""

import numpy as np
import pytest

from actors.core.matching.planning.remaining import SPENT, remaining_minutes, residual_table


def rest(spent: float, expected: float, variation: float = 1.0) -> float:
    """Expected rest of one task."""
    table = residual_table(variation)
    return float(remaining_minutes(np.array([spent]), np.array([expected]), table)[0])


def test_a_task_just_begun_takes_what_is_expected() -> None:
    """Else waiting for somebody who has just begun would be misjudged."""
    assert rest(0.0, 12.0) == pytest.approx(12.0)


def test_regular_work_nears_its_end_and_skewed_work_does_not() -> None:
    """Else somebody stuck on a hard task would look about to finish."""
    assert rest(10.0, 12.0, 0.2) < 4.0
    assert rest(60.0, 12.0) > rest(12.0, 12.0) > 8.0


def test_it_agrees_with_summing_the_tail() -> None:
    """Else the closed form would be wrong somewhere."""
    deviation = np.sqrt(np.log(2.0))
    grid = np.exp(np.linspace(-8, 8, 400_001))
    density = np.exp(-((np.log(grid) + deviation**2 / 2) ** 2) / (2 * deviation**2)) / (
        grid * deviation * np.sqrt(2 * np.pi)
    )
    for spent in SPENT[[10, 30, 45]].tolist():
        tail = grid > spent
        alive = np.trapezoid(density[tail], grid[tail])
        mean = np.trapezoid(density[tail] * (grid[tail] - spent), grid[tail]) / alive
        assert rest(spent, 1.0) == pytest.approx(mean, rel=1e-3)
