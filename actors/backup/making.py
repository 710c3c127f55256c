"""Making a backup: find out whether the system runs, fix the instant, copy at leisure, verify, publish.

A stopped system is locked (`actors.store`) and copied. A running one holds the lock itself; it is found through `actors.running`. One that
is just starting or ending is waited for.

The journals are copied one after the other and each photograph is let go at once: while it is open, its province's WAL grows by what is
committed (see `actors.journal.sqlite_copy`), so the last one's grows for as long as the whole copying takes.

Not in a backup: logs, and the plain development tokens (`dev-tokens.json`), since who can read a backup should not thereby be everybody;
nor their digests beside them, so that a restored development system makes new ones and listens on loopback only, as before.
"""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from actors.backup.cut import Cut, take_cut
from actors.backup.draft import Draft
from actors.backup.errors import BackupFailed
from actors.backup.live import LiveProvinces
from actors.backup.manifest import (
    MANIFEST_FILE,
    Counts,
    FileEntry,
    JournalEntry,
    Manifest,
    encode_manifest,
    file_entry,
)
from actors.head_file import HeadFile
from actors.journal import JournalError, Photograph, State, open_readonly
from actors.running import is_alive, read_running
from actors.store import HQ, Store, StoreError, StoreInUse, lock_store, read_store, resolved
from actors.verification.directory import verify_directory
from actors.verification.workers import ReadingFailed

#: How long to wait for a system that is starting or ending, or for provinces that are being restarted.
WAIT_S = 60.0
_LOOK_EVERY_S = 0.2
_TOKENS = "tokens.toml"
_PLAIN_TOKENS = "dev-tokens.json"


class BackupOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was made, and what it cost."""

    folder: str
    manifest: Manifest
    cut: Cut
    bytes: int
    #: Copying, hashing and syncing; without the verification.
    copy_seconds: float
    seconds: float


def make_backup(data_dir: Path, folder: Path, *, verify: bool = True, wait_s: float = WAIT_S) -> BackupOutcome:
    """Back up the system in `data_dir`, running or not, into a new folder.

    Args:
        verify: replay and check the copy before it is called a backup.

    Raises:
        BackupFailed: there is no backup.
        StoreError: there is no store in `data_dir`, or it is a backup.
        OSError: the disk does not take it.
    """
    try:
        return _make(_found(data_dir), folder, verify=verify, wait_s=wait_s)
    except JournalError as error:
        raise BackupFailed(str(error)) from error


def _found(data_dir: Path) -> Path:
    try:
        return resolved(data_dir)
    except OSError as error:
        raise StoreError(f"{data_dir} cannot be read: {error.strerror}") from error


def _make(data_dir: Path, folder: Path, *, verify: bool, wait_s: float) -> BackupOutcome:
    started = time.monotonic()
    if (data_dir / MANIFEST_FILE).exists():
        # Its copy would bear the instant of the copying, and branches would not send again what came between.
        raise StoreError(f"{data_dir} is a backup itself; copy its folder as it is")
    with Draft(folder) as draft, contextlib.ExitStack() as opened:
        run_dir = _lock_or_find(data_dir, wait_s, opened)
        store = _whole_store(data_dir)
        names = [HQ, *store.identity.provinces]
        photographs = [_opened(store, name, opened) for name in names]
        if run_dir is None:
            taken_ms = time.time_ns() // 1_000_000
            cut = Cut(journals={photograph.name: photograph.take() for photograph in photographs}, taken_ms=taken_ms)
        else:
            cut = asyncio.run(_cut_of_running(run_dir, store, photographs, wait_s))
        copying = time.monotonic()
        files = copy_into(draft.path, store, photographs, cut)
        copy_seconds = time.monotonic() - copying
        opened.close()
        manifest = seal(draft.path, store, cut, files, verify=verify, was_running=run_dir is not None)
        draft.publish()
    return BackupOutcome(
        folder=str(folder),
        manifest=manifest,
        cut=cut,
        bytes=sum(entry.bytes for entry in files),
        copy_seconds=copy_seconds,
        seconds=time.monotonic() - started,
    )


def _lock_or_find(data_dir: Path, wait_s: float, opened: contextlib.ExitStack) -> Path | None:
    """Lock a stopped system (None), or the run directory of the one that runs.

    Raises:
        BackupFailed: somebody uses the directory and no running system is found within the time.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            opened.callback(lock_store(data_dir).release)
        except StoreInUse as error:
            running = read_running(data_dir)
            if running is not None and is_alive(Path(running.run_dir)):
                return Path(running.run_dir)
            if time.monotonic() >= deadline:
                raise BackupFailed(f"{error}, and no running system was found there within {wait_s:.0f} s") from None
            time.sleep(_LOOK_EVERY_S)
        else:
            return None


