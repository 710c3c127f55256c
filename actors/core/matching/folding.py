"""Fold parameters into points: `weights @ points`, exact.

A task's score for a person is a sum of weight x points over a hundred parameters and more. For all that is not pairwise, the points
stand once per person and the weights once per task; their matrix product gives every pair's sum at the speed of the machine's BLAS
(1,000 tasks x 5,000 people x 128 parameters: 13 ms on one thread).

A score must be explainable to the point, so the product must be exact. Whole numbers below 2^24 are exact in float32, and so are all
partial sums of a row if the sum of its |weight| x the greatest |points| stays below 2^24: then BLAS may add in any order, on any
machine, with any number of threads, and the result is the same whole number. 128 terms of weight <= 100 x points <= 1,000 make 12.8
million: below 16.8 million. Beyond that the product runs in float64, exact up to 2^53.

Refused: int32 matrices, exact as well but without BLAS (1,000 x 5,000 x 128 in whole numbers takes seconds).
"""

import numpy as np

from actors.core.matching.assignment.result import FloatArray

#: Whole numbers below this are exact in float32.
EXACT_BELOW = 1 << 24


def fold(weights: FloatArray, points: FloatArray, bound: float | None = None) -> FloatArray:
    """(tasks, operators) sums of weight x points, whole numbers; float32 where that is exact, else float64.

    Args:
        weights: (tasks, parameters) whole numbers.
        points: (parameters, operators) whole numbers.
        bound: no partial sum is greater than this in magnitude, where it is known beforehand.
    """
    if (reach(weights, points) if bound is None else bound) < EXACT_BELOW:
        return weights.astype(np.float32, copy=False) @ points.astype(np.float32, copy=False)
    return weights.astype(np.float64) @ points.astype(np.float64)


def reach(weights: FloatArray, points: FloatArray) -> float:
    """No partial sum of the product, in any order of summation, is greater than this in magnitude."""
    heaviest = np.abs(weights).sum(axis=1, dtype=np.float64).max(initial=0)
    return float(heaviest) * max(float(points.max(initial=0)), -float(points.min(initial=0)))
