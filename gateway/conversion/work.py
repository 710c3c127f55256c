"""What desks see: offers, assignments, sessions, revocations, no work.

Durations are what is left by the gateway's wall clock against the province's stamps: good for display. The province's own clock decides.
"""

from actors.core.country import TimeLimits
from actors.core.operators import Operator, PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import DeskUpdate, NoWork, SessionReply
from actors.core.task import LEASED_STATES, Task, TaskState
from gateway import names
from gateway.conversion.enums import PRESENCES_OUT, REVOCATION_REASONS_OUT
from gateway.conversion.task import task_out
from gateway.v1 import work_pb2

#: Time limits while a province has not told others.
LIMITS = TimeLimits()
#: When asking again makes sense after "no work", ms. Desks on a stream need not ask.
NO_WORK_RETRY_MS = 2_000
_DETAIL_LENGTH_MAX = 500
_REVOCATION_DETAIL_LENGTH_MAX = 200


def offer_out(task: Task, now_ms: int, limits: TimeLimits = LIMITS) -> work_pb2.Offer:
    """The offer of a task that is OFFERED."""
    left_ms = task.held_since_ms + limits.offer_duration_ms - now_ms
    return work_pb2.Offer(
        name=names.offer_name(task.task_id, task.token),
        operator=names.operator_name(task.operator or ""),
        token=task.token,
        offer_time_ms=task.held_since_ms,
        remaining_ms=min(max(0, left_ms), limits.offer_duration_ms),
        task=task_out(task),
    )


def assignment_out(
    task: Task, standard_revision: int, *, with_task: bool = True, limits: TimeLimits = LIMITS
) -> work_pb2.Assignment:
    """The assignment of a task that is ASSIGNED or IN_PROGRESS.

    Args:
        standard_revision: revision of the kind's operating standard.
        with_task: False in the answer to a renewal.
        limits: the lease is always full here: the province counts it from the desk's last sign of life, which this call is.
    """
    return work_pb2.Assignment(
        name=names.assignment_name(task.task_id, task.token),
        operator=names.operator_name(task.operator or ""),
        token=task.token,
        assign_time_ms=task.held_since_ms,
        lease_remaining_ms=limits.lease_duration_ms,
        operating_standard_revision=standard_revision,
        task=task_out(task) if with_task else None,
    )


def session_out(
    reply: SessionReply,
    now_ms: int,
    *,
    desk_id: str = "",
    heartbeat_interval_ms: int = 1_000,
) -> work_pb2.Session:
    """An operator's session with everything that is open, oldest first."""
    held = sorted(reply.held, key=lambda task: (task.held_since_ms, task.token))
    session = _presence_out(reply.operator, desk_id, heartbeat_interval_ms)
    session.offers.extend(offer_out(task, now_ms) for task in held if task.state is TaskState.OFFERED)
    session.assignments.extend(
        assignment_out(task, reply.standard_revisions.get(task.spec.kind, 1))
        for task in held
        if task.state in LEASED_STATES
    )
    return session


def ended_session_out(operator: str, end_reason: str, *, heartbeat_interval_ms: int = 1_000) -> work_pb2.Session:
    """A session that is over.

    Args:
        operator: domain id.
        end_reason: upper-case word of the contract, e.g. SIGNED_OUT, TAKEN_OVER, SILENT.
    """
    return work_pb2.Session(
        operator=names.operator_name(operator),
        presence=PRESENCES_OUT[PresenceState.OFFLINE],
        heartbeat_interval_ms=heartbeat_interval_ms,
        end_reason=end_reason,
    )


def _presence_out(person: Operator, desk_id: str, heartbeat_interval_ms: int) -> work_pb2.Session:
    return work_pb2.Session(
        operator=names.operator_name(person.operator),
        presence=PRESENCES_OUT[person.presence],
        desk_id=desk_id if person.signed_in else "",
        sign_in_time_ms=person.signed_in_ms if person.signed_in else 0,
        heartbeat_interval_ms=heartbeat_interval_ms,
    )


def revocation_out(update: DeskUpdate) -> work_pb2.Revocation:
    """An offer or assignment that is gone; `update.task` is the task as it was in the desk's hands."""
    assert update.task is not None
    return work_pb2.Revocation(
        operator=names.operator_name(update.operator),
        task=names.task_name(update.task.task_id),
        token=update.token,
        assignment=update.task.state is not TaskState.OFFERED,
        reason=REVOCATION_REASONS_OUT.get(update.reason, work_pb2.REVOCATION_REASON_SIGNED_OUT),
        detail=update.reason[:_REVOCATION_DETAIL_LENGTH_MAX],
    )


def desk_update_out(update: DeskUpdate, now_ms: int) -> work_pb2.WorkUpdate:
    """News for a desk on a stream."""
    if update.task is None:
        return work_pb2.WorkUpdate(session=ended_session_out(update.operator, update.reason.upper()))
    if update.what == "offered":
        return work_pb2.WorkUpdate(offer=offer_out(update.task, now_ms))
    if update.what == "assigned":
        return work_pb2.WorkUpdate(assignment=assignment_out(update.task, update.standard_revision))
    return work_pb2.WorkUpdate(revocation=revocation_out(update))


def no_work_out(reply: NoWork) -> work_pb2.NoWork:
    """Why there is nothing for the operator."""
    if "suspended" in reply.reason or "evacuat" in reply.reason:
        reason = work_pb2.NO_WORK_REASON_PROVINCE_NOT_ACTIVE
    elif reply.reason.startswith("the operator is not available"):
        reason = work_pb2.NO_WORK_REASON_NOT_AVAILABLE
    elif reply.reason.startswith("filtered"):
        reason = work_pb2.NO_WORK_REASON_NOT_ELIGIBLE
    else:
        reason = work_pb2.NO_WORK_REASON_QUEUE_EMPTY
    return work_pb2.NoWork(reason=reason, detail=reply.reason[:_DETAIL_LENGTH_MAX], retry_after_ms=NO_WORK_RETRY_MS)


def no_work_of_refusal(refused: Refused) -> work_pb2.NoWork | None:
    """The "no work" that a refused FetchNextTask amounts to; None when it is an error."""
    reasons = {
        Reason.AT_CAPACITY: work_pb2.NO_WORK_REASON_AT_CAPACITY,
        Reason.NOT_SIGNED_IN: work_pb2.NO_WORK_REASON_NOT_AVAILABLE,
    }
    reason = reasons.get(refused.reason)
    if reason is None:
        return None
    return work_pb2.NoWork(reason=reason, detail=refused.message[:_DETAIL_LENGTH_MAX], retry_after_ms=NO_WORK_RETRY_MS)
