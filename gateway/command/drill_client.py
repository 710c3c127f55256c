"""The command's way to DrillService: patient, since the gateway or the coordinator may be what a drill kills.

Not with a coordinator that cannot use its journal: it is away until somebody has put that right. It asks everybody to come back in half a minute,
and eight tries would take nearly four.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc.aio

from gateway.v1 import drill_pb2, drill_pb2_grpc, monitor_pb2, monitor_pb2_grpc
from loadtests.wire import DEADLINE_S, RequestIds, bearer, call_patiently

#: Pause between two looks at a running drill.
LOOK_EVERY_S = 0.5
#: How long a drill may go on after the longest time of its fault: it recovers and is measured.
AFTERWARDS_S = 300.0
#: A drill may take the gateway or the coordinator along for so long.
AWAY_MAX_S = 60.0
#: Why a drill is aborted when the command is.
BY_CTRL_C = "the command was interrupted"
_call_patiently = partial(call_patiently, final=("JOURNAL_UNUSABLE",))
ENDED = (drill_pb2.DRILL_STATE_SUCCEEDED, drill_pb2.DRILL_STATE_FAILED, drill_pb2.DRILL_STATE_ABORTED)


class DrillStuck(Exception):
    """A drill did not end in time; `str` says which."""


class DrillClient:
    """Creates, starts, follows and aborts drills.

    Args:
        channel: to a gateway.
        token: of somebody of operations staff.
    """

    def __init__(self, channel: grpc.aio.Channel, token: str) -> None:
        self._stub: Any = drill_pb2_grpc.DrillServiceStub(channel)
        self._monitor: Any = monitor_pb2_grpc.MonitorServiceStub(channel)
        self._options = {"metadata": bearer(token), "timeout": DEADLINE_S}
        self._request_ids = RequestIds("drill")

    async def create(self, drill: drill_pb2.Drill, *, validate_only: bool = False) -> drill_pb2.Drill:
        """Write a drill down, or only check it."""
        request = drill_pb2.CreateDrillRequest(drill=drill, validate_only=validate_only, request_id=self._request_ids())
        return await _call_patiently(lambda: self._stub.CreateDrill(request, **self._options))

    async def start(self, name: str) -> drill_pb2.Drill:
        """Begin a drill; it is aborted when the waiting is cancelled, since the order may have arrived, and when it may not begin now."""
        request = drill_pb2.StartDrillRequest(name=name, request_id=self._request_ids())
        try:
            return await _call_patiently(lambda: self._stub.StartDrill(request, **self._options))
        except grpc.aio.AioRpcError as error:
            # Nobody would ever begin it, and it stood among the drills as one that is still to come.
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                await self.abort(name, f"refused: {error.details()}")
            raise
        except asyncio.CancelledError:
            await self.abort(name, BY_CTRL_C)
            raise

    async def abort(self, name: str, reason: str) -> drill_pb2.Drill:
        """End a drill early."""
        request = drill_pb2.AbortDrillRequest(name=name, reason=reason, request_id=self._request_ids())
        return await _call_patiently(lambda: self._stub.AbortDrill(request, **self._options))

    async def get(self, name: str) -> drill_pb2.Drill:
        """Read a drill."""
        request = drill_pb2.GetDrillRequest(name=name)
        return await _call_patiently(lambda: self._stub.GetDrill(request, **self._options))

    async def list(self, count: int) -> list[drill_pb2.Drill]:
        """The newest drills."""
        request = drill_pb2.ListDrillsRequest(page_size=count)
        answer = await _call_patiently(lambda: self._stub.ListDrills(request, **self._options))
        return list(answer.drills)

    async def overview(self) -> monitor_pb2.Overview:
        """The country as of now."""
        request = monitor_pb2.GetOverviewRequest()
        return await _call_patiently(lambda: self._monitor.GetOverview(request, **self._options))

    async def follow(self, drill: drill_pb2.Drill, tell: Callable[[drill_pb2.Drill], None]) -> drill_pb2.Drill:
        """Wait for a started drill's end; it is aborted when the waiting is cancelled.

        Args:
            tell: called whenever its phase has changed.

        Raises:
            DrillStuck: it did not end.
        """
        give_up_s = time.monotonic() + drill.duration_ms / 1000 + AFTERWARDS_S
        try:
            while drill.state not in ENDED:
                if time.monotonic() > give_up_s:
                    raise DrillStuck(f"{drill.name} has not ended after {AFTERWARDS_S:.0f} s beyond its duration")
                await asyncio.sleep(LOOK_EVERY_S)
                known, drill = drill, await self._look(drill.name)
                if (known.phase, known.state) != (drill.phase, drill.state):
                    tell(drill)
        except asyncio.CancelledError:
            await self.abort(drill.name, BY_CTRL_C)
            raise
        return drill

    async def _look(self, name: str) -> drill_pb2.Drill:
        """Read a drill while it may have taken those who know of it along.

        Raises:
            grpc.aio.AioRpcError: refused, or nobody answered for `AWAY_MAX_S`.
        """
        give_up_s = time.monotonic() + AWAY_MAX_S
        while True:
            try:
                return await self.get(name)
            except grpc.aio.AioRpcError as error:
                is_away = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
                if not is_away or time.monotonic() > give_up_s:
                    raise
                await asyncio.sleep(LOOK_EVERY_S)
