"""The planner's bounds, on whatever tasks and people hypothesis comes up with: on waiting, on work, and what its explanations claim."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from actors.core.matching import Planner, PlannerTask, policy
from actors.core.matching import planner as module
from actors.core.matching.planner import AGE_MAX_MINUTES

NOW = 2 * AGE_MAX_MINUTES
PEOPLE = [f"p{number}" for number in range(8)]
KINDS = [f"k{number}" for number in range(5)]


class Office(NamedTuple):
    """A call: who may do what, who is free, and what waits."""

    pools: dict[str, list[str]]
    free: list[str]
    tasks: list[PlannerTask]
    finished: list[tuple[str, str, float]]

    @property
    def overdue(self) -> list[PlannerTask]:
        """Tasks that have waited for a week."""
        return [task for task in self.tasks if NOW - task.arrived >= AGE_MAX_MINUTES]

    def may_do(self, task: PlannerTask) -> list[str]:
        """Who is free and may do a task."""
        return [operator for operator in self.free if operator in self.pools[task.kind]]


@some.composite
def offices(draw: some.DrawFn) -> Office:
    """Few people and many tasks: a third of them overdue, some with a due time long past, of unequal kinds."""
    pools = {kind: draw(some.lists(some.sampled_from(PEOPLE), unique=True, max_size=5)) for kind in KINDS}
    free = draw(some.lists(some.sampled_from(PEOPLE), unique=True, min_size=1))
    drawn = draw(some.lists(some.tuples(some.sampled_from(KINDS), some.integers(0, 2), some.booleans()), max_size=24))
    tasks = [
        PlannerTask(
            id=f"t{number}",
            kind=kind,
            arrived=0.0 if not age else NOW - age,
            due=-1e6 if late else None,
            attributes={"pages": float(1 + number % 3)},
        )
        for number, (kind, age, late) in enumerate(drawn)
    ]
    done = some.tuples(some.sampled_from(KINDS), some.sampled_from(PEOPLE), some.floats(0.1, 500.0))
    return Office(pools, free, tasks, draw(some.lists(done, max_size=12)))


def taught(office: Office) -> Planner:
    """A planner that saw what was finished."""
    planner = Planner(seed=1)
    for number, (kind, operator, minutes) in enumerate(office.finished):
        known = {"pages": float(1 + number % 3)}
        planner.observe(PlannerTask(f"f{number}", kind, 0.0, attributes=known), operator, minutes, NOW - 1, quality=0.5)
    return planner


def most_that_can_be_given(tasks: list[PlannerTask], may_do: Callable[[PlannerTask], list[str]]) -> int:
    """The size of a greatest matching, by augmenting paths."""
    holder: dict[str, PlannerTask] = {}

    def can_have(task: PlannerTask, tried: set[str]) -> bool:
        for operator in may_do(task):
            if operator not in tried:
                tried.add(operator)
                if operator not in holder or can_have(holder[operator], tried):
                    holder[operator] = task
                    return True
        return False

    return sum(can_have(task, set()) for task in tasks)


def assert_no_overdue_task_is_passed_over(office: Office, pairs: list[tuple[str, str]]) -> None:
    """A task left overdue: everybody free who may do it takes another overdue task."""
    overdue = {task.id for task in office.overdue}
    has_overdue = {operator for name, operator in pairs if name in overdue}
    started = {name for name, _ in pairs}
    for task in office.overdue:
        if task.id not in started:
            assert set(office.may_do(task)) <= has_overdue, f"{task.id} was left beside somebody who could do it"


@settings(max_examples=40, deadline=None)
@given(offices())
def test_overdue_tasks_are_never_passed_over(office: Office) -> None:
    """Else a task could wait for ever: behind a flood of others, or behind its like while somebody does fresh work."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "TASKS_MAX", 6)
        patched.setattr(module, "TASKS_PER_PERSON", 1)
        pairs = taught(office).plan(office.tasks, office.free, NOW, office.pools)
    assert_no_overdue_task_is_passed_over(office, pairs)
    given_out = sum(name in {task.id for task in office.overdue} for name, _ in pairs)
    assert given_out == most_that_can_be_given(office.overdue, office.may_do), "as many as can be"


