"""People as columns: what they have in hand, since when they are there, what is left of their day.

It is read as of now, never as of the minute's beginning. What is worked out of it (`Attribute.LOAD`, `Attribute.KIND_LOAD`, `Attribute.SLACK`) is
kept until the person's hands hold something else, what today's counts say (`Attribute.TODAY`) until something has happened to the person; so
these are kept apart from each other and from what stands for the minute: a handful of groups of a dozen parameters in place of
twelve groups of a hundred, for the one or two people who have just got or decided something.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import fsum

import numpy as np

from actors.core.clock import MINUTE_MS
from actors.core.country import TaskKind
from actors.core.ids import KindId, TaskId
from actors.core.matching.views.people import DAY_MINUTES, NAN, PeopleView
from actors.core.operators import Operator, PresenceState
from actors.core.statistics.cells import OperatorCell
from actors.core.statistics.decay import LOCAL_MINUTES, local_day, local_midnight_ms
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray as Values
from actors.core.statistics.storage import IntArray
from actors.core.task import Task, TaskState

#: A started task that has taken all of its standard time still has this part of it to go, as far as anybody knows.
REMAINING_MIN = 0.1
#: Counts of the local day that are read as of now.
COUNTS_OF_TODAY = (
    OperatorCell.UNITS_TODAY,
    OperatorCell.WORKED_MINUTES_TODAY,
    OperatorCell.SIGNED_IN_MINUTES_TODAY,
)
_DAY_AND_COUNTS: IntArray = np.array([OperatorCell.DAY, *COUNTS_OF_TODAY], dtype=np.int64)


#: What one person has in hand: the columns of `InHand` in the order load, working and wip minutes, sign-in, idle since, end of the break.
Hand = tuple[float, ...]
#: What of it everything rests on that says when somebody will be done.
WIP_TO_SIGN_IN = slice(2, 4)


class InHand:
    """What some people have in hand and how present they are, each (people,)."""

    __slots__ = ("break_end_minute", "idle_since_minute", "load", "signed_in_minute", "wip_minutes", "working_minutes")

    def __init__(self, hands: Sequence[Hand]) -> None:
        columns = np.array(hands, dtype=np.float64).reshape(len(hands), 6).T
        self.load, self.working_minutes, self.wip_minutes = columns[0], columns[1], columns[2]
        self.signed_in_minute, self.idle_since_minute, self.break_end_minute = columns[3], columns[4], columns[5]


def in_hand(
    person: Operator,
    held: Mapping[TaskId, None] | None,
    tasks: Mapping[TaskId, Task],
    kinds: Mapping[KindId, TaskKind],
    now_minute: int,
) -> Hand:
    """What a person has in hand, as of a minute: equal to an earlier one as long as nothing that is read of it has changed."""
    left: list[float] = []
    working = 0.0
    for task_id in held or ():
        task = tasks[task_id]
        kind = kinds.get(task.spec.kind)
        standard = kind.minutes_for(task.spec.complexity) if kind else 0
        worked = task.worked_ms / MINUTE_MS
        if task.state is TaskState.IN_PROGRESS:
            since_start = max(0, now_minute - task.started_ms // MINUTE_MS)
            working += since_start
            worked += since_start
        left.append(max(standard * REMAINING_MIN, standard - worked))
    available = person.presence is PresenceState.AVAILABLE
    return (
        len(held) if held else 0,
        working,
        # Exact whatever the order: a snapshot does not keep that in which tasks came to hand.
        fsum(left),
        person.signed_in_ms // MINUTE_MS if person.signed_in_ms else NAN,
        person.idle_since_ms // MINUTE_MS if available and person.idle_since_ms else NAN,
        person.break_end_ms // MINUTE_MS if person.break_end_ms else NAN,
    )


class LoadView(PeopleView):
    """Some people of one province and what they have in hand. All columns have shape (people,).

    Args:
        facts: (roster columns, people).
        in_hand: of the same people.
        rows: theirs in the statistics.
        overall: as of `PeopleView`.
    """

    def __init__(
        self, facts: Values, in_hand: InHand, rows: IntArray, reading: Reading, overall: Values | None
    ) -> None:
        super().__init__(facts, rows, (), reading, overall)
        self.in_hand = in_hand

    @property
    def signed_in_minutes(self) -> Values:
        """Time since the sign-in."""
        return self.minutes_since(self.in_hand.signed_in_minute)

    @cached_property
    def shift_minutes_left(self) -> Values:
        """Time to the end of the rostered shift, its break taken off; below 0 after it; NaN if unknown or signed in outside the shift."""
        minute_of_day = float((self.now_minute + LOCAL_MINUTES) % DAY_MINUTES)
        signed_in: Values = (self.in_hand.signed_in_minute + LOCAL_MINUTES) % DAY_MINUTES
        now: Values = np.where(minute_of_day < self.shift_start, minute_of_day + DAY_MINUTES, minute_of_day)
        began: Values = np.where(signed_in < self.shift_start, signed_in + DAY_MINUTES, signed_in)
        rest = np.maximum(0.0, self.break_end - np.maximum(now, self.break_start))
        left = self.shift_end - now - np.where(now < self.shift_end, rest, 0.0)
        return np.where(began < self.shift_end, left, NAN)

    # --- today ---

    @cached_property
    def _today(self) -> dict[OperatorCell, Values]:
        by_now = self._reading.statistics.by_operator.columns("", self._rows, _DAY_AND_COUNTS)
        counts = np.where(by_now[0] == local_day(self._reading.minute_ms), by_now[1:], 0.0)
        return dict(zip(COUNTS_OF_TODAY, counts, strict=True))

    def today_by_now(self, cell: OperatorCell) -> Values:
        """A count of the local day, as of now: one of `COUNTS_OF_TODAY`."""
        return self._today[cell]

    @property
    def signed_in_minutes_today(self) -> Values:
        """Time signed in since local midnight, the open session included."""
        midnight = local_midnight_ms(self._reading.minute_ms) // MINUTE_MS
        since = np.maximum(self.in_hand.signed_in_minute, midnight)
        open_session = np.fmax(self.now_minute - since, 0.0)
        return self.today_by_now(OperatorCell.SIGNED_IN_MINUTES_TODAY) + open_session
