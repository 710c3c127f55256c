"""Ratios of statistics, all of a group in one sweep.

Most statistical parameters are one decayed sum over another, drawn towards the province's and the country's ratio with the weight of a few
imagined items (`statistics.shrinkage`). There are thirty of them for every person, and a round asks for all; so they are declared in
tables here and worked out together, (ratios, people) at a time, instead of with four numpy calls each.
"""

import math
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np

from actors.core.statistics.cells import LineCell, OperatorCell, ReviewCell
from actors.core.statistics.shrinkage import ITEMS, REVIEWS
from actors.core.statistics.storage import FloatArray as Values

#: A reviewed amount of ten thousand yuan stands for one review where errors of amount are counted, fen.
REVIEW_FEN = 1_000_000.0
#: Imagined reviews that what is usual stands for. A province's figure is what all its people are drawn to, so a handful of its first reviews
#: must not move it: with eight, as for a person, one failed review would take everybody from 0.96 to 0.85.
GROUP_REVIEWS = 100.0


class Terms(msgspec.Struct, frozen=True):
    """One ratio: `total` over `weight`, on the evidence of `count` items."""

    total: IntEnum
    weight: IntEnum
    count: IntEnum
    #: Imagined items of the group.
    items: float = ITEMS
    #: What is taken for the country's where nobody has any figures; NaN: nothing. ...
    usual: float = math.nan
    #: ... and the imagined items by which a province's ratio is drawn to the country's, and that to the usual one.
    group_items: float = ITEMS


def _reviewed(total: IntEnum, weight: IntEnum, count: IntEnum, usual: float, per_review: float = 1.0) -> Terms:
    """A ratio from reviews. `usual` is where the shipped model's curve of the parameter is neutral: unreviewed work is taken for sound."""
    return Terms(total, weight, count, REVIEWS * per_review, usual, GROUP_REVIEWS * per_review)


class LineRatio(IntEnum):
    """Ratios by operator and line."""

    HANDLE_MINUTES = 0
    HANDLE_MINUTES_SQUARED = 1
    UNITS_PER_MINUTE = 2
    SUSPENDED = 3
    PASSED = 4
    CRITICAL = 5
    MINOR = 6
    SENT_BACK = 7
    REOPENED = 8
    OVERTURNED = 9
    ON_TIME = 10
    FIRST_PASS = 11
    TRANSFERRED = 12


class OperatorRatio(IntEnum):
    """Ratios by operator, all lines together."""

    ACCEPT_LOG_SECONDS = 0
    ACCEPTED = 1
    EXPIRED = 2
    DECLINED = 3
    UNITS_PER_MINUTE = 4
    RELEASED = 5
    RUSHED = 6
    APPROVED = 7
    GREEN_ON_TIME = 8
    SHARED_ON_TIME = 9
    SHARED_UNITS = 10
    HARD_UNITS = 11


class ReviewRatio(IntEnum):
    """Ratios by operator, from reviews."""

    AMOUNT_ERROR = 0
    BLIND_AGREED = 1
    BENCHMARK_SCORE = 2
    NOTES_COMPLETE = 3


