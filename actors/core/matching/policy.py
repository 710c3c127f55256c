"""Which of the waiting tasks start now, with whom, and which had better wait for somebody who is busy.

The intuition: write down the whole list of every person, busy people included, so that the sum of all delays is least, then start what
stands first on the list of somebody who is free, and forget the rest. The next arrival, completion or change of roster asks again.

The model: a task that is the k-th from the end of a person's list delays itself and the k - 1 tasks behind it by its handle minutes, and
begins no earlier than the person is free. So the sum of turnarounds of a set of lists is

    sum over tasks of  ready(o) + k * minutes(t, o)

and the least of it is an assignment problem of tasks to (person, place from the end): solved exactly, with a certificate (Bruno, Coffman
and Sethi 1974; Horn 1973). Three things that dispatchers are usually told by separate rules fall out of one sum: short tasks first when
work piles up; the person who is relatively best, since a fast person's places are sought after; and waiting on purpose, when a busy person's
`ready + minutes` is less than the minutes of those who are free.

Everything is in points, so that a province's full parameters join in: `urgency` and `fit` are what the model says of a task and of a pair;
delays cost `minute_points` a minute.

The sum above knows nothing of arrivals to come, who will want the same people. `BEHIND_COST` and `READY_COST` stand for them. Not done: a
price on each person's time that grows with the load (measured: nothing reliable beyond these two).

Refused: one round of tasks x free people (no list, nobody busy): over 18 kinds of synthetic worlds its mean turnaround was 34 % longer,
on a par with shortest-processing-time. Greedy lists (least completion first, greatest regret first): 25 % and 15 % longer.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from actors.core.matching.assignment.result import WAITS, Assignment, BoolArray, FloatArray, IntArray, Method
from actors.core.matching.assignment.serving import serve_most
from actors.core.matching.assignment.solving import solve

#: Steps of work up to which a part of a call is solved exactly, counted as shorter side^2 x longer side: about .1 s. Beyond it lists get
#: fewer places; if one place a person is too much still, the part is decided greedily, and its solution says so.
WORK_MAX = 40_000_000
#: Places on a person's list that are looked at.
PLACES_MAX = 12
#: Places per person for each task per person: lists are uneven.
PLACES_SPREAD = 3
#: What a minute behind others on a list, and a minute of waiting for somebody busy, cost against a minute of handling. More than 1,
#: because tasks that will arrive want the same people: measured on worlds of specialists, 1 was up to a fifth worse. Few worlds and seeds
#: were tried: that they are above 1 is measured, their second digits are not.
BEHIND_COST, READY_COST = 1.5, 1.4


class Problem(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One call's tasks and people. Points are whole numbers; times are minutes."""

    #: (tasks,) points of serving the task at all.
    urgency: FloatArray
    #: (tasks, operators) points of the pair; the handle minutes' own cost is part of it.
    fit: FloatArray
    #: (tasks, operators) who may do what.
    eligible: BoolArray
    #: (operators,) tasks each may start now; 0: busy, a candidate to wait for.
    capacity: IntArray
    #: (tasks, operators) expected handle minutes.
    minutes: FloatArray
    #: (operators,) expected minutes until the person is free; 0 if free.
    ready_minutes: FloatArray
    #: (tasks,) what a minute of this task's delay costs, against 1 for a task like any other.
    weight: FloatArray
    #: (tasks,) whose patience is over: they go before all others and wait for nobody who is busy.
    overdue: BoolArray
    #: Points that one minute of delay costs at weight 1.
    minute_points: float


