"""What happens to calls when a province's process, or the connection to it, goes away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2

from actors import protocol
from actors.core import commands as c
from actors.core.calendar import BranchCalendar
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.refusal import Refused
from actors.core.replies import AnyReply, CalendarReply, PolicyRevisionPage, TaskReply
from actors.core.task import TaskSpec
from actors.transport.link import LinkBounds
from gateway.errors import GatewayError
from gateway.v1 import admin_pb2, event_pb2, task_pb2, work_pb2
from tests.unit.gateway.served import facts
from tests.unit.gateway_streams.served import KIND, PATIENCE_S, Served, served

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
async def country() -> AsyncIterator[Served]:
    """Two provinces that serve."""
    async with served("fujian", "jiangxi") as running:
        yield running


@pytest.fixture
async def impatient() -> AsyncIterator[Served]:
    """A gateway that gives a province that is away up at once."""
    async with served("fujian", "jiangxi", outage_wait_s=0.02) as running:
        yield running


def once(kind: type[protocol.Request]) -> Callable[[protocol.Request], bool]:
    """True for the first request of a type."""
    seen: list[protocol.Request] = []

    def breaks(request: protocol.Request) -> bool:
        if isinstance(request, kind) and not seen:
            seen.append(request)
            return True
        return False

    return breaks


async def test_a_create_whose_answer_was_lost_is_made_once(country: Served) -> None:
    """The gateway repeats it with the same request id, and the province gives the same answer."""
    site = country.sites["fujian"]
    site.breaks_after = once(c.CreateTask)
    task = await country.create(1)
    assert len(site.seen(c.CreateTask)) == 2
    again = await country.create(1)
    assert again == task
    listed = await country.tasks.ListTasks(
        task_pb2.ListTasksRequest(parent="provinces/fujian"), **country.as_("branch", "fujian")
    )
    assert [entry.name for entry in listed.tasks] == [task.name]


@pytest.mark.parametrize("way", ["call", "bundle"])
@pytest.mark.parametrize("obstacle", ["full", "unusable", "away"])
async def test_a_write_that_cannot_be_sent_again_may_have_been_done(country: Served, way: str, obstacle: str) -> None:
    """Told that there was no room, a client would take it for not done, and ask for the same thing under another id."""
    site, links = country.sites["fujian"], country.gateway.links
    link = links._links["province/fujian"]
    is_first = once(c.CreateTask if way == "call" else protocol.Bundle)

    def breaks(request: protocol.Request) -> bool:
        if not is_first(request):
            return False
        if obstacle == "full":
            link.bounds = LinkBounds(calls_in_flight_max=0)
        elif obstacle == "away":
            links._outage_wait_s = 0.02
            links.cuts.replace({site.code: 60_000})
        else:
            links._refusals["province/fujian"] = "damaged"
        return True

    site.breaks_after = breaks
    with pytest.raises(GatewayError) as caught:
        await _create_by(way, country)
    assert caught.value.reason == "PROVINCE_UNAVAILABLE"
    assert "whether the write took effect is unknown" in caught.value.message
    assert site.process is not None
    assert len(site.process.commits.province.state.tasks) == 1


async def _create_by(way: str, country: Served) -> object:
    links, deadline = country.gateway.links, asyncio.get_running_loop().time() + PATIENCE_S
    if way == "call":
        return await links.call("fujian", _new(1), deadline=deadline)
    return await asyncio.wait_for(links.call_many_soon("fujian", [_new(1)]), PATIENCE_S)


@pytest.mark.parametrize("way", ["call", "bundle"])
async def test_what_was_never_sent_for_want_of_room_is_said_to_be_refused(country: Served, way: str) -> None:
    """Whoever hears that nothing was done need not wonder."""
    country.gateway.links._links["province/fujian"].bounds = LinkBounds(calls_in_flight_max=0)
    with pytest.raises(GatewayError) as caught:
        await _create_by(way, country)
    assert (caught.value.reason, caught.value.code) == ("OVERLOADED", grpc.StatusCode.RESOURCE_EXHAUSTED)


@pytest.mark.parametrize("way", ["call", "bundle"])
async def test_what_was_never_sent_to_a_province_that_stands_aside_was_not_done(country: Served, way: str) -> None:
    """As above."""
    links = country.gateway.links
    links.cuts.replace({country.sites["fujian"].code: 60_000})
    links._refusals["province/fujian"] = "damaged"
    with pytest.raises(GatewayError) as caught:
        await _create_by(way, country)
    assert caught.value.reason == "JOURNAL_UNUSABLE"
    assert "province/fujian" in caught.value.message


async def test_of_reads_that_cannot_be_sent_again_nothing_is_unknown(country: Served) -> None:
    """Whoever only looked something up would be told of a write that may have taken effect."""
    site, links = country.sites["fujian"], country.gateway.links
    is_first = once(protocol.Bundle)

    def breaks(request: protocol.Request) -> bool:
        if is_first(request):
            links._links["province/fujian"].bounds = LinkBounds(calls_in_flight_max=0)
            return True
        return False

    site.breaks_after = breaks
    asked = [c.GetTask(task_id=TaskId("fujian-1"))] * 2
    with pytest.raises(GatewayError) as caught:
        await links.call_many("fujian", asked, deadline=asyncio.get_running_loop().time() + PATIENCE_S)
    assert caught.value.reason == "OVERLOADED"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        # Whoever looks at a policy asks for it, and then for its revision: with one of the two lost there would be no policy to be seen.
        (c.ListSharingPolicyRevisions(before=2), PolicyRevisionPage),
        (c.GetCalendar(), CalendarReply),
        # What is only shown has no request id, which it would use up.
        (c.UpdateCalendar(calendar=BranchCalendar(), validate_only=True), CalendarReply),
    ],
)
async def test_a_read_whose_answer_was_lost_is_sent_again(
    country: Served, asked: c.AnyCommand, answer: type[AnyReply]
) -> None:
    """Nothing can go wrong by it, and whoever reads need not wonder whether a write took effect."""
    site = country.sites["fujian"]
    site.breaks_after = once(type(asked))
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    assert isinstance(await country.gateway.links.call("fujian", asked, deadline=deadline), answer)
    assert len(site.seen(type(asked))) == 2


def _batch(*numbers: int, kind: str = KIND) -> task_pb2.BatchCreateTasksRequest:
    return task_pb2.BatchCreateTasksRequest(
        parent="provinces/fujian",
        requests=[
            task_pb2.CreateTaskRequest(
                request_id=f"r-{number}", task=task_pb2.Task(external_id=f"case-{number}", kind=kind)
            )
            for number in numbers
        ],
    )


async def test_a_batch_travels_as_one_bundle_and_is_made_once(country: Served) -> None:
    """Would break if each item were a call of its own, or a batch whose answer was lost were made twice."""
    site = country.sites["fujian"]
    site.breaks_after = once(protocol.Bundle)
    batch = _batch(1, 2, 3)
    batch.requests[1].task.kind = "no-such-kind"
    answer = await country.tasks.BatchCreateTasks(batch, **country.as_("branch", "fujian"))
    assert [result.WhichOneof("result") for result in answer.results] == ["task", "error", "task"]
    assert answer.results[1].error.reason == "UNKNOWN_KIND"
    bundles = site.seen(protocol.Bundle)
    assert [len(bundle.commands) for bundle in bundles if isinstance(bundle, protocol.Bundle)] == [3, 3]
    assert not site.seen(c.CreateTask)
    listed = await country.tasks.ListTasks(
        task_pb2.ListTasksRequest(parent="provinces/fujian"), **country.as_("branch", "fujian")
    )
    assert sorted(task.name for task in listed.tasks) == sorted(
        result.task.name for result in answer.results if result.HasField("task")
    )


async def test_more_commands_than_a_bundle_takes_travel_as_several(country: Served) -> None:
    """Would break if a province refused a long batch as no message of ours."""
    site, links = country.sites["fujian"], country.gateway.links
    count = protocol.BUNDLE_COMMANDS_MAX + 1
    asked = [c.GetTask(task_id=TaskId(f"fujian-{number}")) for number in range(count)]
    replies = await links.call_many("fujian", asked, deadline=asyncio.get_running_loop().time() + PATIENCE_S)
    bundles = site.seen(protocol.Bundle)
    assert [len(bundle.commands) for bundle in bundles if isinstance(bundle, protocol.Bundle)] == [count - 1, 1]
    assert [reply.message for reply in replies if isinstance(reply, Refused)] == [
        f"There is no task {one.task_id}." for one in asked
    ]


def _new(number: int) -> c.CreateTask:
    spec = TaskSpec(kind=KIND, external_id=f"soon-{number}")
    return c.CreateTask(who="branch:fujian", request_id=f"soon-{number}", spec=spec)


async def test_a_bundle_that_nothing_waits_for_is_made_once_though_its_answer_was_lost(country: Served) -> None:
    """Steps of desks travel so; a lost answer would leave everybody of a message without one, or carry them out twice."""
    site, links = country.sites["fujian"], country.gateway.links
    site.breaks_after = once(protocol.Bundle)
    replies = await asyncio.wait_for(links.call_many_soon("fujian", [_new(1), _new(2)]), PATIENCE_S)
    assert [reply.task.spec.external_id for reply in replies if isinstance(reply, TaskReply)] == ["soon-1", "soon-2"]
    assert len(site.seen(protocol.Bundle)) == 2
    assert site.process is not None
    assert len(site.process.commits.province.state.tasks) == 2


async def test_a_bundle_for_a_province_that_is_away_waits_for_it(country: Served) -> None:
    """A restart takes about a second; desks need not notice it."""
    site, links = country.sites["fujian"], country.gateway.links
    await site.kill()
    await country.until_health("province/fujian", NOT_SERVING)
    replies = links.call_many_soon("fujian", [_new(1)])
    await site.start()
    (reply,) = await asyncio.wait_for(replies, PATIENCE_S)
    assert isinstance(reply, TaskReply)


async def test_a_bundle_for_a_province_that_stays_away_fails_by_name(impatient: Served) -> None:
    """Callers hear of nothing but definite errors, whatever broke on the way."""
    await impatient.sites["fujian"].kill()
    await impatient.until_health("province/fujian", NOT_SERVING)
    for province, reason in (("fujian", "PROVINCE_UNAVAILABLE"), ("atlantis", "UNKNOWN_PROVINCE")):
        with pytest.raises(GatewayError) as caught:
            await asyncio.wait_for(impatient.gateway.links.call_many_soon(province, [_new(1)]), PATIENCE_S)
        assert caught.value.reason == reason


async def test_commands_that_may_not_be_repeated_travel_by_themselves(country: Served) -> None:
    """A bundle is sent again when its answer was lost: what must not be sent twice may not be in one."""
    site, links = country.sites["fujian"], country.gateway.links
    decline = c.DeclineOffer(who="desk", task_id=TaskId("fujian-1"), operator=OperatorId("fujian-op-1"), token=1)
    await asyncio.wait_for(links.call_many_soon("fujian", [decline, _new(1)]), PATIENCE_S)
    assert not site.seen(protocol.Bundle)
    assert len(site.seen(c.DeclineOffer)) == 1


async def test_nothing_overtakes_what_waits_for_a_connection() -> None:
    """An operator's next step may come in the very turn of the loop in which the province is there again."""
    async with served("fujian", started=[]) as found:
        links, deadline = found.gateway.links, asyncio.get_running_loop().time() + PATIENCE_S
        reads = [c.GetTask(task_id=TaskId(f"fujian-{number}")) for number in range(4)]
        replies: list[asyncio.Future[Any]] = []
        on_state = links._on_state

        def ask(number: int) -> None:
            replies.append(links.call_many_soon("fujian", [reads[number]]))

        def ask_at_once(province: ProvinceCode, is_up: bool) -> None:
            if is_up:
                ask(3)
            on_state(province, is_up)

        links._on_state = ask_at_once
        ask(0)
        replies.append(asyncio.ensure_future(links.call("fujian", reads[1], deadline=deadline)))
        await asyncio.sleep(0)
        ask(2)
        await found.sites["fujian"].start()
        await found.sites["fujian"].until_seen(c.GetTask)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*replies)
        asked: list[protocol.Request] = []
        for request in found.sites["fujian"].requests:
            asked += request.commands if isinstance(request, protocol.Bundle) else [request]
        assert [request for request in asked if isinstance(request, c.GetTask)] == reads


