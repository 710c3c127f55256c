"""Ways of deciding to compare with. None of them but `WhoeverDidIt` lets a task wait while somebody free may do it."""

from collections.abc import Callable, Mapping, Sequence

from actors.core.matching.planner import PlannerTask
from actors.core.matching.planning.draws import Draws


class _Unlearning:
    """Hears of finished tasks and makes nothing of it."""

    def observe(self, task: PlannerTask, operator_id: str, minutes: float, now: float) -> None:
        """Does nothing."""


class FirstComeFirstServed(_Unlearning):
    """The oldest task goes to whoever has been free for longest."""

    def plan(
        self, tasks: Sequence[PlannerTask], operators: Sequence[str], now: float, pools: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, str]]:
        """Takes the tasks by age and the people in the order given."""
        return _one_by_one(sorted(tasks, key=lambda task: task.arrived), list(operators), pools, lambda people: 0)


class AtRandom(_Unlearning):
    """Any task, any person who may do it."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed)

    def plan(
        self, tasks: Sequence[PlannerTask], operators: Sequence[str], now: float, pools: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, str]]:
        """Shuffles the tasks and draws a person for each."""
        shuffled = list(tasks)
        for last in range(len(shuffled) - 1, 0, -1):
            other = self._draws.below(last + 1)
            shuffled[last], shuffled[other] = shuffled[other], shuffled[last]
        return _one_by_one(shuffled, list(operators), pools, lambda people: self._draws.below(len(people)))


class ShortestProcessingTime(_Unlearning):
    """Again and again the pair of fewest expected minutes. It is told every pair's true mean, which the planner has to learn."""

    def __init__(self, expected_minutes: Callable[[str, str], float]) -> None:
        """Takes (operator, kind) -> minutes."""
        self._expected_minutes = expected_minutes

    def plan(
        self, tasks: Sequence[PlannerTask], operators: Sequence[str], now: float, pools: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, str]]:
        """Sorts kinds x people by minutes; of a kind, the oldest task first."""
        by_kind: dict[str, list[PlannerTask]] = {}
        for task in sorted(tasks, key=lambda task: -task.arrived):
            by_kind.setdefault(task.kind, []).append(task)
        members = {kind: frozenset(pools.get(kind, ())) for kind in by_kind}
        pairs = sorted(
            (self._expected_minutes(operator, kind), kind, operator)
            for kind in by_kind
            for operator in operators
            if operator in members[kind]
        )
        taken: dict[str, str] = {}
        for _, kind, operator in pairs:
            if operator not in taken and by_kind[kind]:
                taken[operator] = by_kind[kind].pop().id
        return [(task, operator) for operator, task in taken.items()]


class ShortestLearning(ShortestProcessingTime):
    """The same by what it has seen itself: the pair's plain mean, before that the kind's, before that anybody's. What the planner may be held against."""

    def __init__(self) -> None:
        super().__init__(self._seen_minutes)
        #: (operator, kind), kind and everything -> minutes seen, tasks seen.
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}

    def observe(self, task: PlannerTask, operator_id: str, minutes: float, now: float) -> None:
        """Adds the task to its pair's, its kind's and everybody's mean."""
        del now
        for key in ((operator_id, task.kind), (task.kind,), ()):
            before, count = self._seen.get(key, (0.0, 0))
            self._seen[key] = (before + minutes, count + 1)

    def _seen_minutes(self, operator: str, kind: str) -> float:
        seen = self._seen.get((operator, kind)) or self._seen.get((kind,)) or self._seen.get((), (0.0, 1))
        return seen[0] / seen[1]


class WhoeverDidIt(_Unlearning):
    """Each task goes to the person who really did it, who takes their own tasks in the order in which they really began them."""

    def __init__(self, done: Mapping[str, tuple[str, float]]) -> None:
        """Takes task id -> (operator, when they began it)."""
        self._done = done

    def plan(
        self, tasks: Sequence[PlannerTask], operators: Sequence[str], now: float, pools: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, str]]:
        """Gives everybody free the first of their own tasks that has arrived."""
        free = set(operators)
        pairs: list[tuple[str, str]] = []
        for task in sorted(tasks, key=lambda task: self._done[task.id][1]):
            operator = self._done[task.id][0]
            if operator in free:
                free.discard(operator)
                pairs.append((task.id, operator))
        return pairs


def _one_by_one(
    tasks: Sequence[PlannerTask],
    free: list[str],
    pools: Mapping[str, Sequence[str]],
    choose: Callable[[Sequence[str]], int],
) -> list[tuple[str, str]]:
    """Gives the tasks in their order; `choose` says which of those who may do one gets it."""
    members = {kind: frozenset(pools.get(kind, ())) for kind in dict.fromkeys(task.kind for task in tasks)}
    pairs: list[tuple[str, str]] = []
    nobody: dict[str, None] = {}
    for task in tasks:
        if not free:
            break
        if task.kind in nobody:
            continue
        able = [operator for operator in free if operator in members[task.kind]]
        if able:
            operator = able[choose(able)]
            free.remove(operator)
            pairs.append((task.id, operator))
        else:
            nobody[task.kind] = None
    return pairs
