"""Operator parameters that depend on who else is on duty, or are told anew in every round (desks that are heard, prices of the last round)."""

from functools import partial

from actors.core.matching.parameters.declaration import Attribute, Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.duty import DutyView, TeamView

_operator = partial(declare, Scope.OPERATOR, attribute=Attribute.DUTY)
_in_team = partial(declare, Scope.OPERATOR, attribute=Attribute.TEAM)
_EFFECTIVENESS = Dimension.EFFECTIVENESS


@_operator("心跳间隔", "s", Dimension.EFFICIENCY, Role.FILTER, Source.LOAD)
def operator_heartbeat_age_seconds(duty: DutyView) -> Values:
    """Time since the desk was heard; a stale one is offered nothing. Unknown when a decision is looked at later."""
    return duty.silence_seconds


@_in_team("派件公平差额", "units", _EFFECTIVENESS, Role.SCORE, Source.STATISTICS)
def operator_fairness_deficit_units(team: TeamView) -> Values:
    """What the signed-in people of the team have taken today on average, less what this person has taken."""
    return team.mean_units_today - team.units_today


@_in_team("稀缺技能度", "0-1", _EFFECTIVENESS, Role.COST, Source.LOAD)
def operator_scarcity(team: TeamView) -> Values:
    """One over the signed-in holders of the person's rarest skill: keeps specialists free; unknown without skills."""
    return team.scarcity


@_operator("产能影子价", "points", _EFFECTIVENESS, Role.COST, Source.LOAD)
def operator_shadow_price(duty: DutyView) -> Values:
    """Price of the person's capacity in the last round that was solved jointly: what their time was worth to other tasks."""
    return duty.shadow_price
