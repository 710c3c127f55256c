"""From tasks and people to a problem: who may do what, how well it suits, how urgent it is. Whole numbers, exactly explainable.

Theory of operation
-------------------
A fit is a sum of contributions, ``effective weight x points`` (`record`). Nearly all of them are the same for many pairs, so they are folded:
a parameter has one row of points over the people for each distinct value of what it depends on (nothing, the line, the kind, the home, ...),
kept until the person changes (`bank`); a task weighs the rows of its own values by its effective weights, all others by nought. Then
``fit = weights @ points``: one matrix product, exact because all are whole numbers below 2^24 (`folding`). The same arrays give the
explanation of any pair (`contributions`), so what is shown is what was used. A parameter without weight is never worked out.

What a single task says of single people (a preferred operator, a decline, the customer's last decider) is worked out in every round, for
the few tasks that have any (`extras`), and so is what depends on colleagues.
"""

from array import array
from collections.abc import Hashable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.core.ids import OperatorId, TaskId
from actors.core.matching.assignment.result import FloatArray as PointsArray
from actors.core.matching.bank import Bank
from actors.core.matching.bank_keys import KEPT_ATTRIBUTES
from actors.core.matching.compiled import FILTERED, CompiledModel, Group
from actors.core.matching.eligibility import KEPT, Codes, Mask, removed_by, removed_counts
from actors.core.matching.extras import FILTERING, Extra, extras_of
from actors.core.matching.filtering import filters_of
from actors.core.matching.folding import fold
from actors.core.matching.keys import KEYS, Said, keys_of, said_of, slack_step
from actors.core.matching.parameters import Attribute
from actors.core.matching.record import MatchingModel
from actors.core.matching.shares import effective_weights, shares_of
from actors.core.matching.views.duty import DutyBoard, DutyView
from actors.core.matching.views.pairs import Candidates
from actors.core.matching.views.people import LINE_PLACES
from actors.core.matching.views.tasks import LikeTasks, TaskFacts, TaskView, is_too_many
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.reading import StandingReading
from actors.core.statistics.storage import FloatArray, IntArray
from actors.core.statistics.tables import NOBODY
from actors.core.task import Task

_KIND = KEYS.index(Attribute.KIND)
#: From keys as `keys_of` gives them, and kind with slack behind them, to the order of `KEPT_ATTRIBUTES`.
_kept_order = itemgetter(*((*KEYS, Attribute.SLACK).index(attribute) for attribute in KEPT_ATTRIBUTES))


class TaskTerms(NamedTuple):
    """Parameters of tasks: values, points and weights, each (parameters, tasks)."""

    group: Group
    values: FloatArray
    points: FloatArray
    weights: NDArray[np.int64]

    def sums(self) -> NDArray[np.int64]:
        """Sum of weight x points of each task, (tasks,)."""
        return (self.weights * self.points).sum(axis=0).astype(np.int64)


class PairTerms(NamedTuple):
    """What the fits are made of: row after row of points, and what each task weighs it.

    A row belongs to a parameter and to a value (key) of what it depends on.
    """

    #: (rows, columns).
    points: NDArray[np.float32]
    #: Effective weights, nought where the row is not the task's, (tasks, rows).
    weights: NDArray[np.float32]
    #: Number of each row's parameter in `CompiledModel.fit`, and of its key, (rows,).
    parameters: IntArray
    keys: IntArray
    #: The column of each person, (people,); None: columns are the people.
    columns: IntArray | None
    #: Where values are read; None: in the bank.
    extra: Extra | None = None

    def column(self, person: int) -> int:
        """The column of a person."""
        return person if self.columns is None else int(self.columns[person])


