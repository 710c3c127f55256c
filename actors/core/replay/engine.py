"""Plays work, people and a dispatcher in virtual time.

Whoever is free and on duty can be given work; whoever is busy when their duty ends finishes first. A dispatcher is asked after every
instant at which a task arrived, was completed, or somebody came on duty, if something waits and somebody is free. It learns of each
completion.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from actors.core.matching.planner import PlannerTask

#: Kinds of instants, in the order in which they take effect within one.
COMPLETED, DUTY_ENDS, DUTY_BEGINS, ARRIVED = range(4)


class Dispatcher(Protocol):
    """Anything that decides who does what: `Planner`, or a way to compare it with."""

    def observe(self, task: PlannerTask, operator_id: str, minutes: float, now: float) -> None:
        """Hears of a finished task."""
        ...

    def plan(
        self, tasks: Sequence[PlannerTask], operators: Sequence[str], now: float, pools: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, str]]:
        """Decides what starts now: (task id, operator id)."""
        ...


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played. Task ids are unique."""

    tasks: Sequence[PlannerTask]
    #: operator -> (from, to) minutes.
    duty: Mapping[str, Sequence[tuple[float, float]]]
    pools: Mapping[str, Sequence[str]]
    #: (index of the task, operator) -> handle minutes.
    minutes: Callable[[int, str], float]


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    #: Minutes from arrival to completion, of each finished task, in the order of completion.
    turnarounds: list[float]
    #: Minutes from arrival to start, in the same order.
    waits: list[float]
    #: Minutes from arrival to the end of all duty, of each task that nobody had started by then: it has waited for so long at least.
    left: list[float]
    #: Times the dispatcher was asked.
    calls: int
    #: What it took of the timer, in all.
    call_seconds: float


def play(work: Work, dispatcher: Dispatcher, timer: Callable[[], float]) -> Played:
    """Plays everything.

    Args:
        work: tasks and people.
        dispatcher: decides.
        timer: seconds on some clock, for the cost of the calls alone; the outcome does not depend on it.

    Raises:
        ValueError: the dispatcher named a task that does not wait, a person who is not free or not in the pool.
    """
    return _Game(work, dispatcher, timer).play()


class _Game:
    """The state of one play."""

    def __init__(self, work: Work, dispatcher: Dispatcher, timer: Callable[[], float]) -> None:
        self.work, self.dispatcher, self.timer = work, dispatcher, timer
        self.pools = {kind: frozenset(pool) for kind, pool in work.pools.items()}
        #: The same for every dispatcher, so that none looks quicker by leaving what takes long.
        self.end = max((end for spans in work.duty.values() for _, end in spans), default=0.0)
        self.index = {task.id: position for position, task in enumerate(work.tasks)}
        self.instants: list[tuple[float, int, int, str]] = [
            (task.arrived, ARRIVED, position, "") for position, task in enumerate(work.tasks)
        ]
        for operator, spans in work.duty.items():
            for start, end in spans:
                # Nobody is on duty for no time; taken for the beginning of a shift, it would have no end.
                if start == end:
                    continue
                self.instants += [(start, DUTY_BEGINS, 0, operator), (end, DUTY_ENDS, 0, operator)]
        heapq.heapify(self.instants)
        #: Both in the order in which they began to wait.
        self.waiting: dict[str, PlannerTask] = {}
        self.free: dict[str, None] = {}
        self.on_duty: dict[str, None] = {}
        #: operator -> (task's index, since)
        self.busy: dict[str, tuple[int, float]] = {}
        self.turnarounds: list[float] = []
        self.waits: list[float] = []
        self.calls, self.call_seconds = 0, 0.0

    def play(self) -> Played:
        while self.instants:
            now = self.instants[0][0]
            while self.instants and self.instants[0][0] == now:
                _, what, position, operator = heapq.heappop(self.instants)
                self._take_effect(now, what, position, operator)
            if self.waiting and self.free:
                self._ask(now)
        return Played(
            turnarounds=self.turnarounds,
            waits=self.waits,
            left=[max(0.0, self.end - task.arrived) for task in self.waiting.values()],
            calls=self.calls,
            call_seconds=self.call_seconds,
        )

    def _take_effect(self, now: float, what: int, position: int, operator: str) -> None:
        if what == ARRIVED:
            task = self.work.tasks[position]
            self.waiting[task.id] = task
        elif what == DUTY_BEGINS:
            self.on_duty[operator] = None
            if operator not in self.busy:
                self.free[operator] = None
        elif what == DUTY_ENDS:
            self.on_duty.pop(operator, None)
            self.free.pop(operator, None)
        else:
            self._complete(now, position, operator)

    def _complete(self, now: float, position: int, operator: str) -> None:
        task, (_, since) = self.work.tasks[position], self.busy.pop(operator)
        self.turnarounds.append(now - task.arrived)
        self.waits.append(since - task.arrived)
        if operator in self.on_duty:
            self.free[operator] = None
        self.dispatcher.observe(task, operator, now - since, now)

    def _ask(self, now: float) -> None:
        began = self.timer()
        pairs = self.dispatcher.plan(list(self.waiting.values()), list(self.free), now, self.work.pools)
        self.call_seconds += self.timer() - began
        self.calls += 1
        for task_id, operator in pairs:
            task = self.waiting.pop(task_id, None)
            if task is None or operator not in self.free or operator not in self.pools.get(task.kind, ()):
                raise ValueError(f"the dispatcher gave {task_id!r} to {operator!r}, which cannot be")
            del self.free[operator]
            position = self.index[task_id]
            self.busy[operator] = (position, now)
            heapq.heappush(self.instants, (now + self.work.minutes(position, operator), COMPLETED, position, operator))
