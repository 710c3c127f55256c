"""What keeps tasks waiting: every cause, from a province that really is in that state."""

from typing import Any

import pytest

from actors.core import commands as c
from actors.core.calendar import BranchCalendar, LineHours, Span, time_text
from actors.core.country import Line, ProvinceStatus
from actors.core.explaining import LOOKED_AT_MAX
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.eligibility import NAMES
from actors.core.matching.explained import Diagnosis, QueueDiagnosis, WaitCause
from actors.core.matching.shipped import shipped_model
from actors.core.matching.wording.templates import FILTERS, Language
from actors.core.matching.wording.waiting import wait_changes, wait_sentence
from actors.core.operators import PresenceState
from actors.core.refusal import Reason
from actors.core.task import TaskState
from tests.unit.core.harness import LARGE, MEDICAL, Branch, person, spec


def branch(*names: str, **changes: Any) -> Branch:
    """A province with the shipped model and these people on duty."""
    made = Branch()
    made.do(c.AdoptMatchingModel(who="system:country", model=shipped_model()))
    made.arrive(*(person(name, **changes) for name in names))
    return made


def diagnosis(made: Branch, task_id: TaskId) -> Diagnosis:
    """What keeps one task."""
    reply = made.did(c.DiagnoseQueue(task_id=task_id), QueueDiagnosis)
    [found] = reply.diagnoses
    assert found.task_id == task_id
    return found


def cause(made: Branch, task_id: TaskId) -> WaitCause:
    """The binding constraint of one task."""
    return diagnosis(made, task_id).cause


def test_a_suspended_province_keeps_everything() -> None:
    """Any other cause would send people looking for staff who are there."""
    made = branch("op-1")
    made.do(c.SetProvinceStatus(who="ops", status=ProvinceStatus.SUSPENDED, reason="audit"))
    found = diagnosis(made, made.create())
    assert (found.cause, found.status) == (WaitCause.PROVINCE_CLOSED, "suspended")
    assert wait_sentence(found, Language.ZH) == "本省现在不派单（已暂停），任务在此等候。"


def test_nobody_qualified_names_what_removes_most() -> None:
    """Whether to train, to certify or to hand over depends on which filter it is."""
    made = branch("op-1", "op-2", kinds={LARGE: person("x").kinds[MEDICAL]}, authority={Line.CLAIMS: 1})
    made.arrive(person("op-3"))
    found = diagnosis(made, made.create(LARGE))
    assert (found.cause, found.filter) == (WaitCause.NOBODY_QUALIFIED, "authority")
    assert "(3) may do it: not enough authority (2), does not do this kind (1)." in wait_sentence(found, Language.EN)
    assert found.removed == {"authority": 2, "kind": 1}
    assert (found.roster, found.qualified) == (3, 0)


def test_another_province_is_named_only_where_the_task_may_leave() -> None:
    """Advice that the branch's own order forbids sends people to look in vain."""
    made = branch("op-1", kinds={})
    advice = [wait_changes(diagnosis(made, made.create(home_only=ruled)), Language.EN) for ruled in (False, True)]
    assert ["Or another province takes it." in changes for changes in advice] == [True, False]


def test_where_nobody_is_on_duty_it_is_said_who_knows_why_others_do_not_help() -> None:
    """The branch learns to call somebody in, and wonders why it is not shared as its policy promises."""
    made = branch("op-1")
    made.do(c.SignOut(who="operator:op-1", operator=OperatorId("op-1")))
    tasks = [made.create(home_only=ruled) for ruled in (False, True)]
    called_in = "It can be given as soon as one of those whom nothing else keeps back (1) signs in."
    by_itself = [wait_changes(diagnosis(made, task), Language.EN) for task in tasks]
    assert by_itself == [[called_in, "Or another province takes it."], [called_in]], "the reason is said beside it"
    listed = {one.task_id: one for one in made.did(c.DiagnoseQueue(), QueueDiagnosis).diagnoses}
    shared = "Or another province takes it; a preview of the sharing policy says what keeps it here."
    assert [wait_changes(listed[task], Language.EN) for task in tasks] == [[called_in, shared], [called_in]]


def test_qualified_people_at_home_are_not_enough() -> None:
    """Then somebody has to be called in, not trained."""
    made = branch("op-1")
    made.do(c.SignOut(who="operator:op-1", operator=OperatorId("op-1")))
    found = diagnosis(made, made.create())
    assert (found.cause, found.qualified, found.on_duty) == (WaitCause.NOBODY_ON_DUTY, 1, 0)
    made.sign_in("op-1", presence=PresenceState.BREAK)
    assert cause(made, found.task_id) is WaitCause.NOBODY_ON_DUTY


