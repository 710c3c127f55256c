"""The durable store: an append-only chain of frames per province, and nothing else is the truth.

Theory of operation. The actor of a province decides a batch of commands in memory, encodes the events, and
appends them here as ONE frame; `append` returns after the fsync, and only then may an answer leave the
process. Beside the frames lie two things that could be rebuilt from them and are written in the same
transactions: the record table, where finished tasks and request ids are looked up instead of being kept in
memory, and snapshots, where replay starts.

Life of a journal::

    open ── takes epoch+1, which fences every earlier incarnation; makes what it will read durable
      │
      ├─ latest_snapshot(), then frames(after=snapshot.sequence): replay, every byte verified
      ├─ check_anchor(journal, head published earlier): is the end still there?
      │
      ├─ append(payload, at_ms=…, records=…)           ─┐ in turn, on one thread
      ├─ begin_snapshot() → write(slice)… → commit()   ─┘ when tail_bytes has grown
      │
      └─ Fenced / StoreFailed / Corrupt: this object is dead, see `errors`

What is found and what is not:

* Any change to a frame, a record's value, a snapshot: at read, or by `check`.
* Frames missing at the end: at open, by the stored head; if head and frames went back together (an old
  copy, a dropped WAL), only by the anchor published elsewhere.
* A flipped bit in what SQLite keeps around them (a key, a page number, a count), which would hide a record
  instead of garbling it: when the page is read, by its own checksum (`page_checksums`).

This package knows bytes. It does not import the core, whose codec gives the payloads their meaning.
"""

from actors.journal.chain import check_anchor, frame_hash, genesis_hash, verify_chain
from actors.journal.errors import (
    Corrupt,
    Fenced,
    JournalError,
    StoreBusy,
    StoreFailed,
    StoreFull,
    StoreMismatch,
)
from actors.journal.interface import (
    HASH_BYTES,
    PAYLOAD_BYTES_MAX,
    SNAPSHOTS_KEPT,
    CheckedView,
    Frame,
    Head,
    Journal,
    JournalView,
    RecordBatch,
    Snapshot,
    SnapshotWriter,
)
from actors.journal.memory import MemoryJournal, MemoryStore, MemoryView, open_memory
from actors.journal.reserve import give_back_reserve
from actors.journal.sqlite import SqliteJournal, open_readonly, open_sqlite
from actors.journal.sqlite_connection import sync
from actors.journal.sqlite_copy import Photograph, skip_epochs
from actors.journal.sqlite_view import SqliteView, State

__all__ = [
    "HASH_BYTES",
    "PAYLOAD_BYTES_MAX",
    "SNAPSHOTS_KEPT",
    "CheckedView",
    "Corrupt",
    "Fenced",
    "Frame",
    "Head",
    "Journal",
    "JournalError",
    "JournalView",
    "MemoryJournal",
    "MemoryStore",
    "MemoryView",
    "Photograph",
    "RecordBatch",
    "Snapshot",
    "SnapshotWriter",
    "SqliteJournal",
    "SqliteView",
    "State",
    "StoreBusy",
    "StoreFailed",
    "StoreFull",
    "StoreMismatch",
    "check_anchor",
    "frame_hash",
    "genesis_hash",
    "give_back_reserve",
    "open_memory",
    "open_readonly",
    "open_sqlite",
    "skip_epochs",
    "sync",
    "verify_chain",
]
