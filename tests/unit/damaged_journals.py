"""Ways to spoil one journal that nobody has open, so that it cannot be used."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw

from actors.journal.page_checksums import checksum_vfs
from actors.journal.sqlite_statements import SCHEMA_VERSION


def _execute(path: Path, statement: str) -> None:
    with closing(apsw.Connection(str(path), vfs=checksum_vfs())) as connection:
        connection.execute(statement)


def _cut_in_half(path: Path) -> None:
    _execute(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(path, path.stat().st_size // 2)


def _remove(path: Path) -> None:
    path.unlink()
    path.with_name(path.name + "-wal").unlink(missing_ok=True)


def _put_a_directory_in_its_place(path: Path) -> None:
    _remove(path)
    path.mkdir()


def _leave_the_wal_alone(path: Path) -> None:
    path.unlink()
    path.with_name(path.name + "-wal").write_bytes(b"frames")


#: Found by opening the file.
AT_SIGHT: dict[str, Callable[[Path], object]] = {
    "truncated": _cut_in_half,
    "not SQLite": lambda path: path.write_bytes(b"not a database" * 1_000),
    "empty": lambda path: os.truncate(path, 0),
    "gone": _remove,
    "gone, its WAL left": _leave_the_wal_alone,
    "a directory": _put_a_directory_in_its_place,
    "of a newer version": lambda path: _execute(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}"),
    "another hash at its head": lambda path: _execute(path, "UPDATE meta SET head_hash = zeroblob(32)"),
    "of another store": lambda path: _execute(path, "UPDATE meta SET store_id = 'another'"),
}
if os.geteuid():  # root may read everything
    AT_SIGHT["not readable"] = lambda path: path.chmod(0)

#: Found only by whoever reads its frames.
DEEP: dict[str, Callable[[Path], object]] = {
    "another payload": lambda path: _execute(path, "UPDATE frames SET payload = zeroblob(9) WHERE sequence = 1"),
}

#: Found by nobody who only opens it, but by whoever repeats a request.
UNREAD: dict[str, Callable[[Path], object]] = {
    "another record": lambda path: _execute(path, "UPDATE records SET value = zeroblob(9)"),
}


def move_the_head(path: Path) -> None:
    """Found by whoever goes on writing."""
    _execute(path, "UPDATE meta SET head_sequence = head_sequence - 1")
