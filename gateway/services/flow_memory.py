"""What the coordinator remembers of its last plan, asked for the preview of a sharing policy and for why a task stays.

A province cannot know who shares already and over which links, and the plan depends on both. Refused: sending it with every picture; it may be as
large as the picture, twice a second to everybody, for the sake of somebody who looks at a policy once a day.
"""

import asyncio

from actors import protocol
from actors.core.country import ShareOutMode
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.pressure import PLANNED_MODES
from gateway.answers import Provinces
from gateway.errors import GatewayError

#: A preview waits no longer for it.
PATIENCE_S = 0.5


async def flow_memory(provinces: Provinces, mode: ShareOutMode | None, deadline: float) -> FlowMemory | None:
    """The coordinator's memory; None where it does not matter, or when the coordinator does not answer.

    Args:
        mode: of the policy that is previewed; None: not known.
        deadline: instant of the running loop's clock.
    """
    if mode is not None and mode not in PLANNED_MODES:
        return None
    patience = min(deadline, asyncio.get_running_loop().time() + PATIENCE_S)
    try:
        reply = await provinces.coordinator(protocol.GetFlowMemory(), deadline=patience)
    except GatewayError:
        # It is away: soon the province helps itself, without it. Until then the preview is that of a fresh start, as its successor's plan.
        return None
    return reply.memory if isinstance(reply, protocol.FlowMemoryReply) else None
