"""Operator parameters of efficiency: how fast somebody works, how they answer offers, and how much they have in hand."""

from functools import partial

import numpy as np

from actors.core.ledger import UNIT_MINUTES
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
from actors.core.statistics.cells import FIRST_HOUR_MINUTES, LAST_HOURS_MINUTES, LineCell, OperatorCell
from actors.core.statistics.shrinkage import ITEMS

_operator = partial(declare, Scope.OPERATOR)
_EFFICIENCY, _SCORE, _COST, _FILTER = Dimension.EFFICIENCY, Role.SCORE, Role.COST, Role.FILTER
_STATISTICS, _LOAD = Source.STATISTICS, Source.LOAD
_decided = evidence.of_line(LineCell.DECIDED)
_offers = evidence.overall(OperatorCell.OFFERS)


@_operator("件均处理时长", "min", _EFFICIENCY, _COST, _STATISTICS, by_line=True, evidence=_decided)
def operator_handle_minutes_mean(people: PeopleView) -> Values:
    """Decayed mean handle minutes of the line."""
    return people.by_line(LineRatio.HANDLE_MINUTES)


@_operator("处理时长变异系数", "ratio", _EFFICIENCY, _COST, _STATISTICS, by_line=True, evidence=_decided)
def operator_handle_minutes_cv(people: PeopleView) -> Values:
    """Standard deviation of the handle minutes over their mean."""
    mean = people.by_line(LineRatio.HANDLE_MINUTES)
    variance = people.by_line(LineRatio.HANDLE_MINUTES_SQUARED) - mean * mean
    return np.sqrt(np.maximum(variance, 0.0)) / np.maximum(mean, 1e-9)


@_operator("工时效率指数", "ratio", _EFFICIENCY, _SCORE, _STATISTICS, by_line=True, evidence=_decided)
def operator_standard_efficiency(people: PeopleView) -> Values:
    """Standard minutes earned over minutes worked on the decided tasks of the line."""
    return people.by_line(LineRatio.UNITS_PER_MINUTE) * UNIT_MINUTES


@_operator("小时折算件", "units/h", _EFFICIENCY, _SCORE, _STATISTICS, by_line=True, evidence=_decided)
def operator_units_per_hour(people: PeopleView) -> Values:
    """Work units of the line decided per signed-in hour, breaks included, of the sign-ins that have ended."""
    minutes = people.sum_of(OperatorCell.SIGNED_IN_MINUTES)
    units = people.line_sums[LineCell.UNITS]
    return np.divide(units * 60.0, minutes, out=unknown(units), where=minutes > 0)


@_operator("当日折算件", "units", _EFFICIENCY, _COST, _STATISTICS)
def operator_units_today(people: PeopleView) -> Values:
    """Work units decided since local midnight."""
    return people.today(OperatorCell.UNITS_TODAY)


@_operator(
    "接单响应时长",
    "s",
    _EFFICIENCY,
    _COST,
    _STATISTICS,
    evidence=evidence.overall(OperatorCell.OFFERS_ACCEPTED),
)
def operator_accept_seconds(people: PeopleView) -> Values:
    """Median time from offer to accept, as that of a lognormal."""
    return np.exp(people.overall(OperatorRatio.ACCEPT_LOG_SECONDS))


@_operator("接单率", "ratio", _EFFICIENCY, _SCORE, _STATISTICS, evidence=_offers)
def operator_offer_accept_ratio(people: PeopleView) -> Values:
    """Offers accepted over offers made."""
    return people.overall(OperatorRatio.ACCEPTED)


@_operator("派单超时率", "ratio", _EFFICIENCY, _COST, _STATISTICS, evidence=_offers)
def operator_offer_expire_ratio(people: PeopleView) -> Values:
    """Offers that nobody answered in time over offers made."""
    return people.overall(OperatorRatio.EXPIRED)


@_operator("拒单率", "ratio", _EFFICIENCY, _COST, _STATISTICS, evidence=_offers)
def operator_decline_ratio(people: PeopleView) -> Values:
    """Offers declined over offers made."""
    return people.overall(OperatorRatio.DECLINED)


@_operator("有效作业占比", "ratio", _EFFICIENCY, _SCORE, _STATISTICS, attribute=Attribute.TODAY)
def operator_touch_ratio(people: LoadView) -> Values:
    """Minutes in progress over minutes signed in today, the open ones included; unknown in the first minute."""
    signed_in = people.signed_in_minutes_today
    worked = people.today_by_now(OperatorCell.WORKED_MINUTES_TODAY) + people.in_hand.working_minutes
    ratio = np.divide(worked, signed_in, out=unknown(signed_in), where=signed_in > 0)
    return np.minimum(ratio, 1.0)


@_operator(
    "挂起率", "ratio", _EFFICIENCY, _COST, _STATISTICS, by_line=True, evidence=evidence.of_line(LineCell.STARTED)
)
def operator_suspend_ratio(people: PeopleView) -> Values:
    """Tasks put on hold over tasks begun."""
    return people.by_line(LineRatio.SUSPENDED)


@_operator("单页审阅时长", "min/page", _EFFICIENCY, _COST, _STATISTICS, by_line=True, evidence=_decided)
def operator_minutes_per_page(people: PeopleView) -> Values:
    """Slope of the regression of handle minutes on pages, drawn to minutes over pages; unknown without pages."""
    sums = people.line_sums
    count, pages, minutes = sums[LineCell.DECIDED], sums[LineCell.PAGES], sums[LineCell.HANDLE_MINUTES]
    spread = count * sums[LineCell.PAGES_SQUARED] - pages * pages
    covariance = count * sums[LineCell.PAGE_MINUTES] - pages * minutes
    plain = np.divide(minutes, pages, out=unknown(pages), where=pages > 0)
    # All tasks of one length say nothing about the slope; the rounding of the sums must not pretend that they do.
    told = spread > 1e-6 * pages * pages
    slope = np.divide(covariance, spread, out=plain.copy(), where=told)
    return (count * slope + ITEMS * plain) / (count + ITEMS)


