"""A workbench: one Work stream that carries the desks of many operators, as a branch's own desk software would.

What it shows of the contract: many actions in one message; every write with a request_id that is repeated unchanged; a heartbeat a second
for the whole stream; renewal of leases while people work; and after a lost stream a new one, a sign-in for each operator (who only comes back
and is taken over from no other desk), and the actions that were not answered once more. Nothing here knows more of the system than the stubs in gateway.v1.

`freeze` is a power cut: no heartbeats, no reading, no writing. The people work on with what lies on their desks, so after `thaw` their
decisions go out late, and the server's answers tell whether they still count.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import grpc

from gateway.v1 import error_pb2, operator_pb2, work_pb2, work_pb2_grpc
from loadtests.catalogue import Line
from loadtests.desk_counts import DeskCounts, LateDecision
from loadtests.handling import Behaviour
from loadtests.seat import Held, Seat, Stage
from loadtests.wire import STREAM_OVER, RequestIds, backoff_s, bearer, is_retryable, retry_pause_s

#: Actions in one message.
ACTIONS_MAX = 500
HEARTBEAT_S = 1.0
#: Action id of all heartbeats.
HEARTBEAT_ID = "heartbeat"
#: Time for the last answers after `stop`.
GOODBYE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOperator:
    """Somebody who sits at a workbench."""

    operator: str
    authority: dict[Line, int] = field(default_factory=dict)


class ActionWatch(Protocol):
    """Told of every action but heartbeats and renewals, for whoever keeps a record of them."""

    def made(self, action: work_pb2.WorkAction) -> None:
        """An operator did something; it goes out now or after a freeze, and again until it is answered."""
        ...

    def settled(self, action: work_pb2.WorkAction, result: work_pb2.ActionResult) -> None:
        """It was answered for good."""
        ...

    def dropped(self, action: work_pb2.WorkAction) -> None:
        """It will not be sent again, and whether it had an effect is unknown."""
        ...


@dataclass(slots=True)
class Pending:
    """An action without an answer yet."""

    action: work_pb2.WorkAction
    seat: Seat
    held: Held | None
    #: Made while the workbench was frozen.
    is_late: bool
    attempt: int = 0


class Workbench:
    """The desks of `operators` on one stream. `run` until `stop`.

    Args:
        watch: told of what is done and answered.
        channel: to the gateway; its own, so that a freeze holds nobody else up.
        token: bearer token with the operator role for the operators' province.
        operators: 1..500 people of one province.
        seed: of everything the people do.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: str,
        operators: Sequence[DeskOperator],
        behaviour: Behaviour,
        *,
        desk_id: str,
        seed: int | str = 0,
        watch: ActionWatch | None = None,
    ) -> None:
        self.counts = DeskCounts()
        #: Operators whose sign-in was confirmed.
        self.signed_in: dict[str, None] = {}
        #: Operators who were ever signed in here: from then on they come back; and of these, who sits elsewhere or has gone home.
        self._seated: dict[str, None] = {}
        self._left: dict[str, None] = {}
        self.late_decisions: list[LateDecision] = []
        #: Decisions that were made during a freeze, refused or not.
        self.late_sent = 0
        self._stub = work_pb2_grpc.WorkServiceStub(channel)
        self._metadata = bearer(token)
        self._desk_id = desk_id
        self._watch = watch
        self._request_ids = RequestIds(desk_id)
        self._action_ids = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        rng = random.Random(f"{desk_id}/{seed}")
        self.seats = {
            person.operator: Seat(
                person.operator,
                person.authority,
                behaviour=behaviour,
                rng=random.Random(rng.random()),
                clock=self._loop,
                act=self._act,
                counts=self.counts,
            )
            for person in operators
        }
        self._outbox: list[work_pb2.WorkAction] = []
        self._pending: dict[str, Pending] = {}
        self._has_mail = asyncio.Event()
        self._has_power = asyncio.Event()
        self._has_power.set()
        self._all_signed_in = asyncio.Event()
        #: Set when, after `stop`, nothing is awaited any more.
        self._all_answered = asyncio.Event()
        self._is_stopping = False
        self._heartbeat_sent_s = 0.0
        self._round_trip_ms = 0
        self._renewed_s: dict[tuple[str, int], float] = {}
        self._lease_s = 10.0

    # --- for whoever runs it ---

    @property
    def is_frozen(self) -> bool:
        """Whether the power is off."""
        return not self._has_power.is_set()

    def freeze(self) -> None:
        """Cut the power: from now on nothing is sent and nothing is read."""
        self._has_power.clear()

    def thaw(self) -> None:
        """Power is back: what was decided meanwhile goes out, what came meanwhile is read."""
        self._has_power.set()

    def holds(self) -> Iterable[Held]:
        """All tasks in the hands of the operators."""
        return (held for seat in self.seats.values() for held in seat.held.values())

    def at_work_on(self) -> Iterable[tuple[Seat, Held]]:
        """What is held, and by whom, but for what has just been decided or given back.

        A renewal of that would come after it, to be refused as too late. Once it must be said again, the work is ours meanwhile.
        """
        leaving = {id(pending.held) for pending in self._pending.values() if not pending.attempt}
        for seat in self.seats.values():
            for held in seat.held.values():
                if held.stage is not Stage.ENDING or id(held) not in leaving:
                    yield seat, held

    async def wait_signed_in(self) -> None:
        """Wait until every operator is signed in."""
        await self._all_signed_in.wait()

    async def run(self) -> None:
        """Keep the stream up until `stop`."""
        failures = 0
        while not self._is_stopping:
            began_s = time.monotonic()
            try:
                await self._converse()
            except STREAM_OVER:
                if self._is_stopping:
                    return
            await self._has_power.wait()
            failures = 1 if time.monotonic() - began_s > 10 else failures + 1
            self.counts.reconnects += 1
            await asyncio.sleep(backoff_s(failures))

    async def stop(self) -> None:
        """Sign out everybody who sits here; `run` ends soon after, at the latest when its caller cancels it."""
        self._is_stopping = True
        for seat in self.seats.values():
            seat.forget_all()
        self._has_power.set()
        self._forget(list(self._pending))
        for seat in self.seats.values():
            if seat.operator in self._left:
                # They would be signed out where they sit.
                continue
            self._act(
                work_pb2.WorkAction(operator=seat.operator, sign_out=work_pb2.SignOutAction(reason="day's end")),
                None,
                seat,
            )
        if not self._pending:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._all_answered.wait()

    # --- one stream ---

    async def _converse(self) -> None:
        call = self._stub.Work(metadata=self._metadata, wait_for_ready=True)
        self._forget([key for key, pending in self._pending.items() if pending.action.HasField("sign_in")])
        unanswered, self._pending = self._pending, {}
        self._outbox = []
        if not self._is_stopping:
            self._sign_in(self.seats.values())
        self._pending |= unanswered
        self._outbox += [pending.action for pending in unanswered.values()]
        self._has_mail.set()
        jobs = [asyncio.create_task(job) for job in (self._write(call), self._read(call), self._beat())]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            for job in done:
                job.result()
        finally:
            for job in jobs:
                job.cancel()
            call.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _write(self, call: grpc.aio.StreamStreamCall) -> None:
        while True:
            await self._has_mail.wait()
            await self._has_power.wait()
            self._has_mail.clear()
            while self._outbox and self._has_power.is_set():
                actions, self._outbox = self._outbox[:ACTIONS_MAX], self._outbox[ACTIONS_MAX:]
                await call.write(work_pb2.WorkRequest(actions=actions))

    async def _read(self, call: grpc.aio.StreamStreamCall) -> None:
        while True:
            await self._has_power.wait()
            response = await call.read()
            if not isinstance(response, work_pb2.WorkResponse):
                return
            # A message that was on its way when the power went is lying on a dark screen.
            await self._has_power.wait()
            for update in response.updates:
                self._take(update)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if self.is_frozen:
                continue
            self._heartbeat_sent_s = time.monotonic()
            beat = work_pb2.HeartbeatAction(round_trip_ms=self._round_trip_ms)
            self._outbox.append(work_pb2.WorkAction(action_id=HEARTBEAT_ID, heartbeat=beat))
            self._renew_leases()
            self._has_mail.set()

    def _renew_leases(self) -> None:
        """Renew every lease of which half is gone. Renewals need no answer: what is gone is told as a revocation."""
        now_s = time.monotonic()
        renewed: dict[tuple[str, int], float] = {}
        for seat, held in self.at_work_on():
            key = (held.task.name, held.token)
            renewed[key] = self._renewed_s.get(key, now_s)
            if now_s - renewed[key] >= self._lease_s / 2:
                renewed[key] = now_s
                renew = work_pb2.RenewAction(task=held.task.name, token=held.token)
                self._outbox.append(work_pb2.WorkAction(operator=seat.operator, renew=renew))
        self._renewed_s = renewed

    # --- actions ---

    def _act(self, action: work_pb2.WorkAction, held: Held | None, seat: Seat | None = None) -> None:
        action.action_id = f"a{next(self._action_ids)}"
        action.request_id = self._request_ids()
        late = self.is_frozen and action.HasField("complete")
        self.late_sent += late
        self._pending[action.action_id] = Pending(action, seat or self.seats[action.operator], held, late)
        self._outbox.append(action)
        self._has_mail.set()
        if self._watch is not None:
            self._watch.made(action)

    def _forget(self, action_ids: Iterable[str]) -> None:
        """Wait no longer for the answers to these actions."""
        for action_id in action_ids:
            pending = self._pending.pop(action_id)
            if self._watch is not None:
                self._watch.dropped(pending.action)

    def _sign_in(self, seats: Iterable[Seat]) -> None:
        for seat in seats:
            if seat.operator in self._left:
                continue
            sign_in = work_pb2.SignInAction(
                desk_id=self._desk_id,
                presence=operator_pb2.PRESENCE_AVAILABLE,
                resume=seat.operator in self._seated,
            )
            self._act(work_pb2.WorkAction(operator=seat.operator, sign_in=sign_in), None, seat)

    def _send_again(self, action_id: str) -> None:
        pending = self._pending.get(action_id)
        if pending is not None:
            self._outbox.append(pending.action)
            self._has_mail.set()

    # --- updates ---

    def _take(self, update: work_pb2.WorkUpdate) -> None:
        match update.WhichOneof("update"):
            case "result":
                self._take_result(update.result)
            case "offer":
                if (seat := self.seats.get(update.offer.operator)) is not None:
                    seat.offered(update.offer)
            case "assignment":
                if (seat := self.seats.get(update.assignment.operator)) is not None:
                    seat.assigned(update.assignment)
            case "revocation":
                gone = update.revocation
                if (seat := self.seats.get(gone.operator)) is not None:
                    seat.revoked(gone.task, gone.token)
            case "session":
                self._take_session(update.session)
            case _:
                pass

    def _take_session(self, session: work_pb2.Session) -> None:
        """The session changed by itself."""
        seat = self.seats.get(session.operator)
        if seat is None:
            return
        if session.end_reason == "TAKEN_OVER":
            self._leave(seat)
        elif session.end_reason:
            self.signed_in.pop(session.operator, None)
            seat.forget_all()
            if session.end_reason == "SILENT" and not self._is_stopping:
                self._sign_in((seat,))
        elif not self._is_stopping:
            # The province came back: what it told meanwhile is lost, and this is what it says that we hold.
            seat.resumed(session)

    def _leave(self, seat: Seat) -> None:
        """The operator sits at another desk or has gone home, and does not come back here by itself."""
        self._left[seat.operator] = None
        self.signed_in.pop(seat.operator, None)
        seat.forget_all()

    def _take_result(self, result: work_pb2.ActionResult) -> None:
        if result.action_id == HEARTBEAT_ID:
            self._take_heartbeat(result)
            return
        pending = self._pending.get(result.action_id)
        if pending is None:
            return
        if result.WhichOneof("outcome") == "error" and is_retryable(result.error) and not self._is_stopping:
            pending.attempt += 1
            pause_s = retry_pause_s(result.error, pending.attempt)
            self._loop.call_later(pause_s, self._send_again, result.action_id)
            return
        del self._pending[result.action_id]
        if self._watch is not None:
            self._watch.settled(pending.action, result)
        if self._is_stopping and not self._pending:
            self._all_answered.set()
        if result.WhichOneof("outcome") == "error":
            self._take_refusal(pending, result.error)
        else:
            self._take_success(pending, result)

    def _take_heartbeat(self, result: work_pb2.ActionResult) -> None:
        self._round_trip_ms = int((time.monotonic() - self._heartbeat_sent_s) * 1000)
        gone = [self.seats[operator] for operator in result.heartbeat.signed_out_operators if operator in self.seats]
        if gone and not self._is_stopping:
            self._sign_in(seat for seat in gone if seat.operator in self.signed_in)

    def _take_success(self, pending: Pending, result: work_pb2.ActionResult) -> None:
        seat, action = pending.seat, pending.action.WhichOneof("action")
        match action:
            case "sign_in":
                self.signed_in[seat.operator] = None
                self._seated[seat.operator] = None
                if len(self.signed_in) == len(self.seats):
                    self._all_signed_in.set()
                seat.resumed(result.session)
            case "accept":
                self._lease_s = max(1.0, result.assignment.lease_remaining_ms / 1000)
                seat.assigned(result.assignment)
            case "start" if pending.held is not None:
                seat.started(pending.held)
            case "decline" | "suspend" | "complete" | "return_task" | "refer" | "release":
                self._count(action)
                seat.ended(pending.held)
            case _:
                pass

    def _count(self, action: str) -> None:
        counts = self.counts
        counts.completed += action == "complete"
        counts.suspended += action == "suspend"
        counts.returned += action == "return_task"
        counts.referred += action == "refer"

    def _take_refusal(self, pending: Pending, error: error_pb2.Error) -> None:
        if pending.is_late:
            self.late_decisions.append(LateDecision.of(pending.action, error))
        pending.seat.refused(pending.held, error)
        if error.reason in ("TAKEN_OVER", "SIGNED_OUT"):
            self._leave(pending.seat)
        if error.reason == "NOT_SIGNED_IN" and not self._is_stopping:
            self._sign_in((pending.seat,))
