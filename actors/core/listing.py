"""A page of the tasks that are open here, in id order. Finished tasks are listed by the shell, from their records."""

import re

from actors.core import commands as c
from actors.core.deciding import Turn
from actors.core.ids import TaskId
from actors.core.page_tokens import FINISHED_TOKEN, list_key
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskPage

_TASK_ID = re.compile(r"[a-z0-9]+-[0-9]{1,18}")


def list_tasks(turn: Turn, command: c.ListTasks) -> TaskPage | Refused:
    """The open tasks after `command.after` that fit the filter."""
    if command.after.startswith(FINISHED_TOKEN):
        return TaskPage(tasks=())
    if command.after and _TASK_ID.fullmatch(command.after) is None:
        return Refused(reason=Reason.BAD_PAGE_TOKEN, message="The page token is not one of ours.")
    after = list_key(TaskId(command.after)) if command.after else ("", 0)
    wanted = sorted(
        (*list_key(task.task_id), task.task_id)
        for task in turn.state.tasks.values()
        if (not command.states or task.state in command.states)
        and (not command.kinds or task.spec.kind in command.kinds)
        and (not command.home or task.home == command.home)
        and list_key(task.task_id) > after
    )
    page = wanted[: command.page_size]
    return TaskPage(
        tasks=tuple(turn.state.tasks[entry[2]] for entry in page),
        next_after=page[-1][2] if len(wanted) > len(page) else "",
    )
