"""A province's state for replay alone: the hard state as ever, without the indexes that only decisions need.

Who is free, who holds what and who is first in the queue is derived from the hard state; it is not in the journal, so it cannot be
verified either, and keeping it up made a quarter of the cost of an event. What `validate` compares is derived once, when it is asked.

The statistics are hard state, but learning them anew costs as much as all the rest of an event, and nothing that they say can lose a task or
decide it twice. So this state learns only when it is told to. It is the only one that can be told not to.
"""

from actors.core import events as e
from actors.core import records
from actors.core.applying import APPLIERS, apply
from actors.core.ids import ProvinceCode
from actors.core.operators import Operator
from actors.core.queue import TaskQueue
from actors.core.state import ProvinceState
from actors.core.task import CLOSED_STATES, Task
from actors.core.task_order import TaskOrder

#: As a set: it is asked for every event.
_CLOSED = frozenset(CLOSED_STATES)


class ReplayedState(ProvinceState):
    """Rebuilt from events, never asked to decide.

    Args:
        is_taught: whether the events teach the statistics, too; else these stay empty.
    """

    def __init__(self, province: ProvinceCode, *, is_taught: bool) -> None:
        super().__init__(province)
        self.is_taught = is_taught

    def replay(self, event: e.AnyEvent) -> None:
        """Change by one event.

        Raises:
            KeyError, AssertionError: as `apply`.
        """
        if self.is_taught:
            apply(self, event)
        else:
            APPLIERS[type(event)](self, event)

    def add_task(self, task: Task) -> None:
        """As ever, but for the indexes."""
        self.note_shadow(task)
        self.tasks[task.task_id] = task

    def replace_task(self, new: Task) -> None:
        """As ever, but for the indexes."""
        if new.state in _CLOSED:
            self.note_shadow(new)
            del self.tasks[new.task_id]
            self.records[records.task_key(new.task_id)] = records.encode(new)
        else:
            self.tasks[new.task_id] = new

    def put_operator(self, person: Operator) -> None:
        """As ever, but nobody asks who is free."""
        self.operators[person.operator] = person

    def derive_indexes(self) -> None:
        """Bring what is derived from the open tasks up to date. O(tasks)."""
        tasks = list(self.tasks.values())
        self.queue = TaskQueue()
        self.holds, self.scheduled, self.moving, self.open_by_state, self.shared_in = {}, {}, {}, {}, 0
        self.open_by_batch, self.order = {}, TaskOrder()
        for task in tasks:
            super().add_task(task)
