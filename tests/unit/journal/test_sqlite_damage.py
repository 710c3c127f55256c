"""Whatever happens to the file behind our back is found, or changes nothing."""

import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from actors.journal import (
    Corrupt,
    Journal,
    JournalError,
    JournalView,
    Snapshot,
    StoreMismatch,
    check_anchor,
    open_readonly,
    open_sqlite,
)
from actors.journal.page_checksums import RESERVED_BYTES
from actors.journal.sqlite_view import record_crc, record_crcs

FRAMES = 40


def open_at(path: Path) -> Journal:
    """Opens the journal under test."""
    return open_sqlite(path, store_id="store", province="fujian", reserve_bytes=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed journal with frames of two epochs, records and two snapshots."""
    path = tmp_path / "fujian.db"
    for _ in range(2):
        journal = open_at(path)
        for number in range(FRAMES // 2):
            journal.append(b"payload %d " % number * 9, at_ms=number, records={f"task/{number:02}": b"value"})
        writer = journal.begin_snapshot()
        for part in range(3):
            writer.write(b"slice %d " % part * 500)
        writer.commit()
        journal.append(b"after", at_ms=99, records={"last": b"x"})
        journal.close()
    return path


@contextmanager
def behind_its_back(path: Path) -> Iterator[apsw.Connection]:
    """A connection that changes the file without our code."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    yield connection
    connection.close()


def everything(view: JournalView) -> object:
    """All that a reader could be served, after the check that `verify` runs."""
    view.check()
    return (
        view.head,
        view.records_sequence,
        view.tail_bytes,
        list(view.frames()),
        view.scan_records(""),
        view.recall(["task/00", "task/19", "last"]),
        view.latest_snapshot(),
    )


@pytest.mark.parametrize("number", [1, 7, 21, 22, 41, 42])
@pytest.mark.parametrize(
    "change",
    [
        "epoch = epoch + 1",
        "epoch = 0",
        "at_ms = at_ms + 1",
        "payload = CAST('?' || substr(payload, 2) AS BLOB)",
        "payload = CAST(payload || '?' AS BLOB)",
        "payload = x''",
        "hash = randomblob(32)",
        "hash = x''",
        "sequence = 1000",
        "sequence = -sequence",
    ],
)
def test_a_change_in_any_column_of_any_frame_is_found(path: Path, change: str, number: int) -> None:
    """First, middle, last of an epoch, last of all: a changed frame must never be replayed."""
    with behind_its_back(path) as connection:
        connection.execute(f"UPDATE frames SET {change} WHERE sequence = ?", (number,))  # noqa: S608 - fixed
    with pytest.raises(Corrupt) as caught:
        list(open_at(path).frames())
    assert caught.value.province == "fujian"
    assert caught.value.sequence in {number, FRAMES + 2, 1000}


def test_a_changed_frame_is_not_handed_out(path: Path) -> None:
    """The frames before the damage are good and are given; the damaged one is not."""
    with behind_its_back(path) as connection:
        connection.execute("UPDATE frames SET payload = x'00' WHERE sequence = 30")
    seen: list[int] = []
    with pytest.raises(Corrupt) as caught:
        seen.extend(frame.sequence for frame in open_at(path).frames())
    assert caught.value.sequence == 30
    reading = open_at(path).frames()
    assert [next(reading).sequence for _ in range(29)] == list(range(1, 30))
    with pytest.raises(Corrupt):
        next(reading)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM frames WHERE sequence = 1",
        "DELETE FROM frames WHERE sequence = 17",
        "DELETE FROM frames WHERE sequence = 42",
        "DELETE FROM frames WHERE sequence > 30",
        "DELETE FROM frames",
        "INSERT INTO frames SELECT 43, epoch, at_ms, payload, hash FROM frames WHERE sequence = 42",
        "UPDATE frames SET sequence = 99 - sequence WHERE sequence IN (10, 11)",
        "UPDATE meta SET head_sequence = 41",
        "UPDATE meta SET head_hash = x'00'",
        "UPDATE meta SET head_hash = zeroblob(32)",
        "UPDATE meta SET epoch = 1",
        "UPDATE meta SET records_sequence = 43",
        "UPDATE meta SET province = 'hubei'",
        "DELETE FROM meta",
        "DROP TABLE frames",
        "DROP TABLE meta",
        "PRAGMA user_version = 2",
        "PRAGMA journal_mode = DELETE",
    ],
)
def test_missing_doubled_moved_and_cut_off_frames_are_found(path: Path, damage: str) -> None:
    """A journal that is shorter or in another order than what was acknowledged is not the truth."""
    with behind_its_back(path) as connection:
        connection.execute(damage)
    with pytest.raises((Corrupt, StoreMismatch)):
        list(open_at(path).frames())
    with pytest.raises((Corrupt, StoreMismatch)):
        open_readonly(path).check()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM frames WHERE sequence = 42",
        "UPDATE meta SET head_hash = zeroblob(32)",
        "UPDATE frames SET hash = zeroblob(32) WHERE sequence = 42",
    ],
)
def test_damage_at_the_end_is_found_on_opening(path: Path, damage: str) -> None:
    """A writer that opened would append its next frame to a wrong predecessor."""
    with behind_its_back(path) as connection:
        connection.execute(damage)
    for opening in (open_at, open_readonly):
        with pytest.raises(Corrupt) as caught:
            opening(path)
        assert caught.value.sequence == 42
    with behind_its_back(path) as connection:
        assert connection.execute("SELECT epoch FROM meta").get == 2, "no epoch was taken"


