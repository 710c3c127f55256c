"""The life of drills in the headquarters' state."""

from typing import Any

import msgspec
import pytest

from actors.core import headquarters
from actors.core.country import SharingPolicy
from actors.core.drills.record import (
    DRILLS_MAX,
    Drill,
    DrillAbortOrdered,
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
from actors.core.drills.register import TRANSITIONS, Drills
from actors.core.headquarters import Headquarters
from actors.core.ids import TaskId
from actors.core.refusal import Reason, Refused
from tests.unit.core.drills.scene import FUJIAN, SPEC

EVENTS: dict[type, Any] = {
    DrillStarted: DrillStarted(
        at_ms=2,
        drill_id="drill-1",
        who="ops:a",
        before=(Standing(province=FUJIAN),),
        policies={FUJIAN: SharingPolicy()},
    ),
    DrillPhaseReached: DrillPhaseReached(at_ms=3, drill_id="drill-1", phase=DrillPhase.STRUCK),
    DrillAbortOrdered: DrillAbortOrdered(at_ms=4, drill_id="drill-1", who="ops:b", reason="enough"),
    DrillEnded: DrillEnded(
        at_ms=5, drill_id="drill-1", state=DrillState.SUCCEEDED, report=DrillReport(passed=True, figures={"moved": 1})
    ),
}
#: How a drill comes into each state.
PATHS: dict[DrillState, tuple[type, ...]] = {
    DrillState.PENDING: (),
    DrillState.RUNNING: (DrillStarted,),
    DrillState.SUCCEEDED: (DrillStarted, DrillEnded),
    DrillState.ABORTED: (DrillAbortOrdered,),
}


def register(*path: type) -> Drills:
    """A register with one drill, to which these things have happened."""
    drills = Drills()
    created = drills.create(SPEC, who="ops:a", request_id="r", at_ms=1)
    assert isinstance(created, DrillCreated)
    drills.apply(created)
    for step in path:
        drills.apply(EVENTS[step])
    return drills


def only(drills: Drills) -> Drill:
    """The one drill."""
    found = drills.find("drill-1")
    assert isinstance(found, Drill)
    return found


@pytest.mark.parametrize("state", list(PATHS))
@pytest.mark.parametrize("step", list(EVENTS))
def test_what_is_not_in_the_table_cannot_happen(state: DrillState, step: type) -> None:
    """A drill that ended must not come to life again, whatever order the shell writes things in."""
    drills = register(*PATHS[state])
    assert only(drills).state is state
    if (state, step) in TRANSITIONS:
        drills.apply(EVENTS[step])
        assert only(drills).state in TRANSITIONS[state, step]
    else:
        with pytest.raises(KeyError):
            drills.apply(EVENTS[step])


def test_a_repeated_creation_makes_no_second_drill() -> None:
    """A retried call would otherwise leave a drill that nobody knows of."""
    drills = register()
    again = drills.create(SPEC, who="ops:a", request_id="r", at_ms=9)
    assert again == only(drills)
    other = drills.create(msgspec.structs.replace(SPEC, note="x"), who="ops:a", request_id="r", at_ms=9)
    assert isinstance(other, Refused)
    assert other.reason is Reason.REQUEST_ID_REUSED
    assert isinstance(drills.create(SPEC, who="ops:b", request_id="r", at_ms=9), DrillCreated)


def test_one_drill_at_a_time_unless_both_may_overlap() -> None:
    """Two faults at once are not what either of the two reports speaks of."""
    drills = register(DrillStarted)
    second = drills.create(SPEC, who="ops:a", request_id="s", at_ms=9)
    assert isinstance(second, DrillCreated)
    drills.apply(second)
    waiting = drills.find("drill-2")
    assert isinstance(waiting, Drill)
    refused = drills.may_start(waiting)
    assert refused is not None
    assert "drill-1 is running" in refused.message
    assert drills.may_start(only(drills)) is not None
    drills.apply(EVENTS[DrillEnded])
    assert drills.may_start(waiting) is None
    ended = drills.may_start(only(drills))
    assert ended is not None
    assert "begun before" in ended.message


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True), (False, False)])
def test_drills_overlap_only_if_both_say_so(first: bool, second: bool) -> None:
    """Whoever planned theirs to be alone would find somebody else's fault in their report."""
    drills = Drills()
    for number, may_overlap in enumerate((first, second), 1):
        spec = msgspec.structs.replace(SPEC, may_overlap=may_overlap)
        created = drills.create(spec, who="ops:a", request_id=str(number), at_ms=1)
        assert isinstance(created, DrillCreated)
        drills.apply(created)
    drills.apply(EVENTS[DrillStarted])
    waiting = drills.find("drill-2")
    assert isinstance(waiting, Drill)
    assert (drills.may_start(waiting) is None) == (first and second)


