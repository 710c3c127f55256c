"""What the roster says of everybody, kept at the rows that the statistics have given them.

A person's entry is described when it is first looked at and again when its version has changed, so that a round reads columns instead of
records: at 200 people and eight kinds, reading records costs more than the whole match.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from actors.core.ids import OperatorId
from actors.core.matching.views.people import ROSTER_COLUMNS, describe
from actors.core.operators import Operator
from actors.core.statistics.storage import FloatArray as Values
from actors.core.statistics.storage import IntArray


class NamedColumns:
    """Name (a kind, a skill, a language, ...) -> one number a row; a default for who has none."""

    __slots__ = ("_columns", "_default", "_names_of_row", "_size")

    def __init__(self, default: float) -> None:
        self._default = default
        self._columns: dict[str, Values] = {}
        self._names_of_row: dict[int, tuple[str, ...]] = {}
        self._size = 0

    def put(self, row: int, entries: Mapping[str, float]) -> None:
        """Say what a row has; names that it had before are forgotten."""
        if row >= self._size:
            self._grow(2 * row + 1)
        for name in self._names_of_row.get(row, ()):
            self._columns[name][row] = self._default
        for name, value in entries.items():
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = np.full(self._size, self._default)
            column[row] = value
        self._names_of_row[row] = tuple(entries)

    def _grow(self, size: int) -> None:
        for name, column in self._columns.items():
            wider = np.full(size, self._default)
            wider[: self._size] = column
            self._columns[name] = wider
        self._size = size

    def of(self, name: str, rows: IntArray) -> Values:
        """The numbers of some rows, all of which have been put; (rows,)."""
        column = self._columns.get(name)
        return np.full(len(rows), self._default) if column is None else column[rows]

    def table(self, names: Sequence[str], rows: IntArray) -> Values:
        """The same for several names, (names, rows)."""
        result = np.empty((len(names), len(rows)))
        for place, name in enumerate(names):
            column = self._columns.get(name)
            result[place] = self._default if column is None else column[rows]
        return result


class Roster:
    """The roster as columns."""

    __slots__ = (
        "_known",
        "conflicts",
        "done_before",
        "languages",
        "local_rules",
        "matrix",
        "may_do",
        "quality",
        "skills",
        "training",
    )

    def __init__(self) -> None:
        #: (roster columns, rows), see `people.RosterColumns`.
        self.matrix = np.zeros((len(ROSTER_COLUMNS), 0))
        #: Row -> (operator, version of the entry).
        self._known: dict[int, tuple[OperatorId, int]] = {}
        #: By kind: may do it; decided before the statistics began (the roster's history); the roster's pass ratio; in the training plan.
        self.may_do = NamedColumns(0.0)
        self.done_before = NamedColumns(0.0)
        self.quality = NamedColumns(np.nan)
        self.training = NamedColumns(0.0)
        #: Level held by skill; 1 by language; by home province: 1 certified, 0 certified for others only, NaN none recorded.
        self.skills = NamedColumns(0.0)
        self.languages = NamedColumns(0.0)
        self.local_rules = NamedColumns(0.0)
        #: Customer -> rows of people with a conflict.
        self.conflicts: dict[str, dict[int, None]] = {}

    def note(self, row: int, person: Operator) -> None:
        """Describe somebody whose entry is new or has changed."""
        known = (person.operator, person.version)
        if self._known.get(row) != known:
            self._known[row] = known
            self._describe(row, person)

    def forget(self) -> None:
        """Somebody was removed: whoever is noted next is described anew, since an entry that is made again begins at its first version."""
        self._known.clear()

    def _describe(self, row: int, person: Operator) -> None:
        if row >= self.matrix.shape[1]:
            wider = np.zeros((len(ROSTER_COLUMNS), 2 * row + 1))
            wider[:, : self.matrix.shape[1]] = self.matrix
            self.matrix = wider
        self.matrix[:, row] = describe(person)
        kinds = person.kinds
        self.may_do.put(row, dict.fromkeys(kinds, 1.0))
        self.done_before.put(row, {kind: one.done_count - one.measured_count for kind, one in kinds.items()})
        self.quality.put(
            row, {kind: one.quality_permille / 1_000 for kind, one in kinds.items() if one.quality_permille >= 0}
        )
        self.training.put(row, dict.fromkeys(person.training_kinds, 1.0))
        self.skills.put(row, {skill.skill: skill.level for skill in person.skills})
        self.languages.put(row, dict.fromkeys(person.languages, 1.0))
        self.local_rules.put(row, dict.fromkeys(person.local_rule_provinces, 1.0))
        for holders in self.conflicts.values():
            holders.pop(row, None)
        for customer in person.conflicts:
            self.conflicts.setdefault(customer, {})[row] = None
