"""How much longer or shorter is this task than others of its kind? A learned effect of its attributes on the logarithm of its minutes.

    minutes(t, o) = expected(kind, o) x size(t),    log size(t) = sum over columns of effect(kind, column) x (number - kind's mean of it)

Effects are a ridge regression within kinds: deviations of numbers and of log minutes from their kind's own means. All kinds together give
one effect a column; each kind has its own departure from it, drawn to none with the weight of `KIND_PRIOR` tasks. Of a number as it is
and its logarithm only the one that explains more has an effect: together they would make each other doubtful. What is kept are sums of
products, so an observation costs O(columns^2) and nothing grows with history.

Most attributes say nothing, and then nothing must come of them. Every effect is drawn to none by how surely it differs from none: times
1 - doubt / evidence, and none at all below, evidence being the squared effect over its squared standard error (the nonnegative garrote,
Breiman 1995); the values of one attribute are judged together, since each is the others' reverse.
Where effects are learned, a mean minute stays a mean minute: log size has half its variance taken off, as for a lognormal size of mean 1.

Against what cannot be true: numbers count at most `DEVIATIONS_MAX` standard deviations from the mean, log minutes at most `LOG_MAX`, sizes
stay within `SIZE_RANGE`, and old sums fade.

Refused: the plain ridge without doubt. Ten attributes of pure noise then move every estimate until thousands of tasks are seen. A tree or a
kernel: interactions need far more tasks than a planner that starts from nothing has.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from actors.core.matching.assignment.result import FloatArray, IntArray
from actors.core.matching.planning.features import COLUMNS_MAX, Features

#: Kinds whose own effects are remembered; whatever was not seen for longest makes room.
KINDS_MAX = 256
#: Tasks that the presumption of no effect weighs, and of a kind that of no departure from all kinds.
PRIOR, KIND_PRIOR = 2.0, 20.0
#: An effect is believed as far as the evidence for it is beyond what chance brings: its mean and so many standard deviations.
DOUBT = 2.0
#: A number counts at most so many standard deviations from its mean, once so many were seen.
DEVIATIONS_MAX, DEVIATIONS_SEEN_MIN = 4.0, 8.0
#: A log ratio of minutes counts at most so much.
LOG_MAX = 2.5
#: Between which a size is.
SIZE_RANGE = (0.05, 20.0)
#: Tasks after which an older one weighs half, and which the mean of numbers reaches back.
HALF_LIFE_COUNT, MEAN_COUNT_MAX = 1_000.0, 500.0
#: Squared error of log minutes that is presumed, and what tasks the presumption weighs.
ERROR_PRIOR, ERROR_COUNT = 0.5, 10.0
#: Standard deviation below which a number is taken to be constant.
DEVIATION_MIN = 1e-9
#: Effects of all kinds are worked out at every task up to so many, and at every so many tasks from then on.
SETTLED_COUNT, RELEARN_EVERY = 64, 8


class Described(Protocol):
    """What is looked at of a task."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def kind(self) -> str:
        """Its kind."""
        ...

    @property
    def attributes(self) -> Mapping[str, object]:
        """What its source knows of it."""
        ...


class Row(NamedTuple):
    """What was read of a task."""

    attributes: Mapping[str, object]
    #: (columns,) NaN where nothing is known.
    numbers: FloatArray


class Moments:
    """Sums of products of deviations from the mean, over tasks: of the columns' numbers and of the logarithm of minutes."""

    def __init__(self) -> None:
        #: (columns + 1,) times seen, and mean; the last is the logarithm of minutes.
        self.seen = np.zeros(COLUMNS_MAX + 1)
        self.mean = np.zeros(COLUMNS_MAX + 1)
        #: (columns + 1, columns + 1).
        self.products = np.zeros((COLUMNS_MAX + 1, COLUMNS_MAX + 1))
        #: Tasks behind the sums.
        self.weight = 0.0

    def move_means(self, numbers: FloatArray, deviations: FloatArray) -> FloatArray:
        """Lets one task's numbers move the means; returns its deviations as they count for `add`: a first number has none."""
        known = ~np.isnan(numbers)
        is_first = known & (self.seen == 0.0)
        self.mean = np.where(is_first, numbers, self.mean)
        self.seen = np.minimum(self.seen + known, MEAN_COUNT_MAX)
        share = 1.0 / np.maximum(self.seen, 1.0)
        self.mean += deviations * share
        return deviations * np.sqrt(1.0 - share)

    def add(self, deviations: FloatArray) -> None:
        """Adds one task's deviations, and lets older ones fade."""
        keep = 0.5 ** (1.0 / HALF_LIFE_COUNT)
        self.products *= keep
        self.products += deviations[:, None] * deviations
        self.weight = keep * self.weight + 1.0

    def deviations(self) -> FloatArray:
        """(columns + 1,) standard deviation of each within its kind."""
        return np.sqrt(self.products.diagonal() / max(1.0, self.weight))


