"""Filters, urgency and fit through commands, in a province with the shipped model."""

from typing import Any

import msgspec
import pytest
from scipy.optimize import linear_sum_assignment

from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.matching.model import waiting_bound_minutes
from actors.core.matching.rounds import hold_round
from actors.core.matching.scoring import Scorer
from actors.core.matching.shipped import shipped_model
from actors.core.operators import Certificate, KindExperience, Operator, PresenceState, Shift
from actors.core.refusal import Refused
from actors.core.replies import NoWork
from actors.core.task import PriorReason, TaskState
from tests.unit.core.harness import ADDRESS, MEDICAL, SHIPPED, START_MS, Branch, person, session_of, spec
from tests.unit.core.matching.rounds_at_random import RandomProvince

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def rounds(branch: Branch) -> list[e.MatchRoundHeld]:
    """Rounds of the last batch."""
    return [event for event in branch.events if isinstance(event, e.MatchRoundHeld)]


def given(branch: Branch) -> list[tuple[str, str]]:
    """What the last batch gave to whom, in order."""
    return [
        (event.task_id, event.operator) for event in branch.events if isinstance(event, (e.OfferMade, e.TaskAssigned))
    ]


def arrive_together(branch: Branch, *people: Operator) -> None:
    """Enrol people and sign all of them in within one batch."""
    branch.do(c.UpsertOperators(entries=people))
    branch.batch(
        *(
            c.SignIn(operator=entry.operator, session=session_of(entry.operator), presence=PresenceState.AVAILABLE)
            for entry in people
        )
    )


@pytest.mark.parametrize(
    ("who", "task", "name"),
    [
        ({"certificates": (Certificate(Line.CLAIMS, START_MS - DAY_MS),)}, {}, "certificate"),
        # Signed in at 08:00 for a day that ended at 08:10, more than two hours ago.
        ({"shift": Shift(470, 490)}, {}, "shift"),
        ({"conflicts": ("zhang",)}, {"customer_id": "zhang"}, "conflict"),
        (
            {},
            {"prior_operator": "chen", "prior_reason": PriorReason.APPEALED, "dispute": True},
            "prior_decider",
        ),
        ({}, {"excluded_operators": (OperatorId("chen"),)}, "conflict"),
        ({"probation": True}, {"fraud_alert_level": 3}, "probation"),
        ({"clearance": 1}, {"privacy_level": 3}, "clearance"),
        ({}, {"required_authority": 2}, "authority"),
    ],
)
def test_a_filter_keeps_a_person_from_a_task_however_well_it_suits(
    who: dict[str, Any], task: dict[str, Any], name: str
) -> None:
    """Somebody without the right to a task would get it, by match, by asking for it or from a team lead (I8)."""
    branch = Branch(model=SHIPPED)
    branch.arrive(person("chen", kinds={MEDICAL: KindExperience(done_count=5_000)}, **who))
    branch.wall_ms += 3 * HOUR_MS
    task_id = branch.create(**task)
    assert given(branch) == []
    answer = branch.did(c.FetchNextTask(operator=OperatorId("chen")), NoWork)
    assert answer.reason == f"filtered out: 1 by {name}"
    lead = branch.do(c.ReassignTask(who="lead:ann", task_id=task_id, operator=OperatorId("chen")))
    assert isinstance(lead, Refused) and lead.metadata == {"filter": name}
    branch.arrive(person("lin", authority={Line.CLAIMS: 5}))
    assert given(branch) == [(task_id, "lin")]
    assert rounds(branch)[0].tasks == 1


def test_a_team_lead_may_overrule_a_decline() -> None:
    """Somebody who has changed their mind could not be given the task until the memory of it expires."""
    branch = Branch(model=SHIPPED)
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.did(c.DeclineOffer(**branch.holder(task_id)))
    branch.did(c.ReassignTask(who="lead:ann", task_id=task_id, operator=OperatorId("chen")))
    assert branch.task(task_id).operator == "chen"


