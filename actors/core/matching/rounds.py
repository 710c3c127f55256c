"""One round of matching in a province: the tasks that wait and the people who are free now, solved together.

Theory of operation
-------------------
A round is a pure function of the hard state, of who of the free people is heard, and of the instant. It takes the foremost tasks
(`waiting`), has the scorer filter and score them against all those people (`scoring`), and finds, of the pairings that serve as many tasks
as can be served, the one of the greatest sum of ``urgency + fit``, with certificate (`policy.start_most`: what the planner does with tasks that may
not wait any longer; here no task may). The event `MatchRoundHeld`
that is written before the pairs names the instant and who was not heard; all else is in the journal, so `rerun` comes to the same candidates, points and winners a
day later, and nothing but those need be kept.

* Everybody takes one task a round at most, since work in hand changes how well the next one suits; the caller holds rounds until one
  gives nothing (`ROUNDS_MAX` a batch), so capacity above one fills up in a batch as well, each time with fresh points.
* Nothing waits on purpose: nobody who is busy is counted on, and nobody stays idle beside a task of the round for the sake of points. In a province points
  tell far more than minutes (quality, rights, fairness), so that the policy's lists, which trade points against minutes, would queue a
  day's work behind the best person while others sit idle, which is what users of such systems complain of first.
* Ties: of tasks with equal points the one of earlier rank wins, exactly (points are multiplied by `TIE_STEPS` to make room for the place
  in rank order); of people the one who has been idle longest, then the smaller id, where nobody competes.
* Scarce people are kept for what only they can do: by the joint solution within a round, and from one round to the next by their price, which
  `operator_shadow_price` reads.
* One suitable task or one person is no problem to be solved: the greatest sum is taken directly.
* What an evacuation brought is looked at when nothing else suits anybody, and leaves people for what arrives here anyway (`guests`).

The bound on waiting. Let B be `model.waiting_bound_minutes` and let task t wait, suited to a free person p of the round and among its
tasks. Then t is given in this round, or p takes a task s that was taken in less than B minutes after t. Proof by swapping: if p took
nothing, giving t to p would serve a task more, so the solution were not optimal. If p takes s and t is left, then giving t to p and leaving s changes the sum by ``urgency(t) + fit(t, p)`` less
``urgency(s) + fit(s, p)``. Were s taken in B minutes or more after t, ageing alone would make up for all that other parameters can say
(that is how B is defined), so that the difference were above nought (or nought, and then rank decides for t): again not optimal. So what
goes before t was taken in less than B minutes after it: finitely many, each gone once given. And t does come among the round's tasks:
what stands before it in rank order came at most eight hours after it (`queue`), and what there suits nobody is passed over. A task in the
middle of unsuitable ones of its own bucket, more than `bucket_scan_max` deep, waits for those to move. Guests that yield have a bound of their own
first (`guests.PATIENCE_MS`) and then this one.
"""

from collections.abc import Callable, Collection, Sequence
from operator import attrgetter

import msgspec
import numpy as np

from actors.core.clock import MINUTE_MS
from actors.core.events import MatchRoundHeld, Routing
from actors.core.ids import KindId, OperatorId, TaskId
from actors.core.matching.assignment.barring import ceiling
from actors.core.matching.assignment.result import FloatArray, IntArray, Method
from actors.core.matching.eligibility import removed_counts
from actors.core.matching.guests import GuestPlaces, guest_kinds
from actors.core.matching.policy import start_most
from actors.core.matching.record import MatchingModel
from actors.core.matching.scoring import Problem, Scorer
from actors.core.matching.waiting import DEEP_TASKS_MAX, Looked, deeper, foremost
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.task import Task

WHO = "system:matcher"
#: Version of what this program makes of a journal and a model: what events teach, filters, values, points, solution, as a test knows them
#: by their results. It rises whenever the same journal and model come to another result, so that a decision from before an upgrade is
#: known as such. 1: newcomers are tried out; quality without reviews is the usual one. 2: guests yield. 3: they yield by what a young history
#: tells of arrivals, too. 4: a round serves as many tasks as it can. 0 stands for everything before.
RULES_VERSION = 4
#: Rounds after one batch, enough for one person of the greatest capacity; the rest follows in the next.
ROUNDS_MAX = 64
#: Task x person pairs of a round. With more people than this many pairs allow, fewer tasks are looked at.
PAIRS_MAX = 100_000
#: Runners-up kept with a decision.
RUNNERS_UP_MAX = 4
#: A point is so many steps, more than the places in rank order of all tasks of a round can add up to.
TIE_STEPS = 1 << 16

