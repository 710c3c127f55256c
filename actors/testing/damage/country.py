"""A small real country on disk, to be damaged: what the rules themselves have written, down to a WAL that was not carried over.

Three provinces live some rounds in this process (`actors.testing.history`), with bounds so small that there are many frames, records and two
snapshots each. Then comes a second life in which more tasks arrive; headquarters anchors everything; and the files are photographed while
all journals are open, as a power failure would leave them. From before the second life a copy of each journal is kept: the old ones that
somebody might put back.
"""

import shutil
from pathlib import Path

from actors.commit_loop import CommitBounds, CommitLoop
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.country import TaskKind
from actors.core.headquarters import AnchoredHead
from actors.core.ids import ProvinceCode
from actors.core.replies import AnyReply
from actors.core.task import TaskSpec
from actors.country_file import load_country
from actors.hq_journal import HqBooks
from actors.journal import Journal, open_sqlite
from actors.store import HQ, Store, open_store
from actors.testing.history import HistoryPlan, write_history
from actors.unheard import Unheard

PROVINCES = tuple(map(ProvinceCode, ("fujian", "jiangxi", "hubei")))
#: Decided in each province in the first life, and arriving in the second.
TASKS = 200
LATE_TASKS = 40
#: Frames of the second life, each anchored.
LATE_FRAMES = 8
START_MS = 1_767_571_200_000
#: So small that frames are many, records are flushed often and snapshots taken.
BOUNDS = CommitBounds(records_kept_max=60, snapshot_tail_bytes=48 * 1024)
#: Where the old copies lie, beside the data directory.
OLD = "old"


def make_country(directory: Path) -> Path:
    """Make a data directory below `directory`, and the old copies; its path."""
    data, living = directory / "data", directory / "living"
    country = load_country(None)
    store = open_store(living, PROVINCES)
    settings = tuple(entry for entry in country.provinces if entry.province in PROVINCES)
    write_history(
        HistoryPlan(
            store_id=store.store_id,
            journals=str(living / "journals"),
            provinces=settings,
            kinds=country.kinds,
            limits=country.limits,
            tasks=dict.fromkeys(PROVINCES, TASKS),
            start_ms=START_MS,
            round_tasks=TASKS // 8,
            commit_bounds=BOUNDS,
        )
    )
    books = _open_hq(store)
    for kind in country.kinds:
        decided = books.hq.put_kind(kind, revision=0, who="ops:a", request_id="", at_ms=START_MS)
        assert isinstance(decided, list)
        books.write(decided)
    books.journal.close()
    shutil.copytree(living / "journals", directory / OLD)
    _live_on(store, country.kinds, data)
    store.release()
    shutil.rmtree(living)
    return data


def _open_hq(store: Store) -> HqBooks:
    path = store.journal_path(HQ)
    return HqBooks(open_sqlite(path, store_id=store.store_id, province=HQ, reserve_bytes=0), path)


def _live_on(store: Store, kinds: tuple[TaskKind, ...], data: Path) -> None:
    """The second life, and the photograph in the midst of it."""
    books = _open_hq(store)
    loops = [_Loop(code, _open(store, code)) for code in PROVINCES]
    for number in range(LATE_FRAMES):
        for loop in loops:
            loop.take_in(kinds, number)
        heads = [loop.head for loop in loops]
        books.write(books.hq.anchor(heads, START_MS))
    store.note_complete()
    shutil.copytree(store.directory, data, ignore=shutil.ignore_patterns("*-shm", "*.reserve", "lock", "logs"))
    for journal in (books.journal, *(loop.journal for loop in loops)):
        journal.close()


def _open(store: Store, code: ProvinceCode) -> Journal:
    return open_sqlite(store.journal_path(code), store_id=store.store_id, province=code, reserve_bytes=0)


class _Loop:
    """One province in its second life."""

    def __init__(self, code: ProvinceCode, journal: Journal) -> None:
        self._code = code
        self.journal = journal
        self._loop = CommitLoop(code, journal, clock=_noon, outputs=Unheard(), commit_bounds=BOUNDS)

    @property
    def head(self) -> AnchoredHead:
        """Where the journal ends."""
        head = self.journal.head
        return AnchoredHead(self._code, head.sequence, head.epoch, head.hash)

    def take_in(self, kinds: tuple[TaskKind, ...], frame: int) -> None:
        """One frame of new tasks."""
        for number in range(LATE_TASKS // LATE_FRAMES):
            spec = TaskSpec(kind=kinds[number % len(kinds)].kind, external_id=f"late-{frame}-{number}", home_only=True)
            create = c.CreateTask(who="branch:late", request_id=f"late-{frame}-{number}", spec=spec)
            self._loop.submit(create, _ignore)
        self._loop.commit()


def _noon() -> Instant:
    return Instant(wall_ms=START_MS + 12 * 3_600_000, monotonic_ms=0)


def _ignore(reply: AnyReply) -> None:
    del reply
