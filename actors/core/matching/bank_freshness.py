"""What of the bank is fresh: for which keys and people what was worked out still stands, and what ends it.

Theory of operation
-------------------
What is kept is a pure function of the state and the minute, and stands until something that it is worked out from changes:

* what the statistics say of people is read as of the beginning of the minute (`statistics.standing`), so it stands until the minute, the
  table of kinds, or what values are drawn to (the group's sums, the country's) changes; in a minute that no event has opened yet it is
  read as of now, and a person is worked out anew when the statistics' revision of the row has risen;
* once anything has happened to a person (`bank_people`), what rests on the latest decisions (`TODAY`, `KIND_LAST`) is over; what depends on
  work in hand (`LOAD`) only if the hands hold something else than they did, and what rests on when they will be empty (`KIND_LOAD`, `SLACK`) only
  if that is another time: who has got a task and decided it stands there with empty hands as before;
* minutes of switching to a kind, among what rests on the latest decisions, rest besides on all decisions of the kind after what the person did
  last, and after its own, so that one more ends what stands of the kind for whoever did that last, or for everybody;
* what asks the roster alone stands until the entry was edited (another version).

The table of kinds is the bank's own affair: when it changes, all keys go, and with them everything here.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from actors.core.clock import MINUTE_MS
from actors.core.ids import KindId
from actors.core.matching.bank_keys import KEPT_ATTRIBUTES, KeyNumbers
from actors.core.matching.bank_people import KnownPeople
from actors.core.matching.bank_rows import spread_of
from actors.core.matching.parameters import Attribute
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.reading import StandingReading
from actors.core.statistics.storage import IntArray

#: From this place on, attributes depend on what the person has in hand.
_LOAD = KEPT_ATTRIBUTES.index(Attribute.LOAD)
#: Attributes that depend on who is on duty.
_TEAM = KEPT_ATTRIBUTES.index(Attribute.TEAM)
_KIND_LAST = KEPT_ATTRIBUTES.index(Attribute.KIND_LAST)
_KIND_LOAD = KEPT_ATTRIBUTES.index(Attribute.KIND_LOAD)
#: From this place on, attributes ask the roster alone: they stand until the person's entry is edited.
_ROSTER_ONLY = KEPT_ATTRIBUTES.index(Attribute.LANGUAGE)
#: Attributes that stand for the minute, and those that rest on what people have in hand or did last.
_STANDING = KEPT_ATTRIBUTES[:_LOAD]
_OF_HANDS = KEPT_ATTRIBUTES[_LOAD:_ROSTER_ONLY]
#: Up to so many numbers are worked out anew that stand, to make one rectangle of what does not: that costs less than a pass of its own.
TOGETHER_MAX = 2_000


class Freshness:
    """For which keys and people of one bank what was worked out stands.

    Args:
        state: the province's.
        keys: the bank's; those that have come since are taken in by themselves.
        known: the bank's people; a change is told once, so nobody else may ask for it.
    """

    def __init__(self, state: ProvinceState, keys: KeyNumbers, known: KnownPeople) -> None:
        self._state = state
        self._keys = keys
        self._known = known
        #: What everything was worked out from.
        self._stamp: tuple[int, ...] = ()
        self._national: object = None
        self._duty_revision = -1
        self._switches_given_back = -1
        self.forget(0)

    def forget(self, rows: int) -> None:
        """Nothing stands for anybody.

        Args:
            rows: people have rows below this from now on.
        """
        #: (keys, rows); fewer keys than there are, if some have come since.
        self._fresh = np.zeros((0, rows), dtype=np.bool_)
        self._taken_in = 0
        #: Number of each key of `Attribute.KIND_LAST` -> the kind, and the revision of what is known of switching to it.
        self._switches: dict[int, tuple[KindId, int]] = {}

    # --- what ends by itself ---

    def begin(self, reading: StandingReading) -> None:
        """Begin a round: what no longer stands for whole attributes or kinds is forgotten."""
        state, statistics, fresh = self._state, reading.statistics, self._fresh
        attributes = self._keys.attributes[: len(fresh)]
        stamp = (*reading.stamp, statistics.group.revision)
        if stamp != self._stamp or self._national is not statistics.national:
            self._stamp, self._national = stamp, statistics.national
            fresh[attributes < _ROSTER_ONLY] = False
            self._known.begin_minute(reading.minute_ms // MINUTE_MS)
        self._known.forget_if_removed()
        if self._duty_revision != state.duty_revision:
            self._duty_revision = state.duty_revision
            fresh[(attributes == _TEAM) | (attributes == _KIND_LOAD)] = False
        elif not reading.stands:
            # What colleagues have taken is no part of anybody's own revision.
            fresh[attributes == _TEAM] = False
        if statistics.switches.given_back != self._switches_given_back:
            # Records of switching made room for others.
            self._switches_given_back = statistics.switches.given_back
            fresh[attributes == _KIND_LAST] = False
        self._forget_switches()

    def _forget_switches(self) -> None:
        """Forget of switching what decisions of the kind have changed."""
        statistics, fresh = self._state.statistics, self._fresh
        revisions = statistics.switch_revisions
        rows_after: dict[str, list[int]] | None = None
        for number, (kind, revision) in self._switches.items():
            latest = revisions.get(kind, 0)
            if latest != revision:
                self._switches[number] = (kind, latest)
                after = statistics.switch_revisions_after[kind]
                # All switching is measured against the kind after its own.
                if after.get(kind, 0) > revision:
                    fresh[number] = False
                    continue
                if rows_after is None:
                    rows_after = self._rows_by_last_kind()
                for before, at in after.items():
                    if at > revision and before in rows_after:
                        fresh[number, rows_after[before]] = False

    def _rows_by_last_kind(self) -> dict[str, list[int]]:
        """Kind -> rows of those whose latest decision was of it."""
        found: dict[str, list[int]] = {}
        for row, last in enumerate(self._state.statistics.last_kinds[: self._fresh.shape[1]]):
            found.setdefault(last, []).append(row)
        return found

    # --- what ends with people ---

    def see(self, people: Sequence[Operator], rows: IntArray, *, stands: bool) -> None:
        """Look at some people: what no longer stands of those who have changed is forgotten.

        Args:
            rows: the row of each, (people,).
            stands: whether events change nothing of what the statistics say of people until the minute is over.
        """
        self._take_in_keys()
        changed = self._known.see(people, rows)
        if changed is None:
            return
        if stands:
            loaded, later = self._known.look_into_hands(changed)
            self._forget_of((Attribute.TODAY, Attribute.KIND_LAST), changed.rows)
            self._forget_of((Attribute.LOAD,), loaded)
            self._forget_of((Attribute.KIND_LOAD, Attribute.SLACK), later)
        else:
            self._forget_of(_STANDING, changed.rows)
            self._forget_of(_OF_HANDS, changed.rows)
            self._known.forget_hands(changed)
        self._fresh[:, changed.edited] = False

    def _forget_of(self, attributes: tuple[Attribute, ...], rows: IntArray | list[int]) -> None:
        if len(rows):
            self._fresh[self._keys.column(attributes), rows] = False

    def _take_in_keys(self) -> None:
        """Nothing stands of keys that have come since."""
        keys = self._keys
        if self._taken_in == keys.count:
            return
        if keys.room > len(self._fresh):
            more = np.zeros((keys.room - len(self._fresh), self._fresh.shape[1]), dtype=np.bool_)
            self._fresh = np.concatenate([self._fresh, more])
        revisions = self._state.statistics.switch_revisions
        for number in range(self._taken_in, keys.count):
            attribute, value = keys.key(number)
            if attribute is Attribute.KIND_LAST:
                kind = cast(KindId, value)
                self._switches[number] = (kind, revisions.get(kind, 0))
        self._taken_in = keys.count

    # --- what is to be worked out ---

    def missing(self, keys: IntArray, rows: IntArray) -> list[tuple[IntArray, IntArray]]:
        """What does not stand of some keys for people who have been seen.

        A new key is missing for everybody, the others for those who have changed: one new task must not make all the rest new.

        Args:
            keys: numbers, rising.
            rows: the row of each person, (people,).

        Returns:
            Rectangles to be worked out, no key in two of them: numbers of keys, and places of people in `rows`.
        """
        asked = np.zeros(self._fresh.shape[1], dtype=np.bool_)
        asked[rows] = True
        # Whole rows first: in most rounds nearly all keys stand, and of those no column need be looked at.
        missing = asked > self._fresh.take(keys, axis=0)
        [some_missing] = np.logical_or.reduce(missing, axis=1).nonzero()
        if not some_missing.size:
            return []
        keys, stale = keys[some_missing], missing[some_missing].take(rows, axis=1)
        return [(keys[some], places) for some, places in _rectangles(stale)]

    def spread(self, keys: IntArray, rows: IntArray) -> IntArray | None:
        """Who stands for each column if whole rows of some keys may be put without losing what stands (`bank_rows.spread_of`)."""
        return spread_of(self._fresh[keys], rows)

    def note(self, keys: IntArray, rows: IntArray) -> None:
        """Some keys were worked out for some people: that stands from now on."""
        self._fresh[keys[:, None], rows] = True


def _rectangles(stale: NDArray[np.bool_]) -> list[tuple[IntArray, IntArray]]:
    """Rows and columns that hold all that is stale: one rectangle if it is small, else new keys apart from old ones of those who have changed.

    Args:
        stale: (keys, people), something in every row.
    """
    [columns] = np.logical_or.reduce(stale, axis=0).nonzero()
    if len(stale) * len(columns) <= TOGETHER_MAX:
        return [(np.arange(len(stale)), columns)]
    new = stale.all(axis=1)
    parts = [np.flatnonzero(new), np.flatnonzero(~new)]
    return [(part, np.flatnonzero(stale[part].any(axis=0))) for part in parts if len(part)]
