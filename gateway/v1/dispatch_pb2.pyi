from gateway.v1 import operator_pb2 as _operator_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MatchingDimension(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCHING_DIMENSION_UNSPECIFIED: _ClassVar[MatchingDimension]
    MATCHING_DIMENSION_EFFICIENCY: _ClassVar[MatchingDimension]
    MATCHING_DIMENSION_QUALITY: _ClassVar[MatchingDimension]
    MATCHING_DIMENSION_EFFECTIVENESS: _ClassVar[MatchingDimension]

class ParameterScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARAMETER_SCOPE_UNSPECIFIED: _ClassVar[ParameterScope]
    PARAMETER_SCOPE_TASK: _ClassVar[ParameterScope]
    PARAMETER_SCOPE_OPERATOR: _ClassVar[ParameterScope]
    PARAMETER_SCOPE_PAIR: _ClassVar[ParameterScope]
    PARAMETER_SCOPE_PROVINCE: _ClassVar[ParameterScope]
    PARAMETER_SCOPE_LINK: _ClassVar[ParameterScope]
    PARAMETER_SCOPE_TIME: _ClassVar[ParameterScope]

class ParameterRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARAMETER_ROLE_UNSPECIFIED: _ClassVar[ParameterRole]
    PARAMETER_ROLE_FILTER: _ClassVar[ParameterRole]
    PARAMETER_ROLE_SCORE: _ClassVar[ParameterRole]
    PARAMETER_ROLE_COST: _ClassVar[ParameterRole]
    PARAMETER_ROLE_URGENCY: _ClassVar[ParameterRole]
    PARAMETER_ROLE_WEIGHT: _ClassVar[ParameterRole]
    PARAMETER_ROLE_GUARD: _ClassVar[ParameterRole]
    PARAMETER_ROLE_CONFIDENCE: _ClassVar[ParameterRole]

class MatchMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCH_METHOD_UNSPECIFIED: _ClassVar[MatchMethod]
    MATCH_METHOD_OPTIMAL: _ClassVar[MatchMethod]
    MATCH_METHOD_GREEDY: _ClassVar[MatchMethod]

class Language(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LANGUAGE_UNSPECIFIED: _ClassVar[Language]
    LANGUAGE_ZH: _ClassVar[Language]
    LANGUAGE_EN: _ClassVar[Language]

class WaitCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_CAUSE_UNSPECIFIED: _ClassVar[WaitCause]
    WAIT_CAUSE_PROVINCE_CLOSED: _ClassVar[WaitCause]
    WAIT_CAUSE_NOBODY_QUALIFIED: _ClassVar[WaitCause]
    WAIT_CAUSE_NOBODY_ON_DUTY: _ClassVar[WaitCause]
    WAIT_CAUSE_ALL_BUSY: _ClassVar[WaitCause]
    WAIT_CAUSE_DECLINED: _ClassVar[WaitCause]
    WAIT_CAUSE_NEXT: _ClassVar[WaitCause]
    WAIT_CAUSE_FILTERED: _ClassVar[WaitCause]
    WAIT_CAUSE_YIELDS: _ClassVar[WaitCause]
MATCHING_DIMENSION_UNSPECIFIED: MatchingDimension
MATCHING_DIMENSION_EFFICIENCY: MatchingDimension
MATCHING_DIMENSION_QUALITY: MatchingDimension
MATCHING_DIMENSION_EFFECTIVENESS: MatchingDimension
PARAMETER_SCOPE_UNSPECIFIED: ParameterScope
PARAMETER_SCOPE_TASK: ParameterScope
PARAMETER_SCOPE_OPERATOR: ParameterScope
PARAMETER_SCOPE_PAIR: ParameterScope
PARAMETER_SCOPE_PROVINCE: ParameterScope
PARAMETER_SCOPE_LINK: ParameterScope
PARAMETER_SCOPE_TIME: ParameterScope
PARAMETER_ROLE_UNSPECIFIED: ParameterRole
PARAMETER_ROLE_FILTER: ParameterRole
PARAMETER_ROLE_SCORE: ParameterRole
PARAMETER_ROLE_COST: ParameterRole
PARAMETER_ROLE_URGENCY: ParameterRole
PARAMETER_ROLE_WEIGHT: ParameterRole
PARAMETER_ROLE_GUARD: ParameterRole
PARAMETER_ROLE_CONFIDENCE: ParameterRole
MATCH_METHOD_UNSPECIFIED: MatchMethod
MATCH_METHOD_OPTIMAL: MatchMethod
MATCH_METHOD_GREEDY: MatchMethod
LANGUAGE_UNSPECIFIED: Language
LANGUAGE_ZH: Language
LANGUAGE_EN: Language
WAIT_CAUSE_UNSPECIFIED: WaitCause
WAIT_CAUSE_PROVINCE_CLOSED: WaitCause
WAIT_CAUSE_NOBODY_QUALIFIED: WaitCause
WAIT_CAUSE_NOBODY_ON_DUTY: WaitCause
WAIT_CAUSE_ALL_BUSY: WaitCause
WAIT_CAUSE_DECLINED: WaitCause
WAIT_CAUSE_NEXT: WaitCause
WAIT_CAUSE_FILTERED: WaitCause
WAIT_CAUSE_YIELDS: WaitCause

class MatchingParameter(_message.Message):
    __slots__ = ("name", "display_name_zh", "unit", "dimension", "scope", "role", "source", "by_line", "definition", "active")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_ZH_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BY_LINE_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name_zh: str
    unit: str
    dimension: MatchingDimension
    scope: ParameterScope
    role: ParameterRole
    source: str
    by_line: bool
    definition: str
    active: bool
    def __init__(self, name: _Optional[str] = ..., display_name_zh: _Optional[str] = ..., unit: _Optional[str] = ..., dimension: _Optional[_Union[MatchingDimension, str]] = ..., scope: _Optional[_Union[ParameterScope, str]] = ..., role: _Optional[_Union[ParameterRole, str]] = ..., source: _Optional[str] = ..., by_line: _Optional[bool] = ..., definition: _Optional[str] = ..., active: _Optional[bool] = ...) -> None: ...

class MissingParameter(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListMatchingParametersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListMatchingParametersResponse(_message.Message):
    __slots__ = ("parameters", "next_page_token", "missing")
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.RepeatedCompositeFieldContainer[MatchingParameter]
    next_page_token: str
    missing: _containers.RepeatedCompositeFieldContainer[MissingParameter]
    def __init__(self, parameters: _Optional[_Iterable[_Union[MatchingParameter, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., missing: _Optional[_Iterable[_Union[MissingParameter, _Mapping]]] = ...) -> None: ...

class Breakpoint(_message.Message):
    __slots__ = ("value_micro", "points")
    VALUE_MICRO_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    value_micro: int
    points: int
    def __init__(self, value_micro: _Optional[int] = ..., points: _Optional[int] = ...) -> None: ...

class ParameterSetting(_message.Message):
    __slots__ = ("parameter", "breakpoints", "weights")
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    BREAKPOINTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    parameter: str
    breakpoints: _containers.RepeatedCompositeFieldContainer[Breakpoint]
    weights: _containers.RepeatedCompositeFieldContainer[LineWeight]
    def __init__(self, parameter: _Optional[str] = ..., breakpoints: _Optional[_Iterable[_Union[Breakpoint, _Mapping]]] = ..., weights: _Optional[_Iterable[_Union[LineWeight, _Mapping]]] = ...) -> None: ...

class LineWeight(_message.Message):
    __slots__ = ("line", "weight")
    LINE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    line: _operator_pb2.Line
    weight: int
    def __init__(self, line: _Optional[_Union[_operator_pb2.Line, str]] = ..., weight: _Optional[int] = ...) -> None: ...

class DimensionShares(_message.Message):
    __slots__ = ("efficiency", "quality", "effectiveness")
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVENESS_FIELD_NUMBER: _ClassVar[int]
    efficiency: int
    quality: int
    effectiveness: int
    def __init__(self, efficiency: _Optional[int] = ..., quality: _Optional[int] = ..., effectiveness: _Optional[int] = ...) -> None: ...

class LineShares(_message.Message):
    __slots__ = ("line", "shares")
    LINE_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    line: _operator_pb2.Line
    shares: DimensionShares
    def __init__(self, line: _Optional[_Union[_operator_pb2.Line, str]] = ..., shares: _Optional[_Union[DimensionShares, _Mapping]] = ...) -> None: ...

class AmountAuthority(_message.Message):
    __slots__ = ("amount_fen", "authority")
    AMOUNT_FEN_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    amount_fen: int
    authority: int
    def __init__(self, amount_fen: _Optional[int] = ..., authority: _Optional[int] = ...) -> None: ...

class FilterSettings(_message.Message):
    __slots__ = ("amount_authorities", "fraud_level_experienced", "dispute_needs_another", "heartbeat_seconds_max", "certificate_days_min", "overtime_minutes_max")
    AMOUNT_AUTHORITIES_FIELD_NUMBER: _ClassVar[int]
    FRAUD_LEVEL_EXPERIENCED_FIELD_NUMBER: _ClassVar[int]
    DISPUTE_NEEDS_ANOTHER_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_MAX_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_DAYS_MIN_FIELD_NUMBER: _ClassVar[int]
    OVERTIME_MINUTES_MAX_FIELD_NUMBER: _ClassVar[int]
    amount_authorities: _containers.RepeatedCompositeFieldContainer[AmountAuthority]
    fraud_level_experienced: int
    dispute_needs_another: bool
    heartbeat_seconds_max: int
    certificate_days_min: int
    overtime_minutes_max: int
    def __init__(self, amount_authorities: _Optional[_Iterable[_Union[AmountAuthority, _Mapping]]] = ..., fraud_level_experienced: _Optional[int] = ..., dispute_needs_another: _Optional[bool] = ..., heartbeat_seconds_max: _Optional[int] = ..., certificate_days_min: _Optional[int] = ..., overtime_minutes_max: _Optional[int] = ...) -> None: ...

class ExplorationSettings(_message.Message):
    __slots__ = ("decided_min", "risk_permille_max", "amount_fen_max")
    DECIDED_MIN_FIELD_NUMBER: _ClassVar[int]
    RISK_PERMILLE_MAX_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FEN_MAX_FIELD_NUMBER: _ClassVar[int]
    decided_min: int
    risk_permille_max: int
    amount_fen_max: int
    def __init__(self, decided_min: _Optional[int] = ..., risk_permille_max: _Optional[int] = ..., amount_fen_max: _Optional[int] = ...) -> None: ...

class MatchingModel(_message.Message):
    __slots__ = ("name", "revision", "settings", "shares", "update_time_ms", "updater", "reason", "filters", "exploration", "ageing_points_per_minute")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    UPDATER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    EXPLORATION_FIELD_NUMBER: _ClassVar[int]
    AGEING_POINTS_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    settings: _containers.RepeatedCompositeFieldContainer[ParameterSetting]
    shares: _containers.RepeatedCompositeFieldContainer[LineShares]
    update_time_ms: int
    updater: str
    reason: str
    filters: FilterSettings
    exploration: ExplorationSettings
    ageing_points_per_minute: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., settings: _Optional[_Iterable[_Union[ParameterSetting, _Mapping]]] = ..., shares: _Optional[_Iterable[_Union[LineShares, _Mapping]]] = ..., update_time_ms: _Optional[int] = ..., updater: _Optional[str] = ..., reason: _Optional[str] = ..., filters: _Optional[_Union[FilterSettings, _Mapping]] = ..., exploration: _Optional[_Union[ExplorationSettings, _Mapping]] = ..., ageing_points_per_minute: _Optional[int] = ...) -> None: ...

class GetMatchingModelRequest(_message.Message):
    __slots__ = ("name", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateMatchingModelRequest(_message.Message):
    __slots__ = ("matching_model", "update_mask", "validate_only", "reason", "request_id")
    MATCHING_MODEL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    matching_model: MatchingModel
    update_mask: _field_mask_pb2.FieldMask
    validate_only: bool
    reason: str
    request_id: str
    def __init__(self, matching_model: _Optional[_Union[MatchingModel, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListMatchingModelRevisionsRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMatchingModelRevisionsResponse(_message.Message):
    __slots__ = ("matching_models", "next_page_token")
    MATCHING_MODELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    matching_models: _containers.RepeatedCompositeFieldContainer[MatchingModel]
    next_page_token: str
    def __init__(self, matching_models: _Optional[_Iterable[_Union[MatchingModel, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RollbackMatchingModelRequest(_message.Message):
    __slots__ = ("name", "revision", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class Contribution(_message.Message):
    __slots__ = ("parameter", "display_name_zh", "value_micro", "unit", "sample_milli", "points", "weight", "contribution", "unknown", "prior_only")
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_ZH_FIELD_NUMBER: _ClassVar[int]
    VALUE_MICRO_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_MILLI_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    PRIOR_ONLY_FIELD_NUMBER: _ClassVar[int]
    parameter: str
    display_name_zh: str
    value_micro: int
    unit: str
    sample_milli: int
    points: int
    weight: int
    contribution: int
    unknown: bool
    prior_only: bool
    def __init__(self, parameter: _Optional[str] = ..., display_name_zh: _Optional[str] = ..., value_micro: _Optional[int] = ..., unit: _Optional[str] = ..., sample_milli: _Optional[int] = ..., points: _Optional[int] = ..., weight: _Optional[int] = ..., contribution: _Optional[int] = ..., unknown: _Optional[bool] = ..., prior_only: _Optional[bool] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("operator", "score", "contributions", "removed_by", "free_capacity", "price", "assigned_task", "display_name")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_BY_FIELD_NUMBER: _ClassVar[int]
    FREE_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_TASK_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    operator: str
    score: int
    contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    removed_by: str
    free_capacity: int
    price: int
    assigned_task: str
    display_name: str
    def __init__(self, operator: _Optional[str] = ..., score: _Optional[int] = ..., contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ..., removed_by: _Optional[str] = ..., free_capacity: _Optional[int] = ..., price: _Optional[int] = ..., assigned_task: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class FilterCount(_message.Message):
    __slots__ = ("filter", "operator_count")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_COUNT_FIELD_NUMBER: _ClassVar[int]
    filter: str
    operator_count: int
    def __init__(self, filter: _Optional[str] = ..., operator_count: _Optional[int] = ...) -> None: ...

class RoutingDecision(_message.Message):
    __slots__ = ("name", "task", "province", "time_ms", "operator", "score", "urgency", "shares", "method", "certified", "gap", "task_count", "operator_count", "model_revision", "kinds_revision", "runners_up", "removed", "candidates", "urgency_contributions", "reproduced", "reason", "rules_version", "replay_rules_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    PROVINCE_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    CERTIFIED_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_COUNT_FIELD_NUMBER: _ClassVar[int]
    MODEL_REVISION_FIELD_NUMBER: _ClassVar[int]
    KINDS_REVISION_FIELD_NUMBER: _ClassVar[int]
    RUNNERS_UP_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    URGENCY_CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    REPRODUCED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RULES_VERSION_FIELD_NUMBER: _ClassVar[int]
    REPLAY_RULES_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    task: str
    province: str
    time_ms: int
    operator: str
    score: int
    urgency: int
    shares: DimensionShares
    method: MatchMethod
    certified: bool
    gap: int
    task_count: int
    operator_count: int
    model_revision: int
    kinds_revision: int
    runners_up: _containers.RepeatedCompositeFieldContainer[Candidate]
    removed: _containers.RepeatedCompositeFieldContainer[FilterCount]
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    urgency_contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    reproduced: bool
    reason: str
    rules_version: int
    replay_rules_version: int
    def __init__(self, name: _Optional[str] = ..., task: _Optional[str] = ..., province: _Optional[str] = ..., time_ms: _Optional[int] = ..., operator: _Optional[str] = ..., score: _Optional[int] = ..., urgency: _Optional[int] = ..., shares: _Optional[_Union[DimensionShares, _Mapping]] = ..., method: _Optional[_Union[MatchMethod, str]] = ..., certified: _Optional[bool] = ..., gap: _Optional[int] = ..., task_count: _Optional[int] = ..., operator_count: _Optional[int] = ..., model_revision: _Optional[int] = ..., kinds_revision: _Optional[int] = ..., runners_up: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., removed: _Optional[_Iterable[_Union[FilterCount, _Mapping]]] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., urgency_contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ..., reproduced: _Optional[bool] = ..., reason: _Optional[str] = ..., rules_version: _Optional[int] = ..., replay_rules_version: _Optional[int] = ...) -> None: ...

class GetRoutingDecisionRequest(_message.Message):
    __slots__ = ("name", "candidates_max")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_MAX_FIELD_NUMBER: _ClassVar[int]
    name: str
    candidates_max: int
    def __init__(self, name: _Optional[str] = ..., candidates_max: _Optional[int] = ...) -> None: ...

class ListRoutingDecisionsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRoutingDecisionsResponse(_message.Message):
    __slots__ = ("routing_decisions", "next_page_token")
    ROUTING_DECISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    routing_decisions: _containers.RepeatedCompositeFieldContainer[RoutingDecision]
    next_page_token: str
    def __init__(self, routing_decisions: _Optional[_Iterable[_Union[RoutingDecision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExplainTaskRequest(_message.Message):
    __slots__ = ("name", "operator", "language")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator: str
    language: Language
    def __init__(self, name: _Optional[str] = ..., operator: _Optional[str] = ..., language: _Optional[_Union[Language, str]] = ...) -> None: ...

class TaskExplanation(_message.Message):
    __slots__ = ("name", "lines", "changes", "decision", "diagnosis", "missing_provinces")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_FIELD_NUMBER: _ClassVar[int]
    MISSING_PROVINCES_FIELD_NUMBER: _ClassVar[int]
    name: str
    lines: _containers.RepeatedScalarFieldContainer[str]
    changes: _containers.RepeatedScalarFieldContainer[str]
    decision: RoutingDecision
    diagnosis: TaskDiagnosis
    missing_provinces: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., lines: _Optional[_Iterable[str]] = ..., changes: _Optional[_Iterable[str]] = ..., decision: _Optional[_Union[RoutingDecision, _Mapping]] = ..., diagnosis: _Optional[_Union[TaskDiagnosis, _Mapping]] = ..., missing_provinces: _Optional[_Iterable[str]] = ...) -> None: ...

class PreviewMatchRequest(_message.Message):
    __slots__ = ("name", "candidates_max")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_MAX_FIELD_NUMBER: _ClassVar[int]
    name: str
    candidates_max: int
    def __init__(self, name: _Optional[str] = ..., candidates_max: _Optional[int] = ...) -> None: ...

class MatchPreview(_message.Message):
    __slots__ = ("name", "candidates", "removed", "urgency", "urgency_contributions", "shares", "model_revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    URGENCY_CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    MODEL_REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    removed: _containers.RepeatedCompositeFieldContainer[FilterCount]
    urgency: int
    urgency_contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    shares: DimensionShares
    model_revision: int
    def __init__(self, name: _Optional[str] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., removed: _Optional[_Iterable[_Union[FilterCount, _Mapping]]] = ..., urgency: _Optional[int] = ..., urgency_contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ..., shares: _Optional[_Union[DimensionShares, _Mapping]] = ..., model_revision: _Optional[int] = ...) -> None: ...

class DiagnoseQueueRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "language")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    language: Language
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., language: _Optional[_Union[Language, str]] = ...) -> None: ...

class TaskDiagnosis(_message.Message):
    __slots__ = ("task", "cause", "sentence", "filter", "removed", "tasks_before", "waiting_ms", "qualified_count", "on_duty_count", "free_count", "next_opening_time_ms", "stay_reason", "leaves_for_province")
    TASK_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    TASKS_BEFORE_FIELD_NUMBER: _ClassVar[int]
    WAITING_MS_FIELD_NUMBER: _ClassVar[int]
    QUALIFIED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ON_DUTY_COUNT_FIELD_NUMBER: _ClassVar[int]
    FREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_OPENING_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    STAY_REASON_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FOR_PROVINCE_FIELD_NUMBER: _ClassVar[int]
    task: str
    cause: WaitCause
    sentence: str
    filter: str
    removed: _containers.RepeatedCompositeFieldContainer[FilterCount]
    tasks_before: int
    waiting_ms: int
    qualified_count: int
    on_duty_count: int
    free_count: int
    next_opening_time_ms: int
    stay_reason: str
    leaves_for_province: str
    def __init__(self, task: _Optional[str] = ..., cause: _Optional[_Union[WaitCause, str]] = ..., sentence: _Optional[str] = ..., filter: _Optional[str] = ..., removed: _Optional[_Iterable[_Union[FilterCount, _Mapping]]] = ..., tasks_before: _Optional[int] = ..., waiting_ms: _Optional[int] = ..., qualified_count: _Optional[int] = ..., on_duty_count: _Optional[int] = ..., free_count: _Optional[int] = ..., next_opening_time_ms: _Optional[int] = ..., stay_reason: _Optional[str] = ..., leaves_for_province: _Optional[str] = ...) -> None: ...

class QueueDiagnosis(_message.Message):
    __slots__ = ("tasks", "next_page_token", "causes")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[TaskDiagnosis]
    next_page_token: str
    causes: _containers.RepeatedCompositeFieldContainer[CauseCount]
    def __init__(self, tasks: _Optional[_Iterable[_Union[TaskDiagnosis, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., causes: _Optional[_Iterable[_Union[CauseCount, _Mapping]]] = ...) -> None: ...

class CauseCount(_message.Message):
    __slots__ = ("cause", "task_count")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    cause: WaitCause
    task_count: int
    def __init__(self, cause: _Optional[_Union[WaitCause, str]] = ..., task_count: _Optional[int] = ...) -> None: ...
