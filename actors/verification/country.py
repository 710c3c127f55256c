"""The provinces against each other: nothing lost, one owner, at most one decision a task, and the sums.

A million tasks are not compared one by one. The numbers of a home are dense but for what a restore gave up, so each home is three columns,
one place a task: how often it was decided, how often ended otherwise, whether it is open somewhere. Only what stands out is then looked
at by name.
"""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from actors.core.ids import ProvinceCode, TaskId
from actors.core.task import TaskState
from actors.verification.province import Facts
from actors.verification.report import PROBLEMS_MAX, Report

Numbers = npt.NDArray[np.int64]
#: (generation, province, state) of one record of an open task.
Record = tuple[int, ProvinceCode, TaskState]


class _Home:
    """What became of the tasks of one home, each at its place.

    Args:
        runs: (first, last) of the numbers given.
    """

    def __init__(self, runs: Sequence[tuple[int, int]]) -> None:
        self._runs = runs
        self._first = np.array([first for first, _ in runs], dtype=np.int64)
        self._last = np.array([last for _, last in runs], dtype=np.int64)
        lengths = self._last - self._first + 1
        #: Places before those of each run.
        self._before = np.cumsum(lengths) - lengths
        count = int(lengths.sum())
        self.decided = np.zeros(count, dtype=np.int64)
        self.ended = np.zeros(count, dtype=np.int64)
        self.is_open = np.zeros(count, dtype=bool)

    @property
    def is_lost(self) -> npt.NDArray[np.bool_]:
        """Whether each is held by nobody and has not ended."""
        return (self.decided == 0) & (self.ended == 0) & ~self.is_open

    def places(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """The places of those numbers that were given, and the numbers that were not."""
        run = np.searchsorted(self._first, numbers, side="right") - 1
        is_given = (run >= 0) & (numbers <= self._last[run])
        known = run[is_given]
        return numbers[is_given] - self._first[known] + self._before[known], numbers[~is_given]

    def place(self, number: int) -> int | None:
        """The place of one number; None when it was not given."""
        run = bisect_right(self._runs, number, key=lambda limits: limits[0]) - 1
        if run < 0 or number > self._runs[run][1]:
            return None
        return number - self._runs[run][0] + int(self._before[run])

    def numbers(self, places: Numbers) -> Numbers:
        """The numbers at these places."""
        run = np.searchsorted(self._before, places, side="right") - 1
        # An empty run has the same beginning as the one after it, which `side` prefers.
        return places - self._before[run] + self._first[run]


class Country:
    """All provinces' facts, added up."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        self._facts = facts
        self._homes = {one.province: _Home(one.runs or [(1, 0)]) for one in facts}
        self._strangers: list[str] = []
        for one in facts:
            self._count_home(one)
            for task_id in one.decided_foreign:
                self._count(task_id, "decided")
            for task_id in one.ended_foreign:
                self._count(task_id, "ended")
        self._owners: dict[TaskId, list[Record]] = {}
        self._never_created: list[TaskId] = []
        for one in facts:
            for task_id, generation, state in one.open:
                self._owners.setdefault(task_id, []).append((generation, one.province, state))
        for task_id in self._owners:
            place = self._place(task_id)
            if place is None:
                self._never_created.append(task_id)
            else:
                place[0].is_open[place[1]] = True

    def _count_home(self, facts: Facts) -> None:
        home = self._homes[facts.province]
        for column, numbers in ((home.decided, facts.decided_home), (home.ended, facts.ended_home)):
            known, strangers = home.places(np.frombuffer(numbers, dtype=np.uint64).astype(np.int64))
            np.add.at(column, known, 1)
            self._strangers += [f"{facts.province}-{number}" for number in strangers]

    def _place(self, task_id: TaskId) -> tuple[_Home, int] | None:
        """Home and place; None when no journal has created it."""
        name, _, number = task_id.rpartition("-")
        home = self._homes.get(ProvinceCode(name))
        place = home.place(int(number)) if home is not None and number.isdecimal() else None
        return (home, place) if home is not None and place is not None else None

    def _count(self, task_id: TaskId, column: str) -> None:
        place = self._place(task_id)
        if place is None:
            self._strangers.append(task_id)
        else:
            getattr(place[0], column)[place[1]] += 1

    # --- what cannot all be true ---

    @property
    def lost(self) -> list[str]:
        """Tasks created, held by nobody, never ended: the first of each home."""
        return [name for code, home in self._homes.items() for name in _names(code, home, home.is_lost)]

    @property
    def lost_count(self) -> int:
        """How many there are in all."""
        return int(sum(np.count_nonzero(home.is_lost) for home in self._homes.values()))

    def disagreements(self) -> list[str]:
        """What the journals say of each other's tasks and cannot all be true; may be a sight of two moments beside a running system."""
        problems = [f"{name} is lost: created, held by nobody, never ended" for name in self.lost]
        for task_id, records in self._owners.items():
            problems += self._ownership_problems(task_id, records)
        for task_id in self._never_created:
            provinces = " and ".join(province for _, province, _ in self._owners[task_id])
            problems.append(f"{task_id} is open in {provinces} but was never created")
        return problems + [f"{name} was decided or ended but never created" for name in self._strangers]

    def _ownership_problems(self, task_id: TaskId, records: list[Record]) -> list[str]:
        """One owner at the highest generation; what is left elsewhere must be a move under way."""
        if len(records) == 1 and not self._has_ended(task_id):
            return []
        newest = max(generation for generation, _, _ in records)
        problems: list[str] = []
        at_newest = [province for generation, province, _ in records if generation == newest]
        if len(at_newest) > 1:
            problems.append(f"{task_id} is open in {' and '.join(at_newest)} with generation {newest}")
        for generation, province, state in records:
            if generation < newest and state is not TaskState.MOVING:
                problems.append(
                    f"{task_id} is {state.value} in {province} with generation {generation}, newest is {newest}"
                )
            if state is not TaskState.MOVING and self._has_ended(task_id):
                problems.append(f"{task_id} has ended and is {state.value} in {province}")
        return problems

    def _has_ended(self, task_id: TaskId) -> bool:
        place = self._place(task_id)
        return place is not None and bool(place[0].decided[place[1]] or place[0].ended[place[1]])

    def double_endings(self) -> list[str]:
        """Tasks decided twice, ended twice, or both."""
        problems: list[str] = []
        for code, home in self._homes.items():
            for name in _names(code, home, home.decided > 1):
                provinces = ", ".join(self._deciders(name))
                problems.append(f"{name} was decided {len(self._deciders(name))} times: {provinces}")
            problems += [f"{name} was ended twice" for name in _names(code, home, home.ended > 1)]
            both = (home.decided > 0) & (home.ended > 0)
            problems += [f"{name} was decided and ended otherwise, too" for name in _names(code, home, both)]
        return problems

    def _deciders(self, name: str) -> list[ProvinceCode]:
        code, _, number = name.rpartition("-")
        deciders: list[ProvinceCode] = []
        for facts in self._facts:
            at_home = 0
            if facts.province == code:
                at_home = int(np.count_nonzero(np.frombuffer(facts.decided_home, dtype=np.uint64) == int(number)))
            deciders += [facts.province] * (at_home + facts.decided_foreign.count(TaskId(name)))
        return deciders

    # --- figures ---

    def fill(self, report: Report) -> None:
        """Enter the sums."""
        homes, facts = self._homes.values(), self._facts
        still_open = [records for task_id, records in self._owners.items() if not self._has_ended(task_id)]
        report.provinces = len(facts)
        report.frames = sum(one.frames for one in facts)
        report.events = sum(one.events for one in facts)
        report.records = sum(one.records for one in facts)
        report.snapshots = sum(one.snapshots for one in facts)
        report.anchors = sum(one.anchors for one in facts)
        report.tasks_created = sum(one.created for one in facts)
        report.tasks_decided = int(sum(np.count_nonzero(home.decided) for home in homes))
        report.tasks_ended = int(sum(np.count_nonzero(home.ended) for home in homes))
        report.tasks_open = len(still_open)
        report.tasks_in_transit = sum(max(records)[2] is TaskState.MOVING for records in still_open)
        report.tasks_decided_twice = int(sum(np.count_nonzero(home.decided > 1) for home in homes))
        report.tasks_decided_shared = sum(len(one.decided_foreign) for one in facts)
        report.ledger_legs = sum(one.legs for one in facts)
        report.ledger_sum_fen = sum(one.legs_sum_fen for one in facts)


def _names(code: ProvinceCode, home: _Home, is_meant: npt.NDArray[np.bool_]) -> list[str]:
    """Ids of the tasks at these places, at most `PROBLEMS_MAX`."""
    return [f"{code}-{number}" for number in home.numbers(np.flatnonzero(is_meant)[:PROBLEMS_MAX])]
