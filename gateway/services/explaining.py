"""Why a task is where it is, in sentences: what it waits for, or who has it and why, and what would have changed it."""

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from actors.core import commands as c
from actors.core.ids import OperatorId
from actors.core.matching.explained import (
    Candidate,
    Diagnosis,
    MatchPreview,
    QueueDiagnosis,
    RoutingRecord,
    RoutingReplay,
)
from actors.core.matching.wording.choice import ChoiceWords, removal_words
from actors.core.matching.wording.moving import move_reason_words
from actors.core.matching.wording.templates import Language, say
from actors.core.matching.wording.waiting import stay_sentence, wait_changes, wait_sentence
from actors.core.refusal import Reason
from actors.core.task import Task, TaskState
from gateway import conversion, names
from gateway.answers import Provinces, expect
from gateway.errors import GatewayError
from gateway.services.flow_memory import flow_memory
from gateway.services.routing import RECORDED_ONLY, Past, Question, past_of
from gateway.v1 import dispatch_pb2

#: Candidates that an explanation comes with.
CANDIDATES_MAX = 20
#: Moves that are told of.
MOVES_MAX = 5
_LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")


class _Words(NamedTuple):
    """Sentences: why, and what would have changed it."""

    lines: list[str]
    changes: list[str]


async def explain_task(
    provinces: Provinces, task: Task, operator: OperatorId, language: Language, deadline: float
) -> dispatch_pb2.TaskExplanation:
    """Explain a task, wherever it is and however it ended."""
    waits = task.state is TaskState.QUEUED
    waiting = await _waiting(provinces, task, operator, deadline) if waits else None
    question = Question(
        token=RECORDED_ONLY if waiting is not None else 0, operator=operator, candidates_max=CANDIDATES_MAX
    )
    past = await past_of(provinces, task, question, deadline)
    record = past.decisions[0] if past.decisions else None
    replay = past.replays.get(record.token) if record is not None else None
    words = _Words([], [])
    if waiting is not None:
        _say_waiting(words, waiting, operator, language)
        _say_missing(words, past, language)
    else:
        _say_state(words, task, language)
        _say_missing(words, past, language)
        if record is not None or not past.missing:
            _say_choice(words, record, replay, operator, language)
    words.lines.extend(_moves(past, language))
    explanation = dispatch_pb2.TaskExplanation(
        name=names.task_name(task.task_id), lines=words.lines, changes=words.changes, missing_provinces=past.missing
    )
    if record is not None:
        explanation.decision.CopyFrom(conversion.routing_out(record, replay))
    if waiting is not None:
        explanation.diagnosis.CopyFrom(conversion.diagnosis_out(waiting.diagnosis, language))
    return explanation


# --- a task that waits ---


class _Waiting(NamedTuple):
    diagnosis: Diagnosis
    preview: MatchPreview


async def _waiting(provinces: Provinces, task: Task, operator: OperatorId, deadline: float) -> _Waiting | None:
    """What keeps it, and whom it would go to; None: it was given to somebody meanwhile."""
    memory = await flow_memory(provinces, None, deadline)
    diagnose = c.DiagnoseQueue(task_id=task.task_id, memory=memory)
    preview = c.PreviewMatch(task_id=task.task_id, candidates_max=CANDIDATES_MAX, operator=operator)
    try:
        diagnosed = expect(await provinces.follow_task(task.task_id, diagnose, deadline=deadline), QueueDiagnosis)
        shown = expect(await provinces.follow_task(task.task_id, preview, deadline=deadline), MatchPreview)
    except GatewayError as error:
        if error.reason in (Reason.WRONG_STATE.value.upper(), Reason.ALREADY_DECIDED.value.upper()):
            return None
        raise
    return _Waiting(diagnosed.diagnoses[0], shown)


def _say_waiting(words: _Words, waiting: _Waiting, operator: OperatorId, language: Language) -> None:
    diagnosis = waiting.diagnosis
    words.lines.append(wait_sentence(diagnosis, language))
    words.lines.append(say("wait.so_far", language, minutes=diagnosis.waiting_ms // 60_000))
    words.lines.append(stay_sentence(diagnosis, language))
    words.changes.extend(wait_changes(diagnosis, language))
    if operator:
        asked = next((one for one in waiting.preview.candidates if one.operator == operator), None)
        words.lines.append(_why_not_now(operator, asked, language))


def _why_not_now(operator: OperatorId, asked: Candidate | None, language: Language) -> str:
    if asked is None:
        return say("other.stranger", language, operator=names.operator_local_id(operator))
    name = _named(asked.operator, asked.display_name)
    if asked.removed_by:
        return say("other.removed", language, operator=name, filter=removal_words(asked, language))
    return say("other.suitable", language, operator=name, score=f"{asked.score:,}")


# --- a task that somebody has, or had ---

#: State -> template, and the field that says why.
_STATES: dict[TaskState, tuple[str, str]] = {
    TaskState.RETURNED: ("task.returned", "return_reason"),
    TaskState.CANCELLED: ("task.cancelled", "cancel_reason"),
    TaskState.SUSPENDED: ("task.suspended", "suspend_reason"),
}


def _say_state(words: _Words, task: Task, language: Language) -> None:
    if task.decision is not None:
        who, when = names.operator_local_id(task.decision.operator), local_time(task.decision.time_ms)
        words.lines.append(say("task.decided", language, operator=who, when=when))
    elif task.state in _STATES:
        template, field = _STATES[task.state]
        words.lines.append(say(template, language, reason=getattr(task, field) or "-"))
    elif task.state is TaskState.SCHEDULED:
        words.lines.append(say("task.scheduled", language, when=local_time(task.spec.not_before_ms)))
    elif task.move is not None and task.state is TaskState.MOVING:
        words.lines.append(say("task.moving", language, host=task.move.host))


def _say_missing(words: _Words, past: Past, language: Language) -> None:
    """Say what is not told, before what might otherwise pass for the last choice."""
    if past.missing:
        words.lines.append(say("choice.missing", language, provinces=", ".join(past.missing)))


def _say_choice(
    words: _Words, record: RoutingRecord | None, replay: RoutingReplay | None, operator: OperatorId, language: Language
) -> None:
    if record is None:
        words.lines.append(say("choice.none", language))
        return
    shown = {one.operator: one.display_name for one in replay.candidates} if replay is not None else {}

    def named(name: str) -> str:
        return _named(name, shown.get(OperatorId(name), ""))

    choice = ChoiceWords(record, replay, language, named=named, when=local_time(record.at_ms))
    words.lines.extend(choice.why())
    others = dict.fromkeys(name for name in (str(operator), choice.runner_up()) if name)
    for name in others:
        words.lines.append(choice.why_not(name))
        change = choice.change(name)
        if change:
            words.changes.append(change)


def _moves(past: Past, language: Language) -> list[str]:
    return [
        say(
            "task.moved",
            language,
            when=local_time(move.at_ms),
            source=move.source,
            host=move.host,
            reason=move_reason_words(move.reason, language),
        )
        for move in past.moves[:MOVES_MAX]
    ]


def _named(operator: str, display_name: str) -> str:
    """How people know somebody, and how the system does."""
    local_id = names.operator_local_id(operator)
    return f"{display_name} ({local_id})" if display_name else local_id


def local_time(time_ms: int) -> str:
    """An instant as the country's clocks show it, with the offset: whoever reads it may sit elsewhere."""
    return datetime.fromtimestamp(time_ms / 1_000, _LOCAL).isoformat(sep=" ", timespec="seconds")
