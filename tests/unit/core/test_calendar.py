from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core.calendar import (
    DAY_MINUTES,
    OPENING_DAYS_MAX,
    SPANS_MAX,
    SPECIAL_DAYS_MAX,
    SUNDAY,
    BranchCalendar,
    DayType,
    LineHours,
    Span,
    SpecialDay,
    date_of,
    day_of,
    day_of_date,
    faults,
    later,
    rebased,
    start_of,
    weekday_of,
)
from actors.core.country import Line

OFFICE = LineHours(line=Line.UNDERWRITING, workdays=(Span(510, 720), Span(780, 1_050)), weekends=(Span(540, 720),))
SHANGHAI = timezone(timedelta(hours=8))
#: Spring Festival of 2026 with its two worked weekend days, and a regional holiday.
FESTIVAL = tuple(SpecialDay(day_of_date(f"2026-02-{day}"), False, "Spring Festival") for day in range(15, 24))
CALENDAR = BranchCalendar(
    hours=(OFFICE,),
    national_days=(
        SpecialDay(day_of_date("2026-02-14"), True, "Spring Festival"),
        *FESTIVAL,
        SpecialDay(day_of_date("2026-02-28"), True, "Spring Festival"),
    ),
    local_days=(
        SpecialDay(day_of_date("2026-02-20"), True, "year-end close"),
        SpecialDay(day_of_date("2026-03-03"), False),
    ),
)

#: One more than there may be.
MANY_SPANS = tuple(Span(100 * number, 100 * number + 50) for number in range(SPANS_MAX + 1))
MANY_DAYS = tuple(SpecialDay(day, False) for day in range(SPECIAL_DAYS_MAX + 1))


def at(text: str) -> int:
    """Unix ms of a time in Shanghai."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1_000)


@given(st.integers(at("1992-01-01"), at("2100-01-01")))
def test_days_are_those_of_shanghai(at_ms: int) -> None:
    """A day that turned at midnight of Greenwich would close branches at eight in the morning."""
    there = datetime.fromtimestamp(at_ms // 1_000, SHANGHAI)
    day = day_of(at_ms)
    assert date_of(day) == there.date().isoformat()
    assert day_of_date(there.date().isoformat()) == day
    assert weekday_of(day) == there.weekday()
    assert start_of(day) <= at_ms < start_of(day + 1)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-02-13", DayType.WORKDAY),
        ("2026-02-14", DayType.WORKDAY),  # a Saturday that is worked
        ("2026-02-15", DayType.HOLIDAY),
        ("2026-02-20", DayType.WORKDAY),  # a holiday that this region works
        ("2026-02-23", DayType.HOLIDAY),
        ("2026-02-28", DayType.WORKDAY),
        ("2026-03-01", DayType.WEEKEND),
        ("2026-03-03", DayType.HOLIDAY),  # of this region only
    ],
)
def test_a_day_is_what_was_said_of_it(date: str, expected: DayType) -> None:
    """A worked Sunday taken for a weekend sends a day's work away; a holiday taken for a working day promises what nobody keeps."""
    assert CALENDAR.day_type(day_of_date(date)) is expected


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-02-13T08:29:59", "2026-02-13T08:30"),
        ("2026-02-13T08:30", "2026-02-13T08:30"),
        ("2026-02-13T11:59:59", "2026-02-13T11:59:59"),
        ("2026-02-13T12:00", "2026-02-13T13:00"),
        ("2026-02-13T17:30", "2026-02-14T08:30"),
        ("2026-02-14T17:30", "2026-02-20T08:30"),
        ("2026-02-20T17:30", "2026-02-24T08:30"),
        ("2026-02-28T18:00", "2026-03-01T09:00"),
        ("2026-03-02T23:00", "2026-03-04T08:30"),
    ],
)
def test_the_next_opening_is_found_over_breaks_weekends_and_holidays(moment: str, opens: str) -> None:
    """Waits and gained minutes are measured to it."""
    at_ms = at(moment)
    assert CALENDAR.next_opening_ms(at_ms, Line.UNDERWRITING) == at(opens)
    assert CALENDAR.is_open(at_ms, Line.UNDERWRITING) is (moment == opens)


def test_without_hours_a_line_is_always_open() -> None:
    """Every country of before has no hours; nothing may close there."""
    midnight = at("2026-02-15T00:00")
    assert CALENDAR.is_open(midnight, Line.CLAIMS)
    assert BranchCalendar().is_open(midnight, Line.UNDERWRITING)
    assert BranchCalendar().open_minutes_between(midnight, midnight + 90 * 60_000, Line.CLAIMS) == 90


def test_a_line_that_never_opens_says_so() -> None:
    """The search must end."""
    never = BranchCalendar(hours=(LineHours(line=Line.CLAIMS),))
    assert never.next_opening_ms(at("2026-01-05T10:00"), Line.CLAIMS) is None
    assert OPENING_DAYS_MAX > 30


