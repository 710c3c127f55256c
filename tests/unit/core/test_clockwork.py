import pytest

from actors.core import clockwork
from actors.core import commands as c
from actors.core import events as e
from actors.core.clockwork import SESSION_SILENCE_MAX_MS
from actors.core.country import ProvinceStatus, TimeLimits
from actors.core.ids import OperatorId, SessionId, SiteId, TaskId
from actors.core.operators import PresenceState
from actors.core.presence import Presence
from actors.core.refusal import Reason
from actors.core.replies import NoWork
from actors.core.sharing.summary import encode_picture
from actors.core.task import TaskState, Verdict
from tests.unit.core.harness import START_MS, Branch, kinds_of, person, session_of, spec
from tests.unit.core.journeys import advise, picture_of

LEASE_MS = TimeLimits().lease_duration_ms


def site_of(count: int, *, site: str = "fujian-1", prefix: str = "op") -> Branch:
    """A branch with so many people on one site, all heard just now."""
    branch = Branch()
    staff(branch, count, site=site, prefix=prefix)
    return branch


def staff(branch: Branch, count: int, *, site: str, prefix: str) -> list[str]:
    """Sign more people in; their names."""
    names = [f"{prefix}-{number}" for number in range(count)]
    branch.arrive(*(person(name, site=SiteId(site)) for name in names))
    return names


def named(happened: list[e.AnyEvent], kind: type[e.AnyEvent]) -> list[e.AnyEvent]:
    """The events of one type."""
    return [event for event in happened if isinstance(event, kind)]


# --- leases ---


def test_a_silent_desk_loses_its_work_and_its_old_token() -> None:
    """The complaint of others: work stays with someone offline, indefinitely."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.start(task_id)
    held = branch.holder(task_id)
    assert branch.wait(LEASE_MS - 200) == []
    [released] = branch.wait(200)
    assert isinstance(released, e.AssignmentReleased)
    assert released.reason == "lease_lost"
    assert (branch.updates[0].what, branch.updates[0].token) == ("revoked", held["token"])
    late = c.CompleteAssignment(**held, verdict=Verdict.APPROVED)
    assert branch.refused(late) is Reason.STALE_TOKEN


def test_a_desk_that_is_heard_keeps_its_work() -> None:
    """Executed twice after a visibility timeout: leases must be renewed while the operator works."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.start(branch.create())
    assert branch.wait(20 * LEASE_MS, heard=["chen"]) == []


def test_who_drains_is_signed_out_after_the_last_of_their_work() -> None:
    """Whoever ends the day would count as signed in, and be asked for heartbeats, until their desk had been silent for ten minutes."""
    branch = Branch()
    branch.arrive(person("chen", capacity=2))
    first, second = branch.create(), branch.create()
    for task_id in (first, second):
        branch.start(task_id)
    branch.do(c.SetPresence(operator=OperatorId("chen"), presence=PresenceState.DRAINING))
    branch.complete(first)
    assert branch.wait(1_000, heard=["chen"]) == []
    branch.complete(second)
    [gone] = branch.tick()
    assert isinstance(gone, e.OperatorSignedOut)
    assert (gone.operator, gone.reason, gone.who) == ("chen", "signed_out", "system:clock")
    assert [(update.what, update.reason) for update in branch.updates] == [("session_ended", "signed_out")]
    assert (branch.state.signed_in, branch.state.operators[OperatorId("chen")].desk) == ({}, "")


@pytest.mark.parametrize("command", ["renew", "start", "stale"])
def test_whatever_the_holder_asks_renews_the_lease(command: str) -> None:
    """A desk that works is alive, whatever became of its heartbeats; an old token proves nothing."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.accept(task_id)
    branch.wait(LEASE_MS - 1_000)
    held = branch.holder(task_id)
    if command == "stale":
        held["token"] = 0
    branch.do(c.StartAssignment(**held) if command == "start" else c.RenewAssignment(**held))
    expected = ["AssignmentReleased"] if command == "stale" else []
    assert kinds_of(branch.wait(LEASE_MS - 1_000)) == expected


def test_after_a_restart_a_desk_that_never_comes_back_loses_its_work_after_one_term() -> None:
    """A new term for everybody, and no more: work would stay for ever with somebody who went away meanwhile."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.start(branch.create())
    branch.wait(LEASE_MS - 1_000)
    branch.province.presence = Presence(branch.monotonic_ms)
    assert branch.wait(LEASE_MS - 200) == []
    assert kinds_of(branch.wait(200)) == ["AssignmentReleased"]
    assert kinds_of(branch.wait(SESSION_SILENCE_MAX_MS)) == ["OperatorSignedOut"]


