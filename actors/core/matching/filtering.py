"""The filters of a round: from the values of F parameters to whom they keep. The order is `eligibility.FILTERS`."""

from collections.abc import Callable

import numpy as np

from actors.core.country import Line
from actors.core.matching.compiled import SHIFT_FIT
from actors.core.matching.eligibility import Kept, Mask
from actors.core.matching.model import FilterSettings
from actors.core.matching.pairing import Pairing
from actors.core.matching.parameters import CATALOGUE, Attribute
from actors.core.matching.views.tasks import TaskView
from actors.core.statistics.storage import FloatArray, IntArray

#: (name of an operator parameter, line or None) -> its values, (people,).
ValueOf = Callable[[str, Line | None], FloatArray]


def filters_of(
    settings: FilterSettings,
    value_of: ValueOf,
    silence_seconds: FloatArray,
    pairing: Pairing,
    view: TaskView,
    lines: IntArray,
    from_here: FloatArray,
) -> dict[str, Kept]:
    """Whom each filter keeps.

    Args:
        value_of: kept values of operator parameters.
        silence_seconds: of the people's desks.
        view: the tasks.
        lines: number of each task's line.
        from_here: 1 for tasks of the people's own province, (tasks,).
    """
    kept = _of_people(settings, value_of, silence_seconds, lines)
    kept |= _of_task_and_person(settings, value_of, view, from_here)
    kept |= _of_pairs(settings, value_of, pairing)
    return kept


def _at_least(values: FloatArray, limit: float) -> Mask:
    """Unknown values pass."""
    return ~(values < limit)


def _of_people(
    settings: FilterSettings, value_of: ValueOf, silence_seconds: FloatArray, lines: IntArray
) -> dict[str, Kept]:
    """Filters that look at the person alone, or at the person and the line."""
    certified = np.stack([_certified(settings, value_of, line, place, lines) for place, line in enumerate(Line)])
    return {
        "desk": Kept(~(silence_seconds > settings.heartbeat_seconds_max)),
        "capacity": Kept(value_of("operator_free_capacity", None) > 0),
        "quota": Kept(~(value_of("operator_quota_left", None) <= 0)),
        "shift": Kept(_at_least(value_of("operator_shift_minutes_left", None), -settings.overtime_minutes_max)),
        "certificate": Kept(certified, lines),
    }


def _certified(settings: FilterSettings, value_of: ValueOf, line: Line, place: int, lines: IntArray) -> Mask:
    if not (lines == place).any():
        return np.ones_like(value_of("operator_free_capacity", None), dtype=np.bool_)
    return _at_least(value_of("operator_certificate_days_left", line), settings.certificate_days_min)


def _of_task_and_person(
    settings: FilterSettings, value_of: ValueOf, view: TaskView, from_here: FloatArray
) -> dict[str, Kept]:
    """Filters that a flag of the task turns on for some people: place 0 keeps everybody, 1 only those whom the flag keeps."""
    level = settings.fraud_level_experienced
    delicate = view.dispute > 0
    if level:
        delicate = delicate | (view.fraud_alert_level >= level)
    experienced = value_of("operator_probation_flag", None) == 0
    sharing = value_of("operator_share_opt_in", None) > 0
    return {
        "probation": Kept(_all_or(experienced), delicate.astype(np.int64)),
        "share_opt_in": Kept(_all_or(sharing), (from_here == 0).astype(np.int64)),
    }


def _all_or(mask: Mask) -> Mask:
    return np.stack([np.ones_like(mask), mask])


def _of_pairs(settings: FilterSettings, value_of: ValueOf, pairing: Pairing) -> dict[str, Kept]:
    kinds = pairing.kinds
    kept = {"kind": Kept(kinds.may_do > 0, pairing.kind_of_task.place)}
    left = value_of("operator_shift_minutes_left", None)
    if not np.isnan(left).all():
        fits = _at_least(CATALOGUE[SHIFT_FIT].function(kinds), -settings.overtime_minutes_max)
        kept["shift_fit"] = Kept(fits, pairing.kind_of_task.place)
    for name, (attribute, parameter, limit) in _LIMITS.items():
        table = pairing.tables.get(attribute)
        if table is not None:
            kept[name] = Kept(_at_least(table.values[table.group.places[parameter]], limit), table.place)
    for name, parameter in _FLAGS.items():
        table = pairing.tables.get(Attribute.TASK)
        if table is not None:
            kept[name] = Kept(~(table.values[table.group.places[parameter]] > 0), table.place)
    return kept


#: Filter -> (attribute, parameter, least value that passes).
_LIMITS: dict[str, tuple[Attribute, str, float]] = {
    "authority": (Attribute.NEEDS, "pair_authority_margin", 0.0),
    "skill": (Attribute.NEEDS, "pair_skill_coverage", 1.0),
    "clearance": (Attribute.NEEDS, "pair_privacy_margin", 0.0),
    "local_rule": (Attribute.HOME, "pair_local_rule_certified", 1.0),
}
#: Filter -> parameter of the task by name; 1 removes.
_FLAGS: dict[str, str] = {
    "conflict": "pair_conflict_flag",
    "prior_decider": "pair_prior_decider_flag",
    "declined_before": "pair_declined_before_flag",
}
