"""What the services need to know of a running call: how long it may take, and how it ends with a definite status.

`gateway.gate` lets calls in, `gateway.guard` stands between them and the services.
"""

import asyncio
from typing import Any, NoReturn

import grpc
import grpc.aio

from gateway.errors import GatewayError, deadline_exceeded, trailing_metadata

#: No call may take longer, whatever its caller says.
DEADLINE_MAX_S = 30.0
#: With less than this left no answer arrives in time. gRPC rounds deadlines up to the millisecond, so a call whose caller has given up
#: already may still seem to have one.
DEADLINE_MIN_S = 0.002

Context = grpc.aio.ServicerContext[Any, Any]


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