#: What is known of a kind of which nothing is.
NOTHING = Moments()


class Sizes:
    """Learns from finished tasks, and says how large a task is against its kind's mean."""

    def __init__(self) -> None:
        self._features = Features()
        self._all = Moments()
        self._kinds: dict[str, Moments] = {}
        self._errors = np.array([ERROR_PRIOR * ERROR_COUNT, ERROR_COUNT])
        #: (columns,) effects in all kinds.
        self._effects = np.zeros(COLUMNS_MAX)
        #: Columns that may have one.
        self._active = np.array([], np.int64)
        #: kind -> its effects and half the variance that they give the logarithm of its sizes, as long as nothing new was learned; of all
        #: kinds that are not remembered at None.
        self._effects_of: dict[str | None, tuple[FloatArray, float]] = {}
        self._observed = 0
        #: task id -> what was read of it, of the latest call's tasks.
        self._rows: dict[str, Row] = {}

    def observe(self, kind: str, attributes: Mapping[str, object], ratio: float) -> None:
        """Learns one finished task.

        Args:
            kind: of the task.
            attributes: what is known of it.
            ratio: its minutes over those that are expected of a task of its kind's mean size, by whoever did it.
        """
        self._features.learn(attributes)
        read = self._features.read(attributes)
        if not read:
            return
        log = math.log(max(ratio, math.exp(-LOG_MAX)))
        numbers = np.append(_row(read), min(log, LOG_MAX))
        moments = self._moments_of(kind)
        effects, _ = self._effects_in(kind)
        deviations = self._deviations(numbers, moments)
        if moments.weight:
            error = float(deviations[-1] - (effects * deviations[:-1]).sum())
            self._errors = 0.5 ** (1.0 / HALF_LIFE_COUNT) * self._errors + (error * error, 1.0)
        counted = moments.move_means(numbers, deviations)
        moments.add(counted)
        self._all.add(counted)
        self._observed += 1
        self._relearn(kind)

    def of(self, kinds: Sequence[str], kind_of: IntArray, tasks: Sequence[Described]) -> FloatArray:
        """(tasks,) the size of each task: 1 for one like its kind's mean, and for one of which nothing is known.

        Args:
            kinds: the kinds.
            kind_of: (tasks,) index of each task's kind.
            tasks: the tasks. What was read of one is kept until the next call, as long as its attributes are the same mapping.
        """
        if not self._observed:
            return np.ones(len(tasks))
        self._rows = {task.id: self._row_of(task) for task in tasks}
        return self._of_numbers(kinds, kind_of, np.array([row.numbers for row in self._rows.values()]))

    def of_kind(self, kind: str, tasks: Sequence[Described]) -> FloatArray:
        """(tasks,) sizes of tasks of one kind; nothing is kept."""
        if not self._observed:
            return np.ones(len(tasks))
        numbers = np.array([self._row_of(task).numbers for task in tasks])
        return self._of_numbers([kind], np.zeros(len(tasks), np.int64), numbers)

    def of_one(self, task: Described) -> float:
        """The size of one task; nothing is kept."""
        return float(self.of_kind(task.kind, [task])[0]) if task.attributes else 1.0

    def _of_numbers(self, kinds: Sequence[str], kind_of: IntArray, numbers: FloatArray) -> FloatArray:
        """(tasks,) sizes from (tasks, columns given so far) numbers. Columns without effect cost nothing."""
        found = [self._effects_in(kind) for kind in kinds]
        effects = np.array([effect for effect, _ in found])
        used = np.flatnonzero(effects.any(axis=0))
        if not used.size:
            return np.ones(len(numbers))
        numbers, effects = numbers[:, used], effects[:, used]
        moments = [self._kinds.get(kind, NOTHING) for kind in kinds]
        mean = np.array([np.where(each.seen > 0.0, each.mean, np.nan)[used] for each in moments])
        deviations = numbers - mean[kind_of]
        known = ~np.isnan(deviations)
        deviations = self._bounded(np.where(known, deviations, 0.0), used)
        half_variance = np.array([half for _, half in found])[kind_of]
        logs = (effects[kind_of] * deviations).sum(axis=1) - half_variance
        return np.clip(np.exp(np.where(known.any(axis=1), logs, 0.0)), *SIZE_RANGE)

    def _row_of(self, task: Described) -> Row:
        """What is known of a task, from the latest call if it was there."""
        row = self._rows.get(task.id)
        if row is not None and row.attributes is task.attributes and row.numbers.size == self._features.columns:
            return row
        numbers = _row(self._features.read(task.attributes))[: self._features.columns]
        return Row(attributes=task.attributes, numbers=numbers)

    def _moments_of(self, kind: str) -> Moments:
        moments = self._kinds.pop(kind, None) or Moments()
        self._kinds[kind] = moments
        if len(self._kinds) > KINDS_MAX:
            oldest = next(iter(self._kinds))
            del self._kinds[oldest]
            self._effects_of.pop(oldest, None)
        return moments

    def _deviations(self, numbers: FloatArray, moments: Moments) -> FloatArray:
        """Deviations from the kind's means; 0 where a number is missing or the kind has no mean yet."""
        known = ~np.isnan(numbers) & (moments.seen > 0.0)
        return self._bounded(np.where(known, numbers - moments.mean, 0.0), np.arange(COLUMNS_MAX + 1))

    def _bounded(self, deviations: FloatArray, columns: IntArray) -> FloatArray:
        """Deviations of some columns within what is usual, once it is known what is."""
        if self._all.weight < DEVIATIONS_SEEN_MIN:
            return deviations
        bound = DEVIATIONS_MAX * self._all.deviations()[columns]
        return np.where(bound > 0.0, np.clip(deviations, -bound, bound), deviations)

    def _relearn(self, kind: str) -> None:
        """Works the effects out anew: the kind's own now, the others' when they are asked for."""
        if self._observed <= SETTLED_COUNT or self._observed % RELEARN_EVERY == 0:
            self._active = self._telling()
            self._effects = self._believed(self._all.products, np.zeros(COLUMNS_MAX), PRIOR)
            self._effects_of.clear()
        self._effects_of.pop(kind, None)

    def _effects_in(self, kind: str) -> tuple[FloatArray, float]:
        """(columns,) effects in one kind, and half the variance of the logarithm of its sizes."""
        moments = self._kinds.get(kind, NOTHING)
        remembered = None if moments is NOTHING else kind
        known = self._effects_of.get(remembered)
        if known is None:
            effects = self._effects + self._believed(moments.products, self._effects, KIND_PRIOR)
            usual = self._all.products * (KIND_PRIOR / max(1.0, self._all.weight))
            spread = (moments.products + usual)[:-1, :-1] / (moments.weight + KIND_PRIOR)
            known = effects, float((effects[:, None] * spread * effects).sum()) / 2.0
            self._effects_of[remembered] = known
        return known

    def _telling(self) -> IntArray:
        """Columns that are not constant, and of each number the one of its two that explains more."""
        active = self._all.deviations()[:-1] > DEVIATION_MIN
        explained = np.zeros(COLUMNS_MAX)
        products, with_log = self._all.products.diagonal()[:-1], self._all.products[:-1, -1]
        np.divide(with_log * with_log, products, out=explained, where=active)
        plain = np.array(self._features.number_columns(), np.int64)
        explains_more = explained[plain] > explained[plain + 1]
        active[plain[~explains_more]] = False
        active[plain[explains_more] + 1] = False
        return np.flatnonzero(active)

    def _believed(self, products: FloatArray, presumed: FloatArray, prior: float) -> FloatArray:
        """(columns,) by how much effects depart from what is presumed, as far as that is beyond doubt.

        Args:
            products: (columns + 1, columns + 1) sums of products of deviations.
            presumed: (columns,) effects.
            prior: tasks that the presumption weighs.
        """
        departures, active = np.zeros(COLUMNS_MAX), self._active
        if not active.size:
            return departures
        scale = self._all.deviations()[active]
        within = products[np.ix_(active, active)]
        with_log = products[active, -1] - (within * presumed[active]).sum(axis=1)
        inverse = np.linalg.inv(within / (scale[:, None] * scale) + prior * np.eye(active.size))
        found = (inverse * (with_log / scale)).sum(axis=1)
        departures[active] = self._belief(active, found, inverse) * found / scale
        return departures

    def _belief(self, active: IntArray, found: FloatArray, inverse: FloatArray) -> FloatArray:
        """(active columns,) 0..1, how far effects are believed: the values of one attribute together, a number by itself.

        Args:
            active: columns.
            found: (active columns,) effects.
            inverse: (active columns, active columns) their covariance over the squared error.
        """
        squared_error = float(self._errors[0] / self._errors[1])
        evidence = found * found / inverse.diagonal()
        belief = _beyond_doubt(evidence / squared_error, 1)
        for columns in self._features.value_columns():
            own = np.flatnonzero(np.isin(active, columns))
            if own.size > 1:
                together = (found[own] * np.linalg.solve(inverse[np.ix_(own, own)], found[own])).sum()
                belief[own] = _beyond_doubt(together / squared_error, own.size)
        return belief


def _beyond_doubt(evidence: FloatArray, columns: int) -> FloatArray:
    """How far effects are believed, from their squared size in standard errors, of so many columns together.

    Where there is no effect the evidence has mean `columns` and variance 2 x `columns`.
    """
    doubt = columns + DOUBT * math.sqrt(2.0 * columns)
    return np.maximum(0.0, 1.0 - doubt / np.maximum(evidence, doubt))


def _row(read: Sequence[tuple[int, float]]) -> FloatArray:
    """(columns,) numbers, NaN where missing."""
    row = np.full(COLUMNS_MAX, np.nan)
    for column, number in read:
        row[column] = number
    return row
