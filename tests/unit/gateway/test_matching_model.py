"""The matching model and the catalogue over real gRPC, before headquarters of the real core."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.core.matching.parameters import CATALOGUE
from actors.core.matching.shipped import shipped_model
from gateway import conversion, names
from gateway.conversion.matching import model_merged
from gateway.services.matching_catalogue import is_active
from gateway.v1 import dispatch_pb2, operator_pb2
from gateway.validation.dispatch import MODEL_FIELDS
from tests.unit.gateway.country import NOW
from tests.unit.gateway.served import Gateway, as_, failure, gateway

GREEN = "task_green_channel_flag"
#: A setting of its own for one parameter.
SETTING = {
    "parameter": GREEN,
    "breakpoints": [{"value_micro": 0, "points": 0}, {"value_micro": 1_000_000, "points": 800}],
    "weights": [{"line": operator_pb2.LINE_CLAIMS, "weight": 50}],
}


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before one province and the headquarters."""
    async with gateway("fujian") as opened:
        yield opened


def update(request_id: str, **fields: Any) -> dispatch_pb2.UpdateMatchingModelRequest:
    """What the operations staff send."""
    validate_only = fields.pop("validate_only", False)
    return dispatch_pb2.UpdateMatchingModelRequest(
        matching_model={"name": names.MODEL, **fields},
        validate_only=validate_only,
        reason="spring peak",
        request_id=request_id,
    )


async def model(served: Gateway, revision: int = 0, who: str = "ops") -> dispatch_pb2.MatchingModel:
    """A revision as it is shown."""
    request = dispatch_pb2.GetMatchingModelRequest(name=names.MODEL, revision=revision)
    return await served.dispatch.GetMatchingModel(request, **as_(who))


def setting(shown: dispatch_pb2.MatchingModel, parameter: str) -> dispatch_pb2.ParameterSetting | None:
    """What a model makes of one parameter."""
    return next((found for found in shown.settings if found.parameter == parameter), None)


def test_a_model_is_shown_whole_and_comes_back_as_it_was() -> None:
    """Whoever writes back what they read must not have changed a thousandth of a point."""
    shipped = shipped_model()
    shown = conversion.model_out(shipped)
    assert model_merged(shipped, shown, MODEL_FIELDS, shipped.note) == shipped
    other = conversion.model_merged(shipped, dispatch_pb2.MatchingModel(), ["settings"], shipped.note)
    assert other == shipped


async def test_what_an_update_names_changes_and_the_rest_stays(served: Gateway) -> None:
    """A duty officer who raises one weight must not reset a hundred others."""
    before = await model(served)
    changed = await served.dispatch.UpdateMatchingModel(update("m-1", settings=[SETTING]), **as_("ops"))
    assert (changed.revision, changed.updater, changed.reason) == (2, "ops:test", "spring peak")
    assert changed.update_time_ms == NOW.wall_ms
    assert setting(changed, GREEN) == dispatch_pb2.ParameterSetting(**SETTING)
    others = [found for found in changed.settings if found.parameter != GREEN]
    assert others == [found for found in before.settings if found.parameter != GREEN]
    assert (changed.filters, list(changed.shares)) == (before.filters, list(before.shares))
    gone = await served.dispatch.UpdateMatchingModel(update("m-2", settings=[{"parameter": GREEN}]), **as_("ops"))
    assert setting(gone, GREEN) is None
    rest = update(
        "m-3",
        ageing_points_per_minute=301,
        exploration={"decided_min": 7},
        shares=[{"line": 1, "shares": {"efficiency": 20, "quality": 60, "effectiveness": 20}}],
    )
    other = await served.dispatch.UpdateMatchingModel(rest, **as_("ops"))
    assert (other.ageing_points_per_minute, other.exploration.decided_min) == (301, 7)
    assert other.shares[0].shares.quality == 60 and other.shares[1:] == before.shares[1:]
    filters = update("m-4", filters={"fraud_level_experienced": 1, "heartbeat_seconds_max": 9})
    filtered = await served.dispatch.UpdateMatchingModel(filters, **as_("ops"))
    assert filtered.filters == dispatch_pb2.FilterSettings(fraud_level_experienced=1, heartbeat_seconds_max=9)
    assert await model(served, revision=1) == before
    assert await model(served, who="lead-fujian") == filtered


async def test_a_repeated_change_is_answered_with_the_revision_that_it_made(served: Gateway) -> None:
    """The answer of a change gets lost; asked again after another change, it must neither repeat nor complain."""
    first = await served.dispatch.UpdateMatchingModel(update("m-1", settings=[SETTING]), **as_("ops"))
    await served.dispatch.UpdateMatchingModel(update("m-2", ageing_points_per_minute=301), **as_("ops"))
    assert await served.dispatch.UpdateMatchingModel(update("m-1", settings=[SETTING]), **as_("ops")) == first
    reused = await failure(served.dispatch.UpdateMatchingModel(update("m-1", ageing_points_per_minute=9), **as_("ops")))
    assert (reused["code"].name, reused["reason"]) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
    assert (await model(served)).revision == 2 + 1


async def test_what_is_only_validated_changes_nothing(served: Gateway) -> None:
    """A preview that took effect would rearrange the country's work."""
    tried = update("m-1", ageing_points_per_minute=301, validate_only=True)
    assert (await served.dispatch.UpdateMatchingModel(tried, **as_("ops"))).revision == 2
    assert (await model(served)).revision == 1
    done = await served.dispatch.UpdateMatchingModel(update("m-1", ageing_points_per_minute=301), **as_("ops"))
    assert done.revision == 2


