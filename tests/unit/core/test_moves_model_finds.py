"""The machine of `test_moves_model` can fail: each planted fault below makes it fail, always at the same example."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis.stateful import run_state_machine_as_test

from actors.core import applying, clockwork, lifecycle, province
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import tasks
from actors.core.deciding import Turn
from actors.core.outbox import Outbox
from actors.core.replies import AnyReply
from actors.core.state import ProvinceState
from tests.unit.core.test_moves_model import MovesMachine
from tests.unit.machines import hunt_settings

Plant = pytest.MonkeyPatch


def accept_is_not_idempotent(plant: Plant) -> None:
    """A doubled offer is decided afresh."""
    remembered = Turn.record
    plant.setattr(Turn, "record", lambda turn, key: None if key.startswith("m:") else remembered(turn, key))


def any_answer_settles_the_present_move(plant: Plant) -> None:
    """An old "accepted" releases a task that came home and left again."""
    settled = province._DECISIONS[c.SettleMove]

    def settle(turn: Turn, command: c.SettleMove) -> AnyReply:
        task = turn.state.tasks.get(command.task_id)
        if task is not None and task.move is not None:
            now = {"host": task.move.host, "generation": task.move.generation, "attempt": task.move.attempt}
            command = msgspec.structs.replace(command, **now)
        return settled(turn, command)

    plant.setitem(province._DECISIONS, c.SettleMove, settle)


def source_gives_up_by_its_own_clock(plant: Plant) -> None:
    """A slow answer makes two owners."""
    reached = clockwork._reach_schedules

    def reach(turn: Turn) -> None:
        reached(turn)
        for task_id in list(turn.state.moving):
            move = turn.state.tasks[task_id].move
            if move is not None and turn.now.wall_ms - move.started_ms > 3_000:
                back = e.MoveTakenBack(at_ms=turn.now.wall_ms, task_id=task_id, reason="late", retry_after_ms=0)
                turn.emit(back)

    plant.setattr(clockwork, "_reach_schedules", reach)


def refusal_is_not_recorded(plant: Plant) -> None:
    """The source takes the task back, and the same offer, late, is accepted after all."""
    emitted = Turn.emit

    def emit(turn: Turn, event: e.AnyEvent) -> None:
        if not isinstance(event, e.MoveRefused):
            emitted(turn, event)

    plant.setattr(Turn, "emit", emit)


def token_begins_anew(plant: Plant) -> None:
    """A desk of the last host holds a token that is current again at the next."""
    accepted = applying.APPLIERS[e.MoveAccepted]

    def accept(state: ProvinceState, event: e.MoveAccepted) -> None:
        accepted(state, event)
        task = state.tasks[event.task.task_id]
        state.tasks[task.task_id] = msgspec.structs.replace(task, token=0)

    plant.setitem(applying.APPLIERS, e.MoveAccepted, accept)


def sent_only_once(plant: Plant) -> None:
    """A lost message is lost for ever."""
    first = Outbox.due

    def due(outbox: Outbox, *arguments: Any) -> list[Any]:
        sends = first(outbox, *arguments)
        outbox._schedule.clear()
        return sends

    plant.setattr(Outbox, "due", due)


def home_is_not_told(plant: Plant) -> None:
    """The branch never learns the decision."""
    plant.setattr(tasks, "_finish", lambda state, task: state.replace_task(task))


def repetition_is_answered_by_whoever_has_no_memory(plant: Plant) -> None:
    """A cancellation that was confirmed by the host is refused by the home when it is repeated."""
    plant.setattr(lifecycle, "_whoever_ended", lambda turn, task_id: None)


FAULTS: list[Callable[[Plant], None]] = [
    accept_is_not_idempotent,
    any_answer_settles_the_present_move,
    source_gives_up_by_its_own_clock,
    refusal_is_not_recorded,
    token_begins_anew,
    sent_only_once,
    home_is_not_told,
    repetition_is_answered_by_whoever_has_no_memory,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds(fault: Callable[[Plant], None], monkeypatch: Plant) -> None:
    """A machine that passes with a fault in place would prove nothing without one."""
    fault(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        run_state_machine_as_test(MovesMachine, settings=hunt_settings(examples=200, steps=60))
