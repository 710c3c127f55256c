"""The exact solution over all pairs: for the rounds of one province."""

import numpy as np

from actors.core.matching.assignment.kernel import dense_kernel
from actors.core.matching.assignment.result import WAITS, FloatArray, IntArray


def assign_densely(gains: FloatArray, capacity: IntArray) -> IntArray:
    """(tasks,) who takes each task in an assignment of greatest gain, or WAITS.

    The kernel matches every row of the shorter side. Pairs that must not be or do not pay bring zero, exactly as waiting does, so they
    can be in its answer and are dropped from ours: no column for waiting is needed. A person with room for several stands in as many columns.

    Args:
        gains: (tasks, operators) what a pair brings over leaving the task; zero where it must not or does not pay.
        capacity: (operators,).
    """
    tasks = len(gains)
    if (capacity == 1).all():
        # As in every round of a province: columns are people, and nothing is copied.
        rows, operators = dense_kernel()(gains, True)
    else:
        operator_of_seat = np.repeat(np.arange(capacity.size), np.minimum(capacity, tasks))
        rows, columns = dense_kernel()(gains[:, operator_of_seat], True)
        operators = operator_of_seat[columns]
    operator_of = np.full(tasks, WAITS, np.int64)
    operator_of[rows] = np.where(gains[rows, operators] > 0, operators, WAITS)
    return operator_of
