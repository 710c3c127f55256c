"""The end of streams when the gateway stops.

Streams have no end of their own, so waiting for them would take the whole grace period every time, and cutting them off would lose what
they had accepted. Instead each stream stops *reading*: what it has read is carried out and answered, then it ends with UNAVAILABLE, and
its client opens another one elsewhere.

A wait is interrupted by cancelling its task and taking the cancellation back, as `asyncio.timeout` does. That costs about a microsecond a
message; waiting for two things at once would cost a task each, some forty.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from gateway.errors import GatewayError, GatewayReason

T = TypeVar("T")


class Stopping:
    """Whether the gateway stops, and who waits for a client meanwhile."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._waiting: dict[asyncio.Task[Any], None] = {}

    def begin(self) -> None:
        """Stop: end every wait, now and from now on."""
        self.is_stopping = True
        for task in self._waiting:
            task.cancel()

    async def reading(
        self, messages: AsyncIterator[T], look_at: Callable[[T], T] | None = None
    ) -> AsyncGenerator[T, None]:
        """The messages, which end when the gateway stops. Only one task may take them.

        Args:
            look_at: called with each message; what it raises ends them.
        """
        # Asking for the task is a call of the kernel in Python 3.11: once, and not for each message.
        task = asyncio.current_task()
        assert task is not None
        while not self.is_stopping:
            self._waiting[task] = None
            try:
                message = await anext(messages)
            except StopAsyncIteration:
                return
            except asyncio.CancelledError:
                # Ours, unless somebody else cancelled the task as well.
                if self.is_stopping and task.uncancel() == 0:
                    return
                raise
            finally:
                del self._waiting[task]
            yield message if look_at is None else look_at(message)

    async def responding(self, responses: AsyncIterator[T], *, interrupted: bool) -> AsyncIterator[T]:
        """The responses of a stream, and why it ended.

        Args:
            interrupted: end between two responses; otherwise the end of its requests ends the stream.

        Raises:
            GatewayError: SHUTTING_DOWN, behind the last response.
        """
        async with aclosing(self.reading(responses) if interrupted else _each(responses)) as answers:
            async for response in answers:
                yield response
        if self.is_stopping:
            raise GatewayError(GatewayReason.SHUTTING_DOWN, "This gateway stops; open the stream again.")


async def _each(responses: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    async for response in responses:
        yield response
