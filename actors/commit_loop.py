"""Group commit: many commands, one frame, one fsync.

Theory of operation
-------------------
Commands pile up in the mailbox while the loop is busy with the previous frame. One call of `commit` takes them all (up to a bound),
decides and applies them in memory, appends ONE frame and only then lets anything out: replies, desk updates, messages to other provinces,
news for followers. So the size of a group adapts to the load by itself: alone, a command costs one fsync; under pressure a hundred share it.

The append runs inline on the event loop. In a thread beside a busy loop it would wait for the interpreter lock far longer than for the disk.

* If the append succeeds, everything that the frame brought about is sent.
* If it fails without a doubt (disk full, lock held by another), memory is thrown away and rebuilt from the journal, once. From then on
  the province is read-only: reads are answered, writes are refused at once, time decides nothing, and `StoreOutage` says when the store
  is asked whether it takes a frame again. So a full disk costs one replay, not one per batch, and heals without a restart.
* If we are fenced, or the outcome is open, or the journal is damaged, the process must end: `on_fatal`.
* While a backup holds us (`actors.hold`, half a second at most) nothing is decided, written or said; the mailbox fills.

Bounds: `CommitBounds`; above `mailbox_max` waiting commands one more is refused at once, but for time and heartbeats (`_ALWAYS_TAKEN`). At 12 us a decision a full
batch holds the loop for about 12 ms, and replay after a failure costs about 5 us an event beyond the last snapshot.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import msgspec
import structlog

from actors.core import codec, records, snapshot
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.country import Bounds
from actors.core.headquarters import KINDS_BYTES_MAX
from actors.core.ids import ProvinceCode
from actors.core.invariants import validate
from actors.core.matching.rounds import Matcher
from actors.core.messages import Outgoing
from actors.core.province import Province
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.sharing.summary import ProvinceSummary
from actors.hold import CommitHold
from actors.journal import Journal, JournalError, SnapshotWriter, StoreBusy, StoreFull
from actors.round_pace import RoundPace
from actors.store_outage import StoreOutage

_log = structlog.get_logger(__name__)


class CommitBounds(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits of the loop."""

    #: Commands decided for one frame.
    batch_max: int = 1_000
    #: What the commands of a frame may bring beyond a call's fields, which are 21 KiB at most: a batch ends with the command that goes beyond
    #: it. Bytes. A thousand tasks with the answers that travel with them would be 99 MiB, and the journal takes 64 in a frame.
    batch_extra_bytes_max: int = 16 * 1024 * 1024
    #: Commands waiting; one more is refused.
    mailbox_max: int = 20_000
    #: Records kept in memory before they are written beside a frame.
    records_kept_max: int = 1_000
    #: A snapshot is due when the tail is longer than this, and than the last snapshot. Bytes. The tail is what a restart replays and learns
    #: from again, at 20 to 29 MiB (76,000 to 110,000 events) a second and core before there were statistics, and about half of that since:
    #: 36 provinces on two cores replay at most 36 x 4 MiB / 2 / 12 MiB/s = 6 s, on average half of that. With 8 MiB a country of 1,000,000
    #: past tasks needed 17 s more to start than an empty one. A snapshot holds open work only, 2.3 MiB with 10,000 waiting tasks; in the time
    #: of a commit and in CPU a task the difference between 64, 8 and 4 MiB was below the noise (72 to 83 us an operation).
    snapshot_tail_bytes: int = 4 * 1024 * 1024
    #: Of a snapshot, what is written between two frames: slices until this is reached. One of a thousand tasks is above it, the tables of
    #: the statistics are mostly far below. Bytes.
    snapshot_step_bytes: int = 64 * 1024


