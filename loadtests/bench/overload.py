"""Three times the load that the gateways take in: what is still served, how fast the rest is told to come back, and who is never refused.

The clients run in processes of their own (`offering`) on the same cores as the system. Beside them stands the operations' lane: the
overview and the health of a province, asked for all the time, which no overload may close. The gateways' memory is read once a second from the
kernel.

Before all that, the same clients offer the same load to a bare echo (`echo`) for a few seconds. A load that gRPC alone cannot keep up with on
this machine, or on a machine whose cores are somebody else's at the moment, is told by that from a gateway that cannot.
"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import msgspec
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.v1 import monitor_pb2, monitor_pb2_grpc
from loadtests.bench.client_process import add_counts, run_client
from loadtests.bench.echo_process import echo_process
from loadtests.bench.kernel_figures import cpu_s, percentile_ms, resident_kib
from loadtests.bench.offering import Offered, Order
from loadtests.bench.requests import TIMEOUT_S
from loadtests.chaos.system import LiveSystem
from loadtests.stolen_time import StolenTime
from loadtests.wire import bearer, open_channel, read_development_tokens

#: Client processes; one alone cannot offer enough.
CLIENTS = 2
#: Between two looks of the operations' lane, seconds.
OPS_EVERY_S = 0.1
KIND = "claims-medical"
#: Time that a client may take beyond its order, seconds.
_CLIENT_GRACE_S = 3 * TIMEOUT_S + 15.0
WARM_UP_S = 3.0
#: For how long the echo is measured, seconds.
ECHO_S = 5.0


class Overload(msgspec.Struct, kw_only=True):
    """What was measured. Waits of tasks are from the instant at which they were due."""

    gateways: int
    limit_per_second: int
    offered_per_second: float = 0.0
    seconds: float
    accepted: int = 0
    #: Of the accepted, those whose answers came when the time was over: the queue that a gateway leaves behind is no goodput.
    accepted_late: int = 0
    refused: int = 0
    goodput_per_second: float = 0.0
    goodput_ratio: float = 0.0
    accepted_p50_ms: float = 0.0
    accepted_p99_ms: float = 0.0
    refused_p50_ms: float = 0.0
    refused_p99_ms: float = 0.0
    ops_calls: int = 0
    ops_failures: int = 0
    ops_p99_ms: float = 0.0
    refused_otherwise: dict[str, int] = {}
    without_retry_info: int = 0
    held_back: int = 0
    #: Turned away unseen at the bound of a connection and sent again; their clocks ran on.
    repeated: int = 0
    #: Calls without any end.
    unanswered: int = 0
    client_late_p99_ms: float = 0.0
    client_cpu_us_per_call: float = 0.0
    gateway_cpu_us_per_call: float = 0.0
    gateway_rss_before_mib: float = 0.0
    gateway_rss_peak_mib: float = 0.0
    gateway_rss_growth_mib: float = 0.0
    #: Share of all cores' time that the host gave to others meanwhile, the echo's part included.
    stolen_ratio: float = 0.0
    #: The same load, offered to a bare echo by the same clients in the same run.
    echo_answered: int = 0
    echo_p99_ms: float = 0.0
    echo_cpu_us_per_call: float = 0.0


async def measure(
    directory: Path, provinces: Sequence[str], *, gateways: int, limit: int, offered: int, seconds: float
) -> Overload:
    """Start a system of so many gateways with a limit, offer it more, and end it.

    Raises:
        SystemDown: the system did not start.
    """
    stolen = StolenTime()
    echo = await _measure_echo(offered)
    arguments = ("--no-sample-operators", "--gateways", str(gateways), "--admission-per-second", str(limit))
    system = LiveSystem(directory, provinces, arguments=arguments)
    await system.start()
    try:
        result = await _measure(system, limit, offered, seconds)
    finally:
        await system.stop()
    result.echo_answered, result.echo_p99_ms, result.echo_cpu_us_per_call = echo
    result.stolen_ratio = stolen.ratio()
    return result


async def _measure_echo(offered: int) -> tuple[int, float, float]:
    """Calls answered, the 99th percentile of their waits in milliseconds, and the server's CPU a call in microseconds."""
    async with echo_process() as echo:
        before_s = cpu_s(echo.pid)
        orders = [_order(echo.address, "none", "none", offered, ECHO_S, f"e{number}") for number in range(CLIENTS)]
        parts = await asyncio.gather(*(_offer(order) for order in orders))
        used_s = cpu_s(echo.pid) - before_s
    waits_us = [wait for part in parts for wait in part.accepted_us]
    all_calls = sum(part.offered for part in parts) * (1 + WARM_UP_S / ECHO_S)
    return len(waits_us), percentile_ms(waits_us, 0.99), round(used_s / all_calls * 1e6, 1)


def _order(address: str, token: str, province: str, offered: int, seconds: float, prefix: str) -> Order:
    """What one of the clients is to offer."""
    return Order(
        address=address,
        token=token,
        province=province,
        kind=KIND,
        per_second=offered / CLIENTS,
        seconds=seconds,
        warm_up_s=WARM_UP_S,
        prefix=prefix,
    )


