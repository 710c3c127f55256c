"""How a process beside a running system finds it: a small file in the data directory.

`sharedops serve` leaves it there at its start and takes it away at a clean end. After a kill it stays behind, so it proves nothing by
itself: the store's lock says whether a system runs, this file only where.

The other way round, the run directories say which data directory they serve, even one that was moved away since. Each is held by a lock for as long
as its system lives, so that whoever starts next can tell what the dead have left behind.
"""

import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from actors.cluster_options import OPTIONS_FILE, RUN_DIR_PREFIX, ClusterOptions
from actors.transport import DIRECTORY_SOCKET

#: In the data directory.
RUNNING_FILE = "running.json"
#: In the run directory.
_LOCK = "lock"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A system that was started on this directory."""

    #: Sockets and Ray's files; see `actors.transport`.
    run_dir: str
    #: The `serve` process.
    pid: int
    started_ms: int


def note_running(directory: Path, running: Running) -> bool:
    """Say where the system runs; only the holder of the store's lock may. False: the directory takes no writes, nothing was said."""
    path = directory / RUNNING_FILE
    draft = path.with_suffix(".new")
    try:
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(running)))
        draft.chmod(0o600)
        draft.replace(path)
    except OSError:
        return False
    return True


def forget_running(directory: Path) -> None:
    """The system has ended."""
    (directory / RUNNING_FILE).unlink(missing_ok=True)


def read_running(directory: Path) -> Running | None:
    """What the file says; None when there is none, or none that can be read."""
    try:
        return msgspec.json.decode((directory / RUNNING_FILE).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None


def run_dirs_of(directory: Path) -> list[Path]:
    """Run directories, on this machine, of systems that were started on this data directory; most of them long dead."""
    return [run_dir for run_dir, options in _run_dirs() if options.data_dir == str(directory)]


def _run_dirs() -> Iterator[tuple[Path, ClusterOptions]]:
    """All of this machine that we may read."""
    for options_path in sorted(Path(tempfile.gettempdir()).glob(f"{RUN_DIR_PREFIX}*/{OPTIONS_FILE}")):
        try:
            yield options_path.parent, msgspec.json.decode(options_path.read_bytes(), type=ClusterOptions)
        except (OSError, msgspec.DecodeError):
            continue


def hold(run_dir: Path) -> int:
    """Show that a system lives here, until the returned file descriptor is closed wherever it was handed on.

    To be called before there is an `OPTIONS_FILE`: who looks for the dead looks for that.

    Raises:
        OSError: no room.
    """
    fd = os.open(run_dir / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def remove_left_behind(directory: Path) -> None:
    """Remove the run directories of systems that were killed: of whatever data directory, if nobody holds them.

    Args:
        directory: the data directory whose lock the caller has; so those of its systems are dead that held nothing yet (older versions).
    """
    for run_dir, options in _run_dirs():
        try:
            fd = os.open(run_dir / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            is_dead = options.data_dir == str(directory)
        else:
            is_dead = _is_free(fd)
            os.close(fd)
        if is_dead:
            shutil.rmtree(run_dir, ignore_errors=True)


def _is_free(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_alive(run_dir: Path) -> bool:
    """Whether a supervisor answers in this run directory."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(run_dir / DIRECTORY_SOCKET))
        except OSError:
            return False
    return True
