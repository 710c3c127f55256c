"""DispatchService over real gRPC: decisions, explanations, previews and diagnoses, before a country of the real core and its journals."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.core import commands as c
from actors.core.country import Line, ProvinceStatus
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.operators import KindExperience, Operator
from actors.core.replies import Done, ProvinceReply, TaskReply
from actors.core.task import Verdict
from gateway.v1 import dispatch_pb2
from tests.unit.gateway.served import Gateway, as_, create, failure, gateway

TASK = "provinces/fujian/tasks/fujian-1"
#: Tasks done of the kind.
DONE = {"op-1": 300, "op-2": 5, "op-3": 40}


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before two provinces; three people of Fujian are enrolled, nobody is on duty."""
    async with gateway("fujian", "jiangxi") as opened:
        for name, done in DONE.items():
            await ask(opened, "fujian", c.UpsertOperators(entries=(person("fujian", name, done),)))
        yield opened


def person(province: str, name: str, done: int, **changes: Any) -> Operator:
    """Somebody who has done so many medical claims, and takes work without an offer."""
    known: dict[str, Any] = {
        "operator": OperatorId(f"{province}-{name}"),
        "province": ProvinceCode(province),
        "site": SiteId(f"{province}-1"),
        "display_name": name.title(),
        "kinds": {KindId("claims-medical"): KindExperience(done_count=done)},
        "authority": {Line.CLAIMS: 1},
        "auto_accept": True,
    }
    return Operator(**known | changes)


async def ask(served: Gateway, province: str, command: c.AnyCommand) -> Any:
    """A command, as a desk's gateway sends it."""
    return await served.country.call(province, command, deadline=1.0)


async def sign_in(served: Gateway, *names: str, province: str = "fujian") -> None:
    """These people begin to work."""
    for name in names:
        operator = OperatorId(f"{province}-{name}")
        await ask(served, province, c.SignIn(operator=operator, session=SessionId(f"g/{name}")))


async def a_task(served: Gateway, number: int = 1, **fields: Any) -> None:
    """A branch creates a task, and the province matches."""
    await served.tasks.CreateTask(create(number, **fields), **as_("branch-fujian"))
    served.country.match("fujian")


async def explain(
    served: Gateway, name: str = TASK, who: str = "lead-fujian", language: int = 2, **fields: Any
) -> dispatch_pb2.TaskExplanation:
    """An explanation in English."""
    request = dispatch_pb2.ExplainTaskRequest(name=name, language=language, **fields)  # pyright: ignore[reportArgumentType]
    return await served.dispatch.ExplainTask(request, **as_(who))


async def test_a_decision_is_shown_with_every_candidate_and_is_the_one_recorded(served: Gateway) -> None:
    """An auditor checks sums: the parts, the score, and that replaying gives the same."""
    await sign_in(served, *DONE)
    await a_task(served)
    request = dispatch_pb2.GetRoutingDecisionRequest(name=f"{TASK}/decisions/1")
    shown = await served.dispatch.GetRoutingDecision(request, **as_("auditor"))
    assert (shown.task, shown.province, shown.reason) == (TASK, "fujian", "")
    assert shown.reproduced and shown.certified and shown.method == dispatch_pb2.MATCH_METHOD_OPTIMAL
    winner = shown.candidates[0]
    assert (winner.operator, winner.display_name) == ("provinces/fujian/operators/fujian-op-1", "Op-1")
    assert winner.operator == shown.operator and winner.score == shown.score
    for candidate in shown.candidates:
        assert sum(part.contribution for part in candidate.contributions) == candidate.score
        assert all(part.contribution == part.points * part.weight for part in candidate.contributions)
    assert sum(part.contribution for part in shown.urgency_contributions) == shown.urgency
    assert {one.operator for one in shown.runners_up} == {one.operator for one in shown.candidates[1:]}
    done = next(part for part in winner.contributions if part.parameter == "pair_kind_done_count")
    assert (done.value_micro, done.display_name_zh) == (300_000_000, "本类办结件数")
    request.candidates_max = 1
    assert len((await served.dispatch.GetRoutingDecision(request, **as_("auditor"))).candidates) == 1
    none = dispatch_pb2.GetRoutingDecisionRequest(name=f"{TASK}/decisions/9")
    missing = await failure(served.dispatch.GetRoutingDecision(none, **as_("auditor")))
    assert (missing["code"].name, missing["reason"]) == ("NOT_FOUND", "UNKNOWN_DECISION")


