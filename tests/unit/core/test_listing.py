from types import SimpleNamespace
from typing import Any

import pytest

from actors.core import commands as c
from actors.core import listing
from actors.core.ids import ProvinceCode, TaskId
from actors.core.page_tokens import FINISHED_TOKEN
from actors.core.refusal import Reason
from actors.core.replies import TaskPage
from actors.core.task import Task, TaskState
from actors.core.task_order import TaskOrder, list_key
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, MEDICAL, Branch
from tests.unit.core.provinces import host, moving


def listed(branch: Branch, **asked: Any) -> list[str]:
    """All pages."""
    seen: list[str] = []
    after = ""
    while True:
        page = branch.did(c.ListTasks(**asked, after=after), TaskPage)
        assert len(page.tasks) <= asked.get("page_size", 50)
        seen += [task.task_id for task in page.tasks]
        if not page.next_after:
            return seen
        after = page.next_after


@pytest.mark.parametrize("code", ["fujian", "p1"])
@pytest.mark.parametrize("page_size", [1, 3, 11, 12, 50])
def test_every_task_is_on_exactly_one_page_in_natural_order(code: str, page_size: int) -> None:
    """fujian-10 after fujian-9; also in provinces whose code holds a digit."""
    branch = Branch(ProvinceCode(code))
    tasks = [branch.create() for _ in range(11)]
    assert listed(branch, page_size=page_size) == tasks


def test_filters_are_combined() -> None:
    """A filter that is ignored shows people tasks that are not theirs to see."""
    home, other = Branch(), host("jiangxi")
    _, sent = moving(home, "jiangxi")
    other.do(sent.command)
    own = other.create(ADDRESS)
    assert listed(other, home=JIANGXI) == [own]
    assert listed(other, home=FUJIAN) == ["fujian-1"]
    assert listed(other, kinds=(MEDICAL,)) == ["fujian-1"]
    assert listed(other, states=(TaskState.OFFERED,), kinds=(ADDRESS,)) == [own]
    assert listed(other, states=(TaskState.SUSPENDED,)) == []


@pytest.mark.parametrize("token", ["x", "fujian", "fujian-", "fujian-x", "FUJIAN-1", "fujian-1 ", "fujian-" + "9" * 30])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    """A definite answer, never a crash."""
    assert Branch().refused(c.ListTasks(after=token)) is Reason.BAD_PAGE_TOKEN


def test_a_token_of_the_finished_part_lists_no_open_tasks_again() -> None:
    """The shell goes on there; open tasks would be listed twice."""
    branch = Branch()
    branch.create()
    assert branch.did(c.ListTasks(after=f"{FINISHED_TOKEN}t:fujian-1"), TaskPage).tasks == ()


def test_ids_are_ordered_by_home_and_number() -> None:
    """Strings would put 10 before 9."""
    branch = Branch()
    ids = [branch.create() for _ in range(12)]
    assert sorted(ids, key=list_key) == ids


class _LookedAt(dict[TaskId, Task]):
    """Tasks of which it is counted how many were looked at; nobody walks through all."""

    count = 0

    def __getitem__(self, task: TaskId) -> Task:
        self.count += 1
        return super().__getitem__(task)

    def values(self) -> Any:
        raise AssertionError("a page must not look at all tasks")

    __iter__ = items = values


def looked_at(branch: Branch, **asked: Any) -> tuple[TaskPage, int]:
    """A page, and how many tasks were looked at for it."""
    tasks = _LookedAt(branch.state.tasks)
    turn: Any = SimpleNamespace(state=SimpleNamespace(tasks=tasks, order=branch.state.order))
    page = listing.list_tasks(turn, c.ListTasks(**asked))
    assert isinstance(page, TaskPage)
    return page, tasks.count


def test_a_page_looks_at_what_is_on_it() -> None:
    """Sorting 100,000 open tasks for each of a thousand pages kept a province from its work for minutes."""
    branch = Branch()
    tasks = [branch.create() for _ in range(60)]
    page, count = looked_at(branch, page_size=10, after=tasks[29])
    assert ([task.task_id for task in page.tasks], page.next_after) == (tasks[30:40], tasks[39])
    assert count <= 11


@pytest.mark.parametrize("page_size", [1, 50])
def test_a_filter_that_lets_few_through_gives_short_pages(page_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one call would look at everything, and the province would do nothing else meanwhile."""
    branch = Branch()
    for number in range(40):
        branch.create(ADDRESS if number % 13 else MEDICAL)
    wanted = listed(branch, kinds=(MEDICAL,), page_size=page_size)
    monkeypatch.setattr(listing, "LOOKED_AT_MAX", 10)
    page, count = looked_at(branch, kinds=(MEDICAL,), after="fujian-1", page_size=page_size)
    assert (page.tasks, page.next_after, count) == ((), "fujian-11", 10)
    assert listed(branch, kinds=(MEDICAL,), page_size=page_size) == wanted == [f"fujian-{n}" for n in (1, 14, 27, 40)]


def test_the_order_keeps_up_with_tasks_that_come_and_go() -> None:
    """Tasks leave and come back in any order; one that is listed and not there, or the other way round, is a wrong answer."""
    order, here = TaskOrder(), set[TaskId]()
    for step in range(2_000):
        # Every id a few times, in an order without a pattern.
        task = TaskId(f"{('fujian', 'p1')[step % 2]}-{(step * 7_919) % 211}")
        if task in here:
            here.remove(task)
            order.remove(task)
        else:
            here.add(task)
            order.add(task)
        if step % 97 == 0:
            after = list_key(task)
            behind = sorted((task for task in here if list_key(task) > after), key=list_key)
            assert list(order.behind(after)) == behind
            twin = order.copied()
            twin.add(TaskId("p9-1"))
            assert list(twin.behind(after, "p9")) == ["p9-1"]
            assert list(order.behind(after, "p1")) == [task for task in behind if task.startswith("p1-")]
    for task in sorted(here):
        order.remove(task)
    assert list(order.behind(("", 0))) == []
