"""Places: which user is whom. One broker, beside the shape, hands them out, so that no two processes seat the same people.

A workbench, a desk or a watch is a seat that one user has at a time; who comes while all are taken is told to ask again. Branch systems
come as many as the shape wants and go to the province that has the fewest for its size. Every place has a number that is never given twice
in a run: ids are made of it.
"""

from collections.abc import Mapping, Sequence

import msgspec

#: Kinds of branch systems: how they send their tasks.
BRANCH_KINDS = ("unary", "batch", "stream")
#: Kinds of which each seat exists once.
SEAT_KINDS = ("watch", "bench", "desk", "ops")
#: Operators on one workbench.
BENCH_MAX = 100


class Person(msgspec.Struct, frozen=True):
    """An operator, as a desk knows them."""

    #: Operator name.
    operator: str
    #: Line -> authority.
    authority: dict[str, int] = {}


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for everybody in a run."""

    #: Begins every id; at most eight characters.
    run: str
    #: Tasks a second that one branch system makes, on average.
    tasks_per_second: float
    #: Real seconds for a minute of work.
    pace_s: float
    #: Seconds after its creation by which a task is due.
    promise_s: float
    is_month_end: bool = False


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One user's place."""

    number: int
    kind: str
    #: Empty: the whole country.
    province: str
    people: list[Person] = []


class _Seat(msgspec.Struct, frozen=True):
    province: str
    people: list[Person] = []


class Places:
    """The broker.

    Args:
        weights: province -> its size.
        people: province -> its operators, one or more.
    """

    def __init__(self, weights: Mapping[str, float], people: Mapping[str, Sequence[Person]]) -> None:
        self._weights = dict(weights)
        self._free: dict[str, list[_Seat]] = {kind: [] for kind in SEAT_KINDS}
        self._free["ops"].append(_Seat(""))
        for province in weights:
            self._free["watch"].append(_Seat(province))
            # Who is first on the roster has a desk alone; the others share a workbench.
            first, *others = people[province]
            self._free["desk"].append(_Seat(province, [first]))
            for start in range(0, len(others), BENCH_MAX):
                self._free["bench"].append(_Seat(province, others[start : start + BENCH_MAX]))
        #: Kind -> how many seats there are.
        self.seats = {kind: len(seats) for kind, seats in self._free.items()}
        self._systems = dict.fromkeys(weights, 0)
        self._taken: dict[int, tuple[str, _Seat]] = {}
        self._number = 0

    def take(self, kind: str) -> Place | None:
        """A place for a newcomer; None: all are taken, ask again."""
        if kind in BRANCH_KINDS:
            province = min(self._weights, key=lambda each: (self._systems[each] + 1) / self._weights[each])
            self._systems[province] += 1
            seat = _Seat(province)
        elif self._free[kind]:
            seat = self._free[kind].pop(0)
        else:
            return None
        self._number += 1
        self._taken[self._number] = (kind, seat)
        return Place(number=self._number, kind=kind, province=seat.province, people=seat.people)

    def leave(self, number: int) -> None:
        """A user is gone; twice is no matter."""
        kind, seat = self._taken.pop(number, ("", _Seat("")))
        if kind in BRANCH_KINDS:
            self._systems[seat.province] -= 1
        elif kind:
            self._free[kind].append(seat)


def id_prefix(run: str, number: int) -> str:
    """What the ids of one place begin with; no other place of any process has it."""
    return f"{run}-{number}"
