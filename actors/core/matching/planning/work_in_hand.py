"""Who is busy with what, as far as the planner can know: whom it gave a task and has not heard of since."""

import msgspec
import numpy as np

from actors.core.matching.assignment.result import FloatArray
from actors.core.matching.planning.remaining import remaining_minutes

#: Someone busy for so many times what was expected is not counted on any more.
FORGOTTEN_RATIO = 30.0
#: The least that a task is expected to take, in minutes, where its rest is looked up.
EXPECTED_MIN = 1e-3


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A task that somebody was given."""

    task_id: str
    since: float
    expected_minutes: float


class WorkInHand:
    """At most one task a person. Bounded by the people who were ever given a task without word of them since."""

    def __init__(self) -> None:
        self._given: dict[str, Given] = {}
        self._holder: dict[str, str] = {}

    def give(self, task_id: str, operator: str, now: float, expected_minutes: float) -> None:
        """Notes that a person starts a task."""
        self.end(operator)
        self._given[operator] = Given(task_id=task_id, since=now, expected_minutes=max(EXPECTED_MIN, expected_minutes))
        self._holder[task_id] = operator

    def end(self, operator: str) -> None:
        """Notes that a person has no task: finished, free again, or away."""
        given = self._given.pop(operator, None)
        if given is not None:
            self._holder.pop(given.task_id, None)

    def take_back(self, task_id: str) -> None:
        """Notes that nobody has a task in hand any more: it is finished, or offered again and so was not taken."""
        operator = self._holder.get(task_id)
        if operator is not None:
            self.end(operator)

    def busy(self, now: float, table: FloatArray) -> tuple[list[str], FloatArray]:
        """Busy people and the minutes until each is expected to be free; whoever is long overdue is forgotten.

        Args:
            now: minutes.
            table: of `residual_table`.
        """
        people = list(self._given)
        since = np.array([given.since for given in self._given.values()])
        expected = np.array([given.expected_minutes for given in self._given.values()])
        forgotten = now - since > FORGOTTEN_RATIO * expected + 24 * 60
        if forgotten.any():
            for row in np.flatnonzero(forgotten).tolist():
                self.end(people[row])
            return self.busy(now, table)
        return people, remaining_minutes(np.maximum(now - since, 0.0), expected, table)

    def remaining(self, operator: str, task_id: str, now: float, table: FloatArray) -> float:
        """Minutes until a person is expected to be free for a task; 0 for one who has nothing in hand, or this very task."""
        given = self._given.get(operator)
        if given is None or given.task_id == task_id:
            return 0.0
        spent = np.array([max(0.0, now - given.since)])
        return float(remaining_minutes(spent, np.array([given.expected_minutes]), table)[0])
