"""Power, disks, processes: the faults a journal file lives with."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from actors.journal import (
    Corrupt,
    SqliteJournal,
    StoreBusy,
    StoreFailed,
    StoreFull,
    open_readonly,
    open_sqlite,
    sqlite_statements,
)
from tests.unit.full_disk import file_size_limit, no_further_file

ROOT = Path(__file__).parents[3]
RESERVE_BYTES = 256 * 1024


def open_at(path: Path, reserve_bytes: int = RESERVE_BYTES) -> SqliteJournal:
    """Opens the journal under test."""
    return open_sqlite(path, store_id="store", province="fujian", reserve_bytes=reserve_bytes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "fujian.db"


@contextmanager
def child(path: Path, script: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs `script` on the journal's `path`; killed at the end at the latest."""
    prologue = "import sys; from actors.journal import *; path = sys.argv[1]\n"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", prologue + script, str(path)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def line_from(process: subprocess.Popen[str]) -> str:
    """The child's next line; ends with the test's time limit at the latest."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


APPENDER = """
journal = open_sqlite(path, store_id="store", province="fujian", reserve_bytes=0)
writer = journal.begin_snapshot()
while True:
    number = journal.head.sequence + 1
    journal.append(b"payload %d" % number, at_ms=number, records={f"task/{number}": b"%d" % number})
    print(number, flush=True)
    if number % 50 == 0:
        writer.write(b"x" * 10_000)
        if number % 200 == 0:
            writer.commit()
            writer = journal.begin_snapshot()
"""


@pytest.mark.parametrize("lines", [1, 250, 731])
def test_kill_9_in_mid_append_loses_nothing_acknowledged(path: Path, lines: int) -> None:
    """I7: what was acknowledged is on disk, whatever moment the process dies at."""
    with child(path, APPENDER) as process:
        for _ in range(lines):
            assert line_from(process)
        process.kill()
        assert process.stdout is not None
        rest = process.stdout.read().split()
    acknowledged = int(rest[-1]) if rest else lines
    journal = open_at(path)
    assert journal.epoch == 2
    # One frame may be durable without having been acknowledged.
    assert acknowledged <= journal.head.sequence <= acknowledged + 1
    count = journal.head.sequence
    assert [f.payload for f in journal.frames()] == [b"payload %d" % n for n in range(1, count + 1)]
    assert journal.records_sequence == count
    assert journal.recall([f"task/{count}"]) == {f"task/{count}": b"%d" % count}
    journal.check()
    journal.close()


def test_commits_are_synced(path: Path) -> None:
    """What kill -9 cannot show: with synchronous=NORMAL a power failure loses acknowledged frames."""
    journal = open_at(path)
    assert journal.connection.execute("PRAGMA synchronous").get == 2  # FULL
    assert journal.connection.execute("PRAGMA journal_mode").get == "wal"
    journal.close()


def test_old_snapshots_leave_the_file(path: Path) -> None:
    """Two are kept; the slices of the others go little by little, or the file would grow for ever."""
    journal = open_at(path)
    for number in range(12):
        writer = journal.begin_snapshot()
        for _ in range(8):
            writer.write(bytes(1000))
        if number % 3:  # every third one is never finished
            writer.commit()
    counted: Any = journal.connection.execute("SELECT count(*), count(DISTINCT snapshot) FROM slices").get
    assert counted[0] <= 4 * 8
    assert counted[1] <= 4
    journal.close()


def test_a_successor_fences_a_process_that_still_lives(path: Path) -> None:
    """The zombie is another process here, as in life; its append must write nothing."""
    script = """
journal = open_sqlite(path, store_id="store", province="fujian", reserve_bytes=0)
journal.append(b"mine", at_ms=1)
print("ready", flush=True)
sys.stdin.readline()
try:
    journal.append(b"late", at_ms=2)
except Fenced as error:
    print(error.epoch, error.stored_epoch, flush=True)
"""
    with child(path, script) as process:
        assert line_from(process) == "ready"
        journal = open_at(path)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert line_from(process) == "1 2"
    assert [f.payload for f in journal.frames()] == [b"mine"]
    journal.close()


def test_another_process_reads_a_live_journal(path: Path) -> None:
    """`verify` runs beside production and must neither disturb nor fence it."""
    journal = open_at(path)
    journal.append(b"one", at_ms=1)
    script = "view = open_readonly(path); view.check(); print(view.head.sequence, view.epoch); view.close()"
    with child(path, script) as process:
        assert line_from(process) == "1 1"
        assert process.wait() == 0
    assert journal.append(b"two", at_ms=2).sequence == 2
    journal.close()


def test_a_lock_held_elsewhere_is_store_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zombie stopped inside a transaction must delay us for a stated time, not for ever."""
    monkeypatch.setattr(sqlite_statements, "BUSY_TIMEOUT_MS", 30)
    journal = open_at(path)
    zombie = apsw.Connection(str(path))
    zombie.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy) as caught:
        journal.append(b"one", at_ms=1)
    assert caught.value.waited_ms == 30
    with pytest.raises(StoreBusy):
        open_at(path)
    assert list(journal.frames()) == []
    zombie.close()
    assert journal.append(b"one", at_ms=1).sequence == 1
    journal.close()


