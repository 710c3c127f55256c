"""When a branch is open: its service hours and its working days.

The intuition. A branch promises service at certain minutes of certain days. Which days those are cannot be computed: in China the State
Council moves weekends about every year (调休: a Sunday is worked so that a holiday grows longer), and regions have holidays of their own.
So a calendar is data, and three questions are asked of it: is a line open now, when does it open next, how long was it open meanwhile.

The model. A day is a number: days since 1 January 1970 in Asia/Shanghai, which is UTC+8 without summer time since 1991. There is one legal
time zone, so that a branch in the west opens later by its hours, never by an offset. A day is a working day, a weekend day or a holiday:
local days decide first, then the country's, then the weekend rule. For each of the three a line has spans of minutes.

A line without hours is always open, and so is every branch without a calendar: nothing is closed unless somebody said so.

Not done: spans over midnight (write two), hours that differ by season (change the calendar), and shifts of persons (`operators.Shift`).
Refused: zone files. They are files of the machine, and would say nothing of the day that is worked instead of another.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise

import msgspec

from actors.core.clock import MINUTE_MS
from actors.core.country import Line

DAY_MS = 86_400_000
DAY_MINUTES = 1_440
#: Asia/Shanghai.
_ZONE_MS = 8 * 3_600_000
#: 1 January 1970 was a Thursday; Monday is 0.
_FIRST_WEEKDAY = 3
_FIRST_ORDINAL = date(1970, 1, 1).toordinal()
SATURDAY, SUNDAY = 5, 6
#: An opening is looked for so many days ahead: longer than any holiday.
OPENING_DAYS_MAX = 40
#: Bounds of what a calendar may hold.
SPANS_MAX = 8
SPECIAL_DAYS_MAX = 400
DAY_NAME_LENGTH_MAX = 60


class DayType(StrEnum):
    """What a day is for the hours."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Minutes of the day in Asia/Shanghai: from `start_minute`, 0..1439, up to and without `end_minute`, at most 1440."""

    start_minute: int
    end_minute: int


class LineHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When one line is open, by type of day; spans rise and do not touch."""

    line: Line
    workdays: tuple[Span, ...] = ()
    weekends: tuple[Span, ...] = ()
    holidays: tuple[Span, ...] = ()

    def spans(self, day_type: DayType) -> tuple[Span, ...]:
        """The spans of a day of this type; none: the line is closed all day."""
        if day_type is DayType.WORKDAY:
            return self.workdays
        return self.weekends if day_type is DayType.WEEKEND else self.holidays


class SpecialDay(msgspec.Struct, frozen=True, array_like=True):
    """A day that is not what its weekday says: a holiday, or a weekend day that is worked (调休)."""

    day: int
    is_worked: bool
    name: str = ""


class BranchCalendar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A branch's hours and days. Revisioned: every change is an event."""

    revision: int = 1
    #: A line that is not named is always open.
    hours: tuple[LineHours, ...] = ()
    #: Weekdays that are not worked, Monday 0.
    weekend: tuple[int, ...] = (SATURDAY, SUNDAY)
    #: The country's special days, and the region's, which win; each in day order.
    national_days: tuple[SpecialDay, ...] = ()
    local_days: tuple[SpecialDay, ...] = ()
    #: Last change: when (Unix ms) and by whom.
    updated_ms: int = 0
    updated_by: str = ""

    def hours_of(self, line: Line) -> LineHours | None:
        """The line's hours; None: it is always open."""
        return next((hours for hours in self.hours if hours.line is line), None)

    def day_type(self, day: int) -> DayType:
        """What a day is here."""
        for special in (*self.local_days, *self.national_days):
            if special.day == day:
                return DayType.WORKDAY if special.is_worked else DayType.HOLIDAY
        return DayType.WEEKEND if weekday_of(day) in self.weekend else DayType.WORKDAY

    def is_open(self, at_ms: int, line: Line) -> bool:
        """Whether the line's hours run at an instant (Unix ms)."""
        return self.next_opening_ms(at_ms, line, days=1) == at_ms

    def next_opening_ms(self, at_ms: int, line: Line, *, days: int = OPENING_DAYS_MAX) -> int | None:
        """The first instant from `at_ms` on at which the line is open; `at_ms` itself if it is now.

        Args:
            days: days to look at, today's included.

        Returns:
            Unix ms; None: not within these days.
        """
        hours = self.hours_of(line)
        if hours is None:
            return at_ms
        today = day_of(at_ms)
        for begin_ms, end_ms in self._open_times(hours, today, today + days):
            if at_ms < end_ms:
                return max(at_ms, begin_ms)
        return None

    def open_minutes_between(self, from_ms: int, to_ms: int, line: Line) -> int:
        """Whole minutes in which the line is open between two instants (Unix ms); 0 when the second is not later. O(days)."""
        if to_ms <= from_ms:
            return 0
        hours = self.hours_of(line)
        if hours is None:
            return (to_ms - from_ms) // MINUTE_MS
        times = self._open_times(hours, day_of(from_ms), day_of(to_ms) + 1)
        return sum(max(0, min(end, to_ms) - max(begin, from_ms)) for begin, end in times) // MINUTE_MS

    def _open_times(self, hours: LineHours, first_day: int, end_day: int) -> Iterator[tuple[int, int]]:
        for day in range(first_day, end_day):
            midnight_ms = start_of(day)
            for span in hours.spans(self.day_type(day)):
                yield midnight_ms + span.start_minute * MINUTE_MS, midnight_ms + span.end_minute * MINUTE_MS


