"""Failures of the gateway: one table from reasons to gRPC status and retryability, and the two forms in which they leave.

A unary call that fails ends with a status and google.rpc details (ErrorInfo always; BadRequest with the wrong fields; RetryInfo when a
repetition makes sense). An item of a batch or stream carries the same facts as a `gateway.v1.error_pb2.Error`.

`TABLE` is total over `actors.core.refusal.Reason` and over the gateway's own `GatewayReason`; a test proves it. UNKNOWN and INTERNAL are
for our bugs only, so neither is in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from actors.core.refusal import Reason, Refused
from actors.core.task import Task, TaskState
from gateway import names
from gateway.v1 import error_pb2

DOMAIN = "sharedops.v1"
#: Bounds of `error_pb2.Error`, kept by the rich details too.
MESSAGE_LENGTH_MAX = 500
VIOLATIONS_MAX = 32
VIOLATIONS_BYTES_MAX = 3_000
DESCRIPTION_LENGTH_MAX = 300
FIELD_LENGTH_MAX = 200
METADATA_ENTRIES_MAX = 16
RETRY_AFTER_MAX_MS = 600_000


class GatewayReason(StrEnum):
    """Why the gateway itself refuses a call. Reasons of the provinces are in `actors.core.refusal.Reason`."""

    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    INVALID_ARGUMENT = "invalid_argument"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    #: The admission limit, or a bound of the gateway, is reached.
    OVERLOADED = "overloaded"
    #: The caller's share of what the gateway takes in is used up, and others want theirs.
    OVER_SHARE = "over_share"
    #: The caller's share of open streams is used up.
    STREAMS_FULL = "streams_full"
    #: Nothing is wrong: streams end at an age, and are opened again.
    STREAM_AGED = "stream_aged"
    #: The message itself is too large for the way to the province.
    TOO_LARGE = "too_large"
    #: The province does not answer; whether a write had an effect is unknown: repeat it with the same request_id.
    PROVINCE_UNAVAILABLE = "province_unavailable"
    COORDINATOR_UNAVAILABLE = "coordinator_unavailable"
    #: The task is on its way and its host did not know it before the deadline.
    IN_TRANSIT = "in_transit"
    SHUTTING_DOWN = "shutting_down"
    UNKNOWN_TASK_KIND = "unknown_task_kind"
    UNKNOWN_JOURNAL = "unknown_journal"
    UNKNOWN_DECISION = "unknown_decision"
    UNKNOWN_HEALTH_ENTRY = "unknown_health_entry"
    #: The journal has nothing at this position: the system was restored from a backup that is older, or the position is none of ours.
    UNKNOWN_POSITION = "unknown_position"


AnyReason = Reason | GatewayReason


class Row(NamedTuple):
    """What a reason means on the wire."""

    code: grpc.StatusCode
    #: Wait before the next try when the refusal itself says nothing, ms; 0: trying again does not help by itself.
    retry_after_ms: int = 0
    #: The field of the request that the reason is about; empty: none.
    field: str = ""


_C = grpc.StatusCode

#: The one table. Every reason has exactly one row.
TABLE: dict[AnyReason, Row] = {
    Reason.UNKNOWN_PROVINCE: Row(_C.NOT_FOUND),
    Reason.UNKNOWN_TASK: Row(_C.NOT_FOUND),
    Reason.UNKNOWN_OPERATOR: Row(_C.NOT_FOUND),
    # A kind that a request names as a value, not as the resource it addresses; rosters say where themselves.
    Reason.UNKNOWN_KIND: Row(_C.INVALID_ARGUMENT, field="task.kind"),
    Reason.REQUEST_ID_REUSED: Row(_C.INVALID_ARGUMENT, field="request_id"),
    Reason.EXTERNAL_ID_REUSED: Row(_C.ALREADY_EXISTS, field="task.external_id"),
    Reason.OPERATOR_EXISTS: Row(_C.ALREADY_EXISTS, field="operator_id"),
    Reason.ETAG_MISMATCH: Row(_C.ABORTED),
    Reason.BAD_PAGE_TOKEN: Row(_C.INVALID_ARGUMENT, field="page_token"),
    Reason.BAD_MODEL: Row(_C.INVALID_ARGUMENT, field="matching_model"),
    Reason.UNKNOWN_REVISION: Row(_C.NOT_FOUND),
    Reason.UNKNOWN_DRILL: Row(_C.NOT_FOUND),
    Reason.UNKNOWN_PROPOSAL: Row(_C.NOT_FOUND),
    Reason.WRONG_STATE: Row(_C.FAILED_PRECONDITION),
    Reason.STALE_TOKEN: Row(_C.FAILED_PRECONDITION),
    Reason.NOT_ELIGIBLE: Row(_C.FAILED_PRECONDITION),
    Reason.NOT_SIGNED_IN: Row(_C.FAILED_PRECONDITION),
    Reason.SIGNED_OUT: Row(_C.FAILED_PRECONDITION),
    Reason.TAKEN_OVER: Row(_C.FAILED_PRECONDITION),
    Reason.AT_CAPACITY: Row(_C.FAILED_PRECONDITION),
    Reason.OPERATOR_HAS_WORK: Row(_C.FAILED_PRECONDITION),
    Reason.PROVINCE_DRAINING: Row(_C.FAILED_PRECONDITION),
    Reason.ALREADY_DECIDED: Row(_C.FAILED_PRECONDITION),
    Reason.NOT_DECIDED: Row(_C.FAILED_PRECONDITION),
    Reason.ALREADY_REVIEWED: Row(_C.FAILED_PRECONDITION),
    Reason.BLAST_RADIUS: Row(_C.FAILED_PRECONDITION),
    Reason.SAME_PERSON: Row(_C.FAILED_PRECONDITION),
    Reason.ELSEWHERE: Row(_C.UNAVAILABLE, 500),
    Reason.QUEUE_FULL: Row(_C.RESOURCE_EXHAUSTED, 1_000),
    Reason.OPERATORS_FULL: Row(_C.RESOURCE_EXHAUSTED),
    Reason.KINDS_FULL: Row(_C.RESOURCE_EXHAUSTED),
    Reason.PROPOSALS_FULL: Row(_C.RESOURCE_EXHAUSTED),
    Reason.WINDOWS_FULL: Row(_C.RESOURCE_EXHAUSTED),
    Reason.STORE_FULL: Row(_C.RESOURCE_EXHAUSTED, 5_000),
    Reason.JOURNAL_UNUSABLE: Row(_C.UNAVAILABLE, 30_000),
    Reason.TOO_FAR_BACK: Row(_C.FAILED_PRECONDITION),
    Reason.RESTARTING: Row(_C.UNAVAILABLE, 500),
    Reason.NO_PICTURE: Row(_C.UNAVAILABLE, 1_000),
    GatewayReason.UNAUTHENTICATED: Row(_C.UNAUTHENTICATED),
    GatewayReason.PERMISSION_DENIED: Row(_C.PERMISSION_DENIED),
    GatewayReason.INVALID_ARGUMENT: Row(_C.INVALID_ARGUMENT),
    GatewayReason.DEADLINE_EXCEEDED: Row(_C.DEADLINE_EXCEEDED),
    GatewayReason.OVERLOADED: Row(_C.RESOURCE_EXHAUSTED, 1_000),
    GatewayReason.OVER_SHARE: Row(_C.RESOURCE_EXHAUSTED, 1_000),
    GatewayReason.STREAMS_FULL: Row(_C.RESOURCE_EXHAUSTED, 1_000),
    GatewayReason.STREAM_AGED: Row(_C.UNAVAILABLE, 100),
    GatewayReason.TOO_LARGE: Row(_C.INVALID_ARGUMENT),
    GatewayReason.PROVINCE_UNAVAILABLE: Row(_C.UNAVAILABLE, 500),
    GatewayReason.COORDINATOR_UNAVAILABLE: Row(_C.UNAVAILABLE, 500),
    GatewayReason.IN_TRANSIT: Row(_C.UNAVAILABLE, 500),
    GatewayReason.SHUTTING_DOWN: Row(_C.UNAVAILABLE, 1_000),
    GatewayReason.UNKNOWN_TASK_KIND: Row(_C.NOT_FOUND),
    GatewayReason.UNKNOWN_JOURNAL: Row(_C.NOT_FOUND),
    GatewayReason.UNKNOWN_DECISION: Row(_C.NOT_FOUND),
    GatewayReason.UNKNOWN_HEALTH_ENTRY: Row(_C.NOT_FOUND),
    GatewayReason.UNKNOWN_POSITION: Row(_C.OUT_OF_RANGE),
}


#: A province that answers so may answer later.
AWAY = (_C.UNAVAILABLE, _C.DEADLINE_EXCEEDED, _C.RESOURCE_EXHAUSTED)


class Violation(NamedTuple):
    """One field of a request and what is expected of it."""

    field: str
    description: str


class GatewayError(Exception):
    """A call, or an item of one, that fails with a definite status.

    Args:
        reason: a key of `TABLE`.
        message: one English sentence for people, without personal data.
        violations: the wrong fields; when empty, the table's field (if it has one) with the message.
        retry_after_ms: 0: the table's.
        metadata: facts for programs, as the contract documents them for the reason.
    """

    def __init__(
        self,
        reason: AnyReason,
        message: str = "",
        violations: Sequence[Violation] = (),
        retry_after_ms: int = 0,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason, message, violations, retry_after_ms, metadata)
        row = TABLE[reason]
        self.code: grpc.StatusCode = row.code
        #: Stable upper-case reason, as on the wire.
        self.reason: str = reason.value.upper()
        self.message: str = (message or f"Refused: {reason.value.replace('_', ' ')}.")[:MESSAGE_LENGTH_MAX]
        if not violations and row.field:
            violations = (Violation(row.field, self.message),)
        self.violations: tuple[Violation, ...] = tuple(violations)[:VIOLATIONS_MAX]
        self.retry_after_ms: int = min(retry_after_ms or row.retry_after_ms, RETRY_AFTER_MAX_MS)
        self.metadata: dict[str, str] = dict(list((metadata or {}).items())[:METADATA_ENTRIES_MAX])

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message}"


# --- ways to make one ---


def invalid(violations: Iterable[Violation | tuple[str, str]]) -> GatewayError:
    """INVALID_ARGUMENT with the wrong fields."""
    found = [Violation(*violation) for violation in violations]
    first = ": ".join(part for part in found[0] if part) if found else "The request is not valid."
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return GatewayError(GatewayReason.INVALID_ARGUMENT, first + more, found)


def unknown_province(province: str, field: str = "parent") -> GatewayError:
    """NOT_FOUND for a province that is not one of the country's, with the field that named it."""
    message = f"There is no province {province}."
    return GatewayError(Reason.UNKNOWN_PROVINCE, message, (Violation(field, message),))


