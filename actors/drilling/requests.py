"""What people ask of drills: create, start, abort, read. What then happens is the runner's (`runner`)."""

from collections.abc import Callable, Sequence

import msgspec
import structlog

from actors import protocol
from actors.core.drills.record import AnyDrillEvent, Drill, DrillCreated, DrillSpec, DrillStarted
from actors.core.drills.register import Drills, is_start_of
from actors.core.drills.steps import PICTURE_OLD_MS, RULES, View, blast_radius, standing_of
from actors.core.refusal import Reason, Refused

_log = structlog.get_logger(__name__)

Write = Callable[[Sequence[AnyDrillEvent]], Refused | None]


class DrillRequests:
    """Answers requests about drills.

    Args:
        drills: what the headquarters know of drills.
        write: puts events on disk and applies them; a refusal: nothing was written.
        wall_ms: the wall clock.
        look: the country as it stands, and when its picture was taken, Unix ms.
        on_started: a drill was started and that is on disk.
        on_aborted: an abort was ordered and that is on disk.
    """

    def __init__(
        self,
        drills: Drills,
        write: Write,
        wall_ms: Callable[[], int],
        *,
        look: Callable[[], tuple[View, int]],
        on_started: Callable[[str], None],
        on_aborted: Callable[[str], None],
    ) -> None:
        self._drills, self._write, self._wall_ms = drills, write, wall_ms
        self._look, self._on_started, self._on_aborted = look, on_started, on_aborted

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
        view = self._look()[0]
        started = DrillStarted(
            at_ms=view.now_ms,
            drill_id=drill.drill_id,
            who=request.who,
            request_id=request.request_id,
            before=tuple(standing_of(summary) for summary in view.summaries.values()),
            gateways=view.gateways,
            victim=view.gateways[0] if RULES[drill.spec.kind].takes_gateway else "",
            policies={code: view.summaries[code].policy for code in drill.spec.provinces},
        )
        refused = self._write([started])
        if refused is not None:
            return refused
        _log.warning("drill begins", drill=drill.drill_id, kind=drill.spec.kind.value, who=request.who)
        self._on_started(drill.drill_id)
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
        self._on_aborted(drill.drill_id)
        return _reply(self._drills.find(drill.drill_id))

    def _beyond_limits(self, spec: DrillSpec) -> Refused | None:
        view, picture_ms = self._look()
        if view.now_ms - picture_ms > PICTURE_OLD_MS:
            return Refused(
                reason=Reason.RESTARTING, message="There is no picture of the country yet.", retry_after_ms=1_000
            )
        return blast_radius(spec, view)


def _reply(drill: Drill | Refused) -> protocol.Response:
    """A drill without what only its runner needs."""
    if isinstance(drill, Refused):
        return drill
    return protocol.DrillReply(drill=msgspec.structs.replace(drill, observed=()))


def _brief(drill: Drill) -> Drill:
    """A drill as lists show it."""
    if drill.report is None:
        return msgspec.structs.replace(drill, before=(), policies={}, observed=())
    report = msgspec.structs.replace(drill.report, timeline=(), moved=(), waits=())
    return msgspec.structs.replace(drill, before=(), policies={}, observed=(), report=report)
