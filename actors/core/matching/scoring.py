"""From tasks and people to a problem: who may do what, how well it suits, how urgent it is. Whole numbers, exactly explainable.

Theory of operation
-------------------
A fit is a sum of contributions, ``effective weight x points`` (`model`). Nearly all of them are the same for many pairs, so they are folded:

* an operator parameter has one row of points over the people, kept until the person changes (`keeping`);
* a pair parameter has one row for each distinct value of the attribute that it depends on (kind, product, home, ...; `views.pairs`);
* a task weighs these rows: its effective weights at the rows of its own values, nought elsewhere.

Then ``fit = weights @ points``: one matrix product, exact because all are whole numbers below 2^24 (`folding`). The same arrays give the
explanation of any pair, so what is shown is what was used. A parameter without weight is never worked out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.matching.assignment.result import FloatArray as PointsArray
from actors.core.matching.compiled import LINES, CompiledModel, Group
from actors.core.matching.eligibility import Eligibility, Mask
from actors.core.matching.filtering import filters_of
from actors.core.matching.folding import fold
from actors.core.matching.keeping import KeptPeople
from actors.core.matching.keys import static_keys
from actors.core.matching.model import MatchingModel
from actors.core.matching.pairing import Pairing, Table
from actors.core.matching.shares import effective_weights, shares_of
from actors.core.matching.views.duty import DutyBoard, DutyView
from actors.core.matching.views.pairs import Candidates
from actors.core.matching.views.tasks import TaskFacts, TaskView
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray, IntArray
from actors.core.statistics.tables import NOBODY
from actors.core.task import Task


class Block(NamedTuple):
    """Some parameters of a problem: their values and points, and how much each task weighs them."""

    group: Group
    #: (parameters, values, people); values is 1 where all tasks (of the line) share one row.
    values: FloatArray
    #: (scored, values, people), whole numbers.
    points: PointsArray
    #: Effective weights, (tasks, scored).
    weights: NDArray[np.int64]
    #: Which value each task has; -1: none. (tasks,)
    place: IntArray
    #: What the values were read from, made anew; ask before the next event only.
    view: Callable[[], object]


class Problem(NamedTuple):
    """Tasks and people of a round, scored."""

    tasks: Sequence[Task]
    people: Sequence[Operator]
    #: (tasks, people).
    eligible: Mask
    #: Points, whole numbers, (tasks, people).
    fit: PointsArray
    #: Points, whole numbers, (tasks,).
    urgency: NDArray[np.int64]
    eligibility: Eligibility
    #: Share of each dimension, of a hundred, (tasks, 3).
    shares: NDArray[np.int64]
    blocks: tuple[Block, ...]
    urgencies: Block
    shifts: Block
    #: Minutes since each task was taken in, and the urgency that the model's ageing makes of them, (tasks,).
    waited_minutes: NDArray[np.int64]
    ageing: NDArray[np.int64]


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
        self._kept = KeptPeople(state, self.compiled)
        self._facts = TaskFacts(lambda task, kind: static_keys(task, kind, model.filters))
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
            tasks: any open tasks of the province.
            people: any of its roster.
            now_ms: wall clock; only its minute counts, but for declines that are still remembered.
            prices: shadow prices of the last round that was solved jointly.
            silence_seconds: of desks, as far as it is known.
        """
        state, compiled = self.state, self.compiled
        reading = Reading(state.statistics, now_ms)
        facts, keys = self._facts.of(tasks, state.kinds)
        view = TaskView(facts, tasks, state.kinds, reading, state.open_by_batch)
        lines = np.array([_LINE_PLACES[task.line] for task in tasks], dtype=np.int64)
        rows = self._rows(people)
        present = [line for place, line in enumerate(LINES) if (lines == place).any()]
        self._kept.refresh(people, rows, present, reading)

        def value_of(name: str, line: Line | None = None) -> FloatArray:
            return self._kept.values(name, rows, line)

        board = self._duty_board()
        candidates = Candidates(people, rows, self._kept.roster, board, reading, state.province, value_of)
        pairing = Pairing(compiled, candidates, tasks, keys, view, state.kinds, now_ms)
        duty = DutyView(people, rows, board, reading, prices or {}, silence_seconds or {})
        shifts = _task_block(compiled.shares, view, lines)
        shares = shares_of(compiled.base_shares[lines], _by_dimension(shifts))
        blocks = tuple(self._blocks(people, duty, pairing, rows, lines, present, shares, reading))
        from_here = np.array([task.home == state.province for task in tasks])
        filters = filters_of(self.model.filters, value_of, duty.silence_seconds, pairing, view, lines, from_here)
        eligibility = Eligibility(len(tasks), len(people), filters)
        urgencies = _task_block(compiled.urgency, view, lines)
        waited = view.minutes_since(view.taken_in_minute).astype(np.int64)
        ageing = waited * self.model.ageing_per_minute
        return Problem(
            tasks=tasks,
            people=people,
            eligible=eligibility.eligible(),
            fit=_folded(blocks, len(tasks), len(people)),
            urgency=_weighed(urgencies) + ageing,
            eligibility=eligibility,
            shares=shares,
            blocks=blocks,
            urgencies=urgencies,
            shifts=shifts,
            waited_minutes=waited,
            ageing=ageing,
        )

    def _rows(self, people: Sequence[Operator]) -> IntArray:
        rows = self.state.statistics.rows
        return np.array([rows.get(person.operator, NOBODY) for person in people], dtype=np.int64)

    def _duty_board(self) -> DutyBoard:
        state = self.state
        if self._board is None or self._board_revision != state.duty_revision:
            signed_in = [state.operators[operator] for operator in state.signed_in]
            self._board = DutyBoard(signed_in, state.statistics.rows)
            self._board_revision = state.duty_revision
        return self._board

    def _blocks(
        self,
        people: Sequence[Operator],
        duty: DutyView,
        pairing: Pairing,
        rows: IntArray,
        lines: IntArray,
        present: Sequence[Line],
        shares: NDArray[np.int64],
        reading: Reading,
    ) -> list[Block]:
        """All scored parameters of people and pairs, with what each task weighs them."""
        compiled, every = self.compiled, np.zeros(len(lines), dtype=np.int64)
        values, points = self._kept.block(rows)

        def seen(line: Line | None) -> Callable[[], object]:
            return lambda: self._kept.view(people, rows, line, reading)

        blocks = [_block(compiled.people, values, points, lines, shares, every, seen(None))]
        if compiled.on_duty.scored:
            values = compiled.on_duty.values(duty, (len(rows),))
            points = compiled.on_duty.points(values)
            blocks.append(_block(compiled.on_duty, values, points, lines, shares, every, lambda: duty))
        by_line = compiled.people_by_line
        if by_line.scored:
            for line in present:
                values, points = self._kept.block(rows, line)
                place = np.where(lines == _LINE_PLACES[line], 0, -1)
                blocks.append(_block(by_line, values, points, lines, shares, place, seen(line)))
        blocks.extend(_table_block(table, lines, shares) for table in pairing.tables.values() if table.group.scored)
        return blocks


