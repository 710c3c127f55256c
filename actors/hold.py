"""A promise not to commit for a moment, so that a backup can photograph all journals at one instant.

The problem. A backup reads 37 journals, and no two of them are read at the same instant while everybody commits: a task that is seen
leaving one province and not yet seen arriving at the next is lost in the copy; the other way round it is there twice.

The model. A province that is held commits nothing: commands wait in its mailbox (bounded as ever), nothing is decided, answered or sent,
since all of that follows a commit. Its loop goes on, so that heartbeats are answered and nobody takes it for frozen.

What keeps it harmless. The province commits again, by its own clock, when the time that it granted has passed, at most `HOLD_MS_MAX`; a
hold cannot be prolonged, and after each the province works undisturbed for `REST_MS_MIN`. So whoever asked may die, stop or be an enemy: at
worst a third of the time is lost. Who ends a hold is told whether it was unbroken: if not, something may have been committed meanwhile, and
the photographs are worthless. What breaks a hold is the first look of the commit loop after its time, not the time itself: on a starved
machine a release that comes late, but before the loop had its turn, finds that nothing has happened.

Refused: a write transaction on every journal, taken by the backup itself. SQLite would make the provinces wait, but in the middle of their
loops, so that they would look frozen; and a backup that is stopped (SIGSTOP) would hold them for ever.

Pure: instants are this process's monotonic milliseconds, given by the caller.
"""

#: Longest hold. Below the second (`TimeLimits.observer_stall_ms`) from which a standstill is a stall of ours.
HOLD_MS_MAX = 500
#: Least pause between the end of a hold and the next.
REST_MS_MIN = 1_000


class CommitHold:
    """Whether commits are held at present, and by whom."""

    __slots__ = ("_has_ended", "_holder", "_rest_until_ms", "_since_ms", "_until_ms")

    def __init__(self) -> None:
        self._holder = ""
        self._since_ms = 0
        self._until_ms = 0
        self._rest_until_ms: int | None = None
        self._has_ended = False

    def begin(self, holder: str, for_ms: int, now_ms: int) -> str:
        """Hold commits; why not (`held`, `resting`, `malformed`), or empty when they are held from now on.

        Args:
            holder: a name that nobody else uses; asking again under the same name prolongs nothing.
            for_ms: cut down to `HOLD_MS_MAX`.
        """
        if not holder or for_ms <= 0:
            return "malformed"
        if self.is_on(now_ms):
            return "held"
        if self._rest_until_ms is not None and now_ms < self._rest_until_ms:
            return "resting"
        self._holder = holder
        self._since_ms = now_ms
        self._until_ms = now_ms + min(for_ms, HOLD_MS_MAX)
        return ""

    def is_on(self, now_ms: int) -> bool:
        """Whether nothing may be committed now. A hold whose time has passed ends here: who asks may commit."""
        if self._holder and now_ms >= self._until_ms:
            self._end(self._until_ms)
        return bool(self._holder)

    def end(self, holder: str, now_ms: int) -> int | None:
        """End one's hold; how long it kept commits back, ms, or None when it was broken before, or never was."""
        if not holder or self._holder != holder:
            return None
        ended_ms = min(now_ms, self._until_ms)
        self._end(ended_ms)
        return ended_ms - self._since_ms

    def take_ended(self) -> bool:
        """Whether a hold has ended since this was asked last."""
        has_ended, self._has_ended = self._has_ended, False
        return has_ended

    def remaining_ms(self, now_ms: int) -> int:
        """Until the hold ends by itself; 0 without one."""
        return self._until_ms - now_ms if self.is_on(now_ms) else 0

    def _end(self, at_ms: int) -> None:
        self._holder = ""
        self._has_ended = True
        self._rest_until_ms = at_ms + REST_MS_MIN
