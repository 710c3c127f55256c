import json
import os
from pathlib import Path

import pytest

from actors.core.clock import Instant
from actors.journal import Journal, JournalView, MemoryStore, StoreFull, open_memory
from actors.testing.live_faults import LOOK_EVERY_MS, FaultFile, LiveFaults, faulty_journal, skewed


class Bench:
    """A fault file, a clock that only moves by hand, a journal on a bad disk that writes down how long it slept."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "fujian.json"
        self.now_ms = 1_000
        self.slept_s: list[float] = []
        self.faults = FaultFile(self.path, lambda: self.now_ms)
        self.store = MemoryStore("store-1", "fujian")
        journal = open_memory(self.store, store_id="store-1", province="fujian")
        self.journal = faulty_journal(journal, self.faults, self.slept_s.append)

    def play(self, **faults: object) -> None:
        """Ask for faults and let enough time pass for them to be seen."""
        self.put(json.dumps(faults))

    def put(self, text: str) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.path)
        self.now_ms += LOOK_EVERY_MS

    def heal(self) -> None:
        self.path.unlink()
        self.now_ms += LOOK_EVERY_MS


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A fresh one."""
    return Bench(tmp_path)


def test_no_file_is_no_fault(bench: Bench) -> None:
    """A province with a fault directory but no file in it must behave as any other."""
    assert bench.faults.current() == LiveFaults()
    assert bench.journal.append(b"x", at_ms=1).sequence == 1
    assert bench.slept_s == []


def test_faults_come_change_and_go_with_the_file(bench: Bench) -> None:
    """A fault that stayed after its file had gone would be taken for a bug of the province."""
    bench.play(clock_offset_ms=5)
    assert bench.faults.current() == LiveFaults(clock_offset_ms=5)
    bench.play(clock_offset_ms=-5)
    assert bench.faults.current() == LiveFaults(clock_offset_ms=-5)
    bench.heal()
    assert bench.faults.current() == LiveFaults()


def test_the_file_is_not_looked_at_for_every_command(bench: Bench) -> None:
    """The clock is asked for every batch: a stat each time would be paid for in throughput."""
    assert bench.faults.current() == LiveFaults()
    bench.path.write_text('{"store": "full"}', encoding="utf-8")
    bench.now_ms += LOOK_EVERY_MS - 1
    assert bench.faults.current() == LiveFaults()
    bench.now_ms += 1
    assert bench.faults.current() == LiveFaults(store="full")


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"store": "lost"}', '{"fsync_delay_ms": -1}', '{"fsync_delay_ms": 60001}', '{"sotre": "full"}', "\xff"],
)
def test_an_unreadable_file_leaves_the_last_good_one_in_force(bench: Bench, text: str) -> None:
    """A reader that meets a half-written file must not heal or crash the province by it."""
    bench.play(store="full")
    assert bench.faults.current().store == "full"
    bench.put(text)
    assert bench.faults.current() == LiveFaults(store="full")


def test_only_the_wall_clock_jumps(bench: Bench) -> None:
    """Leases rest on the monotonic clock, which no kernel lets jump: a fault that moved it would prove nothing."""
    clock = skewed(lambda: Instant(wall_ms=7_200_000, monotonic_ms=50), bench.faults)
    assert clock() == Instant(wall_ms=7_200_000, monotonic_ms=50)
    bench.play(clock_offset_ms=-3_600_000)
    assert clock() == Instant(wall_ms=3_600_000, monotonic_ms=50)


@pytest.mark.parametrize("store", ["full", "readonly"])
def test_a_disk_that_takes_nothing_fails_the_write_and_stays_readable(bench: Bench, store: str) -> None:
    """The journal promises: nothing written, head unchanged, a later append succeeds."""
    bench.journal.append(b"before", at_ms=1)
    bench.play(store=store)
    with pytest.raises(StoreFull):
        bench.journal.append(b"lost", at_ms=2)
    assert bench.journal.head.sequence == 1
    assert [frame.payload for frame in bench.journal.frames()] == [b"before"]
    bench.heal()
    assert bench.journal.append(b"after", at_ms=3).sequence == 2


def test_a_slow_disk_delays_every_write_and_loses_none(bench: Bench) -> None:
    """Slowness must not be mistaken for failure."""
    bench.play(fsync_delay_ms=2_000)
    bench.journal.append(b"one", at_ms=1)
    bench.journal.append(b"two", at_ms=2)
    assert bench.slept_s == [2.0, 2.0]
    assert bench.journal.head.sequence == 2


def test_a_snapshot_lies_on_the_same_disk(bench: Bench) -> None:
    """Snapshots that ignored the fault would hide that a full disk must end them, too."""
    bench.journal.append(b"one", at_ms=1)
    writer = bench.journal.begin_snapshot()
    assert writer.sequence == 1
    bench.play(store="full", fsync_delay_ms=3)
    with pytest.raises(StoreFull):
        writer.write(b"slice")
    with pytest.raises(StoreFull):
        writer.commit()
    bench.heal()
    writer.write(b"slice")
    writer.commit()
    assert bench.slept_s == [0.003, 0.003]
    assert bench.store.snapshots[-1][0].slices == (b"slice",)


def test_the_wrapper_has_everything_a_journal_has(bench: Bench) -> None:
    """A member that was forgotten would end a province the moment it is used."""
    members = [name for kind in (Journal, JournalView) for name in vars(kind) if not name.startswith("_")]
    assert len(members) > 10
    assert [name for name in members if not hasattr(bench.journal, name)] == []


def test_a_file_rewritten_within_one_tick_of_the_file_clock_is_seen(bench: Bench) -> None:
    """Two files of equal length within one tick of the file system's clock still differ by their inode."""
    bench.play(clock_offset_ms=1)
    assert bench.faults.current().clock_offset_ms == 1
    stat = bench.path.stat()
    draft = bench.path.with_suffix(".new")
    draft.write_text(json.dumps({"clock_offset_ms": 2}), encoding="utf-8")
    os.utime(draft, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    draft.replace(bench.path)
    bench.now_ms += LOOK_EVERY_MS
    assert bench.faults.current().clock_offset_ms == 2
