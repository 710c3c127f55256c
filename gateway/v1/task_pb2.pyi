from gateway.v1 import error_pb2 as _error_pb2
from gateway.v1 import operator_pb2 as _operator_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TASK_STATE_UNSPECIFIED: _ClassVar[TaskState]
    TASK_STATE_SCHEDULED: _ClassVar[TaskState]
    TASK_STATE_QUEUED: _ClassVar[TaskState]
    TASK_STATE_OFFERED: _ClassVar[TaskState]
    TASK_STATE_ASSIGNED: _ClassVar[TaskState]
    TASK_STATE_IN_PROGRESS: _ClassVar[TaskState]
    TASK_STATE_SUSPENDED: _ClassVar[TaskState]
    TASK_STATE_MOVING: _ClassVar[TaskState]
    TASK_STATE_COMPLETED: _ClassVar[TaskState]
    TASK_STATE_RETURNED: _ClassVar[TaskState]
    TASK_STATE_CANCELLED: _ClassVar[TaskState]

class Placement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLACEMENT_UNSPECIFIED: _ClassVar[Placement]
    PLACEMENT_HOME: _ClassVar[Placement]
    PLACEMENT_SHARED: _ClassVar[Placement]
    PLACEMENT_EVACUATED: _ClassVar[Placement]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_APPROVED: _ClassVar[Verdict]
    VERDICT_PARTIALLY_APPROVED: _ClassVar[Verdict]
    VERDICT_DECLINED: _ClassVar[Verdict]

class PriorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIOR_REASON_UNSPECIFIED: _ClassVar[PriorReason]
    PRIOR_REASON_REOPENED: _ClassVar[PriorReason]
    PRIOR_REASON_APPEALED: _ClassVar[PriorReason]
    PRIOR_REASON_SENT_BACK: _ClassVar[PriorReason]
TASK_STATE_UNSPECIFIED: TaskState
TASK_STATE_SCHEDULED: TaskState
TASK_STATE_QUEUED: TaskState
TASK_STATE_OFFERED: TaskState
TASK_STATE_ASSIGNED: TaskState
TASK_STATE_IN_PROGRESS: TaskState
TASK_STATE_SUSPENDED: TaskState
TASK_STATE_MOVING: TaskState
TASK_STATE_COMPLETED: TaskState
TASK_STATE_RETURNED: TaskState
TASK_STATE_CANCELLED: TaskState
PLACEMENT_UNSPECIFIED: Placement
PLACEMENT_HOME: Placement
PLACEMENT_SHARED: Placement
PLACEMENT_EVACUATED: Placement
VERDICT_UNSPECIFIED: Verdict
VERDICT_APPROVED: Verdict
VERDICT_PARTIALLY_APPROVED: Verdict
VERDICT_DECLINED: Verdict
PRIOR_REASON_UNSPECIFIED: PriorReason
PRIOR_REASON_REOPENED: PriorReason
PRIOR_REASON_APPEALED: PriorReason
PRIOR_REASON_SENT_BACK: PriorReason

