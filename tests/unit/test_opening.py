"""Opening a journal that cannot be opened yet: a full disk, and a predecessor who was stopped with the lock in hand."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from actors.anchors import open_anchored
from actors.journal import (
    Journal,
    JournalError,
    MemoryStore,
    StoreBusy,
    StoreFull,
    StoreMismatch,
    open_memory,
    open_sqlite,
)
from actors.opening import PATIENCE_S, RETRY_EVERY_S, is_write_protected, kill_stopped_writers, open_patiently
from actors.store import HQ
from tests.unit.full_disk import full_but_for_the_reserves

HOLD = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class _Ended(BaseException):
    """The process ended itself."""


def _end() -> None:
    raise _Ended


def _opener(store: MemoryStore, errors: list[JournalError]):
    def open_journal(path: object, *, store_id: str, province: str) -> Journal:
        del path
        if errors:
            raise errors.pop(0)
        return open_memory(store, store_id=store_id, province=province)

    return open_journal


def _open(errors: list[JournalError], pauses: list[float]) -> Journal:
    return open_patiently(
        "/nowhere/fujian.sqlite",
        store_id="s",
        province="fujian",
        open_journal=_opener(MemoryStore("s", "fujian"), errors),
        pause=pauses.append,
        end_process=_end,
    )


def test_a_full_disk_is_waited_for() -> None:
    """An actor whose constructor raises is not restarted by Ray: the province would stay away when there is room again."""
    pauses: list[float] = []
    journal = _open([StoreFull("fujian", "open")] * 3, pauses)
    assert (journal.epoch, pauses) == (1, [RETRY_EVERY_S] * 3)


def test_a_full_disk_gets_the_reserve_back_also_where_nobody_can_even_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read a journal that was closed in good order takes room for the index of its WAL: nothing started, beside megabytes kept for that."""
    path, hq_path, pauses = tmp_path / "fujian.sqlite", tmp_path / "hq.sqlite", list[float]()
    for made, province in ((path, "fujian"), (hq_path, HQ)):
        open_sqlite(made, store_id="s", province=province).close()
    with full_but_for_the_reserves(monkeypatch):
        journal = open_patiently(
            path,
            store_id="s",
            province="fujian",
            open_journal=partial(open_anchored, hq_path=str(hq_path)),
            pause=pauses.append,
            end_process=_end,
        )
    assert (journal.epoch, pauses) == (2, [RETRY_EVERY_S])
    journal.close()


def test_patience_has_an_end() -> None:
    """A process that waits for ever cannot be told from one that hangs."""
    pauses: list[float] = []
    with pytest.raises(_Ended):
        _open([StoreFull("fujian", "open")] * 1_000, pauses)
    assert sum(pauses) == PATIENCE_S


def test_another_stores_journal_is_not_waited_for() -> None:
    """Waiting mends a full disk and a held lock, and nothing else."""
    with pytest.raises(StoreMismatch):
        _open([StoreMismatch("fujian", "s", "t", "fujian")], [])


@pytest.mark.parametrize("name", ["fujian.sqlite", "fujian.sqlite-wal", "fujian.sqlite-shm"])
def test_a_file_that_is_not_ours_to_write_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Put back by another user, it kept the country from starting for three minutes, and then for good."""
    (tmp_path / name).touch()
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != name)
    with pytest.raises(StoreFull, match="read only"):
        open_patiently(
            tmp_path / "fujian.sqlite",
            store_id="s",
            province="fujian",
            open_journal=_opener(MemoryStore("s", "fujian"), [StoreFull("fujian", "read only")]),
            pause=_no_pause,
            end_process=_end,
        )


def test_a_disk_that_takes_no_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the whole folder is read-only, and it passes."""
    (tmp_path / "fujian.sqlite").touch()
    assert not is_write_protected(tmp_path / "fujian.sqlite")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert not is_write_protected(tmp_path / "fujian.sqlite")


def _no_pause(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s")


def test_a_stopped_holder_of_the_lock_is_killed_a_running_one_is_not(tmp_path: Path) -> None:
    """A zombie inside a transaction would keep its successor out for ever, since a stopped process lets go of nothing."""
    path = tmp_path / "fujian.sqlite"
    open_sqlite(path, store_id="s", province="fujian").close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert kill_stopped_writers(path) == []
        holder.send_signal(signal.SIGSTOP)
        os.waitpid(holder.pid, os.WUNTRACED)  # returns when it has stopped
        assert kill_stopped_writers(path) == [holder.pid]
        assert holder.wait(10) == -signal.SIGKILL
        open_sqlite(path, store_id="s", province="fujian").close()
    finally:
        holder.kill()
        holder.communicate()


def test_the_wait_ends_with_the_holder() -> None:
    """A predecessor that is only slow lets go by itself."""
    pauses: list[float] = []
    assert _open([StoreBusy("fujian", 5_000)], pauses).epoch == 1
    assert pauses == [RETRY_EVERY_S]
