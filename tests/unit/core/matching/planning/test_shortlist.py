"""Which waiting tasks are looked at when there are too many."""

from actors.core.matching import PlannerTask
from actors.core.matching.planning.shortlist import KIND_SHARE_MIN, shortlist


def tasks(kind: str, count: int) -> list[PlannerTask]:
    """The later named, the older."""
    return [PlannerTask(id=f"{kind}{number}", kind=kind, arrived=float(-number)) for number in range(count)]


def test_few_are_all_looked_at() -> None:
    """Else tasks would be left for no reason."""
    by_kind = {"a": tasks("a", 3), "b": tasks("b", 5)}
    assert shortlist(by_kind, 8) == [*by_kind["a"], *by_kind["b"]]


def test_of_many_the_oldest_of_each_kind_are() -> None:
    """Else old tasks could be overlooked for ever."""
    listed = shortlist({"a": tasks("a", 100), "b": tasks("b", 2)}, 10)
    assert [task.id for task in listed] == [*(f"a{number}" for number in range(99, 91, -1)), "b0", "b1"]


def test_every_kind_is_looked_at() -> None:
    """Else a rare kind could be overlooked for ever."""
    listed = shortlist({f"k{number}": tasks(f"k{number}", 9) for number in range(30)}, 10)
    assert len(listed) == 30 * KIND_SHARE_MIN


def test_what_is_due_is_looked_at_before_what_is_old() -> None:
    """Else a task about to be late could be overlooked."""
    urgent = PlannerTask(id="urgent", kind="a", arrived=0.0, due=1.0)
    assert urgent in shortlist({"a": [*tasks("a", 50), urgent]}, 5)
