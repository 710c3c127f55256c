"""Market prices: where demand meets supply, softly.

Let every bidder spread over its list, favouring what brings more after prices: a share of exp(left / softness) each, waiting included. Where
more is wanted than there is, the price rises by softness x log(demand); where less, it falls, not below zero. With great softness this
settles in a few rounds (it is Sinkhorn's iteration for entropic transport); with little the prices come close to those of the exact
assignment. So softness shrinks from round to round, like a market that first shouts and then haggles.

What it gains, 1,000 x 5,000 contended: the augmenting paths that follow take 5 to 7 ms on lists of 12 pairs; without prices they take 90
to 230 ms on lists of 64 that do not even hold the optimum.
"""

import numpy as np

from actors.core.matching.assignment.pairs import Pairs, guess_prices, list_pairs, pairs_above
from actors.core.matching.assignment.result import BoolArray, FloatArray, IntArray

#: Rounds of bidding; more do not shorten the paths that follow by what they cost.
ROUNDS = 8
#: Softness of the first and of the last round, as a part of the lists' spread.
SOFTEST, HARDEST = 0.4, 0.03
#: Prices are lowered by this many times the last softness: what is too cheap the exact method raises, what is too dear costs a repetition.
CAUTION = 4.5
#: Priced items, as a part of the bidders: of more some would lie idle.
PRICED_PART_MAX = 0.95
#: Bidders spread their demand over pairs within this part of the lists' spread of their best by the first prices.
IN_DEMAND = 0.8
#: A pair stays in question if it is within this part of the lists' spread of its bidder's best.
IN_QUESTION = 0.4
#: Demand that no bidder names counts as this, so that its logarithm exists.
DEMAND_MIN = 1e-3


class _Rows:
    """Where each bidder's list begins among the pairs, sorted by bidder."""

    def __init__(self, bidder: IntArray) -> None:
        self.starts = np.flatnonzero(np.diff(bidder, prepend=-1))
        #: (pairs,) the list's number, of those that are not empty.
        self.of_pair = np.repeat(np.arange(self.starts.size), np.diff(self.starts, append=bidder.size))

    def greatest(self, values: FloatArray) -> FloatArray:
        """(lists,) the greatest of each list, from (pairs,)."""
        return np.maximum.reduceat(values, self.starts)


def market_prices(gains: FloatArray, allowed: BoolArray) -> tuple[FloatArray, Pairs]:
    """Returns (items,) cautious whole prices near those of the optimal assignment, and the pairs that they leave in question.

    Args:
        gains: (bidders, items), no more bidders than items.
        allowed: (bidders, items).
    """
    free = np.zeros(gains.shape[1], gains.dtype)
    if not gains.size:
        return free, pairs_above(gains, allowed, free, np.zeros(len(gains), gains.dtype))
    prices = guess_prices(gains, allowed)
    pairs = list_pairs(gains, allowed, prices)
    return settle(pairs, prices) if pairs.bidder.size else (free, pairs)


def settle(pairs: Pairs, prices: FloatArray) -> tuple[FloatArray, Pairs]:
    """Returns (items,) cautious whole prices near those of the optimal assignment, and the pairs that they leave in question.

    Args:
        pairs: the bidders' lists, at least one pair.
        prices: (items,) to start from.
    """
    rows = _Rows(pairs.bidder)
    left = pairs.gain - prices[pairs.item]
    best = rows.greatest(left)
    scale = max(float(np.median(best - np.minimum.reduceat(left, rows.starts))), 1.0)
    wanted = pairs.chosen(left >= (best - IN_DEMAND * scale)[rows.of_pair])
    wanted_rows = _Rows(wanted.bidder)
    for softness in np.geomspace(SOFTEST * scale, HARDEST * scale, ROUNDS, dtype=np.float32):
        prices = _one_round(wanted, wanted_rows, prices, softness)
    unneeded = prices.size - max(1, int(PRICED_PART_MAX * rows.starts.size))
    lower_by = max(CAUTION * HARDEST * scale, float(np.partition(prices, unneeded)[unneeded]))
    prices = np.floor(np.maximum(prices - lower_by, 0)).astype(pairs.gain.dtype)
    left = pairs.gain - prices[pairs.item]
    close = left >= (rows.greatest(left) - IN_QUESTION * scale)[rows.of_pair]
    return prices, pairs.chosen(close)


def _one_round(pairs: Pairs, rows: _Rows, prices: FloatArray, softness: np.float32) -> FloatArray:
    left = (pairs.gain - prices[pairs.item]).astype(np.float32, copy=False)
    best = np.maximum(rows.greatest(left), 0)
    left -= best[rows.of_pair]
    left /= softness
    share = np.exp(left, out=left)
    whole = np.add.reduceat(share, rows.starts) + np.exp(-best / softness)
    share /= whole[rows.of_pair]
    demand = np.bincount(pairs.item, share, prices.size)
    risen = prices + softness * np.log(np.maximum(demand, DEMAND_MIN)).astype(np.float32)
    return np.maximum(risen, 0, out=risen)
