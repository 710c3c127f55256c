"""What is assumed of the country: the reference scenario, so that figures of different days and versions compare.

Given with the scenario: 36 branches by the census, people, handle times and their variation, load, sharable part, remote handling, month's end, the
surge and the outage, hours in the west. Left open there and chosen here, once, before anything was measured:

* service from 08:30 to 17:30, at lunch from 12:00 to 13:00 half the people and half the arrivals; on weekends 15 % of both;
* 2 % of a day's work arrives in the four hours after closing and waits for the morning;
* the noise of a branch's and line's day: lognormal about 1, deviation 10 %, correlation 0.5 from one day to the next, branches independent;
* month's end is its last working day. The run begins on Monday, 29 June 2026, so that Tuesday is one;
* the surge is Wednesday to Friday, the outage Thursday from 10:00 to 16:00;
* a promise is two hours of service for claims and underwriting, one for servicing.

Why faults are in it at all: sharing is for them. But three days of surge in a week of five weigh four times what they do in a month; so the same
week without surge and outage (`calm`) is always played as well.
"""

import msgspec

from actors.core.calendar import Span, day_of_date
from actors.core.capacity.branches import BRANCHES, Branch
from actors.core.country import Line
from actors.core.ids import ProvinceCode


class LineOfWork(msgspec.Struct, frozen=True, kw_only=True):
    """One line of business."""

    line: Line
    #: In the whole country.
    operators: int
    handle_minutes: float
    #: Deviation over mean.
    handle_variation: float
    #: Arrivals of the province that is surging, over its usual ones.
    surge_factor: float
    #: A task decided within so many minutes of its home's service is on time.
    promise_minutes: int


class Surge(msgspec.Struct, frozen=True, kw_only=True):
    """Whole days, counted from 0, with the lines' surge factors."""

    province: ProvinceCode
    first_day: int
    days: int


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A province without power: nobody works there, and what was in hand is begun anew."""

    province: ProvinceCode
    begin_minute: int
    end_minute: int


LINES: tuple[LineOfWork, ...] = (
    LineOfWork(
        line=Line.CLAIMS,
        operators=1_200,
        handle_minutes=15.0,
        handle_variation=1.2,
        surge_factor=2.0,
        promise_minutes=120,
    ),
    LineOfWork(
        line=Line.SERVICING,
        operators=1_500,
        handle_minutes=6.0,
        handle_variation=0.8,
        surge_factor=1.8,
        promise_minutes=60,
    ),
    LineOfWork(
        line=Line.UNDERWRITING,
        operators=600,
        handle_minutes=12.0,
        handle_variation=1.0,
        surge_factor=1.3,
        promise_minutes=120,
    ),
)
DAY_MINUTES = 1_440
THURSDAY = 3
SURGE = Surge(province=ProvinceCode("shandong"), first_day=2, days=3)
OUTAGE = Outage(
    province=ProvinceCode("fujian"),
    begin_minute=THURSDAY * DAY_MINUTES + 10 * 60,
    end_minute=THURSDAY * DAY_MINUTES + 16 * 60,
)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A country and its days."""

    branches: tuple[Branch, ...] = BRANCHES
    lines: tuple[LineOfWork, ...] = LINES
    days: int = 7
    #: A Monday (`calendar.day_of`).
    first_day: int = day_of_date("2026-06-29")
    #: A branch's load is drawn between these: minutes of work over minutes of its people, on a day as planned.
    utilisation_least: float = 0.75
    utilisation_most: float = 0.90
    hours: Span = Span(510, 1_050)
    lunch: Span = Span(720, 780)
    #: Part of people and of arrivals at lunch, and on a weekend day.
    lunch_part: float = 0.5
    weekend_part: float = 0.15
    #: Part of a day's arrivals that comes after closing, and for how long.
    evening_part: float = 0.02
    evening_minutes: int = 240
    #: People stay for what waits, so long after closing at most; a multiple of half an hour. Nobody does in the reference.
    overtime_minutes: int = 0
    noise_deviation: float = 0.10
    noise_correlation: float = 0.5
    month_end_factor: float = 1.3
    surge: Surge | None = SURGE
    outage: Outage | None = OUTAGE
    sharable_part: float = 0.8
    #: Handle time in another province over that at home.
    remote_factor: float = 1.1


def calm(scenario: Scenario) -> Scenario:
    """The same days without surge and outage."""
    return msgspec.structs.replace(scenario, surge=None, outage=None)
