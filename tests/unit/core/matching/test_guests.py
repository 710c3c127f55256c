"""Work that an evacuation brought yields to the branch's own, and is not forgotten."""

from typing import Any

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import SharingPolicy
from actors.core.ids import ProvinceCode, TaskId
from actors.core.matching.explained import QueueDiagnosis, WaitCause
from actors.core.matching.guests import PATIENCE_MS
from actors.core.matching.shipped import shipped_model
from actors.core.matching.wording import Language
from actors.core.matching.wording.waiting import wait_changes
from actors.core.replies import TaskReply
from actors.core.task import Placement, TaskState
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, MEDICAL, Branch, person, session_of
from tests.unit.core.matching.helping_day import helping_day
from tests.unit.core.provinces import offer_of

AN_HOUR_MS = 3_600_000


def branch(people: int, **policy: Any) -> Branch:
    """A branch with the shipped model and people on duty who take what they are given."""
    made = Branch(JIANGXI)
    made.do(c.AdoptMatchingModel(who="system:country", model=shipped_model()))
    made.do(c.UpdateSharingPolicy(policy=SharingPolicy(**policy)))
    made.arrive(*(person(f"op-{number}", JIANGXI, auto_accept=True) for number in range(people)))
    return made


def bring(
    made: Branch, *, home_code: ProvinceCode = FUJIAN, placement: Placement = Placement.EVACUATED, **changes: Any
) -> TaskId:
    """An evacuation brings a task that is a day old."""
    home = Branch(home_code)
    home.wall_ms = made.wall_ms - 24 * AN_HOUR_MS
    offered = offer_of(home.task(home.create(**changes)), made)
    task = msgspec.structs.replace(
        offered.task, task_id=TaskId(f"{home_code}-9{len(made.log)}"), state=TaskState.MOVING
    )
    move = msgspec.structs.replace(offered.move, placement=placement)
    made.do(msgspec.structs.replace(offered, task=task, move=move))
    return task.task_id


def waits(made: Branch, task_id: TaskId) -> bool:
    """Whether a task is given to nobody."""
    return made.task(task_id).state is TaskState.QUEUED


def free_one(made: Branch, task_id: TaskId) -> list[TaskId]:
    """Whoever has a task decides it; what is given then."""
    made.start(task_id)
    made.complete(task_id)
    return [event.task_id for event in made.events if isinstance(event, e.TaskAssigned)]


def test_the_branchs_own_work_goes_before_older_guests() -> None:
    """By age alone everybody who calls today would wait behind yesterday's work of another province."""
    made = branch(1)
    first = made.create()
    guest, own = bring(made), made.create()
    assert free_one(made, first) == [own]
    assert free_one(made, own) == [guest]


def test_the_green_channel_yields_to_nobody() -> None:
    """A customer in distress is not sent to the back of the queue because their branch is dark."""
    made = branch(1)
    first = made.create()
    guest = bring(made, green_channel=True)
    made.create()
    assert free_one(made, first) == [guest]


def test_shared_work_keeps_its_age() -> None:
    """Overflow brings only what free people can begin; to hold that back again would make it wait twice."""
    made = branch(1)
    first = made.create()
    guest = bring(made, placement=Placement.SHARED)
    made.create()
    assert free_one(made, first) == [guest]


def test_work_that_comes_home_is_no_guest() -> None:
    """Else the evacuated branch's own customers would wait behind all others when it is over."""
    made = branch(1)
    first = made.create()
    returned = bring(made, home_code=JIANGXI)
    made.create()
    assert free_one(made, first) == [returned]


def test_the_reserve_of_the_policy_is_kept_from_guests() -> None:
    """Operations have said how many must be there for their own customers."""
    made = branch(3, reserve_operators=2)
    guests = [bring(made), bring(made)]
    assert [waits(made, guest) for guest in guests] == [False, True]
    own = [made.create(), made.create()]
    assert [waits(made, task_id) for task_id in own] == [False, False]


def test_people_are_kept_for_what_usually_arrives() -> None:
    """Own customers come at any moment: with everybody busy on guests, the next would wait for a whole task."""
    made = branch(6)
    for _ in range(8):
        made.do(c.CancelTask(task_id=made.create()))
    made.wall_ms += 120_000
    made.monotonic_ms += 120_000
    made.do(c.HearDesks(who="gateway", sessions=tuple(session_of(f"op-{number}") for number in range(6))))
    own = made.create()
    # Eight in a quarter of an hour are six at once; twice the root of that are five, and one of six has a task already.
    guests = [bring(made), bring(made)]
    assert not waits(made, own) and [waits(made, guest) for guest in guests] == [True, True]
    diagnoses = made.did(c.DiagnoseQueue(), QueueDiagnosis).diagnoses
    assert [found.cause for found in diagnoses] == [WaitCause.YIELDS, WaitCause.YIELDS]


def test_a_guest_behind_full_desks_is_not_promised_the_next_free_place() -> None:
    """Somebody finished in a hurry, and their place was kept for the branch's own work."""
    made = branch(1)
    made.create()
    guest, own = bring(made), made.create()
    found = {one.task_id: one for one in made.did(c.DiagnoseQueue(), QueueDiagnosis).diagnoses}
    assert {one.cause for one in found.values()} == {WaitCause.ALL_BUSY}
    assert wait_changes(found[own], Language.EN)[0].endswith("(1) has room.")
    assert wait_changes(found[guest], Language.EN)[0].startswith("It goes when more people are free;")


def test_where_nothing_is_in_hand_a_guest_is_begun() -> None:
    """A branch with one person keeps nobody for ever: its guests would wait for the end of their patience beside an idle desk."""
    made = branch(1)
    for _ in range(8):
        made.do(c.CancelTask(task_id=made.create()))
    made.wall_ms += 120_000
    made.monotonic_ms += 120_000
    made.do(c.HearDesks(who="gateway", sessions=(session_of("op-0"),)))
    assert not waits(made, bring(made))


def test_the_other_line_does_not_lend_the_same_person_twice() -> None:
    """Two lines with one person to spare each, the same one: only one guest may be begun."""
    made = branch(2, reserve_operators=1)
    guests = [bring(made, kind=MEDICAL), bring(made, kind=ADDRESS)]
    assert [waits(made, guest) for guest in guests] == [False, True]


def test_a_guest_that_has_waited_long_counts_as_the_branchs_own() -> None:
    """At a branch that is always busy it would never be done."""
    made = branch(1)
    first = made.create()
    guest = bring(made)
    made.wall_ms += PATIENCE_MS
    made.create()
    assert free_one(made, first) == [guest]


def test_who_asks_for_work_is_given_a_guest() -> None:
    """To be told that there is none while a task waits is the first complaint about such systems."""
    made = branch(1, reserve_operators=1)
    guest = bring(made)
    assert waits(made, guest)
    made.did(c.FetchNextTask(operator=person("op-0").operator), TaskReply)
    assert not waits(made, guest)


def test_own_customers_do_not_notice_that_their_branch_helps() -> None:
    """The lender's own wait is what an evacuation must not cost: by age alone it would be two hours."""
    usual = helping_day(13, 0.5, 1, guests=0)
    helping = helping_day(13, 0.5, 1, guests=150)
    assert helping["p95_wait"] <= 1.1 * usual["p95_wait"]
    assert helping["guests_done"] >= 50
