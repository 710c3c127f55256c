"""A province's state for replay alone: the hard state as ever, without the indexes that only decisions need.

Who is free and who is first in the queue is derived from the hard state; it is not in the journal, so it cannot be verified either, and
keeping it up makes a fifth of the cost of an event. Which tasks are queued is kept, since `validate` compares it.
"""

from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId
from actors.core.queue import BucketKey, TaskQueue
from actors.core.state import ProvinceState
from actors.core.task import CLOSED_STATES, HELD_STATES, Task, TaskState

#: As sets of constants: these are asked for every event.
_CLOSED, _HELD = frozenset(CLOSED_STATES), frozenset(HELD_STATES)
#: The bucket of every member: nobody looks for one.
_NOWHERE: BucketKey = (KindId(""), 0, (), 0, False)


class ReplayedState(ProvinceState):
    """Rebuilt by `apply`, never asked to decide."""

    def __init__(self, province: ProvinceCode) -> None:
        super().__init__(province)
        self.queue = _Waiting()

    def replace_task(self, new: Task) -> None:
        """As ever, but an index that stays as it is is not taken apart and put together again."""
        task_id, state = new.task_id, new.state
        old = self.tasks[task_id]
        if state in _CLOSED:
            super().replace_task(new)
            return
        self.tasks[task_id] = new
        if state is not old.state:
            counts = self.open_by_state
            counts[old.state] -= 1
            counts[state] = counts.get(state, 0) + 1
            if state in _HELD and old.state in _HELD and new.operator == old.operator:
                return
        elif state not in _HELD or new.operator == old.operator:
            return
        self._unindex(old)
        self._index(new)

    def _index(self, task: Task) -> None:
        """What a queued task needs of people is for those to know who decide."""
        if task.state is TaskState.QUEUED:
            self.queue.push(task, 0)
        else:
            super()._index(task)

    def _note_freedom(self, operator: OperatorId) -> None:
        """Nobody asks who is free."""


class _Waiting(TaskQueue):
    """The members of a queue in no order."""

    __slots__ = ()

    def push(self, task: Task, needed: int) -> None:
        """A task waits."""
        self.members[task.task_id] = (0, _NOWHERE)

    def discard(self, task: TaskId) -> None:
        """It waits no more."""
        self.members.pop(task, None)
