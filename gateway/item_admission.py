"""Items of batches and streams at the admission, which knows of their calls only that they came.

A batch is one call at the gate, and how much it asks for is known when its message is read. If its share has no room for that, it is refused
as a call is. A message of a stream waits instead: its stream is not read any further, so its client is not either, and nothing has to be sent
twice. Of one share's streams the longest waiting asks, and the others stand behind it (`gateway.turns`).
"""

import asyncio

from gateway.admission import Admission, items_cost
from gateway.errors import over_share, overloaded
from gateway.turns import Turns


class ItemAdmission:
    """Batches and messages of streams, on their way in."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._turns = Turns()

    def admit_batch(self, share: str, items: int) -> None:
        """Let the items of a call in.

        Raises:
            GatewayError: RESOURCE_EXHAUSTED.
        """
        if not self._admits(share, items):
            raise over_share() if self._admission.is_shared else overloaded()

    async def wait(self, share: str, items: int) -> None:
        """Let the items of a stream's message in, as soon as their share has room."""
        # The message itself counts as one item more.
        items += 1
        await self._turns.wait(share, lambda: self._admits(share, items))

    def _admits(self, share: str, items: int) -> bool:
        return self._admission.admits(share, asyncio.get_running_loop().time(), items_cost(items))
