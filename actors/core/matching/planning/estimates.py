"""How long will this person need for this kind? Learned from finished tasks alone, good from the first.

Two models foretell every pair, each of them multiplicative (kind's mean x person's speed x how the pair departs from both) and shrunk level by
level, so that a person never seen is an average person, a kind never seen an average kind, and one observation already moves the whole of a
person's row a little. One goes by sums of minutes (`by_means`), the other by sums of their logarithms (`by_logs`): where handle times are heavy-tailed, a
lognormal's coefficient of variation being 2, logarithms need two fifths of the observations; where many tasks take next to no time, their logarithms
say less than their minutes. Which of them says more shows in the squared errors of one observation, relative ones here and of logarithms there: what is
expected is the geometric mean of both, weighed by the `SURENESS_POWER`th power of these.

Sums per pair are all that is kept (`sums`). An observation costs O(kinds + operators), whatever the history. Handle times have heavy tails: an
observation counts at most `OUTLIER_RATIO` times what was expected, and its logarithm as that of a `LEAST_RATIO`th at least.

Measured, from nothing, 3,000 tasks, ten seeds a world, mean turnaround against sums of minutes alone (twice the standard error): 6.1 ± 4.6 % lower with 25
people, 8 kinds and lognormal times of a coefficient of variation of 2; 2.1 ± 1.1 % lower with 20 people, 6 kinds and one of 1; 3.1 ± 3.2 % lower with 40
people who differ most by pair. Gamma times, people of different skew and the public log at three loads: between 0.3 % lower and 1.4 % higher, all within
their errors.

Refused: logarithms alone, which are 7 to 10 % worse where people differ in skew and up to 3 % with gamma times (four seeds). Exploring by how
uncertain a pair is: over 13 kinds of worlds, one seed each, deciding by a lower bound was between 1.2 ± 2.0 % lower and .2 ± 1.4 % higher, by draws
from what is believed 1.7 ± 1.7 % higher; a lower bound by logarithms gained nothing on four kinds of worlds. What not knowing costs in these
thirteen is 13 ± 5 % against the same planner told every mean.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from actors.core.matching.assignment.result import FloatArray, IntArray
from actors.core.matching.planning.by_logs import ByLogs
from actors.core.matching.planning.by_means import UNKNOWN_MINUTES, ByMeans
from actors.core.matching.planning.draws import Draws
from actors.core.matching.planning.index import Index
from actors.core.matching.planning.quality import Quality
from actors.core.matching.planning.sums import PairSums
from actors.core.matching.planning.urgency import minute_points, whole_points

#: Kinds and people remembered; whoever was not seen for longest makes room.
KINDS_MAX = 512
OPERATORS_MAX = 8_192
#: An observation counts at most so many times the expected minutes, and its logarithm as that of so small a part of them at least.
OUTLIER_RATIO, LEAST_RATIO = 8.0, 0.1
#: Observations between two looks at how much people and pairs differ: at least so many, and one for each so many pairs. A look is at all pairs, and
#: its share must not cost an observation more than its own row and column where kinds and people are very many.
REWEIGH_EVERY, REWEIGH_CELLS = 32, 8_192
#: Squared errors of either model: presumed ones, each 1, and what is kept of the sums at each observation.
ERRORS_PRIOR, ERRORS_KEPT = 20.0, 0.998
#: How sharply the model of the smaller errors is preferred: no more than a tenth is left to one whose errors are 1.7 times as large.
SURENESS_POWER = 4.0
#: Who has fewer observations is taken to be quicker, by so much at most.
NEWCOMER_COUNT, NEWCOMER_SHARE = 5.0, 0.2
#: By how much people nobody knows differ by the seed's draw, so that ties are not always broken the same way.
TIE_SHARE = 0.01
#: Floors that keep logarithms and ratios finite.
MINUTES_MIN, ERROR_MIN = 1e-4, 1e-9
#: Points for a whole unit of quality above the kind's mean, as a share of what the kind's minutes cost: what fails has to be done again.
QUALITY_SHARE = 1.0


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one pair, with the (fading) number of observations behind each number."""

    kind_minutes: float
    kind_samples: float
    speed_ratio: float
    speed_samples: float
    minutes: float
    pair_samples: float
    newcomer_share: float
    quality: float
    quality_samples: float
    quality_points: int


