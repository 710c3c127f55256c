"""The exact assignment on lists of pairs, and the prices that support it."""

import numpy as np

from actors.core.matching.assignment.kernel import dense_kernel, sparse_kernel
from actors.core.matching.assignment.pairs import Pairs
from actors.core.matching.assignment.result import WAITS, FloatArray, IntArray

#: Bidders up to which listed pairs are written into a rectangle for the dense kernel.
#: The sparse one gains a third at 500 x 1,000 and nothing at 200 x 400; its import is not worth that in an actor.
DENSE_BIDDERS_MAX = 600


def match_listed(pairs: Pairs, prices: FloatArray, bidders: int) -> IntArray:
    """(bidders,) the item of each, or WAITS: the greatest sum of gain less price.

    Args:
        pairs: the bidders' lists.
        prices: (items,).
        bidders: how many there are.
    """
    left = pairs.gain - prices[pairs.item]
    pays = left > 0
    pairs, left = pairs.chosen(pays), left[pays].astype(np.float64)
    used = np.zeros(prices.size, np.bool_)
    used[pairs.item] = True
    items = np.flatnonzero(used)
    column = (np.cumsum(used) - 1)[pairs.item]
    if bidders <= DENSE_BIDDERS_MAX:
        rows, columns = _dense(pairs.bidder, column, left, (bidders, items.size))
    else:
        rows, columns = _sparse(pairs.bidder, column, left, (bidders, items.size))
    item_of = np.full(bidders, WAITS)
    item_of[rows] = items[columns]
    return item_of


def _dense(bidder: IntArray, column: IntArray, left: FloatArray, shape: tuple[int, int]) -> tuple[IntArray, IntArray]:
    matrix = np.zeros(shape)
    matrix[bidder, column] = left
    rows, columns = dense_kernel()(matrix, True)
    pays = matrix[rows, columns] > 0
    return rows[pays], columns[pays]


def _sparse(bidder: IntArray, column: IntArray, left: FloatArray, shape: tuple[int, int]) -> tuple[IntArray, IntArray]:
    """Every bidder gets one more column, of its own, that stands for waiting."""
    bidders, columns = shape
    ends = np.cumsum(np.bincount(bidder, minlength=bidders) + 1)
    values, targets = np.ones(ends[-1]), np.empty(ends[-1], np.int32)
    place = np.arange(left.size) + bidder
    values[place] = left + 1  # the kernel takes zero for "no pair"
    targets[place] = column
    targets[ends - 1] = columns + np.arange(bidders)
    starts = np.concatenate([[0], ends]).astype(np.int32)
    rows, found = sparse_kernel()(values, targets, starts, (bidders, columns + bidders))
    takes = found < columns
    return rows[takes], found[takes]


def supporting_prices(pairs: Pairs, item_of: IntArray, floor: FloatArray) -> FloatArray:
    """(items,) the least prices, not below `floor`, at which no bidder wants another pair of its list than the one it got.

    The same bidding as in `prices`, on lists. Items nobody got keep the price of zero; `floor` must be zero there.

    Args:
        pairs: the bidders' lists.
        item_of: (bidders,) or WAITS.
        floor: (items,).
    """
    price = floor.copy()
    taken = np.zeros(price.size, np.bool_)
    taken[item_of[item_of != WAITS]] = True
    order = np.argsort(pairs.item, kind="stable")
    order = order[taken[pairs.item[order]]]
    bidder, item, gain = pairs.chosen(order)
    if not item.size:
        return price
    own = np.zeros(item_of.size, pairs.gain.dtype)
    mine = item_of[pairs.bidder] == pairs.item
    own[pairs.bidder[mine]] = pairs.gain[mine]
    starts = np.flatnonzero(np.diff(item, prepend=-1))
    wanted = item[starts]
    for _ in range(wanted.size):
        kept = own - np.where(item_of == WAITS, 0, price[item_of])
        risen = np.maximum(price[wanted], np.maximum.reduceat(gain - kept[bidder], starts))
        if np.array_equal(risen, price[wanted]):
            break
        price[wanted] = risen
    return price
