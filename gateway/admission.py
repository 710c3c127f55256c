"""How many calls the gateway takes in, and whose: the rest are told at once when to come back.

Work that waits is worth less every moment, and a client that has given up is answered in vain. So under overload the gateway takes what it
can do at a pace that the provinces keep up with, and refuses the rest as early and as cheaply as a call can be refused: from its headers,
before its message is read. Four bounds, the first three in the order in which they are asked, each of them shared fairly (`gateway.fair_shares`): whoever
takes less than its share is not refused because of somebody who takes more. The share is a province's, whichever of its identities call, or
that of an identity of the whole country (`Identity.share`).

* **calls in flight**: bounds memory when the provinces are slow. Nobody holds more places than are left free;
* **pace**, where one is set: what is let in is owed, and `Limits.per_second` of it is paid off, evenly by all who owe; one alone may owe
  `BURST_S` of it. It is what holds in an overload that the gateway itself can stand. While calls wait longer than `SLOW_AGE_S` before the
  gateway sees them (`gateway.queue_probe` tells), whoever owes much owes more for each call, so that it comes in at `SLOW_PACE` of what it
  could: an acceptance costs this machine three refusals, provinces included, so a queue is worked off before anybody notices it (of what the
  limit allows, 87 % were let in instead of 97, and the 99th percentiles were half as long). Those below their share are let in as before;
* **age**: while calls wait longer than `AGE_MAX_S`, at most half of those seen are let in. This is the bound that holds when the pace was set
  higher than the machine can go. Where no pace is set, it is there for the others' sake alone, and spares whoever makes no more than
  `SPARED_SHARES` equal shares of the calls: one who calls much more often than the others has up to half of them refused, and all who call
  alike wait alike.

Items of batches and streams count, too: `ITEMS_PER_CALL` of them as one call, which is what they cost, and a message of a stream as one item
more. A stream above its share is not refused, but not read any further (`gateway.item_admission`).

Refused for the age: everything, until the queue is gone. When it is not what was let in that makes the calls late, but refusals without end or
a machine whose cores are somebody else's, then that serves nobody (measured: 54 of 1,000 calls a second, and no shorter waits). A pace that
slows down further and further ended at its lowest for the same reason (330 to 550); so there is one lower pace, and it is high enough.

Not done: a queue of calls that wait for the pace. It would add its length to every latency and take nothing off the load, since whoever
waits is served instead of somebody younger. A limit inside the handlers was tried and is useless: by then the call has cost what it costs.

* **open streams**: bounds memory when clients open streams without end, desks' and staff's included, since a stream costs memory by being there.
  Nobody opens more than are left free.

Who is never paced: operations staff, who must see and steer an overloaded country (`OPEN_SERVICES`), and desks, whose decisions empty the
queues. Both are bounded by the open streams.

Everything here is arithmetic on instants that are passed in. Cost: half a microsecond a call without a pace, 1.4 for one that a pace refuses
and 2.5 for one that it lets in, with four provinces or 36.
"""

import math
from dataclasses import dataclass

from gateway.fair_shares import Debts, Places, Present

#: Seconds of the pace that may come at once from one alone, after a pause as long; from several together up to twice that.
BURST_S = 0.1
#: While a call waits longer than this before it is seen, the pace is lower, seconds; and the share of it that is left.
SLOW_AGE_S = 0.02
SLOW_PACE = 0.7
#: Who owes more than this part of what each of those present may owe, takes its share or more.
_OWES_MUCH = 0.5
#: While a call waits longer than this before it is seen, calls are late, seconds.
AGE_MAX_S = 0.05
#: Share of the calls seen that is let in while they are late.
LATE_SHARE = 0.5
#: Without a pace nobody is refused for the age who makes no more than so many equal shares of the calls: branches are of different sizes.
SPARED_SHARES = 3.0
#: And so many calls of each may come close together.
SPARED_BURST = 20.0
#: For so long at least somebody who has called is one of those who share, seconds.
PRESENT_S = 1.0
#: Calls under way at once, over all servers of the gateway. Before it as many may wait for each of them (`gateway.server`). A province that restarts holds its calls for up to six seconds.
IN_FLIGHT_MAX = 10_000
#: Streams open at once, over all servers of the gateway: one for each of 20,000 desks, evenly spread over 36 provinces, with room left for
#: half as many again. One province alone can hold half of them.
STREAMS_MAX = 32_000
#: Whose streams are those that need no identity (health, reflection).
STRANGERS = ""
#: Items of batches and streams that cost as much as one call.
ITEMS_PER_CALL = 8

