from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core import commands as c
from actors.core.country import Line, TaskKind
from actors.core.ids import ProvinceCode, TaskId
from actors.core.queue import (
    CREDIT_MAX_MS,
    FLAG_CREDIT_MS,
    GREEN_CHANNEL_CREDIT_MS,
    PRIORITY_CREDIT_MS,
    BucketKey,
    TaskQueue,
    authority_needed,
    bucket_of,
    rank_ms,
)
from actors.core.task import Task, TaskSpec, TaskState
from tests.unit.core.harness import ADDRESS, FUJIAN, LARGE, MEDICAL, Branch, person, spec


def waiting(number: int, created_ms: int, wanted: TaskSpec | None = None) -> Task:
    """A queued task."""
    return Task(
        task_id=TaskId(f"fujian-{number}"),
        home=FUJIAN,
        spec=wanted or spec(),
        line=Line.CLAIMS,
        created_ms=created_ms,
        created_by="branch:core",
        host=ProvinceCode(FUJIAN),
        state=TaskState.QUEUED,
    )


SPECS = st.builds(
    TaskSpec,
    kind=st.sampled_from([MEDICAL, LARGE, ADDRESS]),
    priority=st.integers(0, 9),
    green_channel=st.booleans(),
    vulnerable=st.booleans(),
    complaint=st.booleans(),
    disaster_tag=st.sampled_from(["", "typhoon"]),
)


@pytest.mark.parametrize(
    ("wanted", "credit_ms"),
    [
        (spec(), 0),
        (spec(priority=1), PRIORITY_CREDIT_MS),
        (spec(priority=9), 9 * PRIORITY_CREDIT_MS),
        (spec(green_channel=True), GREEN_CHANNEL_CREDIT_MS),
        (spec(vulnerable=True), FLAG_CREDIT_MS),
        (spec(complaint=True), FLAG_CREDIT_MS),
        (spec(disaster_tag="typhoon"), FLAG_CREDIT_MS),
        (spec(priority=9, green_channel=True, vulnerable=True, complaint=True, disaster_tag="typhoon"), CREDIT_MAX_MS),
    ],
)
def test_credits_move_a_task_forward(wanted: TaskSpec, credit_ms: int) -> None:
    """A flag without credit would leave a vulnerable customer at the end of the queue."""
    assert rank_ms(waiting(1, 10**9, wanted)) == 10**9 - credit_ms


def test_the_ageing_bound_is_eight_hours() -> None:
    """The bound is a promise to the branches; changing a credit must change the promise knowingly."""
    assert CREDIT_MAX_MS == 8 * 3_600_000


def test_a_scheduled_task_waits_from_its_instant_on() -> None:
    """A task sent a week ahead would otherwise overtake everybody on its day."""
    assert rank_ms(waiting(1, 1_000, spec(not_before_ms=50_000))) == 50_000


def drain(queue: TaskQueue) -> list[TaskId]:
    """Serve everything, always the smallest head of all buckets."""
    served: list[TaskId] = []
    while True:
        heads = [head for key in queue.buckets() if (head := queue.head(key))]
        if not heads:
            return served
        task = min(heads)[2]
        queue.discard(task)
        served.append(task)


@given(st.lists(st.tuples(st.integers(0, 3 * CREDIT_MAX_MS), SPECS), max_size=40))
def test_nobody_is_overtaken_by_who_came_later_than_the_bound(arrivals: Sequence[tuple[int, TaskSpec]]) -> None:
    """No starvation: however urgent the newcomers, a task waits at most for those of the next eight hours."""
    queue, created = TaskQueue(), dict[TaskId, int]()
    for number, (created_ms, wanted) in enumerate(arrivals):
        task = waiting(number, created_ms, wanted)
        created[task.task_id] = created_ms
        queue.push(task, authority_needed(task, None))
    in_order = list(queue.in_rank_order())
    served = drain(queue)
    assert served == in_order
    for place, task in enumerate(served):
        assert all(created[later] >= created[task] - CREDIT_MAX_MS for later in served[place + 1 :])
    assert sorted(served) == sorted(created)


@given(
    st.lists(
        st.tuples(st.sampled_from(["push", "discard"]), st.integers(0, 30), st.integers(0, 9), st.integers(0, 2)),
        max_size=300,
    )
)
def test_the_queue_is_what_a_sorted_list_would_be(steps: Sequence[tuple[str, int, int, int]]) -> None:
    """Lazy deletion must not serve a task that left, nor twice one that came again, nor lose one."""
    queue, model = TaskQueue(), dict[TaskId, tuple[int, int, TaskId, BucketKey]]()
    for what, number, priority, needed in steps:
        task = waiting(number, 1_000 + priority % 3, spec(priority=priority))
        if what == "push":
            queue.push(task, needed)
            model[task.task_id] = (rank_ms(task), task.created_ms, task.task_id, bucket_of(task, needed))
        else:
            queue.discard(task.task_id)
            model.pop(task.task_id, None)
        assert len(queue) == len(model)
        assert queue.waiting_by_kind == ({MEDICAL: len(model)} if model else {})
        assert queue.oldest_taken_in_ms() == min((entry[1] for entry in model.values()), default=None)
    in_order = sorted(model.values())
    assert list(queue.in_rank_order()) == [entry[2] for entry in in_order]
    for needed in range(3):
        bucket = [entry for entry in in_order if entry[3][1] == needed]
        key = bucket_of(waiting(0, 0), needed)
        assert queue.head(key) == (bucket[0] if bucket else None)
    keys = list(queue.buckets())
    for bucket_max, limit in ((1, 9), (2, 3), (99, 99), (1, 1), (2, 1)):
        taken = dict.fromkeys(keys, 0)
        expected: list[tuple[TaskId, BucketKey]] = []
        for _, _, task_id, key in in_order:
            taken[key] += 1
            if taken[key] <= bucket_max and len(expected) < limit:
                expected.append((task_id, key))
        assert queue.foremost(keys, bucket_max, limit) == expected
    assert {key: queue.head(key) for key in keys} == {entry[3]: entry for entry in reversed(in_order)}


