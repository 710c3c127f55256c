"""Logs on a disk that takes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from actors import logs


@pytest.fixture(autouse=True)
def _configured_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_full_disk_makes_no_log_call_fail() -> None:
    """Would break if a province whose disk is full for its log, too, stopped between a failed append and its rebuilding."""
    logs.configure(Path("/dev/full"))
    log = structlog.get_logger("test")
    log.error("store refuses writes", province="fujian")
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        log.exception("commit failed")


def test_a_line_is_one_object_in_the_file(tmp_path: Path) -> None:
    """Would break if lines were kept back: what a killed process said last is what one looks for."""
    path = tmp_path / "logs" / "process.log"
    logs.configure(path)
    structlog.get_logger("test").info("serving", province="福建")
    line = json.loads(path.read_text(encoding="utf-8"))
    assert (line["event"], line["province"], line["level"]) == ("serving", "福建", "info")


def test_a_file_that_cannot_be_opened_makes_no_process_fail(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Left by another user, one province's log ended its actor for good, and the start of the country with it."""
    logs.configure(tmp_path)
    structlog.get_logger("test").info("serving", province="fujian")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["log file cannot be opened", "serving"]
    assert str(tmp_path) in lines[0]["detail"]