async def test_a_call_waits_for_a_restart(country: Served) -> None:
    """A restart takes about a second: a caller with time left need not notice it."""
    site = country.sites["fujian"]
    created = await country.create(1)
    await site.kill()
    await country.until_health("province/fujian", NOT_SERVING)
    reading = country.tasks.GetTask(task_pb2.GetTaskRequest(name=created.name), **country.as_("branch", "fujian"))
    await site.start()
    assert (await reading).name == created.name


async def test_a_call_that_was_long_under_way_waits_for_a_restart_as_any_other(impatient: Served) -> None:
    """Whoever had asked for a long answer, or waited for a slow disk, was refused at once where the province died; others waited a second."""
    site, links = impatient.sites["fujian"], impatient.gateway.links
    links._outage_wait_s = 0.0

    def breaks(request: protocol.Request) -> bool:
        # The time for which it may wait has long been over.
        links._outage_wait_s = PATIENCE_S
        return is_first(request)

    is_first = once(c.GetTask)
    site.breaks_after = breaks
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    reply = await links.call("fujian", c.GetTask(task_id=TaskId("fujian-1")), deadline=deadline)
    assert isinstance(reply, Refused)
    assert len(site.seen(c.GetTask)) == 2


async def test_a_province_that_stays_away_is_unavailable_before_the_deadline(impatient: Served) -> None:
    """A definite status that says when to try again, not a client's own timeout."""
    await impatient.sites["fujian"].kill()
    await impatient.until_health("province/fujian", NOT_SERVING)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await impatient.create(1)
    found = facts(error.value)
    assert found["code"] is grpc.StatusCode.UNAVAILABLE
    assert found["reason"] == "PROVINCE_UNAVAILABLE"
    # A list asks the whole country: its caller must learn who is missing.
    assert "province/fujian" in (error.value.details() or "")


