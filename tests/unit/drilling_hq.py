"""A headquarters without a system around it, for the tests of the coordinator's hands: what is written before what is done."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from actors import protocol
from actors.core import codec
from actors.core import commands as c
from actors.core import events as e
from actors.core.country import SharingPolicy
from actors.core.drills.record import AnyDrillEvent, Drill, DrillKind, DrillSpec
from actors.core.drills.register import Drills
from actors.core.ids import ProvinceCode, TaskId
from actors.core.policy_revisions import PolicyProposal
from actors.core.refusal import Reason, Refused
from actors.core.replies import PolicyPreview, ShadowLoadReply
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from actors.drilling.runner import Drilling
from actors.transport import Peer
from tests.unit.core.drills.scene import FUJIAN, HUNAN, JIANGXI, SPEC, summary

#: Shadow tasks that a province makes by one order here.
MADE_PER_ORDER = 2


class Gateway:
    """A gateway as the coordinator sees it."""

    def __init__(self, name: str = "gateway/g1-1") -> None:
        self.name = name
        self.told: list[dict[ProvinceCode, int]] = []
        self.cut: list[dict[ProvinceCode, int]] = []
        self.has_ended = False

    def push(self, body: bytes) -> None:
        """Note whom not to hear."""
        news = protocol.decode_news(body)
        if isinstance(news, protocol.Silence):
            self.told.append(news.provinces)
        elif isinstance(news, protocol.Cut):
            self.cut.append(news.provinces)
        else:
            assert isinstance(news, protocol.EndNow)
            self.has_ended = True


class Hq:
    """A headquarters with three provinces, whose journals and summaries a test writes by hand."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.drills = Drills()
        self.written: list[AnyDrillEvent] = []
        #: Set by every write.
        self.news = asyncio.Event()
        self.is_full = False
        self.frames: dict[ProvinceCode, list[tuple[int, Sequence[e.AnyEvent]]]] = {
            code: [] for code in (FUJIAN, JIANGXI, HUNAN)
        }
        self.states: dict[ProvinceCode, dict[str, Any]] = {code: {} for code in self.frames}
        self.policies: dict[ProvinceCode, SharingPolicy] = {}
        self.needs_second_person = False
        #: So many changes of a policy are carried out and not answered.
        self.loses_answers = 0
        #: Who was asked to end or to stand still, and what is answered.
        self.suffered: list[tuple[ProvinceCode, int]] = []
        self.suffering: protocol.Suffered | None = None
        self.ended_for = asyncio.Event()
        self.silent: dict[ProvinceCode, None] = {}
        #: Orders about made-up work; how many tasks each province has made of it, and how many it knows open.
        self.shadow_orders: list[tuple[ProvinceCode, c.BringShadowLoad | c.EndShadowLoad]] = []
        self.made: dict[ProvinceCode, int] = {}
        self.open: dict[ProvinceCode, int] = {}
        self.refuses_shadows = False
        self.revive()

    def revive(self) -> None:
        """A new coordinator on the same journal."""
        self.drilling = Drilling(
            self.drills, self._write, self._ask, lambda: self.now_ms, lambda _: self.ended_for.set()
        )
        self.gateway = Gateway()
        self.drilling.connected(cast("Peer", self.gateway))

    def _write(self, events: Sequence[AnyDrillEvent]) -> Refused | None:
        if self.is_full:
            return Refused(reason=Reason.STORE_FULL)
        for event in events:
            self.drills.apply(event)
        self.written += events
        self.news.set()
        return None

    async def _ask(
        self, province: ProvinceCode, request: protocol.Request, timeout_s: float
    ) -> protocol.Response | None:
        assert timeout_s > 0
        if province in self.silent:
            return None
        if isinstance(request, protocol.GetSummary):
            return protocol.SummaryReply(summary=self.summary(province))
        if isinstance(request, c.UpdateSharingPolicy):
            return self._put_policy(province, request)
        if isinstance(request, protocol.Suffer):
            self.suffered.append((province, request.for_ms))
            self.news.set()
            return self.suffering
        if isinstance(request, c.BringShadowLoad | c.EndShadowLoad):
            return self._take_shadow_order(province, request)
        assert isinstance(request, protocol.ReadFrames)
        frames = self.frames[province]
        news = [
            protocol.FrameNews(
                province=province, sequence=number, epoch=1, at_ms=at_ms, payload=codec.encode_events(list(events))
            )
            for number, (at_ms, events) in enumerate(frames, start=1)
            if number > request.after
        ]
        return protocol.FramePage(frames=tuple(news[: request.limit]), last_sequence=len(frames))

    def _take_shadow_order(
        self, province: ProvinceCode, order: c.BringShadowLoad | c.EndShadowLoad
    ) -> protocol.Response | None:
        self.shadow_orders.append((province, order))
        self.news.set()
        if isinstance(order, c.BringShadowLoad):
            if self.refuses_shadows:
                return Refused(reason=Reason.QUEUE_FULL, message="no room")
            self.made[province] = min(order.tasks, self.made.get(province, 0) + MADE_PER_ORDER)
        return ShadowLoadReply(drill=order.drill, made=self.made.get(province, 0), open=self.open.get(province, 0))

    def _put_policy(self, province: ProvinceCode, request: c.UpdateSharingPolicy) -> protocol.Response | None:
        if self.needs_second_person:
            proposal = PolicyProposal(number=1, policy=request.policy, proposed_by=request.who, proposed_ms=self.now_ms)
            return PolicyPreview(policy=SharingPolicy(), proposal=proposal)
        self.policies[province] = request.policy
        self.news.set()
        if self.loses_answers:
            self.loses_answers -= 1
            return None
        return PolicyPreview(policy=request.policy, moves=((TaskId("fujian-1"), JIANGXI, "1 points"),))

    def summary(self, province: ProvinceCode) -> ProvinceSummary:
        """How a province stands now."""
        known = {"sequence": len(self.frames[province]), "time_ms": self.now_ms, "epoch": 1} | self.states[province]
        known |= {"policy": self.policies.get(province, SharingPolicy())}
        return summary(province, **known)

    def look(self, later_ms: int = 0) -> None:
        """The coordinator's next picture."""
        self.now_ms += later_ms
        summaries = tuple(self.summary(code) for code in self.frames)
        self.drilling.turn(NationalPicture(time_ms=self.now_ms, provinces=summaries))

    async def look_when_idle(self, later_ms: int) -> None:
        """The next picture, once nothing is being done for a drill."""
        await asyncio.gather(*self.drilling._under_way.values())
        # Their ends are noted in the next turn of the loop.
        await asyncio.sleep(0)
        self.look(later_ms)

    def happen(self, province: ProvinceCode, later_ms: int, build: Callable[[int], e.AnyEvent]) -> None:
        """A province writes a frame."""
        at_ms = self.now_ms + later_ms
        self.frames[province].append((at_ms, [build(at_ms)]))

    def begin(self, spec: DrillSpec = SPEC) -> Drill:
        """A drill that was created and started."""
        self.look()
        made = self.drilling.serve(protocol.CreateDrill(spec=spec, who="ops:a", request_id="c"))
        assert isinstance(made, protocol.DrillReply), made
        begun = self.drilling.serve(protocol.StartDrill(drill_id=made.drill.drill_id, who="ops:a", request_id="s"))
        assert isinstance(begun, protocol.DrillReply), begun
        return begun.drill

    def drill(self) -> Drill:
        """The first drill as of now."""
        return self.drills.kept["drill-1"]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that a write or a message brings about."""
        async with asyncio.timeout(10):
            while not condition():
                self.news.clear()
                await self.news.wait()

    async def until_ended(self) -> Drill:
        """Wait for the report."""
        async with asyncio.timeout(10):
            while self.drill().is_running:
                self.news.clear()
                await self.news.wait()
        return self.drill()


def kinds(hq: Hq) -> list[str]:
    """What was written, in order."""
    return [type(event).__name__ for event in hq.written]


def of(kind: DrillKind, *provinces: ProvinceCode, **fields: Any) -> DrillSpec:
    """A drill of another kind."""
    return msgspec.structs.replace(SPEC, kind=kind, provinces=provinces, provinces_max=3, **fields)
