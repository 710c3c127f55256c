"""What becomes of a bench whose system or clients fail."""

from pathlib import Path

import msgspec
import pytest
import typer

from gateway.command.bench_run import measured
from loadtests.bench.client_process import ClientFailed, run_client


class _Figures(msgspec.Struct):
    """Nothing was measured."""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ClientFailed("no result"), "no result"),
        (ProcessLookupError("a province"), "a province"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_cannot_be_measured_ends_with_one_line_and_leaves_nothing(
    error: Exception, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Would break if a province that died, or a client, ended a bench with a page of Python, or left its directory."""
    places: list[Path] = []

    async def fail(directory: Path) -> _Figures:
        places.append(directory)
        raise error

    with pytest.raises(typer.Exit) as ended:
        measured("create", fail)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.splitlines() == [f"sharedops bench create: {why}"]
    assert not places[0].exists()


async def test_a_client_that_ends_without_a_result_is_told_from_one_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break if a client that crashed were read as one with empty figures."""
    (tmp_path / "crashing.py").write_text("raise SystemExit(3)\n", encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ClientFailed, match="code 3"):
        await run_client("crashing", _Figures(), _Figures, 60.0)
