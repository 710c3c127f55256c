"""The matching model and the catalogue of its parameters.

On the wire a parameter's values are millionths of its unit, whole numbers: no client has to guess how a float was rounded, and what was
read can be written back unchanged. Every breakpoint with up to six decimals comes back as the very same float.
"""

from collections.abc import Collection

import msgspec

from actors.core.country import Line
from actors.core.matching.parameters import Parameter
from actors.core.matching.record import ExplorationSettings, FilterSettings, MatchingModel, Shares, Weighting
from gateway import names
from gateway.conversion.enums import DIMENSIONS_OUT, LINES_IN, LINES_OUT, ROLES_OUT, SCOPES_OUT
from gateway.v1 import dispatch_pb2

MICRO = 1_000_000
#: Values beyond are shown as this.
VALUE_MAX = 1e11
_REASON_LENGTH_MAX = 200
_UPDATER_LENGTH_MAX = 64


def micro_of(value: float) -> int:
    """A value in millionths, at most what the contract's integers hold: a ratio to next to nothing has no bound of its own."""
    return round(min(max(value, -VALUE_MAX), VALUE_MAX) * MICRO)


def parameter_out(parameter: Parameter, *, active: bool) -> dispatch_pb2.MatchingParameter:
    """An entry of the catalogue."""
    return dispatch_pb2.MatchingParameter(
        name=parameter.name,
        display_name_zh=parameter.name_zh,
        unit=parameter.unit,
        dimension=DIMENSIONS_OUT[parameter.dimension],
        scope=SCOPES_OUT[parameter.scope],
        role=ROLES_OUT[parameter.role],
        source=parameter.source.value,
        by_line=parameter.by_line,
        definition=parameter.definition,
        active=active,
    )


# --- the model, out ---


def model_out(model: MatchingModel) -> dispatch_pb2.MatchingModel:
    """A revision, in full."""
    shown = model_brief_out(model)
    shown.settings.extend(_setting_out(name, weighting) for name, weighting in sorted(model.weightings.items()))
    shown.shares.extend(
        dispatch_pb2.LineShares(line=LINES_OUT[line], shares=shares_out(model.shares(line))) for line in Line
    )
    shown.filters.CopyFrom(_filters_out(model.filters))
    shown.exploration.CopyFrom(
        dispatch_pb2.ExplorationSettings(
            decided_min=model.exploration.decided_min,
            risk_permille_max=model.exploration.risk_permille_max,
            amount_fen_max=model.exploration.amount_fen_max,
        )
    )
    shown.ageing_points_per_minute = model.ageing_per_minute
    return shown


def model_brief_out(model: MatchingModel) -> dispatch_pb2.MatchingModel:
    """Who made a revision, when and why."""
    return dispatch_pb2.MatchingModel(
        name=names.MODEL,
        revision=model.revision,
        update_time_ms=model.updated_ms,
        updater=model.updated_by[:_UPDATER_LENGTH_MAX],
        reason=model.note[:_REASON_LENGTH_MAX],
    )


def shares_out(shares: Shares) -> dispatch_pb2.DimensionShares:
    """Shares of a line, or of a task."""
    return dispatch_pb2.DimensionShares(
        efficiency=shares.efficiency, quality=shares.quality, effectiveness=shares.effectiveness
    )


def _setting_out(name: str, weighting: Weighting) -> dispatch_pb2.ParameterSetting:
    return dispatch_pb2.ParameterSetting(
        parameter=name,
        breakpoints=[dispatch_pb2.Breakpoint(value_micro=micro_of(x), points=y) for x, y in weighting.curve],
        weights=[
            dispatch_pb2.LineWeight(line=LINES_OUT[line], weight=weighting.weight(line))
            for line in Line
            if line in weighting.weights
        ],
    )


def _filters_out(filters: FilterSettings) -> dispatch_pb2.FilterSettings:
    return dispatch_pb2.FilterSettings(
        amount_authorities=[
            dispatch_pb2.AmountAuthority(amount_fen=amount_fen, authority=authority)
            for amount_fen, authority in filters.amount_authority
        ],
        fraud_level_experienced=filters.fraud_level_experienced,
        dispute_needs_another=filters.dispute_needs_another,
        heartbeat_seconds_max=filters.heartbeat_seconds_max,
        certificate_days_min=filters.certificate_days_min,
        overtime_minutes_max=filters.overtime_minutes_max,
    )


# --- the model, in ---


def model_merged(
    model: MatchingModel, update: dispatch_pb2.MatchingModel, paths: Collection[str], reason: str
) -> MatchingModel:
    """A model with the fields `paths` of an update; what the update does not name stays to the last bit.

    Args:
        update: has passed `gateway.validation`; whether the whole is a valid model is for the headquarters to say.
    """
    changes: dict[str, object] = {"note": reason}
    if "settings" in paths:
        changes["weightings"] = _weightings_merged(model, update)
    if "shares" in paths:
        changes["base_shares"] = {**model.base_shares, **{LINES_IN[s.line]: _shares_in(s) for s in update.shares}}
    if "filters" in paths:
        changes["filters"] = _filters_in(update.filters)
    if "exploration" in paths:
        changes["exploration"] = ExplorationSettings(
            decided_min=update.exploration.decided_min,
            risk_permille_max=update.exploration.risk_permille_max,
            amount_fen_max=update.exploration.amount_fen_max,
        )
    if "ageing_points_per_minute" in paths:
        changes["ageing_per_minute"] = update.ageing_points_per_minute
    return msgspec.structs.replace(model, **changes)


def _weightings_merged(model: MatchingModel, update: dispatch_pb2.MatchingModel) -> dict[str, Weighting]:
    merged = dict(model.weightings)
    for setting in update.settings:
        weighting = Weighting(
            curve=tuple((point.value_micro / MICRO, point.points) for point in setting.breakpoints),
            weights={LINES_IN[weight.line]: weight.weight for weight in setting.weights},
        )
        if weighting == Weighting():
            merged.pop(setting.parameter, None)
        else:
            merged[setting.parameter] = weighting
    return merged


def _shares_in(shares: dispatch_pb2.LineShares) -> Shares:
    parts = shares.shares
    return Shares(parts.efficiency, parts.quality, parts.effectiveness)


def _filters_in(filters: dispatch_pb2.FilterSettings) -> FilterSettings:
    return FilterSettings(
        amount_authority=tuple((entry.amount_fen, entry.authority) for entry in filters.amount_authorities),
        fraud_level_experienced=filters.fraud_level_experienced,
        dispute_needs_another=filters.dispute_needs_another,
        heartbeat_seconds_max=filters.heartbeat_seconds_max,
        certificate_days_min=filters.certificate_days_min,
        overtime_minutes_max=filters.overtime_minutes_max,
    )