class Problem(NamedTuple):
    """Tasks and people of a round, scored. What explains it (`contributions`) must be asked before the next event."""

    tasks: Sequence[Task]
    people: Sequence[Operator]
    #: (tasks, people).
    eligible: Mask
    #: Points, whole numbers, (tasks, people).
    fit: PointsArray
    #: Points, whole numbers, (tasks,).
    urgency: NDArray[np.int64]
    #: The first filter that removes each person from each task (`eligibility`), (tasks, people).
    codes: Codes
    #: Share of each dimension, of a hundred, (tasks, 3).
    shares: NDArray[np.int64]
    #: What the fits are made of: what is kept, and the extras, which effective weights weigh, (tasks, parameters).
    kept: PairTerms
    extras: tuple[Extra, ...]
    weights: NDArray[np.int64]
    urgencies: TaskTerms
    shifts: TaskTerms
    #: Minutes since each task was taken in, and the urgency that the model's ageing makes of them, (tasks,).
    waited_minutes: NDArray[np.int64]
    ageing: NDArray[np.int64]
    candidates: Candidates

    @property
    def pairs(self) -> tuple[PairTerms, ...]:
        """What is kept, then each of the `extras`."""
        return (self.kept, *(_extra_terms(extra, self.weights) for extra in self.extras))

    def removed(self, task: int) -> dict[str, int]:
        """How many people each filter was the first to remove from a task."""
        return removed_counts(self.codes[task : task + 1])[0]

    def removed_by(self, task: int, person: int) -> str | None:
        """The first filter that removes a person from a task, or None."""
        return removed_by(int(self.codes[task, person]))


