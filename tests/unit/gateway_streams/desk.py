"""A workbench: one work stream with several operators, as small as a test needs it."""

import asyncio
from collections.abc import Callable
from typing import Any

from gateway.v1 import work_pb2
from tests.unit.gateway_streams.served import PATIENCE_S, Served


class Workbench:
    """One stream. Use as an async context manager."""

    def __init__(self, served: Served, province: str = "fujian", *, work: Any = None) -> None:
        self.call: Any = (work or served.work).Work(**served.as_("desk", province, timeout=None))
        self.province = province
        self._count = 0
        self._waiting: list[work_pb2.WorkUpdate] = []

    async def __aenter__(self) -> "Workbench":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.call.cancel()

    def operator(self, number: int) -> str:
        """Name of one of the province's operators."""
        return f"provinces/{self.province}/operators/{self.province}-op-{number}"

    def action(self, number: int, **fields: Any) -> work_pb2.WorkAction:
        """An action of an operator, with ids of its own."""
        self._count += 1
        known: dict[str, Any] = {"action_id": f"a-{self._count}", "request_id": f"q-{id(self)}-{self._count}"}
        return work_pb2.WorkAction(operator=self.operator(number), **known | fields)

    async def send(self, *actions: work_pb2.WorkAction) -> None:
        """Send actions in one message."""
        await self.call.write(work_pb2.WorkRequest(actions=actions))

    async def result(self, action: work_pb2.WorkAction) -> work_pb2.ActionResult:
        """Send one action and wait for what becomes of it."""
        await self.send(action)
        update = await self.until(lambda update: update.result.action_id == action.action_id)
        return update.result

    async def sign_in(self, *numbers: int) -> None:
        """Sign operators in, all in one message."""
        actions = [self.action(number, sign_in=work_pb2.SignInAction(desk_id=f"desk-{number}")) for number in numbers]
        await self.send(*actions)
        for action in actions:
            update = await self.until(lambda update, wanted=action: update.result.action_id == wanted.action_id)
            assert update.result.HasField("session"), update

    async def until(self, wanted: Callable[[work_pb2.WorkUpdate], bool]) -> work_pb2.WorkUpdate:
        """The next update of a sort; others stay for later."""
        for update in self._waiting:
            if wanted(update):
                self._waiting.remove(update)
                return update
        async with asyncio.timeout(PATIENCE_S):
            while True:
                response = await self.call.read()
                assert isinstance(response, work_pb2.WorkResponse), "the stream has ended"
                found = None
                for update in response.updates:
                    if found is None and wanted(update):
                        found = update
                    else:
                        self._waiting.append(update)
                if found is not None:
                    return found

    async def offer(self) -> work_pb2.Offer:
        """The next offer."""
        return (await self.until(lambda update: update.HasField("offer"))).offer
