"""Where the cells lie: records of a few numbers for pairs that have occurred, in one array a table.

A decision adds to some forty cells, so what counts is the price of one addition, and next to it that of reading a column. A table is one
array of doubles, cut into records, and for each row (an operator) a dictionary from what the record is of (a kind, a product, ...) to its
place; a decision finds ten places and adds, a reader gathers places and lets numpy do the rest. Record 0 is all zeros, so that a pair that
has not occurred reads as zeros without a test.

What records are of comes from outside and without bound. Each row has a bounded number of records; one more takes the place of the one
with the smallest first cell (tasks, in most tables), which is what was done least lately; the oldest among equals. Everything here
depends on the order of events alone, so a replay gives every record the same place.

An array cannot grow while numpy looks at it, so what is read here are copies, and a view of `cells` must not outlive the expression.

Refused: writing through numpy (twice the time an addition, measured); lists (a decision is a tenth cheaper, but a column must be copied
number by number and takes three times the memory); a dense matrix a table (mostly zeros); bounded slots for names in place of
dictionaries (looking slots up and keeping their order of use made a decision half as dear again).
"""

from array import array
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors.core.statistics.standing import Standing

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class TableImage(msgspec.Struct, frozen=True, array_like=True):
    """A `RecordTable` for a snapshot, bit for bit: doubles of the machine's byte order (little-endian on all we run on)."""

    cells: bytes
    free: tuple[int, ...]
    #: Row -> what a record is of -> its place, encoded: copying thousands of small dictionaries and encoding them later costs half as
    #: much again.
    places: bytes


_encode = msgspec.msgpack.Encoder().encode
_places = msgspec.msgpack.Decoder(list[dict[str, int]])
#: Stands for the records of a row that has none.
_NO_RECORDS: dict[str, int] = {}