async def test_an_explanation_says_why_why_not_and_what_would_have_changed_it(served: Gateway) -> None:
    """The three questions that a team lead is asked every day."""
    await ask(served, "fujian", c.UpsertOperators(entries=(person("fujian", "op-4", 900, kinds={}),)))
    await sign_in(served, *DONE, "op-4")
    await a_task(served)
    told = await explain(served, operator="provinces/fujian/operators/fujian-op-4")
    why = "\n".join(told.lines)
    assert "Op-1 (fujian-op-1) was chosen with " in why
    assert "tasks of the kind done" in why and "proven optimal" in why
    assert "Why not Op-4 (fujian-op-4): does not do this kind." in told.lines
    assert any(line.startswith("Why not Op-2 (fujian-op-2): ") for line in told.lines)
    assert any("Had Op-2 (fujian-op-2) equalled Op-1" in change for change in told.changes)
    assert any(change.startswith("“does not do this kind” aside, Op-4 ") for change in told.changes)
    assert told.decision.reproduced and not told.HasField("diagnosis")
    chinese = await explain(served, language=1)
    assert any("人后选中 Op-1" in line for line in chinese.lines)
    assert all(len(line) <= 500 for line in (*told.lines, *told.changes, *chinese.lines))


async def test_a_waiting_task_says_what_it_waits_for(served: Gateway) -> None:
    """That nobody can tell why nothing routes is the first complaint about such systems."""
    await a_task(served)
    told = await explain(served, operator="provinces/fujian/operators/fujian-op-2")
    assert told.lines[0] == "Of those who may do it (3) nobody is on duty now."
    assert "Why not Op-2 (fujian-op-2): not signed in." in told.lines
    assert told.changes == [
        "It can be given as soon as one of those whom nothing else keeps back (3) signs in.",
        "Or another province takes it.",
    ]
    assert told.diagnosis.cause == dispatch_pb2.WAIT_CAUSE_NOBODY_ON_DUTY
    assert (told.diagnosis.qualified_count, told.diagnosis.on_duty_count) == (3, 0)
    assert not told.HasField("decision")
    suspended = c.SetProvinceStatus(who="ops", status=ProvinceStatus.SUSPENDED, reason="audit")
    assert isinstance(await ask(served, "fujian", suspended), (Done, ProvinceReply))
    assert (await explain(served)).diagnosis.cause == dispatch_pb2.WAIT_CAUSE_PROVINCE_CLOSED


async def test_a_waiting_task_says_why_no_other_province_takes_it(served: Gateway) -> None:
    """The branch was sent to the preview of its policy, which counts reasons and names no task."""
    await a_task(served, home_only=True)
    told, chinese = await explain(served), await explain(served, language=1)
    assert "By the sharing policy in force it stays in the province: must be done at home." in told.lines
    assert "按现行共享策略，此件留在本省：只能在本省办理。" in chinese.lines
    assert (told.diagnosis.stay_reason, told.diagnosis.leaves_for_province) == ("HOME_ONLY", "")
    listed = dispatch_pb2.DiagnoseQueueRequest(parent="provinces/fujian")
    [one] = (await served.dispatch.DiagnoseQueue(listed, **as_("lead-fujian"))).tasks
    assert one.stay_reason == "", "of a whole queue it is not asked"


