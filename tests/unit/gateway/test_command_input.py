"""What people type at commands that question a system: a slip is told in a line, with the code for a slip."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.command import app
from gateway.command.asking import CannotAsk, token_or_development
from gateway.command.policy_fields import instant_ms, time_of
from gateway.validation.checks import TIME_MAX_MS

#: Nobody listens there; a command that asks all the same ends with 1.
NOWHERE = ("--address", "127.0.0.1:1")


@pytest.mark.parametrize("token", ["令牌", "secret\n", "two words", "a\tb"])
def test_a_token_that_no_header_holds_is_a_slip(token: str) -> None:
    """The asyncio client of gRPC raises an error of its own for it, which ended `drill` with a traceback."""
    with pytest.raises(CannotAsk) as caught:
        token_or_development(token, Path("none"))
    assert token not in str(caught.value)
    assert CliRunner().invoke(app, ["drill", "show", "drill-1", *NOWHERE, "--token", token]).exit_code == 2


def test_a_replay_that_cannot_be_played_is_one_json_object_too() -> None:
    """A script that reads the last line would find none."""
    refused = CliRunner().invoke(app, ["replay", "none.csv", "--virtual", "--json"])
    answer = json.loads(refused.stdout.splitlines()[-1])
    assert (refused.exit_code, answer["ok"], answer["problem"]) == (2, False, "none.csv: No such file or directory")


@pytest.mark.parametrize("command", [["show", "drill-1"], ["run", "snow", "--province", "fujian"]])
def test_a_page_that_cannot_be_written_is_told_before_anything_is_asked(command: list[str], tmp_path: Path) -> None:
    """The report of a drill that took minutes was lost to a misspelt folder."""
    for page in (tmp_path, tmp_path / "none" / "page.html"):
        asked = ["drill", *command, "--html", str(page), *NOWHERE, "--token", "t", "--json"]
        refused = CliRunner().invoke(app, asked)
        assert (refused.exit_code, json.loads(refused.stdout)["passed"]) == (2, False)


def test_a_time_is_local_unless_it_says_its_offset() -> None:
    """An evacuation typed in UTC would begin eight hours early."""
    assert instant_ms("2026-12-01 05:00") == instant_ms("2026-11-30T21:00:00Z") == 1_796_072_400_000


def test_the_last_instant_of_the_contract_can_be_shown() -> None:
    """`policy show` ended with a traceback for a policy that somebody had let end then."""
    assert time_of(TIME_MAX_MS) == "9999-12-31 23:59:59"
    assert time_of(1_796_072_400_000) == "2026-12-01 05:00:00"
