"""How moves between provinces change the state of the source, the host and the home."""

import msgspec

from actors.core import events as e
from actors.core import records
from actors.core.ids import ProvinceCode, TaskId
from actors.core.promise import latest_start_ms
from actors.core.replies import MoveAnswer, RecallAnswer
from actors.core.state import Away, Evacuee, Notice, ProvinceState
from actors.core.task import Action, Placement, TaskState, moved_on

replace = msgspec.structs.replace


def move_started(state: ProvinceState, event: e.MoveStarted) -> None:
    task = state.tasks[event.task_id]
    assert event.move.generation == task.generation and event.move.attempt == task.move_attempts + 1
    state.replace_task(moved_on(task, Action.MOVE, move=event.move, move_attempts=event.move.attempt))


def move_accepted(state: ProvinceState, event: e.MoveAccepted) -> None:
    task, move = event.task, event.move
    state.records[records.move_key(task.task_id, move)] = records.encode(MoveAnswer(accepted=True))
    state.records.update(event.answers)
    came_home = task.home == state.province
    older = state.tasks.get(task.task_id)
    if older is not None:
        # The ABA case: our own outgoing move of an older generation is still open; this acceptance proves that it succeeded.
        assert older.state is TaskState.MOVING and older.generation < move.generation + 1
        state.replace_task(moved_on(older, Action.HAND_OVER))
    state.away.pop(task.task_id, None)
    state.forget_evacuee(task.task_id)
    state.records.pop(records.task_key(task.task_id), None)
    accepted = replace(
        task,
        host=state.province,
        state=TaskState.QUEUED,
        placement=Placement.HOME if came_home else move.placement,
        generation=move.generation + 1,
        token=task.token + 1,
        version=task.version + 1,
        move=None,
        move_attempts=0,
        move_after_ms=0,
        # To be called home is no move of its own: overload may move the task as often as before.
        move_count=task.move_count + (move.placement is not Placement.HOME),
        declines=(),
        queued_ms=event.at_ms,
    )
    state.add_task(accepted)
    if not came_home and event.source != task.home:
        notice = Notice(home=task.home, task_id=task.task_id, generation=accepted.generation)
        state.add_notice(notice)


def move_refused(state: ProvinceState, event: e.MoveRefused) -> None:
    answer = MoveAnswer(accepted=False, reason=event.reason)
    state.records[records.move_key(event.task_id, event.move)] = records.encode(answer)


def handed_over(state: ProvinceState, event: e.MoveHandedOver) -> None:
    task = state.tasks[event.task_id]
    assert task.move is not None
    state.replace_task(moved_on(task, Action.HAND_OVER))
    if task.home == state.province:
        _note_host(state, task.task_id, task.move.host, task.generation + 1)
        if event.is_evacuated:
            latest_ms = latest_start_ms(task, state.kinds)
            state.evacuated[task.task_id] = Evacuee(task.spec.green_channel, latest_ms, event.line)


def taken_back(state: ProvinceState, event: e.MoveTakenBack) -> None:
    task = state.tasks[event.task_id]
    changed = moved_on(task, Action.TAKE_BACK, move=None, move_after_ms=event.at_ms + event.retry_after_ms)
    state.replace_task(changed)


def _note_host(state: ProvinceState, task: TaskId, host: ProvinceCode, generation: int) -> None:
    known = state.away.get(task)
    if known is None or known.generation < generation:
        state.away[task] = Away(host=host, generation=generation)


def evacuation_begun(state: ProvinceState, event: e.EvacuationBegun) -> None:
    state.evacuation_revision = event.revision


def tasks_recalled(state: ProvinceState, event: e.TasksRecalled) -> None:
    for task_id in event.task_ids:
        state.begin_recall(task_id)


def recall_answered(state: ProvinceState, event: e.RecallAnswered) -> None:
    answer = RecallAnswer(accepted=event.accepted, reason=event.reason)
    state.records[records.recall_key(event.task_id, event.generation)] = records.encode(answer)


def recall_settled(state: ProvinceState, event: e.RecallSettled) -> None:
    state.forget_evacuee(event.task_id)


def host_noted(state: ProvinceState, event: e.HostNoted) -> None:
    # The next host is asked anew.
    state.end_recall(event.task_id)
    _note_host(state, event.task_id, event.host, event.generation)


def outcome_noted(state: ProvinceState, event: e.OutcomeNoted) -> None:
    task = event.task
    older = state.tasks.get(task.task_id)
    if older is not None:
        assert older.state is TaskState.MOVING and older.generation < task.generation
        state.replace_task(moved_on(older, Action.HAND_OVER))
    state.away.pop(task.task_id, None)
    state.forget_evacuee(task.task_id)
    state.shadows.pop(task.task_id, None)
    state.records[records.task_key(task.task_id)] = records.encode(task)
    if event.gained_ms:
        state.gains.add(task, event.gained_ms, event.at_ms)


def notice_settled(state: ProvinceState, event: e.NoticeSettled) -> None:
    state.end_notice((event.task_id, event.generation, event.outcome))