def test_a_round_passes_what_was_matched_before_it_once_only() -> None:
    """A thousand matched tasks at the heads of the heaps would be walked over in every round until something else drops them."""
    queue = TaskQueue()
    tasks = [waiting(number, number * 1_000) for number in range(40)]
    for task in tasks:
        queue.push(task, 0)
    key = bucket_of(tasks[0], 0)
    for task in tasks[:-1]:
        queue.discard(task.task_id)
    assert queue.foremost([key], 9, 9) == [(tasks[-1].task_id, key)]
    assert [len(heap) for heap in queue._buckets.values()] == [1]
    queue.discard(tasks[-1].task_id)
    assert queue.foremost([key], 9, 9) == []
    assert list(queue.buckets()) == []


def test_a_bucket_that_has_given_its_share_is_left_alone() -> None:
    """Twenty people free and one kind of work: their round passed all 60,000 tasks of the bucket, 1.8 s in which the province stood still."""
    queue = TaskQueue()
    for number in range(2_000):
        queue.push(waiting(number, number * 7_919 % 2_003), 0)
    key, in_order = next(queue.buckets()), list(queue.in_rank_order())
    assert queue.foremost([key], 20, 28) == [(task, key) for task in in_order[:20]]
    looked_at: list[TaskId] = []
    queue.members = _Noted(queue.members, looked_at)
    queue.foremost([key], 20, 28)
    assert len(looked_at) <= 30


class _Noted(dict[TaskId, tuple[int, BucketKey]]):
    """Notes which tasks are asked for."""

    def __init__(self, members: dict[TaskId, tuple[int, BucketKey]], asked: list[TaskId]) -> None:
        super().__init__(members)
        self._asked = asked

    def get(self, key: TaskId, default: Any = None) -> Any:
        self._asked.append(key)
        return super().get(key, default)


def test_leaving_the_middle_again_and_again_does_not_fill_the_memory() -> None:
    """A task that is offered and declined for hours would leave a dead entry each time."""
    queue = TaskQueue()
    queue.push(waiting(0, 0), 0)
    for _ in range(10_000):
        queue.push(waiting(1, 1_000), 0)
    assert len(queue) == 2
    assert sum(len(heap) for heap in queue._buckets.values()) <= 66
    assert len(queue._ages) <= 66


def test_after_most_have_left_the_rest_are_served_in_order() -> None:
    """A queue that was put together anew would serve whoever happens to lie in front, and call somebody else the oldest."""
    queue = TaskQueue()
    tasks = [waiting(number, number * 7_919 % 401) for number in range(401)]
    for task in tasks:
        queue.push(task, 0)
    for number, task in enumerate(tasks):
        if number % 5:
            queue.discard(task.task_id)
    for task in sorted(tasks[::5], key=rank_ms):
        [key] = queue.buckets()
        assert queue.head(key) == (rank_ms(task), task.created_ms, task.task_id, key)
        assert queue.oldest_taken_in_ms() == task.taken_in_ms
        queue.discard(task.task_id)


def test_the_front_of_all_buckets_comes_in_one_rank_order() -> None:
    """An operator who fetches would otherwise get a newer task of one bucket before an older one of another."""
    queue = TaskQueue()
    for number, (kind, created_ms) in enumerate([(MEDICAL, 10), (MEDICAL, 40), (ADDRESS, 20), (ADDRESS, 50)]):
        queue.push(waiting(number, created_ms, spec(kind)), 0)
    assert queue.leading(2) == ["fujian-0", "fujian-2", "fujian-1", "fujian-3"]
    assert queue.leading(1) == ["fujian-0", "fujian-2"]
    assert queue.leading(2, (ADDRESS,)) == ["fujian-2", "fujian-3"]


@pytest.mark.parametrize(("raised", "own", "kinds", "needed"), [(0, 0, 0, 0), (3, 1, 2, 3), (1, 3, 2, 3), (1, 2, 3, 3)])
def test_the_highest_of_three_authorities_counts(raised: int, own: int, kinds: int, needed: int) -> None:
    """A referral, the task and its kind may each ask for more; the least of them would let the wrong person decide."""
    task = msgspec.structs.replace(waiting(1, 0, spec(required_authority=own)), required_authority=raised)
    kind = TaskKind(kind=MEDICAL, line=Line.CLAIMS, required_authority=kinds)
    assert authority_needed(task, kind) == needed


def test_an_amended_priority_moves_a_waiting_task() -> None:
    """A team lead who raises the priority must see the task served first."""
    branch = Branch()
    first, second = branch.create(), branch.create()
    branch.did(c.UpdateTask(task_id=second, priority=5))
    assert list(branch.state.queue.in_rank_order()) == [second, first]
    branch.arrive(person("chen"))
    assert branch.task(second).operator == "chen"


def test_a_copy_and_its_original_do_not_see_each_other() -> None:
    """A preview would take tasks out of the real queue, or fail on what a queue has learnt to keep since."""
    branch = Branch()
    for _ in range(5):
        branch.create()
    queue = branch.state.queue
    before = list(queue.in_rank_order())
    twin = queue.copied()
    for task_id in before[:4]:
        twin.discard(task_id)
    assert list(queue.in_rank_order()) == before
    assert queue.leading(9) == before
    assert list(twin.in_rank_order()) == before[4:] == twin.leading(9)
    queue.discard(before[4])
    assert len(twin) == 1
