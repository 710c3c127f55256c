"""The honest client beside the campaign: creates and reads tasks, and must be served every time."""

import asyncio
import time

import grpc
import grpc.aio

from gateway.v1 import task_pb2, task_pb2_grpc
from loadtests.wire import RequestIds, bearer, open_channel

#: Between two tasks, seconds.
EVERY_S = 0.05
#: A client of the trade does not wait longer, seconds.
PATIENCE_S = 5.0


class HonestClient:
    """One branch system at its daily work. `run` until `stop`."""

    def __init__(self, address: str, token: str, province: str, kind: str) -> None:
        self._address = address
        self._metadata = bearer(token)
        self._province = province
        self._kind = kind
        self._ids = RequestIds("honest")
        self._is_stopping = asyncio.Event()
        #: Names of its tasks.
        self.created: set[str] = set()
        self.failures: list[str] = []
        self.latencies_s: list[float] = []

    async def run(self) -> None:
        """Work until told to stop."""
        async with open_channel(self._address) as channel:
            stub = task_pb2_grpc.TaskServiceStub(channel)
            while not self._is_stopping.is_set():
                began_s = time.perf_counter()
                try:
                    await self._work(stub)
                except grpc.aio.AioRpcError as error:
                    self.failures.append(f"{error.code().name} {error.details()}")
                self.latencies_s.append(time.perf_counter() - began_s)
                await self._pause()

    async def _work(self, stub: task_pb2_grpc.TaskServiceStub) -> None:
        request_id = self._ids()
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{self._province}",
            task=task_pb2.Task(kind=self._kind, external_id=request_id),
            request_id=request_id,
        )
        task = await stub.CreateTask(request, metadata=self._metadata, timeout=PATIENCE_S)
        self.created.add(task.name)
        await stub.GetTask(task_pb2.GetTaskRequest(name=task.name), metadata=self._metadata, timeout=PATIENCE_S)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(EVERY_S):
                await self._is_stopping.wait()
        except TimeoutError:
            return

    def stop(self) -> None:
        """Finish the task under way, then end."""
        self._is_stopping.set()