def test_what_was_seen_on_the_way_is_kept_until_the_end_and_no_longer() -> None:
    """What an evacuation promised when it was ordered would be gone when it is measured, or be in every snapshot for ever."""
    drills = register(DrillStarted)
    struck = DrillPhaseReached(at_ms=3, drill_id="drill-1", phase=DrillPhase.STRUCK, previewed=(TaskId("fujian-1"),))
    lifted = DrillPhaseReached(at_ms=4, drill_id="drill-1", phase=DrillPhase.LIFTED, stayed=2)
    measuring = DrillPhaseReached(at_ms=5, drill_id="drill-1", phase=DrillPhase.MEASURING)
    for event in (struck, lifted, measuring):
        drills.apply(event)
    drill = only(drills)
    assert (drill.struck_ms, drill.lifted_ms, drill.settled_ms) == (3, 4, 5)
    assert (drill.previewed, drill.stayed) == (("fujian-1",), 2)
    drills.apply(msgspec.structs.replace(EVENTS[DrillEnded], at_ms=6))
    drill = only(drills)
    assert (drill.previewed, drill.before, drill.policies, drill.phase) == ((), (), {}, DrillPhase.NONE)
    assert (drill.stayed, drill.ended_ms) == (2, 6)


def test_a_drill_that_was_called_off_before_it_began_is_over() -> None:
    """Called off once more, as when the answer was lost, it would seem to have ended in another way."""
    drills = register(DrillAbortOrdered)
    assert (only(drills).state, only(drills).ended_ms) == (DrillState.ABORTED, 4)
    assert drills.abort(only(drills), who="ops:b", reason="enough", at_ms=5) is None


def test_an_abort_is_ordered_once_and_never_after_the_end() -> None:
    """Its first reason is the one that counts."""
    drills = register(DrillStarted)
    order = drills.abort(only(drills), who="ops:b", reason="enough", at_ms=4)
    assert order == EVENTS[DrillAbortOrdered]
    drills.apply(EVENTS[DrillAbortOrdered])
    assert only(drills).is_running
    assert drills.abort(only(drills), who="ops:c", reason="again", at_ms=5) is None
    drills.apply(EVENTS[DrillEnded])
    assert isinstance(drills.abort(only(drills), who="ops:c", reason="again", at_ms=6), Refused)


def test_old_drills_are_forgotten_but_never_a_running_one() -> None:
    """A forgotten running drill would never be lifted."""
    drills = register(DrillStarted)
    for number in range(DRILLS_MAX + 5):
        made = drills.create(DrillSpec(kind=SPEC.kind), who="ops:a", request_id=f"n{number}", at_ms=9)
        assert isinstance(made, DrillCreated)
        drills.apply(made)
    assert len(drills.kept) == DRILLS_MAX
    assert only(drills).is_running
    assert [drill.drill_id for drill in drills.before("", 2)] == [f"drill-{DRILLS_MAX + 6}", f"drill-{DRILLS_MAX + 5}"]
    assert drills.before("drill-1", 5) == []
    # A reader who had come as far as a drill that is forgotten now must not begin anew.
    assert drills.before("drill-2", 5) == []


def test_drills_survive_a_snapshot_and_the_journal() -> None:
    """A new coordinator goes on with what the last one wrote down."""
    hq = Headquarters()
    created = hq.drills.create(SPEC, who="ops:a", request_id="r", at_ms=1)
    assert isinstance(created, DrillCreated)
    events = [created, EVENTS[DrillStarted], EVENTS[DrillPhaseReached]]
    for event in headquarters.decode_events(headquarters.encode(events)):
        hq.apply(event)
    again = headquarters.restore(headquarters.decode_snapshot(headquarters.encode(headquarters.capture(hq))))
    assert again.drills.kept == hq.drills.kept
    assert only(again.drills).struck_ms == 3
    assert again.drills.count == 1
