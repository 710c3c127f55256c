"""How many observations the priors of both models are worth: learned from how much cells really differ (moments, as in empirical Bayes)."""

import numpy as np

from actors.core.matching.assignment.result import FloatArray

#: Observations that each level's prior is worth.
KIND_PRIOR, SPEED_PRIOR, PAIR_PRIOR = 1.0, 3.0, 3.0
#: Between which the last two are moved as it shows how much people and pairs differ. A pair's stays small, though a great one foretells
#: better where observations are few: a pair that was quick once is then tried again until it is known, and that is how talent is found
#: (measured: with up to 60, people who differ fivefold were 13 % slower over the first 3,000 tasks; equal people lose 1 %).
SPEED_PRIOR_RANGE, PAIR_PRIOR_RANGE = (1.0, 30.0), (1.5, 4.0)
#: Floor of expected minutes that keeps divisions finite.
EXPECTED_MIN = 1e-6
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
