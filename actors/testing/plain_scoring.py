"""A scorer of a few lines, for seeds that are about something else than the match.

Theory of operation
-------------------
Rounds, fetches and moves ask a scorer who may do what and how well it suits; that no task is lost or decided twice does not hang on its answers.
Real points are a third of what a seed costs, so three of four seeds ask this scorer: it knows the rights that a task asks for, exclusions, declines
that are remembered, and room; it prefers nobody, and waiting alone makes a task urgent. The other seeds score as live provinces do
(`Storm.scores_for_real`), under the same faults. Refused: a smaller matching model, whose filters and views cost as much for a province of four
people as those of the shipped one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from actors.core.clock import MINUTE_MS
from actors.core.ids import OperatorId
from actors.core.matching.eligibility import KEPT, NAMES, Codes
from actors.core.matching.record import MatchingModel
from actors.core.matching.scoring import Problem, Scorer
from actors.core.operators import Operator
from actors.core.state import ProvinceState
from actors.core.task import Task

_KIND, _AUTHORITY, _SHARE_OPT_IN, _CONFLICT, _DECLINED_BEFORE, _CAPACITY = map(
    NAMES.index, ("kind", "authority", "share_opt_in", "conflict", "declined_before", "capacity")
)
#: Nobody asks what a plain score is made of.
_UNEXPLAINED: Any = None


class PlainScorer(Scorer):
    """Scores rounds of one province by hardly anything.

    Args:
        state: the province's hard state.
        model: only its ageing counts.
    """

    def __init__(self, state: ProvinceState, model: MatchingModel) -> None:
        # The parent would compile the model and keep a bank of its points: neither is asked here.
        self.state = state
        self.model = model

    def problem(
        self,
        tasks: Sequence[Task],
        people: Sequence[Operator],
        now_ms: int,
        *,
        prices: Mapping[OperatorId, int] | None = None,
        silence_seconds: Mapping[OperatorId, float] | None = None,
    ) -> Problem:
        """Filter some open tasks against some people; of points there are those for waiting alone."""
        codes = self.verdicts(tasks, people, now_ms)
        minutes = [max(0, (now_ms - task.created_ms) // MINUTE_MS) for task in tasks]
        waited = np.array(minutes, dtype=np.int64)
        ageing = waited * self.model.ageing_per_minute
        return Problem(
            tasks=tasks,
            people=people,
            eligible=codes == KEPT,
            fit=np.zeros(codes.shape),
            urgency=ageing,
            codes=codes,
            shares=np.zeros((len(tasks), 3), dtype=np.int64),
            kept=_UNEXPLAINED,
            extras=_UNEXPLAINED,
            weights=_UNEXPLAINED,
            urgencies=_UNEXPLAINED,
            shifts=_UNEXPLAINED,
            waited_minutes=waited,
            ageing=ageing,
            candidates=_UNEXPLAINED,
        )

    def verdicts(self, tasks: Sequence[Task], people: Sequence[Operator], now_ms: int) -> Codes:
        """The first filter that removes each person from each task."""
        return np.array([[self._code(task, person, now_ms) for person in people] for task in tasks], dtype=np.uint8)

    def _code(self, task: Task, person: Operator, now_ms: int) -> int:
        """The first filter that removes the person, or `KEPT`; in the order of `eligibility.FILTERS`."""
        spec = task.spec
        if spec.kind not in person.kinds:
            return _KIND
        if person.authority.get(task.line, 0) < max(spec.required_authority, task.required_authority):
            return _AUTHORITY
        if task.home != self.state.province and not person.share_opt_in:
            return _SHARE_OPT_IN
        if person.operator in spec.excluded_operators:
            return _CONFLICT
        if any(one.operator == person.operator and one.is_remembered(now_ms) for one in task.declines):
            return _DECLINED_BEFORE
        return KEPT if self.state.load_of(person.operator) < person.capacity else _CAPACITY