@settings(max_examples=25, deadline=None)
@given(offices())
def test_nor_are_they_where_a_call_is_too_large_to_be_solved(office: Office) -> None:
    """Else the bound on work would undo the bound on waiting, or leave people without work."""
    planner = taught(office)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(policy, "WORK_MAX", 0)
        pairs = planner.plan(office.tasks, office.free, NOW, office.pools)
    assert_no_overdue_task_is_passed_over(office, pairs)
    busy, started = {operator for _, operator in pairs}, {name for name, _ in pairs}
    for task in office.tasks:
        assert task.id in started or set(office.may_do(task)) <= busy, "somebody is idle beside work"
    assert not pairs or planner.latest_call.greedy or planner.latest_call.looked_at == 1, "and it says so"


@settings(max_examples=40, deadline=None)
@given(offices())
def test_explanations_add_up_to_what_the_call_used(office: Office) -> None:
    """Else the reasons shown would not be the reasons."""
    planner, problems = taught(office), list[policy.Problem]()
    # The call before gives people work, so that some are busy.
    planner.plan(office.tasks[::2], office.free[::2], NOW, office.pools)
    decide = policy.plan

    def seen(problem: policy.Problem) -> policy.Plan:
        problems.append(problem)
        return decide(problem)

    waiting, free = office.tasks[1::2], office.free[1::2]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(policy, "plan", seen)
        patched.setattr(Planner, "_give", lambda *_: [])
        planner.plan(waiting, free, NOW, office.pools)
    for problem in problems:
        busy = [operator for operator in office.free[::2] if planner.explain(waiting[0], operator, NOW).parts[-1].value]
        used = problem.urgency[:, None] + problem.fit
        used -= policy.ready_points(problem.ready_minutes, problem.weight, problem.minute_points)
        told = {planner.explain(task, operator, NOW).total for task in waiting for operator in [*free, *busy]}
        assert {int(points) for points in used.flat} <= told


def test_a_call_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one morning's backlog would hold up a dispatcher for many seconds."""
    people = [f"p{number}" for number in range(120)]
    pools = {"a": people, "b": people[::2]}
    tasks = [PlannerTask(f"t{number}", "ab"[number % 2], float(number % 50)) for number in range(300)]
    planner = Planner()
    monkeypatch.setattr(policy, "WORK_MAX", 100_000)
    pairs = planner.plan(tasks, people, 60.0, pools)
    assert len(pairs) == len(people)
    call = planner.latest_call
    assert (call.waiting, call.looked_at, call.free, call.greedy) == (300, 240, 120, True)
    planner.plan(tasks[:3], people[:3], 60.0, pools)
    assert not planner.latest_call.greedy
    assert planner.latest_call.certified


def test_work_stays_within_its_bound_by_fewer_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else lists would be given up where shorter ones could still be solved exactly."""
    minutes = np.arange(1.0, 41.0)[:, None] * np.array([1.0, 2.0])
    problem = policy.Problem(
        urgency=np.zeros(40), fit=-minutes, eligible=np.ones((40, 2), np.bool_), capacity=np.ones(2, np.int64),
        minutes=minutes, ready_minutes=np.zeros(2), weight=np.ones(40), overdue=np.zeros(40, np.bool_), minute_points=1.0,
    )  # fmt: skip
    columns: list[int] = []
    for most in (policy.WORK_MAX, 2_000, 0):
        monkeypatch.setattr(policy, "WORK_MAX", most)
        decided = policy.plan(problem)
        columns.append(decided.solutions[0].operator_prices.size)
        assert len(decided.pairs) == 2
        assert decided.greedy == (most == 0)
    assert columns[0] > columns[1] > columns[2] == 2