def deadline_exceeded() -> GatewayError:
    """The caller's deadline passed; whether a write had an effect is unknown: repeat it with the same request_id."""
    return GatewayError(
        GatewayReason.DEADLINE_EXCEEDED,
        "The deadline passed before the answer was there; a write may have been made: repeat it with the same request_id.",
    )


def unknown_position(province: str) -> GatewayError:
    """OUT_OF_RANGE for a position among a province's events that its journal does not have."""
    return GatewayError(
        GatewayReason.UNKNOWN_POSITION,
        f"The journal of {province} has no event at this position, as after a restore from a backup. Begin anew, and compare what was known.",
        metadata={"province": province},
    )


def overloaded() -> GatewayError:
    """RESOURCE_EXHAUSTED: the gateway's own limits."""
    return GatewayError(GatewayReason.OVERLOADED, "The gateway takes in no more calls at the moment.")


def over_share() -> GatewayError:
    """RESOURCE_EXHAUSTED for whoever wants more than its share while others are there."""
    message = "The share of this caller's province, or of a national caller, is used up, and others are being served."
    return GatewayError(GatewayReason.OVER_SHARE, message)


def too_many_waiting() -> GatewayError:
    """RESOURCE_EXHAUSTED: a province has as many calls waiting for it as it may have here."""
    return GatewayError(GatewayReason.OVERLOADED, "Too many calls wait for this province.")


