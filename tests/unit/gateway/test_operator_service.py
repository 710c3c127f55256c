"""OperatorService over real gRPC, before a country of the real core."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from gateway.v1 import operator_pb2
from tests.unit.gateway.served import Gateway, as_, failure, gateway


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before a country of a few provinces."""
    async with gateway("fujian", "jiangxi") as opened:
        yield opened


def name(local: str, province: str = "fujian") -> str:
    """An operator's name."""
    return f"provinces/{province}/operators/{local}"


async def enrol(served: Gateway, local: str, province: str = "fujian", **fields: Any) -> operator_pb2.Operator:
    """Put an operator on a roster."""
    known: dict[str, Any] = {"kinds": [{"kind": "claims-medical", "experience_count": 40}], "capacity": 2}
    entry = operator_pb2.Operator(**known | fields)
    request = operator_pb2.CreateOperatorRequest(
        parent=f"provinces/{province}", operator_id=local, operator=entry, request_id=f"e-{local}"
    )
    return await served.operators.CreateOperator(request, **as_("ops"))


def update(local: str, request_id: str, *paths: str, **fields: Any) -> operator_pb2.UpdateOperatorRequest:
    """An update of an operator of fujian."""
    return operator_pb2.UpdateOperatorRequest(
        operator=operator_pb2.Operator(name=name(local), **fields),
        update_mask={"paths": list(paths)},
        request_id=request_id,
    )


async def test_an_operator_is_created_read_changed_and_deleted(served: Gateway) -> None:
    """The roster is the first thing a branch sets up."""
    created = await enrol(served, "wang", team="t1")
    assert (created.name, created.operator_id, created.province) == (name("wang"), "wang", "fujian")
    assert created.presence == operator_pb2.PRESENCE_OFFLINE
    read = await served.operators.GetOperator(operator_pb2.GetOperatorRequest(name=name("wang")), **as_("desk-fujian"))
    assert read == created
    changed = await served.operators.UpdateOperator(
        update("wang", "u-1", "capacity", "team", capacity=5, display_name="ignored"), **as_("lead-fujian")
    )
    assert (changed.capacity, changed.team, changed.display_name) == (5, "", "")
    assert changed.kinds == created.kinds and changed.etag != created.etag
    workload = await served.operators.GetOperatorWorkload(
        operator_pb2.GetOperatorWorkloadRequest(name=name("wang")), **as_("lead-fujian")
    )
    assert (workload.capacity, list(workload.tasks)) == (5, [])
    stale = operator_pb2.DeleteOperatorRequest(name=name("wang"), etag=created.etag, request_id="d-1")
    assert (await failure(served.operators.DeleteOperator(stale, **as_("ops"))))["code"].name == "ABORTED"
    delete = operator_pb2.DeleteOperatorRequest(name=name("wang"), etag=changed.etag, request_id="d-1")
    for _ in range(2):
        await served.operators.DeleteOperator(delete, **as_("ops"))
    get = operator_pb2.GetOperatorRequest(name=name("wang"))
    assert (await failure(served.operators.GetOperator(get, **as_("ops"))))["reason"] == "UNKNOWN_OPERATOR"


async def test_a_repeated_update_is_the_same_update(served: Gateway) -> None:
    """A lost answer is repeated; a merge that differs the second time would be refused as another request."""
    await enrol(served, "wang")
    request = update("wang", "u-1", "capacity", capacity=5)
    first = await served.operators.UpdateOperator(request, **as_("ops"))
    assert await served.operators.UpdateOperator(request, **as_("ops")) == first


async def test_an_empty_mask_changes_what_is_set_and_a_star_everything(served: Gateway) -> None:
    """AIP-134: an empty mask that cleared the rest would empty rosters."""
    await enrol(served, "wang", team="t1")
    some = await served.operators.UpdateOperator(update("wang", "u-1", display_name="王"), **as_("ops"))
    assert (some.display_name, some.team, some.capacity) == ("王", "t1", 2)
    whole = await served.operators.UpdateOperator(update("wang", "u-2", "*", display_name="芳"), **as_("ops"))
    assert (whole.display_name, whole.team, whole.capacity, len(whole.kinds)) == ("芳", "", 1, 0)


