"""Reads back what a run was acknowledged, as a process of its own, and says what it found.

Run as `python -m loadtests.locusts.reading_back` with the `Inquiry` as JSON on standard input and the `Findings` as JSON on standard output.

A GetTask costs client and server together about half a millisecond, a page of a thousand events some tens: a run of 500,000 tasks, of which
a share is kept in the ledger, is read back in a few minutes, a small one at once and whole.
"""

import asyncio
import math
from pathlib import Path

import grpc
import msgspec

from gateway.v1 import event_pb2, event_pb2_grpc, monitor_pb2, monitor_pb2_grpc, task_pb2, task_pb2_grpc
from loadtests.bench.client_process import be_client
from loadtests.locusts.findings import EVENTS_MAX, Decided, Findings, Happened, Read, compare
from loadtests.locusts.ledger import Acknowledged
from loadtests.locusts.orders import Connection
from loadtests.locusts.preparing import open_count
from loadtests.wire import DEADLINE_S, bearer, call_patiently, open_channel, read_development_tokens

#: Calls under way, and provinces whose events are read at once.
READERS, EVENT_READERS = 16, 4
PAGE_SIZE = 1_000
#: What the server need not send, being frequent. A filter knows no "or", so these are named instead of the two that are wanted.
OTHER_EVENTS = (
    "OfferMade",
    "OfferAccepted",
    "OfferDeclined",
    "TaskAssigned",
    "AssignmentStarted",
    "HostNoted",
    "OutcomeNoted",
)
#: Between two looks at how much is open, seconds.
LOOK_EVERY_S = 0.5


class Inquiry(msgspec.Struct, frozen=True, kw_only=True):
    """What to read back."""

    connection: Connection
    #: What the external ids of the run begin with.
    run: str
    provinces: list[str]
    acknowledged: Acknowledged


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Wait until nothing is open, or what was open before the run and is not going to be decided; at most so long."""

    connection: Connection
    open_before: int
    #: Longer than a person works on a task. Where no more is open than before the run, some of that may have been decided and some of the
    #: run's may not: so as long as anything is decided it is waited for.
    still_s: float
    within_s: float


class Rested(msgspec.Struct, frozen=True):
    """How much is open now, and how long it was waited for."""

    open_tasks: int
    after_s: float


async def read_back(inquiry: Inquiry) -> Findings:
    """Read everything and compare.

    Raises:
        grpc.aio.AioRpcError: the system does not answer.
    """
    token = read_development_tokens(Path(inquiry.connection.tokens)).ops
    channel = open_channel(inquiry.connection.address)
    findings = Findings()
    try:
        happened = Happened(inquiry.run, inquiry.acknowledged.tasks, findings)
        await read_events(channel, token, inquiry.provinces, happened, findings)
        happened.settle()
        tasks = await _tasks(channel, token, list(inquiry.acknowledged.tasks))
        compare(inquiry.acknowledged, tasks, happened.decisions, findings)
        return findings
    finally:
        await channel.close()


async def read_events(
    channel: grpc.aio.Channel, token: str, provinces: list[str], happened: Happened, findings: Findings
) -> None:
    """Take in every creation and every decision of every province, as far as `EVENTS_MAX` allows."""
    stub = event_pb2_grpc.EventServiceStub(channel)
    readers = asyncio.Semaphore(EVENT_READERS)
    seen = 0

    async def read(province: str) -> None:
        nonlocal seen
        request = event_pb2.ListEventsRequest(
            parent=f"provinces/{province}",
            page_size=PAGE_SIZE,
            filter=" AND ".join(f"type != {name}" for name in OTHER_EVENTS),
        )
        async with readers:
            while True:
                if seen >= EVENTS_MAX:
                    findings.is_complete = False
                    return
                page = await call_patiently(
                    lambda: stub.ListEvents(request, metadata=bearer(token), timeout=DEADLINE_S)
                )
                for event in page.events:
                    _take(event, happened)
                seen += len(page.events)
                if not page.next_page_token:
                    return
                request.page_token = page.next_page_token

    await asyncio.gather(*(read(province) for province in provinces))


def _take(event: event_pb2.Event, happened: Happened) -> None:
    if event.type == "TaskCreated":
        happened.created(event.task, event.external_id)
    elif event.type == "TaskCompleted":
        decision = event.decision
        happened.decided(Decided(event.task, decision.operator, decision.verdict, decision.amount_fen))


async def _tasks(channel: grpc.aio.Channel, token: str, names: list[str]) -> dict[str, Read | None]:
    stub = task_pb2_grpc.TaskServiceStub(channel)
    tasks: dict[str, Read | None] = {}
    left = iter(names)

    async def read() -> None:
        for name in left:
            request = task_pb2.GetTaskRequest(name=name)
            try:
                task = await call_patiently(
                    lambda request=request: stub.GetTask(request, metadata=bearer(token), timeout=DEADLINE_S)
                )
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
                tasks[name] = None
                continue
            decision = task.decision
            tasks[name] = Read(
                external_id=task.external_id,
                state=task.state,
                operator=decision.operator,
                verdict=decision.verdict,
                amount_fen=decision.amount_fen,
                is_on_time=decision.time_ms <= task.due_time_ms,
            )

    await asyncio.gather(*(read() for _ in range(READERS)))
    return tasks


async def wait_for_rest(rest: Rest) -> Rested:
    """Wait until nothing is open, or no more than there was before and nothing is being decided."""
    token = read_development_tokens(Path(rest.connection.tokens)).ops
    channel = open_channel(rest.connection.address)
    stub = monitor_pb2_grpc.MonitorServiceStub(channel)
    loop = asyncio.get_running_loop()
    began_s = fell_s = loop.time()
    least: float = math.inf
    calm = 0
    try:
        while True:
            overview = await call_patiently(
                lambda: stub.GetOverview(monitor_pb2.GetOverviewRequest(), metadata=bearer(token), timeout=DEADLINE_S)
            )
            is_open = open_count(overview)
            now_s = loop.time()
            if is_open < least:
                least, fell_s = is_open, now_s
            is_rest = not is_open or (is_open <= rest.open_before and now_s - fell_s >= rest.still_s)
            # A picture is half a second old, so what it does not show must be missing from two.
            calm = calm + 1 if is_rest else 0
            passed_s = now_s - began_s
            if calm > 1 or passed_s > rest.within_s:
                return Rested(is_open, passed_s)
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await channel.close()


async def _carry_out(order: "Question") -> msgspec.Struct:
    if order.rest is not None:
        return await wait_for_rest(order.rest)
    assert order.inquiry is not None
    return await read_back(order.inquiry)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two."""

    rest: Rest | None = None
    inquiry: Inquiry | None = None


if __name__ == "__main__":
    be_client(Question, _carry_out)
