"""How a process beside a running system finds it."""

import os
from pathlib import Path

import msgspec
import pytest

from actors.cluster_options import OPTIONS_FILE, RUN_DIR_PREFIX, ClusterOptions
from actors.running import Running, forget_running, hold, note_running, read_running, remove_left_behind
from tests.unit.full_disk import file_size_limit

RUNNING = Running(run_dir="/run/so", pid=7, started_ms=1)


def test_a_full_disk_keeps_no_system_from_running_unnoted(tmp_path: Path) -> None:
    """It is a courtesy to backups and drills; as an error it kept a country from starting that could have served reads."""
    with file_size_limit(0):
        assert not note_running(tmp_path, RUNNING)
        assert read_running(tmp_path) is None
    assert note_running(tmp_path, RUNNING)
    assert read_running(tmp_path) == RUNNING
    forget_running(tmp_path)
    assert read_running(tmp_path) is None


def _run_dir(temporary: Path, name: str, data_dir: Path) -> Path:
    run_dir = temporary / f"{RUN_DIR_PREFIX}{name}"
    (run_dir / "ray" / "session").mkdir(parents=True)
    options = ClusterOptions(data_dir=str(data_dir), run_dir=str(run_dir))
    (run_dir / OPTIONS_FILE).write_bytes(msgspec.json.encode(options))
    return run_dir


def test_the_next_start_removes_what_the_dead_have_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each system that is killed leaves Ray's files; most of those of demos and benches, whose data directory never starts again, stayed for ever."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ours, theirs = tmp_path / "data", tmp_path / "another"
    dead = [_run_dir(tmp_path, f"dead{number}", data_dir) for number, data_dir in enumerate((ours, theirs))]
    for run_dir in dead:
        os.close(hold(run_dir))
    before_there_were_locks = _run_dir(tmp_path, "old", ours)
    remove_left_behind(ours)
    assert not any(path.exists() for path in (*dead, before_there_were_locks))


def test_a_living_system_keeps_its_run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would break if the start of one system took the sockets of another, be it one whose data directory was moved away under it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ours, theirs = tmp_path / "data", tmp_path / "another"
    living = [_run_dir(tmp_path, f"living{number}", data_dir) for number, data_dir in enumerate((ours, theirs))]
    held = [hold(run_dir) for run_dir in living]
    perhaps_living = _run_dir(tmp_path, "old", theirs)
    not_ours = tmp_path / f"{RUN_DIR_PREFIX}not-ours"
    not_ours.mkdir()
    (not_ours / "lock").touch()
    handed_on = os.dup(held[0])
    os.close(held[0])  # the outer process has died, the cluster process is just ending
    remove_left_behind(ours)
    assert all(path.exists() for path in (*living, perhaps_living, not_ours))
    os.close(handed_on)
    os.close(held[1])
