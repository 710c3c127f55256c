"""Keyed records: what a province must be able to look up for ever without keeping it in memory.

`apply` produces them together with the state; the shell writes them beside the frames and, before a command is decided, looks up the
keys that `recall_keys` names. They can all be rebuilt from the frames.

| key | value |
|---|---|
| ``t:<task>`` | the last `Task` record of a task that is closed here (finished, or a tombstone after a move) |
| ``r:<who>:<request id>`` | `RecordedAnswer` |
| ``x:<external id>`` | `ExternalTask` |
| ``m:<task>:<generation>:<attempt>`` | `replies.MoveAnswer` |
| ``c:<task>:<generation>`` | `replies.RecallAnswer` |
| ``q:<task>`` | `RecordedReview` of a task that was decided here |
"""

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any

import msgspec

from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.replies import AnyReply, MoveAnswer, RecallAnswer
from actors.core.task import MoveOut, Task, TaskSpec


class RecordedAnswer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answer to a request id: `answer` is an encoded reply."""

    fingerprint: bytes
    answer: bytes


class ExternalTask(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The task that was made for an external id."""

    fingerprint: bytes
    answer: bytes


class RecordedReview(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who reviewed a decision, and when the review was taken in, Unix ms."""

    reviewer: str
    submitted_ms: int


encode = msgspec.msgpack.Encoder().encode
_task = msgspec.msgpack.Decoder(Task)
_answer = msgspec.msgpack.Decoder(RecordedAnswer)
_external = msgspec.msgpack.Decoder(ExternalTask)
_reply = msgspec.msgpack.Decoder(AnyReply)
_move_answer = msgspec.msgpack.Decoder(MoveAnswer)
_recall_answer = msgspec.msgpack.Decoder(RecallAnswer)
_review = msgspec.msgpack.Decoder(RecordedReview)

decode_task = _task.decode
decode_answer = _answer.decode
decode_external = _external.decode
decode_reply = _reply.decode
decode_move_answer = _move_answer.decode
decode_recall_answer = _recall_answer.decode
decode_review = _review.decode


def task_key(task: TaskId) -> str:
    """Key of a closed task."""
    return f"t:{task}"


def request_key(who: str, request_id: str) -> str:
    """Key of a request's answer; ids of different identities never meet."""
    return f"r:{who}:{request_id}"


def external_key(external_id: str) -> str:
    """Key of an external id; unique within its home province."""
    return f"x:{external_id}"


def move_key(task: TaskId, move: MoveOut) -> str:
    """Key of the host's answer to a move."""
    return f"m:{task}:{move.generation}:{move.attempt}"


def recall_key(task: TaskId, generation: int) -> str:
    """Key of the host's answer to a recall."""
    return f"c:{task}:{generation}"


def review_key(task: TaskId) -> str:
    """Key of the review of a decision."""
    return f"q:{task}"


def recall_keys(command: c.AnyCommand, open_tasks: Container[str], fresh: Container[str]) -> list[str]:
    """The keys whose stored records `handle` may need for this command.

    Args:
        open_tasks: ids of the tasks in memory.
        fresh: keys of the records in memory, which need no looking up.
    """
    keys: list[str] = []
    if command.request_id:
        keys.append(request_key(command.who, command.request_id))
    task = getattr(command, "task_id", None)
    if task is not None and task not in open_tasks:
        keys.append(task_key(task))
    further = _FURTHER_KEYS.get(type(command))
    if further is not None:
        keys += further(command, open_tasks)
    return [key for key in keys if key not in fresh] if keys else keys


def _keys_of_creation(command: c.CreateTask, open_tasks: Container[str]) -> Iterator[str]:
    spec = command.spec
    if spec.external_id:
        yield external_key(spec.external_id)
    if spec.prior_task and spec.prior_task not in open_tasks:
        yield task_key(TaskId(spec.prior_task))


#: What commands need besides the answer to their request and the task that they name by its id.
_FURTHER_KEYS: dict[type, Callable[[Any, Container[str]], Iterable[str]]] = {
    c.CreateTask: _keys_of_creation,
    c.AcceptMove: lambda command, _: (move_key(command.task.task_id, command.move), task_key(command.task.task_id)),
    c.NoteOutcome: lambda command, _: (task_key(command.task.task_id),),
    c.RecallTask: lambda command, _: (recall_key(command.task_id, command.generation),),
    c.SubmitReview: lambda command, _: (review_key(command.task_id),),
}


def fingerprint(command: c.AnyCommand) -> bytes:
    """A digest of the command's content, the same for every repetition; 16 bytes."""
    return command.fingerprint or hashlib.blake2b(encode(command), digest_size=16).digest()


def spec_digest(spec: TaskSpec) -> bytes:
    """A digest of what a branch system says of a task, whatever the request id; 16 bytes."""
    return hashlib.blake2b(encode(spec), digest_size=16).digest()
