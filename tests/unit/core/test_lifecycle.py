from typing import Any

import pytest

from actors.core import commands as c
from actors.core.country import Bounds, Line, ProvinceStatus
from actors.core.ids import KindId, OperatorId, TaskId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import Elsewhere
from actors.core.task import TaskState
from tests.unit.core.harness import JIANGXI, MEDICAL, START_MS, Branch, person, spec
from tests.unit.core.journeys import bring_to


def test_ids_are_dense_and_name_the_home() -> None:
    """The home of a task must be readable from its id for ever."""
    branch = Branch()
    assert [branch.create() for _ in range(3)] == ["fujian-1", "fujian-2", "fujian-3"]


def test_a_task_with_a_future_instant_is_scheduled() -> None:
    """A task for next week must not be offered today."""
    branch = Branch()
    assert branch.task(branch.create(not_before_ms=START_MS + 1)).state is TaskState.SCHEDULED
    assert branch.task(branch.create(not_before_ms=START_MS)).state is TaskState.QUEUED


def test_an_unknown_kind_is_refused() -> None:
    """Nobody could ever be found for it."""
    assert Branch().refused(c.CreateTask(spec=spec(KindId("magic")))) is Reason.UNKNOWN_KIND


def test_a_draining_province_takes_nothing_new_and_works_on() -> None:
    """A branch that closes for a move must come to an end with its queue."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.DRAINING, reason="moving house"))
    refused = branch.do(c.CreateTask(spec=spec()))
    assert isinstance(refused, Refused) and refused.reason is Reason.PROVINCE_DRAINING
    assert "moving house" in refused.message
    branch.start(task_id)
    assert branch.complete(task_id).state is TaskState.COMPLETED


def test_a_full_province_refuses_and_says_when_to_come_again() -> None:
    """A bound that is reached is a handled outcome, never a crash."""
    branch = Branch(bounds=Bounds(open_tasks_max=2))
    first = branch.create()
    branch.create()
    assert branch.refused(c.CreateTask(spec=spec())) is Reason.QUEUE_FULL
    branch.did(c.CancelTask(task_id=first))
    branch.create()


def test_an_external_id_makes_one_task() -> None:
    """A branch system that sends twice, without or with other request ids, would have its customer handled twice."""
    branch = Branch()
    command = c.CreateTask(who="branch:core", request_id="a", spec=spec(external_id="case-1"))
    first = branch.did(command)
    for request_id in ("b", "", "a"):
        again = c.CreateTask(who="branch:core", request_id=request_id, spec=spec(external_id="case-1"))
        assert branch.did(again) == first
    other = c.CreateTask(who="branch:core", request_id="c", spec=spec(external_id="case-1", priority=3))
    assert branch.refused(other) is Reason.EXTERNAL_ID_REUSED
    branch.flush()
    assert branch.did(c.CreateTask(spec=spec(external_id="case-1"))) == first
    assert branch.refused(other) is Reason.EXTERNAL_ID_REUSED
    assert branch.state.created_count == 1


def test_an_unknown_task_is_refused() -> None:
    """A definite answer to a wrong id (I11)."""
    branch = Branch()
    for command in (
        c.GetTask(task_id=TaskId("fujian-99")),
        c.UpdateTask(task_id=TaskId("fujian-99")),
        c.CancelTask(task_id=TaskId("fujian-99")),
        c.CancelTask(task_id=TaskId("fujian-99"), request_id="a"),
        c.ResumeTask(task_id=TaskId("fujian-99")),
        c.ReassignTask(task_id=TaskId("fujian-99"), operator=OperatorId("chen")),
        c.StartAssignment(task_id=TaskId("fujian-99"), operator=OperatorId("chen"), token=1),
    ):
        assert branch.refused(command) is Reason.UNKNOWN_TASK


@pytest.mark.parametrize("flushed", [False, True])
def test_a_finished_task_can_still_be_read(flushed: bool) -> None:
    """The complaint of others: a finished task cannot be seen after a few minutes."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.COMPLETED)
    if flushed:
        branch.flush()
    task = branch.did(c.GetTask(task_id=task_id)).task
    assert (task.state, task.decision is not None) == (TaskState.COMPLETED, True)
    assert branch.refused(c.CancelTask(task_id=task_id)) is Reason.ALREADY_DECIDED


