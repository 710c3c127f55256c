"""A branch closes at half past five; whoever is still open carries its work on (issue: service extension)."""

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core import snapshot
from actors.core.calendar import BranchCalendar, LineHours, Span, SpecialDay, date_of, day_of_date, later, start_of
from actors.core.country import Line, ShareOutMode, SharingPolicy, TaskKind
from actors.core.ids import KindId, OperatorId, TaskId
from actors.core.line_summary import LineSummary
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.refusal import Reason
from actors.core.replies import CalendarReply, Done, MoveAnswer
from actors.core.service_gained import DAYS_KEPT, GainedService, Gains, service_gained_ms
from actors.core.shadow import Shadow
from actors.core.sharing.hosts import hosts_by_kind, rank_hosts
from actors.core.sharing.plan import FlowMemory, plan_flows
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, NationalPicture, encode_picture
from actors.core.task import Placement, Task, TaskState
from tests.unit.core.harness import FUJIAN, JIANGXI, KINDS, MEDICAL, Branch, kinds_of, person, session_of
from tests.unit.core.provinces import answer, deliver, hand_over, host, moving

POLICY_REVIEW = KindId("underwriting-policy")
UNDERWRITING = (*KINDS, TaskKind(kind=POLICY_REVIEW, line=Line.UNDERWRITING, standard_minutes=10, tariff_fen=900))
OFFICE = LineHours(line=Line.UNDERWRITING, workdays=(Span(8 * 60 + 30, 17 * 60 + 30),))
CLAIMS_OFFICE = msgspec.structs.replace(OFFICE, line=Line.CLAIMS)
#: Monday.
DAY = day_of_date("2026-01-05")
MINUTE_MS = 60_000


def branch(code: str = FUJIAN, hours: LineHours | None = OFFICE, at: str = "17:00") -> Branch:
    """A branch with hours for underwriting only, on a Monday."""
    made = Branch(type(FUJIAN)(code), kinds=UNDERWRITING)
    if hours is not None:
        made.did(c.AdoptCalendar(who="system:country", told=BranchCalendar(hours=(hours,))), Done)
    go_to(made, at)
    return made


def go_to(site: Branch, time: str, day: int = DAY) -> None:
    """Set the clock."""
    hours, minutes = map(int, time.split(":"))
    site.wall_ms = start_of(day) + (hours * 60 + minutes) * MINUTE_MS


def underwriter(code: str) -> Operator:
    """Somebody who decides policies, one at a time."""
    return person(f"{code}-uw", type(FUJIAN)(code), kinds={POLICY_REVIEW: KindExperience(done_count=50)})


def line_of(site: Branch, wanted: Line = Line.UNDERWRITING) -> LineSummary:
    """What the branch says of a line."""
    return next(line for line in site.province.summary(site.now).lines if line.line is wanted)


def kind_of(site: Branch) -> KindSummary:
    """What it says of the kind."""
    return next(kind for kind in site.province.summary(site.now).kinds if kind.kind == POLICY_REVIEW)


def test_a_line_is_open_by_its_hours_or_by_who_stays() -> None:
    """Others read it; a branch whose people work late must not look deserted, and one that has gone home must not look open."""
    site = branch()
    assert (line_of(site).is_open, line_of(site).opens_in_ms, line_of(site).open_minutes_left) == (True, 0, 30)
    go_to(site, "17:30")
    closed = line_of(site)
    assert (closed.is_open, closed.opens_in_ms, closed.open_minutes_left) == (False, 15 * 60 * MINUTE_MS, 0)
    site.arrive(underwriter(FUJIAN))
    late = line_of(site)
    assert (late.is_open, late.opens_in_ms) == (True, 15 * 60 * MINUTE_MS)
    site.wait(3_000)
    assert not line_of(site).is_open, "a desk that is not heard keeps nothing open"


def test_a_branch_without_hours_says_nothing_of_lines_it_is_not_asked_for() -> None:
    """The simulator's branches have no hours; their summaries must stay what they were."""
    site = branch(hours=None, at="23:00")
    assert site.province.summary(site.now).lines == ()
    site.create(POLICY_REVIEW)
    assert kind_of(site).expected_wait_ms == WAIT_UNBOUNDED_MS


