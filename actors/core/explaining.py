"""Explanations that a province gives of itself as it is now: whom a task would go to, and what keeps tasks waiting. They change nothing.

What was decided in the past is not told from here but from the journal (`actors.rewind`): memory has moved on since.

The province decides nothing meanwhile, so both are bounded. A preview is scored by the scorer that decides. A diagnosis is scored as if
everybody had room, by a scorer of its own that asks what the filters and the urgency ask and nothing else. Measured, CPU: a preview among 92 to
555 people 9 to 13 ms (31 the first time); a page of a diagnosis over 200 tasks 20 ms with 92 people, 26 with 200, 46 with 555,
and behind the first 200 another 2 us for each task that waits. Why one task stays (`previewing`) adds 1 to 5 ms with 200 to 10,000 waiting.
"""

import msgspec

from actors.core import commands as c
from actors.core.deciding import Turn
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.ahead import Ahead, Window, window_at, window_of
from actors.core.matching.diagnosing import NOBODY_AHEAD, QueueDoctor, most_urgent_first, unweighted, with_room
from actors.core.matching.explained import Diagnosis, MatchPreview, QueueDiagnosis
from actors.core.matching.explaining import preview
from actors.core.matching.scoring import Problem, Scorer
from actors.core.operators import PresenceState
from actors.core.previewing import why_it_stays
from actors.core.refusal import Reason, Refused
from actors.core.replies import Elsewhere
from actors.core.sharing.flows import FlowMemory
from actors.core.staying import StayReason
from actors.core.task import Task, TaskState

#: Waiting tasks that a diagnosis looks at, one stretch of the queue.
LOOKED_AT_MAX = 200


def preview_match(turn: Turn, command: c.PreviewMatch) -> MatchPreview | Elsewhere | Refused:
    """Whom a waiting task would go to now: everybody signed in, and whoever is asked about."""
    task = _waiting_task(turn, command.task_id)
    if not isinstance(task, Task):
        return task
    state = turn.state
    names = dict.fromkeys(state.signed_in)
    asked = [command.operator] if command.operator in state.operators else []
    people = [state.operators[name] for name in names | dict.fromkeys(asked)]
    return preview(
        turn.scorer,
        task,
        people,
        turn.now.wall_ms,
        absent=_absent(turn),
        count_max=command.candidates_max,
        first=asked,
    )


def diagnose_queue(turn: Turn, command: c.DiagnoseQueue) -> QueueDiagnosis | Elsewhere | Refused:
    """What waiting tasks wait for, a page of them, the whole queue page by page; or what one task waits for.

    The queue is looked at in windows of `LOOKED_AT_MAX` in its order, and no page reaches over two; in a window the most urgent stand first.
    """
    asked = _waiting_task(turn, command.task_id) if command.task_id else None
    if asked is not None and not isinstance(asked, Task):
        return asked
    queue, place = turn.state.queue, command.offset
    window = window_of(queue, asked, LOOKED_AT_MAX) if asked is not None else window_at(queue, place, LOOKED_AT_MAX)
    if not window.tasks:
        return QueueDiagnosis(diagnoses=())
    doctor, problem = _doctor(turn, window)
    if asked is not None:
        found = doctor.diagnose(window.tasks.index(asked.task_id))
        return QueueDiagnosis(diagnoses=(_with_stay(turn, asked, found, command.memory),))
    order, begin = most_urgent_first(problem), place % LOOKED_AT_MAX
    end = min(begin + command.page_size, len(order))
    return QueueDiagnosis(
        diagnoses=tuple(doctor.diagnose(task) for task in order[begin:end]),
        causes=doctor.causes() if not command.offset else {},
        next_offset=place - begin + end if end < len(order) or window.has_more else 0,
    )


def _with_stay(turn: Turn, task: Task, found: Diagnosis, memory: FlowMemory | None) -> Diagnosis:
    """The diagnosis with the reason why no other province takes the task, or the one that does."""
    why = why_it_stays(turn, task, memory)
    if isinstance(why, StayReason):
        return msgspec.structs.replace(found, stays=why.value)
    return msgspec.structs.replace(found, leaves_to=why)


def _doctor(turn: Turn, window: Window) -> tuple[QueueDoctor, Problem]:
    """Whoever diagnoses the tasks of a window, and the problem in which their places are those of the window."""
    state, absent, now_ms = turn.state, _absent(turn), turn.now.wall_ms
    scorer, people = Scorer(state, unweighted(state.model)), with_room(state)

    def of(names: list[TaskId]) -> Problem:
        return scorer.problem([state.tasks[name] for name in names], people, now_ms)

    ahead = NOBODY_AHEAD
    if window.asked:
        ahead = Ahead(window.ranks, QueueDoctor(state, of(window.asked), absent=absent, now_ms=now_ms).on_duty)
    problem = of(window.tasks)
    return QueueDoctor(state, problem, absent=absent, now_ms=now_ms, ahead=ahead), problem


def _waiting_task(turn: Turn, task_id: TaskId) -> Task | Elsewhere | Refused:
    task = turn.open_task(task_id)
    if isinstance(task, Task) and task.state is not TaskState.QUEUED:
        return Refused(
            reason=Reason.WRONG_STATE,
            message=f"Task {task_id} is {task.state.value}; only a task that waits can be matched.",
            metadata={"state": task.state.value},
        )
    return task


def _absent(turn: Turn) -> frozenset[OperatorId]:
    """People on duty whose desks are not heard."""
    state, now_ms, within_ms = turn.state, turn.now.monotonic_ms, turn.state.heard_within_ms
    return frozenset(
        name
        for name in state.signed_in
        if (person := state.operators[name]).presence is PresenceState.AVAILABLE
        and not turn.presence.was_heard(person.session, now_ms, within_ms)
    )
