"""The gateway process from the wire to the journal: work streams, events, overview, health, console."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.v1 import admin_pb2, event_pb2, monitor_pb2, province_pb2, task_pb2, work_pb2
from tests.unit.gateway_process.live_country import (
    PATIENCE_S,
    LiveCountry,
    StreamedDesk,
    as_,
    create,
    live_country,
)
from tests.unit.gateway_process.test_damaged_journal import refused


@pytest.fixture
async def country(tmp_path: Path) -> AsyncIterator[LiveCountry]:
    """Fujian and Jiangxi with two operators each."""
    async with live_country(tmp_path, "fujian", "jiangxi") as started:
        yield started


async def _decide(desk: StreamedDesk, task: str, token: int) -> work_pb2.ActionResult:
    complete = work_pb2.CompleteAction(task=task, token=token, verdict=task_pb2.VERDICT_APPROVED)
    return await desk.result(complete=complete)


async def test_a_task_travels_over_the_stream_and_the_branch_watches(country: LiveCountry) -> None:
    """Would break if an offer, an answer or an event of a task's life did not arrive where it belongs."""
    desk = StreamedDesk(country, "fujian", "fujian-op-1")
    await desk.sign_in()
    watch = country.events.StreamEvents(
        event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian")]),
        metadata=as_("branch-fujian")["metadata"],
    )
    created = await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    offer = await desk.update("offer")
    assert offer.task.name == created.name
    accepted = await desk.result(accept=work_pb2.AcceptAction(task=created.name, token=offer.token))
    assert accepted.assignment.task.state == task_pb2.TASK_STATE_ASSIGNED
    await desk.result(start=work_pb2.StartAction(task=created.name, token=offer.token))
    decided = await _decide(desk, created.name, offer.token)
    assert decided.task.state == task_pb2.TASK_STATE_COMPLETED
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while "TaskCompleted" not in seen:
            response = await watch.read()
            seen += [event.type for event in response.events]
    assert seen == ["TaskCreated", "OfferMade", "OfferAccepted", "AssignmentStarted", "TaskCompleted"]
    watch.cancel()
    await desk.close()


async def test_events_go_on_after_the_position_that_a_reader_knows(country: LiveCountry) -> None:
    """Would break if a resumed watch repeated or skipped an event."""
    for number in range(5):
        await country.tasks.CreateTask(create(number), **as_("branch-fujian"))
    request = event_pb2.ListEventsRequest(parent="provinces/fujian", page_size=2)
    listed = await country.events.ListEvents(request, **as_("branch-fujian"))
    assert [event.external_id for event in listed.events] == ["case-0", "case-1"]
    watch = country.events.StreamEvents(
        event_pb2.StreamEventsRequest(
            cursors=[event_pb2.EventCursor(province="fujian", after_position=listed.events[-1].position)]
        ),
        metadata=as_("branch-fujian")["metadata"],
    )
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < 4:
            found += [event.external_id for event in (await watch.read()).events]
            if len(found) == 3:
                await country.tasks.CreateTask(create(5), **as_("branch-fujian"))
    assert found == ["case-2", "case-3", "case-4", "case-5"]
    watch.cancel()


async def test_a_position_ahead_of_the_journal_is_refused(country: LiveCountry) -> None:
    """After a restore a branch would wait for its own past, and take what happens then for what it has missed."""
    await country.tasks.CreateTask(create(0), **as_("branch-fujian"))
    ahead = 1 << 40
    cursor = event_pb2.EventCursor(province="fujian", after_position=ahead)
    for asked in (
        country.events.ListEvents(
            event_pb2.ListEventsRequest(parent="provinces/fujian", after_position=ahead), **as_("branch-fujian")
        ),
        country.events.StreamEvents(event_pb2.StreamEventsRequest(cursors=[cursor]), **as_("branch-fujian")).read(),
    ):
        code, info, _ = await refused(asked)
        assert (code, info.reason, info.metadata["province"]) == (
            grpc.StatusCode.OUT_OF_RANGE,
            "UNKNOWN_POSITION",
            "fujian",
        )


async def test_a_void_token_is_refused_with_the_winner(country: LiveCountry) -> None:
    """Would break if a desk that lost its task could decide it, or were not told who has it."""
    first, second = (StreamedDesk(country, "fujian", f"fujian-op-{number}") for number in (1, 2))
    await first.sign_in()
    created = await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    offer = await first.update("offer")
    await first.result(accept=work_pb2.AcceptAction(task=created.name, token=offer.token))
    await second.sign_in()
    await first.result(release=work_pb2.ReleaseAction(task=created.name, token=offer.token, reason="lunch"))
    await first.result(sign_out=work_pb2.SignOutAction())
    again = await second.update("offer")
    await second.result(accept=work_pb2.AcceptAction(task=created.name, token=again.token))
    refused = await _decide(first, created.name, offer.token)
    assert refused.error.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert refused.error.reason == "STALE_TOKEN"
    assert refused.error.metadata["winning_operator"] == second.operator
    for desk in (first, second):
        await desk.close()


