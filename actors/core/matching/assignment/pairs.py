"""Which pairs are in question? Short lists instead of the whole matrix.

In an optimal assignment hardly anybody gets their twentieth choice, AFTER prices. So guess what everything will cost, list for every bidder
the best by gain less price, solve on these lists, and let the certificate say on all pairs whether anything was left out. The guess only
decides how short the lists can be and how fast the answer comes, never whether it is right.

Without the guess everybody lists the same sought-after people: on a contended instance (1,000 x 5,000, 25 % eligible) lists of 64 still miss
up to a third of the optimum; with it the optimum is within the first 28 of every list, and within the first 15 of 99 lists in 100.
A list's length is not exact (a sample sets its threshold), so lists aim at 80: of 12 instances none then lacked a pair.

Bidders are the shorter side of the problem (tasks, or places with people if those are fewer), items the longer one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from actors.core.matching.assignment.certificate import BLOCK_CELLS
from actors.core.matching.assignment.result import BoolArray, FloatArray, IntArray

#: Pairs that a bidder's list aims at.
LIST_LENGTH = 80
#: Pairs of a list beyond which those that merely reach the threshold (ties) are thinned out.
LIST_LENGTH_MAX = 4 * LIST_LENGTH
#: Of every so many items, so many are looked at to find a bidder's threshold.
SAMPLE_EVERY, SAMPLE_RUN = 64, 16
#: Bidders from whom the items' prices are guessed.
SAMPLE_BIDDERS_MAX = 250
#: Taken off what is not allowed, so that it sorts below all else.
BARRED = 1e30


class Pairs(NamedTuple):
    """Pairs in question, sorted by bidder."""

    bidder: IntArray
    item: IntArray
    gain: FloatArray

    def chosen(self, which: BoolArray | IntArray) -> "Pairs":
        """The pairs that a mask or indices choose, in that order."""
        return Pairs(self.bidder[which], self.item[which], self.gain[which])


def guess_prices(gains: FloatArray, allowed: BoolArray) -> FloatArray:
    """(items,) how far an item's mean gain lies above that of the first item which is not needed.

    Means are over a sample of bidders, each bidder's own level taken off. Whoever costs more than this difference would lose against that
    item. All by products with the mask: picking by a random mask costs 4 ns a cell, mispredicted branches.

    Args:
        gains: (bidders, items), no more bidders than items.
        allowed: (bidders, items).
    """
    step = -(-len(gains) // SAMPLE_BIDDERS_MAX)
    sample, may = gains[::step], allowed[::step].astype(gains.dtype)
    level = np.einsum("bi,bi->b", sample, may) / np.maximum(may.sum(axis=1), 1)
    mean = (np.einsum("bi,bi->i", sample, may) - level @ may) / np.maximum(may.sum(axis=0), 1)
    unneeded = gains.shape[1] - len(gains)
    return np.maximum(mean - np.partition(mean, unneeded)[unneeded], 0)


def list_pairs(gains: FloatArray, allowed: BoolArray, prices: FloatArray) -> Pairs:
    """About `LIST_LENGTH` pairs of each bidder, the best by gain less price; only such as are allowed and gain something.

    Args:
        gains: (bidders, items).
        allowed: (bidders, items).
        prices: (items,).
    """
    return _pairs_reaching(gains, allowed, prices, lambda left, may, _: _thresholds(left, may))


def pairs_above(gains: FloatArray, allowed: BoolArray, prices: FloatArray, kept: FloatArray) -> Pairs:
    """The allowed pairs that gain something and bring the bidder more after prices than it keeps now.

    Args:
        gains: (bidders, items).
        allowed: (bidders, items).
        prices: (items,).
        kept: (bidders,).
    """
    more = np.nextafter(kept, np.inf, dtype=kept.dtype)
    return _pairs_reaching(gains, allowed, prices, lambda _left, _may, block: more[block])


def _thresholds(left: FloatArray, may: BoolArray) -> FloatArray:
    """(bidders,) what about `LIST_LENGTH` of each bidder's allowed pairs reach, read off a sorted sample of items.

    Measured at 1,000 x 5,000: np.argpartition takes 131 to 181 ms and np.partition 119 ms, since a partition along rows does not run on
    vector instructions; a sort of the sample and a comparison do.
    """
    sample = _sampled(may).astype(left.dtype)
    sample -= 1
    sample *= BARRED
    sample += _sampled(left)
    sample.sort(axis=1)
    return sample[:, -min(LIST_LENGTH * SAMPLE_RUN // SAMPLE_EVERY, sample.shape[1])]


def _sampled(columns: FloatArray | BoolArray) -> Any:
    """(bidders, a quarter of the items): the first of every run, for runs are read several times faster than single items."""
    runs = max(1, columns.shape[1] // SAMPLE_EVERY)
    whole = columns[:, : runs * SAMPLE_EVERY].reshape(len(columns), runs, -1)
    return whole[:, :, :SAMPLE_RUN].reshape(len(columns), -1)


def _pairs_reaching(
    gains: FloatArray,
    allowed: BoolArray,
    prices: FloatArray,
    threshold_of: Callable[[FloatArray, BoolArray, slice], FloatArray],
) -> Pairs:
    """One pass over all pairs, block by block, so that each is read from memory once."""
    bidders, items = gains.shape
    rows = max(1, BLOCK_CELLS // max(1, items))
    # Two buffers for all blocks: fresh memory of this size costs more than the arithmetic.
    buffer = np.empty((min(rows, bidders), items), np.result_type(gains, prices))
    reached = np.empty(buffer.shape, np.bool_)
    found = [np.empty(0, np.int64)]
    for start in range(0, bidders, rows):
        block = slice(start, start + rows)
        may = allowed[block]
        left = np.subtract(gains[block], prices, out=buffer[: len(may)])
        threshold = threshold_of(left, may, block)
        wanted = np.greater_equal(left, threshold[:, None], out=reached[: len(may)])
        wanted &= may
        places = np.flatnonzero(wanted)
        if places.size > len(may) * LIST_LENGTH_MAX:
            above = left.ravel()[places] > threshold[places // items]
            places = places[_thinned(places // items, above)]
        found.append(places + start * items)
    bidder, item = np.divmod(np.concatenate(found), max(1, items))
    gain = gains[bidder, item]
    return Pairs(bidder, item, gain).chosen(gain > 0)


def _thinned(bidder: IntArray, above: BoolArray) -> BoolArray:
    """Keeps every pair above the threshold, but of those that tie with it only so many, other ones for each bidder."""
    counts = np.bincount(bidder)
    every = np.maximum(-(-counts // LIST_LENGTH_MAX), 1)
    rank = np.arange(bidder.size) - (np.cumsum(counts) - counts)[bidder]
    return above | ((rank + bidder) % every[bidder] == 0)
