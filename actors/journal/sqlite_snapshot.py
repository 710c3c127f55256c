"""Writing a snapshot into the SQLite journal, slice by slice, between appends.

A snapshot exists from the moment its row in `snapshots` is committed; until then its slices are left-overs
like those of a snapshot nobody finished. Deleting a snapshot of some 100 MB at once would stall the
province, so forgetting one only deletes its row, and its slices go two by two with each slice written
later. Their pages are used again, so the file holds at most about four snapshots and stays there.
"""

from typing import TYPE_CHECKING

from actors.journal import sqlite_statements as sql
from actors.journal.chain import slice_hash, snapshot_digest
from actors.journal.interface import PAYLOAD_BYTES_MAX, SNAPSHOTS_KEPT

if TYPE_CHECKING:
    from actors.journal.sqlite import SqliteJournal


class SqliteSnapshotWriter:
    """See `SnapshotWriter`. Shares the fence of its journal: a zombie's slice is refused like its frames."""

    def __init__(self, journal: "SqliteJournal", number: int) -> None:
        self._journal = journal
        self._number = number
        self._begun = journal.state
        self._hashes: list[bytes] = []
        self._finished = False
        self._left_overs = True

    @property
    def sequence(self) -> int:
        """See `SnapshotWriter`."""
        return self._begun.head.sequence

    def write(self, slice_: bytes) -> None:
        """See `SnapshotWriter`."""
        self._require_open()
        if len(slice_) > PAYLOAD_BYTES_MAX:
            raise ValueError(f"a slice of {len(slice_)} bytes exceeds {PAYLOAD_BYTES_MAX}")
        position = len(self._hashes)
        sequence = self._journal.state.head.sequence
        hash_ = slice_hash(self._number, position, sequence, slice_)
        deleted = 0

        def insert() -> None:
            nonlocal deleted
            self._journal.require_epoch()
            connection = self._journal.connection
            connection.execute(sql.INSERT_SLICE, (self._number, position, sequence, hash_, slice_))
            if self._left_overs:
                connection.execute(sql.DELETE_LEFT_OVERS, (self._number, sql.LEFT_OVERS_PER_SLICE))
                deleted = connection.changes()

        self._journal.transact(insert)
        self._hashes.append(hash_)
        self._left_overs = self._left_overs and deleted == sql.LEFT_OVERS_PER_SLICE

    def commit(self) -> None:
        """See `SnapshotWriter`."""
        self._require_open()
        begun = self._begun
        digest = snapshot_digest(self._number, begun.head, begun.head_at_ms, begun.payload_bytes, self._hashes)
        row = (
            self._number,
            begun.head.sequence,
            begun.head.epoch,
            begun.head_at_ms,
            begun.head.hash,
            begun.payload_bytes,
            len(self._hashes),
            digest,
        )

        def publish() -> None:
            self._journal.require_epoch()
            connection = self._journal.connection
            connection.execute(sql.INSERT_SNAPSHOT, row)
            connection.execute(sql.FORGET_SNAPSHOTS, (SNAPSHOTS_KEPT,))

        self._journal.transact(publish)
        self._finished = True
        self._journal.snapshot_committed(begun.payload_bytes)

    def _require_open(self) -> None:
        if self._finished or not self._journal.is_current(self):
            raise ValueError("the snapshot is finished, or another one was begun after it")
