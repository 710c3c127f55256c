from typing import Any

import pytest

from gateway.v1 import event_pb2
from loadtests.chaos import coordinator_kill, stage
from loadtests.chaos.coordinator_kill import Killing, Round, report
from loadtests.chaos.findings import Findings, RowFailed


class Played:
    """A round with two tasks under a clock that is moved by hand; counts the kills."""

    def __init__(self, trigger: str = "MoveAccepted") -> None:
        self.now_s = 0.0
        self.kills = 0
        self.round = Round(frozenset({"a", "b"}), trigger, self.kill, lambda: self.now_s)

    def kill(self) -> None:
        self.kills += 1

    def see(self, type_: str, *tasks: str) -> None:
        for task in tasks:
            self.now_s += 1
            self.round.take(event_pb2.Event(type=type_, task=task))


def test_the_coordinator_is_killed_once_at_the_first_sight_of_the_step() -> None:
    """A kill at the wrong step, or a second one, proves nothing about this step."""
    played = Played()
    played.see("MoveStarted", "a", "b")
    assert played.kills == 0
    played.see("MoveAccepted", "other")
    assert played.kills == 0
    played.see("MoveAccepted", "a", "b")
    assert (played.kills, played.round.killed_s, played.round.open_at_kill) == (1, 4.0, 2)


def test_a_round_is_settled_when_every_task_was_taken_and_let_go() -> None:
    """A move that the source still holds open is not settled, though the host has the task."""
    played = Played()
    played.see("MoveAccepted", "a", "b")
    played.see("MoveHandedOver", "a")
    assert not played.round.is_settled
    assert played.round.took_s is None
    played.see("MoveHandedOver", "b")
    assert played.round.took_s == 3.0


def test_a_round_that_never_settled_or_was_never_hit_fails_the_row() -> None:
    """Leaving out what did not settle would make the slowest settlement look quick."""
    settled = Played()
    settled.see("MoveAccepted", "a", "b")
    settled.see("MoveHandedOver", "a", "b")
    stuck = Played()
    stuck.see("MoveAccepted", "a")
    for played, kills, missed in (
        ([settled.round], 1, []),
        ([settled.round, stuck.round], 2, ["step_settled_max_seconds"]),
        ([settled.round], 2, ["step_kills"]),
    ):
        findings = Findings("row")
        report(findings, {"step": played}, kills)
        assert findings.as_json()["missed"] == missed


class Victim:
    """Stands for a process."""

    def __init__(self) -> None:
        self.is_killed = False

    def signal(self, _number: int) -> bool:
        self.is_killed = True
        return True


class Scene:
    """Stands for a stage and its system: shows the coordinator's processes in turn, the last of them for ever."""

    kinds = ()

    def __init__(self, *processes: Victim | None) -> None:
        self._processes = list(processes)
        self.system = self

    def find(self, _role: str) -> Victim | None:
        return self._processes.pop(0) if len(self._processes) > 1 else self._processes[0]

    def watch(self, *_arguments: object) -> None: ...

    def tasks(self, *_arguments: object) -> list[object]:
        return []

    async def create(self, *_arguments: object) -> list[str]:
        return []

    async def set_policy(self, *_arguments: object, **_fields: object) -> None: ...

    async def evacuate(self, *_arguments: object) -> None: ...


async def test_a_coordinator_that_just_starts_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that came a moment too early ended the whole row: the successor had not opened its journal."""
    monkeypatch.setattr(stage, "LOOK_EVERY_S", 0.0)
    victim, successor = Victim(), Victim()
    scene: Any = Scene(None, None, victim, victim, None, successor)
    await Killing(scene, tasks=0).round("")
    assert (victim.is_killed, successor.is_killed) == (True, False)


@pytest.mark.parametrize("missing", ["was there", "came back"])
async def test_it_is_not_waited_for_for_ever(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system whose coordinator is gone for good would hold up the row without an end."""
    monkeypatch.setattr(stage, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(coordinator_kill, "REBORN_MAX_S", 0.0)
    scene: Any = Scene(*([Victim()] if missing == "came back" else []), None)
    with pytest.raises(RowFailed, match=f"no coordinator {missing} within 0 s"):
        await Killing(scene, tasks=0).round("")
