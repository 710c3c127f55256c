"""QualityService over real gRPC, before a country of the real core."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.core import commands as c
from actors.core.country import Line
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId
from actors.core.operators import KindExperience, Operator
from actors.core.replies import TaskReply
from actors.core.task import Task, Verdict
from gateway.v1 import operator_pb2, quality_pb2
from tests.unit.gateway.country import NOW
from tests.unit.gateway.served import Gateway, as_, create, failure, gateway

TASK = "provinces/fujian/tasks/fujian-1"
FINDINGS = {"verdict": quality_pb2.REVIEW_VERDICT_FAILED, "severity": 2, "defect_code": "amount", "overturned": True}


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before two provinces, with one task in the first."""
    async with gateway("fujian", "jiangxi") as opened:
        await opened.tasks.CreateTask(create(1, amount_fen=500_000), **as_("branch-fujian"))
        yield opened


async def ask(served: Gateway, province: str, command: c.AnyCommand) -> Any:
    """A command, as a desk's gateway sends it."""
    return await served.country.call(province, command, deadline=1.0)


async def decide(served: Gateway, province: str) -> Task:
    """Somebody of a province takes the task and decides it."""
    code, who = ProvinceCode(province), OperatorId(f"{province}-op-1")
    entry = Operator(
        operator=who,
        province=code,
        site=SiteId(f"{province}-1"),
        kinds={KindId("claims-medical"): KindExperience()},
        authority={Line.CLAIMS: 1},
    )
    await ask(served, province, c.UpsertOperators(entries=(entry,)))
    await ask(served, province, c.SignIn(operator=who, session=SessionId("s")))
    fetched = await ask(served, province, c.FetchNextTask(operator=who))
    assert isinstance(fetched, TaskReply), fetched
    held = {"task_id": fetched.task.task_id, "operator": who, "token": fetched.task.token}
    await ask(served, province, c.StartAssignment(**held))
    decided = await ask(served, province, c.CompleteAssignment(**held, verdict=Verdict.APPROVED))
    assert isinstance(decided, TaskReply), decided
    return decided.task


def review(request_id: str = "v-1", task: str = TASK, **findings: Any) -> quality_pb2.SubmitReviewRequest:
    """What the auditor sends."""
    return quality_pb2.SubmitReviewRequest(task=task, findings=FINDINGS | findings, request_id=request_id)


async def test_a_review_is_taken_in_once(served: Gateway) -> None:
    """A lost answer would double a person's defects; another content under the same id would hide one."""
    await decide(served, "fujian")
    first = await served.quality.SubmitReview(review(), **as_("auditor"))
    assert await served.quality.SubmitReview(review(), **as_("auditor")) == first
    assert first == quality_pb2.Review(
        task=TASK,
        operator="provinces/fujian/operators/fujian-op-1",
        host_province="fujian",
        kind="claims-medical",
        line=operator_pb2.LINE_CLAIMS,
        decision_time_ms=NOW.wall_ms,
        findings=FINDINGS | {"sampling_permille": 1000},
        reviewer="auditor:test",
        submit_time_ms=NOW.wall_ms,
    )
    reused = await failure(served.quality.SubmitReview(review(overturned=False), **as_("auditor")))
    assert (reused["code"].name, reused["reason"]) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
    by_ops = await failure(served.quality.SubmitReview(review(), **as_("ops")))
    assert (by_ops["reason"], by_ops["metadata"]["reviewer"]) == ("ALREADY_REVIEWED", "auditor:test")


async def test_a_review_lands_where_the_task_was_decided(served: Gateway) -> None:
    """The home has no statistics of the person; the auditor need not know who has decided."""
    served.country.move("fujian-1", "fujian", "jiangxi")
    decided = await decide(served, "jiangxi")
    before = await served.quality.SubmitReview(review("before"), **as_("auditor"))
    await ask(served, "fujian", c.NoteOutcome(task=decided))
    after = await served.quality.SubmitReview(review("before"), **as_("auditor"))
    assert [answer.host_province for answer in (before, after)] == ["jiangxi", "jiangxi"]
    second = await failure(served.quality.SubmitReview(review("second"), **as_("auditor")))
    assert (second["code"].name, second["reason"]) == ("FAILED_PRECONDITION", "ALREADY_REVIEWED")
    assert (second["metadata"]["task"], second["metadata"]["reviewer"]) == (TASK, before.reviewer)


async def test_what_cannot_be_reviewed_has_a_definite_status(served: Gateway) -> None:
    """An auditor's program goes by the status: wait for the decision, or mend the name."""
    undecided = await failure(served.quality.SubmitReview(review(), **as_("auditor")))
    assert (undecided["code"].name, undecided["reason"]) == ("FAILED_PRECONDITION", "NOT_DECIDED")
    assert undecided["metadata"] == {"task": TASK, "task_state": "TASK_STATE_QUEUED"}
    unknown = review(task="provinces/fujian/tasks/fujian-99")
    assert (await failure(served.quality.SubmitReview(unknown, **as_("auditor"))))["code"].name == "NOT_FOUND"
    nowhere = review(task="provinces/atlantis/tasks/atlantis-1")
    assert (await failure(served.quality.SubmitReview(nowhere, **as_("auditor"))))["fields"] == ["task"]
    wrong = review(sampling_permille=1_001)
    found = await failure(served.quality.SubmitReview(wrong, **as_("auditor")))
    assert (found["code"].name, found["fields"]) == ("INVALID_ARGUMENT", ["findings.sampling_permille"])
    for token in ("branch-fujian", "lead-fujian", "desk-fujian"):
        denied = await failure(served.quality.SubmitReview(review(), **as_(token)))
        assert denied["code"].name == "PERMISSION_DENIED"
    # A refusal is not remembered: the same request takes effect once there is a decision.
    await decide(served, "fujian")
    assert (await served.quality.SubmitReview(review(), **as_("auditor"))).task == TASK
