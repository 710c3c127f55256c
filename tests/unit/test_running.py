"""How a process beside a running system finds it."""

from pathlib import Path

from actors.running import Running, forget_running, note_running, read_running
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
