"""The two backends behind one face, so that one suite holds both to the contract."""

import shutil
from pathlib import Path
from typing import Any, Protocol

import apsw

from actors.journal import (
    Journal,
    JournalView,
    MemoryStore,
    MemoryView,
    SqliteJournal,
    StoreFailed,
    StoreFull,
    open_memory,
    open_readonly,
    open_sqlite,
    sqlite_statements,
)

STORE = "store-1"
PROVINCE = "fujian"


class Backend(Protocol):
    """One place where a journal lies, to be opened again and again."""

    def open(self, *, store_id: str = STORE, province: str = PROVINCE) -> Journal:
        """Opens the journal there as a new incarnation."""
        ...

    def view(self) -> JournalView:
        """Opens it for reading only."""
        ...

    def fill(self, journal: Journal) -> None:
        """Lets every write of this incarnation find the disk full (or read-only)."""
        ...

    def make_room(self, journal: Journal) -> None:
        """Ends that."""
        ...

    def lose_sync(self, journal: Journal, *, written: bool) -> None:
        """Lets the next commit fail with an open outcome; `written`: it is on disk all the same, where that can be."""
        ...

    def cut_power(self) -> None:
        """Ends all that is open; what was acknowledged is on the disk that is opened from now on."""
        ...

    def close(self) -> None:
        """Closes whatever a test left open."""
        ...


class _LosingSync:
    """A cursor whose COMMIT reports a failed fsync: nobody knows what is on disk then."""

    def __init__(self, cursor: apsw.Cursor, *, written: bool) -> None:
        self._cursor = cursor
        self._written = written

    def execute(self, statement: str, bindings: Any = None) -> Any:
        """Passes everything on but a COMMIT that must not be written."""
        if statement != sqlite_statements.COMMIT:
            return self._cursor.execute(statement, bindings)
        if self._written:
            self._cursor.execute(statement)
        error = apsw.IOError("disk I/O error")
        setattr(error, "extendedresult", apsw.SQLITE_IOERR_FSYNC)  # noqa: B010 - unknown to its type
        raise error

    def executemany(self, statement: str, bindings: Any) -> Any:
        """Passes everything on."""
        return self._cursor.executemany(statement, bindings)


class SqliteBackend:
    """A journal file in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{PROVINCE}.db"
        self._images = 0
        self._opened: list[JournalView] = []

    def open(self, *, store_id: str = STORE, province: str = PROVINCE) -> Journal:
        """See `Backend`."""
        journal = open_sqlite(self.path, store_id=store_id, province=province, reserve_bytes=0)
        self._opened.append(journal)
        return journal

    def view(self) -> JournalView:
        """See `Backend`."""
        view = open_readonly(self.path)
        self._opened.append(view)
        return view

    def fill(self, journal: Journal) -> None:
        """See `Backend`."""
        assert isinstance(journal, SqliteJournal)
        journal.connection.execute("PRAGMA query_only = ON")

    def make_room(self, journal: Journal) -> None:
        """See `Backend`."""
        assert isinstance(journal, SqliteJournal)
        journal.connection.execute("PRAGMA query_only = OFF")

    def lose_sync(self, journal: Journal, *, written: bool) -> None:
        """See `Backend`."""
        assert isinstance(journal, SqliteJournal)
        journal._cursor = _LosingSync(journal.connection.cursor(), written=written)  # type: ignore[assignment]

    def cut_power(self) -> None:
        """See `Backend`. File and WAL are copied as they are; whoever had them open is not asked."""
        self._images += 1
        image = self.path.with_name(f"{PROVINCE}-{self._images}.db")
        for suffix in ("", "-wal"):
            source = self.path.with_name(self.path.name + suffix)
            if source.exists():
                shutil.copyfile(source, image.with_name(image.name + suffix))
        self.close()
        self._opened = []
        self.path = image

    def spoil_latest_snapshot(self) -> None:
        """Damages the latest snapshot behind everybody's back."""
        connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE)
        newest = "(SELECT max(snapshot) FROM snapshots)"
        connection.execute(f"UPDATE snapshots SET digest = x'' WHERE snapshot = {newest}")  # noqa: S608 - fixed
        connection.close()

    def close(self) -> None:
        """See `Backend`."""
        for opened in self._opened:
            opened.close()


class MemoryBackend:
    """A journal in an object."""

    def __init__(self) -> None:
        self.store = MemoryStore(STORE, PROVINCE)

    def open(self, *, store_id: str = STORE, province: str = PROVINCE) -> Journal:
        """See `Backend`."""
        return open_memory(self.store, store_id=store_id, province=province)

    def view(self) -> JournalView:
        """See `Backend`."""
        return MemoryView(self.store)

    def fill(self, journal: Journal) -> None:
        """See `Backend`."""

        def full(write: str) -> None:
            raise StoreFull(PROVINCE, write)

        self.store.before_write = full

    def make_room(self, journal: Journal) -> None:
        """See `Backend`."""
        self.store.before_write = None

    def lose_sync(self, journal: Journal, *, written: bool) -> None:
        """See `Backend`. In memory a write that fails has not happened."""

        def fail(write: str) -> None:
            self.store.before_write = None
            raise StoreFailed(PROVINCE, write)

        self.store.before_write = fail

    def cut_power(self) -> None:
        """See `Backend`."""

    def close(self) -> None:
        """See `Backend`."""