class RecordTable:
    """(row, what it is of) -> a record of `width` cells."""

    __slots__ = ("_places_of", "bound", "cells", "free", "given_back", "index", "width")

    def __init__(self, width: int, bound: int) -> None:
        self.width = width
        #: Records of one row at most.
        self.bound = bound
        #: Cell `c` of the record at place `p` is `cells[p + c]`. Place 0 is nobody's and stays zero.
        self.cells = array("d", bytes(8 * width))
        #: Places given back, the last one is given out first.
        self.free: list[int] = []
        #: How many were given back so far, for whoever keeps something. Not hard state.
        self.given_back = 0
        #: Row -> what a record is of -> its place.
        self.index: list[dict[str, int]] = []
        #: What a record is of -> its places by row, of what a total was asked for, until a record of it is made or given back.
        self._places_of: dict[str, tuple[int, ...]] = {}

    def place(self, row: int, of: str = "") -> int:
        """The place of a record, which is made when there is none."""
        try:
            return self.index[row][of]
        except (IndexError, KeyError):
            return self._make(row, of)

    def find(self, row: int, of: str = "") -> int:
        """The place of a record; 0, which reads as zeros, when there is none."""
        return self.index[row].get(of, 0) if row < len(self.index) else 0

    def _make(self, row: int, of: str) -> int:
        while len(self.index) <= row:
            self.index.append({})
        records = self.index[row]
        if len(records) >= self.bound:
            self._give_back(row, min(records, key=lambda known: self.cells[records[known]]))
        if self.free:
            place = self.free.pop()
        else:
            place = len(self.cells)
            self.cells.frombytes(bytes(8 * self.width))
        records[str(of)] = place
        self._places_of.pop(of, None)
        return place

    def clear_row(self, row: int) -> None:
        """Forget all records of a row."""
        if row < len(self.index):
            for of in list(self.index[row]):
                self._give_back(row, of)

    def _give_back(self, row: int, of: str) -> int:
        """Forget a record; returns the place that it had."""
        place = self.index[row].pop(of)
        self._places_of.pop(of, None)
        self.cells[place : place + self.width] = array("d", bytes(8 * self.width))
        self.free.append(place)
        self.given_back += 1
        return place

    def add_row_to(self, row: int, other: int, cells: Iterable[int]) -> None:
        """Add some cells of a row's records to another row's: a colleague leaves, what they did stays the province's."""
        if row >= len(self.index):
            return
        for of, place in self.index[row].items():
            into = self.place(other, of)
            for cell in cells:
                self.cells[into + cell] += self.cells[place + cell]

    # --- reading ---

    def content(self, row: int, of: str = "") -> bytes:
        """One record's bytes: whoever keeps something worked out of it compares them, which is as sure as any count of changes."""
        place = self.find(row, of)
        return self.cells[place : place + self.width].tobytes()

    def record(self, row: int, of: str = "") -> list[float]:
        """One record, as stored. `width` numbers."""
        place = self.find(row, of)
        return self.cells[place : place + self.width].tolist()

    def places(self, names: Sequence[str], rows: IntArray) -> IntArray:
        """The places of some rows' records of several things, 0 where there is none. Shape (names, rows)."""
        end = len(self.index)
        numbers: list[int] = rows.tolist()
        of_rows = [self.index[row] if row < end else _NO_RECORDS for row in numbers]
        found = [[records.get(of, 0) for records in of_rows] for of in names]
        return np.array(found, dtype=np.int64).reshape(len(names), len(numbers))

    def column(self, of: str, rows: IntArray, cell: int) -> FloatArray:
        """One cell of some rows' records, as stored. Shape (rows,); a copy."""
        return np.frombuffer(self.cells)[self.places([of], rows)[0] + cell]

    def columns(self, of: str, rows: IntArray, cells: IntArray) -> FloatArray:
        """Some cells of some rows' records, as stored. Shape (cells, rows); a copy."""
        return np.frombuffer(self.cells)[self.places([of], rows) + cells[:, None]]

    def matrix(self, of: str, rows: IntArray) -> FloatArray:
        """Some rows' records, as stored. Shape (rows, width); a copy."""
        return self.matrices([of], rows)[0]

    def matrices(self, names: Sequence[str], rows: IntArray) -> FloatArray:
        """Some rows' records of several things, as stored. Shape (names, rows, width); a copy."""
        return np.frombuffer(self.cells).reshape(-1, self.width)[self.places(names, rows) // self.width]

    def matrix_of(self, row: int, names: Iterable[str]) -> FloatArray:
        """A row's records of several things, as stored. Shape (names, width); a copy."""
        records = self.index[row] if row < len(self.index) else {}
        places = np.array([records.get(of, 0) for of in names], dtype=np.int64)
        return np.frombuffer(self.cells).reshape(-1, self.width)[places // self.width]

    def total(self, of: str = "") -> FloatArray:
        """The records of one thing added up over all rows, as stored. Shape (width,)."""
        return self.matrix(of, np.arange(len(self.index))).sum(axis=0)

    def total_of_few(self, of: str) -> list[float]:
        """The same to the last bit, where few rows have it and records have two cells or more: numpy adds those row by row as well, at eight times the cost."""
        places = self._places_of.get(of)
        if places is None:
            places = self._places_of[of] = tuple([records[of] for records in self.index if of in records])
        total, cells, width = [0.0] * self.width, self.cells, self.width
        for place in places:
            total = [sum_ + cell for sum_, cell in zip(total, cells[place : place + width], strict=True)]
        return total

    def row(self, row: int) -> list[str]:
        """What a row has records of, in the order of their making."""
        return list(self.index[row]) if row < len(self.index) else []

    def row_total(self, row: int) -> FloatArray:
        """All records of a row added up, as stored. Shape (width,)."""
        places = np.array(list(self.index[row].values()) if row < len(self.index) else [], dtype=np.int64)
        return np.frombuffer(self.cells).reshape(-1, self.width)[places // self.width].sum(axis=0)

    # --- snapshots ---

    def capture(self) -> TableImage:
        """As of now: copies, so that later events change nothing in it."""
        return TableImage(cells=self.cells.tobytes(), free=tuple(self.free), places=_encode(self.index))

    def restore(self, image: TableImage) -> None:
        """Become what was captured."""
        self.cells = array("d", image.cells)
        self.free = list(image.free)
        self.index = _places.decode(image.places)
        self._places_of.clear()


#: Places of one table are below this, so a table's number and a place make one key.
_PLACES = 1 << 40
#: People from whom on places are taken from kept columns, and columns that a table keeps: 4 bytes a person each.
COLUMN_ROWS_MIN = 32
COLUMNS_MAX = 256


class PersonTable(RecordTable):
    """A table by operator, which also knows its records as they were when the minute began (`standing`).

    Args:
        standing: shared by all tables of a province.
        number: of the table among them.
    """

    __slots__ = ("_before", "_columns", "_standing", "base")

    def __init__(self, width: int, bound: int, standing: Standing, number: int) -> None:
        super().__init__(width, bound)
        self._standing = standing
        self._before = standing.records
        #: Added to a place, it makes the key of a record in `Standing.records`.
        self.base = number * _PLACES
        #: What a record is of -> its place in every row, 0 where there is none; of what was asked for of many people at once. It follows every
        #: record that is made or given back. Looking up 200 dictionaries for each of a hundred names was two fifths of a round's price.
        self._columns: dict[str, NDArray[np.int32]] = {}

    def place(self, row: int, of: str = "") -> int:
        """The place of a record that is about to be changed; it is made when there is none."""
        try:
            place = self.index[row][of]
        except (IndexError, KeyError):
            place = self._make(row, of)
        key = self.base + place
        if key not in self._before:
            self._before[key] = self.cells[place : place + self.width]
        return place

    def _make(self, row: int, of: str) -> int:
        place = super()._make(row, of)
        column = self._columns.get(of)
        if column is not None and row < len(column):
            column[row] = place
        elif column is not None:
            del self._columns[of]
        return place

    def _give_back(self, row: int, of: str) -> int:
        place = super()._give_back(row, of)
        self._before.pop(self.base + place, None)
        self._standing.evicted += 1
        column = self._columns.get(of)
        if column is not None and row < len(column):
            column[row] = 0
        return place

    def restore(self, image: TableImage) -> None:
        """Become what was captured."""
        super().restore(image)
        self._columns.clear()

    def places(self, names: Sequence[str], rows: IntArray) -> IntArray:
        """The places of some rows' records of several things, 0 where there is none. Shape (names, rows)."""
        if len(rows) < COLUMN_ROWS_MIN:
            return super().places(names, rows)
        if len(self._columns) + len(names) > COLUMNS_MAX:
            self._columns.clear()
        end = int(rows.max()) + 1
        found = np.empty((len(names), len(rows)), dtype=np.int64)
        for number, of in enumerate(names):
            column = self._columns.get(of)
            if column is None or len(column) < end:
                column = self._columns[of] = np.zeros(max(end, len(self.index)), dtype=np.int32)
                column[: len(self.index)] = [records.get(of, 0) for records in self.index]
            found[number] = column[rows]
        return found

    @property
    def column_count(self) -> int:
        """Columns of places that are kept."""
        return len(self._columns)

    def standing_matrices(self, names: Sequence[str], rows: IntArray) -> FloatArray:
        """Some rows' records of several things as they were when the minute of the latest event began. Shape (names, rows, width); a copy."""
        wanted = self.places(names, rows).ravel() // self.width
        records = np.frombuffer(self.cells).reshape(-1, self.width).take(wanted, axis=0)
        for number, key in self._touched(wanted):
            records[number] = self._before[key]
        return records.reshape(len(names), len(rows), self.width)

    def standing_columns(self, of: str, rows: IntArray, cells: IntArray) -> FloatArray:
        """Some cells of some rows' records as they were when the minute of the latest event began. Shape (cells, rows); a copy."""
        [places] = self.places([of], rows)
        found = np.frombuffer(self.cells)[places + cells[:, None]]
        for number, key in self._touched(places // self.width):
            found[:, number] = np.frombuffer(self._before[key])[cells]
        return found

    def _touched(self, wanted: IntArray) -> list[tuple[int, int]]:
        """Which of some records, by their numbers in `cells`, were touched in this minute, and their keys."""
        before, base, width = self._before, self.base, self.width
        if not before:
            return []
        if len(wanted) <= len(before):
            keys: list[int] = (wanted * width + base).tolist()
            return [(number, key) for number, key in enumerate(keys) if key in before]
        # The first round of a minute asks for everybody, and little was touched.
        flags = np.zeros(len(self.cells) // width, dtype=np.bool_)
        flags[[(key - base) // width for key in before if 0 <= key - base < _PLACES]] = True
        numbers = np.flatnonzero(flags.take(wanted))
        return list(zip(numbers.tolist(), (wanted[numbers] * width + base).tolist(), strict=True))
