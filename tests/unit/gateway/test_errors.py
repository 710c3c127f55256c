"""Every failure leaves with a definite status, the same facts in both forms."""

import pickle
import re
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from actors.core.country import Line
from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId
from actors.core.refusal import Reason, Refused
from actors.core.task import Decision, Task, TaskSpec, TaskState, Verdict
from gateway import errors
from gateway.errors import GatewayError, GatewayReason, Violation

ALL_REASONS = [*Reason, *GatewayReason]


def details(error: GatewayError) -> dict[str, object]:
    """The rich details of a failed call, by their short type name."""
    metadata = dict(errors.trailing_metadata(error))
    value = metadata["grpc-status-details-bin"]
    assert isinstance(value, bytes)
    status = status_pb2.Status.FromString(value)
    assert (status.code, status.message) == (error.code.value[0], error.message)
    found: dict[str, object] = {}
    for packed in status.details:
        kind = getattr(error_details_pb2, packed.TypeName().rpartition(".")[2])
        message = kind()
        assert packed.Unpack(message)
        found[kind.__name__] = message
    return found


@pytest.mark.parametrize("reason", ALL_REASONS)
def test_every_reason_has_one_definite_status(reason: errors.AnyReason) -> None:
    """A reason without a row would reach a branch system as UNKNOWN or INTERNAL."""
    error = GatewayError(reason)
    assert error.code not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.OK)
    wire = errors.to_wire_error(error)
    info = details(error)["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == (reason.value.upper(), "sharedops.v1")
    assert (wire.code, wire.reason, wire.retry_after_ms) == (error.code.value[0], info.reason, error.retry_after_ms)


def test_the_table_has_nothing_but_reasons() -> None:
    """A row that no reason leads to is a rule that nobody tests; two reasons of one name could not be told apart."""
    assert list(errors.TABLE) == ALL_REASONS
    assert len({reason.value for reason in ALL_REASONS}) == len(ALL_REASONS)


def test_every_reason_is_given_somewhere() -> None:
    """A client would be told to expect what never comes, and somebody would write code for it."""
    root = Path(errors.__file__).parents[1]
    text = "".join(
        path.read_text(encoding="utf-8") for part in ("actors", "gateway") for path in (root / part).rglob("*.py")
    )
    # Of a refusal, of an error, or what to say when somebody does not answer until a deadline.
    given = re.findall(r"(?:\breason=|\bGatewayError\(\s*|\bdeadline,\s*)((?:Gateway)?Reason\.[A-Z_]+)", text)
    assert [name for reason in ALL_REASONS if (name := f"{type(reason).__name__}.{reason.name}") not in given] == []


def test_only_unavailable_and_exhausted_promise_that_a_retry_helps() -> None:
    """Clients retry on these two; RetryInfo on anything else would make them hammer what cannot succeed."""
    retryable = {row.code for row in errors.TABLE.values() if row.retry_after_ms}
    assert retryable == {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}
    unavailable = [row for row in errors.TABLE.values() if row.code is grpc.StatusCode.UNAVAILABLE]
    assert all(row.retry_after_ms for row in unavailable)


def test_a_province_says_itself_how_long_to_wait() -> None:
    """A full queue knows better than a table when there is room again."""
    refused = Refused(reason=Reason.QUEUE_FULL, message="Full.", retry_after_ms=200)
    info = details(errors.from_refused(refused))["RetryInfo"]
    assert isinstance(info, error_details_pb2.RetryInfo)
    assert info.retry_delay.ToMilliseconds() == 200


@pytest.mark.parametrize("error", [GatewayError(reason, "Why.", [Violation("a", "b")]) for reason in ALL_REASONS])
def test_errors_survive_pickling(error: GatewayError) -> None:
    """An error that does not come back from another process with its reason comes back as a bug."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert vars(copy) == vars(error)


CORE_FACTS = {
    "task": "fujian-7",
    "state": "assigned",
    "province": "jiangxi",
    "operator": "jiangxi-op-2",
    "token": "5",
    "generation": "2",
}


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (Refused(reason=Reason.STALE_TOKEN, metadata=CORE_FACTS), "STALE_TOKEN"),
        (Refused(reason=Reason.ALREADY_DECIDED, metadata=CORE_FACTS), "STALE_TOKEN"),
        (Refused(reason=Reason.WRONG_STATE, metadata=CORE_FACTS), "STALE_TOKEN"),
        (Refused(reason=Reason.ALREADY_DECIDED, metadata=CORE_FACTS | {"token": "3"}), "ALREADY_DECIDED"),
        (Refused(reason=Reason.WRONG_STATE, metadata=CORE_FACTS | {"token": "3"}), "WRONG_STATE"),
    ],
)
def test_a_thawed_desk_learns_that_its_token_is_void(refused: Refused, reason: str) -> None:
    """A desk that held token 3 must hear STALE_TOKEN whichever check noticed first, and who has the task now."""
    error = errors.from_refused(refused, token=3)
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    token = refused.metadata["token"]
    assert error.metadata == {
        "task": "provinces/fujian/tasks/fujian-7",
        "task_state": "TASK_STATE_ASSIGNED",
        "host_province": "jiangxi",
        "winning_assignment": f"provinces/fujian/tasks/fujian-7/assignments/{token}",
        "winning_operator": "provinces/jiangxi/operators/jiangxi-op-2",
        "winning_token": token,
    }
    assert errors.to_wire_error(error).metadata == error.metadata


def test_whose_decision_is_not_known_is_told_by_the_tasks_name() -> None:
    """A branch that asks for the task under the province's own id for it is refused, by the very system that named it so."""
    refused = Refused(reason=Reason.NOT_DECIDED, metadata={"task": "fujian-7"})
    assert errors.from_refused(refused).metadata == {"task": "provinces/fujian/tasks/fujian-7"}


@pytest.mark.parametrize("state", ["queued", "moving", "offered", "moved"])
def test_while_nobody_holds_the_task_nobody_has_won(state: str) -> None:
    """A desk would show its operator a winner who does not exist (an offer is not yet an assignment)."""
    operator = "jiangxi-op-2" if state == "offered" else ""
    facts = CORE_FACTS | {"state": state, "operator": operator}
    found = errors.winner_metadata(facts)
    assert set(found) == {"task", "task_state", "host_province"}
    assert found["task_state"] == ("TASK_STATE_MOVING" if state == "moved" else f"TASK_STATE_{state.upper()}")


def test_the_winner_of_a_task_read_at_its_host_is_named() -> None:
    """After an evacuation the old site knows only where the task went; the decision was made elsewhere."""
    decision = Decision(
        verdict=Verdict.APPROVED, operator=OperatorId("jiangxi-~10086"), province=ProvinceCode("jiangxi"), time_ms=1
    )
    task = Task(
        task_id=TaskId("fujian-7"),
        home=ProvinceCode("fujian"),
        spec=TaskSpec(kind=KindId("claims-medical")),
        line=Line.CLAIMS,
        created_ms=1,
        created_by="branch:b",
        host=ProvinceCode("jiangxi"),
        state=TaskState.COMPLETED,
        token=9,
        decision=decision,
    )
    found = errors.stale_token(task).metadata
    assert found["winning_operator"] == "provinces/jiangxi/operators/10086"
    assert found["winning_assignment"] == "provinces/fujian/tasks/fujian-7/assignments/9"


def test_details_fit_into_the_metadata_that_clients_accept() -> None:
    """Clients cut a call off at 8 KiB of metadata: a caller with 1,000 mistakes would see a broken connection instead of them."""
    many = [(f"task.field_{'x' * 300}_{number}", "y" * 400) for number in range(1_000)]
    error = errors.invalid(many)
    size = sum(len(key) + len(value) for key, value in errors.trailing_metadata(error)) + len(error.message)
    assert size < 8 * 1024 * 3 / 4  # it travels in base64
    wire = errors.to_wire_error(error)
    assert len(wire.field_violations) == errors.VIOLATIONS_MAX
    assert all(len(violation.field) <= 200 for violation in wire.field_violations)


def test_only_invalid_argument_names_fields_in_items() -> None:
    """The contract promises that field_violations come with INVALID_ARGUMENT alone."""
    error = errors.unknown_province("atlantis")
    assert error.code is grpc.StatusCode.NOT_FOUND
    assert not errors.to_wire_error(error).field_violations
    bad = details(error)["BadRequest"]
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert bad.field_violations[0].field == "parent"