async def test_a_request_whose_deadline_is_over_is_not_sent(country: Served) -> None:
    """Work for somebody who has gone is taken from those who wait."""
    site = country.sites["fujian"]
    await site.kill()
    await country.until_health("province/fujian", NOT_SERVING)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await country.create(1, timeout=0.5)
    assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # The gateway counts the time from when it has the call, so on a busy machine it gives it up later than its caller.
    while country.gateway.admission.in_flight.held:
        await country.metrics()
    await site.start()
    await country.create(2)
    creates = site.seen(c.CreateTask)
    assert [request.request_id for request in creates if isinstance(request, c.CreateTask)] == ["r-2"]


async def test_a_call_that_was_given_up_from_the_start_stores_nothing(country: Served) -> None:
    """Such a deadline is rounded up by gRPC, so that some of these calls reach the service with a little time left."""
    for number in range(40):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await country.create(number, timeout=1e-9)
        assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # Calls of one connection are begun in their order: when this one is answered, so were all before it.
    await country.create(99)
    creates = country.sites["fujian"].seen(c.CreateTask)
    assert [request.request_id for request in creates if isinstance(request, c.CreateTask)] == ["r-99"]


async def test_a_sign_in_whose_answer_was_lost_is_repeated(country: Served) -> None:
    """A lost connection must not look like a failure to the desk, nor sign anybody in twice."""
    site = country.sites["fujian"]
    request = work_pb2.SignInRequest(operator="provinces/fujian/operators/fujian-op-1", desk_id="d", request_id="s-1")
    site.breaks_after = once(protocol.Bundle)
    session = await country.work.SignIn(request, **country.as_("desk", "fujian"))
    assert session.operator == request.operator
    assert len(site.seen(protocol.Bundle)) == 2
    answer = await country.work.Heartbeat(
        work_pb2.HeartbeatRequest(operators=[request.operator]), **country.as_("desk", "fujian")
    )
    assert not answer.signed_out_operators


