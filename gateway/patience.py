"""A bound on waits that almost never reach it.

`asyncio.timeout` sets up a timer for each wait, which at a few thousand calls a second is a good part of what a call costs (4 % of a whole
`CreateTask`, measured side by side). All waits here are equally long, so the one that began first ends first, and one timer is enough for all.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class Patience:
    """Ends each wait after the same time, as `asyncio.timeout` would: by cancelling its task and taking the cancellation back.

    Args:
        seconds: how long a wait may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        #: Who waits, and since when; the longest first.
        self._since: dict[asyncio.Task[Any], float] = {}
        #: Of these, whose time is over.
        self._over: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Wait for something.

        Raises:
            TimeoutError: it takes too long.
        """
        task = asyncio.current_task()
        assert task is not None
        cancelled_before = task.cancelling()
        self._since[task] = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)
        try:
            return await awaitable
        except asyncio.CancelledError:
            # Ours, unless somebody else cancelled the task as well.
            if task in self._over and task.uncancel() <= cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            del self._since[task]
            self._over.discard(task)

    def shorten(self, seconds: float) -> None:
        """From now on no wait may take longer than this, those under way included."""
        self._seconds = seconds
        if self._timer is not None:
            self._timer.cancel()
            self._look()

    def _look(self) -> None:
        """End what has taken too long, and come back when the next one will have."""
        self._timer = None
        began_before = self._loop.time() - self._seconds
        for task, since in self._since.items():
            if since > began_before:
                self._timer = self._loop.call_at(since + self._seconds, self._look)
                return
            if task not in self._over:
                self._over.add(task)
                task.cancel()
