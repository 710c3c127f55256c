"""Evacuated work comes home when it is over, as far as nobody has begun it."""

from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core import recalling, snapshot
from actors.core.applying import apply
from actors.core.calendar import BranchCalendar, LineHours, Span
from actors.core.country import Bounds, Line, ProvinceStatus, Recall, ShareOutMode, SharingPolicy
from actors.core.ids import OperatorId, TaskId
from actors.core.messages import settlement
from actors.core.operators import PresenceState
from actors.core.recalling import RECALL_PAUSE_MS, RECALLS_PER_BATCH
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, RecallAnswer, TaskReply
from actors.core.sharing.summary import encode_picture
from actors.core.state import Away, Evacuee
from actors.core.task import Placement, TaskState
from tests.unit.core.harness import ADDRESS, JIANGXI, MEDICAL, Branch, kinds_of, person
from tests.unit.core.journeys import advise, picture_of
from tests.unit.core.provinces import answer, carry, deliver, host

EVACUATE = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE, recall=Recall.UNBEGUN)
CALL_BACK = SharingPolicy(recall=Recall.UNBEGUN)


def evacuated(*specs: dict[str, Any], policy: SharingPolicy = EVACUATE) -> tuple[Branch, Branch, list[TaskId]]:
    """A home whose tasks were evacuated to jiangxi, where everybody is on a break."""
    home, other = Branch(), host("jiangxi")
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.BREAK))
    tasks = [home.create(**spec) for spec in specs or ({},)]
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    home.do(c.UpdateSharingPolicy(policy=policy))
    carry(home, other)
    assert all(home.state.away[task_id] == Away(host=JIANGXI, generation=2) for task_id in tasks)
    return home, other, tasks


def lift(home: Branch, policy: SharingPolicy = CALL_BACK) -> list[TaskId]:
    """End the evacuation; the tasks that are asked for at once."""
    home.do(c.UpdateSharingPolicy(policy=policy))
    return list(home.state.recalls)


def test_unbegun_work_comes_home_when_the_evacuation_is_lifted() -> None:
    """Customers of the branch would wait for strangers while its own people have nothing to do."""
    home, other, [task_id] = evacuated()
    assert other.task(task_id).placement is Placement.EVACUATED
    assert lift(home) == [task_id]
    sent = [message for message in carry(home, other) if isinstance(message.command, c.RecallTask)]
    assert len(sent) == 1
    task = home.task(task_id)
    assert (task.state, task.placement, task.generation) == (TaskState.QUEUED, Placement.HOME, 3)
    assert task.move_count == 1, "being called home is no move that overload has had"
    assert (home.state.recalls, home.state.evacuated, home.state.away) == ({}, {}, {})
    assert home.shadow.opened == {}, "a replay keeps nothing of it"
    assert "RecallAnswered" in kinds_of(other.log)
    assert task_id not in other.state.tasks


def test_nothing_is_asked_for_unless_the_policy_says_so() -> None:
    """By default work stays where it is being done."""
    home, other, [task_id] = evacuated()
    assert lift(home, SharingPolicy()) == []
    home.wait(5_000)
    assert carry(home, other) == []
    home.do(c.UpdateSharingPolicy(policy=CALL_BACK))
    assert list(home.state.recalls) == [task_id], "also when somebody thinks better of it later"


def test_nothing_is_asked_for_while_it_would_be_sent_away_again() -> None:
    """Work would go to and fro while it snows."""
    home, other, [task_id] = evacuated()
    lift(home)
    home.do(c.UpdateSharingPolicy(policy=EVACUATE))
    assert carry(home, other) == [], "not even what was to be asked already"
    assert other.task(task_id).state is TaskState.QUEUED
    lift(home)
    carry(home, other)
    assert home.task(task_id).state is TaskState.QUEUED


@pytest.mark.parametrize("state", [TaskState.OFFERED, TaskState.ASSIGNED])
def test_what_is_in_hand_and_not_begun_is_taken_off_the_desk(state: TaskState) -> None:
    """The desk there must hear of it, and its token must be void before the task travels."""
    home, other, [task_id] = evacuated()
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.AVAILABLE))
    if state is TaskState.ASSIGNED:
        other.accept(task_id)
    held = other.holder(task_id)
    lift(home)
    [recall] = home.due()
    assert other.did(recall.command, RecallAnswer) == RecallAnswer(accepted=True)
    assert kinds_of(other.events)[1:] == ["RecallAnswered", "MoveStarted"]
    assert [(update.what, update.reason) for update in other.updates] == [("revoked", "recalled")]
    assert other.refused(c.StartAssignment(**held)) is Reason.STALE_TOKEN
    assert other.task(task_id).token == held["token"] + 1


