"""Faults for a running province, switched on and off by a file: a wall clock that jumps, a disk that is slow, full or read-only.

Most faults can be done to a live system from outside (a signal, a cut connection). A clock, or the speed of one province's disk, cannot,
short of being root and harming the whole machine. So a province started with a fault directory wraps its clock and its journal in what is
here, and obeys `DIR/<province>.json`. Without that directory this module is not even imported; the rules and the commit loop never know.

* The monotonic clock is left alone: the kernel promises that it does not jump, and whatever trusts it is right to.
* A slow disk blocks the event loop, as a real fsync does: the append runs inline.
* A full disk fails before anything is written, with the very error of the SQLite journal; what is on disk stays readable.

Refused: an environment variable (cannot change while the process lives) and a command over the socket (a fault would then need the event
loop that it blocks).
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import structlog

from actors.core.clock import Instant
from actors.journal import Head, Journal, SnapshotWriter, StoreFull

_log = structlog.get_logger(__name__)

#: The fault file is looked at this often at most.
LOOK_EVERY_MS = 50
#: Longest delay of one write.
FSYNC_DELAY_MS_MAX = 60_000


class LiveFaults(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is wrong with a province at the moment; the default: nothing."""

    #: Added to the wall clock, milliseconds; the monotonic clock goes on as ever.
    clock_offset_ms: int = 0
    #: Every write to the journal takes this much longer, milliseconds.
    fsync_delay_ms: Annotated[int, msgspec.Meta(ge=0, le=FSYNC_DELAY_MS_MAX)] = 0
    #: Whether the disk takes anything at all.
    store: Literal["", "full", "readonly"] = ""


#: What SQLite says when it is so.
_DETAILS = {
    "full": "FullError (13): database or disk is full",
    "readonly": "ReadOnlyError (8): attempt to write a readonly database",
}


class FaultFile:
    """The faults a file asks for, read again when the file has changed.

    No file: no fault. A file that cannot be read (half written, not JSON): the last good one.

    Args:
        path: the file.
        monotonic_ms: for the pause between two looks.
    """

    def __init__(self, path: Path, monotonic_ms: Callable[[], int]) -> None:
        self._path = path
        self._monotonic_ms = monotonic_ms
        self._look_after_ms = 0
        self._seen: tuple[int, int, int] | None = None
        self._current = LiveFaults()

    def current(self) -> LiveFaults:
        """What is wrong now; at most one `stat` in `LOOK_EVERY_MS`."""
        now_ms = self._monotonic_ms()
        if now_ms >= self._look_after_ms:
            self._look_after_ms = now_ms + LOOK_EVERY_MS
            self._look()
        return self._current

    def _look(self) -> None:
        try:
            stat = self._path.stat()
        except OSError:
            self._seen = None
            self._change(LiveFaults())
            return
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._change(msgspec.json.decode(self._path.read_bytes(), type=LiveFaults))
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("fault file cannot be read", path=str(self._path), error=str(error))

    def _change(self, faults: LiveFaults) -> None:
        if faults != self._current:
            _log.warning("faults", path=str(self._path), faults=msgspec.to_builtins(faults))
            self._current = faults


def skewed(clock: Callable[[], Instant], faults: FaultFile) -> Callable[[], Instant]:
    """The clock, its wall moved by the offset in force."""

    def now() -> Instant:
        true = clock()
        offset_ms = faults.current().clock_offset_ms
        if not offset_ms:
            return true
        return Instant(wall_ms=true.wall_ms + offset_ms, monotonic_ms=true.monotonic_ms)

    return now


def faulty_journal(journal: Journal, faults: FaultFile, sleep: Callable[[float], None] = time.sleep) -> Journal:
    """The journal with writes as slow, or as impossible, as the faults in force say; reads are untouched.

    Opening is not covered: the journal is open already, its epoch taken.
    """
    return cast("Journal", _FaultyJournal(journal, faults, sleep))


def _suffer(province: str, faults: LiveFaults, sleep: Callable[[float], None]) -> None:
    if faults.fsync_delay_ms:
        sleep(faults.fsync_delay_ms / 1000)
    if faults.store:
        raise StoreFull(province, _DETAILS[faults.store])


class _FaultyJournal:
    """Whatever is not a write goes straight to the journal itself."""

    def __init__(self, journal: Journal, faults: FaultFile, sleep: Callable[[float], None]) -> None:
        self._journal = journal
        self._faults = faults
        self._sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, payload: bytes, *, at_ms: int, records: Mapping[str, bytes] | None = None) -> Head:
        _suffer(self._journal.province, self._faults.current(), self._sleep)
        return self._journal.append(payload, at_ms=at_ms, records=records)

    def begin_snapshot(self) -> SnapshotWriter:
        writer = _FaultySnapshotWriter(self._journal, self._faults, self._sleep)
        return cast("SnapshotWriter", writer)


class _FaultySnapshotWriter:
    """A snapshot on the same bad disk."""

    def __init__(self, journal: Journal, faults: FaultFile, sleep: Callable[[float], None]) -> None:
        self._province = journal.province
        self._writer = journal.begin_snapshot()
        self._faults = faults
        self._sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, slice_: bytes) -> None:
        _suffer(self._province, self._faults.current(), self._sleep)
        self._writer.write(slice_)

    def commit(self) -> None:
        _suffer(self._province, self._faults.current(), self._sleep)
        self._writer.commit()