async def test_bad_models_and_old_revisions_are_refused(served: Gateway) -> None:
    """Everything that is wrong is named at once; two officers must not overwrite each other."""
    bad = update(
        "m-1",
        settings=[{"parameter": "no_such_thing", "weights": [{"line": 1, "weight": 1}]}, SETTING | {"breakpoints": []}],
    )
    refused = await failure(served.dispatch.UpdateMatchingModel(bad, **as_("ops")))
    assert (refused["code"].name, refused["reason"]) == ("INVALID_ARGUMENT", "BAD_MODEL")
    assert refused["fields"] == ["matching_model", "matching_model"]
    wrong = update("m-1", settings=[SETTING, SETTING], shares=[{"line": 1}])
    assert (await failure(served.dispatch.UpdateMatchingModel(wrong, **as_("ops"))))["fields"] == [
        "matching_model.settings[1]",
        "matching_model.shares[0].shares",
    ]
    await served.dispatch.UpdateMatchingModel(update("m-2", revision=1, settings=[SETTING]), **as_("ops"))
    stale = update("m-3", revision=1, ageing_points_per_minute=301)
    late = await failure(served.dispatch.UpdateMatchingModel(stale, **as_("ops")))
    assert (late["code"].name, late["reason"]) == ("ABORTED", "ETAG_MISMATCH")
    for token in ("lead-fujian", "auditor", "branch-fujian", "desk-fujian"):
        denied = await failure(served.dispatch.UpdateMatchingModel(update("m-4"), **as_(token)))
        assert denied["code"].name == "PERMISSION_DENIED"
    unknown = dispatch_pb2.GetMatchingModelRequest(name=names.MODEL, revision=99)
    assert (await failure(served.dispatch.GetMatchingModel(unknown, **as_("ops"))))["code"].name == "NOT_FOUND"


async def test_revisions_are_listed_newest_first_and_any_can_be_put_back(served: Gateway) -> None:
    """After a change that made things worse the way back must be one call."""
    for number in range(3):
        await served.dispatch.UpdateMatchingModel(
            update(f"m-{number}", ageing_points_per_minute=301 + number), **as_("ops")
        )
    listing = dispatch_pb2.ListMatchingModelRevisionsRequest(name=names.MODEL, page_size=3)
    page = await served.dispatch.ListMatchingModelRevisions(listing, **as_("auditor"))
    assert [shown.revision for shown in page.matching_models] == [4, 3, 2]
    assert not page.matching_models[0].settings
    listing.page_token = page.next_page_token
    rest = await served.dispatch.ListMatchingModelRevisions(listing, **as_("auditor"))
    assert ([shown.revision for shown in rest.matching_models], rest.next_page_token) == ([1], "")
    back = dispatch_pb2.RollbackMatchingModelRequest(name=names.MODEL, revision=1, reason="worse", request_id="b-1")
    restored = await served.dispatch.RollbackMatchingModel(back, **as_("ops"))
    assert (restored.revision, restored.reason) == (5, "worse")
    first = await model(served, revision=1)
    assert (restored.settings, restored.ageing_points_per_minute) == (first.settings, first.ageing_points_per_minute)
    assert await served.dispatch.RollbackMatchingModel(back, **as_("ops")) == restored


async def test_the_catalogue_says_what_has_a_part_in_the_model(served: Gateway) -> None:
    """Who weighs a parameter must see whether it counts at all, and in what unit."""
    request = dispatch_pb2.ListMatchingParametersRequest()
    whole = await served.dispatch.ListMatchingParameters(request, **as_("lead-fujian"))
    assert [shown.name for shown in whole.parameters] == list(CATALOGUE)
    missing = {absent.name: absent.reason for absent in whole.missing}
    assert all(missing.values()) and not missing.keys() & CATALOGUE.keys()
    shown = next(found for found in whole.parameters if found.name == GREEN)
    assert (shown.display_name_zh, shown.unit, shown.active) == ("绿色通道标识", "0/1", True)
    assert shown.role == dispatch_pb2.PARAMETER_ROLE_URGENCY and shown.definition
    request.filter = "role = URGENCY AND dimension = EFFECTIVENESS"
    request.page_size = 2
    found: list[str] = []
    for _ in CATALOGUE:
        page = await served.dispatch.ListMatchingParameters(request, **as_("auditor"))
        found += [parameter.name for parameter in page.parameters]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
    assert found == [name for name in found if name.startswith("task_")] and GREEN in found
    await served.dispatch.UpdateMatchingModel(update("m-1", settings=[{"parameter": GREEN}]), **as_("ops"))
    after = await served.dispatch.ListMatchingParameters(
        dispatch_pb2.ListMatchingParametersRequest(), **as_("lead-fujian")
    )
    assert [parameter.active for parameter in after.parameters if parameter.name == GREEN] == [False]


def test_filters_count_as_active_unless_they_are_switched_off() -> None:
    """A filter has no weight; shown as inactive it would look like decoration."""
    shipped = shipped_model()
    off = conversion.model_merged(shipped, dispatch_pb2.MatchingModel(filters={}), ["filters"], "")
    for name, parameter in CATALOGUE.items():
        if parameter.role.name == "FILTER":
            assert is_active(parameter, shipped), name
    switched = {name for name, parameter in CATALOGUE.items() if is_active(parameter, shipped)} - {
        name for name, parameter in CATALOGUE.items() if is_active(parameter, off)
    }
    assert switched == {"task_amount_fen", "task_fraud_alert_level", "task_dispute_flag"} & set(CATALOGUE)


def test_all_that_decides_anything_is_listed_as_active() -> None:
    """Guards have no weight either, and rule what is shared; listed as inactive, they would be looked for elsewhere."""
    shipped = shipped_model()
    inactive = {name for name, parameter in CATALOGUE.items() if not is_active(parameter, shipped)}
    assert inactive == {"operator_qa_sample_count"}, "it says how much the pass ratio is worth, and decides nothing"