class Scorer:
    """Scores rounds of one province by one model.

    Args:
        state: the province's hard state; a scorer belongs to this very object.
        model: a valid model.
    """

    def __init__(self, state: ProvinceState, model: MatchingModel) -> None:
        self.state = state
        self.model = model
        self.compiled = CompiledModel(model)
        self.bank = Bank(state, self.compiled)
        #: Of all parameters that are kept: the place of the attribute, the place in its group, and the number in `CompiledModel.fit`.
        self._kept_attributes, self._kept_within, self._kept_parameters = _kept_parameters(self.compiled)
        self._facts = TaskFacts(lambda task, kind: (keys_of(task, kind, model), said_of(task)))
        self._like = LikeTasks()
        #: Of tasks seen in this epoch of the bank: their keys (the very object: comparing all of them costs more than what is spared), the
        #: time left and its step, and the numbers of keys and step as bytes.
        self._numbers: dict[TaskId, tuple[tuple[Hashable, ...], float, int, bytes]] = {}
        self._epoch = -1
        self._board: DutyBoard | None = None
        self._board_revision = -1

    def problem(
        self,
        tasks: Sequence[Task],
        people: Sequence[Operator],
        now_ms: int,
        *,
        prices: Mapping[OperatorId, int] | None = None,
        silence_seconds: Mapping[OperatorId, float] | None = None,
    ) -> Problem:
        """Filter and score some open tasks against some people of the province.

        Args:
            tasks: any open tasks of the province, at least one.
            people: any of its roster.
            now_ms: wall clock; only its minute counts, but for declines that are still remembered.
            prices: shadow prices of the last round that was solved jointly.
            silence_seconds: of desks, as far as it is known.
        """
        compiled = self.compiled
        view, said, ids, used, candidates = self._look_at(tasks, people, now_ms)
        rows = candidates.rows
        lines = np.array([LINE_PLACES[task.line] for task in tasks], dtype=np.int64)
        signed_in_ms = self.bank.known.signed_in_ms.take(rows)
        duty = DutyView(people, signed_in_ms, candidates.reading, prices or {}, silence_seconds or {})
        extras = extras_of(compiled, self.bank, candidates, duty, tasks, said, now_ms)
        shifts, urgencies = _task_terms(compiled, view, lines)
        shares = shares_of(compiled.base_shares[lines], _by_dimension(shifts))
        weights = effective_weights(compiled.weights[lines], shares[:, compiled.dimensions])
        kept = self._kept_terms(weights, ids, used, rows)
        codes = self._codes(ids, rows, extras)
        waited = view.minutes_since(view.taken_in_minute).astype(np.int64)
        ageing = waited * self.model.ageing_per_minute
        return Problem(
            tasks=tasks,
            people=people,
            eligible=codes == KEPT,
            fit=_fit(kept, extras, weights, compiled.reach),
            urgency=urgencies.sums() + ageing,
            codes=codes,
            shares=shares,
            kept=kept,
            extras=extras,
            weights=weights,
            urgencies=urgencies,
            shifts=shifts,
            waited_minutes=waited,
            ageing=ageing,
            candidates=candidates,
        )

    @property
    def tasks_kept(self) -> int:
        """Tasks of which something is kept; `KEPT_MAX` bounds them."""
        return max(len(self._facts), len(self._numbers))

    def verdicts(self, tasks: Sequence[Task], people: Sequence[Operator], now_ms: int) -> Codes:
        """The first filter that removes each person from each task, as in `Problem.codes`, for who does not ask for points.

        A host takes a task in at .5 ms of CPU with it, and took 1.3 ms with a whole problem (13 people, busy machine).

        Args:
            tasks, people, now_ms: as of `problem`.
        """
        _, said, ids, _, candidates = self._look_at(tasks, people, now_ms)
        duty = DutyView(people, self.bank.known.signed_in_ms.take(candidates.rows), candidates.reading, {}, {})
        filtering = extras_of(self.compiled, self.bank, candidates, duty, tasks, said, now_ms, FILTERING)
        return self._codes(ids, candidates.rows, filtering)

    def keeping(self, problem: Problem, task: int) -> dict[str, Mask]:
        """Whom each filter keeps in a task, where `Problem.codes` knows the first that removes: filter -> (people,).

        To be asked before the next event, like all that explains.
        """
        kept: dict[str, Mask] = {}
        settings, shape = self.model.filters, (1, len(problem.people))
        _, [(keys, _)] = self._facts.of([problem.tasks[task]], self.state.kinds)
        for attribute, key in zip(KEYS, keys, strict=True):
            if attribute in FILTERED:
                group, view = self.compiled.groups[attribute], self.bank.view(attribute, [key], problem.candidates)
                kept |= filters_of(attribute, group, group.values(view, shape), view, settings)
        kept = {name: np.broadcast_to(mask, shape)[0] for name, mask in kept.items()}
        for extra in problem.extras:
            attribute = next((one for one in FILTERING if self.compiled.groups.get(one) is extra.group), None)
            place = int(extra.place[task]) - extra.first
            if attribute is not None and place >= 0:
                of_extra = filters_of(attribute, extra.group, extra.values, extra.view, settings)
                kept |= {name: np.broadcast_to(mask, extra.values.shape[1:])[place] for name, mask in of_extra.items()}
        return kept

    def _look_at(
        self, tasks: Sequence[Task], people: Sequence[Operator], now_ms: int
    ) -> tuple[TaskView, list[Said], IntArray, IntArray, Candidates]:
        """The tasks; what they say of single people; numbers of their keys, by task and in all; the people, for whom these are up to date."""
        state = self.state
        reading = StandingReading(state.statistics, now_ms)
        facts, read = self._facts.of(tasks, state.kinds)
        view = TaskView(facts, tasks, state.kinds, reading, state.open_by_batch, self._like)
        rows, board = self._rows(people), self._duty_board()
        ids = self._key_ids(tasks, [keys for keys, _ in read], view, reading)
        used = self.bank.keys.used(ids)
        self.bank.refresh(used, people, rows, board, reading)
        return view, [said for _, said in read], ids, used, self.bank.candidates(people, rows, board, reading)

    def _rows(self, people: Sequence[Operator]) -> IntArray:
        rows = self.state.statistics.rows
        return np.array([rows.get(person.operator, NOBODY) for person in people], dtype=np.int64)

    def _duty_board(self) -> DutyBoard:
        state = self.state
        if self._board is None or self._board_revision != state.duty_revision:
            # Means of a team are sums of floats: a snapshot does not keep the order in which people signed in.
            signed_in = [state.operators[operator] for operator in sorted(state.signed_in)]
            self._board = DutyBoard(signed_in, state.statistics.rows)
            self._board_revision = state.duty_revision
        return self._board

    def _key_ids(
        self, tasks: Sequence[Task], keys: Sequence[tuple[Hashable, ...]], view: TaskView, reading: StandingReading
    ) -> IntArray:
        """Numbers of the keys of each task, -1 where it has none, (tasks, `KEPT_ATTRIBUTES`)."""
        bank = self.bank
        bank.begin(reading)
        if bank.keys.epoch != self._epoch:
            self._epoch = bank.keys.epoch
            self._numbers.clear()
        left: list[float] = (view.due_minute - view.now_minute).tolist()
        rows: list[bytes] = []
        for task, of_task, minutes in zip(tasks, keys, left, strict=True):
            known = self._numbers.get(task.task_id)
            if known is None or known[0] is not of_task or known[1] != minutes:
                slack = slack_step(int(minutes))
                is_same = known is not None and known[0] is of_task and known[2] == slack
                numbers = known[3] if known and is_same else array("q", self._numbers_of(of_task, slack)).tobytes()
                known = self._numbers[task.task_id] = (of_task, minutes, slack, numbers)
            rows.append(known[3])
        if is_too_many(len(self._numbers), len(tasks)):
            self._numbers = {task.task_id: self._numbers[task.task_id] for task in tasks}
        return np.frombuffer(b"".join(rows), dtype=np.int64).reshape(len(keys), len(KEPT_ATTRIBUTES))

    def _numbers_of(self, keys: tuple[Hashable, ...], slack: int) -> list[int]:
        return self.bank.keys.numbers(_kept_order((*keys, (keys[_KIND], slack))))

    def _kept_terms(self, weights: NDArray[np.int64], ids: IntArray, used: IntArray, rows: IntArray) -> PairTerms:
        """All rows of points that are kept of the round's keys, and what each task weighs them."""
        kept = self.bank.rows_of_points(used, rows)
        # Each parameter counts in one row for a task, that of the task's key; without a key, in one that is cut off.
        places = kept.first.take(ids.take(self._kept_attributes, axis=1)) + self._kept_within
        weighed = np.zeros((len(ids), len(kept.keys) + len(weights[0])), dtype=np.float32)
        weighed[np.arange(len(ids))[:, None], places] = weights.take(self._kept_parameters, axis=1)
        return PairTerms(kept.points, weighed[:, : len(kept.keys)], kept.parameters, kept.keys, kept.columns)

    def _codes(self, ids: IntArray, rows: IntArray, extras: tuple[Extra, ...]) -> Codes:
        """The first removing filter of each pair."""
        result = self.bank.codes(ids, rows)
        for extra in extras:
            if extra.codes is not None:
                concerned = extra.place >= 0
                own = extra.codes[extra.place[concerned] - extra.first]
                result[concerned] = np.minimum(result[concerned], own)
        return result


