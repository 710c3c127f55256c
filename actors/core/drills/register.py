"""The drills that the headquarters keep, and what may happen to each: the table IS the state machine."""

from collections.abc import Iterable

import msgspec

from actors.core.drills.record import (
    DRILLS_MAX,
    ENDED_STATES,
    AnyDrillEvent,
    Drill,
    DrillAbortOrdered,
    DrillCreated,
    DrillEnded,
    DrillObserved,
    DrillPhase,
    DrillPhaseReached,
    DrillSpec,
    DrillStarted,
    DrillState,
)
from actors.core.refusal import Reason, Refused

_S = DrillState

#: (state, event) -> next state. Anything absent is an error of ours; what people ask for is refused before. `DrillEnded` names its state.
TRANSITIONS: dict[tuple[DrillState, type], tuple[DrillState, ...]] = {
    (_S.PENDING, DrillStarted): (_S.RUNNING,),
    (_S.PENDING, DrillAbortOrdered): (_S.ABORTED,),
    (_S.RUNNING, DrillPhaseReached): (_S.RUNNING,),
    (_S.RUNNING, DrillObserved): (_S.RUNNING,),
    (_S.RUNNING, DrillAbortOrdered): (_S.RUNNING,),
    (_S.RUNNING, DrillEnded): ENDED_STATES,
}


class Drills:
    """All drills that are kept, oldest first."""

    def __init__(self, kept: Iterable[Drill] = (), count: int = 0) -> None:
        self.kept: dict[str, Drill] = {drill.drill_id: drill for drill in kept}
        #: Drills ever created.
        self.count = count

    def apply(self, event: AnyDrillEvent) -> None:
        """Change the state by one event.

        Raises:
            KeyError: the table has no such transition, or there is no such drill.
        """
        if isinstance(event, DrillCreated):
            self._add(event)
            return
        drill = self.kept[event.drill_id]
        allowed = TRANSITIONS[drill.state, type(event)]
        self.kept[event.drill_id] = _changed(drill, event, allowed)

    def _add(self, event: DrillCreated) -> None:
        self.count += 1
        self.kept[event.drill_id] = Drill(
            drill_id=event.drill_id,
            spec=event.spec,
            created_ms=event.at_ms,
            created_by=event.who,
            request_id=event.request_id,
        )
        if len(self.kept) > DRILLS_MAX:
            oldest = next((name for name, drill in self.kept.items() if not drill.is_running), None)
            if oldest is not None:
                del self.kept[oldest]

    def running(self) -> list[Drill]:
        """Those that have begun and not ended, oldest first."""
        return [drill for drill in self.kept.values() if drill.is_running]

    def find(self, drill_id: str) -> Drill | Refused:
        """A kept drill."""
        found = self.kept.get(drill_id)
        if found is not None:
            return found
        return Refused(reason=Reason.UNKNOWN_DRILL, message=f"There is no drill {drill_id}.")

    def before(self, drill_id: str, count: int) -> list[Drill]:
        """Up to `count` kept drills, newest first, older than `drill_id` (empty: from the newest on)."""
        names = list(self.kept)
        if drill_id:
            # Whoever was forgotten meanwhile was the oldest: nothing is older, and to begin anew would go on for ever.
            names = names[: names.index(drill_id)] if drill_id in self.kept else []
        return [self.kept[name] for name in reversed(names)][:count]

    # --- decisions ---

    def create(self, spec: DrillSpec, *, who: str, request_id: str, at_ms: int) -> Drill | DrillCreated | Refused:
        """Decide on a new drill; the earlier one when the request is a repetition."""
        for drill in self.kept.values() if request_id else ():
            if (drill.created_by, drill.request_id) == (who, request_id):
                return drill if drill.spec == spec else _reused(request_id)
        return DrillCreated(at_ms=at_ms, drill_id=f"drill-{self.count + 1}", who=who, spec=spec, request_id=request_id)

    def may_start(self, drill: Drill) -> Refused | None:
        """Whether the register lets a drill begin; see `is_start_of` for repetitions."""
        if drill.state is not DrillState.PENDING:
            return _wrong(drill, "it has begun before")
        others = [other for other in self.running() if not (other.spec.may_overlap and drill.spec.may_overlap)]
        if others:
            return _wrong(drill, f"{others[0].drill_id} is running")
        return None

    def abort(self, drill: Drill, *, who: str, reason: str, at_ms: int) -> DrillAbortOrdered | Refused | None:
        """Decide on ending a drill early. None: that was ordered already."""
        if drill.state is DrillState.ABORTED:
            return None
        if drill.state in ENDED_STATES:
            return _wrong(drill, f"it has ended as {drill.state.value}")
        if drill.reason:
            return None
        return DrillAbortOrdered(at_ms=at_ms, drill_id=drill.drill_id, who=who, reason=reason)


def is_start_of(drill: Drill, who: str, request_id: str) -> bool:
    """Whether this very request has begun the drill before."""
    return bool(request_id) and (drill.started_by, drill.start_request_id) == (who, request_id)


def _changed(drill: Drill, event: AnyDrillEvent, allowed: tuple[DrillState, ...]) -> Drill:
    replace = msgspec.structs.replace
    if isinstance(event, DrillStarted):
        return replace(
            drill,
            state=allowed[0],
            phase=DrillPhase.STRIKING,
            started_ms=event.at_ms,
            started_by=event.who,
            start_request_id=event.request_id,
            before=event.before,
            gateways=event.gateways,
            victim=event.victim,
            policies=event.policies,
        )
    if isinstance(event, DrillPhaseReached):
        changed = {_INSTANTS[event.phase]: event.at_ms}
        previewed = event.previewed or drill.previewed
        stayed = event.stayed or drill.stayed
        return replace(drill, phase=event.phase, previewed=previewed, stayed=stayed, **changed)
    if isinstance(event, DrillObserved):
        return replace(drill, observed=(*drill.observed, event.observation))
    if isinstance(event, DrillAbortOrdered):
        ended_ms = event.at_ms if allowed[0] is DrillState.ABORTED else 0
        return replace(drill, state=allowed[0], reason=event.reason, ended_ms=ended_ms)
    assert isinstance(event, DrillEnded)
    assert event.state in allowed
    return replace(
        drill,
        state=event.state,
        phase=DrillPhase.NONE,
        ended_ms=event.at_ms,
        reason=event.reason,
        report=event.report,
        # Needed while it ran; a snapshot is the smaller without.
        before=(),
        policies={},
        previewed=(),
        observed=(),
    )


_INSTANTS = {
    DrillPhase.STRUCK: "struck_ms",
    DrillPhase.LIFTED: "lifted_ms",
    DrillPhase.MEASURING: "settled_ms",
}


def _wrong(drill: Drill, why: str) -> Refused:
    return Refused(reason=Reason.WRONG_STATE, message=f"{drill.drill_id}: {why}.")


def _reused(request_id: str) -> Refused:
    return Refused(
        reason=Reason.REQUEST_ID_REUSED, message=f"Request id {request_id} was used for a request with other content."
    )
