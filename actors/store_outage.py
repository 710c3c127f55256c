"""A store that refuses writes: when it is asked again.

A full disk comes back when somebody makes room, and nobody tells us. So we ask: a frame without events, once a second, until one is
taken. That costs a system call or two, where deciding a batch for nothing would cost the memory that ran ahead of the disk, and with it a
replay of the whole tail. Until the store takes a frame again the province serves reads and refuses writes at once.

Two things make asking dearer, and each lengthens the pause:

* *The attempt itself is slow* (another process holds the lock: five seconds each). Asking never takes more than a fifth of the time.
* *The store takes the small frame and refuses the next large one.* Then each relapse costs a replay: the pause doubles up to
  `PAUSE_MAX_MS`, until the store has worked for `SOUND_AFTER_MS`.

Refused: a timer or thread that watches the free space of the disk. Quotas, size limits and read-only mounts do not show there; a write
is the only question whose answer counts.
"""

#: Pause between two questions. Milliseconds.
PAUSE_MS = 1_000
#: Longest pause after relapses. Milliseconds.
PAUSE_MAX_MS = 16_000
#: Without a refusal for this long after it came back, the store counts as sound. Milliseconds.
SOUND_AFTER_MS = 60_000
#: The pause is at least this many times as long as the attempt took.
PAUSE_PER_ATTEMPT = 4


class StoreOutage:
    """Whether a store refuses writes, and when to ask it again. Instants are the owner's monotonic clock, milliseconds."""

    def __init__(self) -> None:
        self.is_on = False
        #: Since when writes are (or were last) refused.
        self.since_ms = 0
        self._pause_ms = PAUSE_MS
        self._ask_at_ms = 0
        self._healed_ms = -SOUND_AFTER_MS

    def refused(self, now_ms: int, *, took_ms: int = 0) -> None:
        """A write was refused after `took_ms`."""
        if not self.is_on:
            is_relapse = now_ms - self._healed_ms < SOUND_AFTER_MS
            self._pause_ms = min(2 * self._pause_ms, PAUSE_MAX_MS) if is_relapse else PAUSE_MS
            self.is_on, self.since_ms = True, now_ms
        self._ask_at_ms = now_ms + max(self._pause_ms, PAUSE_PER_ATTEMPT * took_ms)

    def is_question_due(self, now_ms: int) -> bool:
        """Whether to try a write now."""
        return self.is_on and now_ms >= self._ask_at_ms

    def healed(self, now_ms: int) -> None:
        """A write was taken."""
        self.is_on = False
        self._healed_ms = now_ms
