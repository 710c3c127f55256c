from gateway.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("province", "position", "type", "time_ms", "epoch", "identity", "request_id", "task", "external_id", "operator", "state", "generation", "token", "placement", "peer_province", "reason", "decision", "basis_json", "drill")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    PEER_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    BASIS_JSON_FIELD_NUMBER: _ClassVar[int]
    DRILL_FIELD_NUMBER: _ClassVar[int]
    province: str
    position: int
    type: str
    time_ms: int
    epoch: int
    identity: str
    request_id: str
    task: str
    external_id: str
    operator: str
    state: _task_pb2.TaskState
    generation: int
    token: int
    placement: _task_pb2.Placement
    peer_province: str
    reason: str
    decision: _task_pb2.Decision
    basis_json: str
    drill: str
    def __init__(self, province: _Optional[str] = ..., position: _Optional[int] = ..., type: _Optional[str] = ..., time_ms: _Optional[int] = ..., epoch: _Optional[int] = ..., identity: _Optional[str] = ..., request_id: _Optional[str] = ..., task: _Optional[str] = ..., external_id: _Optional[str] = ..., operator: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., generation: _Optional[int] = ..., token: _Optional[int] = ..., placement: _Optional[_Union[_task_pb2.Placement, str]] = ..., peer_province: _Optional[str] = ..., reason: _Optional[str] = ..., decision: _Optional[_Union[_task_pb2.Decision, _Mapping]] = ..., basis_json: _Optional[str] = ..., drill: _Optional[str] = ...) -> None: ...

class EventCursor(_message.Message):
    __slots__ = ("province", "after_position")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    AFTER_POSITION_FIELD_NUMBER: _ClassVar[int]
    province: str
    after_position: int
    def __init__(self, province: _Optional[str] = ..., after_position: _Optional[int] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("parent", "after_position", "page_size", "page_token", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    AFTER_POSITION_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    after_position: int
    page_size: int
    page_token: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., after_position: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token", "last_position")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LAST_POSITION_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    next_page_token: str
    last_position: int
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., last_position: _Optional[int] = ...) -> None: ...

class StreamEventsRequest(_message.Message):
    __slots__ = ("cursors",)
    CURSORS_FIELD_NUMBER: _ClassVar[int]
    cursors: _containers.RepeatedCompositeFieldContainer[EventCursor]
    def __init__(self, cursors: _Optional[_Iterable[_Union[EventCursor, _Mapping]]] = ...) -> None: ...

class StreamEventsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...