def test_the_expected_wait_of_a_closed_line_lasts_until_it_opens() -> None:
    """Work would stay for a night, or leave five minutes before the branch opens."""
    site = branch(at="19:30")
    site.create(POLICY_REVIEW)
    assert kind_of(site).expected_wait_ms == 13 * 60 * MINUTE_MS
    go_to(site, "08:25", DAY + 1)
    assert kind_of(site).expected_wait_ms == 5 * MINUTE_MS
    go_to(site, "08:31", DAY + 1)
    assert kind_of(site).expected_wait_ms == WAIT_UNBOUNDED_MS, "open, and nobody has come"
    never = branch(hours=LineHours(line=Line.UNDERWRITING))
    never.create(POLICY_REVIEW)
    assert kind_of(never).expected_wait_ms == WAIT_UNBOUNDED_MS


def test_a_closed_branch_is_nobodys_host_though_people_stay() -> None:
    """What is sent to people who are about to go home waits for a night, or comes back and goes round."""
    home, site = Branch(), branch("jiangxi", CLAIMS_OFFICE, at="17:29")
    site.arrive(person("lin", JIANGXI))

    def hosts() -> list[str]:
        picture = NationalPicture(provinces=(site.province.summary(site.now),))
        found = hosts_by_kind(picture).get(MEDICAL, [])
        return [candidate.province for candidate in rank_hosts(MEDICAL, FUJIAN, SharingPolicy(), found, {})]

    assert hosts() == [JIANGXI]
    _, sent = moving(home, JIANGXI)
    go_to(site, "17:30")
    assert line_of(site, Line.CLAIMS).is_open, "somebody stays"
    assert hosts() == []
    assert deliver(sent, site) == MoveAnswer(accepted=False, reason="the line is closed here now")


def test_a_task_comes_home_though_home_is_closed() -> None:
    """A home that refused its own would leave the task with a host that must give it away."""
    home, other = branch(hours=CLAIMS_OFFICE), host("jiangxi")
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.BREAK))
    task_id = home.create()
    hand_over(task_id, home, other)
    go_to(home, "18:00")
    _, back = moving(other, FUJIAN, task_id)
    assert deliver(back, home) == MoveAnswer(accepted=True)


def test_people_may_work_outside_the_hours() -> None:
    """Closed means that nothing is promised, not that the door is locked."""
    site = branch(at="20:00")
    site.arrive(underwriter(FUJIAN))
    task_id = site.create(POLICY_REVIEW)
    assert site.task(task_id).state is TaskState.OFFERED
    site.start(task_id)
    assert site.complete(task_id).state is TaskState.COMPLETED


def evening() -> tuple[Branch, Branch, TaskId]:
    """An underwriting task of Fujian, closed at 17:30, handed at 18:00 to Xinjiang, open until 19:30 (the issue's own case)."""
    home, west = branch(), branch("xinjiang", later(OFFICE, 120))
    task_id = home.create(POLICY_REVIEW)
    west.arrive(underwriter("xinjiang"))
    for site in (home, west):
        go_to(site, "18:00")
    west.do(c.HearDesks(who="gateway", sessions=(session_of("xinjiang-uw"),)))
    picture = NationalPicture(
        epoch=1, revision=1, provinces=(home.province.summary(home.now), west.province.summary(west.now))
    )
    flows, _ = plan_flows(picture, FlowMemory())
    assert [(flow.source, flow.host, flow.count) for flow in flows] == [(FUJIAN, "xinjiang", 1)]
    home.do(c.TakeAdvice(picture=encode_picture(picture), flows=tuple(flows)))
    home.monotonic_ms += 100_000
    [sent] = home.due()
    answer(sent, deliver(sent, west), home)
    return home, west, task_id


def decide(home: Branch, west: Branch, task_id: TaskId, at: str) -> None:
    """The host decides, and the outcome travels home."""
    west.start(task_id)
    go_to(west, at)
    west.do(c.HearDesks(who="gateway", sessions=(session_of("xinjiang-uw"),)))
    west.complete(task_id)
    go_to(home, at)
    west.monotonic_ms += 100_000
    [notice] = west.due()
    answer(notice, deliver(notice, home), west)


