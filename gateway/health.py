"""grpc.health.v1: one entry per service, one per province, and the whole (the empty name).

The servicer that comes with gRPC is not used: its handlers parse with protobuf's own parser, so that wrong bytes would be answered
with UNKNOWN and the name of a class; it has no `List`; and it keeps a condition for each name that anybody ever watches. Ours passes
the same gate as every other service, and a watcher costs one event while it watches.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc.aio
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.calls import Context
from gateway.errors import GatewayError, GatewayReason

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
#: The published type stubs are older than the list.
_HealthListResponse: type[Message] = health_pb2.HealthListResponse  # pyright: ignore[reportAttributeAccessIssue]


def entry_of(province: str) -> str:
    """Name of a province's entry."""
    return f"province/{province}"


class Health(health_pb2_grpc.HealthServicer):
    """Tells load balancers and starters what serves. A province serves while its actor is connected.

    Args:
        services: full names of the services; they serve from the start.
        provinces: codes; no province serves before `province_changed` says so.
    """

    def __init__(self, services: Iterable[str], provinces: Iterable[str]) -> None:
        self._statuses = dict.fromkeys(("", *services), _SERVING)
        self._statuses |= dict.fromkeys(map(entry_of, provinces), _NOT_SERVING)
        self._is_stopping = False
        #: One for each watcher; rung at every change.
        self._bells: dict[asyncio.Event, None] = {}

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve it."""
        health_pb2_grpc.add_HealthServicer_to_server(self, server)

    def province_changed(self, province: str, is_up: bool) -> None:
        """A province's link came up or broke."""
        if not self._is_stopping:
            self._statuses[entry_of(province)] = _SERVING if is_up else _NOT_SERVING
            self._ring()

    async def stop(self) -> None:
        """Nothing serves any more, for good; watchers are told."""
        self._is_stopping = True
        self._statuses = dict.fromkeys(self._statuses, _NOT_SERVING)
        self._ring()
        # One turn of the loop, in which every watcher begins to write.
        await asyncio.sleep(0)

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()

    # --- the contract ---

    async def Check(  # noqa: N802 - the contract's name
        self, request: health_pb2.HealthCheckRequest, context: Context
    ) -> health_pb2.HealthCheckResponse:
        """The status of an entry; NOT_FOUND when there is none of the name."""
        del context
        status = self._statuses.get(request.service)
        if status is None:
            raise GatewayError(GatewayReason.UNKNOWN_HEALTH_ENTRY, "There is no health entry of this name.")
        return health_pb2.HealthCheckResponse(status=status)

    async def List(self, request: Message, context: Context) -> Message:  # noqa: N802
        """The status of every entry."""
        del request, context
        return _HealthListResponse(
            statuses={name: health_pb2.HealthCheckResponse(status=status) for name, status in self._statuses.items()}
        )

    async def Watch(  # noqa: N802
        self, request: health_pb2.HealthCheckRequest, context: Context
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The status of an entry, now and whenever it changes."""
        del context
        bell = asyncio.Event()
        self._bells[bell] = None
        told: int | None = None
        try:
            while True:
                bell.clear()
                status = self._statuses.get(request.service, _UNKNOWN)
                if status != told:
                    yield health_pb2.HealthCheckResponse(status=status)
                    told = status
                await bell.wait()
        finally:
            del self._bells[bell]