@pytest.mark.parametrize("state", [TaskState.IN_PROGRESS, TaskState.SUSPENDED])
def test_what_has_begun_stays_and_the_home_is_told_why(state: TaskState) -> None:
    """Half an hour of somebody's work would be thrown away."""
    home, other, [task_id] = evacuated()
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.AVAILABLE))
    other.start(task_id)
    if state is TaskState.SUSPENDED:
        other.did(c.SuspendAssignment(**other.holder(task_id), reason="papers"))
    lift(home)
    carry(home, other)
    assert other.task(task_id).state is state
    assert (home.state.recalls, home.state.evacuated) == ({}, {})
    [settled] = [event for event in home.log if type(event).__name__ == "RecallSettled"]
    assert settled == msgspec.structs.replace(
        settled, accepted=False, reason=f"the work has begun: the task is {state.value}"
    )
    home.wait(20_000)
    assert carry(home, other) == [], "it is not asked for again"


def test_a_late_question_does_not_take_what_was_laid_down_since() -> None:
    """The home has been told that its task stays; asked by a message that arrives twice, the host would send it after all."""
    home, other, [task_id] = evacuated()
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.AVAILABLE))
    other.start(task_id)
    lift(home)
    [recall] = home.due()
    stays = deliver(recall, other)
    other.did(c.ReleaseAssignment(**other.holder(task_id)))
    assert deliver(recall, other) == stays
    assert other.events == ()


def test_the_host_answers_from_its_record() -> None:
    """A recall that arrives twice, or after the host has restarted, must not take the task from whoever began it since."""
    home, other, [task_id] = evacuated()
    lift(home)
    [recall] = home.due()
    first = deliver(recall, other)
    assert deliver(recall, other) == first
    assert other.events == ()
    other.flush()
    assert deliver(recall, other) == first
    answer(recall, first, home)
    carry(home, other)
    assert home.task(task_id).state is TaskState.QUEUED
    assert deliver(recall, other) == first, "a month later, too"
    assert other.events == ()


def test_a_recall_goes_after_a_task_that_has_moved_on() -> None:
    """The first host would be asked for ever for what it gave away."""
    home, other, [task_id] = evacuated()
    third = host("hubei")
    third.do(c.SetPresence(operator=OperatorId("hubei-op"), presence=PresenceState.BREAK))
    other.do(c.TakeAdvice(picture=encode_picture(picture_of("hubei"))))
    other.do(c.UpdateSharingPolicy(policy=EVACUATE))
    lift(home)
    [recall] = home.due()
    assert isinstance(deliver(recall, other), Refused)
    carry(other, third, home)
    assert other.refused(recall.command) is Reason.ELSEWHERE, "nor is it over for one that has gone"
    home.wait(1_000)
    carry(home, other, third)
    assert home.task(task_id).generation == 4


def test_a_recall_of_an_earlier_stay_does_nothing() -> None:
    """A message a month old would take a task from a host that has it by now for another reason."""
    home, other, [task_id] = evacuated()
    lift(home)
    [recall] = home.due()
    answer(recall, deliver(recall, other), home)
    carry(home, other)
    home.do(c.UpdateSharingPolicy(policy=EVACUATE))
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=2))))
    carry(home, other)
    assert other.task(task_id).generation == 4
    assert deliver(recall, other) == RecallAnswer(accepted=True)
    assert other.events == ()


def test_work_that_ended_there_is_not_waited_for() -> None:
    """A recall that nobody can answer would be sent for ever."""
    home, other, [task_id] = evacuated()
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.AVAILABLE))
    lift(home)
    [recall] = home.due()
    other.start(task_id)
    other.complete(task_id)
    assert deliver(recall, other) == RecallAnswer(accepted=False, reason="the task is completed")
    carry(other, home)
    assert (home.state.recalls, home.state.evacuated) == ({}, {})


def test_green_channel_and_least_slack_are_asked_for_first() -> None:
    """The task that will be late tomorrow would come home before the one that will be late in an hour."""
    due = 1_767_600_000_000
    home, _, [late, soon, green] = evacuated(
        {"due_ms": due + 9_000_000}, {"due_ms": due}, {"due_ms": due + 99_000_000, "green_channel": True}
    )
    assert lift(home) == [green, soon, late]


def test_recalls_are_bounded_a_batch_and_in_the_open() -> None:
    """A home with ten thousand tasks away would flood its hosts in one frame."""
    count = RECALLS_PER_BATCH + 1
    home, _, tasks = evacuated(*[{} for _ in range(count)])
    assert len(lift(home)) == RECALLS_PER_BATCH
    home.do(c.Tick())
    assert sorted(home.state.recalls) == sorted(tasks)


