"""The headquarters' hard state and its journal: how it is replayed, written, shortened, and witnessed.

Each event is in a frame, as in a province. Two things differ:

* The anchors of the provinces are also records, written in the append of their event, so that a province finds its own with one lookup on
  a read-only view (`actors.anchors`). Every record is written with its frame, never later, so the record watermark is always right.
* The state is small (some hundred KB), so a snapshot is one slice and is written in one go, whenever the tail has outgrown
  `SNAPSHOT_TAIL_BYTES`. With a frame a second for ever, that is what bounds a restart: 1 MiB holds about 9 minutes of 36 busy provinces.
"""

from collections.abc import Sequence
from pathlib import Path

import structlog

from actors.anchors import require_head
from actors.core.headquarters import (
    AnyHqEvent,
    Headquarters,
    HeadsAnchored,
    anchor_records,
    capture,
    decode_events,
    decode_snapshot,
    encode,
    restore,
)
from actors.head_file import HeadFile
from actors.journal import Journal, StoreBusy, StoreFull, open_sqlite
from actors.store import HQ

_log = structlog.get_logger(__name__)

#: Payload after the last snapshot that makes the next one due; a multiple of that snapshot's size, too, so that writing them stays cheap.
SNAPSHOT_TAIL_BYTES = 1024 * 1024
SNAPSHOT_TAIL_PER_SIZE = 4


def require_own_head(journal_path: Path) -> None:
    """Make sure that the hq journal still holds the frame that its witness names.

    Raises:
        Corrupt: it does not.
        JournalError: it cannot be opened.
    """
    try:
        head = HeadFile(journal_path).read()
    except ValueError as error:
        _log.error("hq journal not checked against its witness", error=str(error))
        return
    if head is not None:
        require_head(journal_path, HQ, head)


def open_witnessed(path: Path, *, store_id: str, province: str) -> Journal:
    """Open the hq journal for writing, if it is as long as its witness says.

    Raises:
        JournalError: as for `require_own_head` and `open_sqlite`.
    """
    require_own_head(path)
    return open_sqlite(path, store_id=store_id, province=province)


class HqBooks:
    """The headquarters as its journal says, kept in step with it.

    Raises:
        Corrupt: the journal does not replay.
    """

    def __init__(self, journal: Journal, journal_path: Path) -> None:
        self.journal = journal
        self._head_file = HeadFile(journal_path)
        self._snapshot_bytes = 0
        self.hq = self._replayed()

    def _replayed(self) -> Headquarters:
        stored = self.journal.latest_snapshot()
        hq, after = Headquarters(), 0
        if stored is not None:
            hq, after = restore(decode_snapshot(stored.slices[0])), stored.sequence
            self._snapshot_bytes = len(stored.slices[0])
        for frame in self.journal.frames(after=after):
            for event in decode_events(frame.payload):
                hq.apply(event)
        return hq

    def write(self, events: Sequence[AnyHqEvent]) -> None:
        """Append and apply events; nothing happens when there are none.

        Raises:
            JournalError: nothing was applied.
        """
        if not events:
            return
        self.journal.append(encode(list(events)), at_ms=events[0].at_ms, records=anchor_records(events) or None)
        for event in events:
            self.hq.apply(event)
        if any(isinstance(event, HeadsAnchored) for event in events):
            self._witness()
        self._shorten()

    def _witness(self) -> None:
        try:
            self._head_file.write(self.journal.head)
        except OSError as error:
            _log.warning("hq head not witnessed", error=str(error))

    def _shorten(self) -> None:
        """Write a snapshot when the tail is long; a full disk puts it off."""
        if self.journal.tail_bytes < max(SNAPSHOT_TAIL_BYTES, SNAPSHOT_TAIL_PER_SIZE * self._snapshot_bytes):
            return
        body = encode(capture(self.hq))
        try:
            writer = self.journal.begin_snapshot()
            writer.write(body)
            writer.commit()
        except (StoreFull, StoreBusy) as error:
            _log.warning("hq snapshot put off", detail=str(error))
            return
        self._snapshot_bytes = len(body)
