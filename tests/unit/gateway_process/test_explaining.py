"""`sharedops explain` against real actors and a real gateway: from the command line to the journal and back."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.command import app
from gateway.command.explain import is_contradicted
from gateway.v1 import dispatch_pb2
from tests.unit.gateway_process.live_country import LiveCountry, StreamedDesk, as_, create, live_country


@pytest.fixture
async def country(tmp_path: Path) -> AsyncIterator[LiveCountry]:
    """Fujian alone."""
    async with live_country(tmp_path, "fujian") as started:
        yield started


async def explain(country: LiveCountry, *words: str) -> Result:
    """What the command prints, run beside the country's own loop."""
    arguments = ["explain", *words, "--address", country.address, "--token", "ops"]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


async def test_a_task_is_explained_on_the_command_line(country: LiveCountry) -> None:
    """The duty officer has a shell and no client; the answer must be the journal's, not the screen's."""
    await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    waiting = await explain(country, "fujian-1", "--language", "en")
    assert waiting.exit_code == 0, waiting.output
    assert "Of those who may do it (2) nobody is on duty now." in waiting.output
    desk = StreamedDesk(country, "fujian", "fujian-op-2")
    await desk.sign_in()
    await desk.update("offer")
    shown = await explain(country, "fujian-1", "--operator", "fujian-op-1", "--language", "en")
    assert shown.exit_code == 0, shown.output
    assert "fujian-op-2 was chosen" in shown.output and "Why not fujian-op-1: not signed in." in shown.output
    answer = json.loads((await explain(country, "fujian-1", "--json")).stdout.splitlines()[-1])
    assert answer["ok"] and answer["decision"]["reproduced"]
    winner = answer["decision"]["candidates"][0]
    assert sum(int(part.get("contribution", 0)) for part in winner["contributions"]) == int(winner["score"])
    unknown = await explain(country, "fujian-99", "--json")
    assert unknown.exit_code == 1 and "NOT_FOUND" in json.loads(unknown.stdout.splitlines()[-1])["problem"]
    await desk.close()


def test_only_the_same_rules_can_contradict_a_decision() -> None:
    """After an upgrade a script that checks decisions would raise the alarm for every older one."""
    shown = dispatch_pb2.RoutingDecision(candidates=[{}], rules_version=1, replay_rules_version=1)
    assert is_contradicted(shown)
    shown.replay_rules_version = 2
    assert not is_contradicted(shown)
    shown.rules_version, shown.reproduced = 2, True
    assert not is_contradicted(shown)


def test_what_cannot_be_asked_ends_with_its_code(tmp_path: Path) -> None:
    """A script must tell a wrong name (2) from a task that does not exist (1)."""
    for words in (["nonsense"], ["fujian-1", "--operator", "10086"], ["provinces/fujian/tasks/jiangxi-1"]):
        refused = CliRunner().invoke(app, ["explain", *words, "--token", "ops", "--json"])
        assert refused.exit_code == 2
        assert "is not the name" in json.loads(refused.stdout.splitlines()[-1])["problem"]
    nobody = CliRunner().invoke(app, ["explain", "fujian-1", "--data-dir", str(tmp_path / "none")])
    assert nobody.exit_code == 2 and "development tokens" in nobody.output
