"""Where too much waits for one province: who is refused, who stands still, and that all others go on."""

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest

from actors import protocol
from actors.core import commands as c
from actors.core.ids import TaskId
from gateway.errors import GatewayError
from gateway.v1 import task_pb2, work_pb2
from tests.unit.gateway_streams.desk import Workbench
from tests.unit.gateway_streams.served import KIND, PATIENCE_S, served


def _items(*numbers: int) -> task_pb2.IngestTasksRequest:
    return task_pb2.IngestTasksRequest(
        requests=[
            task_pb2.CreateTaskRequest(
                parent="provinces/fujian",
                request_id=f"r-{number}",
                task=task_pb2.Task(external_id=f"case-{number}", kind=KIND),
            )
            for number in numbers
        ]
    )


async def test_calls_for_a_province_that_is_away_leave_room_for_the_others() -> None:
    """A province that hangs would gather every call that may wait, and all others would be refused for it."""
    async with served("fujian", "jiangxi", "hubei", started=["jiangxi", "hubei"], calls_max=4) as found:
        asked = c.GetTask(task_id=TaskId("fujian-1"))
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        hanging = [asyncio.create_task(found.gateway.links.call("fujian", asked, deadline=deadline)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(GatewayError, match="Too many calls wait"):
            await found.gateway.links.call("fujian", asked, deadline=deadline)
        for number, province in enumerate(("jiangxi", "hubei")):
            await found.create(number, province)
        for call in hanging:
            call.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


async def test_steps_of_a_stream_are_refused_where_too_much_waits_and_the_others_are_carried_out() -> None:
    """A refusal names its action and says when to come back: a step that went nowhere in silence would leave its desk waiting for ever."""
    async with (
        served("fujian", "jiangxi", started=["jiangxi"], calls_max=4) as found,
        Workbench(found) as bench,
        Workbench(found, "jiangxi") as other,
    ):
        steps = [
            bench.action(1, start=work_pb2.StartAction(task=f"provinces/fujian/tasks/fujian-{number}", token=1))
            for number in range(1, 4)
        ]
        for step in steps:
            await bench.send(step)
        refused = (await bench.until(lambda update: update.HasField("result"))).result
        assert (refused.action_id, refused.error.reason) == (steps[2].action_id, "OVERLOADED")
        assert refused.error.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
        assert refused.error.retry_after_ms > 0
        await other.sign_in(1)
        fetched = await other.result(other.action(1, fetch_next=work_pb2.FetchNextAction()))
        assert fetched.HasField("no_work")
        await found.sites["fujian"].start()
        reasons = {
            (await bench.until(lambda update, step=step: update.result.action_id == step.action_id)).result.error.reason
            for step in steps[:2]
        }
        assert reasons == {"UNKNOWN_TASK"}
        again = await bench.result(bench.action(1, start=steps[2].start))
        assert again.error.reason == "UNKNOWN_TASK"


async def test_items_of_a_stream_are_refused_where_too_much_waits_and_the_others_are_made() -> None:
    """Each item has one result, and what was refused is not there: its branch sends it again."""
    async with served("fujian", "jiangxi", started=["jiangxi"], calls_max=4) as found:
        call = found.tasks.IngestTasks(**found.as_("branch", "fujian"))
        for number in range(3):
            await call.write(_items(2 * number, 2 * number + 1))
        refused = await call.read()
        assert [(result.index, result.error.reason) for result in refused.results] == [
            (4, "OVERLOADED"),
            (5, "OVERLOADED"),
        ]
        assert all(result.error.retry_after_ms > 0 for result in refused.results)
        await found.sites["fujian"].start()
        await call.done_writing()
        made: list[task_pb2.TaskResult] = []
        while (response := await call.read()) is not grpc.aio.EOF:
            made += response.results
        assert sorted((result.index, result.HasField("task")) for result in made) == [
            (place, True) for place in range(4)
        ]
        site = found.sites["fujian"]
        assert site.process is not None
        assert len(site.process.commits.province.state.tasks) == 4


async def test_items_of_a_stream_wait_where_much_waits_for_a_province_that_serves() -> None:
    """From eighty bulk streams of single items on, all but the first were refused though nothing was wrong, and with them desks' steps."""
    async with served("fujian", "jiangxi", calls_max=6) as found:
        site = found.sites["fujian"]
        assert site.process is not None
        created = await found.create(99)
        commit_soon, site.process._commit_soon = site.process._commit_soon, lambda: None
        streams: list[Any] = [found.tasks.IngestTasks(**found.as_("ops")) for _ in range(3)]
        for stream, numbers in zip(streams, ((0, 1), (2, 3), (4, 5)), strict=True):
            for number in numbers:
                await stream.write(_items(number))
        await site.until_seen(protocol.Bundle, 2)
        # Two of three places are used up by items; the third is for others, of whom one comes.
        reading = asyncio.ensure_future(
            found.tasks.GetTask(task_pb2.GetTaskRequest(name=created.name), **found.as_("branch", "fujian"))
        )
        await site.until_seen(c.GetTask)
        assert len(site.seen(protocol.Bundle)) == 2
        site.process._commit_soon = commit_soon
        commit_soon()
        assert (await reading).name == created.name
        made: list[task_pb2.TaskResult] = []
        for stream in streams:
            await stream.done_writing()
            while (response := await stream.read()) is not grpc.aio.EOF:
                made += response.results
        assert sorted((result.index, result.WhichOneof("result")) for result in made) == [
            (place, "task") for place in (0, 0, 0, 1, 1, 1)
        ]


async def test_items_for_two_provinces_wait_for_both() -> None:
    """Room that was there before the wait for another province may be gone behind it."""
    async with served("fujian", "jiangxi", calls_max=6) as found:
        links, places = found.gateway.links, found.gateway.links._places
        names = [protocol.province_name(code) for code in ("fujian", "jiangxi")]
        places.take(names[1])
        places.take(names[1])
        waiting = asyncio.create_task(links.room_for(["fujian", "jiangxi"]))
        await asyncio.sleep(0)
        places.take(names[0])
        places.take(names[0])
        places.give_back(names[1])
        places.give_back(names[1])
        async with asyncio.timeout(PATIENCE_S):
            while names[0] not in links._turns._queues and not waiting.done():  # noqa: ASYNC110 - it rings no bell
                await asyncio.sleep(0)
        assert not waiting.done()
        places.give_back(names[0])
        async with asyncio.timeout(PATIENCE_S):
            await waiting
        places.give_back(names[0])
