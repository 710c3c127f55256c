"""The reading half of the SQLite journal: state, frames, records, snapshots, and the check of everything.

Frames are read in chunks, each a short statement of its own, so that a reader who pauses between two frames
never holds back a checkpoint. What is read is never believed: types, hashes and checksums are checked row
by row, because a flipped bit can turn a number into a text or a NULL and SQLite will hand it over.
"""

import contextlib
import operator
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import apsw

from actors.journal import sqlite_statements as sql
from actors.journal.chain import genesis_hash, slice_hash, snapshot_digest, verify_chain
from actors.journal.errors import Corrupt
from actors.journal.interface import HASH_BYTES, SNAPSHOTS_KEPT, Frame, Head, RecordBatch, Snapshot
from actors.journal.sqlite_connection import translate, translated
from actors.journal.sqlite_structure import check_structure

#: A chunk of frames ends at whichever comes first; the last frame may exceed the bytes.
_CHUNK_FRAMES_MAX: Final = 512
_CHUNK_BYTES_MAX: Final = 4 * 1024 * 1024
#: Records read at once when all are read.
_BATCH_RECORDS_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class State:
    """Where a journal stands, in one consistent reading."""

    store_id: str
    province: str
    epoch: int
    head: Head
    head_at_ms: int
    records_sequence: int
    #: Payload bytes of all frames, and of those before the latest snapshot.
    payload_bytes: int
    snapshot_payload_bytes: int


def read_state(connection: apsw.Connection, province: str) -> State:
    """Reads the state and checks that the frame table ends where the state says.

    Raises:
        Corrupt: It does not, or a field is not of its type.
        JournalError: The store cannot be read.
    """
    with translated(province):
        row: Any = connection.execute(sql.SELECT_STATE).get
    match row:
        case (
            str(store_id),
            str(stored_province),
            int(epoch),
            int(head_sequence),
            bytes(head_hash),
            int(records_sequence),
            int(payload_bytes),
            int() | None as last_sequence,
            int() | None as frame_epoch,
            int() | None as frame_at_ms,
            bytes() | None as frame_hash,
            int() | None as snapshot_payload_bytes,
        ):
            pass
        case _:
            raise Corrupt(province, None, "the state row is missing or malformed")
    if head_sequence == 0:
        frame_epoch, frame_at_ms, frame_hash = 0, 0, genesis_hash(store_id, stored_province)
    if (last_sequence or 0) != head_sequence:
        detail = f"is the head, but the frames end at {last_sequence or 0}"
        raise Corrupt(stored_province, head_sequence, detail)
    if frame_epoch is None or frame_at_ms is None or frame_hash != head_hash:
        raise Corrupt(stored_province, head_sequence, "is the head, but its hash is another one")
    if frame_epoch > epoch or records_sequence > head_sequence:
        raise Corrupt(stored_province, head_sequence, "the state row contradicts the frames")
    return State(
        store_id=store_id,
        province=stored_province,
        epoch=epoch,
        head=Head(head_sequence, frame_epoch, head_hash),
        head_at_ms=frame_at_ms,
        records_sequence=records_sequence,
        payload_bytes=payload_bytes,
        snapshot_payload_bytes=snapshot_payload_bytes or 0,
    )


def record_crcs(keys: Iterable[str], values: Iterable[bytes]) -> Iterator[int]:
    """Returns the CRC-32 of each record: enough against flipped bits, and half the cost of SHA-256 (0.5 µs).

    No Python code is run for a single one: there may be hundreds of thousands.
    """
    return map(zlib.crc32, values, map(zlib.crc32, map(str.encode, keys)))


def record_crc(key: str, value: bytes) -> int:
    """Returns one of `record_crcs`, for half of what asking there for a single one costs (0.3 µs)."""
    return zlib.crc32(value, zlib.crc32(key.encode()))


def _match_checksums(keys: tuple[Any, ...], values: tuple[Any, ...], crcs: tuple[Any, ...]) -> bool:
    """Whether these are records, each with its `record_crc`."""
    return (
        set(map(type, keys)) == {str} and set(map(type, values)) == {bytes} and tuple(record_crcs(keys, values)) == crcs
    )


