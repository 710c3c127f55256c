"""Shrinkage: what few observations say is drawn towards what is known of the larger group.

value = (sum + k prior) / (weight + k): the mean of the observations and of k imagined ones that are like the group. With nothing observed
the value is the prior; with much more than k it is the person's own. Where the group is unknown as well (NaN), the mean alone counts, and
where nothing is known at all the value is NaN, which the matching model takes as neutral.
"""

import math

import numpy as np

from actors.core.statistics.storage import FloatArray

#: Imagined observations of the group: tasks, and reviews, which are rarer.
ITEMS = 20.0
REVIEWS = 8.0


def shrunk(total: FloatArray, weight: FloatArray, prior: FloatArray | float, k: float = ITEMS) -> FloatArray:
    """Means drawn towards `prior` with the weight of `k` observations. All shapes broadcast; NaN: unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        own = total / weight
    return np.where(np.isnan(prior), np.where(weight > 0, own, np.nan), (total + k * prior) / (weight + k))


def shrunk_ratio(total: float, weight: float, prior: float, k: float = ITEMS) -> float:
    """`shrunk` for one number."""
    if math.isnan(prior):
        return total / weight if weight > 0 else prior
    return (total + k * prior) / (weight + k)
