"""What a source knows of a task, as numbers in columns of bounded number.

Nothing is known of what an attribute means. A number may act by its logarithm (twice the pages, twice the minutes) or as it is (a flag, a
score below zero), so it has a column for each; a string acts by its value, so every frequent value has one that is 0 or 1. A string that
can be read as a number is both: logs write numbers as strings, and codes as digits.

Columns are given to what comes often, first come, first served, and never taken back: names and values that come once (case numbers, names
of customers) stay among the candidates until others push them out. What is no finite number and no string is missing; a missing attribute
says nothing.

Refused: columns by the hash of name and value. They need no candidates, but several attributes would share an effect, and an explanation
could not say which.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import cast

#: Columns in all; of them, for the values of one attribute. A number has two.
COLUMNS_MAX, VALUES_MAX = 32, 8
#: Times that an attribute or a value is seen before it has columns.
SEEN_MIN = 4
#: Attributes and values that are counted; whatever was not seen for longest makes room.
CANDIDATES_MAX = 512
#: Attributes of one task that are read, and characters by which names and values are told apart.
ATTRIBUTES_MAX, LETTERS_MAX = 32, 64
#: Numbers are taken to be no further from zero.
NUMBER_MAX = 1e9


class Features:
    """Which column stands for what."""

    def __init__(self) -> None:
        #: attribute -> column of the number as it is; the next one is that of its logarithm.
        self._numbers: dict[str, int] = {}
        #: attribute -> value -> column.
        self._values: dict[str, dict[str, int]] = {}
        #: (attribute, value), or (attribute, None) for a number -> times seen, in the order of the last time.
        self._candidates: dict[tuple[str, str | None], int] = {}
        #: Columns given so far.
        self.columns = 0

    def read(self, attributes: Mapping[str, object]) -> list[tuple[int, float]]:
        """(column, number) of whatever is known of a task and has columns; columns not named are missing."""
        if not self.columns or not attributes:
            return []
        read: list[tuple[int, float]] = []
        for name, value in _foremost(attributes):
            column = self._numbers.get(name)
            if column is not None and (number := _as_number(value)) is not None:
                read.append((column, number))
                if number > 0.0:
                    read.append((column + 1, math.log(number)))
            columns = self._values.get(name)
            if columns is not None and isinstance(value, str):
                own = columns.get(value[:LETTERS_MAX])
                read.extend((each, float(each == own)) for each in columns.values())
        return read

    def number_columns(self) -> list[int]:
        """The column of each number as it is; the next one is that of its logarithm."""
        return list(self._numbers.values())

    def value_columns(self) -> list[list[int]]:
        """The columns of the values of each attribute."""
        return [list(columns.values()) for columns in self._values.values()]

    def learn(self, attributes: Mapping[str, object]) -> None:
        """Counts what a finished task was like, and gives columns to what has come often enough."""
        for name, value in _foremost(attributes):
            if name not in self._numbers and _as_number(value) is not None and self._is_frequent(name, None, 2):
                self._numbers[name] = self.columns
                self.columns += 2
            if not isinstance(value, str):
                continue
            columns, level = self._values.get(name, {}), value[:LETTERS_MAX]
            if level not in columns and len(columns) < VALUES_MAX and self._is_frequent(name, level, 1):
                self._values.setdefault(name, columns)[level] = self.columns
                self.columns += 1

    def _is_frequent(self, name: str, level: str | None, columns: int) -> bool:
        """Counts a candidate; says whether it has been seen often enough, and there is room for its columns."""
        if self.columns + columns > COLUMNS_MAX:
            return False
        seen = self._candidates.pop((name, level), 0) + 1
        if seen >= SEEN_MIN:
            return True
        self._candidates[name, level] = seen
        if len(self._candidates) > CANDIDATES_MAX:
            del self._candidates[next(iter(self._candidates))]
        return False


def _foremost(attributes: Mapping[str, object]) -> list[tuple[str, object]]:
    """The first attributes of a task; names that are no strings are passed over."""
    items = cast(Iterable[tuple[object, object]], attributes.items())
    return [(name[:LETTERS_MAX], value) for name, value in islice(items, ATTRIBUTES_MAX) if isinstance(name, str)]


def _as_number(value: object) -> float | None:
    """A finite number, or a string that can be read as one; None for anything else."""
    if isinstance(value, str) and len(value) > LETTERS_MAX:
        return None
    try:
        number = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(number, -NUMBER_MAX), NUMBER_MAX) if math.isfinite(number) else None
