"""Where the cells lie: records of a few numbers for pairs that have occurred, in one list a table.

A decision adds to some forty cells, so what counts is the price of one addition. A table is one Python list of doubles, cut into records, and
for each row (an operator) a dictionary from what the record is of (a kind, a product, ...) to its place; a decision finds ten places and
adds. Record 0 is all zeros, so that a pair that has not occurred reads as zeros without a test. Reads gather columns into numpy.

What records are of comes from outside and without bound. Each row has a bounded number of records; one more takes the place of the one
with the smallest first cell, which is what was done least lately (the oldest among equals). Everything here depends on the order of
events alone, so a replay gives every record the same place.

Refused, measured on one decision: `array` or numpy for the cells (two and five times the time of a list an addition), a dense matrix a table
(mostly zeros), one small list a record (a hundred bytes more each, and as many objects for the garbage collector to walk).
"""

from array import array
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class TableImage(msgspec.Struct, frozen=True, array_like=True):
    """A `RecordTable` for a snapshot, bit for bit: doubles of the machine's byte order (little-endian on all we run on)."""

    cells: bytes
    free: tuple[int, ...]
    #: Row -> what a record is of -> its place.
    places: tuple[dict[str, int], ...]


class RecordTable:
    """(row, what it is of) -> a record of `width` cells."""

    __slots__ = ("bound", "cells", "free", "places", "width")

    def __init__(self, width: int, bound: int) -> None:
        self.width = width
        #: Records of one row at most.
        self.bound = bound
        #: Cell `c` of the record at place `p` is `cells[p + c]`. Place 0 is nobody's and stays zero.
        self.cells: list[float] = [0.0] * width
        #: Places given back, the last one is given out first.
        self.free: list[int] = []
        #: Row -> what a record is of -> its place.
        self.places: list[dict[str, int]] = []

    def place(self, row: int, of: str = "") -> int:
        """The place of a record, which is made when there is none."""
        try:
            return self.places[row][of]
        except (IndexError, KeyError):
            return self._make(row, of)

    def find(self, row: int, of: str = "") -> int:
        """The place of a record; 0, which reads as zeros, when there is none."""
        return self.places[row].get(of, 0) if row < len(self.places) else 0

    def _make(self, row: int, of: str) -> int:
        while len(self.places) <= row:
            self.places.append({})
        records = self.places[row]
        if len(records) >= self.bound:
            least = min(records, key=lambda known: self.cells[records[known]])
            self._give_back(records.pop(least))
        if self.free:
            place = self.free.pop()
        else:
            place = len(self.cells)
            self.cells += [0.0] * self.width
        records[str(of)] = place
        return place

    def clear_row(self, row: int) -> None:
        """Forget all records of a row."""
        if row < len(self.places):
            for place in self.places[row].values():
                self._give_back(place)
            self.places[row] = {}

    def _give_back(self, place: int) -> None:
        self.cells[place : place + self.width] = [0.0] * self.width
        self.free.append(place)

    def add_row_to(self, row: int, other: int, cells: Iterable[int]) -> None:
        """Add some cells of a row's records to another row's: a colleague leaves, what they did stays the province's."""
        if row >= len(self.places):
            return
        for of, place in self.places[row].items():
            into = self.place(other, of)
            for cell in cells:
                self.cells[into + cell] += self.cells[place + cell]

    # --- reading ---

    def record(self, row: int, of: str = "") -> list[float]:
        """One record, as stored. `width` numbers."""
        place = self.find(row, of)
        return self.cells[place : place + self.width]

    def column(self, rows: Sequence[int], of: str, cell: int) -> FloatArray:
        """One cell of some rows' records, as stored. Shape (rows,)."""
        cells, find = self.cells, self.find
        return np.array([cells[find(row, of) + cell] for row in rows], dtype=np.float64)

    def matrix(self, rows: Sequence[int], of: str) -> FloatArray:
        """Some rows' records, as stored. Shape (rows, width)."""
        return np.array([self.record(row, of) for row in rows], dtype=np.float64).reshape(len(rows), self.width)

    def total(self, of: str = "") -> FloatArray:
        """The records of one thing added up over all rows, as stored. Shape (width,)."""
        rows = [row for row, records in enumerate(self.places) if of in records]
        return self.matrix(rows, of).sum(axis=0)

    def row(self, row: int) -> list[str]:
        """What a row has records of, in the order of their making."""
        return list(self.places[row]) if row < len(self.places) else []

    def row_total(self, row: int) -> FloatArray:
        """All records of a row added up, as stored. Shape (width,)."""
        records = [self.record(row, of) for of in self.row(row)]
        return np.array(records, dtype=np.float64).reshape(len(records), self.width).sum(axis=0)

    # --- snapshots ---

    def capture(self) -> TableImage:
        """As of now: copies, so that later events change nothing in it."""
        return TableImage(
            cells=array("d", self.cells).tobytes(), free=tuple(self.free), places=tuple(map(dict, self.places))
        )

    def restore(self, image: TableImage) -> None:
        """Become what was captured."""
        self.cells = array("d", image.cells).tolist()
        self.free = list(image.free)
        self.places = list(image.places)
