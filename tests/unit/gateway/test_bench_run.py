"""What becomes of a bench whose system or clients fail."""

from pathlib import Path

import msgspec
import pytest
import typer

from gateway.command.bench_run import measured
from loadtests.bench.client_process import ClientFailed, add_counts, run_client


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


class _Answer(msgspec.Struct):
    """What a client says."""

    says: str


_INTERRUPTED = """
import os
import signal

os.kill(os.getpid(), signal.SIGINT)

import msgspec

from loadtests.bench.client_process import be_client


class Order(msgspec.Struct):
    pass


class Answer(msgspec.Struct):
    says: str


async def carry_out(order: Order) -> Answer:
    os.kill(os.getpid(), signal.SIGINT)
    return Answer("done")


be_client(Order, carry_out)
"""


async def test_a_client_leaves_it_to_whoever_runs_it_to_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Would break if Ctrl-C at a bench printed a page of Python for each of its clients, whether they import or measure."""
    (tmp_path / "interrupted.py").write_text(_INTERRUPTED, encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert await run_client("interrupted", _Figures(), _Answer, 60.0) == _Answer("done")
    assert capfd.readouterr().err == ""


def test_what_several_clients_counted_is_added_reason_by_reason() -> None:
    """Would break if a reason that only one client met were lost, or one of two counts stood for both."""
    counts = {"UNAVAILABLE": 2}
    one = {"UNAVAILABLE": 3, "INTERNAL": 1}
    add_counts(counts, one)
    add_counts(counts, {})
    assert counts == {"UNAVAILABLE": 5, "INTERNAL": 1}
    assert one == {"UNAVAILABLE": 3, "INTERNAL": 1}
