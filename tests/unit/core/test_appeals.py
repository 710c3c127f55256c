"""Tasks that point back at an earlier decision: whoever made it must not judge it again."""

from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.matching.record import FilterSettings
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskReply
from actors.core.task import PriorReason, TaskState
from tests.unit.core.harness import JIANGXI, MODEL, Branch, person, spec
from tests.unit.core.journeys import bring_to
from tests.unit.core.provinces import deliver, host, moving

APPEAL: dict[str, Any] = {"prior_reason": PriorReason.APPEALED}


def creation(prior_task: str, **changes: Any) -> c.CreateTask:
    """A task that points back."""
    return c.CreateTask(who="branch:core", spec=spec(prior_task=prior_task, **changes))


@pytest.mark.parametrize("is_flushed", [False, True])
@pytest.mark.parametrize("named", ["", "li"])
def test_an_appeal_keeps_the_decider_on_record_out(is_flushed: bool, named: str) -> None:
    """Somebody would judge the complaint about themselves because the branch left a field empty, or named somebody else."""
    branch = Branch()
    decided = branch.closed(bring_to(branch, TaskState.COMPLETED))
    assert decided.decision is not None
    if is_flushed:
        branch.flush()
    appeal = branch.did(creation(decided.task_id, prior_operator=named, **APPEAL), TaskReply).task
    assert appeal.spec.prior_operator == decided.decision.operator
    branch.wait(1_000, heard=[decided.decision.operator])
    assert branch.task(appeal.task_id).state is TaskState.QUEUED
    branch.arrive(person("wu"))
    branch.wait(1_000, heard=[decided.decision.operator, "wu"])
    assert branch.task(appeal.task_id).operator == "wu"


def test_the_decider_elsewhere_is_known_once_the_outcome_has_come_home() -> None:
    """The home would refuse appeals against whatever was shared out."""
    home, other = Branch(), host("jiangxi")
    task_id = home.create()
    _, sent = moving(home, JIANGXI, task_id)
    deliver(sent, other)
    assert home.refused(creation(task_id, **APPEAL)) is Reason.NOT_DECIDED
    other.start(task_id)
    decided = other.complete(task_id)
    home.did(c.SettleMove(task_id=task_id, host=JIANGXI, generation=1, attempt=1, accepted=True), object)
    home.did(c.NoteOutcome(task=decided), object)
    home.flush()
    assert decided.decision is not None
    assert home.did(creation(task_id, **APPEAL), TaskReply).task.spec.prior_operator == decided.decision.operator


@pytest.mark.parametrize(
    "pointing", [APPEAL, {"prior_reason": PriorReason.REOPENED, "dispute": True}], ids=["appeal", "dispute"]
)
def test_an_appeal_of_a_decision_that_nobody_knows_must_name_who_made_it(pointing: dict[str, Any]) -> None:
    """It would be given to anybody, the first decider included."""
    branch = Branch()
    refused = branch.do(creation("jiangxi-7", **pointing))
    assert isinstance(refused, Refused) and refused.reason is Reason.NOT_DECIDED
    assert "prior_operator" in refused.message and refused.metadata == {"task": "jiangxi-7"}
    named = branch.did(creation("jiangxi-7", prior_operator="jiangxi-op-1", **pointing), TaskReply).task
    assert named.spec.prior_operator == "jiangxi-op-1"


def test_what_needs_nobody_else_is_taken_in_without_a_name() -> None:
    """A branch could not send work back, or a model that allows the first decider would refuse appeals all the same."""
    branch = Branch()
    reopened = branch.did(creation("jiangxi-7", prior_reason=PriorReason.REOPENED), TaskReply).task
    assert not reopened.spec.prior_operator
    assert branch.did(creation("", dispute=True), TaskReply).task.spec.dispute, "there is nobody to keep out"
    lenient = msgspec.structs.replace(MODEL, filters=FilterSettings(dispute_needs_another=False))
    assert Branch(model=lenient).did(creation("jiangxi-7", **APPEAL), TaskReply).task.spec.prior_task == "jiangxi-7"


def test_an_appeal_sent_again_is_the_same_task() -> None:
    """A branch that repeats what it sent would be told that its own external id names something else."""
    branch = Branch()
    prior = bring_to(branch, TaskState.COMPLETED)
    command = creation(prior, external_id="appeal-1", **APPEAL)
    first = branch.did(command, TaskReply).task
    branch.flush()
    assert branch.did(command, TaskReply).task.task_id == first.task_id
    assert branch.refused(creation(prior, external_id="appeal-1", amount_fen=7, **APPEAL)) is Reason.EXTERNAL_ID_REUSED
    assert TaskId(first.spec.prior_task) == prior
