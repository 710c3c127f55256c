"""Makes worker processes by forking one that has everything imported already.

To start a worker Ray starts Python, imports Ray, turns into another program, imports Ray again, and then us: more than two seconds of CPU on busy
cores, thirty-seven times when a country starts. So one process imports it all, once, opens nothing, starts no thread, and waits. Where Ray
would start a worker it runs `actors.forked_worker`, which asks here, and the fork is Ray's worker from the first line on, with the environment,
directory and output that Ray meant it to have: 0.08 s of CPU (36 provinces on two busy cores: 19 s instead of 42 until all serve). What was
imported is in memory once.

What a fork must not inherit is not there yet: Ray and gRPC start their threads when they connect, and draw no random numbers before. A second
thread is the sign that this has changed; then nobody is forked, and workers start as slowly as ever. Whatever else goes wrong here costs time, too,
and nothing else. Forks outlive the process that made them; its successor makes the next ones.

Refused: idle workers that wait for an actor to die, as we had them. A fork is nearly as quick, and they cost memory, CPU and care. A standby process
per province that follows its journal: 36 more processes and a second writer-to-be at every journal, to save a quarter of a second. Ray's
``py_executable``: it starts a shell, Python and Ray before what it is told to start.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import structlog

from actors import logs
from actors.forked_worker import ADDRESS
from actors.process_state import STOPPED, process_state

_log = structlog.get_logger(__name__)

#: What a worker imports before it does anything.
_MODULES = ("ray._private.node", "ray._private.worker", "ray.actor", "actors.province", "actors.coordinator")
#: The program that asks, for Ray to run where it would start a worker.
FORKED_WORKER = str(Path(__file__).with_name("forked_worker.py"))
_SOCKET = "worker-forks.sock"
#: Between two looks whether it still lives, seconds.
_LOOK_EVERY_S = 1.0
#: Requests that wait; beyond, the kernel refuses and the worker starts by itself.
_BACKLOG = 256
#: A request that was begun is whole within this, seconds.
_REQUEST_MAX_S = 5.0
_REQUEST_BYTES_MAX = 1024 * 1024
_OUTPUTS = 3


class WorkerForks:
    """The process that forks, as its parent sees it.

    Args:
        run_dir: where its socket lies; only our user may enter.
    """

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / _SOCKET
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """For Ray's environment: where a worker is asked for."""
        return {ADDRESS: str(self._path)}

    def start(self) -> None:
        """Start it. Returns at once; who asks before it is ready waits."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self._path))
            listener.listen(_BACKLOG)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "actors.worker_forks", str(listener.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env=os.environ | _read_at_import(),
            )

    async def keep_for_ever(self) -> None:
        """Start it again whenever it has ended; one that is stopped would keep everybody waiting who asks, so it is ended."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._process is None:
                continue
            if process_state(self._process.pid) in STOPPED:
                self._process.kill()
            if self._process.poll() is None:
                continue
            _log.warning("the process that forks workers has ended", code=self._process.returncode)
            try:
                self.start()
            except OSError as error:
                _log.warning("it cannot be started", error=str(error))


def _read_at_import() -> dict[str, str]:
    """What Ray tells a worker by its environment and reads while it is imported, when no worker is meant yet.

    The job: none, as of any worker that waits; it belongs to the first job that takes it. The node manager that a worker watches and ends with: us in its
    place, since it has not been started and has not outlived us either.
    """
    return {"RAY_JOB_ID": "ffffffff", "RAY_RAYLET_PID": str(os.getpid())}


class _Order(NamedTuple):
    """A worker to be."""

    program: list[str]
    environment: dict[str, str]
    directory: str
    outputs: list[int]

    def take_over(self) -> None:
        """In the fork: become what was ordered, but for running it."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, output in enumerate(self.outputs):
            os.dup2(output, number)
            os.close(output)
        os.environ.clear()
        os.environ.update(self.environment)
        os.chdir(self.directory)
        sys.argv = self.program


def serve(listener: socket.socket, parent: int) -> _Order | None:
    """Fork for everybody who asks until the parent is gone; in a fork: what it is to be.

    Args:
        parent: a pipe of which the parent holds the other end.
    """
    while True:
        readable, _, _ = select.select([listener, parent], [], [])
        if parent in readable:
            return None
        connection, _ = listener.accept()
        with connection:
            try:
                order = _received(connection)
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("no worker was forked", error=repr(error))
                continue
            try:
                if os.fork() == 0:
                    listener.close()
                    _promise(connection)
                    return order
            except OSError as error:  # no process or no memory left: whoever asked becomes the worker itself
                _log.warning("no worker was forked", error=repr(error))
            for output in order.outputs:
                os.close(output)


def _promise(connection: socket.socket) -> None:
    """In the fork: say that there is one. Whoever has given up by now has become that worker, and there must not be two of a name."""
    try:
        connection.sendall(b"+")
    except OSError:
        os._exit(0)


def _received(connection: socket.socket) -> _Order:
    connection.settimeout(_REQUEST_MAX_S)
    head, outputs, _, _ = socket.recv_fds(connection, 4, _OUTPUTS)
    try:
        size = int.from_bytes(head)
        if len(head) != 4 or len(outputs) != _OUTPUTS or size > _REQUEST_BYTES_MAX:
            raise ValueError("this is no order")
        with connection.makefile("rb") as stream:
            order = json.loads(stream.read(size))
        return _Order(order["program"], order["environment"], order["directory"], outputs)
    except (OSError, ValueError, KeyError, TypeError):
        for output in outputs:
            os.close(output)
        raise


def main() -> None:
    """Entry point of the process that forks, and of its forks."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    # Forks are ended by those who wait for them; a terminal's Ctrl-C is for our parent.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.configure(None)
    for module in _MODULES:
        importlib.import_module(module)
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        _log.error("workers are not forked: there is a second thread already")
        return
    # What lives now lives for ever: collections in the forks need not look at it, and so copy nothing of it.
    gc.collect()
    gc.freeze()
    order = serve(listener, sys.stdin.fileno())
    if order is not None:
        order.take_over()
        runpy.run_path(order.program[0], run_name="__main__")


if __name__ == "__main__":
    main()
