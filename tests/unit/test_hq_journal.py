"""The headquarters comes back from its journal as it was, however long that has grown."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from actors import coordinator, hq_journal
from actors.anchors import read_anchor
from actors.core.country import ProvinceStatus
from actors.core.headquarters import AnchoredHead, AnyHqEvent, capture
from actors.core.ids import ProvinceCode
from actors.head_file import HeadFile
from actors.hq_journal import HqBooks, require_own_head
from actors.journal import Corrupt, StoreFailed, open_sqlite
from actors.store import HQ
from tests.unit.core.harness import KINDS

FUJIAN = ProvinceCode("fujian")


def books_at(path: Path) -> HqBooks:
    """The next incarnation of a coordinator's books."""
    return HqBooks(open_sqlite(path, store_id="store", province="hq", reserve_bytes=0), path)


def head(sequence: int) -> AnchoredHead:
    """A head of Fujian's journal."""
    return AnchoredHead(FUJIAN, sequence, 1, sequence.to_bytes(32, "big"))


def fill(books: HqBooks, frames: int) -> None:
    """A kind, a status, and one anchor a frame."""
    decided = books.hq.put_kind(KINDS[0], revision=0, who="ops", request_id="r", at_ms=1)
    assert isinstance(decided, list)
    books.write(decided + books.hq.see(FUJIAN, ProvinceStatus.DRAINING, 1))
    for number in range(1, frames + 1):
        books.write(books.hq.anchor([head(number)], number))


def test_a_successor_knows_what_was_written(tmp_path: Path) -> None:
    """Kinds, statuses, request ids and anchors, from the frames alone."""
    path = tmp_path / "hq.sqlite"
    books = books_at(path)
    fill(books, 5)
    expected = capture(books.hq)
    books.journal.close()
    successor = books_at(path)
    assert capture(successor.hq) == expected
    assert read_anchor(path, FUJIAN) == head(5)
    successor.journal.close()


def test_a_long_history_is_replayed_from_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame a second for years would otherwise make every restart longer than the one before."""
    monkeypatch.setattr(hq_journal, "SNAPSHOT_TAIL_BYTES", 2_000)
    path = tmp_path / "hq.sqlite"
    books = books_at(path)
    fill(books, 300)
    expected, size = capture(books.hq), books.journal.tail_bytes
    books.journal.close()
    successor = books_at(path)
    stored = successor.journal.latest_snapshot()
    assert stored is not None
    assert stored.sequence > 200
    assert size < 10_000
    assert capture(successor.hq) == expected
    successor.journal.check()
    successor.journal.close()


def test_only_heads_that_moved_on_are_noted(tmp_path: Path) -> None:
    """A quiet country writes nothing, and a head that went back must not replace the anchor that contradicts it."""
    books = books_at(tmp_path / "hq.sqlite")
    fill(books, 5)
    nothing: list[AnyHqEvent] = []
    assert books.hq.anchor([head(5)], 9) == nothing
    assert books.hq.anchor([head(4)], 9) == nothing
    books.journal.close()


def test_an_hq_journal_that_is_shorter_than_its_witness_is_refused(tmp_path: Path) -> None:
    """Nobody else anchors it; an old one put back would forget kinds and anchors."""
    path = tmp_path / "hq.sqlite"
    books = books_at(path)
    fill(books, 2)
    books.journal.close()
    require_own_head(path)
    old = path.read_bytes()
    books = books_at(path)
    books.write(books.hq.anchor([head(9)], 9))
    books.journal.close()
    path.write_bytes(old)
    with pytest.raises(Corrupt, match="hq is corrupt at frame 4"):
        require_own_head(path)
    HeadFile(path).path.write_bytes(b"?")
    require_own_head(path)


class Exited(BaseException):
    """The process ended here."""


def test_a_write_that_fails_at_the_very_start_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raised in the constructor it ended the actor for good: the country would have had no headquarters until it was started anew."""

    def fails(books: HqBooks, events: Sequence[AnyHqEvent]) -> None:
        del books, events
        raise StoreFailed(HQ, "fsync")

    def exits(error: BaseException | None) -> None:
        assert isinstance(error, StoreFailed)
        raise Exited

    monkeypatch.setattr(HqBooks, "write", fails)
    monkeypatch.setattr(coordinator, "_exit", exits)
    options = coordinator.CoordinatorOptions(
        store_id="store", journal_path=str(tmp_path / "hq.sqlite"), run_dir=str(tmp_path), provinces=(FUJIAN,)
    )
    with pytest.raises(Exited):
        coordinator.CoordinatorActor(options)
