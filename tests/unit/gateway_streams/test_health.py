"""Health and reflection: what load balancers and starters see, and what strangers can do to it."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from tests.unit.gateway_streams.served import PATIENCE_S, Served, served

_HEALTH = "/grpc.health.v1.Health/"
_REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
_WRONG_BYTES = (b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe", b"\x0b" * 200)
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def _refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


async def _read(found: Served, method: str, *messages: bytes) -> bytes:
    """What a stream says first."""
    call = found.channel.stream_stream(method)(iter(messages), timeout=PATIENCE_S)
    said = await call.read()
    assert isinstance(said, bytes)
    return said


@pytest.mark.parametrize("data", _WRONG_BYTES)
async def test_wrong_bytes_are_an_invalid_argument_at_public_services_too(data: bytes) -> None:
    """The handlers that come with gRPC answered UNKNOWN with the name of a class of theirs."""
    async with served("fujian") as found:
        unary = found.channel.unary_unary(f"{_HEALTH}Check")(data, timeout=PATIENCE_S)
        for call in (unary, _read(found, f"{_HEALTH}Watch", data), _read(found, _REFLECTION, data)):
            error = await _refusal(call)
            assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert error.details() == "the bytes are not a message of the expected type"


async def test_a_reflection_stream_answers_what_came_before_the_wrong_bytes() -> None:
    """A guard that swallowed the stream would leave tools without the list of services."""
    async with served("fujian") as found:
        asked = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
        answer = reflection_pb2.ServerReflectionResponse.FromString(await _read(found, _REFLECTION, asked))
        listed = [service.name for service in answer.list_services_response.service]
        assert "sharedops.v1.TaskService" in listed
        assert "grpc.health.v1.Health" in listed


async def test_the_list_names_every_service_and_province() -> None:
    """The servicer that comes with gRPC has no list: the call ended with UNIMPLEMENTED or worse."""
    async with served("fujian", "jiangxi", started=("fujian",)) as found:
        answer = await found.health.List(empty_pb2.Empty(), timeout=PATIENCE_S)
        assert answer.statuses["province/fujian"].status == _SERVING
        assert answer.statuses["province/jiangxi"].status == _NOT_SERVING
        assert answer.statuses["sharedops.v1.TaskService"].status == answer.statuses[""].status == _SERVING


async def test_an_unknown_entry_is_not_found_and_can_be_watched() -> None:
    """The contract of health: a watcher may come before the entry does."""
    async with served("fujian") as found:
        request = health_pb2.HealthCheckRequest(service="province/atlantis")
        error = await _refusal(found.health.Check(request, timeout=PATIENCE_S))
        assert error.code() is grpc.StatusCode.NOT_FOUND
        watching = found.health.Watch(request, timeout=PATIENCE_S)
        assert (await watching.read()).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        watching.cancel()


async def test_a_watcher_is_told_of_every_change_and_of_the_end() -> None:
    """A load balancer that is not told goes on sending calls to a gateway that stops."""
    async with served("fujian") as found:
        request = health_pb2.HealthCheckRequest(service="province/fujian")
        watching = found.health.Watch(request, timeout=PATIENCE_S)
        assert (await watching.read()).status == _SERVING
        await found.sites["fujian"].kill()
        assert (await watching.read()).status == _NOT_SERVING
        whole = found.health.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
        assert (await whole.read()).status == _SERVING
        stopping = asyncio.create_task(found.gateway.stop())
        assert (await whole.read()).status == _NOT_SERVING
        assert await whole.code() is grpc.StatusCode.UNAVAILABLE
        await stopping
