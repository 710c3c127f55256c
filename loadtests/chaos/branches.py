"""Branch systems under chaos: they create without pause, in streams, batches and single calls, and read, amend, cancel and resume."""

import asyncio
import hashlib
import random
from collections import deque
from collections.abc import Sequence

import grpc
from google.protobuf import field_mask_pb2

from gateway.v1 import error_pb2, task_pb2
from loadtests.branch import BranchSystem
from loadtests.catalogue import Kind
from loadtests.chaos.calls import Caller, Recorded, Recorder, outcome_of, reason_of
from loadtests.chaos.history import DIGEST_BYTES, OK, History, Operation
from loadtests.wire import RequestIds

#: Tasks remembered for reading, amending and cancelling.
KNOWN_MAX = 1_000
#: Tasks in one message of the stream or in one batch.
ITEMS = 8
#: Creations without an answer; while there are more, no new ones are made.
UNANSWERED_MAX = 200
#: Of a hundred steps: how many make a batch, a single call; the others go through the stream.
BATCH_PERCENT, SINGLE_PERCENT = 20, 10


def content_of(task: task_pb2.Task) -> str:
    """Digest of what a branch system said of a task and nobody may change."""
    said = (task.external_id, task.kind, task.amount_fen, task.complexity, task.customer_id, task.product)
    return hashlib.blake2b(repr(said).encode(), digest_size=DIGEST_BYTES).hexdigest()


class _Creations:
    """Writes the creations of one branch system into the history."""

    def __init__(self, province: str, history: History, recorder: Recorder) -> None:
        self._province = province
        self._history = history
        self._recorder = recorder
        self._under_way: dict[str, Operation] = {}

    def made(self, request: task_pb2.CreateTaskRequest) -> None:
        self._under_way[request.request_id] = self._history.begin(creation(self._province, request))

    def created(self, request: task_pb2.CreateTaskRequest, answer: task_pb2.Task | task_pb2.TaskBrief) -> None:
        operation = self._under_way.pop(request.request_id)
        operation.task = answer.name
        self._history.end(operation, OK, answer=answer)
        if isinstance(answer, task_pb2.Task):
            kind, body = "create", request.SerializeToString(deterministic=True)
        else:
            batch = task_pb2.BatchCreateTasksRequest(requests=[request])
            kind, body = "create_item", batch.SerializeToString(deterministic=True)
        self._recorder.keep(Recorded(kind=kind, body=body, operation=operation))

    def refused(self, request: task_pb2.CreateTaskRequest, error: error_pb2.Error) -> None:
        operation = self._under_way.pop(request.request_id)
        self._history.end(operation, outcome_of(error.code), reason=reason_of(error))


def creation(province: str, request: task_pb2.CreateTaskRequest) -> Operation:
    """The operation of a creation."""
    return Operation(
        kind="create",
        identity=f"branch:{province}",
        province=province,
        request_id=request.request_id,
        external_id=request.task.external_id,
        content=content_of(request.task),
        invoked_s=0.0,
    )


