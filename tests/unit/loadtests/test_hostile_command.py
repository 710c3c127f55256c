"""`python -m loadtests.hostile`: what its exit code and its JSON say of a system of its own; system and campaign are played."""

import json
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from loadtests.chaos.system import SystemDown
from loadtests.hostile import __main__ as hostile
from loadtests.hostile.campaign import MUST_BE_ZERO

#: A campaign of which nothing came.
HELD: dict[str, Any] = {"messages": 9, "honest_operations": 1, **dict.fromkeys(MUST_BE_ZERO, 0)}
GONE = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), "no answer")
COMMAND = ["--count", "9", "--json"]


class _System:
    """Starts at once; `ends` is whether it goes when it is asked to."""

    ends = True
    grpc = "127.0.0.1:1"

    def __init__(self, directory: Path, *_: object, **_options: object) -> None:
        self.data_dir = directory

    async def start(self) -> None:
        """It serves."""

    async def stop(self) -> bool:
        """It is gone."""
        return self.ends


@pytest.mark.parametrize("ends", [True, False])
def test_a_system_that_had_to_be_killed_fails_the_campaign(
    ends: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message that let no process end any more would have passed: nobody looked at how the system went."""

    async def attack(*_: object) -> dict[str, Any]:
        return dict(HELD)

    monkeypatch.setattr(hostile, "LiveSystem", _System)
    monkeypatch.setattr(hostile, "attack", attack)
    monkeypatch.setattr(_System, "ends", ends)
    assert hostile.main(COMMAND) == (0 if ends else 1)
    assert json.loads(capsys.readouterr().out)["ended_in_order"] is ends


@pytest.mark.parametrize("problem", [SystemDown("it ended by itself"), PermissionError(13, "Permission denied"), GONE])
def test_a_campaign_that_could_not_be_finished_is_one_json_object_too(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script that reads the last line found none, and a refusal ended it in a traceback."""

    async def attack(*_: object) -> dict[str, Any]:
        raise problem

    monkeypatch.setattr(hostile, "LiveSystem", _System)
    monkeypatch.setattr(hostile, "attack", attack)
    assert hostile.main(COMMAND) == 2
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert answer["held"] is False
    assert answer["error"].startswith(type(problem).__name__)
    assert answer["error"] in said.err
