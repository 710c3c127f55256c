"""The end of streams, which have none of their own: when they are old, and when the gateway stops.

A connection lives for half an hour, so that clients spread anew over the gateways; what gRPC would do to the streams that are then open is to cut them off, with a
status that says nothing and answers lost on the way. So each stream ends first by itself, and so it does when the gateway stops, since waiting
for streams would take the whole grace period every time: it stops *reading*, what it has read is carried out and answered, then it
ends with UNAVAILABLE, a reason and when to come back, and its client opens another one, on a new connection or elsewhere.

A wait is interrupted by cancelling its task and taking the cancellation back, as `asyncio.timeout` does. That costs about a microsecond a
message; waiting for two things at once would cost a task each, some forty.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from gateway.errors import GatewayError, GatewayReason

T = TypeVar("T")

#: Age at which a stream ends, seconds; spread by a tenth either way, so that clients do not all come back at once.
STREAM_AGE_S = 30 * 60.0
STREAM_AGE_SPREAD = 0.1


class StreamEnds:
    """Whether the gateway stops, how old streams get, and who waits for a client meanwhile.

    Args:
        age_s: of a stream that ends by itself, about, seconds.
    """

    def __init__(self, age_s: float = STREAM_AGE_S) -> None:
        self.is_stopping = False
        self._age_s = age_s
        #: Who waits, and whether that has been interrupted: once, or the cancellation could not be taken back.
        self._waiting: dict[asyncio.Task[Any], bool] = {}

    def stop(self) -> None:
        """The gateway stops: end every wait, now and from now on."""
        self.is_stopping = True
        for task in self._waiting:
            self.interrupt(task)

    def stream(self) -> "StreamEnd":
        """The end of one stream that begins."""
        spread = random.uniform(-STREAM_AGE_SPREAD, STREAM_AGE_SPREAD)
        return StreamEnd(self, self._age_s * (1 + spread))

    def wait_begins(self, task: asyncio.Task[Any]) -> None:
        """A task waits for its client."""
        self._waiting[task] = False

    def wait_ends(self, task: asyncio.Task[Any]) -> None:
        """It does not wait any more."""
        del self._waiting[task]

    def interrupt(self, task: asyncio.Task[Any]) -> None:
        """End a task's wait, if it waits."""
        if self._waiting.get(task) is False:
            self._waiting[task] = True
            task.cancel()


class StreamEnd:
    """The end of one stream."""

    def __init__(self, ends: StreamEnds, age_s: float) -> None:
        self._ends = ends
        self._age_s = age_s
        self._is_old = False
        #: Whether the client has said all that it wanted, or been told all: then the stream ends as it would have anyway.
        self._has_all = False

    @property
    def _is_due(self) -> bool:
        return self._is_old or self._ends.is_stopping

    async def reading(
        self, messages: AsyncIterator[T], look_at: Callable[[T], T] | None = None
    ) -> AsyncGenerator[T, None]:
        """The messages, which end when the stream is old or the gateway stops. Only one task may take them.

        Args:
            look_at: called with each message; what it raises ends them.
        """
        # Asking for the task is a call of the kernel in Python 3.11: once, and not for each message.
        task, ends = asyncio.current_task(), self._ends
        assert task is not None
        growing_old = task.get_loop().call_later(self._age_s, self._grow_old, task)
        try:
            while not self._is_due:
                ends.wait_begins(task)
                try:
                    message = await anext(messages)
                except StopAsyncIteration:
                    self._has_all = True
                    return
                except asyncio.CancelledError:
                    # Ours, unless somebody else cancelled the task as well.
                    if self._is_due and task.uncancel() == 0:
                        return
                    raise
                finally:
                    ends.wait_ends(task)
                yield message if look_at is None else look_at(message)
        finally:
            growing_old.cancel()

    async def responding(self, responses: AsyncIterator[T], *, interrupted: bool) -> AsyncIterator[T]:
        """The responses of the stream, and why it ended.

        Args:
            interrupted: end between two responses; otherwise the end of its requests ends the stream.

        Raises:
            GatewayError: SHUTTING_DOWN or STREAM_AGED, behind the last response.
        """
        async with aclosing(self.reading(responses) if interrupted else _each(responses)) as answers:
            async for response in answers:
                yield response
        if self._has_all:
            return
        if self._ends.is_stopping:
            raise GatewayError(GatewayReason.SHUTTING_DOWN, "This gateway stops; open the stream again.")
        if self._is_old:
            raise GatewayError(GatewayReason.STREAM_AGED, "This stream is as old as streams get; open it again.")

    def _grow_old(self, task: asyncio.Task[Any]) -> None:
        self._is_old = True
        self._ends.interrupt(task)


async def _each(responses: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    async for response in responses:
        yield response
