"""What is worked out of people, kept while it stands.

Theory of operation
-------------------
A *key* is a value of an attribute: the kind "claims-medical", the home "fujian", what a task needs, or nothing at all for what is the
person's alone. For a key and a person the parameters of the attribute have values, points and a verdict of the filters; all three are a
pure function of the state and the minute, so they may be kept, and keeping them changes no number:

* what the statistics say of people is read as of the beginning of the minute (`statistics.standing`), so it stands until the minute, the
  table of kinds, or what values are drawn to (the group's sums, the country's) changes; in a minute that no event has opened yet it is
  read as of now, and a person is worked out anew when the statistics' revision of the row has risen;
* what depends on what the person has in hand stands until something happens to the person: the roster record is another object (it is
  replaced at every change) or the revision of the row has risen; minutes of switching to a kind, which are among it, rest besides on
  all decisions of the kind after what the person did last, and after its own, so that one more ends what stands of the kind for whoever
  did that last, or for everybody;
* what asks the roster alone stands until the entry was edited (another version).

Keys outlive what was worked out for them, since the next minute's tasks are like this one's. Points of all keys lie in one array,
`length` rows a key, so that a round gathers all its rows at once. Most rounds are small and follow the event that made somebody free: a
round works out a handful of columns of three groups, not two hundred of twelve.
"""

from collections.abc import Container, Hashable, Sequence
from typing import Any, cast

import numpy as np

from actors.core.ids import KindId
from actors.core.matching.bank_rows import KeptPoints, put, spread_of
from actors.core.matching.bank_views import view_of
from actors.core.matching.compiled import FILTERED, CompiledModel
from actors.core.matching.eligibility import KEPT, Codes, first_removing
from actors.core.matching.filtering import filters_of
from actors.core.matching.parameters import CATALOGUE, Attribute
from actors.core.matching.views.duty import DutyBoard, TeamView
from actors.core.matching.views.pairs import Candidates, PairView
from actors.core.matching.views.people import PeopleView
from actors.core.matching.views.ratios import OperatorRatio
from actors.core.matching.views.roster import Roster
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.cells import OperatorCell
from actors.core.statistics.reading import Reading, StandingReading
from actors.core.statistics.storage import FloatArray, IntArray

#: Keys that are kept from round to round; one more, and all are forgotten. A key of one parameter takes 12 bytes a person.
KEYS_MAX = 1_024
#: In this order, since later ones build on earlier ones.
KEPT_ATTRIBUTES = (
    Attribute.PERSON,
    Attribute.LINE,
    Attribute.KIND,
    Attribute.TRIAL,
    Attribute.PRODUCT,
    Attribute.HOME,
    Attribute.CHANNEL,
    Attribute.AMOUNT_BAND,
    Attribute.HOSPITAL,
    Attribute.TEAM,
    Attribute.LOAD,
    Attribute.KIND_LOAD,
    Attribute.SLACK,
    Attribute.LANGUAGE,
    Attribute.NEEDS,
)
#: From this place on, attributes depend on what the person has in hand.
_LOAD = KEPT_ATTRIBUTES.index(Attribute.LOAD)
#: Attributes that depend on who is on duty.
_TEAM = KEPT_ATTRIBUTES.index(Attribute.TEAM)
_KIND_LOAD = KEPT_ATTRIBUTES.index(Attribute.KIND_LOAD)
#: From this place on, attributes ask the roster alone: they stand until the person's entry is edited.
_ROSTER_ONLY = KEPT_ATTRIBUTES.index(Attribute.LANGUAGE)
#: Places of attributes that have filters.
_FILTERED = [place for place, attribute in enumerate(KEPT_ATTRIBUTES) if attribute in FILTERED]
#: A round of fewer than one in so many people takes their columns out; of more, whole rows.
WHOLE_ROWS_FROM = 8
Key = tuple[Attribute, Hashable]


