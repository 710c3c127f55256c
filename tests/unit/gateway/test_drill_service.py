"""DrillService over real gRPC, before a country of the real core."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, SessionId, SiteId
from actors.core.operators import Operator
from gateway.v1 import drill_pb2
from tests.unit.gateway.served import Gateway, as_, failure, gateway

OPS = as_("ops")


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before two provinces, with three people at work in each."""
    async with gateway("fujian", "jiangxi") as opened:
        for code, number in [(code, number) for code in ("fujian", "jiangxi") for number in (1, 2, 3)]:
            who = OperatorId(f"{code}-op-{number}")
            person = Operator(operator=who, province=ProvinceCode(code), site=SiteId(f"{code}-1"))
            await opened.country.call(code, c.UpsertOperators(entries=(person,)), deadline=1.0)
            await opened.country.call(code, c.SignIn(operator=who, session=SessionId("s")), deadline=1.0)
        yield opened


def outage(**fields: Any) -> drill_pb2.Drill:
    """An outage of Fujian, which may strike half of the people."""
    known: dict[str, Any] = {
        "kind": drill_pb2.DRILL_KIND_SITE_OUTAGE,
        "provinces": ["fujian"],
        "operators_max_permille": 500,
        "objectives": [drill_pb2.DrillObjective(figure="lost", at_most=0)],
    }
    return drill_pb2.Drill(**known | fields)


def creation(request_id: str = "c", *, validate_only: bool = False, **fields: Any) -> drill_pb2.CreateDrillRequest:
    """A request for one."""
    return drill_pb2.CreateDrillRequest(drill=outage(**fields), request_id=request_id, validate_only=validate_only)


async def test_a_drill_is_created_started_aborted_and_read(served: Gateway) -> None:
    """Every field that ops give comes back, and every state is named."""
    made = await served.drills.CreateDrill(creation(), **OPS)
    assert (made.name, made.state) == ("drills/drill-1", drill_pb2.DRILL_STATE_PENDING)
    assert (made.duration_ms, made.provinces_max, made.baseline_ms) == (120_000, 1, 300_000)
    assert made.objectives == outage().objectives
    begun = await served.drills.StartDrill(drill_pb2.StartDrillRequest(name=made.name, request_id="s"), **OPS)
    assert (begun.state, begun.phase) == (drill_pb2.DRILL_STATE_RUNNING, drill_pb2.DRILL_PHASE_STRUCK)
    stop = drill_pb2.AbortDrillRequest(name=made.name, reason="enough", request_id="a")
    assert (await served.drills.AbortDrill(stop, **OPS)).phase == drill_pb2.DRILL_PHASE_LIFTED
    found = await served.drills.GetDrill(drill_pb2.GetDrillRequest(name=made.name), **OPS)
    assert (found.reason, found.creator) == ("enough", "ops:test")


async def test_drills_are_listed_newest_first_page_by_page(served: Gateway) -> None:
    """Whoever looks for yesterday's drill must come to it."""
    for number in range(3):
        await served.drills.CreateDrill(creation(f"c{number}"), **OPS)
    first = await served.drills.ListDrills(drill_pb2.ListDrillsRequest(page_size=2), **OPS)
    assert [drill.name for drill in first.drills] == ["drills/drill-3", "drills/drill-2"]
    again = drill_pb2.ListDrillsRequest(page_size=2, page_token=first.next_page_token)
    second = await served.drills.ListDrills(again, **OPS)
    assert [drill.name for drill in second.drills] == ["drills/drill-1"]
    assert not second.next_page_token


async def test_a_check_leaves_nothing_and_a_repetition_makes_no_second_drill(served: Gateway) -> None:
    """A preview is free, a retry harmless, and an id stands for one content."""
    shown = await served.drills.CreateDrill(creation(validate_only=True), **OPS)
    assert not shown.name
    first = await served.drills.CreateDrill(creation(), **OPS)
    assert await served.drills.CreateDrill(creation(), **OPS) == first
    reused = await failure(served.drills.CreateDrill(creation(note="another"), **OPS))
    assert reused["reason"] == "REQUEST_ID_REUSED"


async def test_what_cannot_be_drilled_is_refused_with_its_reason(served: Gateway) -> None:
    """Beyond the blast radius, a second drill, a drill or province that is not there."""
    wide = await failure(served.drills.CreateDrill(creation(operators_max_permille=400), **OPS))
    assert (wide["code"], wide["reason"]) == (grpc.StatusCode.FAILED_PRECONDITION, "BLAST_RADIUS")
    elsewhere = await failure(served.drills.CreateDrill(creation(provinces=["hunan"]), **OPS))
    assert (elsewhere["code"], elsewhere["fields"]) == (grpc.StatusCode.NOT_FOUND, ["drill.provinces[0]"])
    missing = await failure(served.drills.GetDrill(drill_pb2.GetDrillRequest(name="drills/drill-9"), **OPS))
    assert (missing["code"], missing["reason"]) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_DRILL")
    for number in (1, 2):
        await served.drills.CreateDrill(creation(f"c{number}"), **OPS)
    start = drill_pb2.StartDrillRequest(name="drills/drill-1", request_id="s")
    await served.drills.StartDrill(start, **OPS)
    second = drill_pb2.StartDrillRequest(name="drills/drill-2", request_id="t")
    assert (await failure(served.drills.StartDrill(second, **OPS)))["reason"] == "WRONG_STATE"


async def test_only_operations_staff_run_drills(served: Gateway) -> None:
    """A desk that could silence its province needs no sick note; an auditor reads and changes nothing."""
    for role in ("branch-fujian", "desk-fujian", "lead-fujian", "auditor"):
        refused = await failure(served.drills.CreateDrill(creation(), **as_(role)))
        assert refused["code"] is grpc.StatusCode.PERMISSION_DENIED, role
    await served.drills.CreateDrill(creation(), **OPS)
    request = drill_pb2.GetDrillRequest(name="drills/drill-1")
    assert (await served.drills.GetDrill(request, **as_("auditor"))).name == request.name
