"""Expected minutes from sums of logarithms.

Handle times of like tasks are skewed: one long task moves a mean by more than many short ones. Their logarithms are not, so where only the
scale differs between people, they tell it with fewer observations:

    log minutes of a task = log(k) + speed(o) + pair(k, o) + chance
    log(k)     = mean over o of what speed and pair leave, drawn to all kinds' with weight 1
    speed(o)   = sum over k of what log and pair leave  / (W1 + count(o))
    pair(k, o) = sum of what log and speed leave        / (W2 + count(k, o))

What delays others is the mean, though, and the mean of somebody whose work is more skewed than others' is more than their logarithms
say. So each person has a factor besides, what they took over what their logarithms let expect, which comes to count as much as those say once
there are as many observations as `EVENNESS_PRIOR`; and a kind's mean is one of minutes, people's factors divided out.
"""

import math

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

#: Observations that being as skewed as everybody is worth.
EVENNESS_PRIOR = 30.0


class ByLogs:
    """What sums of logarithms say of every pair.

    Args:
        sums: of everything seen, shared.
    """

    def __init__(self, sums: PairSums) -> None:
        self._sums = sums
        #: (kinds,) log(k), and mean minutes for an average person.
        self._log: FloatArray = np.zeros(8)
        self.kind: FloatArray = np.ones(8)
        #: (operators,) speed(o), and what they take over what that lets expect.
        self._speed: FloatArray = np.zeros(32)
        self._evenness: FloatArray = np.ones(32)
        #: (kinds, operators)
        self._pair: FloatArray = np.zeros((8, 32))
        self._speed_prior, self._pair_prior = SPEED_PRIOR, PAIR_PRIOR

    def begin_kind(self, row: int, minutes: float) -> None:
        """A row is that of a kind of which nothing is known but what tasks take overall."""
        self._log, self.kind = with_room(self._log, row), with_room(self.kind, row, fill=1.0)
        self._pair = with_room(self._pair, row, len(self._speed) - 1)
        self.kind[row] = max(EXPECTED_MIN, minutes)
        self._log[row], self._pair[row] = math.log(self.kind[row]), 0.0

    def begin_operator(self, row: int) -> None:
        """A row is that of a person of whom nothing is known."""
        self._speed, self._evenness = with_room(self._speed, row), with_room(self._evenness, row, fill=1.0)
        self._pair = with_room(self._pair, len(self._log) - 1, row)
        self._speed[row], self._evenness[row], self._pair[:, row] = self._unknown(row), 1.0, 0.0

    @property
    def speed(self) -> FloatArray:
        """(operators,) factor of each person."""
        return np.exp(self._speed) * self._evenness

    def minutes(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) expected minutes."""
        departures = self._speed[operator_rows] + self._pair[kind_rows[:, None], operator_rows]
        return self.kind[kind_rows, None] * np.exp(departures) * self._evenness[operator_rows]

    def minutes_of(self, kind_row: int, operator_row: int) -> float:
        """The same of one pair."""
        departure = float(self._speed[operator_row] + self._pair[kind_row, operator_row])
        return float(self.kind[kind_row]) * math.exp(departure) * float(self._evenness[operator_row])

    def error(self, kind_row: int, operator_row: int, log: float) -> float:
        """By how much an observation of a pair is beside what is expected."""
        return log - float(self._log[kind_row] + self._speed[operator_row] + self._pair[kind_row, operator_row])

    def relearn(self, kind_row: int, operator_row: int, overall_minutes: float, overall_log: float) -> None:
        """One step of each level for the row and the column that were touched."""
        k, o, logs, counts = kind_row, operator_row, self._sums.logs, self._sums.counts
        left = (logs[k] - counts[k] * (self._speed + self._pair[k])).sum()
        self._log[k] = (KIND_PRIOR * overall_log + left) / (KIND_PRIOR + counts[k].sum())
        left = (logs[:, o] - counts[:, o] * (self._log + self._pair[:, o])).sum()
        self._speed[o] = (self._speed_prior * self._unknown(o) + left) / (self._speed_prior + counts[:, o].sum())
        left = logs[:, o] - counts[:, o] * (self._log + self._speed[o])
        self._pair[:, o] = left / (self._pair_prior + counts[:, o])
        # The kind before the person, which is measured against it: a new kind's mean is that of all tasks, or of none.
        factors = np.exp(self._speed + self._pair[k]) * self._evenness
        kind = KIND_PRIOR * overall_minutes + (self._sums.minutes[k] / factors).sum()
        self.kind[k] = max(EXPECTED_MIN, kind / (KIND_PRIOR + counts[k].sum()))
        expected = self.kind * np.exp(self._speed[o] + self._pair[:, o])
        seen = (self._sums.minutes[:, o] / expected).sum()
        self._evenness[o] = (EVENNESS_PRIOR + seen) / (EVENNESS_PRIOR + counts[:, o].sum())

    def reweigh(self, noise: float) -> None:
        """Set how much the priors weigh.

        Args:
            noise: variance of one observation.
        """
        counts = self._sums.counts
        left = self._sums.logs - counts * self._log[:, None]
        of_person = counts.sum(axis=0)
        speed = left.sum(axis=0) / np.maximum(of_person, 1.0)
        pair = (left - counts * self._speed) / np.maximum(counts, 1.0)
        self._speed_prior = prior_weight(speed, of_person, noise, SPEED_PRIOR, SPEED_PRIOR_RANGE)
        self._pair_prior = prior_weight(pair, counts, noise, PAIR_PRIOR, PAIR_PRIOR_RANGE)

    def _unknown(self, row: int) -> float:
        return math.log(self._sums.unknown[row])