def day_of(at_ms: int) -> int:
    """The day in Asia/Shanghai that an instant (Unix ms) lies in."""
    return (at_ms + _ZONE_MS) // DAY_MS


def start_of(day: int) -> int:
    """Midnight at which a day begins in Asia/Shanghai, Unix ms."""
    return day * DAY_MS - _ZONE_MS


def weekday_of(day: int) -> int:
    """Monday 0 to Sunday 6."""
    return (day + _FIRST_WEEKDAY) % 7


def day_of_date(text: str) -> int:
    """The day with this date.

    Raises:
        ValueError: it is no date of the form 2026-02-15.
    """
    return date.fromisoformat(text).toordinal() - _FIRST_ORDINAL


def date_of(day: int) -> str:
    """The date of a day, for instance 2026-02-15."""
    return date.fromordinal(day + _FIRST_ORDINAL).isoformat()


def time_text(at_ms: int) -> str:
    """Date and minute of an instant (Unix ms) in Asia/Shanghai, for instance 2026-02-24 08:30."""
    day = day_of(at_ms)
    hours, minutes = divmod((at_ms - start_of(day)) // MINUTE_MS, 60)
    return f"{date_of(day)} {hours:02}:{minutes:02}"


def later(hours: LineHours, minutes: int) -> LineHours:
    """The same hours so many minutes later; what would lie after midnight is cut off."""

    def moved(spans: Sequence[Span]) -> tuple[Span, ...]:
        begun = [Span(span.start_minute + minutes, min(DAY_MINUTES, span.end_minute + minutes)) for span in spans]
        return tuple(span for span in begun if span.start_minute < span.end_minute)

    return LineHours(
        line=hours.line,
        workdays=moved(hours.workdays),
        weekends=moved(hours.weekends),
        holidays=moved(hours.holidays),
    )


def rebased(known: BranchCalendar, adopted: BranchCalendar, told: BranchCalendar) -> BranchCalendar:
    """A calendar after what it was made from has changed: fields that somebody changed here stay, the others follow.

    Args:
        known: the calendar in force.
        adopted: what it was made from.
        told: what that is now.
    """
    news = {
        field: getattr(told, field)
        for field in ("hours", "weekend", "national_days", "local_days")
        if getattr(known, field) == getattr(adopted, field)
    }
    return msgspec.structs.replace(known, **news)


def faults(calendar: BranchCalendar) -> list[tuple[str, str]]:
    """What is wrong with a calendar, as (field, what is expected); empty: nothing."""
    found: list[tuple[str, str]] = []
    lines = [hours.line for hours in calendar.hours]
    found += [
        (f"hours[{place}].line", "expected each line once") for place, line in enumerate(lines) if line in lines[:place]
    ]
    for place, hours in enumerate(calendar.hours):
        for field in ("workdays", "weekends", "holidays"):
            if not _is_orderly(getattr(hours, field)):
                expected = f"expected at most {SPANS_MAX} spans within 0..{DAY_MINUTES} that rise and do not touch"
                found.append((f"hours[{place}].{field}", expected))
    if sorted(set(calendar.weekend)) != list(calendar.weekend) or not all(
        0 <= day <= SUNDAY for day in calendar.weekend
    ):
        found.append(("weekend", "expected rising weekdays"))
    for field in ("national_days", "local_days"):
        days = [special.day for special in getattr(calendar, field)]
        if len(days) > SPECIAL_DAYS_MAX or any(one >= following for one, following in pairwise(days)):
            found.append((field, f"expected at most {SPECIAL_DAYS_MAX} rising dates, each once"))
    return found


def _is_orderly(spans: Sequence[Span]) -> bool:
    minutes = [minute for span in spans for minute in (span.start_minute, span.end_minute)]
    rises = all(one < following for one, following in pairwise(minutes))
    return len(spans) <= SPANS_MAX and rises and all(0 <= minute <= DAY_MINUTES for minute in minutes)
