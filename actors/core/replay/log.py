"""Rows of a log into items of work. A row that cannot be read is an error with its line, never a guess."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

#: Columns that a log must have, in any order.
COLUMNS = ("case_id", "kind", "arrived_at", "started_at", "completed_at", "operator_id")
#: Items of one log.
ITEMS_MAX = 5_000_000


class LogError(ValueError):
    """A log that cannot be used. The text names the line."""


class WorkItem(msgspec.Struct, frozen=True, kw_only=True):
    """One finished piece of work. Times are minutes since the epoch, UTC."""

    case_id: str
    kind: str
    arrived: float
    started: float
    completed: float
    operator: str

    @property
    def handle_minutes(self) -> float:
        """From start to completion."""
        return self.completed - self.started


def read_items(header: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> list[WorkItem]:
    """Items in the order of the rows.

    Args:
        header: names of the columns.
        rows: column -> text of each row, the first of them on line 2.

    Raises:
        LogError: a column, a value or everything is missing; a time is no ISO 8601 time with an offset, or completion comes before the start.
    """
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise LogError(f"line 1: no column {', '.join(missing)}; a log has {','.join(COLUMNS)}")
    items = [_item(row, line) for line, row in enumerate(rows, start=2)]
    if not items:
        raise LogError("line 2: no rows")
    return items


def _item(row: Mapping[str, str | None], line: int) -> WorkItem:
    if line > ITEMS_MAX:
        raise LogError(f"line {line}: more than {ITEMS_MAX:,} rows")
    for column in COLUMNS:
        if not row.get(column):
            raise LogError(f"line {line}: {column} is empty")
    arrived, started, completed = (
        _minutes(row, column, line) for column in ("arrived_at", "started_at", "completed_at")
    )
    if completed < started:
        raise LogError(f"line {line}: completed_at is before started_at")
    return WorkItem(
        case_id=row["case_id"] or "",
        kind=row["kind"] or "",
        # Somebody may start before the step that brings an item is closed, by seconds: it had arrived by then.
        arrived=min(arrived, started),
        started=started,
        completed=completed,
        operator=row["operator_id"] or "",
    )


def _minutes(row: Mapping[str, str | None], column: str, line: int) -> float:
    text = row[column] or ""
    try:
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise LogError(f"line {line}: {column} is no ISO 8601 time: {text!r}") from None
    if moment.tzinfo is None:
        raise LogError(f"line {line}: {column} names no offset from UTC: {text!r}")
    return utc.timestamp() / 60