def test_no_more_is_asked_for_than_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand questions to hosts that do not answer would be repeated all day."""
    monkeypatch.setattr(recalling, "RECALLS_OPEN_MAX", 2)
    home, _, tasks = evacuated({}, {}, {})
    assert len(lift(home)) == 2
    home.wait(2 * RECALL_PAUSE_MS)
    assert len(home.state.recalls) == 2 < len(tasks)


def test_what_ended_there_before_it_was_asked_for_is_left_out() -> None:
    """Whom to ask for what nobody has any more is not known: the home would fall over it, and again after every restart."""
    home, other, tasks = evacuated(*[{} for _ in range(RECALLS_PER_BATCH + 2)])
    asked = lift(home)
    ended, left = (task_id for task_id in tasks if task_id not in asked)
    other.did(c.CancelTask(task_id=ended))
    [notice] = other.due()
    deliver(notice, home)
    assert list(home.state.recalls) == [*asked, left]


def test_what_left_after_a_recall_was_broken_off_is_asked_for_by_its_urgency() -> None:
    """Green channel of the second evacuation would come home after all that was left over from the first."""
    home, other, _ = evacuated(*[{} for _ in range(RECALLS_PER_BATCH + 1)])
    asked = lift(home)
    home.do(c.UpdateSharingPolicy(policy=EVACUATE))
    green = home.create(green_channel=True)
    carry(home, other)
    [left] = [task_id for task_id in home.state.evacuated if task_id not in (*asked, green)]
    assert lift(home) == [*asked, green, left]


def test_a_host_without_room_for_moves_is_asked_again() -> None:
    """An answer that promises a move which cannot begin would lose the recall."""
    home, other, [task_id] = evacuated()
    other.state.bounds = Bounds(moves_in_transit_max=0)
    lift(home)
    [recall] = home.due()
    reply = deliver(recall, other)
    assert isinstance(reply, Refused)
    assert settlement(recall, reply) is None
    other.state.bounds = Bounds()
    home.wait(1_000)
    carry(home, other)
    assert home.task(task_id).state is TaskState.QUEUED


def refused_at_the_door() -> tuple[Branch, Branch, TaskId]:
    """A home that has asked for a task and is suspended when it comes."""
    home, other, [task_id] = evacuated()
    lift(home)
    [recall] = home.due()
    answer(recall, deliver(recall, other), home)
    home.do(c.SetProvinceStatus(status=ProvinceStatus.SUSPENDED))
    carry(other, home)
    assert other.task(task_id).state is TaskState.QUEUED
    assert home.state.away[task_id].host == JIANGXI
    return home, other, task_id


def test_a_home_that_was_away_when_its_task_came_asks_again_when_it_is_back() -> None:
    """The host has said yes, so nobody would ever ask again, and the branch's customers would wait for strangers all day."""
    home, other, task_id = refused_at_the_door()
    home.wait(1_000)
    assert carry(home, other) == [], "the task stays there while the home is away"
    home.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE))
    carry(home, other)
    assert home.task(task_id).state is TaskState.QUEUED
    assert (home.state.recalls, home.state.evacuated) == ({}, {})


def test_what_was_begun_after_the_home_refused_it_stays() -> None:
    """The host's old yes would be repeated for ever, and the home would ask for ever."""
    home, other, task_id = refused_at_the_door()
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.AVAILABLE))
    other.start(task_id)
    home.wait(1_000)
    home.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE))
    carry(home, other)
    assert other.task(task_id).state is TaskState.IN_PROGRESS
    assert (home.state.recalls, home.state.evacuated) == ({}, {})


def test_a_task_that_is_on_its_way_home_is_still_asked_for() -> None:
    """Whether it gets in is not known before it is in; a home that has closed its books on it would never see it again."""
    home, other, [task_id] = evacuated()
    lift(home)
    [recall] = home.due()
    answer(recall, deliver(recall, other), home)
    assert home.state.recalls == {task_id: 2}
    home.wait(1_000)
    [again] = home.due()
    assert deliver(again, other) == RecallAnswer(accepted=True)
    assert other.events == (), "it is leaving already"


def test_nothing_is_asked_for_while_the_home_would_refuse_it_at_the_door() -> None:
    """It would be taken off somebody's desk for nothing, and never be asked for again."""
    home, other, [task_id] = evacuated()
    lift(home)
    home.do(c.SetProvinceStatus(status=ProvinceStatus.SUSPENDED))
    home.wait(1_000)
    assert carry(home, other) == []
    home.do(c.SetProvinceStatus(status=ProvinceStatus.ACTIVE))
    [recall] = home.due()
    assert home.due() == [], "it is asked once"
    answer(recall, deliver(recall, other), home)
    carry(home, other)
    assert home.task(task_id).state is TaskState.QUEUED


