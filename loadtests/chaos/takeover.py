"""How a country takes over the work of a branch that went dark, as an observer outside sees it by events and pictures.

Seconds count from the moment the desks fell silent, by one clock of the observer. Events of different provinces have no common order: a task
may be seen at its new host before it is seen to leave; only the host's acceptance counts, and of two the one with the higher generation.
Work leaves in two ways: as an evacuation, once the outage is certain, and a moment earlier as sharing, because nobody is expected to
take it up. Both are a takeover.
"""

from collections.abc import Callable

from gateway.v1 import event_pb2, monitor_pb2, province_pb2

#: Events that put a task onto somebody's desk.
_GIVEN = ("OfferMade", "TaskAssigned")


class Takeover:
    """The takeover of `dark`'s work. Feed it events and pictures; say `begin` when the desks fall silent.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, dark: str, clock: Callable[[], float]) -> None:
        #: Tasks created in the branch, seen so far.
        self.created: dict[str, None] = {}
        #: Task -> province that owns it now, for those that have left.
        self.hosts: dict[str, str] = {}
        #: Until the outage was shown: as an event or in the national picture.
        self.seen_s: float | None = None
        #: Until the first task of the branch lay on a desk of another province.
        self.first_reassigned_s: float | None = None
        #: Until the last takeover so far.
        self.last_moved_s: float | None = None
        self.dark = dark
        self._clock = clock
        self._began_s: float | None = None
        self._generations: dict[str, int] = {}

    def begin(self) -> None:
        """The desks are silent from now on."""
        self._began_s = self._clock()

    def moved(self, tasks: list[str]) -> int:
        """How many of these are owned by another province."""
        return sum(self.hosts.get(task, self.dark) != self.dark for task in tasks)

    def take(self, event: event_pb2.Event) -> None:
        """Take in one event."""
        if event.type == "TaskCreated" and event.province == self.dark:
            self.created[event.task] = None
        elif event.type == "MoveAccepted":
            self._moved(event)
        elif event.type in _GIVEN:
            self._given(event)
        elif event.type == "SiteLost" and event.province == self.dark:
            self._see()

    def take_picture(self, picture: monitor_pb2.Overview) -> None:
        """Take in the national picture."""
        for province in picture.provinces:
            if province.province == self.dark and province.state == province_pb2.PROVINCE_STATE_UNREACHABLE:
                self._see()

    def _see(self) -> None:
        if self._began_s is not None and self.seen_s is None:
            self.seen_s = self._clock() - self._began_s

    def _moved(self, event: event_pb2.Event) -> None:
        if event.generation <= self._generations.get(event.task, 1) or not self._is_of_dark(event.task):
            return
        self._generations[event.task] = event.generation
        self.hosts[event.task] = event.province
        if self._began_s is not None:
            self.last_moved_s = self._clock() - self._began_s

    def _given(self, event: event_pb2.Event) -> None:
        is_elsewhere = event.province != self.dark and self._is_of_dark(event.task)
        if is_elsewhere and self._began_s is not None and self.first_reassigned_s is None:
            self.first_reassigned_s = self._clock() - self._began_s

    def _is_of_dark(self, task: str) -> bool:
        return task.startswith(f"provinces/{self.dark}/")
