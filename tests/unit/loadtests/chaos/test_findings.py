import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from loadtests.chaos.findings import Findings, RowFailed, Scenario, check_journals, run_row
from loadtests.chaos.stage import meanwhile

GOOD = {
    "ok": True,
    "tasks_lost": 0,
    "tasks_decided_twice": 0,
    "ledger_sum_fen": 0,
    "tasks_created": 7,
    "tasks_decided": 5,
    "problems": [],
}


def test_a_row_without_checks_has_not_held() -> None:
    """A scenario that ended before it measured anything must not pass."""
    assert not Findings("row").held


def test_what_was_not_seen_is_missed() -> None:
    """None stands for 'never happened': it must not compare as fast."""
    findings = Findings("row")
    findings.at_most("seen_seconds", None, 4)
    assert not findings.held
    assert findings.as_json()["missed"] == ["seen_seconds"]


@pytest.mark.parametrize(("measured", "held"), [(3.999, True), (4.0, True), (4.001, False)])
def test_a_limit_is_a_limit(measured: float, held: bool) -> None:
    """Rounding for display must not decide."""
    findings = Findings("row")
    findings.at_most("seen_seconds", measured, 4)
    assert findings.held is held


@pytest.mark.parametrize(
    ("key", "value"),
    [("ok", False), ("tasks_lost", 1), ("tasks_decided_twice", 1), ("ledger_sum_fen", 5), ("tasks_created", 6)],
)
def test_every_damage_in_the_journals_fails_the_row(key: str, value: object) -> None:
    """A row that forgot to look at one of them would pass with a lost task."""
    whole = Findings("row")
    check_journals(whole, dict(GOOD), 7)
    assert whole.held
    damaged = Findings("row")
    check_journals(damaged, GOOD | {key: value}, 7)
    assert not damaged.held


def test_journals_that_could_not_be_read_fail_the_row() -> None:
    """There are no figures then: the row ended in a traceback, and a script found no JSON."""
    findings = Findings("row")
    check_journals(findings, {"ok": False, "problems": ["data holds no store"]}, 0)
    assert not findings.held
    assert {"journals_valid", "lost", "decided_twice", "tasks_in_journals"} <= set(findings.as_json()["missed"])


@pytest.mark.parametrize("problem", [None, RowFailed("a create was refused")])
def test_what_fails_in_the_background_fails_the_row(problem: Exception | None) -> None:
    """The branch systems of a row had given up at its beginning, and it held: nothing was asked of the country."""
    is_cancelled = asyncio.Event()

    async def work() -> None:
        if problem is not None:
            raise problem
        try:
            await asyncio.Event().wait()
        finally:
            is_cancelled.set()

    async def play() -> None:
        async with meanwhile(work()):
            await asyncio.sleep(0)

    if problem is None:
        asyncio.run(play())
        assert is_cancelled.is_set()
    else:
        with pytest.raises(RowFailed, match="refused"):
            asyncio.run(play())


def scenario_that(act: Callable[[Findings], None]) -> Scenario:
    """A scenario that does nothing else."""

    async def scenario(directory: Path, tell: Callable[[str], None]) -> Findings:
        tell("playing")
        (directory / "journal").write_text("x", encoding="ascii")
        findings = Findings("row")
        act(findings)
        return findings

    return scenario


def fail(findings: Findings) -> None:
    """Nothing comes about."""
    raise RowFailed(f"{findings.row}: nobody came")


@pytest.mark.parametrize(
    ("act", "code", "held"),
    [
        (lambda findings: findings.exactly("lost", 0, 0), 0, True),
        (lambda findings: findings.exactly("lost", 1, 0), 1, False),
        (fail, 1, False),
    ],
)
def test_the_last_line_is_json_and_the_exit_code_says_whether_it_held(
    act: Callable[[Findings], None],
    code: int,
    held: bool,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever runs the row in a script reads nothing but these two; what a failed run wrote must be kept."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(typer.Exit) as ended:
        run_row(scenario_that(act), as_json=True)
    assert ended.value.exit_code == code
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["held"] is held
    assert len(list(tmp_path.iterdir())) == (0 if held else 1)