def test_it_is_said_where_signing_in_or_room_would_not_be_enough() -> None:
    """A branch called somebody in for a task that they had declined an hour ago, and it went on waiting."""
    made = branch("op-1", "op-2")
    task_id = made.create()
    for name in ("op-1", "op-2"):
        made.do(c.DeclineOffer(**made.holder(task_id)))
        made.do(c.SetPresence(operator=OperatorId(name), presence=PresenceState.BREAK))
    found = diagnosis(made, task_id)
    assert (found.cause, found.suitable, found.removed) == (WaitCause.NOBODY_ON_DUTY, 0, {"declined_before": 2})
    assert wait_changes(found, Language.EN)[0] == (
        "To sign in would not be enough; those who may do it are also kept back: declined it before (2)."
    )
    made.do(c.SetPresence(operator=OperatorId("op-1"), presence=PresenceState.AVAILABLE))
    made.start(made.create())
    full = diagnosis(made, task_id)
    assert (full.cause, full.suitable, full.filter) == (WaitCause.ALL_BUSY, 0, "")
    assert wait_changes(full, Language.ZH)[0] == "单靠腾出空位还不够，在岗人员另有限制：拒过此件 1 人。"


def test_a_task_that_nothing_keeps_is_promised_no_more_than_a_round() -> None:
    """Ten tasks were all told that they go with the next round, while one person was free."""
    made = branch("op-1")
    *_, reply = made.batch(*[c.CreateTask(spec=spec()) for _ in range(3)], c.DiagnoseQueue())
    assert isinstance(reply, QueueDiagnosis)
    assert [(found.cause, found.suitable) for found in reply.diagnoses] == [(WaitCause.NEXT, 1)] * 3
    assert wait_sentence(reply.diagnoses[2], Language.EN) == (
        "Somebody suitable is free (1): it takes part in the next round; more urgent tasks that wait for the same people: 0."
    )


def test_a_closed_branch_says_when_it_opens() -> None:
    """At night "nobody is on duty" sends people to look for staff who have rightly gone home."""
    made = branch("op-1")
    made.do(c.SignOut(who="operator:op-1", operator=OperatorId("op-1")))
    hours = LineHours(line=Line.CLAIMS, workdays=(Span(600, 1_020),))
    made.do(c.UpdateCalendar(who="ops", calendar=BranchCalendar(hours=(hours,))))
    found = diagnosis(made, made.create())
    assert (found.cause, time_text(found.opens_ms)) == (WaitCause.NOBODY_ON_DUTY, "2026-01-05 10:00")
    assert any("opens at 2026-01-05 10:00" in change for change in wait_changes(found, Language.EN))
    at_home = wait_changes(diagnosis(made, made.create(home_only=True)), Language.EN)
    assert at_home[1:] == ["Outside the hours of service: it opens at 2026-01-05 10:00 (Asia/Shanghai)."]
    made.wall_ms = found.opens_ms
    assert diagnosis(made, found.task_id).opens_ms == 0


def test_full_desks_are_a_queue_and_the_green_channel_a_way_past_it() -> None:
    """How many stand before it, and what would change that, is what a branch asks first."""
    made = branch("op-1", auto_accept=True)
    made.create()
    urgent, late = made.create(priority=9), made.create()
    found = diagnosis(made, late)
    assert (found.cause, found.on_duty, found.free, found.tasks_before) == (WaitCause.ALL_BUSY, 1, 0, 1)
    assert found.green_gain > 0 and found.tasks_before_if_green == 0
    assert diagnosis(made, urgent).tasks_before == 0
    green = made.create(green_channel=True)
    assert diagnosis(made, green).green_gain == 0


def test_declines_are_told_from_filters() -> None:
    """A task that nobody wants needs a word with people; one that nobody may do needs rights."""
    made = branch("op-1")
    task_id = made.create()
    made.do(c.DeclineOffer(**made.holder(task_id), reason="too hard"))
    assert cause(made, task_id) is WaitCause.DECLINED