class SqliteView:
    """A journal opened for reading: takes no epoch, writes nothing, and may watch a live journal.

    Its properties follow the writer; each reads the state afresh (some 15 µs).
    """

    def __init__(self, connection: apsw.Connection, state: State) -> None:
        self._connection = connection
        self._first_state = state
        self._snapshot_faults: tuple[Corrupt, ...] = ()

    def _state(self) -> State:
        return read_state(self._connection, self.province)

    @property
    def province(self) -> str:
        """See `JournalView`."""
        return self._first_state.province

    @property
    def store_id(self) -> str:
        """See `JournalView`."""
        return self._first_state.store_id

    @property
    def epoch(self) -> int:
        """See `JournalView`."""
        return self._state().epoch

    @property
    def head(self) -> Head:
        """See `JournalView`."""
        return self._state().head

    @property
    def records_sequence(self) -> int:
        """See `JournalView`."""
        return self._state().records_sequence

    @property
    def tail_bytes(self) -> int:
        """See `JournalView`."""
        state = self._state()
        return state.payload_bytes - state.snapshot_payload_bytes

    @property
    def snapshot_faults(self) -> tuple[Corrupt, ...]:
        """See `JournalView`."""
        return self._snapshot_faults

    def close(self) -> None:
        """See `JournalView`."""
        with translated(self.province):
            self._connection.close(True)

    # Frames

    def hash_of(self, sequence: int) -> bytes | None:
        """See `JournalView`."""
        link = self._link(sequence)
        return None if link is None else link.hash

    def frames(self, after: int = 0, limit: int | None = None) -> Iterator[Frame]:
        """See `JournalView`."""
        head = self._state().head
        start = self._link(after)
        if start is None:
            raise Corrupt(self.province, after, f"missing, the journal ends at {head.sequence}")
        with translated(self.province):
            snapshot_hashes: list[Any] = self._connection.execute(sql.SELECT_SNAPSHOT_HASHES, (after,)).fetchall()
        if any(hash_ != start.hash for (hash_,) in snapshot_hashes):
            raise Corrupt(self.province, after, "is not the frame that the snapshot was taken at")
        # Nothing is read that will not be handed out: a small limit is a short reading.
        until = head.sequence if limit is None else min(head.sequence, after + limit)
        chain = verify_chain(self._stored_frames(after, until), start, self.province)
        last = start
        for frame in islice(chain, limit):
            last = frame
            yield frame
        if limit is None and (last.sequence, last.hash) != (head.sequence, head.hash):
            raise Corrupt(self.province, last.sequence + 1, f"missing, the head is {head.sequence}")

    def _link(self, sequence: int) -> Head | None:
        if sequence == 0:
            return Head(0, 0, genesis_hash(self.store_id, self.province))
        with translated(self.province):
            row: Any = self._connection.execute(sql.SELECT_FRAME_LINK, (sequence,)).get
        match row:
            case None:
                return None
            case (int(epoch), bytes(hash_)) if len(hash_) == HASH_BYTES:
                return Head(sequence, epoch, hash_)
            case _:
                raise Corrupt(self.province, sequence, "a column is not of its type")

    def _stored_frames(self, after: int, last: int) -> Iterator[Frame]:
        while after < last:
            chunk = self._chunk(after, last)
            if not chunk:
                return
            yield from chunk
            after = chunk[-1].sequence

    def _chunk(self, after: int, last: int) -> list[Frame]:
        chunk: list[Frame] = []
        chunk_bytes = 0
        with translated(self.province):
            cursor = self._connection.cursor()
            rows: Any = cursor.execute(sql.SELECT_FRAMES, (after, last, _CHUNK_FRAMES_MAX))
            for row in rows:
                match row:
                    case (int(sequence), int(epoch), int(at_ms), bytes(payload), bytes(hash_)):
                        chunk.append(Frame(sequence, epoch, at_ms, payload, hash_))
                        chunk_bytes += len(payload)
                    case _:
                        raise Corrupt(self.province, after + len(chunk) + 1, "a column is not of its type")
                if chunk_bytes >= _CHUNK_BYTES_MAX:
                    break
            cursor.close(True)
        return chunk

    # Records

    def recall(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See `JournalView`."""
        found: dict[str, bytes] = {}
        execute = self._connection.execute
        try:
            if len(keys) == 1:
                self._collect(execute(sql.SELECT_RECORD, (keys[0],)), found)
                return found
            if keys:
                self._collect(execute(sql.SELECT_RECORDS, (apsw.carray(tuple(map(str.encode, keys))),)), found)
        except apsw.Error as error:
            raise translate(error, self.province) from error
        except UnicodeDecodeError as error:
            raise Corrupt(self.province, None, "a record's key is not UTF-8") from error
        return found

    def scan_records(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, bytes]]:
        """See `JournalView`."""
        found: dict[str, bytes] = {}
        with translated(self.province):
            self._collect(self._connection.execute(sql.SCAN_RECORDS, (prefix, after, limit)), found)
        # The keys with the prefix stand together, so those without it can only be at the end.
        return [(key, value) for key, value in found.items() if key.startswith(prefix)]

    def _collect(self, rows: Iterable[Any], found: dict[str, bytes]) -> None:
        for key, value, crc in rows:
            if not isinstance(key, str) or not isinstance(value, bytes) or record_crc(key, value) != crc:
                raise Corrupt(self.province, None, "a record does not match its checksum")
            found[key] = value

    # Snapshots

    def latest_snapshot(self) -> Snapshot | None:
        """See `JournalView`."""
        faults: list[Corrupt] = []
        sound: Snapshot | None = None
        with self.one_moment():
            for row in self._snapshot_rows():
                try:
                    sound = self._load_snapshot(row)
                    break
                except Corrupt as fault:
                    faults.append(fault)
            self._snapshot_faults = tuple(faults)
            after = 0 if sound is None else sound.sequence
            if sound is not None and self.hash_of(after) != sound.hash:
                raise Corrupt(self.province, after, "is not the frame that the snapshot was taken at")
            if faults:
                for _frame in self.frames(after):
                    pass
        return sound

    def _snapshot_rows(self) -> list[Any]:
        with translated(self.province):
            return self._connection.execute(sql.SELECT_SNAPSHOTS).fetchall()[:SNAPSHOTS_KEPT]

    def _load_snapshot(self, row: Any) -> Snapshot:
        match row:
            case (
                int(snapshot),
                int(sequence),
                int(epoch),
                int(at_ms),
                bytes(hash_),
                int(payload_bytes),
                int(slice_count),
                bytes(digest),
            ) if sequence >= 0 <= epoch and payload_bytes >= 0 <= slice_count and len(hash_) == HASH_BYTES:
                pass
            case _:
                raise Corrupt(self.province, None, "the description of a snapshot is malformed")
        slices: list[bytes] = []
        sequences: list[int] = []
        hashes: list[bytes] = []
        with translated(self.province):
            for stored in self._connection.execute(sql.SELECT_SLICES, (snapshot,)):
                match stored:
                    case (int(position), int(at_sequence), bytes(stored_hash), bytes(body)) if at_sequence >= 0:
                        computed = slice_hash(snapshot, len(slices), at_sequence, body)
                        if position == len(slices) and computed == stored_hash:
                            slices.append(body)
                            sequences.append(at_sequence)
                            hashes.append(computed)
                            continue
                    case _:
                        pass
                raise Corrupt(self.province, sequence, f"slice {len(slices)} of its snapshot is damaged")
        head = Head(sequence, epoch, hash_)
        expected = snapshot_digest(snapshot, head, at_ms, payload_bytes, hashes)
        if slice_count != len(slices) or digest != expected:
            raise Corrupt(self.province, sequence, "its snapshot is not the one that was committed")
        return Snapshot(sequence, epoch, at_ms, hash_, tuple(slices), tuple(sequences))

    # Everything

    def check(self) -> None:
        """See `JournalView`. On a live journal it holds back the reuse of the WAL until it is done."""
        with self.one_moment():
            self.check_structure()
            self.snapshots()
            for _batch in self.record_batches():
                pass
            for _frame in self.frames():
                pass

    def check_structure(self) -> None:
        """See `CheckedView`."""
        check_structure(self._connection, self.province, self._state().payload_bytes)

    def snapshots(self) -> list[Snapshot]:
        """See `CheckedView`."""
        found = [self._load_snapshot(row) for row in self._snapshot_rows()]
        for snapshot in found:
            if self.hash_of(snapshot.sequence) != snapshot.hash:
                raise Corrupt(self.province, snapshot.sequence, "is not the frame that the snapshot was taken at")
        return found

    def record_batches(self) -> Iterator[RecordBatch]:
        """See `CheckedView`."""
        last: tuple[str, ...] = ()
        with translated(self.province):
            rows: Any = self._connection.execute(sql.ALL_RECORDS)
            # Hundreds of thousands are read in a row: no Python code is run for a single one, which halves the cost.
            while batch := list(islice(rows, _BATCH_RECORDS_MAX)):
                keys, values, crcs = zip(*batch, strict=True)
                if not _match_checksums(keys, values, crcs):
                    raise Corrupt(self.province, None, "a record does not match its checksum")
                row = last + keys
                if not all(map(operator.lt, row, row[1:])):
                    raise Corrupt(self.province, None, "the records are not in order")
                last = keys[-1:]
                yield keys, values

    @contextlib.contextmanager
    def one_moment(self) -> Iterator[None]:
        """See `CheckedView`."""
        with translated(self.province):
            self._connection.execute(sql.BEGIN_READ)
        try:
            yield
        finally:
            with translated(self.province):
                if self._connection.in_transaction:
                    self._connection.execute(sql.ROLLBACK)
