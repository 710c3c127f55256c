"""Whether a file has the structure of a journal: SQLite's own check, our tables and nothing else, the counts that nobody hashes."""

import functools
from typing import Any

import apsw

from actors.journal import sqlite_statements as sql
from actors.journal.errors import Corrupt
from actors.journal.sqlite_connection import translated


@functools.cache
def expected_schema() -> tuple[tuple[Any, ...], ...]:
    """The tables and indexes of a new journal."""
    connection = apsw.Connection(":memory:")
    try:
        connection.execute(sql.SCHEMA)
        return tuple(connection.execute(sql.SELECT_SCHEMA).fetchall())
    finally:
        connection.close()


def check_structure(connection: apsw.Connection, province: str, payload_bytes: int) -> None:
    """Reads every page that is in use.

    Args:
        payload_bytes: what the state row says that the payloads of all frames amount to.

    Raises:
        Corrupt: the file is damaged, or has other tables than a journal.
        JournalError: it cannot be read.
    """
    with translated(province):
        verdict: Any = connection.execute(sql.INTEGRITY_CHECK).get
        if verdict != "ok":
            raise Corrupt(province, None, f"file structure: {verdict}")
        if tuple(connection.execute(sql.SELECT_SCHEMA).fetchall()) != expected_schema():
            raise Corrupt(province, None, "the tables are not those of a journal")
        if connection.execute(sql.SUM_PAYLOAD_BYTES).get != payload_bytes:
            raise Corrupt(province, None, "the stored count of payload bytes is wrong")
