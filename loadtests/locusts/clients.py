"""The client process beside a Locust process: the clients of its users, in one loop of asyncio. No gevent here, and no Locust.

Run as `python -m loadtests.locusts.clients`: orders come in on standard input, reports go out on standard output (`orders`). It ends when
its input does, so it cannot outlive the process that started it.
"""

import asyncio
import contextlib
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import grpc
import msgspec

from loadtests.catalogue import Kind, read_kinds
from loadtests.day import DayTask
from loadtests.desks import Workbench
from loadtests.locusts.branch_user import BranchUser, WatchUser, task_pool
from loadtests.locusts.desk_user import workbench
from loadtests.locusts.ledger import Ledger
from loadtests.locusts.metering import Meter, MeteredChannel
from loadtests.locusts.ops_user import OpsUser
from loadtests.locusts.orders import (
    Account,
    Accounted,
    Close,
    Drain,
    Drained,
    Measured,
    Open,
    Order,
    Report,
    Silence,
    Trouble,
)
from loadtests.locusts.places import Place
from loadtests.wire import DevelopmentTokens, open_channel, read_development_tokens

#: Between two reports, seconds.
REPORT_EVERY_S = 0.2
#: Rows in one report.
ROWS_MAX = 1_000
#: What is under way when everybody leaves must be answered by then, seconds.
DRAIN_MAX_S = 90.0
#: For so long after its silence a desk may come too late with what it had in hand, seconds: longer than a lease and the longest work together.
EXCUSED_S = 60.0
#: Longest order, bytes: a place names at most a hundred people.
ORDER_BYTES_MAX = 1 << 20


@dataclass(slots=True)
class Client:
    """One user's client."""

    place: Place
    user: BranchUser | WatchUser | OpsUser | Workbench
    channel: grpc.aio.Channel
    job: asyncio.Task[None]
    #: Until when a desk may come too late, seconds of the loop's clock.
    excused_until_s: float = 0.0


