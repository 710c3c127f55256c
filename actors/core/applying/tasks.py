"""How events of a task's life change the state. Each function applies one event type; the table is in the package."""

import msgspec

from actors.core import events as e
from actors.core import records
from actors.core.applying.shadows import arrived
from actors.core.ids import KindId, OperatorId, TaskId, task_id
from actors.core.ledger import LedgerLeg
from actors.core.operators import KindExperience
from actors.core.replies import TaskReply
from actors.core.state import Notice, ProvinceState
from actors.core.task import Action, Decision, Decline, Task, TaskState, moved_on, next_state

replace = msgspec.structs.replace

#: Declines that one task remembers; the oldest is forgotten first.
DECLINES_MAX = 16

# Members by names of their own, for the events that every task meets: looking one up in its class costs 0.1 us.
_QUEUED, _SCHEDULED, _IN_PROGRESS = TaskState.QUEUED, TaskState.SCHEDULED, TaskState.IN_PROGRESS
_OFFER, _ACCEPT, _ASSIGN, _REASSIGN = Action.OFFER, Action.ACCEPT, Action.ASSIGN, Action.REASSIGN
_START, _COMPLETE = Action.START, Action.COMPLETE


def task_created(state: ProvinceState, event: e.TaskCreated) -> None:
    number = state.task_number + 1
    assert event.task_id == task_id(state.province, number), "task numbers are dense"
    state.task_number = number
    state.created_count += 1
    spec, at_ms = event.spec, event.at_ms
    task = Task(
        task_id=event.task_id,
        home=state.province,
        spec=spec,
        line=state.kinds[spec.kind].line,
        created_ms=at_ms,
        created_by=event.who,
        host=state.province,
        state=_SCHEDULED if event.scheduled else _QUEUED,
        queued_ms=0 if event.scheduled else at_ms,
        shadow=event.shadow,
        accepted_ms=event.accepted_ms,
    )
    if state.shadow_loads:
        arrived(state, event)
    state.add_task(task)
    if event.request_id or spec.external_id:
        _record_creation(state, event, records.encode(TaskReply(task)))


def _record_creation(state: ProvinceState, event: e.TaskCreated, answer: bytes) -> None:
    """Whoever asks again, by request id or by external id, gets the same answer."""
    if event.request_id:
        key = records.request_key(event.who, event.request_id)
        state.records[key] = records.encode(records.RecordedAnswer(event.fingerprint, answer))
    if event.spec.external_id:
        key = records.external_key(event.spec.external_id)
        digest = records.spec_digest(event.spec)
        state.records[key] = records.encode(records.ExternalTask(digest, answer))


def schedule_reached(state: ProvinceState, event: e.TaskScheduleReached) -> None:
    state.replace_task(moved_on(state.tasks[event.task_id], Action.REACH_SCHEDULE, queued_ms=event.at_ms))


def amended(state: ProvinceState, event: e.TaskAmended) -> None:
    task = state.tasks[event.task_id]
    spec = replace(task.spec, priority=event.priority, green_channel=event.green_channel, due_ms=event.due_ms)
    state.replace_task(moved_on(task, Action.AMEND, spec=spec))


def offer_made(state: ProvinceState, event: e.OfferMade) -> None:
    task = state.tasks[event.task_id]
    assert event.token > task.token, "tokens rise"
    changed = replace(
        task,
        state=next_state(task, _OFFER),
        version=task.version + 1,
        operator=event.operator,
        token=event.token,
        held_since_ms=event.at_ms,
    )
    state.replace_task(changed)


def offer_accepted(state: ProvinceState, event: e.OfferAccepted) -> None:
    task = state.tasks[event.task_id]
    changed = replace(task, state=next_state(task, _ACCEPT), version=task.version + 1, held_since_ms=event.at_ms)
    state.replace_task(changed)


def _unoffered(task: Task, at_ms: int, **changes: object) -> Task:
    return moved_on(
        task,
        Action.UNOFFER,
        operator=None,
        token=task.token + 1,
        held_since_ms=0,
        queued_ms=at_ms,
        offer_attempts=task.offer_attempts + 1,
        **changes,
    )


def offer_declined(state: ProvinceState, event: e.OfferDeclined) -> None:
    task = state.tasks[event.task_id]
    assert task.operator is not None
    declines = (*task.declines, Decline(task.operator, event.until_ms, event.at_ms))[-DECLINES_MAX:]
    _idle(state, task.operator, event.at_ms)
    state.replace_task(_unoffered(task, event.at_ms, declines=declines))


def offer_withdrawn(state: ProvinceState, event: e.OfferWithdrawn) -> None:
    state.replace_task(_unoffered(state.tasks[event.task_id], event.at_ms))


def assigned(state: ProvinceState, event: e.TaskAssigned) -> None:
    task = state.tasks[event.task_id]
    assert event.token > task.token, "tokens rise"
    _idle(state, event.taken_from, event.at_ms)
    handed_over = 1 if task.state is not _QUEUED else 0
    changed = replace(
        task,
        state=next_state(task, _REASSIGN if event.reassigned else _ASSIGN),
        version=task.version + 1,
        operator=event.operator,
        token=event.token,
        held_since_ms=event.at_ms,
        worked_ms=task.worked_ms + _stint_ms(task, event.at_ms),
        started_ms=0,
        handover_count=task.handover_count + handed_over,
    )
    state.replace_task(changed)


