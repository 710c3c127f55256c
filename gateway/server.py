"""The gateway process: gRPC and the console on one event loop. ``python -m gateway.server --help`` shows its options.

It holds no truth and may be killed at any time: clients come back with the same request ids, desks sign in again.

On SIGTERM it says NOT_SERVING, takes no new calls, finishes those it has accepted (at most `GRACE_S`), and ends.
"""

import argparse
import asyncio
import gc
import json
import os
import secrets
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Before gRPC is imported: one loop, no fork after a channel was used.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc.aio
import structlog
import uvloop
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

from actors import logs, protocol
from actors.core.ids import ProvinceCode
from actors.suffering import end_now
from gateway.accepting import SERVERS, Servers, own_address
from gateway.admission import NO_LIMITS, Admission, Limits
from gateway.console import ConsoleServer
from gateway.desks import REPORT_EVERY_S, Desks
from gateway.event_feed import EventFeed
from gateway.gate import Gate
from gateway.health import Health
from gateway.held_port import require_unused
from gateway.identity import Tokens
from gateway.item_admission import ItemAdmission
from gateway.metrics import Metrics
from gateway.overview import Overviews
from gateway.provinces import CALLS_MAX, OUTAGE_WAIT_S, ProvinceLinks
from gateway.queue_probe import PAUSE_S, UNPACED_PAUSE_S, QueueProbe, SharedQueue
from gateway.services.admin import AdminService
from gateway.services.dispatch import DispatchService
from gateway.services.drill import DrillService
from gateway.services.event import EventService
from gateway.services.monitor import MonitorService
from gateway.services.operator import OperatorService
from gateway.services.province import ProvinceService
from gateway.services.quality import QualityService
from gateway.services.task import TaskService
from gateway.services.work import WorkService
from gateway.stream_ends import STREAM_AGE_S, StreamEnds
from gateway.thread_scheduling import threads_that_do_not_interrupt
from gateway.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    dispatch_pb2,
    dispatch_pb2_grpc,
    drill_pb2,
    drill_pb2_grpc,
    event_pb2,
    event_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
    operator_pb2,
    operator_pb2_grpc,
    province_pb2,
    province_pb2_grpc,
    quality_pb2,
    quality_pb2_grpc,
    task_pb2,
    task_pb2_grpc,
    work_pb2,
    work_pb2_grpc,
)

_log = structlog.get_logger(__name__)

#: Time for accepted calls to finish after SIGTERM, seconds.
GRACE_S = 10.0
#: Largest message, bytes: a batch of 500 tasks has room.
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
#: Largest metadata of a call, bytes, as HTTP/2 counts them: 32 more than its name and value for each entry.
METADATA_BYTES_MAX = 8 * 1024
#: Calls that may wait for our loop, for each of the servers, since connections may be spread unevenly: 40,000 in all.
PENDING_MAX = 10_000

#: Limits of a connection; both ends must agree on how often to ping.
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_metadata_size", METADATA_BYTES_MAX),
    # Without it gRPC lets a growing share of calls between the two limits through, and its own hard limit is twice ours.
    ("grpc.absolute_max_metadata_size", METADATA_BYTES_MAX),
    ("grpc.max_concurrent_streams", 128),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # The limit for a ping that is under way already, as one of gRPC's own mostly is; its default is a minute.
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.max_connection_idle_ms", 5 * 60_000),
    # gRPC spreads the age by a tenth either way, so that clients do not all come back at once.
    ("grpc.max_connection_age_ms", 30 * 60_000),
    # Longer than any stream lives, which then ends by itself and with a reason (`gateway.stream_ends`); at the end of it gRPC cuts off.
    ("grpc.max_connection_age_grace_ms", 40 * 60_000),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.so_reuseport", 1),
    # Of calls that wait for our loop, gRPC ends a growing share beyond 1,000 with CANCELLED, which says nothing to anybody (474 of 2,500 sent to
    # a loop that stood still for three seconds). They are for the admission to refuse, with a reason and a time.
    ("grpc.server.max_pending_requests", PENDING_MAX),
    ("grpc.server.max_pending_requests_hard_limit", PENDING_MAX),
)

