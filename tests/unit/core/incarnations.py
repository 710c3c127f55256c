"""A province and its disk: memory may be thrown away at any point, what was written comes back.

The smallest shell that keeps the law "nothing overtakes the fsync": `handle` and `settle` change memory only, `write` puts what they
caused on disk as one frame, `crash` forgets the rest. The real shell (`actors.commit_loop`) is not used, so that a model of the core can
stop between any two of these steps.
"""

from actors.core import codec, records, snapshot
from actors.core import commands as c
from actors.core import events as e
from actors.core.clock import Instant
from actors.core.country import Bounds
from actors.core.ids import ProvinceCode
from actors.core.invariants import validate
from actors.core.messages import Outgoing
from actors.core.province import Province
from actors.core.replies import AnyReply
from tests.unit.core.harness import START_MS


class Clock:
    """Both clocks of a process; they need not go together."""

    def __init__(self) -> None:
        self.wall_ms = START_MS
        self.monotonic_ms = 5_000_000

    @property
    def now(self) -> Instant:
        return Instant(wall_ms=self.wall_ms, monotonic_ms=self.monotonic_ms)

    def go_on(self, ms: int) -> None:
        """Time passes."""
        self.wall_ms += ms
        self.monotonic_ms += ms


class Incarnations:
    """One province through all its lives."""

    def __init__(self, code: ProvinceCode, clock: Clock, bounds: Bounds | None = None) -> None:
        self.code = code
        self.clock = clock
        self.bounds = bounds
        #: On disk: encoded frames; the records of the first `flushed` of them; a snapshot of the first so many.
        self.frames: list[bytes] = []
        self.store: dict[str, bytes] = {}
        self.flushed = 0
        self.snapshot: tuple[int, tuple[bytes, ...]] | None = None
        self._unwritten: list[e.AnyEvent] = []
        self.crash()

    # --- in memory ---

    def handle(self, command: c.AnyCommand) -> tuple[AnyReply, tuple[e.AnyEvent, ...]]:
        """Decide one command; its reply and its own events, both not yet fit to leave."""
        state = self.province.state
        wanted = records.recall_keys(command, state.tasks, state.records)
        recalled = {key: self.store[key] for key in wanted if key in self.store}
        self.province.note_tick(self.clock.now)
        reply = self.province.handle(command, self.clock.now, recalled)
        return reply, self._caused()

    def settle(self) -> tuple[e.AnyEvent, ...]:
        """What follows from the batch: moves and matches."""
        self.province.finish_batch(self.clock.now)
        return self._caused()

    def _caused(self) -> tuple[e.AnyEvent, ...]:
        events = self.province.take_frame().events
        self._unwritten += events
        return events

    # --- on disk ---

    def write(self) -> list[Outgoing]:
        """The frame reaches the disk; the messages that may leave now."""
        if self._unwritten:
            self.frames.append(codec.encode_events(self._unwritten))
            self._unwritten = []
        return self.province.due_messages(self.clock.now)

    def flush(self) -> None:
        """The records of all frames move from memory to disk."""
        assert not self._unwritten, "records never overtake their frame"
        self.store |= self.province.state.records
        self.province.state.records.clear()
        self.flushed = len(self.frames)

    def take_snapshot(self) -> None:
        """A snapshot; the records before it must be on disk, since no replay will make them again."""
        self.flush()
        self.snapshot = (len(self.frames), tuple(snapshot.capture(self.province.state)))

    def crash(self, *, use_snapshot: bool = True) -> None:
        """The process dies and the next one replays what is on disk."""
        self._unwritten = []
        self.province = Province(self.code, self.clock.now, self.bounds)
        after = 0
        if use_snapshot and self.snapshot is not None:
            after, slices = self.snapshot
            self.province.state = snapshot.restore(slices, self.bounds)
        for sequence, payload in enumerate(self.frames[after:], after + 1):
            for event in codec.decode_events(payload):
                self.province.replay(event)
            if sequence <= self.flushed:
                self.province.state.records.clear()
        assert validate(self.province.state) == []

    # --- looking ---

    def hard_state(self) -> tuple[list[bytes], dict[str, bytes]]:
        """All that a replay must bring back: the state, and every record wherever it lies."""
        state = self.province.state
        return list(snapshot.capture(state)), self.store | state.records

    def record(self, key: str) -> bytes | None:
        """A record, from memory or from disk."""
        return self.province.state.records.get(key) or self.store.get(key)
