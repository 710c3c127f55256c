"""A client process that creates tasks in bulk: messages of many tasks, a fixed number of messages under way.

Two ways: a `BatchCreateTasks` call for each message, or one `IngestTasks` stream for all of them. What counts is tasks whose results came, each
result looked at. Messages are bytes that are pasted together, as `requests` explains, and go through gRPC's own client: one call or message carries so many
tasks that the client's part of each is small.

Run as a process of its own (`python -m loadtests.bench.bulk`), with the `Order` as JSON on standard input and the `Done` as JSON on standard output.
"""

import asyncio
import enum
import itertools
import time
from collections.abc import Callable
from typing import Any

import grpc
import msgspec

from gateway.v1 import task_pb2
from loadtests.bench.client_process import be_client
from loadtests.bench.requests import TIMEOUT_S, RequestIds, Requests
from loadtests.wire import bearer, open_channel

_SERVICE = "/sharedops.v1.TaskService/"
#: How long the last messages may take when the time is over, seconds.
LAST_MESSAGES_MAX_S = 20.0


class Way(enum.StrEnum):
    """How tasks are sent."""

    BATCH = "batch"
    STREAM = "stream"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, and for how long."""

    way: Way
    address: str
    token: str
    province: str
    #: Kinds of the tasks, in turn.
    kinds: list[str]
    #: Tasks in a message.
    items: int
    #: Messages under way at once.
    in_flight: int
    #: Tasks that are sent at most, in whole messages; 0: as many as fit into the time.
    tasks: int = 0
    #: Instants of the machine's monotonic clock: results that come from `count_from_s` on and before `end_s` count.
    begin_s: float
    count_from_s: float
    end_s: float
    #: Tells this process's ids from all others'; at most six characters.
    prefix: str
    request_ids: RequestIds = RequestIds.RISING


class Done(msgspec.Struct, kw_only=True):
    """What became of it."""

    #: Tasks whose creation was told within the time that counts.
    counted: int = 0
    #: All of them, warm-up and last messages included: so many tasks exist.
    acknowledged: int = 0
    #: How long each message of the time that counts took, microseconds.
    waits_us: list[int] = []
    #: Results that are no task, by reason, and calls that failed, by status.
    otherwise: dict[str, int] = {}
    #: Tasks that were sent and of which nothing came back.
    unanswered: int = 0
    #: CPU of this process in the time that counts, seconds.
    cpu_s: float = 0.0


class Messages:
    """Messages of one process, as bytes.

    Args:
        one: a message of one item, to learn from how items lie in it.
    """

    def __init__(self, order: Order, one: Callable[[task_pb2.CreateTaskRequest], bytes]) -> None:
        self._bodies = [Requests(order.province, kind, order.prefix, order.request_ids).body for kind in order.kinds]
        self._items = order.items
        self._tasks = order.tasks
        firsts = [body(0) for body in self._bodies]
        self._heads = [one(task_pb2.CreateTaskRequest.FromString(first)).removesuffix(first) for first in firsts]
        self._number = 0

    @property
    def are_all_made(self) -> bool:
        """Whether there are as many as were ordered."""
        return 0 < self._tasks <= self._number

    def next(self) -> bytes:
        """The next message; every item has ids of its own."""
        first, self._number = self._number, self._number + self._items
        heads, bodies, kinds = self._heads, self._bodies, len(self._bodies)
        return b"".join(
            [heads[number % kinds] + bodies[number % kinds](number) for number in range(first, self._number)]
        )


class Client:
    """One process's messages."""

    def __init__(self, order: Order, channel: grpc.aio.Channel) -> None:
        self._order = order
        self._channel = channel
        self.done = Done()
        #: Tasks under way.
        self.under_way = 0

    async def run(self) -> None:
        """Send until the time is over, and wait for the last results."""
        await asyncio.sleep(max(0.0, self._order.begin_s - time.monotonic()))
        sending = asyncio.create_task(self._batches() if self._order.way is Way.BATCH else self._stream())
        await asyncio.sleep(max(0.0, self._order.count_from_s - time.monotonic()))
        before_s = time.process_time()
        await asyncio.wait([sending], timeout=max(0.0, self._order.end_s - time.monotonic()))
        self.done.cpu_s = time.process_time() - before_s
        try:
            await asyncio.wait_for(sending, LAST_MESSAGES_MAX_S)
        except* grpc.aio.AioRpcError as failed:
            # The first call that fails ends the others.
            for error in failed.exceptions:
                assert isinstance(error, grpc.aio.AioRpcError)
                self._other(error.code().name)
        except* TimeoutError:
            self._other("TIMEOUT")
        self.done.unanswered = self.under_way

    async def _batches(self) -> None:
        call: Any = self._channel.unary_unary(f"{_SERVICE}BatchCreateTasks")
        messages = Messages(
            self._order, lambda item: task_pb2.BatchCreateTasksRequest(requests=[item]).SerializeToString()
        )

        async def one_after_the_other() -> None:
            while (began_s := time.monotonic()) < self._order.end_s and not messages.are_all_made:
                self.under_way += self._order.items
                answer = await call(messages.next(), metadata=bearer(self._order.token), timeout=TIMEOUT_S)
                self._count(task_pb2.BatchCreateTasksResponse.FromString(answer).results, began_s)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._order.in_flight):
                group.create_task(one_after_the_other())

    async def _stream(self) -> None:
        call: Any = self._channel.stream_stream(f"{_SERVICE}IngestTasks")(metadata=bearer(self._order.token))
        messages = Messages(self._order, lambda item: task_pb2.IngestTasksRequest(requests=[item]).SerializeToString())
        # The others follow the first message's results: gRPC's asyncio client tells INTERNAL, and not what the server said, of a call that
        # is refused while a message is being written.
        room = asyncio.Semaphore(1)
        #: Number of a message -> when it was sent, and its items without a result. Results come in any order, those of several messages together.
        sent: dict[int, float] = {}
        left: dict[int, int] = {}

        async def send() -> None:
            number = 0
            while True:
                await room.acquire()
                if time.monotonic() >= self._order.end_s or messages.are_all_made:
                    break
                sent[number], left[number] = time.monotonic(), self._order.items
                self.under_way += self._order.items
                await call.write(messages.next())
                number += 1
            await call.done_writing()

        async with asyncio.TaskGroup() as group:
            group.create_task(send())
            while (answer := await call.read()) is not grpc.aio.EOF:
                results = task_pb2.IngestTasksResponse.FromString(answer).results
                for number, of_message in itertools.groupby(results, lambda result: result.index // self._order.items):
                    told = list(of_message)
                    self._count(told, sent[number])
                    left[number] -= len(told)
                    if not left[number]:
                        del sent[number], left[number]
                        for _ in range(1 if number else self._order.in_flight):
                            room.release()

    def _count(self, results: Any, began_s: float) -> None:
        now_s = time.monotonic()
        wrong = [result.error for result in results if not result.HasField("task")]
        for error in wrong:
            self._other(error.reason)
        created = len(results) - len(wrong)
        self.under_way -= len(results)
        self.done.acknowledged += created
        if self._order.count_from_s <= now_s < self._order.end_s:
            self.done.counted += created
            self.done.waits_us.append(int((now_s - began_s) * 1e6))

    def _other(self, name: str) -> None:
        self.done.otherwise[name] = self.done.otherwise.get(name, 0) + 1


async def run(order: Order) -> Done:
    """Do what is ordered."""
    async with open_channel(order.address) as channel:
        client = Client(order, channel)
        await client.run()
    return client.done


if __name__ == "__main__":
    be_client(Order, run)
