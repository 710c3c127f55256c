"""A page of the tasks that are open here, in id order. Finished tasks are listed by the shell, from their records."""

import re

from actors.core import commands as c
from actors.core.deciding import Turn
from actors.core.ids import TaskId
from actors.core.page_tokens import FINISHED_TOKEN
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskPage
from actors.core.task import Task
from actors.core.task_order import list_key

#: Open tasks looked at for one page; where a filter lets few through, it may therefore be short and still have a successor.
LOOKED_AT_MAX = 5_000
_TASK_ID = re.compile(r"[a-z0-9]+-[0-9]{1,18}")


def list_tasks(turn: Turn, command: c.ListTasks) -> TaskPage | Refused:
    """The open tasks after `command.after` that fit the filter."""
    if command.after.startswith(FINISHED_TOKEN):
        return TaskPage(tasks=())
    if command.after and _TASK_ID.fullmatch(command.after) is None:
        return Refused(reason=Reason.BAD_PAGE_TOKEN, message="The page token is not one of ours.")
    after = list_key(TaskId(command.after)) if command.after else ("", 0)
    found: list[Task] = []
    for looked_at, task_id in enumerate(turn.state.order.behind(after, command.home), 1):
        task = turn.state.tasks[task_id]
        if _is_wanted(task, command):
            if len(found) == command.page_size:
                return TaskPage(tasks=tuple(found), next_after=found[-1].task_id)
            found.append(task)
        if looked_at == LOOKED_AT_MAX:
            return TaskPage(tasks=tuple(found), next_after=task_id)
    return TaskPage(tasks=tuple(found))


def _is_wanted(task: Task, command: c.ListTasks) -> bool:
    return (not command.states or task.state in command.states) and (
        not command.kinds or task.spec.kind in command.kinds
    )