def streams_full() -> GatewayError:
    """RESOURCE_EXHAUSTED for whoever holds as many open streams as are left free."""
    message = "This caller's province, or this national caller, has as many streams open as its share of them allows."
    return GatewayError(GatewayReason.STREAMS_FULL, message)


def from_refused(refused: Refused, *, token: int | None = None, kinds_field: str = "") -> GatewayError:
    """The error for a province's refusal.

    Args:
        kinds_field: where the request names kinds, if that is not a task's.
        token: of a call on work in hand, the lease token that the desk showed. A refusal that proves it void (the task has
            another token now, or has left) is STALE_TOKEN, whichever check of the province noticed first.
    """
    reason: AnyReason = refused.reason
    metadata = refused.metadata
    if token is not None and _proves_void(refused, token):
        reason = Reason.STALE_TOKEN
    if reason in _ABOUT_TASKS:
        metadata = winner_metadata(metadata)
    elif "task" in metadata:
        metadata = metadata | {"task": names.task_name(metadata["task"])}
    message = names.for_people(refused.message)
    violations = [Violation(kinds_field, message)] if kinds_field and reason is Reason.UNKNOWN_KIND else ()
    return GatewayError(reason, message, violations, refused.retry_after_ms, metadata)


_ABOUT_TASKS = (Reason.STALE_TOKEN, Reason.WRONG_STATE, Reason.ALREADY_DECIDED, Reason.NOT_DECIDED)


