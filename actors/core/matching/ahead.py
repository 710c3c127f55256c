"""Which tasks stand before a waiting task, in a queue too long to be scored as a whole.

A diagnosis scores one window of the queue, some hundred tasks. Of those before the window it is enough to know how many may be done by the
same people, and that is a question to buckets, not to tasks: of what a lasting filter asks a bucket's tasks differ only in their amount, in an
alert or a dispute, and in whom a single task excludes (`actors.core.queue`). So one task of each bucket is asked for all, and counts are off by
those for whom it cannot speak: up to a tenth among random tasks full of these. Left out are buckets beyond `BUCKETS_MAX`, those with the fewest
tasks; counts are then too low by these.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from actors.core.ids import TaskId
from actors.core.matching.eligibility import Mask
from actors.core.queue import BucketKey, Standing, TaskQueue
from actors.core.task import Task

#: Buckets that are asked.
BUCKETS_MAX = 200


class Window(NamedTuple):
    """A stretch of the queue, and what stands before it."""

    #: In rank order.
    tasks: list[TaskId]
    #: One task of each bucket before the window, most tasks first; and the ranks of all its tasks there, rising.
    asked: list[TaskId]
    ranks: list[list[int]]
    #: Whether tasks stand behind it.
    has_more: bool


def window_at(queue: TaskQueue, place: int, size: int) -> Window:
    """The window of so many tasks that holds a place of the queue, counted from 0. The first costs little, the others O(n log n)."""
    begin = place - place % size
    if not begin:
        return Window(queue.leading(size)[:size], [], [], has_more=len(queue) > size)
    standing = queue.standing()
    tasks = [one.task for one in standing[begin : begin + size]]
    return Window(tasks, *_by_bucket(standing[:begin]), has_more=begin + size < len(standing))


def window_of(queue: TaskQueue, task: Task, size: int) -> Window:
    """The first window, if the task stands in it; else the task alone. O(n)."""
    first = window_at(queue, 0, size)
    if task.task_id in first.tasks:
        return first
    return Window([task.task_id], *_by_bucket(sorted(queue.before(task))), has_more=False)


def _by_bucket(standing: Sequence[Standing]) -> tuple[list[TaskId], list[list[int]]]:
    """One task of each bucket, and the ranks of all, of tasks in rank order."""
    ranks: dict[BucketKey, list[int]] = {}
    asked: dict[BucketKey, TaskId] = {}
    for rank, task, bucket in standing:
        ranks.setdefault(bucket, []).append(rank)
        asked.setdefault(bucket, task)
    most = sorted(ranks, key=lambda bucket: -len(ranks[bucket]))[:BUCKETS_MAX]
    return [asked[bucket] for bucket in most], [ranks[bucket] for bucket in most]


class Ahead:
    """Tasks before a window.

    Args:
        ranks: of each bucket's tasks, rising.
        on_duty: (buckets, people) who on duty may do them.
    """

    def __init__(self, ranks: Sequence[list[int]] = (), on_duty: Mask | None = None) -> None:
        self._ranks = ranks
        self._on_duty = on_duty

    def count(self, people: Mask, rank_ms: int) -> int:
        """How many stand before a rank and may be done by some of these people, (people,)."""
        if self._on_duty is None or not self._ranks:
            return 0
        contending = (self._on_duty & people).any(axis=1)
        return sum(bisect_right(self._ranks[bucket], rank_ms) for bucket in np.flatnonzero(contending).tolist())
