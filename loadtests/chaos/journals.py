"""What the journals say when all has come to rest, asked over the wire: every event of every province, and every task.

`sharedops verify` reads the same journals from the disk; that both count the same is itself one of the checks.
"""

import asyncio
from collections.abc import Sequence

import grpc
import msgspec

from gateway.v1 import event_pb2, event_pb2_grpc, task_pb2, task_pb2_grpc
from loadtests.chaos.branches import content_of
from loadtests.wire import bearer, call_patiently

PAGE_SIZE = 1_000
#: A page of a thousand takes a fraction of this.
PAGE_DEADLINE_S = 29.0
#: Provinces read at once.
READERS = 4


class Happened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event, as far as the checks need it. Field names as in `event_pb2.Event`."""

    type: str
    province: str
    position: int
    task: str
    external_id: str = ""
    operator: str = ""
    generation: int = 0
    token: int = 0
    verdict: int = 0
    amount_fen: int = 0


class Listed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One task as it is now."""

    name: str
    external_id: str
    #: As `branches.content_of` sums it up.
    content: str
    state: int


class Journals(msgspec.Struct, kw_only=True):
    """All of it. The events of a province are in its order."""

    events: dict[str, list[Happened]] = {}
    tasks: dict[str, Listed] = {}


async def read_journals(channel: grpc.aio.Channel, token: str, provinces: Sequence[str]) -> Journals:
    """Read everything.

    Raises:
        grpc.aio.AioRpcError: a province does not answer.
    """
    journals = Journals()
    readers = asyncio.Semaphore(READERS)

    async def read(province: str) -> None:
        async with readers:
            journals.events[province] = await _events(channel, token, province)
            journals.tasks.update(await _tasks(channel, token, province))

    await asyncio.gather(*(read(province) for province in provinces))
    return journals


async def _events(channel: grpc.aio.Channel, token: str, province: str) -> list[Happened]:
    stub = event_pb2_grpc.EventServiceStub(channel)
    events: list[Happened] = []
    request = event_pb2.ListEventsRequest(parent=f"provinces/{province}", page_size=PAGE_SIZE)
    while True:
        page = await call_patiently(lambda: stub.ListEvents(request, metadata=bearer(token), timeout=PAGE_DEADLINE_S))
        events += [_happened(event) for event in page.events if event.task]
        if not page.next_page_token:
            return events
        request.page_token = page.next_page_token


def _happened(event: event_pb2.Event) -> Happened:
    decision = event.decision
    return Happened(
        type=event.type,
        province=event.province,
        position=event.position,
        task=event.task,
        external_id=event.external_id,
        operator=decision.operator or event.operator,
        generation=event.generation,
        token=event.token,
        verdict=decision.verdict,
        amount_fen=decision.amount_fen,
    )


async def _tasks(channel: grpc.aio.Channel, token: str, province: str) -> dict[str, Listed]:
    stub = task_pb2_grpc.TaskServiceStub(channel)
    tasks: dict[str, Listed] = {}
    request = task_pb2.ListTasksRequest(parent=f"provinces/{province}", page_size=PAGE_SIZE)
    while True:
        page = await call_patiently(lambda: stub.ListTasks(request, metadata=bearer(token), timeout=PAGE_DEADLINE_S))
        for task in page.tasks:
            tasks[task.name] = Listed(
                name=task.name, external_id=task.external_id, content=content_of(task), state=task.state
            )
        if not page.next_page_token:
            return tasks
        request.page_token = page.next_page_token
