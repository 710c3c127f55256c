"""Writes and reads one province at a steady pace and keeps how each call ended: what a client sees while the province is unwell."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.v1 import province_pb2, province_pb2_grpc, task_pb2, task_pb2_grpc
from loadtests.chaos.stage import Stage
from loadtests.wire import bearer

#: Between two writes, and between two reads.
PACE_S = 0.1
DEADLINE_S = 15.0
#: Calls of a probe that wait for an answer; a connection carries 128.
IN_FLIGHT_MAX = 60
#: Statuses that say "not now, and surely not done".
DEFINITE = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call ended."""

    took_s: float
    code: grpc.StatusCode = grpc.StatusCode.OK
    reason: str = ""
    retry_after_ms: int = 0
    request_id: str = ""
    task: str = ""
    text: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether it succeeded."""
        return self.code is grpc.StatusCode.OK

    @property
    def is_definite(self) -> bool:
        """Whether a refusal says that nothing was done, why, and when to try again."""
        return self.code in DEFINITE and bool(self.reason) and self.retry_after_ms > 0


def refusal(error: grpc.aio.AioRpcError, took_s: float, request_id: str) -> Outcome:
    """What a failed call says of itself in its status details."""
    reason, retry_after_ms = "", 0
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType] - has all that is read of a call
    for detail in status.details if status is not None else ():
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(retry):
            retry_after_ms = retry.retry_delay.ToMilliseconds()
    # A refusal without a reason came from below us (a connection): its text is all there is.
    return Outcome(took_s, error.code(), reason, retry_after_ms, request_id, text=(error.details() or "")[:120])


@dataclass(slots=True)
class Probe:
    """Writes and reads one province at a steady pace and keeps how each call ended."""

    stage: Stage
    province: str
    kind: str
    known_task: str
    writes: list[Outcome] = field(default_factory=list)
    reads: list[Outcome] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Write and read for so long, however long each call takes; returns when all are answered."""
        calls: list[asyncio.Task[None]] = []
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            if sum(not call.done() for call in calls) < IN_FLIGHT_MAX:
                calls += [asyncio.create_task(self._note(self.writes, self.write())), asyncio.create_task(self._read())]
            await asyncio.sleep(PACE_S)
        await asyncio.gather(*calls)

    async def write(self, request_id: str = "") -> Outcome:
        """Create a task, or repeat its creation."""
        request_id = request_id or uuid.uuid4().hex
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{self.province}",
            task=task_pb2.Task(kind=self.kind, external_id=request_id),
            request_id=request_id,
        )
        stub, metadata = (
            task_pb2_grpc.TaskServiceStub(self.stage.control),
            bearer(self.stage.tokens.branch[self.province]),
        )
        return await _timed(lambda: stub.CreateTask(request, metadata=metadata, timeout=DEADLINE_S), request_id)

    async def _read(self) -> None:
        tasks = task_pb2_grpc.TaskServiceStub(self.stage.control)
        provinces = province_pb2_grpc.ProvinceServiceStub(self.stage.control)
        ops = bearer(self.stage.tokens.ops)
        get = task_pb2.GetTaskRequest(name=self.known_task)
        tell = province_pb2.GetProvinceRequest(name=f"provinces/{self.province}")
        await self._note(self.reads, _timed(lambda: tasks.GetTask(get, metadata=ops, timeout=DEADLINE_S)))
        await self._note(self.reads, _timed(lambda: provinces.GetProvince(tell, metadata=ops, timeout=DEADLINE_S)))

    async def _note(self, outcomes: list[Outcome], call: Awaitable[Outcome]) -> None:
        outcomes.append(await call)


async def _timed(call: Callable[[], Awaitable[Any]], request_id: str = "") -> Outcome:
    began_s = time.monotonic()
    try:
        answer = await call()
    except grpc.aio.AioRpcError as error:
        return refusal(error, time.monotonic() - began_s, request_id)
    return Outcome(time.monotonic() - began_s, request_id=request_id, task=getattr(answer, "name", ""))


def tally(outcomes: list[Outcome]) -> dict[str, int]:
    """How often each status came with which reason (or text, where there was none)."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        name = f"{outcome.code.name} {outcome.reason or outcome.text}".strip()
        counts[name] = counts.get(name, 0) + 1
    return counts
