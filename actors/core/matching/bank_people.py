"""People as the bank saw them last: whether anything has happened to them since, and what they have in hand.

Whether anything happened to a person shows in the roster record, which is replaced at every change, and in the statistics' revision of the row.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from actors.core.matching.views.load import WIP_TO_SIGN_IN, Hand, in_hand
from actors.core.matching.views.roster import Roster
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.storage import IntArray


class Changed(NamedTuple):
    """People to whom something has happened since they were seen last."""

    people: list[Operator]
    #: The row of each, (people,).
    rows: IntArray
    #: Rows of those among them whose entry is new or was edited.
    edited: list[int]


class KnownPeople:
    """The people of one province, by the rows that the statistics have given them.

    Args:
        state: the province's; what is known is of this very object.
    """

    def __init__(self, state: ProvinceState) -> None:
        self._state = state
        self.roster = Roster()
        #: When those of the records signed in, Unix ms; 0: they are not.
        self.signed_in_ms = np.zeros(0, dtype=np.int64)
        #: Row -> the record that was seen last; revision of the statistics then.
        self._records: list[Operator | None] = []
        self._revisions = np.zeros(0, dtype=np.int64)
        #: Row -> what was in hand then; None: not asked since the minute began.
        self._hands: list[Hand | None] = []
        self._minute = 0
        self._removals = state.removals

    def grow(self, rows: int) -> None:
        """Make room for so many rows in all."""
        self._records += [None] * (rows - len(self._records))
        self._hands += [None] * (rows - len(self._hands))
        known = self._revisions
        self._revisions = np.full(rows, -1, dtype=np.int64)
        self._revisions[: len(known)] = known
        known = self.signed_in_ms
        self.signed_in_ms = np.zeros(rows, dtype=np.int64)
        self.signed_in_ms[: len(known)] = known

    def begin_minute(self, minute: int) -> None:
        """What people have in hand is asked as of this minute from now on."""
        self._minute = minute
        # Empty hands do not depend on the minute.
        self._hands = [None if hand is None or hand[0] else hand for hand in self._hands]

    def forget_if_removed(self) -> None:
        """Take everybody for new if somebody was removed: an entry that is made again begins at its first version."""
        if self._removals != self._state.removals:
            self._removals = self._state.removals
            self._records = [None] * len(self._records)
            self.roster.forget()

    def forget_all_hands(self) -> None:
        """Forget what anybody has in hand."""
        self._hands = [None] * len(self._hands)

    def forget_hands(self, changed: Changed) -> None:
        """Forget what some have in hand."""
        for row in changed.rows.tolist():
            self._hands[row] = None

    def see(self, people: Sequence[Operator], rows: IntArray) -> Changed | None:
        """Look at some people; who of them has changed since, or None if nobody has."""
        revisions = np.frombuffer(self._state.statistics.revisions, dtype=np.int64)[rows]
        old = revisions != self._revisions[rows]
        records = self._records
        edited: list[int] = []
        numbers: list[int] = rows.tolist()
        replaced = [place for place, row in enumerate(numbers) if records[row] is not people[place]]
        for place in replaced:
            row, person = numbers[place], people[place]
            before, records[row] = records[row], person
            self.signed_in_ms[row] = person.signed_in_ms
            old[place] = True
            if before is None or before.operator != person.operator or before.version != person.version:
                self.roster.note(row, person)
                edited.append(row)
        if not old.any():
            return None
        changed = rows[old]
        self._revisions[changed] = revisions[old]
        places: list[int] = np.flatnonzero(old).tolist()
        return Changed([people[place] for place in places], changed, edited)

    def look_into_hands(self, changed: Changed) -> tuple[list[int], list[int]]:
        """Ask anew what some have in hand: rows of those who hold something else, and among them of those whose hands will be empty at another time."""
        hands, ask = self._hands, self._hand_of
        loaded: list[int] = []
        later: list[int] = []
        rows: list[int] = changed.rows.tolist()
        for row, person in zip(rows, changed.people, strict=True):
            before, hand = hands[row], ask(person)
            if hand != before:
                hands[row] = hand
                loaded.append(row)
                if before is None or hand[WIP_TO_SIGN_IN] != before[WIP_TO_SIGN_IN]:
                    later.append(row)
        return loaded, later

    def hands_of(self, people: Sequence[Operator], rows: IntArray) -> list[Hand]:
        """What some people have in hand."""
        known, records = self._hands, self._records
        found: list[Hand] = []
        numbers: list[int] = rows.tolist()
        for row, person in zip(numbers, people, strict=True):
            hand = known[row] if records[row] is person else None
            if hand is None:
                hand = self._hand_of(person)
                if records[row] is person:
                    known[row] = hand
            found.append(hand)
        return found

    def _hand_of(self, person: Operator) -> Hand:
        state = self._state
        return in_hand(person, state.holds.get(person.operator), state.tasks, state.kinds, self._minute)