async def _measure(system: LiveSystem, limit: int, offered: int, seconds: float) -> Overload:
    tokens = read_development_tokens(system.data_dir)
    gateways = [gateway.pid for gateway in system.gateways()]
    memory = _Memory(gateways)
    lane = _Lane(system, tokens.ops)
    beside = [asyncio.create_task(memory.watch()), asyncio.create_task(lane.watch())]
    before_s = sum(map(cpu_s, gateways))
    orders = [
        _order(system.grpc, tokens.branch[province], province, offered, seconds, f"c{number}")
        for number, province in zip(range(CLIENTS), itertools.cycle(system.provinces), strict=False)
    ]
    try:
        parts = await asyncio.gather(*(_offer(order) for order in orders))
        used_s = sum(map(cpu_s, gateways)) - before_s
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    result = summed(Overload(gateways=len(gateways), limit_per_second=limit, seconds=seconds), parts, used_s)
    result.ops_calls, result.ops_failures = len(lane.waits_s), lane.failures
    result.ops_p99_ms = percentile_ms([int(wait_s * 1e6) for wait_s in lane.waits_s], 0.99)
    result.gateway_rss_before_mib, result.gateway_rss_peak_mib = memory.before_mib, memory.peak_mib
    result.gateway_rss_growth_mib = round(memory.peak_mib - memory.before_mib, 1)
    return result


async def _offer(order: Order) -> Offered:
    """Run one client process."""
    within_s = order.warm_up_s + order.seconds + _CLIENT_GRACE_S
    return await run_client("loadtests.bench.offering", order, Offered, within_s)


def summed(result: Overload, parts: Sequence[Offered], gateway_cpu_s: float) -> Overload:
    """Fill in what the clients counted and the gateways took."""
    accepted = [wait for part in parts for wait in part.accepted_us]
    refused = [wait for part in parts for wait in part.refused_us]
    offered = sum(part.offered for part in parts)
    all_calls = offered * (1 + WARM_UP_S / result.seconds)
    result.offered_per_second = round(offered / result.seconds, 1)
    result.accepted, result.refused = len(accepted), len(refused)
    result.accepted_late = sum(part.accepted_late for part in parts)
    result.goodput_per_second = round((result.accepted - result.accepted_late) / result.seconds, 1)
    result.goodput_ratio = round(result.goodput_per_second / result.limit_per_second, 3)
    result.accepted_p50_ms, result.accepted_p99_ms = percentile_ms(accepted, 0.5), percentile_ms(accepted, 0.99)
    result.refused_p50_ms, result.refused_p99_ms = percentile_ms(refused, 0.5), percentile_ms(refused, 0.99)
    result.client_late_p99_ms = percentile_ms([late for part in parts for late in part.late_us], 0.99)
    for part in parts:
        add_counts(result.refused_otherwise, part.otherwise)
    result.without_retry_info = sum(part.without_retry_info for part in parts)
    result.held_back = sum(part.held_back for part in parts)
    result.repeated = sum(part.repeated for part in parts)
    ended = result.accepted + result.refused + sum(result.refused_otherwise.values())
    result.unanswered = offered - result.held_back - ended
    result.client_cpu_us_per_call = round(sum(part.cpu_s for part in parts) / all_calls * 1e6, 1)
    result.gateway_cpu_us_per_call = round(gateway_cpu_s / all_calls * 1e6, 1)
    return result


# --- beside the load ---


class _Lane:
    """The operations' lane: the overview and the health of a province, by turns."""

    def __init__(self, system: LiveSystem, token: str) -> None:
        self._address = system.grpc
        self._province = system.provinces[0]
        self._metadata = bearer(token)
        self.waits_s: list[float] = []
        self.failures = 0

    async def watch(self) -> None:
        """Ask until cancelled."""
        async with open_channel(self._address) as channel:
            monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
            health: Any = health_pb2_grpc.HealthStub(channel)
            entry = health_pb2.HealthCheckRequest(service=f"province/{self._province}")
            while True:
                await self._timed(
                    monitor.GetOverview(monitor_pb2.GetOverviewRequest(), metadata=self._metadata, timeout=TIMEOUT_S)
                )
                await self._timed(health.Check(entry, timeout=TIMEOUT_S))
                await asyncio.sleep(OPS_EVERY_S)

    async def _timed(self, call: "grpc.aio.UnaryUnaryCall") -> None:
        began_s = time.perf_counter()
        try:
            await call
        except grpc.aio.AioRpcError:
            self.failures += 1
        self.waits_s.append(time.perf_counter() - began_s)


class _Memory:
    """Resident memory of processes together, MiB."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self.before_mib = self.peak_mib = self._now_mib()

    async def watch(self) -> None:
        """Read it once a second until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            self.peak_mib = max(self.peak_mib, self._now_mib())

    def _now_mib(self) -> float:
        return round(sum(map(resident_kib, self._pids)) / 1_024, 1)
