"""How many messages of a work stream are under way, and in which order their actions begin."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

from actors.core.ids import OperatorId, ProvinceCode
from gateway.desks import Desks
from gateway.identity import Identity, Role
from gateway.services.work_stream import MESSAGES_IN_FLIGHT_MAX, WorkStream
from gateway.v1 import task_pb2, work_pb2
from tests.unit.gateway_streams.served import PATIENCE_S

_METHOD = "/sharedops.v1.WorkService/Work"


class _Holding:
    """Steps that end when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._go_on: dict[str, asyncio.Event] = {}

    async def step(self, action: str, message: Any, operator: OperatorId, *rest: Any, **more: Any) -> Any:
        del action, operator, rest, more
        self.begun.append(message.task)
        gate = self._go_on[message.task] = asyncio.Event()
        await gate.wait()
        return task_pb2.TaskBrief(name=message.task)

    def end(self, task: str) -> None:
        self._go_on.pop(task).set()


class _Desk:
    """A client that sends messages of two actions each as fast as they are read."""

    def __init__(self, count: int) -> None:
        self.read = 0
        self._count = count
        self._ids = itertools.count(1)

    async def messages(self) -> AsyncIterator[work_pb2.WorkRequest]:
        for _ in range(self._count):
            self.read += 1
            yield work_pb2.WorkRequest(actions=[self._action(), self._action()])

    def _action(self) -> work_pb2.WorkAction:
        number = next(self._ids)
        start = work_pb2.StartAction(task=f"provinces/fujian/tasks/fujian-{number}", token=1)
        return work_pb2.WorkAction(
            action_id=f"a{number}",
            operator="provinces/fujian/operators/fujian-op-1",
            request_id=f"a{number}",
            start=start,
        )


def _stream(holding: _Holding) -> WorkStream:
    desks = Desks("g1", lambda _province, _request: None)
    desks.signed_in(desks.new_session(), ProvinceCode("fujian"))
    identity = Identity(role=Role.OPERATOR, subject="desk", province="fujian")
    return WorkStream(holding, desks, identity, _METHOD)  # pyright: ignore[reportArgumentType]


async def _run(stream: WorkStream, desk: _Desk, told: list[str]) -> None:
    async for response in stream.run(desk.messages()):
        told.extend(update.result.action_id for update in response.updates)


async def _turns() -> None:
    """Let the loop do whatever it can without news from outside."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_message_is_under_way_until_the_last_of_its_actions_has_ended() -> None:
    """Would break if a client with large messages had more under way than the bound, or a message never left and the stream stood still."""
    holding, desk = _Holding(), _Desk(MESSAGES_IN_FLIGHT_MAX + 3)
    told: list[str] = []
    running = asyncio.create_task(_run(_stream(holding), desk, told))
    await _turns()
    # The next one is read and waits for its turn.
    assert (desk.read, len(holding.begun)) == (MESSAGES_IN_FLIGHT_MAX + 1, 2 * MESSAGES_IN_FLIGHT_MAX)
    first, second, third, *_ = list(holding.begun)
    holding.end(first)
    holding.end(third)
    await _turns()
    assert len(holding.begun) == 2 * MESSAGES_IN_FLIGHT_MAX
    holding.end(second)
    await _turns()
    assert (desk.read, len(holding.begun)) == (MESSAGES_IN_FLIGHT_MAX + 2, 2 * MESSAGES_IN_FLIGHT_MAX + 2)
    ended = {first, second, third}
    while len(ended) < 2 * (MESSAGES_IN_FLIGHT_MAX + 3):
        for task in [task for task in holding.begun if task not in ended]:
            holding.end(task)
            ended.add(task)
        await _turns()
    await asyncio.wait_for(running, PATIENCE_S)
    assert sorted(told) == sorted(f"a{number}" for number in range(1, 2 * (MESSAGES_IN_FLIGHT_MAX + 3) + 1))


async def test_actions_begin_in_the_order_in_which_they_came() -> None:
    """One operator's actions are decided in the order in which they reach the province, so none may overtake another on the way there."""
    holding, desk = _Holding(), _Desk(MESSAGES_IN_FLIGHT_MAX)
    running = asyncio.create_task(_run(_stream(holding), desk, []))
    await _turns()
    assert holding.begun == [
        f"provinces/fujian/tasks/fujian-{number}" for number in range(1, 2 * MESSAGES_IN_FLIGHT_MAX + 1)
    ]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
