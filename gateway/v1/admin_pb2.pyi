from gateway.v1 import province_pb2 as _province_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ServerInfo(_message.Message):
    __slots__ = ("version", "wire_package", "gateway_id", "start_time_ms", "server_time_ms", "province_count")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WIRE_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    version: str
    wire_package: str
    gateway_id: str
    start_time_ms: int
    server_time_ms: int
    province_count: int
    def __init__(self, version: _Optional[str] = ..., wire_package: _Optional[str] = ..., gateway_id: _Optional[str] = ..., start_time_ms: _Optional[int] = ..., server_time_ms: _Optional[int] = ..., province_count: _Optional[int] = ...) -> None: ...

class ProvinceRuntime(_message.Message):
    __slots__ = ("province", "state", "pid", "node", "epoch", "sequence", "head_hash")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    province: str
    state: _province_pb2.ProvinceState
    pid: int
    node: str
    epoch: int
    sequence: int
    head_hash: str
    def __init__(self, province: _Optional[str] = ..., state: _Optional[_Union[_province_pb2.ProvinceState, str]] = ..., pid: _Optional[int] = ..., node: _Optional[str] = ..., epoch: _Optional[int] = ..., sequence: _Optional[int] = ..., head_hash: _Optional[str] = ...) -> None: ...

class JournalVerification(_message.Message):
    __slots__ = ("journal", "valid", "frame_count", "event_count", "sequence", "head_hash", "findings", "elapsed_ms")
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    FRAME_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    journal: str
    valid: bool
    frame_count: int
    event_count: int
    sequence: int
    head_hash: str
    findings: _containers.RepeatedCompositeFieldContainer[JournalFinding]
    elapsed_ms: int
    def __init__(self, journal: _Optional[str] = ..., valid: _Optional[bool] = ..., frame_count: _Optional[int] = ..., event_count: _Optional[int] = ..., sequence: _Optional[int] = ..., head_hash: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[JournalFinding, _Mapping]]] = ..., elapsed_ms: _Optional[int] = ...) -> None: ...

class JournalFinding(_message.Message):
    __slots__ = ("sequence", "reason", "message")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    reason: str
    message: str
    def __init__(self, sequence: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProvinceRuntimesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProvinceRuntimesResponse(_message.Message):
    __slots__ = ("province_runtimes", "next_page_token")
    PROVINCE_RUNTIMES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    province_runtimes: _containers.RepeatedCompositeFieldContainer[ProvinceRuntime]
    next_page_token: str
    def __init__(self, province_runtimes: _Optional[_Iterable[_Union[ProvinceRuntime, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class VerifyJournalRequest(_message.Message):
    __slots__ = ("journal",)
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    journal: str
    def __init__(self, journal: _Optional[str] = ...) -> None: ...
