"""Two sides of a market: bidders, who are fewer, and items, each for one bidder.

Tasks and people are both. As long as people have room for all tasks, tasks bid for places; when tasks are more, places bid for tasks. A
person with room for several stands in as many places.
"""

from typing import NamedTuple

import numpy as np

from actors.core.matching.assignment.result import WAITS, BoolArray, FloatArray, IntArray


class Sides(NamedTuple):
    """A round in terms of bidders and items."""

    #: (bidders, items) what a pair brings over leaving the task; means nothing where not allowed.
    gains: FloatArray
    #: (bidders, items).
    allowed: BoolArray
    #: (places,) the operator of each place.
    operator_of_place: IntArray
    #: Whether bidders are tasks and items places, or the other way round.
    tasks_bid: bool

    def operator_of(self, item_of: IntArray) -> IntArray:
        """(tasks,) who takes the task, or WAITS, from (bidders,) items."""
        if self.tasks_bid:
            return np.where(item_of == WAITS, WAITS, self.operator_of_place[item_of])
        operator_of = np.full(self.gains.shape[1], WAITS)
        busy = np.flatnonzero(item_of != WAITS)
        operator_of[item_of[busy]] = self.operator_of_place[busy]
        return operator_of

    def kept(self, item_of: IntArray, prices: FloatArray) -> FloatArray:
        """(bidders,) what each has left after paying the item's price; zero if it waits."""
        kept = np.zeros(item_of.size, prices.dtype)
        busy = np.flatnonzero(item_of != WAITS)
        kept[busy] = self.gains[busy, item_of[busy]] - prices[item_of[busy]]
        return kept

    def operator_prices(self, of_bidder: FloatArray, of_item: FloatArray, operators: int) -> FloatArray:
        """(operators,) the price of each person's cheapest place, from prices of bidders and items; zero for who has no place."""
        of_place = of_item if self.tasks_bid else of_bidder
        cheapest = np.full(operators, np.inf, of_place.dtype)
        np.minimum.at(cheapest, self.operator_of_place, of_place)
        cheapest[np.isinf(cheapest)] = 0
        return cheapest


def sides(values: FloatArray, eligible: BoolArray, capacity: IntArray, leave: FloatArray | None) -> Sides:
    """Tells bidders from items.

    Args:
        values: (tasks, operators).
        eligible: (tasks, operators).
        capacity: (operators,).
        leave: (tasks,) or None.
    """
    gains = values if leave is None else values - leave[:, None]
    place = np.repeat(np.arange(capacity.size), np.minimum(capacity, len(values)))
    if not np.array_equal(place, np.arange(capacity.size)):
        gains, eligible = gains[:, place], eligible[:, place]
    if len(gains) <= place.size:
        return Sides(gains, eligible, place, tasks_bid=True)
    return Sides(np.ascontiguousarray(gains.T), np.ascontiguousarray(eligible.T), place, tasks_bid=False)
