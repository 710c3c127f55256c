"""Brings made-up work to provinces for a drill, and sees to it that all of it is gone (`actors.core.shadowing` does it).

Orders are repeated until the answer says that they were carried out; a province that carried one out and could not say so does nothing twice. A
drill that is over asks everybody, not only those it struck: its tasks may have been moved anywhere.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from actors.core import commands as c
from actors.core.drills.record import Drill
from actors.core.ids import ProvinceCode
from actors.core.refusal import Refused
from actors.core.replies import ShadowLoadReply
from actors.drilling.journals import Ask

_log = structlog.get_logger(__name__)

WHO = "system:coordinator"
TIMEOUT_S = 5.0
#: Orders to one province until it has made what was asked for, 500 tasks each (`shadowing.MADE_PER_ORDER`).
ORDERS_MAX = 20
#: Rounds that ask everybody whether anything is left, and the pause between two: two minutes. What is left then ends by its own clock.
ROUNDS_MAX = 240
ROUND_PAUSE_S = 0.5
#: A shadow task ends by itself so long after its drill's longest fault: recovery and clearing away are over long before.
AFTERWARDS_MS = 300_000


class Shadows:
    """The made-up work of drills.

    Args:
        ask: asks a province.
        wall_ms: the wall clock.
    """

    def __init__(self, ask: Ask, wall_ms: Callable[[], int]) -> None:
        self._ask = ask
        self._wall_ms = wall_ms

    async def bring(self, drill: Drill) -> str:
        """Bring the load of a drill to all provinces that it strikes. Why one did not take it; empty: all have."""
        until_ms = self._wall_ms() + drill.spec.duration_ms
        order = c.BringShadowLoad(
            who=WHO,
            drill=drill.drill_id,
            tasks=drill.spec.shadow_tasks,
            factor_permille=drill.spec.factor_permille,
            until_ms=until_ms,
            ends_ms=until_ms + AFTERWARDS_MS,
        )
        for code in drill.spec.provinces:
            problem = await self._bring_to(code, order)
            if problem:
                return f"{code}: {problem}"
        return ""

    async def _bring_to(self, code: ProvinceCode, order: c.BringShadowLoad) -> str:
        made = 0
        for _ in range(ORDERS_MAX):
            reply = await self._ask(code, order, TIMEOUT_S)
            if isinstance(reply, Refused):
                return reply.message
            if isinstance(reply, ShadowLoadReply):
                made = reply.made
                if made >= order.tasks:
                    return ""
        return f"made {made} of {order.tasks} shadow tasks"

    async def end(self, drill: Drill, provinces: Iterable[ProvinceCode]) -> int | None:
        """End the load of a drill in these provinces, once. How many of its tasks they know open; None: one does not say."""
        order = c.EndShadowLoad(who=WHO, drill=drill.drill_id)
        replies = await asyncio.gather(*(self._ask(code, order, TIMEOUT_S) for code in provinces))
        counts = [reply.open for reply in replies if isinstance(reply, ShadowLoadReply)]
        return sum(counts) if len(counts) == len(replies) else None

    async def clear(self, drill: Drill, provinces: Iterable[ProvinceCode]) -> bool:
        """End the load everywhere and wait until nobody knows anything of it open. False: somebody still does."""
        codes = tuple(provinces)
        for number in range(ROUNDS_MAX):
            if number:
                await asyncio.sleep(ROUND_PAUSE_S)
            if await self.end(drill, codes) == 0:
                return True
        _log.warning("shadow tasks are left", drill=drill.drill_id)
        return False