async def test_a_refusal_by_the_process_itself_is_a_definite_status(country: Served) -> None:
    """What the endpoint refuses (too large a page, say) is no bug of the gateway."""
    site = country.sites["fujian"]
    created = await country.create(1)
    site.fails[c.GetTask] = "reply_too_large"
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await country.tasks.GetTask(task_pb2.GetTaskRequest(name=created.name), **country.as_("branch", "fujian"))
    assert error.value.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


async def test_health_follows_each_province(country: Served) -> None:
    """A load balancer, and the start of the system, ask here."""
    site = country.sites["fujian"]
    await site.kill()
    await country.until_health("province/fujian", NOT_SERVING)
    other = await country.health.Check(health_pb2.HealthCheckRequest(service="province/jiangxi"))
    assert other.status == SERVING
    service = await country.health.Check(health_pb2.HealthCheckRequest(service="sharedops.v1.TaskService"))
    assert service.status == SERVING
    await site.start()
    await country.until_health("province/fujian", SERVING)


async def test_an_unknown_province_is_not_found(country: Served) -> None:
    """Not a call that waits for a process that never comes."""
    request = task_pb2.GetTaskRequest(name="provinces/atlantis/tasks/atlantis-1")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await country.tasks.GetTask(request, **country.as_("ops"))
    assert error.value.code() is grpc.StatusCode.NOT_FOUND


