"""The gate that every call passes, and what the services need to know of a running call.

For each call: the bearer token gives an identity, the table of permissions lets the method in or not, the limits of admission let this
call in or not, and whatever the service raises leaves as a definite status. A call that is refused from its headers costs about an echo:
its message is not read, and the handler that refuses for the limits, rich details included, is made once for each method. A bug leaves as
INTERNAL without a word about our insides but the number under which the log has the rest.

Measured with one server by `sharedops bench overload --limit 1`, beside a bare gRPC echo of one server in the same run: a refusal took 1.05 to
1.25 of the echo's CPU. Behind several servers (`gateway.accepting`) a load of which two thirds are refused took a quarter less; refusals alone were
not measured again.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError

from gateway import permissions
from gateway.admission import NO_LIMITS, Admission, is_open
from gateway.errors import GatewayError, GatewayReason, deadline_exceeded, invalid, trailing_metadata
from gateway.identity import Tokens, set_caller
from gateway.patience import Patience
from gateway.stopping import Stopping

_log = structlog.get_logger(__name__)

#: No call may take longer, whatever its caller says.
DEADLINE_MAX_S = 30.0
#: With less than this left no answer arrives in time. gRPC rounds deadlines up to the millisecond, so a call whose caller has given up
#: already may still seem to have one.
DEADLINE_MIN_S = 0.002
#: Largest message of a method that carries one thing, bytes; batches and streams have the bound of the connection.
SINGLE_BYTES_MAX = 1024 * 1024
#: What methods of batches begin with, and the streams of batches.
_BATCHES = ("Batch", "IngestTasks", "Work")

Context = grpc.aio.ServicerContext[Any, Any]
Metadata = tuple[tuple[str, str | bytes], ...]
#: Told of each call that ended: full method, name of the status, seconds (None: a stream, or refused from its headers).
Observe = Callable[[str, str, float | None], None]


def deadline_of(context: Context) -> float:
    """When a unary call must be answered, on the loop's clock: the caller's deadline, at most `DEADLINE_MAX_S` from now.

    Raises:
        GatewayError: DEADLINE_EXCEEDED, when it has passed already, or will before an answer is there.
    """
    remaining_s = context.time_remaining()
    # A deadline that the caller did not set is None, or as good as endless.
    left_s = DEADLINE_MAX_S if remaining_s is None else min(remaining_s, DEADLINE_MAX_S)
    if left_s < DEADLINE_MIN_S:
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
    """Identity and permission by method for every call but those of public services; definite errors for all.

    Args:
        observe: told of each call that ended.
        stopping: ends the streams when the gateway stops.
        admission: how many calls are taken in; default: all that memory can hold.
        probe_paths: paths that are no methods, with the number of their queue; a call to one tells how long calls wait in it.
    """

    def __init__(
        self,
        tokens: Tokens,
        *,
        observe: Observe = lambda _method, _outcome, _seconds: None,
        stopping: Stopping | None = None,
        admission: Admission | None = None,
        probe_paths: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._tokens = tokens
        self._observe = observe
        self._stopping = stopping or Stopping()
        self._loop = asyncio.get_running_loop()
        self._admission = admission or Admission(NO_LIMITS, self._loop.time())
        self._probe_paths = probe_paths
        self._patience = Patience(DEADLINE_MAX_S)
        #: Methods that exist, as they are called for the first time.
        self._methods: dict[str, _Method] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """The handler of the call, guarded. gRPC runs both in one task, which is why the caller that is noted here is known there."""
        path = handler_call_details.method
        method = self._methods.get(path) or self._method(path, await continuation(handler_call_details))
        if method is None:
            return None
        if not method.is_public:
            try:
                identity = self._tokens.identify(handler_call_details.invocation_metadata)
                permissions.admit(identity, path)
            except GatewayError as error:
                return _refusing(error, trailing_metadata(error), path, self._observe)
            set_caller(identity)
        # Strangers take nothing of the pace: to find out who a caller is costs 2 us.
        if method.is_paced and not self._admission.admits(self._loop.time()):
            return method.overloaded
        return method.served

    def _method(self, path: str, handler: Any) -> "_Method | None":
        """What is worth knowing of a method, from now on; None: there is none of the name."""
        if handler is None:
            if path in self._probe_paths:
                self._admission.probe_seen(self._loop.time(), self._probe_paths[path])
            return None
        is_public = permissions.is_public(path)
        is_paced = not is_public and not is_open(path)
        guard = _Guard(path, self._observe, self._stopping, self._patience, self._admission if is_paced else None)
        method = self._methods[path] = _Method(
            served=_served(handler, guard),
            is_public=is_public,
            is_paced=is_paced,
            overloaded=_refusing(_OVERLOADED, _OVERLOADED_DETAILS, path, self._observe),
        )
        return method


class _Method(NamedTuple):
    """What is the same for every call of a method."""

    #: The handler that serves it, guarded.
    served: Any
    is_public: bool
    is_paced: bool
    #: The handler that refuses for the limits.
    overloaded: Any


#: The same for every call that the limits refuse, so it is made once.
_OVERLOADED = GatewayError(GatewayReason.OVERLOADED, "The gateway takes in no more calls at the moment.")
_OVERLOADED_DETAILS = trailing_metadata(_OVERLOADED)


def _refusing(error: GatewayError, details: Metadata, method: str, observe: Observe) -> Any:
    """A handler that refuses its call without waiting for its message.

    It is one of a method that is answered by a stream, of which it sends none: gRPC then sends the status at once and alone, and no
    exception has to find its way out, as from ``context.abort``. Together that takes a seventh off the cost of the call.
    """

    async def refuse(messages: Any, context: Context) -> None:
        del messages
        observe(method, error.code.name, None)
        context.set_code(error.code)
        context.set_details(error.message)
        context.set_trailing_metadata(details)

    return grpc.stream_stream_rpc_method_handler(refuse)


def _served(handler: Any, guard: "_Guard") -> Any:
    """A method's handler, guarded."""
    # All are served as methods that take a stream, and read the message that they need themselves: gRPC calls the others only when the
    # message is there, and so would let a client that never sends it hold its call for as long as it likes. It costs next to nothing.
    if handler.unary_unary is not None:
        make, behaviour = grpc.stream_unary_rpc_method_handler, guard.single(handler.unary_unary)
    elif handler.unary_stream is not None:
        make, behaviour = grpc.stream_stream_rpc_method_handler, guard.many(handler.unary_stream, takes_stream=False)
    elif handler.stream_stream is not None:
        make, behaviour = grpc.stream_stream_rpc_method_handler, guard.many(handler.stream_stream, takes_stream=True)
    else:
        raise TypeError("the contract has no streams that are answered once")
    return make(
        behaviour,
        request_deserializer=_forgiving(handler.request_deserializer, guard.method),
        response_serializer=handler.response_serializer,
    )


