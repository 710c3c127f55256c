"""Decisions on tasks that branch systems and team leads ask for: create, read, amend, cancel, resume, reassign."""

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.country import ProvinceStatus
from actors.core.deciding import Turn, winner_metadata
from actors.core.ids import TaskId
from actors.core.ids import task_id as mint_task_id
from actors.core.matching.eligibility import ABLE, removed_by
from actors.core.promise import accepted_before_ms
from actors.core.refusal import Reason, Refused, unknown_kind
from actors.core.replies import AnyReply, Elsewhere, TaskReply
from actors.core.shadowing import mirror_arrival
from actors.core.state import ProvinceState
from actors.core.task import Action, PriorReason, Task, TaskSpec, can


def create_task(turn: Turn, command: c.CreateTask) -> AnyReply:
    """Take a task in, once per request id and once per external id."""
    state, spec = turn.state, command.spec
    if spec.external_id:
        record = turn.record(records.external_key(spec.external_id))
        if record is not None:
            return _known_external(turn, command, records.decode_external(record))
    if (why := _why_drained(state)) is not None:
        return Refused(reason=Reason.PROVINCE_DRAINING, message=f"Province {state.province} takes no new tasks: {why}.")
    if spec.kind not in state.kinds:
        return unknown_kind(spec.kind)
    if len(state.tasks) >= state.bounds.open_tasks_max:
        return Refused(reason=Reason.QUEUE_FULL, message="The province's queue is full.", retry_after_ms=1_000)
    spec = _with_prior_decider(turn, spec)
    if state.model.filters.dispute_needs_another and _lacks_prior_decider(spec):
        return Refused(
            reason=Reason.NOT_DECIDED,
            message=f"This province knows of no decision of {spec.prior_task}: name who made it in prior_operator, who must not judge it again.",
            metadata={"task": spec.prior_task},
        )
    task = mint_task_id(state.province, state.task_number + 1)
    scheduled = spec.not_before_ms > turn.now.wall_ms
    turn.emit(
        e.TaskCreated(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task,
            spec=spec,
            scheduled=scheduled,
            arrives_later=scheduled,
            kinds_revision=state.kinds_revision,
            request_id=command.request_id,
            fingerprint=records.fingerprint(command) if command.request_id else b"",
            accepted_ms=accepted_before_ms(spec, turn.now.wall_ms),
        )
    )
    if state.shadow_loads:
        mirror_arrival(turn, spec)
    return TaskReply(state.tasks[task])


def _why_drained(state: ProvinceState) -> str | None:
    """Why nothing new is taken in, by order of operations staff; None: it is. The order holds until they resume, also while all desks are silent."""
    if state.status is ProvinceStatus.DRAINING:
        return state.status_reason or "no reason given"
    is_drained = state.status is ProvinceStatus.UNREACHABLE and state.status_before_outage is ProvinceStatus.DRAINING
    return "it was draining before its desks fell silent" if is_drained else None


def _with_prior_decider(turn: Turn, spec: TaskSpec) -> TaskSpec:
    """The spec, with whoever decided the earlier task by the province's own record, whomever a branch names.

    Else naming somebody else would bring an appeal to the very person it is about.
    """
    if not spec.prior_task:
        return spec
    prior = turn.closed_task(TaskId(spec.prior_task))
    if prior is None or prior.decision is None:
        return spec
    return msgspec.structs.replace(spec, prior_operator=prior.decision.operator)


def _lacks_prior_decider(spec: TaskSpec) -> bool:
    """An appeal or a dispute of an earlier decision of which nobody says who made it: it could go to that very person."""
    disputed = spec.dispute or spec.prior_reason is PriorReason.APPEALED
    return bool(spec.prior_task) and disputed and not spec.prior_operator


def _known_external(turn: Turn, command: c.CreateTask, known: records.ExternalTask) -> AnyReply:
    # The record is of the spec as it was taken in, with the earlier decider; a repetition leaves that out again.
    specs = (command.spec, _with_prior_decider(turn, command.spec))
    if known.fingerprint in map(records.spec_digest, specs):
        return records.decode_reply(known.answer)
    return Refused(
        reason=Reason.EXTERNAL_ID_REUSED,
        message=f"External id {command.spec.external_id} already names a task with other content.",
    )


def get_task(turn: Turn, command: c.GetTask) -> AnyReply:
    """The task's record, if it is here; else where to ask."""
    here = turn.state.tasks.get(command.task_id)
    if here is not None:
        return TaskReply(here)
    found = turn.open_task(command.task_id)
    if isinstance(found, Elsewhere):
        return found
    closed = turn.closed_task(command.task_id)
    if closed is not None:
        return TaskReply(closed)
    assert isinstance(found, Refused)
    return found


