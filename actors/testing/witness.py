"""Who has seen every frame that reached a disk, in the order they did, and says what must never be.

The witness keeps its own copy of each province's state, built from durable events only, so it does not believe the memory of any
incarnation. What it checks, by the names of docs/architecture.md: I1 one owner, nothing lost; I2 tokens rise across provinces; I4 decided
at most once; I5 the ledger sums to zero; I7 what was acknowledged is on disk; I8 and the rest by `invariants.validate`.
"""

import hashlib
from collections.abc import Iterable

from actors.core import codec
from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import Bounds, ProvinceStatus
from actors.core.ids import ProvinceCode, TaskId
from actors.core.invariants import validate
from actors.core.state import ProvinceState
from actors.core.task import TaskState


class Violation(AssertionError):
    """Something happened that must never happen."""


class Witness:
    """The durable truth of all provinces, and what is wrong with it."""

    def __init__(self, provinces: Iterable[ProvinceCode], bounds: Bounds | None = None) -> None:
        self.states = {province: ProvinceState(province, bounds) for province in provinces}
        self.created: dict[TaskId, None] = {}
        self.decided: dict[TaskId, ProvinceCode] = {}
        #: Returned or cancelled.
        self.ended: dict[TaskId, str] = {}
        self.frames = 0
        self.events: dict[str, int] = {}
        self._sequences = dict.fromkeys(self.states, 0)
        self._tokens: dict[TaskId, int] = {}
        self._generations: dict[TaskId, int] = {}
        self._trace = hashlib.sha256()

    @property
    def trace_hash(self) -> str:
        """Digest of every frame in the order of their commits."""
        return self._trace.hexdigest()

    def saw_frame(self, province: ProvinceCode, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """A frame is on the province's disk."""
        if sequence != self._sequences[province] + 1:
            raise Violation(f"{province}: frame {sequence} follows frame {self._sequences[province]}")
        self._sequences[province] = sequence
        self._trace.update(f"{province} {sequence} {epoch} {at_ms} {len(payload)}\n".encode())
        self._trace.update(payload)
        self.frames += 1
        for event in codec.decode_events(payload):
            name = type(event).__name__
            self.events[name] = self.events.get(name, 0) + 1
            apply(self.states[province], event)
            self._note(province, event)
        self.states[province].records.clear()

    def _note(self, province: ProvinceCode, event: e.AnyEvent) -> None:
        if isinstance(event, e.TaskCreated):
            self.created[event.task_id] = None
        elif isinstance(event, (e.OfferMade, e.TaskAssigned)):
            if event.token <= self._tokens.get(event.task_id, 0):
                raise Violation(f"{province}: token {event.token} of {event.task_id} was given out before")
            self._tokens[event.task_id] = event.token
        elif isinstance(event, e.MoveAccepted):
            generation = event.move.generation + 1
            if generation <= self._generations.get(event.task.task_id, 1):
                raise Violation(f"{province}: {event.task.task_id} was accepted with generation {generation} before")
            self._generations[event.task.task_id] = generation
        elif isinstance(event, e.TaskCompleted):
            self._no_end_yet(province, event.task_id)
            self.decided[event.task_id] = province
        elif isinstance(event, (e.TaskReturned, e.TaskCancelled)):
            self._no_end_yet(province, event.task_id)
            self.ended[event.task_id] = type(event).__name__

    def _no_end_yet(self, province: ProvinceCode, task_id: TaskId) -> None:
        if task_id in self.decided:
            raise Violation(f"{province}: {task_id} was decided in {self.decided[task_id]} already")
        if task_id in self.ended:
            raise Violation(f"{province}: {task_id} has ended already ({self.ended[task_id]})")

    def has_ended(self, task_id: TaskId) -> bool:
        """Whether the task was decided, returned or cancelled."""
        return task_id in self.decided or task_id in self.ended

    def check(self) -> None:
        """Everything that must hold between two frames.

        Raises:
            Violation: something does not.
        """
        for province, state in self.states.items():
            for problem in validate(state):
                raise Violation(f"{province}: {problem}")
        owners = self._owners()
        for task_id in self.created:
            records = owners.get(task_id, [])
            if self.has_ended(task_id):
                self._only_moving(task_id, records)
            elif not records:
                raise Violation(f"{task_id} is lost")
            else:
                newest = max(generation for generation, _, _ in records)
                at_newest = [record for record in records if record[0] == newest]
                if len(at_newest) != 1:
                    raise Violation(f"{task_id} has {len(at_newest)} owners: {records}")
                self._only_moving(task_id, [record for record in records if record[0] < newest])
        balance_fen: dict[str, int] = {}
        for state in self.states.values():
            for province, amount in state.balance_fen.items():
                balance_fen[province] = balance_fen.get(province, 0) + amount
        if sum(balance_fen.values()):
            raise Violation(f"the ledger sums to {sum(balance_fen.values())} fen")

    def _owners(self) -> dict[TaskId, list[tuple[int, ProvinceCode, TaskState]]]:
        owners: dict[TaskId, list[tuple[int, ProvinceCode, TaskState]]] = {}
        for province, state in self.states.items():
            for task_id, task in state.tasks.items():
                owners.setdefault(task_id, []).append((task.generation, province, task.state))
        return owners

    def _only_moving(self, task_id: TaskId, records: list[tuple[int, ProvinceCode, TaskState]]) -> None:
        for generation, province, state in records:
            if state is not TaskState.MOVING:
                raise Violation(f"{task_id} is {state.value} in {province} with old generation {generation}")

    def problems_at_rest(self) -> list[str]:
        """What is not as it should be once all faults are over."""
        problems = [f"{task_id} has not ended" for task_id in self.created if not self.has_ended(task_id)]
        for province, state in self.states.items():
            if state.status is not ProvinceStatus.ACTIVE or state.lost_sites:
                problems.append(f"{province} is {state.status.value}, lost {list(state.lost_sites)}")
            if state.moving:
                problems.append(f"{province} still moves {list(state.moving)}")
            if state.notices:
                problems.append(f"{province} still has to tell {list(state.notices)}")
            if state.away:
                problems.append(f"{province} still believes {list(state.away)} to be away")
        return problems
