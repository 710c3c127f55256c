"""What the statistics say as of a minute, of kinds, lines, links and hours; of people, records for views to work on (`matching.views`).

A reading is a pure function of the statistics and the minute: it may be thrown away and made again at will (5 us), and two readings of the
same minute after the same events are equal to the last bit. Every number is given as of now (decayed), never as stored.

Chains of shrinkage: pair -> operator and line -> province and line -> country and line; band of a kind -> kind here -> kind in the country.
"""

import math
from collections.abc import Sequence
from enum import IntEnum

import msgspec
import numpy as np

from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode
from actors.core.statistics import cells as c
from actors.core.statistics import shrinkage
from actors.core.statistics.cells import Decay
from actors.core.statistics.decay import DAY_MS, HALF_LIVES_MS, local_day, local_hour_of_week, weight_at
from actors.core.statistics.priors import ProvinceTotals
from actors.core.statistics.storage import FloatArray, IntArray, PersonTable, RecordTable
from actors.core.statistics.tables import RECENT_MINUTES, Statistics, switch_key

#: Minutes of which recent arrivals are counted.
ARRIVALS_MINUTES = RECENT_MINUTES - 1
#: Spread of ln(handle minutes) where nothing is known, about a coefficient of variation of 0.9.
LOG_SPREAD_DEFAULT = 0.77
_HOUR_MS = DAY_MS // 24
_WEEK_MS = 7 * DAY_MS
_DECAY_OF_A_WEEK = 0.5 ** (_WEEK_MS / HALF_LIVES_MS[Decay.WORK])
_DECAYS = tuple(Decay)
#: 90th percentile of the standard normal distribution.
Z90 = 1.2815515655446004


class HandleMinutes(msgspec.Struct, frozen=True):
    """Handle minutes of like tasks as a lognormal: median e^`log_mean`."""

    log_mean: float
    log_spread: float
    #: Tasks that it rests on, decayed; the group's imagined ones not counted.
    count: float

    @property
    def median(self) -> float:
        """Minutes."""
        return math.exp(self.log_mean)

    @property
    def p90(self) -> float:
        """Minutes that nine in ten tasks need at most."""
        return math.exp(self.log_mean + Z90 * self.log_spread)


