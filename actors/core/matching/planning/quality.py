"""How well does this person do this kind? Learned from the qualities of finished tasks, 0..1.

Quality is told as a departure from the kind's mean, so that whoever does the hard kinds is not taken for careless:

    kind(k)    = mean quality of the kind, drawn to that of all
    person(o)  = mean of quality - kind(k) over all kinds, drawn to 0
    pair(k, o) = mean of quality - kind(k) of this kind, drawn to person(o)

Somebody may be good at one kind and bad at another: one figure a person would send them both.

Refused: ratios as for minutes. Qualities near 1 have no room for ratios above it, and a share of failures is small enough for its relative
error to be large.
"""

import numpy as np

from actors.core.matching.assignment.result import FloatArray, IntArray
from actors.core.matching.planning.sums import KEPT, with_room

#: Observations that what each level is drawn to weighs. What people fail is often decided by chance: the pair's is light, so that talent is found.
KIND_PRIOR, PERSON_PRIOR, PAIR_PRIOR = 8.0, 8.0, 4.0
#: What is kept of a kind's sums at each observation of it.
KIND_KEPT = 0.999


class Quality:
    """Sums of quality, of each pair of kind and person. Rows are those of `Estimates`; there is nothing to hold before the first quality is told."""

    def __init__(self) -> None:
        #: (kinds, people): sums of quality, and how many are behind them.
        self._sums = np.zeros((0, 0))
        self._counts = np.zeros((0, 0))
        #: (2, kinds): the same of each kind, whoever did it.
        self._kinds = np.zeros((2, 0))
        #: Of all, ever; one perfect task, so that there is a mean.
        self._overall = np.ones(2)

    def observe(self, kind_row: int, operator_row: int, quality: float) -> None:
        """Learns one finished task's quality."""
        self._make_room(kind_row, operator_row)
        for sums, value in ((self._sums, quality), (self._counts, 1.0)):
            sums[:, operator_row] *= KEPT
            sums[kind_row, operator_row] += value
        self._kinds[:, kind_row] = KIND_KEPT * self._kinds[:, kind_row] + (quality, 1.0)
        self._overall += (quality, 1.0)

    def departures(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) expected quality less the kind's mean. O(kinds x operators asked about, and all kinds for these operators)."""
        if not self._sums.size:
            return np.zeros((kind_rows.size, operator_rows.size))
        self._make_room(int(kind_rows.max(initial=0)), int(operator_rows.max(initial=0)))
        counts = self._counts[:, operator_rows]
        over = self._sums[:, operator_rows] - counts * self._kind_means()[:, None]
        person = over.sum(axis=0) / (PERSON_PRIOR + counts.sum(axis=0))
        return (PAIR_PRIOR * person + over[kind_rows]) / (PAIR_PRIOR + counts[kind_rows])

    def departure(self, kind_row: int | None, operator_row: int | None) -> float:
        """The same of one pair; None stands for whom or what nobody has seen."""
        kinds, operators = self._sums.shape
        if operator_row is None or operator_row >= operators:
            return 0.0
        if kind_row is None or kind_row >= kinds:
            counts = self._counts[:, operator_row]
            over = self._sums[:, operator_row] - counts * self._kind_means()
            return float(over.sum() / (PERSON_PRIOR + counts.sum()))
        return float(self.departures(np.array([kind_row]), np.array([operator_row]))[0, 0])

    def mean(self, kind_row: int | None) -> float:
        """The mean quality of a kind; of all where it is not known."""
        if kind_row is None or kind_row >= len(self._sums):
            return float(self._overall[0] / self._overall[1])
        return float(self._kind_means()[kind_row])

    def samples(self, kind_row: int | None, operator_row: int | None) -> float:
        """Observations of a pair, older ones counting less."""
        kinds, operators = self._counts.shape
        if kind_row is None or operator_row is None or kind_row >= kinds or operator_row >= operators:
            return 0.0
        return float(self._counts[kind_row, operator_row])

    def forget_kind(self, row: int) -> None:
        """Makes a row a kind's of which nothing is known."""
        if row < len(self._sums):
            self._sums[row] = self._counts[row] = 0.0
            self._kinds[:, row] = 0.0

    def forget_operator(self, row: int) -> None:
        """Makes a column a person's of whom nothing is known."""
        if row < self._sums.shape[1]:
            self._sums[:, row] = self._counts[:, row] = 0.0

    def _kind_means(self) -> FloatArray:
        """(kinds,) mean quality."""
        overall = self._overall[0] / self._overall[1]
        return (KIND_PRIOR * overall + self._kinds[0]) / (KIND_PRIOR + self._kinds[1])

    def _make_room(self, kind_row: int, operator_row: int) -> None:
        self._sums = with_room(self._sums, kind_row, operator_row)
        self._counts = with_room(self._counts, kind_row, operator_row)
        self._kinds = with_room(self._kinds, 1, kind_row)
