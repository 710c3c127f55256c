from typing import Any

import pytest

from actors.core import commands as c
from actors.core.ids import ProvinceCode
from actors.core.page_tokens import FINISHED_TOKEN, list_key
from actors.core.refusal import Reason
from actors.core.replies import TaskPage
from actors.core.task import TaskState
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
