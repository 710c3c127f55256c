"""A branch system as a client: sends tasks, each under a request id that survives repetitions, and resumes what was suspended.

Most tasks go through one IngestTasks stream. When it breaks, a new one is opened and everything that was not answered goes out once
more; the server answers a known request_id with the first answer, so nothing is created twice.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import grpc

from gateway.v1 import error_pb2, task_pb2, task_pb2_grpc
from loadtests.wire import (
    DEADLINE_S,
    STREAM_OVER,
    RequestIds,
    backoff_s,
    bearer,
    call_patiently,
    is_retryable,
    retry_pause_s,
)

#: Items in one message or batch.
ITEMS_MAX = 500


class TaskRefused(Exception):
    """A task that will never be created as it was sent."""

    def __init__(self, external_id: str, error: error_pb2.Error) -> None:
        super().__init__(external_id, error)
        self.external_id = external_id
        self.error = error

    def __str__(self) -> str:
        return f"{self.external_id}: {self.error.reason}: {self.error.message}"


class CreationWatch(Protocol):
    """Told of every creation, for whoever keeps a record of them."""

    def made(self, request: task_pb2.CreateTaskRequest) -> None:
        """It goes out now, and again until it is answered."""
        ...

    def created(self, request: task_pb2.CreateTaskRequest, answer: task_pb2.Task | task_pb2.TaskBrief) -> None:
        """It was acknowledged, with this answer."""
        ...

    def refused(self, request: task_pb2.CreateTaskRequest, error: error_pb2.Error) -> None:
        """It was refused for good."""
        ...


class BranchSystem:
    """One branch's system. `run` until `stop`.

    Args:
        province: code of the branch; all its tasks have it as their home.
        on_created: called with (external_id, task name) for every task that is on the server's disk.
        watch: told of what is sent and answered.
        attempts_max: how often a task of its own call is sent before it counts as refused.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: str,
        province: str,
        on_created: Callable[[str, str], None],
        *,
        watch: CreationWatch | None = None,
        attempts_max: int = 8,
    ) -> None:
        self.province = province
        #: Tasks that were refused for good.
        self.refused: list[TaskRefused] = []
        self.repetitions = 0
        self._stub = task_pb2_grpc.TaskServiceStub(channel)
        self._metadata = bearer(token)
        self._request_ids = RequestIds(f"{province}-branch")
        self._on_created = on_created
        self._watch = watch
        self._attempts_max = attempts_max
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, task_pb2.CreateTaskRequest] = {}
        self._attempts: dict[str, int] = {}
        self._outbox: list[task_pb2.CreateTaskRequest] = []
        self._has_mail = asyncio.Event()
        self._is_stopping = False

    @property
    def unanswered(self) -> int:
        """Tasks sent on the stream that have no answer yet."""
        return len(self._pending)

    def create(self, task: task_pb2.Task) -> None:
        """Send a task on the stream."""
        request = self._request(task)
        self._pending[request.request_id] = request
        self._outbox.append(request)
        self._has_mail.set()

    async def create_one(self, task: task_pb2.Task) -> None:
        """Send a task as a call of its own; returns when it is on disk or refused for good."""
        request = self._request(task)
        try:
            created = await call_patiently(
                lambda: self._stub.CreateTask(request, metadata=self._metadata, timeout=DEADLINE_S), self._attempts_max
            )
        except grpc.aio.AioRpcError as failure:
            error = error_pb2.Error(
                code=failure.code().value[0], reason=failure.code().name, message=failure.details() or ""
            )
            self._note_refused(request, error)
            return
        self._note_created(request, created)

    async def create_batch(self, tasks: Sequence[task_pb2.Task]) -> None:
        """Send up to 500 tasks in one call; those that are refused for now go out again on the stream."""
        requests = {request.request_id: request for request in map(self._request, tasks)}
        batch = task_pb2.BatchCreateTasksRequest(parent=f"provinces/{self.province}", requests=requests.values())
        self._pending |= requests
        try:
            answer = await call_patiently(
                lambda: self._stub.BatchCreateTasks(batch, metadata=self._metadata, timeout=DEADLINE_S)
            )
        except grpc.aio.AioRpcError:
            for request_id in requests:
                self._send_again(request_id)
            return
        for result in answer.results:
            self._take(result)

    async def resume(self, task: str) -> None:
        """Put a suspended task back into the queue: its papers have come in. Ended or resumed already: no matter."""
        request = task_pb2.ResumeTaskRequest(name=task, reason="papers came in", request_id=self._request_ids())
        with contextlib.suppress(grpc.aio.AioRpcError):
            await call_patiently(lambda: self._stub.ResumeTask(request, metadata=self._metadata, timeout=DEADLINE_S))

    async def run(self) -> None:
        """Keep the ingest stream up until `stop`."""
        failures = 0
        while not self._is_stopping:
            began_s = time.monotonic()
            try:
                await self._ingest()
            except STREAM_OVER:
                if self._is_stopping:
                    return
            failures = 1 if time.monotonic() - began_s > 10 else failures + 1
            await asyncio.sleep(backoff_s(failures))

    def stop(self) -> None:
        """Send nothing more; the caller cancels `run`."""
        self._is_stopping = True

    async def _ingest(self) -> None:
        call = self._stub.IngestTasks(metadata=self._metadata, wait_for_ready=True)
        self.repetitions += len(self._pending) - len(self._outbox)
        self._outbox = list(self._pending.values())
        if self._outbox:
            self._has_mail.set()
        jobs = [asyncio.create_task(self._write(call)), asyncio.create_task(self._read(call))]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            for job in done:
                job.result()
        finally:
            for job in jobs:
                job.cancel()
            call.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _write(self, call: grpc.aio.StreamStreamCall) -> None:
        while True:
            await self._has_mail.wait()
            self._has_mail.clear()
            while self._outbox:
                items, self._outbox = self._outbox[:ITEMS_MAX], self._outbox[ITEMS_MAX:]
                await call.write(task_pb2.IngestTasksRequest(requests=items))

    async def _read(self, call: grpc.aio.StreamStreamCall) -> None:
        while True:
            response = await call.read()
            if not isinstance(response, task_pb2.IngestTasksResponse):
                return
            for result in response.results:
                self._take(result)

    def _take(self, result: task_pb2.TaskResult) -> None:
        request = self._pending.get(result.request_id)
        if request is None:
            return
        if result.WhichOneof("result") == "task":
            del self._pending[result.request_id]
            self._note_created(request, result.task)
        elif is_retryable(result.error):
            attempt = self._attempts.get(result.request_id, 0) + 1
            self._attempts[result.request_id] = attempt
            self._loop.call_later(retry_pause_s(result.error, attempt), self._send_again, result.request_id)
        else:
            del self._pending[result.request_id]
            self._note_refused(request, result.error)

    def _note_created(self, request: task_pb2.CreateTaskRequest, answer: task_pb2.Task | task_pb2.TaskBrief) -> None:
        self._on_created(request.task.external_id, answer.name)
        if self._watch is not None:
            self._watch.created(request, answer)

    def _note_refused(self, request: task_pb2.CreateTaskRequest, error: error_pb2.Error) -> None:
        self.refused.append(TaskRefused(request.task.external_id, error))
        if self._watch is not None:
            self._watch.refused(request, error)

    def _send_again(self, request_id: str) -> None:
        request = self._pending.get(request_id)
        if request is not None:
            self.repetitions += 1
            self._outbox.append(request)
            self._has_mail.set()

    def _request(self, task: task_pb2.Task) -> task_pb2.CreateTaskRequest:
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{self.province}", task=task, request_id=self._request_ids()
        )
        if self._watch is not None:
            self._watch.made(request)
        return request
