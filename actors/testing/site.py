"""One province as a process: incarnations over one disk, killed and started at any moment."""

from collections.abc import Callable
from random import Random

from actors.commit_loop import Answer, CommitBounds, CommitLoop
from actors.core import commands as c
from actors.core import snapshot
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.codec import decode_events
from actors.core.country import Bounds, ProvinceSettings, TaskKind, TimeLimits
from actors.core.ids import ProvinceCode
from actors.core.operators import Operator
from actors.core.outbox import Outgoing
from actors.core.refusal import Refused
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.state import ProvinceState
from actors.journal import JournalError, MemoryStore, MemoryView, StoreFull, open_memory
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.witness import Violation, Witness

#: Small, so that a run of seconds sees flushes and snapshots.
COMMIT_BOUNDS = CommitBounds(batch_max=20, records_kept_max=25, snapshot_tail_bytes=20_000)
TICK_MS = 100
INTRODUCE_AGAIN_MS = 200


class _Killed(BaseException):
    """The process died here. Not an Exception: nobody may catch it on the way."""


class Incarnation:
    """A process of a province: its commit loop, and whether it is stopped or dead."""

    def __init__(self, site: "Site", epoch_clock_ms: int) -> None:
        self._site = site
        self._monotonic_offset_ms = epoch_clock_ms
        self.is_dead = False
        self.is_stopped = False
        self.dies_after_append = False
        self._is_commit_due = False
        journal = open_memory(site.store, store_id="store", province=site.code)
        self.loop = CommitLoop(
            site.code, journal, clock=self.now, outputs=self, bounds=site.bounds, commit_bounds=COMMIT_BOUNDS
        )

    def now(self) -> Instant:
        """This process's clocks: the wall may jump, the monotonic clock starts anew with each process."""
        now_ms = self._site.scheduler.now_ms
        return Instant(
            wall_ms=START_WALL_MS + now_ms + self._site.wall_skew_ms, monotonic_ms=now_ms + self._monotonic_offset_ms
        )

    def submit(self, command: c.AnyCommand, answer: Answer) -> None:
        """Put a command into the mailbox, if anybody is there to read it."""
        if not self.is_dead:
            self.loop.submit(command, answer)
            self._commit_soon()

    def tick(self) -> None:
        """A turn of the clock."""
        if not self.is_dead and not self.is_stopped:
            self.submit(c.Tick(who="system:clock"), _ignore)

    def _commit_soon(self) -> None:
        if not self._is_commit_due:
            self._is_commit_due = True
            self._site.scheduler.after(self._site.fsync_ms(), self._commit)

    def _commit(self) -> None:
        self._is_commit_due = False
        if self.is_dead or self.is_stopped:
            return
        try:
            self.loop.commit()
        except _Killed:
            self.is_dead = True
        except JournalError as error:
            if not self.is_dead:
                raise Violation(f"{self._site.code}: {error!r} without on_fatal") from error
        if self.loop.backlog:
            self._commit_soon()

    def resume(self) -> None:
        """SIGCONT."""
        self.is_stopped = False
        self._commit_soon()

    # --- outputs of the commit loop ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """The frame is durable; the process may die before it says so."""
        self._site.witness.saw_frame(self._site.code, sequence, epoch, at_ms, payload)
        if self.dies_after_append:
            raise _Killed

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """News for desks."""
        self._site.on_desk_updates(updates)

    def send(self, messages: list[Outgoing]) -> None:
        """Messages to other provinces."""
        self._site.on_messages(messages)

    def on_fatal(self, error: Exception) -> None:
        """The process ends itself."""
        del error
        self.is_dead = True


class Site:
    """A province's disk and whoever writes on it at the moment."""

    def __init__(
        self,
        code: ProvinceCode,
        scheduler: Scheduler,
        random: Random,
        witness: Witness,
        bounds: Bounds,
        introduction: tuple[ProvinceSettings, TimeLimits, tuple[TaskKind, ...], tuple[Operator, ...]],
    ) -> None:
        self.code = code
        self.scheduler = scheduler
        self.witness = witness
        self.bounds = bounds
        self.store = MemoryStore("store", code)
        self.wall_skew_ms = 0
        self.fsync_max_ms = 2
        self.restarts = 0
        self.on_desk_updates: Callable[[tuple[DeskUpdate, ...]], None] = _ignore
        self.on_messages: Callable[[list[Outgoing]], None] = _ignore
        self._random = random
        self._introduction = introduction
        self.process: Incarnation | None = None

    def fsync_ms(self) -> int:
        """How long this commit takes."""
        return self._random.randint(1, self.fsync_max_ms)

    @property
    def is_up(self) -> bool:
        """Whether a process serves."""
        return self.process is not None and not self.process.is_dead and not self.process.is_stopped

    def start(self) -> None:
        """A new process: takes the next epoch, replays, introduces itself."""
        self.restarts += 1
        self.process = Incarnation(self, self._random.randrange(1_000_000))
        self._check_replay(self.process.loop.province.state)
        self._introduce(self.process)
        self._tick(self.process)

    def _introduce(self, process: Incarnation) -> None:
        """Settings, kinds and, to a new province, its people; again when the disk was full."""
        settings, limits, kinds, operators = self._introduction
        who = "system:country"
        process.submit(c.ConfigureProvince(who=who, settings=settings, limits=limits), _ignore)

        def answered(reply: AnyReply) -> None:
            if isinstance(reply, Refused):
                self.scheduler.after(INTRODUCE_AGAIN_MS, lambda: self._introduce(process))

        process.submit(c.AdoptTaskKinds(who=who, revision=1, kinds=kinds), answered)
        if not process.loop.province.state.operators:
            process.submit(c.UpsertOperators(who=who, entries=operators), _ignore)

    def _tick(self, process: Incarnation) -> None:
        if not process.is_dead:
            process.tick()
            self.scheduler.after(TICK_MS, lambda: self._tick(process))

    def _check_replay(self, opened: ProvinceState) -> None:
        """Snapshot and tail give what all frames from the first give, and what the witness saw."""
        replayed = ProvinceState(self.code, self.bounds)
        for frame in MemoryView(self.store).frames():
            for event in decode_events(frame.payload):
                apply(replayed, event)
        expected = list(snapshot.capture(replayed))
        if list(snapshot.capture(opened)) != expected:
            raise Violation(f"{self.code}: snapshot and tail do not give what the frames give")
        if list(snapshot.capture(self.witness.states[self.code])) != expected:
            raise Violation(f"{self.code}: the disk holds other frames than were written")

    def kill(self) -> None:
        """SIGKILL: what is not on disk is gone."""
        if self.process is not None:
            self.process.is_dead = True

    def fill_disk(self, is_full: bool) -> None:
        """Let every write fail, or none."""

        def refuse(write: str) -> None:
            raise StoreFull(self.code, write)

        self.store.before_write = refuse if is_full else None

    def submit(self, command: c.AnyCommand, answer: Callable[[AnyReply], None]) -> None:
        """Give the serving process a command; nobody answers when there is none."""
        if self.process is not None:
            self.process.submit(command, answer)


def _ignore(anything: object) -> None:
    """For answers that nobody waits for."""
    del anything
