"""Requests that wait for one actor's connection, and the order in which they are sent when it is there.

A connection that breaks fails everything on it at once, and those who asked learn it in different ways: a call of its own in its task, a bundle
in a callback that begins a task. They come to wait here in the order of those ways, a turn of the loop apart, and not in that of their requests:
a sign-out was sent again before the decision that it followed. So requests are numbered when they are made, and go by their numbers.
"""

import asyncio
import contextlib
import itertools

#: Number of the next request, for all actors.
_numbers = itertools.count(1)


def next_number() -> int:
    """The number of a request that is made now."""
    return next(_numbers)


class WaitingLine:
    """Those who wait for one connection."""

    def __init__(self) -> None:
        #: Number of the request -> rung when it may be sent.
        self._waiting: dict[int, asyncio.Future[None]] = {}
        #: Whether those who waited have the word: whoever has not must wait for this turn of the loop to pass, or would overtake them.
        self.is_leaving = False

    async def wait(self, number: int, timeout_s: float) -> None:
        """Wait for the connection, but not for ever; the caller looks for itself whether it came, before it waits for anything else.

        Args:
            number: of the request.
        """
        rung: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = rung
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await rung
        finally:
            del self._waiting[number]

    def leave(self) -> None:
        """The connection is there: let everybody go on, in the order of their numbers, in the next turn of the loop."""
        waiting = sorted((number, rung) for number, rung in self._waiting.items() if not rung.done())
        if not waiting:
            return
        for _, rung in waiting:
            rung.set_result(None)
        self.is_leaving = True
        asyncio.get_running_loop().call_soon(self._has_left)

    def _has_left(self) -> None:
        self.is_leaving = False