async def test_the_overview_shows_who_does_not_answer(country: Served) -> None:
    """Without a coordinator the provinces are asked themselves; who is away is DEGRADED, with the last figures."""
    await country.create(1)
    before = await country.monitor.GetOverview(country.nothing(), **country.as_("ops"))
    assert {entry.province: entry.state for entry in before.provinces} == {"fujian": 1, "jiangxi": 1}
    assert before.totals.open_tasks.queued == 1
    await country.sites["fujian"].kill()
    await country.until_health("province/fujian", NOT_SERVING)
    after = await country.monitor.GetOverview(country.nothing(), **country.as_("ops"))
    states = {entry.province: entry.state for entry in after.provinces}
    assert states == {"fujian": 2, "jiangxi": 1}
    assert after.totals.open_tasks.queued == 1
    assert after.totals.active_provinces == 1


async def test_runtimes_and_journals_can_be_asked_for(country: Served) -> None:
    """Whoever runs the system sees which process serves, and whether its journal verifies."""
    await country.sites["fujian"].restart()
    await country.until_health("province/fujian", SERVING)
    await country.sites["jiangxi"].kill()
    await country.until_health("province/jiangxi", NOT_SERVING)
    runtimes = await country.admin.ListProvinceRuntimes(admin_pb2.ListProvinceRuntimesRequest(), **country.as_("ops"))
    epochs = {entry.province: (entry.epoch, entry.pid) for entry in runtimes.province_runtimes}
    assert epochs == {"fujian": (2, 1), "jiangxi": (0, 0)}
    verified = await country.admin.VerifyJournal(admin_pb2.VerifyJournalRequest(journal="fujian"), **country.as_("ops"))
    assert verified.valid
    assert verified.frame_count == len(country.sites["fujian"].store.frames)
    info = await country.admin.GetServerInfo(admin_pb2.GetServerInfoRequest(), **country.as_("ops"))
    assert info.province_count == 2


async def test_events_go_on_after_a_restart_without_gap(country: Served) -> None:
    """News of the time in between comes from the journal; nothing twice, nothing missing."""
    cursors = [event_pb2.EventCursor(province=code, after_position=0) for code in ("fujian", "jiangxi")]
    following = country.events.StreamEvents(
        event_pb2.StreamEventsRequest(cursors=cursors), **country.as_("ops", timeout=None)
    )
    seen: list[event_pb2.Event] = []

    async def until_created(count: int) -> None:
        while sum(event.type == "TaskCreated" for event in seen) < count:
            response = await following.read()
            assert isinstance(response, event_pb2.StreamEventsResponse), "the stream has ended"
            seen.extend(response.events)

    await country.create(1)
    await until_created(1)
    await country.sites["fujian"].kill()
    await country.until_health("province/fujian", NOT_SERVING)
    await country.create(2, "jiangxi")
    await until_created(2)
    await country.sites["fujian"].start()
    await country.create(3)
    await until_created(3)
    following.cancel()
    for code in ("fujian", "jiangxi"):
        positions = [event.position for event in seen if event.province == code]
        assert positions == sorted(set(positions))


async def test_a_province_that_stays_away_does_not_end_the_events_of_others(impatient: Served) -> None:
    """Who watches the country watches it most of all while a province is down."""
    country = impatient
    await country.sites["fujian"].kill()
    await country.until_health("province/fujian", NOT_SERVING)
    cursors = [event_pb2.EventCursor(province=code, after_position=0) for code in ("fujian", "jiangxi")]
    following = country.events.StreamEvents(
        event_pb2.StreamEventsRequest(cursors=cursors), **country.as_("ops", timeout=None)
    )
    seen: set[str] = set()

    async def until_seen(name: str) -> None:
        while name not in seen:
            response = await following.read()
            assert isinstance(response, event_pb2.StreamEventsResponse), "the stream has ended"
            seen.update(event.task for event in response.events)

    with pytest.raises(grpc.aio.AioRpcError):
        await country.create(1)
    await until_seen((await country.create(2, "jiangxi")).name)
    await country.sites["fujian"].start()
    await until_seen((await country.create(3)).name)
    following.cancel()
