"""People as columns: the roster, what they have in hand, and what the statistics say of them, for one line of business.

What the roster says is kept as columns (`roster`). What changes with every task (presence, load, work in hand) is read anew each time that the
person's values are worked out, which `scoring` does only after something has happened to them or a minute has passed.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cached_property

import numpy as np

from actors.core.country import Line, TaskKind
from actors.core.ids import KindId, OperatorId, TaskId
from actors.core.matching.views.ratios import (
    BY_LINE,
    BY_OPERATOR,
    BY_REVIEW,
    LineRatio,
    OperatorRatio,
    RatioSweep,
    ReviewRatio,
)
from actors.core.operators import Operator, PresenceState
from actors.core.statistics.cells import WEEK_CELLS, WEEKS, LineCell, OperatorCell, ReviewCell, WeekCell
from actors.core.statistics.decay import local_day, local_midnight_ms, local_week
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray as Values
from actors.core.statistics.storage import IntArray, RecordTable
from actors.core.task import Task, TaskState

NAN = float("nan")
MINUTE_MS = 60_000
DAY_MINUTES = 1_440
#: Asia/Shanghai is eight hours ahead of UTC, all year.
_LOCAL_MINUTES = 480
#: A started task that has taken all of its standard time still has this part of it to go, as far as anybody knows.
REMAINING_MIN = 0.1


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
_AUTHORITY = ROSTER_COLUMNS.index("authority_servicing")
_RECORDED = ROSTER_COLUMNS.index("recorded_servicing")
_LINE_PLACES: dict[Line, int] = {line: place for place, line in enumerate(Line)}
_CERTIFICATE = ROSTER_COLUMNS.index("certificate_servicing")


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
        self.__dict__.update(zip(ROSTER_COLUMNS, matrix, strict=True))


class InHand:
    """What some people have in hand and how present they are, each (people,)."""

    __slots__ = ("break_end_minute", "idle_since_minute", "load", "signed_in_minute", "wip_minutes", "working_minutes")

    def __init__(
        self,
        people: Sequence[Operator],
        holds: Mapping[OperatorId, Mapping[TaskId, None]],
        tasks: Mapping[TaskId, Task],
        kinds: Mapping[KindId, TaskKind],
        now_minute: int,
    ) -> None:
        rows = [_in_hand(person, holds.get(person.operator), tasks, kinds, now_minute) for person in people]
        columns = np.array(rows, dtype=np.float64).reshape(len(people), 6).T
        self.load, self.wip_minutes, self.working_minutes = columns[0], columns[1], columns[2]
        self.signed_in_minute, self.idle_since_minute, self.break_end_minute = columns[3], columns[4], columns[5]


def _in_hand(
    person: Operator,
    held: Mapping[TaskId, None] | None,
    tasks: Mapping[TaskId, Task],
    kinds: Mapping[KindId, TaskKind],
    now_minute: int,
) -> tuple[float, ...]:
    left = working = 0.0
    for task_id in held or ():
        task = tasks[task_id]
        kind = kinds.get(task.spec.kind)
        standard = kind.minutes_for(task.spec.complexity) if kind else 0
        worked = task.worked_ms / MINUTE_MS
        if task.state is TaskState.IN_PROGRESS:
            since_start = max(0, now_minute - task.started_ms // MINUTE_MS)
            working += since_start
            worked += since_start
        left += max(standard * REMAINING_MIN, standard - worked)
    available = person.presence is PresenceState.AVAILABLE
    return (
        len(held) if held else 0,
        left,
        working,
        person.signed_in_ms // MINUTE_MS if person.signed_in_ms else NAN,
        person.idle_since_ms // MINUTE_MS if available and person.idle_since_ms else NAN,
        person.break_end_ms // MINUTE_MS if person.break_end_ms else NAN,
    )


class PeopleView(RosterView):
    """Some people of one province. All columns have shape (people,).

    Args:
        facts: (roster columns, people).
        in_hand: of the same people.
        rows: theirs in the statistics.
        line: the line of business for what differs by line; None: such columns must not be asked for.
    """

    def __init__(self, facts: Values, in_hand: InHand, rows: IntArray, line: Line | None, reading: Reading) -> None:
        super().__init__(facts)
        self.now_minute = reading.minute_ms // MINUTE_MS
        self.in_hand = in_hand
        self._reading = reading
        self._rows = rows
        self._line = line
        if line is not None:
            place = _LINE_PLACES[line]
            self.authority = facts[_AUTHORITY + place]
            self.authority_recorded = facts[_RECORDED + place]
            self.certificate_minute = facts[_CERTIFICATE + place]

    # --- statistics ---

    @cached_property
    def line_sums(self) -> Values:
        """Decayed sums of the line, (`LineCell`, people)."""
        assert self._line is not None, "a parameter that differs by line must be declared so"
        return sums_of(self._reading, self._reading.statistics.by_line, LineCell, self._line, self._rows)

    @cached_property
    def sums(self) -> Values:
        """Decayed sums of all lines together, (`OperatorCell`, people)."""
        return sums_of(self._reading, self._reading.statistics.by_operator, OperatorCell, "", self._rows)

    @cached_property
    def _reviews(self) -> Values:
        return records_of(self._reading.statistics.by_review, "", self._rows)

    @cached_property
    def review_sums(self) -> Values:
        """Decayed sums of reviews, (`ReviewCell` before the weeks, people)."""
        return self._reviews[: ReviewCell.WEEKS] / self._reading.divisors(ReviewCell)[: ReviewCell.WEEKS, None]

    @cached_property
    def _line_ratios(self) -> Values:
        assert self._line is not None, "a parameter that differs by line must be declared so"
        return BY_LINE.values(self.line_sums, line_priors(self._reading, self._line))

    @cached_property
    def _ratios(self) -> Values:
        return BY_OPERATOR.values(self.sums, overall_priors(self._reading))

    @cached_property
    def _review_ratios(self) -> Values:
        return BY_REVIEW.values(self.review_sums, review_priors(self._reading))

    def by_line(self, ratio: LineRatio) -> Values:
        """A ratio of the line, drawn to the province's and the country's."""
        return self._line_ratios[ratio]

    def overall(self, ratio: OperatorRatio) -> Values:
        """A ratio of all lines together, drawn to the province's and the country's."""
        return self._ratios[ratio]

    def reviewed(self, ratio: ReviewRatio) -> Values:
        """A ratio of reviews, drawn to the province's and the country's."""
        return self._review_ratios[ratio]

    # --- instants ---

    def minutes_since(self, instants: Values) -> Values:
        """Whole minutes that have passed, at least 0; NaN where the instant is unknown."""
        return np.maximum(self.now_minute - instants, 0.0)

    @property
    def signed_in_minutes(self) -> Values:
        """Time since the sign-in."""
        return self.minutes_since(self.in_hand.signed_in_minute)

    @cached_property
    def shift_minutes_left(self) -> Values:
        """Time to the end of the rostered shift, its break taken off; below 0 after it; NaN if unknown or signed in outside the shift."""
        minute_of_day = float((self.now_minute + _LOCAL_MINUTES) % DAY_MINUTES)
        signed_in: Values = (self.in_hand.signed_in_minute + _LOCAL_MINUTES) % DAY_MINUTES
        now: Values = np.where(minute_of_day < self.shift_start, minute_of_day + DAY_MINUTES, minute_of_day)
        began: Values = np.where(signed_in < self.shift_start, signed_in + DAY_MINUTES, signed_in)
        rest = np.maximum(0.0, self.break_end - np.maximum(now, self.break_start))
        left = self.shift_end - now - np.where(now < self.shift_end, rest, 0.0)
        return np.where(began < self.shift_end, left, NAN)

    # --- today ---

    def today(self, cell: OperatorCell) -> Values:
        """A count of the local day."""
        current = self.sums[OperatorCell.DAY] == local_day(self._reading.minute_ms)
        return np.where(current, self.sums[cell], 0.0)

    @property
    def signed_in_minutes_today(self) -> Values:
        """Time signed in since local midnight, the open session included."""
        midnight = local_midnight_ms(self._reading.minute_ms) // MINUTE_MS
        since = np.maximum(self.in_hand.signed_in_minute, midnight)
        open_session = np.nan_to_num(np.maximum(self.now_minute - since, 0.0))
        return self.today(OperatorCell.SIGNED_IN_MINUTES_TODAY) + open_session

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


def records_of(table: RecordTable, of: str, rows: IntArray) -> Values:
    """The records of some rows as stored, (cells, rows)."""
    return table.matrix(of, rows).T


def sums_of(reading: Reading, table: RecordTable, cells: type[IntEnum], of: str, rows: IntArray) -> Values:
    """The same as of the reading's minute."""
    return records_of(table, of, rows) / reading.divisors(cells)[:, None]
