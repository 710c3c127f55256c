from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Bounds, Line, Skill, TimeLimits
from actors.core.ids import OperatorId, TaskId
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.replies import NoWork
from actors.core.task import TaskState
from tests.unit.core.harness import ADDRESS, LARGE, MEDICAL, Branch, kinds_of, person, session_of, spec


def offers(branch: Branch) -> list[tuple[str, str]]:
    """What the last batch gave to whom, in order."""
    return [
        (event.task_id, event.operator) for event in branch.events if isinstance(event, (e.OfferMade, e.TaskAssigned))
    ]


def test_a_task_is_matched_on_arrival() -> None:
    """A task that comes while somebody is free must not wait for the next event."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    assert offers(branch) == [(task_id, "chen")]


def test_freed_capacity_takes_the_most_urgent_waiting_task() -> None:
    """The complaint of others: only new arrivals are assigned, and the oldest waits for ever."""
    branch = Branch()
    branch.arrive(person("chen"))
    first = branch.create()
    branch.create(priority=1)
    urgent = branch.create(priority=9)
    branch.start(first)
    branch.complete(first)
    assert offers(branch) == [(urgent, "chen")]


@pytest.mark.parametrize("capacity", [1, 3, 64])
def test_capacity_is_never_exceeded(capacity: int) -> None:
    """Offers count against capacity like assignments do (I8)."""
    branch = Branch()
    branch.arrive(person("chen", capacity=capacity))
    branch.batch(*(c.CreateTask(spec=spec()) for _ in range(capacity + 3)))
    assert branch.state.load_of(OperatorId("chen")) == capacity
    assert len(branch.state.queue) == 3
    held = next(iter(branch.state.holds[OperatorId("chen")]))
    assert branch.state.load_of(OperatorId("chen")) == capacity
    branch.start(held)
    assert branch.state.load_of(OperatorId("chen")) == capacity


def test_auto_accept_skips_the_offer() -> None:
    """A desk that accepts by policy must not lose seconds with an offer."""
    branch = Branch()
    branch.arrive(person("chen", auto_accept=True))
    assert branch.task(branch.create()).state is TaskState.ASSIGNED


@pytest.mark.parametrize("presence", [PresenceState.BREAK, PresenceState.DRAINING])
def test_who_is_not_available_is_offered_nothing(presence: PresenceState) -> None:
    """Somebody at lunch would sit on an offer until it expires."""
    branch = Branch()
    branch.arrive(person("chen"), presence=presence)
    branch.create()
    assert offers(branch) == []


def test_a_desk_that_was_not_heard_lately_is_offered_nothing() -> None:
    """Work must not go to somebody whose machine is off."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.wait(3_000)
    branch.create()
    assert offers(branch) == []
    branch.do(c.HearDesks(sessions=(session_of("chen"),)))
    assert len(offers(branch)) == 1


def test_a_declined_task_comes_back_when_the_memory_of_it_expires() -> None:
    """An item declined by its only candidate would never be offered again."""
    branch = Branch(limits=TimeLimits(decline_memory_ms=5_000))
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.did(c.DeclineOffer(**branch.holder(task_id), reason="busy"))
    assert branch.task(task_id).state is TaskState.QUEUED
    assert branch.wait(4_800, heard=["chen"]) == []
    assert kinds_of(branch.wait(600, heard=["chen"])) == ["MatchRoundHeld", "OfferMade"]


