"""What leaves a province now, and where to.

An UNREACHABLE province and one whose policy says EVACUATE move everything that may leave and that somebody on duty elsewhere may do: green
channel first, then what was in hand, then by slack. Otherwise the coordinator's flows are followed, the most urgent task of a kind first.
Hosts are ranked by `sharing.hosts`; how a task travels is for `moves` to say.

The order of an evacuation is sorted once for each picture of the country, twice a second, and used up from its end: sorting ten thousand
tasks before every hundred moves took most of an evacuation.
"""

from collections.abc import Iterator

from actors.core import events as e
from actors.core.country import Bounds, ProvinceStatus, ShareOutMode
from actors.core.deciding import Turn
from actors.core.desk import take_off_desk
from actors.core.ids import KindId, TaskId
from actors.core.move_reasons import Cause, written
from actors.core.moves import may_leave, ranked_hosts, room_in_transit, start_move
from actors.core.promise import latest_start_ms
from actors.core.sharing.hosts import HostCandidate
from actors.core.state import ProvinceState, is_evacuated
from actors.core.task import Placement, Task, TaskState

WHO = "system:sharing"
#: Pause after a look at the queue that found nothing to evacuate.
EVACUATION_PAUSE_MS = 200
#: Waiting tasks that are looked at for one that may leave, of those that the same people may do.
LOOKED_AT_MAX = 1_000
#: States in which somebody holds a task and has not begun it.
UNBEGUN_IN_HAND = (TaskState.OFFERED, TaskState.ASSIGNED)


def move_tasks_out(turn: Turn) -> None:
    """Begin the moves that outage, policy or the coordinator's advice call for now, within the bounds."""
    state = turn.state
    if state.policy.share_out_mode is ShareOutMode.EVACUATE:
        _leave_desks(turn)
    if is_evacuated(state):
        evacuate(turn)
        return
    # What is left of an evacuation that is over says nothing of the next one.
    turn.outbox.advice.evacuation_order.clear()
    if turn.outbox.advice.flows and state.status is not ProvinceStatus.SUSPENDED:
        _follow_advice(turn)


def room_for_moves(turn: Turn) -> int:
    """Moves that may begin now; 0 with an empty queue."""
    if not len(turn.state.queue):
        return 0
    return max(0, min(turn.state.bounds.moves_per_batch_max, room_in_transit(turn)))


def evacuate(turn: Turn) -> None:
    """Begin to move whatever may leave and has somewhere to go. A fruitless look at the queue is not repeated at once."""
    state, now_ms = turn.state, turn.now.monotonic_ms
    room = room_for_moves(turn)
    if room <= 0 or now_ms < turn.outbox.advice.evacuate_after_ms:
        return
    reason = state.status_reason if state.status is ProvinceStatus.UNREACHABLE else written(Cause.EVACUATING)
    moved = 0
    for task, ranked in _evacuees(turn, room):
        start_move(turn, task, ranked, Placement.EVACUATED, reason)
        moved += 1
    if not moved:
        turn.outbox.advice.evacuate_after_ms = now_ms + EVACUATION_PAUSE_MS


def _leave_desks(turn: Turn) -> None:
    """Take what is in hand and not begun off the desks, once each time a revision begins to evacuate, when it is known who may do it elsewhere.

    Once: whoever stays may still be given what cannot leave. What has begun stays: it would be done twice.
    """
    state = turn.state
    if state.evacuation_revision == state.policy.revision or not turn.outbox.advice.picture.provinces:
        return
    turn.emit(e.EvacuationBegun(at_ms=turn.now.wall_ms, who=WHO, revision=state.policy.revision))
    for held in list(state.holds.values()):
        for task in [state.tasks[task_id] for task_id in held]:
            unbegun = task.state in UNBEGUN_IN_HAND
            if unbegun and may_leave(turn, task, state.policy) and ranked_hosts(turn, task, state.policy):
                take_off_desk(turn, task.task_id, "evacuated", WHO)


