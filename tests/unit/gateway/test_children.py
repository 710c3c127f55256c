"""The processes that `serve` starts."""

import sys
from pathlib import Path

import pytest

from actors import logs
from gateway.command.children import Child


@pytest.mark.parametrize("is_usable", [True, False], ids=["log", "no log"])
async def test_what_a_child_says_is_kept_or_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], is_usable: bool
) -> None:
    """A log that another user left behind ended `serve` with a stack trace, at the start or at a restart of the child."""
    log = tmp_path / "logs" / "child.out"
    if not is_usable:
        log.mkdir(parents=True)
    child = Child("child", [sys.executable, "-c", "print('said')"], log)
    await child.start()
    assert await child.wait() == 0
    said = log.read_text() if is_usable else capfd.readouterr().err
    # On standard error libraries with threads may say that a process was forked beside them.
    assert "said" in said.splitlines()


async def test_what_children_say_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that dies of a fault each night leaves a page each time, for years; the last ones are what is read."""
    monkeypatch.setattr(logs, "BYTES_MAX", 100)
    log = tmp_path / "child.out"
    lives = 20
    for life in range(lives):
        child = Child("child", [sys.executable, "-c", f"print('{life:060}')"], log)
        await child.start()
        await child.wait()
    files = [*(tmp_path / f"child.out.{number}" for number in range(logs.FILES_MAX - 1, 0, -1)), log]
    assert sorted(files) == sorted(tmp_path.iterdir())
    # On standard error libraries with threads may say that a process was forked beside them.
    said = [line for path in files for line in path.read_text().splitlines()]
    numbers = [int(line) for line in said if line.isdecimal()]
    assert len(numbers) >= logs.FILES_MAX and numbers == list(range(lives - len(numbers), lives))
