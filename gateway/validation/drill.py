"""Rules of DrillService."""

from collections.abc import Mapping

from google.protobuf.message import Message

from actors.core.drills.figures import FIGURES
from actors.core.shadow import FACTOR_MAX_PERMILLE, SHADOW_TASKS_MAX
from gateway import names
from gateway.conversion.drill import KINDS_IN
from gateway.v1 import drill_pb2
from gateway.validation import checks as k

_NAME = k.named(names.is_drill_name, "drills/{drill}")
_BOUND = k.between(0, 1_000_000_000)
OBJECTIVES_MAX = 32
PROVINCES_MAX = 36


def _figure(value: str) -> k.Wrong:
    return None if value in FIGURES else f"expected one of {', '.join(FIGURES)}"


def _one_bound(message: Message) -> k.Wrong:
    assert isinstance(message, drill_pb2.DrillObjective)
    if message.HasField("at_most") is message.HasField("at_least"):
        return [("at_most", "exactly one of at_most and at_least is required")]
    return None


def _made_up(message: Message) -> k.Wrong:
    """A surge says its factor; no other kind has one."""
    assert isinstance(message, drill_pb2.Drill)
    is_surge = message.kind == drill_pb2.DRILL_KIND_SURGE
    if is_surge and not message.factor_permille:
        return [("factor_permille", "is required for a surge")]
    if message.factor_permille and not is_surge:
        return [("factor_permille", "is for a surge only")]
    if is_surge and message.shadow_tasks:
        return [("shadow_tasks", "are for other kinds: a surge makes its own")]
    return None


_OBJECTIVE = k.Rules({"figure": _figure, "at_most": _BOUND, "at_least": _BOUND}, required=("figure",), whole=_one_bound)
_DRILL = k.Rules(
    {field.name: k.anything for field in drill_pb2.Drill.DESCRIPTOR.fields}
    | {
        "kind": k.one_of(KINDS_IN, (drill_pb2.DrillKind.Name(number) for number in KINDS_IN)),
        "provinces": k.items(
            PROVINCES_MAX,
            k.matching(names.PROVINCE_PATTERN, "expected a province id, for instance fujian"),
        ),
        "duration_ms": k.between(1_000, 600_000),
        "provinces_max": k.between(1, PROVINCES_MAX),
        "operators_max_permille": k.between(1, 1_000),
        "abort_below_permille": k.between(0, 1_000),
        "objectives": k.items(OBJECTIVES_MAX, _OBJECTIVE),
        "baseline_ms": k.between(10_000, 3_600_000),
        "factor_permille": k.between(1_001, FACTOR_MAX_PERMILLE),
        "shadow_tasks": k.between(0, SHADOW_TASKS_MAX),
        "note": k.free_text(200),
    },
    required=("kind",),
    whole=_made_up,
)

RULES: Mapping[type[Message], k.Rules] = {
    drill_pb2.CreateDrillRequest: k.Rules(
        {"drill": _DRILL, "validate_only": k.anything, "request_id": k.REQUEST_ID}, required=("drill", "request_id")
    ),
    drill_pb2.StartDrillRequest: k.Rules({"name": _NAME, "request_id": k.REQUEST_ID}, required=("name", "request_id")),
    drill_pb2.AbortDrillRequest: k.Rules(
        {"name": _NAME, "reason": k.REASON, "request_id": k.REQUEST_ID}, required=("name", "reason", "request_id")
    ),
    drill_pb2.GetDrillRequest: k.Rules({"name": _NAME}, required=("name",)),
    drill_pb2.ListDrillsRequest: k.Rules({**k.PAGE}),
}