def _stint_ms(task: Task, at_ms: int) -> int:
    """Length of the current stint of work; a clock that was set back counts as no time."""
    return max(0, at_ms - task.started_ms) if task.state is _IN_PROGRESS else 0


def started(state: ProvinceState, event: e.AssignmentStarted) -> None:
    task = state.tasks[event.task_id]
    changed = replace(task, state=next_state(task, _START), version=task.version + 1, started_ms=event.at_ms)
    state.replace_task(changed)


def _back_to_queue(task: Task, action: Action, at_ms: int, draft: str, **changes: object) -> Task:
    return moved_on(
        task,
        action,
        operator=None,
        token=task.token + 1,
        held_since_ms=0,
        queued_ms=at_ms,
        worked_ms=task.worked_ms + _stint_ms(task, at_ms),
        started_ms=0,
        handover_count=task.handover_count + 1,
        draft=draft or task.draft,
        **changes,
    )


def released(state: ProvinceState, event: e.AssignmentReleased) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    state.replace_task(_back_to_queue(task, Action.RELEASE, event.at_ms, event.draft))


def referred(state: ProvinceState, event: e.AssignmentReferred) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    changed = _back_to_queue(
        task,
        Action.REFER,
        event.at_ms,
        event.draft,
        required_authority=event.required_authority,
        prefers=None,
    )
    state.replace_task(changed)


def suspended(state: ProvinceState, event: e.AssignmentSuspended) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    changed = moved_on(
        task,
        Action.SUSPEND,
        operator=None,
        token=task.token + 1,
        held_since_ms=0,
        worked_ms=task.worked_ms + _stint_ms(task, event.at_ms),
        started_ms=0,
        suspended_ms=event.at_ms,
        suspend_reason=event.reason,
        draft=event.draft or task.draft,
        prefers=task.operator,
    )
    state.replace_task(changed)


def resumed(state: ProvinceState, event: e.TaskResumed) -> None:
    task = state.tasks[event.task_id]
    changed = moved_on(
        task,
        Action.RESUME,
        queued_ms=event.at_ms,
        suspended_ms=0,
        suspended_total_ms=task.suspended_total_ms + max(0, event.at_ms - task.suspended_ms),
        suspend_reason="",
    )
    state.replace_task(changed)


def completed(state: ProvinceState, event: e.TaskCompleted) -> None:
    task, decision = state.tasks[event.task_id], event.decision
    kind = task.spec.kind
    if task.shadow is None:
        _experience(state, decision, kind, event.at_ms)
        state.decided_count += 1
        if task.home != state.province:
            state.decided_shared_count += 1
    else:
        _idle(state, decision.operator, event.at_ms)
    if event.legs:
        _post(state, event.legs)
    finished = replace(
        task,
        state=next_state(task, _COMPLETE),
        version=task.version + 1,
        decision=decision,
        finished_ms=event.at_ms,
    )
    _finish(state, finished)


def _post(state: ProvinceState, legs: tuple[LedgerLeg, ...]) -> None:
    assert sum(leg.amount_fen for leg in legs) == 0, "the legs of a decision sum to zero"
    for leg in legs:
        state.balance_fen[leg.province] = state.balance_fen.get(leg.province, 0) + leg.amount_fen
        state.ledger_legs += 1


def returned(state: ProvinceState, event: e.TaskReturned) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    _finish(state, moved_on(task, Action.RETURN, return_reason=event.reason, finished_ms=event.at_ms))


def cancelled(state: ProvinceState, event: e.TaskCancelled) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    changed = moved_on(
        task,
        Action.CANCEL,
        operator=None,
        token=task.token + 1,
        cancel_reason=event.reason,
        finished_ms=event.at_ms,
    )
    _finish(state, changed)


def _finish(state: ProvinceState, task: Task) -> None:
    """Close a task; when its home is elsewhere, the home must be told."""
    state.replace_task(task)
    if task.home != state.province:
        notice = Notice(home=task.home, task_id=task.task_id, generation=task.generation, task=task)
        state.add_notice(notice)


def _idle(state: ProvinceState, operator: OperatorId | None, at_ms: int) -> None:
    if operator is not None and operator in state.operators:
        state.put_operator(replace(state.operators[operator], idle_since_ms=at_ms))


def _experience(state: ProvinceState, decision: Decision, kind: KindId, at_ms: int) -> None:
    """Whoever has decided is idle again, and has done one more of the kind."""
    person = state.operators.get(decision.operator)
    if person is None:
        return
    before = person.kinds.get(kind) or KindExperience()
    after = replace(before, done_count=before.done_count + 1, measured_count=before.measured_count + 1)
    kinds = person.kinds | {kind: after}
    state.put_operator(replace(person, kinds=kinds, decided_count=person.decided_count + 1, idle_since_ms=at_ms))


def round_held(state: ProvinceState, event: e.MatchRoundHeld) -> None:
    assert event.round == state.round_number + 1, "rounds are numbered without gaps"
    state.round_number = event.round
    if event.is_priced:
        state.shadow_prices = dict(event.prices)


def request_answered(state: ProvinceState, event: e.RequestAnswered) -> None:
    key = records.request_key(event.who, event.request_id)
    state.records[key] = records.encode(records.RecordedAnswer(event.fingerprint, event.answer))
    if event.task_id:
        state.note_request(TaskId(event.task_id), key)
