"""Makes and takes away the faults of drills: the messages to those who carry them.

Gateways are told what they carry whenever that changes, and when they connect; it ends at them by their own clock in any case. A policy
that evacuates has an end of its own, too, kept by its province. A process that ends or stands still does so itself (`actors.suffering`).
"""

from collections.abc import Callable

import msgspec

from actors import protocol
from actors.core import commands as c
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.drills.record import Drill, DrillPhase
from actors.core.drills.register import Drills
from actors.core.drills.steps import RULES, Fault
from actors.core.ids import ProvinceCode
from actors.drilling.journals import Ask
from actors.transport import Peer

#: A province that is to end does not answer.
SUFFER_TIMEOUT_S = 1.0
POLICY_TIMEOUT_S = 5.0


class Faults:
    """The faults of all running drills, as their carriers know them.

    Args:
        drills: what the headquarters know of drills.
        ask: asks a province.
        wall_ms: the wall clock.
    """

    def __init__(self, drills: Drills, ask: Ask, wall_ms: Callable[[], int]) -> None:
        self._drills = drills
        self._ask = ask
        self._wall_ms = wall_ms
        self._gateways: dict[Peer, None] = {}

    # --- gateways ---

    @property
    def gateways(self) -> tuple[str, ...]:
        """Those that are connected, by name."""
        return tuple(sorted(peer.name for peer in self._gateways))

    def connected(self, peer: Peer) -> None:
        """Tell a gateway what is silent."""
        if peer.name.startswith(protocol.GATEWAY_PREFIX):
            self._gateways[peer] = None
            self._tell(peer)

    def disconnected(self, peer: Peer) -> None:
        """A gateway is gone."""
        self._gateways.pop(peer, None)

    def _in_force(self, fault: Fault, victim: str = "") -> dict[ProvinceCode, int]:
        """Whom a fault befalls now, and for how long, ms; with a victim, only at that gateway."""
        now_ms = self._wall_ms()
        befallen: dict[ProvinceCode, int] = {}
        for drill in self._drills.running():
            is_there = drill.phase is DrillPhase.STRUCK and RULES[drill.spec.kind].fault is fault
            left_ms = drill.struck_ms + drill.spec.duration_ms - now_ms
            if is_there and drill.victim == victim and left_ms > 0:
                befallen |= dict.fromkeys(drill.spec.provinces, min(left_ms, drill.spec.duration_ms))
        return befallen

    def _tell(self, peer: Peer) -> None:
        """Tell a gateway what it carries of all drills."""
        peer.push(protocol.encode(protocol.Silence(provinces=self._in_force(Fault.SILENCE))))
        peer.push(protocol.encode(protocol.Cut(provinces=self._in_force(Fault.CUT, peer.name))))

    def tell_gateways(self) -> None:
        """Tell all gateways what they carry now."""
        for peer in list(self._gateways):
            self._tell(peer)

    def end_gateway(self, drill: Drill) -> None:
        """Let the drill's gateway end."""
        for peer in [peer for peer in self._gateways if peer.name == drill.victim]:
            peer.push(protocol.encode(protocol.EndNow(why=drill.drill_id)))

    # --- provinces ---

    async def make_suffer(self, drill: Drill, for_ms: int) -> str:
        """Let the drill's provinces end, or stand still for some time. Why one could not; empty: none has said so."""
        for code in drill.spec.provinces:
            reply = await self._ask(code, protocol.Suffer(for_ms=for_ms, why=drill.drill_id), SUFFER_TIMEOUT_S)
            if isinstance(reply, protocol.Suffered) and reply.problem:
                return f"{code}: {reply.problem}"
        return ""

    async def evacuate(self, drill: Drill, province: ProvinceCode, until_ms: int) -> protocol.Response | None:
        """Order an evacuation that ends by itself; the answer says what it moves."""
        policy = msgspec.structs.replace(
            drill.policies[province],
            share_out_mode=ShareOutMode.EVACUATE,
            effective_from_ms=0,
            effective_until_ms=until_ms,
        )
        return await self._put_policy(drill, province, policy, "begin")

    async def put_back(self, drill: Drill, province: ProvinceCode) -> protocol.Response | None:
        """Give a province the policy again that it had before."""
        return await self._put_policy(drill, province, drill.policies[province], "end")

    async def _put_policy(
        self, drill: Drill, province: ProvinceCode, policy: SharingPolicy, step: str
    ) -> protocol.Response | None:
        command = c.UpdateSharingPolicy(
            who="system:coordinator",
            policy=policy,
            reason=f"{drill.drill_id} ({drill.spec.kind.value}) of {drill.started_by}",
            request_id=f"{drill.drill_id}.{drill.started_ms}.{step}",
        )
        return await self._ask(province, command, POLICY_TIMEOUT_S)
