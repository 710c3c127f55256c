"""A log played at another load: the same work and people, arrivals closer together until people are busy a stated share of their attendance.

The measure of time is attendance: a minute in which six people are on duty is six minutes of it, a night is none. The offered load is
minutes of work over minutes of attendance until the last arrival. Arrivals keep their order, and all their distances in attendance shrink
by one factor, so the log's calm and busy stretches stay; what is left at the last arrival people finish later. What the log has arrive
while nobody is on duty comes when somebody next is.

With shifts as logged a mean is made of nights and of specialists' days off, which no way of deciding can change. `round_the_clock` leaves
them out.

Refused: larger items, since they would outlast a shift; fewer people, since kinds would be left without anybody; arrivals closer together
by the clock, since days would be cut off from the attendance that was meant for them.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from actors.core.matching.assignment.result import FloatArray
from actors.core.replay.log import LogError, WorkItem
from actors.core.replay.people import People

#: Times the usual minutes that the slowest take when people are made to differ a hundredfold, the most that `comparison.spread_out` is
#: asked for.
SLOWEST = 10


def offered_load(items: Sequence[WorkItem], people: People) -> float:
    """Minutes of work, done by whoever really did it, over minutes of attendance until the last arrival; 0 if nobody was there by then."""
    attended = float(_attended(items, people).max())
    return _work_minutes(items) / attended if attended else 0.0


def round_the_clock(items: Sequence[WorkItem], people: People) -> People:
    """The same people without shifts: all on duty from the first arrival until any one of them could have done everything."""
    start = min(item.arrived for item in items)
    end = max(item.arrived for item in items) + SLOWEST * _work_minutes(items)
    return msgspec.structs.replace(people, duty={operator: [(start, end)] for operator in people.duty})


def at_load(items: Sequence[WorkItem], logged: People, played: People, load: float) -> list[WorkItem]:
    """The items in order of arrival, with arrivals moved so that `load` is offered until the last of them; all else as it was.

    Args:
        items: as logged.
        logged: people with their shifts as logged: what distances are measured by.
        played: people with the shifts that are to be played.
        load: minutes of work over minutes of attendance, above 0.

    Raises:
        LogError: the work would have to arrive over more attendance than there is.
    """
    ordered = sorted(items, key=lambda item: item.arrived)
    until, needed = _attended(ordered, logged), _work_minutes(items) / load
    minutes, attended = _attendance(played.duty)
    if needed > attended[-1] or not until[-1]:
        own = offered_load(items, logged)
        raise LogError(
            f"cannot be played at load {load:g}: its own is {own:.3f}, and its people are there for no longer"
        )
    shrunk: FloatArray = until * (needed / float(until[-1]))
    moved = np.interp(shrunk, attended, minutes).tolist()
    return [msgspec.structs.replace(item, arrived=arrived) for item, arrived in zip(ordered, moved, strict=True)]


def _work_minutes(items: Sequence[WorkItem]) -> float:
    return sum(item.handle_minutes for item in items)


def _attended(items: Sequence[WorkItem], people: People) -> FloatArray:
    """(items,) minutes of attendance until each arrival."""
    return np.interp([item.arrived for item in items], *_attendance(people.duty))


def _attendance(duty: Mapping[str, Sequence[tuple[float, float]]]) -> tuple[FloatArray, FloatArray]:
    """(instants,) minutes at which somebody comes or goes, in order, and minutes of attendance until each."""
    changes = sorted(change for spans in duty.values() for start, end in spans for change in ((start, 1), (end, -1)))
    minutes = np.array([at for at, _ in changes])
    present = np.cumsum([step for _, step in changes])[:-1]
    return minutes, np.concatenate([[0.0], np.cumsum(present * np.diff(minutes))])
