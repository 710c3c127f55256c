"""Batches and streams at the admission: a batch is refused, a stream waits, and nobody else does."""

import asyncio
from typing import Any

import pytest

from actors import protocol
from gateway.admission import Admission, Limits
from gateway.errors import GatewayError
from gateway.item_admission import ItemAdmission
from gateway.v1 import task_pb2
from tests.unit.gateway_streams.served import PATIENCE_S, served
from tests.unit.gateway_streams.site import KIND

#: One place for each of two.
_ONE_EACH = Limits(in_flight_max=2)


def _full() -> Admission:
    """With nothing left for fujian."""
    admission = Admission(_ONE_EACH, 0.0)
    admission.in_flight.take("fujian")
    return admission


async def test_a_batch_above_its_share_is_refused_and_says_whose_it_is() -> None:
    """A batch is one call at the gate: without a second look, whoever floods would flood by batches."""
    admission = _full()
    items = ItemAdmission(admission)
    with pytest.raises(GatewayError, match="OVERLOADED"):
        items.admit_batch("fujian", 100)
    items.admit_batch("jiangxi", 100)
    with pytest.raises(GatewayError, match="OVER_SHARE") as refused:
        items.admit_batch("fujian", 100)
    assert refused.value.retry_after_ms


async def test_messages_above_their_share_wait_in_order_and_let_others_pass() -> None:
    """A message that overtakes would starve one stream of a branch by another; one that holds up others would be the flood's victim."""
    admission = _full()
    items = ItemAdmission(admission)
    came: list[str] = []

    async def wait(share: str, name: str) -> None:
        await items.wait(share, 10)
        came.append(name)

    waiting = [asyncio.create_task(wait("fujian", f"fujian {number}")) for number in range(3)]
    await wait("jiangxi", "jiangxi")
    assert came == ["jiangxi"]
    waiting[1].cancel()
    await asyncio.gather(waiting[1], return_exceptions=True)
    admission.in_flight.give_back("fujian")
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(waiting[0], waiting[2])
    assert came == ["jiangxi", "fujian 0", "fujian 2"]


def _message(number: int) -> task_pb2.IngestTasksRequest:
    task = task_pb2.Task(external_id=f"case-{number}", kind=KIND)
    item = task_pb2.CreateTaskRequest(parent="provinces/fujian", request_id=f"r-{number}", task=task)
    return task_pb2.IngestTasksRequest(requests=[item])


async def test_a_stream_above_its_share_is_not_read_until_there_is_room() -> None:
    """Refused items would have to be sent again; and a stream that is read on would flood whatever the gate says of calls."""
    async with served("fujian", "jiangxi", limits=_ONE_EACH) as found:
        stream: Any = found.tasks.IngestTasks(**found.as_("branch", "fujian"))
        await stream.write(_message(1))
        assert (await stream.read()).results[0].HasField("task")
        found.gateway.admission.in_flight.take("fujian")
        await stream.write(_message(2))
        # On the same connection and behind the message, so that is there, too.
        await found.create(3, "jiangxi")
        assert len(found.sites["fujian"].seen(protocol.Bundle)) == 1
        found.gateway.admission.in_flight.give_back("fujian")
        assert (await stream.read()).results[0].HasField("task")
        await stream.done_writing()
