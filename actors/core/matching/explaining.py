"""Why this person: the candidates of one task of a scored round, part by part, and who was removed by what.

It reads the arrays of the round itself (`scoring.Problem`), so what it says is what was decided by. Before the filters of the model stands
presence: somebody who is not signed in, on a break, on the way out, or whose desk is not heard is no candidate at all; these are named in
the same way, as the first thing that removed the person.
"""

from collections.abc import Collection, Mapping, Sequence

from actors.core.ids import OperatorId, TaskId
from actors.core.matching.contributions import fit_contributions, urgency_contributions
from actors.core.matching.eligibility import NAMES
from actors.core.matching.explained import Candidate, MatchPreview
from actors.core.matching.record import Shares
from actors.core.matching.scoring import Problem, Scorer
from actors.core.operators import Operator, PresenceState
from actors.core.task import Task

#: What stands before the filters of the model. `desk` is also one of them: a desk that is not heard.
OFF_DUTY, ON_BREAK, LEAVING, DESK = "off_duty", "on_break", "leaving", "desk"
_AWAY = {
    PresenceState.OFFLINE: OFF_DUTY,
    PresenceState.BREAK: ON_BREAK,
    PresenceState.DRAINING: LEAVING,
}
#: Candidates of whom every part is given; of the others the score alone.
DETAILED_MAX = 20


def away_because(person: Operator, absent: Collection[OperatorId]) -> str:
    """Why somebody takes no work now, whatever the work; empty: they do."""
    return _AWAY.get(person.presence, DESK if person.operator in absent else "")


class Explainer:
    """Explains one task of a scored round.

    Args:
        scorer: what scored it.
        problem: the round.
        task: the task's place in it.
        absent: people whose desks were not heard.
        prices: what people's time was worth in the round, by id; who is missing had none.
        assigned: person -> the task that they got in the round.
        asked_by: whoever asked for work, and takes it though they are on a break; None: nobody did.
    """

    def __init__(
        self,
        scorer: Scorer,
        problem: Problem,
        task: int,
        *,
        absent: Collection[OperatorId] = (),
        prices: Mapping[OperatorId, int] | None = None,
        assigned: Mapping[OperatorId, TaskId] | None = None,
        asked_by: OperatorId | None = None,
    ) -> None:
        self._scorer, self._problem = scorer, problem
        self._task = task
        self._prices = prices or {}
        self._assigned = assigned or {}
        self._keeping = scorer.keeping(problem, task)
        #: The first thing that removes each person; empty: nothing does.
        self.removed_by = [
            (person.operator != asked_by and away_because(person, absent)) or problem.removed_by(task, place) or ""
            for place, person in enumerate(problem.people)
        ]

    def _also(self, place: int) -> tuple[str, ...]:
        """What else keeps somebody from the task: it would be unfair to say that they need only come."""
        kept, first = self._keeping, self.removed_by[place]
        return tuple(name for name in NAMES if name != first and name in kept and not kept[name][place])

    def removed(self) -> dict[str, int]:
        """How many people each filter is the first to remove, most first."""
        counts: dict[str, int] = {}
        for name in self.removed_by:
            if name:
                counts[name] = counts.get(name, 0) + 1
        return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))

    def ranked(self, first: Sequence[OperatorId] = ()) -> list[int]:
        """Places of all people: those named, in that order, then the others by falling score, then the removed ones.

        Ties as a round decides them: whoever has been idle longest, then the smaller id.
        """
        people, fit = self._problem.people, self._problem.fit[self._task]

        def rank(place: int) -> tuple[int, bool, float, int, str]:
            person = people[place]
            named = first.index(person.operator) if person.operator in first else len(first)
            return named, bool(self.removed_by[place]), -float(fit[place]), person.idle_since_ms, person.operator

        return sorted(range(len(people)), key=rank)

    def candidates(self, count_max: int, first: Sequence[OperatorId] = ()) -> tuple[Candidate, ...]:
        """The first `count_max` of `ranked`, the parts of the first `DETAILED_MAX` of them included."""
        places = self.ranked(first)[:count_max]
        return tuple(self._candidate(place, detailed=rank < DETAILED_MAX) for rank, place in enumerate(places))

    def _candidate(self, place: int, *, detailed: bool) -> Candidate:
        person = self._problem.people[place]
        parts = tuple(fit_contributions(self._scorer, self._problem, self._task, place)) if detailed else ()
        return Candidate(
            operator=person.operator,
            display_name=person.display_name,
            score=int(self._problem.fit[self._task, place]),
            contributions=parts,
            removed_by=self.removed_by[place],
            also_removed_by=self._also(place),
            free_capacity=max(0, person.capacity - self._scorer.state.load_of(person.operator)),
            price=self._prices.get(person.operator, 0),
            assigned_task=self._assigned.get(person.operator, ""),
        )


def shares_at(problem: Problem, task: int) -> Shares:
    """How much each dimension counted for a task."""
    efficiency, quality, effectiveness = (int(share) for share in problem.shares[task])
    return Shares(efficiency, quality, effectiveness)


def preview(
    scorer: Scorer,
    task: Task,
    people: Sequence[Operator],
    now_ms: int,
    *,
    absent: Collection[OperatorId],
    count_max: int,
    first: Sequence[OperatorId] = (),
) -> MatchPreview:
    """Whom a waiting task would go to now, if it were alone.

    Args:
        people: everybody to be looked at.
        absent: of them, whose desks are not heard.
        first: people to be shown whatever their rank.
    """
    prices = scorer.state.shadow_prices
    problem = scorer.problem([task], people, now_ms, prices=prices)
    explainer = Explainer(scorer, problem, 0, absent=absent, prices=prices)
    return MatchPreview(
        task_id=task.task_id,
        candidates=explainer.candidates(count_max, first),
        removed=explainer.removed(),
        urgency=int(problem.urgency[0]),
        urgency_contributions=tuple(urgency_contributions(problem, 0)),
        shares=shares_at(problem, 0),
        model_revision=scorer.model.revision,
    )
