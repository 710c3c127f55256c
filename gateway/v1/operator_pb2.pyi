from gateway.v1 import error_pb2 as _error_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Line(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINE_UNSPECIFIED: _ClassVar[Line]
    LINE_SERVICING: _ClassVar[Line]
    LINE_UNDERWRITING: _ClassVar[Line]
    LINE_CLAIMS: _ClassVar[Line]

class Presence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESENCE_UNSPECIFIED: _ClassVar[Presence]
    PRESENCE_OFFLINE: _ClassVar[Presence]
    PRESENCE_AVAILABLE: _ClassVar[Presence]
    PRESENCE_BREAK: _ClassVar[Presence]
    PRESENCE_DRAINING: _ClassVar[Presence]
LINE_UNSPECIFIED: Line
LINE_SERVICING: Line
LINE_UNDERWRITING: Line
LINE_CLAIMS: Line
PRESENCE_UNSPECIFIED: Presence
PRESENCE_OFFLINE: Presence
PRESENCE_AVAILABLE: Presence
PRESENCE_BREAK: Presence
PRESENCE_DRAINING: Presence

class SkillLevel(_message.Message):
    __slots__ = ("skill", "level")
    SKILL_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    skill: str
    level: int
    def __init__(self, skill: _Optional[str] = ..., level: _Optional[int] = ...) -> None: ...

class KindExperience(_message.Message):
    __slots__ = ("kind", "experience_count", "quality_permille")
    KIND_FIELD_NUMBER: _ClassVar[int]
    EXPERIENCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    experience_count: int
    quality_permille: int
    def __init__(self, kind: _Optional[str] = ..., experience_count: _Optional[int] = ..., quality_permille: _Optional[int] = ...) -> None: ...

class LineAuthority(_message.Message):
    __slots__ = ("line", "level")
    LINE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    line: Line
    level: int
    def __init__(self, line: _Optional[_Union[Line, str]] = ..., level: _Optional[int] = ...) -> None: ...

class Certificate(_message.Message):
    __slots__ = ("line", "expire_time_ms")
    LINE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    line: Line
    expire_time_ms: int
    def __init__(self, line: _Optional[_Union[Line, str]] = ..., expire_time_ms: _Optional[int] = ...) -> None: ...

class Shift(_message.Message):
    __slots__ = ("start_minute", "end_minute", "break_start_minute", "break_end_minute")
    START_MINUTE_FIELD_NUMBER: _ClassVar[int]
    END_MINUTE_FIELD_NUMBER: _ClassVar[int]
    BREAK_START_MINUTE_FIELD_NUMBER: _ClassVar[int]
    BREAK_END_MINUTE_FIELD_NUMBER: _ClassVar[int]
    start_minute: int
    end_minute: int
    break_start_minute: int
    break_end_minute: int
    def __init__(self, start_minute: _Optional[int] = ..., end_minute: _Optional[int] = ..., break_start_minute: _Optional[int] = ..., break_end_minute: _Optional[int] = ...) -> None: ...

class Operator(_message.Message):
    __slots__ = ("name", "operator_id", "province", "site", "display_name", "kinds", "authorities", "skills", "local_rule_provinces", "clearance", "languages", "capacity", "share_opt_in", "auto_accept", "probation", "team", "etag", "presence", "certificates", "hire_time_ms", "training_hours_90d", "hourly_cost_fen", "daily_quota_milli", "shift", "conflicts", "training_kinds", "mentor")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_ID_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    SKILLS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_RULE_PROVINCES_FIELD_NUMBER: _ClassVar[int]
    CLEARANCE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    SHARE_OPT_IN_FIELD_NUMBER: _ClassVar[int]
    AUTO_ACCEPT_FIELD_NUMBER: _ClassVar[int]
    PROBATION_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATES_FIELD_NUMBER: _ClassVar[int]
    HIRE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    TRAINING_HOURS_90D_FIELD_NUMBER: _ClassVar[int]
    HOURLY_COST_FEN_FIELD_NUMBER: _ClassVar[int]
    DAILY_QUOTA_MILLI_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    TRAINING_KINDS_FIELD_NUMBER: _ClassVar[int]
    MENTOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator_id: str
    province: str
    site: str
    display_name: str
    kinds: _containers.RepeatedCompositeFieldContainer[KindExperience]
    authorities: _containers.RepeatedCompositeFieldContainer[LineAuthority]
    skills: _containers.RepeatedCompositeFieldContainer[SkillLevel]
    local_rule_provinces: _containers.RepeatedScalarFieldContainer[str]
    clearance: int
    languages: _containers.RepeatedScalarFieldContainer[str]
    capacity: int
    share_opt_in: bool
    auto_accept: bool
    probation: bool
    team: str
    etag: str
    presence: Presence
    certificates: _containers.RepeatedCompositeFieldContainer[Certificate]
    hire_time_ms: int
    training_hours_90d: int
    hourly_cost_fen: int
    daily_quota_milli: int
    shift: Shift
    conflicts: _containers.RepeatedScalarFieldContainer[str]
    training_kinds: _containers.RepeatedScalarFieldContainer[str]
    mentor: bool
    def __init__(self, name: _Optional[str] = ..., operator_id: _Optional[str] = ..., province: _Optional[str] = ..., site: _Optional[str] = ..., display_name: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[KindExperience, _Mapping]]] = ..., authorities: _Optional[_Iterable[_Union[LineAuthority, _Mapping]]] = ..., skills: _Optional[_Iterable[_Union[SkillLevel, _Mapping]]] = ..., local_rule_provinces: _Optional[_Iterable[str]] = ..., clearance: _Optional[int] = ..., languages: _Optional[_Iterable[str]] = ..., capacity: _Optional[int] = ..., share_opt_in: _Optional[bool] = ..., auto_accept: _Optional[bool] = ..., probation: _Optional[bool] = ..., team: _Optional[str] = ..., etag: _Optional[str] = ..., presence: _Optional[_Union[Presence, str]] = ..., certificates: _Optional[_Iterable[_Union[Certificate, _Mapping]]] = ..., hire_time_ms: _Optional[int] = ..., training_hours_90d: _Optional[int] = ..., hourly_cost_fen: _Optional[int] = ..., daily_quota_milli: _Optional[int] = ..., shift: _Optional[_Union[Shift, _Mapping]] = ..., conflicts: _Optional[_Iterable[str]] = ..., training_kinds: _Optional[_Iterable[str]] = ..., mentor: _Optional[bool] = ...) -> None: ...

