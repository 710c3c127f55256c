"""What must not be, out of the way of a search for the greatest or the least.

``np.where(eligible, values, -np.inf)`` guesses at every pair which way the mask goes, and guesses wrong: 20 us at 50 x 200, and picking by the
mask 28. Arithmetic with the mask gives the same numbers in 5, and the ceiling can be used again.
"""

import numpy as np

from actors.core.matching.assignment.result import BoolArray, FloatArray


def ceiling(eligible: BoolArray, like: FloatArray) -> FloatArray:
    """Infinity where a pair may be, minus infinity elsewhere: the lesser of it and finite points is the points of who may.

    Args:
        eligible: of any shape.
        like: the result has its dtype.
    """
    result = eligible.astype(like.dtype)
    result -= 0.5
    result *= np.inf
    return result
