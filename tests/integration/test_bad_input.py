"""Bad input over the real wire: a definite status with the wrong fields, nothing stored, never UNKNOWN or INTERNAL."""

import uuid

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.v1 import task_pb2
from tests.integration.branch import Branch
from tests.integration.country import Country

CREATE = "/sharedops.v1.TaskService/CreateTask"


@pytest.fixture
def channel(country: Country):
    """A channel to the gateway."""
    with grpc.insecure_channel(country.grpc) as opened:
        yield opened


def _request(**fields: object) -> task_pb2.CreateTaskRequest:
    task = task_pb2.Task(kind="claims-medical", external_id=uuid.uuid4().hex)
    for name, value in fields.items():
        setattr(task, name, value)
    return task_pb2.CreateTaskRequest(parent="provinces/fujian", task=task, request_id=uuid.uuid4().hex)


def _send(channel: grpc.Channel, country: Country, data: bytes, timeout_s: float = 10.0) -> grpc.RpcError:
    """Send bytes as a CreateTask; the error they must be answered with."""
    call = channel.unary_unary(CREATE, request_serializer=None, response_deserializer=None)
    with pytest.raises(grpc.RpcError) as refused:
        call(data, metadata=country.token("branch", "fujian"), timeout=timeout_s)
    return refused.value


def _fields(error: grpc.RpcError) -> list[str]:
    """The fields that the error names."""
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType] - a client's error is its call
    assert status is not None
    named: list[str] = []
    for detail in status.details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            named += [violation.field for violation in bad.field_violations]
    return named


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount_fen": -1}, "task.amount_fen"),
        ({"external_id": "a\0b"}, "task.external_id"),
        ({"external_id": ""}, "task.external_id"),
        ({"external_id": "evil\u202etxt"}, "task.external_id"),
        ({"priority": 10}, "task.priority"),
        ({"complexity": 6}, "task.complexity"),
        ({"note": "x" * 2_001}, "task.note"),
        ({"kind": "no-such-kind"}, "kind"),
    ],
)
def test_a_wrong_field_is_named(country: Country, channel: grpc.Channel, fields: dict[str, object], named: str) -> None:
    """Would break if a bound of the contract were not checked, or if the caller were not told which."""
    error = _send(channel, country, _request(**fields).SerializeToString())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert any(field.endswith(named) for field in _fields(error))


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x80", b"\x12" * 60, b"\x0a\x03\xff\xfe\xfd"])
def test_wrong_bytes_are_an_invalid_argument(country: Country, channel: grpc.Channel, data: bytes) -> None:
    """Would break if gRPC answered for us, with UNKNOWN and the name of a class."""
    error = _send(channel, country, data)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Error" not in (error.details() or "")


def test_ten_megabytes_are_refused(country: Country, channel: grpc.Channel) -> None:
    """Would break if one message could fill the gateway's memory."""
    error = _send(channel, country, _request(note="x" * 10_000_000).SerializeToString())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_an_unknown_province_a_foreign_one_and_no_identity_are_refused(country: Country, channel: grpc.Channel) -> None:
    """Would break if a branch could write to another, or anybody without a token."""
    request = _request()
    request.parent = "provinces/atlantis"
    assert _send(channel, country, request.SerializeToString()).code() in (
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.PERMISSION_DENIED,
    )
    request.parent = "provinces/jiangxi"
    assert _send(channel, country, request.SerializeToString()).code() is grpc.StatusCode.PERMISSION_DENIED
    call = channel.unary_unary(CREATE, request_serializer=None, response_deserializer=None)
    with pytest.raises(grpc.RpcError) as nobody:
        call(_request().SerializeToString(), timeout=10)
    assert nobody.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_an_expired_deadline_stores_nothing(country: Country, channel: grpc.Channel) -> None:
    """Would break if a call that its caller had given up were carried out from the start."""
    branch = Branch(channel, country, "fujian")
    branch.create(home_only=True)
    external = uuid.uuid4().hex
    error = _send(channel, country, _request(external_id=external).SerializeToString(), timeout_s=1e-9)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    other_content = branch.create(external_id=external, amount_fen=7, home_only=True)
    assert other_content.amount_fen == 7, "the external id was free: nothing had been stored under it"