class OperatorBrief(_message.Message):
    __slots__ = ("name", "etag", "created")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    created: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., created: _Optional[bool] = ...) -> None: ...

class TaskKind(_message.Message):
    __slots__ = ("name", "task_kind_id", "display_name", "display_name_zh", "line", "standard_minutes", "sla_minutes", "required_authority", "required_skills", "tariff_fen", "operating_standard", "operating_standard_revision", "etag", "standard_minutes_by_complexity", "breach_points")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_KIND_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_ZH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    STANDARD_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SLA_MINUTES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_SKILLS_FIELD_NUMBER: _ClassVar[int]
    TARIFF_FEN_FIELD_NUMBER: _ClassVar[int]
    OPERATING_STANDARD_FIELD_NUMBER: _ClassVar[int]
    OPERATING_STANDARD_REVISION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    STANDARD_MINUTES_BY_COMPLEXITY_FIELD_NUMBER: _ClassVar[int]
    BREACH_POINTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    task_kind_id: str
    display_name: str
    display_name_zh: str
    line: Line
    standard_minutes: int
    sla_minutes: int
    required_authority: int
    required_skills: _containers.RepeatedCompositeFieldContainer[SkillLevel]
    tariff_fen: int
    operating_standard: str
    operating_standard_revision: int
    etag: str
    standard_minutes_by_complexity: _containers.RepeatedScalarFieldContainer[int]
    breach_points: int
    def __init__(self, name: _Optional[str] = ..., task_kind_id: _Optional[str] = ..., display_name: _Optional[str] = ..., display_name_zh: _Optional[str] = ..., line: _Optional[_Union[Line, str]] = ..., standard_minutes: _Optional[int] = ..., sla_minutes: _Optional[int] = ..., required_authority: _Optional[int] = ..., required_skills: _Optional[_Iterable[_Union[SkillLevel, _Mapping]]] = ..., tariff_fen: _Optional[int] = ..., operating_standard: _Optional[str] = ..., operating_standard_revision: _Optional[int] = ..., etag: _Optional[str] = ..., standard_minutes_by_complexity: _Optional[_Iterable[int]] = ..., breach_points: _Optional[int] = ...) -> None: ...

