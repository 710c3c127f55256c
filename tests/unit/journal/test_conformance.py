"""The contract of `Journal`, for every backend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.journal import (
    PAYLOAD_BYTES_MAX,
    Corrupt,
    Fenced,
    Head,
    Journal,
    StoreFailed,
    StoreMismatch,
    check_anchor,
    frame_hash,
    genesis_hash,
)
from tests.unit.journal.backends import PROVINCE, STORE, Backend, MemoryBackend, SqliteBackend


@pytest.fixture(params=["memory", "sqlite"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Each test runs once on each backend."""
    backend = MemoryBackend() if request.param == "memory" else SqliteBackend(tmp_path)
    yield backend
    backend.close()


def append_many(journal: Journal, count: int) -> list[Head]:
    """Appends frames and returns the head after each."""
    return [journal.append(b"payload %d" % number, at_ms=1000 + number) for number in range(1, count + 1)]


def test_an_empty_journal_has_the_genesis_head(backend: Backend) -> None:
    """A head that did not name store and province would fit any journal's anchor."""
    journal = backend.open()
    assert journal.head == Head(0, 0, genesis_hash(STORE, PROVINCE))
    assert (journal.store_id, journal.province, journal.epoch) == (STORE, PROVINCE, 1)
    assert list(journal.frames()) == []
    assert journal.latest_snapshot() is None
    assert (journal.records_sequence, journal.tail_bytes) == (0, 0)
    journal.check()


def test_frames_come_back_as_appended_and_chained(backend: Backend) -> None:
    """Replay would decide differently if anything came back changed."""
    journal = backend.open()
    first = journal.append(b"one", at_ms=1000)
    second = journal.append(b"", at_ms=-5)
    assert first.hash == frame_hash(genesis_hash(STORE, PROVINCE), 1, 1, 1000, b"one")
    assert second == Head(2, 1, frame_hash(first.hash, 2, 1, -5, b""))
    assert journal.head == second
    frames = list(journal.frames())
    assert [(f.sequence, f.epoch, f.at_ms, f.payload) for f in frames] == [
        (1, 1, 1000, b"one"),
        (2, 1, -5, b""),
    ]
    assert [f.hash for f in frames] == [first.hash, second.hash]


def test_a_new_incarnation_takes_the_next_epoch_and_goes_on(backend: Backend) -> None:
    """Without a rising epoch a zombie and its successor would be indistinguishable."""
    head = append_many(backend.open(), 3)[-1]
    successor = backend.open()
    assert (successor.epoch, successor.head) == (2, head)
    assert successor.append(b"four", at_ms=2000).epoch == 2
    assert [f.epoch for f in successor.frames()] == [1, 1, 1, 2]


def test_a_fenced_incarnation_can_write_nothing_any_more(backend: Backend) -> None:
    """A zombie's frame would be a decision by somebody who does not own the province."""
    zombie = backend.open()
    zombie.append(b"mine", at_ms=1)
    snapshot = zombie.begin_snapshot()
    snapshot.write(b"slice")
    successor = backend.open()
    for _ in range(2):
        with pytest.raises(Fenced) as caught:
            zombie.append(b"late", at_ms=2, records={"key": b"late"})
        assert (caught.value.epoch, caught.value.stored_epoch) == (1, 2)
    with pytest.raises(Fenced):
        snapshot.write(b"slice")
    with pytest.raises(Fenced):
        snapshot.commit()
    with pytest.raises(Fenced):
        zombie.begin_snapshot()
    assert (zombie.head.sequence, successor.head.sequence) == (1, 1)
    successor.append(b"next", at_ms=3)
    assert zombie.head.sequence == 1, "a zombie shows nothing of its successor's"
    assert [f.payload for f in successor.frames()] == [b"mine", b"next"]
    assert successor.recall(["key"]) == {}
    assert successor.latest_snapshot() is None