def test_the_filter_of_the_day_is_named() -> None:
    """A used-up quota looks like laziness unless it is named."""
    made = branch("op-1", daily_quota_milli=1)
    task_id = made.create()
    made.start(task_id)
    made.complete(task_id)
    found = diagnosis(made, made.create())
    assert (found.cause, found.filter, found.removed) == (WaitCause.FILTERED, "quota", {"quota": 1})


def test_a_desk_that_is_not_heard_keeps_a_task() -> None:
    """The network would be blamed on the people."""
    made = branch("op-1")
    made.wait(4_000)
    found = diagnosis(made, made.create())
    assert (found.cause, found.filter) == (WaitCause.FILTERED, "desk")


def test_a_task_elsewhere_or_in_hand_is_not_waiting() -> None:
    """A diagnosis of it would be about a queue that it has left."""
    made = branch("op-1")
    held = made.create()
    assert made.refused(c.DiagnoseQueue(task_id=held)) is Reason.WRONG_STATE
    assert made.refused(c.PreviewMatch(task_id=held)) is Reason.WRONG_STATE
    assert made.refused(c.PreviewMatch(task_id=TaskId("fujian-99"))) is Reason.UNKNOWN_TASK


def test_the_queue_is_told_in_pages_the_most_urgent_first() -> None:
    """A page that left one out would hide the task that is asked about."""
    made = branch()
    ids = [made.create(priority=number % 10) for number in range(7)]
    told: list[TaskId] = []
    offset, causes = 0, dict[WaitCause, int]()
    for _ in ids:
        page = made.did(c.DiagnoseQueue(offset=offset, page_size=3), QueueDiagnosis)
        told += [found.task_id for found in page.diagnoses]
        causes = causes or page.causes
        offset = page.next_offset
        if not offset:
            break
    assert sorted(told) == sorted(ids) and told[0] == ids[6]
    assert causes == {WaitCause.NOBODY_QUALIFIED: 7}
    assert made.did(c.DiagnoseQueue(), QueueDiagnosis).diagnoses[0].task_id == ids[6]
    assert branch("op-1").did(c.DiagnoseQueue(), QueueDiagnosis) == QueueDiagnosis(diagnoses=())


def test_a_queue_longer_than_is_looked_at_is_told_to_its_end() -> None:
    """Whoever waits behind the first stretch would be hidden from everybody who asks what the queue waits for."""
    made = branch("op-1")
    ids = [made.create(priority=number % 3) for number in range(LOOKED_AT_MAX + 30)]
    told: list[TaskId] = []
    offset = 0
    while offset or not told:
        page = made.did(c.DiagnoseQueue(offset=offset, page_size=90), QueueDiagnosis)
        assert page.diagnoses
        told += [found.task_id for found in page.diagnoses]
        offset = page.next_offset
    waiting = [task_id for task_id in ids if made.task(task_id).state is TaskState.QUEUED]
    assert len(waiting) > LOOKED_AT_MAX
    assert sorted(told) == sorted(waiting)


def test_how_many_stand_before_a_task_is_true_behind_the_first_stretch() -> None:
    """Told 200 where 299 wait before it, a branch would promise its customer an hour that nobody can keep."""
    made = branch("op-1", auto_accept=True)
    for _ in range(20):
        made.create(LARGE)
    for _ in range(LOOKED_AT_MAX + 100):
        made.create()
    made.wait(60_000, heard=["op-1"])
    found = diagnosis(made, made.create())
    assert (found.cause, found.tasks_before) == (WaitCause.ALL_BUSY, LOOKED_AT_MAX + 99)
    assert found.tasks_before_if_green == 0


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("which", WaitCause)
def test_every_cause_has_its_sentence_and_its_way_out(which: WaitCause, language: Language) -> None:
    """A cause without words would be shown as its number."""
    removed = {"authority": 4, "kind": 1}
    found = Diagnosis(
        task_id=TaskId("fujian-1"),
        cause=which,
        filter="authority",
        removed=removed,
        roster=5,
        qualified=3,
        on_duty=2,
        free=1,
        tasks_before=6,
        green_gain=72_000,
        tasks_before_if_green=2,
        status="suspended",
    )
    sentence = wait_sentence(found, language)
    assert sentence and "{" not in sentence
    changes = wait_changes(found, language)
    assert bool(changes) is (which is not WaitCause.NEXT)
    assert any("72,000" in change for change in changes) is (which is WaitCause.ALL_BUSY)


def test_every_filter_has_words() -> None:
    """A filter of the model that a person cannot read helps nobody."""
    assert set(NAMES) <= set(FILTERS)
