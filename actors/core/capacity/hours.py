"""When a branch is open, and how many of its people are on duty.

Hours and days are the product's own calendar (`actors.core.calendar`); times here are minutes since the scenario's first midnight. After the scenario's days
the same hours go on without arrivals, until what waits is decided.
"""

import msgspec
import numpy as np

from actors.core.calendar import BranchCalendar, DayType, LineHours, date_of, later
from actors.core.capacity.branches import Branch
from actors.core.capacity.drawing import Floats
from actors.core.capacity.scenario import DAY_MINUTES, LineOfWork, Outage, Scenario

#: Days after the scenario's own in which what is left must be decided; so many again as it has, and these.
DAYS_AFTER = 21


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One branch's line of work: its hours and its people."""

    branch: Branch
    #: (from, to) in which the branch is open, rising.
    spans: list[tuple[float, float]]
    #: (from, people on duty from then on), rising; nobody before the first.
    changes: list[tuple[float, int]]
    outage: Outage | None
    #: When its hours end.
    closings: frozenset[float] = frozenset()

    def people_minutes(self, until: float) -> float:
        """Minutes on duty of all people together before an instant."""
        ends = [at for at, _ in self.changes[1:]] + [until]
        return sum(
            people * max(0.0, min(end, until) - at) for (at, people), end in zip(self.changes, ends, strict=True)
        )


def duty_of(scenario: Scenario, work: LineOfWork, branch: Branch, people: int) -> Duty:
    """A branch's hours and people for a line, the days after the scenario's own included.

    Args:
        scenario: the days.
        work: the line.
        branch: whose.
        people: that the branch has for the line.
    """
    calendar = _calendar(scenario, work, branch)
    spans: list[tuple[float, float]] = []
    changes: list[tuple[float, int]] = []
    for day in range(2 * scenario.days + DAYS_AFTER):
        for begin, end in _spans(calendar, scenario, day):
            spans.append((begin, end))
            if is_workday(calendar, scenario, day):
                changes += _working_day(scenario, branch, people, day, begin, end)
            else:
                changes += [(begin, max(1, round(people * scenario.weekend_part))), (end, 0)]
    outage = scenario.outage if scenario.outage and scenario.outage.province == branch.code else None
    return Duty(
        branch=branch,
        spans=spans,
        changes=_interrupted(changes, outage) if outage else changes,
        outage=outage,
        closings=frozenset(end for _, end in spans),
    )


def _calendar(scenario: Scenario, work: LineOfWork, branch: Branch) -> BranchCalendar:
    hours = LineHours(line=work.line, workdays=(scenario.hours,), weekends=(scenario.hours,))
    return BranchCalendar(hours=(later(hours, branch.later_minutes),))


def _spans(calendar: BranchCalendar, scenario: Scenario, day: int) -> list[tuple[float, float]]:
    midnight = float(day * DAY_MINUTES)
    [hours] = calendar.hours
    spans = hours.spans(calendar.day_type(scenario.first_day + day))
    return [(midnight + span.start_minute, midnight + span.end_minute) for span in spans]


def is_workday(calendar: BranchCalendar, scenario: Scenario, day: int) -> bool:
    """Whether a day of the scenario, counted from 0, is a working day."""
    return calendar.day_type(scenario.first_day + day) is DayType.WORKDAY


def _working_day(
    scenario: Scenario, branch: Branch, people: int, day: int, begin: float, end: float
) -> list[tuple[float, int]]:
    lunch = [
        float(day * DAY_MINUTES + branch.later_minutes + at)
        for at in (scenario.lunch.start_minute, scenario.lunch.end_minute)
    ]
    # Whoever is alone eats when nobody comes.
    few = max(1, round(people * scenario.lunch_part))
    return [(begin, people), (lunch[0], few), (lunch[1], people), (end, 0)]


def _interrupted(changes: list[tuple[float, int]], outage: Outage) -> list[tuple[float, int]]:
    """The same changes with nobody on duty while there is no power."""
    begin, end = float(outage.begin_minute), float(outage.end_minute)
    at_end = [people for at, people in changes if at <= end]
    kept = [(at, people) for at, people in changes if not begin <= at <= end]
    return sorted([*kept, (begin, 0), (end, at_end[-1] if at_end else 0)])


def arrival_shape(scenario: Scenario, work: LineOfWork, branch: Branch) -> Floats:
    """(days, 1440) arrivals in each minute, over those in a minute with everybody on duty. Noise, month's end and surge are not in it."""
    calendar = _calendar(scenario, work, branch)
    shape = np.zeros((scenario.days, DAY_MINUTES))
    for day in range(scenario.days):
        for begin, end in _spans(calendar, scenario, day):
            minutes = shape[day]
            first, last = int(begin) % DAY_MINUTES, int(end) - day * DAY_MINUTES
            workday = is_workday(calendar, scenario, day)
            minutes[first:last] = 1.0 if workday else scenario.weekend_part
            if workday:
                lunch = scenario.lunch
                minutes[lunch.start_minute + branch.later_minutes : lunch.end_minute + branch.later_minutes] = (
                    scenario.lunch_part
                )
            evening = minutes.sum() * scenario.evening_part / scenario.evening_minutes
            minutes *= 1.0 - scenario.evening_part
            minutes[last : last + scenario.evening_minutes] = evening
    return shape


def month_ends(scenario: Scenario) -> list[bool]:
    """By day, whether it is the last working day of its month."""
    calendar = BranchCalendar()
    days = range(scenario.days)
    ends: list[bool] = []
    for day in days:
        following = next(after for after in range(day + 1, day + 12) if is_workday(calendar, scenario, after))
        months = [date_of(scenario.first_day + each)[:7] for each in (day, following)]
        ends.append(is_workday(calendar, scenario, day) and months[0] != months[1])
    return ends


def service_minutes(spans: list[tuple[float, float]], at: Floats) -> Floats:
    """Minutes in which the branch was open before each instant."""
    bounds = np.array(spans, dtype=np.float64).reshape(-1)
    lengths = np.diff(bounds)
    lengths[1::2] = 0.0
    return np.interp(at, bounds, np.concatenate(([0.0], np.cumsum(lengths))))
