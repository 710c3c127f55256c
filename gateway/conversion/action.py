"""What desks ask for. The unary methods and the actions of the stream have the same fields, so one converter serves both."""

from collections.abc import Callable
from typing import Any

from actors.core import commands as c
from actors.core.ids import KindId, OperatorId, SessionId
from gateway import names
from gateway.conversion.enums import PRESENCES_IN, VERDICTS_IN
from gateway.merging import fingerprint_of

#: Answered with the assignment; the steps that end one are answered with a brief of the task.
GIVES_ASSIGNMENT = (c.FetchNextTask, c.AcceptOffer, c.StartAssignment)


def command_in(
    action: str, message: Any, operator: OperatorId, session: SessionId, who: str, request_id: str
) -> c.AnyCommand:
    """The command of one action.

    Args:
        action: name of the action in `WorkAction`, e.g. ``accept``.
        message: the action, or the request of the unary method of the same meaning; validated.
        session: the desk's session, for a sign-in or a sign-out.
    """
    common: dict[str, Any] = {"who": who, "request_id": request_id}
    if action in _ABOUT_SESSIONS:
        # The session is the gateway's, no part of what was asked: repeated at another gateway, a request is still the same one.
        common["fingerprint"] = fingerprint_of(message, action) if request_id else b""
        return _ABOUT_SESSIONS[action](message, common | {"operator": operator}, session)
    if action == "fetch_next":
        return c.FetchNextTask(**common, operator=operator, kinds=tuple(KindId(kind) for kind in message.kinds))
    hold: dict[str, Any] = common | {
        "task_id": names.parse_task(message.task),
        "operator": operator,
        "token": message.token,
    }
    return _HOLDING[action](message, hold)


_Fields = dict[str, Any]

_ABOUT_SESSIONS: dict[str, Callable[[Any, _Fields, SessionId], c.AnyCommand]] = {
    "sign_in": lambda message, common, session: c.SignIn(
        **common,
        session=session,
        presence=PRESENCES_IN.get(message.presence),
        desk=message.desk_id,
        resume=message.resume,
    ),
    "sign_out": lambda message, common, session: c.SignOut(**common, session=session, reason=message.reason),
    "set_presence": lambda message, common, _: c.SetPresence(**common, presence=PRESENCES_IN[message.presence]),
}


def _renew(hold: _Fields) -> c.RenewAssignment:
    hold["request_id"] = ""
    return c.RenewAssignment(**hold)


_HOLDING: dict[str, Callable[[Any, _Fields], c.AnyCommand]] = {
    "accept": lambda _, hold: c.AcceptOffer(**hold),
    "decline": lambda message, hold: c.DeclineOffer(**hold, reason=message.reason),
    "start": lambda _, hold: c.StartAssignment(**hold),
    "renew": lambda _, hold: _renew(hold),
    "suspend": lambda message, hold: c.SuspendAssignment(**hold, reason=message.reason),
    "complete": lambda message, hold: c.CompleteAssignment(
        **hold, verdict=VERDICTS_IN[message.verdict], amount_fen=message.amount_fen, note=message.note
    ),
    "return_task": lambda message, hold: c.ReturnTask(**hold, reason=message.reason),
    "refer": lambda message, hold: c.ReferAssignment(
        **hold, required_authority=message.required_authority, reason=message.reason
    ),
    "release": lambda message, hold: c.ReleaseAssignment(**hold, reason=message.reason),
}
