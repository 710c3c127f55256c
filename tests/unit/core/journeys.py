"""Ways into every state of a task, through commands only; `chen` is the holder."""

from actors.core import commands as c
from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import TaskId
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary, encode_picture
from actors.core.task import CLOSED_STATES, TaskState
from tests.unit.core.harness import FUJIAN, JIANGXI, KINDS, START_MS, Branch, person

OPEN_STATES = tuple(state for state in TaskState if state not in CLOSED_STATES)


def picture_of(*hosts: str, revision: int = 1, experience: int = 100, free: int = 50) -> NationalPicture:
    """A picture in which these provinces have free people for every kind."""
    return NationalPicture(
        revision=revision,
        time_ms=START_MS + revision,
        provinces=tuple(summary_of(host, experience=experience, free=free) for host in hosts),
    )


def summary_of(
    province: str,
    *,
    waiting: int = 0,
    free: int = 50,
    wait_ms: int = 0,
    experience: int = 100,
    eligible: int = 10,
    policy: SharingPolicy | None = None,
    status: ProvinceStatus = ProvinceStatus.ACTIVE,
    shared_in: int = 0,
) -> ProvinceSummary:
    """What a province says of itself, the same for every kind."""
    kinds = tuple(
        KindSummary(
            kind=kind.kind,
            line=kind.line,
            waiting=waiting,
            eligible=eligible,
            free_capacity=free,
            expected_wait_ms=wait_ms,
            handle_ms=600_000,
            experience=experience,
        )
        for kind in KINDS
    )
    return ProvinceSummary(
        province=type(FUJIAN)(province),
        time_ms=START_MS,
        status=status,
        policy=policy or SharingPolicy(),
        kinds=kinds,
        shared_in=shared_in,
    )


def advise(branch: Branch, host: str, kind: str, count: int = 1, revision: int = 1) -> None:
    """The coordinator advises to send tasks to one host."""
    flow = MoveFlow(
        source=branch.code, host=type(FUJIAN)(host), kind=type(KINDS[0].kind)(kind), count=count, reason="test"
    )
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of(host, revision=revision)), flows=(flow,)))


def evacuate_by_policy(branch: Branch) -> None:
    """Everything that may leave, leaves as soon as a picture shows where to."""
    branch.do(c.UpdateSharingPolicy(who="ops:duty", policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))


def bring_to(branch: Branch, state: TaskState) -> TaskId:
    """A new task of `branch` in `state`; nobody but `chen` can hold it."""
    if state in (TaskState.QUEUED, TaskState.MOVING, TaskState.MOVED):
        task_id = branch.create()
        if state is not TaskState.QUEUED:
            advise(branch, JIANGXI, branch.task(task_id).spec.kind)
        if state is TaskState.MOVED:
            settle(branch, task_id, accepted=True)
        return task_id
    if state is TaskState.SCHEDULED:
        return branch.create(not_before_ms=branch.wall_ms + 60_000)
    branch.arrive(person("chen"))
    task_id = branch.create()
    if state is TaskState.CANCELLED:
        branch.did(c.CancelTask(who="branch:core", task_id=task_id))
    if state in (TaskState.OFFERED, TaskState.CANCELLED):
        return task_id
    branch.accept(task_id)
    if state is TaskState.ASSIGNED:
        return task_id
    branch.start(task_id)
    holder = branch.holder(task_id)
    if state is TaskState.SUSPENDED:
        branch.did(c.SuspendAssignment(**holder, reason="papers"))
    elif state is TaskState.RETURNED:
        branch.did(c.ReturnTask(**holder, reason="not ours"))
    elif state is TaskState.COMPLETED:
        branch.complete(task_id)
    return task_id


def settle(branch: Branch, task_id: TaskId, *, accepted: bool, attempt: int = 1, reason: str = "") -> None:
    """The host's answer to the move of `task_id` arrives."""
    move = branch.task(task_id).move
    assert move is not None
    branch.do(
        c.SettleMove(
            who=f"province:{move.host}",
            task_id=task_id,
            host=move.host,
            generation=move.generation,
            attempt=attempt,
            accepted=accepted,
            reason=reason,
        )
    )
