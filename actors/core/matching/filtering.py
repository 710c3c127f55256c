"""The filters of each attribute: from the values of F parameters to whom they keep. Order and names are `eligibility.FILTERS`."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from actors.core.matching.compiled import SHIFT_FIT, Group
from actors.core.matching.eligibility import Mask
from actors.core.matching.parameters import CATALOGUE, Attribute
from actors.core.matching.record import FilterSettings
from actors.core.matching.views.pairs import HomePairs, KindPairs
from actors.core.matching.views.suitability import NeedsPairs
from actors.core.statistics.storage import FloatArray


def filters_of(
    attribute: Attribute, group: Group, values: FloatArray, view: object, settings: FilterSettings
) -> dict[str, Mask]:
    """Whom each filter of an attribute keeps; masks broadcast to (values of the attribute, people).

    Args:
        values: of the group's parameters, (parameters, values of the attribute, people).
    """

    def column(name: str) -> FloatArray:
        return values[group.places[name]]

    match attribute:
        case Attribute.LOAD:
            return {
                "capacity": column("operator_free_capacity") > 0,
                "shift": at_least(column("operator_shift_minutes_left"), -settings.overtime_minutes_max),
            }
        case Attribute.TODAY:
            return {"quota": ~(column("operator_quota_left") <= 0)}
        case Attribute.LINE:
            return {"certificate": at_least(column("operator_certificate_days_left"), settings.certificate_days_min)}
        case Attribute.DUTY:
            longest = settings.heartbeat_seconds_max or np.inf
            return {"desk": ~(column("operator_heartbeat_age_seconds") > longest)}
        case Attribute.KIND:
            return {"kind": cast(KindPairs, view).may_do > 0}
        case Attribute.KIND_LOAD:
            return _within_shifts(cast(KindPairs, view), settings)
        case Attribute.HOME:
            return _of_homes(cast(HomePairs, view), column("pair_local_rule_certified"))
        case Attribute.NEEDS:
            return {
                "authority": column("pair_authority_margin") >= 0,
                "skill": column("pair_skill_coverage") >= 1,
                "clearance": column("pair_privacy_margin") >= 0,
                "probation": _experienced(cast(NeedsPairs, view)),
            }
        case Attribute.TASK:
            return {
                "conflict": ~(column("pair_conflict_flag") > 0),
                "prior_decider": ~(column("pair_prior_decider_flag") > 0),
                "declined_before": ~(column("pair_declined_before_flag") > 0),
            }
        case _:
            return {}


def at_least(values: FloatArray, limit: float) -> Mask:
    """Whether values reach a limit; unknown ones do."""
    return ~(values < limit)


def _within_shifts(kinds: KindPairs, settings: FilterSettings) -> dict[str, Mask]:
    if np.isnan(kinds.candidates.value("operator_shift_minutes_left")).all():
        return {}
    return {"shift_fit": at_least(CATALOGUE[SHIFT_FIT].function(kinds), -settings.overtime_minutes_max)}


def _of_homes(homes: HomePairs, certified: FloatArray) -> dict[str, Mask]:
    """Other provinces' tasks are for people who take them and know the local rules, as far as that is recorded."""
    opt_in = homes.candidates.columns.share_opt_in > 0
    return {"local_rule": at_least(certified, 1.0), "share_opt_in": (homes.from_here > 0) | opt_in}


def _experienced(needs: NeedsPairs) -> Mask:
    """Delicate tasks (an alert, a dispute) are for nobody on probation."""
    delicate: Sequence[bool] = [need.delicate for need in needs.needs]
    on_probation = needs.candidates.columns.probation > 0
    return ~(np.array(delicate)[:, None] & on_probation)
