"""What is recorded of drills: the words, the drill itself, its events in the hq journal, and the report.

Instants are Unix milliseconds by the wall clock, durations milliseconds, ratios permille; all integers.
"""

from enum import StrEnum

import msgspec

from actors.core.country import SharingPolicy
from actors.core.ids import KindId, ProvinceCode, TaskId

#: Drills kept; the oldest that have ended are forgotten first.
DRILLS_MAX = 100
#: Provinces of one drill.
PROVINCES_MAX = 36
#: Looks at the waits of a surge that are kept, one a second; later ones are not.
OBSERVATIONS_MAX = 1_000


class DrillKind(StrEnum):
    """What is practised."""

    #: All desks of a province fall silent.
    SITE_OUTAGE = "site-outage"
    #: A province is evacuated by its policy, as before a storm.
    SNOW = "snow"
    #: A province's process ends, or stands still.
    ACTOR_KILL = "actor-kill"
    ACTOR_FREEZE = "actor-freeze"
    #: The coordinator's process ends in the moment in which a province's desks fall silent.
    COORDINATOR_KILL = "coordinator-kill"
    #: A gateway's process ends.
    GATEWAY_KILL = "gateway-kill"
    #: A gateway cannot reach some provinces for a while.
    GATEWAY_PARTITION = "gateway-partition"
    #: All desks of several provinces fall silent at once.
    REGIONAL = "regional"
    #: Arrivals of provinces are multiplied, by shadow tasks.
    SURGE = "surge"


class DrillState(StrEnum):
    """Where a drill is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"


#: States that a drill never leaves.
ENDED_STATES = (DrillState.SUCCEEDED, DrillState.FAILED, DrillState.ABORTED)


class DrillPhase(StrEnum):
    """How far a running drill has come."""

    #: Not begun, or over.
    NONE = ""
    #: Recorded as begun; the fault may be there or not.
    STRIKING = "striking"
    #: The fault is there.
    STRUCK = "struck"
    #: The fault has been taken away; the country recovers.
    LIFTED = "lifted"
    #: Everything is as before; what was made up is ended everywhere, and the journals are read.
    MEASURING = "measuring"


class Objective(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bound on one figure of the report. Exactly one of the two is given."""

    #: A figure of `measuring.FIGURES`.
    figure: str
    at_most: int | None = None
    at_least: int | None = None


class DrillSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What ops asked for."""

    kind: DrillKind
    #: Whom the fault befalls.
    provinces: tuple[ProvinceCode, ...] = ()
    #: The fault is taken away after this time at the latest, ms.
    duration_ms: int = 120_000
    #: Blast radius: so many provinces, and this share of the country's signed-in operators, permille.
    provinces_max: int = 1
    operators_max_permille: int = 200
    #: The drill is aborted when the on-time ratio of the provinces outside it falls below this, permille; 0: never.
    abort_below_permille: int = 0
    #: It may run beside another drill.
    may_overlap: bool = False
    #: What passes; empty: nothing is judged but that nothing was lost or decided twice.
    objectives: tuple[Objective, ...] = ()
    #: How far back "before" reaches, ms.
    baseline_ms: int = 300_000
    #: A surge: arrivals are multiplied by this, permille.
    factor_permille: int = 1_000
    #: Any other kind: so many shadow tasks are put into each struck province before the fault.
    shadow_tasks: int = 0
    note: str = ""

    @property
    def makes_shadows(self) -> bool:
        """Whether the drill makes work up."""
        return self.factor_permille > 1_000 or self.shadow_tasks > 0


#: Stands for a quota that was not told, in records of drills before it was.
QUOTA_UNKNOWN = -1


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a province stood at one frame of its journal."""

    province: ProvinceCode
    sequence: int = 0
    epoch: int = 0
    #: Open tasks in its journal, those on their way from here included.
    open_tasks: int = 0
    #: Of these, tasks that wait or are in somebody's hands here, and tasks on their way to another province.
    present: int = 0
    moving: int = 0
    signed_in: int = 0
    #: Of the open tasks, those of other homes, and how many of those its policy lets be open at once.
    guests: int = 0
    share_in_quota: int = QUOTA_UNKNOWN
    #: Line -> decided on time today over decided today, permille; unknown lines are left out.
    on_time_permille: dict[str, int] = {}


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long work waits in the struck provinces, at one look of the coordinator."""

    at_ms: int
    #: Of what waits and somebody there can do, the kind that waits longest for its release threshold: its expected wait, and that threshold.
    wait_ms: int = 0
    release_ms: int = 0
    #: What may be shared: kinds whose wait has exceeded the activation threshold and not fallen to the release threshold since.
    pressed: tuple[tuple[ProvinceCode, KindId], ...] = ()
    #: How long each of these waits; empty: it was not written down.
    waits_ms: tuple[int, ...] = ()


class Judgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An objective, and what came of it."""

    objective: Objective
    #: None: the drill gave no such figure.
    value: int | None = None
    met: bool = False


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mark on the timeline of the report."""

    at_ms: int
    #: A word for programs, for instance ``detected``.
    what: str


class DrillReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the journals say of a drill."""

    passed: bool
    #: Figure -> value; a figure that the drill did not give is left out.
    figures: dict[str, int]
    judgements: tuple[Judgement, ...] = ()
    #: Host -> tasks that it took over.
    helpers: dict[ProvinceCode, int] = {}
    timeline: tuple[Moment, ...] = ()
    #: (ms after the strike, tasks taken over by then), rising.
    moved: tuple[tuple[int, int], ...] = ()
    #: (ms after the strike, expected wait, release threshold) of a surge, rising by the first.
    waits: tuple[tuple[int, int, int], ...] = ()
    #: What could not be measured, one sentence each.
    notes: tuple[str, ...] = ()


