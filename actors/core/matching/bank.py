"""What is worked out of people, kept while it stands.

Theory of operation
-------------------
A *key* is a value of an attribute: the kind "claims-medical", the home "fujian", what a task needs, or nothing at all for what is the
person's alone. For a key and a person the parameters of the attribute have values, points and a verdict of the filters; all three are a
pure function of the state and the minute, so they may be kept, and keeping them changes no number:

* what the statistics say of people is read as of the beginning of the minute (`statistics.standing`), so it stands until the minute, the
  table of kinds, or what values are drawn to (the group's sums, the country's) changes; in a minute that no event has opened yet it is
  read as of now, and a person is worked out anew when the statistics' revision of the row has risen;
* whether anything happened to a person shows in the roster record, which is replaced at every change, and in the revision of the row. Then
  what rests on the latest decisions (`TODAY`, `KIND_LAST`) is over; what depends on work in hand (`LOAD`) only if the hands hold something else
  than they did, and what rests on when they will be empty (`KIND_LOAD`, `SLACK`) only if that is another time: who has got a task and decided
  it stands there with empty hands as before;
* minutes of switching to a kind, among what rests on the latest decisions, rest besides on all decisions of the kind after what the person did
  last, and after its own, so that one more ends what stands of the kind for whoever did that last, or for everybody;
* what asks the roster alone stands until the entry was edited (another version).

Keys outlive what was worked out for them, since the next minute's tasks are like this one's. Points of all keys lie in one array,
`length` rows a key, so that a round gathers all its rows at once. Most rounds are small and follow the event that made somebody free: a
round works out a handful of columns of two or three groups, not two hundred of twelve. What is worked out becomes points in one sweep at the end.
"""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from actors.core.clock import MINUTE_MS
from actors.core.ids import KindId
from actors.core.matching.bank_rows import KeptPoints, put, spread_of
from actors.core.matching.bank_views import view_of
from actors.core.matching.compiled import FILTERED, CompiledModel, Group
from actors.core.matching.eligibility import KEPT, Codes, first_removing
from actors.core.matching.filtering import filters_of
from actors.core.matching.parameters import CATALOGUE, Attribute
from actors.core.matching.views.duty import DutyBoard, TeamView
from actors.core.matching.views.load import WIP_TO_SIGN_IN, Hand, in_hand
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
    Attribute.TODAY,
    Attribute.KIND_LAST,
    Attribute.KIND_LOAD,
    Attribute.SLACK,
    Attribute.LANGUAGE,
    Attribute.NEEDS,
)
#: From this place on, attributes depend on what the person has in hand.
_LOAD = KEPT_ATTRIBUTES.index(Attribute.LOAD)
#: Attributes that depend on who is on duty.
_TEAM = KEPT_ATTRIBUTES.index(Attribute.TEAM)
_KIND_LAST = KEPT_ATTRIBUTES.index(Attribute.KIND_LAST)
_KIND_LOAD = KEPT_ATTRIBUTES.index(Attribute.KIND_LOAD)
#: From this place on, attributes ask the roster alone: they stand until the person's entry is edited.
_ROSTER_ONLY = KEPT_ATTRIBUTES.index(Attribute.LANGUAGE)
#: Attributes that build on what is known of people in all lines together.
_ON_OVERALL = (Attribute.LINE, Attribute.LOAD)
#: Places of attributes that have filters.
_FILTERED = [place for place, attribute in enumerate(KEPT_ATTRIBUTES) if attribute in FILTERED]
#: Attributes that stand for the minute, and those that rest on what people have in hand or did last.
_STANDING = KEPT_ATTRIBUTES[:_LOAD]
_OF_HANDS = KEPT_ATTRIBUTES[_LOAD:_ROSTER_ONLY]
#: Up to so many numbers are worked out anew that stand, to make one rectangle of what does not: that costs less than a pass of its own.
TOGETHER_MAX = 2_000
#: Values that become points in one sweep, about.
SWEEP_MAX = 8_000
#: A round of fewer than one in so many people takes their columns out; of more, whole rows.
WHOLE_ROWS_FROM = 8
Key = tuple[Attribute, Hashable]


