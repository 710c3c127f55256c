"""grpc.health.v1: one entry per service, one per province, and the whole (the empty name)."""

import asyncio
from collections.abc import Iterable

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Tells load balancers and starters what serves. A province serves while its actor is connected."""

    def __init__(self, services: Iterable[str]) -> None:
        self._servicer = HealthServicer()
        self._services = tuple(services)
        self._changes: set[asyncio.Task[None]] = set()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve it."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def start(self, provinces: Iterable[str]) -> None:
        """All services serve; no province does yet."""
        for service in ("", *self._services):
            await self._servicer.set(service, _SERVING)
        for province in provinces:
            await self._servicer.set(entry_of(province), _NOT_SERVING)

    def province_changed(self, province: str, is_up: bool) -> None:
        """A province's link came up or broke."""
        change = asyncio.create_task(self._servicer.set(entry_of(province), _SERVING if is_up else _NOT_SERVING))
        self._changes.add(change)
        change.add_done_callback(self._changes.discard)

    async def stop(self) -> None:
        """Nothing serves any more; watchers are told."""
        await self._servicer.enter_graceful_shutdown()


def entry_of(province: str) -> str:
    """Name of a province's entry."""
    return f"province/{province}"