_LINE_PLACES: dict[Line, int] = {line: place for place, line in enumerate(LINES)}


def _task_block(group: Group, view: TaskView, lines: IntArray) -> Block:
    """Parameters of tasks: as many values as tasks, and one "person"."""
    values = group.values(view, (len(lines),))
    points = group.points(values)
    every = np.arange(len(lines))
    return Block(group, values[:, :, None], points[:, :, None], group.weights[lines], every, lambda: view)


def _weighed(block: Block) -> NDArray[np.int64]:
    """Sum of weight x points of each task, (tasks,)."""
    return (block.weights * block.points[:, :, 0].T.astype(np.int64)).sum(axis=1)


def _by_dimension(shifts: Block) -> FloatArray:
    """Sums of weight x points of each dimension, (tasks, 3)."""
    weighed = shifts.weights * shifts.points[:, :, 0].T
    return np.stack([weighed[:, shifts.group.dimensions == place].sum(axis=1) for place in range(3)], axis=1)


def _weights(group: Group, lines: IntArray, shares: NDArray[np.int64], place: IntArray) -> NDArray[np.int64]:
    """Effective weights, (tasks, scored); nought for tasks without a value."""
    weights = effective_weights(group.weights[lines], shares[:, group.dimensions])
    return weights * (place >= 0)[:, None]


def _block(
    group: Group,
    values: FloatArray,
    points: PointsArray,
    lines: IntArray,
    shares: NDArray[np.int64],
    place: IntArray,
    view: Callable[[], object],
) -> Block:
    weights = _weights(group, lines, shares, place)
    return Block(group, values[:, None, :], points[:, None, :], weights, place, view)


def _table_block(table: Table, lines: IntArray, shares: NDArray[np.int64]) -> Block:
    weights = _weights(table.group, lines, shares, table.place)
    return Block(table.group, table.values, table.points, weights, table.place, lambda: table.view)


def _folded(blocks: Sequence[Block], tasks: int, people: int) -> PointsArray:
    """``weights @ points`` over all rows of all blocks, (tasks, people)."""
    rows = sum(block.points.shape[0] * block.points.shape[1] for block in blocks)
    points = np.empty((rows, people), dtype=np.float32)
    weights = np.zeros((tasks, rows), dtype=np.float32)
    each = np.arange(tasks)[:, None]
    start = 0
    for block in blocks:
        scored, values = block.points.shape[:2]
        end = start + scored * values
        points[start:end] = block.points.reshape(scored * values, people)
        # Parameter p of value v lies at p x values + v; tasks without a value weigh nought, wherever that is written.
        own: IntArray = np.maximum(block.place, 0)[:, None]
        weights[each, np.arange(start, end, values) + own] = block.weights
        start = end
    return fold(weights, points)
