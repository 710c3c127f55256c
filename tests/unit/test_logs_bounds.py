"""Logs of a process that runs for years."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from actors import logs
from tests.unit.full_disk import file_size_limit

#: Some ten lines of the tests.
BYTES_MAX = 1_000


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "BYTES_MAX", BYTES_MAX)
    yield
    logs.configure(None)
    structlog.reset_defaults()


def _say(first: int, beyond: int) -> None:
    log = structlog.get_logger("test")
    for number in range(first, beyond):
        log.info("said", number=number)


def _kept(directory: Path) -> list[dict[str, Any]]:
    """All lines that are there, the oldest first."""
    names = ["process.log", *(f"process.log.{number}" for number in range(1, logs.FILES_MAX + 1))]
    files = [directory / name for name in reversed(names) if (directory / name).exists()]
    assert sorted(files) == sorted(directory.iterdir())
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_newest_lines_are_kept_in_bounded_files(tmp_path: Path) -> None:
    """A system that ran for a year would fill its own disk; a line lost at the change of files might be the one that is looked for."""
    logs.configure(tmp_path / "process.log")
    _say(0, 300)
    assert len(list(tmp_path.iterdir())) == logs.FILES_MAX
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= BYTES_MAX
    numbers = [line["number"] for line in _kept(tmp_path)]
    assert numbers == list(range(300 - len(numbers), 300))
    assert len(numbers) > 20


def test_a_successor_goes_on_with_the_file(tmp_path: Path) -> None:
    """Would break if a process that is started again threw away why its predecessor died, or never came to the bound."""
    for life in range(10):
        logs.configure(tmp_path / "process.log")
        _say(10 * life, 10 * life + 10)
    numbers = [line["number"] for line in _kept(tmp_path)]
    assert numbers == list(range(100 - len(numbers), 100))
    assert len(list(tmp_path.iterdir())) == logs.FILES_MAX


def test_two_lives_beside_each_other_lose_no_line(tmp_path: Path) -> None:
    """A predecessor that was stopped goes on in the file that its successor has put aside."""
    path = tmp_path / "process.log"
    logs.configure(path)
    zombie = logs._open_files.pop()  # it is another process's
    logs.configure(path)
    _say(0, 15)
    zombie.write('{"number": -1}\n')
    _say(15, 20)
    zombie.close()
    lines = _kept(tmp_path)
    assert sorted(line["number"] for line in lines) == list(range(-1, 20))


@pytest.mark.parametrize("is_put_aside", [False, True], ids=["not renamed", "no new file"])
def test_where_nothing_can_be_renamed_or_made_the_full_file_grows_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_put_aside: bool
) -> None:
    """Would break if a directory that takes no file, or a disk without a free inode, silenced a process for ever."""
    path = tmp_path / "process.log"
    logs.configure(path)

    def refuse(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as disk:
        if is_put_aside:
            (file,) = logs._open_files
            reopen, rotate = file._open, file.rotate

            def put_aside(source: str, dest: str) -> None:
                rotate(source, dest)
                disk.setattr(file, "_open", lambda: reopen() if path.exists() else refuse())

            disk.setattr(file, "rotate", put_aside)
        else:
            disk.setattr(logs.RotatingFileHandler, "rotate", refuse)
        _say(0, 40)
        assert path.stat().st_size > BYTES_MAX
    _say(40, 50)
    lines = _kept(tmp_path)
    assert [line["number"] for line in lines] == list(range(50))
    assert path.stat().st_size <= BYTES_MAX


def test_what_a_full_disk_took_is_counted(tmp_path: Path) -> None:
    """Would break if a log that has a gap did not say so, or the lines before it were not those that were said."""
    logs.configure(tmp_path / "process.log")
    _say(0, 2)
    with file_size_limit(0):
        _say(2, 5)
    _say(5, 7)
    lines = _kept(tmp_path)
    assert [line.get("number", line["event"]) for line in lines] == [0, 1, "log lines lost", 5, 6]
    assert lines[2]["lines"] == 3
