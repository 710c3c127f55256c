"""Pages of finished tasks: they are not kept in memory, so the shell reads them from the journal's records.

A listing goes through the open tasks first and then through the finished ones. The page token of the second part starts with
``finished:`` and carries the record key that was read last.
"""

from actors.core import commands as c
from actors.core import records
from actors.core.page_tokens import FINISHED_TOKEN
from actors.core.replies import TaskPage
from actors.core.state import ProvinceState
from actors.core.task import CLOSED_STATES, Task, TaskState
from actors.journal import Journal

#: Records looked at for one page; a page may therefore be short and still have a successor.
SCAN_MAX = 5_000


def finished_page(journal: Journal, state: ProvinceState, command: c.ListTasks, opened: TaskPage) -> TaskPage:
    """Fill a page of open tasks up with finished ones."""
    if opened.next_after or (command.states and not any(wanted in CLOSED_STATES for wanted in command.states)):
        return opened
    after = command.after.removeprefix(FINISHED_TOKEN) if command.after.startswith(FINISHED_TOKEN) else ""
    found = list(opened.tasks)
    scanned = 0
    while len(found) < command.page_size:
        stored = _next_records(journal, state, after)
        if not stored:
            return TaskPage(tasks=tuple(found))
        for key, value in stored:
            after = key
            task = records.decode_task(value)
            if _is_wanted(task, state, command):
                found.append(task)
                if len(found) == command.page_size:
                    break
        scanned += len(stored)
        if scanned >= SCAN_MAX:
            break
    return TaskPage(tasks=tuple(found), next_after=f"{FINISHED_TOKEN}{after}")


def _next_records(journal: Journal, state: ProvinceState, after: str) -> list[tuple[str, bytes]]:
    """The next task records by key, those in memory and those on disk merged."""
    stored = dict(journal.scan_records("t:", after=after, limit=1_000))
    last = max(stored) if len(stored) == 1_000 else None
    stored |= {
        key: value
        for key, value in state.records.items()
        if key.startswith("t:") and key > after and (last is None or key <= last)
    }
    return sorted(stored.items())


def _is_wanted(task: Task, state: ProvinceState, command: c.ListTasks) -> bool:
    return (
        task.state is not TaskState.MOVED
        and task.task_id not in state.tasks
        and (not command.states or task.state in command.states)
        and (not command.kinds or task.spec.kind in command.kinds)
        and (not command.home or task.home == command.home)
    )
