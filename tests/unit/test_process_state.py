"""Who is below whom, asked while processes come and go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.process_state import children, descendants


def test_a_child_is_found_and_one_that_has_gone_is_nobodys_parent() -> None:
    """The supervisor ends what dead children leave behind by this."""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as started:
        assert started.pid in children()
        assert started.pid in descendants(os.getpid())
        started.kill()
    assert started.pid not in children()
    assert children(started.pid) == []


def test_a_process_may_end_while_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions to the kernel a process can be gone; the outer supervisor ended with a traceback, and the country with it."""

    def gone(path: Path) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "iterdir", gone)
    monkeypatch.setattr(os, "scandir", gone)
    assert children() == []