async def test_mistakes_of_a_roster(served: Gateway) -> None:
    """Each has its own status, so that an import script knows what to do."""
    await enrol(served, "wang")
    request = operator_pb2.CreateOperatorRequest(
        parent="provinces/fujian", operator_id="wang", operator={"capacity": 3}, request_id="e-2"
    )
    assert (await failure(served.operators.CreateOperator(request, **as_("ops"))))["code"].name == "ALREADY_EXISTS"
    unknown_kind = update("wang", "u-1", "kinds", kinds=[{"kind": "nonsense"}])
    found = await failure(served.operators.UpdateOperator(unknown_kind, **as_("ops")))
    assert (found["reason"], found["fields"]) == ("UNKNOWN_KIND", ["operator.kinds"])
    bad_mask = update("wang", "u-1", "presence")
    found = await failure(served.operators.UpdateOperator(bad_mask, **as_("ops")))
    assert found["fields"] == ["update_mask.paths"]
    elsewhere = operator_pb2.GetOperatorRequest(name=name("wang", "jiangxi"))
    assert (await failure(served.operators.GetOperator(elsewhere, **as_("lead-fujian"))))["code"].name == (
        "PERMISSION_DENIED"
    )


async def test_a_batch_creates_and_updates_in_the_order_of_its_items(served: Gateway) -> None:
    """Two items of one person: the second must build on the first, or half of an import is lost."""
    await enrol(served, "wang", "jiangxi")
    request = operator_pb2.BatchUpdateOperatorsRequest(
        requests=[
            update("li", "b-1", capacity=3),
            update("li", "b-2", "team", team="t9"),
            operator_pb2.UpdateOperatorRequest(
                operator={"name": name("wang", "jiangxi"), "capacity": 4}, request_id="b-3"
            ),
            update("zhao", "b-4", capacity=-1),
        ]
    )
    response = await served.operators.BatchUpdateOperators(request, **as_("ops"))
    outcomes = [(r.index, r.request_id, r.operator.created, r.error.reason) for r in response.results]
    assert outcomes == [
        (0, "b-1", True, ""),
        (1, "b-2", False, ""),
        (2, "b-3", False, ""),
        (3, "b-4", False, "INVALID_ARGUMENT"),
    ]
    li = await served.operators.GetOperator(operator_pb2.GetOperatorRequest(name=name("li")), **as_("ops"))
    assert (li.capacity, li.team) == (3, "t9")


async def test_rosters_are_listed_page_by_page(served: Gateway) -> None:
    """A page boundary between two provinces must lose nobody."""
    for local in ("a", "b", "c"):
        await enrol(served, local, auto_accept=local == "b")
        await enrol(served, local, "jiangxi")
    everyone = sorted(name(local, province) for province in ("fujian", "jiangxi") for local in ("a", "b", "c"))
    for size in (1, 2, 3, 4, 100):
        found: list[str] = []
        request = operator_pb2.ListOperatorsRequest(parent="provinces/-", page_size=size)
        while True:
            page = await served.operators.ListOperators(request, **as_("auditor"))
            found += [operator.name for operator in page.operators]
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
        assert found == everyone
    request = operator_pb2.ListOperatorsRequest(parent="provinces/fujian", filter="auto_accept=true")
    page = await served.operators.ListOperators(request, **as_("lead-fujian"))
    assert [operator.name for operator in page.operators] == [name("b")]


# --- task kinds ---


def kind_update(kind: str, request_id: str, *paths: str, **fields: Any) -> operator_pb2.UpdateTaskKindRequest:
    """An update of a task kind."""
    allow_missing = fields.pop("allow_missing", False)
    return operator_pb2.UpdateTaskKindRequest(
        task_kind=operator_pb2.TaskKind(name=f"taskKinds/{kind}", **fields),
        update_mask={"paths": list(paths)},
        allow_missing=allow_missing,
        request_id=request_id,
    )


