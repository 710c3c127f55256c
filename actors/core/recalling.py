"""Bringing evacuated work home again when the outage or the evacuation is over.

Theory of operation
-------------------
The home H knows which of its tasks an evacuation has taken elsewhere (`state.evacuated`). While its policy says UNBEGUN, H is ACTIVE and
nothing evacuates it, it asks for them back, green channel and least slack first, a bounded number at a time:

1. H journals `TasksRecalled`; the outbox sends `RecallTask` for each to its host D until a recorded answer comes.
2. D journals `RecallAnswered` for the (task, generation), and repeats that answer. If nobody has begun the work, D takes it off the desk that
   may hold it (token+1), and starts an ordinary move home in the same frame. If somebody has, the answer says so and the work stays.
3. If the work stays, H journals `RecallSettled` and does not ask again. If D said yes, H goes on asking until the task is in: H may be away again
   when it comes and refuse it at the door. D has it then, and answers the next question afresh.

The task itself travels by the move protocol and by nothing else, so a recall that is lost, doubled or a month old can at worst do nothing.
Whether to ask is read from the state after every batch, not from the moment in which an evacuation ended: then no crash can miss that moment,
and a policy that says UNBEGUN an hour later still brings home what is not begun. Refused: moves ordered by the home (two owners of one
decision), and asking for what overflow sent away (it left because the home had too much).
"""

from collections.abc import Sequence

from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.country import Line, ProvinceStatus, Recall
from actors.core.deciding import Turn
from actors.core.desk import take_off_desk
from actors.core.ids import ProvinceCode, TaskId
from actors.core.move_reasons import Cause, written
from actors.core.moves import room_in_transit, start_move
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Done, RecallAnswer
from actors.core.sharing.hosts import HostCandidate
from actors.core.state import ProvinceState, is_evacuated
from actors.core.task import Placement, Task, TaskState

WHO = "system:recall"
#: Tasks asked for after one batch of commands.
RECALLS_PER_BATCH = 100
#: Tasks that may be asked for and not answered at once.
RECALLS_OPEN_MAX = 500
#: Pause after a look at what is away that found nothing to ask for now.
RECALL_PAUSE_MS = 1_000
#: States in which nobody has begun the work at this host.
UNBEGUN = (TaskState.QUEUED, TaskState.OFFERED, TaskState.ASSIGNED)


# --- at the home ---


def recalls_now(state: ProvinceState) -> bool:
    """Whether evacuated work is wanted back now."""
    is_back = state.status is ProvinceStatus.ACTIVE and not is_evacuated(state)
    return is_back and state.policy.recall is Recall.UNBEGUN


def ask_for_return(turn: Turn) -> None:
    """Ask for the next evacuated tasks, within the bounds."""
    state = turn.state
    if len(state.evacuated) <= len(state.recalls):
        return
    if not recalls_now(state):
        # What is left of a recall that was broken off says nothing of the next one.
        turn.outbox.recall_order.clear()
        turn.outbox.recall_after_ms = 0
        return
    if turn.now.monotonic_ms < turn.outbox.recall_after_ms:
        return
    room = min(RECALLS_PER_BATCH, RECALLS_OPEN_MAX - len(state.recalls))
    if room <= 0:
        return
    # At night the work is better off where somebody is, and would be shared again at once; in the morning the home asks.
    open_lines = [line for line in Line if state.calendar.is_open(turn.now.wall_ms, line)]
    if not open_lines:
        return
    wanted = _next_wanted(turn, room, open_lines)
    if wanted:
        turn.emit(e.TasksRecalled(at_ms=turn.now.wall_ms, who=WHO, task_ids=tuple(wanted)))
    else:
        turn.outbox.recall_after_ms = turn.now.monotonic_ms + RECALL_PAUSE_MS


