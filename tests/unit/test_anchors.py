"""A journal that is shorter than it was said to be, or another one, does not serve."""

import shutil
from pathlib import Path

import pytest

from actors.anchors import open_anchored, read_anchor, require_anchored
from actors.core.headquarters import AnchoredHead, HeadsAnchored, anchor_records, encode
from actors.core.ids import ProvinceCode
from actors.head_file import HeadFile
from actors.journal import Corrupt, Head, Journal, StoreFull, open_sqlite
from tests.unit.full_disk import NO_INDEX_BYTES, file_size_limit

FUJIAN = ProvinceCode("fujian")


def opened(path: Path, province: str = "fujian") -> Journal:
    """A journal without a reserve."""
    return open_sqlite(path, store_id="store", province=province, reserve_bytes=0)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """The journals of a province with three frames, all anchored, and of the headquarters."""
    province, hq = tmp_path / "fujian.sqlite", tmp_path / "hq.sqlite"
    journal = opened(province)
    for number in range(3):
        journal.append(b"%d" % number, at_ms=number)
    anchor(hq, journal.head)
    journal.close()
    return province, hq


def anchor(hq: Path, head: Head) -> None:
    """Anchor a head, as the coordinator does."""
    journal = opened(hq, "hq")
    events = [HeadsAnchored(at_ms=1, heads=(AnchoredHead(FUJIAN, head.sequence, head.epoch, head.hash),))]
    journal.append(encode(events), at_ms=1, records=anchor_records(events))
    journal.close()


def test_a_journal_that_holds_its_anchor_may_serve(paths: tuple[Path, Path]) -> None:
    """Also when it has grown since: a false refusal would stop a sound province."""
    province, hq = paths
    require_anchored(str(province), "fujian", str(hq))
    journal = opened(province)
    journal.append(b"later", at_ms=9)
    journal.close()
    require_anchored(str(province), "fujian", str(hq))


def test_an_old_copy_put_back_is_refused_and_left_as_it_is(paths: tuple[Path, Path], tmp_path: Path) -> None:
    """It is sound in itself; served, it would decide the lost tasks a second time. No epoch is taken in it."""
    province, hq = paths
    shutil.copy(province, tmp_path / "old")
    journal = opened(province)
    journal.append(b"acknowledged", at_ms=9)
    head = journal.head
    journal.close()
    anchor(hq, head)
    shutil.copy(tmp_path / "old", province)
    before = province.read_bytes()
    with pytest.raises(Corrupt, match=r"fujian is corrupt at frame 4.*ends at 3"):
        require_anchored(str(province), "fujian", str(hq))
    assert province.read_bytes() == before


def test_another_frame_in_the_place_of_the_anchored_one_is_refused(paths: tuple[Path, Path]) -> None:
    """A journal made anew and grown past the anchor has the length, but not the history."""
    province, hq = paths
    province.unlink()
    journal = opened(province)
    for number in range(5):
        journal.append(b"another %d" % number, at_ms=number)
    journal.close()
    with pytest.raises(Corrupt, match="frame 3: the published hash is another one"):
        require_anchored(str(province), "fujian", str(hq))


def test_a_journal_whose_file_is_gone_is_not_begun_anew(paths: tuple[Path, Path]) -> None:
    """An empty journal would be made in its place, and every task of the province would be forgotten."""
    province, hq = paths
    province.unlink()
    with pytest.raises(Corrupt, match="gone"):
        require_anchored(str(province), "fujian", str(hq))
    assert not province.exists()


def test_a_lost_journal_without_an_anchor_is_not_begun_anew_either(tmp_path: Path) -> None:
    """A crash within a second of the first start, and a file lost since: only the store knows that it was made."""
    path = tmp_path / "fujian.sqlite"
    with pytest.raises(Corrupt, match="made once, and its file is gone"):
        open_anchored(str(path), store_id="store", province="fujian", hq_path=str(tmp_path / "hq.sqlite"), create=False)
    assert not path.exists()


def test_without_an_anchor_or_a_readable_hq_journal_a_province_serves(paths: tuple[Path, Path]) -> None:
    """A first start has no anchors; and one damaged file must not stop every province that restarts."""
    province, hq = paths
    require_anchored(str(province), "fujian", "")
    assert read_anchor(hq, "hubei") is None
    hq.write_bytes(b"not a database" * 100)
    require_anchored(str(province), "fujian", str(hq))
    hq.unlink()
    require_anchored(str(province), "fujian", str(hq))


def test_a_full_disk_is_no_leave_to_serve_unchecked(paths: tuple[Path, Path]) -> None:
    """It passes: whoever comes up meanwhile would serve an old copy."""
    province, hq = paths
    with file_size_limit(NO_INDEX_BYTES), pytest.raises(StoreFull, match="journal hq"):
        require_anchored(str(province), "fujian", str(hq))


def test_an_hq_journal_that_is_not_ours_is_damage_to_one_file(
    paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not pass by itself, and must not stop every province that restarts."""
    province, hq = paths
    province.unlink()
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != hq)
    with file_size_limit(NO_INDEX_BYTES):
        require_anchored(str(province), "fujian", str(hq))


def test_the_head_file_gives_back_what_was_written(tmp_path: Path) -> None:
    """It is the only witness of the hq journal's length."""
    file = HeadFile(tmp_path / "hq.sqlite")
    assert file.read() is None
    for head in (Head(1_000_000, 70, b"h" * 32), Head(2, 1, b"i" * 32)):
        file.write(head)
        assert file.read() == head


def test_every_flipped_bit_of_the_head_file_is_noticed(tmp_path: Path) -> None:
    """A wrong witness would refuse a sound journal."""
    file = HeadFile(tmp_path / "hq.sqlite")
    file.write(Head(1_000, 7, bytes(range(32))))
    sound = file.path.read_bytes()
    for bit in range(8 * len(sound)):
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << bit % 8
        file.path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"hq\.head"):
            file.read()
