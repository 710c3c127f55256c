"""What was seen of every pair of kind and person: how often, how many minutes, and how many on the scale of logarithms.

Sums per pair are all that is kept, so memory and cost do not grow with the history. They fade: each observation of a person takes a little off
all that was seen of the same person before.
"""

import numpy as np

from actors.core.matching.assignment.result import FloatArray

#: Observations of one person after which an older one weighs half.
HALF_LIFE_COUNT = 400.0
#: What is kept of a person's sums at each.
KEPT = 0.5 ** (1.0 / HALF_LIFE_COUNT)
#: Least side of an array that holds anything.
_SIDE_MIN = 8


class PairSums:
    """Sums by row of the kind and row of the person, (kinds, operators)."""

    def __init__(self) -> None:
        self.counts: FloatArray = np.zeros((8, 32))
        self.minutes: FloatArray = np.zeros((8, 32))
        #: Of the natural logarithms of minutes.
        self.logs: FloatArray = np.zeros((8, 32))
        #: Of everything ever seen, unfaded: how often, minutes, logarithms.
        self.total_count = self.total_minutes = self.total_logs = 0.0
        #: By which factor each person whom nobody has seen is taken to differ from the average, so that the seed breaks ties, (operators,).
        self.unknown: FloatArray = np.ones(32)

    def add(self, kind_row: int, operator_row: int, minutes: float, log: float) -> None:
        """One more task of a pair."""
        for sums, seen in ((self.counts, 1.0), (self.minutes, minutes), (self.logs, log)):
            sums[:, operator_row] *= KEPT
            sums[kind_row, operator_row] += seen
        self.total_count += 1.0
        self.total_minutes += minutes
        self.total_logs += log

    def make_room(self, kind_row: int, operator_row: int) -> None:
        """Make room for both rows."""
        self.counts = with_room(self.counts, kind_row, operator_row)
        self.minutes = with_room(self.minutes, kind_row, operator_row)
        self.logs = with_room(self.logs, kind_row, operator_row)
        self.unknown = with_room(self.unknown, operator_row, fill=1.0)

    def forget_kind(self, row: int) -> None:
        """Make a row one of a kind of which nothing is known."""
        self.counts[row] = self.minutes[row] = self.logs[row] = 0.0

    def forget_operator(self, row: int) -> None:
        """Make a column one of a person of whom nothing is known."""
        self.counts[:, row] = self.minutes[:, row] = self.logs[:, row] = 0.0


def with_room(array: FloatArray, *rows: int, fill: float = 0.0) -> FloatArray:
    """The array, its sides doubled until it has an element at `rows`."""
    more = [(0, _doubled(side, row) - side) for side, row in zip(array.shape, rows, strict=True)]
    return np.pad(array, more, constant_values=fill) if any(added for _, added in more) else array


def _doubled(side: int, row: int) -> int:
    while row >= side:
        side = max(_SIDE_MIN, 2 * side)
    return side