def _next_wanted(turn: Turn, room: int, open_lines: Sequence[Line]) -> list[TaskId]:
    """The next tasks of these lines by green channel and slack. All that are away are sorted once, not after every batch."""
    state, order = turn.state, turn.outbox.recall_order
    wanted: list[TaskId] = []
    if not order:
        waiting = [task_id for task_id in state.evacuated if _is_wanted(state, task_id, open_lines)]
        waiting.sort(key=lambda task_id: state.evacuated[task_id].urgency, reverse=True)
        order.extend(waiting)
    while order and len(wanted) < room:
        task_id = order.pop()
        if task_id in state.evacuated and _is_wanted(state, task_id, open_lines):
            wanted.append(task_id)
    return wanted


def _is_wanted(state: ProvinceState, task_id: TaskId, open_lines: Sequence[Line]) -> bool:
    """Whether an evacuated task has not been asked for and somebody is at home for its line. Older versions did not note the line."""
    line = state.evacuated[task_id].line
    return task_id not in state.recalls and (line is None or line in open_lines)


def settle_recall(turn: Turn, command: c.SettleRecall) -> AnyReply:
    """Record that the host keeps the task, if that answer is waited for. One that promises it settles nothing: what counts is that it comes."""
    if not command.accepted and turn.state.recalls.get(command.task_id) == command.generation:
        turn.emit(
            e.RecallSettled(
                at_ms=turn.now.wall_ms,
                who=command.who,
                task_id=command.task_id,
                generation=command.generation,
                accepted=command.accepted,
                reason=command.reason,
            )
        )
    return Done()


# --- at the host ---


def answer_recall(turn: Turn, command: c.RecallTask) -> AnyReply:
    """Send unbegun work home, or say why not; afterwards repeat the recorded answer, unless that promised a task which is here all the same."""
    state = turn.state
    task = state.tasks.get(command.task_id)
    is_here = task is not None and task.generation == command.generation and task.state is not TaskState.MOVING
    recorded = turn.record(records.recall_key(command.task_id, command.generation))
    known = None if recorded is None else records.decode_recall_answer(recorded)
    if known is not None and not (known.accepted and is_here):
        return known
    if task is None or not is_here:
        return _not_here(turn, command, task)
    if task.state not in UNBEGUN:
        return _answer(turn, command, f"the work has begun: the task is {task.state.value}")
    if room_in_transit(turn) <= 0:
        return Refused(reason=Reason.QUEUE_FULL, message="Too many tasks are in transit.", retry_after_ms=1_000)
    if task.operator is not None:
        take_off_desk(turn, task.task_id, "recalled", WHO)
    reply = _answer(turn, command, "")
    reason = written(Cause.RECALLED, home=command.source)
    start_move(turn, state.tasks[task.task_id], [_home(command.source)], Placement.HOME, reason)
    return reply


def _not_here(turn: Turn, command: c.RecallTask, task: Task | None) -> AnyReply:
    """A task that ended here is refused for good. One that moves on is not answered: its home learns of the next host, and asks there."""
    closed = turn.closed_task(command.task_id) if task is None else None
    if closed is not None and closed.state is not TaskState.MOVED:
        return _answer(turn, command, f"the task is {closed.state.value}")
    return Refused(reason=Reason.ELSEWHERE, message=f"Task {command.task_id} has left or is leaving.")


def _answer(turn: Turn, command: c.RecallTask, refusal: str) -> RecallAnswer:
    turn.emit(
        e.RecallAnswered(
            at_ms=turn.now.wall_ms,
            who=command.who,
            source=command.source,
            task_id=command.task_id,
            generation=command.generation,
            accepted=not refusal,
            reason=refusal,
        )
    )
    return RecallAnswer(accepted=not refusal, reason=refusal)


def _home(home: ProvinceCode) -> HostCandidate:
    """The home as the only candidate: it is not ranked, its work belongs there."""
    return HostCandidate(
        province=home,
        points=0,
        experience_points=0,
        finish_points=0,
        quality_points=0,
        experience=0,
        eligible=0,
        expected_finish_ms=0,
    )
