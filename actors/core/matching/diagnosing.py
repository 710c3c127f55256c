"""What keeps a task waiting: the one constraint that, lifted, would let it go.

The question is asked from the outside in: does the province hand out work at all; may anybody of the roster do this task; is any of them on
duty; has any of those room; has not declined it; and passes what the day asks (a desk that is heard, quota, shift). The first "no" binds:
nothing behind it would help. If all are "yes", the task goes with the next round, unless it is a guest for whom no people are left (`guests`).

The order of the filters makes one number a pair enough (`eligibility`): rights, skills and conflicts come first, then what passes by itself.
Everybody is filtered as if they had room (`with_room`), and room is asked by itself: to be full is a queue, not a bar.
"""

from collections.abc import Collection, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors.core.country import ProvinceStatus
from actors.core.ids import OperatorId
from actors.core.matching.ahead import Ahead
from actors.core.matching.eligibility import KEPT, NAMES, Mask, removed_counts
from actors.core.matching.explained import Diagnosis, WaitCause
from actors.core.matching.explaining import DESK, away_because
from actors.core.matching.guests import is_kept_back, is_yielding
from actors.core.matching.model import weighted
from actors.core.matching.parameters import Role
from actors.core.matching.points import Curves
from actors.core.matching.record import MatchingModel
from actors.core.matching.scoring import Problem
from actors.core.operators import Operator
from actors.core.queue import GREEN_CHANNEL_CREDIT_MS, rank_ms
from actors.core.state import ProvinceState
from actors.core.task import Task

#: Provinces in these states hand out no work.
CLOSED = (ProvinceStatus.SUSPENDED, ProvinceStatus.UNREACHABLE)
NOBODY_AHEAD = Ahead()
_GREEN = "task_green_channel_flag"
CAPACITY = "capacity"
#: Filters that pass by themselves, by tomorrow at the latest; all others stand before them.
_PASSING = ("quota", "shift", "shift_fit", "declined_before", "capacity", "desk")
_DECLINED = NAMES.index("declined_before")
#: Codes from this one on: the person may do the task, if not today.
_QUALIFIED = len(NAMES) - len(_PASSING)

assert frozenset(NAMES[_QUALIFIED:]) == frozenset(_PASSING), (
    "a lasting filter behind a passing one would be hidden by it"
)
#: Causes that are filters.
_FILTERS_BIND = (WaitCause.NOBODY_QUALIFIED, WaitCause.FILTERED)
#: In the order asked: the first that holds is the cause.
_CAUSES = (
    WaitCause.PROVINCE_CLOSED,
    WaitCause.NOBODY_QUALIFIED,
    WaitCause.NOBODY_ON_DUTY,
    WaitCause.ALL_BUSY,
    WaitCause.DECLINED,
    WaitCause.FILTERED,
    WaitCause.YIELDS,
    WaitCause.NEXT,
)


def with_room(state: ProvinceState) -> list[Operator]:
    """The roster, everybody with room for one task more: to be scored in place of the roster itself."""
    return [
        msgspec.structs.replace(person, capacity=max(person.capacity, state.load_of(person.operator) + 1))
        for person in state.operators.values()
    ]


def unweighted(model: MatchingModel) -> MatchingModel:
    """The model without what only tells people apart: a diagnosis asks filters and urgency, a quarter of the cost."""
    names = [parameter.name for parameter in weighted(model, Role.URGENCY)]
    return msgspec.structs.replace(model, weightings={name: model.weightings[name] for name in names})


