"""Whether decisions that were made under load can be explained afterwards: made again from the journal, with the same result."""

from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.v1 import dispatch_pb2, dispatch_pb2_grpc
from loadtests.wire import bearer, open_channel

#: An answer replays a part of a journal; seconds.
_PATIENCE_S = 60.0


class Explained(msgspec.Struct, kw_only=True):
    """What became of the questions."""

    asked: int = 0
    #: Explained in words, and the decision made again from the journal is the recorded one to the point.
    reproduced: int = 0
    #: Of each: the people weighed.
    candidates: int = 0


async def explain(address: str, token: str, tasks: Sequence[str]) -> Explained:
    """Ask why each of some decided tasks went to whom.

    Args:
        tasks: names.

    Raises:
        grpc.aio.AioRpcError: a question was not answered.
    """
    explained = Explained()
    async with open_channel(address) as channel:
        dispatch: Any = dispatch_pb2_grpc.DispatchServiceStub(channel)
        options = {"metadata": bearer(token), "timeout": _PATIENCE_S}
        for task in tasks:
            why = await dispatch.ExplainTask(dispatch_pb2.ExplainTaskRequest(name=task), **options)
            explained.asked += 1
            if not why.lines or not why.decision.name:
                continue
            decision = await dispatch.GetRoutingDecision(
                dispatch_pb2.GetRoutingDecisionRequest(name=why.decision.name), **options
            )
            explained.candidates += len(decision.candidates)
            explained.reproduced += decision.reproduced and decision.task == task
    return explained


def spread(names: Sequence[str], count: int) -> list[str]:
    """So many of some names, evenly spread over them."""
    if len(names) <= count:
        return list(names)
    return [names[number * len(names) // count] for number in range(count)]