async def test_decided_and_ended_tasks_are_explained_too(served: Gateway) -> None:
    """The question comes when the customer complains, which is after the decision."""
    await sign_in(served, "op-1")
    await a_task(served)
    held: dict[str, Any] = {"task_id": TaskId("fujian-1"), "operator": OperatorId("fujian-op-1"), "token": 1}
    await ask(served, "fujian", c.StartAssignment(**held))
    decided = await ask(served, "fujian", c.CompleteAssignment(**held, verdict=Verdict.APPROVED))
    assert isinstance(decided, TaskReply)
    told = await explain(served)
    assert told.lines[0].startswith("fujian-op-1 decided it at 2027-01-15 16:00:00")
    assert told.decision.reproduced and told.decision.task_count == 1
    await a_task(served, 2, home_only=True)
    await ask(served, "fujian", c.CancelTask(task_id=TaskId("fujian-2"), reason="withdrawn"))
    cancelled = await explain(served, "provinces/fujian/tasks/fujian-2")
    assert cancelled.lines[0] == "It was cancelled: withdrawn."


async def test_a_task_that_moved_is_told_across_provinces(served: Gateway) -> None:
    """Its home asks, its host decides, and the reason lies in both journals."""
    await a_task(served)
    served.country.move("fujian-1", "fujian", "jiangxi")
    await ask(served, "jiangxi", c.UpsertOperators(entries=(person("jiangxi", "op-1", 12),)))
    await sign_in(served, "op-1", province="jiangxi")
    served.country.match("jiangxi")
    told = await explain(served, who="lead-fujian")
    assert told.decision.operator == "provinces/jiangxi/operators/jiangxi-op-1"
    assert told.decision.reproduced
    assert any("fujian gave it to jiangxi: full" in line for line in told.lines)
    listing = dispatch_pb2.ListRoutingDecisionsRequest(parent=TASK)
    # The host's team lead may ask as well.
    page = await served.dispatch.ListRoutingDecisions(listing, **as_("lead-jiangxi"))
    assert [decision.province for decision in page.routing_decisions] == ["jiangxi"]
    assert not page.routing_decisions[0].candidates


@pytest.mark.parametrize("missing", ["fujian", "jiangxi"])
async def test_a_journal_that_is_too_long_hides_only_its_own_part(served: Gateway, missing: str) -> None:
    """One province with a long journal kept everybody from hearing why a task went where it is; and nobody may take a part for the whole."""
    await a_task(served)
    served.country.move("fujian-1", "fujian", "jiangxi")
    await ask(served, "jiangxi", c.UpsertOperators(entries=(person("jiangxi", "op-1", 12),)))
    await sign_in(served, "op-1", province="jiangxi")
    served.country.match("jiangxi")
    served.country.too_far_back = {missing}
    told = await explain(served)
    assert list(told.missing_provinces) == [missing]
    assert f"journals of {missing} tell could not be read back in time" in told.lines[0]
    is_decision_told, is_move_told = missing == "fujian", missing == "jiangxi"
    assert told.HasField("decision") == is_decision_told
    assert any("fujian gave it to jiangxi: full" in line for line in told.lines) == is_move_told
    assert not any("Nobody has been given" in line for line in told.lines)
    assert missing in (await explain(served, language=1)).lines[0]
    listing = served.dispatch.ListRoutingDecisions(dispatch_pb2.ListRoutingDecisionsRequest(parent=TASK), **as_("ops"))
    assert (await failure(listing))["reason"] == "TOO_FAR_BACK", "a list with holes would pass for a whole one"
    one = dispatch_pb2.GetRoutingDecisionRequest(name=told.decision.name or f"{TASK}/decisions/3")
    if is_decision_told:
        assert (await served.dispatch.GetRoutingDecision(one, **as_("ops"))).province == "jiangxi"
    else:
        assert (await failure(served.dispatch.GetRoutingDecision(one, **as_("ops"))))["reason"] == "TOO_FAR_BACK"