#: Commands that touch nothing but soft state: forgetting who was heard while the disk was full would cost every desk its lease.
SOFT = (c.HearDesks, c.LosePath, c.RenewAssignment, c.TakeAdvice)
#: Commands that a full mailbox takes all the same: a few a second from each gateway and from ourselves. Refused, time would stand still for as long
#: as more comes than can be decided, so that no lease ends and no site is called lost, and every desk would look silent.
_ALWAYS_TAKEN = (c.Tick, c.HearDesks, c.LosePath, c.TakeAdvice)
#: Commands that bring more than a call's fields, and how many bytes of it: the answers that travel with a task; the country's kinds.
_EXTRA_BYTES: dict[type, Callable[[Any], int]] = {
    c.AcceptMove: lambda command: sum(len(answer) for _, answer in command.answers),
    c.AdoptTaskKinds: lambda _: KINDS_BYTES_MAX,
}
#: What asks the store whether it takes writes again: a frame in which nothing happens.
_QUESTION = codec.encode_events(())

Answer = Callable[[AnyReply], None]


class Outputs(Protocol):
    """Where a frame's consequences go, after it is on disk."""

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """A frame is on disk."""
        ...

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """News for desks."""
        ...

    def send(self, messages: list[Outgoing]) -> None:
        """Messages for other provinces."""
        ...

    def on_fatal(self, error: Exception) -> None:
        """The process must end; nothing may be sent any more."""
        ...


