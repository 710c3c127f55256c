"""What processes say to each other over `actors.transport`: requests to a province or the coordinator, answers, and news.

Most requests are the core's commands as they are. The few more below are served by the shell of an actor itself, from its journal.
Bodies are MessagePack of these typed records. News (pushes) is sent only after the fsync of the frame that it tells of.
"""

from typing import Annotated, Final

import msgspec

from actors.core import commands as c
from actors.core.country import TaskKind
from actors.core.drills.record import Drill, DrillSpec
from actors.core.headquarters import AnchoredHead
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.explained import TaskHistory
from actors.core.matching.record import MatchingModel
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from actors.core.statistics.priors import ProvinceTotals

#: Commands in one bundle, as many as one frame takes: a province reads and submits a body at a stretch, and of the smallest commands one body
#: has room for half a million.
BUNDLE_COMMANDS_MAX: Final = 1_000


class ReadFrames(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Frames after a sequence, oldest first. Answered with `FramePage`."""

    after: int
    #: Frames, 1..1,000; the answer holds at most 1 MiB all the same.
    limit: int = 100


class Follow(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """From now on, push (or no longer push) a `FrameNews` for every frame over this connection. Answered with `Followed`."""

    on: bool = True


class GetSummary(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answered with `SummaryReply`."""

    #: With the sums of the province's statistics, too.
    with_totals: bool = False


class GetRuntime(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answered with `Runtime`."""


class VerifyChain(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Check the journal's hash chain from the start. Answered with `ChainReport`."""


class ReadHistory(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a province: what its journal tells of a task's routing. Answered with `TaskHistory`, after a second or more (`actors.rewind`)."""

    task_id: TaskId
    #: The decision to be made again, by the token that it gave; 0: the last one; -1: none.
    token: int = -1
    #: Shown whatever their rank; empty: nobody in particular.
    operator: OperatorId = OperatorId("")
    #: People shown, 1..1,000.
    candidates_max: int = 100


class GetPicture(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: answered with `PictureReply`."""


class GetFlowMemory(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: answered with `FlowMemoryReply`."""


class GetTaskKinds(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: answered with `TaskKindsReply`."""


class PutTaskKind(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: add or replace a kind for the whole country. Answered with `TaskKindsReply` after its fsync."""

    kind: TaskKind
    #: The table's revision that the caller saw; 0: any.
    revision: int = 0
    who: str = ""
    request_id: str = ""
    #: Digest of what the caller asked.
    fingerprint: bytes = b""


class GetMatchingModel(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: a kept revision of the matching model. Answered with `MatchingModelReply`."""

    #: 0: the one in force.
    revision: int = 0


class ListMatchingModels(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: the kept revisions, newest first. Answered with `MatchingModelPage`."""

    #: Only older ones; 0: from the newest on.
    before: int = 0
    #: 1..`MODEL_PAGE_MAX`.
    count: int = 10


class PutMatchingModel(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: a new revision for the whole country. Answered with `MatchingModelReply` after its fsync."""

    model: MatchingModel
    #: The revision that the caller saw; 0: any.
    revision: int = 0
    #: Only say what would come of it.
    validate_only: bool = False
    who: str = ""
    request_id: str = ""
    #: Digest of what the caller asked, where `model` is that merged with a revision; empty: the model is what was asked.
    fingerprint: bytes = b""


class RollBackMatchingModel(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: put the content of an older revision in force again, as a new one. Answered as `PutMatchingModel`."""

    to_revision: int
    #: Why.
    note: str = ""
    #: The revision that the caller saw; 0: any.
    revision: int = 0
    validate_only: bool = False
    who: str = ""
    request_id: str = ""


class CreateDrill(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: write a drill down. Answered with `DrillReply` after its fsync."""

    spec: DrillSpec
    #: Only say whether it keeps within its limits now.
    validate_only: bool = False
    who: str = ""
    request_id: str = ""


class StartDrill(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: begin a drill. Answered with `DrillReply`; the fault follows."""

    drill_id: str
    who: str = ""
    request_id: str = ""


class AbortDrill(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: end a drill early. Answered with `DrillReply`; what it did is undone first."""

    drill_id: str
    reason: str
    who: str = ""
    request_id: str = ""


class GetDrill(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator. Answered with `DrillReply`."""

    drill_id: str


class ListDrills(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To the coordinator: the kept drills, newest first. Answered with `DrillPage`."""

    #: Only older ones than this; empty: from the newest on.
    before: str = ""
    #: 1..`DRILL_PAGE_MAX`.
    count: int = 20


class Suffer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a province, from a drill: end as nothing warns of, or stand still for `for_ms`. Never answered, but with `Suffered` if it cannot."""

    #: 0: end.
    for_ms: int = 0
    #: Which drill.
    why: str


class Bundle(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a province: many commands in one body, each decided by itself. Answered with `BundleReply` when all are.

    A body, a call and an answer cost the same for one command as for hundreds.
    """

    commands: Annotated[tuple[c.AnyCommand, ...], msgspec.Meta(max_length=BUNDLE_COMMANDS_MAX)]


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answered with `Pong` by the actor's own loop: the heartbeat of an actor."""


class HoldCommits(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a province: commit nothing for a moment, see `actors.hold`. Answered with `CommitsHeld`."""

    #: A name that nobody else uses.
    holder: str
    for_ms: int


class ReleaseCommits(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a province: go on. Answered with `CommitsReleased`."""

    holder: str


Request = (
    c.AnyCommand
    | ReadFrames
    | Follow
    | GetSummary
    | GetRuntime
    | VerifyChain
    | ReadHistory
    | GetPicture
    | GetFlowMemory
    | GetTaskKinds
    | PutTaskKind
    | GetMatchingModel
    | ListMatchingModels
    | PutMatchingModel
    | RollBackMatchingModel
    | CreateDrill
    | StartDrill
    | AbortDrill
    | GetDrill
    | ListDrills
    | Suffer
    | Bundle
    | Ping
    | HoldCommits
    | ReleaseCommits
)


class FrameNews(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A frame that is on disk."""

    province: ProvinceCode
    sequence: int
    epoch: int
    at_ms: int
    #: For `actors.core.codec.decode_events`.
    payload: bytes


class FramePage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Frames in sequence order; `last_sequence` is that of the journal's newest frame."""

    frames: tuple[FrameNews, ...]
    last_sequence: int


class Followed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """News will begin (or has ended) after this sequence."""

    sequence: int


class SummaryReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A province's summary, and the end of its journal for the coordinator to anchor."""

    summary: ProvinceSummary
    head: AnchoredHead | None = None
    totals: ProvinceTotals | None = None


class PictureReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The national picture."""

    picture: NationalPicture


class FlowMemoryReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What the coordinator remembers of its last plan: who shares, and over which links."""

    memory: FlowMemory


class Runtime(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where and as what an actor runs."""

    name: str
    pid: int
    node: str
    epoch: int
    sequence: int
    head_hash: bytes
    started_ms: int


class ChainReport(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What a check of the chain found; `problem` is empty when it verifies."""

    frames: int
    events: int
    head_hash: bytes
    problem: str = ""


class TaskKindsReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The country's table of kinds."""

    revision: int
    kinds: tuple[TaskKind, ...]
    #: Of `PutTaskKind`: the kind as the request made it, be it long ago. None: it was not to be remembered.
    put: TaskKind | None = None


class MatchingModelReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A revision of the matching model."""

    model: MatchingModel


class MatchingModelPage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Revisions of the matching model, newest first; there are older ones when `has_more`."""

    models: tuple[MatchingModel, ...]
    has_more: bool = False


class DrillReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A drill as of now."""

    drill: Drill


class DrillPage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Drills, newest first; there are older ones when `has_more`."""

    drills: tuple[Drill, ...]
    has_more: bool = False


class BundleReply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answers to a bundle's commands, in their order."""

    replies: tuple[AnyReply, ...]


class Suffered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The process stood still and goes on, or could not be made to."""

    problem: str = ""


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """I am here."""

    sequence: int


class CommitsHeld(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Nothing is committed from now on, or why the province goes on committing."""

    #: Empty: held. `held` by another, `resting` after one, `malformed`.
    refused: str = ""
    #: Where the journal stands, and will stand until the hold ends.
    epoch: int = 0
    sequence: int = 0


class CommitsReleased(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Commits go on."""

    #: False: it was broken before, so something may have been committed in it.
    was_unbroken: bool
    held_ms: int = 0


class Silence(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """From the coordinator to the gateways: hear and tell no desk of these provinces, all others are heard (again).

    Each silence ends at the gateway by itself after its time, whether or not anybody says so.
    """

    #: Province -> for how long from now, ms.
    provinces: dict[ProvinceCode, int]


class Cut(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """From the coordinator to a gateway: have no connection to these provinces, to all others have one (again). Ends as `Silence` does."""

    provinces: dict[ProvinceCode, int]


class EndNow(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """From the coordinator to a gateway, for a drill: end as nothing warns of."""

    why: str


class DeskNews(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """News for desks whose sessions run through this gateway."""

    updates: tuple[DeskUpdate, ...]


Response = (
    AnyReply
    | FramePage
    | Followed
    | SummaryReply
    | PictureReply
    | FlowMemoryReply
    | Runtime
    | ChainReport
    | TaskHistory
    | TaskKindsReply
    | MatchingModelReply
    | MatchingModelPage
    | DrillReply
    | DrillPage
    | BundleReply
    | Suffered
    | Pong
    | CommitsHeld
    | CommitsReleased
)
News = DeskNews | FrameNews | Silence | Cut | EndNow

encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_response = msgspec.msgpack.Decoder(Response).decode
decode_news = msgspec.msgpack.Decoder(News).decode

#: Revisions of the matching model in one answer: with `MODEL_BYTES_MAX` each they are below the largest body.
MODEL_PAGE_MAX = 20
#: Drills in one answer, without the curves of their reports.
DRILL_PAGE_MAX = 50

#: What gateways' names begin with.
GATEWAY_PREFIX = "gateway/"

#: Directory names of the actors.
COORDINATOR = "coordinator"
PROVINCE_PREFIX = "province/"

#: An actor that stands aside registers under this and its own name; `Entry.detail` holds the reason.
REFUSAL_PREFIX = "refusal/"
#: Key of `Entry.detail`.
REFUSAL_REASON = "reason"


def refusal_name(name: str) -> str:
    """The directory name under which an actor says that it does not serve."""
    return f"{REFUSAL_PREFIX}{name}"


def province_name(province: str) -> str:
    """The directory name of a province."""
    return f"{PROVINCE_PREFIX}{province}"