def _evacuees(turn: Turn, room: int) -> Iterator[tuple[Task, list[HostCandidate]]]:
    """Queued tasks that may leave and have somewhere to go, most urgent first, each with its ranked hosts."""
    state, order = turn.state, turn.outbox.advice.evacuation_order
    if not order:
        order.extend(_evacuation_order(state))
    hopeless: dict[str, None] = {}
    while order and room > 0:
        task_id = order.pop()
        if task_id not in state.queue.members:
            continue
        task = state.tasks[task_id]
        if task.spec.kind in hopeless or not may_leave(turn, task, state.policy):
            continue
        ranked = ranked_hosts(turn, task, state.policy)
        if ranked:
            room -= 1
            yield task, ranked
        elif not turn.outbox.refused_by.get(task_id):
            hopeless[task.spec.kind] = None


def _evacuation_order(state: ProvinceState) -> list[TaskId]:
    """What waits, the one that leaves first last; where two are equal, the queue's own order counts."""
    waiting = [state.tasks[task_id] for task_id in state.queue.in_rank_order()]
    waiting.sort(key=lambda task: _urgency(state, task))
    return [task.task_id for task in reversed(waiting)]


def _urgency(state: ProvinceState, task: Task) -> tuple[bool, bool, int]:
    """Green channel before all, then what was in hand, then least slack."""
    never_in_hand = task.handover_count + task.offer_attempts == 0
    return not task.spec.green_channel, never_in_hand, latest_start_ms(task, state.kinds)


def _follow_advice(turn: Turn) -> None:
    """Move the most urgent tasks of each advised kind to the advised hosts."""
    state = turn.state
    room = room_for_moves(turn)
    if room <= 0:
        return
    for kind, hosts in list(turn.outbox.advice.flows.items()):
        if room <= 0:
            return
        candidates, before = free_to_leave(turn, kind, room), room
        for host, (count, reason) in list(hosts.items()):
            left = count
            others: list[Task] = []
            for task in candidates:
                ranked = ranked_hosts(turn, task, state.policy, only=host) if left > 0 and room > 0 else None
                if ranked:
                    start_move(turn, task, ranked, Placement.SHARED, reason)
                    left -= 1
                    room -= 1
                else:
                    others.append(task)
            candidates = others
            hosts[host] = (left, reason)
            if left <= 0:
                del hosts[host]
        # Where nothing may leave, nobody looks again before the next advice.
        if not hosts or room == before:
            del turn.outbox.advice.flows[kind]


def free_to_leave(turn: Turn, kind: KindId, count: int) -> list[Task]:
    """Waiting tasks of a kind that may leave because others have room, most urgent first.

    Of tasks that the same people may do the first `count` are looked at, and `LOOKED_AT_MAX` if all of these must stay: what must be done at home
    does not hold up what stands behind it.
    """
    state = turn.state
    for looked_at in (count, LOOKED_AT_MAX):
        waiting = [state.tasks[task_id] for task_id in state.queue.leading(looked_at, (kind,))]
        found = [task for task in waiting if may_follow(turn, task)]
        if found or len(waiting) == state.queue.waiting_by_kind.get(kind, 0):
            return found
    return []


def may_follow(turn: Turn, task: Task) -> bool:
    """Whether a task may leave because others have room.

    What came for that reason stays, unless its host fails, has closed for the day (its home may open before it does), or its home recalls it.
    """
    state = turn.state
    if state.status is not ProvinceStatus.ACTIVE or not may_leave(turn, task, state.policy):
        return False
    return may_move_again(turn, task)


def may_move_again(turn: Turn, task: Task) -> bool:
    """Whether overflow has not moved the task as often as it may."""
    is_open = turn.state.calendar.is_open(turn.now.wall_ms, task.line)
    return moves_left(task.placement, task.move_count, turn.state.bounds, is_open=is_open)


def moves_left(placement: Placement, move_count: int, bounds: Bounds, *, is_open: bool = True) -> bool:
    """Whether overflow may still move a task that has been moved so often and is here for this reason.

    Args:
        is_open: whether its line is open here.
    """
    stays = placement is Placement.SHARED and is_open
    return move_count < (bounds.moves_of_shared_max if stays else bounds.moves_per_task_max)
