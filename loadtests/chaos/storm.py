"""Carries a schedule out: injects each fault when it is due, heals it, and measures how long the system took to be itself again.

Recovery is measured by asking, not by looking: from the end of the fault until the next operation is acknowledged that was invoked after
it, by those whom the fault hit. A probe is an ordinary operation under one request id, repeated until it is answered.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec

from loadtests.chaos.availability import Window
from loadtests.chaos.faults import HARMS
from loadtests.chaos.history import OK, Operation
from loadtests.chaos.schedule import KINDS, Fault, Scope
from loadtests.chaos.victims import NotHit, Victims

#: An operation of a desk after its thaw is waited for this long.
DESK_ANSWER_MAX_S = 60.0
#: Somebody must have the role of a killed part of Ray again by then.
SUCCESSOR_MAX_S = 120.0
#: Kinds that hit desks: their next action tells, not a branch system's.
_OF_DESKS = ("desks_frozen", "site_silent")
_OF_COORDINATOR = ("coordinator_kill", "coordinator_stop")
_OF_REQUESTS = ("requests_doubled", "requests_reordered", "requests_month_old")


class Injected(msgspec.Struct, kw_only=True):
    """What became of one planned fault. Seconds since the run began; -1: not."""

    number: int
    kind: str
    province: str
    begun_s: float = -1.0
    healed_s: float = -1.0
    #: From the end of the fault to the next acknowledged operation; -1: it was not measured, or never came.
    recovery_s: float = -1.0
    #: Why it hit nobody; empty: it did.
    missed: str = ""

    @property
    def window(self) -> Window:
        """When and whom it may excuse."""
        kind = KINDS[self.kind]
        end_s = max(self.healed_s, self.begun_s + kind.hold_s) + kind.recovery_s
        return Window(begin_s=self.begun_s, end_s=end_s, scope=kind.scope, province=self.province)


class Coordinator(Protocol):
    """Who can ask the coordinator."""

    async def probe_coordinator(self) -> bool:
        """Ask until it answers; whether it did."""
        ...


class Answers:
    """Lets somebody wait for the next operation of a kind that is acknowledged."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[Operation], bool], asyncio.Future[None]]] = []

    def ended(self, operation: Operation) -> None:
        """An operation ended (`History.on_end`)."""
        if operation.outcome == OK:
            for wanted, future in self._waiting:
                if not future.done() and wanted(operation):
                    future.set_result(None)

    async def next(self, wanted: Callable[[Operation], bool], timeout_s: float) -> bool:
        """Wait for the next acknowledged operation that is wanted; whether it came in time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (wanted, future)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(timeout_s):
                await future
            return True
        except TimeoutError:
            return False
        finally:
            self._waiting.remove(entry)


class Storm:
    """The faults of a run.

    Args:
        clock: seconds since the run began.
    """

    def __init__(
        self, victims: Victims, coordinator: Coordinator, answers: Answers, clock: Callable[[], float]
    ) -> None:
        self.injected: list[Injected] = []
        self._victims = victims
        self._coordinator = coordinator
        self._answers = answers
        self._clock = clock

    async def run(self, faults: list[Fault], say: Callable[[str], None]) -> None:
        """Inject all of them; returns when the last has been healed and recovered from, or given up."""
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, fault.at_s - self._clock()))
                say(f"{self._clock():6.1f} s  {fault.kind} {fault.province}")
                group.create_task(self._inject(fault))

    async def _inject(self, fault: Fault) -> None:
        kind = KINDS[fault.kind]
        injected = Injected(number=fault.number, kind=fault.kind, province=fault.province, begun_s=self._clock())
        self.injected.append(injected)
        try:
            async with HARMS[fault.kind](self._victims, fault.province):
                if fault.kind not in _OF_REQUESTS:
                    # A process may have been waited for; nothing is excused by a fault that has yet to come.
                    injected.begun_s = self._clock()
                await asyncio.sleep(kind.hold_s)
        except NotHit as error:
            injected.missed = str(error)
        injected.healed_s = self._clock()
        if not injected.missed and await self._recovered(fault, injected.healed_s):
            injected.recovery_s = round(self._clock() - injected.healed_s, 3)

    async def _recovered(self, fault: Fault, healed_s: float) -> bool:
        """Wait until whoever was hit is served again; False: not measured, or it never came."""
        if fault.kind in _OF_REQUESTS:
            return False
        if fault.kind in _OF_COORDINATOR:
            return await self._coordinator.probe_coordinator()
        if fault.kind in _OF_DESKS:
            return await self._answers.next(
                lambda operation: operation.identity == f"desk:{fault.province}" and operation.invoked_s > healed_s,
                DESK_ANSWER_MAX_S,
            )
        if KINDS[fault.kind].is_heavy and not await self._succeeded(fault.kind.removesuffix("_kill")):
            return False
        branches = self._victims.branches
        hit = branches.values() if KINDS[fault.kind].scope is Scope.COUNTRY else (branches[fault.province],)
        return all(await asyncio.gather(*(branch.probe() for branch in hit)))

    async def _succeeded(self, role: str) -> bool:
        """Wait for the successor of a part of Ray: until everything starts anew, actors left behind go on answering."""
        try:
            async with asyncio.timeout(SUCCESSOR_MAX_S):
                await self._victims.wait_succeeded(role)
        except TimeoutError:
            return False
        return True