class Estimates:
    """Expected handle minutes, and quality, of every pair of kind and person."""

    def __init__(self, seed: int = 0) -> None:
        self._draws = Draws(seed)
        self.kinds = Index(KINDS_MAX)
        self.operators = Index(OPERATORS_MAX)
        self._sums = PairSums()
        self._by_means, self._by_logs = ByMeans(self._sums), ByLogs(self._sums)
        #: Sum and count of squared errors of each model: how much one observation says.
        self._mean_errors = np.array([ERRORS_PRIOR, ERRORS_PRIOR])
        self._log_errors = np.array([ERRORS_PRIOR, ERRORS_PRIOR])
        self._quality = Quality()
        #: Rows that changed their id so far: what was derived from rows before is stale.
        self.evictions = 0

    def kind_row(self, kind: str) -> int:
        """The row of a kind, made if needed."""
        known = self.kinds.get(kind)
        if known is not None:
            return known
        was_full = self.kinds.is_full
        row = self.kinds.take(kind)
        self.evictions += was_full
        self._sums.make_room(row, 0)
        self._sums.forget_kind(row)
        self._quality.forget_kind(row)
        for model in (self._by_means, self._by_logs):
            model.begin_kind(row, self.overall_minutes())
        return row

    def operator_row(self, operator: str) -> int:
        """The row of a person, made if needed."""
        known = self.operators.get(operator)
        if known is not None:
            return known
        was_full = self.operators.is_full
        row = self.operators.take(operator)
        self.evictions += was_full
        self._sums.make_room(0, row)
        self._sums.forget_operator(row)
        self._quality.forget_operator(row)
        self._sums.unknown[row] = 1.0 + TIE_SHARE * (self._draws.share() - 0.5)
        for model in (self._by_means, self._by_logs):
            model.begin_operator(row)
        return row

    def operator_rows(self, operators: Sequence[str]) -> IntArray:
        """(operators,) rows of many people, made if needed."""
        rows = self.operators.get_all(operators)
        if None in rows:
            rows = [self.operator_row(operator) for operator in operators]
        return np.array(rows, np.int64)

    def expected_minutes(self, kind: str, operator: str) -> float:
        """Minutes of a pair, both of which get rows if they have none."""
        return self._minutes_of(self.kind_row(kind), self.operator_row(operator))

    def observe(self, kind: str, operator: str, minutes: float, quality: float | None) -> None:
        """Learns one finished task. O(kinds + operators).

        Args:
            kind: of the task.
            operator: who did it.
            minutes: its minutes over its size: what a task of its kind's mean size would have taken.
            quality: 0..1, if known.
        """
        k, o = self.kind_row(kind), self.operator_row(operator)
        self.kinds.touch(kind)
        self.operators.touch(operator)
        sums = self._sums
        if sums.counts[k].any():
            expected = self._minutes_of(k, o)
            minutes = min(minutes, OUTLIER_RATIO * expected)
            log = math.log(max(minutes, LEAST_RATIO * expected, MINUTES_MIN))
            self._note_errors(minutes / expected - 1.0, self._by_logs.error(k, o, log))
        else:
            log = math.log(max(minutes, LEAST_RATIO * self.overall_minutes(), MINUTES_MIN))
        sums.add(k, o, minutes, log)
        self._by_means.relearn(k, o, self.overall_minutes())
        self._by_logs.relearn(k, o, self.overall_minutes(), sums.total_logs / sums.total_count)
        if sums.total_count % max(REWEIGH_EVERY, sums.counts.size // REWEIGH_CELLS) == 0:
            self._by_means.reweigh(_mean(self._mean_errors))
            self._by_logs.reweigh(_mean(self._log_errors))
        if quality is not None:
            self._quality.observe(k, o, quality)

    def minutes(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) expected minutes."""
        return self._between(
            self._by_means.minutes(kind_rows, operator_rows), self._by_logs.minutes(kind_rows, operator_rows)
        )

    def overall_minutes(self) -> float:
        """Mean minutes of all tasks so far."""
        sums = self._sums
        return sums.total_minutes / sums.total_count if sums.total_count else UNKNOWN_MINUTES

    def minute_points(self) -> float:
        """Points that a minute costs, by the geometric mean of all tasks so far."""
        sums = self._sums
        return minute_points(math.exp(sums.total_logs / sums.total_count) if sums.total_count else UNKNOWN_MINUTES)

    def kind_minutes(self, kind_rows: IntArray) -> FloatArray:
        """(kinds,) mean minutes for an average person."""
        return self._between(self._by_means.kind[kind_rows], self._by_logs.kind[kind_rows])

    def newcomer_shares(self, operator_rows: IntArray) -> FloatArray:
        """(operators,) by which share of the expected minutes a person is taken to be quicker, so that they get a chance: 0 once known."""
        return NEWCOMER_SHARE * np.maximum(0.0, 1.0 - self.experience(operator_rows) / NEWCOMER_COUNT)

    def quality_points(self, kind_rows: IntArray, operator_rows: IntArray) -> FloatArray:
        """(kinds, operators) whole points for better or worse quality than the kind's mean: what fails has to be done again."""
        better = self._quality.departures(kind_rows, operator_rows)
        return whole_points(QUALITY_SHARE * self.minute_points() * self.kind_minutes(kind_rows)[:, None] * better)

    def experience(self, operator_rows: IntArray) -> FloatArray:
        """(operators,) observations of each person, older ones counting less."""
        return self._sums.counts[:, operator_rows].sum(axis=0)

    @property
    def sureness_of_logs(self) -> float:
        """The weight of the model by logarithms, 0..1."""
        ratio = _mean(self._log_errors) / max(ERROR_MIN, _mean(self._mean_errors))
        return 1.0 / (1.0 + ratio**SURENESS_POWER)

    def reading(self, kind: str, operator: str) -> Reading:
        """Everything known of one pair.

        Whom or what nobody has seen is told as what it would be taken for, and not remembered for having been asked about: a question
        must not change what is decided after it.
        """
        k, o = self.kinds.get(kind), self.operators.get(operator)
        kind_rows, rows = _rows(k), _rows(o)
        kind_minutes = self.overall_minutes() if k is None else float(self.kind_minutes(kind_rows)[0])
        speed = 1.0 if o is None else float(self._between(self._by_means.speed[rows], self._by_logs.speed[rows])[0])
        better = self._quality.departure(k, o)
        return Reading(
            kind_minutes=kind_minutes,
            kind_samples=float(self._sums.counts[kind_rows].sum()),
            speed_ratio=speed,
            speed_samples=float(self.experience(rows).sum()),
            minutes=kind_minutes * speed if k is None or o is None else self._minutes_of(k, o),
            pair_samples=float(self._sums.counts[kind_rows[:, None], rows].sum()),
            newcomer_share=float(self.newcomer_shares(rows).sum()) if rows.size else NEWCOMER_SHARE,
            quality=self._quality.mean(k) + better,
            quality_samples=self._quality.samples(k, o),
            quality_points=int(whole_points(np.array(QUALITY_SHARE * self.minute_points() * kind_minutes * better))),
        )

    def _note_errors(self, of_means: float, of_logs: float) -> None:
        self._mean_errors = ERRORS_KEPT * self._mean_errors + (of_means * of_means, 1.0)
        self._log_errors = ERRORS_KEPT * self._log_errors + (of_logs * of_logs, 1.0)

    def _minutes_of(self, k: int, o: int) -> float:
        of_means, of_logs = self._by_means.minutes_of(k, o), self._by_logs.minutes_of(k, o)
        return of_means * (of_logs / of_means) ** self.sureness_of_logs

    def _between(self, of_means: FloatArray, of_logs: FloatArray) -> FloatArray:
        """What both models together say: their geometric mean, each weighed by how sure it is."""
        return of_means * (of_logs / of_means) ** self.sureness_of_logs


def _mean(errors: FloatArray) -> float:
    return float(errors[0] / errors[1])


def _rows(row: int | None) -> IntArray:
    return np.array([] if row is None else [row], np.int64)