_L, _O, _R = LineCell, OperatorCell, ReviewCell
LINE_TERMS: dict[LineRatio, Terms] = {
    LineRatio.HANDLE_MINUTES: Terms(_L.HANDLE_MINUTES, _L.DECIDED, _L.DECIDED),
    LineRatio.HANDLE_MINUTES_SQUARED: Terms(_L.HANDLE_MINUTES_SQUARED, _L.DECIDED, _L.DECIDED),
    LineRatio.UNITS_PER_MINUTE: Terms(_L.UNITS, _L.HANDLE_MINUTES, _L.DECIDED),
    LineRatio.SUSPENDED: Terms(_L.SUSPENDED, _L.STARTED, _L.STARTED),
    LineRatio.PASSED: _reviewed(_L.PASSED, _L.REVIEWED, _L.REVIEWS, 0.96),
    LineRatio.CRITICAL: _reviewed(_L.CRITICAL, _L.REVIEWED, _L.REVIEWS, 0.01),
    LineRatio.MINOR: _reviewed(_L.MINOR, _L.REVIEWED, _L.REVIEWS, 0.04),
    LineRatio.SENT_BACK: Terms(_L.SENT_BACK, _L.DECIDED, _L.DECIDED),
    LineRatio.REOPENED: Terms(_L.REOPENED, _L.DECIDED, _L.DECIDED),
    LineRatio.OVERTURNED: Terms(_L.OVERTURNED, _L.DECIDED, _L.DECIDED),
    LineRatio.ON_TIME: Terms(_L.ON_TIME, _L.DECIDED, _L.DECIDED),
    LineRatio.FIRST_PASS: Terms(_L.FIRST_PASS, _L.DECIDED, _L.DECIDED),
    LineRatio.TRANSFERRED: Terms(_L.TRANSFERRED, _L.TAKEN, _L.TAKEN),
}
OPERATOR_TERMS: dict[OperatorRatio, Terms] = {
    OperatorRatio.ACCEPT_LOG_SECONDS: Terms(_O.ACCEPT_LOG_SECONDS, _O.OFFERS_ACCEPTED, _O.OFFERS_ACCEPTED),
    OperatorRatio.ACCEPTED: Terms(_O.OFFERS_ACCEPTED, _O.OFFERS, _O.OFFERS),
    OperatorRatio.EXPIRED: Terms(_O.OFFERS_EXPIRED, _O.OFFERS, _O.OFFERS),
    OperatorRatio.DECLINED: Terms(_O.OFFERS_DECLINED, _O.OFFERS, _O.OFFERS),
    OperatorRatio.UNITS_PER_MINUTE: Terms(_O.UNITS, _O.WORKED_MINUTES, _O.DECIDED),
    OperatorRatio.RELEASED: Terms(_O.RELEASED, _O.TAKEN, _O.TAKEN),
    OperatorRatio.RUSHED: Terms(_O.RUSHED, _O.DECIDED, _O.DECIDED),
    OperatorRatio.APPROVED: Terms(_O.APPROVED, _O.DECIDED, _O.DECIDED),
    OperatorRatio.GREEN_ON_TIME: Terms(_O.GREEN_ON_TIME, _O.GREEN_DECIDED, _O.GREEN_DECIDED),
    OperatorRatio.SHARED_ON_TIME: Terms(_O.SHARED_ON_TIME, _O.SHARED_DECIDED, _O.SHARED_DECIDED),
    OperatorRatio.SHARED_UNITS: Terms(_O.SHARED_UNITS, _O.UNITS, _O.DECIDED),
    OperatorRatio.HARD_UNITS: Terms(_O.HARD_UNITS, _O.UNITS, _O.DECIDED),
}
REVIEW_TERMS: dict[ReviewRatio, Terms] = {
    ReviewRatio.AMOUNT_ERROR: _reviewed(
        _R.AMOUNT_ERROR_FEN, _R.AMOUNT_REVIEWED_FEN, _R.AMOUNT_REVIEWED_FEN, 0.002, REVIEW_FEN
    ),
    # Which agreement is neutral depends on how often the person approves (kappa), so there is no usual one.
    ReviewRatio.BLIND_AGREED: Terms(_R.BLIND_AGREED, _R.BLIND, _R.BLIND, REVIEWS),
    ReviewRatio.BENCHMARK_SCORE: _reviewed(_R.BENCHMARK_SCORE, _R.BENCHMARKS, _R.BENCHMARKS, 0.9),
    ReviewRatio.NOTES_COMPLETE: _reviewed(_R.NOTES_COMPLETE, _R.NOTES, _R.NOTES, 0.95),
}


class RatioSweep:
    """The ratios of one group of cells."""

    __slots__ = ("_counts", "_group_items", "_items", "_totals", "_usual", "_weights")

    def __init__(self, terms: Mapping[Any, Terms]) -> None:
        assert list(terms) == list(range(len(terms))), "ratios stand in the order of their numbers"
        self._totals = np.array([int(ratio.total) for ratio in terms.values()])
        self._weights = np.array([int(ratio.weight) for ratio in terms.values()])
        self._counts = np.array([int(ratio.count) for ratio in terms.values()])
        self._items = np.array([ratio.items for ratio in terms.values()])
        self._usual = np.array([ratio.usual for ratio in terms.values()])
        self._group_items = np.array([ratio.group_items for ratio in terms.values()])

    def priors(self, here: Values, country: Sequence[float]) -> Values:
        """What people's ratios are drawn to: the province's, drawn to the country's, drawn to the usual; NaN where nothing is known.

        Args:
            here: sums of the province, (cells,).
            country: sums of the country in the order of the cells; empty: nothing known.
        """
        wider = self._usual
        if len(country):
            sums = np.array(country[: 1 + int(max(self._totals.max(), self._weights.max(), self._counts.max()))])
            wider = self._drawn(sums[:, None], wider, self._group_items)[:, 0]
        return self._drawn(here[:, None], wider, self._group_items)[:, 0]

    def values(self, sums: Values, priors: Values) -> Values:
        """Ratios, (ratios, ..., people); NaN where nothing is known.

        Args:
            sums: decayed sums, (cells, ..., people).
            priors: (ratios, ...).
        """
        return self._drawn(sums, priors, self._items)

    def _drawn(self, sums: Values, priors: Values, items_of: Values) -> Values:
        weight = sums[self._weights]
        # Decisions that took no time at all say nothing of the time that decisions take: no weight, no evidence.
        weighed = weight > 0
        count = sums[self._counts] * weighed
        own = np.divide(sums[self._totals], weight, out=np.zeros(weight.shape), where=weighed) * count
        known = priors == priors
        each = items_of if known.ndim == 1 else items_of[:, None]
        items = np.where(known, each, 0.0)[..., None]
        drawn = np.where(known, priors, 0.0)[..., None] * items
        evidence = count + items
        result = np.full(own.shape, np.nan)
        np.divide(own + drawn, evidence, out=result, where=evidence > 0)
        return result


BY_LINE = RatioSweep(LINE_TERMS)
BY_OPERATOR = RatioSweep(OPERATOR_TERMS)
BY_REVIEW = RatioSweep(REVIEW_TERMS)
