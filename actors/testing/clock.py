"""Virtual time: a list of things to do, each at its instant."""

import heapq
from collections.abc import Callable

#: 2026-01-05 08:00 in Shanghai: where the wall clocks start. Unix ms.
START_WALL_MS = 1_767_571_200_000


class Scheduler:
    """Does what is due, in order of instant, then of asking. Milliseconds from the start."""

    def __init__(self) -> None:
        self.now_ms = 0
        #: Things done so far: the length of a run, whatever the machine.
        self.steps = 0
        self._asked = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do `action` in `delay_ms`."""
        self._asked += 1
        heapq.heappush(self._due, (self.now_ms + max(0, delay_ms), self._asked, action))

    def run_until(self, end_ms: int) -> None:
        """Let time pass."""
        due = self._due
        while due and due[0][0] <= end_ms:
            self.now_ms, _, action = heapq.heappop(due)
            self.steps += 1
            action()
        self.now_ms = max(self.now_ms, end_ms)
