"""The kernel refuses every write of a running actor (a limit on file sizes, which the actor cannot tell from a full disk)."""

import contextlib
import resource
import uuid
from collections.abc import Iterator

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.v1 import operator_pb2, operator_pb2_grpc
from tests.integration.branch import KIND, Branch
from tests.integration.country import Country
from tests.integration.until import until


@pytest.fixture
def channel(country: Country):
    """A channel to the gateway."""
    with grpc.insecure_channel(country.grpc) as opened:
        yield opened


@contextlib.contextmanager
def _no_room(pid: int) -> Iterator[None]:
    """No file of the process may grow beyond one byte."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def _retry_delay_ms(error: grpc.RpcError) -> int:
    """What the refusal says of when to come back."""
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType] - a client's error is its call
    assert status is not None
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status.details)
    return retry.retry_delay.ToMilliseconds()


def test_a_province_on_a_full_disk_refuses_writes_serves_reads_and_heals(
    country: Country, channel: grpc.Channel
) -> None:
    """Would break if a full disk hung clients, ended the actor, hid what is stored, or needed a restart."""
    branch = Branch(channel, country, "shandong")
    before = country.runtime("shandong")
    kept = branch.create(home_only=True)
    external = uuid.uuid4().hex
    with _no_room(before.pid):
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as refused:
                branch.create(external_id=external, home_only=True)
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert _retry_delay_ms(refused.value) > 0
            assert branch.get(kept.name).name == kept.name
    until(lambda: _is_created(branch, external), within_s=10)
    assert country.runtime("shandong").pid == before.pid, "it healed without a restart"


def _is_created(branch: Branch, external_id: str) -> bool:
    try:
        branch.create(external_id=external_id, home_only=True)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return False
    return True


def test_headquarters_on_a_full_disk_refuse_new_kinds_and_heal(country: Country, channel: grpc.Channel) -> None:
    """Would break if a full disk ended the coordinator, or left a caller without a definite answer."""
    operators = operator_pb2_grpc.OperatorServiceStub(channel)
    ops = country.token("ops")
    kind = operators.GetTaskKind(operator_pb2.GetTaskKindRequest(name=f"taskKinds/{KIND}"), metadata=ops, timeout=10)
    kind.standard_minutes += 1
    request = operator_pb2.UpdateTaskKindRequest(task_kind=kind, request_id=uuid.uuid4().hex)
    pid = country.coordinator_pid()
    with _no_room(pid):
        with pytest.raises(grpc.RpcError) as refused:
            operators.UpdateTaskKind(request, metadata=ops, timeout=10)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert _retry_delay_ms(refused.value) > 0

    def updated() -> bool:
        try:
            answer = operators.UpdateTaskKind(request, metadata=ops, timeout=10)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            return False
        return answer.standard_minutes == kind.standard_minutes

    until(updated, within_s=10)
    assert country.coordinator_pid() == pid
