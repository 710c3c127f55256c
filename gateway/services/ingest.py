"""Creating tasks in bulk: one frame per province and message, whatever the number of items.

A batch is validated item by item, grouped by home, sent to all homes at once, and answered in the order of its items. A stream is a
sequence of such batches of which a bounded number is under way; their results leave as they finish. The bound counts a batch until its
results were taken, so a client that does not read its results is not read from either.

One wrong item never fails its neighbours, let alone the stream.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

from actors.core import commands as c
from actors.core.ids import ProvinceCode
from actors.core.replies import TaskReply
from gateway import conversion, names, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import item_deadline
from gateway.errors import GatewayError, to_wire_error
from gateway.identity import Identity
from gateway.v1 import task_pb2

#: Messages of one stream under way at once. Eight keep a province's next frame filled while the last is being fsynced.
MESSAGES_IN_FLIGHT_MAX = 8


async def create_tasks(
    provinces: Provinces,
    identity: Identity,
    method: str,
    items: Iterable[task_pb2.CreateTaskRequest],
    first_index: int,
    deadline: float,
) -> list[task_pb2.TaskResult]:
    """Create each item's task; exactly one result per item, in their order."""
    homes = _Homes(provinces, identity, method)
    who = identity.who
    results: list[task_pb2.TaskResult] = []
    by_home: dict[ProvinceCode, list[tuple[task_pb2.TaskResult, c.CreateTask]]] = {}
    for index, item in enumerate(items, start=first_index):
        # The id goes back as far as it can be one of ours: a wrong one may be a megabyte.
        result = task_pb2.TaskResult(index=index, request_id=item.request_id[:64])
        results.append(result)
        try:
            validation.check(item)
            home = homes.of(item.parent)
            command = c.CreateTask(who=who, request_id=item.request_id, spec=conversion.spec_in(item.task))
        except GatewayError as error:
            result.error.CopyFrom(to_wire_error(error))
        else:
            by_home.setdefault(home, []).append((result, command))
    await asyncio.gather(*(_create_at(provinces, home, group, deadline) for home, group in by_home.items()))
    return results


class _Homes:
    """The home provinces that the items of a batch name, each looked at once."""

    def __init__(self, provinces: Provinces, identity: Identity, method: str) -> None:
        self._provinces, self._identity, self._method = provinces, identity, method
        self._known: dict[str, ProvinceCode] = {}

    def of(self, parent: str) -> ProvinceCode:
        """The province of a valid name.

        Raises:
            GatewayError: the identity may not create tasks there, or there is no such province.
        """
        home = self._known.get(parent)
        if home is None:
            home = names.parse_province(parent)
            permissions.check_province(self._identity, self._method, home)
            check_known(self._provinces, home, "parent")
            self._known[parent] = home
        return home


async def _create_at(
    provinces: Provinces,
    home: ProvinceCode,
    group: list[tuple[task_pb2.TaskResult, c.CreateTask]],
    deadline: float,
) -> None:
    """Send one home its items in one frame and fill their results in."""
    try:
        replies = await provinces.call_many(home, [command for _, command in group], deadline=deadline)
    except GatewayError as error:
        wire_error = to_wire_error(error)
        for result, _ in group:
            result.error.CopyFrom(wire_error)
        return
    for (result, _), reply in zip(group, replies, strict=True):
        try:
            result.task.CopyFrom(conversion.brief_out(expect(reply, TaskReply).task))
        except GatewayError as error:
            result.error.CopyFrom(to_wire_error(error))


async def ingest(
    provinces: Provinces,
    identity: Identity,
    method: str,
    messages: AsyncIterator[task_pb2.IngestTasksRequest],
) -> AsyncIterator[task_pb2.IngestTasksResponse]:
    """Create the tasks of a stream.

    Raises:
        GatewayError: INVALID_ARGUMENT, when a message has no items or too many; what came before it is answered first.
    """
    finished: asyncio.Queue[task_pb2.IngestTasksResponse | None] = asyncio.Queue()
    slots = asyncio.Semaphore(MESSAGES_IN_FLIGHT_MAX)

    async def create(message: task_pb2.IngestTasksRequest, first_index: int) -> None:
        results = await create_tasks(provinces, identity, method, message.requests, first_index, item_deadline())
        finished.put_nowait(task_pb2.IngestTasksResponse(results=results))

    async def read() -> None:
        wrong: GatewayError | None = None
        next_index = 0
        try:
            async with asyncio.TaskGroup() as under_way:
                try:
                    async for message in messages:
                        wrong = validation.error_of(message)
                        if wrong is not None:
                            break
                        await slots.acquire()
                        under_way.create_task(create(message, next_index))
                        next_index += len(message.requests)
                except GatewayError as error:
                    # Bytes that are no message. Leaving the group by it would cancel the answers to what came before.
                    wrong = error
        finally:
            finished.put_nowait(None)
        if wrong is not None:
            raise wrong

    reader = asyncio.create_task(read())
    try:
        while (response := await finished.get()) is not None:
            yield response
            slots.release()
        await reader
    finally:
        # The client has gone, or a bug ended us: nobody wants the answers any more. What was sent to a province is done there.
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
