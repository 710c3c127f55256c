"""Is this really the best assignment? A check that knows nothing of how it was found.

Put any price on each operator, not below zero. Whoever takes a task pays the price, so a pair brings its gain less the price to the
task, plus the price to the operator. No assignment can bring the tasks more than each one's best gain after prices (or nothing, if it
waits), nor the operators more than price x capacity. So

    bound(prices) = sum of capacity x price + sum over tasks of max(0, best gain - price)

is at least the worth of EVERY assignment (weak duality), whatever the prices. Thus prices need no trust: wrong ones make the bound
too high, never too low. If the bound equals what the assignment at hand is worth, both are optimal, and the gap is zero. That is the
whole proof; complementary slackness (idle places cost nothing, every taken pair is its task's best after prices, who waits would only
pay) follows from the equality and need not be checked apart.

Exact: gains are whole numbers below 2^24 in float32 (2^53 in float64) and so are prices and their differences; sums run in float64. With
fractions the bound holds up to rounding, and a rounding error of 1e-12 is then shown as gap, not hidden.
"""

import numpy as np

from actors.core.matching.assignment.result import WAITS, Assignment, BoolArray, FloatArray, IntArray, Method

#: Cells looked at together: a block of float32 stays in the processor's second-level cache.
BLOCK_CELLS = 1 << 17


def certify(
    values: FloatArray,
    eligible: BoolArray,
    capacity: IntArray,
    leave: FloatArray | None,
    operator_of: IntArray,
    operator_prices: FloatArray,
    method: Method,
) -> Assignment:
    """Checks an assignment against the data it was made from, and prices it.

    Args:
        values: (tasks, operators) points.
        eligible: (tasks, operators).
        capacity: (operators,).
        leave: (tasks,) what leaving the task is worth; None: nothing.
        operator_of: (tasks,) who takes the task, or WAITS.
        operator_prices: (operators,) not negative; from any source.
        method: how the assignment was found.

    Raises:
        AssertionError: the assignment breaks a rule: a bug of the solver, never of the input.
    """
    taken = (operator_of != WAITS).nonzero()[0]
    persons = operator_of[taken]
    gains = values[taken, persons] if leave is None else values[taken, persons] - leave[taken]
    assert eligible[taken, persons].all(), "someone got a task they may not do"
    assert (np.bincount(persons, minlength=capacity.size) <= capacity).all(), "someone got more than they can take"
    assert (operator_prices >= 0).all(), "a price below zero proves nothing"
    kept = np.zeros(operator_of.size, np.result_type(gains, operator_prices))
    kept[taken] = np.maximum(gains - operator_prices[persons], 0)
    task_prices = best_after_prices(values, eligible, leave, operator_prices, kept)
    total = float(gains.sum(dtype=np.float64))
    bound = float(task_prices.sum(dtype=np.float64)) + float(np.dot(capacity, operator_prices.astype(np.float64)))
    return Assignment(
        operator_of=operator_of,
        total=total,
        operator_prices=operator_prices,
        task_prices=task_prices,
        gap=bound - total,
        method=method,
    )


def best_after_prices(
    values: FloatArray, eligible: BoolArray, leave: FloatArray | None, operator_prices: FloatArray, at_least: FloatArray
) -> FloatArray:
    """(tasks,) the most that each task can bring after paying a person's price.

    Args:
        values: (tasks, operators).
        eligible: (tasks, operators).
        leave: (tasks,) or None.
        operator_prices: (operators,).
        at_least: (tasks,) not negative: waiting is always possible. Where nothing beats it, comparing is all there is to do, which is cheap.
    """
    tasks, operators = values.shape
    best = at_least.copy()
    level = best if leave is None else best + leave
    step = max(1, BLOCK_CELLS // max(1, operators))
    # Two buffers for all blocks: fresh memory of this size costs more than the arithmetic.
    left = np.empty((min(step, tasks), operators), np.result_type(values, operator_prices))
    tempted = np.empty(left.shape, np.bool_)
    for start in range(0, tasks, step):
        block = slice(start, start + step)
        count = len(level[block])
        np.subtract(values[block], operator_prices, out=left[:count])
        np.greater(left[:count], level[block, None], out=tempted[:count])
        tempted[:count] &= eligible[block]
        for task in np.flatnonzero(tempted[:count].any(axis=1)):
            most = left[task, tempted[task]].max()
            best[start + task] = most if leave is None else most - leave[start + task]
    return best
