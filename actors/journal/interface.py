"""What a journal is: frames in a chain, a record table beside them, snapshots to start from.

The protocols below are all that the rest of the system knows; the conformance suite holds every backend to
them. A journal has exactly one writer at a time. It is not safe for use from two threads at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from actors.journal.errors import Corrupt

#: Bytes of a SHA-256 digest.
HASH_BYTES: Final = 32

#: Largest payload of one frame, and largest slice of a snapshot, in bytes. A batch on the wire has at most
#: 4 MiB, so reaching this is a bug of ours and raises ValueError before anything is written.
PAYLOAD_BYTES_MAX: Final = 64 * 1024 * 1024

#: Snapshots kept: the latest, and one to fall back on when it turns out damaged.
SNAPSHOTS_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One commit batch as it lies in the journal."""

    #: Place in the journal, dense from 1.
    sequence: int
    #: Incarnation of the writer; never falls from one frame to the next.
    epoch: int
    #: When the writer decided the batch, Unix milliseconds in UTC. For display, never compared.
    at_ms: int
    #: The encoded events. The journal does not look inside.
    payload: bytes
    #: SHA-256 over the previous frame's hash and all of the above; 32 bytes.
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last frame of a journal, or of a prefix of it: enough to prove that the prefix is unchanged."""

    #: Sequence of the frame; 0 for an empty journal.
    sequence: int
    #: Epoch of that frame; 0 for an empty journal.
    epoch: int
    #: Hash of that frame; the genesis hash for an empty journal.
    hash: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A finished snapshot, every byte of it verified."""

    #: The head when the snapshot was begun: replay starts after this frame.
    sequence: int
    #: Epoch of that frame; 0 at sequence 0.
    epoch: int
    #: `at_ms` of that frame; 0 at sequence 0.
    at_ms: int
    #: Hash of that frame, equal to the one in the journal.
    hash: bytes
    #: The slices in the order written.
    slices: tuple[bytes, ...]
    #: For each slice, the head's sequence when it was written: a slice written between later appends
    #: already holds their effects, so replay skips frames up to here for what is in the slice. Never falls.
    slice_sequences: tuple[int, ...]


class SnapshotWriter(Protocol):
    """A snapshot being written, slice by slice, between appends."""

    @property
    def sequence(self) -> int:
        """The head's sequence when the snapshot was begun."""
        ...

    def write(self, slice_: bytes) -> None:
        """Adds one slice in a short transaction of its own; returns after fsync.

        Raises:
            ValueError: The slice exceeds PAYLOAD_BYTES_MAX, or the writer is finished or superseded.
            JournalError: As for `Journal.append`. After StoreFull or StoreBusy the same slice may be
                written again.
        """
        ...

    def commit(self) -> None:
        """Makes this the latest snapshot and forgets all but the last two, atomically; returns after fsync.

        Raises:
            ValueError: The writer is finished or superseded.
            JournalError: As for `Journal.append`.
        """
        ...


