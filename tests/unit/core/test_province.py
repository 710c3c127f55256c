from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core import codec
from actors.core import commands as c
from actors.core.calendar import BranchCalendar
from actors.core.country import SharingPolicy
from actors.core.ids import OperatorId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Done, Elsewhere, NoWork, TaskReply
from actors.core.task import MoveOut, Placement, TaskState, Verdict
from tests.unit.core.harness import JIANGXI, MEDICAL, Branch, kinds_of, person, session_of, spec
from tests.unit.core.journeys import bring_to

CHEN = OperatorId("chen")


def prepared(name: str) -> tuple[Branch, c.AnyCommand, c.AnyCommand]:
    """A branch, a write that succeeds there, and the same request id with other content."""
    branch = Branch()
    state = {
        "CreateTask": None,
        "UpdateTask": TaskState.QUEUED,
        "CancelTask": TaskState.QUEUED,
        "ResumeTask": TaskState.SUSPENDED,
        "AcceptOffer": TaskState.OFFERED,
        "DeclineOffer": TaskState.OFFERED,
        "StartAssignment": TaskState.ASSIGNED,
        "FetchNextTask": TaskState.QUEUED,
        "ReassignTask": TaskState.QUEUED,
    }.get(name, TaskState.IN_PROGRESS)
    task_id = None if state is None else bring_to(branch, state)
    if name in ("FetchNextTask", "ReassignTask"):
        branch.arrive(person("chen"), presence=PresenceState.BREAK)
    held: dict[str, Any] = {}
    if task_id is not None and branch.task(task_id).operator is not None:
        held = branch.holder(task_id)
    asked: dict[str, Any] = {"who": "operator:chen", "request_id": "r-1"}
    made: dict[str, dict[str, Any]] = {
        "CreateTask": {"spec": spec()},
        "UpdateTask": {"task_id": task_id, "priority": 3},
        "CancelTask": {"task_id": task_id, "reason": "twice"},
        "ResumeTask": {"task_id": task_id},
        "ReassignTask": {"task_id": task_id, "operator": CHEN},
        "FetchNextTask": {"operator": CHEN},
        "AcceptOffer": held,
        "DeclineOffer": held | {"reason": "busy"},
        "StartAssignment": held,
        "SuspendAssignment": held | {"reason": "papers"},
        "CompleteAssignment": held | {"verdict": Verdict.APPROVED},
        "ReturnTask": held | {"reason": "not ours"},
        "ReferAssignment": held | {"required_authority": 2},
        "ReleaseAssignment": held,
        "SignIn": {"operator": CHEN, "session": session_of("chen-2")},
        "SignOut": {"operator": CHEN},
        "SetPresence": {"operator": CHEN, "presence": PresenceState.BREAK},
        "CreateOperator": {"entry": person("lin")},
        "UpsertOperators": {"entries": (person("lin"),)},
        "UpdateSharingPolicy": {"policy": SharingPolicy(reserve_operators=2)},
        "UpdateCalendar": {"calendar": BranchCalendar(weekend=())},
    }
    kind: Any = getattr(c, name)
    other = c.CreateTask(who="operator:chen", request_id="r-1", spec=spec(note="another"))
    return branch, kind(**(made[name] | asked)), other


WRITES = [
    "CreateTask",
    "UpdateTask",
    "CancelTask",
    "ResumeTask",
    "ReassignTask",
    "FetchNextTask",
    "AcceptOffer",
    "DeclineOffer",
    "StartAssignment",
    "SuspendAssignment",
    "CompleteAssignment",
    "ReturnTask",
    "ReferAssignment",
    "ReleaseAssignment",
    "SignIn",
    "SignOut",
    "SetPresence",
    "CreateOperator",
    "UpsertOperators",
    "UpdateSharingPolicy",
    "UpdateCalendar",
]


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("flushed", [False, True])
def test_a_repeated_write_gets_the_same_bytes_and_does_nothing(name: str, flushed: bool) -> None:
    """A client that lost the answer repeats; acting twice, or answering otherwise, would make retries unsafe (I4)."""
    branch, command, other = prepared(name)
    first = branch.do(command)
    assert not isinstance(first, Refused)
    assert branch.events != ()
    if flushed:
        branch.flush()
    branch.wait(1_000, heard=["chen"])
    for _ in range(2):
        again = branch.do(command)
        assert codec.encode(again) == codec.encode(first)
        assert branch.events == ()
    assert branch.refused(other) is Reason.REQUEST_ID_REUSED


def test_a_request_is_known_by_what_its_caller_asked() -> None:
    """Merged by the gateway with what others have changed since, the repetition is another command and would be refused."""
    branch = Branch()
    settings = branch.state.settings
    asked = c.ConfigureProvince(request_id="a", fingerprint=b"asked", settings=settings, base=settings)
    merged = msgspec.structs.replace(settings, display_name_zh="福建省", display_name="Fujian")
    first = branch.did(msgspec.structs.replace(asked, settings=merged), Done)
    again = msgspec.structs.replace(asked, settings=settings, base=merged)
    assert branch.did(again, Done) == first
    assert branch.state.settings == merged
    assert branch.refused(msgspec.structs.replace(again, fingerprint=b"other")) is Reason.REQUEST_ID_REUSED