def test_a_declined_task_goes_to_somebody_else_at_once_and_keeps_its_age() -> None:
    """Declining must cost the customer nothing."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    rank = branch.task(task_id).created_ms
    branch.arrive(person("lin"))
    branch.did(c.DeclineOffer(**branch.holder(task_id)))
    assert (branch.task(task_id).operator, branch.task(task_id).created_ms) == ("lin", rank)


def test_the_winner_is_shown_with_the_runners_up() -> None:
    """Nobody would believe a choice that is not shown against the others."""
    branch = Branch()
    branch.arrive(
        person("chen", kinds={MEDICAL: KindExperience(done_count=500)}, presence=PresenceState.OFFLINE),
        person("lin", languages=("min",)),
        person("wu", kinds={ADDRESS: KindExperience()}),
    )
    branch.create(language="min")
    [offer] = [event for event in branch.events if isinstance(event, e.OfferMade)]
    assert offer.routing is not None
    assert offer.operator == "chen"
    assert [name for name, _ in offer.routing.runners_up] == ["lin"]
    assert offer.routing.runners_up[0][1] < offer.routing.points
    # `wu` does not do the kind and is not even looked at.
    assert (offer.routing.considered, offer.routing.removed) == (2, {})


def test_equal_points_go_to_the_one_idle_longest_then_to_the_smaller_id() -> None:
    """Without a rule for ties a replay in another order would decide otherwise."""
    branch = Branch()
    branch.arrive(person("lin"), person("chen"))
    assert branch.task(branch.create()).operator == "chen"
    late = Branch()
    late.arrive(person("lin"))
    late.wait(1, heard=["lin"])
    late.arrive(person("chen"))
    assert late.task(late.create()).operator == "lin"


def test_a_head_that_suits_nobody_does_not_let_newer_tasks_overtake_other_kinds() -> None:
    """The ageing bound would break: a task behind an unsuitable head was served before an older one of another kind."""
    branch = Branch()
    unsuitable = branch.create(MEDICAL, excluded_operators=(OperatorId("chen"),))
    branch.wait(60_000)
    older = branch.create(ADDRESS)
    branch.wait(60_000)
    newer = branch.create(MEDICAL)
    branch.arrive(person("chen"))
    assert offers(branch) == [(older, "chen")]
    assert [branch.task(task).state for task in (unsuitable, newer)] == [TaskState.QUEUED] * 2


def test_somebody_who_fetches_gets_the_oldest_suitable_task_of_all_kinds() -> None:
    """The same for people who ask by themselves."""
    branch = Branch()
    branch.create(MEDICAL, excluded_operators=(OperatorId("chen"),))
    branch.wait(60_000)
    older = branch.create(ADDRESS)
    branch.wait(60_000)
    branch.create(MEDICAL)
    branch.arrive(person("chen"), presence=PresenceState.BREAK)
    fetched = branch.did(c.FetchNextTask(operator=OperatorId("chen")))
    assert fetched.task.task_id == older


def test_a_deep_bucket_is_scanned_up_to_its_bound_only() -> None:
    """Ten thousand unsuitable tasks at the front must not cost ten thousand looks a batch."""
    branch = Branch(bounds=Bounds(bucket_scan_max=2))
    for _ in range(2):
        branch.create(excluded_operators=(OperatorId("chen"),))
    suitable = branch.create()
    branch.arrive(person("chen"))
    assert offers(branch) == []
    # Somebody who takes the first two opens the view on the third.
    branch.arrive(person("lin", capacity=2))
    assert branch.task(suitable).operator == "chen"


@pytest.mark.parametrize(
    "special",
    [
        {"required_skills": (Skill("icd", 1),)},
        {"privacy_level": 4},
        {"required_authority": 9},
    ],
)
def test_tasks_that_nobody_on_duty_may_do_hold_up_only_their_like(special: dict[str, Any]) -> None:
    """Sixteen tasks for a specialist on leave would stop all work of their kind while people sit idle."""
    branch = Branch()
    for _ in range(Bounds().bucket_scan_max + 1):
        branch.create(**special)
    branch.wait(1_000)
    ordinary = branch.create()
    branch.arrive(person("chen", clearance=1))
    assert offers(branch) == [(ordinary, "chen")]


def test_many_tasks_and_many_people_meet_in_one_batch() -> None:
    """A morning's sign-in must empty the queue at once, the most urgent first."""
    branch = Branch()
    tasks: list[TaskId] = []
    for number in range(30):
        branch.wall_ms += 1
        tasks.append(branch.create(priority=number % 10))
    branch.do(c.UpsertOperators(entries=tuple(person(f"op-{number}", capacity=2) for number in range(10))))
    branch.batch(*(c.SignIn(operator=OperatorId(f"op-{n}"), session=session_of(f"op-{n}")) for n in range(10)))
    served = [task for task, _ in offers(branch)]
    assert len(served) == 20
    assert served == sorted(tasks, key=lambda task: (-branch.task(task).spec.priority, tasks.index(task)))[:20]


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (person("chen", kinds={}), "no task is waiting"),
        (person("chen", clearance=1), "filtered out: 1 by clearance"),
        (person("chen", skills=()), "filtered out: 1 by skill"),
    ],
)
def test_no_work_says_why(who: Operator, reason: str) -> None:
    """The complaint of others: nobody can tell why nothing routes."""
    branch = Branch()
    branch.create(
        LARGE if not who.kinds else MEDICAL,
        privacy_level=3 if who.clearance == 1 else 0,
        required_skills=() if who.clearance == 1 else (Skill("icd", 1),),
    )
    branch.arrive(who, presence=PresenceState.BREAK)
    reply = branch.did(c.FetchNextTask(operator=OperatorId("chen"), kinds=(ADDRESS,) if not who.kinds else ()), NoWork)
    assert reply.reason == reason


@given(
    st.lists(st.tuples(st.sampled_from([MEDICAL, ADDRESS, LARGE]), st.integers(0, 9), st.booleans()), max_size=12),
    st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.integers(0, 6)), max_size=5),
)
def test_after_a_round_nobody_free_could_do_anything_that_waits(
    tasks: Sequence[tuple[str, int, bool]], people: Sequence[tuple[int, bool, int]]
) -> None:
    """Idle hands beside waiting work they may do: the round stopped too early."""
    branch = Branch()
    for kind, priority, excludes in tasks:
        branch.create(
            type(MEDICAL)(kind), priority=priority, excluded_operators=(OperatorId("op-0"),) if excludes else ()
        )
    for number, (capacity, auto, authority) in enumerate(people):
        kinds = {MEDICAL: KindExperience(), LARGE: KindExperience()} if number % 2 else {ADDRESS: KindExperience()}
        branch.arrive(
            person(
                f"op-{number}",
                capacity=capacity,
                auto_accept=auto,
                authority={Line.CLAIMS: authority},
                kinds=kinds,
            )
        )
    for operator in branch.state.free:
        who = branch.state.operators[operator]
        for task_id in branch.state.queue.members:
            task = branch.task(task_id)
            may = task.spec.kind in who.kinds and operator not in task.spec.excluded_operators
            enough = who.authority[Line.CLAIMS] >= (5 if task.spec.kind == LARGE else 0)
            assert not (may and enough), f"{operator} is idle beside {task_id}"
