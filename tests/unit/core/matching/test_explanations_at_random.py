"""Whether what explanations say is true: days drawn at random, and every statement carried out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core import snapshot
from actors.core.applying import apply
from actors.core.country import Line, Skill
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.explained import (
    Candidate,
    Diagnosis,
    HowChosen,
    MatchPreview,
    QueueDiagnosis,
    RoutingReplay,
    WaitCause,
)
from actors.core.matching.explaining import preview
from actors.core.matching.replaying import Decided, Trace, replay_decision
from actors.core.matching.rounds import Round, rerun
from actors.core.matching.scoring import Scorer
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.province import Province
from actors.core.replies import TaskReply
from actors.core.state import ProvinceState
from actors.core.task import Task, TaskState
from tests.unit.core.harness import MODEL, SHIPPED, Branch, person, session_of, spec
from tests.unit.core.matching.days_at_random import Days, StrictDays, twin_of
from tests.unit.core.matching.rounds_at_random import RandomProvince

BATCHES = 25
#: Diagnoses of a cause that are carried out.
EACH_CAUSE = 8


def lived(seed: int, batches: int = BATCHES) -> Days:
    """A province after a while of work."""
    days = StrictDays(seed, SHIPPED if seed % 3 else MODEL)
    for _ in range(batches):
        days.live()
    return days


# --- decisions ---


def decisions(days: Days) -> Iterator[tuple[ProvinceState, Decided]]:
    """Every decision of a round, and the state just before."""
    state, log = ProvinceState(days.branch.code), days.branch.log
    for place, event in enumerate(log):
        if isinstance(event, e.MatchRoundHeld):
            for given in log[place + 1 :]:
                if not isinstance(given, (e.OfferMade, e.TaskAssigned)) or given.routing is None:
                    break
                trace = Trace(days.branch.code, given.task_id)
                trace.note(1, [event, given])
                yield state, trace.decided[-1]
        apply(state, event)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_decision_shows_the_candidates_of_its_round(seed: int) -> None:
    """Whoever is shown as a candidate was one, with these points, and whoever won was not removed: not even by the break that they asked in."""
    hows: dict[HowChosen, int] = {}
    for state, decided in decisions(lived(seed)):
        record, held = decided.record, decided.held
        assert held is not None
        replay = replay_decision(state, decided, asked=None, candidates_max=100)
        winner = replay.candidates[0]
        assert (winner.operator, winner.score, winner.removed_by) == (record.operator, record.score, "")
        assert winner.also_removed_by == ()
        again = rerun(state, held)
        row = [task.task_id for task in again.problem.tasks].index(record.task_id)
        shown = {candidate.operator: candidate for candidate in replay.candidates}
        for column, one in enumerate(again.problem.people):
            candidate = shown[one.operator]
            removed_by = again.problem.removed_by(row, column) or ""
            assert (candidate.score, candidate.removed_by) == (int(again.problem.fit[row, column]), removed_by)
        if record.how is HowChosen.MATCHED:
            in_round = {one.operator for one in again.problem.people}
            assert {name for name, candidate in shown.items() if not candidate.removed_by} <= in_round
            check_whoever_got_another_task(state, decided, replay)
        hows[record.how] = hows.get(record.how, 0) + 1
    assert hows[HowChosen.MATCHED] > BATCHES // 2 and hows[HowChosen.FETCHED]


@pytest.mark.parametrize("seed", range(4))
def test_a_state_from_a_snapshot_shows_the_same_to_the_last_bit(seed: int) -> None:
    """A sum of floats in another order is another number, and at the edge of a point another decision: the replay would be called a contradiction."""
    province = RandomProvince(seed, people=9, tasks=30, past=60)
    waiting = list(province.state.tasks.values())
    # In hand in another order than taken in, begun by others for odd times, and signed in in another order than enrolled.
    for task in waiting[:0:-1]:
        names = {"at_ms": province.now_ms, "task_id": task.task_id}
        stopped_ms = province.now_ms + int(province.rng.integers(200_000))
        province.happen(e.TaskAssigned(**names, operator=OperatorId("op-0"), token=1))
        province.happen(e.AssignmentStarted(**names))
        province.happen(e.AssignmentReleased(at_ms=stopped_ms, task_id=task.task_id, reason="released"))
        taker = OperatorId(f"op-{province.rng.integers(9)}")
        province.happen(e.TaskAssigned(**names, operator=taker, token=3))
    for name in list(province.state.operators)[::-1]:
        province.happen(e.OperatorSignedOut(at_ms=province.now_ms, operator=name, reason="signed_out"))
        session = session_of(name)
        signed_in = e.OperatorSignedIn(
            at_ms=province.now_ms, operator=name, session=session, presence=PresenceState.AVAILABLE
        )
        province.happen(signed_in)
    states = province.state, snapshot.restore(list(snapshot.capture(province.state)))
    shown = [
        preview(
            Scorer(state, SHIPPED),
            waiting[0],
            list(state.operators.values()),
            province.now_ms + 600_000,
            absent=(),
            count_max=20,
        )
        for state in states
    ]
    assert shown[0] == shown[1]


def check_whoever_got_another_task(state: ProvinceState, decided: Decided, replay: RoutingReplay) -> None:
    """Without that task they have this one, or yet another that needs them more."""
    assert decided.held is not None
    winner = replay.candidates[0]
    for other in replay.candidates[1:]:
        if other.removed_by or not other.assigned_task or other.score <= winner.score:
            continue
        without = state.copied()
        without.queue.discard(without.tasks[other.assigned_task].task_id)  # type: ignore[index]
        again: Round = rerun(without, decided.held)
        assert other.operator in [match.operator for match in again.matches]


# --- whom a task would go to ---


def asleep(days: Days) -> Province:
    """The province with nothing in its queue."""
    twin, now = twin_of(days.branch), days.branch.now
    for task in list(twin.state.tasks.values()):
        if task.state is TaskState.QUEUED:
            twin.handle(c.CancelTask(who="branch:core", task_id=task.task_id), now, {})
    twin.take_frame()
    return twin


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_a_task_alone_goes_to_whom_its_preview_names(seed: int) -> None:
    """Somebody would be told that the task comes to them, and it goes to another."""
    days, given = StrictDays(seed, SHIPPED if seed % 3 else MODEL), 0
    for _ in range(BATCHES):
        days.live()
        twin, now = asleep(days), days.branch.now
        created = twin.handle(c.CreateTask(who="branch:core", spec=days.spec()), now, {})
        assert isinstance(created, TaskReply)
        preview = twin.handle(c.PreviewMatch(task_id=created.task.task_id, candidates_max=100), now, {})
        assert isinstance(preview, MatchPreview)
        twin.finish_batch(now)
        routed = [event for event in twin.take_frame().events if isinstance(event, (e.OfferMade, e.TaskAssigned))]
        suited = [candidate for candidate in preview.candidates if not candidate.removed_by]
        assert [event.operator for event in routed] == [candidate.operator for candidate in suited[:1]]
        for event in routed:
            assert event.routing is not None
            assert (event.routing.points, event.routing.urgency) == (suited[0].score, preview.urgency)
            given += 1
    assert given > BATCHES // 3


def test_of_equals_a_preview_names_first_who_has_been_idle_longest() -> None:
    """Points of newcomers are equal, and their order is that of the round, not of the alphabet."""
    made = Branch(model=MODEL)
    made.arrive(person("zhao"))
    made.wait(2_000, heard=["zhao"])
    made.arrive(person("chen"))
    first = TaskId("fujian-1")
    _, preview = made.batch(c.CreateTask(who="branch:core", spec=spec()), c.PreviewMatch(task_id=first))
    assert isinstance(preview, MatchPreview)
    zhao, chen = preview.candidates
    assert (zhao.operator, zhao.score) == (made.task(first).operator, chen.score)


# --- what removes somebody ---

#: What stands before the filters of the model: all of it is put right by a new sign-in.
_AWAY = ("off_duty", "on_break", "leaving", "desk")


def without(entry: Operator, name: str, task: Task, load: int) -> Operator | None:
    """The entry of somebody whom a filter no longer removes; None: that is nothing that a roster can change."""
    changes: dict[str, dict[str, Any]] = {
        "kind": {"kinds": entry.kinds | {task.spec.kind: KindExperience()}},
        "authority": {"authority": dict.fromkeys(Line, 9)},
        "skill": {"skills": (*(one for one in entry.skills if one.skill != "icd"), Skill("icd", 5))},
        "certificate": {"certificates": ()},
        "probation": {"probation": False},
        "clearance": {"clearance": 4},
        "quota": {"daily_quota_milli": 0},
        "shift": {"shift": None},
        "shift_fit": {"shift": None},
        "capacity": {"capacity": load + 1},
    }
    return msgspec.structs.replace(entry, **changes[name]) if name in changes else None


def seen_without(days: Days, task: Task, operator: OperatorId, names: Iterable[str]) -> Candidate | None:
    """How the person stands once all of this is put right; None: it cannot be."""
    twin, now = twin_of(days.branch), days.branch.now
    entry, names = twin.state.operators[operator], list(names)
    for name in names:
        changed = entry if name in _AWAY else without(entry, name, task, twin.state.load_of(operator))
        if changed is None:
            return None
        entry = changed
    twin.handle(c.UpsertOperators(who="ops", entries=(entry,)), now, {})
    if any(name in _AWAY for name in names):
        signed_in = c.SignIn(operator=operator, session=session_of(operator))
        twin.handle(signed_in, now, {})
    shown = twin.handle(c.PreviewMatch(task_id=task.task_id, operator=operator), now, {})
    assert isinstance(shown, MatchPreview)
    return shown.candidates[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_all_that_removes_somebody_is_named_and_nothing_else(seed: int) -> None:
    """Three of four people who are removed are removed by several things: whoever mends the one that is named would have been told in vain."""
    days, counts = StrictDays(seed, SHIPPED), Counter[int]()
    for _ in range(BATCHES):
        days.live()
        waiting = [task for task in days.branch.state.tasks.values() if task.state is TaskState.QUEUED]
        if not waiting:
            continue
        task, operator = days.pick(*waiting), OperatorId(days.pick(*days.names))
        shown = seen_without(days, task, operator, ())
        assert shown is not None
        named = [name for name in (shown.removed_by, *shown.also_removed_by) if name]
        freed = seen_without(days, task, operator, named)
        if freed is None:
            continue
        assert (freed.removed_by, freed.also_removed_by) == ("", ())
        for kept in named:
            seen = seen_without(days, task, operator, [name for name in named if name != kept])
            assert seen is not None and seen.removed_by == kept
        counts[len(named)] += 1
    assert counts[1] and sum(counts[several] for several in counts if several > 1)


# --- what keeps a task ---


def test_whoever_is_said_to_let_a_task_go_would() -> None:
    """Somebody was called in, or finished a task in a hurry, and the task went on waiting for a reason that nobody had named."""
    causes = Counter[WaitCause]()
    both = [StrictDays(seed, SHIPPED) for seed in (4, 5)]
    for days in both * BATCHES:
        days.live()
        twin, now = twin_of(days.branch), days.branch.now
        reply = twin.handle(c.DiagnoseQueue(), now, {})
        assert isinstance(reply, QueueDiagnosis)
        for found in reply.diagnoses:
            causes[found.cause] += 1
            if causes[found.cause] <= EACH_CAUSE:
                check_diagnosis(days, found)
    assert set(_SPOKEN_OF) | {WaitCause.FILTERED} <= set(causes)


#: Cause -> how many people it speaks of, where these are not those with room.
_SPOKEN_OF: dict[WaitCause, Callable[[Diagnosis], int]] = {
    WaitCause.NOBODY_QUALIFIED: lambda found: found.roster,
    WaitCause.NOBODY_ON_DUTY: lambda found: found.qualified,
    WaitCause.ALL_BUSY: lambda found: found.on_duty,
}
#: Cause -> what is put right when somebody comes, or has room.
_LIFTED = {WaitCause.NOBODY_ON_DUTY: "off_duty", WaitCause.ALL_BUSY: "capacity"}


def check_diagnosis(days: Days, found: Diagnosis) -> None:
    """A round has just given all that could be given: something binds, and it binds as many as are named."""
    state = days.branch.state
    task = state.tasks[found.task_id]
    assert found.cause is not WaitCause.NEXT
    concerned = _SPOKEN_OF[found.cause](found) if found.cause in _SPOKEN_OF else found.free
    assert found.suitable + sum(found.removed.values()) == concerned
    lifted = _LIFTED.get(found.cause)
    if lifted is None:
        assert found.suitable == 0
        return
    seen = [seen_without(days, task, name, [lifted]) for name in state.operators]
    assert sum(one is not None and not one.removed_by for one in seen) == found.suitable


@pytest.mark.parametrize("seed", [4, 5])
def test_the_green_channel_brings_what_it_is_said_to_bring(seed: int) -> None:
    """A branch gives it away once, and is told that four stand before the task instead of twenty."""
    days, tried = StrictDays(seed, SHIPPED), 0
    for _ in range(BATCHES):
        days.live()
        twin, now = twin_of(days.branch), days.branch.now
        reply = twin.handle(c.DiagnoseQueue(), now, {})
        assert isinstance(reply, QueueDiagnosis)
        for before in reply.diagnoses[-1:]:
            if not before.green_gain:
                continue
            named = c.PreviewMatch(task_id=before.task_id)
            urgency = [twin.handle(named, now, {})]
            twin.handle(c.UpdateTask(task_id=before.task_id, green_channel=True), now, {})
            urgency.append(twin.handle(named, now, {}))
            after = twin.handle(c.DiagnoseQueue(task_id=before.task_id), now, {})
            assert isinstance(after, QueueDiagnosis)
            assert after.diagnoses[0].tasks_before == before.tasks_before_if_green
            was, is_now = (shown.urgency for shown in urgency if isinstance(shown, MatchPreview))
            assert is_now - was == before.green_gain
            tried += 1
    assert tried > BATCHES // 4