@pytest.mark.parametrize("flushed", [False, True])
def test_a_task_that_left_is_pointed_to(flushed: bool) -> None:
    """Reads and cancellations must be able to follow a task, also past its tombstone."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.MOVED)
    if flushed:
        branch.flush()
    for command in (c.GetTask(task_id=task_id), c.CancelTask(task_id=task_id), c.UpdateTask(task_id=task_id)):
        assert branch.did(command, Elsewhere) == Elsewhere(task_id=task_id, host=JIANGXI, generation=2)


@pytest.mark.parametrize("request_id", ["", "a"])
def test_etags_guard_every_change(request_id: str) -> None:
    """Two people who change the same task would overwrite each other."""
    branch = Branch()
    task_id = branch.create()
    asked: dict[str, Any] = {"task_id": task_id, "etag": branch.task(task_id).etag, "request_id": request_id}
    branch.did(c.UpdateTask(task_id=task_id, priority=1))
    branch.arrive(person("chen"), presence=PresenceState.BREAK)
    for command in (
        c.UpdateTask(**asked),
        c.CancelTask(**asked),
        c.ReassignTask(**asked, operator=OperatorId("chen")),
        c.ResumeTask(**asked),
    ):
        assert branch.refused(command) is Reason.ETAG_MISMATCH


def test_amending_changes_what_was_named_and_nothing_else() -> None:
    """None means "as it is", not "nothing"."""
    branch = Branch()
    task_id = branch.create(priority=2, due_ms=5, note="n")
    branch.did(c.UpdateTask(task_id=task_id, green_channel=True))
    assert branch.task(task_id).spec == spec(priority=2, due_ms=5, note="n", green_channel=True)
    branch.did(c.UpdateTask(task_id=task_id, green_channel=False, priority=0, due_ms=0))
    assert branch.task(task_id).spec == spec(note="n")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kinds": {}}, Reason.NOT_ELIGIBLE),
        ({"authority": {Line.CLAIMS: 1}}, Reason.NOT_ELIGIBLE),
        ({"clearance": 1}, Reason.NOT_ELIGIBLE),
    ],
)
def test_a_team_lead_cannot_give_a_task_to_somebody_without_the_right(changes: dict[str, Any], reason: Reason) -> None:
    """I8 holds for people's choices, too."""
    branch = Branch()
    task_id = branch.create(required_authority=2, privacy_level=2)
    known: dict[str, Any] = {"authority": {Line.CLAIMS: 2}} | changes
    branch.arrive(person("chen", **known), presence=PresenceState.BREAK)
    assert branch.refused(c.ReassignTask(task_id=task_id, operator=OperatorId("chen"))) is reason


def test_a_team_lead_cannot_overload_somebody_nor_reach_the_absent() -> None:
    """Reassignment obeys capacity and presence."""
    branch = Branch()
    branch.arrive(person("chen"))
    held, waiting = branch.create(), branch.create()
    branch.do(c.UpsertOperators(entries=(person("lin"),)))
    assert branch.refused(c.ReassignTask(task_id=waiting, operator=OperatorId("chen"))) is Reason.AT_CAPACITY
    assert branch.refused(c.ReassignTask(task_id=waiting, operator=OperatorId("lin"))) is Reason.NOT_SIGNED_IN
    # An offer is the matcher's word; it must be answered or expire first.
    assert branch.refused(c.ReassignTask(task_id=held, operator=OperatorId("chen"))) is Reason.WRONG_STATE
    branch.accept(held)
    assert branch.refused(c.ReassignTask(task_id=held, operator=OperatorId("chen"))) is Reason.WRONG_STATE


def test_a_team_lead_may_overrule_a_decline() -> None:
    """Who said "not now" may be told "yes, you"."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.did(c.DeclineOffer(**branch.holder(task_id)))
    branch.did(c.ReassignTask(task_id=task_id, operator=OperatorId("chen")))
    assert branch.task(task_id).state is TaskState.ASSIGNED


def test_reassigning_work_in_progress_keeps_its_time_and_voids_the_old_token() -> None:
    """The first operator's minutes were worked; their late answer must have no effect."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    old = branch.holder(task_id)
    branch.wait(60_000, heard=["chen"])
    branch.arrive(person("lin"), presence=PresenceState.BREAK)
    branch.did(c.ReassignTask(task_id=task_id, operator=OperatorId("lin")))
    assert (branch.task(task_id).worked_ms, branch.task(task_id).handover_count) == (60_000, 1)
    assert branch.refused(c.RenewAssignment(**old)) is Reason.STALE_TOKEN


def test_whoever_is_relieved_of_a_task_is_idle_from_then_on() -> None:
    """They had worked for hours and would be given the next task as the one who had waited longest for it."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.wait(60_000, heard=["chen"])
    branch.arrive(person("lin"))
    came_ms = branch.wall_ms
    branch.wait(1_000, heard=["chen", "lin"])
    branch.did(c.ReassignTask(task_id=task_id, operator=OperatorId("lin")))
    people = branch.state.operators
    assert people[OperatorId("chen")].idle_since_ms == branch.wall_ms > came_ms
    assert people[OperatorId("lin")].idle_since_ms == came_ms


def test_a_kind_that_changed_its_authority_is_obeyed_by_what_waits() -> None:
    """A rule that the country tightens must hold for the tasks that are in the queue already."""
    branch = Branch()
    branch.create()
    stricter = tuple(
        type(kind)(kind=kind.kind, line=kind.line, required_authority=9) for kind in branch.state.kinds.values()
    )
    branch.do(c.AdoptTaskKinds(revision=2, kinds=stricter))
    branch.arrive(person("chen"))
    assert branch.task(TaskId("fujian-1")).state is TaskState.QUEUED
    assert [key[:2] for key in branch.state.queue.buckets()] == [(MEDICAL, 9)]
