"""Whether hosts kept their quotas for other provinces' tasks while a drill went on.

A host refuses what is above its quota, whatever the coordinator's plan or an evacuating province believes; this counts from the journals whether it
did: tasks of others that were open there when the drill began, and what came and went since. Looked at where a task is taken in: whoever lowers a
quota below what is there already has broken nothing.
"""

from collections.abc import Iterable

from actors.core import events as e
from actors.core.drills.record import QUOTA_UNKNOWN, Standing
from actors.core.ids import ProvinceCode, TaskId, home_of


class Quotas:
    """Tasks of others by host, event by event.

    Args:
        before: how everybody stood when the drill began.
    """

    def __init__(self, before: Iterable[Standing]) -> None:
        known = [standing for standing in before if standing.share_in_quota != QUOTA_UNKNOWN]
        self._quota = {standing.province: standing.share_in_quota for standing in known}
        self._guests = {standing.province: standing.guests for standing in known}
        self._over: dict[ProvinceCode, None] = {}

    @property
    def over(self) -> int | None:
        """Hosts that took in more than they may; None: nobody's quota is known."""
        return len(self._over) if self._quota else None

    def take(self, province: ProvinceCode, event: e.AnyEvent, change: int) -> None:
        """Take in an event behind the province's standing before.

        Args:
            change: by how many open tasks the province has more after it.
        """
        if province not in self._quota:
            return
        if isinstance(event, e.SharingPolicyUpdated):
            self._revise(province, event)
        if not change or home_of(_task_of(event)) == province:
            return
        self._guests[province] += change
        if isinstance(event, e.MoveAccepted) and self._guests[province] > self._quota[province]:
            self._over[province] = None

    def _revise(self, province: ProvinceCode, event: e.SharingPolicyUpdated) -> None:
        """A revision that is in force for a time only may raise the quota; when it ends is not looked at."""
        policy = event.policy
        is_limited = bool(policy.effective_from_ms or policy.effective_until_ms)
        new = policy.share_in_quota
        self._quota[province] = max(new, self._quota[province]) if is_limited else new


def _task_of(event: e.AnyEvent) -> TaskId:
    """The task that an event is about; empty: none."""
    if isinstance(event, (e.MoveAccepted, e.OutcomeNoted)):
        return event.task.task_id
    return getattr(event, "task_id", TaskId(""))
