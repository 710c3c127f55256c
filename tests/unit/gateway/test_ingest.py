"""Creating tasks in bulk over real gRPC, before a country of the real core."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from gateway.services.ingest import ITEMS_IN_FLIGHT_MAX, MESSAGES_IN_FLIGHT_MAX
from gateway.v1 import task_pb2
from tests.unit.gateway.served import Gateway, as_, create, facts, failure, gateway


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before a country of a few provinces."""
    async with gateway("fujian", "jiangxi") as opened:
        yield opened


async def test_a_batch_answers_item_by_item_in_one_frame_per_province(served: Gateway) -> None:
    """One wrong case of five hundred must not hold up the others; five hundred frames would."""
    request = task_pb2.BatchCreateTasksRequest(
        parent="provinces/fujian",
        requests=[
            create(1),
            create(2, priority=99),
            create(3, province="jiangxi"),
            create(4, kind="nonsense"),
            task_pb2.CreateTaskRequest(request_id="r-5", task={"external_id": "5", "kind": "claims-medical"}),
        ],
    )
    response = await served.tasks.BatchCreateTasks(request, **as_("ops"))
    outcomes = [(result.index, result.request_id, result.WhichOneof("result")) for result in response.results]
    assert outcomes == [
        (0, "r-1", "task"),
        (1, "r-2", "error"),
        (2, "r-3", "task"),
        (3, "r-4", "error"),
        (4, "r-5", "task"),
    ]
    assert [result.error.reason for result in response.results if result.error.reason] == [
        "INVALID_ARGUMENT",
        "UNKNOWN_KIND",
    ]
    assert response.results[1].error.field_violations[0].field == "task.priority"
    assert served.country.frames == [("fujian", 3), ("jiangxi", 1)]


async def test_a_branch_cannot_slip_a_foreign_task_into_its_batch(served: Gateway) -> None:
    """I10 holds for each item, not for the call."""
    request = task_pb2.BatchCreateTasksRequest(requests=[create(1), create(2, province="jiangxi")])
    response = await served.tasks.BatchCreateTasks(request, **as_("branch-fujian"))
    assert [result.error.reason for result in response.results] == ["", "PERMISSION_DENIED"]


async def test_a_stream_gives_exactly_one_result_per_item(served: Gateway) -> None:
    """A result that is missing leaves a branch in doubt for ever; wrong items must not end the stream."""
    sizes = [3, 1, 500, 7] * (MESSAGES_IN_FLIGHT_MAX - 1)
    total = sum(sizes)

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        number = 0
        for size in sizes:
            items = [
                create(number + place, amount_fen=-1 if (number + place) % 10 == 0 else 1) for place in range(size)
            ]
            number += size
            yield task_pb2.IngestTasksRequest(requests=items)

    results: dict[int, task_pb2.TaskResult] = {}
    async for response in served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"]):
        assert 1 <= len(response.results) <= 500
        for result in response.results:
            assert result.index not in results
            results[result.index] = result
    assert sorted(results) == list(range(total))
    for index, result in results.items():
        assert result.request_id == f"r-{index}"
        assert result.WhichOneof("result") == ("error" if index % 10 == 0 else "task")


async def test_results_that_are_there_together_leave_together(served: Gateway) -> None:
    """A branch that sends its tasks one by one would be sent as many messages back, each of which costs more than what is in it."""
    held, begun = asyncio.Event(), 0
    call_many = served.country.call_many

    async def slow(province: str, requests: Any, *, deadline: float) -> Any:
        nonlocal begun
        begun += 1
        if begun == 20:
            held.set()
        await held.wait()
        return await call_many(province, requests, deadline=deadline)

    served.country.call_many = slow

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        for number in range(20):
            yield task_pb2.IngestTasksRequest(requests=[create(number)])

    call = served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"])
    async with asyncio.timeout(20):
        sizes = [len(response.results) async for response in call]
    assert sum(sizes) == 20
    assert len(sizes) <= 2


async def test_a_stream_answers_what_came_before_a_message_out_of_bounds(served: Gateway) -> None:
    """The breach of a bound ends the stream, but not without the answers to what is on disk."""

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        yield task_pb2.IngestTasksRequest(requests=[create(1)])
        yield task_pb2.IngestTasksRequest(requests=[{}] * 501)
        yield task_pb2.IngestTasksRequest(requests=[create(2)])

    call = served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"])
    seen: list[int] = []

    async def read() -> None:
        async for response in call:
            seen.extend(result.index for result in response.results)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read()
    assert seen == [0]
    assert facts(caught.value)["fields"] == ["requests"]


async def test_a_stream_answers_what_came_before_bytes_that_are_no_message(served: Gateway) -> None:
    """The tasks are stored; a branch that is not told so would count them as refused."""

    async def messages() -> AsyncIterator[bytes]:
        for first in (0, 3, 6):
            items = [create(first + place) for place in range(3)]
            yield task_pb2.IngestTasksRequest(requests=items).SerializeToString()
        yield b"\xff\xff\xff"

    call: Any = served.channel.stream_stream("/sharedops.v1.TaskService/IngestTasks")(messages(), **as_("ops"))
    told: list[int] = []

    async def read() -> None:
        async for answer in call:
            told.extend(result.index for result in task_pb2.IngestTasksResponse.FromString(answer).results)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert sorted(told) == list(range(9))


@pytest.mark.parametrize(
    ("items", "most"), [(1, MESSAGES_IN_FLIGHT_MAX), (500, ITEMS_IN_FLIGHT_MAX // 500)], ids=["single", "full"]
)
async def test_a_stream_that_is_not_read_is_not_read_from(served: Gateway, items: int, most: int) -> None:
    """A client that only sends must not fill the gateway's memory: a bounded number of messages and of items is under way."""
    held = asyncio.Event()
    under_way: list[int] = []
    everyone = asyncio.Event()
    call_many = served.country.call_many

    async def slow(province: str, requests: Any, *, deadline: float) -> Any:
        under_way.append(len(requests))
        if len(under_way) == most:
            everyone.set()
        await held.wait()
        return await call_many(province, requests, deadline=deadline)

    served.country.call_many = slow
    sent = 3 * most

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        for number in range(sent):
            yield task_pb2.IngestTasksRequest(requests=[create(number * items + place) for place in range(items)])

    async with asyncio.timeout(20):
        call = served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"])
        await everyone.wait()
        # Whatever else the client has sent, nothing more has gone to the province; a read answered by the same server proves
        # that the loop was not just slow.
        name = task_pb2.GetTaskRequest(name="provinces/fujian/tasks/fujian-1")
        served.country.call_many = call_many
        assert (await failure(served.tasks.GetTask(name, **as_("ops"))))["reason"] == "UNKNOWN_TASK"
        served.country.call_many = slow
        assert len(under_way) == most
        held.set()
        assert sum([len(response.results) async for response in call]) == sent * items


async def test_a_client_that_goes_away_leaves_nothing_behind(served: Gateway) -> None:
    """Streams end by broken lines every day; what each leaves running would add up to the end of the gateway."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(province: str, requests: Any, *, deadline: float) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    served.country.call_many = hang

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        yield task_pb2.IngestTasksRequest(requests=[create(1)])
        await asyncio.Event().wait()

    call = served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"])
    async with asyncio.timeout(20):
        await begun.wait()
        call.cancel()
        await ended.wait()
