"""One province as a process: incarnations over one disk, killed and started at any moment."""

from collections.abc import Callable

from actors.commit_loop import Answer, CommitBounds, CommitLoop
from actors.core import commands as c
from actors.core import snapshot
from actors.core.clock import Instant
from actors.core.country import Bounds, ProvinceSettings, TaskKind, TimeLimits
from actors.core.ids import ProvinceCode
from actors.core.matching.record import MatchingModel
from actors.core.matching.rounds import Matcher
from actors.core.matching.scoring import Scorer
from actors.core.messages import Outgoing
from actors.core.operators import Operator
from actors.core.refusal import Refused
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.state import ProvinceState
from actors.journal import Corrupt, Fenced, Head, JournalError, StoreFull, check_anchor, open_memory
from actors.testing.chance import Chance
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.coverage import CrashRow
from actors.testing.disk import Disk, Doom, Killed, Moment
from actors.testing.roster import CALENDAR, LIMITS, MODEL
from actors.testing.witness import Violation, Witness

#: Small, so that a run of seconds sees flushes and snapshots.
COMMIT_BOUNDS = CommitBounds(batch_max=20, records_kept_max=25, snapshot_tail_bytes=20_000, snapshot_step_bytes=5_000)
TICK_MS = 250
INTRODUCE_AGAIN_MS = 200
ORDER_AGAIN_MS = 500
#: A standstill longer than this must be noticed by the province itself.
STALL_NOTICED_MS = LIMITS.observer_stall_ms + 2 * TICK_MS
ScorerOf = Callable[[ProvinceState, MatchingModel], Scorer]
#: What a new province is told first.
Introduction = tuple[ProvinceSettings, TimeLimits, tuple[TaskKind, ...], tuple[Operator, ...]]

#: (moment of death, event in the frame) -> row of the table of crashes.
_ROWS = (
    (Moment.UNWRITTEN, b"MoveStarted", CrashRow.SOURCE_BEFORE_MOVING),
    (Moment.SYNCED, b"MoveStarted", CrashRow.SOURCE_BEFORE_SENDING),
    (Moment.UNWRITTEN, b"MoveAccepted", CrashRow.HOST_BEFORE_ACCEPT),
    (Moment.SYNCED, b"MoveAccepted", CrashRow.HOST_BEFORE_ANSWERING),
    (Moment.UNWRITTEN, b"MoveHandedOver", CrashRow.SOURCE_BEFORE_RELEASE),
)


