"""A folder that appears under its name only when it is whole.

It is made beside it as `NAME.partial`, synced, and renamed. Whoever makes it holds a lock on it (flock, gone with the process), so that a
draft left behind by a kill is told from one that somebody is writing, and removed. A folder of that name that holds anything else is not ours
to remove.
"""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType

from actors.backup.errors import BackupFailed
from actors.journal import sync
from actors.store import BACKUP_MANIFEST, resolved

_SUFFIX = ".partial"
#: All that a draft of a backup or of a data directory may hold.
_OURS = frozenset({"journals", "logs", "store.json", "store.new", "tokens.toml", BACKUP_MANIFEST})


class Draft:
    """The folder in the making; gone at the end of the block, with the folders made for it, unless it was published.

    Raises:
        BackupFailed: on entering, when the target is not empty or cannot be replaced, somebody else is making it, or something that is not
            ours lies where it would be made.
        OSError: the target leads back to itself.
    """

    def __init__(self, target: Path) -> None:
        # Where a symbolic link leads: a folder cannot be renamed onto the link itself.
        self._target = resolved(target)
        #: Where to write.
        self.path: Path = self._target.with_name(self._target.name + _SUFFIX)
        #: Folders above it that had to be made, the innermost first.
        self._made = [folder for folder in self._target.parents if not folder.exists()]
        self._lock_fd = -1
        self._is_published = False

    def __enter__(self) -> "Draft":
        self._require_free_target()
        self._target.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self._remove_left_behind()
        self.path.mkdir(mode=0o700)
        self._lock_fd = self._lock()
        return self

    def _require_free_target(self) -> None:
        if not self._target.exists():
            return
        if not self._target.is_dir() or any(self._target.iterdir()):
            raise BackupFailed(f"{self._target} is there already and not empty")
        if self._target.is_mount():
            raise BackupFailed(
                f"{self._target} is a mount point, which cannot be put in place at once: name a folder in it"
            )

    def _lock(self) -> int:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise BackupFailed(f"another process is writing {self.path}") from None
        return descriptor

    def _remove_left_behind(self) -> None:
        descriptor = self._lock()
        try:
            strangers = sorted({entry.name for entry in self.path.iterdir()} - _OURS)
            if strangers:
                raise BackupFailed(f"{self.path} is in the way and not a draft of ours (it holds {strangers[0]})")
            shutil.rmtree(self.path)
        finally:
            os.close(descriptor)

    def publish(self) -> None:
        """Sync everything and put it under its name; returns when that is on disk.

        Raises:
            OSError: it cannot be.
        """
        for folder, _, files in os.walk(self.path):
            for name in files:
                sync(Path(folder) / name)
            sync(Path(folder))
        self.path.replace(self._target)
        self._is_published = True
        sync(self._target.parent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_published:
            shutil.rmtree(self.path, ignore_errors=True)
            for folder in self._made:
                # Somebody may have put something else there by now.
                with contextlib.suppress(OSError):
                    folder.rmdir()
        os.close(self._lock_fd)
