"""From values to points: piecewise-linear curves, all parameters of a group in one sweep.

A curve is a parameter's breakpoints ((x, y), ...): straight lines between them, constant beyond both ends, y in whole points. An unknown
value (NaN) earns nothing and costs nothing. Results are whole numbers, so that sums are exact whatever their order.

One small numpy call costs a microsecond however little it does, and a round has a hundred curves; so the curves of a group are kept
padded in one array and evaluated together: nine calls, not nine hundred. `np.interp` takes one curve at a time and was refused for that.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Points of one parameter lie between plus and minus this.
POINTS_MAX = 1_000
#: Breakpoints of one curve.
BREAKPOINTS_MAX = 8

Curve = tuple[tuple[float, int], ...]


class Curves:
    """The curves of a group of parameters.

    Args:
        curves: one each; an empty one gives no points ever.
    """

    __slots__ = ("_intercepts", "_lengths", "_offsets", "_slopes", "_thresholds", "count")

    def __init__(self, curves: Sequence[Curve]) -> None:
        self.count = len(curves)
        pieces = BREAKPOINTS_MAX + 1
        thresholds = np.full((BREAKPOINTS_MAX, self.count, 1), np.inf)
        slopes = np.zeros((self.count, pieces))
        intercepts = np.zeros((self.count, pieces))
        for place, curve in enumerate(curves):
            for piece, (x, _) in enumerate(curve):
                thresholds[piece, place, 0] = x
            for piece, (slope, intercept) in enumerate(_pieces(curve)):
                slopes[place, piece], intercepts[place, piece] = slope, intercept
        #: Breakpoints of each, at least one.
        self._lengths = np.array([max(1, len(curve)) for curve in curves], dtype=np.int64)
        self._thresholds = thresholds[: self._lengths.max(initial=1)]
        self._slopes = slopes.ravel()
        self._intercepts = intercepts.ravel()
        self._offsets = (np.arange(self.count) * pieces)[:, None]

    def points(self, values: NDArray[np.float64], of: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Whole points of each value.

        Args:
            values: (parameters, things), finite or NaN.
            of: the parameter of each row, where rows are not the parameters in order.

        Returns:
            The same shape; NaN became 0.
        """
        thresholds, offsets = self._thresholds, self._offsets
        if of is not None:
            longest = self._lengths.take(of).max(initial=1)
            thresholds, offsets = thresholds[:longest].take(of, axis=1), offsets.take(of, axis=0)
        # Few breakpoints: their count fits into a byte, and bytes are added without a copy.
        passed = (values >= thresholds).view(np.int8)
        piece: NDArray[np.intp] = np.add.reduce(passed, axis=0, dtype=np.int8) + offsets
        exact: NDArray[np.float64] = self._slopes.take(piece)
        exact *= values
        exact += self._intercepts.take(piece)
        np.rint(exact, out=exact)
        # Only NaN differs from itself; this is the cheapest test for it.
        exact[exact != exact] = 0.0
        return exact


def _pieces(curve: Curve) -> list[tuple[float, float]]:
    """(slope, intercept) left of the first breakpoint, between each two, and right of the last."""
    if not curve:
        return []
    pieces = [(0.0, float(curve[0][1]))]
    for (x, y), (next_x, next_y) in itertools.pairwise(curve):
        slope = (next_y - y) / (next_x - x)
        pieces.append((slope, y - slope * x))
    pieces.append((0.0, float(curve[-1][1])))
    return pieces
