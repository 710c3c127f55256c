"""Where the cells lie: columns of doubles for pairs that exist, and slots for names that are worth a column.

Most people work on one line, in a handful of kinds, for a few provinces. A `PairTable` therefore keeps an index (value x row -> place, four
bytes) and a pool in which only the pairs that have occurred have cells; place 0 is a record of zeros, so that a pair that has not occurred
reads as zeros without a test. Updates are plain index operations on an `array`, reads are two gathers by numpy.

Values (products, hospitals, ...) come from outside and without bound. `Slots` gives a bounded number of them a slot; one more takes the slot
that was used least lately (the smallest among equals), and what was known of the old value is forgotten. Everything here depends on the
order of events alone, so a replay gives every pair the same place.

Refused: dictionaries of small records (a hundred bytes a pair before the first number, and no columns); a dense matrix a table (mostly
zeros); writing through numpy (two to three times the time of an `array`, measured).
"""

from array import array
from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: Records that a pool gains at once, at least; else half as many as it has.
_POOL_STEP = 32


class SlotsImage(msgspec.Struct, frozen=True, array_like=True):
    """`Slots` for a snapshot: (name, slot, last used) in the order of arrival."""

    entries: tuple[tuple[str, int, int], ...] = ()


class PairTableImage(msgspec.Struct, frozen=True, array_like=True):
    """A `PairTable` for a snapshot, bit for bit (little-endian doubles and int32)."""

    cells: bytes = b""
    free: tuple[int, ...] = ()
    indexes: tuple[bytes, ...] = ()


class Slots:
    """Names with a slot each, 0..`bound` - 1."""

    __slots__ = ("_last_used", "bound", "by_name")

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.by_name: dict[str, int] = {}
        #: Slot -> when it was used last, by a count or a clock that goes forward only.
        self._last_used: list[int] = []

    def find(self, name: str) -> int:
        """The slot of a name, or -1."""
        return self.by_name.get(name, -1)

    def use(self, name: str, at: int) -> tuple[int, bool]:
        """The slot of a name, and whether it was another name's until now: then what lies there must be cleared."""
        slot = self.by_name.get(name)
        if slot is not None:
            self._last_used[slot] = at
            return slot, False
        slot = len(self._last_used)
        if slot < self.bound:
            self.by_name[name] = slot
            self._last_used.append(at)
            return slot, False
        slot = self._last_used.index(min(self._last_used))
        del self.by_name[next(old for old, taken in self.by_name.items() if taken == slot)]
        self.by_name[name] = slot
        self._last_used[slot] = at
        return slot, True

    def capture(self) -> SlotsImage:
        """As of now."""
        return SlotsImage(tuple((name, slot, self._last_used[slot]) for name, slot in self.by_name.items()))

    def restore(self, image: SlotsImage) -> None:
        """Become what was captured."""
        self.by_name = {name: slot for name, slot, _ in image.entries}
        self._last_used = [at for _, at in sorted((slot, at) for _, slot, at in image.entries)]


