"""The simulated disk: its damage and the repair of it."""

from actors.core.ids import ProvinceCode
from actors.journal import Frame
from actors.testing.chance import Chance
from actors.testing.disk import Disk


def _frame(sequence: int) -> Frame:
    return Frame(sequence=sequence, epoch=1, at_ms=1_000, payload=b"events", hash=bytes(32))


def test_repair_puts_the_sound_frame_back() -> None:
    """Without the repair a damaged province would stay down, and every seed would end without rest."""
    disk = Disk(ProvinceCode("fujian"), Chance(1))
    disk.store.frames.append(_frame(1))
    repair = disk.flip_bit()
    assert repair is not None
    assert disk.store.frames != [_frame(1)]
    repair()
    assert disk.store.frames == [_frame(1)]


def test_repair_leaves_alone_what_took_the_place_of_the_damaged_frame() -> None:
    """A damaged frame that was never synced goes with the power: bringing it back would overwrite the journal's next one."""
    disk = Disk(ProvinceCode("fujian"), Chance(1))
    disk.store.frames.append(_frame(1))
    repair = disk.flip_bit()
    assert repair is not None
    disk.store.frames.clear()
    repair()
    assert disk.store.frames == []
    disk.store.frames.append(_frame(2))
    repair()
    assert disk.store.frames == [_frame(2)]