def test_a_task_of_a_closed_branch_is_decided_the_same_evening_and_the_minutes_are_reported() -> None:
    """The issue's row: without it the customer hears on the next morning."""
    home, west, task_id = evening()
    decide(home, west, task_id, "18:24")
    assert home.closed(task_id).placement is Placement.SHARED
    gained = 14 * 60 + 6
    told = line_of(home)
    assert (told.gained_tasks, told.gained_minutes) == (1, gained)
    reply = home.did(c.GetCalendar(), CalendarReply)
    [kept] = reply.gained
    assert (date_of(kept.day), kept.line, kept.tasks, kept.minutes) == ("2026-01-05", Line.UNDERWRITING, 1, gained)
    assert (line_of(west).gained_tasks, west.did(c.GetCalendar(), CalendarReply).gained) == (0, ())
    go_to(home, "09:00", DAY + 1)
    assert line_of(home).gained_tasks == 0, "today's figure"
    copy = snapshot.restore(list(snapshot.capture(home.state)))
    assert copy.gains.kept() == (kept,)


def test_what_is_decided_elsewhere_while_home_is_open_gains_nothing() -> None:
    """Only time in which the customer would have waited for the branch counts."""
    home, west, task_id = evening()
    go_to(home, "09:00", DAY + 1)
    west.start(task_id)
    go_to(west, "11:00", DAY + 1)
    west.do(c.HearDesks(who="gateway", sessions=(session_of("xinjiang-uw"),)))
    west.complete(task_id)
    west.monotonic_ms += 100_000
    [notice] = west.due()
    deliver(notice, home)
    assert kinds_of(home.events) == ["OutcomeNoted"]
    assert home.state.gains.kept() == ()


def test_an_outcome_that_is_told_twice_counts_once() -> None:
    """The host tells until it is heard."""
    home, west, task_id = evening()
    west.start(task_id)
    west.complete(task_id)
    west.monotonic_ms += 100_000
    [notice] = west.due()
    deliver(notice, home)
    deliver(notice, home)
    assert [gained.tasks for gained in home.state.gains.kept()] == [1]


def decided(at_ms: int) -> Task:
    """A task of Fujian that Xinjiang decided."""
    _, west, task_id = evening()
    west.start(task_id)
    task = west.complete(task_id)
    assert task.decision is not None
    return msgspec.structs.replace(task, decision=msgspec.structs.replace(task.decision, time_ms=at_ms))


def test_what_its_host_left_undone_goes_home_when_home_opens_first() -> None:
    """Xinjiang opens two hours after Fujian: a task that had been lent in the evening would wait longer than if nobody had helped."""
    home, west, task_id = evening()
    west.do(c.SignOut(who="operator:xinjiang-uw", operator=OperatorId("xinjiang-uw")))
    assert west.task(task_id).placement is Placement.SHARED
    home.arrive(underwriter(FUJIAN))
    for site in (home, west):
        go_to(site, "08:31", DAY + 1)
    home.do(c.HearDesks(who="gateway", sessions=(session_of(f"{FUJIAN}-uw"),)))
    picture = NationalPicture(
        epoch=1, revision=9, provinces=(home.province.summary(home.now), west.province.summary(west.now))
    )
    flows, _ = plan_flows(picture, FlowMemory())
    assert [(flow.source, flow.host) for flow in flows] == [("xinjiang", FUJIAN)]
    west.do(c.TakeAdvice(picture=encode_picture(picture), flows=tuple(flows)))
    west.monotonic_ms += 100_000
    [sent] = west.due()
    answer(sent, deliver(sent, home), west)
    assert home.task(task_id).placement is Placement.HOME


def test_gains_are_bounded_by_days() -> None:
    """The hard state must not grow with the years."""
    gains = Gains()
    for day in range(DAY, DAY + DAYS_KEPT + 5):
        _gain(gains, day)
    assert [gained.day for gained in gains.kept()] == list(range(DAY + 5, DAY + DAYS_KEPT + 5))
    assert gains.of(DAY, Line.UNDERWRITING) == GainedService(DAY, Line.UNDERWRITING, 0, 0)


def test_days_that_a_wrong_clock_made_up_do_not_keep_out_those_that_were() -> None:
    """Each took a place until the real time had caught up, years later, and forty of them all."""
    gains = Gains()
    for wrong in range(DAY + 3_650, DAY + 3_650 + DAYS_KEPT):
        _gain(gains, wrong)
    for day in range(DAY, DAY + DAYS_KEPT):
        _gain(gains, day)
    assert [gained.day for gained in gains.kept()] == list(range(DAY, DAY + DAYS_KEPT))


def _gain(gains: Gains, day: int) -> None:
    """A minute gained, and noted at once."""
    task, at_ms = decided(0), start_of(day) + MINUTE_MS
    assert task.decision is not None
    decision = msgspec.structs.replace(task.decision, time_ms=at_ms)
    gains.add(msgspec.structs.replace(task, decision=decision), MINUTE_MS, at_ms)