class _Guard:
    """What stands between gRPC and the service at every call of a method.

    Args:
        pace: what lets its calls in; None: they are not paced.
    """

    def __init__(
        self, method: str, observe: Observe, stopping: Stopping, patience: Patience, pace: Admission | None
    ) -> None:
        self.method = method
        self._observe = observe
        self._stopping = stopping
        self._patience = patience
        self._pace = pace

    def single(self, serve: Callable[[Any, Context], Awaitable[Any]]) -> Callable[[Any, Context], Awaitable[Any]]:
        """Guard a method that is answered once."""
        pace = self._pace

        async def guarded(messages: Any, context: Context) -> Any:
            del messages
            started = time.perf_counter()
            outcome = "OK"
            if pace is not None:
                pace.in_flight += 1
            try:
                return await serve(await self._only_message(context), context)
            except asyncio.CancelledError:
                outcome = "CANCELLED"
                raise
            except Exception as error:  # noqa: BLE001 - the last line: a bug must not show our insides
                outcome = _outcome_of(error)
                await self._fail(context, error)
            finally:
                if pace is not None:
                    pace.in_flight -= 1
                self._observe(self.method, outcome, time.perf_counter() - started)

        return guarded

    def many(
        self, serve: Callable[[Any, Context], AsyncIterator[Any]], *, takes_stream: bool
    ) -> Callable[[Any, Context], AsyncIterator[Any]]:
        """Guard a method that is answered by a stream."""

        async def guarded(messages: Any, context: Context) -> AsyncIterator[Any]:
            outcome = "OK"
            try:
                if takes_stream:
                    taken = _each_readable(self._stopping.reading(messages))
                else:
                    taken = await self._only_message(context)
                async for response in self._stopping.responding(serve(taken, context), interrupted=not takes_stream):
                    yield response
            except (asyncio.CancelledError, GeneratorExit):
                outcome = "CANCELLED"
                raise
            except Exception as error:  # noqa: BLE001 - the last line: a bug must not show our insides
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
            raise invalid([("", "the call ended without its message")])
        return _readable(message)

    async def _fail(self, context: Context, error: Exception) -> NoReturn:
        if isinstance(error, grpc.aio.AbortError):
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


def _outcome_of(error: Exception) -> str:
    """The name of the status that a call ends with, for the metrics."""
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


async def _each_readable(messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        yield _readable(message)
