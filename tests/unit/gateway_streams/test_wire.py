"""Bad bytes, bad callers and bugs: every one leaves as a definite status that shows nothing of our insides."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
import pytest_asyncio

from gateway import permissions
from gateway.server import METADATA_BYTES_MAX
from gateway.v1 import (
    admin_pb2,
    dispatch_pb2,
    event_pb2,
    monitor_pb2,
    operator_pb2,
    province_pb2,
    quality_pb2,
    task_pb2,
    work_pb2,
)
from tests.unit.gateway_streams.served import PATIENCE_S, Served, served

MODULES = (
    task_pb2,
    work_pb2,
    operator_pb2,
    province_pb2,
    dispatch_pb2,
    quality_pb2,
    monitor_pb2,
    event_pb2,
    admin_pb2,
)
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
#: Not a message of any type: a tag without end; half a field; groups within groups without end.
BAD_BYTES = (b"\xff\xff\xff", b"\x0a\x05ab", b"\x0b" * 500)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def country() -> AsyncIterator[Served]:
    """One province that serves, for the whole file."""
    async with served("fujian") as running:
        yield running


def role_of(method: str) -> tuple[str, str]:
    """A role that may call the method."""
    row = permissions.TABLE[method]
    if row.ops is not None:
        return "ops", ""
    return "desk", "fujian"


async def status_of(country: Served, method: str, body: bytes | None, **options: Any) -> grpc.aio.AioRpcError | None:
    """How a call with these bytes ends; None: a stream that listens and says nothing."""
    described = METHODS[method]
    requests_stream, responses_stream = described.client_streaming, described.server_streaming
    shape = f"{'stream' if requests_stream else 'unary'}_{'stream' if responses_stream else 'unary'}"
    call = getattr(country.channel, shape)(method)
    sent = iter([body]) if requests_stream else body
    options = {**country.as_(*role_of(method)), "timeout": PATIENCE_S} | options
    try:
        if body is None:
            await call(**options).read()
        elif responses_stream:
            async for _ in call(sent, **options):
                pass
        else:
            await call(sent, **options)
    except grpc.aio.AioRpcError as error:
        return error
    return None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.asyncio(loop_scope="module")
async def test_bytes_of_no_message_are_an_invalid_argument(country: Served, method: str) -> None:
    """Left to itself, gRPC would answer UNKNOWN with the name of a Python class."""
    for body in BAD_BYTES:
        error = await status_of(country, method, body)
        assert error is not None, "it was accepted"
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT, (body, error)
        assert "Traceback" not in (error.details() or "")
        assert "Error" not in (error.details() or "")


@pytest.mark.asyncio(loop_scope="module")
async def test_text_that_is_not_utf8_is_an_invalid_argument(country: Served) -> None:
    """A name of such bytes could not even be logged."""
    for method in ("TaskService/CreateTask", "TaskService/IngestTasks", "WorkService/Work"):
        name = b"\x12\x02\xc3\x28" if method == "WorkService/Work" else b"\x0a\x02\xc3\x28"
        is_item = method != "TaskService/CreateTask"
        body = b"\x0a" + bytes([len(name)]) + name if is_item else name
        error = await status_of(country, f"/sharedops.v1.{method}", body)
        assert error is not None
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT, (method, error)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.asyncio(loop_scope="module")
async def test_nobody_calls_without_a_token(country: Served, method: str) -> None:
    """A method that somebody forgot to guard would be open to everyone."""
    for metadata in ((), (("authorization", "Bearer wrong"),), (("authorization", "Basic x"),)):
        # A stream is refused from its headers. To write to it meanwhile is an error of its own for gRPC's client, which then shows INTERNAL.
        body = None if METHODS[method].client_streaming else b""
        error = await status_of(country, method, body, metadata=metadata)
        assert error is not None
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.asyncio(loop_scope="module")
async def test_a_method_that_does_not_exist_is_unimplemented(country: Served) -> None:
    """Whatever is asked has a definite answer."""
    call = country.channel.unary_unary("/sharedops.v1.TaskService/Nothing")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call(b"", **country.as_("ops"))
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.asyncio(loop_scope="module")
async def test_a_message_beyond_its_bound_is_refused(country: Served) -> None:
    """One caller's megabytes must not become everybody's memory; only batches may be large."""
    single = task_pb2.CreateTaskRequest(parent="provinces/fujian" + "x" * 1024 * 1024)
    error = await status_of(country, "/sharedops.v1.TaskService/CreateTask", single.SerializeToString())
    assert error is not None
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "larger" in (error.details() or "")
    batch = task_pb2.BatchCreateTasksRequest(parent="provinces/fujian", requests=[single])
    assert await status_of(country, "/sharedops.v1.TaskService/BatchCreateTasks", batch.SerializeToString()) is None
    five_megabytes = task_pb2.CreateTaskRequest(parent="x" * 5 * 1024 * 1024)
    error = await status_of(country, "/sharedops.v1.TaskService/BatchCreateTasks", five_megabytes.SerializeToString())
    assert error is not None
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.asyncio(loop_scope="module")
async def test_a_bug_shows_nothing_of_our_insides(country: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Class names and paths help attackers; a number that the log knows too helps whoever asks us."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr("gateway.services.monitor.deadline_of", broken)
    error = await status_of(country, "/sharedops.v1.MonitorService/GetOverview", b"")
    assert error is not None
    assert error.code() is grpc.StatusCode.INTERNAL
    details = error.details() or ""
    assert "secret" not in details
    assert "ZeroDivision" not in details
    assert "incident" in details


@pytest.mark.asyncio(loop_scope="module")
async def test_every_call_is_counted_with_its_outcome(country: Served) -> None:
    """A branch's errors that no figure shows are errors that nobody mends."""
    await status_of(country, "/sharedops.v1.MonitorService/GetOverview", b"")
    await status_of(country, "/sharedops.v1.MonitorService/GetOverview", b"\xff\xff")
    text = await country.metrics()
    for code in ("OK", "INVALID_ARGUMENT"):
        assert f'sharedops_gateway_requests_total{{code="{code}",method="MonitorService/GetOverview"}}' in text
    assert 'sharedops_gateway_seconds_count{method="MonitorService/GetOverview"}' in text


async def test_metadata_beyond_the_bound_is_always_refused() -> None:
    """The bound that gRPC brings is soft: of calls somewhat above it, it lets some through."""
    filler = (("x-filler", "v" * METADATA_BYTES_MAX),)
    async with served("fujian") as found:
        for number in range(20):
            options = found.as_("branch", "fujian")
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await found.create(number, metadata=options["metadata"] + filler)
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
