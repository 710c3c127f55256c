"""The processes that `serve` starts."""

import sys
from pathlib import Path

import pytest

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