@pytest.mark.parametrize("write", ["slice", "commit"])
def test_a_snapshot_alone_meets_the_fence_too(backend: Backend, write: str) -> None:
    """The fence must hold for each kind of write, not only after an append has failed."""
    snapshot = backend.open().begin_snapshot()
    backend.open()
    with pytest.raises(Fenced):
        snapshot.write(b"") if write == "slice" else snapshot.commit()


def test_another_store_or_province_is_refused_and_takes_no_epoch(backend: Backend) -> None:
    """A mixed-up path must not let one province continue another's journal."""
    journal = backend.open()
    with pytest.raises(StoreMismatch) as caught:
        backend.open(store_id="store-2")
    assert (caught.value.store_id, caught.value.found_store_id) == ("store-2", STORE)
    with pytest.raises(StoreMismatch) as caught:
        backend.open(province="hubei")
    assert (caught.value.province, caught.value.found_province) == ("hubei", PROVINCE)
    journal.append(b"still mine", at_ms=1)


def test_records_are_recalled_replaced_and_survive_reopening(backend: Backend) -> None:
    """A request id that is not recalled lets a duplicate be executed twice."""
    journal = backend.open()
    journal.append(b"a", at_ms=1, records={"k2": b"two", "k1": b"one", "空": b"", "n\0l": b"nul"})
    journal.append(b"b", at_ms=2, records={"k1": b"ONE"})
    for reader in (journal, backend.open(), backend.view()):
        assert reader.recall(["k1", "missing", "k2", "空", "n\0l", "k1"]) == {
            "k1": b"ONE",
            "k2": b"two",
            "空": b"",
            "n\0l": b"nul",
        }
        assert reader.recall([]) == {}
        assert reader.recall(["missing"]) == {}


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_many_records_are_recalled_at_once(backend: Backend, count: int) -> None:
    """Keys are looked up in batches; a batch's edge must lose none."""
    journal = backend.open()
    journal.append(b"", at_ms=1, records={f"task/{n:04}": b"%d" % n for n in range(300)})
    keys = [f"task/{n:04}" for n in range(count)]
    assert journal.recall(keys) == {f"task/{n:04}": b"%d" % n for n in range(count)}


def test_the_empty_key_is_a_key(backend: Backend) -> None:
    """A check that takes it for disorder would refuse to serve a sound journal."""
    journal = backend.open()
    journal.append(b"one", at_ms=1, records={"": b"x", "a": b"y"})
    assert journal.scan_records("") == [("a", b"y")]
    assert journal.recall([""]) == {"": b"x"}
    journal.check()


def test_the_watermark_moves_only_with_records(backend: Backend) -> None:
    """A watermark ahead of the table would hide finished tasks after a restart."""
    journal = backend.open()
    journal.append(b"a", at_ms=1)
    assert journal.records_sequence == 0
    journal.append(b"b", at_ms=2, records={})
    assert journal.records_sequence == 2
    journal.append(b"c", at_ms=3)
    assert journal.records_sequence == 2
    assert backend.open().records_sequence == 2
    assert backend.view().records_sequence == 2


def test_records_are_listed_by_prefix_page_by_page(backend: Backend) -> None:
    """A listing must show each finished task once, in an order that paging can rely on."""
    journal = backend.open()
    records = {f"task/{n:02}": b"%d" % n for n in range(25)}
    others = {"task": b"", "task.": b"", "task0": b"", "tasj/": b"", "任务": b"", "\U0010ffff": b""}
    journal.append(b"", at_ms=1, records=records | others)
    found: list[tuple[str, bytes]] = []
    while page := journal.scan_records("task/", after=found[-1][0] if found else "", limit=10):
        assert len(page) <= 10
        found += page
    assert found == sorted(records.items())
    assert journal.scan_records("") == sorted((records | others).items())
    assert journal.scan_records("none") == []
    assert journal.scan_records("task/", after="zzz") == []
    assert journal.scan_records("task/", after="a", limit=1) == [("task/00", b"0")]


