"""What an explanation is made of: facts about candidates, waiting tasks and past decisions, without a word of any language.

Provinces give the facts, `wording` turns them into sentences where they are shown: a journal replayed in another country, or in another
year's wording, tells the same. Records only, so that replies can hold them without importing the matcher.
"""

from enum import StrEnum

import msgspec

from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.record import Shares


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one parameter brings to a fit or an urgency."""

    parameter: str
    #: In the parameter's unit; None: unknown, which is neutral.
    value: float | None
    unit: str
    #: Effective number of items behind a statistic; None: the value is a fact.
    evidence: float | None
    points: int
    #: 0..100.
    weight: int
    #: weight x points.
    contribution: int

    @property
    def sample_milli(self) -> int:
        """Effective number of items behind the value, thousandths; 0: it is no statistic, or has no sample yet."""
        return 0 if self.evidence is None else round(self.evidence * 1_000)

    @property
    def is_prior_only(self) -> bool:
        """Whether the value is a statistic that rests on nothing but a prior."""
        return self.value is not None and self.evidence is not None and not self.sample_milli


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person as a candidate for one task."""

    operator: OperatorId
    display_name: str = ""
    #: Sum of all contributions, also of people whom a filter removed: what they would have had.
    score: int = 0
    #: In the order of the model's parts; empty where they were not asked for.
    contributions: tuple[Contribution, ...] = ()
    #: The filter that removed the person; empty: none.
    removed_by: str = ""
    #: All other filters that would have removed the person.
    also_removed_by: tuple[str, ...] = ()
    free_capacity: int = 0
    #: What the person's time was worth to the round, points.
    price: int = 0
    #: The task that the person got in the same round; empty: none.
    assigned_task: str = ""


class MatchPreview(msgspec.Struct, frozen=True, kw_only=True, tag="match_preview"):
    """Whom a task would go to now, if it were alone: what keeps it from people whom it suits is another question (`Diagnosis`)."""

    task_id: TaskId
    #: The best first, then those whom a filter removes.
    candidates: tuple[Candidate, ...]
    #: Filter -> people whom it is the first to remove.
    removed: dict[str, int]
    urgency: int
    urgency_contributions: tuple[Contribution, ...]
    shares: Shares
    model_revision: int


class WaitCause(StrEnum):
    """What keeps a task waiting."""

    PROVINCE_CLOSED = "province_closed"
    NOBODY_QUALIFIED = "nobody_qualified"
    NOBODY_ON_DUTY = "nobody_on_duty"
    ALL_BUSY = "all_busy"
    DECLINED = "declined"
    FILTERED = "filtered"
    YIELDS = "yields"
    NEXT = "next"


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one task waits for."""

    task_id: TaskId
    cause: WaitCause
    #: The filter that removes most people, where nobody is qualified or filters keep the task; empty: none.
    filter: str = ""
    #: Filter -> people whom it is the first to remove: of the roster (nobody is qualified), of those who may do the task (nobody is on duty), of
    #: those of them on duty (all are busy), or of those with room (else); and how many of these none removes.
    removed: dict[str, int] = {}
    suitable: int = 0
    #: People of the roster, those of them who may do the task, those of these on duty, and those of these with room.
    roster: int = 0
    qualified: int = 0
    on_duty: int = 0
    free: int = 0
    #: More urgent tasks that one of the same people may do.
    tasks_before: int = 0
    #: Urgency that the green channel would add (0: it has it already, or it is worth nothing), and the tasks that were then before it.
    green_gain: int = 0
    tasks_before_if_green: int = 0
    waiting_ms: int = 0
    #: The branch has ruled that no other province may take it.
    home_only: bool = False
    #: An evacuation brought it, and the branch's own work goes before it.
    is_yielding: bool = False
    #: Why the province hands out no work.
    status: str = ""
    #: When the hours of its line begin next, Unix ms; 0: they run, or it is not known.
    opens_ms: int = 0
    #: Of a task that was asked about by itself: why the policy in force keeps it in the province (`StayReason`), or the province that it leaves for.
    stays: str = ""
    leaves_to: str = ""


class QueueDiagnosis(msgspec.Struct, frozen=True, kw_only=True, tag="queue_diagnosis"):
    """What the tasks of a province wait for, the most urgent first."""

    diagnoses: tuple[Diagnosis, ...]
    #: Tasks looked at, by cause.
    causes: dict[WaitCause, int] = {}
    #: How many to skip for the next page; 0: there is none.
    next_offset: int = 0


class ProvinceMove(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task's way from one province to another, as its source recorded it."""

    at_ms: int
    source: ProvinceCode
    host: ProvinceCode
    reason: str = ""
    #: (province, points), the best first.
    hosts: tuple[tuple[ProvinceCode, int], ...] = ()


class HowChosen(StrEnum):
    """Who chose the person."""

    #: Matching did, for the whole queue.
    MATCHED = "matched"
    #: Matching did, for one person who asked for work.
    FETCHED = "fetched"
    #: A team lead or the operations staff named the person.
    REASSIGNED = "reassigned"


class RoutingRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A routing decision as the journal has it."""

    task_id: TaskId
    #: The lease token that the decision gave: it names the decision within the task.
    token: int
    province: ProvinceCode
    at_ms: int
    operator: OperatorId
    display_name: str = ""
    how: HowChosen = HowChosen.MATCHED
    #: Who caused it, and why, where a person did.
    who: str = ""
    reason: str = ""
    score: int = 0
    urgency: int = 0
    shares: Shares = Shares(0, 0, 0)
    #: The round it came from; 0: it was made before rounds were recorded, or by a person.
    round: int = 0
    method: str = ""
    certified: bool = False
    gap: int = 0
    tasks: int = 0
    people: int = 0
    #: People looked at for this task, and how many of them each filter was the first to remove.
    considered: int = 0
    removed: dict[str, int] = {}
    runners_up: tuple[tuple[OperatorId, int], ...] = ()
    model_revision: int = 0
    kinds_revision: int = 0
    #: Version of the rules of the program that decided; 0: before versions were recorded.
    rules_version: int = 0


class RoutingReplay(msgspec.Struct, frozen=True, kw_only=True):
    """A routing decision made again from the journal as of its moment."""

    token: int
    #: The winner first, then who was asked about, then by falling score, then the removed.
    candidates: tuple[Candidate, ...]
    removed: dict[str, int]
    urgency: int
    urgency_contributions: tuple[Contribution, ...]
    shares: Shares
    #: Version of the rules that made it again: only those of the decision's own version must come to the same.
    rules_version: int
    #: Whether winner, points, runners-up and urgency are those recorded, to the point.
    reproduced: bool


class TaskHistory(msgspec.Struct, frozen=True, kw_only=True, tag="task_history"):
    """What one province's journal tells of a task's routing, the newest first."""

    task_id: TaskId
    decisions: tuple[RoutingRecord, ...] = ()
    moves: tuple[ProvinceMove, ...] = ()
    #: Provinces that the task came from, where its earlier history is.
    sources: tuple[ProvinceCode, ...] = ()
    #: Of the decision that was asked for.
    replay: RoutingReplay | None = None
