"""A real zombie on a real journal: stopped between two frames, succeeded without being killed, and continued.

    python -m actors.testing.zombie OPTIONS.json      one province actor that never stops writing

Everything that ends a zombie in production before it can write is taken away here: there is no supervisor that kills it by pid and no directory
that tells it of its successor. What is left is the fence in the store, and that alone must hold. Both processes are the province actor as it
is, without Ray: only its clients are missing, so it gives itself a task every few milliseconds.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import msgspec

from actors import protocol
from actors.core import commands as c
from actors.core.task import TaskSpec
from actors.journal import open_readonly
from actors.process_state import STOPPED, process_state
from actors.province import ProvinceActor
from actors.province_options import ProvinceOptions
from actors.transport import Link, TransportError, socket_address

#: A new task this often.
WRITE_EVERY_S = 0.002
#: Frames that each incarnation must have written before the next step.
FRAMES_MIN = 20
#: A step that takes longer will not come.
STEP_MAX_S = 30.0
#: Attempts to stop the zombie between two frames.
STOPS_MAX = 100
_LOOK_EVERY_S = 0.005


class ZombieFailed(Exception):
    """The trial could not be played; `str` says where it got stuck."""


class ZombieReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the zombie did after its successor had written."""

    #: Frames with the zombie's epoch after the successor's first.
    zombie_frames: int
    #: From SIGCONT until its process was gone, seconds.
    gone_seconds: float
    #: Frames of the successor, so that there was something to collide with.
    successor_frames: int


def play(options: ProvinceOptions, directory: Path) -> ZombieReport:
    """Stop, succeed, continue, count.

    Args:
        options: with a directory for logs, in which the zombie says why it ended.
        directory: takes the options and what the processes print.

    Raises:
        ZombieFailed: a step did not come about.
    """
    journal = Path(options.journal_path)
    with _writer(options, directory) as zombie:
        _until(lambda: _head(journal) >= FRAMES_MIN, "the first incarnation writes")
        _stop_between_frames(zombie.pid, journal)
        before = _head(journal)
        with _writer(options, directory):
            _until(lambda: _head(journal) >= before + FRAMES_MIN, "the successor writes")
            gone_s = _continued_until_gone(zombie)
            after = _head(journal)
            _until(lambda: _head(journal) >= after + FRAMES_MIN, "the successor goes on")
    _require_fenced(Path(options.logs_dir) / f"province-{options.province}.log")
    return _counted(journal, gone_s)


def _require_fenced(log: Path) -> None:
    """It must have been the store that stopped it: any other end would prove nothing of the fence."""
    ends = [line for line in log.read_text(encoding="utf-8").splitlines() if '"exiting"' in line]
    if len(ends) != 1 or "Fenced" not in ends[0]:
        raise ZombieFailed(f"the zombie was not ended by the store's fence: {ends}")


def _continued_until_gone(zombie: "subprocess.Popen[bytes]") -> float:
    began_s = time.monotonic()
    zombie.send_signal(signal.SIGCONT)
    try:
        zombie.wait(STEP_MAX_S)
    except subprocess.TimeoutExpired:
        raise ZombieFailed(f"the zombie lives {STEP_MAX_S:.0f} s after SIGCONT") from None
    return time.monotonic() - began_s


def _counted(journal: Path, gone_s: float) -> ZombieReport:
    view = open_readonly(journal)
    try:
        epochs = [frame.epoch for frame in view.frames()]
    finally:
        view.close()
    newest = max(epochs)
    since = epochs[epochs.index(newest) :]
    return ZombieReport(
        zombie_frames=sum(epoch != newest for epoch in since),
        gone_seconds=round(gone_s, 3),
        successor_frames=sum(epoch == newest for epoch in since),
    )


@contextlib.contextmanager
def _writer(options: ProvinceOptions, directory: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that writes for the length of the block."""
    path = directory / "zombie-options.json"
    path.write_bytes(msgspec.json.encode(options))
    with (directory / "zombie.out").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "actors.testing.zombie", str(path)], stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _stop_between_frames(pid: int, journal: Path) -> None:
    """SIGSTOP at a moment in which the process holds no lock: inside a transaction it would lock its successor out."""
    for _ in range(STOPS_MAX):
        os.kill(pid, signal.SIGSTOP)
        _until(lambda: process_state(pid) in STOPPED, "the zombie stops")
        if not _is_locked(journal):
            return
        os.kill(pid, signal.SIGCONT)
    raise ZombieFailed("the zombie could not be stopped between two frames")


def _is_locked(journal: Path) -> bool:
    connection = apsw.Connection(str(journal), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(0)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except apsw.BusyError:
        return True
    finally:
        connection.close()
    return False


def _head(journal: Path) -> int:
    """Sequence of the last frame; 0 as long as there is no journal."""
    if not journal.exists():
        return 0
    view = open_readonly(journal)
    try:
        return view.head.sequence
    finally:
        view.close()


def _epoch(journal: Path) -> int:
    view = open_readonly(journal)
    try:
        return view.epoch
    finally:
        view.close()


def _until(condition: Callable[[], bool], what: str) -> None:
    began_s = time.monotonic()
    while not condition():
        if time.monotonic() - began_s > STEP_MAX_S:
            raise ZombieFailed(f"not within {STEP_MAX_S:.0f} s: {what}")
        time.sleep(_LOOK_EVERY_S)


async def _write_for_ever(options: ProvinceOptions) -> None:
    """The actor as production runs it, and one client of its socket that sends a task every few milliseconds."""
    actor = ProvinceActor(options)
    await actor.ready()
    link = Link("zombie-client", on_push=lambda _: None, on_state=lambda _: None)
    name = protocol.province_name(options.province)
    link.connect_to(socket_address(options.run_dir, name, _epoch(Path(options.journal_path))))
    body = protocol.encode(c.CreateTask(who="branch:zombie", spec=TaskSpec(kind=options.kinds[0].kind)))
    while True:
        # Not connected yet, or cut off: the next one may get through.
        with contextlib.suppress(TransportError):
            await link.call(body, timeout_s=STEP_MAX_S)
        await asyncio.sleep(WRITE_EVERY_S)


if __name__ == "__main__":
    asyncio.run(_write_for_ever(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=ProvinceOptions)))
