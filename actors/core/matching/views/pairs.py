"""Tasks against people, (values of an attribute, people) at a time.

Theory of operation
-------------------
Hardly anything between a task and a person depends on the very task: experience depends on its kind, local knowledge on its home, authority
on what it needs. So a pair view is made for the distinct values of one attribute among the tasks of a round (eight kinds, not fifty tasks),
its parameters become points once per value and person, and `scoring` folds them into the pairs. Only names (a preferred operator, a
decline, a conflict) belong to single tasks, and few tasks have any.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import cached_property

import numpy as np

from actors.core.country import Line, TaskKind
from actors.core.ids import OperatorId, ProvinceCode
from actors.core.ledger import UNIT_MINUTES
from actors.core.matching.views.duty import DutyBoard
from actors.core.matching.views.load import Hand, InHand
from actors.core.matching.views.people import RosterView, line_priors
from actors.core.matching.views.ratios import LineRatio
from actors.core.matching.views.roster import Roster
from actors.core.operators import Operator
from actors.core.statistics.cells import HomeCell, KindCell, KindTotalCell, OperatorCell
from actors.core.statistics.reading import Z90, Reading
from actors.core.statistics.shrinkage import ITEMS, REVIEWS, shrunk, shrunk_ratio
from actors.core.statistics.storage import FloatArray as Values
from actors.core.statistics.storage import IntArray, PersonTable

NAN = float("nan")
#: A person's speed in other kinds says something about a new kind, but never more than a factor of two.
SPEED_FACTOR_MAX = 2.0
#: Spread of handle minutes over their mean where nothing is known, and the least that is believed.
CV_UNKNOWN, CV_MIN = 0.9, 0.2


class Candidates:
    """The people of a round, as pair views need them.

    Args:
        values_of: the values of a parameter of people or kinds, by name and all that they are of (lines, kinds, ""): (of, people).
        hands_of: what people with some rows have in hand.
    """

    def __init__(
        self,
        people: Sequence[Operator],
        rows: IntArray,
        roster: Roster,
        board: DutyBoard,
        reading: Reading,
        province: ProvinceCode,
        values_of: Callable[[str, Sequence[str]], Values],
        hands_of: Callable[[Sequence[Operator], IntArray], list[Hand]],
    ) -> None:
        self.people = people
        self.rows = rows
        self.roster = roster
        self.board = board
        self.reading = reading
        self.province = province
        self._values_of = values_of
        self._hands_of = hands_of

    def value(self, name: str, of: str = "") -> Values:
        """The values of a parameter of people, of a line if it differs by line; or of a kind. (people,)."""
        return self._values_of(name, (of,))[0]

    def values(self, name: str, of: Sequence[str]) -> Values:
        """The same of several lines or kinds, (values, people)."""
        return self._values_of(name, of)

    @cached_property
    def place_of(self) -> dict[OperatorId, int]:
        """Where each person stands among the candidates."""
        return {person.operator: place for place, person in enumerate(self.people)}

    @cached_property
    def in_hand(self) -> InHand:
        """What they have in hand."""
        return InHand(self._hands_of(self.people, self.rows))

    @cached_property
    def columns(self) -> RosterView:
        """What the roster says of them."""
        return RosterView(self.roster.matrix[:, self.rows])

    def places(self, names: Mapping[OperatorId, float]) -> tuple[list[int], list[float]]:
        """Places and numbers of those of `names` who are candidates."""
        found = [(self.place_of[name], value) for name, value in names.items() if name in self.place_of]
        return [place for place, _ in found], [value for _, value in found]


class PairView:
    """The distinct values of one attribute against the candidates. All columns have shape (values, people)."""

    def __init__(self, keys: Sequence[object], candidates: Candidates) -> None:
        self.keys = keys
        self.candidates = candidates

    @property
    def unknown(self) -> Values:
        """NaN for every pair; a fresh array."""
        return np.full((len(self.keys), len(self.candidates.rows)), NAN)

    def records(self, table: PersonTable, cells: type[IntEnum], of: Sequence[str]) -> Values:
        """Decayed sums of pairs, (cells, values, people)."""
        rows, reading = self.candidates.rows, self.candidates.reading
        stored = reading.records_of(table, of, rows)
        return stored.transpose(2, 0, 1) / reading.divisors(cells)[:, None, None]

    def flags(self, named: Sequence[Sequence[OperatorId]]) -> Values:
        """Per value: 1 for those named, 0 for others; NaN for all where nobody is named."""
        result = self.unknown
        for place, names in enumerate(named):
            if names:
                result[place] = 0.0
                result[place, self.candidates.places(dict.fromkeys(names, 1.0))[0]] = 1.0
        return result

    def per_value(self, numbers: Sequence[float]) -> Values:
        """A number of each value as a column that broadcasts over people, (values, 1)."""
        return np.array(numbers, dtype=np.float64)[:, None]


class KindPairs(PairView):
    """Kinds against people.

    Args:
        kinds: the records of the kinds, in the order of the keys.
    """

    def __init__(self, kinds: Sequence[TaskKind], candidates: Candidates) -> None:
        super().__init__([kind.kind for kind in kinds], candidates)
        self.kinds = kinds

    @cached_property
    def sums(self) -> Values:
        """Decayed sums, (`KindCell`, values, people)."""
        names = [kind.kind for kind in self.kinds]
        return self.records(self.candidates.reading.statistics.by_kind, KindCell, names)

    def of_line(self, name: str) -> Values:
        """An operator parameter in the line of each kind."""
        return self.candidates.values(name, [kind.line for kind in self.kinds])

    @cached_property
    def typical_minutes(self) -> Values:
        """Mean handle minutes of the kind here, drawn to the country's and to the standard; (values, 1)."""
        reading = self.candidates.reading
        return self.per_value([typical_minutes(reading, kind) for kind in self.kinds])

    @cached_property
    def log_variance(self) -> Values:
        """Variance of the logarithm of each one's handle minutes, were they lognormal."""
        cv = self.of_line("operator_handle_minutes_cv")
        return np.log1p(np.maximum(np.where(np.isnan(cv), CV_UNKNOWN, cv), CV_MIN) ** 2)

    @property
    def p90_factor(self) -> Values:
        """What nine in ten tasks need at most, over the mean."""
        variance = self.log_variance
        return np.exp(Z90 * np.sqrt(variance) - variance / 2.0)

    @cached_property
    def handle_minutes(self) -> Values:
        """What each would need: own mean of the kind, drawn to the kind's mean at the person's speed in the line."""
        reading = self.candidates.reading
        lines = dict.fromkeys(kind.line for kind in self.kinds)
        usual_in = {line: line_priors(reading, line)[LineRatio.UNITS_PER_MINUTE] for line in lines}
        usual = self.per_value([usual_in[kind.line] for kind in self.kinds])
        own = self.of_line("operator_standard_efficiency") / UNIT_MINUTES
        slowness = np.divide(usual, own, out=np.ones_like(own), where=own > 0)
        slowness = np.clip(np.where(slowness > 0, slowness, 1.0), 1.0 / SPEED_FACTOR_MAX, SPEED_FACTOR_MAX)
        prior = self.typical_minutes * slowness
        sums = self.sums
        return (sums[KindCell.HANDLE_MINUTES] + ITEMS * prior) / (sums[KindCell.DECIDED] + ITEMS)

    @property
    def done_count(self) -> Values:
        """Tasks of the kind decided here, remembered for about a year, and those of the roster's history."""
        history = self.candidates.roster.done_before.table([kind.kind for kind in self.kinds], self.candidates.rows)
        return self.sums[KindCell.DONE] + history

    @property
    def since_last_minutes(self) -> Values:
        """Time since the person decided one; NaN: never."""
        last_ms = self.sums[KindCell.LAST_DECIDED_MS]
        minutes = np.maximum(0.0, (self.candidates.reading.minute_ms - last_ms) // 60_000)
        return np.where(last_ms > 0, minutes, NAN)

    @cached_property
    def _last(self) -> tuple[dict[str, int], IntArray]:
        """The kinds that people decided last (empty: none), each with a number, and the number of each person's, (people,)."""
        last_kinds = self.candidates.reading.statistics.last_kinds
        numbers: dict[str, int] = {}
        rows: list[int] = self.candidates.rows.tolist()
        return numbers, np.array([numbers.setdefault(last_kinds[row], len(numbers)) for row in rows], dtype=np.int64)

    @property
    def streak(self) -> Values:
        """Tasks of the kind that the person has just decided one after the other."""
        streak = self.candidates.reading.statistics.by_operator.column("", self.candidates.rows, OperatorCell.STREAK)
        numbers, last = self._last
        own = np.array([numbers.get(kind.kind, -1) for kind in self.kinds])
        return np.where(last == own[:, None], streak, 0.0)

    @property
    def switch_minutes(self) -> Values:
        """Extra minutes that the kind takes after what the person did last; NaN for who has done nothing yet."""
        numbers, last = self._last
        table = self.candidates.reading.switch_table(list(numbers), [kind.kind for kind in self.kinds])
        if "" in numbers:
            table[numbers[""]] = NAN
        return table.T.take(last, axis=1)

    @property
    def pass_ratio(self) -> Values:
        """Pass ratio of the kind, drawn to the roster's figure if there is one, else to the person's in the line."""
        told = self.candidates.roster.quality.table([kind.kind for kind in self.kinds], self.candidates.rows)
        prior = np.where(np.isnan(told), self.of_line("operator_qa_pass_ratio"), told)
        sums = self.sums
        return shrunk_pass_ratio(sums[KindCell.PASSED], sums[KindCell.REVIEWED], sums[KindCell.REVIEWS], prior)

    @property
    def in_training_plan(self) -> Values:
        """1 where the kind is in the person's training plan."""
        return self.candidates.roster.training.table([kind.kind for kind in self.kinds], self.candidates.rows)

    @property
    def mentor_on_duty(self) -> Values:
        """1 where a mentor other than the person is signed in, (people,)."""
        mentors = self.candidates.board.mentors
        if len(mentors) != 1:
            return np.full(len(self.candidates.rows), float(len(mentors) > 1))
        return np.array([float(person.operator not in mentors) for person in self.candidates.people])

    @property
    def may_do(self) -> Values:
        """1 where the kind is on the person's roster entry."""
        return self.candidates.roster.may_do.table([kind.kind for kind in self.kinds], self.candidates.rows)


class LoadedKinds(KindPairs):
    """Kinds against people with what they have in hand; what stands for the minute is taken as it was worked out."""

    @cached_property
    def handle_minutes(self) -> Values:
        """The values of `pair_kind_handle_minutes`."""
        return self.candidates.values("pair_kind_handle_minutes", [kind.kind for kind in self.kinds])


class TrialKinds(KindPairs):
    """Kinds of low-risk tasks against people, who may be new to them.

    Args:
        decided_min: from so many decisions of a kind on, above 0, a person is no longer new to it.
    """

    def __init__(self, kinds: Sequence[TaskKind], candidates: Candidates, decided_min: int) -> None:
        super().__init__(kinds, candidates)
        self._decided_min = decided_min

    @cached_property
    def known_from(self) -> Values:
        """How many decisions of the kind each is known from: the values of `pair_kind_done_count`."""
        return self.candidates.values("pair_kind_done_count", [kind.kind for kind in self.kinds])

    @property
    def missing_share(self) -> Values:
        """What is missing of the sample, of one; 0: the person is known."""
        return np.maximum(0.0, 1.0 - self.known_from / self._decided_min)


class NamedPairs(PairView):
    """Products, homes, channels, hospitals or amount bands against people.

    Args:
        keys: (name, line of business) of each value.
        table: of the statistics.
    """

    def __init__(
        self,
        keys: Sequence[tuple[str, Line]],
        candidates: Candidates,
        table: PersonTable,
        cells: type[IntEnum],
    ) -> None:
        super().__init__(keys, candidates)
        self.names = [name for name, _ in keys]
        self.lines = [line for _, line in keys]
        self._table = table
        self._cells = cells

    @cached_property
    def sums(self) -> Values:
        """Decayed sums, (cells, values, people)."""
        return self.records(self._table, self._cells, self.names)

    def of_line(self, name: str) -> Values:
        """An operator parameter in the line of each value."""
        return self.candidates.values(name, self.lines)

    def pass_ratio(self, passed: IntEnum, reviewed: IntEnum, reviews: IntEnum) -> Values:
        """Pass ratio, drawn to the person's in the line."""
        sums = self.sums
        return shrunk_pass_ratio(sums[passed], sums[reviewed], sums[reviews], self.of_line("operator_qa_pass_ratio"))


class HomePairs(NamedPairs):
    """Home provinces of tasks against people."""

    @property
    def from_here(self) -> Values:
        """1 where the home is the candidates' province."""
        own = [float(name == self.candidates.province) for name in self.names]
        return np.broadcast_to(self.per_value(own), (len(own), len(self.candidates.rows)))

    @property
    def handle_ratio(self) -> Values:
        """Minutes per work unit on the home's tasks over those on the own province's, drawn to 1; NaN at home."""
        own = self.records(self._table, HomeCell, [self.candidates.province])[:, 0]
        minutes, units = self.sums[HomeCell.HANDLE_MINUTES], self.sums[HomeCell.UNITS]
        own_minutes, own_units = own[HomeCell.HANDLE_MINUTES], own[HomeCell.UNITS]
        base = units * own_minutes
        ratio = np.divide(minutes * own_units, base, out=np.ones_like(units), where=base > 0)
        count = np.minimum(self.sums[HomeCell.DECIDED], own[HomeCell.DECIDED])
        return np.where(self.from_here > 0, NAN, (ratio * count + ITEMS) / (count + ITEMS))

    @property
    def local_rules(self) -> Values:
        """1 certified on the home's local rules, 0 on others' only, NaN if none is recorded. Everybody knows their own province's."""
        candidates = self.candidates
        certified = candidates.roster.local_rules.table(self.names, candidates.rows)
        recorded = candidates.columns.local_rules_recorded
        return np.where(self.from_here > 0, 1.0, np.where(recorded > 0, certified, NAN))


class SlackPairs(PairView):
    """Kinds with some time left before the promise against people.

    Args:
        keys: (place of the kind among `kinds`, minutes to the due time) of each value.
    """

    def __init__(self, keys: Sequence[tuple[int, int]], candidates: Candidates, kinds: KindPairs) -> None:
        super().__init__(keys, candidates)
        self._kind_places = [place for place, _ in keys]
        self.minutes_left = self.per_value([left for _, left in keys])
        self.kinds = kinds

    def of_kind(self, column: Values) -> Values:
        """A column of the kinds for each value."""
        return column[self._kind_places]


def typical_minutes(reading: Reading, kind: TaskKind) -> float:
    """Mean handle minutes of a kind: the group's when its sums were taken, drawn to the country's and that to the standard time."""
    total, weight = KindTotalCell.HANDLE_MINUTES, KindTotalCell.DECIDED
    statistics = reading.statistics
    country = statistics.national.kinds.get(kind.kind)
    prior = float(kind.standard_minutes)
    if country:
        prior = shrunk_ratio(country[total], country[weight], prior)
    here = statistics.group.kinds.get(kind.kind)
    divisor = reading.divisor(total)
    return shrunk_ratio(here[total] / divisor, here[weight] / divisor, prior) if here else prior


def shrunk_pass_ratio(passed: Values, reviewed: Values, reviews: Values, prior: Values) -> Values:
    """A pass ratio of weighted reviews on the evidence of their number, drawn to `prior`; NaN where nothing is known."""
    own = np.divide(passed * reviews, reviewed, out=np.zeros_like(reviewed), where=reviewed > 0)
    return shrunk(own, reviews, prior, REVIEWS)