def fill(journal: SqliteJournal) -> int:
    """Appends until the disk is full; returns how many frames were acknowledged."""
    for number in range(1000):
        try:
            journal.append(bytes(20_000), at_ms=1, records={f"task/{number}": b"x"})
        except StoreFull:
            return number
    raise AssertionError("the disk never became full")


def test_a_full_disk_is_definite_and_heals_without_reopening(path: Path) -> None:
    """Nothing half-written, everything acknowledged readable, and no restart needed when space returns."""
    journal = open_at(path)
    with file_size_limit(RESERVE_BYTES):
        acknowledged = fill(journal)
        assert 0 < acknowledged == journal.head.sequence == journal.records_sequence
        assert len(list(journal.frames())) == acknowledged
        assert len(journal.scan_records("task/")) == acknowledged
        journal.check()
    assert journal.append(b"space again", at_ms=2).sequence == acknowledged + 1
    journal.close()
    reopened = open_at(path)
    assert reopened.head.sequence == acknowledged + 1
    reopened.check()
    reopened.close()


def test_sqlite_full_is_the_same_to_the_caller(path: Path) -> None:
    """The other way SQLite says it: SQLITE_FULL, here from a limit on pages."""
    journal = open_at(path)
    connection = journal.connection
    pages: Any = connection.execute("PRAGMA page_count").get
    connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    writer = journal.begin_snapshot()
    for call in (lambda: journal.append(bytes(50_000), at_ms=1), lambda: writer.write(bytes(50_000))):
        with pytest.raises(StoreFull):
            call()
    assert journal.head.sequence == 0
    connection.execute("PRAGMA max_page_count = 1000000")
    journal.append(bytes(50_000), at_ms=1)
    writer.write(bytes(50_000))
    writer.commit()
    journal.check()
    journal.close()


def test_the_reserve_is_given_back_and_made_again(path: Path) -> None:
    """Without it a checkpoint could not finish on a full disk; if appends ate it, there would be none."""
    reserve = path.with_name(path.name + ".reserve")
    journal = open_at(path)
    assert reserve.stat().st_size == RESERVE_BYTES
    with file_size_limit(RESERVE_BYTES // 2):
        fill(journal)
        assert not reserve.exists()
        with pytest.raises(StoreFull, match="reserve"):
            journal.append(b"small", at_ms=1)
        assert not reserve.exists(), "no half-made reserve takes up the last of the space"
    journal.append(b"small", at_ms=1)
    assert reserve.stat().st_size == RESERVE_BYTES
    journal.close()


def test_a_read_only_store_is_definite_and_heals(path: Path) -> None:
    """A disk remounted read-only: reads go on, appends fail cleanly, writing resumes with the disk."""
    journal = open_at(path)
    journal.append(b"one", at_ms=1)
    journal.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreFull):
        journal.append(b"two", at_ms=2)
    assert [f.payload for f in journal.frames()] == [b"one"]
    journal.connection.execute("PRAGMA query_only = OFF")
    assert journal.append(b"two", at_ms=2).sequence == 2
    journal.close()


class FailingAtCommit:
    """A cursor whose COMMIT fails as it does when fsync reports an error: written perhaps, durable unknown."""

    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def execute(self, statement: str, bindings: Any = None) -> Any:
        """Passes everything on but COMMIT."""
        if statement == sqlite_statements.COMMIT:
            error = apsw.IOError("disk I/O error")
            setattr(error, "extendedresult", apsw.SQLITE_IOERR_FSYNC)  # noqa: B010 - unknown to its type
            raise error
        return self._cursor.execute(statement, bindings)


def append_in_vain(path: Path, monkeypatch: pytest.MonkeyPatch, failing: Callable[[apsw.Cursor], Any]) -> None:
    """Append over a cursor that fails: the outcome is open, and the incarnation says nothing more, also when the cursor is whole again."""
    journal = open_at(path)
    monkeypatch.setattr(journal, "_cursor", failing(journal.connection.cursor()))
    with pytest.raises(StoreFailed):
        journal.append(b"one", at_ms=1)
    monkeypatch.undo()
    with pytest.raises(StoreFailed):
        journal.append(b"one", at_ms=1)
    journal.close()


