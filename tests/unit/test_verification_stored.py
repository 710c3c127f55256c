"""What lies beside the frames is compared with what the frames give, and the journals with what was said of them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from actors.core import codec, records, snapshot
from actors.core.applying import apply
from actors.core.replies import MoveAnswer, RecallAnswer
from actors.core.state import ProvinceState
from actors.core.statistics import image
from actors.core.statistics.storage import TableImage
from actors.head_file import HeadFile
from actors.journal import open_sqlite
from actors.journal.page_checksums import checksum_vfs
from actors.journal.sqlite_view import record_crc
from actors.store import read_store
from actors.testing.damage.country import OLD, make_country
from actors.verification.directory import verify_directory
from actors.verification.report import STATISTICS_COMPARED, STATISTICS_LEFT, Report
from actors.verification.stored import ExpectedRecords, canonical_record
from tests.unit.core.harness import FUJIAN

#: Another task's record, and the key of the last one.
OTHER = "SELECT value FROM records WHERE key LIKE 't:%' LIMIT 1"
LAST = "SELECT max(key) FROM records WHERE key LIKE 't:%'"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A country with records, snapshots and anchors."""
    return make_country(tmp_path_factory.mktemp("country"))


@pytest.fixture
def country(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "data"))


@contextmanager
def changing(country: Path, journal: str) -> Iterator[apsw.Connection]:
    """A connection that changes a journal in a way that SQLite and its checksums hold for right."""
    connection = apsw.Connection(str(country / "journals" / f"{journal}.sqlite"), vfs=checksum_vfs())
    yield connection
    connection.close()


def found(report: Report, *texts: str) -> bool:
    """Whether some problem names all of these."""
    return any(all(text in problem for text in texts) for problem in report.problems)


def untimed(report: Report) -> Report:
    """All that must be the same in every reading."""
    return msgspec.structs.replace(report, seconds=0, events_per_second=0, processes=0)


def test_a_sound_country_is_sound_whoever_reads_it(country: Path) -> None:
    """Records, snapshots and anchors must agree with the frames; and processes of their own must find the same."""
    report = verify_directory(country, processes=1)
    assert report.problems == []
    assert report.records > 1_000
    assert report.snapshots >= report.anchors == 3
    shared = verify_directory(country, processes=2)
    assert shared.processes == 2
    assert untimed(shared) == untimed(report)
    thorough = verify_directory(country, processes=1, is_thorough=True)
    assert untimed(thorough) == msgspec.structs.replace(untimed(report), statistics=STATISTICS_COMPARED)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("DELETE FROM records WHERE key = (SELECT max(key) FROM records)", "is missing"),
        ("INSERT INTO records SELECT 't:fujian-0', value, 0 FROM records LIMIT 1", "no frame put it there"),
        (f"UPDATE records SET value = ({OTHER}) WHERE key = ({LAST})", "is not what the frames give"),  # noqa: S608 - fixed
    ],
)
def test_a_record_that_the_frames_do_not_give_is_found(country: Path, change: str, text: str) -> None:
    """A lost or stale answer with a right checksum would let a request be carried out twice."""
    with changing(country, "fujian") as connection:
        connection.execute(change)
        rows: Any = connection.execute("SELECT key, value FROM records").fetchall()
        for key, value in rows:
            connection.execute("UPDATE records SET crc = ? WHERE key = ?", (record_crc(key, value), key))
    assert found(verify_directory(country), "fujian", "record", text)


def falsify_snapshot(country: Path, falsify: Callable[[ProvinceState], object]) -> str:
    """Snapshot what Fujian's frames give, falsified, every hash being right; what verification must say of it."""
    path = country / "journals" / "fujian.sqlite"
    journal = open_sqlite(path, store_id=read_store(country).store_id, province="fujian", reserve_bytes=0)
    state = ProvinceState(FUJIAN)
    for frame in journal.frames():
        for event in codec.decode_events(frame.payload):
            apply(state, event)
    falsify(state)
    writer = journal.begin_snapshot()
    for piece in snapshot.capture(state):
        writer.write(piece)
    writer.commit()
    sequence = journal.head.sequence
    journal.close()
    return f"fujian: the snapshot at frame {sequence} is not what the frames give"


@pytest.mark.parametrize("is_thorough", [False, True])
def test_a_snapshot_that_the_frames_do_not_give_is_found(country: Path, is_thorough: bool) -> None:
    """A restart would believe it: here one was taken of a state that lacks a task."""
    problem = falsify_snapshot(country, lambda state: state.tasks.pop(next(iter(state.tasks))))
    assert found(verify_directory(country, processes=1, is_thorough=is_thorough), problem)


