"""What the statistics say of some operators as of a minute, as arrays in the order in which the operators were named.

    people = Reading(state.statistics, now_ms).people(operators)
    people.weighted(LineCell.DECIDED, Line.CLAIMS)                            # decayed sums, shape (operators,)
    people.shrunk(LineCell.HANDLE_MINUTES, LineCell.DECIDED, Line.CLAIMS)     # ratios, shrunk to province and country
    people.shrunk(KindCell.PASSED, KindCell.REVIEWED, kind, prior=..., count=KindCell.REVIEWS)

An operator who is not of this province has no row and reads as zeros. Nothing here changes anything.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from actors.core.ids import KindId, OperatorId
from actors.core.statistics import cells as c
from actors.core.statistics import shrinkage
from actors.core.statistics.decay import local_day, local_week
from actors.core.statistics.storage import FloatArray, IntArray, RecordTable
from actors.core.statistics.tables import NOBODY

if TYPE_CHECKING:
    from actors.core.statistics.reading import Reading


class PeopleReading:
    """The numbers of some operators. All arrays have shape (operators,) unless said otherwise."""

    def __init__(self, reading: "Reading", operators: Sequence[OperatorId]) -> None:
        self.reading = reading
        self.operators = operators
        rows = reading.statistics.rows
        #: Rows of the operators, `NOBODY` for those who are not of this province.
        self.rows: IntArray = np.array([rows.get(operator, NOBODY) for operator in operators], dtype=np.int64)

    def weighted(self, cell: IntEnum, value: str | int = "") -> FloatArray:
        """A cell as of now.

        Args:
            cell: of a table by operator.
            value: the line, kind, product, home, channel or hospital; the amount band as a number; nothing for
                `OperatorCell` and `ReviewCell`.
        """
        table: RecordTable = getattr(self.reading.statistics, _TABLES[type(cell)])
        stored = table.column(str(value), self.rows, cell)
        divisor = self.reading.divisor(cell)
        return stored if divisor == 1.0 else stored / divisor

    def shrunk(
        self,
        total: IntEnum,
        weight: IntEnum,
        value: str | int = "",
        *,
        prior: FloatArray | float | None = None,
        k: float | None = None,
        count: IntEnum | None = None,
    ) -> FloatArray:
        """Ratio of two cells, drawn towards `prior`; NaN where nothing is known.

        Args:
            total, weight: cells of one table.
            value: as for `weighted`.
            prior: what the ratio is drawn to; left out: the province's ratio, shrunk to the country's (`LineCell`,
                `OperatorCell` and `ReviewCell` only).
            k: imagined observations of the prior; left out: 8 when `count` is told, else 20.
            count: a cell that counts the observations when `weight` does not (reviews weighted by sampling).
        """
        if prior is None:
            prior = self.reading.ratio(total, weight, value if type(total) is c.LineCell else None)  # type: ignore[arg-type]
        if k is None:
            k = shrinkage.ITEMS if count is None else shrinkage.REVIEWS
        sums, weights = self.weighted(total, value), self.weighted(weight, value)
        if count is not None:
            counts = self.weighted(count, value)
            with np.errstate(invalid="ignore", divide="ignore"):
                sums = np.where(weights > 0, sums / weights * counts, 0.0)
            weights = counts
        return shrinkage.shrunk(sums, weights, prior, k)

    def today(self, cell: c.OperatorCell) -> FloatArray:
        """A count of the local day of the reading: `UNITS_TODAY` and the like."""
        day = self.weighted(c.OperatorCell.DAY)
        return np.where(day == local_day(self.reading.minute_ms), self.weighted(cell), 0.0)

    def streak(self, kind: KindId) -> FloatArray:
        """Tasks of the kind just decided one after the other."""
        is_last = np.array([last == kind for last in self.last_kinds()], dtype=np.bool_)
        return np.where(is_last, self.weighted(c.OperatorCell.STREAK), 0.0)

    def last_kinds(self) -> list[KindId]:
        """The kind that each decided last; empty: none."""
        last = self.reading.statistics.last_kinds
        rows: list[int] = self.rows.tolist()
        return [KindId(last[row]) for row in rows]

    def switch_minutes(self, kind: KindId) -> FloatArray:
        """Extra handle minutes of the kind after what each did last."""
        last = self.last_kinds()
        known = {before: self.reading.switch_minutes(before, kind) if before else 0.0 for before in dict.fromkeys(last)}
        return np.array([known[before] for before in last], dtype=np.float64)

    def since_kind_ms(self, kind: KindId) -> FloatArray:
        """Time since each decided a task of the kind, ms; NaN: never."""
        last = self.weighted(c.KindCell.LAST_DECIDED_MS, kind)
        return np.where(last > 0, np.maximum(0.0, self.reading.minute_ms - last), np.nan)

    def since_customer_ms(self, customer: str) -> FloatArray:
        """Time since each decided for the customer, ms; NaN: not lately."""
        known = dict(reversed(self.reading.statistics.customers.of(customer))) if customer else {}
        now_ms = self.reading.minute_ms
        ages = [max(0, now_ms - known[operator]) if operator in known else np.nan for operator in self.operators]
        return np.array(ages, dtype=np.float64)

    def handled_case(self, case: str) -> FloatArray:
        """1 for those who decided another task of the case, else 0."""
        known = dict(self.reading.statistics.cases.of(case)) if case else {}
        return np.array([float(operator in known) for operator in self.operators])

    def weekly_reviews(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Reviews of the last eight weeks: (weeks ago, reviewed, passed), each of shape (operators, 8); reviewed 0 where too old."""
        stored = self.reading.statistics.by_review.matrix("", self.rows)[:, c.ReviewCell.WEEKS :]
        weeks: FloatArray = stored.reshape(len(self.operators), c.WEEKS, c.WEEK_CELLS)
        ago: FloatArray = local_week(self.reading.minute_ms) - weeks[:, :, c.WeekCell.WEEK]
        recent = (ago >= 0) & (ago < c.WEEKS)
        reviewed = np.where(recent, weeks[:, :, c.WeekCell.REVIEWED], 0.0)
        passed = np.where(recent, weeks[:, :, c.WeekCell.PASSED], 0.0)
        return ago, reviewed, passed

    def pass_slope(self) -> FloatArray:
        """Slope of the weekly pass ratio over eight weeks, percentage points a week; NaN with fewer than two weeks of reviews."""
        ago, weight, passed = self.weekly_reviews()
        total = weight.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(weight > 0, passed / weight, 0.0)
            week = np.where(weight > 0, -ago, 0.0)
            mean_week = (weight * week).sum(axis=1) / total
            mean_ratio = (weight * ratio).sum(axis=1) / total
            off = week - mean_week[:, None]
            spread = (weight * off * off).sum(axis=1)
            slope = (weight * off * (ratio - mean_ratio[:, None])).sum(axis=1) / spread
        return np.where((weight > 0).sum(axis=1) >= 2, 100.0 * slope, np.nan)


#: Cells by operator -> their table.
_TABLES: dict[type[IntEnum], str] = {
    c.LineCell: "by_line",
    c.OperatorCell: "by_operator",
    c.ReviewCell: "by_review",
    c.KindCell: "by_kind",
    c.ProductCell: "by_product",
    c.HomeCell: "by_home",
    c.ChannelCell: "by_channel",
    c.HospitalCell: "by_hospital",
    c.AmountBandCell: "by_amount",
}
