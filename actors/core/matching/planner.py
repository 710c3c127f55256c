"""The planner on its own: tasks and free people in, pairs out, learning from finished tasks alone.

It knows of every finished task what it was like, who did it, how long it took and how well. What else a province knows of tasks and people
is neutral here; the policy (`policy`) is the province's own. Between calls it remembers

* estimates (`planning.estimates`): sums per kind and person, bounded by `KINDS_MAX` x `OPERATORS_MAX`;
* what attributes say of minutes (`planning.sizes`): sums per kind, of a bounded number of columns;
* who is usually there when (`planning.presence`): a share per person and half hour of the day;
* work in hand (`planning.work_in_hand`): whom it gave which task and has not heard of since, one entry a person;
* since when a task is left on purpose (`planning.patience`): one entry for each such task that still waits;
* of the latest call who was there, and whom tasks that wait were meant for, so that explanations can say it.

The bound on waiting. A task is left on purpose at a call if a person who is free and may do it stays without work. From its patience
(`PATIENCE_MINUTES`, or `PATIENCE_MEANS` times the kind's mean minutes) after the first such call on, or from the age `AGE_MAX_MINUTES`
on, it is overdue. All overdue tasks that wait are looked at, however many others do; they are given to free people before all others, and
busy people do not count. So a call leaves an overdue task only if everybody free who may do it takes another overdue task.

The bound on work. However many tasks and people there are, a call solves at most `policy.WORK_MAX` steps exactly and gives out the rest in
turn; `latest_call` says so. The core has no clock, so the budget counts work, not time.

The same calls with the same seed give the same answers, whatever the hash seed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from actors.core.matching import policy
from actors.core.matching.assignment.result import WAITS, BoolArray, FloatArray, IntArray
from actors.core.matching.planning.estimates import Estimates
from actors.core.matching.planning.explanation import Explanation
from actors.core.matching.planning.parts import age_part, minutes_parts, newcomer_part, quality_part, ready_part
from actors.core.matching.planning.patience import AGE_MAX_MINUTES, PATIENCE_MEANS, PATIENCE_MINUTES, Patience
from actors.core.matching.planning.pools import Pools
from actors.core.matching.planning.presence import AWAY_MINUTES, Presence
from actors.core.matching.planning.remaining import residual_table
from actors.core.matching.planning.shortlist import foremost_overdue, shortlist
from actors.core.matching.planning.sizes import Sizes
from actors.core.matching.planning.urgency import (
    age_points,
    age_weights,
    by_turn,
    due_weights,
    may_be_tried,
    whole_points,
)
from actors.core.matching.planning.work_in_hand import WorkInHand

__all__ = ["AGE_MAX_MINUTES", "PATIENCE_MEANS", "PATIENCE_MINUTES", "Call", "Planner", "PlannerTask"]

#: Tasks looked at in a call, or `TASKS_PER_PERSON` a free person if that is more. Overdue ones come on top.
TASKS_MAX, TASKS_PER_PERSON = 64, 2
#: Observations of a person before anything waits for them.
EXPERIENCE_MIN = 3.0
#: Coefficient of variation assumed of handle times where the rest of one is foretold.
VARIATION = 1.0
#: Handle minutes count at most so much: 19 years.
MINUTES_MAX = 1e7


@dataclass(frozen=True)
class PlannerTask:
    """A task as its source knows it. Times are minutes since any fixed origin."""

    id: str
    kind: str
    arrived: float
    case_id: str = ""
    #: When it should be finished, same origin.
    due: float | None = None
    #: Whatever else the source knows of it. No part of the hash: a mapping has none.
    attributes: Mapping[str, float | str] = field(default_factory=dict[str, float | str], hash=False)


@dataclass(frozen=True)
class Call:
    """What a call of `plan` was about, and how it was decided."""

    #: Tasks that waited with somebody who may do them, and those of them that were looked at.
    waiting: int = 0
    looked_at: int = 0
    #: Of those looked at, tasks whose patience was over.
    overdue: int = 0
    #: People who were free.
    free: int = 0
    #: Whether every part was proven to be the best for what was looked at.
    certified: bool = True
    #: Whether a part was too large to be solved exactly, and tasks were given out in turn.
    greedy: bool = False


class Planner:
    """Pairs tasks with people, and learns who is quick at what."""

    def __init__(self, *, seed: int = 0) -> None:
        self._estimates = Estimates(seed)
        self._sizes = Sizes()
        self._pools = Pools(self._estimates)
        self._in_hand = WorkInHand()
        self._presence = Presence()
        self._residuals = residual_table(VARIATION)
        self._patience = Patience()
        #: Who was free or known to be at work at the latest call, and task id -> whom it meant a task for that it left.
        self._there = frozenset[str]()
        self._meant_for: dict[str, str] = {}
        #: What the latest call of `plan` was about, and whether it had to fall back to giving out tasks in turn.
        self.latest_call = Call()

    def observe(
        self, task: PlannerTask, operator_id: str, minutes: float, now: float, quality: float | None = None
    ) -> None:
        """Learns from a finished task, planned here or not.

        Whoever was given this very task has it no longer in hand. What else the person has been given stays: reports may come late, after
        new work was planned for them.

        Args:
            task: the task.
            operator_id: who did it.
            minutes: handle minutes, >= 0; more than `MINUTES_MAX` count as that.
            now: minutes, same origin as `arrived`.
            quality: 0..1, if known.

        Raises:
            ValueError: a number that is none, negative minutes, or quality outside 0..1. Nothing is learned then.
        """
        minutes, now = _number("minutes", minutes, least=0.0), _number("now", now)
        if quality is not None:
            quality = _number("quality", quality, least=0.0, most=1.0)
        self._in_hand.take_back(task.id)
        self._learn(task, operator_id, min(minutes, MINUTES_MAX), quality)
        self._presence.see([self._estimates.operator_row(operator_id)], now)

    def plan(
        self, tasks: Sequence[PlannerTask], operators: Sequence[str], now: float, pools: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, str]]:
        """Decides which tasks start now.

        A task that was planned before and is offered again was not taken, and a person who is free again is done, with or without `observe`.
        A task or person named twice counts once (the first); a kind without a pool waits.

        Args:
            tasks: all that wait.
            operators: ids of those who are free, each for one task.
            now: minutes, same origin as `arrived`.
            pools: who may do each kind. Ids in no pool of a kind do not do it.

        Returns:
            (task id, operator id), every id at most once. The others wait.

        Raises:
            ValueError: `now`, `arrived` or `due` is no finite number. Nothing is changed then.
        """
        now = _number("now", now)
        waiting = {task.id: task for task in reversed(tasks)}
        for task in waiting.values():
            _check_task(task)
        free = list(dict.fromkeys(operators))
        by_kind: dict[str, list[PlannerTask]] = {}
        for task in reversed(waiting.values()):
            by_kind.setdefault(task.kind, []).append(task)
        asked = {kind: list(pools.get(kind, ())) for kind in by_kind}
        for operator in free:
            self._in_hand.end(operator)
        for task_id in waiting:
            self._in_hand.take_back(task_id)
        unserved = {kind: pool for kind, pool in asked.items() if not pool}
        for kind in unserved:
            del by_kind[kind], asked[kind]
        busy, remaining = self._in_hand.busy(now, self._residuals)
        people = free + busy
        rows = self._estimates.operator_rows(people)
        self._presence.see(rows, now)
        self.latest_call = Call(waiting=sum(map(len, by_kind.values())), free=len(free))
        self._pools.remember(unserved if free else unserved | asked)
        self._there, self._meant_for = frozenset(people), {}
        if not by_kind or not free:
            return []
        ready = np.concatenate([np.zeros(len(free)), self._until_free(rows[len(free) :], remaining, now)])
        eligible = self._pools.eligible(asked, rows)
        listed, overdue = self._listed(
            by_kind, np.count_nonzero(eligible[:, : len(free)], axis=1).tolist(), len(free), now
        )
        problem, columns = self._problem(listed, overdue, asked, eligible, rows, ready, len(free), now)
        if problem is None:
            return []
        decided = policy.plan(problem)
        self.latest_call = replace(
            self.latest_call, looked_at=len(listed), overdue=overdue, certified=decided.certified, greedy=decided.greedy
        )
        left = _left(listed, problem, decided)
        self._patience.note(waiting, [task.id for task in listed], left, now)
        chosen: list[str] = [people[column] for column in columns.tolist()]
        meant_for = zip(listed, decided.meant_for.tolist(), strict=True)
        self._meant_for = {task.id: chosen[column] for task, column in meant_for if column != WAITS}
        return self._give(listed, chosen, asked, problem, decided, now)

    def explain(self, task: PlannerTask, operator_id: str, now: float) -> Explanation:
        """Says what speaks for and against a pair, as things stand.

        Who may do the kind is taken from the latest call that planned it. A pair that was planned is told as it stood before: that the
        person has this very task in hand by now does not speak against them.
        """
        now = _number("now", now)
        _check_task(task)
        mean = self._estimates.overall_minutes()
        a_minute = self._estimates.minute_points()
        reading, size = self._estimates.reading(task.kind, operator_id), self._sizes.of_one(task)
        due = float(due_weights([task], now, mean)[0])
        weight = due * float(age_weights([task], now, mean)[0])
        share = reading.newcomer_share if may_be_tried(size, due) else 0.0
        parts = (
            age_part(now - task.arrived, float(age_points([task], now, a_minute)[0])),
            *minutes_parts(reading, size, a_minute),
            quality_part(reading),
            newcomer_part(reading, reading.minutes * size, share, a_minute),
            ready_part(self._ready_minutes(operator_id, task.id, now), weight, a_minute),
        )
        held = self._pools.holds(task.kind, operator_id)
        return Explanation(
            task_id=task.id,
            operator_id=operator_id,
            total=sum(part.contribution for part in parts),
            parts=parts,
            excluded_by="kind_unknown" if held is None else None if held else "not_in_pool",
            minutes=reading.minutes * size,
            delay_weight=weight,
            overdue=bool(self._patience.is_over([task], np.array([reading.kind_minutes]), now)[0]),
            left_minutes=self._patience.left_minutes(task.id, now),
            meant_for=self._meant_for.get(task.id, ""),
            absent=bool(held) and operator_id not in self._there,
        )

    def _learn(self, task: PlannerTask, operator: str, minutes: float, quality: float | None) -> None:
        """Takes the minutes apart into what the task's size explains and what is left for kind and person."""
        size = self._sizes.of_one(task)
        if task.attributes and minutes > 0:
            self._sizes.observe(
                task.kind, task.attributes, minutes / self._estimates.expected_minutes(task.kind, operator)
            )
        self._estimates.observe(task.kind, operator, minutes / size, quality)

    def _listed(
        self, by_kind: dict[str, list[PlannerTask]], free_of_kind: list[int], free: int, now: float
    ) -> tuple[list[PlannerTask], int]:
        """The tasks that are looked at, overdue ones first, and how many of them are overdue. Of the others all, if they are not too many."""
        kind_rows = np.array([self._estimates.kind_row(kind) for kind in by_kind])
        kind_minutes = np.repeat(self._estimates.kind_minutes(kind_rows), [len(tasks) for tasks in by_kind.values()])
        every = [task for tasks in by_kind.values() for task in tasks]
        is_over = self._patience.is_over(every, kind_minutes, now)
        overdue: list[PlannerTask] = []
        if is_over.any():
            over = {task.id for task, each in zip(every, is_over.tolist(), strict=True) if each}
            split = {kind: [task for task in tasks if task.id in over] for kind, tasks in by_kind.items()}
            overdue = foremost_overdue(split, free_of_kind)
            by_kind = {kind: [task for task in tasks if task.id not in over] for kind, tasks in by_kind.items()}
            every = [task for tasks in by_kind.values() for task in tasks]
        tasks_max = max(TASKS_MAX, TASKS_PER_PERSON * free)
        if len(every) > tasks_max:
            every = shortlist(by_kind, tasks_max, free_of_kind, lambda tasks: self._foremost(tasks, now))
        return overdue + every, len(overdue)

    def _foremost(self, tasks: Sequence[PlannerTask], now: float) -> list[PlannerTask]:
        """Tasks of one kind, at least one, in the order in which they should be looked at."""
        mean = self._estimates.overall_minutes()
        weights = due_weights(tasks, now, mean) * age_weights(tasks, now, mean)
        sizes = self._sizes.of_kind(tasks[0].kind, tasks)
        return [tasks[index] for index in by_turn(tasks, weights, sizes).tolist()]

    def _problem(
        self,
        listed: list[PlannerTask],
        overdue: int,
        pools: dict[str, list[str]],
        eligible: BoolArray,
        rows: IntArray,
        ready_minutes: FloatArray,
        free: int,
        now: float,
    ) -> tuple[policy.Problem | None, IntArray]:
        """Puts the problem of the people who matter, and says who they are; None if nobody free may do anything.

        The first `free` of the people are free, the first `overdue` of the tasks overdue.
        """
        useful = np.logical_or.reduce(eligible, axis=0)
        useful[free:] &= self._estimates.experience(rows[free:]) >= EXPERIENCE_MIN
        columns = np.flatnonzero(useful)
        if not useful[:free].any():
            return None, columns
        row_of = {kind: row for row, kind in enumerate(pools)}
        kind_of = np.array([row_of[task.kind] for task in listed])
        kind_rows = np.array([self._estimates.kind_row(kind) for kind in pools])
        mean = self._estimates.overall_minutes()
        due, size = due_weights(listed, now, mean), self._sizes.of(list(pools), kind_of, listed)
        minutes = self._estimates.minutes(kind_rows, rows[columns])[kind_of] * size[:, None]
        may_try = [may_be_tried(*task) for task in zip(size.tolist(), due.tolist(), strict=True)]
        share = np.where(np.array(may_try)[:, None], self._estimates.newcomer_shares(rows[columns]), 0.0)
        quality = self._estimates.quality_points(kind_rows, rows[columns])[kind_of]
        a_minute = self._estimates.minute_points()
        problem = policy.Problem(
            urgency=age_points(listed, now, a_minute),
            fit=quality - whole_points(a_minute * minutes) + whole_points(a_minute * (minutes * share)),
            eligible=eligible[:, columns][kind_of],
            capacity=(columns < free).astype(np.int64),
            minutes=minutes,
            ready_minutes=ready_minutes[columns],
            weight=due * age_weights(listed, now, mean),
            overdue=np.arange(len(listed)) < overdue,
            minute_points=a_minute,
        )
        return problem, columns

    def _until_free(self, rows: IntArray, remaining: FloatArray, now: float) -> FloatArray:
        """(people,) minutes until busy people are free, lengthened by the chance that they go home first."""
        gone = 1.0 - self._presence.staying(rows, now, remaining)
        return remaining + gone * AWAY_MINUTES

    def _give(
        self,
        listed: list[PlannerTask],
        people: list[str],
        pools: dict[str, list[str]],
        problem: policy.Problem,
        decided: policy.Plan,
        now: float,
    ) -> list[tuple[str, str]]:
        """Notes who starts what. A pair outside its pool comes of two people in one row, more than are remembered: it is dropped."""
        pairs: list[tuple[str, str]] = []
        for row, column in decided.pairs:
            task, operator = listed[row], people[column]
            if operator in pools[task.kind]:
                pairs.append((task.id, operator))
                self._in_hand.give(task.id, operator, now, float(problem.minutes[row, column]))
        return pairs

    def _ready_minutes(self, operator: str, task_id: str, now: float) -> float:
        """Expected minutes until a person is free for a task; 0 for one who has nothing in hand, or this very task."""
        ready = self._in_hand.remaining(operator, task_id, now, self._residuals)
        row = self._estimates.operators.get(operator)
        if ready > 0 and row is not None:
            return float(self._until_free(np.array([row]), np.array([ready]), now)[0])
        return ready


