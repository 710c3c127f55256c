"""What one province says to another: which messages it has open, what each says, and what the answer settles.

A message is open as long as the hard state waits for the other side's *recorded* answer: a move until the host has it or refuses it, a notice
until the home has noted it, a recall until the task is home or stays. When each is sent, and sent again, is the outbox's.
"""

from collections.abc import Iterator

import msgspec

from actors.core import commands as c
from actors.core.country import ProvinceStatus
from actors.core.ids import ProvinceCode
from actors.core.refusal import Refused
from actors.core.replies import AnyReply, Done, MoveAnswer, RecallAnswer
from actors.core.state import MessageKey, ProvinceState, is_evacuated, message_of, move_message


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A command for another province."""

    destination: ProvinceCode
    command: c.AcceptMove | c.NoteHost | c.NoteOutcome | c.RecallTask


def open_keys(state: ProvinceState) -> Iterator[MessageKey]:
    """Everything that is open, moves first, each sort in the order in which it was opened."""
    for task_id in state.moving:
        yield move_message(state.tasks[task_id])
    for notice in state.notices.values():
        yield message_of(notice), notice.task_id, notice.generation, 0
    for task_id, generation in state.recalls.items():
        yield "recall", task_id, generation, 0


def is_open(state: ProvinceState, key: MessageKey) -> bool:
    """Whether the other side's answer is still waited for."""
    what, task_id, generation, _ = key
    if what == "move":
        return task_id in state.moving and move_message(state.tasks[task_id]) == key
    if what == "recall":
        return state.recalls.get(task_id) == generation
    return (task_id, generation, what == "outcome") in state.notices


def is_home_ready(state: ProvinceState) -> bool:
    """Whether evacuated work may be asked for: else it would be sent away again, or refused at the door after it was taken off somebody's desk."""
    return state.status is ProvinceStatus.ACTIVE and not is_evacuated(state)


def message(state: ProvinceState, key: MessageKey) -> Outgoing:
    """What an open message says, as things are now, and to whom."""
    who = f"province:{state.province}"
    what, task_id, generation, _ = key
    if what == "move":
        task = state.tasks[task_id]
        assert task.move is not None
        moving = c.AcceptMove(who=who, source=state.province, task=task, move=task.move)
        return Outgoing(destination=task.move.host, command=moving)
    if what == "recall":
        recall = c.RecallTask(who=who, source=state.province, task_id=task_id, generation=generation)
        return Outgoing(destination=state.away[task_id].host, command=recall)
    notice = state.notices[task_id, generation, what == "outcome"]
    if notice.task is not None:
        return Outgoing(destination=notice.home, command=c.NoteOutcome(who=who, task=notice.task))
    told = c.NoteHost(who=who, task_id=task_id, host=state.province, generation=generation)
    return Outgoing(destination=notice.home, command=told)


def settlement(sent: Outgoing, reply: AnyReply) -> c.SettleMove | c.SettleRecall | c.SettleNotice | None:
    """The command that records the other side's answer; None when it gave none that counts (then we send again)."""
    command = sent.command
    who = f"province:{sent.destination}"
    if isinstance(reply, Refused):
        return None
    if isinstance(command, c.AcceptMove):
        if not isinstance(reply, MoveAnswer):
            return None
        return c.SettleMove(
            who=who,
            task_id=command.task.task_id,
            host=sent.destination,
            generation=command.move.generation,
            attempt=command.move.attempt,
            accepted=reply.accepted,
            reason=reply.reason,
        )
    if isinstance(command, c.RecallTask):
        if not isinstance(reply, RecallAnswer):
            return None
        return c.SettleRecall(
            who=who,
            task_id=command.task_id,
            generation=command.generation,
            accepted=reply.accepted,
            reason=reply.reason,
        )
    if not isinstance(reply, Done):
        return None
    if isinstance(command, c.NoteOutcome):
        return c.SettleNotice(who=who, task_id=command.task.task_id, generation=command.task.generation, outcome=True)
    return c.SettleNotice(who=who, task_id=command.task_id, generation=command.generation, outcome=False)