def test_the_green_channel_goes_first() -> None:
    """Somebody who was in an accident would wait behind changes of address."""
    branch = Branch(model=SHIPPED)
    for _ in range(5):
        branch.create(ADDRESS, priority=3)
    green = branch.create(green_channel=True)
    arrive_together(branch, person("chen"))
    assert given(branch) == [(green, "chen")]


def test_a_specialist_is_kept_for_what_only_they_can_do() -> None:
    """One task at a time, the first would take the specialist and the second would wait beside an idle colleague."""
    branch = Branch(model=SHIPPED)
    ordinary = branch.create(priority=9)
    special = branch.create(required_authority=3)
    expert = person("expert", authority={Line.CLAIMS: 9}, kinds={MEDICAL: KindExperience(done_count=900)})
    arrive_together(branch, expert, person("novice"))
    assert given(branch) == [(ordinary, "novice"), (special, "expert")]
    [held] = rounds(branch)
    assert (held.method, held.certified, held.gap) == ("dense", True, 0)
    assert [name for name, points in held.prices if points > 0] == ["expert"]
    assert branch.state.shadow_prices == dict(held.prices)


def test_a_person_fills_up_one_task_a_round() -> None:
    """All work of a morning would go to the one who was best before they had any."""
    branch = Branch(model=SHIPPED)
    for _ in range(4):
        branch.create()
    arrive_together(branch, person("chen", capacity=2), person("lin", capacity=2))
    assert [held.round for held in rounds(branch)] == [1, 2]
    assert sorted(name for _, name in given(branch)[:2]) == ["chen", "lin"]
    assert len(given(branch)) == 4


def test_who_is_not_heard_is_on_record_and_gets_nothing() -> None:
    """A round held again would count people in whose desks were silent."""
    branch = Branch(model=SHIPPED)
    for name in ("chen", "lin", "wu"):
        branch.arrive(person(name))
    branch.wait(3_000, heard=["lin", "wu"])
    task_id = branch.create()
    [held] = rounds(branch)
    assert (held.absent, held.heard_only, held.people) == (("chen",), False, 2)
    branch.wait(3_000, heard=["wu"] if branch.task(task_id).operator == "lin" else ["lin"])
    branch.create()
    [held] = rounds(branch)
    assert held.people == 1


def test_no_round_is_written_down_that_gave_nothing() -> None:
    """Every tick beside a task that suits nobody would grow the journal."""
    branch = Branch(model=SHIPPED)
    branch.arrive(person("chen"))
    branch.create(required_authority=9)
    assert branch.wait(2_000, heard=["chen"]) == []
    assert branch.state.round_number == 0


def test_nothing_starves_under_a_stream_of_urgent_tasks_that_suit_better() -> None:
    """A plain old task must be served within the stated bound, whoever keeps coming with flags and a better fit."""
    model = SHIPPED
    branch = Branch(model=model)
    favourite = {"priority": 9, "green_channel": True, "vulnerable": True, "preferred_operator": "chen"}
    old = branch.create(ADDRESS)
    branch.create(MEDICAL, **favourite)
    past = {MEDICAL: KindExperience(done_count=900), ADDRESS: KindExperience()}
    branch.arrive(person("chen", kinds=past, auto_accept=True))
    bound_ms = waiting_bound_minutes(model) * 60_000
    step_ms = bound_ms // 80
    taken_before: list[str] = []
    while branch.task(old).state is TaskState.QUEUED:
        assert branch.wall_ms - START_MS <= bound_ms + step_ms, "it waits for ever"
        [in_hand] = branch.state.holds[OperatorId("chen")]
        taken_before.append(in_hand)
        holder = branch.holder(in_hand)
        branch.wall_ms, branch.monotonic_ms = branch.wall_ms + step_ms, branch.monotonic_ms + 900
        branch.batch(
            c.HearDesks(sessions=(session_of("chen"),)),
            c.CreateTask(spec=spec(MEDICAL, **favourite)),
            c.ReleaseAssignment(**holder, reason="cancelled next"),
            c.CancelTask(task_id=in_hand),
        )
    assert len(taken_before) > 3, "urgent tasks did go first for a while"