class BranchLoad:
    """One branch system that never rests. `run` until it is cancelled; `drain` before.

    Args:
        creates_per_s: tasks a second, on average.
        calls_per_s: reads, amendments and cancellations a second, on average.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: str,
        province: str,
        kinds: Sequence[Kind],
        history: History,
        recorder: Recorder,
        *,
        seed: int,
        creates_per_s: float,
        calls_per_s: float,
    ) -> None:
        self.province = province
        self.caller = Caller(channel, token, f"branch:{province}", history, recorder)
        self.suspended: deque[str] = deque(maxlen=KNOWN_MAX)
        self._kinds = kinds
        self._rng = random.Random(f"branch/{seed}/{province}")
        self._request_ids = RequestIds(f"{province}-calls")
        self._run_id = f"{self._rng.getrandbits(32):08x}"
        self._number = 0
        self._known: deque[str] = deque(maxlen=KNOWN_MAX)
        self._creates_per_s = creates_per_s
        self._calls_per_s = calls_per_s
        self._is_draining = False
        self._system = BranchSystem(
            channel,
            token,
            province,
            lambda _external_id, name: self._known.append(name),
            watch=_Creations(province, history, recorder),
        )

    async def run(self) -> None:
        """Create and call until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._system.run())
            group.create_task(self._create_for_ever(group))
            group.create_task(self._call_for_ever())

    def drain(self) -> None:
        """From now on make nothing new; what is under way is still repeated until it is answered."""
        self._is_draining = True

    @property
    def unanswered(self) -> int:
        """Creations under way."""
        return self._system.unanswered

    def task(self) -> task_pb2.Task:
        """A new task."""
        rng = self._rng
        self._number += 1
        return task_pb2.Task(
            external_id=f"{self._run_id}-{self.province}-{self._number}",
            kind=rng.choice(self._kinds).kind,
            priority=rng.randrange(10),
            amount_fen=rng.randrange(1, 5_000_000),
            complexity=rng.randint(1, 5),
            customer_id=f"c{rng.randrange(100_000)}",
            product=rng.choice(("life", "health", "accident")),
        )

    # --- creating ---

    async def _create_for_ever(self, group: asyncio.TaskGroup) -> None:
        pause_s = ITEMS / self._creates_per_s
        await asyncio.sleep(self._rng.random() * pause_s)
        while not self._is_draining:
            if self._system.unanswered < UNANSWERED_MAX:
                await self._create(group)
            await asyncio.sleep(pause_s * self._rng.uniform(0.5, 1.5))

    async def _create(self, group: asyncio.TaskGroup) -> None:
        draw = self._rng.randrange(100)
        if draw < SINGLE_PERCENT:
            group.create_task(self._system.create_one(self.task()))
        elif draw < SINGLE_PERCENT + BATCH_PERCENT:
            group.create_task(self._system.create_batch([self.task() for _ in range(ITEMS)]))
        else:
            for _ in range(ITEMS):
                self._system.create(self.task())

    # --- reading, amending, cancelling, resuming ---

    async def _call_for_ever(self) -> None:
        while not self._is_draining:
            await asyncio.sleep(self._rng.uniform(0.5, 1.5) / self._calls_per_s)
            if self.suspended:
                await self._resume(self.suspended.popleft())
            elif self._known:
                await self._rng.choice((self._get, self._get, self._update, self._cancel))(
                    self._rng.choice(self._known)
                )

    def _operation(self, kind: str, task: str, request_id: str = "") -> Operation:
        identity = self.caller.identity
        return Operation(kind=kind, identity=identity, province="*", task=task, request_id=request_id, invoked_s=0.0)

    async def _get(self, task: str) -> None:
        await self.caller.call("get", task_pb2.GetTaskRequest(name=task), self._operation("get", task))

    async def _update(self, task: str) -> None:
        request = task_pb2.UpdateTaskRequest(
            task=task_pb2.Task(name=task, priority=self._rng.randrange(10)),
            update_mask=field_mask_pb2.FieldMask(paths=["priority"]),
            request_id=self._request_ids(),
        )
        await self.caller.call("update", request, self._operation("update", task, request.request_id))

    async def _cancel(self, task: str) -> None:
        request = task_pb2.CancelTaskRequest(name=task, reason="withdrawn", request_id=self._request_ids())
        await self.caller.call("cancel", request, self._operation("cancel", task, request.request_id))

    async def _resume(self, task: str) -> None:
        request = task_pb2.ResumeTaskRequest(name=task, reason="papers came in", request_id=self._request_ids())
        await self.caller.call("resume", request, self._operation("resume", task, request.request_id))

    async def create_doubled(self, give_up_s: float) -> None:
        """Create one task by two requests at the same moment, equal byte for byte."""
        request = self._creation_request()
        twins = (creation(self.province, request), creation(self.province, request))
        twins[1].is_repetition = True
        await asyncio.gather(*(self.caller.call("create", request, twin, give_up_s=give_up_s) for twin in twins))

    async def probe(self) -> bool:
        """Create one task, trying without pause until it is acknowledged or given up; whether it was."""
        request = self._creation_request()
        answer = await self.caller.call(
            "create", request, creation(self.province, request), try_max_s=1.0, give_up_s=90.0
        )
        return answer is not None

    def _creation_request(self) -> task_pb2.CreateTaskRequest:
        return task_pb2.CreateTaskRequest(
            parent=f"provinces/{self.province}", task=self.task(), request_id=self._request_ids()
        )
