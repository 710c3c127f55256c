"""What stands between gRPC and a service at every call of a method: the message is read, and whatever is raised leaves as a definite status.

A bug leaves as INTERNAL without a word about our insides but the number under which the log has the rest.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError

from gateway.admission import STRANGERS
from gateway.calls import Context, abort
from gateway.errors import GatewayError, GatewayReason, deadline_exceeded, invalid
from gateway.fair_shares import Places
from gateway.identity import caller
from gateway.patience import Patience
from gateway.stream_ends import StreamEnds

_log = structlog.get_logger(__name__)

#: Largest message of a method that carries one thing, bytes; batches and streams have the bound of the connection.
SINGLE_BYTES_MAX = 1024 * 1024
#: How long a call that ended without its message may still turn out to be one whose client has gone, seconds: enough for gRPC to say so on a full
#: machine, and nothing to a client that sends no message.
GONE_TOLD_WITHIN_S = 0.1
#: What methods of batches begin with, and the streams of batches.
_BATCHES = ("Batch", "IngestTasks", "Work")

#: Told of each call that ended: full method, name of the status, seconds (None: a stream, or refused from its headers).
Observe = Callable[[str, str, float | None], None]


class Guard:
    """The guard of one method; it serves all its calls.

    Args:
        method: ``/package.Service/Method``.
        observe: told of each call that ended.
        stream_ends: ends the streams when they are old or the gateway stops.
        patience: with clients that do not send their only message.
        in_flight: counts the calls under way, which are bounded; None: these are not.
        streams: counts the streams that are open.
        is_public: whoever calls is nobody in particular.
    """

    def __init__(
        self,
        method: str,
        observe: Observe,
        stream_ends: StreamEnds,
        patience: Patience,
        *,
        in_flight: Places | None,
        streams: Places,
        is_public: bool,
    ) -> None:
        self.method = method
        self._observe = observe
        self._stream_ends = stream_ends
        self._patience = patience
        self._in_flight = in_flight
        self._streams = streams
        self._is_public = is_public

    def around(self, handler: Any) -> Any:
        """The method's handler, guarded."""
        # All are served as methods that take a stream, and read the message that they need themselves: gRPC calls the others only when the
        # message is there, and so would let a client that never sends it hold its call for as long as it likes. It costs next to nothing.
        serve = handler.unary_unary or handler.unary_stream or handler.stream_stream
        if serve is None:
            raise TypeError("the contract has no streams that are answered once")
        if handler.response_streaming:
            make, behaviour = grpc.stream_stream_rpc_method_handler, self._many(serve, handler.request_streaming)
        else:
            make, behaviour = grpc.stream_unary_rpc_method_handler, self._single(serve)
        return make(
            behaviour,
            request_deserializer=_forgiving(handler.request_deserializer, self.method),
            response_serializer=handler.response_serializer,
        )

    def _single(self, serve: Callable[[Any, Context], Awaitable[Any]]) -> Callable[[Any, Context], Awaitable[Any]]:
        """Guard a method that is answered once."""
        in_flight = self._in_flight

        async def guarded(messages: Any, context: Context) -> Any:
            del messages
            started = time.perf_counter()
            outcome = "OK"
            share = STRANGERS if in_flight is None else caller().share
            if in_flight is not None:
                in_flight.take(share)
            try:
                try:
                    return await serve(await self._only_message(context), context)
                finally:
                    # Before the error is told: whoever calls again at once must not find its own place taken.
                    if in_flight is not None:
                        in_flight.give_back(share)
            except BaseException as error:  # noqa: BLE001 - the last line: a bug must not show our insides
                outcome = _outcome_of(error)
                await self._fail(context, error)
            finally:
                self._observe(self.method, outcome, time.perf_counter() - started)

        return guarded

    def _many(
        self, serve: Callable[[Any, Context], AsyncIterator[Any]], takes_stream: bool
    ) -> Callable[[Any, Context], AsyncIterator[Any]]:
        """Guard a method that is answered by a stream."""

        async def guarded(messages: Any, context: Context) -> AsyncIterator[Any]:
            outcome = "OK"
            share = STRANGERS if self._is_public else caller().share
            self._streams.take(share)
            end = self._stream_ends.stream()
            try:
                try:
                    if takes_stream:
                        taken = end.reading(messages, _readable)
                    else:
                        taken = await self._only_message(context)
                    async for response in end.responding(serve(taken, context), interrupted=not takes_stream):
                        yield response
                finally:
                    # As above; its client opens another one.
                    self._streams.give_back(share)
            except BaseException as error:  # noqa: BLE001 - the last line: a bug must not show our insides
                outcome = _outcome_of(error)
                await self._fail(context, error)
            finally:
                self._observe(self.method, outcome, None)

        return guarded

    async def _only_message(self, context: Context) -> Any:
        """The message of a call that has one.

        Raises:
            GatewayError: it does not come, or is wrong.
        """
        try:
            message = await self._patience.wait(context.read())
        except TimeoutError:
            raise deadline_exceeded() from None
        if message is grpc.aio.EOF:
            # Of a client that has gone, gRPC says the end of its messages first and cancels the call in one of the next turns.
            await asyncio.sleep(GONE_TOLD_WITHIN_S)
            raise invalid([("", "the call ended without its message")])
        return _readable(message)

    async def _fail(self, context: Context, error: BaseException) -> NoReturn:
        """End the call as the error says; whoever was cancelled, or has ended the call, goes on as before."""
        if not isinstance(error, Exception) or isinstance(error, grpc.aio.AbortError):
            raise error
        definite = _definite(error)
        if definite is not None:
            await abort(context, definite)
        incident = secrets.token_hex(4)
        _log.error("call failed by a bug", incident=incident, method=self.method, exc_info=error)
        await context.abort(
            grpc.StatusCode.INTERNAL, f"Internal error; the server's log has the details under incident {incident}."
        )
        raise AssertionError("abort raises")


def _outcome_of(error: BaseException) -> str:
    """The name of the status that a call ends with, for the metrics."""
    if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
        return "CANCELLED"
    definite = _definite(error)
    return definite.code.name if definite is not None else "INTERNAL"


def _definite(error: BaseException) -> GatewayError | None:
    """The definite error; a task group wraps what ended it, the definite errors of a stream's parts too."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, BaseExceptionGroup):
        found = [_definite(part) for part in error.exceptions]
        return found[0] if all(found) else None
    return None


def _forgiving(parse: Callable[[bytes], Any] | None, method: str) -> Callable[[bytes], Any]:
    """A parser that returns an error instead of raising it: gRPC would answer UNKNOWN with the name of a class of ours."""
    assert parse is not None
    is_batch = method.rpartition("/")[2].startswith(_BATCHES)

    def forgiving(data: bytes) -> Any:
        if len(data) > SINGLE_BYTES_MAX and not is_batch:
            return GatewayError(GatewayReason.TOO_LARGE, f"The message is larger than {SINGLE_BYTES_MAX} bytes.")
        try:
            return parse(data)
        except (DecodeError, ValueError, RecursionError):
            return invalid([("", "the bytes are not a message of the expected type")])

    return forgiving


def _readable(request: Any) -> Any:
    if isinstance(request, GatewayError):
        raise request
    return request
