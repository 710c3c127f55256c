"""What a data directory says when it is served, and whether that is the truth.

Served means as in production: a journal is compared with its anchor, opened for writing, replayed from its newest snapshot by the commit
loop; then everything a client could be told is read: the head, every frame, every record by its key, the open work. Each reading either
raises (then it is found, and nothing was told) or is compared with what the sound directory said.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from actors.anchors import open_anchored
from actors.commit_loop import CommitLoop
from actors.core import headquarters, snapshot
from actors.core.clock import Instant
from actors.core.ids import ProvinceCode
from actors.hq_journal import HqBooks, open_witnessed
from actors.journal import Frame, Journal, JournalError
from actors.standing_aside import UNUSABLE
from actors.store import HQ, Store, StoreError, open_store
from actors.unheard import Unheard

T = TypeVar("T")

#: Far more than a small country has.
RECORDS_MAX = 1_000_000


class Served(msgspec.Struct, frozen=True):
    """Everything that one journal tells."""

    #: Sequence, epoch and hash of the last frame.
    head: tuple[int, int, bytes]
    #: Epoch that the writer took.
    epoch: int
    #: (sequence, epoch, at_ms, payload, hash); None: reading them raises.
    frames: list[tuple[int, int, int, bytes, bytes]] | None
    records: dict[str, bytes] | None
    #: The state as a snapshot of it.
    state: list[bytes]


class Truth(msgspec.Struct, frozen=True):
    """What the sound directory tells, by journal."""

    journals: dict[str, Served]


class Verdict(msgspec.Struct, frozen=True):
    """What became of one damaged directory."""

    #: Journals that refused to serve, or some reading of theirs raised.
    refused: tuple[str, ...]
    #: Journals that told something else than the truth, and what.
    wrong: tuple[str, ...]


def learn(data: Path) -> Truth:
    """What a sound directory tells.

    Raises:
        StoreError, JournalError: it is not sound.
    """
    store = open_store(data, ())
    try:
        return Truth({name: serve(store, name, None) for name in (*store.identity.provinces, HQ)})
    finally:
        store.release()


def judge(data: Path, truth: Truth) -> Verdict:
    """Serve every journal of a directory, and compare."""
    try:
        store = open_store(data, ())
    except StoreError:
        return Verdict(refused=tuple(truth.journals), wrong=())
    refused: list[str] = []
    wrong: list[str] = []
    try:
        for name, expected in truth.journals.items():
            try:
                served = serve(store, name, expected)
            except UNUSABLE:
                refused.append(name)
                continue
            wrong += [f"{name}: {what}" for what in _differences(served, expected)]
            if served.frames is None or served.records is None:
                refused.append(name)
    finally:
        store.release()
    return Verdict(tuple(refused), tuple(wrong))


def _differences(served: Served, truth: Served) -> list[str]:
    """What is told and is not the truth; what raises tells nothing."""
    return [
        field
        for field in Served.__struct_fields__
        if getattr(served, field) is not None and getattr(served, field) != getattr(truth, field)
    ]


def serve(store: Store, name: str, truth: Served | None) -> Served:
    """Open a journal as its actor does and read everything.

    Args:
        truth: names the records that clients know of; None: all there are.

    Raises:
        One of `UNUSABLE`: it does not serve.
    """
    path = store.journal_path(name)
    if name == HQ:
        journal = open_witnessed(path, store_id=store.store_id, province=HQ)
    else:
        hq_path = str(store.journal_path(HQ))
        may_begin = not store.identity.complete
        journal = open_anchored(str(path), store_id=store.store_id, province=name, hq_path=hq_path, create=may_begin)
    try:
        state = _replayed(name, path, journal)
        head = journal.head
        frames = _or_none(lambda: [_fields(frame) for frame in journal.frames()])
        keys = None if truth is None else list(truth.records or ())
        records = _or_none(
            lambda: dict(journal.scan_records("", limit=RECORDS_MAX)) if keys is None else journal.recall(keys)
        )
        return Served((head.sequence, head.epoch, head.hash), journal.epoch, frames, records, state)
    finally:
        journal.close()


def _fields(frame: Frame) -> tuple[int, int, int, bytes, bytes]:
    return frame.sequence, frame.epoch, frame.at_ms, frame.payload, frame.hash


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except JournalError:
        return None


def _replayed(name: str, path: Path, journal: Journal) -> list[bytes]:
    if name == HQ:
        return [headquarters.encode(headquarters.capture(HqBooks(journal, path).hq))]
    loop = CommitLoop(ProvinceCode(name), journal, clock=_midnight, outputs=Unheard())
    return list(snapshot.capture(loop.province.state))


def _midnight() -> Instant:
    return Instant(wall_ms=0, monotonic_ms=0)
