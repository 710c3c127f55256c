"""Province parameters: how hard pressed a home is (G: may its work leave?), and how able a host (S, K, F: where to?)."""

from functools import partial

from actors.core.matching.parameters.declaration import Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.provinces import ProvinceView

_province = partial(declare, Scope.PROVINCE)
_EFFICIENCY, _QUALITY, _EFFECTIVENESS = Dimension.EFFICIENCY, Dimension.QUALITY, Dimension.EFFECTIVENESS
_GUARD, _SCORE, _COST, _FILTER = Role.GUARD, Role.SCORE, Role.COST, Role.FILTER
_LOAD, _STATISTICS, _POLICY = Source.LOAD, Source.STATISTICS, Source.POLICY


@_province("归属省积压工时", "min", _EFFICIENCY, _GUARD, _LOAD, by_line=True)
def home_backlog_minutes(homes: ProvinceView) -> Values:
    """Standard minutes that wait in the home's queue."""
    return homes.of_line("backlog_minutes")


@_province("归属省清仓时长", "min", _EFFICIENCY, _GUARD, _LOAD, by_line=True)
def home_drain_minutes(homes: ProvinceView) -> Values:
    """The backlog over the speed of those on duty; unknown with nobody there."""
    return homes.of_line("drain_minutes")


@_province("归属省到件速率", "items/h", _EFFICIENCY, _GUARD, _LOAD, by_line=True)
def home_arrivals_per_hour(homes: ProvinceView) -> Values:
    """Arrivals of the last quarter of an hour, times four."""
    return homes.of_line("arrivals_per_hour")


@_province("新增激增比", "ratio", _EFFICIENCY, _GUARD, _LOAD, by_line=True)
def home_surge_ratio(homes: ProvinceView) -> Values:
    """The arrival rate over the usual one of this hour of the week; unknown without a past."""
    return homes.ratio("surge_permille")


@_province("滞留占比", "ratio", _EFFICIENCY, _GUARD, _LOAD, by_line=True)
def home_stranded_ratio(homes: ProvinceView) -> Values:
    """Waiting tasks not taken up for half an hour, of those looked at."""
    return homes.ratio("stranded_permille")


@_province("超长占比", "ratio", _EFFICIENCY, _GUARD, _LOAD, by_line=True)
def home_overlong_ratio(homes: ProvinceView) -> Values:
    """Tasks in hand that are past their promise or take three times their standard."""
    return homes.ratio("overlong_permille")


@_province("归属省负荷率", "ratio", _EFFICIENCY, _GUARD, _LOAD)
def home_load_ratio(homes: ProvinceView) -> Values:
    """Capacity in use over capacity on duty."""
    return homes.load_ratio


@_province("承办省负荷率", "ratio", _EFFICIENCY, _COST, _LOAD)
def host_load_ratio(hosts: ProvinceView) -> Values:
    """The same, for the host."""
    return hosts.load_ratio


@_province("承办省自有积压", "min", _EFFICIENCY, _COST, _LOAD, by_line=True)
def host_backlog_minutes(hosts: ProvinceView) -> Values:
    """The host's own waiting standard minutes."""
    return hosts.of_line("backlog_minutes")


@_province("承办省空闲人数", "count", _EFFICIENCY, _SCORE, _LOAD, by_line=True)
def host_idle_operators(hosts: ProvinceView) -> Values:
    """People on duty with empty hands who work on the line."""
    return hosts.of_line("idle")


@_province("承办省在线人数", "count", _EFFICIENCY, _SCORE, _LOAD, by_line=True)
def host_signed_in_operators(hosts: ProvinceView) -> Values:
    """People on duty who work on the line."""
    return hosts.of_line("signed_in")


@_province("承办省在办共享件", "count", _EFFICIENCY, _COST, _LOAD)
def host_shared_wip(hosts: ProvinceView) -> Values:
    """Other provinces' tasks that are open at the host."""
    return hosts.fact("shared_in")


@_province("剩余承接额度", "count", _EFFICIENCY, _FILTER, _POLICY)
def host_share_quota_left(hosts: ProvinceView) -> Values:
    """Tasks that the host's quota leaves room for; 0 excludes (`sharing.hosts`)."""
    return hosts.fact("share_in_quota") - hosts.fact("shared_in")


@_province("承办省件均时长", "min", _EFFICIENCY, _SCORE, _STATISTICS, by_line=True)
def host_handle_minutes_mean(hosts: ProvinceView) -> Values:
    """Mean handle minutes of the line at the host."""
    return hosts.of_line("handle_centiminutes") / 100.0


@_province("承办省合格率", "ratio", _QUALITY, _SCORE, Source.REVIEWS, by_line=True)
def host_qa_pass_ratio(hosts: ProvinceView) -> Values:
    """Pass ratio of the line at the host."""
    return hosts.ratio("pass_permille")


@_province("归属省运行状态", "enum", _EFFECTIVENESS, _GUARD, _LOAD)
def home_status_code(homes: ProvinceView) -> Values:
    """0 active, 2 draining, 3 suspended, 4 unreachable: an unreachable home sends everything, a suspended one nothing."""
    return homes.status_code


@_province("归属省按时率", "ratio", _EFFECTIVENESS, _GUARD, _STATISTICS, by_line=True)
def home_on_time_ratio(homes: ProvinceView) -> Values:
    """Of the home's tasks decided today, those decided by their due time."""
    return homes.ratio("on_time_permille")


@_province("归属省预计超时件", "count", _EFFECTIVENESS, _GUARD, _LOAD)
def home_breach_forecast(homes: ProvinceView) -> Values:
    """Waiting tasks, of those looked at, that are due before the line is drained."""
    return homes.of_line("breach_forecast")


@_province("转出强度", "ratio", _EFFECTIVENESS, _GUARD, _POLICY)
def home_share_out_ratio(homes: ProvinceView) -> Values:
    """Share of the eligible tasks that may leave, set by operations (`sharing.pressure`)."""
    return homes.fact("share_out_ratio_permille") / 1_000.0


@_province("承办省留存底线", "count", _EFFECTIVENESS, _FILTER, _POLICY)
def host_reserve_operators(hosts: ProvinceView) -> Values:
    """People kept for the host's own work; what is lent leaves them free (`sharing.lending`)."""
    return hosts.fact("reserve_operators")


@_province("承接占比", "ratio", _EFFECTIVENESS, _COST, _STATISTICS)
def host_share_in_ratio_today(hosts: ProvinceView) -> Values:
    """Work units of other provinces' tasks over all that the host has decided today."""
    return hosts.ratio("shared_units_permille")
