"""A client process that offers calls at a fixed pace, whatever becomes of them: the open loop of an overload.

A closed loop, which sends the next call when the last is answered, slows down with the server and so hides the overload that it should make.
Here each call has its instant, and its wait is counted from there: a late start of ours counts against the server, never for it.

Run as a process of its own (`python -m loadtests.bench.offering`), with the `Order` as JSON on standard input and the `Offered` as JSON on
standard output, because one Python process offers some 3,000 calls a second at most. Cost: about 150 us a call, nearly all of it gRPC's; the
request is a template into which its ids are pasted, and the details of refusals are parsed once for each different one.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import grpc
import grpc.aio
import msgspec
from google.rpc import error_details_pb2, status_pb2

from gateway.v1 import task_pb2
from loadtests.wire import bearer, open_channel

#: Between two looks at the clock, seconds.
TICK_S = 0.004
#: Connections of one process, used by turns: the server lets 128 calls be under way on each, refuses the stream of what comes too many, and
#: an overload comes from many clients anyway.
CONNECTIONS = 16
#: Calls of one process under way; what would go beyond is held back, and counted.
IN_FLIGHT_MAX = 100 * CONNECTIONS
#: No call waits longer, seconds.
TIMEOUT_S = 5.0
#: Of a status and its message, characters kept.
WHY_LENGTH_MAX = 80
_CREATE = "/sharedops.v1.TaskService/CreateTask"
_DETAILS_KEY = "grpc-status-details-bin"
#: Pasted over by an id of the same length.
_PLACE = b"ID-00000000000000"


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
    #: Tells this process's ids from all others'; at most six characters.
    prefix: str


class Offered(msgspec.Struct, kw_only=True):
    """What became of it. Waits are from the instant at which a call was due, microseconds."""

    offered: int = 0
    held_back: int = 0
    accepted_us: list[int] = []
    refused_us: list[int] = []
    #: Refusals that do not say when to come back.
    without_retry_info: int = 0
    #: Ends that are neither an acceptance nor RESOURCE_EXHAUSTED, by status and message.
    otherwise: dict[str, int] = {}
    #: How late calls were begun.
    late_us: list[int] = []
    cpu_s: float = 0.0


class _Ended(NamedTuple):
    """A call that has its answer, which nobody has looked at yet."""

    call: grpc.aio.Call
    wait_us: int


class _Client:
    """Calls are begun in ticks and looked at in ticks; between the two there is no task of ours, only gRPC's own."""

    def __init__(self, order: Order, creates: Sequence[Any]) -> None:
        self._order = order
        self._creates = creates
        self._metadata = bearer(order.token)
        self._template = _template(order)
        self._retry_info: dict[bytes, bool] = {}
        self._under_way = 0
        self._ended: list[_Ended] = []
        self._all_ended = asyncio.Event()
        self._all_ended.set()
        self.offered = Offered()

    async def offer(self) -> None:
        """Offer everything, then wait for what is under way."""
        total_s = self._order.warm_up_s + self._order.seconds
        began_s = time.perf_counter()
        number = 0
        while (passed_s := time.perf_counter() - began_s) < total_s:
            due = int(passed_s * self._order.per_second)
            while number < due:
                self._begin(number, began_s + number / self._order.per_second)
                number += 1
            await self._look()
            await asyncio.sleep(TICK_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * TIMEOUT_S):
                await self._all_ended.wait()
        await self._look()

    def _begin(self, number: int, due_s: float) -> None:
        counts = number >= self._order.warm_up_s * self._order.per_second
        if counts:
            self.offered.offered += 1
        if self._under_way >= IN_FLIGHT_MAX:
            self.offered.held_back += counts
            return
        if counts:
            self.offered.late_us.append(int((time.perf_counter() - due_s) * 1e6))
        request_id = f"{self._order.prefix:->6}-{number:010d}".encode()
        self._under_way += 1
        self._all_ended.clear()
        create = self._creates[number % len(self._creates)]
        call = create(self._template.replace(_PLACE, request_id), metadata=self._metadata, timeout=TIMEOUT_S)

        def ended(call: grpc.aio.Call) -> None:
            self._under_way -= 1
            if not self._under_way:
                self._all_ended.set()
            if counts:
                self._ended.append(_Ended(call, int((time.perf_counter() - due_s) * 1e6)))

        call.add_done_callback(ended)

    async def _look(self) -> None:
        """Count what has ended since the last look."""
        ended, self._ended = self._ended, []
        for call, wait_us in ended:
            code = await call.code()
            if code is grpc.StatusCode.OK:
                self.offered.accepted_us.append(wait_us)
            elif code is grpc.StatusCode.RESOURCE_EXHAUSTED:
                self.offered.refused_us.append(wait_us)
                self.offered.without_retry_info += not self._says_when(await call.trailing_metadata())
            else:
                why = f"{code.name} {await call.details()}"[:WHY_LENGTH_MAX]
                self.offered.otherwise[why] = self.offered.otherwise.get(why, 0) + 1

    def _says_when(self, metadata: Any) -> bool:
        details = next((value for key, value in metadata or () if key == _DETAILS_KEY), b"")
        assert isinstance(details, bytes)
        known = self._retry_info.get(details)
        if known is None:
            known = self._retry_info[details] = _has_retry_info(details)
        return known


def _has_retry_info(details: bytes) -> bool:
    retry = error_details_pb2.RetryInfo()
    return any(
        part.Unpack(retry) and retry.retry_delay.ToMilliseconds() > 0
        for part in status_pb2.Status.FromString(details).details
    )


def _template(order: Order) -> bytes:
    place = _PLACE.decode()
    task = task_pb2.Task(external_id=place, kind=order.kind, priority=3, amount_fen=120_000, page_count=4)
    request = task_pb2.CreateTaskRequest(parent=f"provinces/{order.province}", task=task, request_id=place)
    return request.SerializeToString()


async def offer(order: Order) -> Offered:
    """Offer what is ordered; returns when everything is answered or given up."""
    async with contextlib.AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(open_channel(order.address)) for _ in range(CONNECTIONS)]
        client = _Client(order, [channel.unary_unary(_CREATE) for channel in channels])
        await client.offer()
    client.offered.cpu_s = round(time.process_time(), 2)
    return client.offered


def main() -> None:
    """Entry point of the client process."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(offer(order))))


if __name__ == "__main__":
    main()
