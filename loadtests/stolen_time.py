"""How much of this machine's processor time went to somebody else's machine while we measured.

On a virtual machine the host may give the cores to others: nothing here sees it but the kernel, and every latency grows. A figure that was
missed while a third of the cores was away tells of the host; with this beside it, readers can say so.
"""

from pathlib import Path

#: Columns of the kernel's line for all cores; `steal` is the eighth, and the guests' columns after it are counted in the first two.
_STEAL, _COLUMNS = 7, 8
_STAT = Path("/proc/stat")


class StolenTime:
    """Counts from when it is made.

    Args:
        stat: the kernel's counters; where there are none (not Linux) nothing is ever stolen.
    """

    def __init__(self, stat: Path = _STAT) -> None:
        self._stat = stat
        self._before = self._ticks()

    def _ticks(self) -> list[int]:
        try:
            line = self._stat.read_text(encoding="ascii").partition("\n")[0]
        except OSError:
            return [0] * _COLUMNS
        return [int(ticks) for ticks in line.split()[1 : 1 + _COLUMNS]]

    def ratio(self) -> float:
        """The share of all cores' time that was stolen since then, 0 to 1."""
        passed = [now - before for before, now in zip(self._before, self._ticks(), strict=True)]
        return round(passed[_STEAL] / sum(passed), 4) if sum(passed) else 0.0
