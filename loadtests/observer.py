"""What a client can see of the play by the event stream and the national picture: who has which task, and how fast an outage is survived.

Nothing here is asked of the system in another way, so the figures are those of an observer outside, by one monotonic clock. Events of different
provinces have no common order: a task may be seen at its new host before it is seen at its old one; generations decide.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.v1 import event_pb2, monitor_pb2, province_pb2, task_pb2


@dataclass(slots=True)
class Outage:
    """An outage as seen from outside. Seconds count from the moment the desks fell silent; None: not seen yet."""

    province: str
    began_s: float
    #: Tasks that were open in the province at that moment.
    open_tasks: frozenset[str]
    detected_s: float | None = None
    first_reassigned_s: float | None = None
    #: Until the last of those open tasks that left was taken over elsewhere.
    evacuated_s: float | None = None
    #: Tasks taken over by other provinces, later ones included.
    evacuated: dict[str, str] = field(default_factory=dict)
    returned_s: float | None = None


@dataclass(slots=True)
class GreenCase:
    """The green-channel task whose way is followed."""

    external_id: str
    task: str = ""
    first_operator: str = ""
    is_open_on_desk: bool = False
    #: Hosts that were considered, best first, as the event says.
    candidates: list[dict[str, Any]] = field(default_factory=list)
    #: How the host was chosen, in words.
    reason: str = ""
    host: str = ""
    #: Seconds from the outage until another operator had it on the screen.
    reassigned_s: float | None = None
    operator: str = ""
    decided_s: float | None = None


class Observer:
    """Takes events and pictures; shows counts, the outage and the green-channel case.

    Args:
        green: external id of the case to follow.
        clock: monotonic seconds.
        on_suspended: called with a task that waits for papers.
    """

    def __init__(self, green: str, clock: Callable[[], float], on_suspended: Callable[[str], None]) -> None:
        self.created: dict[str, str] = {}
        #: Task -> operator who decided it.
        self.decided: dict[str, str] = {}
        self.decided_shared = 0
        #: Ended without a decision.
        self.ended: dict[str, None] = {}
        self.green = GreenCase(green)
        self.outage: Outage | None = None
        self.picture: monitor_pb2.Overview | None = None
        self.on_change: Callable[[str, event_pb2.Event], None] = lambda what, event: None
        self._hosts: dict[str, tuple[int, str]] = {}
        self._clock = clock
        self._on_suspended = on_suspended
        self._handlers: dict[str, Callable[[event_pb2.Event], None]] = {
            "TaskCreated": self._task_created,
            "OfferMade": self._task_given,
            "TaskAssigned": self._task_given,
            "AssignmentStarted": self._work_started,
            "AssignmentSuspended": lambda event: self._on_suspended(event.task),
            "TaskCompleted": self._task_completed,
            "TaskReturned": lambda event: self.ended.setdefault(event.task),
            "TaskCancelled": lambda event: self.ended.setdefault(event.task),
            "MoveStarted": self._move_started,
            "MoveAccepted": self._move_accepted,
            "SiteLost": self._outage_seen,
            "ProvinceStatusChanged": self._status_changed,
        }

    def take(self, event: event_pb2.Event) -> None:
        """Take in one event."""
        handler = self._handlers.get(event.type)
        if handler is not None:
            handler(event)

    def take_picture(self, picture: monitor_pb2.Overview) -> None:
        """Take in the national picture."""
        self.picture = picture
        outage = self.outage
        if outage is None or outage.detected_s is not None:
            return
        for province in picture.provinces:
            lost = province.state == province_pb2.PROVINCE_STATE_UNREACHABLE
            if province.province == outage.province and lost:
                outage.detected_s = self._clock() - outage.began_s
                self.on_change("detected", event_pb2.Event(province=outage.province))

    def host_of(self, task: str) -> str:
        """The province that has the task, as far as seen."""
        return self._hosts.get(task, (0, home_of(task)))[1]

    def open_at(self, province: str) -> list[str]:
        """Tasks not ended that a province has."""
        return [
            task
            for task in self.created
            if task not in self.decided and task not in self.ended and self.host_of(task) == province
        ]

    def begin_outage(self, province: str) -> Outage:
        """From now on the province's desks are silent."""
        self.outage = Outage(province, self._clock(), frozenset(self.open_at(province)))
        return self.outage

    # --- events ---

    def _task_created(self, event: event_pb2.Event) -> None:
        self.created[event.task] = event.external_id
        if event.external_id == self.green.external_id:
            self.green.task = event.task

    def _task_given(self, event: event_pb2.Event) -> None:
        green, outage = self.green, self.outage
        if event.task == green.task and not green.is_open_on_desk:
            green.first_operator = event.operator
        if outage is None or event.province == outage.province or event.task not in outage.evacuated:
            return
        since_s = self._clock() - outage.began_s
        if outage.first_reassigned_s is None:
            outage.first_reassigned_s = since_s
            self.on_change("first_reassigned", event)
        if event.task == green.task and green.reassigned_s is None:
            green.reassigned_s = since_s
            green.operator = event.operator
            self.on_change("green_reassigned", event)

    def _work_started(self, event: event_pb2.Event) -> None:
        green = self.green
        if event.task == green.task and not green.is_open_on_desk:
            green.is_open_on_desk = True
            self.on_change("green_open", event)

    def _task_completed(self, event: event_pb2.Event) -> None:
        self.decided[event.task] = event.operator
        self.decided_shared += event.province != home_of(event.task)
        green = self.green
        if event.task == green.task:
            green.operator, green.host = event.operator, event.province
            green.decided_s = self._clock() - (self.outage.began_s if self.outage else self._clock())
            self.on_change("green_decided", event)

    def _move_started(self, event: event_pb2.Event) -> None:
        if event.task == self.green.task and event.task and self.outage is not None:
            basis = json.loads(event.basis_json) if event.basis_json else {}
            self.green.candidates = list(basis.get("candidates", ()))
            self.green.reason = event.reason
            self.on_change("green_moving", event)

    def _move_accepted(self, event: event_pb2.Event) -> None:
        known, _ = self._hosts.get(event.task, (1, ""))
        if event.generation > known:
            self._hosts[event.task] = (event.generation, event.province)
        outage = self.outage
        # Work that was shared because of a long wait was on its way already; it is no evacuation.
        if outage is None or event.peer_province != outage.province or event.placement != task_pb2.PLACEMENT_EVACUATED:
            return
        outage.evacuated[event.task] = event.province
        if event.task in outage.open_tasks:
            outage.evacuated_s = self._clock() - outage.began_s
        if event.task == self.green.task:
            self.green.host = event.province
            self.on_change("green_moved", event)

    def _outage_seen(self, event: event_pb2.Event) -> None:
        outage = self.outage
        if outage is not None and event.province == outage.province and outage.detected_s is None:
            outage.detected_s = self._clock() - outage.began_s
            self.on_change("detected", event)

    def _status_changed(self, event: event_pb2.Event) -> None:
        outage = self.outage
        if outage is None or event.province != outage.province:
            return
        if event.reason.startswith("unreachable"):
            self._outage_seen(event)
        elif event.reason.startswith("active") and outage.returned_s is None:
            outage.returned_s = self._clock() - outage.began_s
            self.on_change("returned", event)


def home_of(task: str) -> str:
    """The home province in a task name."""
    return task.split("/")[1]
