"""Which waiting tasks a call looks at when more wait than it can weigh: of each kind the oldest."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

#: Tasks of one kind that are looked at in any case.
KIND_SHARE_MIN = 3


class Waiting(Protocol):
    """What is looked at of a task."""

    @property
    def kind(self) -> str:
        """Its kind."""
        ...

    @property
    def arrived(self) -> float:
        """Minutes."""
        ...

    @property
    def due(self) -> float | None:
        """Minutes."""
        ...


AnyTask = TypeVar("AnyTask", bound=Waiting)


def shortlist(by_kind: Mapping[str, Sequence[AnyTask]], tasks_max: int) -> list[AnyTask]:
    """At most `tasks_max` tasks, or `KIND_SHARE_MIN` of each kind if that is more.

    Tasks of one kind differ in little but their age, so the oldest, and those due before that, stand for all. Kinds with few tasks leave their
    share to the others.
    """
    shares = _shares([len(tasks) for tasks in by_kind.values()], tasks_max)
    listed: list[AnyTask] = []
    for tasks, share in zip(by_kind.values(), shares, strict=True):
        listed.extend(tasks if share == len(tasks) else sorted(tasks, key=_turn)[:share])
    return listed


def _turn(task: Waiting) -> float:
    return task.arrived if task.due is None else min(task.arrived, task.due - 24 * 60)


def _shares(counts: Sequence[int], total: int) -> list[int]:
    """Everyone gets the same, or all they have if that is less."""
    if sum(counts) <= total:
        return list(counts)
    left, share = total, 0
    for position, count in enumerate(sorted(counts)):
        share = left // (len(counts) - position)
        if count > share:
            break
        left -= count
    return [min(count, max(share, KIND_SHARE_MIN)) for count in counts]