def test_leases_do_not_know_the_wall_clock() -> None:
    """A clock set by an hour would void, or immortalise, every lease of the province."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.start(task_id)
    for jump_ms in (3_600_000, -7_200_000):
        branch.wall_ms += jump_ms
        assert branch.tick() == ()
    assert kinds_of(branch.wait(LEASE_MS)) == ["AssignmentReleased"]
    assert branch.task(task_id).worked_ms == 0


def test_our_own_standstill_voids_no_lease() -> None:
    """A province that slept for a minute would take everybody's work away."""
    branch = Branch()
    branch.arrive(*(person(f"op-{number}") for number in range(5)))
    for _ in range(5):
        branch.start(branch.create())
    branch.monotonic_ms += 60_000
    branch.wall_ms += 60_000
    assert branch.tick() == ()
    # From here on silence counts again, from where it was.
    assert "SiteLost" in kinds_of(branch.wait(3_000))


def test_a_session_silent_for_ten_minutes_is_signed_out() -> None:
    """Yesterday's sessions would stand in the roster of those on duty for ever."""
    branch = Branch()
    branch.arrive(person("chen"))
    happened = branch.wait(SESSION_SILENCE_MAX_MS)
    assert kinds_of(happened) == ["OperatorSignedOut"]
    assert branch.state.signed_in == {}


def test_a_lost_lease_is_queued_and_goes_to_the_next_person_in_the_same_batch() -> None:
    """I9: an expired lease is queued again within two seconds; here, at once."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.start(task_id)
    branch.wait(LEASE_MS - 200)
    branch.arrive(person("lin"))
    assert kinds_of(branch.wait(200, heard=["lin"])) == ["AssignmentReleased", "MatchRoundHeld", "OfferMade"]
    assert branch.task(task_id).operator == "lin"


# --- offers and schedules ---


def test_an_unanswered_offer_goes_back_and_to_somebody_else() -> None:
    """Somebody who stares at an offer would keep the customer waiting."""
    limits = TimeLimits()
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    token = branch.task(task_id).token
    happened = branch.wait(limits.offer_duration_ms + 400, heard=["chen"])
    assert kinds_of(happened) == ["OfferWithdrawn", "MatchRoundHeld", "OfferMade"]
    assert branch.task(task_id).token > token
    assert branch.task(task_id).offer_attempts == 1


def test_an_accepted_offer_does_not_expire() -> None:
    """The clock of an offer must end with it."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.accept(branch.create())
    assert branch.wait(2 * TimeLimits().offer_duration_ms, heard=["chen"]) == []


def test_a_scheduled_task_is_queued_at_its_instant() -> None:
    """A task for later must neither come early nor be forgotten."""
    branch = Branch()
    task_id = branch.create(not_before_ms=START_MS + 10_000)
    assert branch.wait(9_800) == []
    assert kinds_of(branch.wait(200)) == ["TaskScheduleReached"]
    assert branch.task(task_id).state is TaskState.QUEUED


def test_what_is_booked_for_one_instant_is_queued_a_bounded_number_at_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day's work booked for half past eight would be one frame of megabytes, and nobody would be answered until it is on disk."""
    monkeypatch.setattr(clockwork, "SCHEDULES_PER_LOOK", 3)
    branch = Branch()
    tasks = [branch.create(not_before_ms=START_MS + 10_000) for _ in range(7)]
    branch.wall_ms += 10_000
    looks = [len(branch.tick()) for _ in range(4)]
    assert looks == [3, 3, 1, 0]
    assert all(branch.task(task_id).state is TaskState.QUEUED for task_id in tasks)


# --- sites ---


def test_a_site_without_power_is_called_out_and_its_work_leaves() -> None:
    """The main job: seen within four seconds, reassigned within five."""
    branch = site_of(5)
    tasks = [branch.create() for _ in range(6)]
    branch.start(tasks[0])
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei"))))
    happened = branch.wait(4_000)
    names = kinds_of(happened)
    assert names[:1] == ["SiteLost"]
    assert names.count("ProvinceStatusChanged") == 1
    assert names.count("AssignmentReleased") == 1
    assert names.count("OfferWithdrawn") == 4
    assert names.count("MoveStarted") == 6
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    first = next(event for event in happened if isinstance(event, e.MoveStarted))
    assert first.at_ms - START_MS <= 5_000
    assert first.move.placement.value == "evacuated"


