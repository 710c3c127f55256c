"""The order in which tasks wait.

Theory of operation
-------------------
A waiting task has a rank, an instant: when it came, less a credit in minutes for its priority and its flags. The smallest rank is served
first. Since ranks never change with time, ageing costs nothing, and the bound is plain: nobody is overtaken by a task that came more
than `CREDIT_MAX_MS` later, however urgent. So no task starves.

Tasks that the same people may do (`bucket_of`) share a bucket, a heap by rank: a free operator looks at the heads of the buckets they
may do, not at the queue; and a task that nobody on duty may do holds up only its like. Leaving the middle of a heap is lazy: an entry
counts only while `members` holds its stamp; a heap is rebuilt when more than half of its entries are dead. Push, pop: O(log n); 2 us each.

Who has waited longest is another question than who is next: an urgent newcomer stands before the oldest, and what was booked ahead
waits from its own start. One more heap, by that, knows.
"""

import heapq
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from itertools import islice
from typing import NamedTuple

from actors.core.country import Skill, TaskKind
from actors.core.ids import KindId, TaskId
from actors.core.task import Placement, Task

#: Credit per priority level.
PRIORITY_CREDIT_MS = 20 * 60_000
GREEN_CHANNEL_CREDIT_MS = 240 * 60_000
#: Each of: vulnerable customer, open complaint, declared disaster.
FLAG_CREDIT_MS = 20 * 60_000
#: The ageing bound: eight hours.
CREDIT_MAX_MS = 9 * PRIORITY_CREDIT_MS + GREEN_CHANNEL_CREDIT_MS + 3 * FLAG_CREDIT_MS

#: (kind, authority needed, skills, privacy level, from another home, brought by an evacuation): tasks that the same people may do, but for
#: those whom a single task excludes or who declined it.
BucketKey = tuple[KindId, int, tuple[Skill, ...], int, bool, bool]
#: (rank, created, id, stamp)
_Entry = tuple[int, int, TaskId, int]


class Standing(NamedTuple):
    """Where a task stands in the queue."""

    rank_ms: int
    task: TaskId
    bucket: BucketKey


#: A heap of so few entries is not worth rebuilding.
REBUILD_MIN = 16
#: Up to so many entries for each task that is wanted are sorted; of more, heaps are walked.
SORTED_PER_WANTED = 8


def rank_ms(task: Task) -> int:
    """The instant from which the task counts as waiting, credits included. Unix ms."""
    spec = task.spec
    credit = spec.priority * PRIORITY_CREDIT_MS
    if spec.green_channel:
        credit += GREEN_CHANNEL_CREDIT_MS
    credit += FLAG_CREDIT_MS * (spec.vulnerable + spec.complaint + bool(spec.disaster_tag))
    return task.taken_in_ms - credit


def authority_needed(task: Task, kind: TaskKind | None) -> int:
    """The highest authority that the task, its kind or a referral asks for, 0..9."""
    return max(task.required_authority, task.spec.required_authority, kind.required_authority if kind else 0)


def bucket_of(task: Task, needed: int) -> BucketKey:
    """The bucket of a task that needs authority `needed`."""
    spec = task.spec
    is_foreign = task.home != task.host
    return spec.kind, needed, spec.required_skills, spec.privacy_level, is_foreign, is_foreign and waits_as_guest(task)


def waits_as_guest(task: Task) -> bool:
    """Whether an evacuation brought the task here, so that it yields to the branch's own work (`matching.guests`); green channel never does."""
    return task.placement is Placement.EVACUATED and task.home != task.host and not task.spec.green_channel