class Reading:
    """The statistics of a province as of a minute; what has arrived, as of now."""

    def __init__(self, statistics: Statistics, now_ms: int) -> None:
        self.statistics = statistics
        self._now_ms = now_ms
        #: The minute of the reading, Unix ms; all of it is read as of its beginning.
        self.minute_ms = now_ms // 60_000 * 60_000
        #: The time as of which sums are read, Unix ms.
        self.time_ms = self._as_of()
        #: In the order of `Decay`.
        self._divisors = tuple([weight_at(decay, self.time_ms) for decay in _DECAYS])
        self._sums: dict[tuple[type[IntEnum], str], FloatArray] = {}
        self._divisors_of: dict[type[IntEnum], FloatArray] = {}
        #: Kind -> sums of `handling` over its bands; (kind, standard minutes) -> what its bands are drawn to.
        self._handling: dict[KindId, list[float]] = {}
        self._handling_priors: dict[tuple[KindId, float], tuple[float, float]] = {}

    def _as_of(self) -> int:
        return self.statistics.clock.as_of(self.minute_ms)

    def divisor(self, cell: IntEnum) -> float:
        """What a stored cell is divided by to be as of now."""
        return self._divisors[c.DECAYS[type(cell)][cell]]

    def divisors(self, cells: type[IntEnum]) -> FloatArray:
        """The same for all cells of a table. Shape (cells,)."""
        known = self._divisors_of.get(cells)
        if known is None:
            known = self._divisors_of[cells] = np.array([self._divisors[decay] for decay in c.DECAYS[cells]])
        return known

    def records(self, table: PersonTable, of: str, rows: IntArray) -> FloatArray:
        """Some rows' records as stored. Shape (rows, width); a copy."""
        return self.records_of(table, [of], rows)[0]

    def records_of(self, table: PersonTable, names: Sequence[str], rows: IntArray) -> FloatArray:
        """Some rows' records of several things as stored. Shape (names, rows, width); a copy."""
        return table.matrices(names, rows)

    def columns(self, table: PersonTable, of: str, rows: IntArray, cells: IntArray) -> FloatArray:
        """Some cells of some rows' records as stored. Shape (cells, rows); a copy."""
        return table.columns(of, rows, cells)

    # --- all operators of the province together, those who have left included ---

    def line_sums(self, line: Line) -> FloatArray:
        """All cells of a line, summed over all operators. Shape (`LineCell`,). O(operators), once a reading."""
        return self._summed(self.statistics.by_line, c.LineCell, line)

    def people_sums(self) -> FloatArray:
        """All `OperatorCell`s summed over all operators; plain ones mean nothing here."""
        return self._summed(self.statistics.by_operator, c.OperatorCell, "")

    def review_sums(self) -> FloatArray:
        """The `ReviewCell`s before the weeks, summed over all operators."""
        return self._summed(self.statistics.by_review, c.ReviewCell, "")

    def _summed(self, table: RecordTable, cells: type[IntEnum], of: str) -> FloatArray:
        key = (cells, of)
        sums = self._sums.get(key)
        if sums is None:
            divisors = self.divisors(cells)
            sums = self._sums[key] = table.total(of)[: len(divisors)] / divisors
        return sums

    # --- kinds ---

    def kind_sum(self, cell: c.KindTotalCell, kind: KindId) -> float:
        """A cell of a kind, all operators together."""
        return self.statistics.kind_totals.record(0, kind)[cell] / self.divisor(cell)

    def kind_ratio(
        self,
        total: c.KindTotalCell,
        weight: c.KindTotalCell,
        kind: KindId,
        k: float = shrinkage.ITEMS,
    ) -> float:
        """A ratio of two cells of a kind here, shrunk to the kind's in the country with the weight of `k`; NaN where neither knows."""
        country = self.statistics.national.kinds.get(kind)
        prior = shrinkage.shrunk_ratio(country[total], country[weight], math.nan) if country else math.nan
        return shrinkage.shrunk_ratio(self.kind_sum(total, kind), self.kind_sum(weight, kind), prior, k)

    def handle_minutes(
        self, kind: KindId, standard_minutes: float, complexity: int = 0, pages: int = 0
    ) -> HandleMinutes:
        """How long tasks like this take: its complexity and page band here, shrunk to its kind here, in the country, and to the standard."""
        return self.like_minutes(kind, standard_minutes, c.like_band(complexity, pages))

    def like_minutes(self, kind: KindId, standard_minutes: float, band: int) -> HandleMinutes:
        """The same for a band (`cells.like_band`)."""
        statistics = self.statistics
        divisor = self._divisors[Decay.WORK]
        own = [sum_ / divisor for sum_ in statistics.handling.record(band, kind)]
        prior = self._handling_priors.get((kind, standard_minutes))
        if prior is None:
            prior = self._handling_priors[kind, standard_minutes] = self._handling_prior(kind, standard_minutes)
        # `shrinkage.shrunk_ratio`, written out: the priors are never unknown, and a new minute asks for every band.
        (mean, square), (count, logs, squares), items = prior, own, shrinkage.ITEMS
        mean = (logs + items * mean) / (count + items)
        square = (squares + items * square) / (count + items)
        return HandleMinutes(mean, math.sqrt(max(0.0, square - mean * mean)), count)

    def _handling_prior(self, kind: KindId, standard_minutes: float) -> tuple[float, float]:
        """What bands of a kind are drawn to: means of the logarithms of handle minutes and of their squares."""
        statistics, divisor = self.statistics, self._divisors[Decay.WORK]
        here = self._handling.get(kind)
        if here is None:
            here = self._handling[kind] = [sum_ / divisor for sum_ in statistics.handling.total_of_few(kind)]
        country = statistics.national.handling.get(kind, (0.0,) * len(c.HandleCell))
        mean = math.log(max(standard_minutes, 1.0 / 60.0))
        square, items = mean * mean + LOG_SPREAD_DEFAULT**2, shrinkage.ITEMS
        for count, logs, squares in (country, here):
            mean = (logs + items * mean) / (count + items)
            square = (squares + items * square) / (count + items)
        return mean, square

    def amount_rank(self, kind: KindId, bucket: int) -> float:
        """Rank of a bucket of amounts (`cells.amount_bucket`) among those of a kind.

        0..1: the share below it, half of its own bucket included; NaN: no amount was seen.
        """
        buckets = np.frombuffer(self.statistics.amounts.content(0, kind))
        up_to = buckets.cumsum()
        seen = float(up_to[-1])
        return (float(up_to[bucket]) - float(buckets[bucket]) / 2) / seen if seen > 0 else math.nan

    def switch_table(self, before: Sequence[str], kinds: Sequence[str]) -> FloatArray:
        """Extra handle minutes of each kind right after each of `before`, against right after its own.

        Shrunk to 0; 0 without evidence. Shape (before, kinds).
        """
        # Five hundred names a round: each is put together from its halves.
        names = [start + kind for start in [switch_key(one, "") for one in before] for kind in kinds]
        records = self.statistics.switches.matrix_of(0, names + [switch_key(kind, kind) for kind in kinds])
        counts, minutes = records.T.reshape(2, len(before) + 1, len(kinds))
        means = np.divide(minutes, counts, out=np.zeros_like(counts), where=counts > 0)
        # As sure as the less sure of the two means. After its own a kind differs by nothing.
        least = np.minimum(counts[:-1], counts[-1])
        sure = least / self._divisors[Decay.WORK]
        return np.where(least > 0, (means[:-1] - means[-1]) * sure / (sure + shrinkage.ITEMS), 0.0)

    # --- links to other provinces ---

    def link_sum(self, cell: c.LinkCell, direction: c.LinkDirection, province: ProvinceCode) -> float:
        """A cell of the link with another province."""
        return self.statistics.links.record(direction, province)[cell] / self.divisor(cell)

    def link_ratio(
        self,
        total: c.LinkCell,
        weight: c.LinkCell,
        direction: c.LinkDirection,
        province: ProvinceCode,
    ) -> float:
        """A ratio of two cells of a link, shrunk to that of all links in this direction; NaN when none has any."""
        sums = self.statistics.links.row_total(direction)
        every = self.divisors(c.LinkCell)
        all_total, all_weight = sums[total] / every[total], sums[weight] / every[weight]
        prior = float(all_total / all_weight) if all_weight > 0 else math.nan
        own_total = self.link_sum(total, direction, province)
        return shrinkage.shrunk_ratio(own_total, self.link_sum(weight, direction, province), prior)

    # --- time ---

    def hourly_arrivals(self, line: Line) -> FloatArray:
        """Tasks that arrived in each local hour of the week, Monday midnight first, decayed. Shape (168,)."""
        return np.array(self.statistics.arrivals.record(0, line)) / self._divisors[Decay.WORK]

    def hour_arrival_factor(self, line: Line) -> float:
        """Arrivals usual in this hour of the week over those of the mean hour, shrunk to 1."""
        hours = self.hourly_arrivals(line)
        mean = float(hours.sum()) / c.HOURS_OF_WEEK
        here = float(hours[local_hour_of_week(self.minute_ms)])
        return shrinkage.shrunk_ratio(here, mean, 1.0, 1.0)

    def usual_arrivals_per_hour(self, line: Line) -> float:
        """Tasks that usually arrive in this hour of the week; in the first week of a history, at the rate of this hour so far."""
        weeks = max(0, self.time_ms - self.statistics.clock.first_ms) // _WEEK_MS
        # How often the hour was seen: once a week, each time weighing as much less as a task that came then; and so much of it now.
        earlier = _DECAY_OF_A_WEEK * (1.0 - _DECAY_OF_A_WEEK**weeks) / (1.0 - _DECAY_OF_A_WEEK)
        now = (self.minute_ms // 60_000 % 60 + 1) / 60.0
        return float(self.hourly_arrivals(line)[local_hour_of_week(self.minute_ms)]) / (earlier + now)

    def recent_arrivals(self, line: Line) -> int:
        """Tasks that arrived in the last `ARRIVALS_MINUTES` whole minutes: steady within a minute, and slow to believe in a young history."""
        return self._arrived(line, from_age=1)

    def arrivals_per_hour_so_far(self, line: Line) -> int:
        """Tasks that arrive in an hour, at the rate of the last quarter of an hour, the running minute included.

        A younger history is read at its rate so far, as if it were a minute old at least. It believes at once what may be chance: for those
        who must not be surprised.
        """
        since_ms = max((self.minute_ms // 60_000 - ARRIVALS_MINUTES) * 60_000, self.statistics.clock.first_ms)
        return round(self._arrived(line, from_age=0) * _HOUR_MS / max(60_000, self._now_ms - since_ms))

    def _arrived(self, line: Line, *, from_age: int) -> int:
        """Tasks that arrived in minutes of this age or older, up to `ARRIVALS_MINUTES`."""
        minute = self.minute_ms // 60_000
        rows = (self.statistics.recent.record(row, line) for row in range(RECENT_MINUTES))
        return int(sum(count for stamp, count in rows if from_age <= minute - stamp <= ARRIVALS_MINUTES))

    def today(self, cell: c.LineTodayCell, line: Line) -> float:
        """A count of the local day of the reading."""
        table = self.statistics.today
        place = table.find(0, line)
        return (
            table.cells[place + cell] if table.cells[place + c.LineTodayCell.DAY] == local_day(self.minute_ms) else 0.0
        )

    def hour_defect_factor(self, hour: int) -> float:
        """Defect ratio of decisions in a local hour of the day over the mean, shrunk to 1; 1 without reviews."""
        return self._defect_factor(self.statistics.hours, hour)

    def overtime_defect_factor(self, *, beyond: bool) -> float:
        """Defect ratio of decisions beyond (or within) eight hours signed in over the mean, shrunk to 1; 1 without reviews."""
        return self._defect_factor(self.statistics.overtime, int(beyond))

    def _defect_factor(self, table: RecordTable, row: int) -> float:
        reviewed, failed, _ = (sum_ / self._divisors[Decay.QUALITY] for sum_ in table.total_of_few(""))
        if failed <= 0:
            return 1.0
        mean = failed / reviewed
        own_reviewed, own_failed, own_reviews = (sum_ / self._divisors[Decay.QUALITY] for sum_ in table.record(row))
        own = own_failed / own_reviewed if own_reviewed > 0 else mean
        return shrinkage.shrunk_ratio(own / mean * own_reviews, own_reviews, 1.0, shrinkage.REVIEWS)

    # --- for the country ---

    def totals(self) -> ProvinceTotals:
        """What the province reports to the country. O(operators + kinds)."""
        statistics = self.statistics
        work = self._divisors[Decay.WORK]
        kind_divisors = self.divisors(c.KindTotalCell)
        kinds = statistics.kind_totals.row(0)
        return ProvinceTotals(
            lines={line: tuple(self.line_sums(line).tolist()) for line in Line},
            people=(
                *self.people_sums()[: c.OperatorCell.DAY].tolist(),
                *[0.0] * (len(c.OperatorCell) - c.OperatorCell.DAY),
            ),
            reviews=tuple(self.review_sums()[: c.ReviewCell.WEEKS].tolist()),
            kinds={
                KindId(kind): tuple((statistics.kind_totals.record(0, kind) / kind_divisors).tolist()) for kind in kinds
            },
            handling={KindId(kind): tuple((statistics.handling.total(kind) / work).tolist()) for kind in kinds},
        )


class StandingReading(Reading):
    """The statistics as matching reads them: what is of people as of the beginning of the minute (`standing`), all else as of now.

    It may be kept while its `stamp` is that of a new one: then both say the same of people.
    """

    def __init__(self, statistics: Statistics, now_ms: int) -> None:
        #: Whether there was an event in the minute; else nothing has changed since it began.
        self._has_begun = statistics.clock.minute == now_ms // 60_000
        super().__init__(statistics, now_ms)

    def _as_of(self) -> int:
        return max(self.minute_ms, self.statistics.standing.seen_ms) if self._has_begun else super()._as_of()

    @property
    def stamp(self) -> tuple[int, ...]:
        """What everything that is read of people rests on, but for their records if there was no event in the minute, and the country's sums."""
        standing = self.statistics.standing
        return (self.time_ms, self.minute_ms, self._has_begun, standing.begun, standing.evicted)

    @property
    def stands(self) -> bool:
        """Whether events change nothing of what is read of people until the minute is over."""
        return self._has_begun

    def records_of(self, table: PersonTable, names: Sequence[str], rows: IntArray) -> FloatArray:
        """Some rows' records of several things when the minute began, as stored. Shape (names, rows, width); a copy."""
        return table.standing_matrices(names, rows) if self._has_begun else table.matrices(names, rows)

    def columns(self, table: PersonTable, of: str, rows: IntArray, cells: IntArray) -> FloatArray:
        """Some cells of some rows' records when the minute began, as stored. Shape (cells, rows); a copy."""
        return table.standing_columns(of, rows, cells) if self._has_begun else table.columns(of, rows, cells)
