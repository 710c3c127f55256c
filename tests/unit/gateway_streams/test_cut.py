"""A gateway that is kept from a province for a drill."""

import asyncio

from grpc_health.v1 import health_pb2

from actors import protocol
from actors.core.ids import ProvinceCode
from gateway.cut import Cuts
from tests.unit.gateway_streams.served import PATIENCE_S, served

FUJIAN, JIANGXI = ProvinceCode("fujian"), ProvinceCode("jiangxi")
SERVING, AWAY = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
LONG_MS = 60_000


async def test_a_cut_province_is_away_and_comes_back_where_it_lives_by_then() -> None:
    """A province that restarted during the cut must be found at its new address, not at the one before."""
    async with served("fujian", "jiangxi") as country:
        country.gateway._on_news(protocol.Cut(provinces={FUJIAN: LONG_MS}))
        await country.until_health("province/fujian", AWAY)
        assert country.gateway.links.is_up("jiangxi")
        await country.sites["fujian"].restart()
        assert not country.gateway.links.is_up("fujian")
        country.gateway._on_news(protocol.Cut(provinces={}))
        await country.until_health("province/fujian", SERVING)
        assert (await country.create(1)).name == "provinces/fujian/tasks/fujian-1"


async def test_a_cut_ends_by_itself() -> None:
    """Nobody need say so."""
    changes: asyncio.Queue[tuple[ProvinceCode, bool]] = asyncio.Queue()
    cuts = Cuts(lambda province, is_cut: changes.put_nowait((province, is_cut)))
    cuts.replace({FUJIAN: 10, JIANGXI: LONG_MS})
    async with asyncio.timeout(PATIENCE_S):
        assert [await changes.get() for _ in range(3)] == [(FUJIAN, True), (JIANGXI, True), (FUJIAN, False)]
    assert not cuts.holds(FUJIAN)
    cuts.replace({JIANGXI: LONG_MS})
    assert changes.empty()
    cuts.close()
    assert not cuts.holds(JIANGXI)
