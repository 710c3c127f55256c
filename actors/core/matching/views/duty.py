"""The people on duty as a group: what somebody's value owes to colleagues.

`DutyBoard` holds what changes when people come, go or learn (teams, holders of skills, mentors) and is made anew then; what the team has
taken today stands for the minute (`TeamView`), and what a round is told is read in every round (`DutyView`).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from actors.core.ids import OperatorId
from actors.core.matching.eligibility import Mask
from actors.core.operators import Operator
from actors.core.statistics.cells import OVERTIME_MINUTES, OperatorCell
from actors.core.statistics.decay import local_day
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray as Values
from actors.core.statistics.storage import IntArray
from actors.core.statistics.tables import NOBODY

NAN = float("nan")
_DAY_AND_TAKEN: IntArray = np.array([OperatorCell.DAY, OperatorCell.UNITS_TAKEN_TODAY], dtype=np.int64)


class DutyBoard:
    """Teams and skills of those who are signed in.

    Args:
        people: signed in, in a fixed order.
        rows: rows of all operators in the statistics.
    """

    __slots__ = ("_holders", "_scarcity", "_team_of_member", "_teams", "member_rows", "mentors")

    def __init__(self, people: Iterable[Operator], rows: Mapping[OperatorId, int]) -> None:
        self._teams: dict[str, int] = {}
        self._holders: dict[str, int] = {}
        #: Asked before: a change of anybody's skills makes a new board.
        self._scarcity: dict[OperatorId, float] = {}
        #: Signed-in mentors; somebody is not their own mentor.
        self.mentors: dict[OperatorId, None] = {}
        member_rows: list[int] = []
        teams: list[int] = []
        for person in people:
            for skill in person.skills:
                self._holders[skill.skill] = self._holders.get(skill.skill, 0) + 1
            if person.mentor:
                self.mentors[person.operator] = None
            member_rows.append(rows.get(person.operator, NOBODY))
            teams.append(self._teams.setdefault(person.team, len(self._teams)))
        self.member_rows: IntArray = np.array(member_rows, dtype=np.int64)
        self._team_of_member: IntArray = np.array(teams, dtype=np.int64)

    def scarcity(self, person: Operator) -> float:
        """One over the signed-in holders of the person's rarest skill, the person included; NaN without skills."""
        known = self._scarcity.get(person.operator)
        if known is None:
            counts = [self._holders.get(skill.skill, 0) for skill in person.skills]
            known = self._scarcity[person.operator] = 1.0 / max(1, min(counts)) if counts else NAN
        return known

    def team(self, person: Operator) -> int:
        """The number of the person's team; -1: nobody of it is signed in."""
        return self._teams.get(person.team, -1)

    def team_means(self, units: Values) -> Values:
        """Mean per team of something of the members, (teams + 1,); the last, for no team, is NaN."""
        count = len(self._teams)
        sums = np.bincount(self._team_of_member, weights=units, minlength=count)
        means = np.full(count + 1, NAN)
        means[:count] = sums / np.bincount(self._team_of_member, minlength=count)
        return means


class TeamView:
    """Some people among their colleagues, as of the beginning of the minute. All columns have shape (people,)."""

    def __init__(self, people: Sequence[Operator], rows: IntArray, board: DutyBoard, reading: Reading) -> None:
        self._people = people
        self._rows = rows
        self._board = board
        self._reading = reading

    @property
    def scarcity(self) -> Values:
        """One over the signed-in holders of each one's rarest skill."""
        return np.array([self._board.scarcity(person) for person in self._people], dtype=np.float64)

    @property
    def units_today(self) -> Values:
        """Work units taken in hand since local midnight."""
        return self._taken(self._rows)

    @property
    def mean_units_today(self) -> Values:
        """The mean of the team's signed-in people."""
        teams = [self._board.team(person) for person in self._people]
        return self._board.team_means(self._taken(self._board.member_rows))[teams]

    def _taken(self, rows: IntArray) -> Values:
        reading = self._reading
        day, taken = reading.columns(reading.statistics.by_operator, "", rows, _DAY_AND_TAKEN)
        return np.where(day == local_day(reading.minute_ms), taken, 0.0)


class DutyView:
    """What a round is told of some people. All columns have shape (people,).

    Args:
        signed_in_ms: when each signed in, Unix ms; 0: is not signed in. (people,)
        prices: shadow prices of the last round that was solved jointly; who is missing had none.
        silence_seconds: since when desks were not heard; who is missing is not known to be silent.
    """

    def __init__(
        self,
        people: Sequence[Operator],
        signed_in_ms: IntArray,
        reading: Reading,
        prices: Mapping[OperatorId, int],
        silence_seconds: Mapping[OperatorId, float],
    ) -> None:
        self._people = people
        self._signed_in_ms = signed_in_ms
        self._reading = reading
        self._prices = prices
        self._silence = silence_seconds

    @property
    def says_anything(self) -> bool:
        """Whether any parameter of these is known of anybody."""
        return bool(self._prices or self._silence or self.is_overtime.any())

    @cached_property
    def is_overtime(self) -> Mask:
        """Who has been signed in for more than `OVERTIME_MINUTES`, (people,)."""
        # More by a whole minute.
        latest_ms = self._reading.minute_ms - (OVERTIME_MINUTES + 1) * 60_000
        is_overtime: Mask = (self._signed_in_ms > 0) & (self._signed_in_ms <= latest_ms)
        return is_overtime

    @property
    def overtime_factor(self) -> float:
        """Defect ratio of decisions beyond eight hours signed in over the mean; 1 without reviews."""
        return self._reading.overtime_defect_factor(beyond=True)

    @property
    def shadow_price(self) -> Values:
        """Points; 0 for whom the round could spare."""
        return _looked_up(self._people, self._prices, 0.0 if self._prices else NAN)

    @property
    def silence_seconds(self) -> Values:
        """NaN: not known."""
        return _looked_up(self._people, self._silence, NAN)


def _looked_up(people: Sequence[Operator], known: Mapping[OperatorId, float], default: float) -> Values:
    if not known:
        return np.full(len(people), default)
    return np.array([known.get(person.operator, default) for person in people], dtype=np.float64)
