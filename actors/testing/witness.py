"""Who has seen every frame that is durable, in the order they became so, and says what must never be.

The witness keeps its own copy of each province's state, built from durable events only, so it does not believe the memory of any
incarnation; and its own small table of what may happen to a task in which state, so it does not believe the state machine either. It
looks at what each event touches, at once; everything as a whole is looked at when a process opens its disk and at the end.

What it checks, by the names of docs/testing.md: I1 one owner, nothing lost; I2 tokens rise across provinces; I3 only the holder decides;
I4 decided at most once; I5 legs sum to zero, with their decision; I7 nothing is said that is not on disk; I8 capacity and rights, and
nobody is taken from where they sit, or from home, by a desk that comes back.
"""

import hashlib
from collections.abc import Iterable

from actors.core import codec, records
from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import ProvinceStatus
from actors.core.ids import OperatorId, ProvinceCode, SessionId, TaskId
from actors.core.invariants import validate
from actors.core.state import ProvinceState
from actors.core.task import Task, TaskState
from actors.testing.clock import Scheduler
from actors.testing.coverage import Coverage, CrashRow
from actors.testing.roster import LIMITS

_S = TaskState

#: What may happen to a task in which states: written down from the rules of the trade, not from the state machine's own table.
MAY_HAPPEN: dict[type[e.TaskEvent], tuple[TaskState, ...]] = {
    e.TaskScheduleReached: (_S.SCHEDULED,),
    e.TaskAmended: (_S.SCHEDULED, _S.QUEUED, _S.OFFERED, _S.ASSIGNED, _S.IN_PROGRESS, _S.SUSPENDED),
    e.OfferMade: (_S.QUEUED,),
    e.OfferAccepted: (_S.OFFERED,),
    e.OfferDeclined: (_S.OFFERED,),
    e.OfferWithdrawn: (_S.OFFERED,),
    e.TaskAssigned: (_S.QUEUED, _S.ASSIGNED, _S.IN_PROGRESS),
    e.AssignmentStarted: (_S.ASSIGNED,),
    e.AssignmentReleased: (_S.ASSIGNED, _S.IN_PROGRESS),
    e.AssignmentReferred: (_S.IN_PROGRESS,),
    e.AssignmentSuspended: (_S.IN_PROGRESS,),
    e.TaskResumed: (_S.SUSPENDED,),
    e.TaskCompleted: (_S.IN_PROGRESS,),
    e.TaskReturned: (_S.IN_PROGRESS,),
    e.TaskCancelled: (_S.SCHEDULED, _S.QUEUED, _S.OFFERED, _S.ASSIGNED, _S.SUSPENDED),
    e.MoveStarted: (_S.QUEUED,),
    e.MoveHandedOver: (_S.MOVING,),
    e.MoveTakenBack: (_S.MOVING,),
}
#: A desk that was heard this lately cannot have been silent for a lease's term, however slow the disk was.
HEARD_LATELY_MS = LIMITS.lease_duration_ms - 1_200


#: A desk that its operator has left; it only comes back.
LEFT = "left"


class Violation(AssertionError):
    """Something happened that must never happen."""

    #: Of the run that it ended: how far it had come, and the digest of its frames.
    steps = 0
    trace_hash = ""


