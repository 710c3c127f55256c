"""A small country in virtual time that does what the plan says: queues, people, moves and pictures, and nothing else.

Time goes in steps of half a second, one picture and one plan each. People take the oldest task and are busy for a fixed time; a task that is moved
is there at the next step. Nothing is drawn: the same loads give the same country.
"""

from collections.abc import Callable

import msgspec

from actors.core.country import Bounds, Line, ProvinceStatus, SharingPolicy
from actors.core.departures import moves_left
from actors.core.ids import ProvinceCode
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary
from actors.core.task import Placement
from tests.unit.core.harness import MEDICAL

STEP_MS = 500
HANDLE_MS = 8_000
BOUNDS = Bounds()

Load = Callable[[int], float]
"""Tasks per second that arrive at a time, ms."""


class Item(msgspec.Struct):
    """A task."""

    placement: Placement = Placement.HOME
    moves: int = 0


class Place:
    """A province: what waits, and until when its people are busy."""

    def __init__(self, code: str, people: int, load: Load, policy: SharingPolicy) -> None:
        self.code, self.people, self.load, self.policy = ProvinceCode(code), people, load, policy
        self.waiting: list[Item] = []
        self.busy_until_ms: list[int] = []
        self._arriving = 0.0

    def pass_step(self, now_ms: int) -> None:
        """Tasks arrive, people finish and take the next."""
        self._arriving += self.load(now_ms) * STEP_MS / 1_000
        while self._arriving >= 1:
            self._arriving -= 1
            self.waiting.append(Item())
        self.busy_until_ms = [until_ms for until_ms in self.busy_until_ms if until_ms > now_ms]
        while self.waiting and len(self.busy_until_ms) < self.people:
            self.waiting.pop(0)
            self.busy_until_ms.append(now_ms + HANDLE_MS)

    @property
    def wait_ms(self) -> int:
        """As provinces work it out: work that waits over people."""
        return len(self.waiting) * HANDLE_MS // self.people

    def summary(self) -> ProvinceSummary:
        """What the province says of itself."""
        kind = KindSummary(
            kind=MEDICAL,
            line=Line.CLAIMS,
            waiting=len(self.waiting),
            eligible=self.people,
            free_capacity=self.people - len(self.busy_until_ms),
            expected_wait_ms=self.wait_ms,
            handle_ms=HANDLE_MS,
        )
        return ProvinceSummary(
            province=self.code, time_ms=0, status=ProvinceStatus.ACTIVE, policy=self.policy, kinds=(kind,)
        )


class ClosedLoop:
    """Provinces that follow the plan."""

    def __init__(self, *places: Place) -> None:
        self.places = {place.code: place for place in places}
        self.memory = FlowMemory()
        self.now_ms = 0
        #: Of every flow that was followed: when, and what.
        self.followed: list[tuple[int, MoveFlow]] = []
        #: Moves of the task that was moved most often.
        self.moves_most = 0

    def run(self, duration_ms: int) -> None:
        """Let time pass."""
        end_ms = self.now_ms + duration_ms
        while self.now_ms < end_ms:
            self.now_ms += STEP_MS
            for place in self.places.values():
                place.pass_step(self.now_ms)
            summaries = tuple(place.summary() for place in self.places.values())
            flows, self.memory = plan_flows(NationalPicture(time_ms=self.now_ms, provinces=summaries), self.memory)
            for flow in flows:
                self._follow(flow)

    def _follow(self, flow: MoveFlow) -> None:
        source, host = self.places[flow.source], self.places[flow.host]
        leaving = [item for item in source.waiting if moves_left(item.placement, item.moves, BOUNDS)][: flow.count]
        if leaving:
            self.followed.append((self.now_ms, flow))
        for item in leaving:
            source.waiting.remove(item)
            item.placement, item.moves = Placement.SHARED, item.moves + 1
            self.moves_most = max(self.moves_most, item.moves)
            host.waiting.append(item)

    def reversals_ms(self) -> dict[tuple[ProvinceCode, ProvinceCode], list[int]]:
        """By pair of provinces, when work began to flow the other way."""
        last: dict[tuple[ProvinceCode, ProvinceCode], ProvinceCode] = {}
        reversed_ms: dict[tuple[ProvinceCode, ProvinceCode], list[int]] = {}
        for at_ms, flow in self.followed:
            pair = (min(flow.source, flow.host), max(flow.source, flow.host))
            if last.setdefault(pair, flow.source) != flow.source:
                reversed_ms.setdefault(pair, []).append(at_ms)
            last[pair] = flow.source
        return reversed_ms
