"""Presence over streams: who is told to the provinces as heard, and what a restart, a slow reader or a broken stream does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import msgspec
import pytest
from grpc_health.v1 import health_pb2

from actors import protocol
from actors.core import commands as c
from actors.core.ids import SessionId
from actors.core.operators import PresenceState
from gateway.services import work_stream
from gateway.v1 import event_pb2, operator_pb2, task_pb2, work_pb2, work_pb2_grpc
from tests.unit.gateway.served import facts
from tests.unit.gateway_streams.desk import Workbench
from tests.unit.gateway_streams.served import PATIENCE_S, Served, served
from tests.unit.gateway_streams.site import KINDS


@pytest.fixture
async def country() -> AsyncIterator[Served]:
    """Two provinces that serve, and a gateway that reports often."""
    async with served("fujian", "jiangxi", report_every_s=0.02) as running:
        yield running


def heartbeat() -> work_pb2.WorkAction:
    """A sign of life of a whole stream."""
    return work_pb2.WorkAction(heartbeat=work_pb2.HeartbeatAction())


async def end_of(call: Any) -> grpc.StatusCode:
    """Read a stream to its end; how it ended."""
    try:
        while await call.read() is not grpc.aio.EOF:
            pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    return await call.code()


async def test_one_heartbeat_serves_a_stream_and_one_report_all_streams(country: Served) -> None:
    """20,000 desks that each cost a call a second would cost more than a core."""
    site = country.sites["fujian"]
    async with Workbench(country) as first, Workbench(country) as second:
        await first.sign_in(1, 2)
        await second.sign_in(3)
        person = site.process.commits.province.state.operators if site.process else {}
        sessions = {person[operator.operator].session for operator in site.operators[:3]}
        assert len(sessions) == 2
        site.requests.clear()
        await first.send(heartbeat())
        await second.send(heartbeat())
        heard: set[str] = set()
        async with asyncio.timeout(PATIENCE_S):
            while not sessions <= heard:
                reports = await site.until_seen(c.HearDesks, len(site.seen(c.HearDesks)) + 1)
                heard = {
                    session for report in reports if isinstance(report, c.HearDesks) for session in report.sessions
                }
        assert {type(request) for request in site.requests} == {c.HearDesks}
        # A province without desks of ours is told that nobody was heard: a gateway that says nothing stands still.
        told = await country.sites["jiangxi"].until_seen(c.HearDesks)
        assert not any(report.sessions for report in told if isinstance(report, c.HearDesks))


async def test_a_stream_that_ends_says_nothing(country: Served) -> None:
    """A desk that lost its network comes back and finds its work; only silence, seen by the province, ends a session."""
    site = country.sites["fujian"]
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        await desk.offer()
    async with Workbench(country) as again:
        action = again.action(1, sign_in=work_pb2.SignInAction(desk_id="desk-1"))
        session = (await again.result(action)).session
        assert [offer.task.name for offer in session.offers] == [created.name]
    assert not site.seen(c.SignOut)


async def test_a_restarted_province_hears_its_desks_at_once_and_tells_what_they_hold(country: Served) -> None:
    """News sent while the link was down is lost; without the answers to a new sign-in, offers would wait unseen until they expire."""
    site = country.sites["fujian"]
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        offer = await desk.offer()
        await site.kill()
        site.requests.clear()
        await site.start()
        session = (await desk.until(lambda update: update.HasField("session"))).session
        assert [(held.task.name, held.token) for held in session.offers] == [(created.name, offer.token)]
        kinds = [type(request) for request in site.requests]
        assert kinds.index(c.HearDesks) < kinds.index(c.SignIn)
        accepted = await desk.result(desk.action(1, accept=work_pb2.AcceptAction(task=created.name, token=offer.token)))
        assert accepted.HasField("assignment")


async def test_a_desk_without_a_stream_is_kept_by_unary_heartbeats(country: Served) -> None:
    """And is told when it must sign in again."""
    options = country.as_("desk", "fujian")
    names = [f"provinces/fujian/operators/fujian-op-{number}" for number in (1, 2)]
    await country.work.SignIn(work_pb2.SignInRequest(operator=names[0], request_id="s", desk_id="d"), **options)
    site = country.sites["fujian"]
    await site.until_seen(c.HearDesks)
    site.requests.clear()
    answer = await country.work.Heartbeat(work_pb2.HeartbeatRequest(operators=names), **options)
    assert list(answer.signed_out_operators) == [names[1]]
    reports = await site.until_seen(c.HearDesks)
    assert isinstance(reports[0], c.HearDesks)
    assert reports[0].sessions[0].endswith("/u/fujian-op-1/d")
    await country.work.SignOut(work_pb2.SignOutRequest(operator=names[0], request_id="o"), **options)
    answer = await country.work.Heartbeat(work_pb2.HeartbeatRequest(operators=names), **options)
    assert list(answer.signed_out_operators) == names


async def test_desks_without_a_stream_are_told_apart_by_their_names(country: Served) -> None:
    """The desk that somebody has left beat on for the one where they sit now: neither saw that it was not the other."""
    options, operator = country.as_("desk", "fujian"), "provinces/fujian/operators/fujian-op-1"

    async def sign_in(desk_id: str) -> None:
        request = work_pb2.SignInRequest(operator=operator, request_id=f"in-{desk_id}", desk_id=desk_id)
        await country.work.SignIn(request, **options)

    async def signed_out(desk_id: str) -> list[str]:
        beat = work_pb2.HeartbeatRequest(operators=[operator], desk_id=desk_id)
        return list((await country.work.Heartbeat(beat, **options)).signed_out_operators)

    await sign_in("left")
    assert (await signed_out("left"), await signed_out("taken")) == ([], [operator])
    await sign_in("taken")
    assert (await signed_out("left"), await signed_out("taken")) == ([operator], [])
    assert await signed_out("") == [], "whoever names no desk is kept at the one where they sit"
    site = country.sites["fujian"]
    site.requests.clear()
    assert (await signed_out("left"), await signed_out("")) == ([operator], [])
    [report, *_] = await site.until_seen(c.HearDesks)
    assert isinstance(report, c.HearDesks)
    assert all(session.endswith("/u/fujian-op-1/taken") for session in report.sessions)
    await country.work.SignOut(work_pb2.SignOutRequest(operator=operator, request_id="o"), **options)
    assert [await signed_out(desk_id) for desk_id in ("left", "taken", "")] == [[operator]] * 3


async def test_a_heartbeat_tells_why_somebody_is_not_signed_in(country: Served) -> None:
    """A desk that is told nothing signs its person in again: after a lead has sent them home, or while they sit somewhere else."""
    options, site = country.as_("desk", "fujian"), country.sites["fujian"]
    names = [f"provinces/fujian/operators/fujian-op-{number}" for number in range(1, 6)]
    leaves, is_taken, hops, stays, unknown = names

    async def sign_in(operator: str, desk_id: str) -> None:
        request_id = f"{desk_id}-{operator[-1]}"
        request = work_pb2.SignInRequest(operator=operator, request_id=request_id, desk_id=desk_id)
        await country.work.SignIn(request, **options)

    async def ended(desk_id: str) -> dict[str, str]:
        beat = work_pb2.HeartbeatRequest(operators=names, desk_id=desk_id)
        answer = await country.work.Heartbeat(beat, **options)
        assert list(answer.signed_out_operators) == [leaves, is_taken, hops, unknown]
        return {session.operator: session.end_reason for session in answer.ended_sessions}

    for operator in (leaves, is_taken, hops, stays):
        await sign_in(operator, "desk")
    leave = work_pb2.SignOutRequest(operator=leaves, request_id="o")
    await country.work.SignOut(leave, **country.as_("team_lead", "fujian"))
    async with Workbench(country) as elsewhere:
        await elsewhere.sign_in(2)
    # The same desk by way of another gateway. Here it is only not known any more.
    there = c.SignIn(who="test", operator=site.operators[2].operator, session=SessionId("g2-x/1"), desk="desk")
    moved = asyncio.get_running_loop().create_future()
    assert site.process is not None
    site.process.submit(there, moved.set_result)
    await asyncio.wait_for(moved, PATIENCE_S)
    assert await ended("desk") == {leaves: "SIGNED_OUT", is_taken: "TAKEN_OVER", hops: "SILENT"}
    assert await ended("") == {leaves: "SIGNED_OUT", is_taken: "SILENT", hops: "SILENT"}


@pytest.mark.parametrize(
    ("presence", "seat", "desk", "reason"),
    [
        (PresenceState.OFFLINE, "", "desk", "SIGNED_OUT"),
        (PresenceState.OFFLINE, "desk", "desk", "SILENT"),
        (PresenceState.OFFLINE, "another", "desk", "TAKEN_OVER"),
        (PresenceState.AVAILABLE, "another", "desk", "TAKEN_OVER"),
        (PresenceState.AVAILABLE, "another", "", "SILENT"),
    ],
)
async def test_what_a_heartbeat_tells_is_what_coming_back_would_be_answered(
    country: Served, presence: PresenceState, seat: str, desk: str, reason: str
) -> None:
    """A desk that believes it need not come back, and may, leaves its person without work; the other way round it asks for ever."""
    options, site = country.as_("desk", "fujian"), country.sites["fujian"]
    person = msgspec.structs.replace(site.operators[0], presence=presence, desk=seat, session=SessionId("g2-x/1"))
    if presence is PresenceState.OFFLINE:
        person = msgspec.structs.replace(person, session=None)
    assert site.process is not None
    site.process.commits.province.state.put_operator(person)
    name = "provinces/fujian/operators/fujian-op-1"
    beat = work_pb2.HeartbeatRequest(operators=[name], desk_id=desk)
    [session] = (await country.work.Heartbeat(beat, **options)).ended_sessions
    assert session.end_reason == reason
    back = work_pb2.SignInRequest(operator=name, request_id="s", desk_id=desk or seat, resume=True)
    if reason == "SILENT":
        assert (await country.work.SignIn(back, **options)).desk_id == back.desk_id
        return
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await country.work.SignIn(back, **options)
    assert facts(caught.value)["reason"] == reason


async def test_a_desk_without_a_stream_hears_of_what_happened_while_the_link_was_down(country: Served) -> None:
    """That somebody else has the operator is told once, over the link: it beat on as if signed in, and waited for work for ever."""
    options, site = country.as_("desk", "fujian"), country.sites["fujian"]
    names = [f"provinces/fujian/operators/fujian-op-{number}" for number in (1, 2)]
    for name in names:
        await country.work.SignIn(work_pb2.SignInRequest(operator=name, request_id=name[-1], desk_id="d"), **options)
    country.gateway.links.cuts.replace({site.code: 60_000})
    assert site.process is not None
    elsewhere = c.SignIn(who="test", operator=site.operators[1].operator, session=SessionId("g2-x/1"))
    taken = asyncio.get_running_loop().create_future()
    site.process.submit(elsewhere, taken.set_result)
    await asyncio.wait_for(taken, PATIENCE_S)
    site.requests.clear()
    country.gateway.links.cuts.replace({})
    await country.until_health("province/fujian", health_pb2.HealthCheckResponse.SERVING)
    beat = work_pb2.HeartbeatRequest(operators=names)
    for _ in range(2):
        assert list((await country.work.Heartbeat(beat, **options)).signed_out_operators) == [names[1]]
    asked = [
        ask for bundle in site.seen(protocol.Bundle) if isinstance(bundle, protocol.Bundle) for ask in bundle.commands
    ]
    asked += site.seen(c.GetOperator)
    stays = [ask for ask in asked if isinstance(ask, c.GetOperator) and ask.operator == site.operators[0].operator]
    assert len(stays) == 1, "of whoever is still there it is asked once"


async def test_desks_are_told_by_which_standard_to_work(country: Served) -> None:
    """By stream or by unary call, in the answer to a step or to a sign-in: a desk that hears of another revision reads the text again."""
    process, options = country.sites["fujian"].process, country.as_("desk", "fujian")
    assert process is not None
    revised = tuple(msgspec.structs.replace(kind, operating_standard_revision=4) for kind in KINDS)
    process.submit(c.AdoptTaskKinds(who="system:coordinator", revision=2, kinds=revised), lambda _: None)
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        hold: dict[str, Any] = {"task": created.name, "token": (await desk.offer()).token}
        accepted = (await desk.result(desk.action(1, accept=work_pb2.AcceptAction(**hold)))).assignment
        renewed = (await desk.result(desk.action(1, renew=work_pb2.RenewAction(**hold)))).assignment
        start = work_pb2.StartAssignmentRequest(operator=desk.operator(1), request_id="s", **hold)
        started = await country.work.StartAssignment(start, **options)
        resumed = work_pb2.SignInRequest(operator=desk.operator(1), request_id="i", desk_id="d")
        session = await country.work.SignIn(resumed, **options)
        told = [accepted, renewed, started, *session.assignments]
        assert [assignment.operating_standard_revision for assignment in told] == [4, 4, 4, 4]
        give = task_pb2.ReassignTaskRequest(
            name=created.name, operator=desk.operator(2), reason="expert", request_id="r-1"
        )
        await desk.sign_in(2)
        await country.tasks.ReassignTask(give, **country.as_("team_lead", "fujian"))
        pushed = (await desk.until(lambda update: update.HasField("assignment"))).assignment
        assert pushed.operating_standard_revision == 4


async def test_a_repeated_sign_out_leaves_the_next_session_alone(country: Served) -> None:
    """A retry that comes late would take the work in hand from somebody who has come back since."""
    options, operator = country.as_("desk", "fujian"), "provinces/fujian/operators/fujian-op-1"

    def sign_in(request_id: str) -> work_pb2.SignInRequest:
        return work_pb2.SignInRequest(operator=operator, request_id=request_id, desk_id="d")

    leave = work_pb2.SignOutRequest(operator=operator, request_id="o", reason="lunch")
    await country.work.SignIn(sign_in("s-1"), **options)
    first = await country.work.SignOut(leave, **options)
    session = await country.work.SignIn(sign_in("s-2"), **options)
    assert await country.work.SignOut(leave, **options) == first
    assert await country.work.SignIn(sign_in("s-2"), **options) == session
    beat = work_pb2.HeartbeatRequest(operators=[operator])
    assert not (await country.work.Heartbeat(beat, **options)).signed_out_operators
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await country.work.SignOut(work_pb2.SignOutRequest(operator=operator, request_id="o", reason="ill"), **options)
    assert facts(caught.value)["reason"] == "REQUEST_ID_REUSED"
    events = await country.events.ListEvents(
        event_pb2.ListEventsRequest(parent="provinces/fujian"), **country.as_("team_lead", "fujian")
    )
    told = [(event.type, event.reason, event.request_id) for event in events.events if event.operator == operator]
    assert [one for one in told if one[0].startswith("OperatorSigned")] == [
        ("OperatorSignedIn", "available", "s-1"),
        ("OperatorSignedOut", "signed_out: lunch", "o"),
        ("OperatorSignedIn", "available", "s-2"),
    ]


async def test_a_repeated_sign_in_revives_no_session_that_has_ended(country: Served) -> None:
    """It is answered as it was then; whoever relies on it hears from the next heartbeat that nobody is signed in."""
    options, operator = country.as_("desk", "fujian"), "provinces/fujian/operators/fujian-op-1"
    arrive = work_pb2.SignInRequest(operator=operator, request_id="s", desk_id="d")
    session = await country.work.SignIn(arrive, **options)
    await country.work.SignOut(work_pb2.SignOutRequest(operator=operator, request_id="o"), **options)
    assert await country.work.SignIn(arrive, **options) == session
    beat = work_pb2.HeartbeatRequest(operators=[operator])
    assert list((await country.work.Heartbeat(beat, **options)).signed_out_operators) == [operator]


#: A client that takes 64 KiB and then no more until it reads.
SMALL_WINDOW = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_535))


async def test_a_stream_that_is_not_read_is_cut_off(country: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Desks whose client hangs must not hold work that nobody sees, nor our memory."""
    monkeypatch.setattr(work_stream, "UPDATES_MAX", 1_000)
    site, desks = country.sites["fujian"], country.gateway.desks
    async with (
        grpc.aio.insecure_channel(country.grpc, options=SMALL_WINDOW) as channel,
        Workbench(country, work=work_pb2_grpc.WorkServiceStub(channel)) as desk,
    ):
        await desk.sign_in(1)
        (session,) = desks.sessions()
        # Nothing is read from here on: results fill the connection's window, then the queue, while the client goes on sending.
        async with asyncio.timeout(PATIENCE_S):
            while desks.sessions():
                await desk.send(*(desk.action(1, fetch_next=work_pb2.FetchNextAction()) for _ in range(400)))
        # It is not heard any more, though it sends. Whatever was told before is on its way before this answer.
        async with Workbench(country) as other:
            await other.sign_in(2)
            site.requests.clear()
            reports = await site.until_seen(c.HearDesks)
        assert all(session not in report.sessions for report in reports if isinstance(report, c.HearDesks))
        assert await end_of(desk.call) is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_an_operator_sits_at_one_desk(country: Served) -> None:
    """The desk that was left must see that it was, and must not take the session back when the province restarts."""
    site = country.sites["fujian"]
    async with Workbench(country) as left, Workbench(country) as taken:
        await left.sign_in(1)
        await taken.sign_in(1)
        lost = (await left.until(lambda update: update.HasField("session"))).session
        assert lost.end_reason == "TAKEN_OVER"
        await site.restart()
        session = (await taken.until(lambda update: update.HasField("session"))).session
        assert session.end_reason == ""
        created = await country.create(1)
        assert (await taken.offer()).task.name == created.name


