"""Why tasks would stay where they are under a sharing policy: the other half of a preview, and a line of an explanation.

Asked of the rehearsal's state, after everything has left that leaves. Of the rules that keep a task, the first in a fixed order is told, the
one that people can change last: a task that must be done at home is not said to lack a host. Of what waits, `STAYS_LOOKED_AT` tasks are asked.
"""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from actors.core import events as e
from actors.core.clock import still_waits
from actors.core.country import ProvinceStatus, ShareOutMode
from actors.core.deciding import Turn
from actors.core.departures import UNBEGUN_IN_HAND, may_move_again
from actors.core.ids import KindId
from actors.core.moves import pause_ms
from actors.core.sharing.hosts import has_room, is_allowed_host
from actors.core.state import is_evacuated
from actors.core.task import Task, TaskState

#: Waiting tasks that are asked why they stay.
STAYS_LOOKED_AT = 10_000


class StayReason(StrEnum):
    """Why a task would stay."""

    #: The branch wants it done at home.
    HOME_ONLY = "home_only"
    #: Its kind is not among those that the policy shares.
    KIND_NOT_SHARED = "kind_not_shared"
    #: Its amount is above what the policy shares.
    ABOVE_AMOUNT = "above_amount"
    #: The province has begun a moment ago and has not heard yet how the others stand.
    NO_PICTURE = "no_picture"
    #: Nobody who may do it is on duty in a province that may host.
    NOBODY_ELIGIBLE = "nobody_eligible"
    #: Whoever could do it elsewhere takes in no more.
    QUOTA = "quota"
    #: It does not wait so long that the policy would share it.
    NO_OVERLOAD = "no_overload"
    #: Enough leaves for the wait to fall to the release threshold, or for the policy's ratio.
    OVERLOAD_RELIEVED = "overload_relieved"
    #: It waits too long, but nobody elsewhere has people to spare.
    NOBODY_FREE = "nobody_free"
    #: The policy is BEST_MATCH, and nobody elsewhere is so much better.
    NO_BETTER_HOST = "no_better_host"
    MODE_CLOSED = "mode_closed"
    #: The province is suspended or drained.
    NOT_ACTIVE = "not_active"
    #: It was refused a moment ago and waits for the next try.
    JUST_REFUSED = "just_refused"
    #: Overload has moved it as often as it may.
    MOVED_OFTEN = "moved_often"
    #: Somebody holds it: offered or assigned; or has begun it.
    IN_HAND = "in_hand"
    BEGUN = "begun"
    SUSPENDED = "suspended"
    SCHEDULED = "scheduled"
    #: It is on its way already.
    MOVING = "moving"
    #: The preview looked no further.
    BEYOND_PREVIEW = "beyond_preview"


#: Why a task stays that does not wait in the queue.
_NOT_WAITING: dict[TaskState, StayReason] = {
    TaskState.OFFERED: StayReason.IN_HAND,
    TaskState.ASSIGNED: StayReason.IN_HAND,
    TaskState.IN_PROGRESS: StayReason.BEGUN,
    TaskState.SUSPENDED: StayReason.SUSPENDED,
    TaskState.SCHEDULED: StayReason.SCHEDULED,
    TaskState.MOVING: StayReason.MOVING,
}


def count_stays(rehearsal: Turn, pressed: Mapping[KindId, int], *, is_cut_off: bool) -> dict[str, int]:
    """Reason -> tasks that stay for it, most tasks first; all open tasks that do not leave are in one of them.

    Args:
        rehearsal: as it is when everything has left.
        pressed: the kinds that wait too long -> tasks that should leave.
        is_cut_off: the rehearsal ended at its bound; more would have left.
    """
    state, rules = rehearsal.state, _Rules(rehearsal, pressed, is_cut_off=is_cut_off)
    counts: dict[StayReason, int] = {}
    for task_state, reason in _reasons_in_hand(rehearsal).items():
        moved = rules.left_count if task_state is TaskState.MOVING else 0
        counts[reason] = counts.get(reason, 0) + state.open_by_state.get(task_state, 0) - moved
    waiting = list(state.queue.members)
    for task_id in waiting[:STAYS_LOOKED_AT]:
        reason = rules.why(state.tasks[task_id])
        counts[reason] = counts.get(reason, 0) + 1
    beyond = max(0, len(waiting) - STAYS_LOOKED_AT)
    counts[StayReason.BEYOND_PREVIEW] = counts.get(StayReason.BEYOND_PREVIEW, 0) + beyond
    ordered = sorted((entry for entry in counts.items() if entry[1] > 0), key=lambda entry: (-entry[1], entry[0]))
    return {reason.value: count for reason, count in ordered}


def why_stays(rehearsal: Turn, pressed: Mapping[KindId, int], task: Task, *, is_cut_off: bool) -> StayReason:
    """Why one waiting task stays; arguments as of `count_stays`."""
    return _Rules(rehearsal, pressed, is_cut_off=is_cut_off).why(task)


