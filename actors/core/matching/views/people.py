"""People as columns: the roster, and what the statistics say of them, in all and by line of business. All of it stands for the minute.

What the roster says is kept as columns (`roster`). What changes with every task is another view (`load`).
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cached_property

import numpy as np

from actors.core.clock import MINUTE_MS
from actors.core.country import Line
from actors.core.matching.views.ratios import (
    BY_LINE,
    BY_OPERATOR,
    BY_REVIEW,
    LineRatio,
    OperatorRatio,
    RatioSweep,
    ReviewRatio,
)
from actors.core.operators import Operator
from actors.core.statistics.cells import WEEK_CELLS, WEEKS, LineCell, OperatorCell, ReviewCell, WeekCell
from actors.core.statistics.decay import local_day, local_week
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray as Values
from actors.core.statistics.storage import IntArray, PersonTable

NAN = float("nan")
DAY_MINUTES = 1_440


class RosterColumns:
    """What the roster says, each (people,) float64; NaN is unknown. `describe` gives them in this order."""

    capacity: Values
    share_opt_in: Values
    probation: Values
    mentor: Values
    clearance: Values
    hired_minute: Values
    training_hours: Values
    hourly_cost_fen: Values
    quota_units: Values
    shift_start: Values
    shift_end: Values
    break_start: Values
    break_end: Values
    #: Per line, in the order of `Line`: authority (0 if none is recorded), and whether one is recorded.
    authority_servicing: Values
    authority_underwriting: Values
    authority_claims: Values
    recorded_servicing: Values
    recorded_underwriting: Values
    recorded_claims: Values
    #: Whether any other province's local rules are recorded.
    local_rules_recorded: Values
    #: When the certificate of the line expires, minutes since 1970.
    certificate_servicing: Values
    certificate_underwriting: Values
    certificate_claims: Values


ROSTER_COLUMNS = tuple(RosterColumns.__annotations__)
#: Where the columns of each line begin: authority, whether it is recorded, certificate. The line's place is added.
AUTHORITY = ROSTER_COLUMNS.index("authority_servicing")
RECORDED = ROSTER_COLUMNS.index("recorded_servicing")
CERTIFICATE = ROSTER_COLUMNS.index("certificate_servicing")
LINE_PLACES: dict[Line, int] = {line: place for place, line in enumerate(Line)}


def describe(person: Operator) -> tuple[float, ...]:
    """What the roster says of one person, in the order of `RosterColumns`. 4 us, once per version of the entry."""
    shift = person.shift
    day = (NAN, NAN, NAN, NAN) if shift is None else _shift_minutes(person)
    expiry = {certificate.line: certificate.expires_ms / MINUTE_MS for certificate in person.certificates}
    return (
        person.capacity,
        person.share_opt_in,
        person.probation,
        person.mentor,
        person.clearance,
        person.hired_ms / MINUTE_MS or NAN,
        person.training_hours_90d or NAN,
        person.hourly_cost_fen or NAN,
        person.daily_quota_milli / 1_000 or NAN,
        *day,
        *(person.authority.get(line, 0) for line in Line),
        *(line in person.authority for line in Line),
        bool(person.local_rule_provinces),
        *(expiry.get(line, NAN) for line in Line),
    )


def _shift_minutes(person: Operator) -> tuple[float, float, float, float]:
    """Start, end, start and end of the break; what lies after midnight counts on beyond 1440."""
    shift = person.shift
    assert shift is not None
    start = shift.start_minute

    def after_start(minute: int) -> float:
        return minute if minute >= start else minute + DAY_MINUTES

    if shift.break_start_minute == shift.break_end_minute:
        return start, after_start(shift.end_minute), start, start
    rest_start, rest_end = after_start(shift.break_start_minute), after_start(shift.break_end_minute)
    return start, after_start(shift.end_minute), rest_start, rest_end


class RosterView(RosterColumns):
    """What the roster says of some people.

    Args:
        matrix: (roster columns, people).
    """

    def __init__(self, matrix: Values) -> None:
        self.matrix = matrix


class _Column:
    """A column of a view's matrix: views are made many times a round, and each is asked for a few columns only."""

    __slots__ = ("_place",)

    def __init__(self, place: int) -> None:
        self._place = place

    def __get__(self, view: RosterView, _owner: type) -> Values:
        return view.matrix[self._place]


for _place, _name in enumerate(ROSTER_COLUMNS):
    setattr(RosterView, _name, _Column(_place))


