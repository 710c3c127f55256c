"""Copies of a live journal as it was at one moment, and what a restored copy needs before it may be served.

A photograph is a read transaction: opened in some 50 µs, and from then on SQLite shows this moment, whatever the writer does. The copy is
made page by page from within it (SQLite's own backup: what is copied is what is there, damage included, so it is verified afterwards).

What a photograph costs the writer: while it is open, a checkpoint stops short of what was written since, so the WAL grows with every
commit instead of being used again; the first checkpoint afterwards moves all of that in one commit. So let go as soon as the copy is made.

Refused: VACUUM INTO, which must not run inside a transaction; copying the files themselves, which has no moment at all.
"""

import errno
import os
from pathlib import Path
from typing import Final

import apsw

from actors.journal import sqlite_statements as sql
from actors.journal.errors import Corrupt, StoreFailed, StoreFull
from actors.journal.page_checksums import RESERVED_BYTES, checksum_vfs
from actors.journal.sqlite_connection import connect, sync, translated
from actors.journal.sqlite_view import State, read_state

#: Pages of 4 KiB copied at once.
_STEP_PAGES: Final = 2_048


class Photograph:
    """A journal, opened for reading; `take` fixes the moment.

    Raises:
        JournalError: the journal cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.name: str = path.stem
        self._connection: apsw.Connection = connect(path, path.stem, readonly=True)

    def take(self) -> State:
        """Fix this moment; where the journal stands in it.

        Raises:
            Corrupt: the journal's end is not what its state row says.
            JournalError: it cannot be read.
        """
        self.let_go()
        with translated(self.name):
            self._connection.execute(sql.BEGIN_READ)
        return read_state(self._connection, self.name)

    def let_go(self) -> None:
        """Forget the moment, so that the writer may use its WAL again."""
        with translated(self.name):
            if self._connection.in_transaction:
                self._connection.execute(sql.ROLLBACK)

    def copy_to(self, path: Path) -> None:
        """Write the journal of this moment to a new file; returns after fsync.

        Raises:
            StoreFailed: there is a file.
            JournalError: it cannot be read, or not be written there.
            OSError: there is no room for the copy, or it cannot be synced.
        """
        if path.exists():
            raise StoreFailed(self.name, f"{path.name} is there already")
        try:
            self._write(path)
        except StoreFull as full:
            # Of the journal, which is only read, SQLite would say that it cannot be written: "not an error".
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from full
        sync(path)

    def _write(self, path: Path) -> None:
        with translated(self.name):
            copy = apsw.Connection(str(path), vfs=checksum_vfs())
            try:
                # The first page tells the file layer to keep checksums; without it, pages written before it would have none.
                copy.reserve_bytes("main", RESERVED_BYTES)
                # Synced once at its end: until then it is nobody's journal.
                copy.execute(sql.CREATION_SETTINGS)
                copy.execute(sql.FIRST_PAGE)
                with copy.backup("main", self._connection, "main") as backup:
                    while not backup.done:
                        backup.step(_STEP_PAGES)
            finally:
                copy.close(True)

    def close(self) -> None:
        """Close the journal; the moment is gone."""
        with translated(self.name):
            self._connection.close(True)


def skip_epochs(path: Path, count: int) -> None:
    """Raise a journal's epoch by `count`, so that no incarnation after this ever carries one of before; returns after fsync.

    Raises:
        JournalError: the journal cannot be opened or written.
    """
    connection = connect(path, path.stem, readonly=False)
    try:
        with translated(path.stem):
            connection.execute(sql.SKIP_EPOCHS, (count,))
            if connection.changes() != 1:
                raise Corrupt(path.stem, None, "the state row is missing")
    finally:
        connection.close(True)
    sync(path)
