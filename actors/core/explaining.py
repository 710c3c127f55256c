"""Explanations that a province gives of itself as it is now: whom a task would go to, and what keeps tasks waiting. They change nothing.

What was decided in the past is not told from here but from the journal (`actors.rewind`): memory has moved on since.

The province decides nothing meanwhile, so both are bounded. A preview is scored by the scorer that decides. A diagnosis is scored as if
everybody had room, by a scorer of its own that asks what the filters and the urgency ask and nothing else. Measured, CPU: a preview among 92 to
555 people 9 to 13 ms (31 the first time); a page of a diagnosis over 200 tasks 20 ms with 92 people, 26 with 200, 46 with 555.
"""

from actors.core import commands as c
from actors.core.deciding import Turn
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.diagnosing import QueueDoctor, most_urgent_first, unweighted, with_room
from actors.core.matching.explained import MatchPreview, QueueDiagnosis
from actors.core.matching.explaining import preview
from actors.core.matching.scoring import Scorer
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import Elsewhere
from actors.core.task import Task, TaskState

#: Waiting tasks that a diagnosis looks at, those that stand first.
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
    """What the first `LOOKED_AT_MAX` waiting tasks wait for, a page of them; or what one task waits for."""
    asked = _waiting_task(turn, command.task_id) if command.task_id else None
    if asked is not None and not isinstance(asked, Task):
        return asked
    state = turn.state
    tasks = [state.tasks[name] for name in state.queue.leading(LOOKED_AT_MAX)[:LOOKED_AT_MAX]]
    if asked is not None and asked not in tasks:
        tasks.append(asked)
    if not tasks:
        return QueueDiagnosis(diagnoses=())
    problem = Scorer(state, unweighted(state.model)).problem(tasks, with_room(state), turn.now.wall_ms)
    doctor = QueueDoctor(state, problem, absent=_absent(turn), now_ms=turn.now.wall_ms)
    if asked is not None:
        return QueueDiagnosis(diagnoses=(doctor.diagnose(tasks.index(asked)),))
    order, end = most_urgent_first(problem), command.offset + command.page_size
    return QueueDiagnosis(
        diagnoses=tuple(doctor.diagnose(place) for place in order[command.offset : end]),
        causes=doctor.causes() if not command.offset else {},
        next_offset=end if end < len(order) else 0,
    )


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
    state, now_ms = turn.state, turn.now.monotonic_ms
    return frozenset(
        name
        for name in state.signed_in
        if (person := state.operators[name]).presence is PresenceState.AVAILABLE
        and not turn.presence.is_fresh(person.session, now_ms, state.limits)
    )
