"""Any sequence of operations, against a list and a dictionary. A longer run: see `tests.unit.machines`.

Several incarnations live at once, of which only the last may write; the disk fills up and is emptied, an fsync fails with an open outcome,
the power is cut; snapshots are begun, overtaken by others, abandoned and spoiled; views and half-read iterators stay open beside the writer.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.journal import Corrupt, Fenced, Frame, Journal, JournalView, SnapshotWriter, StoreFailed, StoreFull
from tests.unit.journal.backends import Backend, MemoryBackend, SqliteBackend
from tests.unit.machines import machine_settings

KEYS = st.text(alphabet="ab/é", max_size=3)
RECORDS = st.none() | st.dictionaries(KEYS, st.binary(max_size=4), max_size=4)
ZOMBIES_MAX = 3


@dataclass(eq=False)
class TakenSnapshot:
    """A snapshot that was committed."""

    sequence: int
    slices: list[bytes]
    spoiled: bool = False


@dataclass
class Model:
    """What a journal is, with nothing clever about it."""

    epoch: int = 0
    frames: list[tuple[int, int, bytes]] = field(default_factory=list[tuple[int, int, bytes]])
    records: dict[str, bytes] = field(default_factory=dict[str, bytes])
    records_sequence: int = 0
    #: The last two, the latest last.
    snapshots: list[TakenSnapshot] = field(default_factory=list[TakenSnapshot])

    def append(self, at_ms: int, payload: bytes, records: dict[str, bytes] | None) -> None:
        """A frame, whole."""
        self.frames.append((self.epoch, at_ms, payload))
        if records is not None:
            self.records |= records
            self.records_sequence = len(self.frames)

    def sound_snapshot(self) -> TakenSnapshot | None:
        """The latest that is whole."""
        return next((taken for taken in reversed(self.snapshots) if not taken.spoiled), None)


class JournalMachine(RuleBasedStateMachine):
    """Opens, appends, snapshots, crashes; zombies keep trying."""

    def make_backend(self) -> Backend:
        """The backend under test."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        """A fresh store and its first incarnation."""
        self.backend = self.make_backend()
        self.model = Model()
        self.zombies: list[Journal] = []
        #: Snapshots under way at zombies, and such as were overtaken by a later one.
        self.zombie_writers: list[SnapshotWriter] = []
        self.overtaken: list[SnapshotWriter] = []
        self.views: list[JournalView] = []
        self.open()

    def open(self) -> None:
        """Opens the next incarnation."""
        self.journal = self.backend.open()
        self.model.epoch += 1
        self.writer: SnapshotWriter | None = None
        self.slices: list[bytes] = []
        self.is_full = False
        #: Frames half read from the owner, and those that are still to come.
        self.reading: tuple[Iterator[Frame], list[tuple[int, int, bytes]]] | None = None

    # --- incarnations ---

    @rule()
    def take_over(self) -> None:
        """A successor opens while the old incarnation lives, perhaps in the middle of a snapshot."""
        self.make_room()
        self.zombies = [*self.zombies, self.journal][-ZOMBIES_MAX:]
        if self.writer is not None:
            self.zombie_writers = [*self.zombie_writers, self.writer][-ZOMBIES_MAX:]
        self.open()

    @rule()
    def restart(self) -> None:
        """The incarnation ends, another begins."""
        self.make_room()
        self.journal.close()
        self.open()

    @rule()
    def cut_power(self) -> None:
        """All processes end at once; I7: what was acknowledged is on disk."""
        self.make_room()
        self.backend.cut_power()
        self.zombies, self.zombie_writers, self.overtaken, self.views = [], [], [], []
        self.open()

    @precondition(lambda self: self.zombies)
    @rule(data=st.data(), records=RECORDS)
    def append_as_zombie(self, data: st.DataObject, records: dict[str, bytes] | None) -> None:
        """A former owner tries to."""
        zombie = data.draw(st.sampled_from(self.zombies))
        self.make_room()
        with pytest.raises(Fenced):
            zombie.append(b"zombie", at_ms=0, records=records)
        with pytest.raises(Fenced):
            zombie.begin_snapshot().write(b"zombie")

    @precondition(lambda self: self.zombie_writers)
    @rule(data=st.data(), commit=st.booleans())
    def snapshot_as_zombie(self, data: st.DataObject, commit: bool) -> None:
        """A former owner goes on with a snapshot."""
        writer = data.draw(st.sampled_from(self.zombie_writers))
        self.make_room()
        with pytest.raises(Fenced):
            writer.commit() if commit else writer.write(b"zombie")

    # --- frames ---

    @rule(payload=st.binary(max_size=9000), at_ms=st.integers(-(2**63), 2**63 - 1), records=RECORDS)
    def append(self, payload: bytes, at_ms: int, records: dict[str, bytes] | None) -> None:
        """The owner appends."""
        if self.is_full:
            with pytest.raises(StoreFull):
                self.journal.append(payload, at_ms=at_ms, records=records)
            return
        head = self.journal.append(payload, at_ms=at_ms, records=records)
        self.model.append(at_ms, payload, records)
        assert (head.sequence, head.epoch) == (len(self.model.frames), self.model.epoch)

    @rule(payload=st.binary(max_size=90), records=RECORDS, written=st.booleans())
    def lose_sync(self, payload: bytes, records: dict[str, bytes] | None, written: bool) -> None:
        """An append ends in doubt: this incarnation is dead, and the next finds the frame whole or not at all."""
        self.make_room()
        self.backend.lose_sync(self.journal, written=written)
        for _ in range(2):
            with pytest.raises(StoreFailed):
                self.journal.append(payload, at_ms=7, records=records)
        self.journal.close()
        before = self.model.epoch
        self.open()
        if self.journal.head.sequence > len(self.model.frames):
            self.model.epoch = before
            self.model.append(7, payload, records)
            self.model.epoch += 1

    @precondition(lambda self: not self.is_full)
    @rule()
    def fill_disk(self) -> None:
        """No write succeeds any more; everything else goes on."""
        self.backend.fill(self.journal)
        self.is_full = True

    @precondition(lambda self: self.is_full)
    @rule()
    def make_room(self) -> None:
        """Writing resumes without reopening."""
        self.backend.make_room(self.journal)
        self.is_full = False

    # --- snapshots ---

    @rule()
    def begin_snapshot(self) -> None:
        """Begins a snapshot, superseding an unfinished one."""
        if self.writer is not None:
            self.overtaken.append(self.writer)
        self.writer = self.journal.begin_snapshot()
        self.slices = []

    @precondition(lambda self: self.writer is not None)
    @rule(body=st.binary(max_size=9000))
    def write_slice(self, body: bytes) -> None:
        """Goes on with it."""
        assert self.writer is not None
        if self.is_full:
            with pytest.raises(StoreFull):
                self.writer.write(body)
            return
        self.writer.write(body)
        self.slices.append(body)

    @precondition(lambda self: self.writer is not None)
    @rule()
    def commit_snapshot(self) -> None:
        """Finishes it."""
        assert self.writer is not None
        if self.is_full:
            with pytest.raises(StoreFull):
                self.writer.commit()
            return
        self.writer.commit()
        taken = TakenSnapshot(self.writer.sequence, self.slices)
        self.model.snapshots = [*self.model.snapshots, taken][-2:]
        self.overtaken.append(self.writer)
        self.writer = None

    @precondition(lambda self: self.overtaken and not self.is_full)
    @rule(data=st.data(), commit=st.booleans())
    def go_on_with_an_old_snapshot(self, data: st.DataObject, commit: bool) -> None:
        """A snapshot that is finished or was overtaken takes nothing more."""
        writer = data.draw(st.sampled_from(self.overtaken))
        with pytest.raises(ValueError, match="finished, or another"):
            writer.commit() if commit else writer.write(b"late")

    # --- reading ---

    @precondition(lambda self: len(self.views) < 2)
    @rule()
    def open_view(self) -> None:
        """Somebody begins to watch, and stays."""
        self.views.append(self.backend.view())

    @rule(keys=st.lists(KEYS, max_size=5))
    def recall(self, keys: list[str]) -> None:
        """Looks records up."""
        expected = {key: self.model.records[key] for key in keys if key in self.model.records}
        for reader in (self.journal, *self.views):
            assert reader.recall(keys) == expected

    @rule(prefix=KEYS, after=KEYS, limit=st.integers(0, 5))
    def scan(self, prefix: str, after: str, limit: int) -> None:
        """Lists records."""
        expected = [
            item for item in sorted(self.model.records.items()) if item[0].startswith(prefix) and item[0] > after
        ]
        for reader in (self.journal, *self.views):
            assert reader.scan_records(prefix, after, limit) == expected[:limit]

    @rule(data=st.data())
    def read_part(self, data: st.DataObject) -> None:
        """Reads from somewhere, so many."""
        after = data.draw(st.integers(0, len(self.model.frames)))
        limit = data.draw(st.none() | st.integers(0, 3))
        expected = self.model.frames[after:][:limit]
        for reader in (self.journal, *self.views):
            assert [(f.epoch, f.at_ms, f.payload) for f in reader.frames(after, limit)] == expected

    @precondition(lambda self: self.model.frames)
    @rule()
    def begin_to_read(self) -> None:
        """Reads one frame; the rest will be what the journal held at this moment."""
        reading = self.journal.frames()
        first = next(reading)
        assert (first.epoch, first.at_ms, first.payload) == self.model.frames[0]
        self.reading = (reading, self.model.frames[1:])

    @precondition(lambda self: self.reading is not None)
    @rule()
    def read_on(self) -> None:
        """Reads the rest, whatever was appended meanwhile."""
        assert self.reading is not None
        reading, expected = self.reading
        assert [(f.epoch, f.at_ms, f.payload) for f in reading] == expected
        self.reading = None

    @invariant()
    def journal_and_views_equal_the_model(self) -> None:
        """Everything that can be read is what the model says, for the owner, for a new view and for old ones."""
        view = self.backend.view()
        for reader in (self.journal, view, *self.views):
            self.check_reader(reader)
        assert [(f.epoch, f.at_ms, f.payload) for f in view.frames()] == self.model.frames
        if any(taken.spoiled for taken in self.model.snapshots):
            with pytest.raises(Corrupt):
                view.check()
        else:
            view.check()
        view.close()

    def check_reader(self, reader: JournalView) -> None:
        """What one reader sees."""
        model = self.model
        assert reader.epoch == model.epoch
        assert reader.head.sequence == len(model.frames)
        assert reader.records_sequence == model.records_sequence
        snapshot, expected = reader.latest_snapshot(), model.sound_snapshot()
        assert (snapshot and (snapshot.sequence, list(snapshot.slices))) == (
            expected and (expected.sequence, expected.slices)
        )
        passed_over = model.snapshots[model.snapshots.index(expected) + 1 :] if expected else model.snapshots
        assert len(reader.snapshot_faults) == len(passed_over)
        begun = model.snapshots[-1].sequence if model.snapshots else 0
        assert reader.tail_bytes == sum(len(payload) for _, _, payload in model.frames[begun:])

    def teardown(self) -> None:
        """Closes what is open."""
        if hasattr(self, "backend"):
            self.backend.close()


class MemoryMachine(JournalMachine):
    """In memory."""

    def make_backend(self) -> Backend:
        """See `JournalMachine`."""
        return MemoryBackend()


class SqliteMachine(JournalMachine):
    """In a file, which alone can rot."""

    def make_backend(self) -> Backend:
        """See `JournalMachine`."""
        self.folder = tempfile.TemporaryDirectory()
        self.file = SqliteBackend(Path(self.folder.name))
        return self.file

    @precondition(lambda self: self.model.snapshots)
    @rule()
    def spoil_snapshot(self) -> None:
        """The latest snapshot is damaged: the one before it counts, or replay starts at the first frame."""
        self.file.spoil_latest_snapshot()
        self.model.snapshots[-1].spoiled = True

    def teardown(self) -> None:
        """Closes what is open and removes the files."""
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestMemoryModel = MemoryMachine.TestCase
TestMemoryModel.settings = machine_settings(examples=60, steps=50)
TestSqliteModel = SqliteMachine.TestCase
TestSqliteModel.settings = machine_settings(examples=30, steps=50)