class PairTable:
    """(value, row) -> a record of `width` cells, for pairs that have occurred."""

    __slots__ = ("cells", "free", "indexes", "used", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        #: The pool. Cell `c` of the record at place `p` is `cells[p + c]`; places are multiples of `width`, 0 is nobody's.
        self.cells = array("d", bytes(8 * width))
        #: Cells from here on have never been given out.
        self.used = width
        #: Places given back, the last one is given out first.
        self.free: list[int] = []
        #: Value's slot -> row -> place. A row beyond the end of its index has no record.
        self.indexes: list[array[int]] = []

    def place(self, value: int, row: int) -> int:
        """The place of a pair's record, which is made when there is none."""
        try:
            place = self.indexes[value][row]
        except IndexError:
            place = 0
        return place or self._make(value, row)

    def find(self, value: int, row: int) -> int:
        """The place of a pair's record; 0, which reads as zeros, when there is none."""
        if 0 <= value < len(self.indexes) and row < len(self.indexes[value]):
            return self.indexes[value][row]
        return 0

    def _make(self, value: int, row: int) -> int:
        while len(self.indexes) <= value:
            self.indexes.append(array("i"))
        index = self.indexes[value]
        if len(index) <= row:
            # Doubling from the row asked for keeps the growth a matter of the events alone.
            index.frombytes(bytes(4 * (2 * row + 1 - len(index))))
        index[row] = self.free.pop() if self.free else self._next()
        return index[row]

    def _next(self) -> int:
        place = self.used
        self.used += self.width
        if self.used > len(self.cells):
            records = max(_POOL_STEP, place // self.width // 2)
            self.cells.frombytes(bytes(8 * self.width * records))
        return place

    def clear_row(self, row: int) -> None:
        """Forget a row in all values."""
        for index in self.indexes:
            if row < len(index) and index[row]:
                self._give_back(index[row])
                index[row] = 0

    def clear_value(self, value: int) -> None:
        """Forget a value in all rows."""
        if value < len(self.indexes):
            for place in self.indexes[value]:
                if place:
                    self._give_back(place)
            self.indexes[value] = array("i")

    def _give_back(self, place: int) -> None:
        self.cells[place : place + self.width] = array("d", bytes(8 * self.width))
        self.free.append(place)

    def add_row_to(self, row: int, other: int, add: Iterable[int]) -> None:
        """Add some cells of a row to another row's, in all values: a colleague leaves, what they did stays the province's."""
        for value, index in enumerate(self.indexes):
            if row < len(index) and index[row]:
                into, place = self.place(value, other), index[row]
                for cell in add:
                    self.cells[into + cell] += self.cells[place + cell]

    # --- reading ---

    def places(self, value: int, rows: IntArray) -> IntArray:
        """The places of a value's records for some rows, 0 where there is none. Shape (rows,)."""
        if not 0 <= value < len(self.indexes) or not len(self.indexes[value]):
            return np.zeros(len(rows), dtype=np.int64)
        index = np.frombuffer(self.indexes[value], dtype=np.int32)
        within = rows < len(index)
        return np.where(within, index[np.where(within, rows, 0)], 0).astype(np.int64)

    def column(self, value: int, rows: IntArray, cell: int) -> FloatArray:
        """One cell of a value's records for some rows, as stored. Shape (rows,); a copy."""
        places = self.places(value, rows)
        # Record 0 is all zeros, so its cells may be read for those who have none.
        return np.frombuffer(self.cells)[places + cell]

    def total(self, value: int) -> FloatArray:
        """The records of a value added up over all rows, as stored. Shape (width,)."""
        if not 0 <= value < len(self.indexes) or not len(self.indexes[value]):
            return np.zeros(self.width)
        places = np.frombuffer(self.indexes[value], dtype=np.int32)
        records = np.frombuffer(self.cells)[: self.used].reshape(-1, self.width)
        return records[places[places > 0] // self.width].sum(axis=0)

    def record(self, value: int, row: int) -> list[float]:
        """One record, as stored. `width` numbers."""
        place = self.find(value, row)
        return self.cells[place : place + self.width].tolist()

    @property
    def size_bytes(self) -> int:
        """Bytes of cells and indexes."""
        return 8 * len(self.cells) + 4 * sum(map(len, self.indexes)) + 8 * len(self.free)

    # --- snapshots ---

    def capture(self) -> PairTableImage:
        """As of now: copies, so that later events change nothing in it."""
        return PairTableImage(
            cells=self.cells[: self.used].tobytes(),
            free=tuple(self.free),
            indexes=tuple(index.tobytes() for index in self.indexes),
        )

    def restore(self, image: PairTableImage) -> None:
        """Become what was captured."""
        self.cells = array("d", image.cells)
        self.used = len(self.cells)
        self.free = list(image.free)
        self.indexes = [array("i", index) for index in image.indexes]
