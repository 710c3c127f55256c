"""The exact solution of a large instance: prices first, then paths over the few pairs that they leave in question.

1. Guess what everything costs, and list each bidder's best pairs after that (`pairs`).
2. Let the market correct the guess (`market`). Few pairs stay in question.
3. Find the best assignment of what is left after prices, exactly, on these pairs (`listed`). Taking a price off a column changes nothing as
   long as the column is used: every assignment that uses all priced items loses the same sum of prices. So if the best one uses them all,
   it is the best of the pairs themselves. If not, too many are priced: the idle ones become free, all others cheaper, and the step is
   repeated.
4. Raise prices until nobody on the lists is tempted, and check them on ALL pairs (`certificate`). Whoever is tempted from outside the
   lists gets those pairs added, and step 3 follows.

Steps 3 and 4 end, since every repetition frees an item or adds a pair; additions are bounded all the same, and an answer without proof
would show its gap. Measured over 12 instances of 1,000 x 5,000, contended: one pass through the steps sufficed for each of them.

What stays slow: when points are a product of one number a task and one a person, nearly all pairs stay in question (600 x 600: 1.4 s). A
caller whose rounds may look like that sets `cells_max`.
"""

import numpy as np

from actors.core.matching.assignment.certificate import certify
from actors.core.matching.assignment.listed import match_listed, supporting_prices
from actors.core.matching.assignment.market import market_prices
from actors.core.matching.assignment.pairs import Pairs, pairs_above
from actors.core.matching.assignment.result import WAITS, Assignment, BoolArray, FloatArray, IntArray, Method
from actors.core.matching.assignment.sides import sides

#: Times that pairs are added to the lists before an answer is given without proof.
REPETITIONS_MAX = 20
#: Items, the cheapest, that lose their price for each one that lay idle.
UNNEEDED_PER_IDLE = 3


def assign_by_prices(
    values: FloatArray, eligible: BoolArray, capacity: IntArray, leave: FloatArray | None
) -> Assignment:
    """A certified assignment, or the last one found, with its gap, if the repetitions did not suffice.

    Args:
        values: (tasks, operators).
        eligible: (tasks, operators).
        capacity: (operators,).
        leave: (tasks,) what leaving the task is worth; None: nothing.
    """
    market = sides(values, eligible, capacity, leave)
    prices, listed = market_prices(market.gains, market.allowed)
    repetitions = 0
    while True:
        item_of, floor = _best_of_listed(listed, prices, len(market.gains))
        prices = supporting_prices(listed, item_of, floor)
        kept = market.kept(item_of, prices)
        operator_prices = market.operator_prices(kept, prices, capacity.size)
        found = certify(values, eligible, capacity, leave, market.operator_of(item_of), operator_prices, Method.SPARSE)
        if found.certified or repetitions == REPETITIONS_MAX:
            return found
        tempting = pairs_above(market.gains, market.allowed, prices, kept)
        listed, prices = _joined(listed, tempting), floor
        repetitions += 1


def _best_of_listed(listed: Pairs, prices: FloatArray, bidders: int) -> tuple[IntArray, FloatArray]:
    """(bidders,) items of the best assignment within the lists, and the prices, lowered until no priced item lies idle."""
    while True:
        item_of = match_listed(listed, prices, bidders)
        idle = prices > 0
        idle[item_of[item_of != WAITS]] = False
        if not idle.any():
            return item_of, prices
        # Idle items show that too many are priced: they become free, and all others cheaper by what the least needed of them cost.
        priced = np.sort(prices[prices > 0])
        level = priced[min(UNNEEDED_PER_IDLE * np.count_nonzero(idle), priced.size - 1)]
        prices = np.where(idle, 0, np.maximum(prices - level, 0))


def _joined(listed: Pairs, more: Pairs) -> Pairs:
    both = Pairs(
        np.concatenate([listed.bidder, more.bidder]),
        np.concatenate([listed.item, more.item]),
        np.concatenate([listed.gain, more.gain]),
    )
    return both.chosen(np.argsort(both.bidder, kind="stable"))
