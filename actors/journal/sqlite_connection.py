"""Files, connections and errors of the SQLite journal.

A journal file appears under its name only when it is whole: it is made under another name, synced, then
linked into place. So an empty or half-made file at a journal's path is damage, never a journal waiting to
be born; SQLite itself would quietly start afresh on it.

The database file is never opened here while SQLite has it open: closing any descriptor of a file drops all
POSIX locks the process holds on it, SQLite's own included.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from actors.journal import sqlite_statements as sql
from actors.journal.chain import genesis_hash
from actors.journal.errors import Corrupt, JournalError, StoreBusy, StoreFailed, StoreFull, StoreMismatch
from actors.journal.page_checksums import RESERVED_BYTES, checksum_vfs

#: SQLite reports a write refused for quota, size limit or a disk gone read-only as an I/O error. A failed
#: write leaves the WAL without a complete commit mark (it is the last thing written to it), so the outcome is as
#: definite as "full". The second is of the WAL's index; see `translate_commit`.
_FAILED_WRITES: Final = (apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_SHMSIZE)

#: SQLite's smallest page; no database is shorter.
_FILE_BYTES_MIN: Final = 512

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
#: What a disk says that takes no further file.
_NO_INODE: Final = (errno.ENOSPC, errno.EDQUOT)


def translate(error: apsw.Error, province: str) -> JournalError:
    """Returns the journal's own error for one of SQLite's."""
    extended = getattr(error, "extendedresult", 0)
    detail = f"{type(error).__name__} ({extended}): {error}"
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StoreBusy(province, sql.BUSY_TIMEOUT_MS)
    if isinstance(error, apsw.FullError) or extended in _FAILED_WRITES:
        return StoreFull(province, detail)
    if isinstance(error, apsw.ReadOnlyError) and extended != apsw.SQLITE_READONLY_DBMOVED:
        return StoreFull(province, detail)
    if extended == apsw.SQLITE_IOERR_DATA:
        return Corrupt(province, None, "a page of the file does not match its checksum")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError | apsw.ConstraintError | apsw.FormatError):
        return Corrupt(province, None, detail)
    # A missing table or column means that the schema was damaged: our statements are fixed.
    if isinstance(error, apsw.SQLError):
        return Corrupt(province, None, detail)
    return StoreFailed(province, detail)


def translate_commit(error: apsw.Error, province: str) -> JournalError:
    """Returns the journal's own error for one of SQLite's in answer to COMMIT.

    The index of the WAL grows after the commit mark has been written and synced. If there is no room for that, this connection goes on
    without the transaction, but whoever opens the file next finds it.
    """
    if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:
        return StoreFailed(province, f"no room for the index of the WAL: {error}")
    return translate(error, province)


@contextlib.contextmanager
def translated(province: str) -> Iterator[None]:
    """Lets no error of SQLite's out of the block."""
    try:
        yield
    except apsw.Error as error:
        raise translate(error, province) from error
    except UnicodeDecodeError as error:
        raise Corrupt(province, None, "a text is not UTF-8") from error


@contextlib.contextmanager
def _opening(path: Path, province: str) -> Iterator[None]:
    """As `translated`, for a block in which SQLite makes files beside `path`.

    Where the disk has room but no inode left, SQLite says the same as of a file that it may not open, and its errno is that of
    another attempt. So the disk is asked, by a file that has no name where the disk can do that.
    """
    try:
        with translated(province):
            yield
    except StoreFailed as failure:
        if isinstance(failure.__cause__, apsw.CantOpenError) and not _takes_another_file(path.parent):
            raise StoreFull(province, f"the disk takes no further file, see df -i: {failure.__cause__}") from failure
        raise


def _takes_another_file(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError as error:  # what is not for want of room is not known to be
        return error.errno not in _NO_INODE


def connect(path: Path, province: str, *, readonly: bool) -> apsw.Connection:
    """Opens an existing journal file and makes sure that it is one of ours.

    Raises:
        Corrupt: The file is empty or no database.
        StoreMismatch: A database, but not a journal of this version.
        StoreFull: No room for the files beside it.
        JournalError: The file cannot be opened.
    """
    try:
        size_bytes = path.stat().st_size
    except OSError as error:
        raise StoreFailed(province, f"cannot open {path.name}: {error.strerror}") from error
    if size_bytes < _FILE_BYTES_MIN:
        # SQLite would take it for a new database and throw the WAL away.
        raise Corrupt(province, None, "the file is empty")
    with _opening(path, province):
        flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE
        connection = apsw.Connection(str(path), flags=flags, vfs=checksum_vfs())
        try:
            connection.set_busy_timeout(sql.BUSY_TIMEOUT_MS)
            connection.execute(sql.SETTINGS)
            connection.wal_autocheckpoint(sql.WAL_CHECKPOINT_PAGES)
            identity = connection.execute(sql.FILE_IDENTITY).get
            if identity != (sql.APPLICATION_ID, sql.SCHEMA_VERSION):
                raise StoreMismatch(province, "", "", "")
            if connection.execute(sql.JOURNAL_MODE).get != "wal":
                raise Corrupt(province, None, "the file is not in WAL mode")
        except BaseException:
            connection.close(True)
            raise
    return connection


def create_file(path: Path, *, store_id: str, province: str) -> None:
    """Makes an empty journal at `path` unless there is one; durable on return, the directory entry included.

    Raises:
        Corrupt: The file is gone but its WAL is still there; a new file would swallow the old WAL's pages.
        StoreFull: No room.
        StoreFailed: The directory cannot be written.
    """
    if path.exists():
        return
    if path.with_name(path.name + "-wal").exists():
        raise Corrupt(province, None, "the file is gone, its WAL remains")
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        with _opening(path, province):
            _fill(draft, store_id, province)
        sync(draft)
        with contextlib.suppress(FileExistsError):  # another process was faster: its file is as good
            os.link(draft, path)
        draft.unlink()
        sync(path.parent)
    except OSError as error:
        kind = StoreFull if error.errno in _NO_ROOM else StoreFailed
        raise kind(province, f"cannot create {path.name}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _fill(draft: Path, store_id: str, province: str) -> None:
    connection = apsw.Connection(str(draft), vfs=checksum_vfs())
    try:
        connection.reserve_bytes("main", RESERVED_BYTES)
        connection.execute(sql.CREATION_SETTINGS)
        connection.execute(sql.SCHEMA)
        connection.execute(sql.INSERT_META, (store_id, province, genesis_hash(store_id, province)))
        connection.execute(sql.CREATION_END)
    finally:
        connection.close(True)


def sync(path: Path) -> None:
    """Syncs a file or a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
