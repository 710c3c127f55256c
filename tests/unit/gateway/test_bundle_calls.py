"""Bundles that are on their way, and what becomes of those that are not answered."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import grpc
import pytest

from actors import protocol
from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.replies import Done
from actors.transport import LinkDown, LinkFull, LinkLost
from gateway import bundle_calls
from gateway.answers import Replies
from gateway.bundle_calls import BundleCalls
from gateway.errors import GatewayError
from gateway.fair_shares import Places

READ = c.GetTask(task_id=TaskId("fujian-1"))
FUJIAN = "province/fujian"
DONE = protocol.BundleReply(replies=(Done(),))


class _Link:
    """A connection whose answers the test gives."""

    def __init__(self) -> None:
        self.sent: list[asyncio.Future[bytes]] = []

    def call_soon(self, body: bytes) -> asyncio.Future[bytes]:
        assert isinstance(protocol.decode_request(body), protocol.Bundle)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.sent.append(future)
        return future


class _Patient:
    """Whoever takes over what was not answered; answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Sequence[c.AnyCommand]] = []
        #: Of what was no answer on its first connection, whether it may have been carried out.
        self.may_be_done: list[bool] = []
        self.begun, self.ended = asyncio.Event(), asyncio.Event()
        self.waiting: list[asyncio.Future[protocol.Response]] = []

    async def send_again(
        self, name: str, bundle: protocol.Bundle, deadline: float, number: int, may_be_done: bool
    ) -> protocol.Response:
        assert (name, number) == (FUJIAN, 1)
        self.may_be_done.append(may_be_done)
        return await self._wait(bundle.commands, deadline)

    async def ask(self, province: str, commands: Sequence[c.AnyCommand], deadline: float) -> list[Any]:
        assert province == "fujian"
        return [await self._wait(commands, deadline)]

    async def _wait(self, commands: Sequence[c.AnyCommand], deadline: float) -> protocol.Response:
        assert deadline > 0
        self.asked.append(commands)
        self.begun.set()
        answer: asyncio.Future[protocol.Response] = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        try:
            return await answer
        finally:
            self.ended.set()


def _calls(patient: _Patient, places: Places | None = None) -> BundleCalls:
    return BundleCalls(Places(100) if places is None else places, patient.send_again, patient.ask)


def _send(calls: BundleCalls, link: _Link, *commands: c.AnyCommand) -> Replies:
    return calls.send(link, FUJIAN, commands or [READ], number=1)  # pyright: ignore[reportArgumentType] - what a bundle needs of it


async def test_what_nobody_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers have no timers of their own: without this one a province that hangs would hold their streams for ever."""
    monkeypatch.setattr(bundle_calls, "DEADLINE_MAX_S", 0.01)
    link, calls = _Link(), _calls(_Patient())
    first = _send(calls, link)
    link.sent[0].set_result(protocol.encode(DONE))
    assert await first == (Done(),)
    for _ in range(2):
        with pytest.raises(GatewayError) as caught:
            await asyncio.wait_for(calls.send(link, "fujian", [READ], number=1), 10)  # pyright: ignore[reportArgumentType]
        assert caught.value.reason == "DEADLINE_EXCEEDED"


async def test_whoever_does_not_want_the_answer_any_more_disturbs_nothing() -> None:
    """Streams end by broken lines every day; what each leaves running would add up."""
    link, patient = _Link(), _Patient()
    calls = _calls(patient)
    dropped = _send(calls, link)
    dropped.cancel()
    link.sent[0].set_result(protocol.encode(DONE))
    waiting = _send(calls, link)
    link.sent[1].set_exception(LinkLost("gateway/1", "test"))
    await asyncio.wait_for(patient.begun.wait(), 10)
    assert patient.asked == [(READ,)]
    waiting.cancel()
    await asyncio.wait_for(patient.ended.wait(), 10)


async def test_a_bundle_holds_one_place_whatever_it_carries_and_is_refused_without_one() -> None:
    """Streams could gather bundles for a province that hangs without bound, and no other call would find room beside them."""
    link, places = _Link(), Places(4)
    calls = _calls(_Patient(), places)
    waiting = [_send(calls, link, *[READ] * protocol.BUNDLE_COMMANDS_MAX) for _ in range(2)]
    assert (places.of(FUJIAN), places.has_room(FUJIAN), places.has_room("province/jiangxi")) == (2, False, True)
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(_send(calls, link), 10)
    assert caught.value.reason == "OVERLOADED"
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.retry_after_ms == 1_000
    assert len(link.sent) == 2, "what is refused was never sent"
    link.sent[0].set_result(protocol.encode(DONE))
    assert await waiting[0] == (Done(),)
    again = _send(calls, link)
    link.sent[2].set_result(protocol.encode(DONE))
    assert await again == (Done(),)


async def test_a_bundle_whose_connection_broke_keeps_its_place() -> None:
    """It may have been carried out: refused now, its caller would take it for one that was not."""
    link, patient, places = _Link(), _Patient(), Places(2)
    calls = _calls(patient, places)
    replies = _send(calls, link)
    link.sent[0].set_exception(LinkLost("gateway/1", "test"))
    await asyncio.wait_for(patient.begun.wait(), 10)
    with pytest.raises(GatewayError, match="Too many calls wait"):
        await asyncio.wait_for(_send(calls, link), 10)
    found: list[int] = []
    replies.add_done_callback(lambda _: found.append(places.held))
    patient.waiting[0].set_result(DONE)
    assert await asyncio.wait_for(replies, 10) == (Done(),)
    assert (found, places.held, patient.asked) == ([0], 0, [(READ,)])


class _Watched(Places):
    """Places that tell when one is given back."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.given_back = asyncio.Event()

    def give_back(self, identity: str) -> None:
        """See `Places`."""
        super().give_back(identity)
        self.given_back.set()