def test_green_channel_and_work_in_hand_leave_first() -> None:
    """The green channel first of all, then what somebody had begun."""
    branch = site_of(3)
    in_hand = branch.create()
    branch.start(in_hand)
    for number in range(2):
        branch.do(c.SetPresence(operator=OperatorId(f"op-{number + 1}"), presence=PresenceState.BREAK))
    waiting = branch.create()
    urgent = branch.create(priority=9)
    green = branch.create(green_channel=True)
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    moved = [event.task_id for event in branch.wait(4_000) if isinstance(event, e.MoveStarted)]
    assert moved == [green, in_hand, urgent, waiting]


def test_desks_that_stay_alive_keep_their_work() -> None:
    """Four of five fall silent; the fifth works on and must not be interrupted."""
    branch = site_of(5)
    for _ in range(5):
        branch.start(branch.create())
    holder = next(task_id for task_id, task in branch.state.tasks.items() if task.operator == "op-4")
    happened = branch.wait(4_000, heard=["op-4"])
    assert "SiteLost" in kinds_of(happened)
    assert branch.task(holder).state is TaskState.IN_PROGRESS


@pytest.mark.parametrize(
    "why", ["hiccup", "gateway", "sign_out", "two desks", "one of many", "restart", "stall", "ghosts"]
)
def test_no_false_alarm(why: str) -> None:
    """Each of these has sent a province's work away in some system; none of them is an outage."""
    branch = site_of(2 if why == "two desks" else 5)
    names = [f"op-{number}" for number in range(5)]
    if why == "hiccup":
        happened = branch.wait(2_000) + branch.wait(5_000, heard=names)
    elif why == "gateway":
        branch.do(c.LosePath(session_prefix="gateway-1/"))
        happened = branch.wait(LEASE_MS - 200)
    elif why == "sign_out":
        branch.batch(*(c.SignOut(operator=OperatorId(name)) for name in names[:4]))
        happened = branch.wait(5_000)
    elif why == "one of many":
        happened = branch.wait(9_000, heard=names[1:])
    elif why == "restart":
        branch.province.presence = Presence(branch.monotonic_ms)
        happened = branch.wait(9_000)
    elif why == "stall":
        branch.monotonic_ms += 30_000
        happened = [*branch.tick(), *branch.wait(9_000, heard=names)]
    elif why == "ghosts":
        # Four went home without signing out, one by one, hours ago; the fifth takes a break.
        happened = _go_home_one_by_one(branch, names)
    else:
        happened = branch.wait(9_000)
    assert named(happened, e.SiteLost) == []
    assert branch.state.status is ProvinceStatus.ACTIVE


def _go_home_one_by_one(branch: Branch, names: list[str]) -> list[e.AnyEvent]:
    happened: list[e.AnyEvent] = []
    for gone in range(1, 5):
        happened += branch.wait(LEASE_MS + 1_000, heard=names[gone:])
    return happened + branch.wait(LEASE_MS)


def test_a_province_with_another_living_site_is_not_unreachable() -> None:
    """Half a province without power works on in the other half."""
    branch = site_of(4, prefix="a")
    others = staff(branch, 4, site="fujian-2", prefix="b")
    for _ in range(8):
        branch.create()
    happened = branch.wait(4_000, heard=others)
    assert [event.site for event in happened if isinstance(event, e.SiteLost)] == ["fujian-1"]
    assert named(happened, e.ProvinceStatusChanged) == []
    assert branch.state.status is ProvinceStatus.ACTIVE
    assert branch.wait(1_000, heard=others) == []


def test_a_lost_site_takes_no_work_from_a_silent_desk_of_another() -> None:
    """Somebody whose own line hangs for a moment would lose what they have in hand because a building elsewhere has no power."""
    branch = site_of(4, prefix="a")
    others = staff(branch, 4, site="fujian-2", prefix="b")
    tasks = [branch.create() for _ in range(8)]
    held = next(task_id for task_id in tasks if branch.task(task_id).operator == others[0])
    branch.start(held)
    assert "SiteLost" in kinds_of(branch.wait(4_000, heard=others[1:]))
    assert branch.task(held).state is TaskState.IN_PROGRESS


@pytest.mark.parametrize("others", [2, 4])
def test_another_site_that_is_silent_too_keeps_no_province(others: int) -> None:
    """A small office is never called out by itself: its two dark desks would keep the work of the whole province at home."""
    branch = site_of(4, prefix="a")
    staff(branch, others, site="fujian-2", prefix="b")
    happened = branch.wait(4_000)
    assert len(named(happened, e.SiteLost)) == (2 if others == 4 else 1)
    assert branch.state.status is ProvinceStatus.UNREACHABLE


