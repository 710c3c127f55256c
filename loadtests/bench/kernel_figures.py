"""What the kernel says of running processes: their CPU and their memory. And percentiles of waits."""

import os
from collections.abc import Sequence
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU that a process has used, seconds.

    Raises:
        OSError: it is gone.
    """
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


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