def test_a_line_that_never_opens_gains_nothing() -> None:
    """There is no opening to measure to; an invented one would be reported to the centre."""
    task = decided(start_of(DAY) + 20 * 60 * MINUTE_MS)
    never = BranchCalendar(hours=(LineHours(line=Line.UNDERWRITING),))
    assert service_gained_ms(never, task) == 0
    assert service_gained_ms(BranchCalendar(hours=(OFFICE,)), task) == 12 * 60 * MINUTE_MS + 30 * MINUTE_MS
    made_up = msgspec.structs.replace(task, shadow=Shadow("drill-1", start_of(DAY + 1)))
    assert service_gained_ms(BranchCalendar(hours=(OFFICE,)), made_up) == 0


# --- keeping the calendar ---


def test_a_calendar_is_replaced_by_revision() -> None:
    """Two officers who change it at once must not undo each other."""
    site = branch()
    known = site.did(c.GetCalendar(), CalendarReply).calendar
    changed = msgspec.structs.replace(known, local_days=(SpecialDay(DAY, False, "壮族三月三"),))
    reply = site.did(c.UpdateCalendar(who="ops:duty", calendar=changed, revision=known.revision), CalendarReply)
    assert (reply.calendar.revision, reply.calendar.updated_by) == (known.revision + 1, "ops:duty")
    assert not next(one for one in reply.openings if one.line is Line.UNDERWRITING).is_open
    assert next(one for one in reply.openings if one.line is Line.CLAIMS).is_open
    stale = c.UpdateCalendar(calendar=known, revision=known.revision)
    assert site.refused(stale) is Reason.ETAG_MISMATCH
    assert snapshot.restore(list(snapshot.capture(site.state))).calendar == reply.calendar


def test_a_calendar_that_is_only_tried_changes_nothing() -> None:
    """Whoever looks what next week's hours would mean tonight would close the branch."""
    site = branch()
    known = site.state.calendar
    closed = msgspec.structs.replace(known, local_days=(SpecialDay(DAY, False),), revision=77, updated_by="nobody")
    reply = site.did(c.UpdateCalendar(who="ops:duty", calendar=closed, validate_only=True), CalendarReply)
    assert site.events == () and site.state.calendar == known
    assert reply.calendar == msgspec.structs.replace(known, local_days=closed.local_days)
    assert not next(one for one in reply.openings if one.line is Line.UNDERWRITING).is_open


def test_the_country_file_is_told_once_and_undoes_nothing() -> None:
    """Every start tells it; a restart must change nothing, a new file only what nobody changed by hand."""
    site = branch()
    told = BranchCalendar(hours=(OFFICE,))
    site.do(c.AdoptCalendar(who="system:country", told=told))
    assert site.events == ()
    by_hand = msgspec.structs.replace(site.state.calendar, hours=(later(OFFICE, 30),))
    site.do(c.UpdateCalendar(who="ops:duty", calendar=by_hand))
    site.do(c.AdoptCalendar(who="system:country", told=told))
    assert site.events == ()
    new_year = BranchCalendar(hours=(OFFICE,), national_days=(SpecialDay(DAY, True),))
    site.do(c.AdoptCalendar(who="system:country", told=new_year))
    [event] = site.events
    assert isinstance(event, e.CalendarAdopted)
    assert site.state.calendar.hours == by_hand.hours
    assert site.state.calendar.national_days == new_year.national_days
    adopted = site.state.calendar
    assert (adopted.revision, adopted.updated_ms, adopted.updated_by) == (4, site.wall_ms, "system:country")


@pytest.mark.parametrize("mode", [ShareOutMode.CLOSED, ShareOutMode.EVACUATE])
def test_the_policy_still_decides_what_leaves(mode: ShareOutMode) -> None:
    """A branch that shares nothing shares nothing at night either; a closed host takes nothing in an evacuation."""
    home, other = branch(at="18:00"), branch(JIANGXI, at="18:00")
    other.arrive(underwriter(JIANGXI))
    home.create(POLICY_REVIEW)
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=mode)))
    summaries = (home.province.summary(home.now), other.province.summary(other.now))
    picture = NationalPicture(epoch=1, revision=1, provinces=summaries)
    flows, _ = plan_flows(picture, FlowMemory())
    home.do(c.TakeAdvice(picture=encode_picture(picture), flows=tuple(flows)))
    assert (flows, "MoveStarted" in kinds_of(home.events)) == ([], False)
