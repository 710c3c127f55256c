"""One play of a line in figures.

Turnaround is counted in minutes of the home's service, as a customer meets it: a night is nobody's delay. The same in calendar minutes
stands beside it, nights and weekends included. Every task that arrived counts, also those done after the scenario's days.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from actors.core.capacity.country import Played
from actors.core.capacity.drawing import Floats
from actors.core.capacity.hours import Duty, service_minutes
from actors.core.capacity.scenario import LineOfWork
from actors.core.capacity.work import Work


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one play of one line. Minutes of service where nothing else is said."""

    tasks: int
    on_time: int
    mean_minutes: float
    p95_minutes: float
    calendar_mean_minutes: float
    moved: int
    evacuated: int
    plans: int
    left: int
    #: By branch, mean of its own tasks; NaN where it had none.
    branch_minutes: list[float]

    @property
    def on_time_ratio(self) -> float:
        """Share of tasks that kept their promise."""
        return self.on_time / self.tasks

    @property
    def moved_ratio(self) -> float:
        """Share of tasks done by another branch."""
        return (self.moved + self.evacuated) / self.tasks


def outcome_of(line: LineOfWork, duties: Sequence[Duty], work: Work, played: Played) -> Outcome:
    """Sum a play up; it had at least one task."""
    turnarounds = [_turnarounds(duty, work, played, number) for number, duty in enumerate(duties)]
    minutes = np.concatenate(turnarounds)
    return Outcome(
        tasks=len(minutes),
        on_time=int(np.count_nonzero(minutes <= line.promise_minutes)),
        mean_minutes=float(np.mean(minutes)),
        p95_minutes=float(np.quantile(minutes, 0.95)),
        calendar_mean_minutes=float(np.mean(played.done - work.arrived)),
        moved=played.moved,
        evacuated=played.evacuated,
        plans=played.plans,
        left=played.left,
        branch_minutes=[float(np.mean(each)) if len(each) else float("nan") for each in turnarounds],
    )


def _turnarounds(duty: Duty, work: Work, played: Played, number: int) -> Floats:
    """(tasks of the branch,) minutes in which the branch was open between arrival and completion."""
    own = slice(work.first[number], work.first[number + 1])
    return service_minutes(duty.spans, played.done[own]) - service_minutes(duty.spans, work.arrived[own])


def offered_load(duties: Sequence[Duty], work: Work, until: float) -> float:
    """Minutes of work, done at home, over minutes of people on duty until an instant."""
    return float(np.sum(work.minutes)) / sum(duty.people_minutes(until) for duty in duties)
