"""What a message's actions do with work: to each province in one bundle, for which nothing waits but a callback.

These are nearly all actions that there are. A task, a coroutine and a timer for each cost more than all else that the gateway does with it. Only a
refusal, which is rare, takes a task: whoever shows a void token is told who has the work now, and that may have to be asked for.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from actors import protocol
from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, SessionId
from actors.core.refusal import Refused
from gateway import names, permissions, validation
from gateway.answers import Replies
from gateway.calls import item_deadline
from gateway.clock import wall_ms
from gateway.errors import GatewayError
from gateway.identity import Identity
from gateway.services.holding import Holding, Outcome, outcome
from gateway.v1 import work_pb2

#: Actions with work, which the province decides alone, and heartbeats.
BUNDLED = frozenset(
    {
        "heartbeat",
        "fetch_next",
        "accept",
        "decline",
        "start",
        "renew",
        "suspend",
        "complete",
        "return_task",
        "refer",
        "release",
    }
)
#: Actions that are harmless to repeat: the lease token says it all, so no answer need be kept for their request id.
FENCED_BY_TOKEN = ("accept", "start", "complete", "renew", "sign_in", "sign_out", "set_presence")
#: Actions whose answers say what their operator holds: news of the same commit belong behind them.
SAYING_WHAT_IS_HELD = ("sign_in", "set_presence", "fetch_next", "accept", "start", "renew")
#: Without an action id, only refusals of these are told.
_TOLD_ONLY_IF_NAMED = ("heartbeat", "renew")
#: Operator names whose permission is remembered.
_NAMES_MAX = 1_000

#: What became of an action; a failure is told as the error that it is.
Found = Outcome | work_pb2.HeartbeatResponse | GatewayError
#: An action's id, its kind and its command.
Steps = list[tuple[str, str, c.AnyCommand]]


def is_told(action_id: str, kind: str) -> bool:
    """Whether it is told that an action has succeeded. That it has not is told always.

    Desks send heartbeats and renewals all the time and want to hear of them only if something is wrong.
    """
    return bool(action_id) or kind not in _TOLD_ONLY_IF_NAMED


class Slot:
    """A message's place among those under way, free again when its last part has ended."""

    def __init__(self, slots: asyncio.Semaphore, parts: int) -> None:
        self._slots = slots
        self._left = parts
        if not parts:
            slots.release()

    def part_ended(self, _: object) -> None:
        """One part of it is over, however it went."""
        self._left -= 1
        if not self._left:
            self._slots.release()


class WorkBundles:
    """Bundles of one stream.

    Args:
        tell: told what became of the action of an id.
        hold_back: told of an operator for whom a step begins whose answer says what they hold.
        let_go: told when it has been answered.
        start: begins a task of the stream.
        failed: told of a bug, which must end the stream.
    """

    def __init__(
        self,
        holding: Holding,
        session: SessionId,
        identity: Identity,
        method: str,
        *,
        tell: Callable[[str, Found], None],
        hold_back: Callable[[OperatorId], None],
        let_go: Callable[[OperatorId], None],
        start: Callable[[Coroutine[Any, Any, None]], object],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._holding = holding
        self._session = session
        self._identity = identity
        self._who = identity.who
        self._method = method
        self._tell = tell
        self._hold_back = hold_back
        self._let_go = let_go
        self._start = start
        self._failed = failed
        self._asked: set[Replies] = set()
        #: Operator names that the identity may act for, as the domain knows them.
        self._known: dict[str, OperatorId] = {}

    @property
    def is_busy(self) -> bool:
        """Whether a province has not answered."""
        return bool(self._asked)

    def close(self) -> None:
        """Hear no more answers."""
        for replies in list(self._asked):
            replies.cancel()

    def carry_out(
        self, actions: Sequence[work_pb2.WorkAction], slots: asyncio.Semaphore, ended: Callable[[object], None]
    ) -> None:
        """Begin actions that are all `BUNDLED`, in their order.

        Args:
            slots: of which the message holds one until all is answered.
            ended: called after each bundle.
        """
        by_province: dict[ProvinceCode, Steps] = {}
        for action in actions:
            try:
                self._prepare(action, by_province)
            except GatewayError as error:
                self._tell(action.action_id, error)
        slot = Slot(slots, len(by_province))
        for province, steps in by_province.items():
            replies = self._holding.ask_soon(province, [command for _, _, command in steps])
            self._asked.add(replies)
            replies.add_done_callback(partial(self._replied, steps))
            replies.add_done_callback(slot.part_ended)
            replies.add_done_callback(ended)

    def _prepare(self, action: work_pb2.WorkAction, by_province: dict[ProvinceCode, Steps]) -> None:
        """Put the command of an action to those for its province; a heartbeat is answered here.

        Raises:
            GatewayError: the action is wrong, or not permitted.
        """
        validation.check(action)
        kind = action.WhichOneof("action")
        assert kind is not None, "a valid action has a kind"
        if kind == "heartbeat":
            if is_told(action.action_id, kind):
                self._tell(action.action_id, work_pb2.HeartbeatResponse(server_time_ms=wall_ms()))
            return
        operator = self._permitted(action.operator)
        province, command = self._holding.command(
            kind,
            getattr(action, kind),
            operator,
            self._session,
            who=self._who,
            request_id="" if kind in FENCED_BY_TOKEN else action.request_id,
        )
        by_province.setdefault(province, []).append((action.action_id, kind, command))
        if kind in SAYING_WHAT_IS_HELD:
            self._hold_back(operator)

    def _permitted(self, name: str) -> OperatorId:
        """The operator of a valid name, looked at once: the identity and the method are the stream's own.

        Raises:
            GatewayError: the identity may not act for the operator.
        """
        operator = self._known.get(name)
        if operator is None:
            _, operator = names.parse_operator(name)
            permissions.check_operator(self._identity, self._method, operator)
            if len(self._known) >= _NAMES_MAX:
                self._known.clear()
            self._known[name] = operator
        return operator

    def _replied(self, steps: Steps, replies: Replies) -> None:
        """A province has answered, or will not."""
        self._asked.discard(replies)
        if replies.cancelled():
            return
        try:
            self._tell_all(steps, replies.result())
        except GatewayError as error:
            for action_id, _, _ in steps:
                self._tell(action_id, error)
        except Exception as bug:  # noqa: BLE001 - nobody waits for this callback
            self._failed(bug)
        finally:
            for _, kind, command in steps:
                if kind in SAYING_WHAT_IS_HELD:
                    assert isinstance(command, (c.FetchNextTask, c.HolderCommand)), "a step with work is somebody's"
                    self._let_go(command.operator)

    def _tell_all(self, steps: Steps, replies: Sequence[protocol.Response]) -> None:
        for (action_id, kind, command), reply in zip(steps, replies, strict=True):
            if isinstance(reply, Refused):
                self._start(self._refuse(action_id, command, reply))
                continue
            try:
                found = outcome(command, reply)
            except GatewayError as error:
                self._tell(action_id, error)
                continue
            if is_told(action_id, kind):
                self._tell(action_id, found)

    async def _refuse(self, action_id: str, command: c.AnyCommand, refused: Refused) -> None:
        try:
            self._tell(action_id, await self._holding.refused(command, refused, item_deadline()))
        except GatewayError as error:
            self._tell(action_id, error)