def _task_terms(compiled: CompiledModel, view: TaskView, lines: IntArray) -> tuple[TaskTerms, TaskTerms]:
    """What shifts the shares, and what makes up the urgency."""
    every, shares = compiled.of_tasks, len(compiled.shares.scored)
    values = every.values(view, (len(lines),))
    points, weights = every.points(values), every.weights[lines].T
    return (
        TaskTerms(compiled.shares, values[:shares], points[:shares], weights[:shares]),
        TaskTerms(compiled.urgency, values[shares:], points[shares:], weights[shares:]),
    )


def _kept_parameters(compiled: CompiledModel) -> tuple[IntArray, IntArray, IntArray]:
    found = [
        (place, within, group.start + within)
        for place, attribute in enumerate(KEPT_ATTRIBUTES)
        if (group := compiled.groups.get(attribute)) is not None
        for within in range(len(group.scored))
    ]
    attributes, withins, parameters = np.array(found, dtype=np.int64).reshape(len(found), 3).T
    return attributes, withins, parameters


def _by_dimension(shifts: TaskTerms) -> FloatArray:
    """Sums of weight x points of each dimension, (tasks, 3)."""
    return (shifts.weights * shifts.points).T @ shifts.group.in_dimension


def _fit(kept: PairTerms, extras: Sequence[Extra], weights: NDArray[np.int64], reach: int) -> PointsArray:
    """Sums of weight x points, (tasks, people).

    All bounded by `reach` together, so that the order of adding changes nothing.
    """
    fit = fold(kept.weights, kept.points, reach)
    if kept.columns is not None:
        fit = fit.take(kept.columns, axis=1)
    for extra in extras:
        extra.add_to(fit, weights, reach)
    return fit


def _extra_terms(extra: Extra, weights: NDArray[np.int64]) -> PairTerms:
    parameters, keys = extra.parameters(), extra.keys()
    own = (weights[:, parameters] * (extra.place[:, None] == keys)).astype(np.float32)
    return PairTerms(extra.rows_of_points(), own, parameters, keys, None, extra)
