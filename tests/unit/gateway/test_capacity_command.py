"""`sharedops capacity` from the command line, in a country of four branches."""

import json
import sys

import msgspec
import pytest
from typer.testing import CliRunner

from gateway.command import app
from tests.unit.core.capacity.country import SMALL

QUICK = ["capacity", "--days", "1", "--period-seconds", "900", "--processes", "1"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole country takes minutes."""
    module = sys.modules["gateway.command.capacity"]
    monkeypatch.setattr(module, "Scenario", lambda **given: msgspec.structs.replace(SMALL, **given))


def test_capacity_prints_one_json_object_last() -> None:
    """Would break if a script could not read the extra load."""
    result = CliRunner().invoke(app, [*QUICK, "--seeds", "2", "--json"])
    answer = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == (0 if answer["ok"] else 1)
    assert (answer["days"], answer["seeds"], answer["activation_minutes"]) == (1, 2, 15.0)
    assert set(answer["lines"]) == {"claims", "servicing"}
    assert answer["country"]["extra_load"]["mean"] > 0
    assert answer["assumed"]
    assert answer["left_out"]


def test_capacity_shows_what_was_gained_and_what_was_assumed() -> None:
    """Would break if people had to read JSON, or saw a headline without its conditions."""
    shown = CliRunner().invoke(app, [*QUICK, "--seeds", "1"]).stdout
    for words in ("claims 理赔", "speed-up", "calm", "calendar time", "extra load", "staged faults overstate"):
        assert words in shown


def test_a_period_that_does_not_fit_is_refused() -> None:
    """Would break if people came and went between two pictures."""
    result = CliRunner().invoke(app, ["capacity", "--period-seconds", "7", "--json"])
    assert result.exit_code == 2
    assert not json.loads(result.stdout.splitlines()[-1])["ok"]


def test_theory_is_checked_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would break if nobody could see whether the engine is to be believed; with runs this short some comparisons fail."""
    monkeypatch.setattr(sys.modules["gateway.command.capacity"], "THEORY_TASKS", 500)
    result = CliRunner().invoke(app, ["capacity", "--check-theory", "--json"])
    answer = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == (0 if answer["ok"] else 1)
    names = [check["name"] for check in answer["checks"]]
    assert {"M/M/20 load 0.85", "M/G/1 load 0.7 cv 1.2", "Little's law", "infinite threshold"} <= set(names)
    assert all(check["holds"] for check in answer["checks"] if check["name"] in ("Little's law", "infinite threshold"))