@pytest.mark.parametrize("name", WRITES)
def test_a_write_repeated_within_one_batch_is_done_once(name: str) -> None:
    """A retry that arrives in the same group commit is not on disk yet, and still must be known."""
    branch, command, other = prepared(name)
    first, second, third = branch.batch(command, command, other)
    assert not isinstance(first, Refused)
    assert codec.encode(second) == codec.encode(first)
    assert isinstance(third, Refused)
    assert third.reason is Reason.REQUEST_ID_REUSED


def test_request_ids_of_different_people_never_meet() -> None:
    """One client's retry must not be answered with another client's task."""
    branch = Branch()
    one = c.CreateTask(who="branch:a", request_id="1", spec=spec())
    two = c.CreateTask(who="branch:b", request_id="1", spec=spec())
    assert branch.did(one).task.task_id != branch.did(two).task.task_id


def test_without_a_request_id_nothing_is_remembered() -> None:
    """Heartbeats and reads would fill the records."""
    branch = Branch()
    branch.create()
    assert branch.create() == "fujian-2"
    assert branch.state.records == {}


def test_a_refusal_is_not_remembered() -> None:
    """Whoever mends the state of things may use the same id again."""
    branch = Branch()
    command = c.FetchNextTask(who="operator:chen", request_id="1", operator=CHEN)
    branch.do(c.UpsertOperators(entries=(person("chen"),)))
    assert branch.refused(command) is Reason.NOT_SIGNED_IN
    branch.sign_in("chen", presence=PresenceState.BREAK)
    branch.create()
    branch.did(command)


def test_no_work_is_an_answer() -> None:
    """A fetch whose answer was lost must not assign a task on repetition that nobody then works on."""
    branch = Branch()
    branch.arrive(person("chen"), presence=PresenceState.BREAK)
    command = c.FetchNextTask(who="operator:chen", request_id="1", operator=CHEN)
    first = branch.did(command, NoWork)
    branch.create()
    assert branch.did(command, NoWork) == first


def test_a_signpost_is_not_remembered() -> None:
    """A repeated cancellation would follow old signposts in a circle after the task has come home."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.MOVED)
    command = c.CancelTask(who="branch:core", request_id="1", task_id=task_id)
    assert branch.did(command, Elsewhere).host == JIANGXI
    assert branch.events == ()
    move = MoveOut(host=branch.code, generation=2, attempt=1, placement=Placement.SHARED, started_ms=branch.wall_ms)
    branch.do(c.AcceptMove(source=JIANGXI, task=branch.closed(task_id), move=move))
    assert branch.did(command).task.state is TaskState.CANCELLED


def test_commands_that_only_look_write_nothing() -> None:
    """A read would cost an fsync."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    for command in (
        c.GetTask(task_id=task_id),
        c.ListTasks(),
        c.GetOperator(operator=CHEN),
        c.ListOperators(),
        c.GetWorkload(operator=CHEN),
        c.GetProvince(),
        c.HearDesks(sessions=(session_of("chen"),)),
        c.RenewAssignment(**branch.holder(task_id)),
        c.LosePath(session_prefix="gateway-9/"),
        c.Tick(),
    ):
        branch.do(command)
        assert branch.events == (), command


def test_every_event_says_who_and_when() -> None:
    """What nobody can explain nobody can settle or audit."""
    branch = Branch()
    for state in (TaskState.COMPLETED, TaskState.SUSPENDED, TaskState.MOVED):
        other = Branch()
        bring_to(other, state)
        branch.log += other.log
    assert all(event.at_ms for event in branch.log)
    unsigned = {type(event).__name__ for event in branch.log if not event.who}
    # The harness asks anonymously for these.
    assert unsigned <= {"OperatorEnrolled", "TaskResumed"}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=25))
def test_any_pattern_of_retries_creates_each_task_once(sends: Sequence[tuple[int, int, bool]]) -> None:
    """Whatever is repeated, in the same batch, later, or after a flush: one request, one task, one answer."""
    branch = Branch()
    answers: dict[tuple[int, int], bytes] = {}
    pending: list[tuple[tuple[int, int], c.AnyCommand]] = []
    for client, request, commits in sends:
        command = c.CreateTask(
            who=f"branch:{client}", request_id=str(request), spec=spec(MEDICAL, note=f"{client} {request}")
        )
        pending.append(((client, request), command))
        if commits:
            _check(branch, pending, answers)
            branch.flush()
            pending = []
    _check(branch, pending, answers)
    assert branch.state.created_count == len(answers)


def _check(
    branch: Branch, pending: Sequence[tuple[tuple[int, int], c.AnyCommand]], answers: dict[tuple[int, int], bytes]
) -> None:
    replies: list[AnyReply] = branch.batch(*(command for _, command in pending))
    for (key, _), reply in zip(pending, replies, strict=True):
        assert isinstance(reply, TaskReply)
        assert answers.setdefault(key, codec.encode(reply)) == codec.encode(reply)


def test_one_batch_is_one_frame_in_order() -> None:
    """A decision torn across frames could be half on disk."""
    branch = Branch()
    branch.batch(c.CreateTask(spec=spec()), c.CreateTask(spec=spec()), c.UpsertOperators(entries=(person("chen"),)))
    assert kinds_of(branch.events) == ["TaskCreated", "TaskCreated", "OperatorEnrolled"]
    assert branch.province.take_frame().events == ()