def test_frames_can_be_read_from_anywhere_and_in_part(backend: Backend) -> None:
    """Replay starts after a snapshot; reading the wrong frames applies events twice or not at all."""
    journal = backend.open()
    append_many(journal, 1200)
    assert [f.sequence for f in journal.frames()] == list(range(1, 1201))
    assert [f.sequence for f in journal.frames(after=1100)] == list(range(1101, 1201))
    assert [f.sequence for f in journal.frames(after=5, limit=3)] == [6, 7, 8]
    assert list(journal.frames(after=1200)) == []
    assert list(journal.frames(limit=0)) == []
    with pytest.raises(Corrupt) as caught:
        list(journal.frames(after=1201))
    assert caught.value.sequence == 1201


def test_reading_frames_does_not_hold_up_appending(backend: Backend) -> None:
    """A replay or an auditor that pauses must not stop the province."""
    journal = backend.open()
    append_many(journal, 600)
    reading = journal.frames()
    assert next(reading).sequence == 1
    journal.append(b"more", at_ms=1)
    assert [f.sequence for f in reading] == list(range(2, 601)), "ends at the head of its beginning"


def test_a_snapshot_is_written_between_appends(backend: Backend) -> None:
    """A snapshot must stand for the head at its begin, though the province went on meanwhile."""
    journal = backend.open()
    begun = append_many(journal, 5)[-1]
    writer = journal.begin_snapshot()
    assert writer.sequence == 5
    writer.write(b"first")
    journal.append(b"six", at_ms=6)
    writer.write(b"")
    journal.append(b"seven", at_ms=7)
    assert journal.latest_snapshot() is None
    writer.commit()
    for reader in (journal, backend.view(), backend.open()):
        snapshot = reader.latest_snapshot()
        assert snapshot is not None
        assert (snapshot.sequence, snapshot.epoch, snapshot.at_ms) == (5, 1, 1005)
        assert snapshot.hash == begun.hash
        assert snapshot.slices == (b"first", b"")
        assert snapshot.slice_sequences == (5, 6)
        assert reader.snapshot_faults == ()
        assert [f.payload for f in reader.frames(after=snapshot.sequence)] == [b"six", b"seven"]
        reader.check()


def test_an_empty_journal_can_be_snapshotted(backend: Backend) -> None:
    """The edge at sequence 0: nothing to say is not an error."""
    journal = backend.open()
    journal.begin_snapshot().commit()
    snapshot = journal.latest_snapshot()
    assert snapshot is not None
    assert (snapshot.sequence, snapshot.at_ms, snapshot.slices) == (0, 0, ())


def test_the_latest_of_many_snapshots_counts(backend: Backend) -> None:
    """Also covers the cleaning up of old slices, which happens while later ones are written."""
    journal = backend.open()
    for number in range(1, 6):
        journal.append(b"x", at_ms=number)
        writer = journal.begin_snapshot()
        for part in range(7):
            writer.write(b"%d/%d" % (number, part))
        writer.commit()
        snapshot = journal.latest_snapshot()
        assert snapshot is not None
        assert (snapshot.sequence, snapshot.slices[6]) == (number, b"%d/6" % number)
    journal.check()


def test_an_unfinished_snapshot_is_ignored(backend: Backend) -> None:
    """A crash in the middle of a snapshot must not leave half a state to start from."""
    journal = backend.open()
    journal.append(b"one", at_ms=1)
    finished = journal.begin_snapshot()
    finished.write(b"whole")
    finished.commit()
    journal.append(b"two", at_ms=2)
    journal.begin_snapshot().write(b"half")
    successor = backend.open()
    snapshot = successor.latest_snapshot()
    assert snapshot is not None
    assert (snapshot.sequence, snapshot.slices) == (1, (b"whole",))
    again = successor.begin_snapshot()
    again.write(b"new")
    again.commit()
    snapshot = successor.latest_snapshot()
    assert snapshot is not None
    assert (snapshot.sequence, snapshot.slices) == (2, (b"new",))
    successor.check()


