"""A task and its life.

Theory of operation
-------------------
A task is an immutable record; every event makes a new one. `TRANSITIONS` below IS the state machine: what is not in the table is an
error, and `next_state` is the only way to another state. Three numbers fence it against the past:

* ``token`` rises with every offer, assignment and revocation, and travels when the task moves: a desk that shows an old token is refused;
* ``generation`` rises when another province accepts the task: an old move cannot touch a task that has come home again;
* ``version`` rises with every change: the etag.

Immutability costs one copy of ~40 references per event (0.9 us) and buys snapshots that need no lock: a list of the records is one.
It also means that no record can be part of a cycle, so Python's collector is told not to look at them (``gc=False``, here as in commands, events and
replies): to walk through all open tasks again and again took a quarter of a province's time while tasks came in, and pauses of 0.3 s.
"""

from enum import StrEnum

import msgspec

from actors.core.clock import still_waits
from actors.core.country import Line, Skill
from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId
from actors.core.shadow import Shadow


class TaskState(StrEnum):
    """Where a task is in its life."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"
    MOVING = "moving"
    MOVED = "moved"
    COMPLETED = "completed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


#: States in which a task has left for good, from the point of view of the province that holds the record.
CLOSED_STATES = (TaskState.MOVED, TaskState.COMPLETED, TaskState.RETURNED, TaskState.CANCELLED)
#: States in which an operator holds the task and it counts against the operator's capacity.
HELD_STATES = (TaskState.OFFERED, TaskState.ASSIGNED, TaskState.IN_PROGRESS)
#: States in which an operator has a lease on the task.
LEASED_STATES = (TaskState.ASSIGNED, TaskState.IN_PROGRESS)


class Action(StrEnum):
    """What can happen to a task; the columns of the state machine."""

    REACH_SCHEDULE = "reach_schedule"
    OFFER = "offer"
    ACCEPT = "accept"
    UNOFFER = "unoffer"
    ASSIGN = "assign"
    REASSIGN = "reassign"
    START = "start"
    RELEASE = "release"
    REFER = "refer"
    SUSPEND = "suspend"
    RESUME = "resume"
    MOVE = "move"
    TAKE_BACK = "take_back"
    HAND_OVER = "hand_over"
    COMPLETE = "complete"
    RETURN = "return"
    CANCEL = "cancel"
    AMEND = "amend"


_S, _A = TaskState, Action

#: (state, action) -> next state. Anything absent is refused.
TRANSITIONS: dict[tuple[TaskState, Action], TaskState] = {
    (_S.SCHEDULED, _A.REACH_SCHEDULE): _S.QUEUED,
    (_S.QUEUED, _A.OFFER): _S.OFFERED,
    (_S.OFFERED, _A.ACCEPT): _S.ASSIGNED,
    (_S.OFFERED, _A.UNOFFER): _S.QUEUED,
    (_S.QUEUED, _A.ASSIGN): _S.ASSIGNED,
    (_S.QUEUED, _A.REASSIGN): _S.ASSIGNED,
    (_S.ASSIGNED, _A.REASSIGN): _S.ASSIGNED,
    (_S.IN_PROGRESS, _A.REASSIGN): _S.ASSIGNED,
    (_S.ASSIGNED, _A.START): _S.IN_PROGRESS,
    (_S.ASSIGNED, _A.RELEASE): _S.QUEUED,
    (_S.IN_PROGRESS, _A.RELEASE): _S.QUEUED,
    (_S.IN_PROGRESS, _A.REFER): _S.QUEUED,
    (_S.IN_PROGRESS, _A.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, _A.RESUME): _S.QUEUED,
    (_S.QUEUED, _A.MOVE): _S.MOVING,
    (_S.MOVING, _A.TAKE_BACK): _S.QUEUED,
    (_S.MOVING, _A.HAND_OVER): _S.MOVED,
    (_S.IN_PROGRESS, _A.COMPLETE): _S.COMPLETED,
    (_S.IN_PROGRESS, _A.RETURN): _S.RETURNED,
    (_S.SCHEDULED, _A.CANCEL): _S.CANCELLED,
    (_S.QUEUED, _A.CANCEL): _S.CANCELLED,
    (_S.OFFERED, _A.CANCEL): _S.CANCELLED,
    (_S.ASSIGNED, _A.CANCEL): _S.CANCELLED,
    (_S.SUSPENDED, _A.CANCEL): _S.CANCELLED,
    (_S.SCHEDULED, _A.AMEND): _S.SCHEDULED,
    (_S.QUEUED, _A.AMEND): _S.QUEUED,
    (_S.OFFERED, _A.AMEND): _S.OFFERED,
    (_S.ASSIGNED, _A.AMEND): _S.ASSIGNED,
    (_S.IN_PROGRESS, _A.AMEND): _S.IN_PROGRESS,
    (_S.SUSPENDED, _A.AMEND): _S.SUSPENDED,
}


class Placement(StrEnum):
    """Why a task is worked on where it is."""

    HOME = "home"
    SHARED = "shared"
    EVACUATED = "evacuated"


class Verdict(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    PARTIALLY_APPROVED = "partially_approved"
    DECLINED = "declined"


class PriorReason(StrEnum):
    """Why a task points back at an earlier one."""

    NONE = ""
    REOPENED = "reopened"
    APPEALED = "appealed"
    SENT_BACK = "sent_back"


class TaskSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What the branch system says of a task. Never changes, except for the three fields that UpdateTask may amend."""

    kind: KindId
    external_id: str = ""
    #: 0 (ordinary) to 9 (most urgent).
    priority: int = 0
    green_channel: bool = False
    amount_fen: int = 0
    #: Authority this very task needs, 0..9; the kind may ask for more.
    required_authority: int = 0
    required_skills: tuple[Skill, ...] = ()
    #: 1 (simple) to 5 (hard); 0: unknown.
    complexity: int = 0
    page_count: int = 0
    policy_count: int = 0
    missing_document_count: int = 0
    product: str = ""
    channel: str = ""
    customer_id: str = ""
    customer_tier: int = 0
    case_id: str = ""
    risk_score_permille: int = 0
    fraud_alert_level: int = 0
    #: 1 (public) to 4 (most sensitive); 0: as 1.
    privacy_level: int = 0
    vulnerable: bool = False
    complaint: bool = False
    dispute: bool = False
    disaster_tag: str = ""
    hospital: str = ""
    language: str = ""
    batch_id: str = ""
    preferred_operator: str = ""
    #: People who must not decide it (prior decider, conflict of interest).
    excluded_operators: tuple[OperatorId, ...] = ()
    #: Wall clock, Unix ms; 0: none.
    not_before_ms: int = 0
    accepted_at_branch_ms: int = 0
    due_ms: int = 0
    #: The task must not leave its province.
    home_only: bool = False
    note: str = ""
    #: A query item that came back: its papers are complete now (问题件回销).
    resubmitted: bool = False
    #: Legal limit of the decision, Unix ms; 0: none. Not the promise, which is `due_ms`.
    statutory_due_ms: int = 0
    #: How often the branch was sent this work back before, 0..1000.
    return_count: int = 0
    #: The task that this one reopens, appeals against or sends back, with whoever decided it; empty: none.
    prior_task: str = ""
    prior_operator: str = ""
    prior_reason: PriorReason = PriorReason.NONE


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The one decision of a task."""

    verdict: Verdict
    operator: OperatorId
    province: ProvinceCode
    time_ms: int
    amount_fen: int = 0
    note: str = ""
    #: Time in IN_PROGRESS, over all stints, ms.
    handle_ms: int = 0
    #: Credit for the work, thousandths of a work unit (six standard minutes).
    work_units_milli: int = 0
    #: How long the operator had been signed in, ms.
    signed_in_for_ms: int = 0


class MoveOut(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A move under way, as its source records it. (task, generation, attempt) names it for ever."""

    host: ProvinceCode
    generation: int
    attempt: int
    placement: Placement
    started_ms: int


