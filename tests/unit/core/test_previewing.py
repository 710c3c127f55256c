"""A preview shows what then happens, and why the rest stays."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core import snapshot
from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.explained import QueueDiagnosis
from actors.core.outbox import Outbox
from actors.core.previewing import PREVIEW_MAX
from actors.core.replies import PolicyPreview
from actors.core.sharing.summary import NationalPicture, ProvinceSummary, encode_picture
from actors.core.task import TaskState
from tests.unit.core.harness import ADDRESS, LARGE, MEDICAL, Branch, kinds_of, person
from tests.unit.core.journeys import summary_of

EVACUATE = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)
#: Whoever waits for more than a minute waits too long.
IMPATIENT = SharingPolicy(activation_wait_ms=60_000, release_wait_ms=30_000)


def preview(branch: Branch, policy: SharingPolicy) -> PolicyPreview:
    """What a policy would move; nothing may have happened."""
    before = list(snapshot.capture(branch.state))
    soft = outbox_facts(branch.province.outbox)
    shown = branch.did(c.UpdateSharingPolicy(who="ops:li", policy=policy, validate_only=True), PolicyPreview)
    assert branch.events == ()
    assert list(snapshot.capture(branch.state)) == before
    assert outbox_facts(branch.province.outbox) == soft
    return shown


def outbox_facts(outbox: Outbox) -> tuple[object, ...]:
    """What a rehearsal could spoil."""
    return (
        dict(outbox.advice.pledged),
        dict(outbox.advice.flows),
        dict(outbox.refused_by),
        outbox.advice.evacuate_after_ms,
    )


def know(branch: Branch, *provinces: ProvinceSummary) -> None:
    """The coordinator's picture of the others."""
    picture = NationalPicture(revision=1, time_ms=branch.wall_ms, provinces=provinces)
    branch.do(c.TakeAdvice(picture=encode_picture(picture)))


