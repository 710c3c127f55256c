"""A client process that offers calls at a fixed pace, whatever becomes of them: the open loop of an overload.

A closed loop, which sends the next call when the last is answered, slows down with the server and so hides the overload that it should make.
Here each call has its instant, and its wait is counted from there: a late start of ours counts against the server, never for it. So does the
time that a call waits here because the server lets no more be under way on its connection.

Run as a process of its own (`python -m loadtests.bench.offering`), with the `Order` as JSON on standard input and the `Offered` as JSON on
standard output. It speaks HTTP/2 by itself (`connection` says why), and the details of refusals are parsed once for each different one.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import grpc
import msgspec
from google.rpc import error_details_pb2, status_pb2

from loadtests.bench.client_process import be_client
from loadtests.bench.connection import Connection, End, connections_to
from loadtests.bench.requests import CREATE, NAMES, TIMEOUT_S, Requests, call_headers

#: Connections of one process: an overload comes from many clients.
CONNECTIONS = 16
#: Calls of one process under way or waiting for room; what would go beyond is held back, and counted.
IN_FLIGHT_MAX = 10_000
#: Of a status and its message, characters kept.
WHY_LENGTH_MAX = 80
_OK = grpc.StatusCode.OK.value[0]
_RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to offer."""

    address: str
    token: str
    province: str
    kind: str
    per_second: float
    seconds: float
    #: At the beginning, not counted, seconds.
    warm_up_s: float
    #: When to begin, on the machine's monotonic clock; 0: at once.
    begin_s: float = 0.0
    #: Between two looks at the clock and at what has come, seconds: short for waits, longer for many calls.
    tick_s: float = 0.004
    #: Tells this process's ids from all others'; at most six characters.
    prefix: str


class Offered(msgspec.Struct, kw_only=True):
    """What became of it. Waits are from the instant at which a call was due, microseconds."""

    offered: int = 0
    held_back: int = 0
    #: Accepted altogether, the warm-up included: so many tasks exist.
    acknowledged: int = 0
    accepted_us: list[int] = []
    #: Of the accepted, those whose answers came when the time was over.
    accepted_late: int = 0
    refused_us: list[int] = []
    #: Refusals that do not say when to come back.
    without_retry_info: int = 0
    #: Ends that are neither an acceptance nor RESOURCE_EXHAUSTED, by status and message.
    otherwise: dict[str, int] = {}
    #: Calls that the server turned away unseen, at the bound of a connection, and that were sent again.
    repeated: int = 0
    #: How late calls were begun.
    late_us: list[int] = []
    #: CPU of the offering alone, the start of the process not included.
    cpu_s: float = 0.0


class Client:
    """Calls are begun in ticks; an answer is counted where it is read.

    Args:
        connections: the calls of a tick go out on one of them, the next tick's on the next.
    """

    def __init__(self, order: Order, connections: Sequence[Connection]) -> None:
        self._order = order
        self._connections = connections
        self._requests = Requests(order.province, order.kind, order.prefix)
        self._retry_info: dict[bytes, bool] = {}
        self._under_way = 0
        #: What is accepted from then on is no goodput.
        self.time_is_over = False
        self._all_ended = asyncio.Event()
        self._all_ended.set()
        self.offered = Offered()

    async def offer(self) -> None:
        """Offer everything, then wait for what is under way."""
        total_s = self._order.warm_up_s + self._order.seconds
        began_s = time.perf_counter()
        number = ticks = 0
        while (passed_s := time.perf_counter() - began_s) < total_s:
            # The first is due at once.
            due = int(passed_s * self._order.per_second) + 1
            connection = self._connections[ticks % len(self._connections)]
            while number < due:
                self._begin(connection, number, began_s + number / self._order.per_second)
                number += 1
            connection.flush()
            ticks += 1
            await _rest(self._order.tick_s)
        self.time_is_over = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * TIMEOUT_S):
                await self._all_ended.wait()

    def _begin(self, connection: Connection, number: int, due_s: float) -> None:
        counts = number >= self._order.warm_up_s * self._order.per_second
        if counts:
            self.offered.offered += 1
        if self._under_way >= IN_FLIGHT_MAX:
            self.offered.held_back += counts
            return
        if counts:
            self.offered.late_us.append(int((time.perf_counter() - due_s) * 1e6))
        self._under_way += 1
        self._all_ended.clear()

        def ended(end: End) -> None:
            self._under_way -= 1
            if not self._under_way:
                self._all_ended.set()
            self.offered.acknowledged += end.code == _OK
            if counts:
                self.count(end, int((time.perf_counter() - due_s) * 1e6))

        connection.call(self._requests.body(number), ended)

    def count(self, end: End, wait_us: int) -> None:
        """A call that counts has ended."""
        if end.code == _OK:
            self.offered.accepted_us.append(wait_us)
            self.offered.accepted_late += self.time_is_over
        elif end.code == _RESOURCE_EXHAUSTED:
            self.offered.refused_us.append(wait_us)
            self.offered.without_retry_info += not self._says_when(end.details)
        else:
            why = f"{NAMES.get(end.code, end.code)} {end.message}"[:WHY_LENGTH_MAX]
            self.offered.otherwise[why] = self.offered.otherwise.get(why, 0) + 1

    def _says_when(self, details: bytes) -> bool:
        known = self._retry_info.get(details)
        if known is None:
            known = self._retry_info[details] = _has_retry_info(details)
        return known


async def _rest(tick_s: float) -> None:
    """Sleep for a tick together with the loop, then read all that has come.

    An answer is so read up to a tick late, which counts against the server. Woken for each answer, a client took twice the CPU; and the server
    took more, too, since the kernel had somebody to wake with each answer.
    """
    time.sleep(tick_s)  # noqa: ASYNC251 - see above
    # In the first turn the loop sees what has come, behind whom it wakes; in the second it is read.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def _has_retry_info(details: bytes) -> bool:
    retry = error_details_pb2.RetryInfo()
    return any(
        part.Unpack(retry) and retry.retry_delay.ToMilliseconds() > 0
        for part in status_pb2.Status.FromString(details).details
    )


async def offer(order: Order) -> Offered:
    """Offer what is ordered; returns when everything is answered or given up.

    Raises:
        OSError: the server cannot be reached.
    """
    headers = call_headers(order.address, CREATE, order.token)
    async with connections_to(order.address, headers, CONNECTIONS) as connections:
        client = Client(order, connections)
        await asyncio.sleep(max(0.0, order.begin_s - time.monotonic()))
        cpu_before_s = time.process_time()
        await client.offer()
        client.offered.cpu_s = round(time.process_time() - cpu_before_s, 2)
        client.offered.repeated = sum(connection.repeated for connection in connections)
    return client.offered


if __name__ == "__main__":
    be_client(Order, offer)
