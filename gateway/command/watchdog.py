"""The outer supervisor's heartbeat: are the processes that watch everybody else themselves at work?

A dead child is seen at once, because the kernel says so. A stopped one says nothing: the cluster process would watch no actor, the gateway
would leave every client waiting, and nobody would notice. So each child is asked over its own door, twice a second while it answers, the gateway as
a client asks (`grpc.health.v1`), the cluster process by joining its directory; and the kernel is asked for its state.

| the child                                       | then                                              |
|-------------------------------------------------|---------------------------------------------------|
| answers                                         | nothing                                           |
| is silent for `SUSPECT_AFTER_S` and stopped (T) | SIGKILL by pid; it is started again               |
| is silent for `SILENCE_MAX_S`, whatever it does | likewise                                          |
| has never answered yet                          | has `START_MAX_S` before silence counts           |

Ray's two own processes are judged by the kernel's word alone, since only Ray can ask them anything. Stopped for `SUSPECT_AFTER_S`, they
are killed. Once the GCS or the raylet is gone, Ray restarts nobody any more; the cluster process notices by itself, in its own time. We wait
`RAY_GONE_MAX_S`, in which the actors go on serving over their sockets, and then end it, so that everything starts anew.

Silence counts only while we ourselves kept our pace: after a stall of ours everybody's silence starts afresh.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors.process_state import STOPPED, command_line, descendants, process_state
from actors.transport import Entry, Link, TransportError
from actors.transport.directory import DIRECTORY_SOCKET
from actors.transport.directory_wire import ENCODER
from gateway.command.children import Child

LOOK_EVERY_S = 0.5
#: An answer later than this is none. Long, because a machine at its limit answers late and is not helped by killing.
ANSWER_MAX_S = 5.0
SUSPECT_AFTER_S = 1.5
SILENCE_MAX_S = 15.0
START_MAX_S = 90.0
RAY_GONE_MAX_S = 2.0
#: A pause that was so much longer than it should be means that it was we who stood still.
STALL_S = 1.0
#: What is looked for in a command line, and what it is.
_RAY_PARTS = (("/gcs_server", "gcs"), ("/raylet/raylet", "raylet"))

Question = Callable[[], Awaitable[bool]]
Say = Callable[[str], None]


class Heartbeat:
    """How long one child has been silent, and what that means. Pure: told everything, knows no clock. Seconds.

    Args:
        started_s: when the child was started.
    """

    def __init__(self, started_s: float) -> None:
        self._heard_s = started_s
        self._has_answered = False

    def answered(self, now_s: float) -> None:
        """It answered."""
        self._heard_s, self._has_answered = now_s, True

    def forgive(self, seconds: float) -> None:
        """It was the observer who stood still for so long."""
        self._heard_s += seconds

    def is_over(self, now_s: float, *, is_stopped: bool) -> bool:
        """Whether the child must be ended."""
        silent_s = now_s - self._heard_s
        if is_stopped:
            return silent_s >= SUSPECT_AFTER_S
        return silent_s >= (SILENCE_MAX_S if self._has_answered else START_MAX_S)


class Watchdog:
    """Watches the children of the outer supervisor and Ray's own processes, and ends what no longer works.

    Args:
        say: told what was done and why.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._now = time.monotonic
        #: Since when Ray's part was seen stopped, by pid.
        self._stopped_since_s: dict[int, float] = {}
        #: The parts of Ray that were seen alive, of the cluster process with this pid.
        self._ray_of = 0
        self._ray_parts: dict[str, int] = {}
        self._ray_gone_s: float | None = None

    async def watch_child(self, child: Child, ask: Question) -> None:
        """Ask a child again and again, for ever. While an answer is awaited the kernel is asked all the same."""
        pid, heartbeat = 0, Heartbeat(self._now())
        asking: asyncio.Task[bool] | None = None
        try:
            while True:
                looked_s = self._now()
                if child.is_running and child.pid != pid:
                    pid, heartbeat, asking = child.pid, Heartbeat(looked_s), _cancelled(asking)
                if asking is not None and asking.done():
                    # Whoever restarts a gateway hangs up on it, and gRPC then cancels whoever awaits its answer: that is none.
                    if not asking.cancelled() and asking.result():
                        heartbeat.answered(looked_s)
                    asking = None
                if asking is None and child.is_running:
                    asking = asyncio.create_task(_in_time(ask))
                self._judge(child, heartbeat, looked_s)
                await asyncio.sleep(LOOK_EVERY_S)
                stalled_s = self._now() - looked_s - LOOK_EVERY_S
                if stalled_s > STALL_S:
                    heartbeat.forgive(stalled_s)
        finally:
            _cancelled(asking)

    def _judge(self, child: Child, heartbeat: Heartbeat, now_s: float) -> None:
        state = process_state(child.pid) if child.is_running else ""
        if state and heartbeat.is_over(now_s, is_stopped=state in STOPPED):
            self._end(child.pid, f"{child.name} does not answer (state {state})")

    async def watch_ray(self, cluster: Child) -> None:
        """Look at the GCS and the raylet again and again, for ever."""
        while True:
            if cluster.is_running:
                self._look_at_ray(cluster.pid, self._now())
            await asyncio.sleep(LOOK_EVERY_S)

    def _look_at_ray(self, cluster_pid: int, now_s: float) -> None:
        if cluster_pid != self._ray_of:
            self._ray_of, self._ray_parts, self._ray_gone_s, self._stopped_since_s = cluster_pid, {}, None, {}
        # Looking for them means reading what the kernel says of every actor.
        if len(self._ray_parts) < len(_RAY_PARTS):
            self._ray_parts |= _ray_parts(cluster_pid)
        states = {name: process_state(pid) for name, pid in self._ray_parts.items()}
        for name, state in states.items():
            self._look_at_stop(name, self._ray_parts[name], state, now_s)
        gone = [name for name, state in states.items() if state in ("", "Z", "X")]
        if not gone:
            return
        if self._ray_gone_s is None:
            self._ray_gone_s = now_s
            self._say(f"{' and '.join(gone)} of Ray is gone; everything starts again in {RAY_GONE_MAX_S:.0f} s")
        elif now_s - self._ray_gone_s >= RAY_GONE_MAX_S:
            self._ray_gone_s = now_s
            self._end(cluster_pid, "the cluster process outlived its Ray")

    def _look_at_stop(self, name: str, pid: int, state: str, now_s: float) -> None:
        if state not in STOPPED:
            self._stopped_since_s.pop(pid, None)
        elif now_s - self._stopped_since_s.setdefault(pid, now_s) >= SUSPECT_AFTER_S:
            self._end(pid, f"{name} of Ray is stopped")

    def _end(self, pid: int, why: str) -> None:
        self._say(f"{why}; ending process {pid}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def _in_time(ask: Question) -> bool:
    """The answer to a question; none in time is none."""
    try:
        async with asyncio.timeout(ANSWER_MAX_S):
            return await ask()
    except TimeoutError:
        return False


def _cancelled(asking: asyncio.Task[bool] | None) -> None:
    """Forget a question."""
    if asking is not None:
        asking.cancel()


def _ray_parts(cluster_pid: int) -> dict[str, int]:
    """Part -> pid, of those that run below the cluster process."""
    found: dict[str, int] = {}
    for pid in descendants(cluster_pid):
        command = command_line(pid)
        found |= {name: pid for mark, name in _RAY_PARTS if mark in command.partition(" ")[0]}
    return found


class DirectoryQuestion:
    """Asks the cluster process whether it is at work, by saying again and again who we are.

    Registering the same entry twice changes nothing and is told to nobody, so it costs a message each way. A directory whose socket was
    cleared away answers those who are connected, and nobody else: an actor or a gateway that restarts would never find it. That is none.
    """

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / DIRECTORY_SOCKET
        self._link = Link("serve", on_push=lambda _: None, on_state=lambda _: None)
        self._entry = ENCODER.encode(Entry(name="serve", address="", epoch=time.time_ns(), pid=os.getpid()))

    async def ask(self) -> bool:
        """Whether it answered in time, and would answer others."""
        if not self._path.exists():
            return False
        self._link.connect_to(f"unix:{self._path}")
        try:
            await self._link.call(self._entry, timeout_s=2 * ANSWER_MAX_S)
        except TransportError:
            return False
        return True

    async def close(self) -> None:
        """Ask no more."""
        await self._link.close()


async def gateway_answers(channel: grpc.aio.Channel) -> bool:
    """Whether a gateway answers a health check, whatever it says of the provinces."""
    try:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        await stub.Check(health_pb2.HealthCheckRequest(service=""), timeout=2 * ANSWER_MAX_S)
    except grpc.aio.AioRpcError as error:
        return error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    return True
