"""What the kernel says of running processes: their CPU and their memory. And percentiles of waits."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU that a process has used, seconds.

    Raises:
        OSError: it is gone.
    """
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


async def cpu_between(pids: Sequence[int], from_s: float, to_s: float) -> float:
    """CPU that processes use between two instants of the machine's monotonic clock, seconds; returns at the second.

    Raises:
        OSError: one is gone.
    """
    await asyncio.sleep(max(0.0, from_s - time.monotonic()))
    before_s = sum(map(cpu_s, pids))
    await asyncio.sleep(max(0.0, to_s - time.monotonic()))
    return sum(map(cpu_s, pids)) - before_s


async def cpu_of_the_lasting_between(pids: Sequence[int], from_s: float, to_s: float) -> float:
    """The same of those that are there at both instants: beside the processes that do the work, passing ones come and go."""
    await asyncio.sleep(max(0.0, from_s - time.monotonic()))
    before_s = _cpu_of_present(pids)
    await asyncio.sleep(max(0.0, to_s - time.monotonic()))
    after_s = _cpu_of_present(before_s)
    return sum(after_s[pid] - before_s[pid] for pid in after_s)


def _cpu_of_present(pids: Iterable[int]) -> dict[int, float]:
    found: dict[int, float] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            found[pid] = cpu_s(pid)
    return found


def resident_kib(pid: int) -> int:
    """Resident memory of a process, KiB.

    Raises:
        OSError: it is gone.
    """
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def percentile_ms(waits_us: Sequence[int], share: float) -> float:
    """A percentile of waits in microseconds, in milliseconds; 0 without values."""
    if not waits_us:
        return 0.0
    return round(sorted(waits_us)[int((len(waits_us) - 1) * share)] / 1_000, 1)
