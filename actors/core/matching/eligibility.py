"""May this person do this task at all? Filters come before any points and are never outweighed by them.

Every filter has a name, a place in a fixed order, and one parameter (the kind is a right and has none). What is unknown removes nobody.
What a round knows of a pair is one number: the place of the first filter that removes the person, or `KEPT`. The first of several is the
smallest, so numbers from different sources are put together by taking the minimum, and who removed whom costs nothing to keep.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
#: Places of first removing filters, `KEPT` for nobody removed.
Codes = NDArray[np.uint8]
KEPT = 255
_CODES = KEPT + 1

#: All filters in their order, with the parameter that each asks (none for the kind).
FILTERS: dict[str, str] = {
    "kind": "",
    "authority": "pair_authority_margin",
    "skill": "pair_skill_coverage",
    "certificate": "operator_certificate_days_left",
    "probation": "operator_probation_flag",
    "share_opt_in": "operator_share_opt_in",
    "clearance": "pair_privacy_margin",
    "local_rule": "pair_local_rule_certified",
    "conflict": "pair_conflict_flag",
    "prior_decider": "pair_prior_decider_flag",
    "quota": "operator_quota_left",
    "shift": "operator_shift_minutes_left",
    "shift_fit": "pair_shift_fit_minutes",
    # What passes within the day comes last, so that it never hides that somebody could not have the task at all.
    "declined_before": "pair_declined_before_flag",
    "capacity": "operator_free_capacity",
    "desk": "operator_heartbeat_age_seconds",
}
NAMES = tuple(FILTERS)
_PLACES = {name: place for place, name in enumerate(NAMES)}
#: Codes from this one on: the person may do the task today, if not at this moment.
ABLE = _PLACES["declined_before"]


def first_removing(kept: Mapping[str, Mask], shape: tuple[int, ...]) -> Codes:
    """The first filter that removes each, in the order of `FILTERS`.

    Args:
        kept: filter -> whom it keeps; broadcasts to `shape`.
    """
    codes = np.full(shape, KEPT, dtype=np.uint8)
    if not kept:
        return codes
    # The last filter first, so that the earliest one has the last word.
    for place, mask in sorted(((_PLACES[name], mask) for name, mask in kept.items()), key=_by_place, reverse=True):
        np.putmask(codes, ~np.broadcast_to(mask, shape) if mask.shape != shape else ~mask, place)
    return codes


def _by_place(filtered: tuple[int, Mask]) -> int:
    return filtered[0]


def removed_counts(codes: Codes) -> list[dict[str, int]]:
    """How many people each filter was the first to remove from each task; filters that removed nobody are left out.

    Args:
        codes: (tasks, people).
    """
    tasks = len(codes)
    places = codes + np.arange(0, tasks * _CODES, _CODES)[:, None]
    counts = np.bincount(places.ravel(), minlength=tasks * _CODES).reshape(tasks, _CODES)[:, : len(NAMES)]
    found: list[dict[str, int]] = [{} for _ in range(tasks)]
    of_tasks, names = counts.nonzero()
    for task, name, count in zip(of_tasks.tolist(), names.tolist(), counts[of_tasks, names].tolist(), strict=True):
        found[task][NAMES[name]] = count
    return found


def removed_by(code: int) -> str | None:
    """The name of the filter at a place, or None for `KEPT`."""
    return None if code == KEPT else NAMES[code]