class CommitLoop:
    """A province's state, its journal, and the mailbox between them.

    Args:
        journal: opened for writing; replayed here.
        clock: now.
        outputs: where consequences go.
        matcher: makes what keeps the scorer of the province's rounds.

    Raises:
        Corrupt: the journal does not replay.
    """

    def __init__(
        self,
        province: ProvinceCode,
        journal: Journal,
        *,
        clock: Callable[[], Instant],
        outputs: Outputs,
        bounds: Bounds | None = None,
        commit_bounds: CommitBounds | None = None,
        matcher: Callable[[], Matcher] = Matcher,
    ) -> None:
        self.journal = journal
        self._code = province
        self._clock = clock
        self._outputs = outputs
        self._bounds = bounds
        self._matcher = matcher
        self._commit_bounds = commit_bounds or CommitBounds()
        self._mailbox: deque[tuple[c.AnyCommand, Answer]] = deque()
        self._snapshot: tuple[SnapshotWriter, Iterator[bytes]] | None = None
        self._snapshot_bytes = 0
        self._outage = StoreOutage()
        self._pace = RoundPace()
        #: When the round is due that the last commit put off, milliseconds of the monotonic clock: commit again then. None: it put none off.
        self.round_due_ms: int | None = None
        self.is_stopped = False
        self.hold = CommitHold()
        self.province = self._replayed()
        problems = validate(self.province.state)
        if problems:
            raise RuntimeError(f"province {province} replays to an impossible state: {problems[0]}")

    @property
    def backlog(self) -> int:
        """Commands that wait for the next frame."""
        return len(self._mailbox)

    @property
    def is_read_only(self) -> bool:
        """Whether the store refuses writes for now."""
        return self._outage.is_on

    def summary(self, now: Instant) -> ProvinceSummary:
        """How the province stands as of the last frame, and whether it can write another. Call between two commits."""
        summary = self.province.summary(now)
        return msgspec.structs.replace(summary, sequence=self.journal.head.sequence, is_read_only=self.is_read_only)

    def submit(self, command: c.AnyCommand, answer: Answer) -> None:
        """Put a command into the mailbox. `answer` is called once, after the fsync of what the command caused."""
        if len(self._mailbox) >= self._commit_bounds.mailbox_max and not isinstance(command, _ALWAYS_TAKEN):
            answer(Refused(reason=Reason.QUEUE_FULL, message="The province is overloaded.", retry_after_ms=200))
            return
        self._mailbox.append((command, answer))

    def commit(self) -> None:
        """Decide what is in the mailbox, write one frame, answer."""
        self.round_due_ms = None
        now = self._clock()
        if self.is_stopped or self._is_held(now):
            return
        batch = self._next_batch()
        if self._outage.is_on and not self._takes_writes_again(now):
            self.province.note_tick(now)
            self._refuse_writes(batch, now)
            self._send_due(now)
            return
        answers = self._decide(batch, now)
        self._finish_batch(now)
        frame = self.province.take_frame()
        if frame.events and not self._append(codec.encode_events(frame.events), now):
            self._refuse_writes(batch, now)
            return
        for answer, reply in answers:
            answer(reply)
        if frame.desk_updates:
            self._outputs.tell_desks(frame.desk_updates)
        self._send_due(now)
        self._go_on_with_snapshot()

    def _next_batch(self) -> list[tuple[c.AnyCommand, Answer]]:
        mailbox, batch = self._mailbox, list[tuple[c.AnyCommand, Answer]]()
        room = self._commit_bounds.batch_extra_bytes_max
        while mailbox and room >= 0 and len(batch) < self._commit_bounds.batch_max:
            entry = mailbox.popleft()
            batch.append(entry)
            extra = _EXTRA_BYTES.get(type(entry[0]))
            if extra is not None:
                room -= extra(entry[0])
        return batch

    def _finish_batch(self, now: Instant) -> None:
        """Match what waits, if it is time for a round; otherwise note when it will be."""
        province = self.province
        if not province.has_pairs_to_find:
            province.finish_batch(now)
        elif self._pace.is_due(now.monotonic_ms):
            province.finish_batch(now)
            self._pace.note_held(now.monotonic_ms, self._clock().monotonic_ms)
        else:
            province.finish_batch(now, may_match=False)
            self.round_due_ms = self._pace.due_ms

    def _send_due(self, now: Instant) -> None:
        messages = self.province.due_messages(now)
        if messages:
            self._outputs.send([self._with_answers(message) for message in messages])

    def _with_answers(self, message: Outgoing) -> Outgoing:
        """A task that leaves takes the answers to its branch's last requests along, so that its next host repeats them."""
        command = message.command
        if not isinstance(command, c.AcceptMove) or not command.task.request_keys:
            return message
        fresh = self.province.state.records
        keys = command.task.request_keys
        known = self.journal.recall([key for key in keys if key not in fresh])
        known |= {key: fresh[key] for key in keys if key in fresh}
        answers = tuple((key, known[key]) for key in keys if key in known)
        return Outgoing(destination=message.destination, command=msgspec.structs.replace(command, answers=answers))

    def is_held(self) -> bool:
        """Whether a backup holds us. The first look after a hold takes the standstill off everybody's silence."""
        return self._is_held(self._clock())

    def _is_held(self, now: Instant) -> bool:
        if self.hold.is_on(now.monotonic_ms):
            return True
        if self.hold.take_ended():
            self.province.note_standstill(now)
        return False

    def _decide(self, batch: list[tuple[c.AnyCommand, Answer]], now: Instant) -> list[tuple[Answer, AnyReply]]:
        recalled = self._recall(batch)
        province = self.province
        province.note_tick(now)
        return [(answer, province.handle(command, now, recalled)) for command, answer in batch]

    def _recall(self, batch: list[tuple[c.AnyCommand, Answer]]) -> dict[str, bytes]:
        """The stored records that the batch may need and memory does not hold."""
        state = self.province.state
        keys = [key for command, _ in batch for key in records.recall_keys(command, state.tasks, state.records)]
        return self.journal.recall(keys) if keys else {}

    def _append(self, payload: bytes, now: Instant) -> bool:
        """Write the frame. False: surely not written, and memory is as the journal says again."""
        state = self.province.state
        # A snapshot waits for the records, and a province in which little ends would gather them for weeks.
        flush = len(state.records) >= self._commit_bounds.records_kept_max or self._is_snapshot_due()
        if not self._write(payload, now, state.records if flush else None):
            self._rebuild()
            return False
        if flush:
            state.records.clear()
        return True

    def _write(self, payload: bytes, now: Instant, records_due: Mapping[str, bytes] | None = None) -> bool:
        """Append a frame and tell of it. False: surely not written; the outage is noted."""
        try:
            head = self.journal.append(payload, at_ms=now.wall_ms, records=records_due)
        except (StoreFull, StoreBusy) as error:
            failed_ms = self._clock().monotonic_ms
            if not self._outage.is_on:
                _log.error("store refuses writes: read-only", province=self._code, detail=str(error))
            self._outage.refused(failed_ms, took_ms=failed_ms - now.monotonic_ms)
            return False
        except JournalError as error:
            self._stop(error)
            raise
        self._outputs.frame_written(head.sequence, head.epoch, now.wall_ms, payload)
        return True

    def _takes_writes_again(self, now: Instant) -> bool:
        """Ask the store, if it is time to. Memory is as the journal says, so a refusal costs nothing but the attempt."""
        if not self._outage.is_question_due(now.monotonic_ms) or not self._write(_QUESTION, now):
            return False
        self._outage.healed(now.monotonic_ms)
        # Those that a lost frame made were never made, either.
        self.province.outbox.begin_offers_anew()
        read_only_ms = now.monotonic_ms - self._outage.since_ms
        _log.warning("store takes writes again", province=self._code, read_only_ms=read_only_ms)
        return True

    def _stop(self, error: JournalError) -> None:
        self.is_stopped = True
        _log.error("journal failed", province=self._code, error=repr(error))
        self._outputs.on_fatal(error)

    def _refuse_writes(self, batch: list[tuple[c.AnyCommand, Answer]], now: Instant) -> None:
        """Answer a batch that cannot be written: reads as the journal says, what is soft as ever, everything else with a refusal."""
        refused = Refused(
            reason=Reason.STORE_FULL, message="The province cannot write to its disk.", retry_after_ms=1_000
        )
        recalled = self._recall(batch)
        for command, answer in batch:
            is_harmless = isinstance(command, c.READS + SOFT) and not command.request_id
            answer(self.province.handle(command, now, recalled) if is_harmless else refused)
        assert not self.province.take_frame().events, "what is harmless causes no events"

    # --- replay ---

    def _replayed(self) -> Province:
        """The province as the journal says."""
        opened = self._clock()
        province = Province(self._code, opened, self._bounds, self._matcher())
        stored = self.journal.latest_snapshot()
        after = 0
        if stored is not None and snapshot.has_statistics(stored.slices):
            province.state = snapshot.restore(stored.slices, self._bounds)
            after = stored.sequence
            self._snapshot_bytes = sum(len(piece) for piece in stored.slices)
        for frame in self.journal.frames(after=after):
            for event in codec.decode_events(frame.payload):
                province.replay(event)
            if frame.sequence <= self.journal.records_sequence:
                province.state.records.clear()
        province.state.epoch = self.journal.epoch
        return province

    def _rebuild(self) -> None:
        """Throw memory away and replay; what was only ever soft (who was heard) is kept, leases get a new term."""
        before = self.province
        self._snapshot = None
        self.province = self._replayed()
        self.province.presence = before.presence
        self.province.presence.begin_new_terms(self._clock().monotonic_ms)
        self.province.outbox = before.outbox
        self.province.outbox.begin_schedule_anew()
        self.province.site_watch = before.site_watch

    # --- snapshots ---

    def _go_on_with_snapshot(self) -> None:
        """Begin a snapshot when the tail has outgrown the last one; otherwise write the next slices of the one begun."""
        if self._snapshot is None:
            if self._is_snapshot_due():
                self._begin_snapshot()
            return
        writer, slices = self._snapshot
        enough = self._snapshot_bytes + self._commit_bounds.snapshot_step_bytes
        try:
            for piece in slices:
                writer.write(piece)
                self._snapshot_bytes += len(piece)
                if self._snapshot_bytes >= enough:
                    return
            writer.commit()
        except (StoreFull, StoreBusy) as error:
            _log.warning("snapshot given up", province=self._code, detail=str(error))
        except JournalError as error:
            self._stop(error)
            raise
        self._snapshot = None

    def _is_snapshot_due(self) -> bool:
        """Whether one is to be begun: none is being written, and the tail has outgrown the last one."""
        most = max(self._commit_bounds.snapshot_tail_bytes, self._snapshot_bytes)
        return self._snapshot is None and self.journal.tail_bytes > most

    def _begin_snapshot(self) -> None:
        """A snapshot may only be begun when all records of the frames before it are on disk."""
        if self.journal.records_sequence < self.journal.head.sequence:
            return
        self._snapshot = (self.journal.begin_snapshot(), snapshot.capture(self.province.state))
        self._snapshot_bytes = 0
