"""Forward decay: how the statistics forget without ever being touched.

The intuition: instead of making old sums smaller every day, make new additions larger. With a half-life H and a fixed origin, an
observation x at time t adds g(t) x, where g(t) = 2^((t - origin) / H), and whoever reads at a time n divides by g(n).

Why that is the decayed sum: the usual one gives each observation the weight 2^(-(n - t) / H) at reading time, and

    sum of x 2^(-(n - t)/H)  =  sum of x 2^((t - origin)/H) / 2^((n - origin)/H)  =  (sum of g(t) x) / g(n),

term by term, whatever the order of the observations. So an update is one addition to one cell, no cell needs an instant of its own, sums of
different people may be added as they are, and a replay that does the same additions ends with the same bits (Cormode, Shkapenyuk,
Srivastava, Xu: Forward Decay, ICDE 2009). A mean needs no division: g(n) cancels.

Range: doubles overflow at 2^1024, 78 years after the origin at the shortest half-life that matters (28 days; 58 years for the recent
defects'); `EXPONENT_MAX` keeps even a wild clock below that. Precision: 53 bits at every age.

The wall clock may be wrong. `seen_ms`, the latest time that counted, goes forward only, and by a day an event at the most: an event stamped
ten years ahead by a broken clock weighs as if it came a day later, instead of drowning all others for ten years. After such a jump
nothing decays until the real time has caught up; a clock that was set back weighs its events as of `seen_ms`. After a
week's holiday the first six events weigh up to a seventh less than they should.

Nor is what the clock measured believed without bound: work that seems to have taken longer than `WORK_MAX_MINUTES` counts as that long,
and a session that seems longer than `SESSION_MAX_MS` likewise; of sessions the event says how long they count, since older versions believed them.
Measured: one decision across a jump of a year, among 60 of its kind that take 9 minutes, made the kind's mean 9,800 minutes, and still
4,200 after 60 more; so it makes it 36.

Refused: (sum, weight, as_of) with a multiplication at each update, as many write it: three numbers a cell, a power per update, and sums of
two people cannot be added without a common instant.
"""

import math
from collections.abc import Callable

from actors.core.statistics.cells import Decay

DAY_MS = 86_400_000
#: 2026-01-01 00:00 UTC. Times before it have weights below one, which is as good.
ORIGIN_MS = 1_767_225_600_000
#: Half-lives, ms, in the order of `Decay`; 0: does not decay.
HALF_LIVES_MS = (
    0.0,
    28.0 * DAY_MS,
    84.0 * DAY_MS,
    182.0 * DAY_MS,
    30.0 * DAY_MS * math.log(2.0),
)
#: Time that one event can make pass.
STEP_MAX_MS = DAY_MS
#: Doublings from the origin; together with counts below 2^60 nothing overflows.
EXPONENT_MAX = 960.0
_WORK_MS = HALF_LIVES_MS[Decay.WORK]
_EXPERIENCE_MS = HALF_LIVES_MS[Decay.EXPERIENCE]
#: Minutes that one piece of work teaches at most, as many as a kind's standard may be. Longer is a clock that was put forward, or a task
#: left open.
WORK_MAX_MINUTES = 1_440.0
#: Asia/Shanghai is eight hours ahead of UTC, all year.
LOCAL_MINUTES = 8 * 60
#: What one session teaches at most.
SESSION_MAX_MS = DAY_MS
_LOCAL_MS = LOCAL_MINUTES * 60_000
#: 1970-01-01 was a Thursday; so many days earlier the week began.
_MONDAY_DAYS = 3


class DecayClock:
    """The time that counts for the decay, and the weights that an addition has now."""

    __slots__ = ("_begin_minute", "at_ms", "day", "experience", "first_ms", "minute", "seen_ms", "work")

    def __init__(self, begin_minute: Callable[[], None] | None = None) -> None:
        #: When the first event was, Unix ms; 0: there was none.
        self.first_ms = 0
        #: The latest time that counted, Unix ms; 0: no event yet.
        self.seen_ms = 0
        #: The instant of the latest event, whatever clock it came from, and its local day: kept so that they are worked out once.
        self.at_ms = 0
        self.day = 0
        #: The minute of the latest event, minutes since 1970; whoever is to know that another one begins is told before anything is
        #: learned in it.
        self.minute = 0
        self._begin_minute = begin_minute
        #: Weight of an addition to a WORK cell, and to an EXPERIENCE cell, now.
        self.work = 1.0
        self.experience = 1.0

    def restore(self, first_ms: int, seen_ms: int, minute: int) -> None:
        """Become what was captured."""
        self.first_ms, self.minute = first_ms, minute
        if seen_ms:
            self._set(seen_ms)

    def advance(self, at_ms: int) -> None:
        """Let an event of this instant be the latest one. Cheap when many events share an instant."""
        if at_ms != self.at_ms:
            self.at_ms = at_ms
            self.day = local_day(at_ms)
            minute = at_ms // 60_000
            if minute != self.minute:
                self.minute = minute
                if self._begin_minute is not None:
                    self._begin_minute()
        if at_ms > self.seen_ms:
            if self.seen_ms:
                self._set(min(at_ms, self.seen_ms + STEP_MAX_MS))
            else:
                self.first_ms = at_ms
                self._set(at_ms)

    def as_of(self, now_ms: int) -> int:
        """The time as of which sums are read at `now_ms`. Unix ms."""
        return max(now_ms, self.seen_ms)

    def weight(self, decay: Decay) -> float:
        """Weight of an addition now to a cell that decays so."""
        return weight_at(decay, self.seen_ms)

    def _set(self, seen_ms: int) -> None:
        self.seen_ms = seen_ms
        since = seen_ms - ORIGIN_MS
        self.work = 2.0 ** min(since / _WORK_MS, EXPONENT_MAX)
        self.experience = 2.0 ** min(since / _EXPERIENCE_MS, EXPONENT_MAX)


def weight_at(decay: Decay, time_ms: int) -> float:
    """g(time): the weight of an addition at a time, and the divisor of a sum read at it; 1 for what does not decay."""
    half_life_ms = HALF_LIVES_MS[decay]
    return 2.0 ** min((time_ms - ORIGIN_MS) / half_life_ms, EXPONENT_MAX) if half_life_ms else 1.0


def work_minutes(ms: int) -> float:
    """Minutes of work that are learned of so many measured ms, 0..`WORK_MAX_MINUTES`."""
    return min(max(0, ms) / 60_000.0, WORK_MAX_MINUTES)


def local_day(at_ms: int) -> int:
    """The local day (Asia/Shanghai) of an instant, days since 1970."""
    return (at_ms + _LOCAL_MS) // DAY_MS


def local_midnight_ms(at_ms: int) -> int:
    """When the local day of an instant began, Unix ms."""
    return local_day(at_ms) * DAY_MS - _LOCAL_MS


def local_week(at_ms: int) -> int:
    """The local week of an instant, Monday first, weeks since 1970."""
    return (local_day(at_ms) + _MONDAY_DAYS) // 7


def local_hour_of_week(at_ms: int) -> int:
    """The local hour of the week of an instant, 0 (Monday, midnight) to 167."""
    return ((at_ms + _LOCAL_MS) // 3_600_000 + _MONDAY_DAYS * 24) % 168


def local_hour_of_day(at_ms: int) -> int:
    """The local hour of the day of an instant, 0..23."""
    return (at_ms + _LOCAL_MS) // 3_600_000 % 24


def local_minute_of_day(at_ms: int) -> int:
    """The local minute of the day of an instant, 0..1439."""
    return (at_ms + _LOCAL_MS) // 60_000 % 1_440
