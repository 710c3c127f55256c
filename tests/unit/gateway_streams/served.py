"""The whole gateway on loopback, with sites behind it: the processes of a country, folded into one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors.core.ids import ProvinceCode
from actors.transport import Directory
from gateway.identity import make_development_tokens
from gateway.server import Gateway, GatewaySettings
from gateway.v1 import (
    admin_pb2_grpc,
    event_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
    task_pb2,
    task_pb2_grpc,
    work_pb2_grpc,
)
from tests.unit.gateway_streams.site import KIND, Site

#: No answer takes this long; a test that waits longer has failed.
PATIENCE_S = 10.0


class Served:
    """A gateway that runs, and clients of it."""

    def __init__(
        self, gateway: Gateway, sites: dict[str, Site], tokens: dict[str, Any], where: tuple[str, str]
    ) -> None:
        self.gateway = gateway
        self.sites = sites
        self.grpc, self.console = where
        self._tokens = tokens
        self.channel = grpc.aio.insecure_channel(self.grpc)
        self.tasks: Any = task_pb2_grpc.TaskServiceStub(self.channel)
        self.work: Any = work_pb2_grpc.WorkServiceStub(self.channel)
        self.events: Any = event_pb2_grpc.EventServiceStub(self.channel)
        self.monitor: Any = monitor_pb2_grpc.MonitorServiceStub(self.channel)
        self.admin: Any = admin_pb2_grpc.AdminServiceStub(self.channel)
        self.health: Any = health_pb2_grpc.HealthStub(self.channel)

    def as_(self, role: str, province: str = "", timeout: float | None = PATIENCE_S) -> dict[str, Any]:
        """Options of a call made in a role."""
        token = self._tokens[role][province] if province else self._tokens[role]
        return {"metadata": (("authorization", f"Bearer {token}"),), "timeout": timeout}

    async def create(self, number: int, province: str = "fujian", **options: Any) -> task_pb2.Task:
        """Create a task as the branch does."""
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{province}",
            request_id=f"r-{number}",
            task=task_pb2.Task(external_id=f"case-{number}", kind=KIND),
        )
        return await self.tasks.CreateTask(request, **self.as_("branch", province) | options)

    async def metrics(self) -> str:
        """What Prometheus would read."""
        return self.gateway.metrics.text(await self.gateway.overviews.now()).decode()

    @staticmethod
    def nothing() -> monitor_pb2.GetOverviewRequest:
        """The request that asks for the overview."""
        return monitor_pb2.GetOverviewRequest()

    async def until_health(self, entry: str, status: int) -> None:
        """Wait until a health entry has a status."""
        async with asyncio.timeout(PATIENCE_S):
            async for seen in self.health.Watch(health_pb2.HealthCheckRequest(service=entry)):
                if seen.status == status:
                    return


@asynccontextmanager
async def served(*codes: str, started: Sequence[str] | None = None, **settings: Any) -> AsyncIterator[Served]:
    """Serve a country of these provinces, of which `started` (all) run; returns when they are connected."""
    async with AsyncExitStack() as stack:
        run_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="so")))
        directory = Directory(on_change=lambda _entry, _present: None)
        await directory.listen(run_dir)
        stack.push_async_callback(directory.close)
        sites = {code: Site(code, run_dir) for code in codes}
        running = codes if started is None else started
        for code in running:
            await sites[code].start()
        tokens = make_development_tokens(run_dir / "tokens.toml", codes)
        gateway = Gateway(
            GatewaySettings(
                run_dir=run_dir,
                gateway_id="g1",
                grpc="127.0.0.1:0",
                console="127.0.0.1:0",
                tokens=run_dir / "tokens.toml",
                provinces=tuple(ProvinceCode(code) for code in codes),
                **settings,
            )
        )
        found = Served(gateway, sites, tokens, await gateway.start())
        stack.push_async_callback(_stop, found)
        for code in running:
            await found.until_health(f"province/{code}", health_pb2.HealthCheckResponse.SERVING)
        yield found


async def _stop(found: Served) -> None:
    await found.channel.close(0)
    await found.gateway.stop()
    for site in found.sites.values():
        if site.process is not None:
            await site.kill()
