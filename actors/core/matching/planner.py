"""The planner on its own: tasks and free people in, pairs out, learning from finished tasks alone.

It knows of every finished task who did it, how long it took and how well. What else a province knows of tasks and people is neutral here; the
policy (`policy`) is the province's own. Between calls it remembers

* estimates (`planning.estimates`): sums per kind and person, bounded by `KINDS_MAX` x `OPERATORS_MAX`;
* who is usually there when (`planning.presence`): a share per person and half hour of the day;
* work in hand (`planning.work_in_hand`): whom it gave which task and has not heard of since, one entry a person;
* since when a task is left on purpose: one entry for each such task of the latest call.

The bound on waiting. A task is left on purpose at a call if a person who is free and may do it stays without work. From its patience
(`PATIENCE_MINUTES`, or `PATIENCE_MEANS` times the kind's mean minutes) after the first such call on, or from the age `AGE_MAX_MINUTES`
on, it is overdue: at every call, overdue tasks are given to free people before all others, as many as can be, and busy people do not
count. So a call leaves an overdue task only if everybody free who may do it takes another overdue task.

The same calls with the same seed give the same answers, on every machine.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from actors.core.matching import policy
from actors.core.matching.assignment.result import BoolArray, FloatArray, IntArray
from actors.core.matching.planning.estimates import Estimates, Reading
from actors.core.matching.planning.explanation import Explanation, Part
from actors.core.matching.planning.pools import Pools
from actors.core.matching.planning.presence import AWAY_MINUTES, Presence
from actors.core.matching.planning.remaining import residual_table
from actors.core.matching.planning.shortlist import shortlist
from actors.core.matching.planning.sizes import Sizes
from actors.core.matching.planning.urgency import (
    AGE_POINTS,
    MINUTE_POINTS,
    age_points,
    age_weights,
    due_weights,
    may_be_tried,
)
from actors.core.matching.planning.work_in_hand import WorkInHand

#: Minutes for which a task may be left on purpose, or so many times its kind's mean minutes if that is more.
PATIENCE_MINUTES, PATIENCE_MEANS = 240.0, 4.0
#: Age at which a task goes before all others, even where shorter ones keep everybody busy.
AGE_MAX_MINUTES = 7 * 24 * 60.0
#: Tasks looked at in a call, or `TASKS_PER_PERSON` a free person if that is more.
TASKS_MAX, TASKS_PER_PERSON = 64, 2
#: Observations of a person before anything waits for them.
EXPERIENCE_MIN = 3.0
#: Coefficient of variation assumed of handle times where the rest of one is foretold.
VARIATION = 1.0


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


class Planner:
    """Pairs tasks with people, and learns who is quick at what."""

    def __init__(self, *, seed: int = 0) -> None:
        self._estimates = Estimates(seed)
        self._sizes = Sizes()
        self._pools = Pools(self._estimates)
        self._in_hand = WorkInHand()
        self._presence = Presence()
        self._residuals = residual_table(VARIATION)
        #: task id -> minutes of the first call that left it on purpose.
        self._left_since: dict[str, float] = {}

    def observe(
        self, task: PlannerTask, operator_id: str, minutes: float, now: float, quality: float | None = None
    ) -> None:
        """Learns from a finished task, planned here or not.

        Whoever was given this very task has it no longer in hand. What else the person has been given stays: reports may come late, after
        new work was planned for them.

        Args:
            task: the task.
            operator_id: who did it.
            minutes: handle minutes, >= 0.
            now: minutes, same origin as `arrived`.
            quality: 0..1, if known.

        Raises:
            ValueError: a number that is none, negative minutes, or quality outside 0..1.
        """
        _check_number("minutes", minutes, 0.0)
        _check_number("now", now)
        if quality is not None and not 0.0 <= quality <= 1.0:
            raise ValueError(f"quality must be within 0..1, not {quality!r}")
        self._in_hand.take_back(task.id)
        self._learn(task, operator_id, minutes, quality)
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
            ValueError: `now`, `arrived` or `due` is no finite number.
        """
        _check_number("now", now)
        waiting = {task.id: task for task in reversed(tasks)}
        free = list(dict.fromkeys(operators))
        for operator in free:
            self._in_hand.end(operator)
        by_kind: dict[str, list[PlannerTask]] = {}
        for task in reversed(waiting.values()):
            _check_task(task)
            self._in_hand.take_back(task.id)
            if len(pools.get(task.kind, ())):
                by_kind.setdefault(task.kind, []).append(task)
        busy, remaining = self._in_hand.busy(now, self._residuals)
        people = free + busy
        rows = self._estimates.operator_rows(people)
        self._presence.see(rows, now)
        if not by_kind or not free:
            return []
        ready = np.concatenate([np.zeros(len(free)), self._until_free(rows[len(free) :], remaining, now)])
        asked = {kind: pools[kind] for kind in by_kind}
        eligible = self._pools.eligible(asked, rows)
        listed = self._listed(by_kind, np.count_nonzero(eligible[:, : len(free)], axis=1).tolist(), len(free), now)
        looked_at = {task.id for task in listed}
        aside = {name: since for name, since in self._left_since.items() if name in waiting and name not in looked_at}
        pairs = self._decide(listed, asked, eligible, people, rows, ready, len(free), now)
        self._left_since.update(aside)
        return pairs

    def explain(self, task: PlannerTask, operator_id: str, now: float) -> Explanation:
        """Says what speaks for and against a pair, as things stand.

        Who may do the kind is taken from the latest call that planned it.
        """
        _check_number("now", now)
        _check_task(task)
        reading = self._estimates.reading(task.kind, operator_id)
        size = self._sizes.of_one(task)
        parts = (
            *_task_parts(task, now),
            *_pair_parts(reading, size),
            _newcomer_part(reading, size, float(due_weights([task], now)[0])),
            self._ready_part(task, operator_id, now),
        )
        held = self._pools.holds(task.kind, operator_id)
        return Explanation(
            task_id=task.id,
            operator_id=operator_id,
            total=sum(part.contribution for part in parts),
            parts=parts,
            excluded_by="kind_unknown" if held is None else None if held else "not_in_pool",
            minutes=reading.minutes * size,
            left_minutes=max(0.0, now - self._left_since.get(task.id, now)),
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
    ) -> list[PlannerTask]:
        """The tasks that are looked at: all, if they are not too many."""
        tasks_max = max(TASKS_MAX, TASKS_PER_PERSON * free)
        if sum(map(len, by_kind.values())) <= tasks_max:
            return [task for tasks in by_kind.values() for task in tasks]
        return shortlist(by_kind, tasks_max, free_of_kind, lambda task: self._is_overdue(task, now))

    def _is_overdue(self, task: PlannerTask, now: float) -> bool:
        """What `_overdue` says, of one task."""
        left = now - self._left_since.get(task.id, now)
        if left < PATIENCE_MINUTES:
            return now - task.arrived >= AGE_MAX_MINUTES
        return bool(self._overdue([task], np.array([self._estimates.reading(task.kind, "").kind_minutes]), now)[0])

    def _decide(
        self,
        listed: list[PlannerTask],
        pools: dict[str, Sequence[str]],
        eligible: BoolArray,
        people: list[str],
        rows: IntArray,
        ready_minutes: FloatArray,
        free: int,
        now: float,
    ) -> list[tuple[str, str]]:
        """Puts the problem, has it solved, and remembers what follows from it. The first `free` of the people are free."""
        useful = np.logical_or.reduce(eligible, axis=0)
        useful[free:] &= self._estimates.experience(rows[free:]) >= EXPERIENCE_MIN
        if not useful[:free].any():
            return []
        columns = np.flatnonzero(useful)
        row_of = {kind: row for row, kind in enumerate(pools)}
        kind_of = np.array([row_of[task.kind] for task in listed])
        kind_rows = np.array([self._estimates.kind_row(kind) for kind in pools])
        minutes = self._estimates.minutes(kind_rows, rows[columns])
        quality = self._estimates.quality_points(kind_rows, rows[columns])
        due = due_weights(listed, now)
        size = self._sizes.of(list(pools), kind_of, listed)
        sized = minutes[kind_of] * size[:, None]
        may_try = [may_be_tried(*task) for task in zip(size.tolist(), due.tolist(), strict=True)]
        chance = sized * self._estimates.newcomer_shares(rows[columns]) * np.array(may_try)[:, None]
        problem = policy.Problem(
            urgency=age_points(listed, now),
            fit=quality[kind_of] - np.rint(MINUTE_POINTS * sized) + np.rint(MINUTE_POINTS * chance),
            eligible=eligible[:, columns][kind_of],
            capacity=(columns < free).astype(np.int64),
            minutes=sized,
            ready_minutes=ready_minutes[columns],
            weight=due * age_weights(listed, now, self._estimates.overall_minutes()),
            overdue=self._overdue(listed, self._estimates.kind_minutes(kind_rows)[kind_of], now),
            minute_points=MINUTE_POINTS,
        )
        decided = policy.plan(problem)
        self._note_left(listed, problem, decided, now)
        return self._give(listed, [people[column] for column in columns.tolist()], pools, problem, decided, now)

    def _until_free(self, rows: IntArray, remaining: FloatArray, now: float) -> FloatArray:
        """(people,) minutes until busy people are free, lengthened by the chance that they go home first."""
        gone = 1.0 - self._presence.staying(rows, now, remaining)
        return remaining + gone * AWAY_MINUTES

    def _give(
        self,
        listed: list[PlannerTask],
        people: list[str],
        pools: dict[str, Sequence[str]],
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

    def _overdue(self, listed: list[PlannerTask], kind_minutes: FloatArray, now: float) -> BoolArray:
        """(tasks,) whose patience is over."""
        left = np.array([now - self._left_since.get(task.id, now) for task in listed])
        age = np.array([now - task.arrived for task in listed])
        patience = np.maximum(PATIENCE_MINUTES, PATIENCE_MEANS * kind_minutes)
        return np.logical_or(left >= patience, age >= AGE_MAX_MINUTES)

    def _note_left(self, listed: list[PlannerTask], problem: policy.Problem, decided: policy.Plan, now: float) -> None:
        """Remembers the tasks that are left although somebody who may do them stays without work.

        A task that starts keeps its time for one call: should it be offered again, it was not taken, and its patience is over still.
        """
        started = {task for task, _ in decided.pairs}
        taken = np.zeros(problem.capacity.size, np.int64)
        taken[[column for _, column in decided.pairs]] = 1
        idle = np.flatnonzero(problem.capacity > taken)
        left = np.logical_or.reduce(problem.eligible[:, idle], axis=1).tolist()
        self._left_since = {
            task.id: min(now, self._left_since.get(task.id, now))
            for row, task in enumerate(listed)
            if task.id in self._left_since or (left[row] and row not in started)
        }

    def _ready_part(self, task: PlannerTask, operator: str, now: float) -> Part:
        ready = self._in_hand.remaining(operator, now, self._residuals)
        row = self._estimates.operators.get(operator)
        if ready > 0 and row is not None:
            ready = float(self._until_free(np.array([row]), np.array([ready]), now)[0])
        weight = float((due_weights([task], now) * age_weights([task], now, self._estimates.overall_minutes()))[0])
        return Part(
            parameter="operator_ready_minutes",
            value=ready,
            points=-round(policy.READY_COST * MINUTE_POINTS * weight * ready),
            weight=1,
        )


def _task_parts(task: PlannerTask, now: float) -> tuple[Part, ...]:
    """Parts that are the task's alone. The due time's urgency is in what its delays cost, so it adds no points of its own."""
    age = now - task.arrived
    return (Part(parameter="task_age_minutes", value=age, points=round(AGE_POINTS * age), weight=1),)


def _pair_parts(reading: Reading, size: float) -> tuple[Part, ...]:
    """The cost of the pair's minutes, told as kind, then the task's size, then person, then pair; and quality."""
    kind = round(MINUTE_POINTS * reading.kind_minutes)
    with_size = round(MINUTE_POINTS * reading.kind_minutes * size)
    with_speed = round(MINUTE_POINTS * reading.kind_minutes * size * reading.speed_ratio)
    whole = round(MINUTE_POINTS * (reading.minutes * size))
    return (
        Part(
            parameter="kind_handle_minutes", value=reading.kind_minutes, points=-kind, weight=1, samples=reading.kind_samples
        ),
        Part(parameter="task_size_ratio", value=size, points=kind - with_size, weight=1),
        Part(
            parameter="operator_speed_ratio", value=reading.speed_ratio, points=with_size - with_speed, weight=1,
            samples=reading.speed_samples,
        ),
        Part(
            parameter="pair_handle_minutes", value=reading.minutes, points=with_speed - whole, weight=1,
            samples=reading.pair_samples,
        ),
        Part(
            parameter="operator_quality_ratio", value=reading.quality, points=reading.quality_points, weight=1,
            samples=reading.quality_samples,
        ),
    )  # fmt: skip


def _newcomer_part(reading: Reading, size: float, due_weight: float) -> Part:
    """What somebody little known is given as a chance, on tasks that are neither due soon nor larger than usual."""
    share = reading.newcomer_share if may_be_tried(size, due_weight) else 0.0
    points = round(MINUTE_POINTS * (reading.minutes * size * share))
    return Part(
        parameter="operator_newcomer_share", value=share, points=points, weight=1, samples=reading.speed_samples
    )


def _check_number(name: str, value: float, least: float = -math.inf) -> None:
    if not (math.isfinite(value) and value >= least):
        bound = "a finite number" if least == -math.inf else f"a finite number of at least {least:g}"
        raise ValueError(f"{name} must be {bound}, not {value!r}")


def _check_task(task: PlannerTask) -> None:
    if not math.isfinite(task.arrived) or (task.due is not None and not math.isfinite(task.due)):
        raise ValueError(
            f"arrived and due of task {task.id!r} must be finite numbers, not {task.arrived!r}, {task.due!r}"
        )
