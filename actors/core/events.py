"""Everything that can have happened in a province. Past tense; immutable; what the journal holds.

Each event says when (`at_ms`, wall clock), who (`who`) and, where a choice was made, why. A frame holds the events of one commit.
"""

import msgspec

from actors.core.calendar import BranchCalendar
from actors.core.country import Line, ProvinceSettings, ProvinceStatus, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.ledger import LedgerLeg
from actors.core.matching.record import MatchingModel
from actors.core.operators import Operator, PresenceState
from actors.core.policy_revisions import PolicyProposal
from actors.core.review import Findings, ReviewedDecision
from actors.core.shadow import Shadow
from actors.core.sharing.hosts import HostCandidate
from actors.core.statistics.priors import NationalPriors
from actors.core.task import Decision, MoveOut, Task, TaskSpec

#: The `who` of what the clock finds, which nobody asked for.
CLOCK = "system:clock"


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Root of all events."""

    at_ms: int
    who: str = ""


class TaskEvent(Event, frozen=True, kw_only=True):
    """Root of events about one task whose record is here."""

    task_id: TaskId


class Routing(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Why this operator, in short; the whole reason comes from holding the round again (`matching.rounds.rerun`)."""

    #: The pair's fit: the sum of what every parameter brings.
    points: int
    #: The task's urgency, ageing included.
    urgency: int = 0
    #: Of a hundred: efficiency, quality, effectiveness.
    shares: tuple[int, ...] = ()
    #: (operator, points), best first, the winner left out.
    runners_up: tuple[tuple[OperatorId, int], ...] = ()
    #: People looked at, and how many of them each filter was the first to remove.
    considered: int = 0
    removed: dict[str, int] = {}
    #: The `MatchRoundHeld` before it, by number.
    round: int = 0
    model_revision: int = 0
    kinds_revision: int = 0


# --- a task's life ---


class TaskCreated(TaskEvent, frozen=True, kw_only=True, tag=True):
    """A task was taken in; SCHEDULED if its `not_before` lies ahead, else QUEUED."""

    spec: TaskSpec
    scheduled: bool = False
    kinds_revision: int = 0
    request_id: str = ""
    fingerprint: bytes = b""
    #: A drill made it up; None: it is real.
    shadow: Shadow | None = None
    #: When its branch had accepted it, where that was before; its kind's promise counts from then. 0: it was not, or the version that took it in
    #: did not count so.
    accepted_ms: int = 0
    #: It counts as an arrival when its `not_before` comes. False: now, or the version that took it in counted so.
    arrives_later: bool = False


