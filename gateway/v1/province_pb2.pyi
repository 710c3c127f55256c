from gateway.v1 import operator_pb2 as _operator_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProvinceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROVINCE_STATE_UNSPECIFIED: _ClassVar[ProvinceState]
    PROVINCE_STATE_ACTIVE: _ClassVar[ProvinceState]
    PROVINCE_STATE_DEGRADED: _ClassVar[ProvinceState]
    PROVINCE_STATE_DRAINING: _ClassVar[ProvinceState]
    PROVINCE_STATE_SUSPENDED: _ClassVar[ProvinceState]
    PROVINCE_STATE_UNREACHABLE: _ClassVar[ProvinceState]

class ShareOutMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHARE_OUT_MODE_UNSPECIFIED: _ClassVar[ShareOutMode]
    SHARE_OUT_MODE_CLOSED: _ClassVar[ShareOutMode]
    SHARE_OUT_MODE_OVERFLOW: _ClassVar[ShareOutMode]
    SHARE_OUT_MODE_BEST_MATCH: _ClassVar[ShareOutMode]
    SHARE_OUT_MODE_EVACUATE: _ClassVar[ShareOutMode]

class Recall(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECALL_UNSPECIFIED: _ClassVar[Recall]
    RECALL_NEVER: _ClassVar[Recall]
    RECALL_UNBEGUN: _ClassVar[Recall]
PROVINCE_STATE_UNSPECIFIED: ProvinceState
PROVINCE_STATE_ACTIVE: ProvinceState
PROVINCE_STATE_DEGRADED: ProvinceState
PROVINCE_STATE_DRAINING: ProvinceState
PROVINCE_STATE_SUSPENDED: ProvinceState
PROVINCE_STATE_UNREACHABLE: ProvinceState
SHARE_OUT_MODE_UNSPECIFIED: ShareOutMode
SHARE_OUT_MODE_CLOSED: ShareOutMode
SHARE_OUT_MODE_OVERFLOW: ShareOutMode
SHARE_OUT_MODE_BEST_MATCH: ShareOutMode
SHARE_OUT_MODE_EVACUATE: ShareOutMode
RECALL_UNSPECIFIED: Recall
RECALL_NEVER: Recall
RECALL_UNBEGUN: Recall

class Province(_message.Message):
    __slots__ = ("name", "province_id", "display_name", "display_name_zh", "state", "state_reason", "state_time_ms", "epoch")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_ZH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    STATE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    name: str
    province_id: str
    display_name: str
    display_name_zh: str
    state: ProvinceState
    state_reason: str
    state_time_ms: int
    epoch: int
    def __init__(self, name: _Optional[str] = ..., province_id: _Optional[str] = ..., display_name: _Optional[str] = ..., display_name_zh: _Optional[str] = ..., state: _Optional[_Union[ProvinceState, str]] = ..., state_reason: _Optional[str] = ..., state_time_ms: _Optional[int] = ..., epoch: _Optional[int] = ...) -> None: ...

class SharingPolicy(_message.Message):
    __slots__ = ("name", "share_out_mode", "share_out_ratio_permille", "activation_wait_ms", "release_wait_ms", "allowed_hosts", "blocked_hosts", "kinds", "max_amount_fen", "share_in_quota", "reserve_operators", "revision", "update_time_ms", "updater", "effective_from_ms", "effective_until_ms", "on_time_floor_permille", "share_in_daily_quota", "recall", "needs_two_people", "best_match_gain_points", "newest_revision", "scheduled", "proposals", "approver")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHARE_OUT_MODE_FIELD_NUMBER: _ClassVar[int]
    SHARE_OUT_RATIO_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_HOSTS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_HOSTS_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    MAX_AMOUNT_FEN_FIELD_NUMBER: _ClassVar[int]
    SHARE_IN_QUOTA_FIELD_NUMBER: _ClassVar[int]
    RESERVE_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    UPDATER_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FROM_MS_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_FLOOR_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    SHARE_IN_DAILY_QUOTA_FIELD_NUMBER: _ClassVar[int]
    RECALL_FIELD_NUMBER: _ClassVar[int]
    NEEDS_TWO_PEOPLE_FIELD_NUMBER: _ClassVar[int]
    BEST_MATCH_GAIN_POINTS_FIELD_NUMBER: _ClassVar[int]
    NEWEST_REVISION_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    name: str
    share_out_mode: ShareOutMode
    share_out_ratio_permille: int
    activation_wait_ms: int
    release_wait_ms: int
    allowed_hosts: _containers.RepeatedScalarFieldContainer[str]
    blocked_hosts: _containers.RepeatedScalarFieldContainer[str]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    max_amount_fen: int
    share_in_quota: int
    reserve_operators: int
    revision: int
    update_time_ms: int
    updater: str
    effective_from_ms: int
    effective_until_ms: int
    on_time_floor_permille: int
    share_in_daily_quota: int
    recall: Recall
    needs_two_people: bool
    best_match_gain_points: int
    newest_revision: int
    scheduled: _containers.RepeatedCompositeFieldContainer[SharingPolicyRevision]
    proposals: _containers.RepeatedCompositeFieldContainer[SharingPolicyProposal]
    approver: str
    def __init__(self, name: _Optional[str] = ..., share_out_mode: _Optional[_Union[ShareOutMode, str]] = ..., share_out_ratio_permille: _Optional[int] = ..., activation_wait_ms: _Optional[int] = ..., release_wait_ms: _Optional[int] = ..., allowed_hosts: _Optional[_Iterable[str]] = ..., blocked_hosts: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ..., max_amount_fen: _Optional[int] = ..., share_in_quota: _Optional[int] = ..., reserve_operators: _Optional[int] = ..., revision: _Optional[int] = ..., update_time_ms: _Optional[int] = ..., updater: _Optional[str] = ..., effective_from_ms: _Optional[int] = ..., effective_until_ms: _Optional[int] = ..., on_time_floor_permille: _Optional[int] = ..., share_in_daily_quota: _Optional[int] = ..., recall: _Optional[_Union[Recall, str]] = ..., needs_two_people: _Optional[bool] = ..., best_match_gain_points: _Optional[int] = ..., newest_revision: _Optional[int] = ..., scheduled: _Optional[_Iterable[_Union[SharingPolicyRevision, _Mapping]]] = ..., proposals: _Optional[_Iterable[_Union[SharingPolicyProposal, _Mapping]]] = ..., approver: _Optional[str] = ...) -> None: ...

class SharingPolicyRevision(_message.Message):
    __slots__ = ("policy", "reason", "rolled_back_to", "approver", "in_force")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROLLED_BACK_TO_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    policy: SharingPolicy
    reason: str
    rolled_back_to: int
    approver: str
    in_force: bool
    def __init__(self, policy: _Optional[_Union[SharingPolicy, _Mapping]] = ..., reason: _Optional[str] = ..., rolled_back_to: _Optional[int] = ..., approver: _Optional[str] = ..., in_force: _Optional[bool] = ...) -> None: ...

class SharingPolicyProposal(_message.Message):
    __slots__ = ("proposal", "policy", "proposer", "reason", "rolled_back_to", "propose_time_ms", "expire_time_ms")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROLLED_BACK_TO_FIELD_NUMBER: _ClassVar[int]
    PROPOSE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    proposal: int
    policy: SharingPolicy
    proposer: str
    reason: str
    rolled_back_to: int
    propose_time_ms: int
    expire_time_ms: int
    def __init__(self, proposal: _Optional[int] = ..., policy: _Optional[_Union[SharingPolicy, _Mapping]] = ..., proposer: _Optional[str] = ..., reason: _Optional[str] = ..., rolled_back_to: _Optional[int] = ..., propose_time_ms: _Optional[int] = ..., expire_time_ms: _Optional[int] = ...) -> None: ...

class MovePreview(_message.Message):
    __slots__ = ("moving_count", "staying_count", "hosts", "stays", "tasks", "expected_wait_before_ms", "expected_wait_after_ms")
    MOVING_COUNT_FIELD_NUMBER: _ClassVar[int]
    STAYING_COUNT_FIELD_NUMBER: _ClassVar[int]
    HOSTS_FIELD_NUMBER: _ClassVar[int]
    STAYS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_WAIT_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_WAIT_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    moving_count: int
    staying_count: int
    hosts: _containers.RepeatedCompositeFieldContainer[HostPreview]
    stays: _containers.RepeatedCompositeFieldContainer[StayPreview]
    tasks: _containers.RepeatedCompositeFieldContainer[TaskPreview]
    expected_wait_before_ms: int
    expected_wait_after_ms: int
    def __init__(self, moving_count: _Optional[int] = ..., staying_count: _Optional[int] = ..., hosts: _Optional[_Iterable[_Union[HostPreview, _Mapping]]] = ..., stays: _Optional[_Iterable[_Union[StayPreview, _Mapping]]] = ..., tasks: _Optional[_Iterable[_Union[TaskPreview, _Mapping]]] = ..., expected_wait_before_ms: _Optional[int] = ..., expected_wait_after_ms: _Optional[int] = ...) -> None: ...

class TaskPreview(_message.Message):
    __slots__ = ("task", "host_province", "reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    HOST_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    host_province: str
    reason: str
    def __init__(self, task: _Optional[str] = ..., host_province: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class HostPreview(_message.Message):
    __slots__ = ("host_province", "task_count", "expected_wait_ms", "expected_wait_before_ms", "free_capacity", "reserve_operators")
    HOST_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_WAIT_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    FREE_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    RESERVE_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    host_province: str
    task_count: int
    expected_wait_ms: int
    expected_wait_before_ms: int
    free_capacity: int
    reserve_operators: int
    def __init__(self, host_province: _Optional[str] = ..., task_count: _Optional[int] = ..., expected_wait_ms: _Optional[int] = ..., expected_wait_before_ms: _Optional[int] = ..., free_capacity: _Optional[int] = ..., reserve_operators: _Optional[int] = ...) -> None: ...

class StayPreview(_message.Message):
    __slots__ = ("reason", "task_count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    task_count: int
    def __init__(self, reason: _Optional[str] = ..., task_count: _Optional[int] = ...) -> None: ...

class GetProvinceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListProvincesRequest(_message.Message):
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

class ListProvincesResponse(_message.Message):
    __slots__ = ("provinces", "next_page_token")
    PROVINCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    provinces: _containers.RepeatedCompositeFieldContainer[Province]
    next_page_token: str
    def __init__(self, provinces: _Optional[_Iterable[_Union[Province, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateProvinceRequest(_message.Message):
    __slots__ = ("province", "update_mask", "request_id")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    province: Province
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, province: _Optional[_Union[Province, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class SuspendProvinceRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeProvinceRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DrainProvinceRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EvacuateProvinceRequest(_message.Message):
    __slots__ = ("name", "reason", "validate_only", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    validate_only: bool
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., validate_only: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class EvacuateProvinceResponse(_message.Message):
    __slots__ = ("province", "preview", "proposal")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    province: Province
    preview: MovePreview
    proposal: SharingPolicyProposal
    def __init__(self, province: _Optional[_Union[Province, _Mapping]] = ..., preview: _Optional[_Union[MovePreview, _Mapping]] = ..., proposal: _Optional[_Union[SharingPolicyProposal, _Mapping]] = ...) -> None: ...

class GetSharingPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdateSharingPolicyRequest(_message.Message):
    __slots__ = ("sharing_policy", "update_mask", "validate_only", "reason", "request_id")
    SHARING_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sharing_policy: SharingPolicy
    update_mask: _field_mask_pb2.FieldMask
    validate_only: bool
    reason: str
    request_id: str
    def __init__(self, sharing_policy: _Optional[_Union[SharingPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateSharingPolicyResponse(_message.Message):
    __slots__ = ("sharing_policy", "preview", "proposal")
    SHARING_POLICY_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    sharing_policy: SharingPolicy
    preview: MovePreview
    proposal: SharingPolicyProposal
    def __init__(self, sharing_policy: _Optional[_Union[SharingPolicy, _Mapping]] = ..., preview: _Optional[_Union[MovePreview, _Mapping]] = ..., proposal: _Optional[_Union[SharingPolicyProposal, _Mapping]] = ...) -> None: ...

class ListSharingPolicyRevisionsRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSharingPolicyRevisionsResponse(_message.Message):
    __slots__ = ("revisions", "next_page_token")
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[SharingPolicyRevision]
    next_page_token: str
    def __init__(self, revisions: _Optional[_Iterable[_Union[SharingPolicyRevision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RollbackSharingPolicyRequest(_message.Message):
    __slots__ = ("name", "revision", "validate_only", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    validate_only: bool
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ApproveSharingPolicyChangeRequest(_message.Message):
    __slots__ = ("name", "proposal", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    proposal: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., proposal: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class Calendar(_message.Message):
    __slots__ = ("name", "hours", "weekend_days", "national_days", "local_days", "revision", "update_time_ms", "updater", "openings", "gains")
    NAME_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    WEEKEND_DAYS_FIELD_NUMBER: _ClassVar[int]
    NATIONAL_DAYS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_DAYS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    UPDATER_FIELD_NUMBER: _ClassVar[int]
    OPENINGS_FIELD_NUMBER: _ClassVar[int]
    GAINS_FIELD_NUMBER: _ClassVar[int]
    name: str
    hours: _containers.RepeatedCompositeFieldContainer[LineHours]
    weekend_days: _containers.RepeatedScalarFieldContainer[int]
    national_days: _containers.RepeatedCompositeFieldContainer[SpecialDay]
    local_days: _containers.RepeatedCompositeFieldContainer[SpecialDay]
    revision: int
    update_time_ms: int
    updater: str
    openings: _containers.RepeatedCompositeFieldContainer[LineOpening]
    gains: _containers.RepeatedCompositeFieldContainer[ServiceGain]
    def __init__(self, name: _Optional[str] = ..., hours: _Optional[_Iterable[_Union[LineHours, _Mapping]]] = ..., weekend_days: _Optional[_Iterable[int]] = ..., national_days: _Optional[_Iterable[_Union[SpecialDay, _Mapping]]] = ..., local_days: _Optional[_Iterable[_Union[SpecialDay, _Mapping]]] = ..., revision: _Optional[int] = ..., update_time_ms: _Optional[int] = ..., updater: _Optional[str] = ..., openings: _Optional[_Iterable[_Union[LineOpening, _Mapping]]] = ..., gains: _Optional[_Iterable[_Union[ServiceGain, _Mapping]]] = ...) -> None: ...

class LineHours(_message.Message):
    __slots__ = ("line", "workdays", "weekends", "holidays")
    LINE_FIELD_NUMBER: _ClassVar[int]
    WORKDAYS_FIELD_NUMBER: _ClassVar[int]
    WEEKENDS_FIELD_NUMBER: _ClassVar[int]
    HOLIDAYS_FIELD_NUMBER: _ClassVar[int]
    line: _operator_pb2.Line
    workdays: _containers.RepeatedCompositeFieldContainer[OpenTime]
    weekends: _containers.RepeatedCompositeFieldContainer[OpenTime]
    holidays: _containers.RepeatedCompositeFieldContainer[OpenTime]
    def __init__(self, line: _Optional[_Union[_operator_pb2.Line, str]] = ..., workdays: _Optional[_Iterable[_Union[OpenTime, _Mapping]]] = ..., weekends: _Optional[_Iterable[_Union[OpenTime, _Mapping]]] = ..., holidays: _Optional[_Iterable[_Union[OpenTime, _Mapping]]] = ...) -> None: ...

class OpenTime(_message.Message):
    __slots__ = ("start_minute", "end_minute")
    START_MINUTE_FIELD_NUMBER: _ClassVar[int]
    END_MINUTE_FIELD_NUMBER: _ClassVar[int]
    start_minute: int
    end_minute: int
    def __init__(self, start_minute: _Optional[int] = ..., end_minute: _Optional[int] = ...) -> None: ...

class SpecialDay(_message.Message):
    __slots__ = ("date", "worked", "display_name")
    DATE_FIELD_NUMBER: _ClassVar[int]
    WORKED_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    date: str
    worked: bool
    display_name: str
    def __init__(self, date: _Optional[str] = ..., worked: _Optional[bool] = ..., display_name: _Optional[str] = ...) -> None: ...

class LineOpening(_message.Message):
    __slots__ = ("line", "open", "next_opening_time_ms")
    LINE_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    NEXT_OPENING_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    line: _operator_pb2.Line
    open: bool
    next_opening_time_ms: int
    def __init__(self, line: _Optional[_Union[_operator_pb2.Line, str]] = ..., open: _Optional[bool] = ..., next_opening_time_ms: _Optional[int] = ...) -> None: ...

class ServiceGain(_message.Message):
    __slots__ = ("date", "line", "task_count", "gained_minutes")
    DATE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    GAINED_MINUTES_FIELD_NUMBER: _ClassVar[int]
    date: str
    line: _operator_pb2.Line
    task_count: int
    gained_minutes: int
    def __init__(self, date: _Optional[str] = ..., line: _Optional[_Union[_operator_pb2.Line, str]] = ..., task_count: _Optional[int] = ..., gained_minutes: _Optional[int] = ...) -> None: ...

class GetCalendarRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdateCalendarRequest(_message.Message):
    __slots__ = ("calendar", "update_mask", "validate_only", "reason", "request_id")
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    calendar: Calendar
    update_mask: _field_mask_pb2.FieldMask
    validate_only: bool
    reason: str
    request_id: str
    def __init__(self, calendar: _Optional[_Union[Calendar, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
