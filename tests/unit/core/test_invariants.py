from collections.abc import Callable

import msgspec
import pytest

from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.invariants import validate
from actors.core.operators import PresenceState
from actors.core.state import Away, ProvinceState
from actors.core.task import TaskState
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, Branch, person
from tests.unit.core.journeys import bring_to

CHEN = OperatorId("chen")


def damaged(books: ProvinceState, task: str, **changes: object) -> None:
    """Overwrite fields of an open task behind the back of all indexes."""
    task_id = TaskId(task)
    books.tasks[task_id] = msgspec.structs.replace(books.tasks[task_id], **changes)


def without_roster(state: ProvinceState) -> None:
    """The holder leaves the roster."""
    del state.operators[CHEN]


def unknown_kind(state: ProvinceState) -> None:
    """The holder loses the right."""
    state.operators[CHEN] = msgspec.structs.replace(state.operators[CHEN], kinds={})


def too_small(state: ProvinceState) -> None:
    """The holder's capacity shrinks."""
    state.operators[CHEN] = msgspec.structs.replace(state.operators[CHEN], capacity=0)


def signed_out(state: ProvinceState) -> None:
    """The holder goes home."""
    state.operators[CHEN] = msgspec.structs.replace(state.operators[CHEN], presence=PresenceState.OFFLINE)


DAMAGES: dict[str, tuple[TaskState, Callable[[ProvinceState], object], str]] = {
    "closed and kept": (TaskState.QUEUED, lambda s: damaged(s, "fujian-1", state=TaskState.CANCELLED), "kept as open"),
    "held by nobody": (TaskState.ASSIGNED, lambda s: damaged(s, "fujian-1", operator=None), "with operator None"),
    "waiting with holder": (TaskState.QUEUED, lambda s: damaged(s, "fujian-1", operator=CHEN), "with operator chen"),
    "not among held": (TaskState.ASSIGNED, lambda s: s.holds.clear(), "not among what chen holds"),
    "not in queue": (TaskState.QUEUED, lambda s: s.queue.discard(TaskId("fujian-1")), "in queue: False"),
    "in queue and held": (
        TaskState.QUEUED,
        lambda s: damaged(s, "fujian-1", state=TaskState.SUSPENDED),
        "in queue: True",
    ),
    "moving nowhere": (TaskState.MOVING, lambda s: damaged(s, "fujian-1", move=None), "with move None"),
    "here and away": (
        TaskState.QUEUED,
        lambda s: s.away.update({TaskId("fujian-1"): Away(host=JIANGXI, generation=2)}),
        "here and away",
    ),
    "held in excess": (
        TaskState.ASSIGNED,
        lambda s: s.holds[CHEN].update({TaskId("fujian-9"): None}),
        "chen holds 2 tasks",
    ),
    "unknown holder": (TaskState.ASSIGNED, without_roster, "not on the roster"),
    "no right": (TaskState.ASSIGNED, unknown_kind, "who may not do it"),
    "over capacity": (TaskState.ASSIGNED, too_small, "more than 0 tasks"),
    "holder signed out": (TaskState.ASSIGNED, signed_out, "without being signed in"),
    "not listed": (TaskState.QUEUED, lambda s: s.order.remove(TaskId("fujian-1")), "0 open tasks are listed"),
    "another listed": (
        TaskState.QUEUED,
        lambda s: (s.order.remove(TaskId("fujian-1")), s.order.add(TaskId("fujian-2"))),
        "1 open tasks are listed",
    ),
    "wrong count": (TaskState.QUEUED, lambda s: s.open_by_state.clear(), "are counted as"),
    "shared-in count": (TaskState.QUEUED, lambda s: setattr(s, "shared_in", 3), "shared-in tasks are counted as 3"),
    "unbalanced": (TaskState.QUEUED, lambda s: s.balance_fen.update({FUJIAN: 5}), "sums to 5 fen"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_violation_is_found(name: str) -> None:
    """A checker that is blind to what it names is worse than none."""
    state, damage, expected = DAMAGES[name]
    branch = Branch()
    bring_to(branch, state)
    assert validate(branch.state) == []
    damage(branch.state)
    assert any(expected in problem for problem in validate(branch.state)), validate(branch.state)


def test_open_and_decided_is_found() -> None:
    """A decided task that is still open can be decided again."""
    branch = Branch()
    done = branch.task(bring_to(branch, TaskState.IN_PROGRESS))
    decision = branch.complete(done.task_id).decision
    task_id = branch.create(ADDRESS)
    damaged(branch.state, task_id, decision=decision)
    assert any("open and decided" in problem for problem in validate(branch.state))


def test_a_sound_province_has_no_problems() -> None:
    """A false alarm here would keep a healthy province from starting."""
    branch = Branch(ProvinceCode("jiangxi"))
    branch.arrive(person("chen", ProvinceCode("jiangxi"), capacity=3))
    for state in (TaskState.QUEUED, TaskState.SCHEDULED):
        bring_to(branch, state)
    assert validate(branch.state) == []
