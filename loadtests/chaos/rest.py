"""Rest after a storm: nothing moves, nobody holds anything, and every home knows how its tasks elsewhere stand."""

import asyncio

import grpc

from gateway.v1 import monitor_pb2, monitor_pb2_grpc
from loadtests.wire import DEADLINE_S, bearer, call_patiently

REST_MAX_S = 120.0
LOOK_EVERY_S = 0.5


async def wait_at_rest(channel: grpc.aio.Channel, token: str) -> str:
    """Wait until the national picture shows rest; empty, or what still moved after `REST_MAX_S`.

    Raises:
        grpc.aio.AioRpcError: the picture cannot be had.
    """
    monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
    picture = monitor_pb2.Overview()
    try:
        async with asyncio.timeout(REST_MAX_S):
            while True:
                picture = await call_patiently(
                    lambda: monitor.GetOverview(
                        monitor_pb2.GetOverviewRequest(), metadata=bearer(token), timeout=DEADLINE_S
                    )
                )
                if at_rest(picture):
                    return ""
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        return f"not at rest {REST_MAX_S:.0f} s after the last answer: {' '.join(str(picture.totals).split())}"


def at_rest(picture: monitor_pb2.Overview) -> bool:
    """Whether nothing moves, nobody holds anything, and every home knows what is hosted elsewhere."""
    counts = picture.totals.open_tasks
    shared_out = sum(province.shared_out_open_count for province in picture.provinces)
    return (
        not (counts.moving or counts.offered or counts.assigned or counts.in_progress)
        and picture.totals.signed_in_operators == 0
        and shared_out == picture.totals.shared_open_count
    )
