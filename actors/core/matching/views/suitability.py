"""Tasks against people where it is not statistics that count: rights, skills, and names that stand in the task."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from actors.core.country import Line, Skill
from actors.core.ids import OperatorId
from actors.core.matching.views.pairs import NAN, Candidates, PairView
from actors.core.matching.views.people import AUTHORITY, LINE_PLACES, RECORDED
from actors.core.statistics.storage import FloatArray as Values
from actors.core.task import PriorReason, Task


class Needs(NamedTuple):
    """What a task asks of whoever decides it."""

    line: Line
    #: Asked for by the task, its kind or a referral.
    authority: int
    #: Asked for by the model's table of amounts; of people whose authority is recorded only.
    amount_authority: int
    skills: tuple[Skill, ...]
    privacy_level: int
    #: A dispute or a fraud alert: nobody on probation.
    delicate: bool = False


class NeedsPairs(PairView):
    """What tasks need against what people have."""

    def __init__(self, keys: Sequence[Needs], candidates: Candidates) -> None:
        super().__init__(keys, candidates)
        self.needs = keys

    @cached_property
    def authority_margin(self) -> Values:
        """Authority held less authority needed; below 0 excludes."""
        lines = [LINE_PLACES[need.line] for need in self.needs]
        columns = self.candidates.columns.matrix
        held, recorded = columns[[AUTHORITY + line for line in lines]], columns[[RECORDED + line for line in lines]]
        asked = self.per_value([need.authority for need in self.needs])
        by_amount = self.per_value([max(need.authority, need.amount_authority) for need in self.needs])
        return held - np.where(recorded > 0, by_amount, asked)

    @cached_property
    def _skill_margins(self) -> list[Values]:
        """Per value: level held less level required, (skills, people)."""
        roster, rows = self.candidates.roster, self.candidates.rows
        return [
            roster.skills.table([skill.skill for skill in need.skills], rows)
            - self.per_value([skill.level for skill in need.skills])
            for need in self.needs
        ]

    @property
    def skill_coverage(self) -> Values:
        """Mandatory skills met over required; 1 where none is."""
        full = np.ones(len(self.candidates.rows))
        return np.stack([(margins >= 0).mean(axis=0) if len(margins) else full for margins in self._skill_margins])

    @property
    def skill_min_margin(self) -> Values:
        """The least of level held less level required; NaN where no skill is."""
        none = np.full(len(self.candidates.rows), NAN)
        return np.stack([margins.min(axis=0) if len(margins) else none for margins in self._skill_margins])

    @property
    def privacy_margin(self) -> Values:
        """Clearance less privacy level; below 0 excludes."""
        levels = self.per_value([need.privacy_level for need in self.needs])
        return self.candidates.columns.clearance - levels


class LanguagePairs(PairView):
    """Languages and dialects of tasks against people."""

    def __init__(self, keys: Sequence[str], candidates: Candidates) -> None:
        super().__init__(keys, candidates)
        self.languages = keys

    @property
    def spoken(self) -> Values:
        """1 where the person speaks it."""
        return self.candidates.roster.languages.table(self.languages, self.candidates.rows)


class CustomerPairs(PairView):
    """Customers against people."""

    def __init__(self, keys: Sequence[str], candidates: Candidates) -> None:
        super().__init__(keys, candidates)
        self.customers = keys

    @property
    def since_last_minutes(self) -> Values:
        """Time since the person decided for the customer; NaN: not lately."""
        result, reading, place_of = self.unknown, self.candidates.reading, self.candidates.place_of
        found = [
            (place, place_of[OperatorId(name)], at_ms)
            for place, customer in enumerate(self.customers)
            for name, at_ms in reading.statistics.customers.of(customer)
            if OperatorId(name) in place_of
        ]
        if found:
            places, columns, times = np.array(found).T
            result[places, columns] = np.maximum(0, (reading.minute_ms - times) // 60_000)
        return result


class Family(NamedTuple):
    """A case, and who is known to know it besides those whom the statistics remember."""

    case_id: str
    knows: tuple[OperatorId, ...]


class CasePairs(PairView):
    """Cases against people."""

    def __init__(self, keys: Sequence[Family], candidates: Candidates) -> None:
        super().__init__(keys, candidates)
        self.families = keys

    @property
    def handled(self) -> Values:
        """1 where the person decided another task of the case, or had this very one; NaN where nobody did."""
        return self.flags(
            [[*family.knows, *deciders_of_case(self.candidates, family.case_id)] for family in self.families]
        )


class TaskPairs(PairView):
    """Single tasks that name people against the candidates.

    Args:
        another: a disputed task goes to nobody who decided it, or another of its case, before.
    """

    def __init__(self, keys: Sequence[Task], candidates: Candidates, now_ms: int, *, another: bool) -> None:
        super().__init__(keys, candidates)
        self.tasks = keys
        self._now_ms = now_ms
        self._another = another

    @property
    def preferred(self) -> Values:
        """1 for the operator whom the source system names."""
        return self.flags([[OperatorId(name)] if (name := task.spec.preferred_operator) else [] for task in self.tasks])

    @property
    def declined(self) -> Values:
        """1 for those whose refusal of this task is still remembered."""
        remembered = [
            [decline.operator for decline in task.declines if decline.is_remembered(self._now_ms)]
            for task in self.tasks
        ]
        return self.flags(remembered)

    @property
    def prior_decider(self) -> Values:
        """1 for those who decided what is now appealed or disputed."""
        return self.flags([self._deciders(task) for task in self.tasks])

    def _deciders(self, task: Task) -> list[OperatorId]:
        spec = task.spec
        if not self._another or not (spec.dispute or spec.prior_reason is PriorReason.APPEALED):
            return []
        named = [OperatorId(spec.prior_operator)] if spec.prior_operator else []
        return named + deciders_of_case(self.candidates, spec.case_id)

    @property
    def conflict(self) -> Values:
        """1 for those whom the task excludes, and for those whose roster entry names its customer."""
        result = self.flags([list(task.spec.excluded_operators) for task in self.tasks])
        for place, task in enumerate(self.tasks):
            rows = self.candidates.roster.conflicts.get(task.spec.customer_id)
            if rows:
                hit = np.isin(self.candidates.rows, list(rows))
                result[place] = np.fmax(result[place], hit)
        return result


def deciders_of_case(candidates: Candidates, case_id: str) -> list[OperatorId]:
    """Who decided a task of the case lately."""
    known = candidates.reading.statistics.cases.of(case_id) if case_id else ()
    return [OperatorId(name) for name, _ in known]
