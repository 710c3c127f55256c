"""Everything that can be asked of a province. Imperative names; immutable; no behaviour.

`who` is the identity that the gateway authenticated (``role:subject``) or the part of the system that acts (``system:clock``); it
reaches the journal with every event. `request_id` makes a write safe to repeat: the same id with the same content gets the same
answer, with other content it is refused. An empty `request_id` asks for no such memory.
"""

import msgspec

from actors.core.calendar import BranchCalendar
from actors.core.country import ProvinceSettings, ProvinceStatus, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, TaskId
from actors.core.matching.record import MatchingModel
from actors.core.operators import Operator, PresenceState
from actors.core.review import Findings
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.summary import EncodedPicture
from actors.core.statistics.priors import NationalPriors
from actors.core.task import MoveOut, Task, TaskSpec, TaskState, Verdict


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Root of all commands."""

    who: str = ""
    request_id: str = ""
    #: Digest of what the caller asked, where the command itself is that merged with a state; empty: the command is what was asked.
    fingerprint: bytes = b""


# --- tasks, from branch systems and team leads ---


class CreateTask(Command, frozen=True, kw_only=True, tag=True):
    """Take a new task into the province."""

    spec: TaskSpec


class GetTask(Command, frozen=True, kw_only=True, tag=True):
    """Read a task, open or finished."""

    task_id: TaskId


class ListTasks(Command, frozen=True, kw_only=True, tag=True):
    """Read a page of the tasks whose record is here, in id order.

    Open tasks come first, then finished ones; `after` is the token of the previous page. A page may be short and still have a successor, where the
    filter lets few through.
    """

    states: tuple[TaskState, ...] = ()
    kinds: tuple[KindId, ...] = ()
    #: Only tasks of this home; empty: all that are here.
    home: str = ""
    page_size: int = 50
    after: str = ""


class UpdateTask(Command, frozen=True, kw_only=True, tag=True):
    """Amend what may be amended; None leaves a field as it is."""

    task_id: TaskId
    etag: str = ""
    priority: int | None = None
    green_channel: bool | None = None
    due_ms: int | None = None


class CancelTask(Command, frozen=True, kw_only=True, tag=True):
    """End a task undecided."""

    task_id: TaskId
    etag: str = ""
    reason: str = ""


class ResumeTask(Command, frozen=True, kw_only=True, tag=True):
    """Put a suspended task back into the queue."""

    task_id: TaskId
    etag: str = ""
    reason: str = ""


class ReassignTask(Command, frozen=True, kw_only=True, tag=True):
    """Give a task to a named operator (a team lead's right)."""

    task_id: TaskId
    operator: OperatorId
    etag: str = ""
    reason: str = ""


# --- desks ---


class SignIn(Command, frozen=True, kw_only=True, tag=True):
    """Open an operator's working session; the newest session of an operator is the valid one."""

    operator: OperatorId
    session: SessionId
    #: None: AVAILABLE, or as it is for whoever is signed in.
    presence: PresenceState | None = PresenceState.AVAILABLE
    #: Where the operator sits, the same over all connections; empty: not told.
    desk: str = ""
    #: Only come back: nothing is taken over from another desk, and whoever has signed out is not signed in.
    resume: bool = False


class SignOut(Command, frozen=True, kw_only=True, tag=True):
    """End an operator's session; work not begun and work in hand go back to the queue."""

    operator: OperatorId
    #: Who asks: a desk that is signed in by another session is told.
    session: SessionId = SessionId("")
    #: Why, in the words of whoever asks.
    reason: str = ""


class SetPresence(Command, frozen=True, kw_only=True, tag=True):
    """Change between AVAILABLE, BREAK and DRAINING."""

    operator: OperatorId
    presence: PresenceState


class HearDesks(Command, frozen=True, kw_only=True, tag=True):
    """Soft: these sessions were heard. Sent by gateways a few times a second; never journaled."""

    sessions: tuple[SessionId, ...]
    #: The reporting gateway, as in the first part of its sessions; it reports even if it heard nobody.
    gateway: str = ""


class LosePath(Command, frozen=True, kw_only=True, tag=True):
    """Soft: the connection to a gateway broke, so silence of the sessions behind it proves nothing for a while."""

    session_prefix: str


class FetchNextTask(Command, frozen=True, kw_only=True, tag=True):
    """Give the operator the task that suits best now, without an offer."""

    operator: OperatorId
    #: Only these kinds; empty: all that the operator may do.
    kinds: tuple[KindId, ...] = ()


class HolderCommand(Command, frozen=True, kw_only=True):
    """Root of what the holder of a task may ask; `token` proves that they still hold it."""

    task_id: TaskId
    operator: OperatorId
    token: int


class AcceptOffer(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Take an offered task."""


class DeclineOffer(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Refuse an offered task; remembered for a while."""

    reason: str = ""


class StartAssignment(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Begin to work."""


class RenewAssignment(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Say that the desk is alive. Soft: changes only who was heard when."""


class SuspendAssignment(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Set the task aside until papers arrive."""

    reason: str
    draft: str = ""


class CompleteAssignment(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Decide the task. At most one succeeds, ever."""

    verdict: Verdict
    amount_fen: int = 0
    note: str = ""


class ReturnTask(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Send the task back to the branch undecided, for ever."""

    reason: str


class ReferAssignment(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Pass the task on to someone with higher authority."""

    #: No more than the operator has on the task's line, 0 among it: one more than that.
    required_authority: int
    reason: str = ""
    draft: str = ""


class ReleaseAssignment(HolderCommand, frozen=True, kw_only=True, tag=True):
    """Give the task back to the queue."""

    reason: str = ""
    draft: str = ""


# --- explanations ---


class PreviewMatch(Command, frozen=True, kw_only=True, tag=True):
    """Read whom a waiting task would go to now."""

    task_id: TaskId
    candidates_max: int = 20
    #: Shown whatever their rank; empty: nobody in particular.
    operator: OperatorId = OperatorId("")


class DiagnoseQueue(Command, frozen=True, kw_only=True, tag=True):
    """Read what the waiting tasks wait for, the most urgent first."""

    #: Only this task; empty: all.
    task_id: TaskId = TaskId("")
    offset: int = 0
    page_size: int = 100
    #: As of `UpdateSharingPolicy`; only for one task.
    memory: FlowMemory | None = None


# --- quality ---


class SubmitReview(Command, frozen=True, kw_only=True, tag=True):
    """Say what a review of a decided task has found. `who` is the reviewer."""

    task_id: TaskId
    findings: Findings


# --- roster, settings, policy ---


class CreateOperator(Command, frozen=True, kw_only=True, tag=True):
    """Add one person to the roster."""

    entry: Operator


class UpsertOperators(Command, frozen=True, kw_only=True, tag=True):
    """Add or replace roster entries; presence and experience earned here are kept."""

    entries: tuple[Operator, ...]
    #: With one entry: the version that the caller saw.
    etag: str = ""


class DeleteOperator(Command, frozen=True, kw_only=True, tag=True):
    """Take a person who holds no work off the roster."""

    operator: OperatorId
    #: The version that the caller saw.
    etag: str = ""


class GetOperator(Command, frozen=True, kw_only=True, tag=True):
    """Read a roster entry."""

    operator: OperatorId


class ListOperators(Command, frozen=True, kw_only=True, tag=True):
    """Read a page of the roster, in id order."""

    page_size: int = 100
    after: str = ""


class GetWorkload(Command, frozen=True, kw_only=True, tag=True):
    """Read what an operator holds."""

    operator: OperatorId


class AdoptTaskKinds(Command, frozen=True, kw_only=True, tag=True):
    """Take over the country's table of task kinds; an older revision is ignored. Known kinds that it does not name stay as they are."""

    revision: int
    kinds: tuple[TaskKind, ...]


class AdoptMatchingModel(Command, frozen=True, kw_only=True, tag=True):
    """Take over the country's matching model; an older revision is ignored."""

    model: MatchingModel


class AdoptPriors(Command, frozen=True, kw_only=True, tag=True):
    """Take over the country's sums, if they tell noticeably more than the ones adopted last."""

    priors: NationalPriors


class ConfigureProvince(Command, frozen=True, kw_only=True, tag=True):
    """Set the branch's own settings or its time limits; None leaves them as they are. The first command of a new journal."""

    settings: ProvinceSettings | None = None
    #: The settings that the caller saw; refused if they have changed since. None: not checked.
    base: ProvinceSettings | None = None
    limits: TimeLimits | None = None
    #: So many task numbers are never given. Only a restore asks for it.
    skip_task_numbers: int = 0


class SetProvinceStatus(Command, frozen=True, kw_only=True, tag=True):
    """Suspend, resume, drain."""

    status: ProvinceStatus
    reason: str = ""
    #: A policy that evacuates gives way to sharing by overflow in the same frame: an active province would send its new tasks away.
    ends_evacuation: bool = False


class UpdateSharingPolicy(Command, frozen=True, kw_only=True, tag=True):
    """Replace the sharing policy; `revision` must be the newest (0: any)."""

    policy: SharingPolicy
    revision: int = 0
    validate_only: bool = False
    reason: str = ""
    #: What the coordinator remembers of its last plan, for the preview; None: not known.
    memory: FlowMemory | None = None


class RollBackSharingPolicy(Command, frozen=True, kw_only=True, tag=True):
    """Take the content of an older revision of the sharing policy again."""

    to_revision: int
    validate_only: bool = False
    reason: str = ""
    #: As of `UpdateSharingPolicy`.
    memory: FlowMemory | None = None


class ApproveSharingPolicyChange(Command, frozen=True, kw_only=True, tag=True):
    """Put a proposed change of the sharing policy in force."""

    proposal: int


class ListSharingPolicyRevisions(Command, frozen=True, kw_only=True, tag=True):
    """Read a page of the revisions of the sharing policy, newest first."""

    #: Only older ones; 0: from the newest on.
    before: int = 0
    page_size: int = 20


class GetCalendar(Command, frozen=True, kw_only=True, tag=True):
    """Read the branch's hours and days, what is open now, and what sharing has gained by night."""


class UpdateCalendar(Command, frozen=True, kw_only=True, tag=True):
    """Replace the branch's calendar, which has no `calendar.faults`; `revision` must be the one that was read (0: any)."""

    calendar: BranchCalendar
    revision: int = 0
    validate_only: bool = False
    reason: str = ""


class AdoptCalendar(Command, frozen=True, kw_only=True, tag=True):
    """Take over what the country file says of the branch's hours and days, if it says something new."""

    told: BranchCalendar


class GetProvince(Command, frozen=True, kw_only=True, tag=True):
    """Read status, settings, policy and summary."""


# --- between provinces and from the coordinator ---


class TakeAdvice(Command, frozen=True, kw_only=True, tag=True):
    """Soft: the coordinator's newest picture of the country and what it advises this province to send where."""

    picture: EncodedPicture
    flows: tuple[MoveFlow, ...] = ()


class AcceptMove(Command, frozen=True, kw_only=True, tag=True):
    """At the host: another province offers a task. Answered with `replies.MoveAnswer`, the same one for ever."""

    source: ProvinceCode
    task: Task
    move: MoveOut
    #: (key, record) of the answers that the task's `request_keys` name.
    answers: tuple[tuple[str, bytes], ...] = ()


class SettleMove(Command, frozen=True, kw_only=True, tag=True):
    """At the source: the host's recorded answer has arrived."""

    task_id: TaskId
    host: ProvinceCode
    generation: int
    attempt: int
    accepted: bool
    reason: str = ""


class RecallTask(Command, frozen=True, kw_only=True, tag=True):
    """At the host: the home wants an evacuated task back if nobody has begun it. Answered with `replies.RecallAnswer`, the same one for ever."""

    source: ProvinceCode
    task_id: TaskId
    generation: int


class SettleRecall(Command, frozen=True, kw_only=True, tag=True):
    """At the home: the host's recorded answer has arrived."""

    task_id: TaskId
    generation: int
    accepted: bool
    reason: str = ""


class NoteHost(Command, frozen=True, kw_only=True, tag=True):
    """At the home: a task of ours was accepted by `host` with this generation."""

    task_id: TaskId
    host: ProvinceCode
    generation: int


class NoteOutcome(Command, frozen=True, kw_only=True, tag=True):
    """At the home: a task of ours has ended elsewhere."""

    task: Task


class SettleNotice(Command, frozen=True, kw_only=True, tag=True):
    """At the sender: the home has recorded our notice."""

    task_id: TaskId
    generation: int
    outcome: bool


# --- drills ---


class BringShadowLoad(Command, frozen=True, kw_only=True, tag=True):
    """From the coordinator, for a drill: have so many shadow tasks, and multiply arrivals. Repeated until the reply says that they were made.

    Answered with `replies.ShadowLoadReply`.
    """

    drill: str
    #: Shadow tasks to be made in all.
    tasks: int = 0
    factor_permille: int = 1_000
    #: Arrivals are multiplied until then, and what is open of the load ends then; wall clock, Unix ms.
    until_ms: int
    ends_ms: int


class EndShadowLoad(Command, frozen=True, kw_only=True, tag=True):
    """From the coordinator: the drill is over. Repeated until the reply says that nothing of it is open. Answered as `BringShadowLoad`."""

    drill: str


# --- the clock ---


class Tick(Command, frozen=True, kw_only=True, tag=True):
    """Time has passed: expire, resend, evacuate, match."""


AnyCommand = (
    CreateTask
    | GetTask
    | ListTasks
    | UpdateTask
    | CancelTask
    | ResumeTask
    | ReassignTask
    | SignIn
    | SignOut
    | SetPresence
    | HearDesks
    | LosePath
    | FetchNextTask
    | AcceptOffer
    | DeclineOffer
    | StartAssignment
    | RenewAssignment
    | SuspendAssignment
    | CompleteAssignment
    | ReturnTask
    | ReferAssignment
    | ReleaseAssignment
    | PreviewMatch
    | DiagnoseQueue
    | SubmitReview
    | CreateOperator
    | UpsertOperators
    | DeleteOperator
    | GetOperator
    | ListOperators
    | GetWorkload
    | AdoptTaskKinds
    | AdoptMatchingModel
    | AdoptPriors
    | ConfigureProvince
    | SetProvinceStatus
    | UpdateSharingPolicy
    | GetCalendar
    | UpdateCalendar
    | AdoptCalendar
    | RollBackSharingPolicy
    | ApproveSharingPolicyChange
    | ListSharingPolicyRevisions
    | GetProvince
    | TakeAdvice
    | AcceptMove
    | SettleMove
    | RecallTask
    | SettleRecall
    | NoteHost
    | NoteOutcome
    | SettleNotice
    | BringShadowLoad
    | EndShadowLoad
    | Tick
)

#: Commands that only look.
READS = (
    GetTask,
    ListTasks,
    PreviewMatch,
    DiagnoseQueue,
    GetOperator,
    ListOperators,
    GetWorkload,
    ListSharingPolicyRevisions,
    GetCalendar,
    GetProvince,
)