def test_frames_in_another_order_are_found(path: Path) -> None:
    """Two frames that swap places are each sound in themselves."""
    with behind_its_back(path) as connection:
        for old, new in ((10, -1), (11, 10), (-1, 11)):
            connection.execute("UPDATE frames SET sequence = ? WHERE sequence = ?", (new, old))
    with pytest.raises(Corrupt) as caught:
        list(open_at(path).frames())
    assert caught.value.sequence == 10


def test_a_frame_from_another_journal_is_found(path: Path, tmp_path: Path) -> None:
    """The genesis hash binds the chain to its province."""
    other = open_sqlite(tmp_path / "other.db", store_id="store", province="hubei", reserve_bytes=0)
    other.append(b"payload 0 " * 9, at_ms=0)
    foreign = next(other.frames())
    with behind_its_back(path) as connection:
        connection.execute("UPDATE frames SET hash = ? WHERE sequence = 1", (foreign.hash,))
    with pytest.raises(Corrupt):
        list(open_at(path).frames())


def flips_found(path: Path, seed: int, trials: int, is_right: Callable[[JournalView], bool]) -> int:
    """Flip one bit at a time anywhere in the file; how often reading says so. Whatever it does not say must be right."""
    sound, choice, found = path.read_bytes(), random.Random(seed), 0
    for _ in range(trials):
        damaged = bytearray(sound)
        damaged[choice.randrange(len(sound))] ^= 1 << choice.randrange(8)
        path.write_bytes(damaged)
        view = None
        try:
            view = open_readonly(path)
            assert is_right(view)
        except JournalError:
            found += 1
        finally:
            if view is not None:
                view.close()
    path.write_bytes(sound)
    return found


def test_flipped_bits_anywhere_are_found_or_change_nothing(path: Path) -> None:
    """400 single bits over the whole file: none may lead to an answer that differs from what was written."""
    view = open_readonly(path)
    expected = everything(view)
    view.close()
    found = flips_found(path, 20250101, 400, lambda view: everything(view) == expected)
    # Much of the file is unused space; if hardly anything were found, the test would flip the wrong file.
    assert found > 100


