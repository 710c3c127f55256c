"""What is worked out of people, kept while it stands.

Theory of operation
-------------------
For a key (`bank_keys`) and a person the parameters of the key's attribute have values, points and a verdict of the filters. All three are a pure
function of the state and the minute, so they may be kept, and keeping them changes no number. What of it still stands is known elsewhere
(`bank_freshness`); here it is worked out, put, and taken.

Most rounds are small and follow the event that made somebody free: a round works out a handful of columns of two or three groups, not two
hundred of twelve. What is worked out becomes points in one sweep at the end.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from actors.core.matching.bank_freshness import Freshness
from actors.core.matching.bank_keys import KEPT_ATTRIBUTES, KeyNumbers
from actors.core.matching.bank_people import KnownPeople
from actors.core.matching.bank_rows import KeptPoints, put
from actors.core.matching.bank_views import view_of
from actors.core.matching.compiled import FILTERED, CompiledModel, Group
from actors.core.matching.eligibility import KEPT, Codes, first_removing
from actors.core.matching.filtering import filters_of
from actors.core.matching.parameters import CATALOGUE, Attribute
from actors.core.matching.views.duty import DutyBoard, TeamView
from actors.core.matching.views.pairs import Candidates, PairView
from actors.core.matching.views.people import PeopleView
from actors.core.matching.views.ratios import OperatorRatio
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.statistics.cells import OperatorCell
from actors.core.statistics.reading import Reading, StandingReading
from actors.core.statistics.storage import FloatArray, IntArray

#: Keys that are kept from round to round; one more, and all are forgotten. A key of one parameter takes 12 bytes a person.
KEYS_MAX = 1_024
#: Attributes that build on what is known of people in all lines together.
_ON_OVERALL = (Attribute.LINE, Attribute.LOAD)
#: Places of attributes that have filters.
_FILTERED = [place for place, attribute in enumerate(KEPT_ATTRIBUTES) if attribute in FILTERED]
#: Values that become points in one sweep, about.
SWEEP_MAX = 8_000
#: A round of fewer than one in so many people takes their columns out; of more, whole rows.
WHOLE_ROWS_FROM = 8


class _Part(NamedTuple):
    """A rectangle of keys and people that is worked out together."""

    by_attribute: dict[Attribute, list[int]]
    keys: IntArray
    candidates: Candidates
    #: From `Freshness.spread`.
    spread: IntArray | None
    #: What has been: the group, numbers of keys, and the values that are scored, (scored, keys, people).
    worked_out: list[tuple[Group, IntArray, FloatArray]]


class Bank:
    """Values, points and verdicts of the people of one province.

    Args:
        state: the province's; what is kept is of this very object.
    """

    def __init__(self, state: ProvinceState, compiled: CompiledModel) -> None:
        self._state = state
        self._compiled = compiled
        #: Numbers of keys, by which everything is kept.
        self.keys = KeyNumbers(compiled)
        #: The people as they were seen last.
        self.known = KnownPeople(state)
        self._freshness = Freshness(state, self.keys, self.known)
        self._rows = 0
        self._kinds: object = None
        self._forget()

    def _forget(self) -> None:
        """Keep nothing of anybody; keys keep their numbers."""
        self._freshness.forget(self._rows)
        #: All keys one below the other, from `KeyNumbers.value_starts` and `point_starts` on.
        self._values: FloatArray = np.zeros((0, self._rows))
        self._points = np.zeros((0, self._rows), dtype=np.float32)
        #: One row a key, and the last for nobody: there everybody is kept.
        self._codes = np.zeros((0, self._rows), dtype=np.uint8)
        #: Of those for whom `Attribute.PERSON` is worked out: `PeopleView.sums` and below them `overall_ratios`, on which what is worked out
        #: of work in hand builds. Half of that, for the one person who has just got or decided something, was working these out again.
        self._overall = np.zeros((len(OperatorCell) + len(OperatorRatio), self._rows))

    def begin(self, reading: StandingReading) -> None:
        """Begin a round: what was worked out and no longer stands is forgotten, and too many keys are, with their numbers."""
        kinds = self._state.kinds
        if self._kinds is not kinds or self.keys.count > KEYS_MAX:
            self._kinds = kinds
            self.keys.forget()
            self._forget()
            self.known.forget_all_hands()
        self._freshness.begin(reading)

    # --- what is worked out ---

    def refresh(
        self, keys: IntArray, people: Sequence[Operator], rows: IntArray, board: DutyBoard, reading: StandingReading
    ) -> None:
        """Bring some keys up to date for some people.

        Args:
            keys: numbers, rising.
            rows: the row of each person, (people,).
        """
        self._make_room(int(rows.max(initial=0)) + 1)
        self._freshness.see(people, rows, stands=reading.stands)
        parts: list[_Part] = []
        for of_part, columns in self._freshness.missing(keys, rows):
            places: list[int] = columns.tolist()
            some, own = [people[place] for place in places], rows[columns]
            candidates, spread = self.candidates(some, own, board, reading), self._freshness.spread(of_part, own)
            parts.append(_Part(self.keys.by_attribute(of_part), of_part, candidates, spread, []))
        if not parts:
            return
        for attribute in KEPT_ATTRIBUTES:
            for part in parts:
                if attribute in part.by_attribute:
                    self._work_out(attribute, part.by_attribute[attribute], part)
        for part in parts:
            self._price(part)

    def _make_room(self, rows: int) -> None:
        """Make room for people with rows below this, and for all keys."""
        if rows > self._rows:
            self._rows = rows + rows // 4
            self.known.grow(self._rows)
            self._forget()
        keys = self.keys
        if keys.room > len(self._codes):
            more = np.full((keys.room - len(self._codes), self._rows), KEPT, dtype=np.uint8)
            self._codes = np.concatenate([self._codes, more])
        if keys.point_rows > len(self._points):
            points = np.zeros((2 * keys.point_rows, self._rows), dtype=np.float32)
            points[: len(self._points)] = self._points
            self._points = points
        if keys.value_rows > len(self._values):
            values = np.zeros((2 * keys.value_rows, self._rows))
            values[: len(self._values)] = self._values
            self._values = values

    def _work_out(self, attribute: Attribute, keys: list[int], part: _Part) -> None:
        """Work out values and verdicts of some keys of an attribute."""
        candidates, spread = part.candidates, part.spread
        rows, group = candidates.rows, self._compiled.groups[attribute]
        view = self.view(attribute, self.keys.values(keys), candidates)
        shape = (len(keys), len(rows))
        values = group.values(view, shape)
        places: IntArray = np.array(keys, dtype=np.int64)
        put(self._values, self.keys.value_starts[places], values, rows, spread)
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
            starts.append((self.keys.point_starts[keys] + group.withins).ravel())
            size += values.size
            if size > SWEEP_MAX or place == last:
                points = curves.points(np.concatenate(numbers), np.concatenate(parameters))
                put(self._points, np.concatenate(starts), points[None], rows, part.spread)
                numbers, parameters, starts, size = [], [], [], 0
        self._freshness.note(part.keys, rows)

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
        numbers = self.keys
        lengths = numbers.lengths[keys]
        key_of = np.repeat(keys, lengths)
        first = np.cumsum(lengths) - lengths
        within = np.arange(len(key_of)) - np.repeat(first, lengths)
        places, parameters = numbers.point_starts[key_of] + within, numbers.parameters[key_of] + within
        first_of_key = np.full(numbers.count + 1, len(key_of))
        first_of_key[keys] = first
        if len(rows) * WHOLE_ROWS_FROM < self._rows:
            return KeptPoints(self._points[places[:, None], rows], None, parameters, key_of, first_of_key)
        return KeptPoints(self._points.take(places, axis=0), rows, parameters, key_of, first_of_key)

    def value(self, number: int, place: int, row: int) -> float:
        """The value of the parameter at a place of a key's group for a person."""
        return float(self._values[self.keys.value_starts[number] + place, row])

    # --- views ---

    def candidates(self, people: Sequence[Operator], rows: IntArray, board: DutyBoard, reading: Reading) -> Candidates:
        """Some people as pair views see them."""
        keys, known = self.keys, self.known

        def values_of(name: str, of: Sequence[str]) -> FloatArray:
            attribute = CATALOGUE[name].attribute
            assert attribute is not None, f"{name} is no parameter of people"
            group = self._compiled.groups.get(attribute)
            if group is None or name not in group.places:
                # Asked by a filter alone, and only now and then.
                ask = CATALOGUE[name].function
                return np.stack([ask(self.view(attribute, [one], candidates)).reshape(len(rows)) for one in of])
            ids, place = keys.ids[attribute], group.places[name]
            assert ids is not None, f"{name} is not kept"
            if len(of) == 1:
                return self._values[keys.value_starts[ids[of[0]]] + place].take(rows)[None]
            starts = keys.value_starts.take([ids[one] for one in of])
            return self._values[starts[:, None] + place, rows]

        candidates = Candidates(
            people, rows, known.roster, board, reading, self._state.province, values_of, known.hands_of
        )
        return candidates

    def view(self, attribute: Attribute, keys: list[Any], candidates: Candidates) -> PeopleView | PairView | TeamView:
        """What the parameters of an attribute read."""
        overall = None
        if attribute in _ON_OVERALL and Attribute.PERSON in self._compiled.groups:
            overall = self._overall
        decided_min = self._compiled.model.exploration.decided_min
        return view_of(attribute, keys, candidates, self._state, decided_min, overall)