def _left(listed: list[PlannerTask], problem: policy.Problem, decided: policy.Plan) -> list[str]:
    """Ids of the tasks that are left although somebody who may do them stays without work."""
    started = {task for task, _ in decided.pairs}
    taken = np.zeros(problem.capacity.size, np.int64)
    taken[[column for _, column in decided.pairs]] = 1
    idle = np.flatnonzero(problem.capacity > taken)
    left = np.logical_or.reduce(problem.eligible[:, idle], axis=1).tolist()
    return [task.id for row, task in enumerate(listed) if left[row] and row not in started]


def _number(name: str, value: float, least: float = -math.inf, most: float = math.inf) -> float:
    """A finite number within bounds, of whatever type of number it came as."""
    try:
        number = math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and least <= number <= most):
        bound = "" if least == -math.inf else f" of at least {least:g}"
        wanted = f"a finite number{bound}" if most == math.inf else f"within {least:g}..{most:g}"
        raise ValueError(f"{name} must be {wanted}, not {value!r:.80}")
    return number


def _check_task(task: PlannerTask) -> None:
    try:
        # Reckoned with, since not every finite number takes a float off it: a Decimal does not.
        is_finite = math.isfinite(task.arrived - 0.0) and (task.due is None or math.isfinite(task.due - 0.0))
    except (TypeError, OverflowError):
        is_finite = False
    if not is_finite:
        raise ValueError(
            f"arrived and due of task {task.id!r} must be finite floats, not {task.arrived!r:.80}, {task.due!r:.80}"
        )
