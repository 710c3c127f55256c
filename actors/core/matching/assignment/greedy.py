"""First come, first served: each task in turn takes the best person that is left.

What remains when an instance is beyond the bound of work. Feasible always, optimal rarely: 2 to 6 % below the optimum on contended
instances. How far below at most is proven by market prices (`market`), whose work grows with the number of pairs only, where that of
the exact method grows faster.
"""

import numpy as np

from actors.core.matching.assignment.certificate import best_after_prices, certify
from actors.core.matching.assignment.market import market_prices
from actors.core.matching.assignment.result import WAITS, Assignment, BoolArray, FloatArray, IntArray, Method
from actors.core.matching.assignment.sides import sides


def assign_greedily(
    values: FloatArray, eligible: BoolArray, capacity: IntArray, leave: FloatArray | None
) -> Assignment:
    """An assignment in which the tasks chose in the order of the rows, with the proven gap.

    Args:
        values: (tasks, operators).
        eligible: (tasks, operators).
        capacity: (operators,).
        leave: (tasks,) what leaving the task is worth; None: nothing.
    """
    market = sides(values, eligible, capacity, leave)
    item_prices, _ = market_prices(market.gains, market.allowed)
    nothing = np.zeros(len(market.gains), market.gains.dtype)
    bidder_prices = best_after_prices(market.gains, market.allowed, None, item_prices, nothing)
    prices = market.operator_prices(bidder_prices, item_prices, capacity.size)
    return certify(
        values, eligible, capacity, leave, _in_turn(values, eligible, capacity, leave), prices, Method.GREEDY
    )


def _in_turn(values: FloatArray, eligible: BoolArray, capacity: IntArray, leave: FloatArray | None) -> IntArray:
    """(tasks,) who takes each task, or WAITS."""
    left = capacity.copy()
    has_room = left > 0
    operator_of = np.full(len(values), WAITS)
    for task in range(len(values)):
        people = np.flatnonzero(eligible[task] & has_room)
        if not people.size:
            continue
        offers = values[task, people]
        best = offers.argmax()
        if offers[best] <= (0 if leave is None else leave[task]):
            continue
        operator = operator_of[task] = people[best]
        left[operator] -= 1
        has_room[operator] = left[operator] > 0
    return operator_of
