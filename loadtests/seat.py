"""One operator at a workbench: what a person does with offers and assignments. No I/O: actions go out through a callback.

A held task passes these stages; whatever the server says of it wins over what the seat believes:

```
OFFERED -> ANSWERING -> ASSIGNED -> STARTING -> WORKING -> ENDING -> gone
                                                 |   ^
                                                 v   |
                                                PAUSED     (a green-channel task came in between)
```

A person works on one task at a time; a green-channel task interrupts the others.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from gateway.v1 import error_pb2, task_pb2, work_pb2
from loadtests.catalogue import LINES_IN, Line
from loadtests.desk_counts import DeskCounts
from loadtests.handling import Behaviour

#: Share of verdicts: approved, approved in part, declined.
VERDICTS = (
    task_pb2.VERDICT_APPROVED,
    task_pb2.VERDICT_PARTIALLY_APPROVED,
    task_pb2.VERDICT_DECLINED,
)
VERDICT_SHARES = (80, 12, 8)


class Stage(Enum):
    """How far a held task is."""

    OFFERED = auto()
    ANSWERING = auto()
    ASSIGNED = auto()
    STARTING = auto()
    WORKING = auto()
    PAUSED = auto()
    ENDING = auto()


#: Stages in which the person is at it.
BUSY = (Stage.STARTING, Stage.WORKING, Stage.ENDING)
#: Stages in which an answer of the server is awaited.
AWAITING = (Stage.ANSWERING, Stage.STARTING, Stage.ENDING)


class Timer(Protocol):
    """What `asyncio.loop.call_later` returns."""

    def cancel(self) -> None:
        """Do not call."""
        ...


class Clock(Protocol):
    """Time, as an event loop has it."""

    def time(self) -> float:
        """Seconds since some origin."""
        ...

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: object) -> Timer:
        """Call after `delay` seconds."""
        ...


@dataclass(slots=True)
class Held:
    """A task in the person's hands."""

    task: task_pb2.Task
    token: int
    stage: Stage
    #: Work left, real seconds; drawn when the work starts.
    left_s: float = -1.0
    due_s: float = 0.0
    timer: Timer | None = None

    @property
    def line(self) -> Line:
        """Business line."""
        return LINES_IN[self.task.line]

    def stop_timer(self) -> None:
        """Whatever was to happen does not."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


#: Sends one action of one operator; the result comes back through `Seat.answered` or `Seat.refused`.
Act = Callable[[work_pb2.WorkAction, Held | None], None]


class Seat:
    """A person and the tasks they hold.

    Args:
        operator: operator name.
        authority: the person's authority per line.
        act: sends an action (with neither action_id nor request_id, which the workbench adds).
    """

    def __init__(
        self,
        operator: str,
        authority: dict[Line, int],
        *,
        behaviour: Behaviour,
        rng: random.Random,
        clock: Clock,
        act: Act,
        counts: DeskCounts,
    ) -> None:
        self.operator = operator
        self.held: dict[str, Held] = {}
        self._province = operator.split("/")[1]
        self._authority = authority
        self._behaviour = behaviour
        self._rng = rng
        self._clock = clock
        self._act = act
        self._counts = counts

    # --- what the server says ---

    def offered(self, offer: work_pb2.Offer) -> None:
        """An offer was shown."""
        known = self.held.get(offer.task.name)
        if known is not None and known.token >= offer.token:
            return
        self._drop(offer.task.name)
        self._counts.offers += 1
        held = Held(offer.task, offer.token, Stage.OFFERED)
        self.held[offer.task.name] = held
        held.timer = self._clock.call_later(self._behaviour.pause_s(self._rng), self._answer, held)

    def assigned(self, assignment: work_pb2.Assignment) -> None:
        """A task is ours: accepted, given without an offer, or found again after a reconnect."""
        task = assignment.task
        known = self.held.get(task.name)
        if (
            known is not None
            and known.token >= assignment.token
            and known.stage not in (Stage.OFFERED, Stage.ANSWERING)
        ):
            return
        self._drop(task.name)
        held = Held(task, assignment.token, Stage.ASSIGNED)
        self.held[task.name] = held
        if task.state == task_pb2.TASK_STATE_IN_PROGRESS:
            self._work(held)
        self._begin_next()

    def started(self, held: Held) -> None:
        """The start of a task was confirmed."""
        if self.held.get(held.task.name) is held and held.stage is Stage.STARTING:
            self._counts.started += 1
            self._work(held)
            self._begin_next()

    def revoked(self, task: str, token: int) -> None:
        """An offer or assignment is gone."""
        held = self.held.get(task)
        if held is not None and held.token <= token and held.stage is not Stage.ENDING:
            self._counts.revoked += 1
            self._drop(task)
            self._begin_next()

    def resumed(self, session: work_pb2.Session) -> None:
        """After a sign-in: what the server holds for us is all that we hold, answers under way apart."""
        open_tokens = {offer.task.name: offer.token for offer in session.offers}
        open_tokens |= {assignment.task.name: assignment.token for assignment in session.assignments}
        for name, held in list(self.held.items()):
            if open_tokens.get(name) != held.token and held.stage not in AWAITING:
                self._drop(name)
        for assignment in session.assignments:
            self.assigned(assignment)
        for offer in session.offers:
            self.offered(offer)
        self._begin_next()

    def ended(self, held: Held | None) -> None:
        """A task has left our hands as we wanted."""
        if held is not None and self.held.get(held.task.name) is held:
            self._drop(held.task.name)
        self._begin_next()

    def refused(self, held: Held | None, error: error_pb2.Error) -> None:
        """An action had no effect and repeating it will not help: the task is not ours any more."""
        self._counts.refused[error.reason] = self._counts.refused.get(error.reason, 0) + 1
        self.ended(held)

    def forget_all(self) -> None:
        """Leave the seat."""
        for name in list(self.held):
            self._drop(name)

    # --- what the person does ---

    def _answer(self, held: Held) -> None:
        held.timer = None
        held.stage = Stage.ANSWERING
        may_decline = held.task.offer_attempts == 0 and not held.task.green_channel
        if may_decline and self._rng.random() < self._behaviour.decline:
            self._counts.declined += 1
            decline = work_pb2.DeclineAction(task=held.task.name, token=held.token, reason="conflict of interest")
            self._act(work_pb2.WorkAction(operator=self.operator, decline=decline), held)
        else:
            accept = work_pb2.AcceptAction(task=held.task.name, token=held.token)
            self._act(work_pb2.WorkAction(operator=self.operator, accept=accept), held)

    def _begin_next(self) -> None:
        waiting = [held for held in self.held.values() if held.stage in (Stage.ASSIGNED, Stage.PAUSED)]
        if not waiting:
            return
        chosen = min(waiting, key=_urgency)
        active = next((held for held in self.held.values() if held.stage in BUSY), None)
        if active is not None:
            if active.stage is not Stage.WORKING or active.task.green_channel or not chosen.task.green_channel:
                return
            self._pause(active)
        if chosen.stage is Stage.PAUSED:
            self._work(chosen)
        else:
            chosen.stage = Stage.STARTING
            start = work_pb2.StartAction(task=chosen.task.name, token=chosen.token)
            self._act(work_pb2.WorkAction(operator=self.operator, start=start), chosen)

    def _pause(self, held: Held) -> None:
        held.stop_timer()
        held.left_s = max(0.0, held.due_s - self._clock.time())
        held.stage = Stage.PAUSED

    def _work(self, held: Held) -> None:
        if held.left_s < 0:
            remote = held.task.home_province not in ("", self._province)
            held.left_s = self._behaviour.handle_s(self._rng, held.line, held.task.complexity, remote=remote)
        held.stage = Stage.WORKING
        held.due_s = self._clock.time() + held.left_s
        held.timer = self._clock.call_later(held.left_s, self._finish, held)

    def _finish(self, held: Held) -> None:
        held.timer = None
        held.stage = Stage.ENDING
        self._act(self._ending(held), held)

    def _ending(self, held: Held) -> work_pb2.WorkAction:
        """How the work ends: mostly with a decision."""
        behaviour, task, draw = self._behaviour, held.task, self._rng.random()
        action = work_pb2.WorkAction(operator=self.operator)
        if draw < behaviour.suspend and not task.green_channel:
            suspend = work_pb2.SuspendAction(task=task.name, token=held.token, reason="a document is missing")
            action.suspend.CopyFrom(suspend)
        elif draw < behaviour.suspend + behaviour.refer and self._may_refer(held):
            refer = work_pb2.ReferAction(task=task.name, token=held.token, reason="beyond my authority")
            action.refer.CopyFrom(refer)
        elif draw > 1 - behaviour.return_task:
            returned = work_pb2.ReturnTaskAction(task=task.name, token=held.token, reason="not a case for a decision")
            action.return_task.CopyFrom(returned)
        elif draw > 1 - behaviour.return_task - behaviour.release:
            release = work_pb2.ReleaseAction(task=task.name, token=held.token, reason="called away")
            action.release.CopyFrom(release)
        else:
            action.complete.CopyFrom(self._decision(held))
        return action

    def _may_refer(self, held: Held) -> bool:
        own = self._authority.get(held.line, 0)
        return (
            own < self._behaviour.refer_below_authority and not held.task.green_channel and not held.task.handover_count
        )

    def _decision(self, held: Held) -> work_pb2.CompleteAction:
        verdict = self._rng.choices(VERDICTS, VERDICT_SHARES)[0]
        granted = {VERDICTS[0]: 1.0, VERDICTS[1]: 0.6, VERDICTS[2]: 0.0}[verdict]
        return work_pb2.CompleteAction(
            task=held.task.name,
            token=held.token,
            verdict=verdict,
            amount_fen=int(held.task.amount_fen * granted),
        )

    def _drop(self, task: str) -> None:
        held = self.held.pop(task, None)
        if held is not None:
            held.stop_timer()


def _urgency(held: Held) -> tuple[bool, bool, int, int]:
    """Green channel first, then what was begun, then priority, then age."""
    task = held.task
    return (not task.green_channel, held.stage is not Stage.PAUSED, -task.priority, task.create_time_ms)