class PeopleView(RosterView):
    """Some people of one province. All columns have shape (people,), but for what differs by line: that is (lines, people).

    Args:
        facts: (roster columns, people).
        rows: theirs in the statistics.
        lines: of business, for what differs by line: all at once, since three times as many numbers cost little more than a third of the calls.
        overall: everybody's `sums` and below them `overall_ratios`, where they are known; of them only what is asked for is taken out.
    """

    def __init__(
        self,
        facts: Values,
        rows: IntArray,
        lines: Sequence[Line],
        reading: Reading,
        overall: Values | None = None,
    ) -> None:
        super().__init__(facts)
        self.now_minute = reading.minute_ms // MINUTE_MS
        self._reading = reading
        self._rows = rows
        self._lines = lines
        if lines:
            places = [LINE_PLACES[line] for line in lines]
            self.authority = facts[[AUTHORITY + place for place in places]]
            self.certificate_minute = facts[[CERTIFICATE + place for place in places]]
        self._overall = overall

    # --- statistics ---

    @cached_property
    def line_sums(self) -> Values:
        """Decayed sums by line, (`LineCell`, lines, people)."""
        assert self._lines, "a parameter that differs by line must be declared so"
        reading = self._reading
        stored = reading.records_of(reading.statistics.by_line, self._lines, self._rows)
        return stored.transpose(2, 0, 1) / reading.divisors(LineCell)[:, None, None]

    @cached_property
    def sums(self) -> Values:
        """Decayed sums of all lines together, (`OperatorCell`, people)."""
        return sums_of(self._reading, self._reading.statistics.by_operator, OperatorCell, "", self._rows)

    @cached_property
    def _reviews(self) -> Values:
        return self._reading.records(self._reading.statistics.by_review, "", self._rows).T

    @cached_property
    def review_sums(self) -> Values:
        """Decayed sums of reviews, (`ReviewCell` before the weeks, people)."""
        return self._reviews[: ReviewCell.WEEKS] / self._reading.divisors(ReviewCell)[: ReviewCell.WEEKS, None]

    @cached_property
    def _line_ratios(self) -> Values:
        sums = self.line_sums
        return BY_LINE.values(sums, np.stack([line_priors(self._reading, line) for line in self._lines], axis=1))

    @cached_property
    def overall_ratios(self) -> Values:
        """The ratios of all lines together, drawn to the province's and the country's, (`OperatorRatio`, people)."""
        return BY_OPERATOR.values(self.sums, overall_priors(self._reading))

    @cached_property
    def _review_ratios(self) -> Values:
        return BY_REVIEW.values(self.review_sums, review_priors(self._reading))

    def sum_of(self, cell: OperatorCell) -> Values:
        """A decayed sum of all lines together."""
        return self.sums[cell] if self._overall is None else self._overall[cell].take(self._rows)

    def by_line(self, ratio: LineRatio) -> Values:
        """A ratio by line, drawn to the province's and the country's."""
        return self._line_ratios[ratio]

    def overall(self, ratio: OperatorRatio) -> Values:
        """A ratio of all lines together, drawn to the province's and the country's."""
        known = self._overall
        return self.overall_ratios[ratio] if known is None else known[len(OperatorCell) + ratio].take(self._rows)

    def reviewed(self, ratio: ReviewRatio) -> Values:
        """A ratio of reviews, drawn to the province's and the country's."""
        return self._review_ratios[ratio]

    # --- instants ---

    def minutes_since(self, instants: Values) -> Values:
        """Whole minutes that have passed, at least 0; NaN where the instant is unknown."""
        return np.maximum(self.now_minute - instants, 0.0)

    # --- today ---

    def today(self, cell: OperatorCell) -> Values:
        """A count of the local day."""
        current = self.sums[OperatorCell.DAY] == local_day(self._reading.minute_ms)
        return np.where(current, self.sums[cell], 0.0)

    # --- reviews by week ---

    @property
    def weekly_reviews(self) -> tuple[Values, Values, Values]:
        """(weeks ago, reviewed, passed), each (8, people); reviewed 0 where the week is too long ago."""
        weeks = self._reviews[ReviewCell.WEEKS :].reshape(WEEKS, WEEK_CELLS, -1)
        ago = local_week(self._reading.minute_ms) - weeks[:, WeekCell.WEEK]
        recent = (ago >= 0) & (ago < WEEKS)
        return ago, np.where(recent, weeks[:, WeekCell.REVIEWED], 0.0), np.where(recent, weeks[:, WeekCell.PASSED], 0.0)


def line_priors(reading: Reading, line: Line) -> Values:
    """What the ratios of people are drawn to in a line: the province's, drawn to the country's. Shape (`LineRatio`,)."""
    statistics = reading.statistics
    return _priors(
        BY_LINE, reading, LineCell, statistics.group.lines.get(line), statistics.national.lines.get(line, ())
    )


def overall_priors(reading: Reading) -> Values:
    """The same for ratios of all lines together. Shape (`OperatorRatio`,)."""
    statistics = reading.statistics
    return _priors(BY_OPERATOR, reading, OperatorCell, statistics.group.people, statistics.national.people)


def review_priors(reading: Reading) -> Values:
    """The same for ratios of reviews. Shape (`ReviewRatio`,)."""
    statistics = reading.statistics
    return _priors(BY_REVIEW, reading, ReviewCell, statistics.group.reviews, statistics.national.reviews)


def _priors(
    sweep: RatioSweep, reading: Reading, cells: type[IntEnum], stored: Values | None, country: tuple[float, ...]
) -> Values:
    divisors = reading.divisors(cells)
    here = np.zeros(len(divisors)) if stored is None or not len(stored) else stored[: len(divisors)] / divisors
    return sweep.priors(here, country)


def sums_of(reading: Reading, table: PersonTable, cells: type[IntEnum], of: str, rows: IntArray) -> Values:
    """Decayed sums of some rows, (cells, rows)."""
    return reading.records(table, of, rows).T / reading.divisors(cells)[:, None]
