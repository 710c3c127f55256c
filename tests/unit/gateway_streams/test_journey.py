"""A task's journey over the wire: created, offered on the stream, accepted, decided, and seen by those who follow events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from gateway.v1 import event_pb2, task_pb2, work_pb2
from tests.unit.gateway.served import facts
from tests.unit.gateway_streams.desk import Workbench
from tests.unit.gateway_streams.served import PATIENCE_S, Served, served


@pytest.fixture
async def country() -> AsyncIterator[Served]:
    """Two provinces that serve."""
    async with served("fujian", "jiangxi") as running:
        yield running


def hold(offer: work_pb2.Offer | work_pb2.Assignment) -> dict[str, Any]:
    """What names work in hand."""
    return {"task": offer.task.name, "token": offer.token}


async def test_what_a_sign_in_brings_is_told_after_its_answer(country: Served) -> None:
    """The answer says what the operator held before: a desk that reads it second forgets the offer, which then waits for half a minute."""
    await country.create(1)
    async with Workbench(country) as desk:
        sign_in = desk.action(1, sign_in=work_pb2.SignInAction(desk_id="desk-1"))
        await desk.send(sign_in)
        first = await desk.until(lambda update: update.HasField("offer") or update.HasField("result"))
        assert first.result.action_id == sign_in.action_id
        assert not first.result.session.offers
        assert (await desk.offer()).operator == desk.operator(1)


async def test_a_task_is_offered_accepted_started_and_decided(country: Served) -> None:
    """The main road: if any step breaks, nothing else matters."""
    following = country.events.StreamEvents(
        event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian", after_position=0)]),
        **country.as_("branch", "fujian", timeout=None),
    )
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        offer = await desk.offer()
        assert offer.task.name == created.name
        accepted = await desk.result(desk.action(1, accept=work_pb2.AcceptAction(**hold(offer))))
        assert accepted.assignment.token == offer.token
        started = await desk.result(desk.action(1, start=work_pb2.StartAction(**hold(offer))))
        assert started.assignment.task.state == task_pb2.TASK_STATE_IN_PROGRESS
        decided = await desk.result(
            desk.action(
                1,
                complete=work_pb2.CompleteAction(**hold(offer), verdict=task_pb2.VERDICT_APPROVED, amount_fen=12_300),
            )
        )
        assert decided.task.state == task_pb2.TASK_STATE_COMPLETED
    seen: list[event_pb2.Event] = []
    async with asyncio.timeout(PATIENCE_S):
        while not seen or seen[-1].type != "TaskCompleted":
            seen += (await following.read()).events
    following.cancel()
    assert [event.type for event in seen] == [
        "TaskCreated",
        "OfferMade",
        "OfferAccepted",
        "AssignmentStarted",
        "TaskCompleted",
    ]
    assert seen[-1].decision.amount_fen == 12_300
    positions = [event.position for event in seen]
    assert positions == sorted(set(positions))


async def test_a_stale_token_is_told_who_won(country: Served) -> None:
    """A thawed desk must learn that its task was decided elsewhere, and change nothing."""
    async with Workbench(country) as frozen, Workbench(country) as other:
        await frozen.sign_in(1)
        created = await country.create(1)
        lost = await frozen.offer()
        await frozen.result(frozen.action(1, accept=work_pb2.AcceptAction(**hold(lost))))
        await other.sign_in(2)
        reassign = task_pb2.ReassignTaskRequest(
            name=created.name, operator=other.operator(2), request_id="re-1", reason="away"
        )
        await country.tasks.ReassignTask(reassign, **country.as_("ops"))
        won = (await other.until(lambda update: update.HasField("assignment"))).assignment
        refused = await frozen.result(
            frozen.action(1, complete=work_pb2.CompleteAction(**hold(lost), verdict=task_pb2.VERDICT_APPROVED))
        )
        assert refused.error.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
        assert refused.error.reason == "STALE_TOKEN"
        assert refused.error.metadata["winning_assignment"] == won.name
        assert refused.error.metadata["winning_operator"] == other.operator(2)
        revoked = await frozen.until(lambda update: update.HasField("revocation"))
        assert revoked.revocation.token == lost.token
        # The unary form of the same call says the same.
        unary = work_pb2.CompleteAssignmentRequest(
            operator=frozen.operator(1), request_id="c-1", **hold(lost), verdict=task_pb2.VERDICT_APPROVED
        )
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await country.work.CompleteAssignment(unary, **country.as_("desk", "fujian"))
        assert facts(error.value)["code"] is grpc.StatusCode.FAILED_PRECONDITION
        assert facts(error.value)["metadata"]["winning_assignment"] == won.name


async def test_one_message_reaches_a_province_as_one_frame_of_the_journal(country: Served) -> None:
    """Actions of a message are grouped: an fsync for each would cost the batch its point."""
    async with Workbench(country) as desk:
        before = len(country.sites["fujian"].store.frames)
        await desk.sign_in(1, 2, 3, 4)
        assert len(country.sites["fujian"].store.frames) == before + 1


async def test_a_refused_action_does_not_fail_its_neighbours(country: Served) -> None:
    """A workbench of many operators must not lose its stream to one of them."""
    async with Workbench(country) as desk:
        stranger = desk.action(1, sign_in=work_pb2.SignInAction(desk_id="d"))
        stranger.operator = "provinces/jiangxi/operators/jiangxi-op-1"
        nobody = desk.action(99, sign_in=work_pb2.SignInAction(desk_id="d"))
        wrong = desk.action(1)
        good = desk.action(1, sign_in=work_pb2.SignInAction(desk_id="d"))
        await desk.send(stranger, nobody, wrong, good)
        results: dict[str, work_pb2.ActionResult] = {}
        for action in (stranger, nobody, wrong, good):
            update = await desk.until(lambda update, wanted=action: update.result.action_id == wanted.action_id)
            results[action.action_id] = update.result
        assert results[stranger.action_id].error.reason == "PERMISSION_DENIED"
        assert results[nobody.action_id].error.reason == "UNKNOWN_OPERATOR"
        assert results[wrong.action_id].error.reason == "INVALID_ARGUMENT"
        assert results[good.action_id].HasField("session")


async def test_a_branch_sees_only_the_events_of_its_own_tasks(country: Served) -> None:
    """I10: the people of a province, and other branches' tasks, are no branch system's business."""
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        await desk.offer()
    listing = event_pb2.ListEventsRequest(parent="provinces/fujian")
    mine = await country.events.ListEvents(listing, **country.as_("branch", "fujian"))
    assert {event.task for event in mine.events} == {created.name}
    everything = await country.events.ListEvents(listing, **country.as_("ops"))
    assert "OperatorSignedIn" in {event.type for event in everything.events}
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await country.events.ListEvents(listing, **country.as_("branch", "jiangxi"))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_events_can_be_read_page_by_page_without_gap_or_repetition(country: Served) -> None:
    """A branch that resumes from its last position must get every event once."""
    for number in range(7):
        await country.create(number)
    options = country.as_("branch", "fujian")
    whole = await country.events.ListEvents(event_pb2.ListEventsRequest(parent="provinces/fujian"), **options)
    pages: list[int] = []
    request = event_pb2.ListEventsRequest(parent="provinces/fujian", page_size=3)
    while True:
        page = await country.events.ListEvents(request, **options)
        pages += [event.position for event in page.events]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert pages == [event.position for event in whole.events]
    assert len(pages) == 7
