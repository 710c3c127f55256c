"""What leaves first when everything leaves, and what happens to those who held it."""

import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Bounds, ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import OperatorId, ProvinceCode
from actors.core.moves import ATTEMPTS_PER_PAUSE, PAUSES_MAX
from actors.core.operators import PresenceState
from actors.core.refusal import Refused
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import NationalPicture, ProvinceSummary, encode_picture
from actors.core.task import TaskState, Verdict
from tests.unit.core.harness import ADDRESS, MEDICAL, Branch, kinds_of, person
from tests.unit.core.journeys import advise, picture_of, settle, summary_of
from tests.unit.core.provinces import carry, host

EVACUATE = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)


def know(branch: Branch, *provinces: ProvinceSummary) -> None:
    """The coordinator's picture of the others."""
    picture = NationalPicture(revision=1, time_ms=branch.wall_ms, provinces=provinces)
    branch.do(c.TakeAdvice(picture=encode_picture(picture)))


def test_an_evacuation_takes_work_off_the_desks_once() -> None:
    """People who stay would get the same task again and again while it finds no host."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    know(branch, summary_of("jiangxi", policy=SharingPolicy(share_in_quota=0)))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    assert branch.task(task_id).state is TaskState.OFFERED
    branch.accept(task_id)
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=2))))
    assert branch.task(task_id).state is TaskState.ASSIGNED


def test_what_must_be_done_at_home_stays_on_its_desk() -> None:
    """It would be taken from whoever has it only to wait for the same person, who has gone to the next task."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create(home_only=True)
    branch.accept(task_id)
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    assert kinds_of(branch.events) == ["SharingPolicyUpdated", "EvacuationBegun"]
    assert branch.task(task_id).state is TaskState.ASSIGNED


def test_what_somebody_has_taken_up_meanwhile_is_passed_over() -> None:
    """The order is of half a second ago: to send away what is on a desk is impossible, and the province would fall over it."""
    branch = Branch(bounds=Bounds(moves_per_batch_max=1))
    branch.arrive(person("chen"), presence=PresenceState.BREAK)
    first, second, third = (branch.create() for _ in range(3))
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    assert list(branch.state.moving) == [first]
    branch.did(c.FetchNextTask(operator=OperatorId("chen")))
    assert branch.task(second).operator == "chen"
    assert list(branch.state.moving) == [first, third]