class Incarnation:
    """A process of a province: its commit loop, and whether it is stopped or dead.

    Raises:
        StoreFull: the epoch cannot be taken.
        Corrupt: the journal is damaged, or shorter than its anchor.
    """

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._monotonic_offset_ms = site.chance.below(1_000_000)
        self.is_dead = False
        self.is_stopped = False
        self._stopped_at_ms = 0
        #: What has come in while it was stopped: a process reads its sockets only when it runs.
        self._unread: list[tuple[c.AnyCommand, Answer]] = []
        self.doom: Doom | None = None
        self._is_commit_due = False
        # Before the epoch is taken, as the real actor does: a file that a human must look at is not altered.
        check_anchor(site.disk.view(), site.anchor)
        journal = open_memory(site.disk.store, store_id="store", province=site.code)
        self.loop = CommitLoop(
            site.code,
            journal,
            clock=self.now,
            outputs=self,
            bounds=site.bounds,
            commit_bounds=COMMIT_BOUNDS,
            matcher=lambda: Matcher(site.scorer),
        )

    def now(self) -> Instant:
        """This process's clocks: the wall may jump, the monotonic clock starts anew with each process."""
        now_ms = self._site.scheduler.now_ms
        return Instant(
            wall_ms=START_WALL_MS + now_ms + self._site.wall_skew_ms, monotonic_ms=now_ms + self._monotonic_offset_ms
        )

    @property
    def serves(self) -> bool:
        """Whether it is neither dead nor stopped."""
        return not self.is_dead and not self.is_stopped

    def submit(self, command: c.AnyCommand, answer: Answer) -> None:
        """Put a command into the mailbox, if anybody is there to read it."""
        if self.is_dead:
            return
        if self.is_stopped:
            self._unread.append((command, answer))
            return
        self.loop.submit(command, answer)
        self._commit_soon()

    def tick(self) -> None:
        """A turn of the clock."""
        if self.serves:
            self.submit(c.Tick(who="system:clock"), _ignore)

    def _commit_soon(self) -> None:
        if not self._is_commit_due:
            self._is_commit_due = True
            self._site.scheduler.after(self._site.fsync_ms(), self._commit)

    def _commit(self) -> None:
        self._is_commit_due = False
        if not self.serves:
            return
        disk = self._site.disk
        disk.doom = self.doom
        try:
            self.loop.commit()
        except Killed:
            self.is_dead = True
        except JournalError as error:
            if not self.is_dead and not isinstance(error, Corrupt):
                raise Violation(f"{self._site.code}: {error!r} without on_fatal") from error
            self.is_dead = True
        finally:
            disk.doom = None
        if not self.is_dead and self.loop.backlog:
            self._commit_soon()

    def stop(self) -> None:
        """SIGSTOP."""
        self.is_stopped = True
        self._stopped_at_ms = self._site.scheduler.now_ms

    def resume(self) -> None:
        """SIGCONT. The timer that fell due meanwhile goes off first."""
        self.is_stopped = False
        stood_still_ms = self._site.scheduler.now_ms - self._stopped_at_ms
        if self._site.process is self and stood_still_ms > STALL_NOTICED_MS:
            self._site.witness.forgive(self._site.code, stood_still_ms)
        self.tick()
        unread, self._unread = self._unread, []
        for command, answer in unread:
            self.submit(command, answer)

    # --- outputs of the commit loop ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """The frame is durable; the process may die before it says so."""
        self._site.witness.saw_frame(self._site.code, sequence, epoch, at_ms, payload)
        self._site.disk.after_sync(payload)

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """News for desks."""
        self._site.on_desk_updates(updates)

    def send(self, messages: list[Outgoing]) -> None:
        """Messages to other provinces. A zombie's are as good as old ones that were found again."""
        self._site.on_messages(messages, self._site.process is self)

    def on_fatal(self, error: Exception) -> None:
        """The process ends itself."""
        self.is_dead = True
        if isinstance(error, Fenced):
            self._site.note_zombie()


