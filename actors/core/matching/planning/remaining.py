"""How much longer will a busy person be busy? The mean residual of a lognormal handle time, from a table.

Handle times are skewed: someone who has sat on a task for three times its mean is not about to finish, more likely it is a hard one. For a
lognormal time the expected rest falls a little at first and then grows with the time spent.
"""

import math

import numpy as np

from actors.core.matching.assignment.result import FloatArray

#: Time spent, in means: where the table stands.
SPENT = np.concatenate([[0.0], np.geomspace(0.02, 40.0, 60)])


def residual_table(variation: float) -> FloatArray:
    """(61,) expected rest, in means, after each of `SPENT`, of a lognormal time with this coefficient of variation."""
    variance = math.log1p(variation * variation)
    return np.array([_residual(spent, variance) for spent in SPENT.tolist()])


def _residual(spent: float, variance: float) -> float:
    if spent <= 0:
        return 1.0
    deviation = math.sqrt(variance)
    place = (math.log(spent) + variance / 2) / deviation
    survivors = _above(place)
    if survivors < 1e-9:
        return spent / 2
    return _above(place - deviation) / survivors - spent


def _above(place: float) -> float:
    """Share of the standard normal above `place`."""
    return math.erfc(place / math.sqrt(2)) / 2


def remaining_minutes(spent: FloatArray, expected: FloatArray, table: FloatArray) -> FloatArray:
    """(people,) expected minutes until each is done.

    Args:
        spent: (people,) minutes since the task was given.
        expected: (people,) minutes that were expected in all, > 0.
        table: from `residual_table`.
    """
    return expected * np.interp(spent / expected, SPENT, table)
