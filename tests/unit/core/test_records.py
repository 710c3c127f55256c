from typing import Any

import pytest

from actors.core import commands as c
from actors.core import records
from actors.core.ids import OperatorId, TaskId
from actors.core.task import MoveOut, Placement, TaskState, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, Branch, spec
from tests.unit.core.journeys import bring_to

ASKED: dict[str, Any] = {"who": "branch:core", "request_id": "7"}
MOVE = MoveOut(host=FUJIAN, generation=1, attempt=2, placement=Placement.SHARED, started_ms=0)


def keys(command: c.AnyCommand, *, open_tasks: tuple[str, ...] = (), fresh: tuple[str, ...] = ()) -> list[str]:
    """What must be looked up for a command."""
    return records.recall_keys(command, open_tasks, fresh)


def test_each_command_names_the_records_it_may_need() -> None:
    """A record that is not looked up is a request answered twice, a task decided twice, a move taken in twice."""
    task = Branch()
    known = task.task(task.create())
    held: dict[str, Any] = {"task_id": TaskId("fujian-1"), "operator": OperatorId("chen"), "token": 1}
    assert keys(c.CreateTask(**ASKED, spec=spec())) == ["r:branch:core:7"]
    assert keys(c.CreateTask(spec=spec(external_id="case"))) == ["x:case"]
    assert keys(c.CompleteAssignment(**ASKED, **held, verdict=Verdict.APPROVED)) == ["r:branch:core:7", "t:fujian-1"]
    assert keys(c.GetTask(task_id=TaskId("fujian-1"))) == ["t:fujian-1"]
    assert keys(c.NoteHost(task_id=TaskId("fujian-1"), host=JIANGXI, generation=2)) == ["t:fujian-1"]
    assert keys(c.NoteOutcome(task=known)) == ["t:fujian-1"]
    assert keys(c.AcceptMove(source=JIANGXI, task=known, move=MOVE)) == ["m:fujian-1:1:2", "t:fujian-1"]
    assert keys(c.Tick()) == []


def test_what_is_in_memory_is_not_looked_up() -> None:
    """A lookup a command costs more than the command."""
    command = c.CancelTask(**ASKED, task_id=TaskId("fujian-1"))
    assert keys(command, open_tasks=("fujian-1",)) == ["r:branch:core:7"]
    assert keys(command, open_tasks=("fujian-1",), fresh=("r:branch:core:7",)) == []


def test_every_command_about_a_task_recalls_it() -> None:
    """A new command with a task id must not be forgotten here: it would say "unknown task" of a finished one."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.COMPLETED)
    branch.flush()
    for kind in (c.GetTask, c.CancelTask, c.ResumeTask, c.UpdateTask):
        assert keys(kind(task_id=task_id)) == [f"t:{task_id}"]


@pytest.mark.parametrize(
    "other",
    [
        c.CreateTask(who="branch:core", request_id="7", spec=spec(priority=1)),
        c.CreateTask(who="branch:core", request_id="8", spec=spec()),
        c.CreateTask(who="branch:other", request_id="7", spec=spec()),
        c.CancelTask(who="branch:core", request_id="7", task_id=TaskId("fujian-1")),
    ],
)
def test_a_fingerprint_covers_the_whole_command(other: c.AnyCommand) -> None:
    """Another content under the same id must be seen as such."""
    command = c.CreateTask(who="branch:core", request_id="7", spec=spec())
    again = c.CreateTask(who="branch:core", request_id="7", spec=spec())
    assert records.fingerprint(command) == records.fingerprint(again)
    assert records.fingerprint(command) != records.fingerprint(other)
    assert len(records.fingerprint(command)) == 16


def test_a_closed_task_is_recorded_with_its_last_version() -> None:
    """The record is what the branch reads for years."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.RETURNED)
    task = branch.closed(task_id)
    assert (task.state, task.return_reason, task.finished_ms) == (TaskState.RETURNED, "not ours", branch.wall_ms)