@pytest.mark.parametrize(
    "piece",
    [
        image.StatisticsTable("unheard_of", TableImage(cells=b"", free=(), places=b"\x90")),
        image.StatisticsTable("by_kind", TableImage(cells=b"1234567", free=(), places=b"\x90")),
        image.StatisticsTable("by_kind", TableImage(cells=b"", free=(), places=b"")),
    ],
    ids=["name", "cells", "places"],
)
def test_statistics_that_no_start_could_go_on_from_are_found_in_any_case(
    country: Path, monkeypatch: pytest.MonkeyPatch, piece: image.StatisticsTable
) -> None:
    """Verification would call a store sound whose province fails at every start."""
    capture = image.capture
    monkeypatch.setattr(image, "capture", lambda statistics: iter([*capture(statistics), piece]))
    problem = falsify_snapshot(country, lambda state: None)
    monkeypatch.undo()
    assert found(verify_directory(country, processes=1), problem)


def test_statistics_that_the_frames_do_not_teach_are_found_when_asked_for(country: Path) -> None:
    """A thorough verification that learned nothing would pass everything; one that is not thorough must say so."""

    def falsify(state: ProvinceState) -> None:
        state.statistics.customers.note("nobody", "nobody", 1)

    problem = falsify_snapshot(country, falsify)
    quick = verify_directory(country, processes=1)
    assert (quick.problems, quick.statistics) == ([], STATISTICS_LEFT)
    thorough = verify_directory(country, processes=2, is_thorough=True)
    assert (thorough.problems, thorough.statistics) == ([problem], STATISTICS_COMPARED)


def test_a_watermark_that_is_too_low_is_found(country: Path) -> None:
    """Records that no frame below it put there."""
    with changing(country, "fujian") as connection:
        connection.execute("UPDATE meta SET records_sequence = records_sequence - 1")
    assert found(verify_directory(country), "fujian: record")


@pytest.mark.parametrize("journal", ["fujian", "hq"])
def test_an_old_copy_put_back_is_found(country: Path, made: Path, journal: str) -> None:
    """It is sound in itself."""
    path = country / "journals" / f"{journal}.sqlite"
    path.with_name(path.name + "-wal").unlink()
    shutil.copy(made.parent / OLD / path.name, path)
    assert found(verify_directory(country), journal, "published, but the journal ends at")


def test_a_damaged_missing_or_wrong_witness_of_headquarters_is_found(country: Path) -> None:
    """It alone shows that the end of the hq journal is missing."""
    file = HeadFile(country / "journals" / "hq.sqlite")
    head = file.read()
    assert head is not None
    file.path.write_bytes(b"?")
    assert found(verify_directory(country), "hq", "witness")
    file.path.unlink()
    assert found(verify_directory(country), "hq", "witness", "is missing")
    file.write(type(head)(head.sequence + 1, head.epoch, head.hash))
    assert found(verify_directory(country), "hq", "published")


def _put(expected: ExpectedRecords, **values: bytes) -> None:
    expected.put(values)


@pytest.mark.parametrize(
    ("events", "stored", "is_right"),
    [
        ([lambda e: _put(e, k=b"1"), lambda e: _put(e, k=b"2")], {"k": b"2"}, True),
        ([lambda e: _put(e, k=b"1"), lambda e: _put(e, k=b"2")], {"k": b"1"}, False),
        ([lambda e: _put(e, k=b"1"), lambda e: e.take_back("k")], {}, True),
        ([lambda e: _put(e, k=b"1"), lambda e: e.take_back("k")], {"k": b"1"}, True),
        ([lambda e: _put(e, k=b"1"), lambda e: e.take_back("k")], {"k": b"2"}, False),
        ([lambda e: _put(e, k=b"1"), lambda e: e.take_back("k"), lambda e: _put(e, k=b"3")], {}, False),
    ],
)
def test_the_rules_of_the_record_table(
    events: list[Callable[[ExpectedRecords], None]], stored: dict[str, bytes], is_right: bool
) -> None:
    """The last value counts; what was taken back may linger, with a value that it had."""
    expected = ExpectedRecords(lambda key, value: value)
    for event in events:
        event(expected)
    assert (expected.compare([([*stored], [*stored.values()])])[1] == []) is is_right


@pytest.mark.parametrize(
    ("key", "today", "older"),
    [
        (
            "r:who:1",
            records.RecordedAnswer(b"f", msgspec.msgpack.encode({"type": "done"})),
            [b"f", msgspec.msgpack.encode({"type": "done", "dropped": 1}), "dropped, too"],
        ),
        (
            "m:fujian-1:1:1",
            MoveAnswer(accepted=True),
            {"type": "move_answer", "dropped": 1, "accepted": True},
        ),
        (
            "c:fujian-1:2",
            RecallAnswer(accepted=True),
            {"type": "recall_answer", "dropped": 1, "accepted": True},
        ),
        ("q:fujian-1", records.RecordedReview("auditor:lan", 7), ["auditor:lan", 7, "dropped"]),
    ],
)
def test_a_record_in_an_older_encoding_is_the_same_record(key: str, today: object, older: object) -> None:
    """After an update of the program every record would otherwise look like damage."""
    expected = ExpectedRecords(canonical_record)
    expected.put({key: canonical_record(key, records.encode(today))})
    assert expected.compare([([key], [records.encode(older)])]) == (1, [])