def _proves_void(refused: Refused, token: int) -> bool:
    if refused.reason in (Reason.WRONG_STATE, Reason.ALREADY_DECIDED):
        return refused.metadata.get("token", str(token)) != str(token)
    return refused.reason in (Reason.STALE_TOKEN, Reason.ELSEWHERE)


def stale_token(task: Task, message: str = "") -> GatewayError:
    """FAILED_PRECONDITION for a void token, naming who holds or decided `task` (its record, read wherever it is)."""
    holder = task.decision.operator if task.decision else task.operator or ""
    metadata = _winner(task.task_id, task.state.value, task.host, holder, str(task.token))
    return GatewayError(
        Reason.STALE_TOKEN,
        message or f"Task {task.task_id} has changed hands; the token shown is void.",
        metadata=metadata,
    )


def winner_metadata(facts: Mapping[str, str]) -> dict[str, str]:
    """The contract's metadata of STALE_TOKEN from the core's facts (`actors.core.deciding.winner_metadata`).

    Keys: task_state, host_province, winning_assignment, winning_operator, winning_token; the last three are absent while
    nobody holds the task.
    """
    return _winner(
        facts.get("task", ""),
        facts.get("state", ""),
        facts.get("province", ""),
        facts.get("operator", ""),
        facts.get("token", ""),
    )


def _winner(task: str, state: str, province: str, operator: str, token: str) -> dict[str, str]:
    found = {"task": names.task_name(task)} if task else {}
    if state:
        # A tombstone is not a state of the contract: on the wire such a task is on its way.
        known = TaskState.MOVING.value if state == TaskState.MOVED.value else state
        found["task_state"] = f"TASK_STATE_{known.upper()}"
    if province:
        found["host_province"] = province
    if task and operator and token and state != TaskState.OFFERED.value:
        found["winning_assignment"] = names.assignment_name(task, int(token))
        found["winning_operator"] = names.operator_name(operator)
        found["winning_token"] = token
    return found


# --- the two forms ---


def rich_status(error: GatewayError) -> status_pb2.Status:
    """The google.rpc.Status of a failed call. It travels as metadata, which clients bound at 8 KiB: long lists are cut."""
    status = status_pb2.Status(code=error.code.value[0], message=error.message)
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)]
    if error.violations:
        details.append(_bad_request(error.violations))
    if error.retry_after_ms:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(error.retry_after_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    details = error_details_pb2.BadRequest()
    size_bytes = 0
    for violation in violations:
        field, description = violation.field[:FIELD_LENGTH_MAX], violation.description[:DESCRIPTION_LENGTH_MAX]
        size_bytes += len(field.encode()) + len(description.encode())
        if details.field_violations and size_bytes > VIOLATIONS_BYTES_MAX:
            break
        details.field_violations.add(field=field, description=description)
    return details


def trailing_metadata(error: GatewayError) -> tuple[tuple[str, str | bytes], ...]:
    """What `grpc.aio.ServicerContext.abort` takes as trailing metadata, beside ``error.code`` and ``error.message``."""
    return tuple(rpc_status.to_status(rich_status(error)).trailing_metadata)


def to_wire_error(error: GatewayError | Refused) -> error_pb2.Error:
    """The error of one item of a batch or stream."""
    if isinstance(error, Refused):
        error = from_refused(error)
    violations = error.violations if error.code is grpc.StatusCode.INVALID_ARGUMENT else ()
    return error_pb2.Error(
        code=error.code.value[0],
        reason=error.reason,
        message=error.message,
        field_violations=[
            error_pb2.FieldViolation(
                field=violation.field[:FIELD_LENGTH_MAX], description=violation.description[:DESCRIPTION_LENGTH_MAX]
            )
            for violation in violations
        ],
        retry_after_ms=error.retry_after_ms,
        metadata=error.metadata,
    )
