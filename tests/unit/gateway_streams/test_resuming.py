"""A stream whose province comes back asks what its operators hold: for those who are there, until it is told, and for nobody who has left."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, SiteId
from actors.core.operators import Operator, PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, OperatorReply, SessionReply
from gateway.desks import Desks
from gateway.errors import GatewayError, GatewayReason
from gateway.identity import Identity, Role
from gateway.services import work_stream
from gateway.services.holding import Holding
from gateway.services.work_stream import WorkStream
from gateway.v1 import work_pb2
from tests.unit.gateway_streams.served import PATIENCE_S

FUJIAN = ProvinceCode("fujian")
#: What the province is asked when it comes back: who has the session, and then to go on with it.
AGAIN = [c.GetOperator, c.SignIn]


class _Provinces:
    """A country that answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self._answers: list[asyncio.Future[Any]] = []

    def codes(self) -> Sequence[str]:
        return ["fujian"]

    async def call(self, province: str, request: Any, *, deadline: float) -> Any:
        assert province == "fujian"
        assert deadline > 0
        self.asked.append(request)
        self._answers.append(asyncio.get_running_loop().create_future())
        return await self._answers[-1]

    def kinds(self) -> list[type]:
        """What was asked so far."""
        return [type(request) for request in self.asked]

    async def answer(self, place: int, reply: Any) -> None:
        """Answer a request, and let the loop do what follows."""
        answer = self._answers[place]
        answer.set_exception(reply) if isinstance(reply, Exception) else answer.set_result(reply)
        await _turns()


class _Desk:
    """A stream of the desk that the test speaks for."""

    def __init__(self) -> None:
        self.provinces = _Provinces()
        self.desks = Desks("g1", lambda _province, _request: None)
        identity = Identity(role=Role.OPERATOR, subject="desk", province="fujian")
        holding = Holding(self.provinces, self.desks)  # pyright: ignore[reportArgumentType] - what the stream needs
        self.stream = WorkStream(holding, self.desks, identity, "/sharedops.v1.WorkService/Work")
        self.told: list[str] = []
        self._messages: asyncio.Queue[work_pb2.WorkRequest] = asyncio.Queue()
        self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async def sent() -> AsyncIterator[work_pb2.WorkRequest]:
            while True:
                yield await self._messages.get()

        async for response in self.stream.run(sent()):
            for update in response.updates:
                found = update.result
                reason = found.error.reason or found.session.end_reason or update.session.end_reason
                self.told.append(reason or found.WhichOneof("outcome") or update.WhichOneof("update") or "")

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def send(self, *actions: work_pb2.WorkAction) -> None:
        """Send a message, and let the loop do what follows."""
        self._messages.put_nowait(work_pb2.WorkRequest(actions=actions))
        await _turns()

    async def sign_in(self) -> None:
        """The first operator begins."""
        await self.send(sign_in(1))
        await self.provinces.answer(0, self.session())
        assert self.told == ["session"]
        self.told.clear()

    async def comes_back(self) -> None:
        """The province's link is up again."""
        self.desks.province_is_back(FUJIAN)
        await _turns()

    def session(self) -> SessionReply:
        return SessionReply(operator=self._person())

    def here(self) -> OperatorReply:
        """The province says that the operator's session is the stream's."""
        return OperatorReply(self._person())

    def gone(self, desk: str) -> OperatorReply:
        """The province says that the operator is not signed in, and keeps this seat for them."""
        return OperatorReply(
            msgspec.structs.replace(self._person(), presence=PresenceState.OFFLINE, session=None, desk=desk)
        )

    def _person(self) -> Operator:
        return Operator(
            operator=OperatorId("fujian-op-1"),
            province=FUJIAN,
            site=SiteId("fujian-1"),
            presence=PresenceState.AVAILABLE,
            session=self.stream.session,
        )


@pytest.fixture
async def desk() -> AsyncIterator[_Desk]:
    """A desk whose operator is signed in."""
    opened = _Desk()
    await opened.sign_in()
    yield opened
    async with asyncio.timeout(PATIENCE_S):
        await opened.close()


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def _action(number: int, **fields: Any) -> work_pb2.WorkAction:
    operator = f"provinces/fujian/operators/fujian-op-{number}"
    return work_pb2.WorkAction(action_id=f"a{number}", request_id=f"r{number}", operator=operator, **fields)


def sign_in(number: int) -> work_pb2.WorkAction:
    """An operator begins."""
    return _action(number, sign_in=work_pb2.SignInAction(desk_id="desk"))


SIGN_OUT = _action(1, sign_out=work_pb2.SignOutAction())
HEARTBEAT = work_pb2.WorkAction(heartbeat=work_pb2.HeartbeatAction())


