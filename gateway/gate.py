"""The gate that every call passes: who calls, what that identity may do, and whether there is room.

For each call: the bearer token gives an identity, the table of permissions lets the method in or not, and the limits of admission let this call
in or not. A call that is refused from its headers costs about an echo: its message is not read, and the handler that refuses for the limits,
rich details included, is made once for each method. What is let in is served behind its `gateway.guard`.

Measured with one server by `sharedops bench overload --limit 1`, beside a bare gRPC echo of one server in the same run: a refusal took 1.05 to
1.25 of the echo's CPU. Behind several servers (`gateway.accepting`) a load of which two thirds are refused took a quarter less. Since then,
measured side by side, a refusal takes another fifth less: 7 % because each method has one handler for all its calls, 13 % because gRPC's threads
do not interrupt the loop (`gateway.thread_scheduling`).

Refused: a gate as a generic handler of gRPC instead of an interceptor; side by side it cost the same.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import grpc
import grpc.aio

from gateway import permissions
from gateway.admission import NO_LIMITS, STRANGERS, Admission, is_open
from gateway.calls import DEADLINE_MAX_S, Context
from gateway.errors import GatewayError, over_share, overloaded, streams_full, trailing_metadata
from gateway.guard import Guard, Observe
from gateway.identity import Tokens, set_caller
from gateway.patience import Patience
from gateway.stream_ends import StreamEnds

Metadata = tuple[tuple[str, str | bytes], ...]

#: For so long the first message of a stream that is refused is awaited, seconds.
FIRST_MESSAGE_MAX_S = 1.0
#: For so long a gateway that stops waits for messages, seconds.
LAST_MESSAGE_MAX_S = 1.0

#: The same for every call that the limits refuse, so they are made once.
_OVERLOADED = overloaded()
_OVERLOADED_DETAILS = trailing_metadata(_OVERLOADED)
_OVER_SHARE = over_share()
_OVER_SHARE_DETAILS = trailing_metadata(_OVER_SHARE)
_STREAMS_FULL = streams_full()
_STREAMS_FULL_DETAILS = trailing_metadata(_STREAMS_FULL)


class Gate(grpc.aio.ServerInterceptor):
    """Identity and permission by method for every call but those of public services; definite errors for all.

    Args:
        observe: told of each call that ended.
        stream_ends: ends the streams when they are old or the gateway stops.
        admission: how many calls are taken in; default: all that memory can hold.
        probe_paths: paths that are no methods, with the number of their queue; a call to one tells how long calls wait in it.
    """

    def __init__(
        self,
        tokens: Tokens,
        *,
        observe: Observe = lambda _method, _outcome, _seconds: None,
        stream_ends: StreamEnds | None = None,
        admission: Admission | None = None,
        probe_paths: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._tokens = tokens
        self._observe = observe
        self._stream_ends = stream_ends or StreamEnds()
        self._loop = asyncio.get_running_loop()
        self._admission = admission or Admission(NO_LIMITS, self._loop.time())
        self._probe_paths = probe_paths
        self._patience = Patience(DEADLINE_MAX_S)
        #: Methods that exist, as they are called for the first time.
        self._methods: dict[str, _Method] = {}

    def close_soon(self) -> None:
        """The gateway stops: whoever has not sent the message of a call gets `LAST_MESSAGE_MAX_S` for it, and not the time of all others."""
        self._patience.shorten(LAST_MESSAGE_MAX_S)

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
        share = STRANGERS
        if not method.is_public:
            try:
                identity = self._tokens.identify(handler_call_details.invocation_metadata)
                permissions.admit(identity, path)
            except GatewayError as error:
                return _refusing(error, trailing_metadata(error), path, self._observe, method.takes_stream)
            set_caller(identity)
            share = identity.share
            # Strangers take nothing of the pace: to find out who a caller is costs 2 us.
            if method.is_paced and not self._admission.admits(share, self._loop.time()):
                return method.over_share if self._admission.is_shared else method.overloaded
        if method.is_stream and not self._admission.streams.has_room(share):
            return method.streams_full
        return method.served

    def _method(self, path: str, handler: Any) -> "_Method | None":
        """What is worth knowing of a method, from now on; None: there is none of the name."""
        if handler is None:
            if path in self._probe_paths:
                self._admission.probe_seen(self._loop.time(), self._probe_paths[path])
            return None
        is_public = permissions.is_public(path)
        is_paced = not is_public and not is_open(path)
        guard = Guard(
            path,
            self._observe,
            self._stream_ends,
            self._patience,
            in_flight=self._admission.in_flight if is_paced else None,
            streams=self._admission.streams,
            is_public=is_public,
        )
        takes_stream = handler.request_streaming

        def refusing(error: GatewayError, details: Metadata) -> Any:
            return _refusing(error, details, path, self._observe, takes_stream)

        method = self._methods[path] = _Method(
            served=guard.around(handler),
            is_public=is_public,
            is_paced=is_paced,
            takes_stream=takes_stream,
            is_stream=handler.response_streaming,
            overloaded=refusing(_OVERLOADED, _OVERLOADED_DETAILS),
            over_share=refusing(_OVER_SHARE, _OVER_SHARE_DETAILS),
            streams_full=refusing(_STREAMS_FULL, _STREAMS_FULL_DETAILS),
        )
        return method


class _Method(NamedTuple):
    """What is the same for every call of a method."""

    #: The handler that serves it, guarded.
    served: Any
    is_public: bool
    is_paced: bool
    takes_stream: bool
    #: Whether it is answered by a stream.
    is_stream: bool
    #: The handlers that refuse for the limits: whoever calls alone, one of several, and who opens too many streams.
    overloaded: Any
    over_share: Any
    streams_full: Any


def _refusing(error: GatewayError, details: Metadata, method: str, observe: Observe, takes_stream: bool) -> Any:
    """A handler that refuses its call without waiting for its message.

    It is one of a method that is answered by a stream, of which it sends none: gRPC then sends the status at once and alone, and no
    exception has to find its way out, as from ``context.abort``. Together that takes a seventh off the cost of the call.

    Of a method that takes a stream the first message is awaited all the same, for a moment: an asyncio client of gRPC whose first message finds
    the call ended tells its caller INTERNAL, and not what we said (121 to 271 of 600).
    """

    async def refuse(messages: Any, context: Context) -> None:
        del messages
        if takes_stream:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_MESSAGE_MAX_S):
                    await context.read()
        observe(method, error.code.name, None)
        context.set_code(error.code)
        context.set_details(error.message)
        context.set_trailing_metadata(details)

    return grpc.stream_stream_rpc_method_handler(refuse)