@_operator("在手件数", "count", _EFFICIENCY, _COST, _LOAD, attribute=Attribute.LOAD)
def operator_wip_count(people: LoadView) -> Values:
    """Tasks in hand, offers included."""
    return people.in_hand.load


@_operator("在手工时", "min", _EFFICIENCY, _COST, _LOAD, attribute=Attribute.LOAD)
def operator_wip_minutes(people: LoadView) -> Values:
    """Standard minutes that the work in hand still needs."""
    return people.in_hand.wip_minutes


@_operator("剩余并发额度", "count", _EFFICIENCY, _FILTER, _LOAD, attribute=Attribute.LOAD)
def operator_free_capacity(people: LoadView) -> Values:
    """Tasks that the person may still take at once, open offers counted; 0 excludes."""
    return people.capacity - people.in_hand.load


@_operator("负荷率", "ratio", _EFFICIENCY, _COST, _LOAD, attribute=Attribute.LOAD)
def operator_load_ratio(people: LoadView) -> Values:
    """Capacity in use over capacity."""
    return people.in_hand.load / people.capacity


@_operator("预计腾空时长", "min", _EFFICIENCY, _COST, _LOAD, attribute=Attribute.LOAD)
def operator_ready_in_minutes(people: LoadView) -> Values:
    """Work in hand over the person's efficiency in all lines: when their hands are empty. An unknown efficiency counts as the standard."""
    efficiency = people.overall(OperatorRatio.UNITS_PER_MINUTE) * UNIT_MINUTES
    return people.in_hand.wip_minutes / np.where(efficiency > 0, efficiency, 1.0)


@_operator("空闲时长", "min", _EFFICIENCY, _SCORE, _LOAD, attribute=Attribute.LOAD)
def operator_idle_minutes(people: LoadView) -> Values:
    """Time since the last release or sign-in of somebody who is available with empty hands."""
    idle = people.minutes_since(people.in_hand.idle_since_minute)
    return np.where(people.in_hand.load > 0, 0.0, idle)


@_operator("当日剩余额度", "units", _EFFICIENCY, _FILTER, Source.ROSTER, attribute=Attribute.TODAY)
def operator_quota_left(people: LoadView) -> Values:
    """Daily quota less the work units decided today; 0 or less excludes, no quota is unknown."""
    return people.quota_units - people.today_by_now(OperatorCell.UNITS_TODAY)


@_operator("当班剩余时长", "min", _EFFICIENCY, _FILTER, Source.CALENDAR, attribute=Attribute.LOAD)
def operator_shift_minutes_left(people: LoadView) -> Values:
    """Time to the end of the shift, its break taken off; below 0 is overtime; unknown for who signed in outside the shift."""
    return people.shift_minutes_left


@_operator("上线时长", "min", _EFFICIENCY, _SCORE, _LOAD, attribute=Attribute.LOAD)
def operator_warmup_minutes(people: LoadView) -> Values:
    """Time since the sign-in."""
    return people.signed_in_minutes


@_operator(
    "首小时效率比",
    "ratio",
    _EFFICIENCY,
    _SCORE,
    _STATISTICS,
    evidence=evidence.overall(OperatorCell.FIRST_HOUR_UNITS),
    attribute=Attribute.LOAD,
)
def operator_first_hour_ratio(people: LoadView) -> Values:
    """Efficiency in the first signed-in hour over the person's mean; unknown (neutral) once that hour is over."""
    is_first = people.signed_in_minutes < FIRST_HOUR_MINUTES
    if not is_first.any():
        return np.full(is_first.shape, np.nan)
    units, minutes = people.sum_of(OperatorCell.FIRST_HOUR_UNITS), people.sum_of(OperatorCell.FIRST_HOUR_MINUTES)
    ratio = _against_own_mean(people, units, minutes)
    return np.where(is_first, ratio, np.nan)


@_operator(
    "班末效率比",
    "ratio",
    _EFFICIENCY,
    _COST,
    _STATISTICS,
    evidence=evidence.overall(OperatorCell.LAST_HOURS_UNITS),
    attribute=Attribute.LOAD,
)
def operator_last_hours_ratio(people: LoadView) -> Values:
    """Efficiency in the last two hours of the shift over the person's mean; unknown (neutral) before them."""
    is_last = people.shift_minutes_left <= LAST_HOURS_MINUTES
    if not is_last.any():
        return np.full(is_last.shape, np.nan)
    units, minutes = people.sum_of(OperatorCell.LAST_HOURS_UNITS), people.sum_of(OperatorCell.LAST_HOURS_MINUTES)
    ratio = _against_own_mean(people, units, minutes)
    return np.where(is_last, ratio, np.nan)


def _against_own_mean(people: PeopleView, units: Values, minutes: Values) -> Values:
    """Units per minute at some time of the day over the person's mean, drawn to 1; NaN without any."""
    mean = people.overall(OperatorRatio.UNITS_PER_MINUTE)
    own = np.divide(units, minutes * mean, out=unknown(units), where=(minutes > 0) & (mean > 0))
    return (own * units + ITEMS) / (units + ITEMS)