def test_a_flipped_bit_never_hides_a_record(path: Path) -> None:
    """A lookup that goes astray in a damaged page would say "no such record", and the request would be carried out twice."""
    keys = [f"task/{number:02}" for number in range(FRAMES // 2)]
    found = flips_found(path, 20250103, 200, lambda view: len(view.recall(keys)) == len(keys))
    assert found > 20, "the records lie in a few pages of many"


def test_every_page_carries_its_checksum(path: Path) -> None:
    """Without room for it at the end of each page the checksum layer would silently do nothing."""
    with behind_its_back(path) as connection:
        assert connection.execute("PRAGMA checksum_verification").get == "1"
        assert connection.reserve_bytes("main", -1) == RESERVED_BYTES


def test_a_flipped_bit_in_the_wal_is_found_by_the_anchor(tmp_path: Path) -> None:
    """SQLite silently drops the WAL from the damage on; what is left is a sound journal, only too short."""
    live = tmp_path / "live.db"
    journal = open_at(live)
    for number in range(30):
        journal.append(b"payload %d" % number, at_ms=number)
    anchor, expected = journal.head, list(journal.frames())
    file, wal = live.read_bytes(), live.with_name("live.db-wal").read_bytes()
    journal.close()
    choice = random.Random(20250102)
    found = 0
    for attempt in range(60):
        path = tmp_path / f"{attempt}.db"
        damaged = bytearray(wal)
        damaged[choice.randrange(len(wal))] ^= 1 << choice.randrange(8)
        path.write_bytes(file)
        path.with_name(path.name + "-wal").write_bytes(damaged)
        try:
            journal = open_at(path)
            check_anchor(journal, anchor)
            assert list(journal.frames()) == expected
        except Corrupt:
            found += 1
        journal.close()
    assert found > 50


@pytest.mark.parametrize("part", [0, 1, 100, 511, 4096, 8192, 20480, 0.5, 0.9])
def test_a_truncated_file_is_found(path: Path, part: float) -> None:
    """SQLite takes an empty file for a new database; for us it is a journal that was lost."""
    size = int(part * path.stat().st_size) if isinstance(part, float) else part
    with path.open("r+b") as file:
        file.truncate(size)
    with pytest.raises(JournalError) as caught:
        open_at(path).check()
    assert isinstance(caught.value, Corrupt)


def test_a_lost_file_with_its_wal_left_is_not_born_again(path: Path) -> None:
    """A new file would take the old WAL's pages for its own."""
    path.with_name(path.name + "-wal").write_bytes(b"old")
    path.unlink()
    with pytest.raises(Corrupt, match="WAL"):
        open_at(path)
    assert not path.exists()


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    """A wrong path must not be overwritten or taken for an empty journal."""
    text = tmp_path / "text.db"
    text.write_bytes(b"no database at all " * 100)
    with pytest.raises(Corrupt):
        open_at(text)
    database = tmp_path / "other.db"
    connection = apsw.Connection(str(database))
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    for opening in (open_at, open_readonly):
        with pytest.raises(StoreMismatch):
            opening(database)


def test_one_record_and_many_have_the_same_checksums() -> None:
    """A sound record would be taken for a damaged one as soon as it is read alone."""
    records = {"task/fujian-1": b"value", "request/福建": bytes(range(256)), "": b""}
    alone = [record_crc(key, value) for key, value in records.items()]
    assert list(record_crcs(records.keys(), records.values())) == alone
    assert alone == [zlib.crc32(key.encode() + value) for key, value in records.items()]


@pytest.mark.parametrize("change", ["value = x'00'", "key = 'task/99'", "crc = crc + 1"])
def test_a_changed_record_is_found(path: Path, change: str) -> None:
    """A finished task's answer would be told wrong."""
    with behind_its_back(path) as connection:
        connection.execute(f"UPDATE records SET {change} WHERE key = 'task/07'")  # noqa: S608 - fixed
    journal = open_at(path)
    with pytest.raises(Corrupt):
        journal.recall(["task/07", "task/99"])
    with pytest.raises(Corrupt):
        journal.scan_records("task/")
    with pytest.raises(Corrupt):
        journal.check()


def spoil_slice(connection: apsw.Connection, snapshot: int) -> None:
    """Changes one byte in the middle of a snapshot."""
    connection.execute(
        "UPDATE slices SET body = CAST('?' || substr(body, 2) AS BLOB) WHERE position = 1 AND snapshot = ?", (snapshot,)
    )


SPOIL: list[Callable[[apsw.Connection], Any]] = [
    lambda connection: spoil_slice(connection, 2),
    lambda connection: connection.execute("DELETE FROM slices WHERE snapshot = 2 AND position = 2"),
    lambda connection: connection.execute("DELETE FROM slices WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE slices SET sequence = 1 WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE snapshots SET at_ms = at_ms + 1 WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE snapshots SET sequence = 40 WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE snapshots SET hash = zeroblob(32) WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE snapshots SET digest = x'' WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE snapshots SET slice_count = -1 WHERE snapshot = 2"),
    lambda connection: connection.execute("UPDATE snapshots SET snapshot = 5 WHERE snapshot = 2"),
]


@pytest.mark.parametrize("spoil", SPOIL)
def test_a_damaged_snapshot_is_passed_over_and_reported(path: Path, spoil: Callable[[apsw.Connection], Any]) -> None:
    """One bad slice must not stop a province that can start from the snapshot before."""
    with behind_its_back(path) as connection:
        spoil(connection)
    journal = open_at(path)
    snapshot = journal.latest_snapshot()
    assert isinstance(snapshot, Snapshot)
    assert snapshot.sequence == 20
    assert len(journal.snapshot_faults) == 1
    with pytest.raises(Corrupt):
        journal.check()


def test_without_a_sound_snapshot_replay_starts_at_the_first_frame(path: Path) -> None:
    """Frames are never deleted, so snapshots are only a shortcut."""
    with behind_its_back(path) as connection:
        spoil_slice(connection, 1)
        spoil_slice(connection, 2)
    journal = open_at(path)
    assert journal.latest_snapshot() is None
    assert len(journal.snapshot_faults) == 2


def test_no_falling_back_onto_a_broken_chain(path: Path) -> None:
    """If the older snapshot's tail is damaged too, there is nothing sound left to start from."""
    with behind_its_back(path) as connection:
        spoil_slice(connection, 2)
        connection.execute("UPDATE frames SET payload = x'00' WHERE sequence = 30")
    with pytest.raises(Corrupt) as caught:
        open_at(path).latest_snapshot()
    assert caught.value.sequence == 30


def test_a_frame_that_contradicts_its_snapshot_is_found(path: Path) -> None:
    """Replay after a snapshot trusts the hash stored with that frame; the snapshot is its witness."""
    with behind_its_back(path) as connection:
        connection.execute("UPDATE frames SET hash = zeroblob(32) WHERE sequence = 41")
    journal = open_at(path)
    for reading in (journal.latest_snapshot, lambda: list(journal.frames(after=41))):
        with pytest.raises(Corrupt) as caught:
            reading()
        assert caught.value.sequence == 41