class Drill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A drill as of now."""

    drill_id: str
    spec: DrillSpec
    state: DrillState = DrillState.PENDING
    phase: DrillPhase = DrillPhase.NONE
    created_ms: int
    created_by: str = ""
    request_id: str = ""
    started_ms: int = 0
    started_by: str = ""
    start_request_id: str = ""
    struck_ms: int = 0
    lifted_ms: int = 0
    settled_ms: int = 0
    ended_ms: int = 0
    #: Why it was aborted or failed; empty: it was not.
    reason: str = ""
    #: Everybody as of the start.
    before: tuple[Standing, ...] = ()
    #: Gateways as of the start, by their names, and the one that the fault befalls; empty: none.
    gateways: tuple[str, ...] = ()
    victim: str = ""
    #: Policies to be put back.
    policies: dict[ProvinceCode, SharingPolicy] = {}
    #: Tasks that the evacuation promised to move when it was ordered.
    previewed: tuple[TaskId, ...] = ()
    #: Tasks in the struck provinces when the fault was taken away, those that had come meanwhile included.
    stayed: int = 0
    #: Of a surge, oldest first.
    observed: tuple[Observation, ...] = ()
    report: DrillReport | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has begun and not ended."""
        return self.state is DrillState.RUNNING


class DrillEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Root of the events of drills."""

    at_ms: int
    drill_id: str
    who: str = ""


class DrillCreated(DrillEvent, frozen=True, kw_only=True, tag=True):
    """A drill was written down; nothing happens yet."""

    spec: DrillSpec
    request_id: str = ""


class DrillStarted(DrillEvent, frozen=True, kw_only=True, tag=True):
    """The drill has begun: this is how everybody stood. The fault follows."""

    before: tuple[Standing, ...] = ()
    gateways: tuple[str, ...] = ()
    victim: str = ""
    policies: dict[ProvinceCode, SharingPolicy] = {}
    request_id: str = ""


class DrillPhaseReached(DrillEvent, frozen=True, kw_only=True, tag=True):
    """The fault is there, gone, or got over."""

    phase: DrillPhase
    previewed: tuple[TaskId, ...] = ()
    stayed: int = 0


class DrillObserved(DrillEvent, frozen=True, kw_only=True, tag=True):
    """The coordinator has looked at the waits of a surge."""

    observation: Observation


class DrillAbortOrdered(DrillEvent, frozen=True, kw_only=True, tag=True):
    """The drill is to end now; the fault is taken away first."""

    reason: str


class DrillEnded(DrillEvent, frozen=True, kw_only=True, tag=True):
    """The drill is over and everything as before."""

    state: DrillState
    reason: str = ""
    report: DrillReport | None = None


AnyDrillEvent = DrillCreated | DrillStarted | DrillPhaseReached | DrillObserved | DrillAbortOrdered | DrillEnded
