"""Solve one round: choose the lightest method that proves its answer."""

import numpy as np

from actors.core.matching.assignment.barring import ceiling
from actors.core.matching.assignment.certificate import certify
from actors.core.matching.assignment.dense import assign_densely
from actors.core.matching.assignment.greedy import assign_greedily
from actors.core.matching.assignment.prices import least_prices
from actors.core.matching.assignment.result import WAITS, Assignment, BoolArray, FloatArray, IntArray, Method
from actors.core.matching.assignment.sparse import assign_by_prices

#: Pairs up to which an instance is solved exactly.
CELLS_MAX = 20_000_000
#: Pairs up to which shortest paths over all of them are the fastest.
DENSE_CELLS_MAX = 25_000


def solve(
    values: FloatArray,
    eligible: BoolArray,
    capacity: IntArray,
    *,
    leave: FloatArray | None = None,
    cells_max: int = CELLS_MAX,
) -> Assignment:
    """Pairs tasks with people so that the sum of points is greatest.

    A task is taken at most once, a person at most capacity times, only eligible pairs, and only pairs worth MORE than leaving the task.
    The caller lifts the values (by urgency) so far that serving beats leaving, and names in `leave` what waiting for someone better is worth.

    The same input gives the same output. Of several optimal assignments the one returned is unspecified, except that a task which
    competes with nobody takes its best person of lowest index. Up to `DENSE_CELLS_MAX` pairs everything is whole numbers, the same on
    every machine; beyond, the guess of prices rounds as the processor's exp does, and another processor may return another optimum of the
    same worth.

    Args:
        values: (tasks, operators) points, whole numbers, negative ones too, finite everywhere; float32 below 2^24, float64 below 2^53.
        eligible: (tasks, operators) who may do what.
        capacity: (operators,) how many tasks each may take now, >= 0.
        leave: (tasks,) what leaving the task is worth; None: nothing.
        cells_max: more pairs than these are assigned greedily, in the order of the rows (urgent first), with a proven gap.
    """
    if (capacity <= 0).any():
        eligible = eligible & (capacity > 0)
    if values.size > cells_max:
        return assign_greedily(values, eligible, capacity, leave)
    if values.size > DENSE_CELLS_MAX:
        return assign_by_prices(values, eligible, capacity, leave)
    gains = values if leave is None else values - leave[:, None]
    gains = np.minimum(gains, ceiling(eligible, gains))
    gains = np.maximum(gains, 0, out=gains)
    operator_of = _each_its_best(gains, capacity)
    if operator_of is not None:
        prices = np.zeros(capacity.size, gains.dtype)
        return certify(values, eligible, capacity, leave, operator_of, prices, Method.SINGLE)
    operator_of = assign_densely(gains, capacity)
    prices = least_prices(gains, capacity, operator_of)
    return certify(values, eligible, capacity, leave, operator_of, prices, Method.DENSE)


def _each_its_best(gains: FloatArray, capacity: IntArray) -> IntArray | None:
    """(tasks,) everyone's best person, if all of them fit; None if people are sought after."""
    if not gains.size:
        return np.full(len(gains), WAITS, np.int64)
    best = gains.argmax(axis=1)
    operator_of = np.where(gains[np.arange(len(gains)), best] > 0, best, WAITS)
    load = np.bincount(operator_of[operator_of != WAITS], minlength=capacity.size)
    return operator_of if (load <= capacity).all() else None
