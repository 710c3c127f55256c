"""Operator parameters, kept row by row until something has happened to the person or the minute has changed.

What is kept is a pure function of the state and the minute, so keeping it changes no number: a row is worked out anew when

* the roster record is another object (it is replaced at every change), or the statistics' revision of the row has risen;
* the minute, the table of kinds, or what values are drawn to (the group's sums, the country's) has changed.

Most rounds are small and follow the event that made somebody free, so a round works out a handful of rows, not two hundred.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.core.country import Line
from actors.core.matching.compiled import LINES, CompiledModel, Group
from actors.core.matching.views.people import InHand, PeopleView
from actors.core.matching.views.roster import Roster
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray, IntArray

#: Place of the shared columns among the kept ones; the lines follow.
_SHARED = 0


class _Columns:
    """Values and points of one group for all rows."""

    __slots__ = ("fresh", "group", "points", "values")

    def __init__(self, group: Group) -> None:
        self.group = group
        self.values = np.empty((len(group.parameters), 0))
        self.points = np.empty((len(group.scored), 0), dtype=np.float32)
        self.fresh = np.zeros(0, dtype=np.bool_)

    def grow(self, size: int) -> None:
        have = self.fresh.shape[0]
        values, points = np.empty((len(self.values), size)), np.empty((len(self.points), size), dtype=np.float32)
        values[:, :have], points[:, :have] = self.values, self.points
        self.values, self.points = values, points
        self.fresh = np.concatenate([self.fresh, np.zeros(size - have, dtype=np.bool_)])


class KeptPeople:
    """Values and points of operator parameters for the people of one province.

    Args:
        state: the province's; kept rows are of this very object.
    """

    __slots__ = (
        "_columns",
        "_in_hand",
        "_key",
        "_kinds",
        "_national",
        "_records",
        "_revisions",
        "_size",
        "_state",
        "roster",
    )

    def __init__(self, state: ProvinceState, compiled: CompiledModel) -> None:
        self._state = state
        self.roster = Roster()
        self._columns = [_Columns(compiled.people), *(_Columns(compiled.people_by_line) for _ in LINES)]
        self._size = 0
        #: Row -> record it was worked out from; revision of the statistics then.
        self._records: list[Operator | None] = []
        self._revisions = np.zeros(0, dtype=np.int64)
        #: What all rows were worked out from: minute and revision of the group's sums, the country's sums, the table of kinds.
        self._key = (-1, -1)
        self._national: object = None
        self._kinds: object = None

    def refresh(self, people: Sequence[Operator], rows: IntArray, lines: Sequence[Line], reading: Reading) -> None:
        """Bring the rows of some people up to date, the shared columns and those of `lines`."""
        self._grow(int(rows.max(initial=0)) + 1)
        self._forget_if_all_is_old(reading)
        self._forget_changed(people, rows)
        for place in (_SHARED, *(1 + LINES.index(line) for line in lines)):
            columns = self._columns[place]
            stale = np.flatnonzero(~columns.fresh[rows])
            if stale.size:
                line = None if place == _SHARED else LINES[place - 1]
                self._work_out(columns, [people[index] for index in stale.tolist()], rows[stale], line, reading)

    def values(self, name: str, rows: IntArray, line: Line | None = None) -> FloatArray:
        """The values of a parameter for some rows."""
        columns = self._columns[_SHARED if line is None else 1 + LINES.index(line)]
        return columns.values[columns.group.places[name]][rows]

    def block(self, rows: IntArray, line: Line | None = None) -> tuple[FloatArray, NDArray[np.float32]]:
        """(values, points) of a whole group for some rows, (parameters, people)."""
        columns = self._columns[_SHARED if line is None else 1 + LINES.index(line)]
        return columns.values[:, rows], columns.points[:, rows]

    def _grow(self, size: int) -> None:
        if size <= self._size:
            return
        size = 2 * size
        for columns in self._columns:
            columns.grow(size)
        self._records += [None] * (size - self._size)
        self._revisions = np.concatenate([self._revisions, np.full(size - self._size, -1)])
        self._size = size

    def _forget_if_all_is_old(self, reading: Reading) -> None:
        statistics = reading.statistics
        key = (reading.minute_ms, statistics.group.revision)
        same_country = self._national is statistics.national and self._kinds is self._state.kinds
        if key != self._key or not same_country:
            self._key, self._national, self._kinds = key, statistics.national, self._state.kinds
            for columns in self._columns:
                columns.fresh[:] = False

    def _forget_changed(self, people: Sequence[Operator], rows: IntArray) -> None:
        revisions = np.frombuffer(self._state.statistics.revisions, dtype=np.int64)[rows]
        old = revisions != self._revisions[rows]
        records = self._records
        for place, (row, person) in enumerate(zip(rows.tolist(), people, strict=True)):
            if records[row] is not person:
                records[row] = person
                old[place] = True
        if old.any():
            changed = rows[old]
            self._revisions[changed] = revisions[old]
            for columns in self._columns:
                columns.fresh[changed] = False

    def _work_out(
        self, columns: _Columns, people: Sequence[Operator], rows: IntArray, line: Line | None, reading: Reading
    ) -> None:
        self.roster.note(rows.tolist(), people)
        values = columns.group.values(self.view(people, rows, line, reading), (len(rows),))
        columns.values[:, rows] = values
        columns.points[:, rows] = columns.group.points(values)
        columns.fresh[rows] = True

    def view(self, people: Sequence[Operator], rows: IntArray, line: Line | None, reading: Reading) -> PeopleView:
        """Some people as the parameters see them; they must have been described, as `refresh` does."""
        state = self._state
        in_hand = InHand(people, state.holds, state.tasks, state.kinds, reading.minute_ms // 60_000)
        return PeopleView(self.roster.matrix[:, rows], in_hand, rows, line, reading)
