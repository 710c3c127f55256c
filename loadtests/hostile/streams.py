"""Streams misused: messages replayed and interleaved, streams half-closed and reset, calls that never send what they announced.

Each scenario is one call. Where a wrong message ends a stream it comes last: what a client writes into a stream that has ended is never
seen by the server.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import grpc
import grpc.aio

from gateway.v1 import operator_pb2, task_pb2, work_pb2
from loadtests.hostile.callers import Callers, Metadata
from loadtests.hostile.messages import FAMILIES
from loadtests.hostile.methods import Method, Target, sample
from loadtests.hostile.sending import read_answer, said_by
from loadtests.hostile.tally import Tally

#: A stream is over by then, seconds.
TIMEOUT_S = 10.0
#: How long a call that says nothing is held open, seconds.
SILENCE_S = 0.3
_REPLAYS = 4


class Streams:
    """Scenarios on one connection."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        tally: Tally,
        callers: Callers,
        target: Target,
        foreign: str,
        methods: Sequence[Method],
    ) -> None:
        self._channel = channel
        self._tally = tally
        self._callers = callers
        self._target = target
        self._foreign = foreign
        self._methods = methods
        self._by_name = {method.name: method for method in methods}

    async def play(self, rng: random.Random, number: int) -> None:
        """One scenario."""
        name = rng.choice(tuple(_SCENARIOS))
        await _SCENARIOS[name](self, rng, number)

    async def _talk(self, family: str, method: Method, messages: Sequence[bytes], metadata: Metadata) -> None:
        """Send all messages on one stream and read it to its end."""
        self._tally.sent(family, len(messages))
        call: Any = self._channel.stream_stream(method.path)(_each(messages), metadata=metadata, timeout=TIMEOUT_S)
        what = f"{family} to {method.name}"
        try:
            async for answer in call:
                read_answer(self._tally, method, answer)
        except grpc.aio.AioRpcError as error:
            self._tally.answered(error.code(), said_by(error), what)
            return
        self._tally.answered(await call.code(), (), what)

    async def replayed_tasks(self, rng: random.Random, number: int) -> None:
        """The same tasks again and again on one stream, and a wrong message behind them."""
        method = self._by_name["IngestTasks"]
        create: Any = sample(task_pb2.CreateTaskRequest, self._target, number)
        message = task_pb2.IngestTasksRequest(requests=[create, create]).SerializeToString()
        wrong = FAMILIES["bad UTF-8"](rng, task_pb2.IngestTasksRequest.FromString(message))
        await self._talk("replayed", method, [message] * _REPLAYS + [wrong], self._callers.branch())

    async def replayed_actions(self, rng: random.Random, number: int) -> None:
        """A desk that repeats its actions, with void tokens, for people of its own and of other provinces."""
        method = self._by_name["Work"]
        own = f"provinces/{self._target.province}/operators/{self._target.province}-op-1"
        other = f"provinces/{self._foreign}/operators/{self._foreign}-op-1"
        task = f"provinces/{self._foreign}/tasks/{self._foreign}-{number % 100 + 1}"
        actions = [
            work_pb2.WorkAction(
                action_id=f"a-{index}",
                operator=rng.choice((own, other)),
                request_id=f"stream-{number}-{index}",
                **action,
            )
            for index, action in enumerate(
                (
                    {"sign_in": {"desk_id": "desk-1", "presence": operator_pb2.PRESENCE_AVAILABLE}},
                    {"complete": {"task": task, "token": 1, "verdict": task_pb2.VERDICT_APPROVED}},
                    {"renew": {"task": task, "token": 2**62}},
                    {"accept": {"task": task, "token": 1}},
                    {"sign_out": {}},
                )
            )
        ]
        message = work_pb2.WorkRequest(actions=actions).SerializeToString()
        wrong = FAMILIES["wrong wire type"](rng, work_pb2.WorkRequest.FromString(message))
        await self._talk("interleaved", method, [message, message, wrong], self._callers.desk())

    async def half_closed(self, rng: random.Random, number: int) -> None:
        """A stream that ends before it has begun."""
        del number
        method = rng.choice([method for method in self._methods if method.takes_stream])
        await self._talk("half-closed", method, [], self._callers.rightful(method))
        self._tally.sent("half-closed")

    async def silent(self, rng: random.Random, number: int) -> None:
        """A call whose message never comes; its own deadline ends it."""
        del number
        method = rng.choice(self._methods)
        self._tally.sent("silent call")
        call: Any = self._channel.stream_stream(method.path)(metadata=self._callers.rightful(method), timeout=SILENCE_S)
        self._tally.answered(await call.code(), (), f"silent call to {method.name}")

    async def reset(self, rng: random.Random, number: int) -> None:
        """Calls that are taken back as soon as they are made. Their messages are wrong, so that nothing may come of them."""
        method = rng.choice([method for method in self._methods if not method.is_answered_by_stream])
        body = FAMILIES["bad UTF-8"](rng, sample(method.request, self._target, number))
        call: Any = self._channel.unary_unary(method.path)(
            body, metadata=self._callers.rightful(method), timeout=TIMEOUT_S
        )
        self._tally.sent("reset")
        await asyncio.sleep(0)
        call.cancel()
        self._tally.answered(await call.code(), (), f"reset to {method.name}")


async def _each(messages: Sequence[bytes]) -> AsyncIterator[bytes]:
    for message in messages:
        yield message


_Scenario = Callable[[Streams, random.Random, int], Any]
_SCENARIOS: Mapping[str, _Scenario] = {
    "replayed tasks": Streams.replayed_tasks,
    "replayed actions": Streams.replayed_actions,
    "half-closed": Streams.half_closed,
    "silent": Streams.silent,
    "reset": Streams.reset,
}
