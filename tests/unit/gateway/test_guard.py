"""What stands between gRPC and a service, as seen by the client at the very moment in which it is told something."""

from collections.abc import AsyncIterator
from typing import Any, NoReturn

import grpc
import grpc.aio
import pytest

from gateway.errors import overloaded
from gateway.fair_shares import Places
from gateway.guard import Guard
from gateway.identity import Identity, Role, set_caller
from gateway.patience import Patience
from gateway.stream_ends import StreamEnds
from gateway.v1 import task_pb2

FUJIAN = Identity(role=Role.BRANCH, subject="fujian", province="fujian")


class _Context:
    """A call with one message, which notes how many places are held when its error is told."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.held_when_told: int | None = None

    async def read(self) -> task_pb2.GetTaskRequest:
        return task_pb2.GetTaskRequest()

    async def abort(self, code: grpc.StatusCode, details: str = "", metadata: Any = ()) -> NoReturn:
        del code, details, metadata
        self.held_when_told = self._places.held
        raise grpc.aio.AbortError


def _guard(places: Places) -> Guard:
    return Guard(
        "/sharedops.v1.TaskService/GetTask",
        lambda _method, _outcome, _seconds: None,
        StreamEnds(),
        Patience(60.0),
        in_flight=places,
        streams=places,
        is_public=False,
    )


@pytest.mark.parametrize("failure", [overloaded(), ValueError("a bug")])
async def test_a_call_that_failed_has_given_its_place_back_when_its_client_is_told(failure: Exception) -> None:
    """A client that called again at once was refused for the place that its own last call still held."""
    set_caller(FUJIAN)
    places = Places(2)

    async def serve(message: Any, context: Any) -> Any:
        del message, context
        assert places.held == 1
        raise failure

    context = _Context(places)
    handler = _guard(places).around(grpc.unary_unary_rpc_method_handler(serve, task_pb2.GetTaskRequest.FromString))
    with pytest.raises(grpc.aio.AbortError):
        await handler.stream_unary(None, context)
    assert (context.held_when_told, places.held) == (0, 0)


async def test_a_stream_that_failed_has_given_its_place_back_when_its_client_is_told() -> None:
    """As a call: the client that opened the stream again at once was refused."""
    set_caller(FUJIAN)
    places = Places(2)

    async def serve(message: Any, context: Any) -> AsyncIterator[int]:
        del message, context
        yield places.held
        raise overloaded()

    context = _Context(places)
    handler = _guard(places).around(grpc.unary_stream_rpc_method_handler(serve, task_pb2.GetTaskRequest.FromString))
    responses = handler.stream_stream(None, context)
    assert await anext(responses) == 1
    with pytest.raises(grpc.aio.AbortError):
        await anext(responses)
    assert (context.held_when_told, places.held) == (0, 0)