#: Services whose calls are never paced: the country's picture and its controls, the desks, and what tells that the gateway lives.
OPEN_SERVICES = (
    "sharedops.v1.MonitorService",
    "sharedops.v1.ProvinceService",
    "sharedops.v1.DrillService",
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
    streams_max: int = STREAMS_MAX
    age_max_s: float = AGE_MAX_S


#: Memory alone is bounded.
NO_LIMITS = Limits()


def is_open(method: str) -> bool:
    """Whether a method (``/package.Service/Method``) is never paced."""
    return method[1:].partition("/")[0] in OPEN_SERVICES


def items_cost(items: int) -> float:
    """What so many items cost, in calls."""
    return items / ITEMS_PER_CALL


class Admission:
    """The state of the bounds. Instants are seconds of any clock that never goes back; a share is named by `Identity.share`."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        #: Calls under way.
        self.in_flight = Places(limits.in_flight_max)
        #: Streams that are open, each by whoever asked for it.
        self.streams = Places(limits.streams_max)
        self._debts = Debts(limits.per_second * BURST_S)
        self._paid_at = now
        self._present = Present(PRESENT_S, now)
        #: Of the calls that were let in while calls are late.
        self._late_debts = self._no_late_debts()
        #: By queue: when the probe that has not been seen yet was sent, and how long the last one that was seen had waited.
        self._probe_sent_at: dict[int, float] = {}
        self._delays_s: dict[int, float] = {}
        #: Of these the extremes, since calls come far more often than probes.
        self._oldest_sent_at = math.inf
        self._longest_delay_s = 0.0

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

    @property
    def is_shared(self) -> bool:
        """Whether several share what is taken in: then who is refused has used its share up."""
        return self._present.count > 1

    def admits(self, share: str, now: float, cost: float = 1.0) -> bool:
        """Whether another call may come in now; it is counted as one that has if so.

        Args:
            share: whose it is.
            cost: of the call; more than 0.
        """
        self._present.note(share, now)
        age_s = self._age_s(now)
        is_late = age_s > self._limits.age_max_s
        if is_late:
            self._late_debts.pay(LATE_SHARE * cost, self._spared(cost))
        elif self._late_debts:
            self._late_debts = self._no_late_debts()
        if not self.in_flight.has_room(share) or (is_late and not self._late_debts.has_room(share)):
            return False
        if self._limits.per_second:
            self._debts.pay((now - self._paid_at) * self._limits.per_second)
            self._paid_at = now
            if not self._debts.has_room(share):
                return False
            is_slowed = age_s > SLOW_AGE_S and self._owes_much(share)
            self._debts.owe(share, cost / SLOW_PACE if is_slowed else cost)
        if is_late:
            self._late_debts.owe(share, cost)
        return True

    def _no_late_debts(self) -> Debts:
        return Debts(0.0 if self._limits.per_second else SPARED_BURST)

    def _owes_much(self, share: str) -> bool:
        return self._debts.of(share) > _OWES_MUCH * self._debts.bound_among(self._present.count)

    def _spared(self, cost: float) -> float:
        """What everybody may have of a call, or of items, while calls are late."""
        return 0.0 if self._limits.per_second else SPARED_SHARES * cost / self._present.count
