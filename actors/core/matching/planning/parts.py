"""The parts of an explanation: the numbers that a call would use for the pair, each with the points that it brings.

Points are rounded where a call rounds them (`planner`): minutes once, as a whole. Told as kind, then size, then person, then pair, each
part is the difference that its factor makes to that one number, so the parts add up to what the call would use.
"""

import numpy as np

from actors.core.matching import policy
from actors.core.matching.planning.estimates import Reading
from actors.core.matching.planning.explanation import Part
from actors.core.matching.planning.urgency import whole_points


def age_part(age: float, points: float) -> Part:
    """What the task's age brings."""
    return Part(parameter="task_age_minutes", value=age, points=int(points), weight=1)


def minutes_parts(reading: Reading, size: float, minute_points: float) -> tuple[Part, ...]:
    """The cost of the pair's minutes."""

    def cost(minutes: float) -> int:
        return -int(whole_points(np.array(minute_points * minutes)))

    kind = cost(reading.kind_minutes)
    with_size = cost(reading.kind_minutes * size)
    with_speed = cost(reading.kind_minutes * size * reading.speed_ratio)
    whole = cost(reading.minutes * size)
    return (
        Part(
            parameter="kind_handle_minutes", value=reading.kind_minutes, points=kind, weight=1, samples=reading.kind_samples
        ),
        Part(parameter="task_size_ratio", value=size, points=with_size - kind, weight=1),
        Part(
            parameter="operator_speed_ratio", value=reading.speed_ratio, points=with_speed - with_size, weight=1,
            samples=reading.speed_samples,
        ),
        Part(
            parameter="pair_handle_minutes", value=reading.minutes, points=whole - with_speed, weight=1,
            samples=reading.pair_samples,
        ),
    )  # fmt: skip


def quality_part(reading: Reading) -> Part:
    """What the person's quality brings."""
    return Part(
        parameter="operator_quality_ratio", value=reading.quality, points=reading.quality_points, weight=1,
        samples=reading.quality_samples,
    )  # fmt: skip


def newcomer_part(reading: Reading, minutes: float, share: float, minute_points: float) -> Part:
    """What somebody little known is given as a chance.

    Args:
        reading: of the pair.
        minutes: expected of the pair, the task's size included.
        share: by which they are taken to be quicker; 0 where nobody is tried out.
        minute_points: points a minute.
    """
    points = int(whole_points(np.array(minute_points * (minutes * share))))
    return Part(
        parameter="operator_newcomer_share", value=share, points=points, weight=1, samples=reading.speed_samples
    )


def ready_part(ready_minutes: float, weight: float, minute_points: float) -> Part:
    """What waiting for somebody busy costs."""
    points = float(policy.ready_points(np.array([ready_minutes]), np.array([weight]), minute_points)[0, 0])
    return Part(parameter="operator_ready_minutes", value=ready_minutes, points=-int(points), weight=1)