async def test_a_desk_that_comes_back_takes_nobody_from_another(country: Served) -> None:
    """Both lose their lines with the gateway; whichever was quicker had the operator, and the person sits at one of them."""

    async def comes_back(desk_id: str, *, resume: bool = True) -> work_pb2.ActionResult:
        async with Workbench(country) as desk:
            action = work_pb2.SignInAction(desk_id=desk_id, resume=resume)
            return await desk.result(desk.action(1, sign_in=action))

    for desk_id in ("left", "taken"):
        assert (await comes_back(desk_id, resume=False)).HasField("session")
    refused = await comes_back("left")
    assert (refused.error.code, refused.error.reason) == (grpc.StatusCode.FAILED_PRECONDITION.value[0], "TAKEN_OVER")
    assert (await comes_back("taken")).HasField("session")
    request = work_pb2.SignInRequest(
        operator="provinces/fujian/operators/fujian-op-1", request_id="s", desk_id="left", resume=True
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await country.work.SignIn(request, **country.as_("desk", "fujian"))
    assert facts(caught.value)["reason"] == "TAKEN_OVER"
    assert (await comes_back("left", resume=False)).HasField("session"), "a person may sit down anywhere"


async def test_a_session_that_moved_to_another_gateway_is_not_taken_back(country: Served) -> None:
    """Only the province knows of it; a stream that signed in again blindly would rob the desk that works."""
    site = country.sites["fujian"]
    async with Workbench(country) as left:
        await left.sign_in(1)
        assert site.process is not None
        elsewhere = c.SignIn(who="test", operator=site.operators[0].operator, session=SessionId("g2-x/1"))
        site.process.submit(elsewhere, lambda _: None)
        site.process.commits.commit()
        await site.restart()
        lost = (await left.until(lambda update: update.HasField("session"))).session
        assert lost.end_reason == "TAKEN_OVER"
        assert site.process.commits.province.state.operators[elsewhere.operator].session == "g2-x/1"


async def test_a_break_outlasts_the_stream(country: Served) -> None:
    """Streams end every half hour: whoever is at lunch then must not be offered work by the next one."""
    away = work_pb2.SetPresenceAction(presence=operator_pb2.PRESENCE_BREAK)
    async with Workbench(country) as before, Workbench(country) as after:
        await before.sign_in(1)
        session = (await before.result(before.action(1, set_presence=away))).session
        assert (session.presence, session.desk_id) == (operator_pb2.PRESENCE_BREAK, "desk-1")
        resumed = await after.result(after.action(1, sign_in=work_pb2.SignInAction(desk_id="desk-1")))
        assert resumed.session.presence == operator_pb2.PRESENCE_BREAK


async def test_an_operator_signed_out_by_operations_is_told(country: Served) -> None:
    """A desk that waits for offers which never come looks like an idle day."""
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        request = work_pb2.SignOutRequest(operator=desk.operator(1), request_id="o-1")
        await country.work.SignOut(request, **country.as_("ops"))
        ended = (await desk.until(lambda update: update.HasField("session"))).session
        assert ended.end_reason == "SIGNED_OUT"


async def test_a_stream_of_wrong_messages_is_refused(country: Served) -> None:
    """A message without actions, or with too many, is wrong as a whole."""
    for actions in ([], [heartbeat()] * 501):
        call = country.work.Work(**country.as_("desk", "fujian"))
        await call.write(work_pb2.WorkRequest(actions=actions))
        assert await end_of(call) is grpc.StatusCode.INVALID_ARGUMENT


async def test_what_was_accepted_is_finished_when_the_gateway_stops(country: Served) -> None:
    """SIGTERM in mid-work: the answer still comes, then streams end with a status that says come again."""
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        creating = asyncio.ensure_future(country.create(1))
        await country.sites["fujian"].until_seen(c.CreateTask)
        started = asyncio.get_running_loop().time()
        stopping = asyncio.ensure_future(country.gateway.stop())
        assert (await creating).state in (task_pb2.TASK_STATE_QUEUED, task_pb2.TASK_STATE_OFFERED)
        assert await end_of(desk.call) is grpc.StatusCode.UNAVAILABLE
        await stopping
        # Not a measure of speed: with the streams left open, stopping takes the whole grace period.
        assert asyncio.get_running_loop().time() - started < PATIENCE_S