def test_what_overflow_sent_away_is_not_asked_for() -> None:
    """It left because the home had too much; it would only come back to wait."""
    home, other = Branch(), host("jiangxi")
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.BREAK))
    home.do(c.UpdateSharingPolicy(policy=CALL_BACK))
    task_id = home.create()
    advise(home, "jiangxi", MEDICAL)
    carry(home, other)
    home.wait(2_000)
    assert home.state.away[task_id].host == JIANGXI
    assert (home.state.evacuated, home.state.recalls) == ({}, {})


def test_drafts_and_notes_stay_with_a_task_on_all_its_ways() -> None:
    """Whoever goes on would have to begin anew, and so would whoever gets it back."""
    home, other = Branch(), host("jiangxi")
    other.do(c.SetPresence(operator=OperatorId("jiangxi-op"), presence=PresenceState.BREAK))
    home.arrive(person("chen"))
    task_id = home.create()
    home.start(task_id)
    home.did(c.ReleaseAssignment(**home.holder(task_id), draft="called the hospital"), TaskReply)
    home.do(c.SetPresence(operator=OperatorId("chen"), presence=PresenceState.BREAK))
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    home.do(c.UpdateSharingPolicy(policy=EVACUATE))
    carry(home, other)
    assert other.task(task_id).draft == "called the hospital"
    lift(home)
    carry(home, other)
    assert home.task(task_id).draft == "called the hospital"


def test_recalls_survive_a_restart() -> None:
    """What was asked for must be asked again by the next incarnation."""
    home, _, [task_id] = evacuated()
    lift(home)
    state = snapshot.restore(list(snapshot.capture(home.state)))
    assert (state.recalls, state.evacuated) == (home.state.recalls, home.state.evacuated)
    assert list(state.recalls) == [task_id]


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    """A month-old answer would end the recall of today."""
    home, _, [task_id] = evacuated()
    late = c.SettleRecall(task_id=task_id, generation=1, accepted=False)
    assert home.did(late, Done) == Done()
    assert home.events == ()
    lift(home)
    home.do(late)
    assert home.state.recalls == {task_id: 2}


def test_a_closed_home_asks_in_the_morning() -> None:
    """Work would be taken from people who are there and lie on empty desks until the branch opens."""
    home, _, [task_id] = evacuated()
    hours = tuple(LineHours(line=line, workdays=(Span(600, 1_020),)) for line in Line)
    home.do(c.UpdateCalendar(calendar=BranchCalendar(hours=hours)))
    assert lift(home) == []
    home.wall_ms += 2 * 3_600_000
    home.tick()
    assert list(home.state.recalls) == [task_id]


def test_what_is_of_a_closed_line_is_asked_for_when_that_opens() -> None:
    """While another line is still at work, it would come home only to be shared again at once."""
    home, other, [claim, address] = evacuated({}, {"kind": ADDRESS})
    hours = (LineHours(line=Line.CLAIMS, workdays=(Span(600, 1_020),)),)
    home.do(c.UpdateCalendar(calendar=BranchCalendar(hours=hours)))
    assert lift(home) == [address]
    carry(home, other)
    assert home.wait(2 * RECALL_PAUSE_MS) == [], "nor is it written down that nothing is asked for"
    assert home.state.recalls == {}
    home.wall_ms += 2 * 3_600_000
    home.monotonic_ms += 2 * 3_600_000
    home.tick()
    assert list(home.state.recalls) == [claim]


def test_what_an_older_version_sent_away_is_asked_for_while_any_line_is_open() -> None:
    """Its journal does not say of which line it is; nobody would ever ask for it."""
    home, _, [task_id] = evacuated()
    for state in (home.state, home.shadow):
        state.evacuated[task_id] = msgspec.structs.replace(state.evacuated[task_id], line=None)
    hours = (LineHours(line=Line.CLAIMS, workdays=(Span(600, 1_020),)),)
    home.do(c.UpdateCalendar(calendar=BranchCalendar(hours=hours)))
    assert lift(home) == [task_id]


def test_an_evacuee_of_an_older_snapshot_is_read() -> None:
    """A province that upgrades while its work is away would not start."""
    found = msgspec.msgpack.decode(msgspec.msgpack.encode([True, 7]), type=Evacuee)
    assert found == Evacuee(green_channel=True, latest_start_ms=7, line=None)


def test_a_move_of_an_older_journal_makes_nothing_to_ask_for() -> None:
    """A replay would find what no snapshot of that version holds, and `verify` would call every such snapshot wrong."""
    branch = Branch()
    branch.create()
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    branch.do(c.UpdateSharingPolicy(policy=EVACUATE))
    [task_id] = branch.state.moving
    apply(branch.shadow, e.MoveHandedOver(at_ms=branch.wall_ms, task_id=task_id))
    assert list(branch.shadow.away) == [task_id]
    assert branch.shadow.evacuated == {}
