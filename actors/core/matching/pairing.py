"""Pair parameters of a round: one table for each attribute that its tasks have something to say about."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from actors.core.country import TaskKind
from actors.core.ids import KindId
from actors.core.matching.compiled import CompiledModel, Group
from actors.core.matching.keys import STATIC, Distinct, distinct, slack_step
from actors.core.matching.parameters import Attribute
from actors.core.matching.views.pairs import Candidates, HomePairs, KindPairs, NamedPairs, PairView, SlackPairs
from actors.core.matching.views.suitability import (
    CasePairs,
    CustomerPairs,
    Family,
    LanguagePairs,
    NeedsPairs,
    TaskPairs,
    deciders_of_case,
    names_anybody,
)
from actors.core.matching.views.tasks import KIND_UNKNOWN, TaskView
from actors.core.statistics.cells import AmountBandCell, ChannelCell, HomeCell, HospitalCell, ProductCell
from actors.core.statistics.storage import FloatArray, IntArray
from actors.core.task import Task


class Table(NamedTuple):
    """The parameters of one attribute."""

    group: Group
    view: PairView
    #: (parameters, values, people).
    values: FloatArray
    #: (scored, values, people).
    points: FloatArray
    #: Which value each task has; -1: none. (tasks,)
    place: IntArray


class Pairing:
    """The pair tables of a round.

    Args:
        keys: of each task, in the order of `keys.STATIC`.
    """

    def __init__(
        self,
        compiled: CompiledModel,
        candidates: Candidates,
        tasks: Sequence[Task],
        keys: Sequence[tuple[Hashable, ...]],
        view: TaskView,
        kinds: Mapping[KindId, TaskKind],
        now_ms: int,
    ) -> None:
        self._candidates = candidates
        self._tasks = tasks
        columns: list[tuple[Hashable, ...]] = list(zip(*keys, strict=True)) if keys else [() for _ in STATIC]
        self._keys: dict[Attribute, tuple[Hashable, ...]] = dict(zip(STATIC, columns, strict=True))
        self._view = view
        self._now_ms = now_ms
        self._another = compiled.model.filters.dispute_needs_another
        self.kind_of_task = self._distinct(Attribute.KIND)
        names = cast(list[KindId], self.kind_of_task.keys)
        self.kinds = KindPairs([kinds.get(name, KIND_UNKNOWN) for name in names], candidates)
        self.tables: dict[Attribute, Table] = {}
        for attribute, group in compiled.pairs.items():
            table = self._table(attribute, group)
            if table is not None:
                self.tables[attribute] = table

    def _distinct(self, attribute: Attribute) -> Distinct:
        """The distinct values of an attribute among the tasks."""
        match attribute:
            case Attribute.CUSTOMER:
                return distinct(self._known_customers())
            case Attribute.CASE:
                return distinct(self._known_cases())
            case Attribute.SLACK:
                return distinct(self._slacks())
            case Attribute.TASK:
                return distinct(self._naming())
            case _:
                return distinct(self._keys.get(attribute, ()))

    def _table(self, attribute: Attribute, group: Group) -> Table | None:
        found = self._distinct(attribute)
        if not found.keys:
            return None
        view = self._view_of(attribute, found.keys)
        shape = (len(found.keys), len(self._candidates.rows))
        values = group.values(view, shape)
        points = group.points(values.reshape(len(values), -1)).reshape(len(group.scored), *shape)
        return Table(group, view, values, points, found.place)

    # --- keys that depend on more than the task ---

    def _known_customers(self) -> list[Hashable]:
        """Customers for whom nobody here has decided lately have nothing to say."""
        customers = self._candidates.reading.statistics.customers
        named = cast(Sequence[str | None], self._keys.get(Attribute.CUSTOMER, ()))
        return [name if name and customers.of(name) else None for name in named]

    def _known_cases(self) -> list[Hashable]:
        families = cast(Sequence[Family | None], self._keys.get(Attribute.CASE, ()))
        return [
            family if family and (family.knows or deciders_of_case(self._candidates, family.case_id)) else None
            for family in families
        ]

    def _slacks(self) -> list[Hashable]:
        left = (self._view.due_minute - self._view.now_minute).tolist()
        kinds = self.kind_of_task.place.tolist()
        return [(kind, slack_step(int(minutes))) for kind, minutes in zip(kinds, left, strict=True)]

    def _naming(self) -> list[Hashable]:
        return [place if names_anybody(task, self._candidates) else None for place, task in enumerate(self._tasks)]

    # --- views ---

    def _view_of(self, attribute: Attribute, keys: list[Any]) -> PairView:
        candidates, statistics = self._candidates, self._candidates.reading.statistics
        match attribute:
            case Attribute.KIND:
                return self.kinds
            case Attribute.SLACK:
                return SlackPairs(keys, candidates, self.kinds)
            case Attribute.NEEDS:
                return NeedsPairs(keys, candidates)
            case Attribute.LANGUAGE:
                return LanguagePairs(keys, candidates)
            case Attribute.CUSTOMER:
                return CustomerPairs(keys, candidates)
            case Attribute.CASE:
                return CasePairs(keys, candidates)
            case Attribute.TASK:
                return TaskPairs(
                    [self._tasks[int(place)] for place in keys], candidates, self._now_ms, another=self._another
                )
            case Attribute.HOME:
                return HomePairs(keys, candidates, statistics.by_home, HomeCell)
            case Attribute.PRODUCT:
                return NamedPairs(keys, candidates, statistics.by_product, ProductCell)
            case Attribute.CHANNEL:
                return NamedPairs(keys, candidates, statistics.by_channel, ChannelCell)
            case Attribute.HOSPITAL:
                return NamedPairs(keys, candidates, statistics.by_hospital, HospitalCell)
            case Attribute.AMOUNT_BAND:
                return NamedPairs(keys, candidates, statistics.by_amount, AmountBandCell)
