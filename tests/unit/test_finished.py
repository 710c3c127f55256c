from typing import Any

import pytest

from actors.core import commands as c
from actors.core import records
from actors.core.page_tokens import token_behind
from actors.core.replies import TaskPage
from actors.core.task import TaskState
from actors.finished import finished_page
from actors.journal import MemoryStore, open_memory
from tests.unit.core.harness import ADDRESS, FUJIAN, MEDICAL, Branch
from tests.unit.core.provinces import hand_over, host


class Shelf:
    """A branch whose finished tasks are partly on disk."""

    def __init__(self) -> None:
        self.branch = Branch()
        self.journal = open_memory(MemoryStore("store", FUJIAN), store_id="store", province=FUJIAN)

    def flush(self) -> None:
        """Records move from memory to disk."""
        self.journal.append(b"\x90", at_ms=1, records=self.branch.state.records)
        self.branch.flush()

    def listed(self, **asked: Any) -> list[str]:
        """All pages, open tasks first."""
        seen: list[str] = []
        after = ""
        for _ in range(100):
            command = c.ListTasks(**asked, after=after)
            opened = self.branch.did(command, TaskPage)
            page = finished_page(self.journal, self.branch.state, command, opened)
            assert len(page.tasks) <= asked.get("page_size", 50)
            seen += [task.task_id for task in page.tasks]
            if not page.next_after:
                return seen
            after = page.next_after
        raise AssertionError("the pages never end")


@pytest.fixture
def shelf() -> Shelf:
    """Seven tasks: 1 to 3 cancelled and on disk, 4 and 5 cancelled and in memory, 6 and 7 open."""
    shelf = Shelf()
    tasks = [shelf.branch.create(MEDICAL if number % 2 else ADDRESS) for number in range(7)]
    for number, task in enumerate(tasks[:5]):
        shelf.branch.did(c.CancelTask(task_id=task))
        if number == 2:
            shelf.flush()
    return shelf


@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 7, 8, 50])
def test_every_task_is_listed_once_open_ones_first(shelf: Shelf, page_size: int) -> None:
    """A task left out of a list is, for the branch, a lost task."""
    finished = [f"fujian-{number}" for number in (1, 2, 3, 4, 5)]
    assert shelf.listed(page_size=page_size) == ["fujian-6", "fujian-7", *finished]


def test_filters_hold_for_finished_tasks_too(shelf: Shelf) -> None:
    """One filter, one meaning, on both sides of the page."""
    assert shelf.listed(states=(TaskState.CANCELLED,), kinds=(MEDICAL,)) == ["fujian-2", "fujian-4"]
    assert shelf.listed(states=(TaskState.QUEUED,)) == ["fujian-6", "fujian-7"]
    assert shelf.listed(states=(TaskState.COMPLETED,)) == []
    assert shelf.listed(home="jiangxi") == []


def test_a_tombstone_is_not_listed_and_a_task_that_came_home_is_listed_once() -> None:
    """A task that moved away is listed where it is; its record of an earlier departure must not double it."""
    shelf, other = Shelf(), host("jiangxi")
    task_id = shelf.branch.create()
    hand_over(task_id, shelf.branch, other)
    shelf.flush()
    assert shelf.listed() == []
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, shelf.branch)
    assert shelf.listed() == [task_id]
    assert records.task_key(task_id) in shelf.journal.recall([records.task_key(task_id)])


@pytest.mark.parametrize("kept", [1, 2, 3, 4, 5, 6])
def test_a_page_can_be_cut_anywhere(shelf: Shelf, kept: int) -> None:
    """A caller whom a page is too large for goes on behind the last task it kept; the rest must neither be lost nor come twice."""
    shelf.flush()
    command = c.ListTasks(page_size=50)
    page = finished_page(shelf.journal, shelf.branch.state, command, shelf.branch.did(command, TaskPage))
    rest = c.ListTasks(page_size=50, after=token_behind(page.tasks[kept - 1]))
    left = finished_page(shelf.journal, shelf.branch.state, rest, shelf.branch.did(rest, TaskPage))
    assert page.tasks[:kept] + left.tasks == page.tasks
    assert len(page.tasks) == 7
