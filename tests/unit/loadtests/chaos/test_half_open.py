"""A half-open connection between a client of ours and the gateway's server options, without a system behind them."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from gateway.server import CHANNEL_OPTIONS
from loadtests.chaos.proxy import Mode, Proxy
from loadtests.wire import open_channel

#: gRPC's own limit is a minute; ours, for the silence and for a connection that never speaks, together eight seconds.
SEEN_WITHIN_S = 40.0


async def test_a_half_open_connection_is_seen_long_before_grpcs_own_minute() -> None:
    """Would break if a desk could sit before a dead line for a minute: the keepalive alone does not end it."""
    server = grpc.aio.server(options=CHANNEL_OPTIONS)
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)  # pyright: ignore[reportAttributeAccessIssue]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    proxy = Proxy(f"127.0.0.1:{port}")
    await proxy.start()
    channel = open_channel(proxy.address)
    stub: Any = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest()
    try:
        watching = stub.Watch(request)
        await watching.read()
        proxy.set_mode(Mode.BLACKHOLE)
        lost = stub.Check(request, timeout=SEEN_WITHIN_S)
        with pytest.raises(grpc.aio.AioRpcError):
            async with asyncio.timeout(SEEN_WITHIN_S):
                await watching.read()
        proxy.set_mode(Mode.PASS)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await lost
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        async with asyncio.timeout(SEEN_WITHIN_S):
            # A call may still be given to the dead line while it is being taken down.
            while not await _is_answered(stub.Check(request, timeout=SEEN_WITHIN_S, wait_for_ready=True)):
                pass
    finally:
        await channel.close()
        await proxy.close()
        await server.stop(0)


async def _is_answered(call: Any) -> bool:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return True
