"""What the journals say of the work that a drill made up."""

from typing import Any

import msgspec

from actors.core import events as e
from actors.core.drills.figures import FIGURES
from actors.core.drills.measuring import Measuring
from actors.core.drills.record import DrillKind, DrillReport, DrillSpec, Observation, Standing
from actors.core.ids import TaskId
from actors.core.move_reasons import Cause, written
from actors.core.shadow import Shadow
from actors.core.task import MoveOut, Placement
from tests.unit.core.drills.scene import FUJIAN, JIANGXI, KIND, STRUCK_MS, assigned, created, drill, move_accepted

SURGE = DrillSpec(kind=DrillKind.SURGE, provinces=(FUJIAN,), factor_permille=3_000)
ADVISED = written(Cause.ADVISED, wait_ms=9_001, release_ms=3_000, host=JIANGXI, free=1, experience=1)


def shadow(number: int, at_ms: int, drill_id: str = "drill-1") -> e.TaskCreated:
    """A task that a drill made up in Fujian."""
    real = created(number, at_ms)
    assert isinstance(real, e.TaskCreated)
    return msgspec.structs.replace(real, shadow=Shadow(drill_id, at_ms + 1))


def shared(number: int, at_ms: int, reason: str = ADVISED, placement: Placement = Placement.SHARED) -> e.MoveStarted:
    """A task of Fujian left because it waits."""
    move = MoveOut(host=JIANGXI, generation=1, attempt=1, placement=placement, started_ms=at_ms)
    return e.MoveStarted(at_ms=at_ms, task_id=TaskId(f"fujian-{number}"), move=move, reason=reason)


def cancelled(number: int, at_ms: int) -> e.TaskCancelled:
    """A task ended undecided."""
    return e.TaskCancelled(at_ms=at_ms, task_id=TaskId(f"fujian-{number}"), reason="drill-1 is over")


def report(fujian: tuple[e.AnyEvent, ...], jiangxi: tuple[e.AnyEvent, ...] = (), **changes: Any) -> DrillReport:
    """Of a surge with these journals; each event in a frame of its own."""
    known: dict[str, Any] = {
        "spec": SURGE,
        "before": (Standing(province=FUJIAN), Standing(province=JIANGXI)),
        "observed": tuple(
            Observation(at_ms=STRUCK_MS + second * 1_000, wait_ms=wait_ms, release_ms=3_000, pressed=pressed)
            for second, (wait_ms, pressed) in enumerate([(0, ()), (9_001, ((FUJIAN, KIND),)), (2_000, ())])
        ),
    }
    measuring = Measuring(drill(**known | changes), (Standing(province=FUJIAN), Standing(province=JIANGXI)))
    for province, events in ((FUJIAN, fujian), (JIANGXI, jiangxi)):
        for place, event in enumerate(events, start=1):
            measuring.take(province, place, [event])
    return measuring.report()


def test_what_is_left_of_the_drill_fails_it() -> None:
    """A made-up task that stays open would be given to somebody tomorrow."""
    made = (shadow(1, STRUCK_MS), shadow(2, STRUCK_MS), shadow(3, STRUCK_MS, "drill-7"), created(4, STRUCK_MS))
    left = report((*made, cancelled(1, STRUCK_MS + 9)))
    assert (left.figures["shadow_tasks"], left.figures["leftovers"], left.passed) == (2, 1, False)
    # The second one had been moved.
    cleared = report(
        (*made, cancelled(1, STRUCK_MS + 9)), (move_accepted(2, STRUCK_MS + 5), cancelled(2, STRUCK_MS + 9))
    )
    assert (cleared.figures["leftovers"], cleared.passed) == (0, True)
    assert set(cleared.figures) <= set(FIGURES)


def test_sharing_that_began_too_early_is_counted() -> None:
    """The policy promises that below the activation threshold nothing leaves for a long wait."""
    early, late = STRUCK_MS + 500, STRUCK_MS + 1_500
    better = written(Cause.BETTER, host=JIANGXI, points=2, own_points=1, free=1)
    told = report(
        (
            created(1, STRUCK_MS - 1_000),
            shared(1, late),
            created(2, STRUCK_MS - 1_000),
            shared(2, early),
            created(3, STRUCK_MS - 1_000),
            shared(3, early, better),
            created(4, STRUCK_MS - 1_000),
            shared(4, early, placement=Placement.EVACUATED),
            # Of one from before the time that is read nobody knows the kind.
            shared(5, early),
        )
    )
    assert told.figures["shared_below_activation"] == 1


def test_a_surge_s_report_has_its_waits_and_no_figures_of_an_evacuation() -> None:
    """That all have moved says nothing of a surge, whose province keeps what it can do."""
    told = report((created(1, STRUCK_MS - 1_000),), (move_accepted(1, STRUCK_MS + 1_600),))
    assert (told.figures["peak_wait_ms"], told.figures["eased_ms"]) == (9_001, 1_000)
    assert "all_moved_ms" not in told.figures
    assert told.waits == ((0, 0, 3_000), (1_000, 9_001, 3_000), (2_000, 2_000, 3_000))
    assert [moment.what for moment in told.timeline if moment.what in ("peak", "eased")] == ["peak", "eased"]
    assert "nothing had to be shared" not in " ".join(told.notes)
    calm = report((), observed=(Observation(at_ms=STRUCK_MS),))
    assert "nothing had to be shared" in " ".join(calm.notes)


def test_customers_waits_are_those_of_customers() -> None:
    """Made-up tasks are half of a surge: with them the province would seem to serve people whom it does not have."""
    events = (
        created(1, STRUCK_MS - 9_000),
        assigned("fujian-1", STRUCK_MS - 4_000),
        created(2, STRUCK_MS),
        assigned("fujian-2", STRUCK_MS + 9_000),
        shadow(3, STRUCK_MS),
        assigned("fujian-3", STRUCK_MS + 60_000),
        cancelled(3, STRUCK_MS + 61_000),
    )
    assert report(events).figures["customer_extra_wait_ms"] == 4_000


def test_a_drill_without_made_up_work_leaves_none() -> None:
    """Every kind may ask for no leftovers in its objectives."""
    other = DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN,))
    figures = report((created(1, STRUCK_MS),), spec=other, observed=()).figures
    assert (figures["shadow_tasks"], figures["leftovers"]) == (0, 0)
    assert "shared_below_activation" not in figures