async def test_a_bundle_that_is_given_up_before_it_was_asked_for_gives_its_place_back() -> None:
    """A task that is cancelled before it begins comes to none of its lines, so the place would be lost."""
    patient, places = _Patient(), _Watched(2)
    calls = _calls(patient, places)
    calls.send(_Link(), FUJIAN, [READ], number=1, at_once=False)  # pyright: ignore[reportArgumentType] - as above
    assert places.held == 1
    calls.close()
    await asyncio.wait_for(places.given_back.wait(), 10)
    assert (places.held, patient.asked) == (0, [])


@pytest.mark.parametrize(
    ("failure", "may_be_done"),
    [
        (LinkLost("gateway/1", "test"), True),
        (LinkDown("gateway/1"), False),
        (LinkFull("gateway/1", "calls_in_flight_max", 1), False),
        (None, False),
    ],
    ids=["lost", "down", "full", "not tried"],
)
async def test_what_never_left_is_told_from_what_was_lost(failure: Exception | None, may_be_done: bool) -> None:
    """Of a bundle that never left a client was told that nobody knows what became of it."""
    link, patient = _Link(), _Patient()
    at_once: dict[str, Any] = {"number": 1, "at_once": failure is not None}
    replies = _calls(patient).send(link, FUJIAN, [READ], **at_once)  # pyright: ignore[reportArgumentType] - what a bundle needs of it
    if failure is not None:
        link.sent[0].set_exception(failure)
    await asyncio.wait_for(patient.begun.wait(), 10)
    assert patient.may_be_done == [may_be_done]
    patient.waiting[0].set_result(DONE)
    assert await asyncio.wait_for(replies, 10) == (Done(),)


async def test_a_caller_that_has_gone_leaves_its_place_taken_until_the_answer() -> None:
    """Whoever opens streams, asks and hangs up in turns would have the province work for it without bound."""
    link, patient, places = _Link(), _Patient(), Places(4)
    calls = _calls(patient, places)
    for _ in range(2):
        _send(calls, link).cancel()
    await asyncio.sleep(0)
    assert places.held == 2
    link.sent[0].set_result(protocol.encode(DONE))
    link.sent[1].set_exception(LinkLost("gateway/1", "test"))
    for _ in range(4):
        await asyncio.sleep(0)
    assert places.held == 0
    assert patient.asked == [], "what nobody waits for is not sent again"


@pytest.mark.parametrize("seed", range(20))
async def test_every_place_is_given_back_however_a_bundle_ends(seed: int) -> None:
    """One that is lost with each broken connection would close a province to its desks after a few thousand."""
    chance = random.Random(seed)
    link, patient, places = _Link(), _Patient(), Places(40)
    calls = _calls(patient, places)
    asked: list[Replies] = []
    ends = (
        lambda sent: sent.set_result(protocol.encode(DONE)),
        lambda sent: sent.set_result(b"no answer of ours"),
        lambda sent: sent.set_exception(LinkLost("gateway/1", "test")),
        lambda sent: sent.cancel(),
    )
    for _ in range(300):
        chosen = chance.random()
        if chosen < 0.4:
            asked.append(_send(calls, link))
        elif chosen < 0.7 and (open_ones := [sent for sent in link.sent if not sent.done()]):
            chance.choice(ends)(chance.choice(open_ones))
        elif chosen < 0.8 and asked:
            chance.choice(asked).cancel()
        elif waiting := [answer for answer in patient.waiting if not answer.done()]:
            chance.choice(waiting).set_result(DONE)
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        assert places.held <= places.most // 2
    assert places.held > 0
    while held := places.held:
        _finish(link, patient)
        for _ in range(4):
            await asyncio.sleep(0)
        assert places.held < held, "what is answered gives its place back"
    assert all(replies.done() for replies in asked)
    await asyncio.gather(*asked, return_exceptions=True)


def _finish(link: _Link, patient: _Patient) -> None:
    """Answer whatever waits."""
    for sent in link.sent:
        if not sent.done():
            sent.set_result(protocol.encode(DONE))
    for answer in patient.waiting:
        if not answer.done():
            answer.set_result(DONE)
