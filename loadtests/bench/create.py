"""What a durable `CreateTask` costs beside a bare echo, and how long it takes at a moderate pace.

Two questions, two loops:

* **How many?** Two client processes keep a number of calls under way against the system, then against an echo (`echo`: gRPC and nothing else, the
  same messages, as many processes as there are gateways), in turns of a few seconds. What the machine's other guests do to one turn they do to
  its neighbour, so the ratio is taken turn by turn, and its median counts.
* **How long?** The open loop of `offering`, at a pace that the system keeps up with easily.

Everything is as in a live system: identities, permissions, validation, provinces in processes of their own, and an answer only after its fsync.
Afterwards the journals are verified, and hold as many tasks as were acknowledged. CPU is that of everybody in the time that counts: the whole
system, Ray's own processes and the clients included.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from loadtests.bench import offering
from loadtests.bench.client_process import add_counts, run_client
from loadtests.bench.closed_loop import LAST_CALLS_MAX_S, Done, Order
from loadtests.bench.echo_process import Echo, echo_process
from loadtests.bench.kernel_figures import cpu_between, percentile_ms
from loadtests.bench.measured_system import Durable, measured_system
from loadtests.bench.requests import TIMEOUT_S
from loadtests.chaos.system import LiveSystem
from loadtests.wire import read_development_tokens

#: Client processes; one alone would be the bottleneck.
CLIENTS = 2
#: Connections of each.
CONNECTIONS = 4
#: Calls under way of each.
IN_FLIGHT = 32
KIND = "servicing-customer-data"
#: Clients start within this time; then all begin at once, seconds.
START_S = 1.5
WARM_UP_S = 1.0
#: Time that a client may take beyond its order, seconds.
_GRACE_S = LAST_CALLS_MAX_S + 15.0
#: The open loop.
PACE_PER_S = 500
PACED_S = 20.0
PACED_WARM_UP_S = 3.0
#: Between two looks at what has come: the client's own part of a wait at that pace, seconds.
_PACED_TICK_S = 0.001


class Create(Durable, kw_only=True):
    """What was measured."""

    provinces: int
    in_flight: int = CLIENTS * IN_FLIGHT
    #: Medians over the turns; the ratio is the median of the turns' ratios.
    per_second: float = 0.0
    echo_per_second: float = 0.0
    ratio: float = 0.0
    #: Waits of the open loop at `pace_per_second`, from the instants at which the calls were due.
    pace_per_second: int = PACE_PER_S
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    #: Waits of the closed loop, which say how deep the queue is.
    closed_p50_ms: float = 0.0
    closed_p99_ms: float = 0.0
    #: CPU of the system and of the clients for each task of the closed loop.
    cpu_us_per_task: float = 0.0
    client_cpu_us_per_task: float = 0.0


class Turn(NamedTuple):
    """One turn of the closed loop, against the system or the echo."""

    per_second: float
    #: CPU in the time that counts, of whom was asked and of the clients, seconds.
    server_cpu_s: float
    client_cpu_s: float
    parts: Sequence[Done]

    @property
    def counted(self) -> int:
        """Calls that count."""
        return sum(len(part.waits_us) for part in self.parts)


class Target(NamedTuple):
    """Whom a client asks."""

    address: str
    token: str
    province: str


async def measure(directory: Path, provinces: Sequence[str], *, turns: int, seconds: float) -> Create:
    """Start a system and an echo, ask both in turns, then the system at a pace; end them and verify.

    Args:
        directory: ours alone.
        turns: of each.
        seconds: that count in each turn.

    Raises:
        SystemDown: the system did not start.
        RowFailed: `sharedops verify` said nothing.
        TimeoutError: the echo or a client did not start or end.
    """
    async with measured_system(directory, provinces) as (system, journals):
        result = await _measure(system, turns, seconds)
    result.note(journals)
    return result


async def _measure(system: LiveSystem, turns: int, seconds: float) -> Create:
    tokens = read_development_tokens(system.data_dir)
    targets = [Target(system.grpc, tokens.branch[province], province) for province in system.provinces]
    created: list[Turn] = []
    echoed: list[Turn] = []
    async with echo_process() as echo:
        for turn in range(turns):
            echoed.append(await _turn(_echo_targets(echo), [echo.pid], turn, seconds))
            pids = [one.pid for one in system.everyone()]
            created.append(await _turn(targets, pids, turn, seconds))
    paced = await asyncio.gather(*(_paced(target, f"p{number}") for number, target in enumerate(targets[:CLIENTS])))
    return summed(Create(provinces=len(system.provinces)), created, echoed, paced)


def _echo_targets(echo: Echo) -> list[Target]:
    return [Target(echo.address, "none", "none")]


async def _turn(targets: Sequence[Target], pids: Sequence[int], turn: int, seconds: float) -> Turn:
    """Let all clients ask at once; CPU is read when the counting begins and ends."""
    begin_s = time.monotonic() + START_S
    count_from_s = begin_s + WARM_UP_S
    end_s = count_from_s + seconds
    orders = [
        Order(
            address=target.address,
            token=target.token,
            province=target.province,
            kind=KIND,
            in_flight=IN_FLIGHT,
            connections=CONNECTIONS,
            begin_s=begin_s,
            count_from_s=count_from_s,
            end_s=end_s,
            prefix=f"{turn}c{number}",
        )
        for number, target in zip(range(CLIENTS), itertools.cycle(targets), strict=False)
    ]
    within_s = end_s - time.monotonic() + _GRACE_S
    clients = [
        asyncio.create_task(run_client("loadtests.bench.closed_loop", order, Done, within_s)) for order in orders
    ]
    server_cpu_s = await cpu_between(pids, count_from_s, end_s)
    parts = await asyncio.gather(*clients)
    counted = sum(len(part.waits_us) for part in parts)
    return Turn(counted / seconds, server_cpu_s, sum(part.cpu_s for part in parts), parts)


async def _paced(target: Target, prefix: str) -> offering.Offered:
    """One of the clients of the open loop."""
    order = offering.Order(
        address=target.address,
        token=target.token,
        province=target.province,
        kind=KIND,
        per_second=PACE_PER_S / CLIENTS,
        seconds=PACED_S,
        warm_up_s=PACED_WARM_UP_S,
        tick_s=_PACED_TICK_S,
        prefix=prefix,
    )
    within_s = PACED_WARM_UP_S + PACED_S + 3 * TIMEOUT_S + 15.0
    return await run_client("loadtests.bench.offering", order, offering.Offered, within_s)


def summed(
    result: Create, created: Sequence[Turn], echoed: Sequence[Turn], paced: Sequence[offering.Offered]
) -> Create:
    """Fill in what the turns and the open loop give."""
    result.per_second = round(statistics.median(turn.per_second for turn in created), 1)
    result.echo_per_second = round(statistics.median(turn.per_second for turn in echoed), 1)
    ratios = [ours.per_second / echo.per_second for ours, echo in zip(created, echoed, strict=True) if echo.per_second]
    result.ratio = round(statistics.median(ratios), 3) if ratios else 0.0
    parts = [part for turn in created for part in turn.parts]
    waits_us = [wait for part in parts for wait in part.waits_us]
    result.closed_p50_ms, result.closed_p99_ms = percentile_ms(waits_us, 0.5), percentile_ms(waits_us, 0.99)
    tasks = max(1, sum(turn.counted for turn in created))
    clients_s = sum(turn.client_cpu_s for turn in created)
    result.client_cpu_us_per_task = round(clients_s / tasks * 1e6, 1)
    result.cpu_us_per_task = round((clients_s + sum(turn.server_cpu_s for turn in created)) / tasks * 1e6, 1)
    paced_us = [wait for part in paced for wait in part.accepted_us]
    result.p50_ms, result.p99_ms = percentile_ms(paced_us, 0.5), percentile_ms(paced_us, 0.99)
    result.acknowledged = sum(part.acknowledged for part in parts) + sum(part.acknowledged for part in paced)
    result.unanswered = sum(part.unanswered for part in parts)
    for part in parts:
        add_counts(result.otherwise, part.otherwise)
    for offered in paced:
        refused = {"RESOURCE_EXHAUSTED": len(offered.refused_us)} if offered.refused_us else {}
        add_counts(result.otherwise, refused | offered.otherwise)
        result.unanswered += offered.offered - len(offered.accepted_us) - sum((refused | offered.otherwise).values())
    return result
