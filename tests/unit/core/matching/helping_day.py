"""A branch with customers of its own to whom an evacuation brings more than it can do: `python -m tests.unit.core.matching.helping_day` prints figures.

The real rules of a province in virtual time. Arrivals are Poisson and handle times lognormal, from a seed; who is given a task begins it at once.
"""

import heapq
import json
from random import Random
from typing import Any

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.task import Placement, Task, TaskState, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, MEDICAL, SHIPPED, Branch, person, session_of, spec
from tests.unit.core.provinces import offer_of

MINUTE_MS = 60_000
HANDLE_MINUTES = 12.0
#: Guests come when the branch has worked for so long; it is watched for so much longer.
WARM_UP_MINUTES, WATCHED_MINUTES = 120.0, 240.0


class HelpingDay:
    """The branch, its people and what arrives.

    Args:
        load: of its people by its own work.
    """

    def __init__(self, people: int, load: float, seed: int, placement: Placement = Placement.EVACUATED) -> None:
        self.branch = Branch(JIANGXI, model=SHIPPED)
        self._draw, self._placement = Random(seed), placement
        self._names = [f"op-{number:02}" for number in range(people)]
        self.branch.arrive(*(person(name, JIANGXI, auto_accept=True) for name in self._names))
        self._beat = c.HearDesks(who="gateway", sessions=tuple(session_of(name) for name in self._names))
        self._per_minute = load * people / HANDLE_MINUTES
        self._began_ms = self.branch.wall_ms
        #: When somebody finishes which task, minutes.
        self._finishing: list[tuple[float, TaskId]] = []
        #: Of its own tasks: when they were created and how long they waited, minutes.
        self.waits: list[tuple[float, float]] = []
        self.guests_done = 0
        self._guests = 0

    def run(self, until: float) -> None:
        """Let time pass, minutes since the beginning."""
        arriving = self._minute() + self._draw.expovariate(self._per_minute)
        while True:
            finishing = self._finishing[0][0] if self._finishing else until
            at = min(arriving, finishing)
            if at >= until:
                self._go_to(until)
                return
            self._go_to(at)
            if at == arriving:
                self._do(c.CreateTask(who="branch", spec=spec(MEDICAL)))
                arriving = at + self._draw.expovariate(self._per_minute)
            else:
                self._finish(heapq.heappop(self._finishing)[1])

    def take_in(self, count: int) -> None:
        """An evacuation brings tasks that are a day old."""
        self._guests += count
        for number in range(count):
            task = Task(
                task_id=TaskId(f"fujian-{number}"),
                home=FUJIAN,
                spec=spec(MEDICAL),
                line=self.branch.state.kinds[MEDICAL].line,
                created_ms=self.branch.wall_ms - 24 * 60 * MINUTE_MS,
                created_by="branch",
                host=ProvinceCode("fujian"),
                state=TaskState.MOVING,
            )
            offered = offer_of(task, self.branch)
            move = msgspec.structs.replace(offered.move, placement=self._placement)
            self._do(msgspec.structs.replace(offered, move=move))

    def p95_wait(self, begins: float, ends: float) -> float:
        """95th percentile of the wait of own tasks that were created meanwhile, minutes; those that still wait count with what they have waited."""
        state = self.branch.state
        waiting = [state.tasks[task_id] for task_id in state.queue.members]
        waits = [wait for at, wait in self.waits if begins <= at < ends]
        waits += [
            self._minute() - at for task in waiting if task.home == JIANGXI and begins <= (at := self._at(task)) < ends
        ]
        waits.sort()
        return waits[len(waits) * 95 // 100]

    def _minute(self) -> float:
        return (self.branch.wall_ms - self._began_ms) / MINUTE_MS

    def _at(self, task: Task) -> float:
        return (task.created_ms - self._began_ms) / MINUTE_MS

    def _go_to(self, minute: float) -> None:
        passed_ms = max(0, round((minute - self._minute()) * MINUTE_MS))
        self.branch.wall_ms += passed_ms
        self.branch.monotonic_ms += passed_ms

    def _finish(self, task_id: TaskId) -> None:
        task = self.branch.task(task_id)
        self.guests_done += task.home != JIANGXI
        assert task.operator is not None
        self._do(
            c.CompleteAssignment(
                who="desk", operator=task.operator, task_id=task_id, token=task.token, verdict=Verdict.APPROVED
            )
        )

    def _do(self, command: c.AnyCommand) -> None:
        """One command, and whoever is given a task by it begins."""
        self.branch.batch(self._beat, command)
        given = [event for event in self.branch.events if isinstance(event, e.TaskAssigned)]
        for event in given:
            task = self.branch.task(event.task_id)
            if task.home == JIANGXI:
                self.waits.append((self._at(task), self._minute() - self._at(task)))
            minutes = HANDLE_MINUTES * self._draw.lognormvariate(-0.405, 0.9)
            heapq.heappush(self._finishing, (self._minute() + minutes, event.task_id))
        starts = [
            c.StartAssignment(who="desk", operator=OperatorId(event.operator), task_id=event.task_id, token=event.token)
            for event in given
        ]
        if starts:
            self.branch.batch(*starts)


def helping_day(
    people: int, load: float, seed: int, guests: int, placement: Placement = Placement.EVACUATED
) -> dict[str, Any]:
    """What guests do to the wait of a branch's own customers, minutes; and how many of them are served."""
    day = HelpingDay(people, load, seed, placement)
    ends = WARM_UP_MINUTES + WATCHED_MINUTES
    day.run(WARM_UP_MINUTES)
    day.take_in(guests)
    day.run(ends)
    return {
        "people": people,
        "load": load,
        "seed": seed,
        "guests": guests,
        "placement": str(placement),
        "p95_wait": round(day.p95_wait(WARM_UP_MINUTES, ends), 2),
        "guests_done": day.guests_done,
    }


if __name__ == "__main__":
    for load in (0.3, 0.5, 0.75):
        for guests, placement in ((0, Placement.EVACUATED), (150, Placement.EVACUATED), (150, Placement.SHARED)):
            for seed in (1, 2):
                print(json.dumps(helping_day(13, load, seed, guests, placement)))
