"""What must always hold in one province; `validate` names what does not.

Tests and the simulator call it after every event, production after replay. What must hold between provinces (one owner, one decision in
the whole country) is checked over all journals by `actors.verification`.
"""

from collections import Counter

from actors.core.state import ProvinceState
from actors.core.task import CLOSED_STATES, HELD_STATES, Task, TaskState


def validate(state: ProvinceState) -> list[str]:
    """The violations found; empty when all is well. O(tasks + operators)."""
    problems: list[str] = []
    held: dict[str, int] = {}
    counts: dict[TaskState, int] = {}
    for task_id, task in state.tasks.items():
        counts[task.state] = counts.get(task.state, 0) + 1
        if task.state in CLOSED_STATES:
            problems.append(f"{task_id} is {task.state.value} but kept as open")
        if (task.state in HELD_STATES) != (task.operator is not None):
            problems.append(f"{task_id} is {task.state.value} with operator {task.operator}")
        if task.state in HELD_STATES and task.operator is not None:
            held[task.operator] = held.get(task.operator, 0) + 1
            if task_id not in state.holds.get(task.operator, ()):
                problems.append(f"{task_id} is not among what {task.operator} holds")
            problems += _right_to_hold(state, task)
        if (task.state is TaskState.QUEUED) != (task_id in state.queue.members):
            problems.append(f"{task_id} is {task.state.value}, in queue: {task_id in state.queue.members}")
        if (task.state is TaskState.MOVING) != (task.move is not None):
            problems.append(f"{task_id} is {task.state.value} with move {task.move}")
        if task_id in state.away and task.state is not TaskState.MOVING:
            problems.append(f"{task_id} is here and away")
        if task_id in state.evacuated and task.state is not TaskState.MOVING:
            problems.append(f"{task_id} is here and evacuated")
        if task.decision is not None:
            problems.append(f"{task_id} is open and decided")
        if task.shadow is not None and task_id not in state.shadows:
            problems.append(f"{task_id} was made up and is not among the shadow tasks")
    for operator, tasks in state.holds.items():
        person = state.operators.get(operator)
        if len(tasks) != held.get(operator, 0):
            problems.append(f"{operator} holds {len(tasks)} tasks, {held.get(operator, 0)} say so")
        if person is None or not person.signed_in:
            problems.append(f"{operator} holds work without being signed in")
    listed = list(state.order.behind(("", 0)))
    if len(listed) != len(state.tasks) or not all(task_id in state.tasks for task_id in listed):
        problems.append(f"{len(listed)} open tasks are listed, not the {len(state.tasks)} that there are")
    if {name: count for name, count in state.open_by_state.items() if count} != counts:
        problems.append(f"open tasks are counted as {state.open_by_state}, they are {counts}")
    if sum(task.home != state.province for task in state.tasks.values()) != state.shared_in:
        problems.append(f"shared-in tasks are counted as {state.shared_in}")
    to_hosts = Counter(task.move.host for task in state.tasks.values() if task.move is not None)
    if to_hosts != state.moving_to:
        problems.append(f"tasks in transit are counted as {state.moving_to}, they are {dict(to_hosts)}")
    problems += _shadows(state)
    for what, missing in (
        ("evacuated", state.evacuated.keys() - state.away.keys()),
        ("recalled", state.recalls.keys() - state.evacuated.keys()),
    ):
        if missing:
            problems.append(f"{what}, but not where they should be: {sorted(missing)}")
    if sum(state.balance_fen.values()) != 0:
        problems.append(f"the ledger sums to {sum(state.balance_fen.values())} fen")
    return problems


def _shadows(state: ProvinceState) -> list[str]:
    """Shadow tasks that are known open are here or away: else a drill would wait for them for ever."""
    return [
        f"shadow task {task_id} of {drill} is neither here nor away"
        for task_id, drill in state.shadows.items()
        if task_id not in state.tasks and task_id not in state.away
    ]


def _right_to_hold(state: ProvinceState, task: Task) -> list[str]:
    """Capacity and right to the kind (I8) for one held task."""
    task_id = task.task_id
    assert task.operator is not None
    person = state.operators.get(task.operator)
    if person is None:
        return [f"{task_id} is held by {task.operator}, who is not on the roster"]
    problems: list[str] = []
    if task.spec.kind not in person.kinds:
        problems.append(f"{task_id} of kind {task.spec.kind} is held by {person.operator}, who may not do it")
    if len(state.holds.get(person.operator, ())) > person.capacity:
        problems.append(f"{person.operator} holds more than {person.capacity} tasks")
    return problems
