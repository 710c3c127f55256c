"""Service hours and special days as a person writes them: the `[service_hours]` table of the country file, and the file of national days.

A country file without the table has branches that are always open. With it, and nothing in it, a branch serves from half past eight to
half past five on working days; xinjiang and xizang begin and end two hours later by the country's one clock.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

from actors.core.calendar import (
    DAY_MINUTES,
    DAY_NAME_LENGTH_MAX,
    BranchCalendar,
    LineHours,
    Span,
    SpecialDay,
    day_of_date,
    faults,
    later,
)
from actors.core.country import Line

NATIONAL_DAYS_PATH = Path(__file__).with_name("national-days.toml")
#: How much later a branch serves than others, minutes, where its entry does not say.
LATER_MINUTES: Mapping[str, int] = {"xinjiang": 120, "xizang": 120}
#: A holiday of the file is no longer than this.
HOLIDAY_DAYS_MAX = 31

_Times = tuple[str, ...]
_DayName = Annotated[str, msgspec.Meta(max_length=DAY_NAME_LENGTH_MAX)]
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class LineHoursEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours of one line; what is left out is as for the others."""

    workdays: _Times | None = None
    weekends: _Times | None = None
    holidays: _Times | None = None


class ServiceHoursEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[service_hours]` table; times as "08:30-17:30"."""

    workdays: _Times = ("08:30-17:30",)
    weekends: _Times = ()
    holidays: _Times = ()
    lines: dict[Line, LineHoursEntry] = {}
    #: Path of a file like `national-days.toml`, from the country file; empty: that one.
    national_days: str = ""


class LocalDayEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A special day of one province."""

    date: date
    worked: bool = False
    name: _DayName = ""


class _HolidayEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: _DayName
    first: date
    last: date
    worked: tuple[date, ...] = ()


class _NationalDaysEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    holidays: tuple[_HolidayEntry, ...] = ()


def load_national_days(path: Path = NATIONAL_DAYS_PATH) -> tuple[SpecialDay, ...]:
    """The special days of a file of national days, in order.

    Raises:
        OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError: it cannot be read or used.
    """
    entry = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _NationalDaysEntry)
    days = sorted((day for place, holiday in enumerate(entry.holidays) for day in _days_of(place, holiday)), key=_day)
    _refuse_faults(BranchCalendar(national_days=tuple(days)), "")
    return tuple(days)


def _day(special: SpecialDay) -> int:
    return special.day


def _days_of(place: int, holiday: _HolidayEntry) -> Iterator[SpecialDay]:
    first, last = _number_of(holiday.first), _number_of(holiday.last)
    if not first <= last < first + HOLIDAY_DAYS_MAX:
        expected = f"Expected a date from first on, at most {HOLIDAY_DAYS_MAX} days in all"
        raise msgspec.ValidationError(f"{expected} - at `$.holidays[{place}].last`")
    yield from (SpecialDay(day, False, holiday.name) for day in range(first, last + 1))
    yield from (SpecialDay(_number_of(day), True, holiday.name) for day in holiday.worked)


def branch_calendar(
    entry: ServiceHoursEntry,
    national_days: tuple[SpecialDay, ...],
    local_days: tuple[LocalDayEntry, ...],
    later_minutes: int,
    place: str,
) -> BranchCalendar:
    """The calendar of one branch.

    Args:
        later_minutes: how much later it serves than the table says.
        place: key of the branch in the file, for the message.

    Raises:
        msgspec.ValidationError: times or days that cannot be.
    """
    hours = tuple(later(_line_hours(entry, line), later_minutes) for line in Line)
    days = sorted((SpecialDay(_number_of(day.date), day.worked, day.name) for day in local_days), key=_day)
    calendar = BranchCalendar(hours=hours, national_days=national_days, local_days=tuple(days))
    _refuse_faults(calendar, place)
    return calendar


def _line_hours(entry: ServiceHoursEntry, line: Line) -> LineHours:
    own = entry.lines.get(line, LineHoursEntry())
    return LineHours(
        line=line,
        workdays=_spans(entry.workdays if own.workdays is None else own.workdays),
        weekends=_spans(entry.weekends if own.weekends is None else own.weekends),
        holidays=_spans(entry.holidays if own.holidays is None else own.holidays),
    )


def _spans(times: _Times) -> tuple[Span, ...]:
    spans: list[Span] = []
    for text in times:
        found = _SPAN.fullmatch(text)
        numbers = [int(number) for number in found.groups()] if found else [25, 0, 25, 0]
        span = Span(numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3])
        if not span.start_minute < span.end_minute <= DAY_MINUTES:
            raise msgspec.ValidationError(f"{text!r} is no time of one day such as 08:30-17:30 - at `$.service_hours`")
        spans.append(span)
    return tuple(spans)


def _number_of(day: date) -> int:
    return day_of_date(day.isoformat())


def _refuse_faults(calendar: BranchCalendar, place: str) -> None:
    for field, expected in faults(calendar):
        raise msgspec.ValidationError(f"{expected} - at `$.{place}{'.' if place else ''}{field}`")
