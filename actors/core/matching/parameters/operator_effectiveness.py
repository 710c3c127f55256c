"""Operator parameters of effectiveness: promises kept, fairness and cost."""

from functools import partial

import numpy as np

from actors.core.matching.parameters import evidence
from actors.core.matching.parameters.declaration import (
    Attribute,
    Dimension,
    Role,
    Scope,
    Source,
    Values,
    declare,
    unknown,
)
from actors.core.matching.views.load import LoadView
from actors.core.matching.views.people import PeopleView
from actors.core.matching.views.ratios import LineRatio, OperatorRatio
from actors.core.statistics.cells import LineCell, OperatorCell

_operator = partial(declare, Scope.OPERATOR)
_EFFECTIVENESS, _SCORE, _COST = Dimension.EFFECTIVENESS, Role.SCORE, Role.COST
_STATISTICS, _LOAD = Source.STATISTICS, Source.LOAD
_taken = evidence.overall(OperatorCell.TAKEN)
_decided = evidence.overall(OperatorCell.DECIDED)


@_operator("共享作业资格", "0/1", _EFFECTIVENESS, Role.FILTER, Source.ROSTER)
def operator_share_opt_in(people: PeopleView) -> Values:
    """May take other provinces' tasks."""
    return people.share_opt_in


@_operator(
    "按时办结率",
    "ratio",
    _EFFECTIVENESS,
    _SCORE,
    _STATISTICS,
    by_line=True,
    evidence=evidence.of_line(LineCell.DECIDED),
)
def operator_on_time_ratio(people: PeopleView) -> Values:
    """Tasks of the line decided by their due time, or the promise of their kind, over tasks decided."""
    return people.by_line(LineRatio.ON_TIME)


@_operator(
    "一次办结率",
    "ratio",
    _EFFECTIVENESS,
    _SCORE,
    _STATISTICS,
    by_line=True,
    evidence=evidence.of_line(LineCell.DECIDED),
)
def operator_first_pass_ratio(people: PeopleView) -> Values:
    """Decided without a hold and without other hands over decided."""
    return people.by_line(LineRatio.FIRST_PASS)


@_operator(
    "转派率", "ratio", _EFFECTIVENESS, _COST, _STATISTICS, by_line=True, evidence=evidence.of_line(LineCell.TAKEN)
)
def operator_transfer_ratio(people: PeopleView) -> Values:
    """Taken in hand and then reassigned or referred over taken in hand."""
    return people.by_line(LineRatio.TRANSFERRED)


@_operator("弃单率", "ratio", _EFFECTIVENESS, _COST, _STATISTICS, evidence=_taken)
def operator_release_ratio(people: PeopleView) -> Values:
    """Taken in hand and then given back, or lost with the desk, over taken in hand."""
    return people.overall(OperatorRatio.RELEASED)


@_operator(
    "绿通按时率", "ratio", _EFFECTIVENESS, _SCORE, _STATISTICS, evidence=evidence.overall(OperatorCell.GREEN_DECIDED)
)
def operator_urgent_on_time_ratio(people: PeopleView) -> Values:
    """The on-time ratio on green-channel tasks."""
    return people.overall(OperatorRatio.GREEN_ON_TIME)


@_operator(
    "共享件按时率", "ratio", _EFFECTIVENESS, _SCORE, _STATISTICS, evidence=evidence.overall(OperatorCell.SHARED_DECIDED)
)
def operator_shared_on_time_ratio(people: PeopleView) -> Values:
    """The on-time ratio on other provinces' tasks."""
    return people.overall(OperatorRatio.SHARED_ON_TIME)


@_operator("共享件占比", "ratio", _EFFECTIVENESS, _COST, _STATISTICS, evidence=_decided)
def operator_shared_share(people: PeopleView) -> Values:
    """Work units of other provinces' tasks over all work units."""
    return people.overall(OperatorRatio.SHARED_UNITS)


@_operator("难件占比", "ratio", _EFFECTIVENESS, _COST, _STATISTICS, evidence=_decided)
def operator_hard_item_share(people: PeopleView) -> Values:
    """Work units of tasks of complexity 4 and 5 over all work units: hard work is shared out fairly."""
    return people.overall(OperatorRatio.HARD_UNITS)


@_operator("单位折算件成本", "CNY/unit", _EFFECTIVENESS, _COST, Source.ROSTER)
def operator_cost_per_unit(people: PeopleView) -> Values:
    """Hourly cost over work units per signed-in hour, all lines together; unknown where either is."""
    minutes, units = people.sums[OperatorCell.SIGNED_IN_MINUTES], people.sums[OperatorCell.UNITS]
    cost = people.hourly_cost_fen / 100.0 * minutes / 60.0
    return np.divide(cost, units, out=unknown(units), where=units > 0)


@_operator("连续作业时长", "min", _EFFECTIVENESS, _COST, _LOAD, attribute=Attribute.LOAD)
def operator_continuous_minutes(people: LoadView) -> Values:
    """Time since the last break, or since the sign-in."""
    return people.minutes_since(np.fmax(people.in_hand.signed_in_minute, people.in_hand.break_end_minute))
