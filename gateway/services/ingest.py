"""Creating tasks in bulk: one frame per province and message, whatever the number of items.

A batch is validated item by item, grouped by home, sent to all homes at once, and answered in the order of its items. A stream is a
sequence of such batches of which a bounded number is under way; results leave as they are there, those of several small messages in one. The
bound counts a batch until its results were taken, so a client that does not read its results is not read from either. Nor is one that is above its
share of what the gateway takes in (`gateway.item_admission`), or whose items want a province for which much waits already: some eighty streams of single
items would hold every place that it has, and desks' steps be refused for them.

A message of a stream is no task that waits: most carry one item, and a task, a timer and a group of tasks would be most of what it costs.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from functools import partial

from actors.core.ids import ProvinceCode
from gateway import validation
from gateway.answers import Provinces, Replies
from gateway.errors import GatewayError
from gateway.identity import Identity
from gateway.item_admission import ItemAdmission
from gateway.services.creating import Group, Homes, fill, fill_failure, sort_by_home
from gateway.v1 import task_pb2

#: Messages of one stream under way at once, and items: eight full messages keep a province's next frame filled while the last is being
#: fsynced, and so do these of one item each.
MESSAGES_IN_FLIGHT_MAX = 64
ITEMS_IN_FLIGHT_MAX = 4_000
#: Results in one message.
RESULTS_MAX = 500


async def create_tasks(
    provinces: Provinces,
    identity: Identity,
    method: str,
    items: Iterable[task_pb2.CreateTaskRequest],
    deadline: float,
) -> list[task_pb2.TaskResult]:
    """Create each item's task; exactly one result per item, in their order."""
    results, by_home = sort_by_home(Homes(provinces, identity, method), items, 0)
    await asyncio.gather(*(_create_at(provinces, home, group, deadline) for home, group in by_home.items()))
    return results


async def _create_at(provinces: Provinces, home: ProvinceCode, group: Group, deadline: float) -> None:
    """Send one home its items in one frame and fill their results in."""
    try:
        replies = await provinces.call_many(home, [command for _, command in group], deadline=deadline)
    except GatewayError as error:
        fill_failure(group, error)
    else:
        fill(group, replies)


async def ingest(
    provinces: Provinces,
    identity: Identity,
    method: str,
    messages: AsyncIterator[task_pb2.IngestTasksRequest],
    admission: ItemAdmission,
) -> AsyncIterator[task_pb2.IngestTasksResponse]:
    """Create the tasks of a stream.

    Raises:
        GatewayError: INVALID_ARGUMENT, when a message has no items or too many; what came before it is answered first.
    """
    intake = _Intake(provinces, identity, method, admission)
    reader = asyncio.create_task(intake.read(messages))
    try:
        while results := await intake.take():
            yield task_pb2.IngestTasksResponse(results=results)
            intake.make_room()
        await reader
    finally:
        # The client has gone, or a bug ended us: nobody wants the answers any more. What was sent to a province is done there.
        intake.close()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


class _Batch:
    """The results of one message, and how many homes have not replied."""

    __slots__ = ("homes_left", "results")

    def __init__(self, results: list[task_pb2.TaskResult], homes_left: int) -> None:
        self.results = results
        self.homes_left = homes_left


class _Intake:
    """What one stream has under way."""

    def __init__(self, provinces: Provinces, identity: Identity, method: str, admission: ItemAdmission) -> None:
        self._provinces = provinces
        self._admission, self._share = admission, identity.share
        self._homes = Homes(provinces, identity, method)
        self._next_index = 0
        #: Messages and items that count against the bounds, and of these, those whose results are being taken.
        self._messages = self._items = 0
        self._messages_leaving = self._items_leaving = 0
        self._has_room = asyncio.Event()
        self._asked: set[Replies] = set()
        self._finished: deque[_Batch] = deque()
        self._has_news = asyncio.Event()
        self._is_read = False
        self._bug: BaseException | None = None

    async def read(self, messages: AsyncIterator[task_pb2.IngestTasksRequest]) -> None:
        """Begin each message's batch, until the client ends the stream.

        Raises:
            GatewayError: a message as a whole is wrong.
        """
        try:
            async for message in messages:
                wrong = validation.error_of(message)
                if wrong is not None:
                    raise wrong
                while self._messages and (
                    self._messages >= MESSAGES_IN_FLIGHT_MAX
                    or self._items + len(message.requests) > ITEMS_IN_FLIGHT_MAX
                ):
                    self._has_room.clear()
                    await self._has_room.wait()
                await self._admission.wait(self._share, len(message.requests))
                results, by_home = sort_by_home(self._homes, message.requests, self._next_index)
                self._next_index += len(results)
                await self._provinces.room_for(by_home)
                self._begin(results, by_home)
        finally:
            self._is_read = True
            self._has_news.set()

    def _begin(self, results: list[task_pb2.TaskResult], by_home: dict[ProvinceCode, Group]) -> None:
        self._messages += 1
        self._items += len(results)
        batch = _Batch(results, len(by_home))
        if not by_home:
            self._finish(batch)
        for home, group in by_home.items():
            replies = self._provinces.call_many_soon(home, [command for _, command in group])
            self._asked.add(replies)
            replies.add_done_callback(partial(self._replied, batch, group))

    def _replied(self, batch: _Batch, group: Group, replies: Replies) -> None:
        self._asked.discard(replies)
        if replies.cancelled():
            return
        try:
            fill(group, replies.result())
        except GatewayError as error:
            fill_failure(group, error)
        except Exception as bug:  # noqa: BLE001 - nobody waits for this callback: the stream must end by it, as a call does
            self._bug = bug
            self._has_news.set()
            return
        batch.homes_left -= 1
        if not batch.homes_left:
            self._finish(batch)

    def _finish(self, batch: _Batch) -> None:
        self._finished.append(batch)
        self._has_news.set()

    async def take(self) -> list[task_pb2.TaskResult]:
        """The next results, as many as one message may have; none: the stream is at its end."""
        while not self._finished:
            if self._bug is not None:
                raise self._bug
            if self._is_read and not self._messages:
                return []
            self._has_news.clear()
            await self._has_news.wait()
        results: list[task_pb2.TaskResult] = []
        while self._finished and len(results) + len(self._finished[0].results) <= RESULTS_MAX:
            results += self._finished.popleft().results
            self._messages_leaving += 1
        self._items_leaving = len(results)
        return results

    def make_room(self) -> None:
        """What was taken last has been sent."""
        self._messages -= self._messages_leaving
        self._items -= self._items_leaving
        self._messages_leaving = self._items_leaving = 0
        self._has_room.set()

    def close(self) -> None:
        """Wait for no replies any more."""
        for replies in list(self._asked):
            replies.cancel()
