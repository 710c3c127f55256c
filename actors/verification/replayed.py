"""A province's state for replay alone: the hard state as ever, without the indexes that only decisions need.

Who is free and who is first in the queue is derived from the hard state; it is not in the journal, so it cannot be verified either, and
keeping it up makes a fifth of the cost of an event. Which tasks are queued is kept, since `validate` compares it.
"""

from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId
from actors.core.queue import BucketKey, TaskQueue
from actors.core.state import ProvinceState
from actors.core.task import Task

#: The bucket of every member: nobody looks for one.
_NOWHERE: BucketKey = (KindId(""), 0, (), 0, False)


class ReplayedState(ProvinceState):
    """Rebuilt by `apply`, never asked to decide."""

    def __init__(self, province: ProvinceCode) -> None:
        super().__init__(province)
        self.queue = _Waiting()

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