class TaskQueue:
    """Waiting tasks of one province."""

    __slots__ = ("_ages", "_buckets", "_declined", "_live", "_stamp", "members", "waiting_by_kind")

    def __init__(self) -> None:
        self._buckets: dict[BucketKey, list[_Entry]] = {}
        #: Valid entries of each bucket.
        self._live: dict[BucketKey, int] = {}
        #: (taken in, stamp, task) of all entries, dead ones among them.
        self._ages: list[tuple[int, int, TaskId]] = []
        self._stamp = 0
        #: task -> (stamp, bucket) of its valid entry.
        self.members: dict[TaskId, tuple[int, BucketKey]] = {}
        self.waiting_by_kind: dict[KindId, int] = {}
        #: Tasks that somebody has declined.
        self._declined: set[TaskId] = set()

    def copied(self) -> "TaskQueue":
        """The same queue, to try something with. O(tasks)."""
        twin = TaskQueue()
        for name in self.__slots__:
            setattr(twin, name, copy(getattr(self, name)))
        twin._buckets = {key: list(heap) for key, heap in self._buckets.items()}
        return twin

    @property
    def has_declined(self) -> bool:
        """Whether a task waits that somebody has declined, so that who may have it changes as time passes."""
        return bool(self._declined)

    def __len__(self) -> int:
        return len(self.members)

    def push(self, task: Task, needed: int) -> None:
        """Add a task that needs authority `needed`; a task already waiting is put in anew."""
        if task.task_id in self.members:
            self.discard(task.task_id)
        key = bucket_of(task, needed)
        self._stamp += 1
        self.members[task.task_id] = (self._stamp, key)
        if task.declines:
            self._declined.add(task.task_id)
        self.waiting_by_kind[key[0]] = self.waiting_by_kind.get(key[0], 0) + 1
        self._live[key] = self._live.get(key, 0) + 1
        heap = self._buckets.setdefault(key, [])
        heapq.heappush(heap, (rank_ms(task), task.created_ms, task.task_id, self._stamp))
        heapq.heappush(self._ages, (task.taken_in_ms, self._stamp, task.task_id))

    def discard(self, task: TaskId) -> None:
        """Take a task out, if it is here."""
        membership = self.members.pop(task, None)
        if membership is None:
            return
        self._declined.discard(task)
        key = membership[1]
        left = self.waiting_by_kind[key[0]] - 1
        if left:
            self.waiting_by_kind[key[0]] = left
        else:
            del self.waiting_by_kind[key[0]]
        self._live[key] -= 1
        self._rebuild(key)

    def _rebuild(self, key: BucketKey) -> None:
        """Drop the bucket if nobody waits in it any more; rebuild it, and the ages, where most entries are dead."""
        heap, live = self._buckets[key], self._live[key]
        if not live:
            del self._buckets[key], self._live[key]
        elif len(heap) > max(REBUILD_MIN, 2 * live):
            self._buckets[key] = [entry for entry in heap if self._alive(entry)]
            heapq.heapify(self._buckets[key])
        if len(self._ages) > max(REBUILD_MIN, 2 * len(self.members)):
            self._ages = [age for age in self._ages if self._holds(age[2], age[1])]
            heapq.heapify(self._ages)

    def oldest_taken_in_ms(self) -> int | None:
        """When the oldest of all waiting tasks was taken in (`Task.taken_in_ms`), Unix ms; None: nothing waits."""
        ages = self._ages
        while ages and not self._holds(ages[0][2], ages[0][1]):
            heapq.heappop(ages)
        return ages[0][0] if ages else None

    def head(self, key: BucketKey) -> tuple[int, int, TaskId, BucketKey] | None:
        """The first task of a bucket: (rank, created, id, bucket); None: nobody waits there. Drops dead entries before it."""
        heap = self._buckets.get(key)
        if heap is None:
            return None
        while not self._alive(heap[0]):
            heapq.heappop(heap)
        rank, created, task, _ = heap[0]
        return rank, created, task, key

    def leading(self, limit: int, kinds: Collection[KindId] = ()) -> list[TaskId]:
        """The first `limit` tasks of each bucket, all in one rank order. O(buckets x limit log n).

        Args:
            kinds: only these; empty: all.
        """
        keys = [key for key in self._buckets if not kinds or key[0] in kinds]
        entries = [entry for key in keys for entry in self._first(key, limit)]
        entries.sort()
        return [entry[2] for entry in entries]

    def buckets(self) -> Iterator[BucketKey]:
        """Those in which somebody waits."""
        return iter(self._buckets)

    def foremost(self, keys: Sequence[BucketKey], bucket_max: int, limit: int) -> list[tuple[TaskId, BucketKey]]:
        """The first `limit` tasks of some buckets in rank order, of each bucket at most `bucket_max`.

        Takes nothing out but dead entries at the heads, or a round would pass all that were matched before it. Few tasks are sorted; of many the
        heaps are walked down side by side: O((limit + dead entries passed) log n), and sorting is what the processor does best.
        """
        keys = [key for key in keys if self.head(key)]
        heaps = [self._buckets[key] for key in keys]
        few = sum(map(len, heaps)) <= SORTED_PER_WANTED * limit
        entries = self._sorted(heaps, bucket_max) if few else self._walked(heaps, bucket_max)
        return [(entry[2], keys[number]) for entry, number in islice(entries, limit)]

    def _sorted(self, heaps: Sequence[list[_Entry]], bucket_max: int) -> Iterator[tuple[_Entry, int]]:
        """The first valid entries of each of some heaps, each with the heap's number, in rank order."""
        members = self.members
        entries = [
            (entry, number)
            for number, heap in enumerate(heaps)
            for entry in heap
            if (membership := members.get(entry[2])) is not None and membership[0] == entry[3]
        ]
        entries.sort()
        left = [bucket_max] * len(heaps)
        for entry, number in entries:
            if left[number]:
                left[number] -= 1
                yield entry, number

    def _walked(self, heaps: Sequence[list[_Entry]], bucket_max: int) -> Iterator[tuple[_Entry, int]]:
        """The same, one by one: no heap is looked into deeper than is asked for, and one that has given its share is left alone."""
        left = [bucket_max] * len(heaps)
        frontier = [(heap[0], number, 0) for number, heap in enumerate(heaps)]
        heapq.heapify(frontier)
        while frontier:
            entry, number, place = heapq.heappop(frontier)
            if not left[number]:
                continue
            if self._alive(entry):
                left[number] -= 1
                yield entry, number
            heap = heaps[number]
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(heap):
                    heapq.heappush(frontier, (heap[child], number, child))

    def _first(self, key: BucketKey, limit: int) -> list[_Entry]:
        """Up to `limit` entries of a bucket in rank order."""
        heap = self._buckets.get(key)
        if not heap:
            return []
        popped: list[_Entry] = []
        while heap and len(popped) < limit:
            entry = heapq.heappop(heap)
            if self._alive(entry):
                popped.append(entry)
        for entry in popped:
            heapq.heappush(heap, entry)
        return popped

    def standing(self) -> list[Standing]:
        """All waiting tasks, most urgent first. O(n log n), 2 us each: for reports, not for the match."""
        return [Standing(entry[0], entry[2], self.members[entry[2]][1]) for entry in self._in_order()]

    def before(self, task: Task) -> list[Standing]:
        """Those that stand before a task, in no order. O(n)."""
        mine = (rank_ms(task), task.created_ms, task.task_id, 0)
        return [
            Standing(entry[0], entry[2], key)
            for key, heap in self._buckets.items()
            for entry in heap
            if entry < mine and self._alive(entry)
        ]

    def in_rank_order(self) -> Iterator[TaskId]:
        """All waiting tasks, most urgent first. O(n log n): for evacuation and reports, not for the match."""
        return (entry[2] for entry in self._in_order())

    def _in_order(self) -> list[_Entry]:
        entries = [entry for heap in self._buckets.values() for entry in heap if self._alive(entry)]
        entries.sort()
        return entries

    def _alive(self, entry: _Entry) -> bool:
        return self._holds(entry[2], entry[3])

    def _holds(self, task: TaskId, stamp: int) -> bool:
        """Whether the entry of this stamp is the task's valid one."""
        membership = self.members.get(task)
        return membership is not None and membership[0] == stamp
