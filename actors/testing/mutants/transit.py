"""Planted bugs of moves and notices: tasks that two provinces hold, that nobody holds, or whose home never hears of them."""

from itertools import count
from typing import Any

import msgspec

from actors.commit_loop import CommitLoop
from actors.core import clockwork, moves, outbox, recalling, records
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import APPLIERS
from actors.core.applying import moves as applying
from actors.core.deciding import Turn
from actors.core.province import _DECISIONS
from actors.core.replies import AnyReply, Done
from actors.core.task import TaskState
from actors.testing.mutants.plant import Plant

replace = msgspec.structs.replace
#: After this the impatient source takes its task back.
IMPATIENCE_MS = 600


def releases_on_any_answer(plant: Plant) -> None:
    """An answer to an older move of a task settles the present one, also when the task has come home meanwhile."""
    settle = moves.settle_move

    def mutant(turn: Turn, command: c.SettleMove) -> AnyReply:
        task = turn.state.tasks.get(command.task_id)
        if task is not None and task.move is not None:
            move = task.move
            command = replace(command, host=move.host, generation=move.generation, attempt=move.attempt)
        return settle(turn, command)

    plant.entry(_DECISIONS, c.SettleMove, mutant)


def uses_move_ids_again(plant: Plant) -> None:
    """The id of a move lacks the generation, as if somebody minted it who does not know the task's history."""
    plant.attribute(records, "move_key", lambda task, move: f"m:{task}:{move.attempt}")


def accepts_without_looking_at_the_record(plant: Plant) -> None:
    """A repeated move is decided afresh."""
    numbers = count()
    plant.attribute(records, "move_key", lambda task, move: f"m:{task}:{next(numbers)}")


def aborts_on_a_timeout(plant: Plant) -> None:
    """The source takes a task back when the host has not answered for a while."""
    tick = clockwork.tick

    def mutant(turn: Turn) -> None:
        tick(turn)
        since: dict[str, int] = turn.outbox.__dict__.setdefault("impatient_since", {})
        for task_id in list(turn.state.moving):
            if turn.now.monotonic_ms - since.setdefault(task_id, turn.now.monotonic_ms) > IMPATIENCE_MS:
                del since[task_id]
                turn.emit(e.MoveTakenBack(at_ms=turn.now.wall_ms, task_id=task_id, reason="timeout", retry_after_ms=0))

    plant.attribute(clockwork, "tick", mutant)


def _sent_once(plant: Plant, kinds: tuple[str, ...]) -> None:
    is_open = outbox.is_open

    def mutant(state: Any, key: Any) -> bool:
        sent: set[Any] = state.__dict__.setdefault("sent_once", set())
        if not is_open(state, key) or (key[0] in kinds and key in sent):
            return False
        sent.add(key)
        return True

    plant.attribute(outbox, "is_open", mutant)


def sends_a_move_only_once(plant: Plant) -> None:
    """A move whose message was lost waits for ever."""
    _sent_once(plant, ("move",))


def sends_a_notice_only_once(plant: Plant) -> None:
    """A home whose notice was lost never hears of the outcome."""
    _sent_once(plant, ("host", "outcome"))


def _accepted_as(plant: Plant, **changes: Any) -> None:
    accepted = applying.move_accepted

    def mutant(state: Any, event: e.MoveAccepted) -> None:
        accepted(state, event)
        task = state.tasks[event.task.task_id]
        values = {name: value(event) for name, value in changes.items()}
        if task.state is TaskState.QUEUED:
            state.replace_task(replace(task, **values))

    plant.entry(APPLIERS, e.MoveAccepted, mutant)


def takes_a_task_without_raising_its_generation(plant: Plant) -> None:
    """An accepted task has the generation that it had at the source."""
    _accepted_as(plant, generation=lambda event: event.move.generation)


def lets_tokens_start_anew_at_the_host(plant: Plant) -> None:
    """The token does not travel with the task."""
    _accepted_as(plant, token=lambda event: 0)


def forgets_outcomes_at_the_home(plant: Plant) -> None:
    """The home says that it has noted an outcome, and has not."""
    plant.entry(_DECISIONS, c.NoteOutcome, lambda turn, command: Done())


def forgets_what_was_here(plant: Plant) -> None:
    """The host does not look whether the task is here, was here or has ended."""

    def mutant(turn: Turn, command: c.AcceptMove) -> None:
        del turn, command

    accept = moves.accept_move

    def accepting(turn: Turn, command: c.AcceptMove) -> AnyReply:
        turn.state.records.pop(records.move_key(command.task.task_id, command.move), None)
        turn.recalled = {}
        return accept(turn, command)

    plant.attribute(moves, "_refusal_of", mutant)
    plant.entry(_DECISIONS, c.AcceptMove, accepting)


def leaves_answers_behind(plant: Plant) -> None:
    """A task goes to its next host without the answers to its branch's requests."""
    plant.attribute(CommitLoop, "_with_answers", lambda self, message: message)


def calls_home_what_has_begun(plant: Plant) -> None:
    """A host gives work back to its home under the hands of whoever has begun it."""
    plant.attribute(recalling, "UNBEGUN", (*recalling.UNBEGUN, TaskState.IN_PROGRESS))


BUGS = (
    calls_home_what_has_begun,
    releases_on_any_answer,
    uses_move_ids_again,
    accepts_without_looking_at_the_record,
    aborts_on_a_timeout,
    sends_a_move_only_once,
    sends_a_notice_only_once,
    takes_a_task_without_raising_its_generation,
    lets_tokens_start_anew_at_the_host,
    forgets_outcomes_at_the_home,
    forgets_what_was_here,
    leaves_answers_behind,
)