class Decline(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An operator's refusal of a task, made at `since_ms` and remembered until `until_ms` (wall clock)."""

    operator: OperatorId
    until_ms: int
    since_ms: int = 0

    def is_remembered(self, now_ms: int) -> bool:
        """Whether it still counts; after the clock was set back by much, it does not."""
        return still_waits(self.until_ms, now_ms, self.until_ms - self.since_ms)


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A task as the province that holds it knows it. All ``_ms`` instants are Unix milliseconds; 0 means never."""

    task_id: TaskId
    home: ProvinceCode
    spec: TaskSpec
    line: Line
    created_ms: int
    created_by: str
    #: The province whose journal holds the task now.
    host: ProvinceCode
    state: TaskState
    placement: Placement = Placement.HOME
    generation: int = 1
    token: int = 0
    version: int = 1
    #: Attempts of this generation to move away.
    move_attempts: int = 0
    move_count: int = 0
    move: MoveOut | None = None
    #: Not before this instant may another move be tried (after a refusal).
    move_after_ms: int = 0
    #: Raised by ReferAssignment, 0..9.
    required_authority: int = 0
    queued_ms: int = 0
    operator: OperatorId | None = None
    held_since_ms: int = 0
    started_ms: int = 0
    #: Time in IN_PROGRESS of earlier stints, ms.
    worked_ms: int = 0
    suspended_ms: int = 0
    #: Time in SUSPENDED of earlier suspensions, ms.
    suspended_total_ms: int = 0
    suspend_reason: str = ""
    return_reason: str = ""
    cancel_reason: str = ""
    #: What an operator had noted when the task left the desk undecided.
    draft: str = ""
    #: The operator who knows the task already (after a query item comes back).
    prefers: OperatorId | None = None
    declines: tuple[Decline, ...] = ()
    offer_attempts: int = 0
    handover_count: int = 0
    #: Keys of the recorded answers to the last requests that changed the task without ending it: they follow it to its next host.
    request_keys: tuple[str, ...] = ()
    decision: Decision | None = None
    finished_ms: int = 0
    #: A drill made it up; None: it is real.
    shadow: Shadow | None = None
    #: When its branch had accepted it, where that was before its creation.
    accepted_ms: int = 0

    @property
    def etag(self) -> str:
        """Opaque mark of this version of the task."""
        return f"{self.generation}.{self.version}"

    @property
    def taken_in_ms(self) -> int:
        """When the dispatcher took it in, or its `not_before`: what waiting and ageing count from. Unix ms."""
        return max(self.created_ms, self.spec.not_before_ms)

    @property
    def promised_from_ms(self) -> int:
        """When its branch accepted it, or its `not_before`: what its kind's promise counts from. Unix ms."""
        return max(self.accepted_ms or self.created_ms, self.spec.not_before_ms)


def can(task: Task, action: Action) -> bool:
    """Whether the state machine allows `action` now."""
    return (task.state, action) in TRANSITIONS


def next_state(task: Task, action: Action) -> TaskState:
    """The state after `action`.

    Raises:
        KeyError: the table has no such transition; a bug of ours, since decisions ask `can` first.
    """
    return TRANSITIONS[task.state, action]


def moved_on(task: Task, action: Action, **changes: object) -> Task:
    """The task after `action`, with `changes` made.

    Events that every task meets write this out where they are applied: handing `changes` on doubles the cost (0.3 us).

    Raises:
        KeyError: as `next_state`.
    """
    return msgspec.structs.replace(task, state=next_state(task, action), version=task.version + 1, **changes)
