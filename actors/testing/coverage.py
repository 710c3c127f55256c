"""What the seeds have reached: a path that no seed takes is a path that nobody has tried.

Counted are events, task and province states, strokes of fate, and the rows of the table of crashes during a move (`CrashRow`). The
lists of what there is to reach come from the vocabulary itself, so that a new event or state is missed until a seed reaches it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import get_args

import msgspec

from actors.core import events as e
from actors.core.country import ProvinceStatus
from actors.core.task import TaskState


class CrashRow(StrEnum):
    """What can go wrong while a task moves from a source to a host."""

    COORDINATOR_LOST = "the coordinator is lost while tasks move"
    SOURCE_BEFORE_MOVING = "the source dies before MoveStarted is durable"
    SOURCE_BEFORE_SENDING = "the source dies after MoveStarted, before anything is sent"
    MESSAGE_LOST = "the message or its answer is lost"
    MESSAGE_DOUBLED = "the message arrives twice"
    MESSAGE_LATE = "the message arrives long after the move was settled"
    MESSAGE_A_MONTH_OLD = "the message arrives a month later"
    HOST_BEFORE_ACCEPT = "the host dies before MoveAccepted is durable"
    HOST_BEFORE_ANSWERING = "the host dies after MoveAccepted, before it answers"
    HOST_ASSIGNED_MEANWHILE = "the host has given the task to somebody before the source knows"
    SOURCE_BEFORE_RELEASE = "the source dies before MoveHandedOver is durable"
    HOST_AWAY_FOR_LONG = "a task is held by nobody for long because its host is away"
    ZOMBIE_REFUSED = "a replaced process comes back with tasks in transit and is refused by the store"
    CAME_HOME = "a task comes home again while the source still believes it is leaving"


class Coverage(msgspec.Struct, kw_only=True):
    """How often each thing was reached."""

    events: dict[str, int] = {}
    states: dict[str, int] = {}
    statuses: dict[str, int] = {}
    faults: dict[str, int] = {}
    rows: dict[str, int] = {}

    def note(self, counted: dict[str, int], name: str) -> None:
        """One more of `name`."""
        counted[name] = counted.get(name, 0) + 1

    def note_row(self, row: CrashRow) -> None:
        """A row of the table of crashes was reached."""
        self.note(self.rows, row.value)

    def add(self, other: "Coverage") -> None:
        """Take in what another run has reached."""
        for field in self.__struct_fields__:
            mine: dict[str, int] = getattr(self, field)
            theirs: dict[str, int] = getattr(other, field)
            for name in sorted(theirs):
                mine[name] = mine.get(name, 0) + theirs[name]

    def unreached(self) -> list[str]:
        """Events, states and rows that exist and were never reached."""
        return [
            *_missing("event", self.events, [event.__name__ for event in get_args(e.AnyEvent)]),
            *_missing("state", self.states, TaskState),
            *_missing("status", self.statuses, ProvinceStatus),
            *_missing("row", self.rows, CrashRow),
        ]


def _missing(what: str, counted: dict[str, int], names: Iterable[str]) -> list[str]:
    return [f"{what}: {name!s}" for name in names if not counted.get(str(name))]