def update_task(turn: Turn, command: c.UpdateTask) -> AnyReply:
    """Amend priority, green channel or due time of an open task."""
    task = _task_for(turn, command, Action.AMEND)
    if not isinstance(task, Task):
        return task
    spec = task.spec
    turn.emit(
        e.TaskAmended(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            priority=spec.priority if command.priority is None else command.priority,
            green_channel=spec.green_channel if command.green_channel is None else command.green_channel,
            due_ms=spec.due_ms if command.due_ms is None else command.due_ms,
        )
    )
    return TaskReply(turn.state.tasks[task.task_id])


def cancel_task(turn: Turn, command: c.CancelTask) -> AnyReply:
    """End a task undecided; work that has begun is not cancelled under the operator's hands."""
    task = _task_for(turn, command, Action.CANCEL)
    if not isinstance(task, Task):
        return task
    turn.emit(e.TaskCancelled(at_ms=turn.now.wall_ms, who=command.who, task_id=task.task_id, reason=command.reason))
    return TaskReply(_closed(turn, task))


def resume_task(turn: Turn, command: c.ResumeTask) -> AnyReply:
    """Put a suspended task back into the queue."""
    task = _task_for(turn, command, Action.RESUME)
    if not isinstance(task, Task):
        return task
    turn.emit(e.TaskResumed(at_ms=turn.now.wall_ms, who=command.who, task_id=task.task_id, reason=command.reason))
    return TaskReply(turn.state.tasks[task.task_id])


def reassign_task(turn: Turn, command: c.ReassignTask) -> AnyReply:
    """Give a task to a named person who is eligible and has room."""
    task = _task_for(turn, command, Action.REASSIGN)
    if not isinstance(task, Task):
        return task
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    if task.operator == person.operator:
        return Refused(reason=Reason.WRONG_STATE, message=f"{person.operator} holds task {task.task_id} already.")
    if not person.signed_in:
        return Refused(reason=Reason.NOT_SIGNED_IN, message=f"Operator {person.operator} is not signed in.")
    if turn.state.load_of(person.operator) >= person.capacity:
        return Refused(reason=Reason.AT_CAPACITY, message=f"Operator {person.operator} has no room.")
    code = int(turn.scorer.verdicts([task], [person], turn.now.wall_ms)[0, 0])
    removed = removed_by(code)
    # A team lead may overrule a decline; capacity was asked above, in words of its own.
    if code < ABLE:
        return Refused(
            reason=Reason.NOT_ELIGIBLE,
            message=f"Operator {person.operator} may not do task {task.task_id}: {removed}.",
            metadata={"filter": str(removed)},
        )
    turn.emit(
        e.TaskAssigned(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            operator=person.operator,
            token=task.token + 1,
            reassigned=True,
            taken_from=task.operator,
            reason=command.reason,
        )
    )
    return TaskReply(turn.state.tasks[task.task_id])


def _task_for(
    turn: Turn, command: c.UpdateTask | c.CancelTask | c.ResumeTask | c.ReassignTask, action: Action
) -> Task | Elsewhere | Refused:
    """The open task, provided that `action` is allowed and the caller has seen its last version."""
    task = turn.open_task(command.task_id)
    if isinstance(task, Refused) and command.request_id:
        return _whoever_ended(turn, command.task_id) or task
    if not isinstance(task, Task):
        return task
    if command.etag and command.etag != task.etag:
        return Refused(
            reason=Reason.ETAG_MISMATCH,
            message=f"Task {task.task_id} has changed since it was read.",
            metadata={"etag": task.etag},
        )
    if not can(task, action):
        return Refused(
            reason=Reason.WRONG_STATE,
            message=f"Task {task.task_id} is {task.state.value}: {action.value} is not possible.",
            metadata=winner_metadata(task),
        )
    return task


def _whoever_ended(turn: Turn, task_id: TaskId) -> Elsewhere | None:
    """Where a task of ours has ended, if it was elsewhere.

    The request may be the very one that ended it there: only that province remembers the answer, so it must answer a repetition too.
    """
    closed = turn.closed_task(task_id)
    if closed is None or closed.host == turn.state.province:
        return None
    return Elsewhere(task_id=task_id, host=closed.host, generation=closed.generation)


def _closed(turn: Turn, task: Task) -> Task:
    closed = turn.closed_task(task.task_id)
    assert closed is not None, "a finished task has a record"
    return closed