class QueueDoctor:
    """Diagnoses waiting tasks of one province.

    Args:
        problem: the tasks with everybody of `with_room`.
        absent: people on duty whose desks are not heard.
        now_ms: wall clock.
        ahead: tasks before these in the queue.
    """

    def __init__(
        self,
        state: ProvinceState,
        problem: Problem,
        *,
        absent: Collection[OperatorId],
        now_ms: int,
        ahead: Ahead = NOBODY_AHEAD,
    ) -> None:
        self._state, self._problem, self._now_ms, self._ahead = state, problem, now_ms, ahead
        people, codes = problem.people, problem.codes
        away = [away_because(person, absent) for person in people]
        on_duty: Mask = np.array([reason in ("", DESK) for reason in away], dtype=np.bool_)
        #: Who has room; whose desks are heard. (people,)
        self._has_room: Mask = np.array(
            [state.load_of(one.operator) < state.operators[one.operator].capacity for one in people], dtype=np.bool_
        )
        self._heard: Mask = np.array([not reason for reason in away], dtype=np.bool_)
        #: Who may do each task; of these, on duty; of these, with room; of these, who have not declined it. (tasks, people)
        self._qualified: Mask = codes >= _QUALIFIED
        self.on_duty: Mask = self._qualified & on_duty
        self._room: Mask = self.on_duty & self._has_room
        self._willing: Mask = self._room & (codes != _DECLINED)
        self._ready: Mask = self._willing & (codes == KEPT) & self._heard
        self._cause_places = self._first_cause()

    def _first_cause(self) -> NDArray[np.int64]:
        """Place of each task's cause in `_CAUSES`, (tasks,)."""
        closed = np.full(len(self._problem.tasks), self._state.status in CLOSED)
        stages = (self._qualified, self.on_duty, self._room, self._willing, self._ready)
        holds = [closed, *(~stage.any(axis=1) for stage in stages), self._kept_back()]
        return np.select(holds, range(len(holds)), default=len(holds)).astype(np.int64)

    def _kept_back(self) -> Mask:
        """Tasks of guests for whom no people are left, (tasks,)."""
        roster, loads = self._state.operators, self._state.load_of
        heard = [
            roster[one.operator] for one, is_heard in zip(self._problem.people, self._heard, strict=True) if is_heard
        ]
        free = [person for person in heard if loads(person.operator) < person.capacity]
        kept = [is_kept_back(self._state, free, task, self._now_ms) for task in self._problem.tasks]
        return np.array(kept, dtype=np.bool_)

    def causes(self) -> dict[WaitCause, int]:
        """All tasks by cause, most first."""
        counts = np.bincount(self._cause_places, minlength=len(_CAUSES))
        found = {cause: int(count) for cause, count in zip(_CAUSES, counts, strict=True) if count}
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))

    def diagnose(self, task: int) -> Diagnosis:
        """What the task at a place of the problem waits for."""
        record, cause = self._problem.tasks[task], _CAUSES[int(self._cause_places[task])]
        concerned = self._concerned(task, cause)
        removed, green_gain = self._removed(task, cause, concerned), self._green_gain(task)
        return Diagnosis(
            task_id=record.task_id,
            cause=cause,
            filter=next(iter(removed), "") if cause in _FILTERS_BIND else "",
            removed=removed,
            suitable=int(concerned.sum()) - sum(removed.values()),
            roster=len(self._problem.people),
            qualified=int(self._qualified[task].sum()),
            on_duty=int(self.on_duty[task].sum()),
            free=int(self._room[task].sum()),
            tasks_before=self._tasks_before(task),
            green_gain=green_gain,
            tasks_before_if_green=self._tasks_before(task, green_gain, GREEN_CHANNEL_CREDIT_MS if green_gain else 0),
            waiting_ms=max(0, self._now_ms - record.taken_in_ms),
            home_only=record.spec.home_only,
            is_yielding=is_yielding(self._state, record, self._now_ms),
            status=self._state.status.value if cause is WaitCause.PROVINCE_CLOSED else "",
            opens_ms=self._opens_ms(record),
        )

    def _opens_ms(self, task: Task) -> int:
        opens_ms = self._state.calendar.next_opening_ms(self._now_ms, task.line)
        return 0 if opens_ms is None or opens_ms == self._now_ms else opens_ms

    def _concerned(self, task: int, cause: WaitCause) -> Mask:
        """The people of whom the cause speaks, (people,): the roster, who might come, who might have room, or who has."""
        match cause:
            case WaitCause.PROVINCE_CLOSED:
                return np.zeros(len(self._problem.people), dtype=np.bool_)
            case WaitCause.NOBODY_QUALIFIED:
                return np.ones(len(self._problem.people), dtype=np.bool_)
            case WaitCause.NOBODY_ON_DUTY:
                return self._qualified[task]
            case WaitCause.ALL_BUSY:
                return self.on_duty[task]
            case _:
                return self._room[task]

    def _removed(self, task: int, cause: WaitCause, concerned: Mask) -> dict[str, int]:
        """How many of the people concerned each filter removes, most first: the cause, or what else would keep them."""
        codes = self._problem.codes[task]
        if cause is WaitCause.NOBODY_ON_DUTY:
            # Who went on a break with full hands comes back with them.
            name, before = CAPACITY, ~self._has_room & (codes == KEPT)
        else:
            name, before = DESK, self._qualified[task] & ~self._heard
        count = int((concerned & before).sum())
        [counts] = removed_counts(self._problem.codes[task : task + 1, concerned & ~before])
        return _most_first(counts | ({name: count} if count else {}))

    def _green_gain(self, task: int) -> int:
        """Urgency that the green channel would add to a task without it."""
        weighting = self._state.model.weightings.get(_GREEN)
        if weighting is None or self._problem.tasks[task].spec.green_channel:
            return 0
        without, with_it = Curves([weighting.curve]).points(np.array([[0.0, 1.0]]))[0]
        return weighting.weight(self._problem.tasks[task].line) * int(with_it - without)

    def _tasks_before(self, task: int, gain: int = 0, credit_ms: int = 0) -> int:
        """More urgent tasks, and tasks before these in the queue, that somebody on duty who may do this one may do as well.

        Args:
            task: its place in the problem.
            gain: further urgency.
            credit_ms: further credit in the queue.
        """
        more_urgent = np.flatnonzero(self._problem.urgency > self._problem.urgency[task] + gain)
        mine = self.on_duty[task]
        beside = int((self.on_duty[more_urgent] & mine).any(axis=1).sum())
        return beside + self._ahead.count(mine, rank_ms(self._problem.tasks[task]) - credit_ms)


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda entry: -entry[1]))


def most_urgent_first(problem: Problem) -> Sequence[int]:
    """Places of the tasks by falling urgency, ties in the order given."""
    order: list[int] = np.argsort(-problem.urgency, kind="stable").tolist()
    return order
