"""What the wall clock may and may not do to work: it is for display and for promises to people, not for the protocol."""

import pytest

from actors.core import commands as c
from actors.core.clock import still_waits
from actors.core.country import ShareOutMode, SharingPolicy, TimeLimits
from actors.core.ids import TaskId
from actors.core.sharing.summary import encode_picture
from actors.core.task import TaskState
from tests.unit.core.harness import JIANGXI, Branch, person
from tests.unit.core.journeys import picture_of

HOUR_MS = 3_600_000
LIMITS = TimeLimits()


@pytest.mark.parametrize(
    ("left_ms", "waits"),
    [(-HOUR_MS, False), (0, False), (1, True), (1_000, True), (2_000, True), (2_001, False), (HOUR_MS, False)],
)
def test_a_pause_that_seems_much_too_long_is_over(left_ms: int, waits: bool) -> None:
    """Else a clock set back by an hour holds for an hour what was meant to be held for a second."""
    assert still_waits(HOUR_MS + left_ms, HOUR_MS, 1_000) is waits


def refused_task() -> tuple[Branch, TaskId]:
    """A province that gives all its work away, and a task that the only host has just refused."""
    home = Branch()
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    task_id = home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    refused = c.SettleMove(task_id=task_id, host=JIANGXI, generation=1, attempt=1, accepted=False, reason="full")
    home.do(refused)
    assert home.task(task_id).state is TaskState.QUEUED
    return home, task_id


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, HOUR_MS, -500])
def test_a_refused_task_is_tried_again_soon_whatever_the_clock_does(jump_ms: int) -> None:
    """An evacuation that waits for the wall clock to catch up leaves the customer waiting with it."""
    home, task_id = refused_task()
    home.wall_ms += jump_ms
    home.wait(3 * LIMITS.move_retry_ms)
    move = home.task(task_id).move
    assert move is not None
    assert move.attempt == 2


def test_a_clock_that_is_set_back_does_not_bind_a_task_to_a_decline_for_an_hour() -> None:
    """With one person on duty the task would be stuck for as long as the clock was set back."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.did(c.DeclineOffer(**branch.holder(task_id)))
    branch.wall_ms -= HOUR_MS
    branch.wait(LIMITS.decline_memory_ms + 1_000, heard=("chen",))
    assert branch.task(task_id).state is TaskState.OFFERED


def test_a_small_step_of_the_clock_does_not_make_it_forget_a_decline() -> None:
    """Clocks are put right by milliseconds all the time: a declined task must not bounce back at once."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.did(c.DeclineOffer(**branch.holder(task_id)))
    branch.wall_ms -= 50
    branch.wait(1_000, heard=("chen",))
    assert branch.task(task_id).state is TaskState.QUEUED


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, HOUR_MS])
def test_a_jump_costs_nobody_a_lease(jump_ms: int) -> None:
    """The desk is heard: work in hand must not be given to somebody else because of a clock."""
    branch = Branch()
    branch.arrive(person("chen"), person("lin"))
    task_id = branch.create()
    branch.start(task_id)
    held = branch.holder(task_id)
    branch.wall_ms += jump_ms
    branch.wait(LIMITS.lease_duration_ms * 2, heard=("chen", "lin"))
    assert branch.holder(task_id) == held
    decided = branch.complete(task_id)
    assert decided.decision is not None
    assert decided.decision.handle_ms >= 0
