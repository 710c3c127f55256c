"""What provinces and the coordinator answered, as the services expect it, and the checks that need the list of provinces."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from actors import protocol
from actors.core.commands import AnyCommand
from actors.core.ids import ProvinceCode, TaskId
from actors.core.refusal import Refused
from actors.core.replies import Elsewhere
from gateway.errors import GatewayError, GatewayReason, from_refused, unknown_province

R = TypeVar("R")
#: What a province will reply, in the order of what it was asked; fails with `GatewayError`.
Replies = asyncio.Future[Sequence[protocol.Response]]


class Provinces(Protocol):
    """The way to the provinces and the coordinator, as the services need it.

    Deadlines are instants of the running loop's clock. Every method raises `GatewayError` when the far side does not answer by then or
    is restarting; whether a write had an effect is then unknown. A caller that is cancelled drops its answer and disturbs nothing.
    """

    def codes(self) -> Sequence[str]:
        """The country's provinces, in code order."""
        ...

    async def call(self, province: str, request: protocol.Request, *, deadline: float) -> protocol.Response:
        """Ask one province."""
        ...

    async def call_many(
        self, province: str, requests: Sequence[protocol.Request], *, deadline: float
    ) -> list[protocol.Response]:
        """Ask one province many things in one frame; the answers in the order of the requests."""
        ...

    def call_many_soon(self, province: str, requests: Sequence[AnyCommand]) -> Replies:
        """The same without a task that waits: asked by the time this returns, unless the province is away. As late as an item of a stream may be."""
        ...

    async def room_for(self, provinces: Iterable[str]) -> None:
        """Wait, behind whoever waits already, until provinces have room for what can wait: steps of desks and single calls go first.

        Returns at once when they have or are away: what is asked of those is answered or refused as ever. The room is there until the
        caller waits for anything else.
        """
        ...

    async def follow_task(self, task_id: TaskId, request: protocol.Request, *, deadline: float) -> protocol.Response:
        """Ask whoever has the task, beginning at its home, going after it while it moves."""
        ...

    async def coordinator(self, request: protocol.Request, *, deadline: float) -> protocol.Response:
        """Ask the coordinator."""
        ...


def expect(reply: protocol.Response, kind: type[R], *, token: int | None = None, kinds_field: str = "") -> R:
    """The reply, if it is of the kind that the request is answered with.

    Args:
        token: of a call on work in hand, the lease token that the desk showed; see `errors.from_refused`.
        kinds_field: where the request names kinds, if that is not a task's.

    Raises:
        GatewayError: the province refused, or the task could not be found on its way.
        TypeError: an answer that does not belong to the request: a bug of ours.
    """
    if isinstance(reply, kind):
        return reply
    if isinstance(reply, Refused):
        raise from_refused(reply, token=token, kinds_field=kinds_field)
    if isinstance(reply, Elsewhere):
        raise in_transit(reply)
    raise TypeError(f"{type(reply).__name__} where {kind.__name__} belongs")


def in_transit(reply: Elsewhere) -> GatewayError:
    """UNAVAILABLE: the task is between two provinces; ask again."""
    return GatewayError(
        GatewayReason.IN_TRANSIT,
        f"Task {reply.task_id} is on its way to {reply.host}.",
        metadata={"host_province": reply.host},
    )


def check_known(provinces: Provinces, code: ProvinceCode, field: str) -> None:
    """Let a request for one of the country's provinces through.

    Raises:
        GatewayError: NOT_FOUND with `field`.
    """
    if code not in provinces.codes():
        raise unknown_province(code, field)
