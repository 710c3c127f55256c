"""When a task is due, by what its branch or its kind promised."""

from collections.abc import Mapping

from actors.core.clock import MINUTE_MS
from actors.core.country import TaskKind
from actors.core.ids import KindId
from actors.core.task import Task


def due_ms(task: Task, kinds: Mapping[KindId, TaskKind]) -> int:
    """The due time, Unix ms: the task's own, else its kind's promise from when it was taken in."""
    kind = kinds.get(task.spec.kind)
    return task.spec.due_ms or task.taken_in_ms + (kind.sla_minutes if kind else 0) * MINUTE_MS


def latest_start_ms(task: Task, kinds: Mapping[KindId, TaskKind]) -> int:
    """When work must begin at the latest to keep the promise, Unix ms. The smallest one has the least slack, whatever the time is."""
    kind = kinds.get(task.spec.kind)
    return due_ms(task, kinds) - (kind.minutes_for(task.spec.complexity) if kind else 0) * MINUTE_MS
