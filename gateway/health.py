"""grpc.health.v1: one entry per service, one per province, and the whole (the empty name)."""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from gateway.stopping import Stopped, Stopping

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Tells load balancers and starters what serves. A province serves while its actor is connected."""

    def __init__(self, services: Iterable[str], stopping: Stopping) -> None:
        self._servicer = _Servicer(stopping)
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


class _Servicer(HealthServicer):
    """Health whose watchers do not keep a gateway that stops."""

    def __init__(self, stopping: Stopping) -> None:
        super().__init__()
        self._stopping = stopping

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:  # noqa: N802 - the contract's name
        """Tell the status of an entry whenever it changes."""
        try:
            await self._stopping.unless(super().Watch(request, context))
        except Stopped:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "This gateway stops.")
