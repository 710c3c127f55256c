"""Bundles of commands on their way to provinces, without a task that waits for each.

A task, a timer and a coroutine for every step of a desk cost more than all else that the gateway does with it. Nearly every bundle is answered
within milliseconds over the connection that it left on: then this is one future and one callback. Whatever else happens to it (no connection,
the connection lost, too many calls under way) is left to those who wait patiently, which is safe since everything in a bundle may be repeated.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from actors import protocol
from actors.core import commands as c
from actors.transport import Link
from gateway.answers import Replies
from gateway.calls import DEADLINE_MAX_S
from gateway.errors import deadline_exceeded

#: Asks a province many things at once, whatever happens on the way, until a deadline.
AskPatiently = Callable[[str, Sequence[c.AnyCommand], float], Coroutine[Any, Any, Sequence[Any]]]


class BundleCalls:
    """Bundles under way.

    Args:
        ask_patiently: for bundles that are not answered on their first connection.
    """

    def __init__(self, ask_patiently: AskPatiently) -> None:
        self._ask_patiently = ask_patiently
        #: Asking for it is a call of the kernel in Python 3.11.
        self._loop = asyncio.get_running_loop()
        self._patient: set[asyncio.Task[None]] = set()
        #: What was sent and is not answered -> when its time is over; the oldest first, since all have the same time.
        self._due_s: dict[asyncio.Future[bytes], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def send(self, link: Link, province: str, commands: Sequence[c.AnyCommand]) -> Replies:
        """Send a bundle; the replies come in the order of the commands.

        The future fails with `GatewayError`, or by a bug. Cancelling it drops the replies and disturbs nothing.

        Args:
            commands: at most `protocol.BUNDLE_COMMANDS_MAX`, all of which may be repeated.
        """
        replies: Replies = self._loop.create_future()
        sent = link.call_soon(protocol.encode(protocol.Bundle(commands=tuple(commands))))
        self._due_s[sent] = self._loop.time() + DEADLINE_MAX_S
        if self._timer is None:
            self._timer = self._loop.call_later(DEADLINE_MAX_S, self._look)

        def answered(sent: asyncio.Future[bytes]) -> None:
            due_s = self._due_s.pop(sent)
            if sent.cancelled():
                _fail(replies, deadline_exceeded())
            elif sent.exception() is not None:
                self._go_on(replies, province, commands, due_s)
            elif not replies.done():
                _settle(replies, sent.result())

        sent.add_done_callback(answered)
        return replies

    def send_patiently(self, province: str, commands: Sequence[c.AnyCommand]) -> Replies:
        """The same for commands that are no bundle, or for a province that is away."""
        replies: Replies = self._loop.create_future()
        self._go_on(replies, province, commands, self._loop.time() + DEADLINE_MAX_S)
        return replies

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._patient:
            task.cancel()

    def _go_on(self, replies: Replies, province: str, commands: Sequence[c.AnyCommand], due_s: float) -> None:
        if not replies.done():
            task = self._loop.create_task(self._wait(replies, province, commands, due_s))
            self._patient.add(task)
            task.add_done_callback(self._patient.discard)
            replies.add_done_callback(lambda _: task.cancel())

    async def _wait(self, replies: Replies, province: str, commands: Sequence[c.AnyCommand], due_s: float) -> None:
        try:
            found = await self._ask_patiently(province, commands, due_s)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not leave the caller without an answer
            _fail(replies, error)
        else:
            if not replies.done():
                replies.set_result(found)

    def _look(self) -> None:
        """Give up what has had its time, and come back when the next one will have."""
        self._timer = None
        now_s = self._loop.time()
        for sent, due_s in self._due_s.items():
            if due_s > now_s:
                self._timer = self._loop.call_at(due_s, self._look)
                return
            sent.cancel()


def _settle(replies: Replies, body: bytes) -> None:
    try:
        reply = protocol.decode_response(body)
        assert isinstance(reply, protocol.BundleReply), "a bundle is answered with its replies"
    except Exception as bug:  # noqa: BLE001 - nobody waits for this callback
        replies.set_exception(bug)
    else:
        replies.set_result(reply.replies)


def _fail(replies: Replies, error: Exception) -> None:
    if not replies.done():
        replies.set_exception(error)
