"""How long will this person need for this kind? Learned from finished tasks alone, good from the first.

The model is multiplicative: expected minutes = kind's mean x person's speed factor x how the pair departs from both. Each level is a ratio of sums
(observed over expected) shrunk to the level above, so that a person never seen is an average person, a kind never seen is an average kind,
and one observation already moves the whole of a person's row a little:

    kind(k)    = (W0 * overall + sum over o of minutes(k, o) / speed(o)) / (W0 + count(k))
    speed(o)   = (W1           + sum over k of minutes(k, o) / kind(k))  / (W1 + count(o))
    pair(k, o) = (W2 * kind(k) * speed(o) + minutes(k, o))               / (W2 + count(k, o))

Sums per pair are all that is kept. An observation touches one row and one column (one step of coordinate descent on the likelihood of a
gamma model), so it costs O(kinds + operators), whatever the history. Sums fade by forward decay: new observations weigh more, nothing
old is ever multiplied down until the weights grow large. Handle times have heavy tails: an observation counts at most `OUTLIER_RATIO`
times what was expected.

Refused: means in the log domain. They are robust, but what delays others is the mean, and the mean of a skewed person is not the exponential
of their mean log.
"""

import msgspec
import numpy as np

from actors.core.matching.assignment.result import FloatArray, IntArray
from actors.core.matching.planning.index import Index
from actors.core.matching.planning.urgency import MINUTE_POINTS

