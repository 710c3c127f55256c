"""Which waiting tasks a call looks at when more wait than it can weigh: of each kind the oldest.

Refused: the same share for every kind, whoever is free. Where kinds wait for people who are away, their shares left free people of
another kind without work although theirs waited: a kind has at least as many tasks looked at as people are free for it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

#: Tasks of one kind that are looked at in any case.
KIND_SHARE_MIN = 3
#: Tasks looked at in any case where kinds are very many.
MANY_KINDS_TASKS_MAX = 512


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


def shortlist(
    by_kind: Mapping[str, Sequence[AnyTask]],
    tasks_max: int,
    free: Sequence[int],
    is_overdue: Callable[[AnyTask], bool],
) -> list[AnyTask]:
    """About `tasks_max` tasks, or `KIND_SHARE_MIN` of each kind if that is more; never above twice that number or `MANY_KINDS_TASKS_MAX`.

    Tasks of one kind differ in little but their age, so the oldest, and those due before that, stand for all. Kinds with few tasks leave
    their share to the others.

    Args:
        by_kind: kind -> its tasks.
        tasks_max: tasks that can be weighed well.
        free: (kinds,) free people who may do each kind.
        is_overdue: whether a task goes before all others of its kind.
    """
    counts = [len(tasks) for tasks in by_kind.values()]
    startable = [min(count, people) for count, people in zip(counts, free, strict=True)]
    shares = map(max, _shares(counts, tasks_max), _shares(startable, tasks_max))

    def foremost(tasks: Sequence[AnyTask]) -> list[AnyTask]:
        return sorted(tasks, key=lambda task: (not is_overdue(task), _turn(task)))

    listed = [
        list(tasks) if share == len(tasks) else foremost(tasks)[:share]
        for tasks, share in zip(by_kind.values(), shares, strict=True)
    ]
    most = max(2 * tasks_max, MANY_KINDS_TASKS_MAX)
    if sum(map(len, listed)) > most:
        listed = [_of_many_kinds([foremost(tasks) for tasks in listed], free, most)]
    return [task for tasks in listed for task in tasks]


def _of_many_kinds(listed: Sequence[Sequence[AnyTask]], free: Sequence[int], most: int) -> list[AnyTask]:
    """Of every kind one task before any has two, kinds for which somebody is free before the others."""
    turns = sorted(
        (place, not people, _turn(task), kind)
        for kind, (tasks, people) in enumerate(zip(listed, free, strict=True))
        for place, task in enumerate(tasks)
    )
    return [listed[kind][place] for place, _, _, kind in turns[:most]]


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
