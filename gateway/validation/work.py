"""Rules of WorkService. The unary methods and the actions of the stream are the same calls in two forms."""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway.conversion.enums import VERDICTS_IN
from gateway.v1 import operator_pb2, task_pb2, work_pb2
from gateway.validation import checks as k
from gateway.validation.task import OPERATOR_NAME, TASK_NAME

_ID = k.identifier()
_REQUIRED_REASON = k.REASON
_ROUND_TRIP = k.between(0, 600_000)


def _presences(*presences: operator_pb2.Presence) -> k.Check:
    return k.one_of(dict.fromkeys(presences), [operator_pb2.Presence.Name(presence) for presence in presences])


_START_PRESENCE = _presences(operator_pb2.PRESENCE_AVAILABLE, operator_pb2.PRESENCE_BREAK)
_PRESENCE = _presences(operator_pb2.PRESENCE_AVAILABLE, operator_pb2.PRESENCE_BREAK, operator_pb2.PRESENCE_DRAINING)
_VERDICT = k.one_of(VERDICTS_IN, [task_pb2.Verdict.Name(task_pb2.Verdict.ValueType(value)) for value in VERDICTS_IN])

#: What both forms of a call share: (fields, required).
_TASK_AND_TOKEN: dict[str, k.Check] = {"task": TASK_NAME, "token": k.TOKEN}


def _nothing_granted_when_declined(message: Message) -> k.Wrong:
    declined = getattr(message, "verdict") == task_pb2.VERDICT_DECLINED  # noqa: B009 - both forms of the call
    if declined and getattr(message, "amount_fen"):  # noqa: B009
        return [("amount_fen", "expected 0 with VERDICT_DECLINED")]
    return None


_SIGN_IN = k.Rules({"desk_id": _ID, "presence": _START_PRESENCE, "resume": k.anything}, required=("desk_id",))
_SIGN_OUT = k.Rules({"reason": k.REASON})
_FETCH = k.Rules({"kinds": k.items(64, _ID)})
_HOLD = k.Rules(_TASK_AND_TOKEN, required=("task", "token"))
_GIVE_UP = k.Rules(_TASK_AND_TOKEN | {"reason": k.REASON}, required=("task", "token"))
_EXPLAINED = k.Rules(_TASK_AND_TOKEN | {"reason": _REQUIRED_REASON}, required=("task", "token", "reason"))
_COMPLETE = k.Rules(
    _TASK_AND_TOKEN | {"verdict": _VERDICT, "amount_fen": k.AMOUNT, "note": k.free_text(2_000)},
    required=("task", "token", "verdict"),
    whole=_nothing_granted_when_declined,
)
_REFER = k.Rules(
    _TASK_AND_TOKEN | {"required_authority": k.between(0, 9), "reason": _REQUIRED_REASON},
    required=("task", "token", "reason"),
)
_HEARTBEAT = k.Rules({"round_trip_ms": _ROUND_TRIP})


def _unary(action: k.Rules, *, whole: k.Check | None = None, request_id: bool = True) -> k.Rules:
    """The rules of the unary form of an action."""
    required = {*action.required, "operator"} | ({"request_id"} if request_id else set())
    fields = action.fields | {"operator": OPERATOR_NAME, "request_id": k.REQUEST_ID}
    return k.Rules(fields, required=required, whole=whole)


def _action_is_whole(action: Message) -> k.Wrong:
    assert isinstance(action, work_pb2.WorkAction)
    kind = action.WhichOneof("action")
    if kind is None:
        return [("action", "expected exactly one action")]
    wrong: list[tuple[str, str]] = []
    if not action.operator and kind != "heartbeat":
        wrong.append(("operator", "is required"))
    if not action.request_id and kind not in ("heartbeat", "renew"):
        wrong.append(("request_id", "is required"))
    return wrong


#: One action of the stream; the service checks action by action, so that each succeeds or fails by itself.
WORK_ACTION = k.Rules(
    {
        "action_id": _ID,
        "operator": OPERATOR_NAME,
        "request_id": k.REQUEST_ID,
        "sign_in": _SIGN_IN,
        "sign_out": _SIGN_OUT,
        "set_presence": k.Rules({"presence": _PRESENCE}, required=("presence",)),
        "heartbeat": _HEARTBEAT,
        "fetch_next": _FETCH,
        "accept": _HOLD,
        "decline": _GIVE_UP,
        "start": _HOLD,
        "renew": _HOLD,
        "suspend": _EXPLAINED,
        "complete": _COMPLETE,
        "return_task": _EXPLAINED,
        "refer": _REFER,
        "release": _GIVE_UP,
    },
    whole=_action_is_whole,
)

RULES: Mapping[type[Message], k.Rules] = {
    work_pb2.WorkRequest: k.Rules({"actions": k.items(500)}, required=("actions",)),
    work_pb2.WorkAction: WORK_ACTION,
    work_pb2.SignInRequest: _unary(_SIGN_IN),
    work_pb2.SignOutRequest: _unary(_SIGN_OUT),
    work_pb2.HeartbeatRequest: k.Rules(
        {"operators": k.items(500, OPERATOR_NAME), "round_trip_ms": _ROUND_TRIP, "desk_id": _ID},
        required=("operators",),
    ),
    work_pb2.FetchNextTaskRequest: _unary(_FETCH),
    work_pb2.AcceptOfferRequest: _unary(_HOLD),
    work_pb2.DeclineOfferRequest: _unary(_GIVE_UP),
    work_pb2.StartAssignmentRequest: _unary(_HOLD),
    work_pb2.RenewAssignmentRequest: _unary(_HOLD, request_id=False),
    work_pb2.SuspendAssignmentRequest: _unary(_EXPLAINED),
    work_pb2.CompleteAssignmentRequest: _unary(_COMPLETE, whole=_nothing_granted_when_declined),
    work_pb2.ReturnTaskRequest: _unary(_EXPLAINED),
    work_pb2.ReferAssignmentRequest: _unary(_REFER),
    work_pb2.ReleaseAssignmentRequest: _unary(_GIVE_UP),
}