def test_a_failed_fsync_kills_the_incarnation(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After it nobody knows what is on disk; appending on top of it would build on sand."""
    append_in_vain(path, monkeypatch, FailingAtCommit)
    successor = open_at(path)
    assert successor.append(b"one", at_ms=1).sequence == 1
    successor.close()


class FullBehindCommit:
    """A cursor whose COMMIT writes and syncs the frame, and then finds no room on the disk for the index of the WAL."""

    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def execute(self, statement: str, bindings: Any = None) -> Any:
        """Passes everything on; COMMIT succeeds and is said to have failed."""
        done = self._cursor.execute(statement, bindings)
        if statement == sqlite_statements.COMMIT:
            error = apsw.IOError("disk I/O error")
            setattr(error, "extendedresult", apsw.SQLITE_IOERR_SHMSIZE)  # noqa: B010 - unknown to its type
            raise error
        return done


def test_a_full_disk_behind_the_commit_mark_is_not_definite(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame is in the WAL, and whoever opens the journal next acts by it: to say "not written" would be a lie."""
    append_in_vain(path, monkeypatch, FullBehindCommit)
    successor = open_at(path)
    assert [frame.payload for frame in successor.frames()] == [b"one"]
    successor.close()


def test_an_interrupt_in_mid_append_kills_the_incarnation(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between two statements must not leave a transaction open under the next append."""
    journal = open_at(path)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        journal.transact(interrupted)
    assert not journal.connection.in_transaction
    with pytest.raises(StoreFailed, match="KeyboardInterrupt"):
        journal.append(b"one", at_ms=1)
    journal.close()


def test_a_second_writer_with_the_same_epoch_is_found(path: Path) -> None:
    """It cannot be; if it is, the head in the store has moved and the frame must not overwrite another."""
    journal = open_at(path)
    journal.append(b"one", at_ms=1)
    journal.connection.execute("UPDATE meta SET head_sequence = 0")
    with pytest.raises(Corrupt, match="left it"):
        journal.append(b"two", at_ms=2)
    with pytest.raises(Corrupt):
        journal.append(b"two", at_ms=2)
    journal.close()


def test_creation_leaves_one_whole_file_and_no_draft(path: Path) -> None:
    """A half-made journal under its own name would look like one that was lost."""
    leftover = path.with_name(f"{path.name}.new-{os.getpid()}")
    leftover.write_bytes(b"from a crash")
    journal = open_at(path)
    journal.close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["fujian.db", "fujian.db.reserve"]


def test_opening_what_is_not_there_is_an_error(path: Path) -> None:
    """`verify` and a restart must not make empty journals out of typing errors."""
    with pytest.raises(StoreFailed):
        open_readonly(path)
    with pytest.raises(StoreFailed):
        open_sqlite(path, store_id="store", province="fujian", create=False)
    with pytest.raises(StoreFailed):
        open_at(path / "no" / "folder")
    assert list(path.parent.iterdir()) == []


def test_a_view_of_a_closed_journal_leaves_its_bytes_alone(path: Path) -> None:
    """Verifying a backup must not change it."""
    journal = open_at(path)
    journal.append(b"one", at_ms=1)
    journal.close()
    before = path.read_bytes()
    view = open_readonly(path)
    view.check()
    with pytest.raises(apsw.ReadOnlyError):
        view._connection.execute("DELETE FROM frames")
    view.close()
    assert path.read_bytes() == before


def test_a_disk_without_a_free_inode_is_full_and_not_damaged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says the same of a file that it may not open; taken for damage, it kept the whole country from starting."""
    open_at(path).close()
    with no_further_file(monkeypatch):
        with pytest.raises(StoreFull, match="no further file"):
            open_readonly(path)
        with pytest.raises(StoreFull, match="no further file"):
            open_at(path)
    journal = open_at(path)
    assert journal.epoch == 2
    journal.close()


def test_a_first_journal_on_a_disk_without_a_free_inode(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its actor waits for room instead of standing aside as if something were damaged."""
    with no_further_file(monkeypatch), pytest.raises(StoreFull, match="no further file"):
        open_at(path)
    open_at(path).close()


def test_a_file_that_cannot_be_opened_is_no_full_disk(path: Path) -> None:
    """Waited for as a full disk, it would never be put right."""
    open_at(path).close()
    path.with_name(path.name + "-wal").mkdir()
    with pytest.raises(StoreFailed, match="unable to open"):
        open_readonly(path)
