"""The two backends behind one face, so that one suite holds both to the contract."""

from pathlib import Path
from typing import Protocol

from actors.journal import (
    Journal,
    JournalView,
    MemoryStore,
    MemoryView,
    open_memory,
    open_readonly,
    open_sqlite,
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

    def close(self) -> None:
        """Closes whatever a test left open."""
        ...


class SqliteBackend:
    """A journal file in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{PROVINCE}.db"
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

    def close(self) -> None:
        """See `Backend`."""
