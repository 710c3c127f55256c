"""Page tokens: what is not one of ours is the caller's mistake."""

import pytest

from gateway import pages
from gateway.errors import GatewayError
from gateway.v1 import dispatch_pb2, province_pb2
from tests.unit.gateway.served import as_, create, failure, gateway

TASK = "provinces/fujian/tasks/fujian-1"
MODEL = "matchingModels/national"
POLICY = "provinces/fujian/sharingPolicy"
#: Lists that go on behind a number: method -> service, request, and what a token of it belongs to.
LISTS = {
    "DiagnoseQueue": ("dispatch", dispatch_pb2.DiagnoseQueueRequest(parent="provinces/fujian"), "provinces/fujian"),
    "ListRoutingDecisions": ("dispatch", dispatch_pb2.ListRoutingDecisionsRequest(parent=TASK), TASK),
    "ListMatchingParameters": ("dispatch", dispatch_pb2.ListMatchingParametersRequest(), ""),
    "ListMatchingModelRevisions": ("dispatch", dispatch_pb2.ListMatchingModelRevisionsRequest(name=MODEL), MODEL),
    "ListSharingPolicyRevisions": ("provinces", province_pb2.ListSharingPolicyRevisionsRequest(name=POLICY), POLICY),
}


@pytest.mark.parametrize("after", ["x", "-1", "1.0", "٣", "9" * 30])
def test_a_place_that_is_no_number_is_refused(after: str) -> None:
    """It would be an error of ours, or an integer that nobody behind us can hold."""
    with pytest.raises(GatewayError, match="BAD_PAGE_TOKEN"):
        pages.number_of(pages.Place(b"", after=after))


def test_a_place_behind_a_number_is_that_number() -> None:
    """Nothing was sent before the first page."""
    assert [pages.number_of(pages.Place(b"", after=after)) for after in ("", "200")] == [0, 200]


async def test_a_made_up_token_is_an_invalid_argument_in_every_list() -> None:
    """INTERNAL tells a client to report a bug, and operations staff to look for one."""
    async with gateway("fujian") as served:
        await served.tasks.CreateTask(create(1), **as_("ops"))
        found: dict[str, tuple[str, list[str]]] = {}
        for method, (service, request, belongs_to) in LISTS.items():
            request.page_token = pages.next_token(pages.first_place("", belongs_to), "", "x")
            refused = await failure(getattr(getattr(served, service), method)(request, **as_("ops")))
            found[method] = (refused["reason"], refused["fields"])
    assert found == dict.fromkeys(LISTS, ("BAD_PAGE_TOKEN", ["page_token"]))
