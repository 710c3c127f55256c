"""Opening a journal for writing when the disk or a predecessor does not let us yet.

Taking the epoch is a write, so it fails on a full disk, and it needs the lock that a predecessor may hold who was stopped in the middle of a
transaction. Neither is a reason for an actor to fail for good, and Ray does not restart an actor whose constructor raised: so we wait here
and try again, and end the process after `PATIENCE_S` only so that Ray starts a fresh one.

On a disk that is full to the last byte SQLite cannot even look into a journal that was closed in good order: it makes the index of the WAL first.
The reserve is for that, too, so it is given back at the first refusal; nobody who takes no epoch may do that.

A file that we alone may not write, on a disk that takes writes, is another matter: somebody has put it there under another name, and waiting
helps nobody. It is raised at once, so that the actor stands aside and says so, and the country starts without it.

The predecessor is fenced by the epoch, but only once we can take one. A stopped process keeps SQLite's lock until it is killed, so
whoever holds this very file open for writing and is stopped gets SIGKILL. Only stopped ones: a running process lets go of the lock by
itself within one commit. (Refused: killing every holder, which would make two supervisors kill each other's actors in turn.)
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from actors.journal import Journal, StoreBusy, StoreFull, give_back_reserve, open_sqlite
from actors.process_state import STOPPED, process_state

_log = structlog.get_logger(__name__)

#: Pause between two attempts.
RETRY_EVERY_S = 1.0
#: After this long without success this process ends, and Ray starts the next one.
PATIENCE_S = 120.0


def _end_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def open_patiently(
    path: str | Path,
    *,
    store_id: str,
    province: str,
    open_journal: Callable[..., Journal] = open_sqlite,
    pause: Callable[[float], None] = time.sleep,
    end_process: Callable[[], None] = _end_process,
) -> Journal:
    """The journal, with the next epoch; blocks while the disk is full or a predecessor holds the lock, at most `PATIENCE_S`.

    Raises:
        JournalError: the journal cannot be opened at all.
        StoreFull: its file is not ours to write.
    """
    for attempt in range(1, int(PATIENCE_S / RETRY_EVERY_S) + 1):
        try:
            return open_journal(path, store_id=store_id, province=province)
        except (StoreFull, StoreBusy) as error:
            _log.warning("journal cannot be opened yet", province=province, attempt=attempt, detail=str(error))
            if isinstance(error, StoreBusy):
                kill_stopped_writers(Path(path))
            elif is_write_protected(Path(path)):
                raise
            else:
                give_back_reserve(Path(path))
            pause(RETRY_EVERY_S)
    end_process()
    raise AssertionError("a process that has ended goes nowhere")


def is_write_protected(path: Path) -> bool:
    """Whether the journal, its WAL or the index of that is not ours to write, though the folder around them is."""
    if not os.access(path.parent, os.W_OK):
        return False
    files = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))
    return any(file.exists() and not os.access(file, os.W_OK) for file in files)


def kill_stopped_writers(path: Path) -> list[int]:
    """SIGKILL for every stopped process but ourselves that has `path` open for writing; who they were. Linux only."""
    killed: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid != os.getpid() and process_state(pid) in STOPPED and _writes(entry, path):
            _log.warning("killing the stopped holder of a journal", pid=pid, journal=path.name)
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    return killed


def _writes(process: Path, path: Path) -> bool:
    """Whether a process of ours has the file open for writing."""
    wanted = str(path.resolve())
    try:
        for descriptor in (process / "fd").iterdir():
            if str(descriptor.readlink()) == wanted and _is_writable(process / "fdinfo" / descriptor.name):
                return True
    except OSError:  # gone meanwhile, or another user's
        return False
    return False


def _is_writable(fdinfo: Path) -> bool:
    flags = next(line for line in fdinfo.read_text(encoding="ascii").splitlines() if line.startswith("flags:"))
    return int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY
