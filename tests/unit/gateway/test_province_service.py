"""ProvinceService over real gRPC, before a country of the real core."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from actors.core.ids import KindId, ProvinceCode
from actors.core.sharing.flows import FlowMemory
from gateway.v1 import operator_pb2, province_pb2, task_pb2
from loadtests.chaos.probe import refusal
from tests.unit.gateway.served import Gateway, as_, failure, gateway


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before a country of a few provinces."""
    async with gateway("fujian", "jiangxi") as opened:
        yield opened


def why(request_id: str, **fields: Any) -> dict[str, Any]:
    """The fields of an order of the operations staff."""
    return {"name": "provinces/fujian", "reason": "typhoon", "request_id": request_id} | fields


async def policy(served: Gateway) -> province_pb2.SharingPolicy:
    """Fujian's policy as it is."""
    request = province_pb2.GetSharingPolicyRequest(name="provinces/fujian/sharingPolicy")
    return await served.provinces.GetSharingPolicy(request, **as_("lead-fujian"))


async def test_a_province_is_suspended_drained_and_resumed(served: Gateway) -> None:
    """What ops do by hand must be seen at once, with the reason."""
    suspend = province_pb2.SuspendProvinceRequest(**why("p-1"))
    suspended = await served.provinces.SuspendProvince(suspend, **as_("ops"))
    assert (suspended.state, suspended.state_reason) == (province_pb2.PROVINCE_STATE_SUSPENDED, "typhoon")
    assert await served.provinces.SuspendProvince(suspend, **as_("ops")) == suspended
    drain = province_pb2.DrainProvinceRequest(**why("p-2"))
    assert (await served.provinces.DrainProvince(drain, **as_("ops"))).state == province_pb2.PROVINCE_STATE_DRAINING
    resume = province_pb2.ResumeProvinceRequest(**why("p-3"))
    assert (await served.provinces.ResumeProvince(resume, **as_("ops"))).state == province_pb2.PROVINCE_STATE_ACTIVE
    reused = province_pb2.SuspendProvinceRequest(**why("p-1", reason="another"))
    assert (await failure(served.provinces.SuspendProvince(reused, **as_("ops"))))["reason"] == "REQUEST_ID_REUSED"
    denied = await failure(served.provinces.SuspendProvince(suspend, **as_("lead-fujian")))
    assert denied["code"].name == "PERMISSION_DENIED"


async def test_an_evacuation_is_shown_first_then_done_then_undone(served: Gateway) -> None:
    """The planned form of an outage: preview, confirm, and normal service when it is over."""
    for number in range(3):
        create = task_pb2.CreateTaskRequest(
            parent="provinces/fujian",
            request_id=f"r-{number}",
            task={"external_id": f"c-{number}", "kind": "claims-medical"},
        )
        await served.tasks.CreateTask(create, **as_("branch-fujian"))
    preview = province_pb2.EvacuateProvinceRequest(**why("p-1", validate_only=True))
    shown = await served.provinces.EvacuateProvince(preview, **as_("ops"))
    assert shown.preview.moving_count + shown.preview.staying_count == 3
    assert (await policy(served)).share_out_mode == province_pb2.SHARE_OUT_MODE_OVERFLOW
    # The preview has not used the id up.
    evacuate = province_pb2.EvacuateProvinceRequest(**why("p-1"))
    first = await served.provinces.EvacuateProvince(evacuate, **as_("ops"))
    assert (await policy(served)).share_out_mode == province_pb2.SHARE_OUT_MODE_EVACUATE
    assert (await served.provinces.EvacuateProvince(evacuate, **as_("ops"))).preview == first.preview
    assert (await policy(served)).revision == 2
    resume = province_pb2.ResumeProvinceRequest(**why("p-2"))
    for _ in range(2):
        resumed = await served.provinces.ResumeProvince(resume, **as_("ops"))
        assert resumed.state == province_pb2.PROVINCE_STATE_ACTIVE
    after = await policy(served)
    assert (after.share_out_mode, after.revision) == (province_pb2.SHARE_OUT_MODE_OVERFLOW, 3)


async def test_an_order_to_resume_that_is_refused_ends_no_evacuation(served: Gateway) -> None:
    """An id that was used for something else must change nothing: the tasks of a branch in a storm would come to it again."""
    evacuate = province_pb2.EvacuateProvinceRequest(**why("p-1"))
    await served.provinces.EvacuateProvince(evacuate, **as_("ops"))
    before = await policy(served)
    await served.provinces.SuspendProvince(province_pb2.SuspendProvinceRequest(**why("p-2")), **as_("ops"))
    reused = province_pb2.ResumeProvinceRequest(**why("p-2"))
    assert (await failure(served.provinces.ResumeProvince(reused, **as_("ops"))))["reason"] == "REQUEST_ID_REUSED"
    assert await policy(served) == before


async def test_a_repeated_order_to_resume_ends_no_later_evacuation(served: Gateway) -> None:
    """A retry that comes late must not undo what was ordered since."""
    resume = province_pb2.ResumeProvinceRequest(**why("p-1"))
    await served.provinces.ResumeProvince(resume, **as_("ops"))
    await served.provinces.EvacuateProvince(province_pb2.EvacuateProvinceRequest(**why("p-2")), **as_("ops"))
    await served.provinces.ResumeProvince(resume, **as_("ops"))
    assert (await policy(served)).share_out_mode == province_pb2.SHARE_OUT_MODE_EVACUATE


async def test_resuming_leaves_other_modes_alone(served: Gateway) -> None:
    """A province that was CLOSED before a suspension must not begin to share because it was resumed."""
    closed = province_pb2.UpdateSharingPolicyRequest(
        sharing_policy={
            "name": "provinces/fujian/sharingPolicy",
            "share_out_mode": province_pb2.SHARE_OUT_MODE_CLOSED,
        },
        reason="audit",
        request_id="p-1",
    )
    await served.provinces.UpdateSharingPolicy(closed, **as_("ops"))
    resume = province_pb2.ResumeProvinceRequest(**why("p-2"))
    await served.provinces.ResumeProvince(resume, **as_("ops"))
    assert (await policy(served)).share_out_mode == province_pb2.SHARE_OUT_MODE_CLOSED


def update(request_id: str, *paths: str, **fields: Any) -> province_pb2.UpdateSharingPolicyRequest:
    """An update of fujian's policy."""
    validate_only = fields.pop("validate_only", False)
    return province_pb2.UpdateSharingPolicyRequest(
        sharing_policy=province_pb2.SharingPolicy(name="provinces/fujian/sharingPolicy", **fields),
        update_mask={"paths": list(paths)},
        validate_only=validate_only,
        reason="new year",
        request_id=request_id,
    )


async def test_a_policy_changes_field_by_field_and_by_revision(served: Gateway) -> None:
    """Two officers who change one policy must not undo each other unseen."""
    before = await policy(served)
    request = update("u-1", "share_out_ratio_permille", share_out_ratio_permille=300, revision=1)
    changed = await served.provinces.UpdateSharingPolicy(request, **as_("ops"))
    expected = province_pb2.SharingPolicy()
    expected.CopyFrom(before)
    expected.share_out_ratio_permille, expected.revision = 300, 2
    expected.updater, expected.update_time_ms = "ops:test", changed.sharing_policy.update_time_ms
    assert expected.update_time_ms > 0
    assert changed.sharing_policy == expected == await policy(served)
    assert await served.provinces.UpdateSharingPolicy(request, **as_("ops")) == changed
    stale = update("u-2", "reserve_operators", reserve_operators=3, revision=1)
    assert (await failure(served.provinces.UpdateSharingPolicy(stale, **as_("ops"))))["code"].name == "ABORTED"
    shown = await served.provinces.UpdateSharingPolicy(
        update("u-3", "reserve_operators", reserve_operators=3, validate_only=True), **as_("ops")
    )
    assert shown.sharing_policy.reserve_operators == 3
    assert (await policy(served)).reserve_operators == 0


async def test_a_preview_that_cannot_be_known_yet_says_when_to_ask_again(served: Gateway) -> None:
    """Right after a start ops would read that nothing leaves, and see everything leave."""
    create = task_pb2.CreateTaskRequest(
        parent="provinces/fujian", request_id="r-1", task={"external_id": "c-1", "kind": "claims-medical"}
    )
    await served.tasks.CreateTask(create, **as_("branch-fujian"))
    served.country.forget_others("fujian")
    evacuate = province_pb2.SHARE_OUT_MODE_EVACUATE
    asked = update("u-1", "share_out_mode", share_out_mode=evacuate, validate_only=True)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.provinces.UpdateSharingPolicy(asked, **as_("ops"))
    refused = refusal(caught.value, 0.0, "u-1")
    assert (refused.code.name, refused.reason, refused.retry_after_ms) == ("UNAVAILABLE", "NO_PICTURE", 1_000)
    served.country.advise()
    shown = await served.provinces.UpdateSharingPolicy(asked, **as_("ops"))
    assert [stay.reason for stay in shown.preview.stays] == ["NOBODY_ELIGIBLE"]


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_rollback_is_the_same_whatever_the_coordinator_remembers(served: Gateway, is_away: bool) -> None:
    """The memory is asked for anew with each repetition; it must not make another request of it."""
    await served.provinces.UpdateSharingPolicy(update("u-1", "reserve_operators", reserve_operators=3), **as_("ops"))
    back = province_pb2.RollbackSharingPolicyRequest(
        name="provinces/fujian/sharingPolicy", revision=1, reason="no", request_id="b-1"
    )
    first = await served.provinces.RollbackSharingPolicy(back, **as_("ops"))
    sharing = FlowMemory(sharing=frozenset({(ProvinceCode("fujian"), KindId("claims-medical"))}))
    served.country.memory = None if is_away else sharing
    assert await served.provinces.RollbackSharingPolicy(back, **as_("ops")) == first
    assert (await policy(served)).revision == 3


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (update("u", allowed_hosts=["jiangxi", "atlantis"]), ["sharing_policy.allowed_hosts[1]"]),
        (update("u", "release_wait_ms", release_wait_ms=900_001), ["sharing_policy.release_wait_ms"]),
        (update("u", effective_from_ms=9, effective_until_ms=9), ["sharing_policy.effective_until_ms"]),
        (update("u", "share_out_mode"), ["sharing_policy.share_out_mode"]),
        (update("u", "*"), ["sharing_policy.share_out_mode"]),
        (update("u", kinds=["claims-medical", "claims-medcial"]), ["sharing_policy.kinds"]),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused(
    served: Gateway, request_: province_pb2.UpdateSharingPolicyRequest, fields: list[str]
) -> None:
    """What holds between fields can only be seen after the merge."""
    found = await failure(served.provinces.UpdateSharingPolicy(request_, **as_("ops")))
    assert (found["code"].name, found["fields"]) == ("INVALID_ARGUMENT", fields)


async def test_a_province_that_does_not_answer_is_shown_as_degraded(served: Gateway) -> None:
    """Ops must see a dead actor in the list, not an error instead of the list."""
    served.country.silent.add("fujian")
    listed = await served.provinces.ListProvinces(province_pb2.ListProvincesRequest(), **as_("auditor"))
    assert [(province.province_id, province.state) for province in listed.provinces] == [
        ("fujian", province_pb2.PROVINCE_STATE_DEGRADED),
        ("jiangxi", province_pb2.PROVINCE_STATE_ACTIVE),
    ]
    request = province_pb2.ListProvincesRequest(filter="state=ACTIVE", page_size=1, order_by="state")
    assert [p.province_id for p in (await served.provinces.ListProvinces(request, **as_("ops"))).provinces] == [
        "jiangxi"
    ]
    get = province_pb2.GetProvinceRequest(name="provinces/fujian")
    read = await served.provinces.GetProvince(get, **as_("branch-fujian"))
    assert read.state == province_pb2.PROVINCE_STATE_DEGRADED


async def test_the_names_of_a_province_change_and_are_never_empty(served: Gateway) -> None:
    """What operations staff read on the console is what they wrote, and never nothing."""

    def request(request_id: str, *paths: str, **fields: Any) -> province_pb2.UpdateProvinceRequest:
        return province_pb2.UpdateProvinceRequest(
            province=province_pb2.Province(name="provinces/fujian", **fields),
            update_mask={"paths": list(paths)},
            request_id=request_id,
        )

    named = await served.provinces.UpdateProvince(
        request("n-1", "display_name_zh", display_name_zh="福建"), **as_("ops")
    )
    assert (named.display_name, named.display_name_zh) == ("Fujian", "福建")
    for emptied in (["display_name"], ["display_name_zh"], ["display_name", "display_name_zh"]):
        empty = await failure(served.provinces.UpdateProvince(request("n-3", *emptied), **as_("ops")))
        assert (empty["code"].name, empty["fields"]) == ("INVALID_ARGUMENT", [f"province.{field}" for field in emptied])


async def test_an_exact_repetition_is_answered_whatever_was_changed_meanwhile(served: Gateway) -> None:
    """A retry after a lost answer would be called a misuse of its request id, because another officer wrote in between."""
    first = update("f-1", "reserve_operators", reserve_operators=3)
    changed = await served.provinces.UpdateSharingPolicy(first, **as_("ops"))
    await served.provinces.UpdateSharingPolicy(update("f-2", "share_in_quota", share_in_quota=7), **as_("ops"))
    again = await served.provinces.UpdateSharingPolicy(first, **as_("ops"))
    assert again.sharing_policy == changed.sharing_policy
    now = await policy(served)
    assert (now.reserve_operators, now.share_in_quota) == (3, 7)


async def test_changes_of_two_fields_at_once_are_both_kept(served: Gateway) -> None:
    """Two officers' acknowledged changes must not undo each other because both had read the same policy."""
    for number in range(1, 11):
        one = served.provinces.UpdateSharingPolicy(
            update(f"a-{number}", "reserve_operators", reserve_operators=number), **as_("ops")
        )
        other = served.provinces.UpdateSharingPolicy(
            update(f"b-{number}", "share_in_quota", share_in_quota=number), **as_("ops")
        )
        await one
        await other
        now = await policy(served)
        assert (now.reserve_operators, now.share_in_quota) == (number, number)


async def test_revisions_are_listed_in_pages_and_one_is_gone_back_to(served: Gateway) -> None:
    """Ops must find out what was changed in the night, and undo it with one call."""
    for number in range(1, 4):
        await served.provinces.UpdateSharingPolicy(update(f"r-{number}", reserve_operators=number), **as_("ops"))
    back = province_pb2.RollbackSharingPolicyRequest(
        name="provinces/fujian/sharingPolicy", revision=2, reason="too many", request_id="r-9"
    )
    done = await served.provinces.RollbackSharingPolicy(back, **as_("ops"))
    assert (done.sharing_policy.revision, done.sharing_policy.reserve_operators) == (5, 1)
    found: list[province_pb2.SharingPolicyRevision] = []
    token = ""
    for _ in range(3):
        request = province_pb2.ListSharingPolicyRevisionsRequest(
            name="provinces/fujian/sharingPolicy", page_size=2, page_token=token
        )
        page = await served.provinces.ListSharingPolicyRevisions(request, **as_("lead-fujian"))
        found += page.revisions
        token = page.next_page_token
    assert token == ""
    assert [kept.policy.revision for kept in found] == [5, 4, 3, 2, 1]
    assert (found[0].in_force, found[0].rolled_back_to, found[0].reason) == (True, 2, "too many")
    assert not any(kept.in_force for kept in found[1:])
    back.revision, back.request_id = 9, "r-10"
    assert (await failure(served.provinces.RollbackSharingPolicy(back, **as_("ops"))))["code"].name == "NOT_FOUND"


async def test_an_evacuation_by_two_people(served: Gateway) -> None:
    """Where the policy asks for two, no path may evacuate with one."""
    await served.provinces.UpdateSharingPolicy(update("t-1", needs_two_people=True), **as_("ops"))
    evacuate = province_pb2.EvacuateProvinceRequest(**why("t-2"))
    asked = await served.provinces.EvacuateProvince(evacuate, **as_("ops"))
    assert (asked.proposal.proposal, asked.proposal.proposer, asked.proposal.reason) == (1, "ops:test", "typhoon")
    shown = await policy(served)
    assert shown.share_out_mode == province_pb2.SHARE_OUT_MODE_OVERFLOW
    assert list(shown.proposals) == [asked.proposal]
    approve = province_pb2.ApproveSharingPolicyChangeRequest(
        name="provinces/fujian/sharingPolicy", proposal=1, request_id="t-3"
    )
    refused = await failure(served.provinces.ApproveSharingPolicyChange(approve, **as_("ops")))
    assert (refused["code"].name, refused["reason"]) == ("FAILED_PRECONDITION", "SAME_PERSON")
    done = await served.provinces.ApproveSharingPolicyChange(approve, **as_("ops-2"))
    assert done.sharing_policy.share_out_mode == province_pb2.SHARE_OUT_MODE_EVACUATE
    assert done.sharing_policy.approver == "ops:second"
    assert await served.provinces.ApproveSharingPolicyChange(approve, **as_("ops-2")) == done
    shown = await policy(served)
    assert (shown.proposals, shown.updater, shown.approver) == ([], "ops:test", "ops:second")
    resume = province_pb2.ResumeProvinceRequest(**why("t-4"))
    await served.provinces.ResumeProvince(resume, **as_("ops"))
    shown = await policy(served)
    assert (shown.share_out_mode, shown.approver) == (province_pb2.SHARE_OUT_MODE_OVERFLOW, "")


async def test_the_approver_is_that_of_the_revision_in_force(served: Gateway) -> None:
    """A newer revision that lies ahead was approved by nobody; neither its name nor a caller's may stand beside the policy that is obeyed."""
    await served.provinces.UpdateSharingPolicy(update("a-1", needs_two_people=True), **as_("ops"))
    proposed = update("a-2", share_out_mode=province_pb2.SHARE_OUT_MODE_EVACUATE, approver="ops:nobody")
    await served.provinces.UpdateSharingPolicy(proposed, **as_("ops"))
    approve = province_pb2.ApproveSharingPolicyChangeRequest(
        name="provinces/fujian/sharingPolicy", proposal=1, request_id="a-3"
    )
    await served.provinces.ApproveSharingPolicyChange(approve, **as_("ops-2"))
    ahead = update(
        "a-4",
        share_out_mode=province_pb2.SHARE_OUT_MODE_OVERFLOW,
        effective_from_ms=1_900_000_000_000,
        approver="ops:nobody",
    )
    changed = await served.provinces.UpdateSharingPolicy(ahead, **as_("ops"))
    assert (changed.sharing_policy.revision, changed.sharing_policy.approver) == (4, "")
    shown = await policy(served)
    assert (shown.revision, shown.newest_revision, shown.approver) == (3, 4, "ops:second")
    assert [kept.policy.approver for kept in shown.scheduled] == [""]
    request = province_pb2.ListSharingPolicyRevisionsRequest(name="provinces/fujian/sharingPolicy")
    listed = await served.provinces.ListSharingPolicyRevisions(request, **as_("lead-fujian"))
    assert [kept.policy.approver for kept in listed.revisions] == ["", "ops:second", "", ""]


async def test_a_window_that_lies_ahead_is_shown_and_must_be_known_to_whoever_writes(served: Gateway) -> None:
    """A colleague's window of tonight must not be replaced by somebody who has not seen it."""
    await served.provinces.UpdateSharingPolicy(
        update("w-1", effective_from_ms=1_900_000_000_000, share_in_quota=5), **as_("ops")
    )
    shown = await policy(served)
    assert (shown.revision, shown.newest_revision, shown.share_in_quota) == (1, 2, 100_000)
    assert [kept.policy.revision for kept in shown.scheduled] == [2]
    stale = update("w-2", reserve_operators=1, revision=1)
    assert (await failure(served.provinces.UpdateSharingPolicy(stale, **as_("ops"))))["code"].name == "ABORTED"
    known = update("w-3", reserve_operators=1, revision=2)
    await served.provinces.UpdateSharingPolicy(known, **as_("ops"))
    assert (await policy(served)).revision == 3


# --- hours and days ---

CALENDAR = "provinces/fujian/calendar"
OFFICE = province_pb2.LineHours(
    line=operator_pb2.LINE_CLAIMS,
    workdays=[{"start_minute": 510, "end_minute": 720}, {"start_minute": 780, "end_minute": 1050}],
)
QINGMING = province_pb2.SpecialDay(date="2026-04-06", display_name="清明节")


def calendar_update(
    request_id: str, *paths: str, validate_only: bool = False, **fields: Any
) -> province_pb2.UpdateCalendarRequest:
    """An update of fujian's calendar."""
    return province_pb2.UpdateCalendarRequest(
        calendar=province_pb2.Calendar(name=CALENDAR, **fields),
        update_mask={"paths": list(paths)},
        validate_only=validate_only,
        reason="spring",
        request_id=request_id,
    )


async def calendar(served: Gateway, who: str = "branch-fujian") -> province_pb2.Calendar:
    """Fujian's calendar as it is."""
    return await served.provinces.GetCalendar(province_pb2.GetCalendarRequest(name=CALENDAR), **as_(who))


async def test_a_calendar_changes_field_by_field_and_by_revision(served: Gateway) -> None:
    """Next year's holidays must not undo the hours, nor one officer the other."""
    before = await calendar(served)
    assert (list(before.hours), list(before.weekend_days), before.revision) == ([], [6, 7], 1)
    assert [opening.open for opening in before.openings] == [True, True, True]
    shown = await served.provinces.UpdateCalendar(
        calendar_update("c-1", validate_only=True, hours=[OFFICE]), **as_("ops")
    )
    assert (list(shown.hours), shown.revision) == ([OFFICE], 1)
    assert await calendar(served) == before
    hours = calendar_update("c-1", hours=[OFFICE], revision=1)
    changed = await served.provinces.UpdateCalendar(hours, **as_("ops"))
    assert (changed.revision, changed.updater) == (2, "ops:test")
    again = await served.provinces.UpdateCalendar(hours, **as_("ops"))
    assert again == changed
    days = await served.provinces.UpdateCalendar(calendar_update("c-2", national_days=[QINGMING]), **as_("ops"))
    assert (list(days.hours), list(days.national_days), days.revision) == ([OFFICE], [QINGMING], 3)
    stale = calendar_update("c-3", "hours", revision=2)
    assert (await failure(served.provinces.UpdateCalendar(stale, **as_("ops"))))["code"].name == "ABORTED"
    cleared = await served.provinces.UpdateCalendar(calendar_update("c-4", "hours", "weekend_days"), **as_("ops"))
    assert (list(cleared.hours), list(cleared.weekend_days)) == ([], [])
    denied = await failure(served.provinces.UpdateCalendar(hours, **as_("lead-fujian")))
    assert denied["code"].name == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (calendar_update("c", hours=[OFFICE, OFFICE]), ["calendar.hours[1]"]),
        (calendar_update("c", hours=[{"line": 9}]), ["calendar.hours[0].line"]),
        (
            calendar_update("c", hours=[{"line": 3, "workdays": [{"start_minute": 1440, "end_minute": 1441}]}]),
            ["calendar.hours[0].workdays[0].start_minute", "calendar.hours[0].workdays[0].end_minute"],
        ),
        (
            calendar_update("c", hours=[{"line": 3, "weekends": [{"start_minute": 600, "end_minute": 540}]}]),
            ["calendar.hours[0].weekends"],
        ),
        (calendar_update("c", weekend_days=[7, 6]), ["calendar.weekend_days"]),
        (calendar_update("c", weekend_days=[8]), ["calendar.weekend_days[0]"]),
        (calendar_update("c", local_days=[{"date": "2026-02-30"}]), ["calendar.local_days[0].date"]),
        (calendar_update("c", local_days=[{"date": "20260228"}]), ["calendar.local_days[0].date"]),
        (calendar_update("c", local_days=[{"date": "2026-02-28"}, {"date": "2026-02-27"}]), ["calendar.local_days"]),
        (calendar_update("c", "revision"), ["update_mask.paths"]),
    ],
)
async def test_a_calendar_that_cannot_be_is_refused_with_its_field(
    served: Gateway, request_: province_pb2.UpdateCalendarRequest, fields: list[str]
) -> None:
    """A branch that is closed by a typing mistake serves nobody."""
    found = await failure(served.provinces.UpdateCalendar(request_, **as_("ops")))
    assert (found["code"].name, found["fields"]) == ("INVALID_ARGUMENT", fields)
