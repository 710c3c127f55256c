"""The statistics as records of a snapshot, bit for bit, and back.

Tables are mutable, so `capture` copies them at once (bytes to bytes: 2 MB take about 1 ms) and the copies are encoded later, piece by piece.
The layout itself (which pair lies where, which places are free) is part of it: whoever goes on from a snapshot must give the next pair the
same place as whoever replayed everything, or the next snapshots would differ though every number were equal.
"""

from collections.abc import Iterator
from itertools import islice

import msgspec

from actors.core.ids import OperatorId
from actors.core.statistics.group import GroupImage
from actors.core.statistics.priors import NationalPriors
from actors.core.statistics.storage import TableImage
from actors.core.statistics.tables import Statistics

#: Keys of a recollection in one piece: about 0.5 ms of encoding.
PIECE_KEYS = 1_000
#: Keys of a recollection captured: (name, when) for each key.
Recollected = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


class StatisticsHead(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Who has which row, and the clock of the decay."""

    first_ms: int
    seen_ms: int
    national: NationalPriors
    rows: tuple[tuple[OperatorId, int], ...]
    free_rows: tuple[int, ...]
    next_row: int
    last_kinds: tuple[str, ...]
    group: GroupImage = GroupImage()
    #: The minute of the latest event, since 1970, and what stands in it (`Standing`).
    minute: int = 0
    standing_seen_ms: int = 0
    standing: tuple[tuple[int, bytes], ...] = ()


class StatisticsTable(msgspec.Struct, frozen=True, tag=True):
    """One table."""

    name: str
    image: TableImage


class Recollections(msgspec.Struct, frozen=True, tag=True):
    """Some keys of a recollection, in their order."""

    name: str
    kept: Recollected


Piece = StatisticsHead | StatisticsTable | Recollections


def capture(statistics: Statistics) -> Iterator[Piece]:
    """The statistics as of this call; the iterator may be advanced later."""
    head = StatisticsHead(
        first_ms=statistics.clock.first_ms,
        seen_ms=statistics.clock.seen_ms,
        national=statistics.national,
        rows=tuple(statistics.rows.items()),
        free_rows=tuple(statistics.free_rows),
        next_row=statistics.next_row,
        last_kinds=tuple(statistics.last_kinds),
        group=statistics.group.capture(),
        minute=statistics.clock.minute,
        standing_seen_ms=statistics.standing.seen_ms,
        standing=statistics.standing.capture(),
    )
    tables = [StatisticsTable(name, table.capture()) for name, table in statistics.tables() if table.index]
    recollections = [(name, kept.capture()) for name, kept in statistics.recollections()]
    return _pieces(head, tables, recollections)


def _pieces(
    head: StatisticsHead,
    tables: list[StatisticsTable],
    recollections: list[tuple[str, dict[str, tuple[tuple[str, int], ...]]]],
) -> Iterator[Piece]:
    yield head
    yield from tables
    for name, kept in recollections:
        keys = iter(kept.items())
        while piece := tuple(islice(keys, PIECE_KEYS)):
            yield Recollections(name, piece)


def restore(statistics: Statistics, piece: Piece) -> None:
    """Put one piece of what was captured in its place, in a `Statistics` that has learned nothing."""
    if isinstance(piece, StatisticsHead):
        _restore_head(statistics, piece)
    elif isinstance(piece, StatisticsTable):
        dict(statistics.tables())[piece.name].restore(piece.image)
    else:
        kept = dict(statistics.recollections())[piece.name]
        kept.restore(kept.capture() | dict(piece.kept))


def _restore_head(statistics: Statistics, head: StatisticsHead) -> None:
    statistics.clock.restore(head.first_ms, head.seen_ms, head.minute)
    statistics.standing.restore(head.standing, head.standing_seen_ms)
    statistics.national = head.national
    statistics.rows = dict(head.rows)
    statistics.free_rows = list(head.free_rows)
    statistics.next_row = head.next_row
    statistics.revisions.frombytes(bytes(8 * (head.next_row - len(statistics.revisions))))
    statistics.last_kinds = list(head.last_kinds)
    statistics.group.restore(head.group)