class OperatorWorkload(_message.Message):
    __slots__ = ("operator", "presence", "capacity", "offered_count", "assigned_count", "in_progress_count", "tasks", "sign_in_time_ms")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    OFFERED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_COUNT_FIELD_NUMBER: _ClassVar[int]
    IN_PROGRESS_COUNT_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    SIGN_IN_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    presence: Presence
    capacity: int
    offered_count: int
    assigned_count: int
    in_progress_count: int
    tasks: _containers.RepeatedScalarFieldContainer[str]
    sign_in_time_ms: int
    def __init__(self, operator: _Optional[str] = ..., presence: _Optional[_Union[Presence, str]] = ..., capacity: _Optional[int] = ..., offered_count: _Optional[int] = ..., assigned_count: _Optional[int] = ..., in_progress_count: _Optional[int] = ..., tasks: _Optional[_Iterable[str]] = ..., sign_in_time_ms: _Optional[int] = ...) -> None: ...

class GetOperatorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListOperatorsRequest(_message.Message):
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

class ListOperatorsResponse(_message.Message):
    __slots__ = ("operators", "next_page_token")
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    operators: _containers.RepeatedCompositeFieldContainer[Operator]
    next_page_token: str
    def __init__(self, operators: _Optional[_Iterable[_Union[Operator, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateOperatorRequest(_message.Message):
    __slots__ = ("parent", "operator_id", "operator", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    operator_id: str
    operator: Operator
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., operator_id: _Optional[str] = ..., operator: _Optional[_Union[Operator, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateOperatorRequest(_message.Message):
    __slots__ = ("operator", "update_mask", "request_id")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    operator: Operator
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, operator: _Optional[_Union[Operator, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteOperatorRequest(_message.Message):
    __slots__ = ("name", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchUpdateOperatorsRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[UpdateOperatorRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[UpdateOperatorRequest, _Mapping]]] = ...) -> None: ...

class BatchUpdateOperatorsResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[OperatorResult]
    def __init__(self, results: _Optional[_Iterable[_Union[OperatorResult, _Mapping]]] = ...) -> None: ...

class OperatorResult(_message.Message):
    __slots__ = ("index", "request_id", "operator", "error")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    index: int
    request_id: str
    operator: OperatorBrief
    error: _error_pb2.Error
    def __init__(self, index: _Optional[int] = ..., request_id: _Optional[str] = ..., operator: _Optional[_Union[OperatorBrief, _Mapping]] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ...) -> None: ...

class GetTaskKindRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListTaskKindsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListTaskKindsResponse(_message.Message):
    __slots__ = ("task_kinds", "next_page_token")
    TASK_KINDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    task_kinds: _containers.RepeatedCompositeFieldContainer[TaskKind]
    next_page_token: str
    def __init__(self, task_kinds: _Optional[_Iterable[_Union[TaskKind, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateTaskKindRequest(_message.Message):
    __slots__ = ("task_kind", "update_mask", "allow_missing", "request_id")
    TASK_KIND_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    task_kind: TaskKind
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    request_id: str
    def __init__(self, task_kind: _Optional[_Union[TaskKind, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetOperatorWorkloadRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
