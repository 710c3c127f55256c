"""MonitorService: the country at a glance."""

import asyncio
from collections.abc import AsyncIterator

from gateway import validation
from gateway.calls import Context, deadline_of
from gateway.overview import Overviews
from gateway.v1 import monitor_pb2, monitor_pb2_grpc

#: Between two overviews, when the caller does not say.
INTERVAL_DEFAULT_MS = 1_000


class MonitorService(monitor_pb2_grpc.MonitorServiceServicer):
    """What operations staff watch."""

    def __init__(self, overviews: Overviews) -> None:
        self._overviews = overviews

    async def GetOverview(  # noqa: N802 - the contract's name
        self, request: monitor_pb2.GetOverviewRequest, context: Context
    ) -> monitor_pb2.Overview:
        """The country as of now."""
        deadline_of(context)
        validation.check(request)
        return await self._overviews.now()

    async def WatchOverview(  # noqa: N802
        self, request: monitor_pb2.WatchOverviewRequest, context: Context
    ) -> AsyncIterator[monitor_pb2.Overview]:
        """The country again and again."""
        del context
        if request.interval_ms:
            validation.check(request)
        interval_s = (request.interval_ms or INTERVAL_DEFAULT_MS) / 1000
        while True:
            yield await self._overviews.now()
            await asyncio.sleep(interval_s)
