"""Bundles that are on their way, and what becomes of those that are not answered."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from actors import protocol
from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.replies import Done
from actors.transport import LinkLost
from gateway import bundle_calls
from gateway.bundle_calls import BundleCalls
from gateway.errors import GatewayError

READ = c.GetTask(task_id=TaskId("fujian-1"))


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
    """Whoever takes over what was not answered."""

    def __init__(self) -> None:
        self.asked: list[Sequence[c.AnyCommand]] = []
        self.begun, self.ended = asyncio.Event(), asyncio.Event()

    async def ask(self, province: str, commands: Sequence[c.AnyCommand], deadline: float) -> list[Any]:
        assert deadline > 0
        self.asked.append(commands)
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()
        return []


def _calls(patient: _Patient) -> BundleCalls:
    return BundleCalls(patient.ask)


async def test_what_nobody_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers have no timers of their own: without this one a province that hangs would hold their streams for ever."""
    monkeypatch.setattr(bundle_calls, "DEADLINE_MAX_S", 0.01)
    link, calls = _Link(), _calls(_Patient())
    first = calls.send(link, "fujian", [READ])  # pyright: ignore[reportArgumentType]
    link.sent[0].set_result(protocol.encode(protocol.BundleReply(replies=(Done(),))))
    assert await first == (Done(),)
    for _ in range(2):
        with pytest.raises(GatewayError) as caught:
            await asyncio.wait_for(calls.send(link, "fujian", [READ]), 10)  # pyright: ignore[reportArgumentType]
        assert caught.value.reason == "DEADLINE_EXCEEDED"


async def test_whoever_does_not_want_the_answer_any_more_disturbs_nothing() -> None:
    """Streams end by broken lines every day; what each leaves running would add up."""
    link, patient = _Link(), _Patient()
    calls = _calls(patient)
    dropped = calls.send(link, "fujian", [READ])  # pyright: ignore[reportArgumentType]
    dropped.cancel()
    link.sent[0].set_result(protocol.encode(protocol.BundleReply(replies=(Done(),))))
    waiting = calls.send(link, "fujian", [READ])  # pyright: ignore[reportArgumentType]
    link.sent[1].set_exception(LinkLost("gateway/1", "test"))
    await asyncio.wait_for(patient.begun.wait(), 10)
    assert patient.asked == [[READ]]
    waiting.cancel()
    await asyncio.wait_for(patient.ended.wait(), 10)