#: Kinds and people remembered; whoever was not seen for longest makes room.
KINDS_MAX = 512
OPERATORS_MAX = 8_192
#: Minutes of a task when nothing was ever observed. Any number: only ratios matter until then.
UNKNOWN_MINUTES = 10.0
#: Observations that each level's prior is worth.
KIND_PRIOR, SPEED_PRIOR, PAIR_PRIOR = 1.0, 3.0, 6.0
#: An observation counts at most so many times the expected minutes.
OUTLIER_RATIO = 8.0
#: The same of a person's quality.
QUALITY_PRIOR = 8.0
#: Points for a whole unit of quality above the mean, as a share of what the kind's minutes cost.
QUALITY_SHARE = 0.5
#: Observations of one person after which an older one weighs half.
HALF_LIFE_COUNT = 400.0


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one pair, with the (fading) number of observations behind each number."""

    kind_minutes: float
    kind_samples: float
    speed_ratio: float
    speed_samples: float
    minutes: float
    pair_samples: float
    quality: float
    quality_samples: float
    quality_points: int


class Estimates:
    """Expected handle minutes of every pair of kind and person, and every person's quality."""

    def __init__(self) -> None:
        self.kinds = Index(KINDS_MAX)
        self.operators = Index(OPERATORS_MAX)
        self._minutes = np.zeros((8, 32))
        self._counts = np.zeros((8, 32))
        self._kind = np.full(8, UNKNOWN_MINUTES)
        self._speed = np.ones(32)
        self._overall = np.zeros(2)
        #: Sum and count, of each person and of all; the latter begin with one perfect task, so that there is a mean.
        self._quality = np.zeros((2, 32))
        self._quality_overall = np.ones(2)
        #: Rows that changed their id so far: what was derived from rows before is stale.
        self.evictions = 0

    def kind_row(self, kind: str) -> int:
        """The row of a kind, made if needed."""
        was_full = self.kinds.is_full
        row, is_new = self.kinds.take(kind)
        if is_new:
            self.evictions += was_full
            self._make_room(row, 0)
            self._minutes[row] = self._counts[row] = 0.0
            self._kind[row] = self._overall_mean()
        return row

    def operator_row(self, operator: str) -> int:
        """The row of a person, made if needed."""
        was_full = self.operators.is_full
        row, is_new = self.operators.take(operator)
        if is_new:
            self.evictions += was_full
            self._make_room(0, row)
            self._minutes[:, row] = self._counts[:, row] = 0.0
            self._quality[:, row] = 0.0
            self._speed[row] = 1.0
        return row

    def observe(self, kind: str, operator: str, minutes: float, quality: float | None) -> None:
        """Learns one finished task. O(kinds + operators)."""
        k, o = self.kind_row(kind), self.operator_row(operator)
        self.kinds.touch(kind)
        self.operators.touch(operator)
        known = self._counts[k].sum()
        counted = min(minutes, OUTLIER_RATIO * self._minutes_of(k, o)) if known else minutes
        keep = 0.5 ** (1.0 / HALF_LIFE_COUNT)
        self._minutes[:, o] *= keep
        self._counts[:, o] *= keep
        self._minutes[k, o] += counted
        self._counts[k, o] += 1.0
        self._overall += (counted, 1.0)
        self._kind[k] = (KIND_PRIOR * self._overall_mean() + (self._minutes[k] / self._speed).sum()) / (
            KIND_PRIOR + self._counts[k].sum()
        )
        self._speed[o] = (SPEED_PRIOR + (self._minutes[:, o] / self._kind).sum()) / (
            SPEED_PRIOR + self._counts[:, o].sum()
        )
        if quality is not None:
            self._quality[:, o] = keep * self._quality[:, o] + (quality, 1.0)
            self._quality_overall += (quality, 1.0)

    def minutes(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) expected minutes."""
        pairs = kind_rows[:, None], operator_rows
        prior = self._kind[kind_rows, None] * self._speed[operator_rows]
        return (PAIR_PRIOR * prior + self._minutes[pairs]) / (PAIR_PRIOR + self._counts[pairs])

    def quality_points(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) whole points for better or worse quality than the mean; a mild share of what the kind's minutes cost."""
        better = self._quality_of(operator_rows) - self._quality_mean()
        return np.rint(QUALITY_SHARE * MINUTE_POINTS * self._kind[kind_rows, None] * better)

    def experience(self, operator_rows: IntArray) -> FloatArray:
        """(operators,) observations of each person, older ones counting less."""
        return self._counts[:, operator_rows].sum(axis=0)

    def reading(self, kind: str, operator: str) -> Reading:
        """Everything known of one pair."""
        k, o = self.kind_row(kind), self.operator_row(operator)
        rows = np.array([k]), np.array([o])
        return Reading(
            kind_minutes=float(self._kind[k]),
            kind_samples=float(self._counts[k].sum()),
            speed_ratio=float(self._speed[o]),
            speed_samples=float(self._counts[:, o].sum()),
            minutes=float(self.minutes(*rows)[0, 0]),
            pair_samples=float(self._counts[k, o]),
            quality=float(self._quality_of(rows[1])[0]),
            quality_samples=float(self._quality[1, o]),
            quality_points=int(self.quality_points(*rows)[0, 0]),
        )

    def _minutes_of(self, k: int, o: int) -> float:
        prior = self._kind[k] * self._speed[o]
        return float((PAIR_PRIOR * prior + self._minutes[k, o]) / (PAIR_PRIOR + self._counts[k, o]))

    def _quality_of(self, operator_rows: IntArray) -> FloatArray:
        sums, counts = self._quality[:, operator_rows]
        return (QUALITY_PRIOR * self._quality_mean() + sums) / (QUALITY_PRIOR + counts)

    def _quality_mean(self) -> float:
        return float(self._quality_overall[0] / self._quality_overall[1])

    def _overall_mean(self) -> float:
        return float(self._overall[0] / self._overall[1]) if self._overall[1] else UNKNOWN_MINUTES

    def _make_room(self, kind_row: int, operator_row: int) -> None:
        """Doubles the arrays until they hold both rows."""
        kinds, operators = self._minutes.shape
        more_kinds = kinds if kind_row >= kinds else 0
        more_operators = operators if operator_row >= operators else 0
        if more_kinds or more_operators:
            grow = ((0, more_kinds), (0, more_operators))
            self._minutes, self._counts = np.pad(self._minutes, grow), np.pad(self._counts, grow)
            self._kind = np.pad(self._kind, (0, more_kinds), constant_values=UNKNOWN_MINUTES)
            self._speed = np.pad(self._speed, (0, more_operators), constant_values=1.0)
            self._quality = np.pad(self._quality, ((0, 0), (0, more_operators)))