class Clients:
    """All clients of one process."""

    def __init__(self, say: "asyncio.Queue[Report]") -> None:
        self._say = say
        self._meter = Meter()
        self._ledger = Ledger()
        self._clients: dict[int, Client] = {}
        self._pools: dict[str, list[DayTask]] = {}
        self._kinds: list[Kind] = []
        self._silent: set[str] = set()
        self._rows = 0
        self._jobs: set[asyncio.Task[None]] = set()

    async def take(self, order: Order) -> None:
        """Carry out an order. What takes long goes on by itself."""
        match order:
            case Open():
                try:
                    await self._open(order)
                except (grpc.aio.AioRpcError, OSError, KeyError, ValueError) as error:
                    self._trouble(order.place, error)
            case Close(number):
                self._spawn(self._close(number))
            case Silence(province, is_silent):
                self._silence(province, is_silent)
            case Drain():
                self._spawn(self._drain())
            case Account():
                self.report()
                self._say.put_nowait(Accounted(self._ledger.read(self._rows)))

    def report(self) -> None:
        """Report what was measured since the last time."""
        rows = self._meter.take()
        self._rows += len(rows)
        for start in range(0, len(rows), ROWS_MAX):
            self._say.put_nowait(Measured(rows[start : start + ROWS_MAX]))

    async def end(self) -> None:
        """Everybody goes."""
        await asyncio.gather(*(self._close(number) for number in list(self._clients)), return_exceptions=True)

    # --- one client ---

    async def _open(self, order: Open) -> None:
        place, tokens = order.place, read_development_tokens(Path(order.connection.tokens))
        channel = open_channel(order.connection.address)
        measured = cast(
            "grpc.aio.Channel", MeteredChannel(channel, self._meter, lambda: self._was_silent(place.number))
        )
        user = await self._user(measured, channel, order, tokens)
        job = asyncio.create_task(user.run())
        job.add_done_callback(lambda done: self._ended(place, done))
        self._clients[place.number] = Client(place, user, channel, job)
        if place.province in self._silent and isinstance(user, Workbench):
            self._silence(place.province, is_silent=True)

    async def _user(
        self, channel: grpc.aio.Channel, unmeasured: grpc.aio.Channel, order: Open, tokens: DevelopmentTokens
    ) -> BranchUser | WatchUser | OpsUser | Workbench:
        place, terms = order.place, order.terms
        if place.kind == "ops":
            return OpsUser(channel, tokens.ops, list(tokens.branch), place.number)
        if place.kind in ("bench", "desk"):
            return workbench(channel, tokens.desk[place.province], place, terms, self._ledger)
        token = tokens.branch[place.province]
        if place.kind == "watch":
            return WatchUser(channel, token, place.province)
        self._kinds = self._kinds or await read_kinds(unmeasured, token)
        pool = self._pools.get(place.province)
        if pool is None:
            pool = task_pool(place.province, self._kinds, is_month_end=terms.is_month_end)
            self._pools[place.province] = pool
        return BranchUser(channel, token, place, terms, pool, self._ledger, self._meter)

    def _ended(self, place: Place, job: "asyncio.Task[None]") -> None:
        """A client's job is over; by itself it never should be."""
        if not job.cancelled() and (error := job.exception()) is not None:
            self._trouble(place, error)

    def _trouble(self, place: Place, error: BaseException) -> None:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        problem = f"{error.code().name} {error.details()}" if isinstance(error, grpc.aio.AioRpcError) else repr(error)
        self._tell(place, problem)

    def _tell(self, place: Place, problem: str) -> None:
        self._say.put_nowait(Trouble(f"{place.kind} {place.province}".strip(), problem))

    async def _close(self, number: int) -> None:
        client = self._clients.get(number)
        if client is None:
            return
        if isinstance(client.user, BranchUser | OpsUser):
            client.user.leave()
            if unanswered := await self._answered([client.user]):
                self._tell(client.place, f"{unanswered} calls were never answered")
        elif isinstance(client.user, Workbench):
            await client.user.stop()
        if self._clients.pop(number, None) is None:
            return
        client.job.cancel()
        await asyncio.gather(client.job, return_exceptions=True)
        await client.channel.close()

    # --- all of them ---

    async def _drain(self) -> None:
        users = [client.user for client in self._clients.values() if isinstance(client.user, BranchUser | OpsUser)]
        for user in users:
            user.leave()
        unanswered = await self._answered(users)
        self._say.put_nowait(Drained(unanswered))

    async def _answered(self, users: Sequence[BranchUser | OpsUser]) -> int:
        """Wait until nothing of these is under way; how much still is when it takes too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_MAX_S):
                await asyncio.gather(*(user.under_way.none() for user in users))
        return sum(user.under_way.count for user in users)

    def _silence(self, province: str, is_silent: bool) -> None:
        (self._silent.add if is_silent else self._silent.discard)(province)
        for client in self._clients.values():
            if client.place.province == province and isinstance(client.user, Workbench):
                if is_silent:
                    client.excused_until_s = math.inf
                    client.user.freeze()
                elif client.user.is_frozen:
                    client.excused_until_s = asyncio.get_running_loop().time() + EXCUSED_S
                    client.user.thaw()

    def _was_silent(self, number: int) -> bool:
        """Whether a desk is silent, or was until lately."""
        client = self._clients.get(number)
        return client is not None and asyncio.get_running_loop().time() < client.excused_until_s

    def _spawn(self, job: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)


async def serve_orders() -> None:
    """Carry out orders until there are no more."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(ORDER_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    reports = asyncio.StreamWriter(transport, protocol, None, loop)
    say: asyncio.Queue[Report] = asyncio.Queue()
    clients = Clients(say)
    talking = [asyncio.create_task(_write(reports, say)), asyncio.create_task(_report(clients))]
    decoder = msgspec.json.Decoder(Order)
    while line := await orders.readline():
        await clients.take(decoder.decode(line))
    await clients.end()
    for job in talking:
        job.cancel()


async def _write(reports: asyncio.StreamWriter, say: "asyncio.Queue[Report]") -> None:
    encoder = msgspec.json.Encoder()
    while True:
        reports.write(encoder.encode(await say.get()) + b"\n")
        await reports.drain()


async def _report(clients: Clients) -> None:
    while True:
        await asyncio.sleep(REPORT_EVERY_S)
        clients.report()


if __name__ == "__main__":
    asyncio.run(serve_orders())
