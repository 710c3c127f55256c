from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DrillKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRILL_KIND_UNSPECIFIED: _ClassVar[DrillKind]
    DRILL_KIND_SITE_OUTAGE: _ClassVar[DrillKind]
    DRILL_KIND_SNOW: _ClassVar[DrillKind]
    DRILL_KIND_ACTOR_KILL: _ClassVar[DrillKind]
    DRILL_KIND_ACTOR_FREEZE: _ClassVar[DrillKind]
    DRILL_KIND_COORDINATOR_KILL: _ClassVar[DrillKind]
    DRILL_KIND_GATEWAY_KILL: _ClassVar[DrillKind]
    DRILL_KIND_GATEWAY_PARTITION: _ClassVar[DrillKind]
    DRILL_KIND_REGIONAL: _ClassVar[DrillKind]
    DRILL_KIND_SURGE: _ClassVar[DrillKind]

class DrillState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRILL_STATE_UNSPECIFIED: _ClassVar[DrillState]
    DRILL_STATE_PENDING: _ClassVar[DrillState]
    DRILL_STATE_RUNNING: _ClassVar[DrillState]
    DRILL_STATE_SUCCEEDED: _ClassVar[DrillState]
    DRILL_STATE_FAILED: _ClassVar[DrillState]
    DRILL_STATE_ABORTED: _ClassVar[DrillState]

class DrillPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRILL_PHASE_UNSPECIFIED: _ClassVar[DrillPhase]
    DRILL_PHASE_STRIKING: _ClassVar[DrillPhase]
    DRILL_PHASE_STRUCK: _ClassVar[DrillPhase]
    DRILL_PHASE_LIFTED: _ClassVar[DrillPhase]
    DRILL_PHASE_MEASURING: _ClassVar[DrillPhase]
DRILL_KIND_UNSPECIFIED: DrillKind
DRILL_KIND_SITE_OUTAGE: DrillKind
DRILL_KIND_SNOW: DrillKind
DRILL_KIND_ACTOR_KILL: DrillKind
DRILL_KIND_ACTOR_FREEZE: DrillKind
DRILL_KIND_COORDINATOR_KILL: DrillKind
DRILL_KIND_GATEWAY_KILL: DrillKind
DRILL_KIND_GATEWAY_PARTITION: DrillKind
DRILL_KIND_REGIONAL: DrillKind
DRILL_KIND_SURGE: DrillKind
DRILL_STATE_UNSPECIFIED: DrillState
DRILL_STATE_PENDING: DrillState
DRILL_STATE_RUNNING: DrillState
DRILL_STATE_SUCCEEDED: DrillState
DRILL_STATE_FAILED: DrillState
DRILL_STATE_ABORTED: DrillState
DRILL_PHASE_UNSPECIFIED: DrillPhase
DRILL_PHASE_STRIKING: DrillPhase
DRILL_PHASE_STRUCK: DrillPhase
DRILL_PHASE_LIFTED: DrillPhase
DRILL_PHASE_MEASURING: DrillPhase

class DrillObjective(_message.Message):
    __slots__ = ("figure", "at_most", "at_least")
    FIGURE_FIELD_NUMBER: _ClassVar[int]
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    figure: str
    at_most: int
    at_least: int
    def __init__(self, figure: _Optional[str] = ..., at_most: _Optional[int] = ..., at_least: _Optional[int] = ...) -> None: ...

class Drill(_message.Message):
    __slots__ = ("name", "kind", "provinces", "duration_ms", "provinces_max", "operators_max_permille", "abort_below_permille", "may_overlap", "objectives", "baseline_ms", "note", "state", "phase", "create_time_ms", "creator", "start_time_ms", "strike_time_ms", "lift_time_ms", "end_time_ms", "reason", "report", "factor_permille", "shadow_tasks")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROVINCES_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    PROVINCES_MAX_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_MAX_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    ABORT_BELOW_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    MAY_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVES_FIELD_NUMBER: _ClassVar[int]
    BASELINE_MS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    CREATOR_FIELD_NUMBER: _ClassVar[int]
    START_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    STRIKE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    LIFT_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    END_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    FACTOR_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    SHADOW_TASKS_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: DrillKind
    provinces: _containers.RepeatedScalarFieldContainer[str]
    duration_ms: int
    provinces_max: int
    operators_max_permille: int
    abort_below_permille: int
    may_overlap: bool
    objectives: _containers.RepeatedCompositeFieldContainer[DrillObjective]
    baseline_ms: int
    note: str
    state: DrillState
    phase: DrillPhase
    create_time_ms: int
    creator: str
    start_time_ms: int
    strike_time_ms: int
    lift_time_ms: int
    end_time_ms: int
    reason: str
    report: DrillReport
    factor_permille: int
    shadow_tasks: int
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[DrillKind, str]] = ..., provinces: _Optional[_Iterable[str]] = ..., duration_ms: _Optional[int] = ..., provinces_max: _Optional[int] = ..., operators_max_permille: _Optional[int] = ..., abort_below_permille: _Optional[int] = ..., may_overlap: _Optional[bool] = ..., objectives: _Optional[_Iterable[_Union[DrillObjective, _Mapping]]] = ..., baseline_ms: _Optional[int] = ..., note: _Optional[str] = ..., state: _Optional[_Union[DrillState, str]] = ..., phase: _Optional[_Union[DrillPhase, str]] = ..., create_time_ms: _Optional[int] = ..., creator: _Optional[str] = ..., start_time_ms: _Optional[int] = ..., strike_time_ms: _Optional[int] = ..., lift_time_ms: _Optional[int] = ..., end_time_ms: _Optional[int] = ..., reason: _Optional[str] = ..., report: _Optional[_Union[DrillReport, _Mapping]] = ..., factor_permille: _Optional[int] = ..., shadow_tasks: _Optional[int] = ...) -> None: ...

