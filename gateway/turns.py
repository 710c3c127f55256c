"""Waiting for room in order of arrival, among those who want the same one's: a share's, an actor's.

Of each the longest waiting asks, now and then, whether there is room, and the others stand behind it: so nobody is overtaken, and however
many wait, there is one question. While nobody waits it costs a look into a dictionary.
"""

import asyncio
from collections.abc import Callable

#: Between two questions whether there is room, seconds.
PAUSE_S = 0.02


class Turns:
    """Those who wait."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    async def wait(self, whose: str, has_room: Callable[[], bool]) -> None:
        """Wait until there is room, behind whoever waits for the same one's already.

        Whatever is taken of it must be taken by `has_room`, or before the caller waits for anything else.
        """
        queue = self._queues.get(whose)
        if queue is None:
            if has_room():
                return
            queue = self._queues[whose] = _Queue()
        queue.length += 1
        try:
            async with queue.turn:
                while not has_room():  # noqa: ASYNC110 - room comes with time, which has no event
                    await asyncio.sleep(PAUSE_S)
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[whose]


class _Queue:
    """Those who wait for the room of one."""

    __slots__ = ("length", "turn")

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.length = 0