def staffed() -> Branch:
    """A province whose only person on duty has their hands full."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.start(branch.create())
    return branch


def test_an_evacuation_moves_exactly_what_its_preview_has_shown() -> None:
    """Ops confirm what they have seen."""
    branch = Branch()
    for number in range(30):
        branch.create((MEDICAL, ADDRESS)[number % 2], green_channel=number % 7 == 0, home_only=number % 5 == 0)
    know(branch, summary_of("jiangxi", free=1, eligible=1), summary_of("hubei", free=2, eligible=1))
    shown = preview(branch, EVACUATE)
    assert len(shown.moves) == 24
    assert {host for _, host, _ in shown.moves} == {"jiangxi", "hubei"}
    assert shown.stays == {"home_only": 6}
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    started = [event for event in branch.log if isinstance(event, e.MoveStarted)]
    assert tuple((event.task_id, event.move.host, event.reason) for event in started) == shown.moves
    assert Counter(host for _, host, _ in shown.moves) == {lender.province: lender.tasks for lender in shown.lenders}


def test_work_in_hand_that_nobody_has_begun_is_shown_to_leave() -> None:
    """The desk that loses it would be the first to hear of it."""
    branch = Branch()
    branch.arrive(person("chen", capacity=2), person("zhao"))
    tasks = [branch.create() for _ in range(3)]
    begun = next(task_id for task_id in tasks if branch.task(task_id).operator == OperatorId("zhao"))
    branch.start(begun)
    know(branch, summary_of("jiangxi"))
    shown = preview(branch, EVACUATE)
    assert sorted(task_id for task_id, _, _ in shown.moves) == sorted(set(tasks) - {begun})
    assert shown.stays == {"begun": 1}
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    assert kinds_of(branch.events)[:4] == [
        "SharingPolicyUpdated",
        "EvacuationBegun",
        "OfferWithdrawn",
        "OfferWithdrawn",
    ]
    assert {update.reason for update in branch.updates} == {"evacuated"}
    assert [branch.task(task_id).state for task_id in tasks if task_id != begun] == [TaskState.MOVING] * 2


def test_overflow_is_previewed_by_the_coordinators_own_plan() -> None:
    """A preview of its own would promise relief that the plan does not give."""
    branch = staffed()
    for _ in range(20):
        branch.create()
    know(branch, summary_of("jiangxi", free=8, eligible=8))
    shown = preview(branch, IMPATIENT)
    assert len(shown.moves) == 8
    assert {host for _, host, _ in shown.moves} == {"jiangxi"}
    assert shown.moves[0][2].startswith("expected wait")
    assert shown.wait_before_ms > shown.wait_after_ms > 0
    assert shown.stays == {"nobody_free": 12, "begun": 1}
    [lender] = shown.lenders
    assert (lender.tasks, lender.free_capacity, lender.wait_before_ms, lender.wait_after_ms) == (8, 8, 0, 0)


def test_lenders_that_get_more_than_they_have_room_for_are_shown_to_wait() -> None:
    """An evacuation pushes work on provinces that are full; ops must see whom it hurts."""
    branch = Branch()
    for _ in range(10):
        branch.create()
    kept = SharingPolicy(reserve_operators=3)
    know(branch, summary_of("jiangxi", free=2, eligible=4, policy=kept))
    [lender] = preview(branch, EVACUATE).lenders
    assert (lender.tasks, lender.free_capacity, lender.reserve_operators) == (10, 2, 3)
    # Eight beyond the free places, four people, ten minutes each.
    assert (lender.wait_before_ms, lender.wait_after_ms) == (0, 8 * 600_000 // 4)


@pytest.mark.parametrize(
    ("policy", "spec", "hosts", "reason"),
    [
        (SharingPolicy(share_out_mode=ShareOutMode.CLOSED), {}, {}, "mode_closed"),
        (EVACUATE, {"home_only": True}, {}, "home_only"),
        (msgspec.structs.replace(EVACUATE, kinds=(LARGE,)), {}, {}, "kind_not_shared"),
        (msgspec.structs.replace(EVACUATE, amount_max_fen=5), {"amount_fen": 6}, {}, "above_amount"),
        (msgspec.structs.replace(EVACUATE, blocked_hosts=(ProvinceCode("jiangxi"),)), {}, {}, "nobody_eligible"),
        (EVACUATE, {}, {"eligible": 0}, "nobody_eligible"),
        (EVACUATE, {}, {"policy": SharingPolicy(share_in_quota=4), "shared_in": 4}, "quota"),
        (SharingPolicy(activation_wait_ms=604_800_000), {}, {}, "no_overload"),
        (IMPATIENT, {}, {"free": 0}, "nobody_free"),
        (msgspec.structs.replace(IMPATIENT, share_out_ratio_permille=0), {}, {}, "overload_relieved"),
        (
            SharingPolicy(
                share_out_mode=ShareOutMode.BEST_MATCH,
                activation_wait_ms=604_800_000,
                best_match_gain_points=10_000,
            ),
            {},
            {},
            "no_better_host",
        ),
    ],
)
def test_whatever_stays_has_its_reason(
    policy: SharingPolicy, spec: dict[str, Any], hosts: dict[str, Any], reason: str
) -> None:
    """One number for all that stays tells nobody what to change."""
    branch = staffed()
    for _ in range(3):
        branch.create(**spec)
    know(branch, summary_of("jiangxi", **hosts))
    shown = preview(branch, policy)
    assert shown.moves == ()
    assert shown.stays == {reason: 3, "begun": 1}
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=policy))
    assert [why(branch, task_id) for task_id in branch.state.queue.members] == 3 * [(reason, "")]


def why(branch: Branch, task_id: TaskId) -> tuple[str, str]:
    """Why a task stays, or who it leaves for, by the policy in force; nothing may have happened."""
    before, soft = list(snapshot.capture(branch.state)), outbox_facts(branch.province.outbox)
    [diagnosis] = branch.did(c.DiagnoseQueue(task_id=task_id), QueueDiagnosis).diagnoses
    assert branch.events == ()
    assert (list(snapshot.capture(branch.state)), outbox_facts(branch.province.outbox)) == (before, soft)
    return diagnosis.stays, diagnosis.leaves_to


def test_each_task_says_whether_it_is_one_of_those_that_leave() -> None:
    """Whoever asks for one task was told how many stay for which reason, and not for which this one does."""
    branch = staffed()
    tasks = [branch.create() for _ in range(20)]
    know(branch, summary_of("jiangxi", free=8, eligible=8))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=IMPATIENT))
    told = Counter(why(branch, task_id) for task_id in tasks)
    assert told == {("", "jiangxi"): 8, ("nobody_free", ""): 12}


def test_a_province_that_has_just_begun_says_that_it_does_not_know_the_others() -> None:
    """Nobody able elsewhere would be an invention."""
    branch = staffed()
    [task] = [branch.create() for _ in range(1)]
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE))
    assert why(branch, task) == ("no_picture", "")


def test_a_whole_queue_is_not_asked_why_each_task_stays() -> None:
    """A rehearsal for each task of a page would hold the province up for seconds."""
    branch = staffed()
    branch.create()
    [diagnosis] = branch.did(c.DiagnoseQueue(), QueueDiagnosis).diagnoses
    assert (diagnosis.stays, diagnosis.leaves_to) == ("", "")


def test_a_province_that_is_not_active_shares_nothing_by_plan() -> None:
    """A suspended province would look as if nobody could help it."""
    branch = Branch()
    branch.create()
    know(branch, summary_of("jiangxi"))
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.SUSPENDED))
    assert preview(branch, IMPATIENT).stays == {"not_active": 1}


def test_a_preview_has_a_bound_and_says_so() -> None:
    """A queue of a hundred thousand would hold the province up for minutes."""
    branch = Branch()
    for _ in range(PREVIEW_MAX + 5):
        branch.create()
    know(branch, summary_of("jiangxi", free=5))
    shown = preview(branch, EVACUATE)
    assert len(shown.moves) == PREVIEW_MAX
    assert shown.stays == {"beyond_preview": 5}


def test_a_going_back_and_an_approval_show_what_they_move_as_well() -> None:
    """The second person confirms what they have seen, too."""
    branch = Branch()
    branch.create()
    know(branch, summary_of("jiangxi"))
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=SharingPolicy(needs_two_people=True)))
    proposed = branch.did(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE), PolicyPreview)
    assert proposed.proposal is not None
    approve = c.ApproveSharingPolicyChange(who="ops:wang", proposal=proposed.proposal.number)
    assert branch.did(approve, PolicyPreview).moves == proposed.moves != ()