class Bank:
    """Values, points and verdicts of the people of one province.

    Args:
        state: the province's; what is kept is of this very object.
    """

    def __init__(self, state: ProvinceState, compiled: CompiledModel) -> None:
        self._state = state
        self._compiled = compiled
        self.roster = Roster()
        self._rows = 0
        #: Row -> record that it was worked out from; revision of the statistics then.
        self._records: list[Operator | None] = []
        self._revisions = np.zeros(0, dtype=np.int64)
        #: What everything was worked out from.
        self._stamp: tuple[int, ...] = ()
        self._duty_revision = -1
        self._removals = state.removals
        self._national: object = None
        self._kinds: object = None
        self._switches_given_back = -1
        self.epoch = 0
        self._clear()

    def _clear(self) -> None:
        #: Counts how often all keys were forgotten: their numbers are good within one epoch, which may be many minutes.
        self.epoch += 1
        self._ids: dict[Key, int] = {}
        self._keys: list[Key] = []
        #: Values of all keys one below the other, as in `points`, and the first row of each key.
        self._values: FloatArray = np.zeros((0, self._rows))
        self._values_used = 0
        self._value_starts = np.zeros(0, dtype=np.int64)
        #: Number of each key of `Attribute.KIND_LOAD` -> the kind, and the revision of what is known of switching to it.
        self._switches: dict[int, tuple[KindId, int]] = {}
        self._used = 0
        #: First row of each key in `points`, how many it has, and the number of its first parameter.
        self._starts = np.zeros(0, dtype=np.int64)
        self._lengths = np.zeros(0, dtype=np.int64)
        self._parameters = np.zeros(0, dtype=np.int64)
        #: Place of each key's attribute in `KEPT_ATTRIBUTES`.
        self._attributes = np.zeros(0, dtype=np.int64)
        self._fresh = np.zeros((0, self._rows), dtype=np.bool_)
        self._codes = np.zeros((0, self._rows), dtype=np.uint8)
        self._points = np.zeros((0, self._rows), dtype=np.float32)
        #: Of those for whom `Attribute.PERSON` is worked out: `PeopleView.sums` and below them `overall_ratios`, on which what is worked out
        #: of work in hand builds. Half of that, for the one person who has just got or decided something, was working these out again.
        self._overall = np.zeros((len(OperatorCell) + len(OperatorRatio), self._rows))

    # --- keys ---

    def begin(self, reading: StandingReading) -> None:
        """Begin a round: what was worked out and no longer stands is forgotten, and too many keys are, with their numbers."""
        state, statistics = self._state, reading.statistics
        if self._kinds is not state.kinds or len(self._keys) > KEYS_MAX:
            self._kinds = state.kinds
            self._clear()
        stamp = (*reading.stamp, statistics.group.revision)
        if stamp != self._stamp or self._national is not statistics.national:
            self._stamp, self._national = stamp, statistics.national
            self._fresh[self._attributes < _ROSTER_ONLY] = False
        if self._removals != state.removals:
            self._removals = state.removals
            self._records = [None] * len(self._records)
            self.roster.forget()
        if self._duty_revision != state.duty_revision:
            self._duty_revision = state.duty_revision
            self._fresh[(self._attributes == _TEAM) | (self._attributes == _KIND_LOAD)] = False
        elif not reading.stands:
            # What colleagues have taken is no part of anybody's own revision.
            self._fresh[self._attributes == _TEAM] = False
        self._forget_switches()

    def _forget_switches(self) -> None:
        """Forget of switching what decisions of the kind, or records that made room for others, have changed."""
        statistics, fresh = self._state.statistics, self._fresh
        if statistics.switches.given_back != self._switches_given_back:
            self._switches_given_back = statistics.switches.given_back
            fresh[self._attributes == _KIND_LOAD] = False
        revisions = statistics.switch_revisions
        for number, (kind, revision) in self._switches.items():
            latest = revisions.get(kind, 0)
            if latest != revision:
                self._switches[number] = (kind, latest)
                after = statistics.switch_revisions_after[kind]
                changed = {before for before, at in after.items() if at > revision}
                # All switching is measured against the kind after its own.
                if kind in changed:
                    fresh[number] = False
                else:
                    fresh[number, self._rows_after(changed)] = False

    def _rows_after(self, kinds: Container[str]) -> list[int]:
        """Rows of those whose latest decision was of one of some kinds."""
        last_kinds = self._state.statistics.last_kinds[: self._rows]
        return [row for row, last in enumerate(last_kinds) if last in kinds]

    def key_id(self, attribute: Attribute, key: Hashable) -> int:
        """The number of a key until the next `begin` that forgets; -1 for None and for attributes without parameters."""
        if key is None or attribute not in self._compiled.groups:
            return -1
        known = self._ids.get((attribute, key))
        return self._add((attribute, key)) if known is None else known

    def _add(self, key: Key) -> int:
        number = self._ids[key] = len(self._keys)
        self._keys.append(key)
        group = self._compiled.groups[key[0]]
        # The last row is given to nobody: -1, which says that a task has no key, leads there, and there everybody is kept.
        if number + 1 >= len(self._starts):
            self._make_room(2 * number + 16)
        if key[0] is Attribute.KIND_LOAD:
            kind = cast(KindId, key[1])
            self._switches[number] = (kind, self._state.statistics.switch_revisions.get(kind, 0))
        length = len(group.scored)
        self._attributes[number] = KEPT_ATTRIBUTES.index(key[0])
        self._starts[number], self._lengths[number], self._parameters[number] = self._used, length, group.start
        self._used += length
        if self._used > len(self._points):
            more = np.zeros((2 * self._used, self._rows), dtype=np.float32)
            more[: len(self._points)] = self._points
            self._points = more
        self._value_starts[number] = self._values_used
        self._values_used += len(group.parameters)
        if self._values_used > len(self._values):
            wider = np.zeros((2 * self._values_used, self._rows))
            wider[: len(self._values)] = self._values
            self._values = wider
        return number

    def _make_room(self, keys: int) -> None:
        more = keys - len(self._starts)
        self._starts = np.concatenate([self._starts, np.zeros(more, dtype=np.int64)])
        self._value_starts = np.concatenate([self._value_starts, np.zeros(more, dtype=np.int64)])
        self._lengths = np.concatenate([self._lengths, np.zeros(more, dtype=np.int64)])
        self._parameters = np.concatenate([self._parameters, np.zeros(more, dtype=np.int64)])
        self._attributes = np.concatenate([self._attributes, np.zeros(more, dtype=np.int64)])
        self._fresh = np.concatenate([self._fresh, np.zeros((more, self._rows), dtype=np.bool_)])
        self._codes = np.concatenate([self._codes, np.full((more, self._rows), KEPT, dtype=np.uint8)])

    # --- people ---

    def refresh(
        self, keys: IntArray, people: Sequence[Operator], rows: IntArray, board: DutyBoard, reading: StandingReading
    ) -> None:
        """Bring some keys up to date for some people.

        A new key is worked out for everybody, the others for those who have changed: one new task must not make all the rest new.
        """
        self._grow(int(rows.max(initial=0)) + 1)
        self._forget_changed(people, rows, stands=reading.stands)
        asked = np.zeros(self._rows, dtype=np.bool_)
        asked[rows] = True
        # Whole rows first: in most rounds nearly all keys stand, and of those no column need be looked at.
        missing = asked > self._fresh.take(keys, axis=0)
        some_missing = np.flatnonzero(missing.any(axis=1))
        if not some_missing.size:
            return
        keys, stale = keys[some_missing], missing[some_missing].take(rows, axis=1)
        new = stale.all(axis=1)
        parts: list[tuple[dict[Attribute, list[list[int]]], Candidates, IntArray | None]] = []
        for concerned in (new, ~new):
            if concerned.any():
                columns = np.flatnonzero(stale[concerned].any(axis=0))
                places: list[int] = columns.tolist()
                some, own = [people[place] for place in places], rows[columns]
                spread = spread_of(self._fresh[keys[concerned]], own)
                parts.append((self._by_attribute(keys[concerned]), self.candidates(some, own, board, reading), spread))
        for attribute in KEPT_ATTRIBUTES:
            for by_attribute, candidates, spread in parts:
                for together in by_attribute.get(attribute, ()):
                    self._work_out(attribute, together, candidates, spread)

    def _by_attribute(self, keys: IntArray) -> dict[Attribute, list[list[int]]]:
        """Keys that are worked out together: the parameters of people see one line at a time, those of pairs all values."""
        found: dict[Attribute, list[list[int]]] = {}
        numbers: list[int] = keys.tolist()
        for key in numbers:
            attribute = self._keys[key][0]
            if attribute is Attribute.LINE or attribute not in found:
                found.setdefault(attribute, []).append([key])
            else:
                found[attribute][0].append(key)
        return found

    def _grow(self, rows: int) -> None:
        if rows <= self._rows:
            return
        self._rows = rows + rows // 4
        self._records += [None] * (self._rows - len(self._records))
        known = self._revisions
        self._revisions = np.full(self._rows, -1, dtype=np.int64)
        self._revisions[: len(known)] = known
        keys = self._keys
        self._clear()
        for attribute, key in keys:
            self.key_id(attribute, key)

    def _forget_changed(self, people: Sequence[Operator], rows: IntArray, *, stands: bool) -> None:
        revisions = np.frombuffer(self._state.statistics.revisions, dtype=np.int64)[rows]
        old = revisions != self._revisions[rows]
        records = self._records
        edited: list[int] = []
        numbers: list[int] = rows.tolist()
        replaced = [place for place, row in enumerate(numbers) if records[row] is not people[place]]
        for place in replaced:
            row, person = numbers[place], people[place]
            before, records[row] = records[row], person
            old[place] = True
            if before is None or before.operator != person.operator or before.version != person.version:
                self.roster.note(row, person)
                edited.append(row)
        if old.any():
            changed = rows[old]
            self._revisions[changed] = revisions[old]
            places = self._attributes[: len(self._keys)]
            lively = (places >= (_LOAD if stands else 0)) & (places < _ROSTER_ONLY)
            self._fresh[np.flatnonzero(lively)[:, None], changed] = False
            self._fresh[:, edited] = False

    def _work_out(
        self, attribute: Attribute, keys: list[int], candidates: Candidates, spread: IntArray | None = None
    ) -> None:
        """Work out some keys of an attribute.

        Args:
            spread: from `spread_of`.
        """
        rows, group = candidates.rows, self._compiled.groups[attribute]
        view = self.view(attribute, [self._keys[key][1] for key in keys], candidates)
        shape = (len(keys), len(rows))
        values = group.values(view, shape)
        points = group.points(values.reshape(len(values), shape[0] * shape[1])).reshape(len(group.scored), *shape)
        places: IntArray = np.array(keys, dtype=np.int64)
        put(self._values, self._value_starts[places], values, rows, spread)
        put(self._points, self._starts[places], points, rows, spread)
        if attribute in FILTERED:
            kept = filters_of(attribute, group, values, view, self._compiled.model.filters)
            put(self._codes, places, first_removing(kept, shape)[None], rows, spread)
        if attribute is Attribute.PERSON:
            person = cast(PeopleView, view)
            self._overall[:, rows] = np.concatenate([person.sums, person.overall_ratios])
        self._fresh[places[:, None], rows] = True

    # --- what a round takes ---

    def codes(self, ids: IntArray, rows: IntArray) -> Codes:
        """The first removing filter of each pair: the least over all keys of the task, (tasks, people).

        Args:
            ids: numbers of the keys of each task, -1 where it has none, (tasks, attributes).
        """
        # Whole rows first and columns once at the end: numpy copies rows at the speed of memory, and columns byte by byte.
        least = np.full((len(ids), self._rows), KEPT, dtype=np.uint8)
        for place in _FILTERED:
            np.minimum(least, self._codes.take(ids[:, place], axis=0), out=least)
        return least.take(rows, axis=1)

    def rows_of_points(self, keys: IntArray, rows: IntArray) -> KeptPoints:
        """All rows of points of some keys, rising.

        Whole rows for many people: numpy copies rows at the speed of memory and columns number by number, so that leaving the columns of others
        in and taking those of the people out of the product is cheaper (200 people of 200, 900 rows: 42 + 70 us against 240).
        """
        lengths = self._lengths[keys]
        key_of = np.repeat(keys, lengths)
        first = np.cumsum(lengths) - lengths
        within = np.arange(len(key_of)) - np.repeat(first, lengths)
        places, parameters = self._starts[key_of] + within, self._parameters[key_of] + within
        first_of_key = np.full(len(self._keys) + 1, len(key_of))
        first_of_key[keys] = first
        if len(rows) * WHOLE_ROWS_FROM < self._rows:
            return KeptPoints(self._points[places[:, None], rows], None, parameters, key_of, first_of_key)
        return KeptPoints(self._points.take(places, axis=0), rows, parameters, key_of, first_of_key)

    def used(self, ids: IntArray) -> IntArray:
        """The distinct numbers of keys among those of tasks, rising; -1 is none."""
        seen = np.zeros(len(self._keys) + 1, dtype=np.bool_)
        seen[ids] = True
        return np.flatnonzero(seen[:-1])

    @property
    def key_count(self) -> int:
        """Keys that are kept: their numbers are below this."""
        return len(self._keys)

    def key(self, number: int) -> Key:
        """The attribute and the value of a key."""
        return self._keys[number]

    def value(self, number: int, place: int, row: int) -> float:
        """The value of the parameter at a place of a key's group for a person."""
        return float(self._values[self._value_starts[number] + place, row])

    # --- views ---

    def candidates(self, people: Sequence[Operator], rows: IntArray, board: DutyBoard, reading: Reading) -> Candidates:
        """Some people as pair views see them."""

        def values_of(name: str, of: Sequence[str]) -> FloatArray:
            attribute = CATALOGUE[name].attribute
            assert attribute is not None, f"{name} is no parameter of people"
            group = self._compiled.groups.get(attribute)
            if group is None or name not in group.places:
                # Asked by a filter alone, and only now and then.
                ask = CATALOGUE[name].function
                return np.stack([ask(self.view(attribute, [one], candidates)).reshape(len(rows)) for one in of])
            ids, place = self._ids, group.places[name]
            if len(of) == 1:
                return self._values[self._value_starts[ids[attribute, of[0]]] + place].take(rows)[None]
            numbers = [ids[attribute, one] for one in of]
            return self._values[self._value_starts[numbers, None] + place, rows]

        candidates = Candidates(people, rows, self.roster, board, reading, self._state.province, values_of)
        return candidates

    def view(self, attribute: Attribute, keys: list[Any], candidates: Candidates) -> PeopleView | PairView | TeamView:
        """What the parameters of an attribute read."""
        overall = None
        if attribute is Attribute.LOAD and Attribute.PERSON in self._compiled.groups:
            overall = self._overall[:, candidates.rows]
        decided_min = self._compiled.model.exploration.decided_min
        return view_of(attribute, keys, candidates, self._state, decided_min, overall)