async def test_all_decisions_of_a_task_are_listed_in_pages(served: Gateway) -> None:
    """A task that was handed on has several reasons, one of them a person's."""
    await sign_in(served, "op-1", "op-2")
    await a_task(served)
    reassign = c.ReassignTask(
        who="team_lead:zhou", task_id=TaskId("fujian-1"), operator=OperatorId("fujian-op-2"), reason="knows the case"
    )
    assert isinstance(await ask(served, "fujian", reassign), TaskReply)
    listing = dispatch_pb2.ListRoutingDecisionsRequest(parent=TASK, page_size=1)
    first = await served.dispatch.ListRoutingDecisions(listing, **as_("ops"))
    assert first.routing_decisions[0].reason == "reassigned by team_lead:zhou: knows the case"
    assert first.routing_decisions[0].method == dispatch_pb2.MATCH_METHOD_UNSPECIFIED
    listing.page_token = first.next_page_token
    second = await served.dispatch.ListRoutingDecisions(listing, **as_("ops"))
    assert (second.routing_decisions[0].name, second.next_page_token) == (f"{TASK}/decisions/1", "")
    told = await explain(served)
    assert told.lines[0] == "It was reassigned to fujian-op-2 by team lead zhou: knows the case."


async def test_a_preview_and_a_diagnosis_change_nothing(served: Gateway) -> None:
    """Whoever looks must not take part."""
    await a_task(served)
    await a_task(served, 2, green_channel=True)
    await sign_in(served, "op-2", "op-3")
    request = dispatch_pb2.PreviewMatchRequest(name=TASK)
    shown = await served.dispatch.PreviewMatch(request, **as_("lead-fujian"))
    assert [one.operator[-4:] for one in shown.candidates] == ["op-2", "op-3"], (
        "whoever is new to the kind is tried out"
    )
    assert await served.dispatch.PreviewMatch(request, **as_("lead-fujian")) == shown
    assert shown.model_revision == 1 and shown.urgency == sum(part.contribution for part in shown.urgency_contributions)
    queue = dispatch_pb2.DiagnoseQueueRequest(parent="provinces/fujian", page_size=1, language=dispatch_pb2.LANGUAGE_EN)
    first = await served.dispatch.DiagnoseQueue(queue, **as_("ops"))
    assert [one.task for one in first.tasks] == ["provinces/fujian/tasks/fujian-2"]
    assert [(count.cause, count.task_count) for count in first.causes] == [(dispatch_pb2.WAIT_CAUSE_NEXT, 2)]
    queue.page_token = first.next_page_token
    second = await served.dispatch.DiagnoseQueue(queue, **as_("ops"))
    assert [one.task for one in second.tasks] == [TASK] and not second.next_page_token and not second.causes
    assert second.tasks[0].sentence == (
        "Somebody suitable is free (2): it takes part in the next round; more urgent tasks that wait for the same people: 1."
    )
    served.country.match("fujian")
    held = await failure(served.dispatch.PreviewMatch(request, **as_("lead-fujian")))
    assert (held["code"].name, held["reason"]) == ("FAILED_PRECONDITION", "WRONG_STATE")


async def test_who_may_ask(served: Gateway) -> None:
    """Explanations compare named people: a branch system, a colleague or another province's lead gets none."""
    await a_task(served)
    for who in ("branch-fujian", "desk-fujian", "lead-jiangxi"):
        request = dispatch_pb2.ExplainTaskRequest(name=TASK)
        assert (await failure(served.dispatch.ExplainTask(request, **as_(who))))["code"].name == "PERMISSION_DENIED"
        queue = dispatch_pb2.DiagnoseQueueRequest(parent="provinces/fujian")
        assert (await failure(served.dispatch.DiagnoseQueue(queue, **as_(who))))["code"].name == "PERMISSION_DENIED"
    unseen = dispatch_pb2.ExplainTaskRequest(name="provinces/fujian/tasks/fujian-99")
    assert (await failure(served.dispatch.ExplainTask(unseen, **as_("lead-jiangxi"))))[
        "code"
    ].name == "PERMISSION_DENIED"
    assert (await failure(served.dispatch.ExplainTask(unseen, **as_("ops"))))["code"].name == "NOT_FOUND"
    nowhere = dispatch_pb2.ExplainTaskRequest(name="provinces/atlantis/tasks/atlantis-1")
    assert (await failure(served.dispatch.ExplainTask(nowhere, **as_("ops"))))["reason"] == "UNKNOWN_PROVINCE"
