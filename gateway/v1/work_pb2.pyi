from gateway.v1 import error_pb2 as _error_pb2
from gateway.v1 import operator_pb2 as _operator_pb2
from gateway.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RevocationReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVOCATION_REASON_UNSPECIFIED: _ClassVar[RevocationReason]
    REVOCATION_REASON_OFFER_EXPIRED: _ClassVar[RevocationReason]
    REVOCATION_REASON_LEASE_EXPIRED: _ClassVar[RevocationReason]
    REVOCATION_REASON_REASSIGNED: _ClassVar[RevocationReason]
    REVOCATION_REASON_CANCELLED: _ClassVar[RevocationReason]
    REVOCATION_REASON_EVACUATED: _ClassVar[RevocationReason]
    REVOCATION_REASON_SIGNED_OUT: _ClassVar[RevocationReason]

class NoWorkReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NO_WORK_REASON_UNSPECIFIED: _ClassVar[NoWorkReason]
    NO_WORK_REASON_QUEUE_EMPTY: _ClassVar[NoWorkReason]
    NO_WORK_REASON_NOT_ELIGIBLE: _ClassVar[NoWorkReason]
    NO_WORK_REASON_AT_CAPACITY: _ClassVar[NoWorkReason]
    NO_WORK_REASON_NOT_AVAILABLE: _ClassVar[NoWorkReason]
    NO_WORK_REASON_PROVINCE_NOT_ACTIVE: _ClassVar[NoWorkReason]
    NO_WORK_REASON_RESERVED: _ClassVar[NoWorkReason]
REVOCATION_REASON_UNSPECIFIED: RevocationReason
REVOCATION_REASON_OFFER_EXPIRED: RevocationReason
REVOCATION_REASON_LEASE_EXPIRED: RevocationReason
REVOCATION_REASON_REASSIGNED: RevocationReason
REVOCATION_REASON_CANCELLED: RevocationReason
REVOCATION_REASON_EVACUATED: RevocationReason
REVOCATION_REASON_SIGNED_OUT: RevocationReason
NO_WORK_REASON_UNSPECIFIED: NoWorkReason
NO_WORK_REASON_QUEUE_EMPTY: NoWorkReason
NO_WORK_REASON_NOT_ELIGIBLE: NoWorkReason
NO_WORK_REASON_AT_CAPACITY: NoWorkReason
NO_WORK_REASON_NOT_AVAILABLE: NoWorkReason
NO_WORK_REASON_PROVINCE_NOT_ACTIVE: NoWorkReason
NO_WORK_REASON_RESERVED: NoWorkReason

