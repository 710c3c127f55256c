from gateway.v1 import event_pb2
from loadtests.chaos.coordinator_kill import Round, report
from loadtests.chaos.findings import Findings


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
