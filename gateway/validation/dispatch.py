"""Rules of DispatchService. What makes a whole matching model valid, the core says (`actors.core.matching.model.validate`)."""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway import names
from gateway.conversion.enums import LANGUAGES_IN, LINES_IN
from gateway.v1 import dispatch_pb2
from gateway.validation import checks as k
from gateway.validation.task import OPERATOR_NAME, PROVINCE_NAME, TASK_NAME

_MODEL_NAME = k.named(names.is_model_name, names.MODEL)
_DECISION_NAME = k.named(names.is_decision_name, "provinces/{home}/tasks/{home}-{number}/decisions/{token}")
_LANGUAGE = k.one_of(LANGUAGES_IN, ("LANGUAGE_ZH", "LANGUAGE_EN"))
_LINE = k.one_of(LINES_IN, ("LINE_SERVICING", "LINE_UNDERWRITING", "LINE_CLAIMS"))
_PARAMETER = k.matching(r"[a-z0-9_]{1,64}", "expected the name of a parameter")
_PERCENT = k.between(0, 100)
_REVISION = k.between(0, 2**63 - 1)
_CANDIDATES = k.between(0, 1_000)

_BREAKPOINT = k.Rules({"value_micro": k.between(-(10**17), 10**17), "points": k.between(-1_000, 1_000)})
_LINE_WEIGHT = k.Rules({"line": _LINE, "weight": _PERCENT}, required=("line",))
_SETTING = k.Rules(
    {
        "parameter": _PARAMETER,
        "breakpoints": k.items(8, _BREAKPOINT),
        "weights": k.items(3, _LINE_WEIGHT, key="line"),
    },
    required=("parameter",),
)
_SHARES = k.Rules({"efficiency": _PERCENT, "quality": _PERCENT, "effectiveness": _PERCENT})
_LINE_SHARES = k.Rules({"line": _LINE, "shares": _SHARES}, required=("line", "shares"))
_AMOUNT_AUTHORITY = k.Rules({"amount_fen": k.AMOUNT, "authority": k.between(0, 9)}, required=("amount_fen",))
_FILTERS = k.Rules(
    {
        "amount_authorities": k.items(32, _AMOUNT_AUTHORITY),
        "fraud_level_experienced": k.between(0, 3),
        "dispute_needs_another": k.anything,
        "heartbeat_seconds_max": k.between(0, 3_600),
        "certificate_days_min": k.between(0, 3_650),
        "overtime_minutes_max": k.between(0, 1_440),
    }
)
_EXPLORATION = k.Rules(
    {
        "decided_min": k.between(0, 10_000),
        "risk_permille_max": k.between(0, 1_000),
        "amount_fen_max": k.AMOUNT,
    }
)
#: What an update may change.
MODEL_FIELDS: dict[str, k.Check] = {
    "settings": k.items(200, _SETTING, key="parameter"),
    "shares": k.items(3, _LINE_SHARES, key="line"),
    "filters": _FILTERS,
    "exploration": _EXPLORATION,
    "ageing_points_per_minute": k.between(1, 100_000),
}
_MODEL = k.Rules(
    MODEL_FIELDS
    | {
        "name": _MODEL_NAME,
        "revision": _REVISION,
        "update_time_ms": k.anything,
        "updater": k.anything,
        "reason": k.anything,
    },
    required=("name",),
)

RULES: Mapping[type[Message], k.Rules] = {
    dispatch_pb2.GetRoutingDecisionRequest: k.Rules(
        {"name": _DECISION_NAME, "candidates_max": _CANDIDATES}, required=("name",)
    ),
    dispatch_pb2.ListRoutingDecisionsRequest: k.Rules({"parent": TASK_NAME, **k.PAGE}, required=("parent",)),
    dispatch_pb2.ExplainTaskRequest: k.Rules(
        {"name": TASK_NAME, "operator": OPERATOR_NAME, "language": _LANGUAGE}, required=("name",)
    ),
    dispatch_pb2.PreviewMatchRequest: k.Rules({"name": TASK_NAME, "candidates_max": _CANDIDATES}, required=("name",)),
    dispatch_pb2.DiagnoseQueueRequest: k.Rules(
        {"parent": PROVINCE_NAME, "language": _LANGUAGE, **k.PAGE}, required=("parent",)
    ),
    dispatch_pb2.ListMatchingParametersRequest: k.Rules({**k.PAGE, **k.FILTER}),
    dispatch_pb2.GetMatchingModelRequest: k.Rules({"name": _MODEL_NAME, "revision": _REVISION}, required=("name",)),
    dispatch_pb2.UpdateMatchingModelRequest: k.Rules(
        {
            "matching_model": _MODEL,
            "update_mask": k.mask_of(*MODEL_FIELDS),
            "validate_only": k.anything,
            "reason": k.REASON,
            "request_id": k.REQUEST_ID,
        },
        required=("matching_model", "reason", "request_id"),
    ),
    dispatch_pb2.ListMatchingModelRevisionsRequest: k.Rules({"name": _MODEL_NAME, **k.PAGE}, required=("name",)),
    dispatch_pb2.RollbackMatchingModelRequest: k.Rules(
        {"name": _MODEL_NAME, "revision": _REVISION, "reason": k.REASON, "request_id": k.REQUEST_ID},
        required=("name", "revision", "reason", "request_id"),
    ),
}
