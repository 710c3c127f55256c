"""The gate that every call passes, and what the services need to know of a running call.

For each call: the bearer token gives an identity, the table of permissions lets the method in or not, and whatever the service raises
leaves as a definite status. A bug leaves as INTERNAL without a word about our insides; the log has the rest.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError

from gateway import permissions
from gateway.errors import GatewayError, deadline_exceeded, invalid, trailing_metadata
from gateway.identity import Identity, Tokens, set_caller

_log = structlog.get_logger(__name__)

#: No call may take longer, whatever its caller says.
DEADLINE_MAX_S = 30.0

Context = grpc.aio.ServicerContext[Any, Any]


def deadline_of(context: Context) -> float:
    """When a unary call must be answered, on the loop's clock: the caller's deadline, at most `DEADLINE_MAX_S` from now.

    Raises:
        GatewayError: DEADLINE_EXCEEDED, when it has passed already.
    """
    remaining_s = context.time_remaining()
    # A deadline that the caller did not set is None, or as good as endless.
    left_s = DEADLINE_MAX_S if remaining_s is None else min(remaining_s, DEADLINE_MAX_S)
    if left_s <= 0:
        raise deadline_exceeded()
    return asyncio.get_running_loop().time() + left_s


def item_deadline() -> float:
    """When an item of a stream must be answered: streams have no deadline of their own that would bound an item."""
    return asyncio.get_running_loop().time() + DEADLINE_MAX_S


async def abort(context: Context, error: GatewayError) -> NoReturn:
    """End a call with a definite status and its rich details."""
    await context.abort(error.code, error.message, trailing_metadata(error))
    raise AssertionError("abort raises")


class Gate(grpc.aio.ServerInterceptor):
    """Identity, permission by method, and errors, for every call but those of public services."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """The handler of the call, guarded."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or permissions.is_public(method):
            return handler
        try:
            identity = self._tokens.identify(handler_call_details.invocation_metadata)
            permissions.admit(identity, method)
        except GatewayError as error:
            return _guarded(handler, method, error)
        return _guarded(handler, method, identity)


def _guarded(handler: Any, method: str, admitted: Identity | GatewayError) -> Any:
    if handler.unary_unary is not None:
        make, behaviour = grpc.unary_unary_rpc_method_handler, _single(handler.unary_unary, method, admitted)
    elif handler.stream_unary is not None:
        make, behaviour = grpc.stream_unary_rpc_method_handler, _single(handler.stream_unary, method, admitted)
    elif handler.unary_stream is not None:
        make, behaviour = grpc.unary_stream_rpc_method_handler, _many(handler.unary_stream, method, admitted)
    else:
        make, behaviour = grpc.stream_stream_rpc_method_handler, _many(handler.stream_stream, method, admitted)
    return make(
        behaviour,
        request_deserializer=_forgiving(handler.request_deserializer),
        response_serializer=handler.response_serializer,
    )


def _single(
    serve: Callable[[Any, Context], Awaitable[Any]], method: str, admitted: Identity | GatewayError
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def guarded(request: Any, context: Context) -> Any:
        try:
            _enter(admitted)
            return await serve(_readable(request), context)
        except GatewayError as error:
            await abort(context, error)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the last line: a bug must not show our insides
            await _bug(context, method, error)

    return guarded


def _many(
    serve: Callable[[Any, Context], AsyncIterator[Any]], method: str, admitted: Identity | GatewayError
) -> Callable[[Any, Context], AsyncIterator[Any]]:
    async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            _enter(admitted)
            async for response in serve(_each_readable(request), context):
                yield response
        except GatewayError as error:
            await abort(context, error)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the last line: a bug must not show our insides
            await _bug(context, method, error)

    return guarded


class Malformed:
    """Stands for a message whose bytes are not a message of its type."""


def _forgiving(parse: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """A parser that never raises: gRPC would answer UNKNOWN with the name of a class of ours."""
    assert parse is not None

    def forgiving(data: bytes) -> Any:
        try:
            return parse(data)
        except (DecodeError, ValueError, RecursionError):
            return Malformed()

    return forgiving


def _readable(request: Any) -> Any:
    if isinstance(request, Malformed):
        raise invalid([("", "the bytes are not a message of the expected type")])
    return request


def _each_readable(request: Any) -> Any:
    """The one request of a server stream, or the requests of a bidirectional one."""
    return _checked(request) if hasattr(request, "__aiter__") else _readable(request)


async def _checked(messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        yield _readable(message)


def _enter(admitted: Identity | GatewayError) -> None:
    if isinstance(admitted, GatewayError):
        raise admitted
    set_caller(admitted)


async def _bug(context: Context, method: str, error: Exception) -> NoReturn:
    # A task group wraps what ended it, the definite errors of a stream's followers too.
    if isinstance(error, ExceptionGroup):
        definite, others = error.split(GatewayError)
        if definite is not None and others is None:
            await abort(context, _first(definite))
    _log.error("call failed by a bug", method=method, exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, "Internal error; the server's log has the details.")
    raise AssertionError("abort raises")


def _first(errors: ExceptionGroup[GatewayError]) -> GatewayError:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, ExceptionGroup) else found
