"""Rows of numbers by key, columns by person: how they are put, and what a round takes of them.

A new minute fills the bank for nearly everybody, and numpy puts whole rows in less than half the time that single columns take (35 keys of 194 of
252 people: 7 against 17 us). So where nothing that stands would be lost, whole rows are put; what the columns of others then hold is not fresh.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.core.statistics.storage import IntArray

#: People from whom on whole rows are put.
WHOLE_FROM = 32


class KeptPoints(NamedTuple):
    """Rows of points of some keys, for a round."""

    #: (rows, columns).
    points: NDArray[np.float32]
    #: The column of each person, (people,); None: columns are the people.
    columns: IntArray | None
    #: Of each row: the number of its parameter and of its key. (rows,)
    parameters: IntArray
    keys: IntArray
    #: The first row of each key, and the end of the rows for none, which is -1.
    first: IntArray


def spread_of(fresh: NDArray[np.bool_], rows: IntArray) -> IntArray | None:
    """Which of the people with some rows stands for each column, (columns,), if whole rows may be put; else None.

    Args:
        fresh: what stands of the keys that are put, (keys, columns).
        rows: the column of each person.
    """
    columns: int = fresh.shape[1]
    if len(rows) < max(WHOLE_FROM, columns // 2) or fresh.any():
        return None
    places: IntArray = np.zeros(columns, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return places


def put(into: NDArray[Any], starts: IntArray, numbers: NDArray[Any], rows: IntArray, spread: IntArray | None) -> None:
    """Put numbers of some keys and people where they are kept.

    Args:
        into: (rows of all keys, columns).
        starts: the first row of each key.
        numbers: (rows of one key, keys, people).
        rows: the column of each person.
        spread: from `spread_of`.
    """
    places = starts + np.arange(len(numbers))[:, None]
    if spread is None:
        into[places[:, :, None], rows] = numbers
    else:
        into[places] = numbers.take(spread, axis=2)
