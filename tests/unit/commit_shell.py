"""A province's commit loop over a disk in memory; what leaves it is written down in order."""

from collections.abc import Callable
from typing import Any

from actors.commit_loop import CommitBounds, CommitLoop
from actors.core import codec, snapshot
from actors.core import commands as c
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import ProvinceSettings
from actors.core.ids import OperatorId
from actors.core.messages import Outgoing
from actors.core.operators import PresenceState
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.state import ProvinceState
from actors.journal import (
    JournalError,
    MemoryStore,
    MemoryView,
    open_memory,
)
from tests.unit.core.harness import FUJIAN, KINDS, MEDICAL, START_MS, person, session_of, spec

CHEN = OperatorId("chen")
SMALL = CommitBounds(batch_max=4, mailbox_max=6, records_kept_max=3, snapshot_tail_bytes=1_500, snapshot_step_bytes=1)


class Killed(BaseException):
    """The process died here."""


class Shell:
    """A province over a disk of its own; `said` is everything that left it, in order."""

    def __init__(self, store: MemoryStore | None = None, bounds: CommitBounds | None = None) -> None:
        self.store = store or MemoryStore("store-1", FUJIAN)
        self.said: list[Any] = []
        self.now_ms = 0
        self.dies_after_append = False
        self.bounds = bounds
        self.open()
        if not self.loop.province.state.kinds:
            settings = ProvinceSettings(province=FUJIAN, display_name="Fujian", display_name_zh="福建")
            self.ask(c.ConfigureProvince(settings=settings), c.AdoptTaskKinds(revision=1, kinds=KINDS))

    def open(self) -> None:
        """A new incarnation."""
        journal = open_memory(self.store, store_id="store-1", province=FUJIAN)
        self.loop = CommitLoop(FUJIAN, journal, clock=self.clock, outputs=self, commit_bounds=self.bounds)

    def clock(self) -> Instant:
        return Instant(wall_ms=START_MS + self.now_ms, monotonic_ms=self.now_ms)

    def submit(self, *asked: c.AnyCommand) -> list[AnyReply]:
        """Put commands into the mailbox; the list fills when they are answered."""
        replies: list[AnyReply] = []

        def answer(reply: AnyReply) -> None:
            self.said.append(reply)
            replies.append(reply)

        for command in asked:
            self.loop.submit(command, answer)
        return replies

    def ask(self, *asked: c.AnyCommand) -> list[AnyReply]:
        """Commands and as many commits as they take, those for rounds that were put off among them."""
        replies = self.submit(*asked)
        self.loop.commit()
        while self.loop.backlog or self.loop.round_due_ms is not None:
            self.now_ms = max(self.now_ms, self.loop.round_due_ms or 0)
            self.loop.commit()
        return replies

    @property
    def state(self) -> ProvinceState:
        return self.loop.province.state

    # --- outputs ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        del epoch, at_ms
        assert self.store.frames[-1].sequence == sequence
        assert self.store.frames[-1].payload == payload
        self.said.append(sequence)
        if self.dies_after_append:
            raise Killed

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        self.said.append(updates)

    def send(self, messages: list[Outgoing]) -> None:
        self.said.append(messages)

    def on_fatal(self, error: Exception) -> None:
        self.said.append(error)


def create(request_id: str = "", **changes: Any) -> c.CreateTask:
    """A branch's new task."""
    return c.CreateTask(who="branch:core", request_id=request_id, spec=spec(MEDICAL, **changes))


def arrival() -> tuple[c.AnyCommand, ...]:
    """Somebody who is free."""
    return (
        c.UpsertOperators(entries=(person("chen", capacity=9),)),
        c.SignIn(operator=CHEN, session=session_of("chen"), presence=PresenceState.AVAILABLE),
    )


def failing(error: JournalError, *writes: str) -> Callable[[str], None]:
    """A disk on which these writes fail."""

    def refuse(write: str) -> None:
        if write in writes:
            raise error

    return refuse


def replayed(store: MemoryStore) -> ProvinceState:
    """What all frames from the first say."""
    state = ProvinceState(FUJIAN)
    for frame in MemoryView(store).frames():
        for event in codec.decode_events(frame.payload):
            apply(state, event)
    return state


def same(one: ProvinceState, two: ProvinceState) -> bool:
    """Whether two states are the same, byte for byte."""
    return list(snapshot.capture(one)) == list(snapshot.capture(two))
