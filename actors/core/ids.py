"""Identifiers, each a type of its own so that a task id never ends up where an operator id belongs."""

from typing import NewType

#: Pinyin code of a branch, e.g. ``fujian``.
ProvinceCode = NewType("ProvinceCode", str)
#: ``<home province>-<number>``, unique in the country for ever, e.g. ``fujian-1207``.
TaskId = NewType("TaskId", str)
#: Unique in the country, e.g. ``fujian-op-7``.
OperatorId = NewType("OperatorId", str)
#: One desk connection: a work stream of a gateway, or a unary sign-in.
SessionId = NewType("SessionId", str)
#: Task kind, e.g. ``claims-medical-green``.
KindId = NewType("KindId", str)
#: A place where desks stand.
SiteId = NewType("SiteId", str)


def task_id(home: ProvinceCode, number: int) -> TaskId:
    """Mint the id of the `number`-th task of a province."""
    return TaskId(f"{home}-{number}")


def home_of(task: TaskId) -> ProvinceCode:
    """The home province that a task id names; it never changes, wherever the task is worked on."""
    return ProvinceCode(task.rpartition("-")[0])
