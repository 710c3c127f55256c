"""How many observations a prior is worth: learned from how much cells really differ (moments, as in empirical Bayes)."""

import numpy as np

from actors.core.matching.assignment.result import FloatArray

#: Cells that the presumed difference is worth, and observations of a cell that count for it at most.
CELLS_PRIOR, CELL_COUNT_MAX = 5.0, 20.0


def prior_weight(
    departures: FloatArray, counts: FloatArray, noise: float, presumed: float, within: tuple[float, float]
) -> float:
    """Observations that the prior of cells is worth: variance of one observation over the variance between cells.

    Args:
        departures: each cell's mean departure from its prior; of any shape.
        counts: observations behind each; cells of fewer than one are passed over.
        noise: variance of one observation.
        presumed: the weight to start from, worth `CELLS_PRIOR` cells.
        within: bounds.
    """
    known = counts >= 1.0
    count = counts[known]
    weight = np.minimum(count, CELL_COUNT_MAX)
    between = departures[known] ** 2 - noise / count
    prior = CELLS_PRIOR * CELL_COUNT_MAX
    variance = (prior * noise / presumed + (weight * between).sum()) / (prior + weight.sum())
    return float(min(max(noise / max(variance, noise / within[1]), within[0]), within[1]))