class DrillFigure(_message.Message):
    __slots__ = ("figure", "value")
    FIGURE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    figure: str
    value: int
    def __init__(self, figure: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...

class DrillJudgement(_message.Message):
    __slots__ = ("objective", "value", "met")
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    MET_FIELD_NUMBER: _ClassVar[int]
    objective: DrillObjective
    value: int
    met: bool
    def __init__(self, objective: _Optional[_Union[DrillObjective, _Mapping]] = ..., value: _Optional[int] = ..., met: _Optional[bool] = ...) -> None: ...

class DrillHelper(_message.Message):
    __slots__ = ("province", "task_count")
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    province: str
    task_count: int
    def __init__(self, province: _Optional[str] = ..., task_count: _Optional[int] = ...) -> None: ...

class DrillMoment(_message.Message):
    __slots__ = ("time_ms", "what")
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    time_ms: int
    what: str
    def __init__(self, time_ms: _Optional[int] = ..., what: _Optional[str] = ...) -> None: ...

class DrillMovedPoint(_message.Message):
    __slots__ = ("after_ms", "task_count")
    AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    after_ms: int
    task_count: int
    def __init__(self, after_ms: _Optional[int] = ..., task_count: _Optional[int] = ...) -> None: ...

class DrillWaitPoint(_message.Message):
    __slots__ = ("after_ms", "wait_ms", "release_ms")
    AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_MS_FIELD_NUMBER: _ClassVar[int]
    after_ms: int
    wait_ms: int
    release_ms: int
    def __init__(self, after_ms: _Optional[int] = ..., wait_ms: _Optional[int] = ..., release_ms: _Optional[int] = ...) -> None: ...

class DrillReport(_message.Message):
    __slots__ = ("passed", "figures", "judgements", "helpers", "timeline", "moved", "notes", "waits")
    PASSED_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    JUDGEMENTS_FIELD_NUMBER: _ClassVar[int]
    HELPERS_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    passed: bool
    figures: _containers.RepeatedCompositeFieldContainer[DrillFigure]
    judgements: _containers.RepeatedCompositeFieldContainer[DrillJudgement]
    helpers: _containers.RepeatedCompositeFieldContainer[DrillHelper]
    timeline: _containers.RepeatedCompositeFieldContainer[DrillMoment]
    moved: _containers.RepeatedCompositeFieldContainer[DrillMovedPoint]
    notes: _containers.RepeatedScalarFieldContainer[str]
    waits: _containers.RepeatedCompositeFieldContainer[DrillWaitPoint]
    def __init__(self, passed: _Optional[bool] = ..., figures: _Optional[_Iterable[_Union[DrillFigure, _Mapping]]] = ..., judgements: _Optional[_Iterable[_Union[DrillJudgement, _Mapping]]] = ..., helpers: _Optional[_Iterable[_Union[DrillHelper, _Mapping]]] = ..., timeline: _Optional[_Iterable[_Union[DrillMoment, _Mapping]]] = ..., moved: _Optional[_Iterable[_Union[DrillMovedPoint, _Mapping]]] = ..., notes: _Optional[_Iterable[str]] = ..., waits: _Optional[_Iterable[_Union[DrillWaitPoint, _Mapping]]] = ...) -> None: ...

class CreateDrillRequest(_message.Message):
    __slots__ = ("drill", "validate_only", "request_id")
    DRILL_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    drill: Drill
    validate_only: bool
    request_id: str
    def __init__(self, drill: _Optional[_Union[Drill, _Mapping]] = ..., validate_only: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartDrillRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class AbortDrillRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDrillRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDrillsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDrillsResponse(_message.Message):
    __slots__ = ("drills", "next_page_token")
    DRILLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    drills: _containers.RepeatedCompositeFieldContainer[Drill]
    next_page_token: str
    def __init__(self, drills: _Optional[_Iterable[_Union[Drill, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
