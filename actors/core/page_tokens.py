"""Where a list of tasks goes on: first the open ones in the order of their ids, then the finished ones in the order of their records."""

from actors.core import records
from actors.core.task import CLOSED_STATES, Task

#: A page token that begins so goes on with the finished tasks.
FINISHED_TOKEN = "finished:"


def token_behind(task: Task) -> str:
    """What `commands.ListTasks.after` goes on behind a task of a page, for a caller whom the whole page was too large for."""
    return f"{FINISHED_TOKEN}{records.task_key(task.task_id)}" if task.state in CLOSED_STATES else task.task_id
