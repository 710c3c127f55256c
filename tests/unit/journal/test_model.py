"""Any sequence of operations, against a list and a dictionary."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.journal import Fenced, Journal, SnapshotWriter
from tests.unit.journal.backends import Backend, MemoryBackend, SqliteBackend

KEYS = st.text(alphabet="ab/é", max_size=3)
RECORDS = st.none() | st.dictionaries(KEYS, st.binary(max_size=4), max_size=4)


@dataclass
class Model:
    """What a journal is, with nothing clever about it."""

    epoch: int = 0
    frames: list[tuple[int, int, bytes]] = field(default_factory=list[tuple[int, int, bytes]])
    records: dict[str, bytes] = field(default_factory=dict[str, bytes])
    records_sequence: int = 0
    snapshot: tuple[int, list[bytes]] | None = None


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
        self.writer: SnapshotWriter | None = None
        self.slices: list[bytes] = []
        self.open()

    def open(self) -> None:
        """Opens the next incarnation."""
        self.journal = self.backend.open()
        self.model.epoch += 1
        self.writer = None

    @rule()
    def take_over(self) -> None:
        """A successor opens while the old incarnation lives."""
        self.zombies = [*self.zombies[-2:], self.journal]
        self.open()

    @rule()
    def restart(self) -> None:
        """The incarnation ends, another begins."""
        self.journal.close()
        self.open()

    @rule(payload=st.binary(max_size=9000), at_ms=st.integers(-(2**63), 2**63 - 1), records=RECORDS)
    def append(self, payload: bytes, at_ms: int, records: dict[str, bytes] | None) -> None:
        """The owner appends."""
        head = self.journal.append(payload, at_ms=at_ms, records=records)
        self.model.frames.append((self.model.epoch, at_ms, payload))
        assert (head.sequence, head.epoch) == (len(self.model.frames), self.model.epoch)
        if records is not None:
            self.model.records |= records
            self.model.records_sequence = head.sequence

    @precondition(lambda self: self.zombies)
    @rule(data=st.data(), records=RECORDS)
    def append_as_zombie(self, data: st.DataObject, records: dict[str, bytes] | None) -> None:
        """A former owner tries to."""
        with pytest.raises(Fenced):
            data.draw(st.sampled_from(self.zombies)).append(b"zombie", at_ms=0, records=records)

    @rule()
    def begin_snapshot(self) -> None:
        """Begins a snapshot, superseding an unfinished one."""
        self.writer = self.journal.begin_snapshot()
        self.slices = []

    @precondition(lambda self: self.writer is not None)
    @rule(body=st.binary(max_size=9000))
    def write_slice(self, body: bytes) -> None:
        """Goes on with it."""
        assert self.writer is not None
        self.writer.write(body)
        self.slices.append(body)

    @precondition(lambda self: self.writer is not None)
    @rule()
    def commit_snapshot(self) -> None:
        """Finishes it."""
        assert self.writer is not None
        self.writer.commit()
        self.model.snapshot = (self.writer.sequence, self.slices)
        self.writer = None

    @rule(keys=st.lists(KEYS, max_size=5))
    def recall(self, keys: list[str]) -> None:
        """Looks records up."""
        expected = {key: self.model.records[key] for key in keys if key in self.model.records}
        assert self.journal.recall(keys) == expected

    @rule(prefix=KEYS, after=KEYS, limit=st.integers(0, 5))
    def scan(self, prefix: str, after: str, limit: int) -> None:
        """Lists records."""
        expected = [
            item for item in sorted(self.model.records.items()) if item[0].startswith(prefix) and item[0] > after
        ]
        assert self.journal.scan_records(prefix, after, limit) == expected[:limit]

    @rule(data=st.data())
    def read_part(self, data: st.DataObject) -> None:
        """Reads from somewhere, so many."""
        after = data.draw(st.integers(0, len(self.model.frames)))
        limit = data.draw(st.none() | st.integers(0, 3))
        expected = self.model.frames[after:][:limit]
        found = list(self.journal.frames(after, limit))
        assert [(f.epoch, f.at_ms, f.payload) for f in found] == expected

    @invariant()
    def journal_and_view_equal_the_model(self) -> None:
        """Everything that can be read is what the model says, for the owner and for a view."""
        view = self.backend.view()
        for reader in (self.journal, view):
            assert reader.epoch == self.model.epoch
            assert reader.head.sequence == len(self.model.frames)
            assert reader.records_sequence == self.model.records_sequence
            snapshot = reader.latest_snapshot()
            assert (snapshot and (snapshot.sequence, list(snapshot.slices))) == self.model.snapshot
            begun = self.model.snapshot[0] if self.model.snapshot else 0
            assert reader.tail_bytes == sum(len(payload) for _, _, payload in self.model.frames[begun:])
        assert [(f.epoch, f.at_ms, f.payload) for f in view.frames()] == self.model.frames
        view.check()
        view.close()

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
    """In a file."""

    def make_backend(self) -> Backend:
        """See `JournalMachine`."""
        self.folder = tempfile.TemporaryDirectory()
        return SqliteBackend(Path(self.folder.name))

    def teardown(self) -> None:
        """Closes what is open and removes the file."""
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestMemoryModel = MemoryMachine.TestCase
TestMemoryModel.settings = settings(max_examples=60, stateful_step_count=40)
TestSqliteModel = SqliteMachine.TestCase
TestSqliteModel.settings = settings(max_examples=30, stateful_step_count=40)
