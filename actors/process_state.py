"""What the kernel says of a process: running, stopped, gone; and who its children are. Linux only; elsewhere every answer is empty."""

import contextlib
from pathlib import Path

#: A process in one of these states executes nothing until it is continued.
STOPPED = ("T", "t")
#: A process in one of these states has ended, or its number is not given out at all.
GONE = ("Z", "X", "")


def process_state(pid: int) -> str:
    """The kernel's letter for a process: R, S, D, T, Z …; empty when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def command_line(pid: int) -> str:
    """The command of a process, its words joined by spaces; empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ").strip()
    return ""


def children(pid: int | str = "self") -> list[int]:
    """The direct children of a process, adopted ones included."""
    pids: list[int] = []
    # It may end while it is looked at.
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                pids += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return pids


def descendants(pid: int) -> list[int]:
    """Everyone below a process, parents before their children."""
    found: list[int] = []
    level = children(pid)
    while level:
        found += level
        level = [grandchild for child in level for grandchild in children(child)]
    return found
