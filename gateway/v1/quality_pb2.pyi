from gateway.v1 import operator_pb2 as _operator_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_VERDICT_UNSPECIFIED: _ClassVar[ReviewVerdict]
    REVIEW_VERDICT_PASSED: _ClassVar[ReviewVerdict]
    REVIEW_VERDICT_FAILED: _ClassVar[ReviewVerdict]

class DefectSeverity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEFECT_SEVERITY_UNSPECIFIED: _ClassVar[DefectSeverity]
    DEFECT_SEVERITY_MINOR: _ClassVar[DefectSeverity]
    DEFECT_SEVERITY_CRITICAL: _ClassVar[DefectSeverity]
REVIEW_VERDICT_UNSPECIFIED: ReviewVerdict
REVIEW_VERDICT_PASSED: ReviewVerdict
REVIEW_VERDICT_FAILED: ReviewVerdict
DEFECT_SEVERITY_UNSPECIFIED: DefectSeverity
DEFECT_SEVERITY_MINOR: DefectSeverity
DEFECT_SEVERITY_CRITICAL: DefectSeverity

class ReviewFindings(_message.Message):
    __slots__ = ("verdict", "defect_code", "severity", "amount_error_fen", "amount_reviewed_fen", "sampling_permille", "overturned", "note_complete", "blind_agreed", "benchmark_permille", "comment")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DEFECT_CODE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_ERROR_FEN_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_REVIEWED_FEN_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    OVERTURNED_FIELD_NUMBER: _ClassVar[int]
    NOTE_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    BLIND_AGREED_FIELD_NUMBER: _ClassVar[int]
    BENCHMARK_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    verdict: ReviewVerdict
    defect_code: str
    severity: DefectSeverity
    amount_error_fen: int
    amount_reviewed_fen: int
    sampling_permille: int
    overturned: bool
    note_complete: bool
    blind_agreed: bool
    benchmark_permille: int
    comment: str
    def __init__(self, verdict: _Optional[_Union[ReviewVerdict, str]] = ..., defect_code: _Optional[str] = ..., severity: _Optional[_Union[DefectSeverity, str]] = ..., amount_error_fen: _Optional[int] = ..., amount_reviewed_fen: _Optional[int] = ..., sampling_permille: _Optional[int] = ..., overturned: _Optional[bool] = ..., note_complete: _Optional[bool] = ..., blind_agreed: _Optional[bool] = ..., benchmark_permille: _Optional[int] = ..., comment: _Optional[str] = ...) -> None: ...

class SubmitReviewRequest(_message.Message):
    __slots__ = ("task", "findings", "request_id")
    TASK_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    task: str
    findings: ReviewFindings
    request_id: str
    def __init__(self, task: _Optional[str] = ..., findings: _Optional[_Union[ReviewFindings, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class Review(_message.Message):
    __slots__ = ("task", "operator", "host_province", "kind", "line", "decision_time_ms", "findings", "reviewer", "submit_time_ms")
    TASK_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    HOST_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    DECISION_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    task: str
    operator: str
    host_province: str
    kind: str
    line: _operator_pb2.Line
    decision_time_ms: int
    findings: ReviewFindings
    reviewer: str
    submit_time_ms: int
    def __init__(self, task: _Optional[str] = ..., operator: _Optional[str] = ..., host_province: _Optional[str] = ..., kind: _Optional[str] = ..., line: _Optional[_Union[_operator_pb2.Line, str]] = ..., decision_time_ms: _Optional[int] = ..., findings: _Optional[_Union[ReviewFindings, _Mapping]] = ..., reviewer: _Optional[str] = ..., submit_time_ms: _Optional[int] = ...) -> None: ...
