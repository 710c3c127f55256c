"""The desks' stream: many operators, many actions a message, results and news batched on the way down.

Reading goes on while earlier messages are being carried out, at most `MESSAGES_IN_FLIGHT_MAX` of them; actions of one operator go to the
same province over one connection, so they are decided in the order in which they came. Everything that is ready leaves in one message.
News of an operator stand behind the answers to the steps that were under way when they came (`news_order`).

What actions do with work travels in bundles (`work_bundles`). Signing in and out, setting presence, and everything that comes while one of those
is under way or a province is silent for a drill, take a task each, since they wait for one thing after the other.

A client that does not read is cut off when `UPDATES_MAX` updates wait for it, or `UPDATES_BYTES_MAX` of them (news that wait for an answer to go first
are among them): its desks must not hold work that they cannot see. From then on nothing it sends is read or counts as a sign of life, and
it learns the reason when it reads again. (Cancelling a call that is blocked in a write is no way to hurry it: grpc.aio then never ends the
call for the client. The age of its connection does.)
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import structlog

from actors.core.ids import OperatorId, ProvinceCode, SessionId
from actors.core.operators import Operator
from actors.core.refusal import Reason
from actors.core.replies import DeskUpdate
from gateway import names, permissions, validation
from gateway.calls import item_deadline
from gateway.clock import wall_ms
from gateway.conversion.work import desk_update_out, ended_session_out
from gateway.desks import Desks
from gateway.errors import AWAY, GatewayError, GatewayReason, to_wire_error
from gateway.identity import Identity
from gateway.services.holding import Holding, Outcome
from gateway.services.news_order import NewsOrder
from gateway.services.work_bundles import (
    BUNDLED,
    FENCED_BY_TOKEN,
    SAYING_WHAT_IS_HELD,
    Found,
    Slot,
    WorkBundles,
    is_told,
)
from gateway.v1 import task_pb2, work_pb2

_log = structlog.get_logger(__name__)

MESSAGES_IN_FLIGHT_MAX = 16
#: Updates that may wait for a client that reads slowly.
UPDATES_MAX = 20_000
#: And their bytes as they will be sent. One update may be a session with everything that is open: 20,000 of those would be gigabytes. Whoever
#: reads as fast as it can must never get here, and a stream is told at most this much at once: 500 operators come back with 64 tasks
#: each, an ordinary one about 1 KiB. It is twice that.
UPDATES_BYTES_MAX = 64 * 1024 * 1024
#: Updates in one message, and about how many bytes: clients refuse more than 4 MiB unless told otherwise.
UPDATES_PER_MESSAGE_MAX = 500
MESSAGE_BYTES_MAX = 1024 * 1024
#: Operators of one stream.
OPERATORS_MAX = 500


class WorkStream:
    """One stream of one identity."""

    def __init__(self, holding: Holding, desks: Desks, identity: Identity, method: str) -> None:
        self.session: SessionId = desks.new_session()
        self._holding = holding
        self._desks = desks
        self._identity = identity
        self._method = method
        self._operators: dict[OperatorId, work_pb2.WorkAction] = {}
        #: Operators whose sign-in, and whose sign-out, is under way.
        self._arriving: dict[OperatorId, None] = {}
        self._leaving: dict[OperatorId, None] = {}
        #: Operators of a restarted province that could not say what they hold.
        self._unsure: dict[OperatorId, None] = {}
        self._news = NewsOrder(self._tell, _size_of)
        #: What waits for the client, each with its bytes; and the bytes of all.
        self._updates: deque[tuple[work_pb2.WorkUpdate, int]] = deque()
        self._updates_bytes = 0
        self._has_updates = asyncio.Event()
        self._failure: GatewayError | None = None
        self._is_read = False
        self._reader: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(MESSAGES_IN_FLIGHT_MAX)
        self._under_way: set[asyncio.Task[None]] = set()
        self._bundles = WorkBundles(
            holding,
            self.session,
            identity,
            method,
            tell=self._send_result,
            hold_back=self._news.hold_back,
            let_go=self._news.let_go,
            start=self._start,
            failed=self._end_by,
        )

    async def run(self, messages: AsyncIterator[work_pb2.WorkRequest]) -> AsyncIterator[work_pb2.WorkResponse]:
        """Carry the stream until the client ends it.

        Raises:
            GatewayError: a message as a whole is wrong, or the client reads too slowly.
        """
        self._desks.opened(self)
        self._reader = asyncio.create_task(self._read(messages))
        try:
            while True:
                await self._has_updates.wait()
                response = self._next_response()
                if response is not None:
                    yield response
                elif self._failure is not None:
                    raise self._failure
                elif self._is_read and not self._is_busy:
                    return
        finally:
            self._leave()

    def _leave(self) -> None:
        """Neither hear nor tell any more."""
        self._desks.closed(self)
        assert self._reader is not None
        self._reader.cancel()
        for task in self._under_way:
            task.cancel()
        self._bundles.close()
        self._news.close()

    @property
    def _is_busy(self) -> bool:
        """Whether anything is still to be answered."""
        return bool(self._under_way) or self._bundles.is_busy

    def _next_response(self) -> work_pb2.WorkResponse | None:
        updates = self._updates
        if not updates:
            if self._failure is None and (not self._is_read or self._is_busy):
                self._has_updates.clear()
            return None
        update, size_bytes = updates.popleft()
        ready = [update]
        while updates and len(ready) < UPDATES_PER_MESSAGE_MAX and size_bytes + updates[0][1] <= MESSAGE_BYTES_MAX:
            update, update_bytes = updates.popleft()
            ready.append(update)
            size_bytes += update_bytes
        self._updates_bytes -= size_bytes
        return work_pb2.WorkResponse(updates=ready)

    # --- down ---

    def push(self, update: DeskUpdate) -> None:
        """Send news of a province down the stream."""
        if not self._news.take(update) and self._is_overfull():
            self._cut_off()

    def _tell(self, update: DeskUpdate) -> None:
        if update.task is None:
            self._operators.pop(update.operator, None)
        self._send(desk_update_out(update, wall_ms()))

    def resume(self, province: ProvinceCode) -> None:
        """Sign the operators of a restarted province in again; the answers tell what they hold."""
        for operator in self._operators:
            if names.operator_province(operator) == province:
                self._unsure[operator] = None
        self._ask_the_unsure()

    def _ask_the_unsure(self) -> None:
        """Ask what is not known of operators since their province restarted; what fails again is asked again with the next heartbeat."""
        unsure, self._unsure = self._unsure, {}
        for operator in unsure:
            # At the end of a drill's silence it is asked for anyway.
            if operator in self._operators and not self._desks.silence.holds(names.operator_province(operator)):
                self._start(self._sign_in_again(operator))

    def _lose(self, operator: OperatorId, reason: str) -> None:
        """An operator is no longer signed in by this stream."""
        if self._operators.pop(operator, None) is not None:
            self._send(work_pb2.WorkUpdate(session=ended_session_out(operator, reason)))

    async def _sign_in_again(self, operator: OperatorId) -> None:
        try:
            # Signing in takes a session over: whoever has it by now must keep it.
            person = await self._holding.person(operator, deadline=item_deadline())
            if person.session != self.session:
                self._lose(operator, _why_ended(person))
                return
            action = self._operators.get(operator)
            if action is None:
                # Signed out since the question was asked.
                return
            if operator in self._leaving:
                # It would come behind the sign-out and undo it. Should that fail, the question is still open.
                self._unsure[operator] = None
                return
            with self._news.held_back(operator):
                session = await self._step(action, operator)
                assert isinstance(session, work_pb2.Session)
                self._send(work_pb2.WorkUpdate(session=session))
        except GatewayError as error:
            _log.warning("not signed in again", operator=operator, reason=error.reason)
            if error.code in AWAY:
                self._unsure[operator] = None
            elif error.reason in (Reason.TAKEN_OVER.upper(), Reason.SIGNED_OUT.upper()):
                self._lose(operator, error.reason)

    def _send(self, update: work_pb2.WorkUpdate) -> None:
        if self._failure is not None:
            return
        update_bytes = update.ByteSize()
        self._updates.append((update, update_bytes))
        self._updates_bytes += update_bytes
        if self._is_overfull():
            self._cut_off()
            return
        self._has_updates.set()

    def _is_overfull(self) -> bool:
        """Whether more waits for the client than may, be it ready to leave or behind an answer."""
        news = self._news
        return (
            len(self._updates) + news.held_back_count > UPDATES_MAX
            or self._updates_bytes + news.held_back_bytes > UPDATES_BYTES_MAX
        )

    def _cut_off(self) -> None:
        """End the stream of a client that does not read."""
        self._fail(GatewayError(GatewayReason.OVERLOADED, "The stream is read too slowly."))
        self._leave()

    def _fail(self, error: GatewayError) -> None:
        if self._failure is None:
            self._failure = error
            self._updates.clear()
            self._updates_bytes = 0
        self._has_updates.set()

    # --- up ---

    async def _read(self, messages: AsyncIterator[work_pb2.WorkRequest]) -> None:
        try:
            async for message in messages:
                wrong = validation.error_of(message)
                if wrong is not None:
                    self._fail(wrong)
                    return
                self._desks.hear(self.session)
                await self._slots.acquire()
                if self._unsure and any(action.HasField("heartbeat") for action in message.actions):
                    self._ask_the_unsure()
                self._carry_out(message)
        except GatewayError as error:
            self._fail(error)
        except Exception as bug:  # noqa: BLE001 - nobody waits for the reader: as its end alone it would tell that all was read
            self._end_by(bug)
        finally:
            self._is_read = True
            self._has_updates.set()

    def _start(self, work: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._end_by(bug)
        self._ended(task)

    def _end_by(self, bug: BaseException) -> None:
        _log.error("a step failed by a bug", exc_info=bug)
        self._fail(GatewayError(GatewayReason.SHUTTING_DOWN, "The stream had to be ended; open it again."))

    def _carry_out(self, message: work_pb2.WorkRequest) -> None:
        """Begin a message's actions in their order. It is under way until the last of them has ended."""
        kinds = [action.WhichOneof("action") for action in message.actions]
        if not self._under_way and not self._desks.silence.is_on and BUNDLED.issuperset(kinds):
            self._bundles.carry_out(message.actions, self._slots, self._ended)
            return
        slot = Slot(self._slots, len(kinds))
        for action in message.actions:
            self._start(self._act(action)).add_done_callback(slot.part_ended)

    def _ended(self, _: object) -> None:
        """It may have been the last that the end of the stream waits for; whatever it had to say was sent before."""
        if self._is_read:
            self._has_updates.set()

    async def _act(self, action: work_pb2.WorkAction) -> None:
        if action.WhichOneof("action") not in SAYING_WHAT_IS_HELD or not names.is_operator_name(action.operator):
            await self._answer(action)
            return
        with self._news.held_back(names.parse_operator(action.operator)[1]):
            await self._answer(action)

    async def _answer(self, action: work_pb2.WorkAction) -> None:
        try:
            found = await self._outcome(action)
        except GatewayError as error:
            self._send_result(action.action_id, error)
        else:
            if is_told(action.action_id, action.WhichOneof("action") or ""):
                self._send_result(action.action_id, found)

    async def _outcome(self, action: work_pb2.WorkAction) -> Outcome | work_pb2.HeartbeatResponse:
        validation.check(action)
        if action.WhichOneof("action") == "heartbeat":
            return work_pb2.HeartbeatResponse(server_time_ms=wall_ms())
        _, operator = names.parse_operator(action.operator)
        permissions.check_operator(self._identity, self._method, operator)
        await self._desks.silence.over(names.operator_province(operator))
        if action.HasField("sign_in"):
            self._check_room(operator)
            return await self._noted(self._arriving, action, operator)
        if action.HasField("sign_out"):
            return await self._noted(self._leaving, action, operator)
        found = await self._step(action, operator)
        if action.HasField("set_presence") and operator in self._operators:
            self._operators[operator].sign_in.presence = action.set_presence.presence
            assert isinstance(found, work_pb2.Session)
            found.desk_id = self._operators[operator].sign_in.desk_id
        return found

    async def _noted(self, noted: dict[OperatorId, None], action: work_pb2.WorkAction, operator: OperatorId) -> Outcome:
        """Sign an operator in or out, who is among those `noted` until that is answered."""
        noted[operator] = None
        try:
            found = await self._step(action, operator)
        finally:
            noted.pop(operator, None)
        if action.HasField("sign_in"):
            self._remember(operator, action)
        else:
            self._operators.pop(operator, None)
        return found

    def _check_room(self, operator: OperatorId) -> None:
        known = self._operators.keys() | self._arriving.keys()
        if operator not in known and len(known) >= OPERATORS_MAX:
            raise GatewayError(GatewayReason.OVERLOADED, f"A stream carries at most {OPERATORS_MAX} operators.")

    def _remember(self, operator: OperatorId, action: work_pb2.WorkAction) -> None:
        copy = work_pb2.WorkAction()
        copy.CopyFrom(action)
        # It is for coming back.
        copy.sign_in.resume = True
        self._operators[operator] = copy

    async def _step(self, action: work_pb2.WorkAction, operator: OperatorId) -> Outcome:
        kind = action.WhichOneof("action")
        assert kind is not None
        return await self._holding.step(
            kind,
            getattr(action, kind),
            operator,
            self.session,
            who=self._identity.who,
            request_id="" if kind in FENCED_BY_TOKEN else action.request_id,
            deadline=item_deadline(),
        )

    def _send_result(self, action_id: str, found: Found) -> None:
        """Tell what became of an action."""
        result = work_pb2.ActionResult(action_id=action_id)
        if isinstance(found, GatewayError):
            result.error.CopyFrom(to_wire_error(found))
        else:
            _FIELDS[type(found)](result).CopyFrom(found)
        self._send(work_pb2.WorkUpdate(result=result))


def _size_of(news: DeskUpdate) -> int:
    """The bytes of the update that tells it; what the clock changes in it is nothing."""
    return desk_update_out(news, 0).ByteSize()


def _why_ended(person: Operator) -> str:
    """Why a session is over of which no news came. Desks sign in again whoever fell silent, and they keep their seat; who signed out has none."""
    if person.session is not None:
        return "TAKEN_OVER"
    return "SILENT" if person.desk else "SIGNED_OUT"


_FIELDS = {
    work_pb2.Assignment: lambda result: result.assignment,
    work_pb2.NoWork: lambda result: result.no_work,
    work_pb2.Session: lambda result: result.session,
    work_pb2.HeartbeatResponse: lambda result: result.heartbeat,
    task_pb2.TaskBrief: lambda result: result.task,
}