class Witness:
    """The durable truth of all provinces, and what is wrong with it."""

    def __init__(self, provinces: Iterable[ProvinceCode], scheduler: Scheduler) -> None:
        self.states = {province: ProvinceState(province) for province in provinces}
        self.created: dict[TaskId, None] = {}
        #: Of these, what a drill made up.
        self.shadows: dict[TaskId, None] = {}
        self.decided: dict[TaskId, ProvinceCode] = {}
        #: Returned or cancelled.
        self.ended: dict[TaskId, str] = {}
        #: Where each reviewed decision was reviewed.
        self.reviewed: dict[TaskId, ProvinceCode] = {}
        self.frames = 0
        self.coverage = Coverage()
        #: Frames seen of each province.
        self.sequences = dict.fromkeys(self.states, 0)
        self._scheduler = scheduler
        #: When each session's last heartbeat but one, and its last one, reached its province.
        self.heard_ms: dict[tuple[ProvinceCode, SessionId], tuple[int, int]] = {}
        self._tokens: dict[TaskId, int] = {}
        self._generations: dict[TaskId, int] = {}
        #: (generation, version) of what is closed in a province.
        self._closed: dict[tuple[ProvinceCode, TaskId], tuple[int, int]] = {}
        self._trace = hashlib.sha256()

    @property
    def trace_hash(self) -> str:
        """Digest of every frame in the order of their commits."""
        return self._trace.hexdigest()

    def saw_frame(self, province: ProvinceCode, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """A frame is durable on the province's disk."""
        if sequence != self.sequences[province] + 1:
            raise Violation(f"{province}: frame {sequence} follows frame {self.sequences[province]}")
        self.sequences[province] = sequence
        self._trace.update(f"{province} {sequence} {epoch} {at_ms} {len(payload)}\n".encode())
        self._trace.update(payload)
        self.frames += 1
        state = self.states[province]
        for event in codec.decode_events(payload):
            self._see(province, state, event)
        state.records.clear()
        if sum(state.balance_fen.values()):
            raise Violation(f"{province}: the ledger sums to {sum(state.balance_fen.values())} fen")

    def _see(self, province: ProvinceCode, state: ProvinceState, event: e.AnyEvent) -> None:
        coverage = self.coverage
        coverage.note(coverage.events, type(event).__name__)
        if not isinstance(event, e.TaskEvent):
            self._note(province, state, event)
            apply(state, event)
            return
        before = state.tasks.get(event.task_id)
        allowed = MAY_HAPPEN.get(type(event))
        if allowed is not None and (before is None or before.state not in allowed):
            where = "not here" if before is None else before.state.value
            raise Violation(f"{province}: {type(event).__name__} of {event.task_id}, which is {where}")
        self._note_task_event(province, state, event, before)
        apply(state, event)
        after = state.tasks.get(event.task_id)
        if after is None:
            self._note_closed(province, state, event.task_id)
        else:
            coverage.note(coverage.states, after.state.value)
            self._rights(province, state, after)

    def _note(self, province: ProvinceCode, state: ProvinceState, event: e.AnyEvent) -> None:
        """Events that are not about a task held here: arrivals, outcomes, people, the province."""
        if isinstance(event, e.MoveAccepted):
            task_id, generation = event.task.task_id, event.move.generation + 1
            if generation <= self._generations.get(task_id, 1):
                raise Violation(f"{province}: {task_id} was accepted with generation {generation} before")
            if self.has_ended(task_id):
                raise Violation(f"{province}: {task_id} was accepted after its end")
            if task_id in state.tasks:
                self.coverage.note_row(CrashRow.CAME_HOME)
            self._generations[task_id] = generation
            self._closed.pop((province, task_id), None)
        elif isinstance(event, e.OutcomeNoted):
            if not self.has_ended(event.task.task_id):
                raise Violation(f"{province}: {event.task.task_id} is said to have ended and has not")
            self._closed[province, event.task.task_id] = (event.task.generation, event.task.version)
        elif isinstance(event, e.ReviewSubmitted):
            self._review(province, event)
        elif isinstance(event, e.ProvinceStatusChanged):
            self.coverage.note(self.coverage.statuses, event.status.value)
        elif isinstance(event, e.OperatorSignedIn) and event.desk == LEFT:
            # They sit elsewhere, keep their seat elsewhere, or have gone home.
            raise Violation(f"{province}: {event.operator} was taken back by a desk that they had left")

    def _review(self, province: ProvinceCode, event: e.ReviewSubmitted) -> None:
        """A review lies where the decision lies, and each of the auditor's requests has had one effect at most (I4)."""
        task_id = event.reviewed.task_id
        if self.decided.get(task_id) != province or event.reviewed.province != province:
            raise Violation(f"{province}: {task_id} was reviewed here and decided in {self.decided.get(task_id)}")
        if task_id in self.reviewed:
            raise Violation(f"{province}: {task_id} was reviewed in {self.reviewed[task_id]} already")
        self.reviewed[task_id] = province

    def _note_task_event(
        self, province: ProvinceCode, state: ProvinceState, event: e.TaskEvent, before: Task | None
    ) -> None:
        if isinstance(event, e.TaskCreated):
            if event.task_id in self.created:
                raise Violation(f"{province}: {event.task_id} was created twice")
            self.created[event.task_id] = None
            if event.shadow is not None:
                self.shadows[event.task_id] = None
        elif isinstance(event, (e.OfferMade, e.TaskAssigned)):
            if event.token <= self._tokens.get(event.task_id, 0):
                raise Violation(f"{province}: token {event.token} of {event.task_id} was given out before")
            self._tokens[event.task_id] = event.token
        elif isinstance(event, e.TaskCompleted):
            assert before is not None
            self._decide(province, event, before)
        elif isinstance(event, (e.TaskReturned, e.TaskCancelled)):
            self._no_end_yet(province, event.task_id)
            self.ended[event.task_id] = type(event).__name__
        elif isinstance(event, e.AssignmentReleased) and event.reason in ("recalled", "evacuated"):
            assert before is not None
            if before.state is TaskState.IN_PROGRESS:
                raise Violation(f"{province}: work on {event.task_id} had begun and was {event.reason}")
        elif isinstance(event, (e.AssignmentReleased, e.OfferWithdrawn)) and event.reason == "lease_lost":
            assert before is not None and before.operator is not None
            self._was_silent(province, state, before.operator)

    def _decide(self, province: ProvinceCode, event: e.TaskCompleted, before: Task) -> None:
        self._no_end_yet(province, event.task_id)
        if event.decision.operator != before.operator:
            raise Violation(f"{event.task_id} is held by {before.operator}, {event.decision.operator} decided it")
        legs, is_paid = len(event.legs), before.home != province and event.task_id not in self.shadows
        if legs != (2 if is_paid else 0) or sum(leg.amount_fen for leg in event.legs):
            raise Violation(f"{province}: {event.task_id} was decided with legs {event.legs}")
        if any(leg.task_id != event.task_id for leg in event.legs):
            raise Violation(f"{province}: legs of another task came with the decision of {event.task_id}")
        self.decided[event.task_id] = province

    def _no_end_yet(self, province: ProvinceCode, task_id: TaskId) -> None:
        if task_id in self.decided:
            raise Violation(f"{province}: {task_id} was decided in {self.decided[task_id]} already")
        if task_id in self.ended:
            raise Violation(f"{province}: {task_id} has ended already ({self.ended[task_id]})")

    def _was_silent(self, province: ProvinceCode, state: ProvinceState, operator: OperatorId) -> None:
        session = state.operators[operator].session
        heard_ms = self.heard_ms.get((province, session)) if session is not None else None
        # The last heartbeat may have come when the lease was over already, in the very batch that ends it.
        if heard_ms is not None and self._scheduler.now_ms - heard_ms[0] < HEARD_LATELY_MS:
            raise Violation(
                f"{operator} lost a lease within {self._scheduler.now_ms - heard_ms[0]} ms of two heartbeats"
            )

    def _note_closed(self, province: ProvinceCode, state: ProvinceState, task_id: TaskId) -> None:
        closed = records.decode_task(state.records[records.task_key(task_id)])
        self.coverage.note(self.coverage.states, closed.state.value)
        self._closed[province, task_id] = (closed.generation, closed.version)

    def _rights(self, province: ProvinceCode, state: ProvinceState, task: Task) -> None:
        """Capacity and right to the kind (I8) of whoever holds the task now."""
        if task.operator is None:
            return
        person = state.operators[task.operator]
        if len(state.holds[person.operator]) > person.capacity:
            raise Violation(f"{province}: {person.operator} holds more than {person.capacity} tasks")
        if task.spec.kind not in person.kinds:
            raise Violation(f"{province}: {person.operator} may not do {task.spec.kind} and holds {task.task_id}")
        if person.operator in task.spec.excluded_operators:
            raise Violation(f"{province}: {person.operator} is excluded from {task.task_id} and holds it")

    def heard(self, province: ProvinceCode, session: SessionId) -> None:
        """A session's heartbeat has reached its province."""
        key = (province, session)
        self.heard_ms[key] = (self.heard_ms.get(key, (-HEARD_LATELY_MS, -HEARD_LATELY_MS))[1], self._scheduler.now_ms)

    def forgive(self, province: ProvinceCode, stood_still_ms: int) -> None:
        """While a province stands still nobody's silence counts."""
        for key, (before_ms, last_ms) in self.heard_ms.items():
            if key[0] == province:
                shifted = (before_ms + stood_still_ms, last_ms + stood_still_ms)
                self.heard_ms[key] = (min(self._scheduler.now_ms, shifted[0]), min(self._scheduler.now_ms, shifted[1]))

    # --- questions ---

    def has_ended(self, task_id: TaskId) -> bool:
        """Whether the task was decided, returned or cancelled."""
        return task_id in self.decided or task_id in self.ended

    def check_said(self, province: ProvinceCode, task: Task, what: str) -> None:
        """What a province says of a task is on its disk (I7)."""
        here = self.states[province].tasks.get(task.task_id)
        durable = (here.generation, here.version) if here is not None else self._closed.get((province, task.task_id))
        if durable is None or durable < (task.generation, task.version):
            raise Violation(
                f"{province} {what} {task.task_id} as {task.state.value} {task.etag}, which is not on its disk"
            )

    def check_whole(self, province: ProvinceCode) -> None:
        """Everything that must hold in one province, by its own invariants."""
        for problem in validate(self.states[province]):
            raise Violation(f"{province}: {problem}")

    def check_owners(self) -> None:
        """Every task that was created and has not ended has exactly one owner; what is left elsewhere is a move under way (I1)."""
        owners = self._owners()
        for task_id in self.created:
            held = owners.get(task_id, [])
            if self.has_ended(task_id):
                self._only_moving(task_id, held)
                continue
            if not held:
                raise Violation(f"{task_id} is lost")
            newest = max(generation for generation, _, _ in held)
            if sum(generation == newest for generation, _, _ in held) != 1:
                raise Violation(f"{task_id} has more than one owner: {held}")
            self._only_moving(task_id, [record for record in held if record[0] < newest])

    def _owners(self) -> dict[TaskId, list[tuple[int, ProvinceCode, TaskState]]]:
        owners: dict[TaskId, list[tuple[int, ProvinceCode, TaskState]]] = {}
        for province, state in self.states.items():
            for task_id, task in state.tasks.items():
                owners.setdefault(task_id, []).append((task.generation, province, task.state))
        return owners

    def _only_moving(self, task_id: TaskId, held: list[tuple[int, ProvinceCode, TaskState]]) -> None:
        for generation, province, state in held:
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
            if state.recalls:
                problems.append(f"{province} still wants back {list(state.recalls)}")
            if state.notices:
                problems.append(f"{province} still has to tell {list(state.notices)}")
            if state.shadows:
                problems.append(f"{province} still knows shadow tasks open: {list(state.shadows)}")
            if state.away:
                problems.append(f"{province} still believes {list(state.away)} to be away")
        return problems
