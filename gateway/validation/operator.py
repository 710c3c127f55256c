"""Rules of OperatorService."""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway import names
from gateway.conversion.enums import LINES_IN
from gateway.v1 import operator_pb2
from gateway.validation import checks as k
from gateway.validation.task import LANGUAGE, OPERATOR_NAME, PARENT_OR_ALL, PROVINCE_NAME, SKILL

_ID = k.identifier()
_KIND_NAME = k.named(names.is_kind_name, "taskKinds/{kind}")
_PROVINCE_ID = k.matching(names.PROVINCE_PATTERN, "expected a province id, for instance fujian")
LINE = k.one_of(LINES_IN, ("LINE_SERVICING", "LINE_UNDERWRITING", "LINE_CLAIMS"))

_EXPERIENCE = k.Rules(
    {"kind": _ID, "experience_count": k.between(0, 1_000_000), "quality_permille": k.between(0, 1_000)},
    required=("kind",),
)
_AUTHORITY = k.Rules({"line": LINE, "level": k.between(0, 9)}, required=("line",))

_CERTIFICATE = k.Rules({"line": LINE, "expire_time_ms": k.TIME}, required=("line", "expire_time_ms"))
_DAY_MINUTES = 1_440


def _shift(message: Message) -> k.Wrong:
    assert isinstance(message, operator_pb2.Shift)
    if message.start_minute == message.end_minute:
        return [("end_minute", "expected a minute that is not the start")]
    length = (message.end_minute - message.start_minute) % _DAY_MINUTES
    away = (message.break_end_minute - message.break_start_minute) % _DAY_MINUTES
    before = (message.break_start_minute - message.start_minute) % _DAY_MINUTES
    if away and before + away > length:
        return [("break_start_minute", "expected a break within the shift")]
    return None


_MINUTE = k.between(0, _DAY_MINUTES - 1)
_SHIFT = k.Rules(
    dict.fromkeys(("start_minute", "end_minute", "break_start_minute", "break_end_minute"), _MINUTE), whole=_shift
)

#: Fields of an operator that a client may write.
OPERATOR_FIELDS: dict[str, k.Check] = {
    "site": _ID,
    "display_name": k.free_text(100),
    "kinds": k.items(64, _EXPERIENCE, key="kind"),
    "authorities": k.items(3, _AUTHORITY, key="line"),
    "skills": k.items(32, SKILL, key="skill"),
    "local_rule_provinces": k.items(36, _PROVINCE_ID),
    "clearance": k.between(0, 4),
    "languages": k.items(16, LANGUAGE),
    "capacity": k.between(0, 64),
    "share_opt_in": k.anything,
    "auto_accept": k.anything,
    "probation": k.anything,
    "team": _ID,
    "certificates": k.items(16, _CERTIFICATE),
    "hire_time_ms": k.TIME,
    "training_hours_90d": k.between(0, 2_160),
    "hourly_cost_fen": k.between(0, 10_000_000),
    "daily_quota_milli": k.between(0, 1_000_000),
    "shift": _SHIFT,
    "conflicts": k.items(64, _ID),
    "training_kinds": k.items(64, _ID),
    "mentor": k.anything,
}
_NEW_OPERATOR = k.Rules(
    OPERATOR_FIELDS
    | {"name": k.anything, "operator_id": k.anything, "province": k.anything, "etag": k.ETAG, "presence": k.anything}
)
_KNOWN_OPERATOR = _NEW_OPERATOR.but(name=OPERATOR_NAME, required=("name",))

#: Fields of a kind that a client may write.
KIND_FIELDS: dict[str, k.Check] = {
    "display_name": k.free_text(100),
    "display_name_zh": k.free_text(100),
    "line": LINE,
    "standard_minutes": k.between(1, 1_440),
    "sla_minutes": k.between(1, 43_200),
    "required_authority": k.between(0, 9),
    "required_skills": k.items(16, SKILL, key="skill"),
    "tariff_fen": k.between(0, 100_000_000),
    "operating_standard": k.free_text(20_000),
    "standard_minutes_by_complexity": k.exactly(5, k.between(1, 1_440)),
    "breach_points": k.between(0, 1_000),
}
_CHANGED_KIND = k.Rules(
    KIND_FIELDS
    | {"name": _KIND_NAME, "task_kind_id": k.anything, "operating_standard_revision": k.anything, "etag": k.ETAG},
    required=("name",),
)
#: A kind after its change.
WHOLE_KIND = _CHANGED_KIND.but(
    required=("name", "display_name", "display_name_zh", "line", "standard_minutes", "sla_minutes")
)

UPDATE_OPERATOR = k.Rules(
    {"operator": _KNOWN_OPERATOR, "update_mask": k.mask_of(*OPERATOR_FIELDS), "request_id": k.REQUEST_ID},
    required=("operator", "request_id"),
)

RULES: Mapping[type[Message], k.Rules] = {
    operator_pb2.GetOperatorRequest: k.Rules({"name": OPERATOR_NAME}, required=("name",)),
    operator_pb2.ListOperatorsRequest: k.Rules(
        {"parent": PARENT_OR_ALL, **k.PAGE, **k.FILTER, **k.ORDER}, required=("parent",)
    ),
    operator_pb2.CreateOperatorRequest: k.Rules(
        {"parent": PROVINCE_NAME, "operator_id": _ID, "operator": _NEW_OPERATOR, "request_id": k.REQUEST_ID},
        required=("parent", "operator_id", "operator", "request_id"),
    ),
    operator_pb2.UpdateOperatorRequest: UPDATE_OPERATOR,
    operator_pb2.DeleteOperatorRequest: k.Rules(
        {"name": OPERATOR_NAME, "etag": k.ETAG, "request_id": k.REQUEST_ID}, required=("name", "request_id")
    ),
    operator_pb2.BatchUpdateOperatorsRequest: k.Rules({"requests": k.items(500)}, required=("requests",)),
    operator_pb2.GetTaskKindRequest: k.Rules({"name": _KIND_NAME}, required=("name",)),
    operator_pb2.ListTaskKindsRequest: k.Rules({**k.PAGE, **k.FILTER, **k.ORDER}),
    operator_pb2.UpdateTaskKindRequest: k.Rules(
        {
            "task_kind": _CHANGED_KIND,
            "update_mask": k.mask_of(*KIND_FIELDS),
            "allow_missing": k.anything,
            "request_id": k.REQUEST_ID,
        },
        required=("task_kind", "request_id"),
    ),
    operator_pb2.GetOperatorWorkloadRequest: k.Rules({"name": OPERATOR_NAME}, required=("name",)),
}