class Site:
    """A province's disk and whoever writes on it at the moment.

    Args:
        introduction: what a new process is told.
        scorer: makes what scores the province's rounds.
    """

    def __init__(
        self,
        code: ProvinceCode,
        scheduler: Scheduler,
        chance: Chance,
        witness: Witness,
        bounds: Bounds,
        introduction: Introduction,
        scorer: ScorerOf = Scorer,
    ) -> None:
        self.code = code
        self.scheduler = scheduler
        self.chance = chance
        self.witness = witness
        self.bounds = bounds
        self.scorer = scorer
        self.disk = Disk(code, chance)
        self.disk.on_doom = self._note_crash
        #: The head that headquarters has on record.
        self.anchor: Head = self.disk.store.genesis()
        self.wall_skew_ms = 0
        self.fsync_max_ms = 2
        self.restarts = 0
        #: Openings refused because of damage.
        self.refusals = 0
        self.on_desk_updates: Callable[[tuple[DeskUpdate, ...]], None] = _ignore
        #: Takes messages for other provinces, and whether the sender is the present process.
        self.on_messages: Callable[[list[Outgoing], bool], None] = _ignore
        self._introduction = introduction
        self.process: Incarnation | None = None

    def fsync_ms(self) -> int:
        """How long this commit takes."""
        return self.chance.between(1, self.fsync_max_ms)

    @property
    def is_up(self) -> bool:
        """Whether a process serves."""
        return self.process is not None and self.process.serves

    def start(self) -> None:
        """A new process: takes the next epoch, replays, introduces itself. A damaged disk is refused.

        Raises:
            StoreFull: the epoch cannot be taken.
        """
        self.restarts += 1
        try:
            process = Incarnation(self)
        except Corrupt:
            self.process = None
            self.refusals += 1
            return
        self.process = process
        self._catch_up()
        self._check_replay(process.loop.province.state)
        self._introduce(process)
        self._tick(process)

    def _catch_up(self) -> None:
        """What a dead process wrote and did not live to sync is durable now."""
        for frame in self.disk.store.frames[self.witness.sequences[self.code] :]:
            self.witness.saw_frame(self.code, frame.sequence, frame.epoch, frame.at_ms, frame.payload)

    def _check_replay(self, opened: ProvinceState) -> None:
        """Snapshot and tail give what the witness saw, frame by frame."""
        seen = self.witness.states[self.code]
        if len(self.disk.store.frames) != self.witness.sequences[self.code]:
            raise Violation(f"{self.code}: the disk holds other frames than were written")
        if list(snapshot.capture(opened)) != list(snapshot.capture(seen)):
            raise Violation(f"{self.code}: snapshot and tail do not give what the frames give")
        self.witness.check_whole(self.code)

    def _introduce(self, process: Incarnation) -> None:
        """Settings, kinds and, to a new province, its people; again when the disk was full."""
        settings, limits, kinds, operators = self._introduction
        who = "system:country"
        process.submit(c.ConfigureProvince(who=who, settings=settings, limits=limits), _ignore)

        def answered(reply: AnyReply) -> None:
            if isinstance(reply, Refused):
                self.scheduler.after(INTRODUCE_AGAIN_MS, lambda: self._introduce(process))

        process.submit(c.AdoptCalendar(who=who, told=CALENDAR), _ignore)
        process.submit(c.AdoptTaskKinds(who=who, revision=1, kinds=kinds), answered)
        process.submit(c.AdoptMatchingModel(who=who, model=MODEL), _ignore)
        if not process.loop.province.state.operators:
            process.submit(c.UpsertOperators(who=who, entries=operators), _ignore)

    def _tick(self, process: Incarnation) -> None:
        if not process.is_dead:
            process.tick()
            self.scheduler.after(TICK_MS, lambda: self._tick(process))

    def _note_crash(self, moment: Moment, payload: bytes) -> None:
        for at, word, row in _ROWS:
            if at is moment and word in payload:
                self.witness.coverage.note_row(row)

    def note_zombie(self) -> None:
        """A process that was replaced has tried to write and was refused."""
        if self.witness.states[self.code].moving:
            self.witness.coverage.note_row(CrashRow.ZOMBIE_REFUSED)

    def kill(self) -> None:
        """SIGKILL: what is not written is gone."""
        if self.process is not None:
            self.process.is_dead = True

    def lose_power(self) -> None:
        """The machine stops: what is not synced is gone, too."""
        self.kill()
        self.disk.lose_power()

    def submit(self, command: c.AnyCommand, answer: Callable[[AnyReply], None]) -> None:
        """Give the serving process a command; nobody answers when there is none."""
        if self.process is not None:
            if isinstance(command, c.HearDesks) and not self.process.is_dead:
                for session in command.sessions:
                    self.witness.heard(self.code, session)
            self.process.submit(command, answer)

    def order(self, command: c.AnyCommand) -> None:
        """Ask again and again until the province has done it: what a person at a console does."""
        done: list[AnyReply] = []

        def answered(reply: AnyReply) -> None:
            if not isinstance(reply, Refused):
                done.append(reply)

        def ask() -> None:
            if not done:
                self.submit(command, answered)
                self.scheduler.after(ORDER_AGAIN_MS, ask)

        ask()

    def try_to_start(self) -> bool:
        """Start; False when the disk has no room for it."""
        try:
            self.start()
        except StoreFull:
            return False
        return True


def _ignore(*anything: object) -> None:
    """For answers that nobody waits for."""
    del anything