def test_whoever_is_enrolled_again_is_looked_at_again() -> None:
    """Entries begin at version 1, so that what was kept of the one before would let filters pass by rights and conflicts of long ago."""
    branch = Branch(model=SHIPPED)
    branch.arrive(person("chen"))
    branch.start(branch.create())
    branch.complete(next(iter(branch.state.tasks)))
    branch.did(c.SignOut(who="operator:chen", operator=OperatorId("chen")), object)
    branch.did(c.DeleteOperator(who="ops:duty", operator=OperatorId("chen")), object)
    branch.arrive(person("chen", conflicts=("zhang",)))
    branch.create(customer_id="zhang")
    assert given(branch) == []
    other = branch.create(customer_id="li")
    assert given(branch) == [(other, "chen")]


@pytest.mark.parametrize("older_min", [0, 30])
def test_an_expert_is_kept_for_what_only_they_can_do(older_min: int) -> None:
    """The expert took the plain task for the points; the one that only they can do waited, though older, and the novice sat idle."""
    branch = Branch(model=SHIPPED)
    special = branch.create(ADDRESS, required_authority=3, amount_fen=6_000_000)
    branch.wall_ms += older_min * 60_000
    plain = branch.create(MEDICAL, amount_fen=6_000_000)
    skilled = {MEDICAL: KindExperience(done_count=900), ADDRESS: KindExperience()}
    expert = person("expert", authority=dict.fromkeys(Line, 9), kinds=skilled)
    arrive_together(branch, expert, person("novice", kinds={MEDICAL: KindExperience()}))
    assert sorted(given(branch)) == sorted([(special, "expert"), (plain, "novice")])


class EverybodyHasOnePlace(RandomProvince):
    """Nobody takes two tasks."""

    def entry(self, number: int) -> Operator:
        """Anybody, with one place."""
        return msgspec.structs.replace(super().entry(number), capacity=1)


@pytest.mark.parametrize("seed", range(40))
def test_a_batch_leaves_no_task_that_could_have_been_served_as_well(seed: int) -> None:
    """Tasks would wait while people are idle who could have made room for them, each with a task that suits them a little less."""
    province = EverybodyHasOnePlace(seed, people=10, tasks=10, past=40)
    state = province.state
    state.model = shipped_model()
    problem = Scorer(state, state.model).problem(
        list(state.tasks.values()), list(state.operators.values()), province.now_ms
    )
    rows, columns = linear_sum_assignment(problem.eligible.astype(float), maximize=True)
    served = 0
    while (held := hold_round(Scorer(state, state.model), list(state.free), province.now_ms)) is not None:
        apply(state, held.event)
        for match in held.matches:
            province.happen(
                e.TaskAssigned(
                    at_ms=province.now_ms,
                    task_id=match.task_id,
                    operator=match.operator,
                    token=state.tasks[match.task_id].token + 1,
                    routing=match.routing,
                )
            )
            served += 1
    assert served == problem.eligible[rows, columns].sum()


@pytest.mark.parametrize(("seconds_max", "is_given"), [(1, False), (2, True), (0, True), (3_600, True)])
def test_the_model_may_ask_for_desks_that_were_heard_more_lately(seconds_max: int, is_given: bool) -> None:
    """A setting that is shown, checked and stored, and changes nothing, would be trusted on the day it is needed."""
    filters = msgspec.structs.replace(SHIPPED.filters, heartbeat_seconds_max=seconds_max)
    branch = Branch(model=msgspec.structs.replace(SHIPPED, filters=filters))
    branch.arrive(person("chen"))
    branch.wait(2_000)
    branch.create(MEDICAL)
    assert bool(given(branch)) is is_given
    branch.wait(1_000)
    branch.create(MEDICAL)
    assert not given(branch), "the country's own limit is never loosened"
