import os
from pathlib import Path

import pytest

from actors.journal import Photograph, SqliteJournal, StoreFailed, open_readonly, open_sqlite, skip_epochs
from tests.unit.full_disk import file_size_limit


@pytest.fixture
def journal(tmp_path: Path) -> SqliteJournal:
    """A journal that its writer still has open."""
    return open_sqlite(tmp_path / "fujian.sqlite", store_id="store", province="fujian", reserve_bytes=0)


def fill(journal: SqliteJournal, frames: int) -> None:
    """Frames with records of their own."""
    for _ in range(frames):
        number = journal.head.sequence + 1
        journal.append(os.urandom(2_000), at_ms=number, records={f"task/{number}/{part}": b"x" * 300 for part in "abc"})


@pytest.mark.parametrize("frames", [0, 5, 1_500])
def test_a_copy_is_the_journal_of_its_moment(journal: SqliteJournal, tmp_path: Path, frames: int) -> None:
    """What is written later would tear the copy; a large one also showed pages without their checksums."""
    fill(journal, frames)
    photograph = Photograph(tmp_path / "fujian.sqlite")
    stood = photograph.take()
    fill(journal, frames + 1)
    photograph.copy_to(tmp_path / "copy.sqlite")
    photograph.close()
    copy = open_readonly(tmp_path / "copy.sqlite")
    copy.check()
    assert (copy.store_id, copy.province, copy.epoch, copy.head) == ("store", "fujian", 1, stood.head)
    assert [frame.sequence for frame in copy.frames()] == list(range(1, frames + 1))
    assert len(copy.scan_records("task/", limit=10_000)) == 3 * frames
    copy.close()
    assert journal.head.sequence == 2 * frames + 1


def test_the_writer_writes_on_beside_a_photograph(journal: SqliteJournal, tmp_path: Path) -> None:
    """A backup that blocks the writer is an outage; one that is never let go lets the WAL grow for ever."""
    photograph = Photograph(tmp_path / "fujian.sqlite")
    photograph.take()
    fill(journal, 700)
    wal = tmp_path / "fujian.sqlite-wal"
    while_taken_bytes = wal.stat().st_size
    photograph.let_go()
    fill(journal, 700)
    assert wal.stat().st_size < 1.2 * while_taken_bytes, "let go, and still the WAL grows"
    assert photograph.take().head == journal.head
    photograph.close()


def test_a_photograph_is_taken_anew(journal: SqliteJournal, tmp_path: Path) -> None:
    """The next try would copy the moment of the first, which did not count."""
    photograph = Photograph(tmp_path / "fujian.sqlite")
    assert photograph.take().head.sequence == 0
    fill(journal, 2)
    assert photograph.take().head.sequence == 2
    photograph.close()


def test_a_copy_is_a_journal_that_can_be_opened_and_goes_on(journal: SqliteJournal, tmp_path: Path) -> None:
    """A backup that cannot be written again restores nothing."""
    fill(journal, 3)
    photograph = Photograph(tmp_path / "fujian.sqlite")
    photograph.take()
    photograph.copy_to(tmp_path / "copy.sqlite")
    photograph.close()
    skip_epochs(tmp_path / "copy.sqlite", 1_000)
    restored = open_sqlite(tmp_path / "copy.sqlite", store_id="store", province="fujian", reserve_bytes=0)
    assert restored.epoch == 1_002
    fill(restored, 1)
    restored.check()
    restored.close()


def test_a_copy_that_finds_no_room_says_so_of_the_copy(journal: SqliteJournal, tmp_path: Path) -> None:
    """`sharedops backup` onto a full disk named the live journal, which was whole, and ended in "not an error"."""
    fill(journal, 40)
    photograph = Photograph(tmp_path / "fujian.sqlite")
    photograph.take()
    with file_size_limit(32 * 1024), pytest.raises(OSError, match=r"No space left on device: .*copy\.sqlite"):
        photograph.copy_to(tmp_path / "copy.sqlite")
    photograph.close()


def test_a_copy_never_replaces_a_file(journal: SqliteJournal, tmp_path: Path) -> None:
    """A target that is there is somebody's journal."""
    journal.close()
    photograph = Photograph(tmp_path / "fujian.sqlite")
    photograph.take()
    (tmp_path / "there.sqlite").write_bytes(b"somebody's")
    with pytest.raises(StoreFailed):
        photograph.copy_to(tmp_path / "there.sqlite")
    photograph.close()
    assert (tmp_path / "there.sqlite").read_bytes() == b"somebody's"
