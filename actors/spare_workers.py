"""Worker processes that wait for an actor to die.

A province that was killed is back after its new process has started, imported Ray, imported us and replayed. The first three cost a second and a half
of CPU, replaying 10,000 waiting tasks with 6 MiB of tail a quarter of one: most of a failure was spent on what could have been done before it.
Ray gives an actor's next incarnation an idle worker that was never used, if there is one. We keep a few, and they have imported us already
(measured on two busy cores, kill to the next acknowledged write of a small province: 0.26 s at the median, 0.7 without our modules).

Ray's own Python offers no call for that, its node manager does (`PrestartWorkers`; what Ray's C++ workers call). So this speaks to it directly,
through the stubs that Ray brings, and Ray's version is pinned. Spares are soft: whatever goes wrong here is logged and costs time, nothing
else. Ray ends idle workers beyond its soft limit, which is set to the actors plus the spares, so too many do not stay.

Refused: a standby actor per province that follows its journal. 36 more processes of 60 MB and a second writer-to-be at every journal, to save a
quarter of a second. Refused, too: warming a worker with an empty task. A worker that ran a task is never given to an actor.
"""

import asyncio
from pathlib import Path
from typing import Any

import structlog

from actors.process_state import command_line, descendants

_log = structlog.get_logger(__name__)

#: Workers that wait in a small system. Two, because one may be taken while its successor is still starting.
SPARES_MIN = 2
#: One more for so many actors: what kills one often kills several, and whoever finds no spare waits for the start of a process, on cores that
#: were busy before (measured with 36 provinces under load, five failures within two seconds: two were back in 2 s, three in 13).
ACTORS_PER_SPARE = 18
#: The node manager answers at once or not at all.
CALL_MAX_S = 5.0
#: What a worker imports before it waits. Where Ray does not find them, the actor's start imports them as ever.
_MODULES = ("actors.province", "actors.coordinator")
#: What Ray calls a worker that has nothing to do.
_IDLE = "ray::IDLE"


def spares_for(actors: int) -> int:
    """How many workers wait beside so many actors."""
    return SPARES_MIN + actors // ACTORS_PER_SPARE


def keep_idle_workers(actors: int) -> dict[str, str]:
    """Ray's settings under which spares beside so many actors are ready and are not ended; for the environment, before Ray starts."""
    return {
        "RAY_num_workers_soft_limit": str(actors + spares_for(actors)),
        "RAY_preload_python_modules": ",".join(_MODULES),
    }


class SpareWorkers:
    """Sees to it that workers wait. Needs a running Ray.

    Args:
        pid: the process whose descendants the workers are.
        token_path: holds the token that Ray was started with.
        count: how many are to wait.
    """

    def __init__(self, ray: Any, pid: int, token_path: Path, count: int) -> None:
        self._port = int(ray.nodes()[0]["NodeManagerPort"])
        self._job = bytes.fromhex(ray.get_runtime_context().get_job_id())
        self._pid = pid
        self._count = count
        self._token = token_path.read_text(encoding="ascii")
        self._filling: asyncio.Future[None] | None = None

    def refill(self) -> None:
        """Start workers for those that were taken; call when every actor is up. Returns at once; a thread does it."""
        if self._filling is None or self._filling.done():
            self._filling = asyncio.get_running_loop().run_in_executor(None, self._fill)

    def _fill(self) -> None:
        waiting = sum(command_line(pid).startswith(_IDLE) for pid in descendants(self._pid))
        if waiting < self._count:
            self._start(self._count - waiting)

    def _start(self, count: int) -> None:
        import grpc
        from ray.core.generated import node_manager_pb2, node_manager_pb2_grpc

        messages: Any = node_manager_pb2  # generated without types
        # A language left out is Python, the first of Ray's list.
        request = messages.PrestartWorkersRequest(job_id=self._job, num_workers=count)
        metadata = (("authorization", f"Bearer {self._token}"),)
        try:
            with grpc.insecure_channel(f"127.0.0.1:{self._port}") as channel:
                stub = node_manager_pb2_grpc.NodeManagerServiceStub(channel)
                stub.PrestartWorkers(request, timeout=CALL_MAX_S, metadata=metadata)
        except grpc.RpcError as error:
            _log.warning("no spare workers", count=count, error=str(error))
