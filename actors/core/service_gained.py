"""What customers gain when their branch is closed and another decides (延时服务): counted at the home, by line and day.

A task of home H that another province decides while H's line is closed would have waited until H opens. The time from that decision to
H's next opening is what the customer has gained. The hours count, not who happened to be there: people who stay late promise nothing.
H learns of the decision by its outcome, once (`moves.note_outcome`), so no decision is counted twice, and the event carries the time: a
calendar that changes later changes no count. A line that never opens gains nothing, since there is no opening to measure to.

Kept are the last `DAYS_KEPT` days that gained anything; the journal knows the rest. A day that a wrong clock made up, years ahead, goes first once
the clock is right again; it would stay for ever where the newest days are kept, in the place of a day that was.
"""

from collections.abc import Iterable

import msgspec

from actors.core.calendar import BranchCalendar, day_of
from actors.core.clock import MINUTE_MS
from actors.core.country import Line
from actors.core.task import Task, TaskState

DAYS_KEPT = 40


class GainedService(msgspec.Struct, frozen=True, array_like=True):
    """What one line has gained by the decisions of one day."""

    #: `calendar.day_of` the decisions.
    day: int
    line: Line
    tasks: int
    gained_ms: int

    @property
    def minutes(self) -> int:
        """Whole minutes gained."""
        return self.gained_ms // MINUTE_MS


class Gains:
    """What was gained lately."""

    def __init__(self, kept: Iterable[GainedService] = ()) -> None:
        self._kept = {(gained.day, gained.line): gained for gained in kept}

    def add(self, task: Task, gained_ms: int, noted_ms: int) -> None:
        """Count a task that was decided elsewhere.

        Args:
            noted_ms: when that became known here, Unix ms; of too many days those farthest from it are given up.
        """
        assert task.decision is not None
        day = day_of(task.decision.time_ms)
        known = self.of(day, task.line)
        self._kept[day, task.line] = GainedService(day, task.line, known.tasks + 1, known.gained_ms + gained_ms)
        today = day_of(noted_ms)
        days = sorted({day for day, _ in self._kept}, key=lambda day: (abs(day - today), -day))
        for far in days[DAYS_KEPT:]:
            for line in Line:
                self._kept.pop((far, line), None)

    def of(self, day: int, line: Line) -> GainedService:
        """What a line gained on a day."""
        return self._kept.get((day, line)) or GainedService(day, line, 0, 0)

    def kept(self) -> tuple[GainedService, ...]:
        """All days and lines that are kept and gained something, by day and line."""
        return tuple(self._kept[key] for key in sorted(self._kept))


def service_gained_ms(calendar: BranchCalendar, task: Task) -> int:
    """From the decision of a task elsewhere to the next opening of its line at its home; 0: undecided, made up, or the line was open.

    Args:
        calendar: the home's.
    """
    if task.state is not TaskState.COMPLETED or task.decision is None or task.decision.province == task.home:
        return 0
    if task.shadow is not None:
        return 0
    decided_ms = task.decision.time_ms
    opening_ms = calendar.next_opening_ms(decided_ms, task.line)
    return 0 if opening_ms is None else opening_ms - decided_ms
