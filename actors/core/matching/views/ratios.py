"""Ratios of statistics, all of a group in one sweep.

Most statistical parameters are one decayed sum over another, drawn towards the province's and the country's ratio with the weight of a few
imagined items (`statistics.shrinkage`). There are thirty of them for every person, and a round asks for all; so they are declared in
tables here and worked out together, (ratios, people) at a time, instead of with four numpy calls each.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np

from actors.core.statistics.cells import LineCell, OperatorCell, ReviewCell
from actors.core.statistics.shrinkage import ITEMS, REVIEWS
from actors.core.statistics.storage import FloatArray as Values

#: Eight reviews of ten thousand yuan: how many fen the group's amount error counts for.
REVIEWED_FEN = 8.0 * 1_000_000


class Terms(msgspec.Struct, frozen=True):
    """One ratio: `total` over `weight`, on the evidence of `count` items."""

    total: IntEnum
    weight: IntEnum
    count: IntEnum
    #: Imagined items of the group.
    items: float = ITEMS


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
    LineRatio.PASSED: Terms(_L.PASSED, _L.REVIEWED, _L.REVIEWS, REVIEWS),
    LineRatio.CRITICAL: Terms(_L.CRITICAL, _L.REVIEWED, _L.REVIEWS, REVIEWS),
    LineRatio.MINOR: Terms(_L.MINOR, _L.REVIEWED, _L.REVIEWS, REVIEWS),
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
    ReviewRatio.AMOUNT_ERROR: Terms(_R.AMOUNT_ERROR_FEN, _R.AMOUNT_REVIEWED_FEN, _R.AMOUNT_REVIEWED_FEN, REVIEWED_FEN),
    ReviewRatio.BLIND_AGREED: Terms(_R.BLIND_AGREED, _R.BLIND, _R.BLIND, REVIEWS),
    ReviewRatio.BENCHMARK_SCORE: Terms(_R.BENCHMARK_SCORE, _R.BENCHMARKS, _R.BENCHMARKS, REVIEWS),
    ReviewRatio.NOTES_COMPLETE: Terms(_R.NOTES_COMPLETE, _R.NOTES, _R.NOTES, REVIEWS),
}


class RatioSweep:
    """The ratios of one group of cells."""

    __slots__ = ("_counts", "_items", "_totals", "_weights")

    def __init__(self, terms: Mapping[Any, Terms]) -> None:
        assert list(terms) == list(range(len(terms))), "ratios stand in the order of their numbers"
        self._totals = np.array([int(ratio.total) for ratio in terms.values()])
        self._weights = np.array([int(ratio.weight) for ratio in terms.values()])
        self._counts = np.array([int(ratio.count) for ratio in terms.values()])
        self._items = np.array([ratio.items for ratio in terms.values()])

    def priors(self, here: Values, country: Sequence[float]) -> Values:
        """What people's ratios are drawn to: the province's, itself drawn to the country's; NaN where neither is known.

        Args:
            here: sums of the province, (cells,).
            country: sums of the country in the order of the cells; empty: nothing known.
        """
        unknown = np.full((len(self._totals), 1), np.nan)
        wider = unknown
        if len(country):
            sums = np.array(country[: 1 + int(max(self._totals.max(), self._weights.max(), self._counts.max()))])
            wider = self.values(sums[:, None], unknown[:, 0])
        return self.values(here[:, None], wider[:, 0])[:, 0]

    def values(self, sums: Values, priors: Values) -> Values:
        """Ratios, (ratios, people); NaN where nothing is known.

        Args:
            sums: decayed sums, (cells, people).
            priors: (ratios,).
        """
        weight, count = sums[self._weights], sums[self._counts]
        own = sums[self._totals] / np.maximum(weight, 1e-300) * count
        known = priors == priors
        items = np.where(known, self._items, 0.0)[:, None]
        drawn = np.where(known, priors, 0.0)[:, None] * items
        evidence = count + items
        result = np.full(own.shape, np.nan)
        np.divide(own + drawn, evidence, out=result, where=evidence > 0)
        return result

    def evidence(self, sums: Values) -> Values:
        """Items behind each ratio, (ratios, people)."""
        return sums[self._counts]


BY_LINE = RatioSweep(LINE_TERMS)
BY_OPERATOR = RatioSweep(OPERATOR_TERMS)
BY_REVIEW = RatioSweep(REVIEW_TERMS)
