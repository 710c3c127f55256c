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
from gateway.errors import GatewayError, deadline_exceeded

#: Asks a province many things at once, whatever happens on the way, until a deadline.
AskPatiently = Callable[[str, Sequence[c.AnyCommand], float], Coroutine[Any, Any, Sequence[Any]]]


class BundleCalls:
    """Bundles under way.

    Args:
        ask_patiently: for bundles that are not answered on their first connection.
    """

    def __init__(self, ask_patiently: AskPatiently) -> None:
        self._ask_patiently = ask_patiently
        self._patient: set[asyncio.Task[None]] = set()
        #: What was sent and is not answered -> when its time is over; the oldest first, since all have the same time.
        self._due_s: dict[asyncio.Future[bytes], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def send(self, link: Link, province: str, commands: Sequence[c.AnyCommand]) -> Replies:
        """Send a bundle; the replies come in the order of the commands.

        The future fails with `GatewayError` and nothing else. Cancelling it drops the replies and disturbs nothing.

        Args:
            commands: at most `protocol.BUNDLE_COMMANDS_MAX`, all of which may be repeated.
        """
        loop = asyncio.get_running_loop()
        replies: Replies = loop.create_future()
        sent = link.call_soon(protocol.encode(protocol.Bundle(commands=tuple(commands))))
        self._due_s[sent] = loop.time() + DEADLINE_MAX_S
        if self._timer is None:
            self._timer = loop.call_later(DEADLINE_MAX_S, self._look)

        def answered(sent: asyncio.Future[bytes]) -> None:
            due_s = self._due_s.pop(sent)
            if sent.cancelled():
                _fail(replies, deadline_exceeded())
            elif sent.exception() is not None:
                self._go_on(replies, province, commands, due_s)
            elif not replies.done():
                reply = protocol.decode_response(sent.result())
                assert isinstance(reply, protocol.BundleReply), "a bundle is answered with its replies"
                replies.set_result(reply.replies)

        sent.add_done_callback(answered)
        return replies

    def send_patiently(self, province: str, commands: Sequence[c.AnyCommand]) -> Replies:
        """The same for commands that are no bundle, or for a province that is away."""
        loop = asyncio.get_running_loop()
        replies: Replies = loop.create_future()
        self._go_on(replies, province, commands, loop.time() + DEADLINE_MAX_S)
        return replies

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._patient:
            task.cancel()

    def _go_on(self, replies: Replies, province: str, commands: Sequence[c.AnyCommand], due_s: float) -> None:
        if not replies.done():
            task = asyncio.get_running_loop().create_task(self._wait(replies, province, commands, due_s))
            self._patient.add(task)
            task.add_done_callback(self._patient.discard)
            replies.add_done_callback(lambda _: task.cancel())

    async def _wait(self, replies: Replies, province: str, commands: Sequence[c.AnyCommand], due_s: float) -> None:
        try:
            found = await self._ask_patiently(province, commands, due_s)
        except GatewayError as error:
            _fail(replies, error)
        else:
            if not replies.done():
                replies.set_result(found)

    def _look(self) -> None:
        """Give up what has had its time, and come back when the next one will have."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for sent, due_s in self._due_s.items():
            if due_s > now_s:
                self._timer = loop.call_at(due_s, self._look)
                return
            sent.cancel()


def _fail(replies: Replies, error: GatewayError) -> None:
    if not replies.done():
        replies.set_exception(error)
