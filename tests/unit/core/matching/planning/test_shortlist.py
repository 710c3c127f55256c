"""Which waiting tasks are looked at when there are too many."""

import pytest

from actors.core.matching import PlannerTask
from actors.core.matching.planning import shortlist as module
from actors.core.matching.planning.shortlist import KIND_SHARE_MIN, MANY_KINDS_TASKS_MAX, foremost_overdue, shortlist


def tasks(kind: str, count: int) -> list[PlannerTask]:
    """The later named, the older."""
    return [PlannerTask(id=f"{kind}{number}", kind=kind, arrived=float(-number)) for number in range(count)]


def looked_at(
    by_kind: dict[str, list[PlannerTask]], tasks_max: int, free: dict[str, int] | None = None
) -> list[PlannerTask]:
    """The shortlist, oldest first, where nobody is free but those named."""
    people = [(free or {}).get(kind, 0) for kind in by_kind]
    return shortlist(by_kind, tasks_max, people, lambda tasks: sorted(tasks, key=lambda task: task.arrived))


def test_few_are_all_looked_at() -> None:
    """Else tasks would be left for no reason."""
    by_kind = {"a": tasks("a", 3), "b": tasks("b", 5)}
    assert looked_at(by_kind, 8) == [*by_kind["a"], *by_kind["b"]]


def test_of_many_the_oldest_of_each_kind_are() -> None:
    """Else old tasks could be overlooked for ever."""
    listed = looked_at({"a": tasks("a", 100), "b": tasks("b", 2)}, 10)
    assert [task.id for task in listed] == [*(f"a{number}" for number in range(99, 91, -1)), "b0", "b1"]


def test_every_kind_is_looked_at() -> None:
    """Else a rare kind could be overlooked for ever."""
    listed = looked_at({f"k{number}": tasks(f"k{number}", 9) for number in range(30)}, 10)
    assert len(listed) == 30 * KIND_SHARE_MIN


def test_of_overdue_tasks_the_oldest_that_can_start_are() -> None:
    """Else an overdue task could be overlooked beside somebody free, or a backlog of them take the call's time."""
    by_kind = {"a": tasks("a", 5), "b": tasks("b", 5), "c": tasks("c", 1)}
    assert [task.id for task in foremost_overdue(by_kind, [2, 0, 9])] == ["a4", "a3", "c0"]


def test_as_many_as_people_are_free_are_looked_at() -> None:
    """Else free people stay without work while kinds whose people are away fill the list."""
    by_kind = {"a": tasks("a", 40), **{f"k{number}": tasks(f"k{number}", 40) for number in range(9)}}
    assert [task.kind for task in looked_at(by_kind, 50, {"a": 30})].count("a") == 30
    assert len(looked_at(by_kind, 50, dict.fromkeys(by_kind, 40))) == 50, "not many times more where everybody is free"


def test_very_many_kinds_do_not_lengthen_the_list_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a source that calls every task a kind of its own would take all memory."""
    many = {f"k{number}": tasks(f"k{number}", 3) for number in range(MANY_KINDS_TASKS_MAX + 7)}
    assert len(looked_at(many, 64)) == MANY_KINDS_TASKS_MAX
    monkeypatch.setattr(module, "MANY_KINDS_TASKS_MAX", 10)
    few = {f"k{number}": tasks(f"k{number}", 3) for number in range(9)}
    listed = looked_at(few, 5, {"k8": 2})
    assert [task.id for task in listed] == ["k82", *(f"k{number}2" for number in range(8)), "k81"]
