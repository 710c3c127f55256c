"""One province under a virtual clock; a shadow replays every event and must agree after every batch."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from actors.core import codec, records, snapshot
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import Bounds, Line, ProvinceSettings, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.invariants import validate
from actors.core.matching.model import trivial_model
from actors.core.matching.record import MatchingModel
from actors.core.matching.shipped import shipped_model
from actors.core.messages import Outgoing
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.province import Province
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, DeskUpdate, TaskReply
from actors.core.state import ProvinceState
from actors.core.task import Task, TaskSpec, TaskState, Verdict

FUJIAN = ProvinceCode("fujian")
JIANGXI = ProvinceCode("jiangxi")
START_MS = 1_767_571_200_000
MEDICAL = KindId("claims-medical")
LARGE = KindId("claims-large")
ADDRESS = KindId("servicing-address")
KINDS = (
    TaskKind(kind=MEDICAL, line=Line.CLAIMS, standard_minutes=12, tariff_fen=1_250),
    TaskKind(kind=LARGE, line=Line.CLAIMS, standard_minutes=30, required_authority=5, tariff_fen=9_900),
    TaskKind(kind=ADDRESS, line=Line.SERVICING, standard_minutes=6, tariff_fen=300),
)
#: As it comes from the headquarters: numbers on curves have become floats on the way.
MODEL, SHIPPED = (
    msgspec.msgpack.decode(msgspec.msgpack.encode(model), type=MatchingModel)
    for model in (trivial_model(), shipped_model())
)
#: Heartbeats and ticks of the real system.
BEAT_MS = 1_000
TICK_MS = 200

Expected = TypeVar("Expected")


def person(name: str, province: ProvinceCode = FUJIAN, **changes: Any) -> Operator:
    """Somebody who may do the ordinary kinds, one task at a time."""
    known: dict[str, Any] = {
        "operator": OperatorId(name),
        "province": province,
        "site": SiteId(f"{province}-1"),
        "kinds": {MEDICAL: KindExperience(), ADDRESS: KindExperience()},
        "capacity": 1,
    }
    return Operator(**(known | changes))


def spec(kind: KindId = MEDICAL, **changes: Any) -> TaskSpec:
    """What a branch says of a task."""
    return TaskSpec(kind=kind, **changes)


def session_of(name: str) -> SessionId:
    """The session that `Branch.arrive` signs people in with."""
    return SessionId(f"gateway-1/{name}")


class Branch:
    """A province, its clock, and what its last batch brought about."""

    def __init__(
        self,
        province: ProvinceCode = FUJIAN,
        *,
        kinds: tuple[TaskKind, ...] = KINDS,
        limits: TimeLimits | None = None,
        bounds: Bounds | None = None,
        model: MatchingModel = MODEL,
    ) -> None:
        self.code = province
        self.wall_ms = START_MS
        self.monotonic_ms = 5_000_000
        self.province = Province(province, self.now, bounds)
        self.shadow = ProvinceState(province, bounds)
        self.store: dict[str, bytes] = {}
        self.log: list[e.AnyEvent] = []
        self.events: tuple[e.AnyEvent, ...] = ()
        self.updates: tuple[DeskUpdate, ...] = ()
        settings = ProvinceSettings(province=province, display_name=province, display_name_zh=province)
        self.do(c.ConfigureProvince(who="system:country", settings=settings, limits=limits))
        self.do(c.AdoptTaskKinds(who="system:country", revision=1, kinds=kinds))
        self.do(c.AdoptMatchingModel(who="system:country", model=model))

    @property
    def now(self) -> Instant:
        return Instant(wall_ms=self.wall_ms, monotonic_ms=self.monotonic_ms)

    @property
    def state(self) -> ProvinceState:
        return self.province.state

    # --- commands ---

    def batch(self, *commands: c.AnyCommand) -> list[AnyReply]:
        """One frame's worth of commands; the shadow replays its events one by one and must end up the same."""
        keys = [
            key for command in commands for key in records.recall_keys(command, self.state.tasks, self.state.records)
        ]
        recalled = {key: self.store[key] for key in keys if key in self.store}
        self.province.note_tick(self.now)
        replies = [self.province.handle(command, self.now, recalled) for command in commands]
        self.province.finish_batch(self.now)
        frame = self.province.take_frame()
        self.events, self.updates = frame.events, frame.desk_updates
        for event in codec.decode_events(codec.encode_events(frame.events)):
            apply(self.shadow, event)
            assert validate(self.shadow) == [], f"after {event}"
        self.log += self.events
        assert list(snapshot.capture(self.shadow)) == list(snapshot.capture(self.state))
        assert self.shadow.records == self.state.records
        return replies

    def do(self, command: c.AnyCommand) -> AnyReply:
        """One command in a batch of its own."""
        return self.batch(command)[0]

    def did(self, command: c.AnyCommand, expected: type[Expected] = TaskReply) -> Expected:
        """One command that must be answered with `expected`."""
        reply = self.do(command)
        assert isinstance(reply, expected), reply
        return reply

    def refused(self, command: c.AnyCommand) -> Reason:
        """One command that must be refused and cause nothing; the reason."""
        before = list(snapshot.capture(self.state))
        [reply] = self.batch(command)
        assert isinstance(reply, Refused), reply
        assert reply.message
        assert (self.events, self.updates) == ((), ())
        assert list(snapshot.capture(self.state)) == before
        return reply.reason

    def flush(self) -> None:
        """Move the records out of memory, as the shell does now and then."""
        self.store |= self.state.records
        self.state.records.clear()
        self.shadow.records.clear()

    # --- time ---

    def tick(self) -> tuple[e.AnyEvent, ...]:
        """A turn of the clock; its events."""
        self.do(c.Tick(who="system:clock"))
        return self.events

    def wait(self, ms: int, heard: Sequence[str] = ()) -> list[e.AnyEvent]:
        """Let time pass, ticking, while only the desks of `heard` send heartbeats. The events."""
        happened: list[e.AnyEvent] = []
        end_ms = self.monotonic_ms + ms
        beat_ms = self.monotonic_ms
        while self.monotonic_ms < end_ms:
            step_ms = min(TICK_MS, end_ms - self.monotonic_ms)
            self.wall_ms += step_ms
            self.monotonic_ms += step_ms
            if heard and self.monotonic_ms >= beat_ms:
                beat_ms += BEAT_MS
                self.do(c.HearDesks(who="gateway", sessions=tuple(session_of(name) for name in heard)))
                happened += self.events
            happened += self.tick()
        return happened

    # --- people and tasks ---

    def arrive(self, *people: Operator, presence: PresenceState = PresenceState.AVAILABLE) -> None:
        """Enrol people and sign them in."""
        for entry in people:
            self.do(c.UpsertOperators(who="ops:duty", entries=(entry,)))
            self.sign_in(entry.operator, presence=presence)

    def sign_in(self, name: str, *, presence: PresenceState = PresenceState.AVAILABLE) -> AnyReply:
        """Sign somebody in with their usual session."""
        sign_in = c.SignIn(
            who=f"operator:{name}", operator=OperatorId(name), session=session_of(name), presence=presence
        )
        return self.do(sign_in)

    def create(self, kind: KindId = MEDICAL, **changes: Any) -> TaskId:
        """Take in a task."""
        return self.did(c.CreateTask(who="branch:core", spec=spec(kind, **changes))).task.task_id

    def task(self, task_id: TaskId) -> Task:
        """The open task."""
        return self.state.tasks[task_id]

    def closed(self, task_id: TaskId) -> Task:
        """The record of a closed task."""
        return records.decode_task(self.state.records[records.task_key(task_id)])

    def holder(self, task_id: TaskId) -> dict[str, Any]:
        """What the holder of a task shows: who, task, operator and token."""
        task = self.task(task_id)
        assert task.operator is not None
        return {
            "who": f"operator:{task.operator}",
            "task_id": task_id,
            "operator": task.operator,
            "token": task.token,
        }

    def accept(self, task_id: TaskId) -> None:
        """The holder takes the offer."""
        self.did(c.AcceptOffer(**self.holder(task_id)))

    def start(self, task_id: TaskId) -> None:
        """The holder takes the offer, if it is one, and begins."""
        if self.task(task_id).state is TaskState.OFFERED:
            self.accept(task_id)
        self.did(c.StartAssignment(**self.holder(task_id)))

    def complete(self, task_id: TaskId, **changes: Any) -> Task:
        """The holder decides."""
        asked: dict[str, Any] = self.holder(task_id) | {"verdict": Verdict.APPROVED} | changes
        return self.did(c.CompleteAssignment(**asked)).task

    def due(self) -> list[Outgoing]:
        """Messages to other provinces that are due."""
        return self.province.due_messages(self.now)


def kinds_of(events: Sequence[e.AnyEvent]) -> list[str]:
    """The names of events, in order."""
    return [type(event).__name__ for event in events]
