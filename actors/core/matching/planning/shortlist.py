"""Which waiting tasks a call looks at when more wait than it can weigh: of each kind the foremost.

Overdue tasks are chosen apart (`foremost_overdue`), so that no number of others keeps one out.

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
    def id(self) -> str:
        """Its id."""
        ...

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
    foremost: Callable[[Sequence[AnyTask]], list[AnyTask]],
) -> list[AnyTask]:
    """About `tasks_max` tasks, or `KIND_SHARE_MIN` of each kind if that is more; never above twice that number or `MANY_KINDS_TASKS_MAX`.

    Of one kind any task may be done by the same people, so those whose delay costs most for the work that they are stand for all. Kinds
    with few tasks leave their share to the others.

    Args:
        by_kind: kind -> its tasks.
        tasks_max: tasks that can be weighed well.
        free: (kinds,) free people who may do each kind.
        foremost: sorts tasks of one kind, foremost first.
    """
    counts = [len(tasks) for tasks in by_kind.values()]
    startable = [min(count, people) for count, people in zip(counts, free, strict=True)]
    shares = map(max, _shares(counts, tasks_max), _shares(startable, tasks_max))

    listed = [
        list(tasks) if share == len(tasks) else foremost(tasks)[:share]
        for tasks, share in zip(by_kind.values(), shares, strict=True)
    ]
    most = max(2 * tasks_max, MANY_KINDS_TASKS_MAX)
    if sum(map(len, listed)) > most:
        listed = [_of_many_kinds([foremost(tasks) for tasks in listed], free, most)]
    return [task for tasks in listed for task in tasks]


def foremost_overdue(by_kind: Mapping[str, Sequence[AnyTask]], free: Sequence[int]) -> list[AnyTask]:
    """Of each kind's overdue tasks the oldest, as many as people are free for it: if one of the others could be given, so could one of these.

    Args:
        by_kind: kind -> its overdue tasks.
        free: (kinds,) free people who may do each kind.
    """
    return [
        task
        for tasks, people in zip(by_kind.values(), free, strict=True)
        for task in sorted(tasks, key=lambda task: task.arrived)[:people]
    ]


def _of_many_kinds(listed: Sequence[Sequence[AnyTask]], free: Sequence[int], most: int) -> list[AnyTask]:
    """Of every kind one task before any has two, kinds for which somebody is free before the others."""
    turns = sorted(
        (place, not people, task.arrived, kind)
        for kind, (tasks, people) in enumerate(zip(listed, free, strict=True))
        for place, task in enumerate(tasks)
    )
    return [listed[kind][place] for place, _, _, kind in turns[:most]]


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