def test_an_evacuation_ordered_before_anything_is_known_takes_work_off_the_desks_when_it_is() -> None:
    """Ordered just after a restart it would leave every desk its work, and never look again."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.accept(task_id)
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    branch.tick()
    assert branch.task(task_id).state is TaskState.ASSIGNED
    know(branch, summary_of("jiangxi"))
    assert branch.task(task_id).state is TaskState.MOVING


@pytest.mark.parametrize("why", ["order", "silence"])
def test_what_is_evacuated_tells_why(why: str) -> None:
    """Whoever asks why a task has left would be told of an outage that was an order, or of nothing."""
    branch = Branch()
    branch.arrive(*(person(f"op-{number}") for number in range(3)))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE if why == "order" else SharingPolicy()))
    branch.wait(200 if why == "order" else 4_000)
    branch.create()
    know(branch, summary_of("jiangxi"))
    [started] = [event for event in branch.events if isinstance(event, e.MoveStarted)]
    told = "policy: evacuate" if why == "order" else "3 of 3 desks of fujian-1 silent for 3000 ms"
    assert started.reason == told


@pytest.mark.parametrize("seen_by", ["the clock", "a change for tomorrow"])
def test_an_evacuation_that_a_window_has_interrupted_takes_work_off_the_desks_again(seen_by: str) -> None:
    """What people were given in the hours in between would stay with them, and their customers wait out the snow."""
    branch = Branch()
    branch.arrive(person("chen"))
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    closed = SharingPolicy(share_out_mode=ShareOutMode.CLOSED, effective_until_ms=branch.wall_ms + 10_000)
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=closed))
    task_id = branch.create()
    branch.accept(task_id)
    branch.wall_ms += 10_000
    tomorrow = SharingPolicy(effective_from_ms=branch.wall_ms + 86_400_000)
    branch.do(c.Tick() if seen_by == "the clock" else c.UpdateSharingPolicy(who="ops:li", policy=tomorrow))
    assert [event.revision for event in branch.events if isinstance(event, e.EvacuationBegun)] == [2]
    assert branch.task(task_id).state is TaskState.MOVING


def test_green_channel_then_work_in_hand_then_least_slack_leave_first() -> None:
    """What is due in an hour would leave behind what is due tomorrow."""
    branch = Branch()
    due_ms = branch.wall_ms + 3_600_000
    branch.arrive(person("chen"))
    held = branch.create(due_ms=due_ms + 9_000_000)
    branch.start(held)
    branch.did(c.ReleaseAssignment(**branch.holder(held)))
    assert branch.task(held).state is TaskState.OFFERED, "and given back a second time"
    branch.do(c.SetPresence(operator=OperatorId("chen"), presence=PresenceState.BREAK))
    later = branch.create(MEDICAL, due_ms=due_ms + 60_000)
    # Due a minute earlier, but begun six minutes later at the latest: less work.
    shorter = branch.create(ADDRESS, due_ms=due_ms)
    soon = branch.create(MEDICAL, due_ms=due_ms - 60_000)
    green = branch.create(green_channel=True, due_ms=due_ms + 99_000_000)
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    left = [event.task_id for event in branch.events if isinstance(event, e.MoveStarted)]
    assert left == [green, held, soon, later, shorter]


def test_a_late_answer_from_a_cut_off_site_is_refused_with_the_reason() -> None:
    """A task would be decided twice: at the dark site and where it was taken."""
    branch = Branch()
    for number in range(3):
        branch.arrive(person(f"op-{number}"))
    other = host("jiangxi")
    tasks = [branch.create() for _ in range(3)]
    for task_id in tasks:
        branch.start(task_id)
    held = [branch.holder(task_id) for task_id in tasks]
    branch.wait(1_000, heard=["op-0", "op-1", "op-2"])
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    branch.wait(6_000)
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    for sent in branch.due():
        other.do(sent.command)
    for late in held:
        refused = branch.do(c.CompleteAssignment(**late, verdict=Verdict.APPROVED))
        assert isinstance(refused, Refused)
        assert (refused.reason.value, refused.metadata["province"]) == ("stale_token", "jiangxi")
        assert "jiangxi has it" in refused.message


def test_an_evacuation_does_not_go_by_the_order_of_the_one_before() -> None:
    """While the coordinator is away no picture comes; what arrived since, green channel too, would leave last."""
    branch = Branch(bounds=Bounds(moves_per_batch_max=1))
    for _ in range(3):
        branch.create()
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=SharingPolicy()))
    green = branch.create(green_channel=True)
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    assert [event.task_id for event in branch.events if isinstance(event, e.MoveStarted)] == [green]


def test_an_evacuation_goes_by_what_waits_when_the_next_picture_comes() -> None:
    """Ten thousand tasks take a minute to leave; what comes meanwhile with the green channel would leave last."""
    branch = Branch(bounds=Bounds(moves_per_batch_max=1))
    for _ in range(3):
        branch.create()
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    green = branch.create(green_channel=True)
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=2))))
    assert [event.task_id for event in branch.events if isinstance(event, e.MoveStarted)] == [green]


def test_two_provinces_that_evacuate_do_not_send_each_other_the_same_task() -> None:
    """By pictures from before the snow, as while the coordinator is away, it would go to and fro for ever, and nobody would begin it."""
    here, there = Branch(), host("jiangxi")
    task_id = here.create()
    know(here, summary_of("jiangxi"))
    know(there, summary_of("fujian"))
    for branch in (there, here):
        branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    carry(here, there)
    assert (here.task(task_id).state, here.task(task_id).generation) == (TaskState.QUEUED, 1)
    assert task_id not in there.state.tasks


def test_what_nobody_takes_knocks_ever_more_seldom() -> None:
    """Each attempt is a frame here and one at the host: what only the dark branch's own people may do would keep the whole country busy."""
    branch, hosts = Branch(), tuple(f"host-{number}" for number in range(ATTEMPTS_PER_PAUSE))
    task_id = branch.create()
    know(branch, *map(summary_of, hosts))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    pauses_ms: list[int] = []
    while len(pauses_ms) < PAUSES_MAX + 2:
        if branch.task(task_id).move is None:
            branch.wall_ms += pauses_ms[-1]
            branch.monotonic_ms += pauses_ms[-1]
            branch.tick()
        settle(branch, task_id, accepted=False, attempt=branch.task(task_id).move_attempts, reason="nobody")
        taken_back = [event for event in branch.events if isinstance(event, e.MoveTakenBack)]
        pauses_ms += [event.retry_after_ms for event in taken_back if event.retry_after_ms]
    once_ms = branch.state.limits.move_retry_ms
    assert pauses_ms[:3] == [once_ms, 2 * once_ms, 3 * once_ms]
    assert pauses_ms[-2:] == [PAUSES_MAX * once_ms] * 2


def test_what_must_stay_does_not_hold_up_what_stands_behind_it() -> None:
    """With as many large claims in front as one batch moves, no small one would be shared, however long all of them wait."""
    branch = Branch(bounds=Bounds(moves_per_batch_max=2))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=SharingPolicy(amount_max_fen=1_000)))
    for _ in range(2):
        branch.create(amount_fen=5_000)
    small = branch.create(amount_fen=1_000)
    advise(branch, "jiangxi", MEDICAL, count=3)
    assert list(branch.state.moving) == [small]
    branch.tick()
    assert branch.province.outbox.advice.flows == {}, "nobody looks again and again for what is not there"


def test_what_the_newest_advice_leaves_out_is_over() -> None:
    """A flow that found nothing to move would take the next task hours later, to where nobody has room any more."""
    branch = Branch()
    advise(branch, "jiangxi", MEDICAL, count=3)
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=2))))
    assert branch.task(branch.create()).state is TaskState.QUEUED


def test_a_task_that_one_advised_host_has_refused_goes_to_the_next() -> None:
    """The first of the hosts would use up all tasks that it does not take, and the others get none."""
    branch = Branch()
    task_id = branch.create()
    flows = tuple(
        MoveFlow(source=branch.code, host=ProvinceCode(code), kind=MEDICAL, count=count, reason="they have room")
        for code, count in (("jiangxi", 2), ("hubei", 1))
    )
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei")), flows=flows))
    settle(branch, task_id, accepted=False, reason="full")
    move = branch.task(task_id).move
    assert move is not None and move.host == "hubei"
