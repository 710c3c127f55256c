"""How much each dimension counts for a task: its line's own shares, shifted by its W parameters, whole numbers that add up to a hundred.

A share is worked out in hundredths of a per cent (the line's share x 100, plus weight x points of every W parameter of the dimension, at
least `SHARE_MIN`), scaled to a hundred, rounded down, and what is missing goes to the largest remainders, ties to the earlier dimension.
"""

import numpy as np
from numpy.typing import NDArray

from actors.core.matching.model import SHARE_MIN
from actors.core.statistics.storage import FloatArray

#: Of a hundred; effective weights are multiplied by three times the share, so that an even split leaves them as they are.
WHOLE = 100
#: Of the dimensions, the first counting most.
_PLACES: NDArray[np.int64] = np.arange(2, -1, -1)


def shares_of(base: FloatArray, shifts: FloatArray) -> NDArray[np.int64]:
    """Shares of tasks, (tasks, 3), each row adding up to a hundred.

    Args:
        base: the line's own share of each task, of a hundred, (tasks, 3).
        shifts: sums of weight x points of the W parameters of each dimension, (tasks, 3), whole numbers.
    """
    raw = np.maximum(base * WHOLE + shifts, SHARE_MIN * WHOLE).astype(np.int64) * WHOLE
    total = raw.sum(axis=1, keepdims=True) // WHOLE
    shares = raw // total
    missing = WHOLE - shares.sum(axis=1)
    remainders = raw - shares * total
    # At most two points are missing: they go to the largest remainders, one each; of equal ones to the earlier.
    ranked = remainders * len(_PLACES) + _PLACES
    shares += (ranked[:, None, :] > ranked[:, :, None]).sum(axis=2) < missing[:, None]
    return shares


def effective_weights(weights: NDArray[np.int64], shares: NDArray[np.int64]) -> NDArray[np.int64]:
    """``min(100, weight x 3 x share // 100)``, (tasks, parameters).

    Args:
        weights: of each parameter in the task's line, (tasks, parameters).
        shares: of each parameter's dimension for the task, (tasks, parameters).
    """
    return np.minimum(WHOLE, weights * 3 * shares // WHOLE)
