"""Runs drills: the coordinator's hands for what `actors.core.drills` decides.

At every picture (twice a second) each running drill is looked at once. Whatever it needs is written to the hq journal before it is done,
so the next coordinator goes on with it:

* between `DrillStarted` and "struck" the fault may be there or not: a successor takes it away and gives up;
* while the fault is there a successor repeats it to the gateways, for the time that is left of it;
* "measuring" is repeated from its beginning: reading journals changes nothing.

Gateways are told of a silence whenever one begins or ends, and when they connect; it ends at them by their own clock in any case.

Measuring reads every province's journal from some minutes before the fault on, found by halving: a journal is ordered by time but for
clocks that were set back, and then the report says less, never something wrong (what is older than the fault is told by its own instant).
A page is 1 MiB at most and is decoded in one go (30 ms); between two pages the loop is free.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from actors import protocol
from actors.core import codec
from actors.core.drills.measuring import Measuring
from actors.core.drills.record import (
    AnyDrillEvent,
    Drill,
    DrillCreated,
    DrillEnded,
    DrillPhase,
    DrillPhaseReached,
    DrillReport,
    DrillSpec,
    DrillStarted,
    DrillState,
    Standing,
)
from actors.core.drills.register import Drills, is_start_of
from actors.core.drills.steps import (
    PICTURE_OLD_MS,
    RULES,
    Fault,
    Progress,
    Step,
    View,
    blast_radius,
    is_harming,
    next_step,
    standing_of,
    view_of,
)
from actors.core.ids import ProvinceCode
from actors.core.refusal import Reason, Refused
from actors.core.sharing.summary import NationalPicture
from actors.transport import Peer

_log = structlog.get_logger(__name__)

#: Frames of one province that a report is made of; a drill that saw more reads the newest.
FRAMES_MAX = 200_000
PAGE_FRAMES = 1_000
#: A province is asked for a page so often, this long each time, and after a pause: it may be restarting.
PAGE_TRIES = 5
PAGE_TIMEOUT_S = 5.0
PAGE_PAUSE_S = 1.0

Write = Callable[[Sequence[AnyDrillEvent]], Refused | None]
Ask = Callable[[ProvinceCode, protocol.Request, float], Awaitable[protocol.Response | None]]


class Unreadable(Exception):
    """A journal could not be read, so there is nothing to report; `str` says whose."""


class Drilling:
    """The drills of one coordinator.

    Args:
        drills: what the headquarters know of drills.
        write: puts events on disk and applies them; a refusal: nothing was written.
        ask: asks a province, with a time limit in seconds; None: no answer.
        wall_ms: the wall clock.
    """

    def __init__(self, drills: Drills, write: Write, ask: Ask, wall_ms: Callable[[], int]) -> None:
        self._drills = drills
        self._write = write
        self._ask = ask
        self._wall_ms = wall_ms
        self._picture = NationalPicture()
        self._gateways: dict[Peer, None] = {}
        self._progress: dict[str, Progress] = {}
        self._measurements: dict[str, asyncio.Task[None]] = {}

    # --- who is there ---

    def connected(self, peer: Peer) -> None:
        """Tell a gateway what is silent."""
        if peer.name.startswith(protocol.GATEWAY_PREFIX):
            self._gateways[peer] = None
            peer.push(protocol.encode(self._silence()))

    def disconnected(self, peer: Peer) -> None:
        """A gateway is gone."""
        self._gateways.pop(peer, None)

    def _silence(self) -> protocol.Silence:
        """Whom no gateway is to hear now, and for how long."""
        now_ms = self._wall_ms()
        silent: dict[ProvinceCode, int] = {}
        for drill in self._drills.running():
            if RULES[drill.spec.kind].fault is not Fault.SILENCE or drill.phase is not DrillPhase.STRUCK:
                continue
            left_ms = drill.struck_ms + drill.spec.duration_ms - now_ms
            silent |= {code: min(left_ms, drill.spec.duration_ms) for code in drill.spec.provinces if left_ms > 0}
        return protocol.Silence(provinces=silent)

    def _tell_gateways(self) -> None:
        body = protocol.encode(self._silence())
        for peer in list(self._gateways):
            peer.push(body)

    # --- what people ask for ---

    def serve(self, request: protocol.Request) -> protocol.Response:
        """Answer a request about drills."""
        match request:
            case protocol.CreateDrill():
                return self._create(request)
            case protocol.StartDrill():
                return self._start(request)
            case protocol.AbortDrill():
                return self._abort(request)
            case protocol.GetDrill():
                return _reply(self._drills.find(request.drill_id))
            case protocol.ListDrills():
                return self._page(request)
            case _:
                raise TypeError(type(request))

    def _page(self, request: protocol.ListDrills) -> protocol.Response:
        count = min(max(1, request.count), protocol.DRILL_PAGE_MAX)
        found = self._drills.before(request.before, count + 1)
        return protocol.DrillPage(drills=tuple(map(_brief, found[:count])), has_more=len(found) > count)

    def _create(self, request: protocol.CreateDrill) -> protocol.Response:
        now_ms = self._wall_ms()
        decided = self._drills.create(request.spec, who=request.who, request_id=request.request_id, at_ms=now_ms)
        if not isinstance(decided, DrillCreated):
            return _reply(decided)
        refused = self._beyond_limits(request.spec)
        if refused is not None:
            return refused
        if request.validate_only:
            return _reply(Drill(drill_id="", spec=request.spec, created_ms=now_ms, created_by=request.who))
        return self._write([decided]) or _reply(self._drills.find(decided.drill_id))

    def _start(self, request: protocol.StartDrill) -> protocol.Response:
        drill = self._drills.find(request.drill_id)
        if isinstance(drill, Refused) or is_start_of(drill, request.who, request.request_id):
            return _reply(drill)
        refused = self._drills.may_start(drill) or self._beyond_limits(drill.spec)
        if refused is not None:
            return refused
        view = self._view()
        started = DrillStarted(
            at_ms=view.now_ms,
            drill_id=drill.drill_id,
            who=request.who,
            request_id=request.request_id,
            before=tuple(standing_of(summary) for summary in view.summaries.values()),
            gateways=view.gateways,
        )
        refused = self._write([started])
        if refused is not None:
            return refused
        _log.warning("drill begins", drill=drill.drill_id, kind=drill.spec.kind.value, who=request.who)
        self._strike(drill)
        return _reply(self._drills.find(drill.drill_id))

    def _abort(self, request: protocol.AbortDrill) -> protocol.Response:
        drill = self._drills.find(request.drill_id)
        if isinstance(drill, Refused):
            return drill
        decided = self._drills.abort(drill, who=request.who, reason=request.reason, at_ms=self._wall_ms())
        if isinstance(decided, Refused):
            return decided
        refused = self._write([decided]) if decided is not None else None
        if refused is not None:
            return refused
        self._look_after(drill.drill_id, self._view())
        return _reply(self._drills.find(drill.drill_id))

    def _view(self) -> View:
        return view_of(self._picture, len(self._gateways), self._wall_ms())

    def _beyond_limits(self, spec: DrillSpec) -> Refused | None:
        view = self._view()
        if view.now_ms - self._picture.time_ms > PICTURE_OLD_MS:
            return Refused(
                reason=Reason.RESTARTING, message="There is no picture of the country yet.", retry_after_ms=1_000
            )
        return blast_radius(spec, view)

    # --- what a drill does ---

    def turn(self, picture: NationalPicture) -> None:
        """Look after every running drill once, by a new picture."""
        self._picture = picture
        view = self._view()
        for drill in self._drills.running():
            if not drill.reason and is_harming(drill, view, self._progress_of(drill)):
                reason = f"on-time ratio of the rest of the country below {drill.spec.abort_below_permille} permille"
                order = self._drills.abort(drill, who="system:coordinator", reason=reason, at_ms=view.now_ms)
                if order is not None and not isinstance(order, Refused):
                    self._write([order])
            self._look_after(drill.drill_id, view)

    def _progress_of(self, drill: Drill) -> Progress:
        return self._progress.setdefault(drill.drill_id, Progress())

    def _look_after(self, drill_id: str, view: View) -> None:
        drill = self._drills.find(drill_id)
        if isinstance(drill, Refused) or not drill.is_running:
            return
        match next_step(drill, view, self._progress_of(drill)):
            case Step.LIFT:
                self._lift(drill, view)
            case Step.GIVE_UP:
                self._give_up(drill)
            case Step.MEASURE:
                self._begin_measuring(drill, view)
            case Step.WAIT:
                pass

    def _strike(self, drill: Drill) -> None:
        """Make the fault, and note that it is there. If that cannot be written, nothing is made."""
        struck = DrillPhaseReached(at_ms=self._wall_ms(), drill_id=drill.drill_id, phase=DrillPhase.STRUCK)
        if self._write([struck]) is None:
            self._tell_gateways()

    def _lift(self, drill: Drill, view: View) -> None:
        present = [view.summaries[code] for code in drill.spec.provinces if code in view.summaries]
        lifted = DrillPhaseReached(
            at_ms=view.now_ms,
            drill_id=drill.drill_id,
            phase=DrillPhase.LIFTED,
            stayed=sum(standing_of(summary).present for summary in present),
        )
        if self._write([lifted]) is None:
            self._tell_gateways()

    def _give_up(self, drill: Drill) -> None:
        reason = drill.reason or "whoever ran it died before the fault was there"
        self._end(drill, DrillState.ABORTED, reason, None)
        self._tell_gateways()

    def _end(self, drill: Drill, state: DrillState, reason: str, report: DrillReport | None) -> None:
        ended = DrillEnded(at_ms=self._wall_ms(), drill_id=drill.drill_id, state=state, reason=reason, report=report)
        if self._write([ended]) is None:
            self._progress.pop(drill.drill_id, None)
            _log.warning("drill ended", drill=drill.drill_id, state=state.value, reason=reason)

    # --- measuring ---

    def _begin_measuring(self, drill: Drill, view: View) -> None:
        if drill.drill_id in self._measurements:
            return
        if drill.phase is not DrillPhase.MEASURING:
            settled = DrillPhaseReached(at_ms=view.now_ms, drill_id=drill.drill_id, phase=DrillPhase.MEASURING)
            if self._write([settled]) is not None:
                return
        measuring = asyncio.get_running_loop().create_task(self._measure(drill.drill_id))
        self._measurements[drill.drill_id] = measuring
        measuring.add_done_callback(lambda _: self._measurements.pop(drill.drill_id, None))

    async def _measure(self, drill_id: str) -> None:
        drill = self._drills.find(drill_id)
        assert isinstance(drill, Drill)
        try:
            report = await self._report(drill)
        except Unreadable as error:
            self._end(drill, DrillState.FAILED, drill.reason or str(error), None)
            return
        passed = DrillState.SUCCEEDED if report.passed else DrillState.FAILED
        self._end(drill, DrillState.ABORTED if drill.reason else passed, drill.reason, report)

    async def _report(self, drill: Drill) -> DrillReport:
        codes = [standing.province for standing in drill.before]
        after = [await self._standing(code) for code in codes]
        measuring = Measuring(drill, after)
        since_ms = drill.struck_ms - 2 * drill.spec.baseline_ms
        for standing in after:
            await self._read(standing, since_ms, measuring)
        return measuring.report()

    async def _standing(self, province: ProvinceCode) -> Standing:
        reply = await self._patiently(province, protocol.GetSummary())
        if not isinstance(reply, protocol.SummaryReply):
            raise Unreadable(f"{province} does not say how it stands")
        return standing_of(reply.summary)

    async def _read(self, standing: Standing, since_ms: int, measuring: Measuring) -> None:
        """Feed a province's frames since an instant, up to its standing."""
        last = standing.sequence
        after = await self._sequence_at(standing.province, since_ms, max(0, last - FRAMES_MAX), last)
        while after < last:
            page = await self._page_after(standing.province, after, PAGE_FRAMES)
            for frame in page.frames:
                measuring.take(standing.province, frame.sequence, codec.decode_events(frame.payload))
                after = frame.sequence
            if not page.frames:
                raise Unreadable(f"the journal of {standing.province} ends at frame {after} of {last}")

    async def _sequence_at(self, province: ProvinceCode, since_ms: int, low: int, high: int) -> int:
        """The last frame before an instant, by halving; between `low` and `high`."""
        while low < high:
            middle = (low + high) // 2
            page = await self._page_after(province, middle, 1)
            if page.frames and page.frames[0].at_ms < since_ms:
                low = page.frames[0].sequence
            else:
                high = middle
        return low

    async def _page_after(self, province: ProvinceCode, after: int, limit: int) -> protocol.FramePage:
        reply = await self._patiently(province, protocol.ReadFrames(after=after, limit=limit))
        if not isinstance(reply, protocol.FramePage):
            raise Unreadable(f"the journal of {province} cannot be read")
        return reply

    async def _patiently(self, province: ProvinceCode, request: protocol.Request) -> protocol.Response | None:
        for attempt in range(PAGE_TRIES):
            if attempt:
                await asyncio.sleep(PAGE_PAUSE_S)
            reply = await self._ask(province, request, PAGE_TIMEOUT_S)
            if reply is not None:
                return reply
        return None

    def close(self) -> None:
        """Stop measuring; the next coordinator begins it anew."""
        for measuring in self._measurements.values():
            measuring.cancel()


def _reply(drill: Drill | Refused) -> protocol.Response:
    return drill if isinstance(drill, Refused) else protocol.DrillReply(drill=drill)


def _brief(drill: Drill) -> Drill:
    """A drill as lists show it."""
    if drill.report is None:
        return msgspec.structs.replace(drill, before=(), policies={})
    report = msgspec.structs.replace(drill.report, timeline=(), moved=())
    return msgspec.structs.replace(drill, before=(), policies={}, report=report)