async def test_whoever_signs_out_meanwhile_is_not_signed_in_again(desk: _Desk) -> None:
    """The desk was told that the day is over; offers for it would lie where nobody looks, behind a stream that lives on for its neighbours."""
    await desk.comes_back()
    await desk.send(SIGN_OUT)
    await desk.provinces.answer(1, desk.here())
    await desk.provinces.answer(2, Done())
    await desk.send(HEARTBEAT)
    assert (desk.provinces.kinds()[1:], desk.told) == ([c.GetOperator, c.SignOut], ["SIGNED_OUT"])


@pytest.mark.parametrize("reason", [Reason.TAKEN_OVER, Reason.SIGNED_OUT])
async def test_whoever_has_left_meanwhile_is_told_and_not_taken_back(desk: _Desk, reason: Reason) -> None:
    """The other desk came between the question and the sign-in."""
    await desk.comes_back()
    await desk.provinces.answer(1, desk.here())
    assert desk.provinces.asked[2].resume
    await desk.provinces.answer(2, Refused(reason=reason))
    await desk.send(HEARTBEAT)
    assert (desk.provinces.kinds()[1:], desk.told) == (AGAIN, [reason.upper()])


@pytest.mark.parametrize(("desk_id", "told"), [("desk", "SILENT"), ("", "SIGNED_OUT")])
async def test_whoever_left_while_the_link_was_down_is_not_said_to_be_silent(
    desk: _Desk, desk_id: str, told: str
) -> None:
    """Desks sign in again whoever fell silent: somebody who had gone home was offered work."""
    await desk.comes_back()
    await desk.provinces.answer(1, desk.gone(desk_id))
    await desk.send(HEARTBEAT)
    assert (desk.provinces.kinds()[1:], desk.told) == ([c.GetOperator], [told])


async def test_whoever_has_signed_out_is_not_signed_in_again(desk: _Desk) -> None:
    """The same, with the answers in the other order."""
    await desk.comes_back()
    await desk.send(SIGN_OUT)
    await desk.provinces.answer(2, Done())
    await desk.provinces.answer(1, desk.here())
    await desk.send(HEARTBEAT)
    assert (desk.provinces.kinds()[1:], desk.told) == ([c.GetOperator, c.SignOut], ["SIGNED_OUT"])


async def test_whoever_could_not_sign_out_is_told_what_they_hold(desk: _Desk) -> None:
    """The session lasts, and news of it were lost with the link."""
    await desk.comes_back()
    await desk.send(SIGN_OUT)
    await desk.provinces.answer(1, desk.here())
    await desk.provinces.answer(2, GatewayError(GatewayReason.PROVINCE_UNAVAILABLE, "It is away."))
    await desk.send(HEARTBEAT)
    await desk.provinces.answer(3, desk.here())
    await desk.provinces.answer(4, desk.session())
    assert desk.provinces.kinds()[1:] == [c.GetOperator, c.SignOut, *AGAIN]
    assert desk.told == ["PROVINCE_UNAVAILABLE", "session"]


@pytest.mark.parametrize("refused", AGAIN, ids=["who has the session", "going on with it"])
async def test_a_province_that_is_too_busy_to_say_what_is_held_is_asked_again(desk: _Desk, refused: type) -> None:
    """When a province comes back under load, everything that waited for it comes at once; desks that were refused never saw their new work."""
    await desk.comes_back()
    busy = GatewayError(GatewayReason.OVERLOADED, "Too many requests wait for the province.")
    if refused is c.SignIn:
        await desk.provinces.answer(1, desk.here())
    await desk.provinces.answer(len(desk.provinces.asked) - 1, busy)
    before = len(desk.provinces.asked)
    await desk.send(HEARTBEAT)
    await desk.provinces.answer(before, desk.here())
    await desk.provinces.answer(before + 1, desk.session())
    await desk.send(HEARTBEAT)
    assert (desk.provinces.kinds()[before:], desk.told) == (AGAIN, ["session"])


async def test_a_province_that_knows_no_such_operator_is_not_asked_again(desk: _Desk) -> None:
    """Whatever else it is asked would be answered the same, once a heartbeat and for ever."""
    await desk.comes_back()
    await desk.provinces.answer(1, GatewayError(GatewayReason.PERMISSION_DENIED))
    await desk.send(HEARTBEAT)
    assert desk.provinces.kinds()[1:] == [c.GetOperator]


async def test_sign_ins_under_way_count_among_the_operators_of_a_stream(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen messages of five hundred sign-ins, sent at once, made a stream of eight thousand operators."""
    monkeypatch.setattr(work_stream, "OPERATORS_MAX", 2)
    await desk.send(sign_in(2), sign_in(1), sign_in(2), sign_in(3))
    assert [request.operator for request in desk.provinces.asked[1:]] == ["fujian-op-2", "fujian-op-1", "fujian-op-2"]
    assert desk.told == ["OVERLOADED"]
