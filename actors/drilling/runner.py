"""Runs drills: the coordinator's hands for what `actors.core.drills` decides.

At every picture (twice a second) each running drill is looked at once. Whatever it needs is written to the hq journal before it is done,
so the next coordinator goes on with it:

* between `DrillStarted` and "struck" the fault may be there or not: a successor takes it away and gives up;
* while the fault is there a successor repeats it to the gateways, for the time that is left of it; a province that arrivals are multiplied in knows
  that by itself;
* "measuring" is repeated from its beginning: what was made up is ended everywhere, twice if need be, and reading journals changes nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from actors import protocol
from actors.core.drills.record import (
    Drill,
    DrillEnded,
    DrillObserved,
    DrillPhase,
    DrillPhaseReached,
    DrillReport,
    DrillState,
)
from actors.core.drills.register import Drills
from actors.core.drills.steps import (
    RULES,
    Fault,
    Progress,
    Step,
    View,
    is_harming,
    left_in,
    next_step,
    view_of,
)
from actors.core.drills.waits import is_news, observe
from actors.core.ids import ProvinceCode
from actors.core.refusal import Refused
from actors.core.replies import PolicyPreview
from actors.core.sharing.summary import NationalPicture
from actors.drilling.faults import Faults
from actors.drilling.journals import Ask, JournalReader, Unreadable
from actors.drilling.requests import DrillRequests, Write
from actors.drilling.shadows import Shadows
from actors.suffering import end_now
from actors.transport import Peer

_log = structlog.get_logger(__name__)

#: Between saying that the drill has begun and the end of our own process.
LAST_WORDS_S = 0.1


class Drilling:
    """The drills of one coordinator.

    Args:
        drills: what the headquarters know of drills.
        write: puts events on disk and applies them; a refusal: nothing was written.
        ask: asks a province.
        wall_ms: the wall clock.
        end_process: ends the coordinator's process, for the drill that is named.
    """

    def __init__(
        self,
        drills: Drills,
        write: Write,
        ask: Ask,
        wall_ms: Callable[[], int],
        end_process: Callable[[str], None] = end_now,
    ) -> None:
        self._drills = drills
        self._write = write
        self._ask = ask
        self._wall_ms = wall_ms
        self._end_process = end_process
        self._picture = NationalPicture()
        self._faults = Faults(drills, ask, wall_ms)
        self._reader = JournalReader(ask)
        self._shadows = Shadows(ask, wall_ms)
        self._requests = DrillRequests(
            drills,
            write,
            wall_ms,
            look=lambda: (self._view(), self._picture.time_ms),
            on_started=self._prepare,
            on_aborted=lambda drill_id: self._look_after(drill_id, self._view()),
        )
        self._progress: dict[str, Progress] = {}
        #: What is being done for a drill.
        self._under_way: dict[str, asyncio.Task[object]] = {}

    def connected(self, peer: Peer) -> None:
        """Somebody has connected to the coordinator; gateways are told what they carry."""
        self._faults.connected(peer)

    def disconnected(self, peer: Peer) -> None:
        """Somebody is gone."""
        self._faults.disconnected(peer)

    def serve(self, request: protocol.Request) -> protocol.Response:
        """Answer a request about drills."""
        return self._requests.serve(request)

    def _view(self) -> View:
        return view_of(self._picture, self._faults.gateways, self._wall_ms())

    # --- what a drill does ---

    def turn(self, picture: NationalPicture) -> None:
        """Look after every running drill once, by a new picture."""
        self._picture = picture
        view = self._view()
        for drill in self._drills.running():
            if not drill.reason and is_harming(drill, view, self._progress_of(drill)):
                reason = f"on-time ratio of the rest of the country below {drill.spec.abort_below_permille} permille"
                self._order_abort(drill, reason)
            self._observe(drill, view)
            self._look_after(drill.drill_id, view)

    def _observe(self, drill: Drill, view: View) -> None:
        """Write down how long work waits while a surge lasts."""
        if drill.phase is not DrillPhase.STRUCK or RULES[drill.spec.kind].fault is not Fault.SURGE:
            return
        seen = observe(drill, view.summaries, view.now_ms)
        if is_news(drill, seen):
            self._write([DrillObserved(at_ms=view.now_ms, drill_id=drill.drill_id, observation=seen)])

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
                self._begin_measuring(drill)
            case Step.WAIT:
                pass

    def _prepare(self, drill_id: str) -> None:
        """Bring what the drill makes up before it strikes; a surge is nothing else."""
        drill = self._drills.find(drill_id)
        assert isinstance(drill, Drill)
        if RULES[drill.spec.kind].fault is Fault.SURGE:
            self._work(drill_id, self._begin_surge(drill))
        elif drill.spec.makes_shadows:
            self._work(drill_id, self._bring(drill), then=lambda: self._strike(drill_id))
        else:
            self._strike(drill_id)

    async def _bring(self, drill: Drill) -> bool:
        """Bring the drill's load; if a province does not take it, the drill gives up."""
        problem = await self._shadows.bring(drill)
        if problem:
            self._order_abort(drill, problem)
        return not problem

    async def _begin_surge(self, drill: Drill) -> None:
        ordered_ms = self._wall_ms()
        if await self._bring(drill):
            struck = DrillPhaseReached(at_ms=ordered_ms, drill_id=drill.drill_id, phase=DrillPhase.STRUCK)
            self._write([struck])

    async def _end_surge(self, drill: Drill) -> None:
        """End what was made up in the struck provinces; if one is away, again at the next picture."""
        if await self._shadows.end(drill, drill.spec.provinces) is not None:
            self._reached(drill, DrillPhase.LIFTED)

    def _strike(self, drill_id: str) -> None:
        """Make the fault, and note that it is there. If that cannot be written, nothing is made."""
        drill = self._drills.find(drill_id)
        assert isinstance(drill, Drill)
        if drill.reason or not drill.is_running:
            return
        if RULES[drill.spec.kind].fault is Fault.EVACUATION:
            self._work(drill_id, self._evacuate(drill))
            return
        if not self._reached(drill, DrillPhase.STRUCK):
            return
        self._faults.tell_gateways()
        match RULES[drill.spec.kind].fault:
            case Fault.KILL:
                self._work(drill_id, self._make_suffer(drill, 0))
            case Fault.FREEZE:
                self._work(drill_id, self._make_suffer(drill, drill.spec.duration_ms))
            case Fault.GATEWAY_END:
                self._faults.end_gateway(drill)
            case _:
                pass
        if RULES[drill.spec.kind].takes_coordinator:
            # What was said in this turn of the loop must still leave.
            asyncio.get_running_loop().call_later(LAST_WORDS_S, self._end_process, drill_id)

    def _reached(self, drill: Drill, phase: DrillPhase, **facts: Any) -> bool:
        """Note a phase. False: it could not be written."""
        event = DrillPhaseReached(at_ms=self._wall_ms(), drill_id=drill.drill_id, phase=phase, **facts)
        return self._write([event]) is None

    def _work(self, drill_id: str, work: Coroutine[Any, Any, object], then: Callable[[], None] = lambda: None) -> None:
        """Do something for a drill beside everything else, one thing at a time.

        Args:
            then: what follows when it is done.
        """
        assert drill_id not in self._under_way
        task = asyncio.get_running_loop().create_task(work)
        self._under_way[drill_id] = task
        task.add_done_callback(lambda done: self._worked(drill_id, done, then))

    def _worked(self, drill_id: str, done: "asyncio.Task[object]", then: Callable[[], None]) -> None:
        self._under_way.pop(drill_id, None)
        if done.cancelled():
            return
        if (bug := done.exception()) is None:
            then()
        else:
            _log.error("a drill failed by a bug", drill=drill_id, exc_info=bug)
            drill = self._drills.find(drill_id)
            if isinstance(drill, Drill) and drill.is_running:
                self._end(drill, DrillState.FAILED, f"a bug: {type(bug).__name__}", None)
            self._faults.tell_gateways()

    async def _make_suffer(self, drill: Drill, for_ms: int) -> None:
        problem = await self._faults.make_suffer(drill, for_ms)
        if problem:
            self._order_abort(drill, problem)

    def _order_abort(self, drill: Drill, reason: str) -> None:
        order = self._drills.abort(drill, who="system:coordinator", reason=reason, at_ms=self._wall_ms())
        if order is not None and not isinstance(order, Refused):
            self._write([order])

    async def _evacuate(self, drill: Drill) -> None:
        """Order the evacuation, with an end of its own, and note what it promises to move."""
        ordered_ms, [code] = self._wall_ms(), drill.spec.provinces
        reply = await self._faults.evacuate(drill, code, ordered_ms + drill.spec.duration_ms)
        if not isinstance(reply, PolicyPreview) or reply.proposal is not None:
            why = "it needs a second person" if isinstance(reply, PolicyPreview) else _why(reply)
            if reply is None:
                # It may have been carried out all the same.
                await self._faults.put_back(drill, code)
            self._end(drill, DrillState.FAILED, f"the evacuation of {code} could not be ordered: {why}", None)
            return
        struck = DrillPhaseReached(
            at_ms=ordered_ms,
            drill_id=drill.drill_id,
            phase=DrillPhase.STRUCK,
            previewed=tuple(task for task, _, _ in reply.moves),
        )
        self._write([struck])

    async def _restore(self, drill: Drill, stayed: int) -> None:
        """Put the policy back that was there before; if the province is away, again at the next picture."""
        for code in drill.policies:
            reply = await self._faults.put_back(drill, code)
            if not isinstance(reply, PolicyPreview):
                _log.warning("policy not put back yet", drill=drill.drill_id, province=code, why=_why(reply))
                return
        self._reached(drill, DrillPhase.LIFTED, stayed=stayed)

    def _lift(self, drill: Drill, view: View) -> None:
        present = [view.summaries[code] for code in drill.spec.provinces if code in view.summaries]
        stayed = left_in(drill.spec.kind, present) if RULES[drill.spec.kind].fault in _MOVING else 0
        if RULES[drill.spec.kind].fault is Fault.EVACUATION:
            if drill.drill_id not in self._under_way:
                self._work(drill.drill_id, self._restore(drill, stayed))
        elif RULES[drill.spec.kind].fault is Fault.SURGE:
            if drill.drill_id not in self._under_way:
                self._work(drill.drill_id, self._end_surge(drill))
        elif self._reached(drill, DrillPhase.LIFTED, stayed=stayed):
            self._faults.tell_gateways()

    def _give_up(self, drill: Drill) -> None:
        if drill.drill_id in self._under_way:
            return
        reason = drill.reason or "whoever ran it died before the fault was there"
        self._work(drill.drill_id, self._undo(drill, reason))

    async def _undo(self, drill: Drill, reason: str) -> None:
        """Take back what may have been done, and end."""
        if RULES[drill.spec.kind].fault is Fault.EVACUATION:
            for code in drill.policies:
                await self._faults.put_back(drill, code)
        await self._clear(drill)
        self._end(drill, DrillState.ABORTED, reason, None)
        self._faults.tell_gateways()

    async def _clear(self, drill: Drill) -> None:
        """End what the drill made up, everywhere; what cannot be ended in time is in the report, and ends by its own clock."""
        if drill.spec.makes_shadows:
            known = dict.fromkeys(standing.province for standing in drill.before)
            here: dict[ProvinceCode, None] = dict.fromkeys(summary.province for summary in self._picture.provinces)
            await self._shadows.clear(drill, known | here)

    def _end(self, drill: Drill, state: DrillState, reason: str, report: DrillReport | None) -> None:
        ended = DrillEnded(at_ms=self._wall_ms(), drill_id=drill.drill_id, state=state, reason=reason, report=report)
        if self._write([ended]) is None:
            self._progress.pop(drill.drill_id, None)
            _log.warning("drill ended", drill=drill.drill_id, state=state.value, reason=reason)

    # --- measuring ---

    def _begin_measuring(self, drill: Drill) -> None:
        if drill.drill_id in self._under_way:
            return
        if drill.phase is DrillPhase.MEASURING or self._reached(drill, DrillPhase.MEASURING):
            self._work(drill.drill_id, self._measure(drill.drill_id))

    async def _measure(self, drill_id: str) -> None:
        drill = self._drills.find(drill_id)
        assert isinstance(drill, Drill)
        await self._clear(drill)
        try:
            report = await self._reader.report(drill)
        except Unreadable as error:
            self._end(drill, DrillState.FAILED, drill.reason or str(error), None)
            return
        passed = DrillState.SUCCEEDED if report.passed else DrillState.FAILED
        self._end(drill, DrillState.ABORTED if drill.reason else passed, drill.reason, report)

    def close(self) -> None:
        """Leave what is under way to the next coordinator."""
        for work in self._under_way.values():
            work.cancel()


#: Faults that make work leave, so that what stayed says something.
_MOVING = (Fault.SILENCE, Fault.EVACUATION)


def _why(reply: protocol.Response | None) -> str:
    """Why a province did not do what a drill asked for."""
    return reply.message if isinstance(reply, Refused) else "it does not answer"