def _whole_store(data_dir: Path) -> Store:
    store = read_store(data_dir)
    missing = [name for name in (HQ, *store.identity.provinces) if not store.journal_path(name).exists()]
    if missing:
        raise BackupFailed(f"{data_dir} has no journals of {', '.join(missing)}; is it still being made?")
    return store


def _opened(store: Store, name: str, opened: contextlib.ExitStack) -> Photograph:
    photograph = Photograph(store.journal_path(name))
    opened.callback(photograph.close)
    return photograph


async def _cut_of_running(run_dir: Path, store: Store, photographs: list[Photograph], wait_s: float) -> Cut:
    provinces = LiveProvinces(run_dir, store.identity.provinces)
    try:
        await provinces.connect(wait_s)
        return await take_cut(provinces, store.identity.provinces, photographs, pause=asyncio.sleep)
    finally:
        await provinces.close()


def copy_into(target: Path, store: Store, photographs: Sequence[Photograph], cut: Cut) -> tuple[FileEntry, ...]:
    """Write everything that belongs to a backup, journal by journal, letting go of each photograph.

    Raises:
        BackupFailed: a copy is not what was photographed.
        JournalError: a journal cannot be read, or not be written there.
    """
    (target / "journals").mkdir(mode=0o700)
    files: list[FileEntry] = []
    for photograph in photographs:
        path = target / "journals" / f"{photograph.name}.sqlite"
        photograph.copy_to(path)
        photograph.let_go()
        path.chmod(0o600)
        _require_same(store, path, cut.journals[photograph.name])
        files.append(file_entry(target, path))
    # The witness of the headquarters' journal as of the instant; the live one may be ahead of the photograph.
    witness = HeadFile(target / "journals" / f"{HQ}.sqlite")
    witness.write(cut.journals[HQ].head)
    files.append(file_entry(target, witness.path))
    plain = ["store.json"]
    if (store.directory / _TOKENS).exists() and not (store.directory / _PLAIN_TOKENS).exists():
        plain.append(_TOKENS)
    for name in plain:
        shutil.copy(store.directory / name, target / name)
        files.append(file_entry(target, target / name))
    return tuple(files)


def seal(
    target: Path,
    store: Store,
    cut: Cut,
    files: tuple[FileEntry, ...],
    *,
    verify: bool,
    was_running: bool,
) -> Manifest:
    """Verify what was copied and write the manifest, which makes it a backup.

    Raises:
        BackupFailed: it does not verify.
    """
    counts = _verified(target) if verify else None
    journals = {
        name: JournalEntry(epoch=stood.epoch, sequence=stood.head.sequence, head_hash=stood.head.hash.hex())
        for name, stood in cut.journals.items()
    }
    manifest = Manifest(
        store_id=store.store_id,
        provinces=store.identity.provinces,
        taken_ms=cut.taken_ms,
        was_running=was_running,
        journals=journals,
        files=files,
        counts=counts,
    )
    (target / MANIFEST_FILE).write_bytes(encode_manifest(manifest))
    return manifest


def _require_same(store: Store, path: Path, stood: State) -> None:
    """The copy is this store's journal, at the instant that was fixed.

    Raises:
        BackupFailed: it is not.
    """
    view = open_readonly(path)
    try:
        found = (view.store_id, view.province, view.epoch, view.head)
    finally:
        view.close()
    _remove_side_files(path.parent)
    if found != (store.store_id, path.stem, stood.epoch, stood.head):
        raise BackupFailed(f"the copy of {path.stem} is not the journal that was photographed: {found}")


def _remove_side_files(journals: Path) -> None:
    """Remove the empty files that SQLite leaves beside a journal that was only read."""
    for pattern in ("*.sqlite-wal", "*.sqlite-shm"):
        for path in journals.glob(pattern):
            path.unlink()


def _verified(target: Path) -> Counts:
    """Read everything of the copy, replay it and compare the provinces.

    Raises:
        BackupFailed: something was found, or nothing could be.
    """
    try:
        report = verify_directory(target)
    except ReadingFailed as error:
        raise BackupFailed(f"the copy could not be verified: {error}") from error
    _remove_side_files(target / "journals")
    if not report.ok:
        raise BackupFailed(
            f"the copy does not verify ({len(report.problems)} problems): {'; '.join(report.problems[:5])}"
        )
    return Counts(
        tasks_created=report.tasks_created,
        tasks_decided=report.tasks_decided,
        tasks_ended=report.tasks_ended,
        tasks_open=report.tasks_open,
        tasks_in_transit=report.tasks_in_transit,
    )