async def test_a_kind_is_changed_for_the_whole_country(served: Gateway) -> None:
    """The operating standard's revision is what reviewers judge old work by: it must rise with the text and only with it."""
    get = operator_pb2.GetTaskKindRequest(name="taskKinds/claims-medical")
    before = await served.operators.GetTaskKind(get, **as_("branch-fujian"))
    request = kind_update("claims-medical", "k-1", "tariff_fen", tariff_fen=500, etag=before.etag)
    priced = await served.operators.UpdateTaskKind(request, **as_("ops"))
    assert (priced.tariff_fen, priced.operating_standard_revision) == (500, 1)
    assert await served.operators.UpdateTaskKind(request, **as_("ops")) == priced
    written = await served.operators.UpdateTaskKind(
        kind_update("claims-medical", "k-2", operating_standard="# How"), **as_("ops")
    )
    assert (written.tariff_fen, written.operating_standard_revision) == (500, 2)
    stale = kind_update("claims-medical", "k-3", "tariff_fen", tariff_fen=1, etag=before.etag)
    assert (await failure(served.operators.UpdateTaskKind(stale, **as_("ops"))))["code"].name == "ABORTED"
    line = kind_update("claims-medical", "k-4", line=operator_pb2.LINE_SERVICING)
    assert (await failure(served.operators.UpdateTaskKind(line, **as_("ops"))))["fields"] == ["task_kind.line"]
    emptied = kind_update("claims-medical", "k-5", "sla_minutes")
    assert (await failure(served.operators.UpdateTaskKind(emptied, **as_("ops"))))["fields"] == [
        "task_kind.sla_minutes"
    ]


async def test_a_repeated_change_of_a_kind_is_the_same_whatever_others_have_changed(served: Gateway) -> None:
    """Whoever repeats a change whose answer was lost must not be told that the id was used for something else, or that the kind has changed."""
    get = operator_pb2.GetTaskKindRequest(name="taskKinds/claims-medical")
    etag = (await served.operators.GetTaskKind(get, **as_("ops"))).etag
    # The second finds the kind as it wants it.
    asked = [
        kind_update("claims-medical", request_id, "tariff_fen", tariff_fen=500, etag=known)
        for request_id, known in (("k-1", etag), ("k-0", ""))
    ]
    answers = [await served.operators.UpdateTaskKind(request, **as_("ops")) for request in asked]
    await served.operators.UpdateTaskKind(kind_update("claims-medical", "k-2", tariff_fen=700), **as_("ops"))
    assert [await served.operators.UpdateTaskKind(request, **as_("ops")) for request in asked] == answers
    assert (await served.operators.GetTaskKind(get, **as_("ops"))).tariff_fen == 700
    other = kind_update("claims-medical", "k-1", "tariff_fen", tariff_fen=501)
    assert (await failure(served.operators.UpdateTaskKind(other, **as_("ops"))))["reason"] == "REQUEST_ID_REUSED"


async def test_a_new_kind_must_be_meant_and_whole(served: Gateway) -> None:
    """A misspelt kind must not appear in the country's catalogue."""
    whole: dict[str, Any] = {
        "display_name": "Dental",
        "display_name_zh": "牙科",
        "line": operator_pb2.LINE_CLAIMS,
        "standard_minutes": 10,
        "sla_minutes": 60,
    }
    found = await failure(served.operators.UpdateTaskKind(kind_update("dental", "k-1", **whole), **as_("ops")))
    assert (found["code"], found["reason"]) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_TASK_KIND")
    part = kind_update("dental", "k-1", display_name="Dental", allow_missing=True)
    assert "task_kind.line" in (await failure(served.operators.UpdateTaskKind(part, **as_("ops"))))["fields"]
    made = kind_update("dental", "k-1", allow_missing=True, **whole)
    assert (await served.operators.UpdateTaskKind(made, **as_("ops"))).task_kind_id == "dental"


async def test_kinds_are_listed_in_order(served: Gateway) -> None:
    """Pages over a sorted table: the same rank twice would lose a kind."""
    for order, expected in (
        ("", ["claims-medical", "servicing-address"]),
        ("line", ["servicing-address", "claims-medical"]),
    ):
        found: list[str] = []
        request = operator_pb2.ListTaskKindsRequest(page_size=1, order_by=order)
        while True:
            page = await served.operators.ListTaskKinds(request, **as_("desk-fujian"))
            found += [kind.task_kind_id for kind in page.task_kinds]
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
        assert found == expected
    request = operator_pb2.ListTaskKindsRequest(filter="line=CLAIMS")
    page = await served.operators.ListTaskKinds(request, **as_("auditor"))
    assert [kind.task_kind_id for kind in page.task_kinds] == ["claims-medical"]
