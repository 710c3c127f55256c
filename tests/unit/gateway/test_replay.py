"""`sharedops replay` from the command line."""

import gzip
import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.core.replay.comparison import OURS, WAYS, Comparison
from actors.core.replay.engine import Played
from gateway.command import app

HEADER = "case_id,kind,arrived_at,started_at,completed_at,operator_id"


def log(rows: int = 60) -> str:
    """Claims every five minutes, ann twice as quick as bob."""
    lines = [HEADER]
    for row in range(rows):
        day, rest = divmod(row, 180)
        hour, minute = divmod(5 * rest, 60)
        start = f"2026-03-{2 + day:02}T{8 + hour:02}:{minute:02}"
        operator, last = (("ann", 4), ("bob", 4))[row % 2]
        lines.append(
            f"c{row},claim,{start}:00+08:00,{start}:00+08:00,{start[:-2]}{minute + last:02}:{30 * (row % 2):02}+08:00,{operator}"
        )
    return "\n".join(lines) + "\n"


def test_replay_prints_one_json_object_last(tmp_path: Path) -> None:
    """Would break if a script could not read what was measured, or a packed log were not taken."""
    file = tmp_path / "log.csv.gz"
    file.write_bytes(gzip.compress(log().encode()))
    result = CliRunner().invoke(app, ["replay", str(file), "--virtual", "--seeds", "2", "--json"])
    answer = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == (0 if answer["ok"] else 1)
    assert (answer["items"], answer["operators"], answer["seeds"]) == (60, 2, 2)
    assert set(answer["cut_of_mean_turnaround"]) == {
        "whoever_did_it",
        "first_come_first_served",
        "random",
        "shortest_learning",
        "shortest_processing_time",
    }
    assert answer["ways"]["planner"]["finished"] + answer["ways"]["planner"]["unfinished"] == 120


def test_replay_shows_a_table(tmp_path: Path) -> None:
    """Would break if people had to read JSON."""
    file = tmp_path / "log.csv"
    file.write_text(log(), encoding="utf-8")
    result = CliRunner().invoke(app, ["replay", str(file), "--virtual", "--seeds", "1", "--first", "30"])
    assert "30 items" in result.stdout
    assert "1 seed\n" in re.sub(r" +\n", "\n", result.stdout)
    assert "as logged" in result.stdout


def compared(half: float | None) -> Comparison:
    """Two plays a way of one task, the planner's a fifth quicker; the wider `half`, the more the seeds differ. None: one play."""
    spread = 0.0 if half is None else half
    theirs = [10.0] if half is None else [10.0, 10.0]
    ours = [8.0] if half is None else [8.0 - spread, 8.0 + spread]

    def plays(minutes: list[float]) -> list[Played]:
        return [Played(turnarounds=[each], waits=[0.0], left=[], calls=1, call_seconds=0.0) for each in minutes]

    return Comparison(plays={way: plays(ours if way == OURS else theirs) for way in WAYS})


@pytest.mark.parametrize(
    ("rows", "half", "too_short", "conclusive"),
    [(1_200, 0.01, False, True), (1_200, 1.0, False, False), (1_200, None, False, False), (300, 0.01, True, False)],
    ids=["clear", "interval includes zero", "one seed", "short log"],
)
def test_replay_says_what_is_not_conclusive(
    rows: int,
    half: float | None,
    too_short: bool,
    conclusive: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three hundred rows, or a difference within chance, were told as a gain, and the reader was left to see that it is none."""
    file = tmp_path / "log.csv"
    file.write_text(log(rows), encoding="utf-8")
    monkeypatch.setattr(sys.modules["gateway.command.replay"], "compare", lambda *_, **__: compared(half))
    told = CliRunner().invoke(app, ["replay", str(file), "--virtual", "--json"])
    answer = json.loads(told.stdout.splitlines()[-1])
    assert (answer["too_short"], set(answer["conclusive"].values())) == (too_short, {conclusive})
    assert set(answer["conclusive"]) == set(answer["cut_of_mean_turnaround"])
    shown = CliRunner().invoke(app, ["replay", str(file), "--virtual"]).stdout
    assert ("Too short to say anything" in shown) is too_short
    assert shown.count("not conclusive") == (0 if conclusive else len(answer["conclusive"]))
    assert ("✓" in shown) is conclusive


def test_replay_refuses_what_it_cannot_use(tmp_path: Path) -> None:
    """Would break if a broken log ended in a stack trace, or in figures."""
    file = tmp_path / "log.csv"
    file.write_text(log(3).replace("claim", "", 1), encoding="utf-8")
    refused = CliRunner().invoke(app, ["replay", str(file), "--virtual"])
    assert (refused.exit_code, "line 2: kind is empty" in refused.output) == (2, True)
    missing = CliRunner().invoke(app, ["replay", str(tmp_path / "none.csv"), "--virtual"])
    assert (missing.exit_code, "none.csv: No such file or directory" in missing.output) == (2, True)
    assert CliRunner().invoke(app, ["replay", str(file)]).exit_code == 2


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00\x01binary", b"\x1f\x8bnot gzip at all", gzip.compress(b"x" * 5000, mtime=0)[:-20]]
)
def test_replay_says_when_a_file_is_no_table(tmp_path: Path, content: bytes) -> None:
    """Would break if a picture or half a download ended in a stack trace."""
    file = tmp_path / "log.csv"
    file.write_bytes(content)
    result = CliRunner().invoke(app, ["replay", str(file), "--virtual"])
    assert (result.exit_code, "log.csv is no CSV file in UTF-8, plain or gzip" in result.output) == (2, True)


def test_replay_at_a_load_says_what_it_plays(tmp_path: Path) -> None:
    """Would break if the load shown were not the one played, or one that the log cannot give were played as another."""
    file = tmp_path / "log.csv"
    file.write_text(log(), encoding="utf-8")
    command = ["replay", str(file), "--virtual", "--seeds", "1", "--json", "--load"]
    for more in ([], ["--no-shifts"]):
        answer = json.loads(CliRunner().invoke(app, [*command, "0.9", *more]).stdout.splitlines()[-1])
        assert answer["offered_load"] == pytest.approx(0.9)
    refused = CliRunner().invoke(app, [*command, "0.01"])
    assert (refused.exit_code, "cannot be played at load 0.01: its own is 0.4" in refused.output) == (2, True)
