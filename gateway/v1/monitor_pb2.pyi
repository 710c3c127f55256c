from gateway.v1 import operator_pb2 as _operator_pb2
from gateway.v1 import province_pb2 as _province_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Overview(_message.Message):
    __slots__ = ("snapshot_time_ms", "provinces", "totals", "alarms")
    SNAPSHOT_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    PROVINCES_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    snapshot_time_ms: int
    provinces: _containers.RepeatedCompositeFieldContainer[ProvinceOverview]
    totals: NationalTotals
    alarms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, snapshot_time_ms: _Optional[int] = ..., provinces: _Optional[_Iterable[_Union[ProvinceOverview, _Mapping]]] = ..., totals: _Optional[_Union[NationalTotals, _Mapping]] = ..., alarms: _Optional[_Iterable[str]] = ...) -> None: ...

class ProvinceOverview(_message.Message):
    __slots__ = ("province", "state", "observe_time_ms", "open_tasks", "waiting", "signed_in_operators", "available_operators", "expected_wait_ms", "shared_in_open_count", "shared_out_open_count", "oldest_waiting_ms", "epoch", "sequence", "closed_lines", "gained_task_count", "gained_minutes", "shadow_task_count")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OBSERVE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    OPEN_TASKS_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    SIGNED_IN_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    SHARED_IN_OPEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    SHARED_OUT_OPEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_WAITING_MS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CLOSED_LINES_FIELD_NUMBER: _ClassVar[int]
    GAINED_TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    GAINED_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SHADOW_TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    province: str
    state: _province_pb2.ProvinceState
    observe_time_ms: int
    open_tasks: OpenTaskCounts
    waiting: LineCounts
    signed_in_operators: int
    available_operators: int
    expected_wait_ms: int
    shared_in_open_count: int
    shared_out_open_count: int
    oldest_waiting_ms: int
    epoch: int
    sequence: int
    closed_lines: _containers.RepeatedScalarFieldContainer[_operator_pb2.Line]
    gained_task_count: int
    gained_minutes: int
    shadow_task_count: int
    def __init__(self, province: _Optional[str] = ..., state: _Optional[_Union[_province_pb2.ProvinceState, str]] = ..., observe_time_ms: _Optional[int] = ..., open_tasks: _Optional[_Union[OpenTaskCounts, _Mapping]] = ..., waiting: _Optional[_Union[LineCounts, _Mapping]] = ..., signed_in_operators: _Optional[int] = ..., available_operators: _Optional[int] = ..., expected_wait_ms: _Optional[int] = ..., shared_in_open_count: _Optional[int] = ..., shared_out_open_count: _Optional[int] = ..., oldest_waiting_ms: _Optional[int] = ..., epoch: _Optional[int] = ..., sequence: _Optional[int] = ..., closed_lines: _Optional[_Iterable[_Union[_operator_pb2.Line, str]]] = ..., gained_task_count: _Optional[int] = ..., gained_minutes: _Optional[int] = ..., shadow_task_count: _Optional[int] = ...) -> None: ...

class NationalTotals(_message.Message):
    __slots__ = ("open_tasks", "waiting", "signed_in_operators", "available_operators", "shared_open_count", "oldest_waiting_ms", "active_provinces", "gained_task_count", "gained_minutes")
    OPEN_TASKS_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    SIGNED_IN_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_OPERATORS_FIELD_NUMBER: _ClassVar[int]
    SHARED_OPEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_WAITING_MS_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_PROVINCES_FIELD_NUMBER: _ClassVar[int]
    GAINED_TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    GAINED_MINUTES_FIELD_NUMBER: _ClassVar[int]
    open_tasks: OpenTaskCounts
    waiting: LineCounts
    signed_in_operators: int
    available_operators: int
    shared_open_count: int
    oldest_waiting_ms: int
    active_provinces: int
    gained_task_count: int
    gained_minutes: int
    def __init__(self, open_tasks: _Optional[_Union[OpenTaskCounts, _Mapping]] = ..., waiting: _Optional[_Union[LineCounts, _Mapping]] = ..., signed_in_operators: _Optional[int] = ..., available_operators: _Optional[int] = ..., shared_open_count: _Optional[int] = ..., oldest_waiting_ms: _Optional[int] = ..., active_provinces: _Optional[int] = ..., gained_task_count: _Optional[int] = ..., gained_minutes: _Optional[int] = ...) -> None: ...

class OpenTaskCounts(_message.Message):
    __slots__ = ("scheduled", "queued", "offered", "assigned", "in_progress", "suspended", "moving")
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_FIELD_NUMBER: _ClassVar[int]
    IN_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_FIELD_NUMBER: _ClassVar[int]
    MOVING_FIELD_NUMBER: _ClassVar[int]
    scheduled: int
    queued: int
    offered: int
    assigned: int
    in_progress: int
    suspended: int
    moving: int
    def __init__(self, scheduled: _Optional[int] = ..., queued: _Optional[int] = ..., offered: _Optional[int] = ..., assigned: _Optional[int] = ..., in_progress: _Optional[int] = ..., suspended: _Optional[int] = ..., moving: _Optional[int] = ...) -> None: ...

class LineCounts(_message.Message):
    __slots__ = ("servicing", "underwriting", "claims")
    SERVICING_FIELD_NUMBER: _ClassVar[int]
    UNDERWRITING_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    servicing: int
    underwriting: int
    claims: int
    def __init__(self, servicing: _Optional[int] = ..., underwriting: _Optional[int] = ..., claims: _Optional[int] = ...) -> None: ...

class GetOverviewRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchOverviewRequest(_message.Message):
    __slots__ = ("interval_ms",)
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    interval_ms: int
    def __init__(self, interval_ms: _Optional[int] = ...) -> None: ...
