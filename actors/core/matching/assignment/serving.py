"""The best assignment of those that serve as many tasks as can be served."""

import numpy as np

from actors.core.matching.assignment.barring import ceiling
from actors.core.matching.assignment.result import Assignment, BoolArray, FloatArray, IntArray
from actors.core.matching.assignment.solving import CELLS_MAX, solve


def serve_most(
    values: FloatArray, eligible: BoolArray, capacity: IntArray, *, cells_max: int = CELLS_MAX
) -> Assignment:
    """As many tasks as people have places for, and of all ways to do that the one with the greatest sum of points.

    To leave a task is priced so low that serving one more outweighs whatever all other pairs can lose by it: below the worst pair by the widest
    difference of two pairs for each pair that there can be. One point below the worst pair is not enough: a specialist would be given what others
    can do as well, for the points, while the task that only they may do waits, and everybody else is idle.

    Args:
        values: (tasks, operators) points, whole numbers; their range times the number of pairs stays below 2^53.
        eligible: (tasks, operators).
        capacity: (operators,).
        cells_max: as of `solve`; beyond, tasks choose in the order of the rows, and nobody is left out whom somebody with room could do.
    """
    may = eligible & (capacity > 0)
    if not may.any():
        return solve(values, eligible, capacity, cells_max=cells_max)
    limit = ceiling(may, values)
    lowest, highest = float(np.maximum(values, -limit).min()), float(np.minimum(values, limit).max())
    pairs_max = min(len(values), int(capacity.sum()))
    leave = lowest - 1 - (highest - lowest) * pairs_max
    return solve(values, eligible, capacity, leave=np.full(len(values), leave), cells_max=cells_max)