class JournalView(Protocol):
    """The reading half. Nothing it shows is still waiting for an fsync of this process."""

    @property
    def province(self) -> str:
        """The province whose journal this is."""
        ...

    @property
    def store_id(self) -> str:
        """The id of the installation, the same in all its journals."""
        ...

    @property
    def epoch(self) -> int:
        """A writer's own epoch; for a view the latest epoch taken by anybody."""
        ...

    @property
    def head(self) -> Head:
        """The last frame: a writer's own last acknowledged one, a view's latest on disk."""
        ...

    @property
    def records_sequence(self) -> int:
        """Watermark: every record produced by frames up to and including this one is in the record table."""
        ...

    @property
    def tail_bytes(self) -> int:
        """Bytes of payload in the frames after the latest snapshot; O(1)."""
        ...

    @property
    def snapshot_faults(self) -> tuple[Corrupt, ...]:
        """The damaged snapshots that the last `latest_snapshot` passed over, newest first: worth an alarm."""
        ...

    def hash_of(self, sequence: int) -> bytes | None:
        """Returns the stored hash of a frame (the genesis hash for 0), or None when there is none."""
        ...

    def recall(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Looks records up by key; keys without a record are absent from the answer.

        Raises:
            Corrupt: A value does not match its checksum.
        """
        ...

    def scan_records(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, bytes]]:
        """Returns up to `limit` records whose key starts with `prefix` and is greater than `after`, by key.

        Keys are ordered by code point. The last key returned is the `after` of the next page.

        Raises:
            Corrupt: A value does not match its checksum.
        """
        ...

    def frames(self, after: int = 0, limit: int | None = None) -> Iterator[Frame]:
        """Reads the frames after `after`, each verified before it is handed out.

        It ends at what was the head when the first frame was asked for. Verified are dense sequences,
        epochs that never fall, the hash chain and, at the end, the stored head. With `after` = 0 the chain
        starts at the genesis hash, otherwise at the stored hash of frame `after`, which must equal that of
        a snapshot taken there.

        Raises:
            Corrupt: While iterating, at the first frame that fails; nothing from there on is handed out.
        """
        ...

    def latest_snapshot(self) -> Snapshot | None:
        """Returns the latest snapshot that is whole, or None: replay from the first frame.

        A damaged snapshot is passed over for the previous one, and that for none at all, since frames are
        never deleted; but only if the chain verifies from there to the head, which reads all those frames
        once. What was passed over is in `snapshot_faults`.

        Raises:
            Corrupt: The chain does not verify from the older snapshot, or a sound snapshot lies beyond the
                head.
        """
        ...

    def check(self) -> None:
        """Reads and verifies everything once: the file's structure, frames, snapshots, records; O(size).

        Raises:
            Corrupt: At the first thing that is not what was written.
        """
        ...

    def close(self) -> None:
        """Releases the store; any later call raises StoreFailed. Closing twice is harmless."""
        ...


#: Keys and values of some records, in the order of the keys.
RecordBatch = tuple[Sequence[str], Sequence[bytes]]


class CheckedView(JournalView, Protocol):
    """A view that lets everything stored be compared with everything else; what `JournalView.check` does is part of it."""

    def one_moment(self) -> AbstractContextManager[None]:
        """All reads in the block see the same state, whatever a writer does meanwhile."""
        ...

    def check_structure(self) -> None:
        """Reads and verifies everything around frames, records and snapshots; O(size), but fast.

        Raises:
            Corrupt: At the first thing that is not as it must be.
        """
        ...

    def snapshots(self) -> list[Snapshot]:
        """Returns the snapshots kept, newest first, each verified.

        Raises:
            Corrupt: One is damaged, or its frame is another one.
        """
        ...

    def record_batches(self) -> Iterator[RecordBatch]:
        """Reads all records in the order of their keys, some at a time, each verified before it is handed out.

        Raises:
            Corrupt: While iterating, at the first that does not match its checksum or stands in the wrong place.
        """
        ...


class Journal(JournalView, Protocol):
    """A journal opened for writing, by the one incarnation that holds the current epoch."""

    def append(self, payload: bytes, *, at_ms: int, records: Mapping[str, bytes] | None = None) -> Head:
        """Adds one frame in one transaction; returns the new head after fsync.

        Args:
            payload: The encoded events, up to PAYLOAD_BYTES_MAX.
            at_ms: When the batch was decided, Unix milliseconds in UTC.
            records: Values to put into the record table, replacing those under the same keys; this moves
                `records_sequence` to the new frame. A writer that uses records may gather them over several
                frames, but must then hand over all since the watermark at once, or the watermark overtakes
                what is in the table.

        Raises:
            ValueError: The payload is too large or `at_ms` is not a 64-bit integer. Nothing was written.
            Fenced: A successor has opened the journal. Nothing was written; this object is dead.
            StoreFull: Disk full or read-only. Nothing was written, the head is unchanged, a later append
                may succeed.
            StoreBusy: Another process held the lock too long. As for StoreFull.
            StoreFailed: The outcome is unknown; this object is dead, open the journal again.
            Corrupt: The store is damaged; this object is dead.
        """
        ...

    def begin_snapshot(self) -> SnapshotWriter:
        """Begins a snapshot at the current head, superseding an unfinished one; writes nothing yet."""
        ...
