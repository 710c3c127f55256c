"""`sharedops demo`: what it says, and what it leaves, when it cannot be played."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command import app

WORDS = ["demo", "--provinces", "2", "--tasks", "1", "--json"]


@pytest.fixture
def _no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` ends at once and says nothing."""
    monkeypatch.setattr(sys, "executable", shutil.which("false"))


def answer_to(*words: str) -> tuple[int, dict[str, object], str]:
    """Exit code, the JSON object, and what was told beside it."""
    done = CliRunner().invoke(app, [*WORDS, *words])
    assert isinstance(done.exception, SystemExit)
    return done.exit_code, json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.usefixtures("_no_system")
def test_a_system_that_does_not_start_is_told_and_leaves_nothing_empty(tmp_path: Path) -> None:
    """In folders that are still to be made it ended in a traceback; a script that reads the last line found none."""
    directory = tmp_path / "new" / "folder" / "data"
    code, answer, told = answer_to("--data-dir", str(directory))
    assert (code, answer["ok"]) == (1, False)
    assert "ended with code 1" in str(answer["problem"]) and "ended with code 1" in told
    assert list(directory.parent.iterdir()) == []


@pytest.mark.usefixtures("_no_system")
def test_a_folder_of_its_own_is_gone_if_nothing_came_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every failed start left a folder behind that nobody was told of."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert answer_to()[0] == 1
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_is_a_slip(tmp_path: Path) -> None:
    """A path through a file ended in a traceback."""
    (tmp_path / "file").write_text("")
    code, answer, _ = answer_to("--data-dir", str(tmp_path / "file" / "new" / "data"))
    assert (code, answer["ok"]) == (2, False)
    assert str(tmp_path / "file") in str(answer["problem"])


def test_ctrl_c_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence after Ctrl-C leaves open whether anything was heard."""

    async def interrupted(*arguments: object, **options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["gateway.command.demo"], "_demo", interrupted)
    code, answer, told = answer_to()
    assert (code, answer["ok"]) == (130, False)
    assert "interrupted" in told
