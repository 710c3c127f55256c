"""What one connection may take of the gateway: streams, time without a word, the size of a message."""

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.guard import SINGLE_BYTES_MAX, Guard
from gateway.metrics import Metrics
from gateway.server import CHANNEL_OPTIONS, MESSAGE_BYTES_MAX
from tests.unit.gateway_streams.served import PATIENCE_S, Served, served

_CREATE = "/sharedops.v1.TaskService/CreateTask"
_OPTIONS = dict(CHANNEL_OPTIONS)
_STREAMS_MAX = int(_OPTIONS["grpc.max_concurrent_streams"])


async def _code(found: Served, method: str, body: bytes) -> grpc.StatusCode:
    call = found.channel.unary_unary(f"/sharedops.v1.TaskService/{method}")(body, **found.as_("branch", "fujian"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value.code()


async def test_a_connection_has_no_more_streams_than_it_may() -> None:
    """One client that opens streams without end would take everybody's memory."""
    # Without a pool of its own, the channel would share its connection with that of the others.
    own = (("grpc.use_local_subchannel_pool", 1),)
    async with served("fujian") as found, grpc.aio.insecure_channel(found.grpc, options=own) as greedy:
        health: Any = health_pb2_grpc.HealthStub(greedy)
        request = health_pb2.HealthCheckRequest()
        streams = [health.Watch(request) for _ in range(_STREAMS_MAX)]
        for stream in streams:
            await stream.read()
        beyond = asyncio.ensure_future(health.Watch(request).read())
        # Others are served meanwhile, often enough that a stream which was let in would have been answered too.
        for _ in range(20):
            await found.health.Check(request, timeout=PATIENCE_S)
        assert not beyond.done()
        streams[0].cancel()
        assert (await asyncio.wait_for(beyond, PATIENCE_S)).status == health_pb2.HealthCheckResponse.SERVING


async def test_a_connection_that_says_nothing_is_closed() -> None:
    """Five hundred silent connections would stay for ever, each with its memory and its file."""
    async with served("fujian") as found:
        host, _, port = found.grpc.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(2 * PATIENCE_S):
            while await reader.read(4_096):
                pass
        writer.close()


async def test_messages_are_bounded_by_what_their_method_carries() -> None:
    """A megabyte is much for one task and little for five hundred."""
    async with served("fujian") as found:
        assert await _code(found, "CreateTask", bytes(SINGLE_BYTES_MAX + 1)) is grpc.StatusCode.INVALID_ARGUMENT
        # Read and found wrong, not refused unread.
        assert await _code(found, "BatchCreateTasks", bytes(SINGLE_BYTES_MAX + 1)) is grpc.StatusCode.INVALID_ARGUMENT
        too_large = await _code(found, "BatchCreateTasks", bytes(MESSAGE_BYTES_MAX + 1))
        assert too_large is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_the_limits_are_those_that_were_decided() -> None:
    """Keepalive and the server's patience with pings belong together; either alone cuts honest clients off."""
    decided = {
        "grpc.max_metadata_size": 8 * 1024,
        "grpc.max_concurrent_streams": 128,
        "grpc.keepalive_time_ms": 10_000,
        "grpc.keepalive_timeout_ms": 5_000,
        "grpc.keepalive_permit_without_calls": 1,
        "grpc.http2.min_recv_ping_interval_without_data_ms": 5_000,
        "grpc.max_connection_idle_ms": 300_000,
        "grpc.max_connection_age_ms": 1_800_000,
        "grpc.max_connection_age_grace_ms": 2_400_000,
        "grpc.server_handshake_timeout_ms": 5_000,
        "grpc.server.max_pending_requests": 10_000,
        "grpc.server.max_pending_requests_hard_limit": 10_000,
    }
    assert {name: _OPTIONS[name] for name in decided} == decided


@pytest.mark.parametrize(
    "method",
    ["sharedops.v1.TaskService/CreateTask", "grpc.health.v1.Health/Check", "sharedops.v1.MonitorService/WatchOverview"],
)
async def test_a_call_that_ends_without_its_message_is_answered(method: str) -> None:
    """It hung until its own deadline, and for ever without one."""
    async with served("fujian") as found:
        metadata = found.as_("ops")["metadata"]
        call = found.channel.stream_stream(f"/{method}")(iter(()), metadata=metadata)
        assert await asyncio.wait_for(call.code(), PATIENCE_S) is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_call_whose_message_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """128 such calls a connection and no deadline of theirs: they would outlive everything but the connection's age."""
    monkeypatch.setattr("gateway.gate.DEADLINE_MAX_S", 0.05)
    async with served("fujian") as found:
        call = found.channel.stream_stream("/sharedops.v1.TaskService/CreateTask")(
            metadata=found.as_("ops")["metadata"]
        )
        assert await asyncio.wait_for(call.code(), PATIENCE_S) is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_client_that_goes_before_its_message_is_counted_as_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of such a client gRPC says first that its messages have ended: an outage of clients would look like a flood of bad requests."""
    outcomes: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.setattr(Metrics, "observe", lambda _metrics, _method, outcome, _seconds: outcomes.put_nowait(outcome))
    waiting = _waits_noted(monkeypatch)
    async with served("fujian") as found:
        gone = found.channel.stream_stream(_CREATE)(metadata=found.as_("ops")["metadata"])
        await asyncio.wait_for(waiting.wait(), PATIENCE_S)
        gone.cancel()
        while (outcome := await asyncio.wait_for(outcomes.get(), PATIENCE_S)) == "OK":
            """Health, which is asked until the province serves."""
        assert outcome == "CANCELLED"


async def test_a_client_that_never_sends_its_message_does_not_keep_the_gateway_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It took the whole time that is left to calls under way, at every restart."""
    monkeypatch.setattr("gateway.gate.LAST_MESSAGE_MAX_S", 0.01)
    monkeypatch.setattr("gateway.server.GRACE_S", 10 * PATIENCE_S)
    waiting = _waits_noted(monkeypatch)
    async with served("fujian") as found:
        silent = found.channel.stream_stream(_CREATE)(metadata=found.as_("ops")["metadata"])
        await asyncio.wait_for(waiting.wait(), PATIENCE_S)
        await asyncio.wait_for(found.gateway.stop(), PATIENCE_S)
        assert await asyncio.wait_for(silent.code(), PATIENCE_S) is grpc.StatusCode.DEADLINE_EXCEEDED


def _waits_noted(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the gateway waits for the message of a `CreateTask`."""
    waiting, wait = asyncio.Event(), Guard._only_message

    def note(guard: Guard, context: Any) -> Any:
        if guard.method == _CREATE:
            waiting.set()
        return wait(guard, context)

    monkeypatch.setattr(Guard, "_only_message", note)
    return waiting
