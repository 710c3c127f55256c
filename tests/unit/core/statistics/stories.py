"""Small stories for one province, each of which moves a few cells."""

from collections.abc import Callable
from typing import Any

import msgspec

from actors.core import events as e
from actors.core.ids import OperatorId, TaskId
from actors.core.review import ReviewVerdict
from actors.core.task import Decision, MoveOut, Placement, PriorReason, TaskState, Verdict
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI
from tests.unit.core.statistics.world import CHEN, LIN, World

replace = msgspec.structs.replace
PASSED, FAILED = ReviewVerdict.PASSED, ReviewVerdict.FAILED


def decided(world: World) -> None:
    """A hard, urgent task with everything told, taken by an offer and decided in its standard time: twelve minutes, two units."""
    task = world.create(
        complexity=4,
        page_count=10,
        product="life",
        channel="agency",
        hospital="h-1",
        amount_fen=200_000,
        green_channel=True,
    )
    world.offer(task)
    world.wait(1 / 3)
    world.happens(e.OfferAccepted(at_ms=world.at_ms, task_id=task))
    world.start(task)
    world.wait(12)
    world.complete(task)


def shared(world: World) -> None:
    """A task of Jiangxi, taken in and decided here."""
    task = world.take_in()
    world.begin(task)
    world.wait(12)
    world.complete(task)


def decided_elsewhere(world: World) -> None:
    """A task of ours, decided by Jiangxi in ten minutes."""
    decision = Decision(
        verdict=Verdict.APPROVED,
        operator=OperatorId("gao"),
        province=JIANGXI,
        time_ms=world.at_ms,
        handle_ms=600_000,
        work_units_milli=2_000,
    )
    task = replace(world.foreign(FUJIAN), host=JIANGXI, state=TaskState.COMPLETED, decision=decision)
    world.happens(e.OutcomeNoted(at_ms=world.at_ms, task=task))


def handed_over(world: World) -> None:
    """A task of ours that Jiangxi took, eight seconds after we had decided to share it."""
    task = world.create()
    move = MoveOut(host=JIANGXI, generation=1, attempt=1, placement=Placement.SHARED, started_ms=world.at_ms)
    world.happens(e.MoveStarted(at_ms=world.at_ms, task_id=task, move=move))
    world.wait(8 / 60)
    world.happens(e.MoveHandedOver(at_ms=world.at_ms, task_id=task))


def sent_back_by_us(world: World) -> None:
    """A decision of Jiangxi's that our branch sends back."""
    decided_elsewhere(world)
    world.create(prior_task="fujian-77", prior_operator="gao", prior_reason=PriorReason.SENT_BACK)


def offered(world: World) -> TaskId:
    """A task is offered to Chen."""
    task = world.create()
    world.offer(task)
    return task


def expired(world: World) -> None:
    """An offer that nobody answers."""
    task = offered(world)
    world.happens(e.OfferWithdrawn(at_ms=world.at_ms, task_id=task, reason="offer_expired"))


def declined(world: World) -> None:
    """An offer that Chen declines."""
    task = offered(world)
    world.happens(e.OfferDeclined(at_ms=world.at_ms, task_id=task, until_ms=world.at_ms + 1))


def begun(world: World, **changes: Any) -> TaskId:
    """A task that Chen has worked on for five minutes."""
    task = world.create(**changes)
    world.begin(task)
    world.wait(5)
    return task


def released(world: World) -> None:
    """Chen gives it back."""
    world.happens(e.AssignmentReleased(task_id=begun(world), at_ms=world.at_ms, reason="released"))


def suspended(world: World) -> None:
    """Chen puts it on hold."""
    world.happens(e.AssignmentSuspended(task_id=begun(world), at_ms=world.at_ms, reason="papers"))


def reassigned(world: World) -> None:
    """A team lead gives it to Lin."""
    world.assign(begun(world), LIN, reassigned=True)


def referred(world: World) -> None:
    """Chen passes it upwards."""
    world.happens(e.AssignmentReferred(task_id=begun(world), at_ms=world.at_ms, required_authority=5))


def returned(world: World) -> None:
    """Chen returns it to the branch."""
    world.happens(e.TaskReturned(task_id=begun(world), at_ms=world.at_ms, reason="not ours"))


def signed_out(world: World) -> None:
    """Chen goes after an hour."""
    world.wait(60)
    world.happens(e.OperatorSignedOut(at_ms=world.at_ms, operator=CHEN))


def rushed(world: World) -> None:
    """A task of twelve minutes, decided in two."""
    world.decide(2)


def came_back(reason: PriorReason) -> Callable[[World], None]:
    """A decision of Chen's comes back."""

    def story(world: World) -> None:
        world.create(prior_operator=CHEN, prior_reason=reason)

    return story


def appeal_granted(world: World) -> None:
    """Lin grants an appeal against a decision of Chen's."""
    world.decide(operator=LIN, prior_operator=CHEN, prior_reason=PriorReason.APPEALED)


def switched(world: World) -> None:
    """A medical claim of fifteen minutes, right after a change of address."""
    world.decide(6, kind=ADDRESS)
    world.decide(15)


def reviewed(verdict: ReviewVerdict, **found: Any) -> Callable[[World], None]:
    """A review that had an even chance of happening, so that it counts for two."""

    def story(world: World) -> None:
        about = {"product": "life", "amount_fen": 200_000, "signed_in_for_ms": 9 * 3_600_000}
        world.review(verdict, about=about, sampling_permille=500, **found)

    return story


def review_of_shared(world: World) -> None:
    """A review of a task of Jiangxi, which counts for two."""
    world.review(PASSED, about={"home": JIANGXI}, sampling_permille=500)