assert DEEP_TASKS_MAX * (DEEP_TASKS_MAX - 1) // 2 < TIE_STEPS, "places in rank order must never outweigh a point"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A task and the person it should go to."""

    task_id: TaskId
    operator: OperatorId
    routing: Routing


class Round(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A round that gave something, or was held again."""

    #: To be written before the pairs.
    event: MatchRoundHeld
    #: By task, in rank order.
    matches: tuple[Match, ...]
    #: What it was decided on, tasks and people scored, and by which scorer: explanations are read from them. Ask before the next event only.
    problem: Problem
    scorer: Scorer


class Matcher:
    """The scorer of a province, kept between rounds. It holds nothing that the state and the minute do not say.

    Args:
        scorer: makes one for a state and a model; a simulation that is about something else than the match brings its own.
    """

    def __init__(self, scorer: Callable[[ProvinceState, MatchingModel], Scorer] = Scorer) -> None:
        self._make = scorer
        self._scorer: Scorer | None = None
        #: Who was heard, and in which minute, when a round gave nothing; None: that is not known, or something has happened since.
        self._in_vain: tuple[tuple[OperatorId, ...], int] | None = None

    def scorer(self, state: ProvinceState) -> Scorer:
        """The scorer of this state by the model in force."""
        if self._scorer is None or self._scorer.state is not state or self._scorer.model is not state.model:
            self._scorer = self._make(state, state.model)
        return self._scorer

    def note_event(self) -> None:
        """Something happened: what gave nothing may give something now."""
        self._in_vain = None

    def hold_round(self, state: ProvinceState, heard: Sequence[OperatorId], now_ms: int) -> Round | None:
        """Decide one round of everybody who is free and heard; None: nothing that waits suits anybody.

        A round is a function of state, of who is heard, of the minute, and of the instant only where declines are remembered. So one that
        gave nothing is not held again before one of these has changed: else people who suit nothing that waits would cost a round with
        every heartbeat.
        """
        asked = tuple(heard), now_ms // MINUTE_MS
        if asked == self._in_vain:
            return None
        held = hold_round(self.scorer(state), heard, now_ms)
        if held is None and not state.queue.has_declined:
            self._in_vain = asked
        return held


def hold_round(
    scorer: Scorer,
    heard: Collection[OperatorId],
    now_ms: int,
    *,
    asked_by: OperatorId | None = None,
    kinds: tuple[KindId, ...] = (),
) -> Round | None:
    """Decide one round; None: nothing that waits suits anybody.

    Args:
        heard: free people (or the one who asks) whose desks are heard, in any order.
        now_ms: wall clock.
        asked_by: the one person that the round is for; None: everybody who is free.
        kinds: only tasks of these; empty: of all.
    """
    state = scorer.state
    # Sorting is stable, and sorting twice by what can be compared at once is faster than once by pairs.
    people = sorted(map(state.operators.__getitem__, sorted(heard)), key=_IDLE_SINCE)
    found = _problem_of(scorer, people, Looked(kinds, guests=False, now_ms=now_ms))
    if found is None:
        found = _of_guests(scorer, people, Looked(kinds, guests=True, now_ms=now_ms), keeps_people=asked_by is None)
    if found is None:
        return None
    problem, rows = found
    pairs, solution = _decide(problem, rows)
    prices = () if solution.prices is None else _prices(solution.prices, problem.people)
    absent, heard_only = (), False
    if asked_by is None:
        absent, heard_only = _absent(state, heard)
    event = MatchRoundHeld(
        at_ms=now_ms,
        who=WHO,
        round=state.round_number + 1,
        absent=absent,
        heard_only=heard_only,
        asked_by=asked_by,
        kinds=kinds,
        method=solution.method,
        certified=solution.gap == 0,
        gap=solution.gap,
        tasks=len(problem.tasks),
        people=len(problem.people),
        model_revision=state.model.revision,
        rules_version=RULES_VERSION,
        prices=prices,
        is_priced=solution.is_priced,
    )
    return Round(event=event, matches=_matches(state, event.round, problem, pairs), problem=problem, scorer=scorer)


def rerun(state: ProvinceState, held: MatchRoundHeld) -> Round:
    """Hold a round again.

    Args:
        state: as of before `held`; it is not changed.

    Raises:
        ValueError: this state is not the one that the round was held on.
    """
    if held.round != state.round_number + 1:
        raise ValueError(f"round {held.round} does not follow round {state.round_number}")
    heard = heard_in(state, held)
    again = hold_round(Scorer(state, state.model), heard, held.at_ms, asked_by=held.asked_by, kinds=held.kinds)
    if again is None:
        raise ValueError(f"round {held.round} gives nothing on this state")
    return again


def heard_in(state: ProvinceState, held: MatchRoundHeld) -> Sequence[OperatorId]:
    """The free people who were heard when a round was held, or the one who asked.

    Args:
        state: as of before `held`.
    """
    if held.asked_by is not None:
        return (held.asked_by,)
    if held.heard_only:
        return held.absent
    absent = frozenset(held.absent)
    return [name for name in state.free if name not in absent]


_IDLE_SINCE = attrgetter("idle_since_ms")


def _absent(state: ProvinceState, heard: Collection[OperatorId]) -> tuple[tuple[OperatorId, ...], bool]:
    """The shorter of those who were not heard, and (then the second is true) those who were; by id. `heard_in` reads it."""
    if len(heard) == len(state.free):
        return (), False
    if 2 * len(heard) < len(state.free):
        return tuple(sorted(heard)), True
    present = frozenset(heard)
    return tuple(sorted(name for name in state.free if name not in present)), False


# --- what is looked at ---


def _problem_of(scorer: Scorer, people: list[Operator], looked: Looked) -> tuple[Problem, list[int]] | None:
    """Tasks and people scored, and the tasks that suit somebody, in rank order; None: there is none."""
    tasks = foremost(scorer.state, people, looked)
    if not tasks:
        return None
    problem, suited = _scored(scorer, tasks, people, looked.now_ms)
    if len(suited) < len(problem.tasks):
        unsuitable = {task.task_id: None for row, task in enumerate(problem.tasks) if row not in suited}
        further = deeper(scorer.state, people, looked, unsuitable)
        if len(further) > len(suited):
            problem, suited = _scored(scorer, further, people, looked.now_ms)
    return (problem, suited) if suited else None


def _of_guests(
    scorer: Scorer, people: list[Operator], looked: Looked, *, keeps_people: bool
) -> tuple[Problem, list[int]] | None:
    """The same of guests. Where all people are kept for others nothing is scored: thousands may wait, and more come with every batch.

    Args:
        keeps_people: only as many as leave people for the branch's own work.
    """
    if not keeps_people:
        return _problem_of(scorer, people, looked)
    waiting = guest_kinds(scorer.state, looked.kinds, looked.now_ms)
    if not waiting:
        return None
    places = GuestPlaces(scorer.state, people, looked.now_ms)
    kinds = [kind for kind in waiting if places.of(kind) > 0]
    found = _problem_of(scorer, people, looked._replace(kinds=kinds)) if kinds else None
    if found is None:
        return None
    problem, suited = found
    rows = places.admit(problem.tasks, suited)
    return (problem, rows) if rows else None


def _scored(scorer: Scorer, tasks: list[Task], people: list[Operator], now_ms: int) -> tuple[Problem, list[int]]:
    """Some tasks and those of the people who do their kinds, scored; and the rows of the tasks that suit somebody."""
    does_none = frozenset([task.spec.kind for task in tasks]).isdisjoint
    able = [person for person in people if not does_none(person.kinds)]
    tasks = tasks[: max(1, PAIRS_MAX // len(able))]
    problem = scorer.problem(tasks, able, now_ms, prices=scorer.state.shadow_prices)
    return problem, np.flatnonzero(problem.eligible.any(axis=1)).tolist()


# --- who gets what ---


class _Solution(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """How the pairs were found."""

    method: Method
    gap: int = 0
    #: (people,) in points; None: nobody was sought after.
    prices: IntArray | None = None

    @property
    def is_priced(self) -> bool:
        """Whether people were sought after."""
        return self.prices is not None


def _decide(problem: Problem, rows: list[int]) -> tuple[list[tuple[int, int]], _Solution]:
    """(row of the task, column of the person) of each pair by row."""
    if len(rows) == 1:
        fit = np.where(problem.eligible[rows[0]], problem.fit[rows[0]], -np.inf)
        return [(rows[0], int(fit.argmax()))], _Solution(method=Method.SINGLE)
    if len(problem.people) == 1:
        sums = np.where(problem.eligible[:, 0], problem.urgency + problem.fit[:, 0], -np.inf)
        return [(int(sums.argmax()), 0)], _Solution(method=Method.SINGLE)
    eligible = problem.eligible if len(rows) == len(problem.eligible) else problem.eligible.take(rows, axis=0)
    solution = start_most(_in_steps(problem, rows), eligible, np.ones(len(problem.people), np.int64))
    pairs = [(rows[place], person) for place, person in solution.pairs]
    prices = (solution.operator_prices // TIE_STEPS).astype(np.int64)
    return pairs, _Solution(
        method=solution.method, gap=int(-(-solution.gap // TIE_STEPS)), prices=prices if prices.any() else None
    )


def _in_steps(problem: Problem, rows: list[int]) -> FloatArray:
    """(tasks, people) what giving each of these tasks to each person is worth, in steps that leave room for the place in rank order."""
    places = np.arange(len(rows) - 1, -1, -1, dtype=np.float64)
    # Taking all rows would copy them number by number.
    fit = problem.fit if len(rows) == len(problem.fit) else problem.fit.take(rows, axis=0)
    steps = fit.astype(np.float64)
    steps *= TIE_STEPS
    steps += (problem.urgency[rows] * float(TIE_STEPS) + places)[:, None]
    return steps


def _prices(prices: IntArray, people: Sequence[Operator]) -> tuple[tuple[OperatorId, int], ...]:
    """What a place with each is worth over one with the cheapest of them, by id: when all are busy, everybody's place is worth something."""
    above = prices - prices.min()
    dear = np.flatnonzero(above)
    numbers: list[int] = above[dear].tolist()
    return tuple(sorted((people[place].operator, price) for place, price in zip(dear.tolist(), numbers, strict=True)))


# --- how it is told ---


def _matches(
    state: ProvinceState, number: int, problem: Problem, pairs: Sequence[tuple[int, int]]
) -> tuple[Match, ...]:
    people = problem.people
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    points = _whole(problem.fit[rows, columns])
    urgency: list[int] = problem.urgency[rows].tolist()
    shares: list[list[int]] = problem.shares[rows].tolist()
    others = _runners_up(problem, rows, columns)
    removed = removed_counts(problem.codes[rows])
    return tuple(
        Match(
            task_id=problem.tasks[row].task_id,
            operator=people[column].operator,
            routing=Routing(
                points=points[place],
                urgency=urgency[place],
                shares=tuple(shares[place]),
                runners_up=others[place],
                considered=len(people),
                removed=removed[place],
                round=number,
                model_revision=state.model.revision,
                kinds_revision=state.kinds_revision,
            ),
        )
        for place, (row, column) in enumerate(pairs)
    )


def _whole(points: FloatArray) -> list[int]:
    return points.astype(np.int64).tolist()


def _runners_up(
    problem: Problem, rows: Sequence[int], columns: Sequence[int]
) -> list[tuple[tuple[OperatorId, int], ...]]:
    """(person, fit) of the best others for each pair's task, whether or not they got another; of equal ones the first column's."""
    people = problem.people
    others: list[list[tuple[OperatorId, int]]] = [[] for _ in rows]
    every = np.arange(len(rows))
    left = np.minimum(problem.fit, ceiling(problem.eligible, problem.fit)).take(rows, axis=0)
    taken = np.array(columns)
    for _ in range(min(RUNNERS_UP_MAX, len(people) - 1)):
        left[every, taken] = -np.inf
        taken = left.argmax(axis=1)
        places: list[int] = taken.tolist()
        best: list[float] = left[every, taken].tolist()
        for mine, column, fit in zip(others, places, best, strict=True):
            if fit > -np.inf:
                mine.append((people[column].operator, int(fit)))
    return [tuple(mine) for mine in others]