class _Part(NamedTuple):
    """A rectangle of keys and people that is worked out together."""

    by_attribute: dict[Attribute, list[int]]
    keys: IntArray
    candidates: Candidates
    #: From `spread_of`.
    spread: IntArray | None
    #: What has been: the group, numbers of keys, and the values that are scored, (scored, keys, people).
    worked_out: list[tuple[Group, IntArray, FloatArray]]


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
        #: Row -> what was in hand then; None: not asked since the minute began.
        self._hands: list[Hand | None] = []
        self._revisions = np.zeros(0, dtype=np.int64)
        #: When those of the records signed in, Unix ms; 0: they are not.
        self.signed_in_ms = np.zeros(0, dtype=np.int64)
        #: What everything was worked out from.
        self._stamp: tuple[int, ...] = ()
        self._minute = 0
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
        #: Key -> number, by attribute, in the order of `KEPT_ATTRIBUTES`; None: the attribute has no parameters.
        self._ids: dict[Attribute, dict[Hashable, int] | None] = {
            attribute: {} if attribute in self._compiled.groups else None for attribute in KEPT_ATTRIBUTES
        }
        self._keys: list[Key] = []
        self._numbers_of: dict[Attribute, list[int]] = {attribute: [] for attribute in KEPT_ATTRIBUTES}
        #: Numbers of the keys of some attributes, (numbers, 1), made anew when there is one more.
        self._number_columns: dict[tuple[Attribute, ...], IntArray] = {}
        #: Values of all keys one below the other, as in `points`, and the first row of each key.
        self._values: FloatArray = np.zeros((0, self._rows))
        self._values_used = 0
        self._value_starts = np.zeros(0, dtype=np.int64)
        #: Number of each key of `Attribute.KIND_LAST` -> the kind, and the revision of what is known of switching to it.
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
            self._hands = [None] * len(self._records)
        stamp = (*reading.stamp, statistics.group.revision)
        if stamp != self._stamp or self._national is not statistics.national:
            self._stamp, self._national = stamp, statistics.national
            self._fresh[self._attributes < _ROSTER_ONLY] = False
            # Empty hands do not depend on the minute.
            self._hands = [None if hand is None or hand[0] else hand for hand in self._hands]
            self._minute = reading.minute_ms // MINUTE_MS
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
            fresh[self._attributes == _KIND_LAST] = False
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
        for row, last in enumerate(self._state.statistics.last_kinds[: self._rows]):
            found.setdefault(last, []).append(row)
        return found

    def key_id(self, attribute: Attribute, key: Hashable) -> int:
        """The number of a key until the next `begin` that forgets; -1 for None and for attributes without parameters."""
        ids = self._ids[attribute]
        if key is None or ids is None:
            return -1
        known = ids.get(key)
        return self._add((attribute, key), ids) if known is None else known

    def key_ids(self, keys: Sequence[Hashable]) -> list[int]:
        """The numbers of a task's keys, one of each attribute in the order of `KEPT_ATTRIBUTES`."""
        found: list[int] = []
        for (attribute, ids), key in zip(self._ids.items(), keys, strict=True):
            if key is None or ids is None:
                found.append(-1)
                continue
            known = ids.get(key)
            found.append(self._add((attribute, key), ids) if known is None else known)
        return found

    def _add(self, key: Key, ids: dict[Hashable, int]) -> int:
        number = ids[key[1]] = len(self._keys)
        self._keys.append(key)
        group = self._compiled.groups[key[0]]
        # The last row is given to nobody: -1, which says that a task has no key, leads there, and there everybody is kept.
        if number + 1 >= len(self._starts):
            self._make_room(2 * number + 16)
        if key[0] is Attribute.KIND_LAST:
            kind = cast(KindId, key[1])
            self._switches[number] = (kind, self._state.statistics.switch_revisions.get(kind, 0))
        length = len(group.scored)
        self._attributes[number] = KEPT_ATTRIBUTES.index(key[0])
        self._numbers_of[key[0]].append(number)
        self._number_columns.clear()
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
        [some_missing] = np.logical_or.reduce(missing, axis=1).nonzero()
        if not some_missing.size:
            return
        keys, stale = keys[some_missing], missing[some_missing].take(rows, axis=1)
        parts: list[_Part] = []
        for some_keys, columns in _rectangles(stale):
            places: list[int] = columns.tolist()
            some, own = [people[place] for place in places], rows[columns]
            of_part = keys[some_keys]
            candidates, spread = self.candidates(some, own, board, reading), spread_of(self._fresh[of_part], own)
            parts.append(_Part(self._by_attribute(of_part), of_part, candidates, spread, []))
        for attribute in KEPT_ATTRIBUTES:
            for part in parts:
                if attribute in part.by_attribute:
                    self._work_out(attribute, part.by_attribute[attribute], part)
        for part in parts:
            self._price(part)

    def _by_attribute(self, keys: IntArray) -> dict[Attribute, list[int]]:
        found: dict[Attribute, list[int]] = {}
        numbers: list[int] = keys.tolist()
        for key in numbers:
            found.setdefault(self._keys[key][0], []).append(key)
        return found

    def _grow(self, rows: int) -> None:
        if rows <= self._rows:
            return
        self._rows = rows + rows // 4
        self._records += [None] * (self._rows - len(self._records))
        self._hands += [None] * (self._rows - len(self._hands))
        known = self._revisions
        self._revisions = np.full(self._rows, -1, dtype=np.int64)
        self._revisions[: len(known)] = known
        known = self.signed_in_ms
        self.signed_in_ms = np.zeros(self._rows, dtype=np.int64)
        self.signed_in_ms[: len(known)] = known
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
            self.signed_in_ms[row] = person.signed_in_ms
            old[place] = True
            if before is None or before.operator != person.operator or before.version != person.version:
                self.roster.note(row, person)
                edited.append(row)
        if old.any():
            changed = rows[old]
            self._revisions[changed] = revisions[old]
            if stands:
                places: list[int] = np.flatnonzero(old).tolist()
                self._forget_hands([(numbers[place], people[place]) for place in places], changed)
            else:
                self._forget_of(_STANDING, changed)
                self._forget_of(_OF_HANDS, changed)
                for row in changed.tolist():
                    self._hands[row] = None
            self._fresh[:, edited] = False

    def _forget_hands(self, changed: Sequence[tuple[int, Operator]], rows: IntArray) -> None:
        """Forget of people to whom something has happened what rests on it: on other work in hand, if it is other work, and on what they did."""
        hands, ask = self._hands, self._hand_of
        loaded: list[int] = []
        later: list[int] = []
        for row, person in changed:
            before, hand = hands[row], ask(person)
            if hand != before:
                hands[row] = hand
                loaded.append(row)
                if before is None or hand[WIP_TO_SIGN_IN] != before[WIP_TO_SIGN_IN]:
                    later.append(row)
        self._forget_of((Attribute.TODAY, Attribute.KIND_LAST), rows)
        self._forget_of((Attribute.LOAD,), loaded)
        self._forget_of((Attribute.KIND_LOAD, Attribute.SLACK), later)

    def _forget_of(self, attributes: tuple[Attribute, ...], rows: IntArray | list[int]) -> None:
        if len(rows):
            numbers = self._number_columns.get(attributes)
            if numbers is None:
                found = [number for attribute in attributes for number in self._numbers_of[attribute]]
                numbers = self._number_columns[attributes] = np.array(found, dtype=np.int64)[:, None]
            self._fresh[numbers, rows] = False

    def _hands_of(self, people: Sequence[Operator], rows: IntArray) -> list[Hand]:
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

    def _work_out(self, attribute: Attribute, keys: list[int], part: _Part) -> None:
        """Work out values and verdicts of some keys of an attribute."""
        candidates, spread = part.candidates, part.spread
        rows, group = candidates.rows, self._compiled.groups[attribute]
        view = self.view(attribute, [self._keys[key][1] for key in keys], candidates)
        shape = (len(keys), len(rows))
        values = group.values(view, shape)
        places: IntArray = np.array(keys, dtype=np.int64)
        put(self._values, self._value_starts[places], values, rows, spread)
        if attribute in FILTERED:
            kept = filters_of(attribute, group, values, view, self._compiled.model.filters)
            put(self._codes, places, first_removing(kept, shape)[None], rows, spread)
        if attribute is Attribute.PERSON:
            person = cast(PeopleView, view)
            self._overall[:, rows] = np.concatenate([person.sums, person.overall_ratios])
        part.worked_out.append((group, places, values[: len(group.scored)]))

    def _price(self, part: _Part) -> None:
        """Turn what was worked out into points, as much in one sweep as stays in the processor's cache; then it stands."""
        rows = part.candidates.rows
        people, curves = len(rows), self._compiled.curves
        numbers: list[FloatArray] = []
        parameters: list[IntArray] = []
        starts: list[IntArray] = []
        size = 0
        last = len(part.worked_out) - 1
        for place, (group, keys, values) in enumerate(part.worked_out):
            numbers.append(values.reshape(len(values) * len(keys), people))
            parameters.append(group.numbers.repeat(len(keys)))
            starts.append((self._starts[keys] + group.withins).ravel())
            size += values.size
            if size > SWEEP_MAX or place == last:
                points = curves.points(np.concatenate(numbers), np.concatenate(parameters))
                put(self._points, np.concatenate(starts), points[None], rows, part.spread)
                numbers, parameters, starts, size = [], [], [], 0
        self._fresh[part.keys[:, None], rows] = True

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
        seen[ids.ravel()] = True
        return seen[:-1].nonzero()[0]

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
            ids, place = self._ids[attribute], group.places[name]
            assert ids is not None, f"{name} is not kept"
            if len(of) == 1:
                return self._values[self._value_starts[ids[of[0]]] + place].take(rows)[None]
            starts = self._value_starts.take([ids[one] for one in of])
            return self._values[starts[:, None] + place, rows]

        candidates = Candidates(
            people, rows, self.roster, board, reading, self._state.province, values_of, self._hands_of
        )
        return candidates

    def view(self, attribute: Attribute, keys: list[Any], candidates: Candidates) -> PeopleView | PairView | TeamView:
        """What the parameters of an attribute read."""
        overall = None
        if attribute in _ON_OVERALL and Attribute.PERSON in self._compiled.groups:
            overall = self._overall
        decided_min = self._compiled.model.exploration.decided_min
        return view_of(attribute, keys, candidates, self._state, decided_min, overall)
