"""How many calls of a client have no answer yet: when the run is over it waits until there are none, or says how many were given up."""

import asyncio

#: Tries of a call: with the longest pauses more than an hour. Who is refused for now asks until it is let in.
ATTEMPTS_MAX = 1_000


class UnderWay:
    """Calls of one client without an answer; one that is refused for now and made again has none."""

    def __init__(self) -> None:
        self.count = 0
        self._is_none = asyncio.Event()
        self._is_none.set()

    def begin(self) -> None:
        """One goes out."""
        self.count += 1
        self._is_none.clear()

    def end(self) -> None:
        """One was answered, or refused for good."""
        self.count -= 1
        if not self.count:
            self._is_none.set()

    async def none(self) -> None:
        """Wait until there are none."""
        await self._is_none.wait()
