"""The journal in memory: the same contract, with an object in place of the disk.

`MemoryStore` is the disk. It outlives the journals opened on it, as a file outlives a process, so restarts,
zombies and successors can be played through in one process: for tests, and for the fault simulator, which
plants its faults through `before_write` and `before_sync`. A write either happens as a whole or not at all.

Between the two hooks a write is in the page cache: whoever opens the store sees it, and `lose_power` takes it
back. A sync makes everything written so far durable, as the fsync of one file does.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice

from actors.journal.chain import frame_hash, genesis_hash, verify_chain
from actors.journal.errors import Corrupt, Fenced, JournalError, StoreFailed, StoreMismatch
from actors.journal.interface import PAYLOAD_BYTES_MAX, SNAPSHOTS_KEPT, Frame, Head, RecordBatch, Snapshot


@dataclass(frozen=True, slots=True)
class _Durable:
    """What a power failure would leave: the store as it was before the first write that is not synced."""

    epoch: int
    frame_count: int
    head: Head | None
    records_sequence: int
    payload_bytes: int
    snapshots: list[tuple[Snapshot, int]]
    #: Records written since, as they were before; None: not there.
    records: dict[str, bytes | None] = field(default_factory=dict[str, bytes | None])


@dataclass(slots=True)
class MemoryStore:
    """What would be on disk. Tests may damage it at will."""

    store_id: str
    province: str
    #: The highest epoch taken.
    epoch: int = 0
    frames: list[Frame] = field(default_factory=list[Frame])
    #: Where the journal stands, as SQLite's state row says; empty until the first frame.
    head: Head | None = None
    records: dict[str, bytes] = field(default_factory=dict[str, bytes])
    records_sequence: int = 0
    payload_bytes: int = 0
    #: Finished snapshots, oldest first, each with the payload bytes before it.
    snapshots: list[tuple[Snapshot, int]] = field(default_factory=list[tuple[Snapshot, int]])
    #: Called with the name of a write ("open", "append", "slice", "snapshot") before anything changes.
    #: Whatever JournalError it raises is what that write fails with: StoreFull for a full disk, StoreFailed
    #: for a lost one.
    before_write: Callable[[str], None] | None = None
    #: Called with the name of a write that everybody can see and that is not yet durable. Whoever raises here
    #: dies before the fsync.
    before_sync: Callable[[str], None] | None = None
    _durable: _Durable | None = None

    def genesis(self) -> Head:
        """Returns the head of an empty journal."""
        return Head(0, 0, genesis_hash(self.store_id, self.province))

    def stored_head(self) -> Head:
        """Returns the stored head once the frames are seen to end there.

        Raises:
            Corrupt: They do not.
        """
        head = self.head or self.genesis()
        if len(self.frames) != head.sequence:
            detail = f"is the head, but the frames end at {len(self.frames)}"
            raise Corrupt(self.province, head.sequence, detail)
        if self.frames and self.frames[-1].hash != head.hash:
            raise Corrupt(self.province, head.sequence, "is the head, but its hash is another one")
        return head

    def announce(self, write: str) -> None:
        """Gives `before_write` its chance to fail a write."""
        if self.before_write is not None:
            self.before_write(write)

    def begin_write(self, records: Mapping[str, bytes] | None = None) -> None:
        """Notes what is durable, for `lose_power`, before something changes."""
        if self._durable is None:
            self._durable = _Durable(
                self.epoch,
                len(self.frames),
                self.head,
                self.records_sequence,
                self.payload_bytes,
                self.snapshots,
            )
        for key in records or ():
            self._durable.records.setdefault(key, self.records.get(key))

    def sync(self, write: str) -> None:
        """Makes everything written so far durable."""
        if self.before_sync is not None:
            self.before_sync(write)
        self._durable = None

    def lose_power(self) -> None:
        """Forgets what was never synced. Journals open on the store are dead with their processes."""
        durable, self._durable = self._durable, None
        if durable is None:
            return
        self.epoch = durable.epoch
        del self.frames[durable.frame_count :]
        self.head = durable.head
        self.records_sequence = durable.records_sequence
        self.payload_bytes = durable.payload_bytes
        self.snapshots = durable.snapshots
        for key, value in durable.records.items():
            if value is None:
                self.records.pop(key, None)
            else:
                self.records[key] = value


def open_memory(store: MemoryStore, *, store_id: str, province: str) -> "MemoryJournal":
    """Opens a journal for writing, taking the next epoch and fencing all earlier incarnations.

    Raises:
        StoreMismatch: The store is another one's.
        Corrupt: Its frames do not end at its head.
    """
    if (store.store_id, store.province) != (store_id, province):
        raise StoreMismatch(province, store_id, store.store_id, store.province)
    head = store.stored_head()
    store.announce("open")
    store.begin_write()
    store.epoch += 1
    store.sync("open")
    return MemoryJournal(store, head)


class MemoryView:
    """A journal opened for reading; see `JournalView`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._death: JournalError | None = None
        self._closed = False

    @property
    def province(self) -> str:
        """See `JournalView`."""
        return self._store.province

    @property
    def store_id(self) -> str:
        """See `JournalView`."""
        return self._store.store_id

    @property
    def epoch(self) -> int:
        """See `JournalView`."""
        return self._store.epoch

    @property
    def head(self) -> Head:
        """See `JournalView`."""
        return self._store.stored_head()

    @property
    def records_sequence(self) -> int:
        """See `JournalView`."""
        return self._store.records_sequence

    @property
    def tail_bytes(self) -> int:
        """See `JournalView`."""
        snapshots = self._store.snapshots
        return self._store.payload_bytes - (snapshots[-1][1] if snapshots else 0)

    @property
    def snapshot_faults(self) -> tuple[Corrupt, ...]:
        """See `JournalView`. Memory does not rot, so there are none."""
        return ()

    def hash_of(self, sequence: int) -> bytes | None:
        """See `JournalView`."""
        start = self._start(sequence)
        return None if start is None else start.hash

    def recall(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See `JournalView`."""
        self._refuse_if_closed()
        records = self._store.records
        return {key: records[key] for key in keys if key in records}

    def scan_records(self, prefix: str, after: str = "", limit: int = 1000) -> list[tuple[str, bytes]]:
        """See `JournalView`. O(records): sorts them all."""
        self._refuse_if_closed()
        keys = sorted(key for key in self._store.records if key.startswith(prefix))
        start = bisect_right(keys, after)
        return [(key, self._store.records[key]) for key in keys[start : start + limit]]

    def frames(self, after: int = 0, limit: int | None = None) -> Iterator[Frame]:
        """See `JournalView`."""
        self._refuse_if_closed()
        head = self.head
        start = self._start(after)
        if start is None:
            raise Corrupt(self.province, after, f"missing, the journal ends at {head.sequence}")
        if any(snapshot.sequence == after and snapshot.hash != start.hash for snapshot, _ in self._store.snapshots):
            raise Corrupt(self.province, after, "is not the frame that the snapshot was taken at")
        stored = islice(self._store.frames, after, head.sequence)
        yield from islice(verify_chain(stored, start, self.province), limit)

    def latest_snapshot(self) -> Snapshot | None:
        """See `JournalView`."""
        self._refuse_if_closed()
        if not self._store.snapshots:
            return None
        snapshot, _ = self._store.snapshots[-1]
        if self.hash_of(snapshot.sequence) != snapshot.hash:
            raise Corrupt(self.province, snapshot.sequence, "is not the frame that the snapshot was taken at")
        return snapshot

    def check(self) -> None:
        """See `JournalView`."""
        if sum(len(frame.payload) for frame in self.frames()) != self._store.payload_bytes:
            raise Corrupt(self.province, None, "the stored count of payload bytes is wrong")
        self.latest_snapshot()

    def one_moment(self) -> AbstractContextManager[None]:
        """See `CheckedView`. Nobody else writes while this one reads."""
        return nullcontext()

    def check_structure(self) -> None:
        """See `CheckedView`. There is none."""
        self._refuse_if_closed()

    def snapshots(self) -> list[Snapshot]:
        """See `CheckedView`."""
        self._refuse_if_closed()
        return [snapshot for snapshot, _ in reversed(self._store.snapshots)]

    def record_batches(self) -> Iterator[RecordBatch]:
        """See `CheckedView`."""
        self._refuse_if_closed()
        keys = sorted(self._store.records)
        if keys:
            yield keys, [self._store.records[key] for key in keys]

    def close(self) -> None:
        """See `JournalView`."""
        self._closed = True

    def _start(self, sequence: int) -> Head | None:
        self._refuse_if_closed()
        if sequence == 0:
            return self._store.genesis()
        if not 0 < sequence <= len(self._store.frames):
            return None
        frame = self._store.frames[sequence - 1]
        return Head(sequence, frame.epoch, frame.hash)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreFailed(self.province, "the journal is closed")


class MemoryJournal(MemoryView):
    """A journal opened for writing; see `Journal`. Use `open_memory`."""

    def __init__(self, store: MemoryStore, head: Head) -> None:
        super().__init__(store)
        self._epoch = store.epoch
        self._head = head
        self._records_sequence = store.records_sequence
        self._payload_bytes = store.payload_bytes
        self._snapshot_payload_bytes = store.snapshots[-1][1] if store.snapshots else 0
        self._snapshot_writer: MemorySnapshotWriter | None = None

    @property
    def epoch(self) -> int:
        """See `JournalView`."""
        return self._epoch

    @property
    def head(self) -> Head:
        """See `JournalView`."""
        return self._head

    @property
    def records_sequence(self) -> int:
        """See `JournalView`."""
        return self._records_sequence

    @property
    def tail_bytes(self) -> int:
        """See `JournalView`."""
        return self._payload_bytes - self._snapshot_payload_bytes

    def append(self, payload: bytes, *, at_ms: int, records: Mapping[str, bytes] | None = None) -> Head:
        """See `Journal`."""
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise ValueError(f"a payload of {len(payload)} bytes exceeds {PAYLOAD_BYTES_MAX}")
        sequence = self._head.sequence + 1
        hash_ = frame_hash(self._head.hash, sequence, self._epoch, at_ms, payload)
        self.require_permission("append")
        store = self._store
        store.begin_write(records)
        store.frames.append(Frame(sequence, self._epoch, at_ms, bytes(payload), hash_))
        store.head = self._head = Head(sequence, self._epoch, hash_)
        store.payload_bytes = self._payload_bytes = self._payload_bytes + len(payload)
        if records is not None:
            store.records.update(records)
            store.records_sequence = self._records_sequence = sequence
        store.sync("append")
        return self._head

    def begin_snapshot(self) -> "MemorySnapshotWriter":
        """See `Journal`."""
        self._refuse_if_dead()
        at_ms = self._store.frames[self._head.sequence - 1].at_ms if self._head.sequence else 0
        begun = Snapshot(self._head.sequence, self._head.epoch, at_ms, self._head.hash, (), ())
        self._snapshot_writer = MemorySnapshotWriter(self, begun, self._payload_bytes)
        return self._snapshot_writer

    # For the snapshot writer.

    def is_current(self, writer: "MemorySnapshotWriter") -> bool:
        """Whether no later snapshot was begun."""
        return self._snapshot_writer is writer

    def require_permission(self, write: str) -> None:
        """Raises what a write would fail with: closed, dead, fenced, or a planted fault."""
        self._refuse_if_dead()
        try:
            self._store.announce(write)
            if self._store.epoch != self._epoch:
                raise Fenced(self.province, self._epoch, self._store.epoch)
        except JournalError as failure:
            if failure.code not in {"STORE_FULL", "STORE_BUSY"}:
                self._death = failure
            raise

    def publish(self, snapshot: Snapshot, payload_bytes: int) -> None:
        """Makes a snapshot the latest one."""
        self.require_permission("snapshot")
        self._store.begin_write()
        self._store.snapshots = [*self._store.snapshots, (snapshot, payload_bytes)][-SNAPSHOTS_KEPT:]
        self._store.sync("snapshot")
        self._snapshot_payload_bytes = payload_bytes

    def _refuse_if_dead(self) -> None:
        self._refuse_if_closed()
        if self._death is not None:
            raise type(self._death)(*self._death.args)


class MemorySnapshotWriter:
    """See `SnapshotWriter`. Slices wait here: an unfinished snapshot leaves nothing in the store."""

    def __init__(self, journal: MemoryJournal, begun: Snapshot, payload_bytes: int) -> None:
        self._journal = journal
        self._snapshot = begun
        self._payload_bytes = payload_bytes
        self._finished = False

    @property
    def sequence(self) -> int:
        """See `SnapshotWriter`."""
        return self._snapshot.sequence

    def write(self, slice_: bytes) -> None:
        """See `SnapshotWriter`."""
        self._require_open()
        if len(slice_) > PAYLOAD_BYTES_MAX:
            raise ValueError(f"a slice of {len(slice_)} bytes exceeds {PAYLOAD_BYTES_MAX}")
        self._journal.require_permission("slice")
        self._snapshot = replace(
            self._snapshot,
            slices=(*self._snapshot.slices, bytes(slice_)),
            slice_sequences=(*self._snapshot.slice_sequences, self._journal.head.sequence),
        )

    def commit(self) -> None:
        """See `SnapshotWriter`."""
        self._require_open()
        self._journal.publish(self._snapshot, self._payload_bytes)
        self._finished = True

    def _require_open(self) -> None:
        if self._finished or not self._journal.is_current(self):
            raise ValueError("the snapshot is finished, or another one was begun after it")
