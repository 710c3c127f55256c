"""A province's disk: a store in memory and everything that can be wrong with it.

A write reaches the page cache first and the disk with its fsync. A process may die between the two; then its successor sees the write,
and a power failure may still take it back. So `Doom` names three moments of a frame: it is never written, it is written and not synced,
it is synced and nobody was told.

Disks also flip bits, and people put old copies back. `flip_bit` and `put_back` do that and return the repair.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import msgspec

from actors.core.ids import ProvinceCode
from actors.journal import Frame, MemoryStore, MemoryView, StoreFull
from actors.testing.chance import Chance


class Killed(BaseException):
    """The process died here. Not an Exception: nobody may catch it on the way."""


class Moment(StrEnum):
    """How far a frame has come when its writer dies."""

    UNWRITTEN = "unwritten"
    UNSYNCED = "unsynced"
    SYNCED = "synced"


class Doom(msgspec.Struct, frozen=True):
    """When a process is to die: with the next frame that holds the word (the name of an event; empty: any frame)."""

    moment: Moment
    word: bytes = b""


class Disk:
    """The disk of one province."""

    def __init__(self, code: ProvinceCode, chance: Chance) -> None:
        self._use(MemoryStore("store", code))
        self.is_full = False
        #: Whoever writes at the moment is to die.
        self.doom: Doom | None = None
        self.on_doom: Callable[[Moment, bytes], None] = _ignore
        self._code = code
        self._chance = chance

    def _before_write(self, write: str) -> None:
        if self.is_full:
            raise StoreFull(self._code, write)

    def _before_sync(self, write: str) -> None:
        doom = self.doom
        if doom is None or write != "append" or doom.moment is Moment.SYNCED:
            return
        payload = self.store.frames[-1].payload
        if doom.word in payload:
            if doom.moment is Moment.UNWRITTEN:
                self.store.lose_power()
            self._die(doom.moment, payload)

    def after_sync(self, payload: bytes) -> None:
        """The frame is durable; its writer may die before it says so."""
        doom = self.doom
        if doom is not None and doom.moment is Moment.SYNCED and doom.word in payload:
            self._die(Moment.SYNCED, payload)

    def _die(self, moment: Moment, payload: bytes) -> None:
        self.doom = None
        self.on_doom(moment, payload)
        raise Killed

    def lose_power(self) -> None:
        """The machine stops: what was never synced is gone, or, as the disk pleases, not."""
        if self._chance.below(4):
            self.store.lose_power()

    # --- damage; each returns its repair ---

    def flip_bit(self) -> Callable[[], None] | None:
        """Flip one bit of one frame; None if there is no frame yet."""
        frames, chance = self.store.frames, self._chance
        if not frames:
            return None
        place = chance.below(len(frames))
        sound = frames[place]
        damaged = _damaged(sound, chance)
        frames[place] = damaged

        def repair() -> None:
            # A frame that was never synced may be gone with the power since, and another may stand in its place.
            if place < len(frames) and frames[place] is damaged:
                frames[place] = sound

        return repair

    def image(self) -> MemoryStore:
        """A copy of the disk's file as it is."""
        store = self.store
        return MemoryStore(
            store.store_id,
            store.province,
            epoch=store.epoch,
            frames=list(store.frames),
            head=store.head,
            records=dict(store.records),
            records_sequence=store.records_sequence,
            payload_bytes=store.payload_bytes,
            snapshots=list(store.snapshots),
        )

    def put_back(self, image: MemoryStore) -> Callable[[], None]:
        """Put another file in the journal's place. Whoever has the old one open goes on in the old one."""
        replaced = self.store
        self._use(image)
        return lambda: self._use(replaced)

    def _use(self, store: MemoryStore) -> None:
        self.store = store
        store.before_write = self._before_write
        store.before_sync = self._before_sync

    def view(self) -> MemoryView:
        """The disk as a reader sees it."""
        return MemoryView(self.store)


def _damaged(frame: Frame, chance: Chance) -> Frame:
    field = chance.one_of(("payload", "hash", "at_ms", "epoch"))
    if field in ("at_ms", "epoch"):
        return replace(frame, **{field: getattr(frame, field) ^ (1 << chance.below(40))})
    sound: bytes = getattr(frame, field)
    damaged = bytearray(sound)
    bit = chance.below(8 * len(damaged))
    damaged[bit // 8] ^= 1 << bit % 8
    return replace(frame, **{field: bytes(damaged)})


def _ignore(moment: Moment, payload: bytes) -> None:
    del moment, payload
