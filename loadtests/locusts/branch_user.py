"""The branch systems of a load test: tasks at a steady mean rate, one by one, in batches or on a stream; and a branch's watch.

An open loop: the next task arises whether or not the last was answered, as customers come. Only when `UNDER_WAY_MAX` calls wait for their
answers does the system hold back, and says so.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence

import grpc

from gateway.v1 import error_pb2, event_pb2, task_pb2, task_pb2_grpc
from loadtests.branch import BranchSystem
from loadtests.catalogue import Branch, Kind
from loadtests.day import DayTask, make_day
from loadtests.locusts.ledger import Ledger
from loadtests.locusts.metering import Meter
from loadtests.locusts.places import Place, Terms, id_prefix
from loadtests.locusts.under_way import ATTEMPTS_MAX, UnderWay
from loadtests.watch import EventWatch
from loadtests.wire import DEADLINE_S, bearer, call_patiently

#: Calls of one system without an answer.
UNDER_WAY_MAX = 100
#: Tasks in one batch.
BATCH = 20
#: Different tasks of a branch; they come again with other ids.
POOL = 400
#: After so many creations one of its tasks is read, if the one before has been.
READ_EVERY = 10


def task_pool(province: str, kinds: Sequence[Kind], *, is_month_end: bool) -> list[DayTask]:
    """Tasks as they arise in a branch; the same each time."""
    return make_day(0, [Branch(province=province)], kinds, POOL, 1.0, month_end=is_month_end)


class BranchUser:
    """One branch system. `run` until cancelled; before that `leave`, and wait until nothing is `under_way`."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: str,
        place: Place,
        terms: Terms,
        pool: Sequence[DayTask],
        ledger: Ledger,
        meter: Meter,
    ) -> None:
        self._kind = place.kind
        self._prefix = id_prefix(terms.run, place.number)
        self._terms = terms
        self._pool = pool
        self._ledger = ledger
        self._meter = meter
        self._rng = random.Random(self._prefix)
        self._number = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._latest = ""
        self._leaving = asyncio.Event()
        self._stub = task_pb2_grpc.TaskServiceStub(channel)
        self._metadata = bearer(token)
        self._system = BranchSystem(
            channel, token, place.province, self._note_created, watch=self, attempts_max=ATTEMPTS_MAX
        )
        #: Creations and reads.
        self.under_way = UnderWay()
        self._is_reading = False

    async def run(self) -> None:
        """Make tasks until `leave`, then go on answering for what is under way."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._system.run())
            group.create_task(self._make())

    def leave(self) -> None:
        """Make nothing new."""
        self._leaving.set()

    # --- what the branch system tells ---

    def made(self, request: task_pb2.CreateTaskRequest) -> None:
        """It goes out."""
        del request
        self.under_way.begin()

    def created(self, request: task_pb2.CreateTaskRequest, answer: task_pb2.Task | task_pb2.TaskBrief) -> None:
        """It was acknowledged."""
        del request, answer
        self.under_way.end()

    def refused(self, request: task_pb2.CreateTaskRequest, error: error_pb2.Error) -> None:
        """It was refused for good: the call was measured as a failure already."""
        del request, error
        self.under_way.end()

    def _note_created(self, external_id: str, task: str) -> None:
        self._latest = task
        self._ledger.created(task, external_id)

    # --- making ---

    async def _make(self) -> None:
        size = BATCH if self._kind == "batch" else 1
        due_s = time.monotonic()
        while True:
            due_s += self._rng.expovariate(self._terms.tasks_per_second / size)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due_s - time.monotonic())):
                    await self._leaving.wait()
            if self._leaving.is_set():
                return
            if self.under_way.count >= UNDER_WAY_MAX:
                self._meter.aged("held back", "branch system", 0.0)
                due_s = time.monotonic()
            else:
                self._send([self._task() for _ in range(size)])
            before = self._number - size
            if self._latest and self._number // READ_EVERY > before // READ_EVERY and not self._is_reading:
                self._spawn(self._read(self._latest))

    def _send(self, tasks: list[task_pb2.Task]) -> None:
        match self._kind:
            case "batch":
                self._spawn(self._system.create_batch(tasks))
            case "stream":
                for task in tasks:
                    self._system.create(task)
            case _:
                for task in tasks:
                    self._spawn(self._system.create_one(task))

    def _spawn(self, call: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _read(self, task: str) -> None:
        request = task_pb2.GetTaskRequest(name=task)
        self._is_reading = True
        self.under_way.begin()
        # What is not refused for now was measured as what it is.
        with contextlib.suppress(grpc.aio.AioRpcError):
            await call_patiently(
                lambda: self._stub.GetTask(request, metadata=self._metadata, timeout=DEADLINE_S), ATTEMPTS_MAX
            )
        self.under_way.end()
        self._is_reading = False

    def _task(self) -> task_pb2.Task:
        self._number += 1
        now_ms = time.time_ns() // 1_000_000
        task = self._rng.choice(self._pool).to_wire(now_ms)
        task.external_id = f"{self._prefix}-{self._number}"
        task.due_time_ms = now_ms + int(self._terms.promise_s * 1000)
        return task


class WatchUser:
    """A branch's system that follows the events of its province. `run` until cancelled."""

    def __init__(self, channel: grpc.aio.Channel, token: str, province: str) -> None:
        self._watch = EventWatch(channel, token, [province], self._take)
        self._seen = 0

    async def run(self) -> None:
        """Follow."""
        await self._watch.run()

    def _take(self, event: event_pb2.Event) -> None:
        del event
        self._seen += 1
