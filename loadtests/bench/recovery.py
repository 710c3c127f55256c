"""How long a province is away when its process is killed or stopped, as one client of it sees it.

The client writes, the process is hurt between two of its writes, and the client goes on writing, with the same request id until that write
is acknowledged. So the figure is the whole of it: that the death is noticed, that Ray starts a process, that it imports, opens and replays, that
the gateway learns its address, and one write. A write that was begun before counts nowhere.
"""

import asyncio
import signal
import time
from dataclasses import InitVar, dataclass, field

import grpc

from gateway.v1 import task_pb2, task_pb2_grpc
from loadtests.chaos.processes import Process
from loadtests.chaos.system import LiveSystem
from loadtests.wire import RETRYABLE_CODES, RequestIds, bearer, read_development_tokens

#: What a client waits for one answer before it asks again.
ATTEMPT_MAX_S = 2.0
#: Pause between two attempts.
PAUSE_S = 0.01
#: A write that is not acknowledged by then will not be.
WRITE_MAX_S = 120.0
#: Writes before each fault: the province serves, and the client's connection is warm.
WARM_WRITES = 5
#: Reads at once when everything acknowledged is looked up.
READS_AT_ONCE = 50
SIGNAL_LOOK_S = 0.005
#: A kind that every country file of ours has.
KIND = "servicing-customer-data"


class RecoveryFailed(Exception):
    """Something did not come back; `str` says what."""


@dataclass
class Client:
    """A branch system that writes one task after the other. `acknowledged` are the names of all that were acknowledged."""

    system: LiveSystem
    channel: InitVar[grpc.aio.Channel]
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    _request_ids: RequestIds = field(default_factory=lambda: RequestIds("bench-recover"))

    def __post_init__(self, channel: grpc.aio.Channel) -> None:
        """Bind to the connection."""
        self._stub = task_pb2_grpc.TaskServiceStub(channel)

    async def write(self, province: str) -> float:
        """Create one task, however often it takes; when it was acknowledged (monotonic seconds).

        Raises:
            RecoveryFailed: refused for good, or not within `WRITE_MAX_S`.
        """
        request_id = self._request_ids()
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{province}",
            task=task_pb2.Task(kind=KIND, external_id=request_id, home_only=True),
            request_id=request_id,
        )
        began_s = time.monotonic()
        while time.monotonic() - began_s < WRITE_MAX_S:
            try:
                task = await self._stub.CreateTask(request, metadata=self._as_branch(province), timeout=ATTEMPT_MAX_S)
            except grpc.aio.AioRpcError as error:
                if error.code() not in (*RETRYABLE_CODES, grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise RecoveryFailed(f"{province} refused a write: {error.code()}: {error.details()}") from error
                await asyncio.sleep(PAUSE_S)
                continue
            self.acknowledged.append((province, task.name))
            return time.monotonic()
        raise RecoveryFailed(f"{province} acknowledged nothing within {WRITE_MAX_S:.0f} s")

    async def warm(self, province: str) -> None:
        """A few writes, so that what is measured next is the fault alone."""
        for _ in range(WARM_WRITES):
            await self.write(province)

    async def unreadable(self) -> int:
        """How many acknowledged tasks the system does not know any more."""
        gate = asyncio.Semaphore(READS_AT_ONCE)

        async def is_missing(province: str, name: str) -> bool:
            async with gate:
                request = task_pb2.GetTaskRequest(name=name)
                try:
                    await self._stub.GetTask(request, metadata=self._as_branch(province), timeout=20)
                except grpc.aio.AioRpcError as error:
                    if error.code() is grpc.StatusCode.NOT_FOUND:
                        return True
                    raise
                return False

        return sum(await asyncio.gather(*(is_missing(*task) for task in self.acknowledged)))

    def _as_branch(self, province: str) -> tuple[tuple[str, str], ...]:
        return bearer(read_development_tokens(self.system.data_dir).branch[province])


async def killed(client: Client, province: str) -> float:
    """SIGKILL of a province's process: seconds until the next acknowledged write."""
    await client.warm(province)
    victim = await present(client.system, province)
    began_s = time.monotonic()
    victim.signal(signal.SIGKILL)
    return await client.write(province) - began_s


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a SIGSTOP of a province's process cost."""

    #: Until the stopped process had been ended by whoever watches it. Seconds.
    seen_s: float
    #: Until the next acknowledged write. Seconds.
    served_s: float


async def frozen(client: Client, province: str) -> Frozen:
    """SIGSTOP of a province's process."""
    await client.warm(province)
    victim = await present(client.system, province)
    began_s = time.monotonic()
    victim.signal(signal.SIGSTOP)
    gone, acknowledged_s = await asyncio.gather(_gone(victim), client.write(province))
    return Frozen(gone - began_s, acknowledged_s - began_s)


async def _gone(victim: Process) -> float:
    """When a process was ended (monotonic seconds).

    Raises:
        RecoveryFailed: nobody ended it.
    """
    began_s = time.monotonic()
    while victim.is_alive:
        if time.monotonic() - began_s > WRITE_MAX_S:
            raise RecoveryFailed(f"process {victim.pid} was stopped and nobody ended it")
        await asyncio.sleep(SIGNAL_LOOK_S)
    return time.monotonic()


async def present(system: LiveSystem, role: str) -> Process:
    """The process of a role, as soon as there is one.

    Raises:
        RecoveryFailed: it does not come.
    """
    began_s = time.monotonic()
    while time.monotonic() - began_s < WRITE_MAX_S:
        found = system.find(role)
        if found is not None:
            return found
        await asyncio.sleep(SIGNAL_LOOK_S)
    raise RecoveryFailed(f"there is no process of {role}")
