"""Operator parameters that depend on who else is on duty. They are worked out in every round; all others are kept until the person changes."""

from functools import partial

from actors.core.matching.parameters.declaration import Attribute, Dimension, Role, Scope, Source, Values, declare
from actors.core.matching.views.duty import DutyView

_operator = partial(declare, Scope.OPERATOR, attribute=Attribute.DUTY)
_EFFECTIVENESS = Dimension.EFFECTIVENESS


@_operator("心跳间隔", "s", Dimension.EFFICIENCY, Role.FILTER, Source.LOAD)
def operator_heartbeat_age_seconds(duty: DutyView) -> Values:
    """Time since the desk was heard; a stale one is offered nothing. Unknown when a decision is looked at later."""
    return duty.silence_seconds


@_operator("派件公平差额", "units", _EFFECTIVENESS, Role.SCORE, Source.STATISTICS)
def operator_fairness_deficit_units(duty: DutyView) -> Values:
    """What the signed-in people of the team have taken today on average, less what this person has taken."""
    return duty.team_units_today - duty.units_today


@_operator("稀缺技能度", "0-1", _EFFECTIVENESS, Role.COST, Source.LOAD)
def operator_scarcity(duty: DutyView) -> Values:
    """One over the signed-in holders of the person's rarest skill: keeps specialists free; unknown without skills."""
    return duty.scarcity


@_operator("产能影子价", "points", _EFFECTIVENESS, Role.COST, Source.LOAD)
def operator_shadow_price(duty: DutyView) -> Values:
    """Price of the person's capacity in the last round that was solved jointly: what their time was worth to other tasks."""
    return duty.shadow_price
