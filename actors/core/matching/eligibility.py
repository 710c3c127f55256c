"""May this person do this task at all? Filters come before any points and are never outweighed by them.

Every filter has a name and one parameter (or the kind, which is a right and no parameter). The order is fixed: a person is said to have been
removed by the first filter that does so. What is unknown removes nobody.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.core.statistics.storage import IntArray

Mask = NDArray[np.bool_]

#: All filters in their order, with the parameter that each asks (none for the kind).
FILTERS: dict[str, str] = {
    "desk": "operator_heartbeat_age_seconds",
    "capacity": "operator_free_capacity",
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
    "declined_before": "pair_declined_before_flag",
    "quota": "operator_quota_left",
    "shift": "operator_shift_minutes_left",
    "shift_fit": "pair_shift_fit_minutes",
}


class Kept(NamedTuple):
    """Whom a filter keeps: (values, people), with the value of each task (-1: the filter does not concern it)."""

    mask: Mask
    place: IntArray | None = None

    def of_tasks(self, tasks: int) -> Mask:
        """(tasks, people)."""
        if self.place is None:
            return np.broadcast_to(self.mask, (tasks, self.mask.shape[-1]))
        whole = self.mask[self.place]
        if (self.place < 0).any():
            whole[self.place < 0] = True
        return whole


class Eligibility:
    """What the filters of a round say. `kept` in any order; it is looked at in the order of `FILTERS`."""

    def __init__(self, tasks: int, people: int, kept: dict[str, Kept]) -> None:
        assert kept.keys() <= FILTERS.keys(), "a filter without a place in the order"
        self._tasks = tasks
        self._people = people
        self._kept = kept

    def eligible(self) -> Mask:
        """Who may do what, (tasks, people)."""
        result = np.ones((self._tasks, self._people), dtype=np.bool_)
        for kept in self._kept.values():
            result &= kept.of_tasks(self._tasks)
        return result

    def removed(self, task: int) -> dict[str, int]:
        """How many people each filter was the first to remove from a task; filters that removed nobody are left out."""
        left = np.ones(self._people, dtype=np.bool_)
        counts: dict[str, int] = {}
        for name, mask in self._of_task(task):
            removed = int((left & ~mask).sum())
            if removed:
                counts[name] = removed
            left &= mask
        return counts

    def removed_by(self, task: int, person: int) -> str | None:
        """The first filter that keeps a person from a task, or None."""
        return next((name for name, mask in self._of_task(task) if not mask[person]), None)

    def _of_task(self, task: int) -> Iterator[tuple[str, Mask]]:
        for name in FILTERS:
            kept = self._kept.get(name)
            if kept is not None:
                yield name, kept.of_tasks(self._tasks)[task]