_SERVICES = tuple(
    module.DESCRIPTOR.services_by_name[name].full_name
    for module, name in (
        (task_pb2, "TaskService"),
        (work_pb2, "WorkService"),
        (operator_pb2, "OperatorService"),
        (province_pb2, "ProvinceService"),
        (dispatch_pb2, "DispatchService"),
        (quality_pb2, "QualityService"),
        (drill_pb2, "DrillService"),
        (monitor_pb2, "MonitorService"),
        (event_pb2, "EventService"),
        (admin_pb2, "AdminService"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What a gateway needs to start."""

    #: Where the directory's socket lies and the bound addresses are written to.
    run_dir: Path
    #: Name of this gateway; what it calls itself to others carries a random part, new for each incarnation, so that desks'
    #: sessions of an earlier life are never taken for its own.
    gateway_id: str
    grpc: str
    console: str
    #: Both ports are held for us (`gateway.held_port`), and other gateways of the system listen on gRPC's as well.
    has_held_ports: bool = False
    tokens: Path
    provinces: tuple[ProvinceCode, ...]
    #: Pause between two reports to the provinces of who was heard, seconds. Desks count as silent after three seconds.
    report_every_s: float = REPORT_EVERY_S
    #: How long a call waits for a province that is away, seconds. A restart takes about one.
    outage_wait_s: float = OUTAGE_WAIT_S
    #: Calls that may wait for provinces; see `ProvinceLinks`.
    calls_max: int = CALLS_MAX
    #: How many calls are taken in.
    limits: Limits = NO_LIMITS
    #: Age at which a stream ends by itself, about, seconds.
    stream_age_s: float = STREAM_AGE_S


class Gateway:
    """One incarnation of the gateway."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        incarnation = f"{settings.gateway_id}-{secrets.token_hex(4)}"
        self.links = ProvinceLinks(
            settings.run_dir,
            incarnation,
            settings.provinces,
            on_news=self._on_news,
            on_state=self._on_state,
            outage_wait_s=settings.outage_wait_s,
            calls_max=settings.calls_max,
        )
        self.desks = Desks(incarnation, self.links.tell, report_every_s=settings.report_every_s)
        self._feed = EventFeed(self.links, self.links.tell)
        self.overviews = Overviews(self.links)
        self._stream_ends = StreamEnds(settings.stream_age_s)
        self._health = Health(_SERVICES, self.links.codes())
        self.metrics = Metrics()
        self._console = ConsoleServer(self.overviews, self.metrics)
        self._reporting: asyncio.Task[None] | None = None
        self.admission = Admission(settings.limits, asyncio.get_running_loop().time())
        self._own = [own_address(settings.run_dir, settings.gateway_id, number) for number in range(SERVERS)]
        self._probe = QueueProbe(
            self.admission, self._own, pause_s=PAUSE_S if settings.limits.per_second else UNPACED_PAUSE_S
        )
        self._probing: asyncio.Task[None] | None = None
        self._servers = self._make_servers(incarnation)

    def _make_servers(self, incarnation: str) -> Servers:
        self._gate = gate = Gate(
            Tokens.load(self._settings.tokens),
            observe=self.metrics.observe,
            stream_ends=self._stream_ends,
            admission=self.admission,
            probe_paths=self._probe.paths,
        )
        servers = Servers(lambda: grpc.aio.server(interceptors=(gate,), options=CHANNEL_OPTIONS))
        links, shared = self.links, SharedQueue(servers)
        task_pb2_grpc.add_TaskServiceServicer_to_server(TaskService(links, ItemAdmission(self.admission)), shared)
        work_pb2_grpc.add_WorkServiceServicer_to_server(WorkService(links, self.desks), shared)
        operator_pb2_grpc.add_OperatorServiceServicer_to_server(OperatorService(links), shared)
        province_pb2_grpc.add_ProvinceServiceServicer_to_server(ProvinceService(links), shared)
        dispatch_pb2_grpc.add_DispatchServiceServicer_to_server(DispatchService(links), shared)
        quality_pb2_grpc.add_QualityServiceServicer_to_server(QualityService(links), shared)
        drill_pb2_grpc.add_DrillServiceServicer_to_server(DrillService(links), shared)
        monitor_pb2_grpc.add_MonitorServiceServicer_to_server(MonitorService(self.overviews), servers)
        event_pb2_grpc.add_EventServiceServicer_to_server(EventService(links, self._feed), shared)
        admin_pb2_grpc.add_AdminServiceServicer_to_server(AdminService(links, incarnation), shared)
        self._health.add_to(servers)
        reflection.enable_server_reflection((*_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), servers)
        return servers

    def _on_news(self, news: protocol.News) -> None:
        if isinstance(news, protocol.DeskNews):
            self.desks.deliver(news.updates)
        elif isinstance(news, protocol.Silence):
            self.desks.silence.replace(news.provinces)
        elif isinstance(news, protocol.Cut):
            self.links.cuts.replace(news.provinces)
        elif isinstance(news, protocol.EndNow):
            end_now(news.why)
        else:
            self._feed.deliver(news)

    def _on_state(self, province: ProvinceCode, is_up: bool) -> None:
        self._health.province_changed(province, is_up)
        if is_up:
            self.desks.province_is_back(province)
            self._feed.province_is_back(province)

    async def start(self) -> tuple[str, str]:
        """Listen; the bound addresses of gRPC and console, also written to ``<run_dir>/gateway-<id>.json``.

        Raises:
            OSError: somebody listens there who does not belong to us, or the host is not this machine's.
        """
        self.links.start()
        self._reporting = asyncio.create_task(self.desks.report_for_ever())
        host, _, port = self._settings.grpc.rpartition(":")
        if not self._settings.has_held_ports:
            require_unused(host.strip("[]"), int(port))
        port = self._servers.add_insecure_port(self._settings.grpc)
        self._servers.add_own_ports(self._own)
        await self._servers.start()
        self._probing = asyncio.create_task(self._probe.run())
        console = await self._console.start(self._settings.console, is_held=self._settings.has_held_ports)
        bound = {"grpc": f"{host}:{port}", "console": console, "pid": os.getpid()}
        path = self._settings.run_dir / f"gateway-{self._settings.gateway_id}.json"
        written = path.with_suffix(".new")
        written.write_text(json.dumps(bound), encoding="utf-8")
        written.replace(path)
        _log.info("listening", **bound)
        return bound["grpc"], console

    async def stop(self) -> None:
        """Finish what was accepted, then end."""
        await self._health.stop()
        self._stream_ends.stop()
        self._gate.close_soon()
        self.desks.silence.stop()
        if self._probing is not None:
            self._probing.cancel()
        await self._servers.stop(GRACE_S)
        if self._reporting is not None:
            self._reporting.cancel()
        self.desks.silence.close()
        await self._console.stop()
        await self.links.close()


async def _started(settings: GatewaySettings) -> Gateway:
    gateway = Gateway(settings)
    try:
        await gateway.start()
    except OSError as error:
        _log.error("cannot start", grpc=settings.grpc, console=settings.console, error=str(error))
        await gateway.stop()
        raise SystemExit(f"gateway.server cannot start: {error}") from None
    return gateway


async def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SystemExit: it cannot start, with a line that says why: the address that is taken, the file that cannot be written.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    with threads_that_do_not_interrupt():
        gateway = await _started(settings)
    # What lives now, modules and descriptors above all, lives for ever. Walking through it, a full collection took 42 ms (mean of three), in
    # which every call waited.
    gc.collect()
    gc.freeze()
    await stopped.wait()
    _log.info("stopping")
    await gateway.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the gateway process."""
    options = _parser().parse_args(arguments)
    logs.configure(options.log)
    settings = GatewaySettings(
        run_dir=options.run_dir,
        gateway_id=options.gateway_id,
        grpc=options.grpc,
        console=options.console,
        has_held_ports=options.held_ports,
        tokens=options.tokens,
        provinces=tuple(ProvinceCode(code) for code in options.provinces.split(",")),
        limits=Limits(per_second=options.admission_per_second),
    )
    # What is imported stays: the collector need not walk through it again and again.
    gc.freeze()
    uvloop.run(run(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gateway.server",
        description="The gRPC gateway and the console; `sharedops serve` starts it.",
        epilog="Exit code 0 after a clean end, 1 if it cannot start.",
    )
    parser.add_argument("--gateway-id", default="g1", help="its name (default: %(default)s)")
    parser.add_argument("--run-dir", type=Path, required=True, help="where the system's sockets lie")
    parser.add_argument("--grpc", default="127.0.0.1:50051", help="where gRPC listens (default: %(default)s)")
    parser.add_argument("--console", default="127.0.0.1:8051", help="where the console listens (default: %(default)s)")
    parser.add_argument(
        "--held-ports",
        action="store_true",
        help="both ports are held for it, and other gateways of this system listen where gRPC does, too",
    )
    parser.add_argument("--tokens", type=Path, required=True, help="identities: `tokens.toml` of the data directory")
    parser.add_argument("--provinces", required=True, help="codes, comma-separated")
    parser.add_argument("--admission-per-second", type=int, default=0, help="calls taken in a second; 0: no limit")
    parser.add_argument("--log", type=Path, help="file to log to; default: standard error")
    return parser


if __name__ == "__main__":
    main()