async def test_a_restarted_province_tells_its_desks_what_they_hold(country: LiveCountry) -> None:
    """Would break if news lost with a connection left a task on a desk that does not know of it."""
    desk = StreamedDesk(country, "fujian", "fujian-op-1")
    await desk.sign_in()
    created = await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    offer = await desk.update("offer")
    await desk.result(accept=work_pb2.AcceptAction(task=created.name, token=offer.token))
    await country.actors["fujian"].close()
    await country.open("fujian")
    session = await desk.update("session")
    assert [held.task.name for held in session.assignments] == [created.name]
    await desk.result(start=work_pb2.StartAction(task=created.name, token=offer.token))
    assert (await _decide(desk, created.name, offer.token)).task.state == task_pb2.TASK_STATE_COMPLETED
    await desk.close()


async def test_a_write_waits_for_a_restart_and_is_made_once(country: LiveCountry) -> None:
    """Would break if a restart showed as a failure, or a repeated write made a second task."""
    first = await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    await country.actors["fujian"].close()
    waiting = country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    other = country.tasks.CreateTask(create(2), **as_("branch-fujian"))
    await country.open("fujian")
    assert await waiting == first
    assert (await other).name != first.name


async def test_one_bad_action_does_not_hurt_its_neighbours(country: LiveCountry) -> None:
    """Would break if a workbench of many operators failed as a whole for one slip."""
    desk = StreamedDesk(country, "fujian", "fujian-op-1")
    bad = await desk.result(accept=work_pb2.AcceptAction(task="provinces/fujian/tasks/fujian-99", token=1))
    assert bad.error.code == grpc.StatusCode.NOT_FOUND.value[0]
    foreign = await desk.result(accept=work_pb2.AcceptAction(task="nonsense", token=1))
    assert foreign.error.field_violations[0].field == "accept.task"
    assert (await desk.sign_in()).operator == desk.operator
    await desk.close()


async def test_the_overview_sums_up_and_shows_a_silent_province(country: LiveCountry) -> None:
    """Would break if operations staff saw other figures than the provinces have, or an error instead of a gap."""
    for number in range(3):
        await country.tasks.CreateTask(create(number), **as_("branch-fujian"))
    watch = country.monitor.WatchOverview(
        monitor_pb2.WatchOverviewRequest(interval_ms=200), metadata=as_("ops")["metadata"]
    )
    async with asyncio.timeout(PATIENCE_S):
        overview = await watch.read()
        while overview.totals.open_tasks.queued != 3 or overview.totals.active_provinces != 2:
            overview = await watch.read()
        await country.actors["jiangxi"].close()
        while overview.totals.active_provinces != 1:
            overview = await watch.read()
    states = {province.province: province.state for province in overview.provinces}
    assert states["jiangxi"] == province_pb2.PROVINCE_STATE_DEGRADED
    watch.cancel()


async def test_health_has_an_entry_for_every_province(country: LiveCountry) -> None:
    """Would break if a starter or load balancer could not tell a province that serves from one that does not."""
    health: Any = health_pb2_grpc.HealthStub(country.channel)
    async with asyncio.timeout(PATIENCE_S):
        for service in ("", "sharedops.v1.TaskService", "province/fujian"):
            watch = health.Watch(health_pb2.HealthCheckRequest(service=service))
            while (await watch.read()).status != health_pb2.HealthCheckResponse.SERVING:
                pass
            watch.cancel()
        watch = health.Watch(health_pb2.HealthCheckRequest(service="province/jiangxi"))
        await watch.read()
        await country.actors["jiangxi"].close()
        while (await watch.read()).status != health_pb2.HealthCheckResponse.NOT_SERVING:
            pass
        watch.cancel()


async def test_the_console_answers(country: LiveCountry) -> None:
    """Would break if the page, the metrics or the health path were missing."""

    def read(path: str) -> str:
        with urllib.request.urlopen(f"http://{country.console}{path}", timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    assert "sharedops" in await asyncio.to_thread(read, "/")
    assert "sharedops_province_active" in await asyncio.to_thread(read, "/metrics")
    assert await asyncio.to_thread(read, "/healthz") == "ok\n"


async def test_a_stopping_gateway_ends_its_streams_with_a_reason_to_come_back(tmp_path: Path) -> None:
    """Would break if Ctrl-C waited out the whole grace for desks that never hang up."""
    async with live_country(tmp_path, "fujian") as country:
        desk = StreamedDesk(country, "fujian", "fujian-op-1")
        await desk.sign_in()
        watch = country.monitor.WatchOverview(monitor_pb2.WatchOverviewRequest(), metadata=as_("ops")["metadata"])
        follow = country.events.StreamEvents(event_pb2.StreamEventsRequest(), metadata=as_("ops")["metadata"])
        await watch.read()
        await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
        await follow.read()
        async with asyncio.timeout(PATIENCE_S):
            await country.gateway.stop()
            for call in (watch, follow):
                assert await call.code() is grpc.StatusCode.UNAVAILABLE


async def test_every_journal_can_be_checked_while_it_is_written(country: LiveCountry) -> None:
    """Would break if an auditor could not ask for the chain of a province or of the headquarters."""
    await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    for journal in ("fujian", "hq"):
        found = await country.admin.VerifyJournal(admin_pb2.VerifyJournalRequest(journal=journal), **as_("ops"))
        assert found.valid
        assert found.frame_count > 0