def test_the_returned_site_works_again_and_what_left_stays_away() -> None:
    """When the site returns its work stays where it is being done, and new work stays home."""
    branch = site_of(4)
    left = branch.create()
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    branch.wait(4_000)
    assert branch.task(left).state is TaskState.MOVING
    happened = branch.wait(4_000, heard=[f"op-{number}" for number in range(4)])
    assert [type(event) for event in happened] == [e.SiteReturned, e.ProvinceStatusChanged]
    assert branch.state.status is ProvinceStatus.ACTIVE
    assert branch.task(left).state is TaskState.MOVING
    assert branch.task(branch.create()).state is TaskState.OFFERED


def test_nobody_is_offered_work_while_the_province_is_unreachable_or_suspended() -> None:
    """Work given to a dead site comes back only after its lease."""
    branch = site_of(4)
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.SUSPENDED, reason="drill"))
    assert branch.task(branch.create()).state is TaskState.QUEUED
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE))
    assert branch.task(TaskId("fujian-1")).state is TaskState.OFFERED


@pytest.mark.parametrize("before", [ProvinceStatus.ACTIVE, ProvinceStatus.DRAINING])
def test_after_an_outage_the_province_is_what_it_was(before: ProvinceStatus) -> None:
    """A power cut would silently end a drain that the duty officer had ordered."""
    branch = site_of(4)
    branch.do(c.SetProvinceStatus(status=before, reason="moving house"))
    branch.wait(4_000)
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    branch.wait(4_000, heard=[f"op-{number}" for number in range(4)])
    assert branch.state.status is before


def test_a_drain_lasts_through_an_outage() -> None:
    """A branch that closes would be sent new tasks by a power cut, and ordered to come to an end with them afterwards."""
    branch = site_of(4)
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.DRAINING, reason="moving house"))
    branch.wait(4_000)
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    assert branch.refused(c.CreateTask(spec=spec())) is Reason.PROVINCE_DRAINING
    branch.wait(4_000, heard=[f"op-{number}" for number in range(4)])
    assert branch.state.status_reason == "desks of fujian-1 are heard, and it was draining before they fell silent"
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE, reason="moved"))
    branch.wait(4_000)
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    branch.create()


def test_to_drain_a_dark_branch_keeps_nothing_in_it() -> None:
    """Whoever closes a branch that has no power would stop its evacuation: nobody there works, and nothing would leave."""
    branch = site_of(4)
    branch.wait(4_000)
    silence = branch.state.status_reason
    drain = c.SetProvinceStatus(who="ops:duty", status=ProvinceStatus.DRAINING, reason="closed for the storm")
    branch.do(drain)
    assert (branch.state.status, branch.state.status_reason) == (ProvinceStatus.UNREACHABLE, silence)
    assert branch.refused(c.CreateTask(spec=spec())) is Reason.PROVINCE_DRAINING
    branch.do(drain)
    assert branch.events == ()
    branch.wait(4_000, heard=[f"op-{number}" for number in range(4)])
    assert branch.state.status is ProvinceStatus.DRAINING


def test_to_suspend_a_dark_branch_keeps_nothing_in_it() -> None:
    """Nobody there works: what waits would wait behind silent desks for the promise to be broken, by an order that says no word of it."""
    branch = site_of(4)
    waits = branch.create()
    branch.wait(4_000)
    assert branch.state.status is ProvinceStatus.UNREACHABLE
    silence = branch.state.status_reason
    suspend = c.SetProvinceStatus(who="ops:duty", status=ProvinceStatus.SUSPENDED, reason="storm")
    branch.do(suspend)
    assert (branch.state.status, branch.state.status_reason) == (ProvinceStatus.UNREACHABLE, silence)
    branch.do(suspend)
    assert branch.events == (), "an impatient officer must not fill the journal"
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    assert branch.task(waits).state is TaskState.MOVING


def test_a_dark_branch_that_is_suspended_hands_out_nothing_until_it_is_resumed() -> None:
    """The order counts at once: the first who comes back would be given work that the officer holds back."""
    branch = site_of(4)
    branch.create()
    branch.wait(4_000)
    branch.do(c.SetProvinceStatus(who="ops:duty", status=ProvinceStatus.SUSPENDED, reason="storm"))
    fetch = c.FetchNextTask(operator=OperatorId("op-0"))
    assert branch.did(fetch, NoWork).reason == "the province is suspended"
    branch.create()
    branch.wait(4_000, heard=[f"op-{number}" for number in range(4)])
    assert branch.state.status is ProvinceStatus.SUSPENDED
    assert branch.did(fetch, NoWork).reason == "the province is suspended"
    assert {task.state for task in branch.state.tasks.values()} == {TaskState.QUEUED}
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE))
    assert TaskState.OFFERED in {task.state for task in branch.state.tasks.values()}


