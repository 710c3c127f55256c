"""A task's whole journey over the real wire, and the frozen desk that comes too late."""

import uuid
from typing import cast

import grpc
import pytest

from gateway.v1 import dispatch_pb2, dispatch_pb2_grpc, operator_pb2, operator_pb2_grpc, task_pb2
from tests.integration.branch import Branch, Desk
from tests.integration.country import Country
from tests.integration.until import until


@pytest.fixture
def channel(country: Country):
    """A channel to the gateway."""
    with grpc.insecure_channel(country.grpc) as opened:
        yield opened


def test_a_task_is_created_fetched_started_and_decided(country: Country, channel: grpc.Channel) -> None:
    """Would break if any station of the main job did not reach the next one, or if nobody could say afterwards why it went that way."""
    branch, desk = Branch(channel, country, "shandong"), Desk(channel, country, "shandong", "shandong-op-1")
    desk.sign_in()
    created = branch.create(amount_fen=12_345)
    assert created.state in (task_pb2.TASK_STATE_QUEUED, task_pb2.TASK_STATE_OFFERED)
    held = _take(desk, created.name)
    desk.start(created.name, held)
    brief = desk.complete(created.name, held)
    assert brief.state == task_pb2.TASK_STATE_COMPLETED
    read = branch.get(created.name)
    assert read.state == task_pb2.TASK_STATE_COMPLETED
    assert read.decision.verdict == task_pb2.VERDICT_APPROVED
    assert read.decision.operator == desk.operator
    desk.sign_out()
    explained = dispatch_pb2_grpc.DispatchServiceStub(channel).ExplainTask(
        dispatch_pb2.ExplainTaskRequest(name=created.name), metadata=country.token("ops"), timeout=30
    )
    assert explained.decision.reproduced and explained.decision.candidates[0].operator == desk.operator


def test_the_same_request_gets_the_same_answer_and_another_is_refused(country: Country, channel: grpc.Channel) -> None:
    """Would break if a repeated write made a second task, or if a request id could be used twice."""
    branch = Branch(channel, country, "shandong")
    external, request = uuid.uuid4().hex, uuid.uuid4().hex
    first = branch.create(external_id=external, request_id=request, home_only=True)
    again = branch.create(external_id=external, request_id=request, home_only=True)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
    with pytest.raises(grpc.RpcError) as refused:
        branch.create(external_id=external, request_id=request, amount_fen=1, home_only=True)
    assert refused.value.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS)
    with pytest.raises(grpc.RpcError) as exists:
        branch.create(external_id=external, amount_fen=2, home_only=True)
    assert exists.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_a_thawed_desk_is_refused_and_told_who_won(country: Country, channel: grpc.Channel) -> None:
    """Would break if a desk whose lease ran out could still decide: the task would be decided twice."""
    branch = Branch(channel, country, "jiangxi")
    frozen = _enrol(country, channel, "jiangxi", "slow")
    other = _enrol(country, channel, "jiangxi", "quick")
    frozen.sign_in()
    created = branch.create(home_only=True, preferred_operator=frozen.operator)
    token = _take(frozen, created.name)
    frozen.start(created.name, token)
    # The desk falls silent: nothing more is heard of it until its lease has run out.
    until(lambda: branch.get(created.name).state == task_pb2.TASK_STATE_QUEUED, within_s=30)
    other.sign_in()
    winning = _take(other, created.name)
    other.start(created.name, winning)
    other.complete(created.name, winning)
    with pytest.raises(grpc.RpcError) as refused:
        frozen.complete(created.name, token)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert other.operator in _error_info(refused.value).values()
    assert branch.get(created.name).decision.operator == other.operator
    other.sign_out()


def _enrol(country: Country, channel: grpc.Channel, province: str, name: str) -> Desk:
    """Put a person of their own on the roster, so that tests do not share desks."""
    operator = f"{name}-{uuid.uuid4().hex[:8]}"
    entry = operator_pb2.Operator(
        site=f"{province}-test",
        display_name=name,
        kinds=[operator_pb2.KindExperience(kind="claims-medical", experience_count=1)],
        authorities=[operator_pb2.LineAuthority(line=operator_pb2.LINE_CLAIMS, level=9)],
        skills=[operator_pb2.SkillLevel(skill="icd10-coding", level=5)],
        capacity=1,
        clearance=4,
    )
    request = operator_pb2.CreateOperatorRequest(
        parent=f"provinces/{province}", operator_id=operator, operator=entry, request_id=uuid.uuid4().hex
    )
    operator_pb2_grpc.OperatorServiceStub(channel).CreateOperator(request, metadata=country.token("ops"), timeout=10)
    return Desk(channel, country, province, operator)


def _take(desk: Desk, task: str) -> int:
    """Get the task onto the desk, by its offer or by fetching; the lease token."""
    taken: list[int] = []

    def held() -> bool:
        session = desk.sign_in()
        taken.extend(desk.accept(task, offer.token).token for offer in session.offers if offer.task.name == task)
        taken.extend(assignment.token for assignment in session.assignments if assignment.task.name == task)
        if not taken and not session.offers:
            answer = desk.fetch()
            if answer.WhichOneof("result") == "assignment" and answer.assignment.task.name == task:
                taken.append(answer.assignment.token)
        return bool(taken)

    until(held, within_s=20)
    return taken[0]


def _error_info(error: grpc.RpcError) -> dict[str, str]:
    """The metadata of the rich error."""
    from google.rpc import error_details_pb2
    from grpc_status import rpc_status

    status = rpc_status.from_call(cast("grpc.Call", error))
    assert status is not None
    facts: dict[str, str] = {}
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            facts.update(info.metadata)
    return facts
