"""A province whose desks a gateway does not hear: what the desks and the province see of it."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from actors import protocol
from actors.core import commands as c
from actors.core.ids import ProvinceCode
from gateway.silence import Silence
from gateway.v1 import work_pb2
from tests.unit.gateway_streams.desk import Workbench
from tests.unit.gateway_streams.served import PATIENCE_S, Served, served

FUJIAN, JIANGXI = ProvinceCode("fujian"), ProvinceCode("jiangxi")
LONG_MS = 60_000


@pytest.fixture
async def country() -> AsyncIterator[Served]:
    """Two provinces that serve, and a gateway that reports often."""
    async with served("fujian", "jiangxi", report_every_s=0.02) as running:
        yield running


def silence(country: Served, **provinces: int) -> None:
    """What the coordinator tells the gateway."""
    news = protocol.Silence(provinces={ProvinceCode(code): for_ms for code, for_ms in provinces.items()})
    country.gateway._on_news(news)


async def next_reports(country: Served, province: str) -> list[protocol.Request]:
    """The reports of who was heard that come from now on; at least two, since one may be on its way."""
    site = country.sites[province]
    site.requests.clear()
    return await site.until_seen(c.HearDesks, 2)


async def test_a_silent_province_is_told_that_nobody_was_heard(country: Served) -> None:
    """The very thing it sees in an outage: a gateway that stands, reports, and hears nobody of that province."""
    async with Workbench(country) as desk, Workbench(country, "jiangxi") as other:
        await desk.sign_in(1)
        await other.sign_in(1)
        silence(country, fujian=LONG_MS)
        beat = work_pb2.WorkAction(heartbeat=work_pb2.HeartbeatAction())
        await desk.send(beat)
        await other.send(beat)
        reports = await next_reports(country, "fujian")
        assert not any(report.sessions for report in reports if isinstance(report, c.HearDesks))
        country.sites["jiangxi"].requests.clear()
        async with asyncio.timeout(PATIENCE_S):
            while not any(
                report.sessions for report in country.sites["jiangxi"].requests if isinstance(report, c.HearDesks)
            ):
                await other.send(beat)
                await country.sites["jiangxi"].until_seen(c.HearDesks, len(country.sites["jiangxi"].requests) + 1)


async def test_what_a_silent_desk_sends_is_late_and_never_lost(country: Served) -> None:
    """Dropped, an answer would be given by nobody: the desk waits for ever. Early, it would be no outage."""
    site = country.sites["fujian"]
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        silence(country, fujian=LONG_MS)
        fetch = desk.action(1, fetch_next=work_pb2.FetchNextAction())
        await desk.send(fetch)
        await next_reports(country, "fujian")
        assert site.seen(c.FetchNextTask) == []
        silence(country)
        update = await desk.until(lambda update: update.result.action_id == fetch.action_id)
        assert update.result.HasField("no_work")


async def test_news_of_a_silence_are_told_when_it_is_over(country: Served) -> None:
    """A desk that came back without its task would let the lease of it run on unseen."""
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        silence(country, fujian=LONG_MS)
        await country.create(1)
        await next_reports(country, "fujian")
        assert desk._waiting == []
        silence(country)
        update = await desk.until(lambda update: update.HasField("session"))
        assert [offer.token for offer in update.session.offers] == [1]


async def test_unary_desks_are_not_heard_either(country: Served) -> None:
    """A desk without a stream would work on through the outage."""
    silence(country, fujian=LONG_MS)
    request = work_pb2.SignInRequest(operator="provinces/fujian/operators/fujian-op-1", request_id="q", desk_id="d")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await country.work.SignIn(request, **country.as_("desk", "fujian", timeout=0.2))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    silence(country)
    again = work_pb2.SignInRequest(operator=request.operator, request_id="r", desk_id="d")
    assert (await country.work.SignIn(again, **country.as_("desk", "fujian"))).operator == request.operator


async def test_a_gateway_that_stops_waits_for_no_silence(country: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took all the time that it has, and cut off whoever waited without a word; heard in the end, the desks would be back in mid-drill."""
    monkeypatch.setattr("gateway.server.GRACE_S", 10 * PATIENCE_S)
    waiting = _waits_counted(monkeypatch)
    site = country.sites["fujian"]
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        silence(country, fujian=LONG_MS)
        await next_reports(country, "fujian")
        fetch = desk.action(1, fetch_next=work_pb2.FetchNextAction())
        await desk.send(fetch)
        request = work_pb2.SignInRequest(operator=desk.operator(2), request_id="q", desk_id="d")
        unary = asyncio.ensure_future(country.work.SignIn(request, **country.as_("desk", "fujian")))
        for _ in range(2):
            await asyncio.wait_for(waiting.get(), PATIENCE_S)
        await asyncio.wait_for(country.gateway.stop(), PATIENCE_S)
        told = await desk.until(lambda update: update.result.action_id == fetch.action_id)
        assert told.result.error.reason == "SHUTTING_DOWN"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert site.seen(c.FetchNextTask) == []
        assert not any(report.sessions for report in site.seen(c.HearDesks) if isinstance(report, c.HearDesks))


def _waits_counted(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[ProvinceCode]:
    """Gets the province of each wait for the end of a silence, as it begins."""
    waits: asyncio.Queue[ProvinceCode] = asyncio.Queue()
    over = Silence.over

    async def noted(silent: Silence, province: ProvinceCode) -> None:
        if silent.holds(province):
            waits.put_nowait(province)
        await over(silent, province)

    monkeypatch.setattr(Silence, "over", noted)
    return waits


async def test_a_silence_ends_by_itself() -> None:
    """Nobody need say so: not the one who ordered it, and not the one who forgot it."""
    heard: asyncio.Queue[ProvinceCode] = asyncio.Queue()
    silent = Silence(heard.put_nowait)
    silent.replace({FUJIAN: 10, JIANGXI: LONG_MS})
    assert silent.holds(FUJIAN)
    async with asyncio.timeout(PATIENCE_S):
        assert await heard.get() == FUJIAN
        await silent.over(FUJIAN)
    assert silent.holds(JIANGXI)
    silent.replace({})
    assert heard.get_nowait() == JIANGXI
    silent.replace({FUJIAN: LONG_MS})
    silent.close()
    assert not silent.holds(FUJIAN)
    assert heard.empty()
