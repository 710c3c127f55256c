"""Which tasks have been left on purpose, since when, and which must wait no longer.

A task is left on purpose at a call if a person who is free and may do it stays without work. From its patience after the first such call
on, or from a stated age on, it is overdue (`policy` gives overdue tasks to free people before all others).

One entry for each task that was left and still waits. Patience runs on while a task is not looked at, else it would begin anew at each
flood of tasks.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from actors.core.matching.assignment.result import BoolArray, FloatArray
from actors.core.matching.planning.shortlist import Waiting

#: Minutes for which a task may be left on purpose, or so many times its kind's mean minutes if that is more.
PATIENCE_MINUTES, PATIENCE_MEANS = 240.0, 4.0
#: Age at which a task goes before all others, even where shorter ones keep everybody busy.
AGE_MAX_MINUTES = 7 * 24 * 60.0


class Patience:
    """Since when each task is left on purpose."""

    def __init__(self) -> None:
        #: task id -> minutes of the first call that left it on purpose.
        self._since: dict[str, float] = {}

    def left_minutes(self, task_id: str, now: float) -> float:
        """Minutes for which a task has been left on purpose; 0 if it has not."""
        return max(0.0, now - self._since.get(task_id, now))

    def is_over(self, tasks: Sequence[Waiting], kind_minutes: FloatArray, now: float) -> BoolArray:
        """(tasks,) who is overdue.

        Args:
            tasks: the tasks.
            kind_minutes: (tasks,) mean minutes of each one's kind.
            now: minutes.
        """
        left = np.array([self.left_minutes(task.id, now) for task in tasks])
        age = np.array([now - task.arrived for task in tasks])
        patience = np.maximum(PATIENCE_MINUTES, PATIENCE_MEANS * kind_minutes)
        return np.logical_or(left >= patience, age >= AGE_MAX_MINUTES)

    def note(self, waiting: Mapping[str, object], looked_at: Iterable[str], left: Iterable[str], now: float) -> None:
        """Remembers what a call left.

        A task that started keeps its time for one call: should it be offered again, it was not taken, and its patience is over still.

        Args:
            waiting: ids of all that waited before the call; whatever else was remembered has gone.
            looked_at: ids of those that the call decided on.
            left: ids of those that it left on purpose.
            now: minutes.
        """
        since = {name: minutes for name, minutes in self._since.items() if name in waiting}
        since |= {name: min(now, since[name]) for name in looked_at if name in since}
        self._since = since | {name: now for name in left if name not in since}
