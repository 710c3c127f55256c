"""Ids to rows of arrays, bounded."""

from collections.abc import Iterable


class Index:
    """Gives every id a row; when all are given, the id that was not used for longest gives up its own."""

    def __init__(self, rows_max: int) -> None:
        self.rows_max = rows_max
        #: In the order of last use.
        self._rows: dict[str, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether the next new id evicts one."""
        return len(self._rows) == self.rows_max

    def get(self, name: str) -> int | None:
        """The row of an id, if it has one. Counts as no use."""
        return self._rows.get(name)

    def get_all(self, names: Iterable[str]) -> list[int | None]:
        """The rows of many ids."""
        return list(map(self._rows.get, names))

    def take(self, name: str) -> int:
        """A row for an id that has none. Counts as a use."""
        row = len(self._rows) if len(self._rows) < self.rows_max else self._rows.pop(next(iter(self._rows)))
        self._rows[name] = row
        return row

    def touch(self, name: str) -> None:
        """Marks an id as just used."""
        self._rows[name] = self._rows.pop(name)