class TaskScheduleReached(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task's `not_before` has come."""

    #: It counts as an arrival now. False: a version wrote it that had counted the task when it was taken in.
    is_arrival: bool = False


class TaskAmended(TaskEvent, frozen=True, kw_only=True, tag=True):
    """Priority, green channel or due time were changed."""

    priority: int
    green_channel: bool
    due_ms: int


class OfferMade(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task was offered to an operator."""

    operator: OperatorId
    token: int
    routing: Routing | None = None


class OfferAccepted(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The operator took the offered task."""


class OfferDeclined(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The operator refused the task, for now."""

    until_ms: int
    reason: str = ""


class OfferWithdrawn(TaskEvent, frozen=True, kw_only=True, tag=True):
    """An offer ended without answer: expired, desk lost, site lost, operator left."""

    reason: str


class TaskAssigned(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task was given to an operator without an offer (auto-accept, fetch, a team lead)."""

    operator: OperatorId
    token: int
    reassigned: bool = False
    #: Who had it in hand until then, and is idle from then on; None: nobody, or an older version wrote it.
    taken_from: OperatorId | None = None
    reason: str = ""
    routing: Routing | None = None


class AssignmentStarted(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The operator began to work."""


class AssignmentReleased(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task went back to the queue; the old token is void."""

    reason: str
    draft: str = ""
    #: Whether it was taken from the person, who could not help it. None: an older version wrote it, and the reason tells.
    is_taken: bool | None = None


class AssignmentReferred(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task needs someone with higher authority."""

    required_authority: int
    reason: str = ""
    draft: str = ""


class AssignmentSuspended(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task waits for papers."""

    reason: str
    draft: str = ""


class TaskResumed(TaskEvent, frozen=True, kw_only=True, tag=True):
    """A suspended task is in the queue again."""

    reason: str = ""


class TaskCompleted(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The one decision, with the ledger legs that it causes."""

    decision: Decision
    legs: tuple[LedgerLeg, ...] = ()


class TaskReturned(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task went back to the branch undecided."""

    reason: str


class TaskCancelled(TaskEvent, frozen=True, kw_only=True, tag=True):
    """The task was ended undecided."""

    reason: str = ""


# --- the match ---


class MatchRoundHeld(Event, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A round of matching was decided; the `OfferMade` and `TaskAssigned` of its pairs follow in the same frame.

    With the state as of before this event it says all that the round depended on, so the round can be held again.
    """

    #: Numbers rounds without gaps, from 1.
    round: int
    #: Who was free but not heard; or, if those are fewer, who was free and heard (`heard_only`).
    absent: tuple[OperatorId, ...] = ()
    heard_only: bool = False
    #: A round for one person who asked, for these kinds (none: all).
    asked_by: OperatorId | None = None
    kinds: tuple[KindId, ...] = ()
    #: How the pairs were found (`assignment.result.Method`), whether that was proven to be the best, and what it may lack, points.
    method: str = ""
    certified: bool = True
    gap: int = 0
    #: Tasks and people that were looked at.
    tasks: int = 0
    people: int = 0
    model_revision: int = 0
    #: `matching.rounds.RULES_VERSION` of the program that decided; 0: it was decided before versions were recorded.
    rules_version: int = 0
    #: (operator, points) by which a place with a person is worth more than one with the cheapest, by operator; only those above nought.
    prices: tuple[tuple[OperatorId, int], ...] = ()
    #: Whether people were sought after at all, so that prices were found: they are in force until the next such round.
    is_priced: bool = False


# --- moves ---


class MoveStarted(TaskEvent, frozen=True, kw_only=True, tag=True):
    """At the source: the task left its queue for another province."""

    move: MoveOut
    reason: str = ""
    candidates: tuple[HostCandidate, ...] = ()


class MoveAccepted(Event, frozen=True, kw_only=True, tag=True):
    """At the host: the task is ours now, one generation higher."""

    source: ProvinceCode
    #: The task as the source sent it.
    task: Task
    move: MoveOut
    #: (key, record) of the answers that `Task.request_keys` names.
    answers: tuple[tuple[str, bytes], ...] = ()


class MoveRefused(Event, frozen=True, kw_only=True, tag=True):
    """At the host: the task is not taken, and never will be by this move."""

    source: ProvinceCode
    task_id: TaskId
    move: MoveOut
    reason: str


class MoveHandedOver(TaskEvent, frozen=True, kw_only=True, tag=True):
    """At the source: the host has it; what stays here is a tombstone."""

    #: At the home: it left by an evacuation, so it may be asked for again. Journals of older versions do not say so.
    is_evacuated: bool = False
    #: If so, the task's line: it is asked for while that is open.
    line: Line | None = None


class MoveTakenBack(TaskEvent, frozen=True, kw_only=True, tag=True):
    """At the source: the host refused; the task is in our queue again."""

    reason: str
    retry_after_ms: int


class EvacuationBegun(Event, frozen=True, kw_only=True, tag=True):
    """At the source: a revision of the policy begins to evacuate; what is in hand and not begun leaves the desks."""

    revision: int


class TasksRecalled(Event, frozen=True, kw_only=True, tag=True):
    """At the home: evacuated tasks are wanted back; whoever has them is asked."""

    task_ids: tuple[TaskId, ...]


class RecallAnswered(Event, frozen=True, kw_only=True, tag=True):
    """At the host: whether an evacuated task goes home; if so, its move follows in the same frame."""

    source: ProvinceCode
    task_id: TaskId
    generation: int
    accepted: bool
    reason: str = ""


class RecallSettled(Event, frozen=True, kw_only=True, tag=True):
    """At the home: the host keeps the task; it is not asked for again. Older versions also wrote that it was to come."""

    task_id: TaskId
    generation: int
    accepted: bool
    reason: str = ""


class HostNoted(Event, frozen=True, kw_only=True, tag=True):
    """At the home: a task of ours is with `host` now."""

    task_id: TaskId
    host: ProvinceCode
    generation: int


class OutcomeNoted(Event, frozen=True, kw_only=True, tag=True):
    """At the home: a task of ours has ended elsewhere."""

    task: Task
    #: From its decision to the next opening of its line here, if the line was closed then; 0: it was open.
    gained_ms: int = 0
    #: It was decided before the local day on which it is noted, and is none of the decisions of that day. False: it was not, or the version that
    #: noted it counted it among them.
    is_of_an_earlier_day: bool = False


class NoticeSettled(Event, frozen=True, kw_only=True, tag=True):
    """At the sender: the home has recorded what we told it."""

    task_id: TaskId
    generation: int
    outcome: bool


# --- people ---


class OperatorEnrolled(Event, frozen=True, kw_only=True, tag=True):
    """A roster entry was added or replaced."""

    entry: Operator


class OperatorRemoved(Event, frozen=True, kw_only=True, tag=True):
    """A person left the roster."""

    operator: OperatorId


class OperatorSignedIn(Event, frozen=True, kw_only=True, tag=True):
    """A working session began (or moved to another connection)."""

    operator: OperatorId
    session: SessionId
    presence: PresenceState
    #: Where the operator sits; empty: not told.
    desk: str = ""


class OperatorSignedOut(Event, frozen=True, kw_only=True, tag=True):
    """A working session ended."""

    operator: OperatorId
    #: How: ``signed_out``, or as the clock and the site watch name it.
    reason: str = ""
    #: Why, in the words of whoever asked for it; ``drained``: their work was done.
    note: str = ""
    #: What the session teaches, ms: how long it was, a day at most. None: an older version, which believed the clock without bound.
    signed_in_for_ms: int | None = None


class PresenceChanged(Event, frozen=True, kw_only=True, tag=True):
    """The operator went on a break, came back, or takes no more new work."""

    operator: OperatorId
    presence: PresenceState


# --- quality ---


class ReviewSubmitted(Event, frozen=True, kw_only=True, tag=True):
    """At the province that decided: a decision was reviewed; `who` is the reviewer."""

    reviewed: ReviewedDecision
    findings: Findings


# --- the province ---


class ProvinceConfigured(Event, frozen=True, kw_only=True, tag=True):
    """Settings and time limits were set, or task numbers were given up."""

    settings: ProvinceSettings
    limits: TimeLimits
    #: So many numbers are never given: a restored province may have given them after its backup.
    task_numbers_skipped: int = 0


class TaskKindsAdopted(Event, frozen=True, kw_only=True, tag=True):
    """The country's table of kinds was taken over."""

    revision: int
    kinds: tuple[TaskKind, ...]


class MatchingModelAdopted(Event, frozen=True, kw_only=True, tag=True):
    """The country's matching model was taken over; decisions from here on are made by it."""

    model: MatchingModel


class PriorsAdopted(Event, frozen=True, kw_only=True, tag=True):
    """The country's sums were taken over: what new people and rare kinds start from."""

    priors: NationalPriors


class ProvinceStatusChanged(Event, frozen=True, kw_only=True, tag=True):
    """ACTIVE, DRAINING, SUSPENDED or UNREACHABLE."""

    status: ProvinceStatus
    reason: str = ""


class SiteLost(Event, frozen=True, kw_only=True, tag=True):
    """Most desks of a site fell silent together."""

    site: SiteId
    silent: int
    signed_in: int
    silent_for_ms: int


class SiteReturned(Event, frozen=True, kw_only=True, tag=True):
    """The desks of a lost site are heard again, as the clock finds; or somebody has resumed the province, and the site counts as there."""

    site: SiteId


class SharingPolicyUpdated(Event, frozen=True, kw_only=True, tag=True):
    """A new revision of the sharing policy was added; it is in force if its time is now. `policy` says who wanted it."""

    policy: SharingPolicy
    reason: str = ""
    #: The revision whose content was taken; 0: none.
    rolled_back_to: int = 0
    #: The second person, where two were needed.
    approved_by: str = ""


class SharingPolicyProposed(Event, frozen=True, kw_only=True, tag=True):
    """A change of the sharing policy waits for a second person."""

    proposal: PolicyProposal


class SharingPolicyProposalExpired(Event, frozen=True, kw_only=True, tag=True):
    """Nobody approved a change in time."""

    number: int


class SharingPolicyTookEffect(Event, frozen=True, kw_only=True, tag=True):
    """Another revision is in force because its time has come, or because the time of the one before is over."""

    revision: int
    #: It had begun to evacuate before another was laid over it, and begins anew. Journals of older versions do not say so.
    evacuates_anew: bool = False


class CalendarAdopted(Event, frozen=True, kw_only=True, tag=True):
    """The country file's calendar of the branch has changed; `calendar` is in force now, with what was changed here by hand."""

    told: BranchCalendar
    calendar: BranchCalendar


class CalendarUpdated(Event, frozen=True, kw_only=True, tag=True):
    """A new revision of the branch's calendar is in force."""

    calendar: BranchCalendar
    reason: str = ""


class ShadowLoadBegun(Event, frozen=True, kw_only=True, tag=True):
    """A drill brings made-up work upon the province; until `until_ms` it multiplies arrivals (`shadow.ShadowLoad`)."""

    drill: str
    until_ms: int
    ends_ms: int
    factor_permille: int = 1_000


class ShadowLoadEnded(Event, frozen=True, kw_only=True, tag=True):
    """Nothing more of this drill is made here, and what is open of it is ended."""

    drill: str


class RequestAnswered(Event, frozen=True, kw_only=True, tag=True):
    """A write with a request id was answered; the same request gets these bytes again."""

    request_id: str
    fingerprint: bytes
    answer: bytes
    #: The open task that the request has changed, as its branch asked; empty: none.
    task_id: str = ""


AnyEvent = (
    TaskCreated
    | TaskScheduleReached
    | TaskAmended
    | OfferMade
    | OfferAccepted
    | OfferDeclined
    | OfferWithdrawn
    | TaskAssigned
    | AssignmentStarted
    | AssignmentReleased
    | AssignmentReferred
    | AssignmentSuspended
    | TaskResumed
    | TaskCompleted
    | TaskReturned
    | TaskCancelled
    | MatchRoundHeld
    | MoveStarted
    | MoveAccepted
    | MoveRefused
    | MoveHandedOver
    | MoveTakenBack
    | EvacuationBegun
    | TasksRecalled
    | RecallAnswered
    | RecallSettled
    | HostNoted
    | OutcomeNoted
    | NoticeSettled
    | OperatorEnrolled
    | OperatorRemoved
    | OperatorSignedIn
    | OperatorSignedOut
    | PresenceChanged
    | ReviewSubmitted
    | ProvinceConfigured
    | TaskKindsAdopted
    | MatchingModelAdopted
    | PriorsAdopted
    | ProvinceStatusChanged
    | SiteLost
    | SiteReturned
    | SharingPolicyUpdated
    | CalendarAdopted
    | CalendarUpdated
    | SharingPolicyProposed
    | SharingPolicyProposalExpired
    | SharingPolicyTookEffect
    | ShadowLoadBegun
    | ShadowLoadEnded
    | RequestAnswered
)
