"""One rewind: a question about a task, and the journal read for it."""

from contextlib import closing
from pathlib import Path

import msgspec

from actors.core import codec, snapshot
from actors.core import events as e
from actors.core.applying import apply
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.explained import RoutingReplay, TaskHistory
from actors.core.matching.replaying import Decided, Trace, replay_decision
from actors.core.state import ProvinceState
from actors.journal import Corrupt, open_readonly
from actors.journal.interface import CheckedView, Snapshot

#: Records of finished tasks gather in the state while it is rebuilt; they are dropped when there are so many.
RECORDS_KEPT_MAX = 1_000


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a journal."""

    path: str
    task_id: TaskId
    #: The decision to be made again, by the token that it gave; 0: the last one; -1: none.
    token: int = -1
    #: Shown whatever their rank; empty: nobody in particular.
    operator: OperatorId = OperatorId("")
    candidates_max: int = 100


def rewind(errand: Errand) -> TaskHistory:
    """Answer an errand.

    Raises:
        JournalError: the journal cannot be read.
    """
    with closing(open_readonly(Path(errand.path))) as view:
        return history_of(view, errand)


def history_of(view: CheckedView, errand: Errand) -> TaskHistory:
    """Answer an errand from an open journal."""
    trace = _trace(view, errand.task_id)
    chosen = trace.find(errand.token) if errand.token >= 0 else None
    replay = _replay(view, chosen, errand) if chosen is not None and chosen.held is not None else None
    return TaskHistory(
        task_id=errand.task_id,
        decisions=tuple(found.record for found in reversed(trace.decided)),
        moves=tuple(reversed(trace.moves)),
        sources=tuple(trace.sources),
        replay=replay,
    )


def _trace(view: CheckedView, task_id: TaskId) -> Trace:
    trace, mark = Trace(ProvinceCode(view.province), task_id), task_id.encode()
    for frame in view.frames():
        # Also true of fujian-12 where fujian-1 is wanted; the events themselves are asked then.
        if mark in frame.payload:
            trace.note(frame.sequence, codec.decode_events(frame.payload))
    return trace


def _replay(view: CheckedView, decided: Decided, errand: Errand) -> RoutingReplay:
    state = _as_of(view, decided)
    return replay_decision(state, decided, asked=errand.operator or None, candidates_max=errand.candidates_max)


def _as_of(view: CheckedView, decided: Decided) -> ProvinceState:
    """The state just before the decision's round."""
    # Those of the version that learned nothing know too little to decide the same; a start passes them over, too.
    before = [
        stored
        for stored in _whole_snapshots(view)
        if stored.sequence < decided.sequence and snapshot.has_statistics(stored.slices)
    ]
    state, after = _start(view, before)
    for frame in view.frames(after=after, limit=decided.sequence - after):
        for event in codec.decode_events(frame.payload):
            if frame.sequence == decided.sequence and _is_round(event, decided):
                return state
            apply(state, event)
        if len(state.records) > RECORDS_KEPT_MAX:
            state.records.clear()
    raise AssertionError("the round stands in the frame where it was found")


def _whole_snapshots(view: CheckedView) -> list[Snapshot]:
    """Those to start from. A damaged one is passed over, as by a start: who can serve can also explain."""
    try:
        return view.snapshots()
    except Corrupt:
        latest = view.latest_snapshot()
        return [] if latest is None else [latest]


def _start(view: CheckedView, before: list[Snapshot]) -> tuple[ProvinceState, int]:
    if not before:
        return ProvinceState(ProvinceCode(view.province)), 0
    newest = max(before, key=lambda stored: stored.sequence)
    return snapshot.restore(newest.slices), newest.sequence


def _is_round(event: e.AnyEvent, decided: Decided) -> bool:
    assert decided.held is not None
    return isinstance(event, e.MatchRoundHeld) and event.round == decided.held.round