class Task(_message.Message):
    __slots__ = ("name", "external_id", "kind", "priority", "green_channel", "amount_fen", "required_authority", "required_skills", "complexity", "page_count", "policy_count", "missing_document_count", "product", "channel", "customer_id", "customer_tier", "case_id", "risk_score_permille", "fraud_alert_level", "privacy_level", "vulnerable", "complaint", "dispute", "disaster_tag", "hospital", "language", "batch_id", "preferred_operator", "excluded_operators", "not_before_time_ms", "accepted_at_branch_time_ms", "due_time_ms", "home_only", "note", "resubmitted", "statutory_due_time_ms", "return_count", "prior_task", "prior_operator", "prior_reason", "task_id", "home_province", "host_province", "placement", "generation", "line", "state", "token", "operator", "create_time_ms", "queue_time_ms", "start_time_ms", "finish_time_ms", "decision", "suspend_reason", "return_reason", "offer_attempts", "handover_count", "move_count", "etag", "drill")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    GREEN_CHANNEL_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FEN_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_SKILLS_FIELD_NUMBER: _ClassVar[int]
    COMPLEXITY_FIELD_NUMBER: _ClassVar[int]
    PAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    POLICY_COUNT_FIELD_NUMBER: _ClassVar[int]
    MISSING_DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_TIER_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    RISK_SCORE_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    FRAUD_ALERT_LEVEL_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_LEVEL_FIELD_NUMBER: _ClassVar[int]
    VULNERABLE_FIELD_NUMBER: _ClassVar[int]
    COMPLAINT_FIELD_NUMBER: _ClassVar[int]
    DISPUTE_FIELD_NUMBER: _ClassVar[int]
    DISASTER_TAG_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_BRANCH_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    HOME_ONLY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    RESUBMITTED_FIELD_NUMBER: _ClassVar[int]
    STATUTORY_DUE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    RETURN_COUNT_FIELD_NUMBER: _ClassVar[int]
    PRIOR_TASK_FIELD_NUMBER: _ClassVar[int]
    PRIOR_OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PRIOR_REASON_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    HOME_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    HOST_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    SUSPEND_REASON_FIELD_NUMBER: _ClassVar[int]
    RETURN_REASON_FIELD_NUMBER: _ClassVar[int]
    OFFER_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    HANDOVER_COUNT_FIELD_NUMBER: _ClassVar[int]
    MOVE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    DRILL_FIELD_NUMBER: _ClassVar[int]
    name: str
    external_id: str
    kind: str
    priority: int
    green_channel: bool
    amount_fen: int
    required_authority: int
    required_skills: _containers.RepeatedCompositeFieldContainer[_operator_pb2.SkillLevel]
    complexity: int
    page_count: int
    policy_count: int
    missing_document_count: int
    product: str
    channel: str
    customer_id: str
    customer_tier: int
    case_id: str
    risk_score_permille: int
    fraud_alert_level: int
    privacy_level: int
    vulnerable: bool
    complaint: bool
    dispute: bool
    disaster_tag: str
    hospital: str
    language: str
    batch_id: str
    preferred_operator: str
    excluded_operators: _containers.RepeatedScalarFieldContainer[str]
    not_before_time_ms: int
    accepted_at_branch_time_ms: int
    due_time_ms: int
    home_only: bool
    note: str
    resubmitted: bool
    statutory_due_time_ms: int
    return_count: int
    prior_task: str
    prior_operator: str
    prior_reason: PriorReason
    task_id: str
    home_province: str
    host_province: str
    placement: Placement
    generation: int
    line: _operator_pb2.Line
    state: TaskState
    token: int
    operator: str
    create_time_ms: int
    queue_time_ms: int
    start_time_ms: int
    finish_time_ms: int
    decision: Decision
    suspend_reason: str
    return_reason: str
    offer_attempts: int
    handover_count: int
    move_count: int
    etag: str
    drill: str
    def __init__(self, name: _Optional[str] = ..., external_id: _Optional[str] = ..., kind: _Optional[str] = ..., priority: _Optional[int] = ..., green_channel: _Optional[bool] = ..., amount_fen: _Optional[int] = ..., required_authority: _Optional[int] = ..., required_skills: _Optional[_Iterable[_Union[_operator_pb2.SkillLevel, _Mapping]]] = ..., complexity: _Optional[int] = ..., page_count: _Optional[int] = ..., policy_count: _Optional[int] = ..., missing_document_count: _Optional[int] = ..., product: _Optional[str] = ..., channel: _Optional[str] = ..., customer_id: _Optional[str] = ..., customer_tier: _Optional[int] = ..., case_id: _Optional[str] = ..., risk_score_permille: _Optional[int] = ..., fraud_alert_level: _Optional[int] = ..., privacy_level: _Optional[int] = ..., vulnerable: _Optional[bool] = ..., complaint: _Optional[bool] = ..., dispute: _Optional[bool] = ..., disaster_tag: _Optional[str] = ..., hospital: _Optional[str] = ..., language: _Optional[str] = ..., batch_id: _Optional[str] = ..., preferred_operator: _Optional[str] = ..., excluded_operators: _Optional[_Iterable[str]] = ..., not_before_time_ms: _Optional[int] = ..., accepted_at_branch_time_ms: _Optional[int] = ..., due_time_ms: _Optional[int] = ..., home_only: _Optional[bool] = ..., note: _Optional[str] = ..., resubmitted: _Optional[bool] = ..., statutory_due_time_ms: _Optional[int] = ..., return_count: _Optional[int] = ..., prior_task: _Optional[str] = ..., prior_operator: _Optional[str] = ..., prior_reason: _Optional[_Union[PriorReason, str]] = ..., task_id: _Optional[str] = ..., home_province: _Optional[str] = ..., host_province: _Optional[str] = ..., placement: _Optional[_Union[Placement, str]] = ..., generation: _Optional[int] = ..., line: _Optional[_Union[_operator_pb2.Line, str]] = ..., state: _Optional[_Union[TaskState, str]] = ..., token: _Optional[int] = ..., operator: _Optional[str] = ..., create_time_ms: _Optional[int] = ..., queue_time_ms: _Optional[int] = ..., start_time_ms: _Optional[int] = ..., finish_time_ms: _Optional[int] = ..., decision: _Optional[_Union[Decision, _Mapping]] = ..., suspend_reason: _Optional[str] = ..., return_reason: _Optional[str] = ..., offer_attempts: _Optional[int] = ..., handover_count: _Optional[int] = ..., move_count: _Optional[int] = ..., etag: _Optional[str] = ..., drill: _Optional[str] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("verdict", "amount_fen", "note", "operator", "time_ms", "handle_ms", "work_units_milli")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FEN_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    HANDLE_MS_FIELD_NUMBER: _ClassVar[int]
    WORK_UNITS_MILLI_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    amount_fen: int
    note: str
    operator: str
    time_ms: int
    handle_ms: int
    work_units_milli: int
    def __init__(self, verdict: _Optional[_Union[Verdict, str]] = ..., amount_fen: _Optional[int] = ..., note: _Optional[str] = ..., operator: _Optional[str] = ..., time_ms: _Optional[int] = ..., handle_ms: _Optional[int] = ..., work_units_milli: _Optional[int] = ...) -> None: ...

class TaskBrief(_message.Message):
    __slots__ = ("name", "state", "etag", "host_province", "token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    HOST_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: TaskState
    etag: str
    host_province: str
    token: int
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[TaskState, str]] = ..., etag: _Optional[str] = ..., host_province: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class CreateTaskRequest(_message.Message):
    __slots__ = ("parent", "task", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    task: Task
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., task: _Optional[_Union[Task, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchCreateTasksRequest(_message.Message):
    __slots__ = ("parent", "requests")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    requests: _containers.RepeatedCompositeFieldContainer[CreateTaskRequest]
    def __init__(self, parent: _Optional[str] = ..., requests: _Optional[_Iterable[_Union[CreateTaskRequest, _Mapping]]] = ...) -> None: ...

class BatchCreateTasksResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[TaskResult]
    def __init__(self, results: _Optional[_Iterable[_Union[TaskResult, _Mapping]]] = ...) -> None: ...

class IngestTasksRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[CreateTaskRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[CreateTaskRequest, _Mapping]]] = ...) -> None: ...

class IngestTasksResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[TaskResult]
    def __init__(self, results: _Optional[_Iterable[_Union[TaskResult, _Mapping]]] = ...) -> None: ...

class TaskResult(_message.Message):
    __slots__ = ("index", "request_id", "task", "error")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    index: int
    request_id: str
    task: TaskBrief
    error: _error_pb2.Error
    def __init__(self, index: _Optional[int] = ..., request_id: _Optional[str] = ..., task: _Optional[_Union[TaskBrief, _Mapping]] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ...) -> None: ...

class GetTaskRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ("tasks", "next_page_token")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[Task]
    next_page_token: str
    def __init__(self, tasks: _Optional[_Iterable[_Union[Task, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateTaskRequest(_message.Message):
    __slots__ = ("task", "update_mask", "request_id")
    TASK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    task: Task
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, task: _Optional[_Union[Task, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelTaskRequest(_message.Message):
    __slots__ = ("name", "etag", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeTaskRequest(_message.Message):
    __slots__ = ("name", "etag", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReassignTaskRequest(_message.Message):
    __slots__ = ("name", "operator", "etag", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator: str
    etag: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., operator: _Optional[str] = ..., etag: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchReassignTasksRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ReassignTaskRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[ReassignTaskRequest, _Mapping]]] = ...) -> None: ...

class BatchReassignTasksResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[TaskResult]
    def __init__(self, results: _Optional[_Iterable[_Union[TaskResult, _Mapping]]] = ...) -> None: ...
