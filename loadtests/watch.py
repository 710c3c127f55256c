"""Follows the events of provinces and the national picture, and picks up after the last position when a stream breaks."""

import asyncio
import time
from collections.abc import Callable, Sequence

import grpc

from gateway.v1 import event_pb2, event_pb2_grpc, monitor_pb2, monitor_pb2_grpc
from loadtests.wire import backoff_s, bearer

#: Shortest time between two pictures.
PICTURE_MS = 200
#: Asked again, the answer would be the same. A position is out of range when the system was restored from a backup that is older.
_FINAL = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.OUT_OF_RANGE)


class EventWatch:
    """Follows `provinces` from now on and calls `on_event` for each event, in the order of its province, once. `run` until cancelled."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: str,
        provinces: Sequence[str],
        on_event: Callable[[event_pb2.Event], None],
        *,
        after_position: int = -1,
    ) -> None:
        self._stub = event_pb2_grpc.EventServiceStub(channel)
        self._metadata = bearer(token)
        self._positions = dict.fromkeys(provinces, after_position)
        self._on_event = on_event

    async def run(self) -> None:
        """Keep the stream up."""
        failures = 0
        while True:
            began_s = time.monotonic()
            try:
                await self._follow()
            except grpc.aio.AioRpcError as error:
                if error.code() in _FINAL:
                    raise
            failures = 1 if time.monotonic() - began_s > 10 else failures + 1
            await asyncio.sleep(backoff_s(failures))

    async def _follow(self) -> None:
        cursors = [
            event_pb2.EventCursor(province=province, after_position=position)
            for province, position in self._positions.items()
        ]
        request = event_pb2.StreamEventsRequest(cursors=cursors)
        async for response in self._stub.StreamEvents(request, metadata=self._metadata, wait_for_ready=True):
            for event in response.events:
                if event.position > self._positions[event.province]:
                    self._positions[event.province] = event.position
                    self._on_event(event)


class PictureWatch:
    """Follows the national picture and calls `on_picture` with each. `run` until cancelled."""

    def __init__(
        self, channel: grpc.aio.Channel, token: str, on_picture: Callable[[monitor_pb2.Overview], None]
    ) -> None:
        self._stub = monitor_pb2_grpc.MonitorServiceStub(channel)
        self._metadata = bearer(token)
        self._on_picture = on_picture

    async def run(self) -> None:
        """Keep the stream up."""
        while True:
            try:
                request = monitor_pb2.WatchOverviewRequest(interval_ms=PICTURE_MS)
                async for picture in self._stub.WatchOverview(request, metadata=self._metadata, wait_for_ready=True):
                    self._on_picture(picture)
            except grpc.aio.AioRpcError as error:
                if error.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED):
                    raise
            await asyncio.sleep(backoff_s(1))
