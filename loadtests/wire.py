"""How a client of ours speaks: channels, tokens, request ids, and which refusals are worth another try."""

import asyncio
import itertools
import json
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from gateway.v1 import error_pb2

_Answer = TypeVar("_Answer")

#: Every unary call ends by then.
DEADLINE_S = 20.0
#: gRPC status codes after which the same request, with the same request_id, may be sent again.
RETRYABLE_CODES = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
RETRYABLE_NUMBERS = tuple(code.value[0] for code in RETRYABLE_CODES)
#: First pause before another try, and the longest; it doubles in between.
RETRY_AFTER_S = 0.2
RETRY_AFTER_MAX_S = 5.0

#: What gRPC's asyncio client says of a stream that ended while it was written to, whatever the server said (grpc/grpc#36066).
HIDDEN = "Internal error from Core"

_CHANNEL_OPTIONS = (
    # A connection of its own for every channel: desks of two sites do not share a cable.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A ping is under way almost always (gRPC measures the bandwidth), and then it is this limit that counts, not the one above: left at
    # its 60 s, a half-open connection went unseen for a minute.
    ("grpc.http2.ping_timeout_ms", 5_000),
    # Also how long a new connection may take until the far side speaks.
    ("grpc.min_reconnect_backoff_ms", 3_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """A channel with a connection of its own. Close it with ``await channel.close()``."""
    return grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata that says who calls."""
    return (("authorization", f"Bearer {token}"),)


class RequestIds:
    """Mints request ids: unique, readable, and the same for each repetition of a request."""

    def __init__(self, prefix: str) -> None:
        self._prefix = f"{prefix[:40]}-{secrets.token_hex(4)}"
        self._numbers = itertools.count(1)

    def __call__(self) -> str:
        """The next one."""
        return f"{self._prefix}-{next(self._numbers)}"


@dataclass(frozen=True, slots=True)
class DevelopmentTokens:
    """The plain tokens that `serve` makes for a new directory on this machine."""

    ops: str
    #: Per province: a branch system's, and a workbench's.
    branch: dict[str, str] = field(default_factory=dict)
    desk: dict[str, str] = field(default_factory=dict)


def read_development_tokens(path: Path) -> DevelopmentTokens:
    """Read ``dev-tokens.json`` of a data directory, or a file of that form.

    Raises:
        OSError: it is not there; the system runs with identities of its own.
    """
    file = path / "dev-tokens.json" if path.is_dir() else path
    plain: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return DevelopmentTokens(ops=plain["ops"], branch=plain["branch"], desk=plain["desk"])


def is_retryable(error: error_pb2.Error) -> bool:
    """Whether the same item may be sent again."""
    return error.code in RETRYABLE_NUMBERS


def retry_pause_s(error: error_pb2.Error, attempt: int) -> float:
    """How long to wait before the `attempt`-th repetition (from 1) of a refused item."""
    return max(error.retry_after_ms / 1000, backoff_s(attempt))


def backoff_s(attempt: int) -> float:
    """Pause before the `attempt`-th repetition, from 1."""
    return min(RETRY_AFTER_MAX_S, RETRY_AFTER_S * 2 ** min(attempt - 1, 10))


def rich_details(error: grpc.aio.AioRpcError) -> Sequence[any_pb2.Any]:
    """The details of a refused call: ErrorInfo, RetryInfo, BadRequest; empty: the server sent none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return status_pb2.Status.FromString(value).details
    return ()


def retry_info_s(error: grpc.aio.AioRpcError) -> float:
    """How long a refused call is asked to wait, seconds; 0: the server did not say."""
    retry = error_details_pb2.RetryInfo()
    return next(
        (retry.retry_delay.ToMilliseconds() / 1000 for detail in rich_details(error) if detail.Unpack(retry)), 0.0
    )


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The stable reason of a refused call; empty: none was given."""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in rich_details(error) if detail.Unpack(info)), "")


#: What tells that a stream is over: its status, or to whoever was just writing only that nothing can be written any more.
STREAM_OVER = (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError)


def is_hidden(error: grpc.aio.AioRpcError) -> bool:
    """Whether a stream has ended for a reason that gRPC's asyncio client has forgotten, since it was just writing to it."""
    return error.code() is grpc.StatusCode.INTERNAL and error.details() == HIDDEN


async def call_patiently(
    call: Callable[[], Awaitable[_Answer]], attempts_max: int = 8, *, final: Collection[str] = ()
) -> _Answer:
    """Make a unary call, again while it is refused for now. `call` must send the same request_id each time.

    Args:
        final: reasons that are for good to whoever asks, whatever their code.

    Raises:
        grpc.aio.AioRpcError: refused for good, or `attempts_max` times for now.
    """
    for attempt in range(1, attempts_max):
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() not in RETRYABLE_CODES or reason_of(error) in final:
                raise
            pause_s = max(retry_info_s(error), backoff_s(attempt))
        await asyncio.sleep(pause_s)
    return await call()
