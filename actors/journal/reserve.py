"""A file full of nothing, so that a full disk still has room to tidy up.

When the disk is full an append fails cleanly. But a checkpoint needs room too: moving the WAL's pages into
the database may make it grow, and until that is done the WAL cannot be used again from its start. So a few
MiB are allocated beforehand and given back at that moment.

No append is tried while the reserve is missing. Otherwise appends, not the checkpoint, would eat the room
it gave back, and the disk would be full again with nothing in hand. Writing therefore resumes by itself as
soon as the reserve can be made again, that is when as much space as it takes has returned.
"""

import contextlib
import os
from pathlib import Path


def reserve_of(journal: Path) -> Path:
    """Where the reserve of a journal lies."""
    return journal.with_name(journal.name + ".reserve")


def give_back_reserve(journal: Path) -> None:
    """Give the disk back what a journal that nobody has open keeps in reserve; whoever opens it makes the reserve again."""
    # Gone already, or on a read-only disk, where nothing is to be gained.
    with contextlib.suppress(OSError):
        reserve_of(journal).unlink()


class Reserve:
    """The reserve file of the journal at `journal`. Not durable itself: it is made again when it is missing."""

    def __init__(self, journal: Path, size_bytes: int) -> None:
        self._journal = journal
        self._path = reserve_of(journal)
        self._size_bytes = size_bytes
        self._held = size_bytes == 0

    def take(self) -> bool:
        """Makes sure that the reserve is there; False when there is no room. No system call once held."""
        if not self._held:
            self._held = self._allocate()
        return self._held

    def release(self) -> None:
        """Gives the space back to the disk."""
        if self._size_bytes:
            self._held = False
            give_back_reserve(self._journal)

    def _allocate(self) -> bool:
        try:
            if self._path.exists() and self._path.stat().st_size == self._size_bytes:
                return True
            with self._path.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size_bytes)
                else:  # macOS: blocks are allocated when they are written
                    file.write(bytes(self._size_bytes))
        except OSError:  # full, over quota, read-only: whatever it is, there is no reserve
            with contextlib.suppress(OSError):
                self._path.unlink()
            return False
        return True
