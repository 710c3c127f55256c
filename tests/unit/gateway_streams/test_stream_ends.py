"""Streams that are old: what was read is answered, then they end with a reason to come back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.errors import GatewayError
from gateway.stream_ends import STREAM_AGE_S, STREAM_AGE_SPREAD, StreamEnds
from gateway.v1 import monitor_pb2, task_pb2
from tests.unit.gateway_streams.served import PATIENCE_S, served
from tests.unit.gateway_streams.site import KIND
from tests.unit.gateway_streams.test_connection_limits import _OPTIONS


def test_no_stream_outlives_what_its_connection_has_left() -> None:
    """It would be cut off by gRPC, and answers that are on their way would be lost without a reason."""
    assert _OPTIONS["grpc.max_connection_age_grace_ms"] > STREAM_AGE_S * (1 + STREAM_AGE_SPREAD) * 1_000


async def _read(call: Any, messages: list[Any]) -> None:
    """Read a stream to its end."""
    async with asyncio.timeout(PATIENCE_S):
        while (message := await call.read()) is not grpc.aio.EOF:
            messages.append(message)


async def _end(call: Any) -> tuple[list[Any], str, float]:
    """Read a stream to its end: the messages, the reason, and when to come back, seconds."""
    messages: list[Any] = []
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await _read(call, messages)
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
    status = rpc_status.from_call(ended.value)  # pyright: ignore[reportArgumentType] - an error is its call
    assert status is not None
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert any(detail.Unpack(retry) for detail in status.details)
    return messages, info.reason, retry.retry_delay.ToTimedelta().total_seconds()


async def test_an_old_stream_answers_what_it_has_read_and_says_come_again() -> None:
    """After half an hour every client was cut off with a status that says nothing, answers on the way were lost, and it looked like a fault."""
    async with served("fujian", stream_age_s=0.2) as found:
        ingest = found.tasks.IngestTasks(**found.as_("branch", "fujian"))
        requests = [
            task_pb2.CreateTaskRequest(
                parent="provinces/fujian",
                request_id=f"r-{number}",
                task=task_pb2.Task(external_id=f"case-{number}", kind=KIND),
            )
            for number in range(20)
        ]
        await ingest.write(task_pb2.IngestTasksRequest(requests=requests))
        watch = found.monitor.WatchOverview(monitor_pb2.WatchOverviewRequest(), **found.as_("ops"))
        work = found.work.Work(**found.as_("desk", "fujian"))
        ends = await asyncio.gather(*(_end(call) for call in (ingest, watch, work)))
        assert [(reason, retry_s) for _, reason, retry_s in ends] == [("STREAM_AGED", 0.1)] * 3
        process = found.sites["fujian"].process
        assert process is not None
        answered = sum(len(message.results) for message in ends[0][0])
        assert answered == len(process.commits.province.state.tasks), "whatever was read was answered"


@pytest.mark.parametrize("is_stopping", [False, True])
async def test_a_client_that_has_said_all_is_not_told_to_come_again(is_stopping: bool) -> None:
    """A client that hung up in the last moment of its stream, or of the gateway, would send everything once more."""

    async def messages() -> AsyncIterator[int]:
        yield 1

    ends = StreamEnds(3_600.0 if is_stopping else 0.0)
    end = ends.stream()
    taken = [message async for message in end.reading(messages())]
    assert taken == [1]
    if is_stopping:
        ends.stop()
    await asyncio.sleep(0)
    assert [answer async for answer in end.responding(messages(), interrupted=False)] == [1]


async def test_a_wait_that_ends_for_two_reasons_ends_once() -> None:
    """The second cancellation could not be taken back: the stream would end as cancelled, and nobody be told why."""
    ends = StreamEnds(3_600.0)

    waits = asyncio.Event()

    async def silent() -> AsyncIterator[int]:
        waits.set()
        await asyncio.Event().wait()
        yield 1

    async def converse() -> None:
        async for _ in ends.stream().responding(silent(), interrupted=True):
            pass

    task = asyncio.create_task(converse())
    await waits.wait()
    ends.stop()
    ends.interrupt(task)
    with pytest.raises(GatewayError, match="SHUTTING_DOWN"):
        await task
