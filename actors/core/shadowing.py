"""Decisions on made-up work: a drill brings it, real arrivals multiply, and in the end all of it is gone (`shadow` says what it is).

Ending is a state, not a message: once a load is over, every look of the clock ends what is here and can be ended, 500 at a time. What is on its
way ends where it arrives, or here when it comes back: whoever coordinates the drill asks all provinces again until none holds any. A
home knows its own shadow tasks until their outcome has come home, so nothing on its way is overlooked. If nobody asks, each
task's own end comes (`Shadow.until_ms`), at its host as at home.
"""

from collections.abc import Iterator
from itertools import islice

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.clock import still_waits
from actors.core.deciding import Turn
from actors.core.ids import KindId, TaskId, task_id
from actors.core.promise import accepted_before_ms
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, ShadowLoadReply
from actors.core.shadow import (
    FACTOR_MAX_PERMILLE,
    LOADS_KEPT,
    SHADOW_TASKS_MAX,
    SHADOWS_OPEN_MAX,
    Shadow,
    ShadowLoad,
    copies_due,
    counted,
    is_due,
    is_surging,
)
from actors.core.state import ProvinceState
from actors.core.task import PriorReason, Task, TaskSpec, TaskState

WHO = "system:drill"
#: Tasks made by one order; whoever wants more repeats it.
MADE_PER_ORDER = 500
#: Tasks ended by one order or look of the clock.
ENDED_PER_LOOK = 500


def bring_shadow_load(turn: Turn, command: c.BringShadowLoad) -> AnyReply:
    """Begin a drill's load, or go on with it: repeated until `made` is what was asked for. Whatever is repeated, the first order holds."""
    state = turn.state
    load = state.shadow_loads.get(command.drill)
    if load is None:
        if command.ends_ms <= turn.now.wall_ms:
            return Refused(reason=Reason.WRONG_STATE, message=f"The time of {command.drill} is over.")
        if sum(not known.is_over for known in state.shadow_loads.values()) >= LOADS_KEPT:
            return Refused(reason=Reason.QUEUE_FULL, message=f"{LOADS_KEPT} drills bring made-up work here already.")
        turn.emit(
            e.ShadowLoadBegun(
                at_ms=turn.now.wall_ms,
                who=command.who,
                drill=command.drill,
                factor_permille=min(command.factor_permille, FACTOR_MAX_PERMILLE),
                until_ms=command.until_ms,
                ends_ms=command.ends_ms,
            )
        )
    elif load.is_over:
        return Refused(reason=Reason.WRONG_STATE, message=f"{command.drill} is over.")
    load = state.shadow_loads[command.drill]
    wanted = min(command.tasks, SHADOW_TASKS_MAX) - load.made
    kinds = _kinds_done_here(state)
    for number in range(min(wanted, MADE_PER_ORDER, _room(state)) if kinds else 0):
        _make(turn, load, TaskSpec(kind=kinds[(load.made + number) % len(kinds)]))
    return _reply(state, command.drill)


def mirror_arrival(turn: Turn, spec: TaskSpec) -> None:
    """Answer a real arrival, which has been counted, with its copies."""
    for load in list(turn.state.shadow_loads.values()):
        if is_surging(load, turn.now.wall_ms):
            for _ in range(min(copies_due(load), _room(turn.state))):
                _make(turn, load, _copied(spec))


def end_shadow_load(turn: Turn, command: c.EndShadowLoad) -> AnyReply:
    """End a drill's load here, for good; its reply says what is still open."""
    load = turn.state.shadow_loads.get(command.drill)
    if load is None or not load.is_over:
        turn.emit(e.ShadowLoadEnded(at_ms=turn.now.wall_ms, who=command.who, drill=command.drill))
    _end_tasks(turn)
    return _reply(turn.state, command.drill)


def let_shadows_end(turn: Turn) -> None:
    """What the clock does: loads end at their time, and so do tasks whose drill is over or whose own end has come."""
    state, now_ms = turn.state, turn.now.wall_ms
    for load in list(state.shadow_loads.values()):
        if is_due(load, now_ms):
            turn.emit(e.ShadowLoadEnded(at_ms=now_ms, who=WHO, drill=load.drill))
    if state.shadows:
        _end_tasks(turn)


def _reply(state: ProvinceState, drill: str) -> ShadowLoadReply:
    load = state.shadow_loads.get(drill)
    return ShadowLoadReply(drill=drill, made=load.made if load else 0, open=counted(state.shadows).get(drill, 0))


def _room(state: ProvinceState) -> int:
    return max(0, min(SHADOWS_OPEN_MAX - len(state.shadows), state.bounds.open_tasks_max - len(state.tasks)))


def _kinds_done_here(state: ProvinceState) -> list[KindId]:
    """Kinds that somebody who is signed in may do, in the order of the country's table; all, while nobody is."""
    done = {kind: None for operator in state.signed_in for kind in state.operators[operator].kinds}
    return [kind for kind in state.kinds if not done or kind in done]


def _copied(spec: TaskSpec) -> TaskSpec:
    """The same work, for nobody: what names a customer, a case, a batch or an earlier decision stays with the real task."""
    return msgspec.structs.replace(
        spec,
        external_id="",
        batch_id="",
        customer_id="",
        case_id="",
        note="",
        resubmitted=False,
        return_count=0,
        prior_task="",
        prior_operator="",
        prior_reason=PriorReason.NONE,
    )


def _make(turn: Turn, load: ShadowLoad, spec: TaskSpec) -> None:
    state, now_ms = turn.state, turn.now.wall_ms
    turn.emit(
        e.TaskCreated(
            at_ms=now_ms,
            who=WHO,
            task_id=task_id(state.province, state.task_number + 1),
            spec=spec,
            scheduled=spec.not_before_ms > now_ms,
            kinds_revision=state.kinds_revision,
            shadow=Shadow(load.drill, load.ends_ms),
            accepted_ms=accepted_before_ms(spec, now_ms),
        )
    )


def _end_tasks(turn: Turn) -> None:
    """End what is here, may be ended and is over, `ENDED_PER_LOOK` at a time."""
    for task in list(islice(_over(turn), ENDED_PER_LOOK)):
        _end(turn, task)


def _over(turn: Turn) -> Iterator[Task]:
    """Shadow tasks in our hands that are to end."""
    state = turn.state
    for task in _here(state, state.shadows):
        shadow = task.shadow
        assert shadow is not None
        load = state.shadow_loads.get(shadow.drill)
        is_past = not still_waits(shadow.until_ms, turn.now.wall_ms, shadow.until_ms - task.created_ms)
        if is_past or (load is not None and load.is_over):
            yield task


def _here(state: ProvinceState, shadows: dict[TaskId, str]) -> Iterator[Task]:
    for name in shadows:
        task = state.tasks.get(name)
        if task is not None and task.state is not TaskState.MOVING:
            yield task


def _end(turn: Turn, task: Task) -> None:
    """Cancel a task; what somebody works on is taken off their desk first, which is what the desk is told."""
    assert task.shadow is not None
    now_ms, reason = turn.now.wall_ms, f"{task.shadow.drill} is over"
    if task.state is TaskState.IN_PROGRESS:
        turn.emit(e.AssignmentReleased(at_ms=now_ms, who=WHO, task_id=task.task_id, reason=reason))
    turn.emit(e.TaskCancelled(at_ms=now_ms, who=WHO, task_id=task.task_id, reason=reason))
