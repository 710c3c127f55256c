"""Expected minutes from sums of minutes.

The model is multiplicative: kind's mean x person's speed factor x how the pair departs from both. Each level is a ratio of sums (observed
over expected) shrunk to the level above:

    kind(k)    = (W0 * overall + sum over o of minutes(k, o) / speed(o)) / (W0 + count(k))
    speed(o)   = (W1           + sum over k of minutes(k, o) / kind(k))  / (W1 + count(o))
    pair(k, o) = (W2 * kind(k) * speed(o) + minutes(k, o))               / (W2 + count(k, o))

An observation touches one row and one column (one step of coordinate descent on the likelihood of a gamma model).
"""

import numpy as np

from actors.core.matching.assignment.result import FloatArray, IntArray
from actors.core.matching.planning.prior_weights import (
    EXPECTED_MIN,
    KIND_PRIOR,
    PAIR_PRIOR,
    PAIR_PRIOR_RANGE,
    SPEED_PRIOR,
    SPEED_PRIOR_RANGE,
    prior_weight,
)
from actors.core.matching.planning.sums import PairSums, with_room

#: Minutes of a task when nothing was ever observed. Any number: only ratios matter until then.
UNKNOWN_MINUTES = 10.0
#: Floor that keeps divisions finite.
SPEED_MIN = 1e-3


class ByMeans:
    """What sums of minutes say of every pair.

    Args:
        sums: of everything seen, shared.
    """

    def __init__(self, sums: PairSums) -> None:
        self._sums = sums
        #: (kinds,) mean minutes for an average person, (operators,) factor of each person.
        self.kind: FloatArray = np.full(8, UNKNOWN_MINUTES)
        self.speed: FloatArray = np.ones(32)
        self._speed_prior, self._pair_prior = SPEED_PRIOR, PAIR_PRIOR

    def begin_kind(self, row: int, minutes: float) -> None:
        """A row is that of a kind of which nothing is known but what tasks take overall."""
        self.kind = with_room(self.kind, row, fill=UNKNOWN_MINUTES)
        self.kind[row] = max(EXPECTED_MIN, minutes)

    def begin_operator(self, row: int) -> None:
        """A row is that of a person of whom nothing is known."""
        self.speed = with_room(self.speed, row, fill=1.0)
        self.speed[row] = self._sums.unknown[row]

    def minutes(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) expected minutes."""
        pairs = kind_rows[:, None], operator_rows
        prior = self.kind[kind_rows, None] * self.speed[operator_rows]
        return (self._pair_prior * prior + self._sums.minutes[pairs]) / (self._pair_prior + self._sums.counts[pairs])

    def minutes_of(self, kind_row: int, operator_row: int) -> float:
        """The same of one pair."""
        prior = float(self.kind[kind_row]) * float(self.speed[operator_row])
        seen, count = self._sums.minutes[kind_row, operator_row], self._sums.counts[kind_row, operator_row]
        return float((self._pair_prior * prior + seen) / (self._pair_prior + count))

    def relearn(self, kind_row: int, operator_row: int, overall_minutes: float) -> None:
        """One step of each level for the row and the column that were touched."""
        minutes, counts = self._sums.minutes, self._sums.counts
        kind = KIND_PRIOR * overall_minutes + (minutes[kind_row] / self.speed).sum()
        self.kind[kind_row] = max(EXPECTED_MIN, kind / (KIND_PRIOR + counts[kind_row].sum()))
        speed = self._speed_prior * self._sums.unknown[operator_row] + (minutes[:, operator_row] / self.kind).sum()
        self.speed[operator_row] = max(SPEED_MIN, speed / (self._speed_prior + counts[:, operator_row].sum()))

    def reweigh(self, noise: float) -> None:
        """Set how much the priors weigh.

        Args:
            noise: squared relative error of one observation.
        """
        sums = self._sums
        count = sums.counts.sum(axis=0)
        kind = self.kind[:, None]
        speed = _ratios((sums.minutes / kind).sum(axis=0), count)
        pair = _ratios(sums.minutes / (kind * self.speed), sums.counts)
        self._speed_prior = prior_weight(speed - 1.0, count, noise, SPEED_PRIOR, SPEED_PRIOR_RANGE)
        self._pair_prior = prior_weight(pair - 1.0, sums.counts, noise, PAIR_PRIOR, PAIR_PRIOR_RANGE)


def _ratios(observed: FloatArray, counts: FloatArray) -> FloatArray:
    return np.divide(observed, counts, out=np.ones_like(observed), where=counts > 0)
