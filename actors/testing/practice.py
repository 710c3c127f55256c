"""A drill in the simulated country: made-up work is brought in the middle of the storm, and all of it is ended, or ends by itself.

As the live coordinator's hands do, orders are repeated until the answer says that they were carried out, and everybody is asked until nobody knows
a shadow task open. One drill in three is forgotten: then every shadow task must end by the clock of whoever holds it. Orders may be lost, doubled
and late like any message, and turn up again a month later.
"""

from collections.abc import Callable

from actors.core import commands as c
from actors.core.ids import ProvinceCode
from actors.core.replies import AnyReply, ShadowLoadReply
from actors.testing.chance import Chance
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.headquarters import NAME as HQ
from actors.testing.network import Network
from actors.testing.site import Site

Answer = Callable[[AnyReply], None]

DRILL = "drill-1"
WHO = "system:coordinator"
#: Pause between two orders.
REPEAT_MS = 300
#: A forgotten drill's tasks end so long after its fault.
FORGOTTEN_MS = 1_500
#: One that is ended in order is given this long to be.
AFTERWARDS_MS = 120_000


class Practice:
    """One drill, with draws of its own: a seed without a drill is what it was before there were drills.

    Args:
        length_ms: of the storm.
    """

    def __init__(
        self, seed: int, length_ms: int, scheduler: Scheduler, network: Network, sites: dict[ProvinceCode, Site]
    ) -> None:
        chance = Chance(f"practice {seed}")
        self._scheduler = scheduler
        self._network = network
        self._sites = sites
        self._struck = chance.one_of(list(sites))
        is_forgotten = chance.below(3) == 0
        begins_ms, lasts_ms = chance.between(200, length_ms // 2), chance.between(500, 2_500)
        until_ms = START_WALL_MS + begins_ms + lasts_ms
        self._order = c.BringShadowLoad(
            who=WHO,
            drill=DRILL,
            tasks=chance.below(8),
            factor_permille=chance.one_of((1_000, 1_500, 3_000)),
            until_ms=until_ms,
            ends_ms=until_ms + (FORGOTTEN_MS if is_forgotten else AFTERWARDS_MS),
        )
        self._is_brought = False
        self._is_ending = False
        #: Whether nobody knows anything of it open; a forgotten one is nobody's business.
        self.is_cleared = is_forgotten
        self._round = 0
        self._left: dict[ProvinceCode, int] = {}
        scheduler.after(begins_ms, self._bring)
        if not is_forgotten:
            scheduler.after(begins_ms + lasts_ms, self._end)

    def _bring(self) -> None:
        """Order the load until the province says that all was made, or the drill is over."""
        if self._is_brought or self._is_ending or self._order.ends_ms <= START_WALL_MS + self._scheduler.now_ms:
            return
        self._scheduler.after(REPEAT_MS, self._bring)
        self._send(self._struck, self._order, self._brought)

    def _brought(self, reply: AnyReply) -> None:
        if isinstance(reply, ShadowLoadReply):
            self._is_brought = reply.made >= self._order.tasks

    def _end(self) -> None:
        """Ask everybody, round by round, until in one round nobody knows anything open."""
        self._is_ending = True
        if len(self._left) == len(self._sites) and not any(self._left.values()):
            self.is_cleared = True
            return
        self._round += 1
        self._left = {}
        self._scheduler.after(REPEAT_MS, self._end)
        for code in self._sites:
            self._send(code, c.EndShadowLoad(who=WHO, drill=DRILL), self._noting(code, self._round))

    def _noting(self, code: ProvinceCode, number: int) -> Answer:
        def answered(reply: AnyReply) -> None:
            if isinstance(reply, ShadowLoadReply) and number == self._round:
                self._left[code] = reply.open

        return answered

    def _send(self, code: ProvinceCode, command: c.AnyCommand, on_reply: Answer) -> None:
        site = self._sites[code]
        self._network.send(HQ, code, lambda: site.submit(command, on_reply), keep=True)
