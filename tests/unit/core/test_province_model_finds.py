"""The machine of `test_province_model` can fail: each planted fault below makes it fail, always at the same example."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis.stateful import run_state_machine_as_test

from actors.core import administration, applying, clockwork, deciding, desk, province
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import tasks
from actors.core.deciding import Turn
from actors.core.presence import Presence
from actors.core.replies import AnyReply
from actors.core.state import ProvinceState
from actors.core.task import Task
from tests.unit.core.test_province_model import ProvinceMachine
from tests.unit.machines import hunt_settings

Plant = pytest.MonkeyPatch


def no_token_check(plant: Plant) -> None:
    """Who once held a task may still decide it."""
    checked = desk._held

    def held(turn: Turn, command: c.HolderCommand, *rules: Any, **more: Any) -> Task | AnyReply:
        task = turn.state.tasks.get(command.task_id)
        if task is not None and task.operator is not None:
            command = msgspec.structs.replace(command, operator=task.operator, token=task.token)
        return checked(turn, command, *rules, **more)

    plant.setattr(desk, "_held", held)


def token_not_raised(plant: Plant) -> None:
    """A task that went back to the queue still obeys the old token."""
    raised = tasks._back_to_queue

    def back_to_queue(task: Task, *rest: Any, **more: Any) -> Task:
        return msgspec.structs.replace(raised(task, *rest, **more), token=task.token)

    plant.setattr(tasks, "_back_to_queue", back_to_queue)


def forgotten_requests(plant: Plant) -> None:
    """The memory of request ids ends with their frame."""
    remembered = Turn.record
    plant.setattr(Turn, "record", lambda turn, key: None if key.startswith("r:") else remembered(turn, key))


def forgotten_external_ids(plant: Plant) -> None:
    """A branch that sends a case again makes a second task."""
    remembered = Turn.record
    plant.setattr(Turn, "record", lambda turn, key: None if key.startswith("x:") else remembered(turn, key))


def answered_whatever_was_asked(plant: Plant) -> None:
    """A request id gives its answer to any other request."""
    plant.setattr(province, "_repeated", lambda recorded, command: province.records.decode_reply(recorded.answer))


def leases_never_expire(plant: Plant) -> None:
    """Work stays with somebody who is gone."""
    plant.setattr(clockwork, "_expire_leases", lambda turn: None)


def offers_never_expire(plant: Plant) -> None:
    """Nobody answers, and the task waits for ever."""
    plant.setattr(clockwork, "_expire_offers", lambda turn: None)


def a_standstill_counts_as_silence(plant: Plant) -> None:
    """Our own stall takes everybody's work away."""
    plant.setattr(Presence, "forgive", lambda presence, gap_ms: None)


def no_match_after_a_release(plant: Plant) -> None:
    """Only new arrivals are matched; freed capacity waits."""
    matched = clockwork._match

    def match(turn: Turn) -> None:
        if any(type(event).__name__ == "TaskCreated" for event in turn.events):
            matched(turn)

    plant.setattr(clockwork, "_match", match)


def capacity_not_counted(plant: Plant) -> None:
    """Whoever asks gets one more task."""
    plant.setattr(ProvinceState, "load_of", lambda state, operator: 0)


def sign_out_keeps_the_work(plant: Plant) -> None:
    """Work stays with somebody who went home."""
    plant.setattr(desk, "give_back", lambda turn, operator, reason, who: 0)


def a_desk_that_comes_back_takes_whoever_left(plant: Plant) -> None:
    """The desk that somebody had left takes them from where they sit."""
    signed_in = province._DECISIONS[c.SignIn]
    plant.setitem(
        province._DECISIONS,
        c.SignIn,
        lambda turn, command: signed_in(turn, msgspec.structs.replace(command, resume=False)),
    )


def whoever_falls_silent_has_left(plant: Plant) -> None:
    """After a power failure any desk that comes back has them."""
    signed_out = applying.APPLIERS[e.OperatorSignedOut]

    def forget(state: ProvinceState, event: e.OperatorSignedOut) -> None:
        signed_out(state, event)
        state.put_operator(msgspec.structs.replace(state.operators[event.operator], desk=""))

    plant.setitem(applying.APPLIERS, e.OperatorSignedOut, forget)


def a_new_entry_forgets_the_desk(plant: Plant) -> None:
    """Whoever was given another skill may be taken by any desk that comes back."""
    merged = administration._merged
    plant.setattr(administration, "_merged", lambda *known: msgspec.structs.replace(merged(*known), desk=""))


def soft_state_decides_a_replay(plant: Plant) -> None:
    """What is remembered outside the events is missing after a restart."""
    emitted = Turn.emit

    def emit(turn: Turn, event: Any) -> None:
        emitted(turn, event)
        if type(event).__name__ == "AssignmentStarted":
            task = turn.state.tasks[event.task_id]
            turn.state.tasks[event.task_id] = msgspec.structs.replace(task, draft="begun")

    plant.setattr(deciding.Turn, "emit", emit)


FAULTS: list[Callable[[Plant], None]] = [
    no_token_check,
    token_not_raised,
    forgotten_requests,
    forgotten_external_ids,
    answered_whatever_was_asked,
    leases_never_expire,
    offers_never_expire,
    a_standstill_counts_as_silence,
    no_match_after_a_release,
    capacity_not_counted,
    sign_out_keeps_the_work,
    a_desk_that_comes_back_takes_whoever_left,
    whoever_falls_silent_has_left,
    a_new_entry_forgets_the_desk,
    soft_state_decides_a_replay,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds(fault: Callable[[Plant], None], monkeypatch: Plant) -> None:
    """A machine that passes with a fault in place would prove nothing without one."""
    fault(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        run_state_machine_as_test(ProvinceMachine, settings=hunt_settings(examples=200, steps=60))