@pytest.mark.parametrize(
    ("begin", "end", "minutes"),
    [
        ("2026-02-13T08:00", "2026-02-13T18:00", 210 + 270),
        ("2026-02-13T11:30", "2026-02-13T13:30", 60),
        ("2026-02-13T17:00", "2026-02-14T09:00", 60),
        ("2026-02-14T12:00", "2026-02-19T12:00", 270),
        ("2026-02-27T17:30", "2026-03-04T08:30", 480 + 180 + 480),
        ("2026-02-14T12:00", "2026-02-14T11:00", 0),
    ],
)
def test_open_minutes_are_counted_over_days(begin: str, end: str, minutes: int) -> None:
    """What is left of today, and how long a branch served, must not count closed time."""
    assert CALENDAR.open_minutes_between(at(begin), at(end), Line.UNDERWRITING) == minutes


@given(st.integers(0, 60 * 24 * 60), st.integers(0, 7 * 24 * 60))
def test_the_three_answers_agree(offset: int, length: int) -> None:
    """Minute by minute: open, next opening and open minutes are one calendar, not three."""
    begin_ms = at("2026-02-01T00:00") + offset * 60_000
    opening_ms = CALENDAR.next_opening_ms(begin_ms, Line.UNDERWRITING)
    assert opening_ms is not None
    assert CALENDAR.is_open(opening_ms, Line.UNDERWRITING)
    assert CALENDAR.open_minutes_between(begin_ms, opening_ms, Line.UNDERWRITING) == 0
    end_ms = begin_ms + length * 60_000
    middle_ms = begin_ms + length // 3 * 60_000
    parts = [(begin_ms, middle_ms), (middle_ms, end_ms)]
    whole = CALENDAR.open_minutes_between(begin_ms, end_ms, Line.UNDERWRITING)
    assert sum(CALENDAR.open_minutes_between(one, other, Line.UNDERWRITING) for one, other in parts) == whole
    if length == 1:
        assert whole == CALENDAR.is_open(begin_ms, Line.UNDERWRITING)


def test_the_west_opens_later_by_its_hours() -> None:
    """Xinjiang and Xizang keep the country's clock and begin two hours later; nothing is served after midnight by that."""
    west = later(OFFICE, 120)
    assert west.workdays == (Span(630, 840), Span(900, 1_170))
    assert later(LineHours(line=Line.CLAIMS, workdays=(Span(1_200, 1_400), Span(1_410, 1_440))), 120).workdays == (
        Span(1_320, 1_440),
    )


def test_what_was_changed_by_hand_outlives_a_new_country_file() -> None:
    """Next year's holidays must arrive without undoing the hours that somebody set here, and the other way round."""
    told = BranchCalendar(hours=(OFFICE,), national_days=FESTIVAL)
    by_hand = BranchCalendar(hours=(later(OFFICE, 30),), national_days=FESTIVAL, local_days=CALENDAR.local_days)
    next_year = BranchCalendar(hours=(later(OFFICE, 60),), national_days=CALENDAR.national_days)
    changed = rebased(by_hand, told, next_year)
    assert (changed.hours, changed.local_days) == (by_hand.hours, by_hand.local_days)
    assert changed.national_days == next_year.national_days


@pytest.mark.parametrize(
    ("calendar", "field"),
    [
        (BranchCalendar(hours=(OFFICE, OFFICE)), "hours[1].line"),
        (BranchCalendar(hours=(LineHours(line=Line.CLAIMS, workdays=(Span(600, 500),)),)), "hours[0].workdays"),
        (BranchCalendar(hours=(LineHours(line=Line.CLAIMS, weekends=(Span(0, 9), Span(9, 20))),)), "hours[0].weekends"),
        (BranchCalendar(hours=(LineHours(line=Line.CLAIMS, holidays=(Span(0, 1_441),)),)), "hours[0].holidays"),
        (BranchCalendar(hours=(LineHours(line=Line.CLAIMS, holidays=(Span(-1, 5),)),)), "hours[0].holidays"),
        (BranchCalendar(hours=(LineHours(line=Line.CLAIMS, workdays=MANY_SPANS),)), "hours[0].workdays"),
        (BranchCalendar(weekend=(6, 5)), "weekend"),
        (BranchCalendar(weekend=(7,)), "weekend"),
        (BranchCalendar(national_days=(FESTIVAL[1], FESTIVAL[0])), "national_days"),
        (BranchCalendar(local_days=(FESTIVAL[0], FESTIVAL[0])), "local_days"),
        (BranchCalendar(local_days=MANY_DAYS), "local_days"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_found(calendar: BranchCalendar, field: str) -> None:
    """A day that is both worked and free would be whichever comes first."""
    assert [name for name, _ in faults(calendar)] == [field]


def test_a_calendar_may_be_as_large_as_its_bounds_and_begin_on_a_monday() -> None:
    """A branch that is closed on Mondays, or open all day, would be told that its calendar is wrong."""
    hours = LineHours(line=Line.CLAIMS, workdays=MANY_SPANS[1:], holidays=(Span(0, DAY_MINUTES),))
    for calendar in (CALENDAR, BranchCalendar(hours=(hours,), weekend=(0, SUNDAY), national_days=MANY_DAYS[1:])):
        assert faults(calendar) == []
