"""A small country in virtual time that does what the plan says: queues, people, moves and pictures, and nothing else.

Time goes in steps of half a second, one picture and one plan each. People take the oldest task and are busy for a fixed time; a task that is moved
is there at the next step. Unless a province is given something to draw from, nothing is drawn: the same loads give the same country.
"""

from collections import deque
from collections.abc import Callable
from math import exp
from random import Random

import msgspec

from actors.core.country import Bounds, Line, ProvinceStatus, SharingPolicy
from actors.core.departures import moves_left
from actors.core.ids import ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary
from actors.core.task import Placement
from tests.unit.core.harness import MEDICAL

STEP_MS = 500
HANDLE_MS = 8_000
BOUNDS = Bounds()
#: Arrivals are told as a rate over a quarter of an hour.
QUARTER_HOUR_STEPS = 900_000 // STEP_MS

Load = Callable[[int], float]
"""Tasks per second that arrive at a time, ms."""


class Item(msgspec.Struct):
    """A task, where it arose and when."""

    home: ProvinceCode
    created_ms: int
    placement: Placement = Placement.HOME
    moves: int = 0


class Place:
    """A province: what waits, and until when its people are busy."""

    def __init__(self, code: str, people: int, load: Load, policy: SharingPolicy, draw: Random | None = None) -> None:
        self.code, self.people, self.load, self.policy = ProvinceCode(code), people, load, policy
        self.waiting: deque[Item] = deque()
        self.busy_until_ms: list[int] = []
        #: Of its own tasks that its own people have taken: when, and how long they had waited.
        self.waits_ms: list[tuple[int, int]] = []
        self._draw = draw
        self._arriving = 0.0
        self._arrived: deque[int] = deque(maxlen=QUARTER_HOUR_STEPS)

    def pass_step(self, now_ms: int) -> None:
        """Tasks arrive, people finish and take the next."""
        self._arriving += self._arrivals(self.load(now_ms) * STEP_MS / 1_000)
        arrived = int(self._arriving)
        self._arriving -= arrived
        self._arrived.append(arrived)
        self.waiting.extend(Item(home=self.code, created_ms=now_ms) for _ in range(arrived))
        self.busy_until_ms = [until_ms for until_ms in self.busy_until_ms if until_ms > now_ms]
        while self.waiting and len(self.busy_until_ms) < self.people:
            item = self.waiting.popleft()
            if item.home == self.code:
                self.waits_ms.append((now_ms, now_ms - item.created_ms))
            self.busy_until_ms.append(now_ms + self._handle_ms())

    def _arrivals(self, expected: float) -> float:
        """So many as expected, or a Poisson number about it."""
        if self._draw is None:
            return expected
        count, chance, least = 0, self._draw.random(), exp(-expected)
        while chance > least:
            count += 1
            chance *= self._draw.random()
        return count

    def _handle_ms(self) -> int:
        """Fixed, or lognormal of the same mean and a variation of 1.1."""
        return HANDLE_MS if self._draw is None else int(HANDLE_MS * self._draw.lognormvariate(-0.405, 0.9))

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
        per_hour = sum(self._arrived) * 3_600_000 // (STEP_MS * max(1, len(self._arrived)))
        line = LineSummary(line=Line.CLAIMS, arrivals_per_hour=per_hour, signed_in=self.people)
        return ProvinceSummary(
            province=self.code,
            time_ms=0,
            status=ProvinceStatus.ACTIVE,
            policy=self.policy,
            kinds=(kind,),
            lines=(line,),
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
        self.moved = 0

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
            self.moved += 1
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
