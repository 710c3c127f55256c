"""Restoring a backup into an empty directory.

Every file is hashed while it is copied; the directory appears under its name only when all of them were the ones that were backed up.

Two lives of one store. The restored journals carry the store id of the system they came from, because it is part of every hash. What keeps
the old and the restored system apart is this:

* Each runs in a run directory of its own, so their actors, gateways and desks never meet.
* A process of the old system that comes back writes into the old files, which are other files, wherever they are now.
* Epochs and task numbers go on far higher (`actors.backup.new_life`), so that none of the old life's is given again.
* A restore is refused while a system that was started on the same path is still alive (its actors would be restarted from the new files).

Nothing keeps two systems that both hold a task from deciding it twice when clients talk to both of them. So end the old one for good before
the restored one is served; the runbook says how.
"""

import time
from pathlib import Path

import msgspec

from actors.backup.draft import Draft
from actors.backup.errors import BackupFailed
from actors.backup.manifest import Manifest, copy_checked, read_manifest
from actors.backup.new_life import begin_new_life
from actors.journal import JournalError, open_readonly
from actors.running import is_alive, run_dirs_of
from actors.store import read_store, resolved


class RestoreOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored."""

    directory: str
    manifest: Manifest
    bytes: int
    seconds: float


def restore_backup(folder: Path, data_dir: Path) -> RestoreOutcome:
    """Make a data directory of a backup.

    Args:
        data_dir: absent or empty.

    Raises:
        NoBackup: the folder is missing, or holds no backup.
        BackupFailed: the backup is damaged, incomplete or newer than this version; the target is not empty or still in use.
        OSError: the disk does not take it.
    """
    try:
        return _restore(folder, data_dir)
    except JournalError as error:
        raise BackupFailed(str(error)) from error


def _restore(folder: Path, data_dir: Path) -> RestoreOutcome:
    started = time.monotonic()
    manifest = read_manifest(folder)
    _require_nobody_alive(resolved(data_dir))
    with Draft(data_dir) as draft:
        (draft.path / "journals").mkdir(mode=0o700)
        for entry in manifest.files:
            copy_checked(folder / entry.path, draft.path / entry.path, entry)
        _require_agreement(draft.path, manifest)
        (draft.path / "logs").mkdir()
        begin_new_life(read_store(draft.path), manifest.taken_ms)
        draft.publish()
    return RestoreOutcome(
        directory=str(data_dir),
        manifest=manifest,
        bytes=sum(entry.bytes for entry in manifest.files),
        seconds=time.monotonic() - started,
    )


def _require_nobody_alive(data_dir: Path) -> None:
    """No system that was started on this path runs any more, even if its directory was moved away under it.

    Raises:
        BackupFailed: one does.
    """
    for run_dir in run_dirs_of(data_dir):
        if is_alive(run_dir):
            raise BackupFailed(f"a system that was started on {data_dir} is still running (in {run_dir}); end it first")


def _require_agreement(copied: Path, manifest: Manifest) -> None:
    """The journals are this store's and stand where the manifest says.

    Raises:
        BackupFailed: they do not.
        JournalError: one cannot be read.
    """
    store = read_store(copied)
    if (store.store_id, tuple(store.identity.provinces)) != (manifest.store_id, manifest.provinces):
        raise BackupFailed("the manifest belongs to another store than store.json")
    for name, entry in manifest.journals.items():
        view = open_readonly(store.journal_path(name))
        try:
            found = (view.store_id, view.province, view.epoch, view.head.sequence, view.head.hash.hex())
        finally:
            view.close()
        if found != (manifest.store_id, name, entry.epoch, entry.sequence, entry.head_hash):
            raise BackupFailed(f"the journal of {name} does not stand where the manifest says")
