"""A client process that keeps a fixed number of calls under way: when one is answered, the next is begun. How many fit into a second?

The closed loop asks for the throughput of a system, the open one (`offering`) for its waits at a pace: with a closed loop a slow system is asked
less, which hides its waits, but never more than it can do.

Run as a process of its own (`python -m loadtests.bench.closed_loop`), with the `Order` as JSON on standard input and the `Done` as JSON on
standard output. All processes of a run begin at the same instant of the machine's monotonic clock. It speaks HTTP/2 by itself, as `connection`
explains: what the client does not take of the cores is the server's.
"""

import asyncio
import time
from collections.abc import Sequence

import grpc
import msgspec

from loadtests.bench.client_process import be_client
from loadtests.bench.connection import Connection, End, connections_to
from loadtests.bench.requests import CREATE, NAMES, Requests, call_headers

#: How long the last calls may take when the time is over, seconds.
LAST_CALLS_MAX_S = 10.0
_OK = grpc.StatusCode.OK.value[0]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, and for how long."""

    address: str
    token: str
    province: str
    kind: str
    #: Calls under way at once, spread over the connections.
    in_flight: int
    connections: int
    #: Instants of the machine's monotonic clock: calls answered from `count_from_s` on and before `end_s` count.
    begin_s: float
    count_from_s: float
    end_s: float
    #: Tells this process's ids from all others'; at most six characters.
    prefix: str


class Done(msgspec.Struct, kw_only=True):
    """What became of it."""

    #: Calls answered OK within the time that counts, and how long each took, microseconds.
    waits_us: list[int] = []
    #: All calls answered OK, warm-up and last ones included: so many tasks exist.
    acknowledged: int = 0
    #: Other ends, by status.
    otherwise: dict[str, int] = {}
    #: Begun and not ended in time.
    unanswered: int = 0
    #: CPU of this process in the time that counts, seconds.
    cpu_s: float = 0.0


class Loop:
    """The calls of one process."""

    def __init__(self, order: Order, connections: Sequence[Connection]) -> None:
        self._order = order
        self._connections = connections
        self._requests = Requests(order.province, order.kind, order.prefix)
        self._number = 0
        self._under_way = 0
        self._all_ended = asyncio.Event()
        self.done = Done()

    async def run(self) -> None:
        """Begin as many calls as may be under way, and leave the rest to their ends."""
        await asyncio.sleep(max(0.0, self._order.begin_s - time.monotonic()))
        for number in range(self._order.in_flight):
            self._begin(self._connections[number % len(self._connections)])
        for connection in self._connections:
            connection.flush()
        await asyncio.sleep(max(0.0, self._order.count_from_s - time.monotonic()))
        before_s = time.process_time()
        await asyncio.sleep(max(0.0, self._order.end_s - time.monotonic()))
        self.done.cpu_s = time.process_time() - before_s
        await asyncio.wait_for(self._all_ended.wait(), LAST_CALLS_MAX_S)

    def _begin(self, connection: Connection) -> None:
        """Begin a call; its end begins the next on the same connection, which sends off what was begun in one turn together."""
        self._number += 1
        self._under_way += 1
        began_s = time.monotonic()

        def ended(end: End) -> None:
            self._under_way -= 1
            now_s = time.monotonic()
            self.count(end, now_s, int((now_s - began_s) * 1e6))
            if now_s < self._order.end_s and end.code == _OK:
                self._begin(connection)
            elif not self._under_way:
                self._all_ended.set()

        connection.call(self._requests.body(self._number), ended)

    def count(self, end: End, now_s: float, wait_us: int) -> None:
        """A call has ended."""
        if end.code != _OK:
            why = NAMES.get(end.code, str(end.code))
            self.done.otherwise[why] = self.done.otherwise.get(why, 0) + 1
            return
        self.done.acknowledged += 1
        if self._order.count_from_s <= now_s < self._order.end_s:
            self.done.waits_us.append(wait_us)

    @property
    def under_way(self) -> int:
        """Calls that have no end yet."""
        return self._under_way


async def run(order: Order) -> Done:
    """Do what is ordered.

    Raises:
        OSError: the server cannot be reached.
    """
    headers = call_headers(order.address, CREATE, order.token)
    async with connections_to(order.address, headers, order.connections) as connections:
        loop = Loop(order, connections)
        try:
            await loop.run()
        except TimeoutError:
            loop.done.unanswered = loop.under_way
    return loop.done


if __name__ == "__main__":
    be_client(Order, run)
