"""Bundles of commands on their way to provinces, without a task that waits for each.

A task, a timer and a coroutine for every step of a desk cost more than all else that the gateway does with it. Nearly every bundle is answered
within milliseconds over the connection that it left on: then this is one future and one callback. Whatever else happens to it (no connection,
the connection lost, its buffer full) is left to those who wait patiently, which is safe since everything in a bundle may be repeated. They are told whether
it was lost or has never left: of the one nobody knows whether it was carried out, of the other everybody that it was not.

A bundle is one of the calls that wait for its province, whatever it carries, and is refused like any other where there is no room. Items of streams
wait before it comes to that (`Provinces.room_for`). It is one body, one wait and one answer, and its commands are bounded where they are (1,000 a
bundle, 20,000 in the province's mailbox). The place costs 0.4 us a bundle. Refused: counting its commands. Two streams of full messages would hold
the half that is a province's at most while nothing is wrong.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from actors import protocol
from actors.core import commands as c
from actors.core.replies import AnyReply
from actors.transport import Link, LinkLost
from gateway.answers import Replies
from gateway.calls import DEADLINE_MAX_S
from gateway.errors import deadline_exceeded, too_many_waiting
from gateway.fair_shares import Places

#: Asks a province many things at once, whatever happens on the way, until a deadline.
AskPatiently = Callable[[str, Sequence[c.AnyCommand], float], Coroutine[Any, Any, Sequence[Any]]]
#: Sends a bundle over an actor's link, as often as it takes, until a deadline; by its number among those who wait for the link. The last is
#: whether it has left already and may have been carried out.
SendAgain = Callable[[str, protocol.Bundle, float, int, bool], Coroutine[Any, Any, protocol.Response]]
#: Waits for the replies of something that was asked.
Wait = Callable[[], Coroutine[Any, Any, Sequence[Any]]]


class BundleCalls:
    """Bundles under way.

    Args:
        places: those of all calls that wait for provinces. A bundle holds one from its sending until its answer or its end, on whichever
            connection, also if nobody wants the answer any more: till then it is as much of a load.
        send_again: for bundles that are not answered on their first connection; it takes no place.
        ask_patiently: for commands that are no bundle; it takes the places itself.
    """

    def __init__(self, places: Places, send_again: SendAgain, ask_patiently: AskPatiently) -> None:
        self._places = places
        self._send_again = send_again
        self._ask_patiently = ask_patiently
        #: Asking for it is a call of the kernel in Python 3.11.
        self._loop = asyncio.get_running_loop()
        self._patient: set[asyncio.Task[None]] = set()
        #: What was sent and is not answered -> when its time is over; the oldest first, since all have the same time.
        self._due_s: dict[asyncio.Future[bytes], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def send(
        self, link: Link, name: str, commands: Sequence[c.AnyCommand], *, number: int, at_once: bool = True
    ) -> Replies:
        """Send a bundle; the replies come in the order of the commands.

        The future fails with `GatewayError`, or by a bug; it has failed already, and nothing is sent, when there is no place. Cancelling it
        drops the replies and disturbs nothing.

        Args:
            name: of the actor, as its places are counted.
            commands: at most `protocol.BUNDLE_COMMANDS_MAX`, all of which may be repeated.
            number: of the request; see `gateway.waiting_line`.
            at_once: otherwise it is left to those who wait patiently from the beginning.
        """
        replies: Replies = self._loop.create_future()
        if not self._places.has_room(name):
            replies.set_exception(too_many_waiting())
            return replies
        bundle = protocol.Bundle(commands=tuple(commands))
        due_s = self._loop.time() + DEADLINE_MAX_S
        if not at_once:
            self._places.take(name)
            self._leave_to_the_patient(replies, name, bundle, due_s, number, may_be_done=False)
            return replies
        sent = link.call_soon(protocol.encode(bundle))
        self._places.take(name)
        self._due_s[sent] = due_s
        if self._timer is None:
            self._timer = self._loop.call_later(DEADLINE_MAX_S, self._look)

        def answered(sent: asyncio.Future[bytes]) -> None:
            due_s = self._due_s.pop(sent)
            failure = None if sent.cancelled() else sent.exception()
            if failure is not None and not replies.done():
                # It keeps its place: refused now, a bundle that may have been carried out would be taken for one that was not.
                may_be_done = isinstance(failure, LinkLost)
                self._leave_to_the_patient(replies, name, bundle, due_s, number, may_be_done=may_be_done)
                return
            self._places.give_back(name)
            if sent.cancelled():
                _fail(replies, deadline_exceeded())
            elif not replies.done():
                _settle(replies, sent.result())

        sent.add_done_callback(answered)
        return replies

    def ask(self, province: str, commands: Sequence[c.AnyCommand]) -> Replies:
        """The same for commands that are no bundle."""
        replies: Replies = self._loop.create_future()
        self._go_on(replies, partial(self._ask_patiently, province, commands, self._loop.time() + DEADLINE_MAX_S))
        return replies

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._patient:
            task.cancel()

    def _leave_to_the_patient(
        self, replies: Replies, name: str, bundle: protocol.Bundle, due_s: float, number: int, *, may_be_done: bool
    ) -> None:
        held = [name]

        def give_back(_: object = None) -> None:
            while held:
                self._places.give_back(held.pop())

        async def ask_again() -> tuple[AnyReply, ...]:
            try:
                return replies_of(await self._send_again(name, bundle, due_s, number, may_be_done))
            finally:
                # Before the replies are told: whoever then asks finds the place.
                give_back()

        # Cancelled before it began, the task never comes to its end.
        self._go_on(replies, ask_again).add_done_callback(give_back)

    def _go_on(self, replies: Replies, wait: Wait) -> asyncio.Task[None]:
        """Let a task wait for the replies, until nobody wants them."""
        task = self._loop.create_task(_wait(replies, wait))
        self._patient.add(task)
        task.add_done_callback(self._patient.discard)
        replies.add_done_callback(lambda _: task.cancel())
        return task

    def _look(self) -> None:
        """Give up what has had its time, and come back when the next one will have."""
        self._timer = None
        now_s = self._loop.time()
        for sent, due_s in self._due_s.items():
            if due_s > now_s:
                self._timer = self._loop.call_at(due_s, self._look)
                return
            sent.cancel()


def replies_of(response: protocol.Response) -> tuple[AnyReply, ...]:
    """What a bundle was answered with."""
    assert isinstance(response, protocol.BundleReply), "a bundle is answered with its replies"
    return response.replies


async def _wait(replies: Replies, wait: Wait) -> None:
    try:
        found = await wait()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not leave the caller without an answer
        _fail(replies, error)
    else:
        if not replies.done():
            replies.set_result(found)


def _settle(replies: Replies, body: bytes) -> None:
    try:
        found = replies_of(protocol.decode_response(body))
    except Exception as bug:  # noqa: BLE001 - nobody waits for this callback
        replies.set_exception(bug)
    else:
        replies.set_result(found)


def _fail(replies: Replies, error: Exception) -> None:
    if not replies.done():
        replies.set_exception(error)
