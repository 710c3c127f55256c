"""What a province answers. A reply is the plain thing that was asked for; a refusal is `refusal.Refused`."""

import msgspec

from actors.core.calendar import BranchCalendar
from actors.core.country import Line, ProvinceSettings, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, TaskId
from actors.core.matching.explained import MatchPreview, QueueDiagnosis
from actors.core.operators import Operator
from actors.core.policy_revisions import PolicyProposal, PolicyRevision
from actors.core.refusal import Refused
from actors.core.review import Findings, ReviewedDecision
from actors.core.service_gained import GainedService
from actors.core.sharing.preview import LenderPreview
from actors.core.sharing.summary import ProvinceSummary
from actors.core.task import Task


class TaskReply(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag="task"):
    """A task as it is (or, for a repeated request, as it was answered first)."""

    task: Task
    #: Of the kind's operating standard, where a desk has the task in hand to work by it.
    standard_revision: int = 1


class TaskPage(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="tasks"):
    """A page of tasks; `next_after` is empty on the last one."""

    tasks: tuple[Task, ...]
    next_after: str = ""


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="elsewhere"):
    """The task is (or will be) with another province: ask there.

    While `in_transit`, the host may not know the task yet; ask here again if it does not.
    """

    task_id: TaskId
    host: ProvinceCode
    generation: int
    in_transit: bool = False


class OperatorReply(msgspec.Struct, frozen=True, gc=False, tag="operator"):
    """A roster entry."""

    operator: Operator


class OperatorPage(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="operators"):
    """A page of the roster; `next_after` is empty on the last one."""

    operators: tuple[Operator, ...]
    next_after: str = ""


class SessionReply(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag="session"):
    """An operator's session and what they hold, e.g. to go on after a reconnect."""

    operator: Operator
    held: tuple[Task, ...] = ()
    #: Revisions of the operating standards of what is held, by kind; kinds that are not in it: 1.
    standard_revisions: dict[KindId, int] = {}


class NoWork(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="no_work"):
    """Nothing for this operator now, and why."""

    operator: OperatorId
    reason: str


class ProvinceReply(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="province"):
    """A province as it is."""

    settings: ProvinceSettings
    policy: SharingPolicy
    summary: ProvinceSummary
    kinds: tuple[TaskKind, ...]
    kinds_revision: int
    limits: TimeLimits
    status_reason: str = ""
    status_since_ms: int = 0
    #: The newest revision of the policy, and those that will be in force by themselves; changes that wait for a second person.
    policy_newest: int = 0
    policies_scheduled: tuple[PolicyRevision, ...] = ()
    proposals: tuple[PolicyProposal, ...] = ()


class PolicyPreview(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="policy"):
    """A sharing policy, and what it would move now (`sharing.preview`)."""

    policy: SharingPolicy
    moves: tuple[tuple[TaskId, ProvinceCode, str], ...] = ()
    stays: dict[str, int] = {}
    lenders: tuple[LenderPreview, ...] = ()
    wait_before_ms: int = 0
    wait_after_ms: int = 0
    #: The change waits for a second person; `policy` is the one that stays in force.
    proposal: PolicyProposal | None = None


class PolicyRevisionPage(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="policy_revisions"):
    """Revisions of the sharing policy, newest first."""

    revisions: tuple[PolicyRevision, ...]
    #: The one in force.
    in_force: int
    has_more: bool = False


class LineOpening(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether a line is open by its hours."""

    line: Line
    #: The instant itself while it is open; None: not within `calendar.OPENING_DAYS_MAX`.
    opens_ms: int | None
    is_open: bool


class CalendarReply(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="calendar"):
    """A branch's calendar, what is open now, and what was decided elsewhere while a line was closed."""

    calendar: BranchCalendar
    openings: tuple[LineOpening, ...]
    gained: tuple[GainedService, ...]


class ReviewReply(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="review"):
    """A review as it was taken in."""

    reviewed: ReviewedDecision
    findings: Findings
    reviewer: str
    submitted_ms: int


class MoveAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="move_answer"):
    """The host's recorded answer to a move; the same one however often it is asked."""

    accepted: bool
    reason: str = ""


class RecallAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="recall_answer"):
    """The host's recorded answer to a recall; the same one however often it is asked."""

    accepted: bool
    reason: str = ""


class ShadowLoadReply(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="shadow_load"):
    """How far a drill's load has come in a province."""

    drill: str
    #: Shadow tasks made here so far.
    made: int = 0
    #: Open ones: its own wherever they are, and others' that are here.
    open: int = 0


class Done(msgspec.Struct, frozen=True, gc=False, tag="done"):
    """It is done; there is nothing to say about it."""


class DeskUpdate(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag="desk_update"):
    """News for one operator's desk, sent after the fsync."""

    operator: OperatorId
    session: SessionId
    #: ``offered``, ``assigned``, ``revoked``, or ``session_ended`` (without a task).
    what: str
    task: Task | None = None
    #: The token that this news is about; of a revocation, the void one.
    token: int = 0
    reason: str = ""
    #: Of the kind's operating standard, of an assignment.
    standard_revision: int = 1


AnyReply = (
    TaskReply
    | TaskPage
    | Elsewhere
    | OperatorReply
    | OperatorPage
    | SessionReply
    | NoWork
    | ProvinceReply
    | PolicyPreview
    | CalendarReply
    | PolicyRevisionPage
    | ReviewReply
    | MatchPreview
    | QueueDiagnosis
    | MoveAnswer
    | RecallAnswer
    | ShadowLoadReply
    | Done
    | Refused
)
