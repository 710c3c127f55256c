"""What is worked out in every round: names that stand in single tasks, cases and customers, and what depends on colleagues."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from actors.core.matching.assignment.result import FloatArray as PointsArray
from actors.core.matching.bank import Bank
from actors.core.matching.compiled import CompiledModel, Group
from actors.core.matching.eligibility import Codes, first_removing
from actors.core.matching.filtering import filters_of
from actors.core.matching.folding import fold
from actors.core.matching.keys import Said
from actors.core.matching.parameters import Attribute
from actors.core.matching.views.duty import DutyView
from actors.core.matching.views.pairs import Candidates
from actors.core.matching.views.suitability import (
    CasePairs,
    CustomerPairs,
    Family,
    TaskPairs,
    deciders_of_case,
)
from actors.core.statistics.storage import FloatArray, IntArray
from actors.core.task import Task

_ATTRIBUTES = (Attribute.DUTY, Attribute.CUSTOMER, Attribute.CASE, Attribute.TASK)
#: Those of them that have filters.
FILTERING = (Attribute.DUTY, Attribute.TASK)


class Extra(NamedTuple):
    """An attribute's parameters in one round."""

    group: Group
    view: object
    #: Number of the first of its keys; the others follow.
    first: int
    #: (parameters, values, people).
    values: FloatArray
    #: (scored, values, people).
    points: FloatArray
    #: Verdicts of the filters, (values, people); None: they remove nobody.
    codes: Codes | None
    #: Number of each task's key; -1: none. (tasks,)
    place: IntArray

    def add_to(self, fit: PointsArray, weights: IntArray, reach: int) -> None:
        """Add weight x points of each pair, as far as it is concerned.

        Args:
            fit: (tasks, people), whole numbers.
            weights: effective weights of all that makes up the fit, (tasks, parameters).
            reach: as of `folding.fold`.
        """
        scored, values = self.points.shape[:2]
        own = weights[:, self.group.start : self.group.start + scored]
        concerned = np.flatnonzero(self.place >= 0)
        if values == 1 and len(concerned) == len(fit):
            fit += fold(own.astype(np.float32), self.points[:, 0], reach)
            return
        places = self.place[concerned] - self.first
        for parameter in range(scored):
            fit[concerned] += own[concerned, parameter, None] * self.points[parameter, places]

    def rows_of_points(self) -> NDArray[np.float32]:
        """(scored x values, people)."""
        # Said in full, since there may be nobody.
        scored, values, people = self.points.shape
        return self.points.reshape(scored * values, people).astype(np.float32)

    def parameters(self) -> IntArray:
        """Number of each row's parameter."""
        scored, values = self.points.shape[:2]
        own: IntArray = np.arange(scored, dtype=np.int64)
        return self.group.start + np.repeat(own, values)

    def keys(self) -> IntArray:
        """Number of each row's key."""
        scored, values = self.points.shape[:2]
        own: IntArray = np.arange(values, dtype=np.int64)
        return self.first + np.tile(own, scored)


def extras_of(
    compiled: CompiledModel,
    bank: Bank,
    candidates: Candidates,
    duty: DutyView,
    tasks: Sequence[Task],
    said: Sequence[Said],
    now_ms: int,
    attributes: Sequence[Attribute] = _ATTRIBUTES,
) -> tuple[Extra, ...]:
    """Of these attributes, those that have anything to say in this round.

    Args:
        said: what each task's record alone says of single people.
    """
    extras: list[Extra] = []
    first = bank.keys.count
    for attribute in attributes:
        group = compiled.groups.get(attribute)
        if group is None:
            continue
        keys = _keys(attribute, candidates, duty, said)
        if keys.count(None) == len(keys):
            continue
        distinct: dict[Hashable, int] = {}
        place = [-1 if key is None else first + distinct.setdefault(key, len(distinct)) for key in keys]
        view = _view(attribute, list(distinct), candidates, duty, tasks, now_ms, compiled)
        extras.append(_extra(attribute, group, view, first, np.array(place), len(distinct), candidates, compiled))
        first += len(distinct)
    return tuple(extras)


def _extra(
    attribute: Attribute,
    group: Group,
    view: object,
    first: int,
    place: IntArray,
    count: int,
    candidates: Candidates,
    compiled: CompiledModel,
) -> Extra:
    shape = (count, len(candidates.rows))
    values = group.values(view, shape)
    points = group.points(values.reshape(len(values), shape[0] * shape[1])).reshape(len(group.scored), *shape)
    kept = filters_of(attribute, group, values, view, compiled.model.filters)
    removes = bool(kept) and not all(mask.all() for mask in kept.values())
    return Extra(group, view, first, values, points, first_removing(kept, shape) if removes else None, place)


def _keys(attribute: Attribute, candidates: Candidates, duty: DutyView, said: Sequence[Said]) -> list[Hashable]:
    """Each task's key; None: it has nothing to say there."""
    statistics = candidates.reading.statistics
    match attribute:
        case Attribute.DUTY:
            return ["" if duty.says_anything else None] * len(said)
        case Attribute.CUSTOMER:
            known = statistics.customers.of
            return [name if name and known(name) else None for name, _, _ in said]
        case Attribute.CASE:
            return [None if family is None else _known(family, candidates) for _, family, _ in said]
        case _:
            conflicts = candidates.roster.conflicts
            return [place if names or one in conflicts else None for place, (one, _, names) in enumerate(said)]


def _known(family: Family, candidates: Candidates) -> Family | None:
    return family if family.knows or deciders_of_case(candidates, family.case_id) else None


def _view(
    attribute: Attribute,
    keys: list[Hashable],
    candidates: Candidates,
    duty: DutyView,
    tasks: Sequence[Task],
    now_ms: int,
    compiled: CompiledModel,
) -> object:
    match attribute:
        case Attribute.DUTY:
            return duty
        case Attribute.CUSTOMER:
            return CustomerPairs(cast(list[str], keys), candidates)
        case Attribute.CASE:
            return CasePairs(cast(list[Family], keys), candidates)
        case _:
            named = [tasks[place] for place in cast(list[int], keys)]
            return TaskPairs(named, candidates, now_ms, another=compiled.model.filters.dispute_needs_another)
