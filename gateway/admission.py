"""How many calls the gateway takes in: the rest are told at once when to come back.

Work that waits is worth less every moment, and a client that has given up is answered in vain. So under overload the gateway takes what it
can do at a pace that the provinces keep up with, and refuses the rest as early and as cheaply as a call can be refused: from its headers,
before its message is read. Three bounds, in the order in which they are asked, the last two only where a pace is set:

* **calls in flight**: bounds memory when the provinces are slow;
* **pace**: a bucket that fills at `Limits.per_second` and holds `BURST_S` of it. It is what holds in an overload that the gateway itself can
  stand. While calls wait longer than `SLOW_AGE_S` before the gateway sees them (`gateway.queue_probe` tells), it fills at `SLOW_PACE` of that:
  an acceptance costs this machine three refusals, provinces included, so a queue is worked off before anybody notices it (of what the limit
  allows, 87 % were let in instead of 97, and the 99th percentiles were half as long);
* **age**: while calls wait longer than `AGE_MAX_S`, at most half of them are let in. This is the bound that holds when the pace was set higher
  than the machine can go.

Refused for the age: everything, until the queue is gone. When it is not what was let in that makes the calls late, but refusals without end or
a machine whose cores are somebody else's, then that serves nobody (measured: 54 of 1,000 calls a second, and no shorter waits). A pace that
slows down further and further ended at its lowest for the same reason (330 to 550); so there is one lower pace, and it is high enough.

Not done: a queue of calls that wait for the pace. It would add its length to every latency and take nothing off the load, since whoever
waits is served instead of somebody younger. A limit inside the handlers was tried and is useless: by then the call has cost what it costs.

Who is never paced: operations staff, who must see and steer an overloaded country (`OPEN_SERVICES`), and desks, whose decisions empty the
queues. Both are bounded by the streams of their connections.

Everything here is arithmetic on instants that are passed in. Cost: less than a microsecond a call.
"""

import math
from dataclasses import dataclass

#: Seconds of the pace that may come at once, after a pause as long.
BURST_S = 0.1
#: While a call waits longer than this before it is seen, the pace is lower, seconds; and the share of it that is left.
SLOW_AGE_S = 0.02
SLOW_PACE = 0.7
#: While a call waits longer than this before it is seen, calls are late, seconds.
AGE_MAX_S = 0.05
#: Share of the calls seen that is let in while they are late.
LATE_SHARE = 0.5
#: Steps of the golden ratio spread evenly and never repeat themselves: callers that come by turns are let in by turns too.
_STEP = (5**0.5 - 1) / 2
#: Calls under way at once, over all servers of the gateway. Before it as many may wait for each of them (`gateway.server`). A province that restarts holds its calls for up to six seconds.
IN_FLIGHT_MAX = 10_000

#: Services whose calls are never paced: the country's picture and its controls, the desks, and what tells that the gateway lives.
OPEN_SERVICES = (
    "sharedops.v1.MonitorService",
    "sharedops.v1.ProvinceService",
    "sharedops.v1.AdminService",
    "sharedops.v1.WorkService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a gateway takes in."""

    #: Calls a second; 0: no limit.
    per_second: int = 0
    in_flight_max: int = IN_FLIGHT_MAX
    age_max_s: float = AGE_MAX_S


#: Memory alone is bounded.
NO_LIMITS = Limits()


def is_open(method: str) -> bool:
    """Whether a method (``/package.Service/Method``) is never paced."""
    return method[1:].partition("/")[0] in OPEN_SERVICES


class Admission:
    """The state of the bounds. Instants are seconds of any clock that never goes back."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._burst = max(1.0, limits.per_second * BURST_S)
        self._tokens = self._burst
        self._filled_at = now
        self.in_flight = 0
        #: By queue: when the probe that has not been seen yet was sent, and how long the last one that was seen had waited.
        self._probe_sent_at: dict[int, float] = {}
        self._delays_s: dict[int, float] = {}
        #: Of these the extremes, since calls come far more often than probes.
        self._oldest_sent_at = math.inf
        self._longest_delay_s = 0.0
        #: Whose turn it is while calls are late, from 0 to 1.
        self._turn = 0.0

    # --- the age ---

    def probe_sent(self, now: float, queue: int = 0) -> None:
        """A probe joins a queue of calls."""
        self._probe_sent_at[queue] = now
        self._sum_up()

    def probe_seen(self, now: float, queue: int = 0) -> None:
        """It has come through."""
        sent_at = self._probe_sent_at.pop(queue, None)
        if sent_at is not None:
            self._delays_s[queue] = now - sent_at
            self._sum_up()

    def probe_lost(self, queue: int = 0) -> None:
        """It could not be sent; nothing is known of the queue."""
        self._probe_sent_at.pop(queue, None)
        self._delays_s.pop(queue, None)
        self._sum_up()

    def _sum_up(self) -> None:
        self._oldest_sent_at = min(self._probe_sent_at.values(), default=math.inf)
        self._longest_delay_s = max(self._delays_s.values(), default=0.0)

    def _age_s(self, now: float) -> float:
        """How long calls wait in the longest queue before they are seen: what its last probe did, or the one under way has already."""
        return max(now - self._oldest_sent_at, self._longest_delay_s)

    # --- the verdict ---

    def admits(self, now: float) -> bool:
        """Whether another call may come in now; takes a token if so."""
        if self.in_flight >= self._limits.in_flight_max:
            return False
        if not self._limits.per_second:
            return True
        age_s = self._age_s(now)
        pace = self._limits.per_second * (SLOW_PACE if age_s > SLOW_AGE_S else 1)
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * pace)
        self._filled_at = now
        if self._tokens < 1 or (age_s > self._limits.age_max_s and not self._has_its_turn()):
            return False
        self._tokens -= 1
        return True

    def _has_its_turn(self) -> bool:
        self._turn = (self._turn + _STEP) % 1
        return self._turn < LATE_SHARE
