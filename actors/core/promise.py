"""When a task is due, by what its branch or its kind promised.

A kind promises the customer, who came to the branch: so its promise counts from the acceptance there, however long the branch then took to pass
the task on. What is booked ahead counts from its own start.
"""

from collections.abc import Mapping

from actors.core.clock import MINUTE_MS
from actors.core.country import TaskKind
from actors.core.ids import KindId
from actors.core.task import Task, TaskSpec


def due_ms(task: Task, kinds: Mapping[KindId, TaskKind]) -> int:
    """The due time, Unix ms: the task's own, else its kind's promise."""
    kind = kinds.get(task.spec.kind)
    return task.spec.due_ms or task.promised_from_ms + (kind.sla_minutes if kind else 0) * MINUTE_MS


def latest_start_ms(task: Task, kinds: Mapping[KindId, TaskKind]) -> int:
    """When work must begin at the latest to keep the promise, Unix ms. The smallest one has the least slack, whatever the time is."""
    kind = kinds.get(task.spec.kind)
    return due_ms(task, kinds) - (kind.minutes_for(task.spec.complexity) if kind else 0) * MINUTE_MS


def accepted_before_ms(spec: TaskSpec, now_ms: int) -> int:
    """When the branch accepted what is taken in now, Unix ms; 0: not before now. Its clock may be ahead of ours."""
    return spec.accepted_at_branch_ms if spec.accepted_at_branch_ms < now_ms else 0
