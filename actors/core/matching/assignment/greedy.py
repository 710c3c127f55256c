"""First come, first served: each task in turn takes the best person that is left.

What remains when an instance is beyond the bound of work. Feasible always, optimal rarely: 2 to 6 % below the optimum on contended
instances.
"""

import numpy as np

from actors.core.matching.assignment.result import WAITS, FloatArray, IntArray


def assign_greedily(gains: FloatArray, capacity: IntArray) -> IntArray:
    """(tasks,) who takes each task, or WAITS; the tasks choose in the order of the rows.

    Args:
        gains: (tasks, operators) what a pair brings over leaving the task; zero where it must not or does not pay.
        capacity: (operators,).
    """
    left = capacity.copy()
    # Subtracted from the gains: nothing while there is room, more than any gain afterwards.
    closed = np.where(left > 0, 0, np.inf).astype(gains.dtype)
    operator_of = np.full(len(gains), WAITS, np.int64)
    for task, row in enumerate(gains):
        offers = row - closed
        operator = int(offers.argmax())
        if not offers[operator] > 0:
            continue
        operator_of[task] = operator
        left[operator] -= 1
        if not left[operator]:
            closed[operator] = np.inf
    return operator_of
