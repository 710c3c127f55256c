"""Child processes of `serve`: started so that they cannot outlive us, ended in order, and nothing of theirs left behind.

* Each child asks the kernel for SIGTERM when we die, however we die.
* We are the reaper of all our descendants: what a dying child leaves behind becomes our child, is waited for, and killed if it stays.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from actors import logs
from actors.process_state import children, descendants
from actors.process_ties import end_with_parent

_STANDARD_ERROR = 2


class Child:
    """One child process with its log."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path, *, keep_fds: Sequence[int] = ()) -> None:
        self.name = name
        self._arguments = tuple(arguments)
        self._log = log
        self._keep_fds = tuple(keep_fds)
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches us alone and we end it in order."""
        with self._output() as output:
            self.process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=self._keep_fds,
                preexec_fn=end_with_parent,
            )

    @contextlib.contextmanager
    def _output(self) -> Iterator[int]:
        """Where it may write: its log, or our standard error if that cannot be opened."""
        with contextlib.ExitStack() as opened:
            try:
                logs.put_aside_if_full(self._log)
                output = opened.enter_context(self._log.open("ab")).fileno()
            except OSError:  # another user's, a directory: no reason to start nothing
                output = _STANDARD_ERROR
            yield output

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id, or that of its last life; 0 before the first."""
        return self.process.pid if self.process is not None else 0

    async def wait(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process is not None
        return await self.process.wait()

    async def stop(self, grace_s: float) -> None:
        """SIGTERM, then SIGKILL after the grace."""
        if self.process is None or not self.is_running:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), grace_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


async def end_stragglers(keep: Sequence[Child], grace_s: float) -> int:
    """SIGKILL for whatever dead children of ours left behind, everything below it included. Returns how many were killed.

    A successor fences its predecessor by the epoch, but only once it can write: a process that was stopped inside a transaction keeps
    its lock until it is dead. So the dead are made sure of before anything is started in their place.

    Args:
        keep: children that go on.
        grace_s: how long to wait until they are gone.
    """
    until = time.monotonic() + grace_s
    killed: dict[int, None] = {}
    while True:
        kept = [child.pid for child in keep if child.is_running]
        orphans = [pid for pid in children() if pid not in kept]
        for orphan in orphans:
            killed |= dict.fromkeys(_end_tree(orphan))
        if not orphans or time.monotonic() >= until:
            return len(killed)
        await asyncio.sleep(0.02)


def _end_tree(orphan: int) -> list[int]:
    """SIGKILL for an adopted process and everything below it, and its reaping if it is dead already; who was killed."""
    killed: list[int] = []
    for pid in (orphan, *descendants(orphan)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(orphan, os.WNOHANG)
    return killed


def end_leftovers(grace_s: float) -> int:
    """Wait for adopted descendants to end, kill those that stay. Call when no `Child` is running. Returns how many were killed."""
    if sys.platform != "linux":
        return 0
    until = time.monotonic() + grace_s
    killed = 0
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        left = children()
        if not left:
            return killed
        if time.monotonic() >= until:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            until = time.monotonic() + grace_s
        time.sleep(0.05)
