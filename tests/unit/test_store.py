import fcntl
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from actors.core.ids import ProvinceCode
from actors.journal import open_sqlite
from actors.process_state import process_state
from actors.store import HQ, LIVE_HOLDER_WAIT_S, StoreError, _patience_s, open_store, read_store

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


@pytest.mark.parametrize("name", ["fujian", HQ])
def test_a_journal_of_another_store_is_refused(tmp_path: Path, name: str) -> None:
    """A journal copied from elsewhere would be continued as if it were ours."""
    store = open_store(tmp_path, PROVINCES)
    store.release()
    open_sqlite(store.journal_path(name), store_id="another", province=name, reserve_bytes=0).close()
    with pytest.raises(StoreError, match="belongs to store another"):
        open_store(tmp_path, PROVINCES)
    _is_unlocked(tmp_path)


def test_a_journal_under_the_name_of_another_province_is_refused(tmp_path: Path) -> None:
    """Two files exchanged by hand."""
    store = open_store(tmp_path, PROVINCES)
    store.release()
    open_sqlite(store.journal_path("fujian"), store_id=store.store_id, province="jiangxi", reserve_bytes=0).close()
    with pytest.raises(StoreError, match="province jiangxi"):
        open_store(tmp_path, PROVINCES)


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    """A definite error at the start, not in the middle of the day."""
    store = open_store(tmp_path, PROVINCES)
    store.release()
    store.journal_path("fujian").write_text("not a database, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path, PROVINCES)
    _is_unlocked(tmp_path)


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