def test_a_suspended_province_is_not_taken_out_of_it_by_an_outage() -> None:
    """What ops suspended, ops resume."""
    branch = site_of(4)
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.SUSPENDED))
    branch.wait(4_000)
    branch.wait(4_000, heard=[f"op-{number}" for number in range(4)])
    assert branch.state.status is ProvinceStatus.SUSPENDED


def test_resuming_by_hand_forgets_the_lost_sites() -> None:
    """The duty officer knows better than the watch."""
    branch = site_of(4)
    branch.wait(4_000)
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE, reason="checked by phone"))
    assert (branch.state.status, branch.state.lost_sites) == (ProvinceStatus.ACTIVE, {})


def test_whoever_suspends_a_province_says_nothing_of_its_dark_site() -> None:
    """People there would count as back, and be called out once more."""
    branch = site_of(4, prefix="a")
    others = staff(branch, 4, site="fujian-2", prefix="b")
    branch.wait(4_000, heard=others)
    branch.do(c.SetProvinceStatus(who="ops:duty", status=ProvinceStatus.SUSPENDED, reason="drill"))
    assert list(branch.state.lost_sites) == ["fujian-1"]
    branch.do(c.SetProvinceStatus(who="ops:duty", status=ProvinceStatus.ACTIVE))
    assert branch.state.lost_sites == {}


def test_offers_that_nobody_could_answer_begin_anew() -> None:
    """While the disk was full no answer could be taken; all offers would lapse in the moment in which it has room again."""
    branch = site_of(1)
    task_id = branch.create()
    token = branch.task(task_id).token
    branch.tick()
    for _ in range(2):
        branch.wait(TimeLimits().offer_duration_ms - 1_000, heard=["op-0"])
        branch.province.outbox.begin_offers_anew()
    assert (branch.task(task_id).state, branch.task(task_id).token) == (TaskState.OFFERED, token)


def test_a_new_site_with_living_desks_ends_the_isolation() -> None:
    """People who move to another building after a power cut are signed in, heard, and given no work."""
    branch = site_of(4)
    branch.wait(4_000)
    others = staff(branch, 4, site="fujian-2", prefix="b")
    branch.wait(10_000, heard=others)
    assert branch.task(branch.create()).state is TaskState.OFFERED


def test_a_lost_gateway_takes_no_lease_within_its_grace() -> None:
    """Silence counts only while the path is proven live; desks have `path_grace_ms` to come back through another."""
    branch = site_of(1)
    branch.start(branch.create())
    branch.do(c.LosePath(session_prefix="gateway-1/"))
    assert branch.wait(TimeLimits().path_grace_ms - 400) == []


def test_losing_a_path_concerns_only_the_sessions_behind_it() -> None:
    """The loss of one gateway must not hide an outage seen through another."""
    branch = site_of(4)
    branch.do(c.LosePath(session_prefix="gateway-2/"))
    assert "SiteLost" in kinds_of(branch.wait(3_500))
    assert session_of("op-0").startswith("gateway-1/")


@pytest.mark.parametrize("status", [ProvinceStatus.SUSPENDED, ProvinceStatus.DRAINING])
def test_advice_does_not_move_a_task_of_a_suspended_or_draining_province(status: ProvinceStatus) -> None:
    """Suspended means that nothing happens, and who is to come to an end with their work does it themselves."""
    branch = Branch()
    task_id = branch.create()
    branch.do(c.SetProvinceStatus(status=status))
    advise(branch, "jiangxi", branch.task(task_id).spec.kind)
    assert branch.task(task_id).state is TaskState.QUEUED


def test_a_stream_that_is_still_heard_after_its_people_signed_out_is_forgotten() -> None:
    """A desk that signs out and then closes its stream would be remembered until the province restarts, and so would every one after it."""
    branch = Branch()
    branch.arrive(person("chen"), person("lin"))
    for _ in range(3):
        branch.do(c.SignOut(operator=OperatorId("lin"), session=session_of("lin")))
        branch.do(c.HearDesks(sessions=(session_of("chen"), session_of("lin"), SessionId("gateway-1/nobody"))))
        branch.tick()
        assert branch.province.presence.session_count == 1
        assert branch.province.presence.is_fresh(session_of("chen"), branch.monotonic_ms, branch.state.limits)
        branch.sign_in("lin")