def test_a_finished_or_superseded_snapshot_takes_nothing_more(backend: Backend) -> None:
    """Two writers at once would mix two states."""
    journal = backend.open()
    superseded = journal.begin_snapshot()
    finished = journal.begin_snapshot()
    finished.commit()
    for writer in (superseded, finished):
        with pytest.raises(ValueError, match="finished"):
            writer.write(b"")
        with pytest.raises(ValueError, match="finished"):
            writer.commit()


def test_tail_bytes_count_from_the_begin_of_the_latest_snapshot(backend: Backend) -> None:
    """The shell decides by it when to take the next snapshot; wrong, and replay grows without bound."""
    journal = backend.open()
    journal.append(b"12345", at_ms=1)
    assert journal.tail_bytes == 5
    writer = journal.begin_snapshot()
    journal.append(b"123", at_ms=2)
    assert journal.tail_bytes == 8
    writer.commit()
    assert (journal.tail_bytes, backend.view().tail_bytes, backend.open().tail_bytes) == (3, 3, 3)


def test_a_view_follows_a_live_journal_and_takes_no_epoch(backend: Backend) -> None:
    """`verify` must be able to watch production without fencing it."""
    journal = backend.open()
    journal.append(b"one", at_ms=1)
    view = backend.view()
    assert (view.store_id, view.province, view.epoch) == (STORE, PROVINCE, 1)
    assert view.head == journal.head
    journal.append(b"two", at_ms=2, records={"k": b"v"})
    assert view.head == journal.head
    assert [f.payload for f in view.frames()] == [b"one", b"two"]
    assert view.recall(["k"]) == {"k": b"v"}
    assert view.scan_records("k") == [("k", b"v")]
    view.check()
    assert backend.open().epoch == 2
    assert view.epoch == 2


def test_an_anchor_tells_a_prefix_from_another_past(backend: Backend) -> None:
    """The only thing that finds an old copy put back: it must not cry wolf, nor sleep."""
    journal = backend.open()
    heads = append_many(journal, 4)
    for anchor in (Head(0, 0, genesis_hash(STORE, PROVINCE)), *heads):
        check_anchor(journal, anchor)
    assert journal.hash_of(2) == heads[1].hash
    assert journal.hash_of(5) is None
    assert journal.hash_of(-1) is None
    with pytest.raises(Corrupt, match="ends at 4") as caught:
        check_anchor(journal, Head(5, 1, heads[3].hash))
    assert caught.value.sequence == 5
    with pytest.raises(Corrupt, match="another"):
        check_anchor(journal, Head(3, 1, heads[3].hash))


def test_what_cannot_be_stored_is_refused_before_anything_is_written(backend: Backend) -> None:
    """A bug in the caller must not kill the journal."""
    journal = backend.open()
    with pytest.raises(ValueError, match="exceeds"):
        journal.append(bytes(PAYLOAD_BYTES_MAX + 1), at_ms=0)
    with pytest.raises(ValueError, match="64-bit"):
        journal.append(b"", at_ms=2**63)
    with pytest.raises(ValueError, match="exceeds"):
        journal.begin_snapshot().write(bytes(PAYLOAD_BYTES_MAX + 1))
    assert journal.append(b"fine", at_ms=2**63 - 1).sequence == 1


def test_a_closed_journal_answers_nothing(backend: Backend) -> None:
    """Use after close is a bug, and must show as one error of ours, whatever the call."""
    journal = backend.open()
    journal.append(b"one", at_ms=1)
    journal.close()
    journal.close()
    for call in (
        lambda: journal.append(b"two", at_ms=2),
        journal.begin_snapshot,
        lambda: journal.recall(["k"]),
        lambda: journal.scan_records("k"),
        journal.latest_snapshot,
        lambda: list(journal.frames()),
        lambda: journal.hash_of(1),
        journal.check,
    ):
        with pytest.raises(StoreFailed):
            call()
    assert backend.open().head.sequence == 1
