"""What the headquarters bring to the provinces: the matching model, through restarts of both, and the country's sums."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors import coordinator, protocol
from actors.core import commands as c
from actors.core.matching.shipped import shipped_model
from actors.core.refusal import Reason, Refused
from actors.core.replies import ProvinceReply
from gateway.v1 import event_pb2, task_pb2, work_pb2
from tests.unit.gateway_process.live_country import (
    PATIENCE_S,
    LiveCountry,
    StreamedDesk,
    as_,
    create,
    live_country,
)


@pytest.fixture
async def country(tmp_path: Path) -> AsyncIterator[LiveCountry]:
    """Fujian alone."""
    async with live_country(tmp_path, "fujian") as started:
        yield started


async def ask(country: LiveCountry, request: protocol.Request) -> Any:
    """What the coordinator answers."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    return await country.gateway.links.coordinator(request, deadline=deadline)


async def in_force(country: LiveCountry) -> int:
    """The revision that Fujian decides by."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    reply = await country.gateway.links.call("fujian", c.GetProvince(), deadline=deadline)
    assert isinstance(reply, ProvinceReply)
    return reply.summary.model_revision


async def adopted(country: LiveCountry, what: str, reason: str = "") -> None:
    """Wait until Fujian has taken something over."""
    watch = country.events.StreamEvents(
        event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian", after_position=0)]),
        metadata=as_("ops")["metadata"],
    )
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while reason not in seen:
            seen += [event.reason for event in (await watch.read()).events if event.type == what]
    watch.cancel()


def ageing(per_minute: int, **named: Any) -> protocol.PutMatchingModel:
    """A change of one number."""
    model = msgspec.structs.replace(shipped_model(), ageing_per_minute=per_minute)
    return protocol.PutMatchingModel(model=model, who="ops:li", **named)


async def test_a_new_model_reaches_the_province_and_stays_after_restarts(country: LiveCountry) -> None:
    """A province that kept deciding by the old model would contradict what the headquarters show."""
    first = await ask(country, protocol.GetMatchingModel())
    assert first.model == shipped_model()
    assert await in_force(country) == 1
    tried = await ask(country, ageing(7, validate_only=True))
    assert tried.model.revision == 2
    assert (await ask(country, protocol.GetMatchingModel())).model.revision == 1
    put = await ask(country, ageing(9, revision=1, request_id="r"))
    assert (put.model.revision, put.model.ageing_per_minute, put.model.updated_by) == (2, 9, "ops:li")
    await adopted(country, "MatchingModelAdopted", "revision 2")
    await country.coordinator.close()
    await country.coordinate()
    assert await ask(country, ageing(9, revision=1, request_id="r")) == put
    back = await ask(country, protocol.RollBackMatchingModel(to_revision=1, revision=2, who="ops:li"))
    assert (back.model.revision, back.model.ageing_per_minute) == (3, shipped_model().ageing_per_minute)
    await adopted(country, "MatchingModelAdopted", "revision 3")
    await country.actors["fujian"].close()
    await country.open("fujian")
    assert await in_force(country) == 3


async def test_revisions_are_listed_newest_first_and_mistakes_are_refused(country: LiveCountry) -> None:
    """Somebody who wants to go back must see where to."""
    for number in (1, 2, 3):
        assert not isinstance(await ask(country, ageing(number)), Refused)
    page = await ask(country, protocol.ListMatchingModels(count=3))
    assert ([model.revision for model in page.models], page.has_more) == ([4, 3, 2], True)
    rest = await ask(country, protocol.ListMatchingModels(count=3, before=2))
    assert ([model.revision for model in rest.models], rest.has_more) == ([1], False)
    assert (await ask(country, protocol.GetMatchingModel(revision=3))).model == page.models[1]
    for request, reason in (
        (ageing(0), Reason.BAD_MODEL),
        (ageing(5, revision=3), Reason.ETAG_MISMATCH),
        (protocol.RollBackMatchingModel(to_revision=9), Reason.UNKNOWN_REVISION),
        (protocol.GetMatchingModel(revision=9), Reason.UNKNOWN_REVISION),
    ):
        refused = await ask(country, request)
        assert isinstance(refused, Refused) and refused.reason is reason


async def test_the_country_s_sums_reach_the_province(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New people and rare kinds would start from nothing although the country knows better."""
    monkeypatch.setattr(coordinator, "TOTALS_EVERY_S", 0.0)
    async with live_country(tmp_path, "fujian") as country:
        desk = StreamedDesk(country, "fujian", "fujian-op-1")
        await desk.sign_in()
        task = await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
        token = (await desk.update("offer")).token
        await desk.result(accept=work_pb2.AcceptAction(task=task.name, token=token))
        await desk.result(start=work_pb2.StartAction(task=task.name, token=token))
        approved = task_pb2.VERDICT_APPROVED
        await desk.result(complete=work_pb2.CompleteAction(task=task.name, token=token, verdict=approved))
        await adopted(country, "PriorsAdopted")
        await desk.close()
