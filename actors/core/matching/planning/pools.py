"""Who may do what, as rows of an array; compared with the latest call, since pools seldom change."""

from collections.abc import Iterable, Mapping

import numpy as np

from actors.core.matching.assignment.result import BoolArray, IntArray
from actors.core.matching.planning.estimates import KINDS_MAX, Estimates


class Pools:
    """The pools of the kinds seen lately, at most `KINDS_MAX`.

    A pool is compared with the one remembered at every call, member by member (about 10 ns each): a list that its owner changes in place
    is noticed.
    """

    def __init__(self, estimates: Estimates) -> None:
        self._estimates = estimates
        self._members: dict[str, list[str]] = {}
        self._rows: dict[str, tuple[int, IntArray]] = {}

    def holds(self, kind: str, operator: str) -> bool | None:
        """Whether the pool of a kind, as last seen, holds a person; None if the kind was never planned."""
        members = self._members.get(kind)
        return None if members is None else operator in members

    def remember(self, pools: Mapping[str, Iterable[str]]) -> None:
        """Notes pools of which a call needs no rows: empty ones, and all if nobody is free."""
        for kind, pool in pools.items():
            members = list(pool)
            if self._members.get(kind) != members:
                self._note(kind, members)

    def eligible(self, pools: Mapping[str, Iterable[str]], operator_rows: IntArray) -> BoolArray:
        """(kinds, operators) who is in which pool.

        Args:
            pools: kind -> its pool, in the order of the rows.
            operator_rows: (operators,) rows of `Estimates`.
        """
        member_rows = [self._member_rows(kind, pool) for kind, pool in pools.items()]
        width = 1 + max(int(operator_rows.max(initial=0)), *(int(rows.max(initial=0)) for rows in member_rows))
        mask = np.zeros((len(pools), width), np.bool_)
        for row, members in enumerate(member_rows):
            mask[row, members] = True
        return mask[:, operator_rows]

    def _member_rows(self, kind: str, pool: Iterable[str]) -> IntArray:
        members = list(pool)
        known = self._rows.get(kind)
        if known is not None and known[0] == self._estimates.evictions and self._members[kind] == members:
            return known[1]
        rows = self._rows_of(members)
        self._note(kind, members)
        self._rows[kind] = self._estimates.evictions, rows
        return rows

    def _note(self, kind: str, members: list[str]) -> None:
        """Remembers a pool, of which no row is known yet; the one noted longest ago makes room."""
        if kind not in self._members and len(self._members) >= KINDS_MAX:
            self._forget(next(iter(self._members)))
        self._forget(kind)
        self._members[kind] = members

    def _forget(self, kind: str) -> None:
        self._members.pop(kind, None)
        self._rows.pop(kind, None)

    def _rows_of(self, members: list[str]) -> IntArray:
        """Rows of the members who have one, or for whom there is room.

        Once there is none, members without a row are left out: they are not there in this call, and making room for them would forget
        what was learned of people who are. When one comes, they are given a row, which makes what is remembered here stale.
        """
        people = self._estimates.operators
        known = [
            self._estimates.operator_row(member) if row is None and not people.is_full else row
            for member, row in zip(members, people.get_all(members), strict=True)
        ]
        return np.array([row for row in known if row is not None], np.int64)