class Plan(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What the policy decided. Indices are those of the problem."""

    #: (task, operator) to start now.
    pairs: list[tuple[int, int]]
    #: (tasks,) the person whom a task that waits is meant for now, or WAITS.
    meant_for: IntArray
    #: The solutions behind it, each with its certificate: of the overdue tasks, then of the others.
    solutions: list[Assignment]

    @property
    def certified(self) -> bool:
        """Whether every part was proven optimal."""
        return all(solution.certified for solution in self.solutions)

    @property
    def greedy(self) -> bool:
        """Whether a part was too large to be solved exactly."""
        return any(solution.method is Method.GREEDY for solution in self.solutions)


def plan(problem: Problem) -> Plan:
    """Decides one call.

    Overdue tasks are solved first, against free people only: as many of them as can be given, and of these ways the one of greatest urgency
    and fit; then the others with whoever is left, people just taken counting as busy. Cost: one assignment of tasks x (operators x places),
    at most `PLACES_MAX` places and `WORK_MAX` steps; an overdue part beyond `WORK_MAX` is given in turn until no free person can do
    any that is left.
    """
    decided = Plan(pairs=[], meant_for=np.full(problem.urgency.size, WAITS), solutions=[])
    capacity, ready = problem.capacity, problem.ready_minutes
    others = np.arange(problem.urgency.size)
    if problem.overdue.any():
        capacity, ready = _start_overdue(problem, decided)
        others = np.flatnonzero(~problem.overdue)
    if others.size and capacity.any():
        _start_first_places(problem, others, capacity, ready, decided)
    return decided


def start_all(values: FloatArray, eligible: BoolArray, capacity: IntArray) -> Assignment:
    """The best assignment in which nobody is left out who can have a place: leaving is worth less than the worst pair.

    Args:
        values: (tasks, operators) points, whole numbers.
        eligible: (tasks, operators).
        capacity: (operators,).
    """
    lowest = np.where(eligible, values, 0.0).min(initial=0.0) - 1
    return solve(values, eligible, capacity, leave=np.full(len(values), lowest))


def ready_points(ready_minutes: FloatArray, weight: FloatArray, minute_points: float) -> FloatArray:
    """(tasks, operators) whole points that waiting for each person costs.

    Args:
        ready_minutes: (operators,) until each is free.
        weight: (tasks,) what a minute of each task's delay costs.
        minute_points: points that a minute costs at weight 1.
    """
    return _delay_points(READY_COST * minute_points * weight[:, None] * ready_minutes)


def start_most(values: FloatArray, eligible: BoolArray, capacity: IntArray) -> Assignment:
    """The best of all assignments that serve as many tasks as can be, as in a province (`serve_most`), within this policy's bound on work.

    Beyond `WORK_MAX` the tasks choose in the order of the rows, and nobody is left out whom somebody with room could do.

    Args:
        values: (tasks, operators) points, whole numbers.
        eligible: (tasks, operators).
        capacity: (operators,).
    """
    return serve_most(values, eligible, capacity, cells_max=_cells_max(*values.shape))


def _delay_points(points: FloatArray) -> FloatArray:
    """Whole points of delays, one at least for any: else a task of next to no minutes could as well wait as start with somebody free."""
    return np.where(points > 0, np.maximum(1.0, np.rint(points)), 0.0)


def _work(tasks: int, places: int) -> int:
    """Steps of an exact solution, about."""
    return min(tasks, places) ** 2 * max(tasks, places)


def _cells_max(tasks: int, places: int) -> int:
    """How many pairs `solve` may solve exactly: these, or none."""
    return tasks * places if _work(tasks, places) <= WORK_MAX else 0


def _in_turn(values: FloatArray, eligible: BoolArray) -> IntArray:
    """(tasks,) the order in which tasks choose where they have to: whose best pair brings most goes first."""
    return np.argsort(-np.where(eligible, values, -np.inf).max(axis=1, initial=-np.inf), kind="stable")


def _start_overdue(problem: Problem, decided: Plan) -> tuple[IntArray, FloatArray]:
    """Starts overdue tasks with free people; returns the capacity and ready minutes that remain."""
    tasks = np.flatnonzero(problem.overdue)
    values, eligible = problem.urgency[tasks, None] + problem.fit[tasks], problem.eligible[tasks]
    order = _in_turn(values, eligible)
    tasks = tasks[order]
    solution = start_most(values[order], eligible[order], problem.capacity)
    decided.solutions.append(solution)
    capacity, ready = problem.capacity.copy(), problem.ready_minutes.copy()
    for row, operator in solution.pairs:
        task = int(tasks[row])
        decided.pairs.append((task, operator))
        capacity[operator] -= 1
        if not capacity[operator]:
            ready[operator] = problem.minutes[task, operator]
    return capacity, ready


def _start_first_places(
    problem: Problem, tasks: IntArray, capacity: IntArray, ready: FloatArray, decided: Plan
) -> None:
    """Writes everybody's list and starts what stands first with somebody free."""
    if not _places(tasks.size, min(tasks.size, capacity.size)):
        # Too much work even for the fewest people that can matter: who they are need not be found out.
        _start_in_turn(problem, tasks, capacity, decided)
        return
    weight = problem.weight[tasks]
    first = problem.urgency[tasks, None] + problem.fit[tasks] - ready_points(ready, weight, problem.minute_points)
    eligible, minutes = problem.eligible[tasks], problem.minutes[tasks]
    people, whole_capacity = _who_matters(first, eligible), capacity
    if people is not None:
        first, eligible, minutes, capacity = first[:, people], eligible[:, people], minutes[:, people], capacity[people]
    operators = capacity.size
    places = _places(tasks.size, operators)
    if not places:
        _start_in_turn(problem, tasks, whole_capacity, decided)
        return
    if places > 1:
        behind = _delay_points(BEHIND_COST * problem.minute_points * minutes / weight[:, None])
        first = np.concatenate([first - place * behind for place in range(places)], axis=1)
        eligible = np.tile(eligible, places)
    solution = start_all(first, eligible, np.tile(np.maximum(capacity, 1), places))
    decided.solutions.append(solution)
    for row, column, is_first in _lists(solution, operators, capacity):
        operator = column if people is None else int(people[column])
        if is_first:
            decided.pairs.append((int(tasks[row]), operator))
        else:
            decided.meant_for[tasks[row]] = operator


def _start_in_turn(problem: Problem, tasks: IntArray, capacity: IntArray, decided: Plan) -> None:
    """Gives free people work where there is too much of it for lists: nobody waits for somebody busy."""
    values, eligible = problem.urgency[tasks, None] + problem.fit[tasks], problem.eligible[tasks]
    order = _in_turn(values, eligible)
    solution = start_most(values[order], eligible[order], capacity)
    decided.solutions.append(solution)
    decided.pairs.extend((int(tasks[order[row]]), operator) for row, operator in solution.pairs)


def _who_matters(values: FloatArray, eligible: BoolArray) -> IntArray | None:
    """People whom some task has among its best, as many as there are tasks; None if that is everybody.

    Nobody else is needed: of so many people at least one is left over for the task, and is no worse.
    """
    tasks, operators = values.shape
    if operators <= tasks:
        return None
    best = np.argpartition(np.where(eligible, -values, np.inf), tasks - 1, axis=1)[:, :tasks]
    matters = np.zeros(operators, np.bool_)
    matters[best] = True
    return np.flatnonzero(matters)


def _places(tasks: int, operators: int) -> int:
    """Places per person: enough for uneven lists, never more than there are tasks; 0 if one is too much work."""
    if tasks == 1:
        return 1
    wanted = min(tasks, PLACES_MAX, max(2, -(-PLACES_SPREAD * tasks // operators)))
    return next((places for places in range(wanted, 0, -1) if _work(tasks, places * operators) <= WORK_MAX), 0)


def _lists(solution: Assignment, operators: int, capacity: IntArray) -> Iterator[tuple[int, int, bool]]:
    """(task, operator, whether it starts now): the furthest from the end of a list is first, as many as the person has room for."""
    placed = sorted((-(column // operators), row, column % operators) for row, column in solution.pairs)
    room = capacity.tolist()
    for _, row, operator in placed:
        room[operator] -= 1
        yield row, operator, room[operator] >= 0
