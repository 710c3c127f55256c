"""A page of the tasks that are open here, in id order. Finished tasks are listed by the shell, from their records."""

import re

from actors.core import commands as c
from actors.core import records
from actors.core.deciding import Turn
from actors.core.ids import TaskId, home_of
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskPage
from actors.core.task import CLOSED_STATES, Task

#: A page token that begins so goes on with the finished tasks.
FINISHED_TOKEN = "finished:"
_TASK_ID = re.compile(r"[a-z0-9]+-[0-9]{1,18}")


def list_key(task: TaskId) -> tuple[str, int]:
    """Ids in natural order: by home, then by number."""
    return home_of(task), int(task.rpartition("-")[2])


def token_behind(task: Task) -> str:
    """What `commands.ListTasks.after` goes on behind a task of a page, for a caller whom the whole page was too large for."""
    return f"{FINISHED_TOKEN}{records.task_key(task.task_id)}" if task.state in CLOSED_STATES else task.task_id


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
