"""Who is who among the processes of a running system, found from outside by what the kernel says of them.

Only descendants of one process are ever looked at, so nothing here can name a process of somebody else's. An actor is known by the
journal it holds open: that works while the gateway, or Ray, is down, when asking AdminService for pids would not.

A pid may be given to another process once its own has ended. Whoever wants to signal a process later keeps a `Process`, whose start time
tells the two apart.
"""

import contextlib
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

GATEWAY = "gateway"
_FIRST_GATEWAY = "--gateway-id g1 "
#: What is looked for in a command line, and the role it means. Actors are told apart by their journals.
_ROLES = (
    ("actors.cluster", "cluster"),
    ("gateway.server", GATEWAY),
    ("/gcs_server", "gcs"),
    ("/raylet/raylet", "raylet"),
)
_ACTOR = "ray::"
#: The coordinator's journal.
_HQ = "hq"
COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Process:
    """One process, and no other that gets the same pid later."""

    pid: int
    #: Clock ticks after boot.
    started: int

    @property
    def is_alive(self) -> bool:
        """Whether it exists and is not just waiting to be reaped."""
        state, started = _state_and_start(self.pid)
        return started == self.started and state not in ("", "Z", "X")

    @property
    def is_stopped(self) -> bool:
        """Whether a SIGSTOP holds it."""
        state, started = _state_and_start(self.pid)
        return started == self.started and state == "T"

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; False: it was gone."""
        if not self.is_alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False

    def limit_file_size(self, *, is_full: bool) -> bool:
        """Let the kernel refuse every write to a file by this process (EFBIG), or none; False: it was gone."""
        if not self.is_alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0 if is_full else hard, hard))
            return True
        return False


def _state_and_start(pid: int) -> tuple[str, int]:
    """The kernel's letter for its state and when it started; ("", -1) when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "", -1
    fields = stat.rpartition(")")[2].split()
    return fields[0], int(fields[19])


def process(pid: int) -> Process:
    """The process that has this pid now."""
    return Process(pid, _state_and_start(pid)[1])


def descendants(pid: int) -> list[Process]:
    """A process and everything below it, outermost first."""
    found: list[int] = []
    level = [pid]
    while level:
        found += level
        level = [child for parent in level for child in _children(parent)]
    return [process(one) for one in found]


def _children(pid: int) -> list[int]:
    pids: list[int] = []
    # It may end while it is looked at.
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                pids += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return pids


def roles(pid: int) -> dict[str, Process]:
    """Role -> process, of the descendants of `pid`: cluster, gateway, gcs, raylet, coordinator, and each province by its code.

    Of several gateways the first is the gateway; see `gateways`. While an old incarnation still lingers beside the new one, the newest is named.
    """
    found: dict[str, Process] = {}
    for candidate in descendants(pid)[1:]:
        role = _role(candidate.pid)
        if role and candidate.is_alive and (role not in found or found[role].started <= candidate.started):
            found[role] = candidate
    return found


def gateways(pid: int) -> list[Process]:
    """All gateways among the descendants of `pid`."""
    below = descendants(pid)[1:]
    return [one for one in below if _played(_command(one.pid)) == GATEWAY and one.is_alive]


def _role(pid: int) -> str:
    command = _command(pid)
    if command.startswith(_ACTOR):
        return _journal_held(pid)
    role = _played(command)
    return role if role != GATEWAY or _FIRST_GATEWAY in command else ""


def _played(command: str) -> str:
    return next((role for mark, role in _ROLES if mark in command), "")


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _journal_held(pid: int) -> str:
    """The journal that a process has open, as a role; empty: none (yet)."""
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = link.readlink()
                if target.parent.name == "journals" and target.suffix == ".sqlite":
                    return COORDINATOR if target.stem == _HQ else target.stem
    return ""