class Offer(_message.Message):
    __slots__ = ("name", "operator", "token", "offer_time_ms", "remaining_ms", "task")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    OFFER_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    REMAINING_MS_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator: str
    token: int
    offer_time_ms: int
    remaining_ms: int
    task: _task_pb2.Task
    def __init__(self, name: _Optional[str] = ..., operator: _Optional[str] = ..., token: _Optional[int] = ..., offer_time_ms: _Optional[int] = ..., remaining_ms: _Optional[int] = ..., task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...

class Assignment(_message.Message):
    __slots__ = ("name", "operator", "token", "assign_time_ms", "lease_remaining_ms", "operating_standard_revision", "task")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ASSIGN_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    LEASE_REMAINING_MS_FIELD_NUMBER: _ClassVar[int]
    OPERATING_STANDARD_REVISION_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator: str
    token: int
    assign_time_ms: int
    lease_remaining_ms: int
    operating_standard_revision: int
    task: _task_pb2.Task
    def __init__(self, name: _Optional[str] = ..., operator: _Optional[str] = ..., token: _Optional[int] = ..., assign_time_ms: _Optional[int] = ..., lease_remaining_ms: _Optional[int] = ..., operating_standard_revision: _Optional[int] = ..., task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...

class Revocation(_message.Message):
    __slots__ = ("operator", "task", "token", "assignment", "reason", "detail")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    operator: str
    task: str
    token: int
    assignment: bool
    reason: RevocationReason
    detail: str
    def __init__(self, operator: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., assignment: _Optional[bool] = ..., reason: _Optional[_Union[RevocationReason, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("operator", "presence", "desk_id", "sign_in_time_ms", "heartbeat_interval_ms", "offers", "assignments", "end_reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    DESK_ID_FIELD_NUMBER: _ClassVar[int]
    SIGN_IN_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    presence: _operator_pb2.Presence
    desk_id: str
    sign_in_time_ms: int
    heartbeat_interval_ms: int
    offers: _containers.RepeatedCompositeFieldContainer[Offer]
    assignments: _containers.RepeatedCompositeFieldContainer[Assignment]
    end_reason: str
    def __init__(self, operator: _Optional[str] = ..., presence: _Optional[_Union[_operator_pb2.Presence, str]] = ..., desk_id: _Optional[str] = ..., sign_in_time_ms: _Optional[int] = ..., heartbeat_interval_ms: _Optional[int] = ..., offers: _Optional[_Iterable[_Union[Offer, _Mapping]]] = ..., assignments: _Optional[_Iterable[_Union[Assignment, _Mapping]]] = ..., end_reason: _Optional[str] = ...) -> None: ...

class NoWork(_message.Message):
    __slots__ = ("reason", "detail", "retry_after_ms")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    reason: NoWorkReason
    detail: str
    retry_after_ms: int
    def __init__(self, reason: _Optional[_Union[NoWorkReason, str]] = ..., detail: _Optional[str] = ..., retry_after_ms: _Optional[int] = ...) -> None: ...

class WorkRequest(_message.Message):
    __slots__ = ("actions",)
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[WorkAction]
    def __init__(self, actions: _Optional[_Iterable[_Union[WorkAction, _Mapping]]] = ...) -> None: ...

class WorkAction(_message.Message):
    __slots__ = ("action_id", "operator", "request_id", "sign_in", "sign_out", "set_presence", "heartbeat", "fetch_next", "accept", "decline", "start", "renew", "suspend", "complete", "return_task", "refer", "release")
    ACTION_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SIGN_IN_FIELD_NUMBER: _ClassVar[int]
    SIGN_OUT_FIELD_NUMBER: _ClassVar[int]
    SET_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    FETCH_NEXT_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FIELD_NUMBER: _ClassVar[int]
    DECLINE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    RENEW_FIELD_NUMBER: _ClassVar[int]
    SUSPEND_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    RETURN_TASK_FIELD_NUMBER: _ClassVar[int]
    REFER_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    action_id: str
    operator: str
    request_id: str
    sign_in: SignInAction
    sign_out: SignOutAction
    set_presence: SetPresenceAction
    heartbeat: HeartbeatAction
    fetch_next: FetchNextAction
    accept: AcceptAction
    decline: DeclineAction
    start: StartAction
    renew: RenewAction
    suspend: SuspendAction
    complete: CompleteAction
    return_task: ReturnTaskAction
    refer: ReferAction
    release: ReleaseAction
    def __init__(self, action_id: _Optional[str] = ..., operator: _Optional[str] = ..., request_id: _Optional[str] = ..., sign_in: _Optional[_Union[SignInAction, _Mapping]] = ..., sign_out: _Optional[_Union[SignOutAction, _Mapping]] = ..., set_presence: _Optional[_Union[SetPresenceAction, _Mapping]] = ..., heartbeat: _Optional[_Union[HeartbeatAction, _Mapping]] = ..., fetch_next: _Optional[_Union[FetchNextAction, _Mapping]] = ..., accept: _Optional[_Union[AcceptAction, _Mapping]] = ..., decline: _Optional[_Union[DeclineAction, _Mapping]] = ..., start: _Optional[_Union[StartAction, _Mapping]] = ..., renew: _Optional[_Union[RenewAction, _Mapping]] = ..., suspend: _Optional[_Union[SuspendAction, _Mapping]] = ..., complete: _Optional[_Union[CompleteAction, _Mapping]] = ..., return_task: _Optional[_Union[ReturnTaskAction, _Mapping]] = ..., refer: _Optional[_Union[ReferAction, _Mapping]] = ..., release: _Optional[_Union[ReleaseAction, _Mapping]] = ...) -> None: ...

class SignInAction(_message.Message):
    __slots__ = ("desk_id", "presence", "resume")
    DESK_ID_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    desk_id: str
    presence: _operator_pb2.Presence
    resume: bool
    def __init__(self, desk_id: _Optional[str] = ..., presence: _Optional[_Union[_operator_pb2.Presence, str]] = ..., resume: _Optional[bool] = ...) -> None: ...

class SignOutAction(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class SetPresenceAction(_message.Message):
    __slots__ = ("presence",)
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    presence: _operator_pb2.Presence
    def __init__(self, presence: _Optional[_Union[_operator_pb2.Presence, str]] = ...) -> None: ...

class HeartbeatAction(_message.Message):
    __slots__ = ("round_trip_ms",)
    ROUND_TRIP_MS_FIELD_NUMBER: _ClassVar[int]
    round_trip_ms: int
    def __init__(self, round_trip_ms: _Optional[int] = ...) -> None: ...

class FetchNextAction(_message.Message):
    __slots__ = ("kinds",)
    KINDS_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kinds: _Optional[_Iterable[str]] = ...) -> None: ...

class AcceptAction(_message.Message):
    __slots__ = ("task", "token")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class DeclineAction(_message.Message):
    __slots__ = ("task", "token", "reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    reason: str
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class StartAction(_message.Message):
    __slots__ = ("task", "token")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class RenewAction(_message.Message):
    __slots__ = ("task", "token")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class SuspendAction(_message.Message):
    __slots__ = ("task", "token", "reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    reason: str
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class CompleteAction(_message.Message):
    __slots__ = ("task", "token", "verdict", "amount_fen", "note")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FEN_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    verdict: _task_pb2.Verdict
    amount_fen: int
    note: str
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ..., verdict: _Optional[_Union[_task_pb2.Verdict, str]] = ..., amount_fen: _Optional[int] = ..., note: _Optional[str] = ...) -> None: ...

class ReturnTaskAction(_message.Message):
    __slots__ = ("task", "token", "reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    reason: str
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReferAction(_message.Message):
    __slots__ = ("task", "token", "required_authority", "reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    required_authority: int
    reason: str
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ..., required_authority: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReleaseAction(_message.Message):
    __slots__ = ("task", "token", "reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    token: int
    reason: str
    def __init__(self, task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class WorkResponse(_message.Message):
    __slots__ = ("updates",)
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    updates: _containers.RepeatedCompositeFieldContainer[WorkUpdate]
    def __init__(self, updates: _Optional[_Iterable[_Union[WorkUpdate, _Mapping]]] = ...) -> None: ...

class WorkUpdate(_message.Message):
    __slots__ = ("offer", "assignment", "revocation", "result", "session")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    REVOCATION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    offer: Offer
    assignment: Assignment
    revocation: Revocation
    result: ActionResult
    session: Session
    def __init__(self, offer: _Optional[_Union[Offer, _Mapping]] = ..., assignment: _Optional[_Union[Assignment, _Mapping]] = ..., revocation: _Optional[_Union[Revocation, _Mapping]] = ..., result: _Optional[_Union[ActionResult, _Mapping]] = ..., session: _Optional[_Union[Session, _Mapping]] = ...) -> None: ...

class ActionResult(_message.Message):
    __slots__ = ("action_id", "error", "assignment", "no_work", "task", "session", "heartbeat")
    ACTION_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    NO_WORK_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    action_id: str
    error: _error_pb2.Error
    assignment: Assignment
    no_work: NoWork
    task: _task_pb2.TaskBrief
    session: Session
    heartbeat: HeartbeatResponse
    def __init__(self, action_id: _Optional[str] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ..., assignment: _Optional[_Union[Assignment, _Mapping]] = ..., no_work: _Optional[_Union[NoWork, _Mapping]] = ..., task: _Optional[_Union[_task_pb2.TaskBrief, _Mapping]] = ..., session: _Optional[_Union[Session, _Mapping]] = ..., heartbeat: _Optional[_Union[HeartbeatResponse, _Mapping]] = ...) -> None: ...

class SignInRequest(_message.Message):
    __slots__ = ("operator", "request_id", "desk_id", "presence", "resume")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DESK_ID_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    desk_id: str
    presence: _operator_pb2.Presence
    resume: bool
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., desk_id: _Optional[str] = ..., presence: _Optional[_Union[_operator_pb2.Presence, str]] = ..., resume: _Optional[bool] = ...) -> None: ...

class SignOutRequest(_message.Message):
    __slots__ = ("operator", "request_id", "reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    reason: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("operators", "round_trip_ms", "desk_id")
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    ROUND_TRIP_MS_FIELD_NUMBER: _ClassVar[int]
    DESK_ID_FIELD_NUMBER: _ClassVar[int]
    operators: _containers.RepeatedScalarFieldContainer[str]
    round_trip_ms: int
    desk_id: str
    def __init__(self, operators: _Optional[_Iterable[str]] = ..., round_trip_ms: _Optional[int] = ..., desk_id: _Optional[str] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("server_time_ms", "signed_out_operators", "ended_sessions")
    SERVER_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    SIGNED_OUT_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    ENDED_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    server_time_ms: int
    signed_out_operators: _containers.RepeatedScalarFieldContainer[str]
    ended_sessions: _containers.RepeatedCompositeFieldContainer[Session]
    def __init__(self, server_time_ms: _Optional[int] = ..., signed_out_operators: _Optional[_Iterable[str]] = ..., ended_sessions: _Optional[_Iterable[_Union[Session, _Mapping]]] = ...) -> None: ...

class FetchNextTaskRequest(_message.Message):
    __slots__ = ("operator", "request_id", "kinds")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ...) -> None: ...

class FetchNextTaskResponse(_message.Message):
    __slots__ = ("assignment", "no_work")
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    NO_WORK_FIELD_NUMBER: _ClassVar[int]
    assignment: Assignment
    no_work: NoWork
    def __init__(self, assignment: _Optional[_Union[Assignment, _Mapping]] = ..., no_work: _Optional[_Union[NoWork, _Mapping]] = ...) -> None: ...

class AcceptOfferRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class DeclineOfferRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token", "reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    reason: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class StartAssignmentRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class RenewAssignmentRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class SuspendAssignmentRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token", "reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    reason: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class CompleteAssignmentRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token", "verdict", "amount_fen", "note")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FEN_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    verdict: _task_pb2.Verdict
    amount_fen: int
    note: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., verdict: _Optional[_Union[_task_pb2.Verdict, str]] = ..., amount_fen: _Optional[int] = ..., note: _Optional[str] = ...) -> None: ...

class ReturnTaskRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token", "reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    reason: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReferAssignmentRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token", "required_authority", "reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    required_authority: int
    reason: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., required_authority: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReleaseAssignmentRequest(_message.Message):
    __slots__ = ("operator", "request_id", "task", "token", "reason")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    operator: str
    request_id: str
    task: str
    token: int
    reason: str
    def __init__(self, operator: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
