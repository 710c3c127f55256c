"""The data directory: who owns it, what lies where, and that only one system at a time uses it.

```
store.json              id of the installation and its provinces
lock                    held (flock) by everything that may write here
journals/<code>.sqlite  one journal per province, and hq.sqlite for the coordinator; beside each its -wal, -shm and .reserve
journals/hq.head        witness of hq.sqlite (`actors.head_file`)
tokens.toml             identities, hashed
dev-tokens.json         the same in the clear, of a development system only
running.json            where the system runs, while it does (`actors.running`)
logs/                   one file per process, and its older ones (`actors.logs`)
```

A backup has the same layout and a manifest, `backup.json`; it may be read and verified, but never served.
"""

import contextlib
import errno
import fcntl
import os
import re
import time
import uuid
from pathlib import Path

import msgspec

from actors.core.ids import ProvinceCode
from actors.journal import JournalError, StoreFull, open_readonly, sync
from actors.process_state import GONE, process_state

#: Name under which the coordinator's journal lies among those of the provinces.
HQ = "hq"
#: Where a duty officer finds what to do about a damaged journal.
DAMAGED_RUNBOOK = "docs/runbooks/journal-damaged.md"
#: And about a process that hangs or does not start.
LOST_RUNBOOK = "docs/runbooks/process-lost.md"
#: What names a journal's file.
_CODE = re.compile(r"[a-z0-9_-]{1,64}")
#: How long a system that is alive may take to end, when it was told to just before the next one is started; seconds.
LIVE_HOLDER_WAIT_S = 3.0
#: All that a first start leaves in a directory if it is killed, or finds no room, before there is a store.
_LEFT_BEHIND = frozenset(("lock", "store.new"))
#: What a backup has and a data directory has not.
BACKUP_MANIFEST = "backup.json"


class StoreError(Exception):
    """The data directory cannot be used; `str` says why, for a person."""


class StoreInUse(StoreError):
    """Another process holds the lock."""


class StoreIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What `store.json` holds."""

    store_id: str
    created_ms: int
    provinces: tuple[ProvinceCode, ...]
    #: Every journal has been made: from then on a missing one is a loss, not a beginning.
    complete: bool = False


class Store:
    """Paths of a data directory and its identity. Holds the lock while `locked_fd` is open."""

    def __init__(self, directory: Path, identity: StoreIdentity) -> None:
        self.directory = directory
        self.identity = identity
        self.locked_fd: int | None = None

    @property
    def store_id(self) -> str:
        """Id of the installation; every journal carries it."""
        return self.identity.store_id

    def journal_path(self, name: str) -> Path:
        """The journal of a province (or of `HQ`)."""
        return self.directory / "journals" / f"{name}.sqlite"

    def note_complete(self) -> None:
        """Note that every journal has been made."""
        if not self.identity.complete:
            self.identity = msgspec.structs.replace(self.identity, complete=True)
            _write_identity(self.directory, self.identity)

    def missing_journals(self) -> list[str]:
        """Journals that were made once and are no longer there."""
        if not self.identity.complete:
            return []
        return [name for name in (*self.identity.provinces, HQ) if not self.journal_path(name).exists()]

    def strange_journals(self) -> list[str]:
        """Journals that lie there and belong to no province of ours."""
        names = {path.stem for path in (self.directory / "journals").glob("*.sqlite")}
        return sorted(names - {*self.identity.provinces, HQ})

    @property
    def logs(self) -> Path:
        """Where the processes log."""
        return self.directory / "logs"

    def release(self) -> None:
        """Let go of the lock (children that inherited it keep it)."""
        if self.locked_fd is not None:
            os.close(self.locked_fd)
            self.locked_fd = None


def resolved(path: Path) -> Path:
    """Where a path leads, absolute and without symbolic links; it need not be there.

    Raises:
        OSError: its links lead back to themselves. `Path.resolve` says that by a `RuntimeError`, or from Python 3.13 on not at all.
    """
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise
    return path.resolve()


def read_store(directory: Path) -> Store:
    """The store in `directory`, without locking it.

    Raises:
        StoreError: there is none, or its identity cannot be read.
    """
    path = directory / "store.json"
    try:
        identity = msgspec.json.decode(path.read_bytes(), type=StoreIdentity)
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{directory} holds no store: {path.name} is missing") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    _check_codes(path, identity.provinces)
    return Store(directory, identity)


def _check_codes(path: Path, codes: tuple[str, ...]) -> None:
    """Each province has a file name of its own, which is not that of the headquarters."""
    if not codes or len({*codes, HQ}) != len(codes) + 1 or not all(_CODE.fullmatch(code) for code in codes):
        raise StoreError(f"{path} is damaged: these are no provinces of a store: {', '.join(codes) or 'none'}")


def open_store(directory: Path, provinces: tuple[ProvinceCode, ...], *, lock_wait_s: float = 15.0) -> Store:
    """Lock the data directory, making it if it is empty, and check that the journals in it belong to it.

    One province's journal that is missing, damaged or another's is no reason to refuse: its actor finds that out again, says so and serves
    nobody, and the others work. Without the headquarters' journal, or any province's, there is nothing to start. A full disk is no reason either.

    Args:
        provinces: codes for a new store; an existing one keeps its own.
        lock_wait_s: how long to wait for the processes of a killed system to be gone; one that is alive is waited for at most
            `LIVE_HOLDER_WAIT_S`.

    Raises:
        StoreError: in use, not empty and not ours, or the headquarters' journal or all provinces' cannot be used.
    """
    if directory.exists() and not directory.is_dir():
        raise StoreError(f"{directory} is a file, not a directory")
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / BACKUP_MANIFEST).exists():
        raise StoreError(f"{directory} is a backup; restore it into a directory of its own and serve that")
    if not (directory / "store.json").exists():
        strangers = [entry.name for entry in directory.iterdir() if entry.name not in _LEFT_BEHIND]
        if strangers:
            raise StoreError(f"{directory} is not empty and holds no store (found {min(strangers)})")
    locked_fd = _lock(directory, lock_wait_s)
    try:
        if not (directory / "store.json").exists():
            _create(directory, provinces)
        store = read_store(directory)
        _make_folders(directory)
        _require_journals(store)
    except BaseException:
        os.close(locked_fd)
        raise
    store.locked_fd = locked_fd
    return store


def lock_store(directory: Path) -> Store:
    """The store in `directory`, locked, if nobody uses it at this moment; also on a disk that was remounted read-only.

    Raises:
        StoreInUse: somebody does.
        StoreError: there is no store.
    """
    store = read_store(directory)
    try:
        store.locked_fd = _lock(directory, 0.0)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        # To hold a lock nothing is written, and such a disk is the one that is to be copied.
        store.locked_fd = _lock(directory, 0.0, os.O_RDONLY)
    return store


def _lock(directory: Path, wait_s: float, access: int = os.O_RDWR | os.O_CREAT) -> int:
    locked_fd = os.open(directory / "lock", access | os.O_CLOEXEC, 0o600)
    begun = time.monotonic()
    while True:
        try:
            fcntl.flock(locked_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = os.pread(locked_fd, 32, 0).decode("ascii", "replace").strip()
            if time.monotonic() >= begun + _patience_s(holder, wait_s):
                os.close(locked_fd)
                raise StoreInUse(f"{directory} is in use by process {holder or 'unknown'}") from None
            time.sleep(0.1)
    # A name in it is a courtesy to whoever is refused; a full disk must not keep a system from starting.
    with contextlib.suppress(OSError):
        os.ftruncate(locked_fd, 0)
        os.pwrite(locked_fd, f"{os.getpid()}\n".encode(), 0)
    return locked_fd


def _patience_s(holder: str, wait_s: float) -> float:
    """How long to wait for a lock: whoever starts a second system by mistake is told soon."""
    is_alive = holder.isdecimal() and process_state(int(holder)) not in GONE
    return min(wait_s, LIVE_HOLDER_WAIT_S) if is_alive else wait_s


def _create(directory: Path, provinces: tuple[ProvinceCode, ...]) -> None:
    identity = StoreIdentity(store_id=uuid.uuid4().hex, created_ms=time.time_ns() // 1_000_000, provinces=provinces)
    _write_identity(directory, identity)


def _make_folders(directory: Path) -> None:
    """Make what is still to be made beside the identity, which comes first: a folder without one is nobody's."""
    (directory / "journals").mkdir(mode=0o700, exist_ok=True)
    (directory / "logs").mkdir(exist_ok=True)
    sync(directory)


def _write_identity(directory: Path, identity: StoreIdentity) -> None:
    """Put the identity in place; returns when that is on disk, since without it nobody serves the journals."""
    path = directory / "store.json"
    written = path.with_suffix(".new")
    written.write_bytes(msgspec.json.format(msgspec.json.encode(identity)))
    sync(written)
    written.replace(path)
    sync(directory)


def _require_journals(store: Store) -> None:
    """Make sure that the headquarters' journal can be used, and some province's.

    Raises:
        StoreError: it cannot, or none.
    """
    missing = store.missing_journals()
    lost = f"{store.directory} has lost the journals of {', '.join(missing)}; what to do: {DAMAGED_RUNBOOK}"
    problems = {name: lost if name in missing else _problem_of(store, name) for name in (HQ, *store.identity.provinces)}
    if problems[HQ]:
        raise StoreError(problems[HQ])
    if all(problems[code] for code in store.identity.provinces):
        raise StoreError(problems[store.identity.provinces[0]])


def _problem_of(store: Store, name: str) -> str:
    """What is wrong with a journal, as far as opening it tells; empty: nothing, or it is still to be made."""
    path = store.journal_path(name)
    if not path.exists():
        return ""
    try:
        view = open_readonly(path)
    except StoreFull:
        # A full disk passes, and its actor has a reserve to give back (`actors.opening`).
        return ""
    except JournalError as error:
        return f"{path} cannot be opened: {error}; what to do: {DAMAGED_RUNBOOK}"
    try:
        if (view.store_id, view.province) == (store.store_id, name):
            return ""
        return f"{path} belongs to store {view.store_id}, province {view.province}; this directory is store {store.store_id}"
    finally:
        view.close()