def _reasons_in_hand(rehearsal: Turn) -> Mapping[TaskState, StayReason]:
    """Why what does not wait stays. An evacuation takes unbegun work off the desks, but not before it knows where to."""
    if rehearsal.outbox.advice.has_picture or rehearsal.state.policy.share_out_mode is not ShareOutMode.EVACUATE:
        return _NOT_WAITING
    return _NOT_WAITING | dict.fromkeys(UNBEGUN_IN_HAND, StayReason.NO_PICTURE)


class _Rules:
    """The rules that keep a waiting task, in their order."""

    def __init__(self, rehearsal: Turn, pressed: Mapping[KindId, int], *, is_cut_off: bool) -> None:
        self._rehearsal = rehearsal
        self._pressed = pressed
        self._is_cut_off = is_cut_off
        state = rehearsal.state
        left = [state.tasks[event.task_id] for event in rehearsal.events if isinstance(event, e.MoveStarted)]
        self.left_count = len(left)
        #: Kind -> tasks of it that left.
        self._left_kinds = Counter(task.spec.kind for task in left)
        #: Kind -> why nobody elsewhere takes it; None: somebody could.
        self._nobody: dict[KindId, StayReason | None] = {}

    def why(self, task: Task) -> StayReason:
        """The first rule that keeps the task."""
        state = self._rehearsal.state
        return (
            self._by_policy(task)
            or self._without_picture(task.spec.kind)
            or self._nobody_takes(task.spec.kind)
            or (self._not_evacuated() if is_evacuated(state) else self._not_advised(task))
        )

    def _by_policy(self, task: Task) -> StayReason | None:
        """What the task itself or the policy says (`moves.may_leave`)."""
        state, policy = self._rehearsal.state, self._rehearsal.state.policy
        if policy.share_out_mode is ShareOutMode.CLOSED:
            return StayReason.MODE_CLOSED
        if task.spec.home_only:
            return StayReason.HOME_ONLY
        if policy.kinds and task.spec.kind not in policy.kinds:
            return StayReason.KIND_NOT_SHARED
        if policy.amount_max_fen and task.spec.amount_fen > policy.amount_max_fen:
            return StayReason.ABOVE_AMOUNT
        if still_waits(task.move_after_ms, self._rehearsal.now.wall_ms, pause_ms(task, state.limits)):
            return StayReason.JUST_REFUSED
        if not is_evacuated(state) and state.status is not ProvinceStatus.ACTIVE:
            return StayReason.NOT_ACTIVE
        return None

    def _without_picture(self, kind: KindId) -> StayReason | None:
        """Of what could leave nothing is known yet; what does not wait too long stays, whoever there is. None: there is a picture."""
        state = self._rehearsal.state
        if self._rehearsal.outbox.advice.has_picture:
            return None
        seeks_better = state.policy.share_out_mode is ShareOutMode.BEST_MATCH
        could_leave = is_evacuated(state) or seeks_better or kind in self._pressed
        return StayReason.NO_PICTURE if could_leave else StayReason.NO_OVERLOAD

    def _nobody_takes(self, kind: KindId) -> StayReason | None:
        if kind not in self._nobody:
            self._nobody[kind] = self._ask_hosts(kind)
        return self._nobody[kind]

    def _ask_hosts(self, kind: KindId) -> StayReason | None:
        state = self._rehearsal.state
        outbox = self._rehearsal.outbox
        silent = outbox.owed.silent_hosts(self._rehearsal.now.monotonic_ms)
        hosts = [host for host, _ in outbox.advice.hosts_of(kind) if host.province not in silent]
        allowed = [host for host in hosts if is_allowed_host(state.province, state.policy, host)]
        if not allowed:
            return StayReason.NOBODY_ELIGIBLE
        return None if any(map(has_room, allowed)) else StayReason.QUOTA

    def _not_evacuated(self) -> StayReason:
        """Everything leaves that some host has not refused."""
        return StayReason.BEYOND_PREVIEW if self._is_cut_off else StayReason.JUST_REFUSED

    def _not_advised(self, task: Task) -> StayReason:
        """Why the coordinator's plan leaves a task where it is that others could do."""
        state, kind = self._rehearsal.state, task.spec.kind
        if not may_move_again(self._rehearsal, task):
            return StayReason.MOVED_OFTEN
        if kind in self._left_kinds and self._is_cut_off:
            return StayReason.BEYOND_PREVIEW
        if kind in self._pressed or kind in self._left_kinds:
            is_short = self._left_kinds[kind] < self._pressed.get(kind, 0)
            return StayReason.NOBODY_FREE if is_short else StayReason.OVERLOAD_RELIEVED
        best = state.policy.share_out_mode is ShareOutMode.BEST_MATCH
        return StayReason.NO_BETTER_HOST if best else StayReason.NO_OVERLOAD
