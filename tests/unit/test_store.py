import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors import store as store_module
from actors.core.ids import ProvinceCode
from actors.journal import open_sqlite
from actors.process_state import process_state
from actors.store import (
    HQ,
    LIVE_HOLDER_WAIT_S,
    Store,
    StoreError,
    StoreInUse,
    _patience_s,
    lock_store,
    open_store,
    read_store,
)
from tests.unit.damaged_journals import AT_SIGHT
from tests.unit.full_disk import NO_INDEX_BYTES, file_size_limit

PROVINCES = (ProvinceCode("fujian"), ProvinceCode("jiangxi"))


def test_an_empty_directory_becomes_a_store_and_stays_the_same_one(tmp_path: Path) -> None:
    """A second start must find its own data, not begin another installation."""
    first = open_store(tmp_path / "data", PROVINCES)
    first.release()
    again = open_store(tmp_path / "data", (ProvinceCode("hubei"),))
    again.release()
    assert again.identity == first.identity
    assert again.identity.provinces == PROVINCES
    assert read_store(tmp_path / "data").store_id == first.store_id
    assert first.journal_path("fujian").parent.is_dir()
    assert first.logs.is_dir()


@pytest.mark.parametrize(("cut", "at"), [("write_bytes", "store.new"), ("replace", "store.new"), ("mkdir", "journals")])
def test_a_first_start_that_is_cut_off_is_no_obstacle_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str, at: str
) -> None:
    """The machine lost power, or the disk was full: whoever started again was told that the directory is somebody else's."""
    act = getattr(Path, cut)

    def cut_off(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == at:
            raise KeyboardInterrupt
        return act(path, *arguments, **options)

    with monkeypatch.context() as cutting:
        cutting.setattr(Path, cut, cut_off)
        with pytest.raises(KeyboardInterrupt):
            open_store(tmp_path / "data", PROVINCES)
    store = open_store(tmp_path / "data", PROVINCES)
    assert store.journal_path("fujian").parent.is_dir()
    assert store.logs.is_dir()
    store.release()


def test_an_identity_is_on_disk_before_anybody_goes_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its entry in the directory a power failure would leave journals that nobody serves."""
    synced: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        store_module, "sync", lambda path: synced.append((path.name, (tmp_path / "store.json").exists()))
    )
    store = open_store(tmp_path, PROVINCES)
    assert synced[:2] == [("store.new", False), (tmp_path.name, True)]
    synced.clear()
    store.note_complete()
    assert [name for name, _ in synced] == ["store.new", tmp_path.name]
    store.release()


def test_two_stores_have_different_ids(tmp_path: Path) -> None:
    """Journals of one must never be taken for those of the other."""
    one, two = (open_store(tmp_path / name, PROVINCES) for name in ("a", "b"))
    assert one.store_id != two.store_id
    one.release()
    two.release()


def test_a_store_in_use_is_refused_and_names_the_process(tmp_path: Path) -> None:
    """Two systems on one directory would fence each other for ever."""
    used = open_store(tmp_path, PROVINCES)
    with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
        open_store(tmp_path, PROVINCES, lock_wait_s=0)
    used.release()
    used.release()
    open_store(tmp_path, PROVINCES, lock_wait_s=0).release()


def test_a_store_on_a_disk_that_went_read_only_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails is remounted read-only, and of all times then no backup could be made."""
    open_store(tmp_path, PROVINCES).release()
    as_ever = os.open

    def read_only(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return as_ever(path, flags, mode)

    with monkeypatch.context() as remounted:
        remounted.setattr(os, "open", read_only)
        store = lock_store(tmp_path)
        with pytest.raises(StoreInUse, match=f"in use by process {os.getpid()}"):
            lock_store(tmp_path)
        with pytest.raises(OSError, match="Read-only file system"):
            open_store(tmp_path, PROVINCES, lock_wait_s=0)
    store.release()


def test_children_that_inherited_the_lock_keep_it(tmp_path: Path) -> None:
    """The processes of a killed system may still be writing."""
    store = open_store(tmp_path, PROVINCES)
    assert store.locked_fd is not None
    inherited = os.dup(store.locked_fd)
    store.release()
    with pytest.raises(StoreError, match="in use"):
        open_store(tmp_path, PROVINCES, lock_wait_s=0)
    os.close(inherited)
    open_store(tmp_path, PROVINCES, lock_wait_s=0).release()


def test_a_killed_system_is_waited_for_longer_than_a_living_one() -> None:
    """Whoever types `serve` twice would wait a quarter of a minute for nothing, or a restart after a crash be refused."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        # Not reaped: a zombie has a number and holds nothing.
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        zombie = _patience_s(str(ended.pid), 15.0)
    assert (zombie, _patience_s(str(ended.pid), 15.0), _patience_s("", 15.0)) == (15.0, 15.0, 15.0)
    # Where the kernel does not tell (`process_state`), everybody is waited for.
    patience_s = LIVE_HOLDER_WAIT_S if process_state(os.getpid()) else 15.0
    assert (_patience_s(str(os.getpid()), 15.0), _patience_s(str(os.getpid()), 0.0)) == (patience_s, 0.0)


def test_a_strangers_directory_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A wrong path must not fill somebody's home with journals."""
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match=r"letter\.txt"):
        open_store(tmp_path, PROVINCES)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_a_damaged_identity_is_refused(tmp_path: Path) -> None:
    """A new identity over old journals would make all of them strangers."""
    open_store(tmp_path, PROVINCES).release()
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        open_store(tmp_path, PROVINCES)
    _is_unlocked(tmp_path)


@pytest.mark.parametrize(
    "codes",
    [[], ["fujian", "fujian"], ["fujian", HQ], ["fujian", "../../jiangxi"]],
    ids=["none", "twice", "hq", "path"],
)
def test_an_identity_that_names_no_provinces_of_a_store_is_refused(tmp_path: Path, codes: list[str]) -> None:
    """A store of no provinces verified without a problem; two of one name would be two writers of one journal."""
    open_store(tmp_path, PROVINCES).release()
    path = tmp_path / "store.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | {"provinces": codes}))
    with pytest.raises(StoreError, match="damaged"):
        read_store(tmp_path)


def test_an_identity_that_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    """It ended in a stack trace."""
    (tmp_path / "store.json").mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        read_store(tmp_path)


@pytest.fixture(name="whole")
def made_store(tmp_path: Path) -> Store:
    """A store whose journals have all been made, with a frame each; nobody uses it."""
    store = open_store(tmp_path, PROVINCES)
    for name in (*PROVINCES, HQ):
        path = store.journal_path(name)
        journal = open_sqlite(path, store_id=store.store_id, province=name, reserve_bytes=0)
        journal.append(b"frame", at_ms=1)
        journal.close()
    store.note_complete()
    store.release()
    return store


@pytest.mark.parametrize("spoil", AT_SIGHT.values(), ids=AT_SIGHT)
def test_one_provinces_journal_keeps_nobody_from_starting(whole: Store, spoil: Callable[[Path], object]) -> None:
    """Thirty-five provinces stood still for one file."""
    spoil(whole.journal_path("fujian"))
    open_store(whole.directory, PROVINCES, lock_wait_s=0).release()


@pytest.mark.parametrize("spoil", AT_SIGHT.values(), ids=AT_SIGHT)
def test_the_headquarters_journal_does(whole: Store, spoil: Callable[[Path], object]) -> None:
    """It holds the anchors: without them an old copy of any other journal would be served. A definite error, and the lock is given back."""
    spoil(whole.journal_path(HQ))
    with pytest.raises(StoreError, match=r"hq.*(docs/runbooks/journal-damaged\.md|belongs to store another)"):
        open_store(whole.directory, PROVINCES, lock_wait_s=0)
    _is_unlocked(whole.directory)


@pytest.mark.parametrize("spoil", AT_SIGHT.values(), ids=AT_SIGHT)
def test_so_do_those_of_all_provinces(whole: Store, spoil: Callable[[Path], object]) -> None:
    """A wrong directory, or a disk that is not mounted: to start with nobody is no start."""
    for code in PROVINCES:
        spoil(whole.journal_path(code))
    with pytest.raises(StoreError, match="fujian"):
        open_store(whole.directory, PROVINCES, lock_wait_s=0)
    _is_unlocked(whole.directory)


def test_a_full_disk_keeps_nobody_from_starting(whole: Store) -> None:
    """Nobody can look into the journals, but each actor has a reserve to give back, and nothing is wrong with any of them."""
    with file_size_limit(NO_INDEX_BYTES):
        open_store(whole.directory, PROVINCES, lock_wait_s=0).release()


def test_journals_that_are_still_to_be_made_are_no_loss(tmp_path: Path) -> None:
    """A first start that was interrupted must be followed by a second."""
    store = open_store(tmp_path, PROVINCES)
    store.release()
    open_sqlite(store.journal_path("fujian"), store_id=store.store_id, province="fujian", reserve_bytes=0).close()
    open_store(tmp_path, PROVINCES).release()


def test_two_journals_exchanged_by_hand_are_not_theirs(whole: Store) -> None:
    """Each would be continued with the tasks of the other."""
    fujian, jiangxi = (whole.journal_path(code) for code in PROVINCES)
    aside = fujian.rename(fujian.with_suffix(".aside"))
    jiangxi.rename(fujian)
    aside.rename(jiangxi)
    with pytest.raises(StoreError, match="province jiangxi"):
        open_store(whole.directory, PROVINCES)


def test_a_directory_that_holds_no_store_is_not_read(tmp_path: Path) -> None:
    """`verify` of a wrong path must say so."""
    with pytest.raises(StoreError, match="holds no store"):
        read_store(tmp_path)


def _is_unlocked(directory: Path) -> None:
    """A refused start must not keep the next one out."""
    with (directory / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_file_in_place_of_the_directory_is_refused_in_words(tmp_path: Path) -> None:
    """A slip of the finger must not end in a traceback."""
    path = tmp_path / "data"
    path.write_text("")
    with pytest.raises(StoreError, match="is a file, not a directory"):
        open_store(path, (ProvinceCode("fujian"),))
