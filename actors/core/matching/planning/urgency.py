"""What a minute of a task's delay costs, and what its age brings.

Points are hundredths of a minute: one point is what .6 s of delay of an ordinary task costs.
"""

from collections.abc import Sequence

import numpy as np

from actors.core.matching.assignment.result import FloatArray
from actors.core.matching.planning.shortlist import Waiting

#: Points that a minute of delay costs.
MINUTE_POINTS = 100
#: Points that a minute of age brings, without end.
AGE_POINTS = 5
#: What a minute's delay costs once the due time is near, against 1 for a task without one.
DUE_WEIGHT_MAX = 4.0
#: Minutes before the due time over which that weight rises.
DUE_HORIZON_MINUTES = 240.0


def age_points(tasks: Sequence[Waiting], now: float) -> FloatArray:
    """(tasks,) whole points for age."""
    return np.rint(AGE_POINTS * np.array([now - task.arrived for task in tasks]))


def due_weights(tasks: Sequence[Waiting], now: float) -> FloatArray:
    """(tasks,) what a minute of delay costs: 1, rising in a straight line to `DUE_WEIGHT_MAX` at the due time, and so from then on."""
    slack = np.array([np.inf if task.due is None else task.due - now for task in tasks])
    return 1.0 + (DUE_WEIGHT_MAX - 1.0) * np.clip(1.0 - slack / DUE_HORIZON_MINUTES, 0.0, 1.0)
