"""EventService over frames that a test wrote down: who is shown what of an event."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import msgspec
import pytest

from actors import protocol
from actors.core import codec
from actors.core import events as e
from actors.core.country import Line
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.operators import PresenceState
from actors.core.review import Findings, ReviewedDecision, ReviewVerdict
from actors.core.task import Verdict
from actors.protocol import FrameNews
from gateway import conversion
from gateway.errors import GatewayError
from gateway.event_feed import EventFeed
from gateway.identity import EVERY_PROVINCE, Identity, Role, set_caller
from gateway.pages import first_place, next_token
from gateway.services.event import EventService
from gateway.v1 import event_pb2
from tests.unit.gateway.country import NOW, Country

TASK = TaskId("fujian-1")
ROUTING = e.Routing(points=900, runners_up=((OperatorId("fujian-op-2"), 880),), considered=2)
OFFER = e.OfferMade(at_ms=NOW.wall_ms, task_id=TASK, operator=OperatorId("fujian-op-1"), token=1, routing=ROUTING)
LOST = e.SiteLost(at_ms=NOW.wall_ms, site=SiteId("fujian-1"), silent=3, signed_in=3, silent_for_ms=3_000)
WANG = OperatorId("fujian-op-1")
SIGNED_IN = e.OperatorSignedIn(
    at_ms=NOW.wall_ms, operator=WANG, session=SessionId("g1/1"), presence=PresenceState.AVAILABLE
)
REVIEW = e.ReviewSubmitted(
    at_ms=NOW.wall_ms,
    reviewed=ReviewedDecision(
        task_id=TASK,
        operator=WANG,
        province=ProvinceCode("fujian"),
        verdict=Verdict.APPROVED,
        decided_ms=NOW.wall_ms,
        line=Line.CLAIMS,
        kind=KindId("claims-medical"),
        home=ProvinceCode("fujian"),
    ),
    findings=Findings(verdict=ReviewVerdict.FAILED),
)
GUEST = e.OfferMade(at_ms=NOW.wall_ms, task_id=TaskId("jiangxi-1"), operator=WANG, token=1)


class Feed:
    """A journal of one frame."""

    def __init__(self, *events: e.AnyEvent) -> None:
        payload = codec.encode_events(events)
        self._frame = FrameNews(
            province=ProvinceCode("fujian"), sequence=1, epoch=1, at_ms=NOW.wall_ms, payload=payload
        )

    async def page_at(self, province: str, position: int, *, deadline: float, limit: int = 0) -> protocol.FramePage:
        """The frame."""
        assert (province, position) == ("fujian", 0)
        assert deadline > 0 and limit > 0
        return protocol.FramePage(frames=(self._frame,), last_sequence=1)

    async def follow(self, province: ProvinceCode, position: int | None) -> AsyncGenerator[list[FrameNews], None]:
        """The frame, and no more."""
        assert (province, position) == ("fujian", 0)
        yield [self._frame]


class Call:
    """What the service asks of a call."""

    def time_remaining(self) -> None:
        """No deadline."""


def service(*events: e.AnyEvent) -> EventService:
    """The service, with these events in one frame of Fujian."""
    return EventService(Country("fujian"), cast("EventFeed", Feed(*events)))


def call_as(role: Role) -> None:
    """Be somebody of this role, of Fujian where the role has a province."""
    province = "fujian" if role in (Role.BRANCH, Role.TEAM_LEAD) else EVERY_PROVINCE
    set_caller(Identity(role=role, subject="test", province=province))


async def listed(of: EventService, **fields: Any) -> list[event_pb2.Event]:
    """A page."""
    request = event_pb2.ListEventsRequest(parent="provinces/fujian", **fields)
    return list((await of.ListEvents(request, cast("Any", Call()))).events)


async def streamed(of: EventService) -> list[event_pb2.Event]:
    """The first message of a stream."""
    request = event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian")])
    stream = of.StreamEvents(request, cast("Any", Call()))
    first = await anext(aiter(stream))
    await cast("AsyncGenerator[Any, None]", stream).aclose()
    return list(first.events)


@pytest.mark.parametrize("read", [listed, streamed])
@pytest.mark.parametrize(
    ("role", "is_told"),
    [
        (Role.BRANCH, False),
        (Role.FINANCE, False),
        (Role.TEAM_LEAD, True),
        (Role.OPS, True),
        (Role.AUDITOR, True),
    ],
)
async def test_only_who_may_ask_for_decisions_is_told_how_people_compare(read: Any, role: Role, is_told: bool) -> None:
    """A branch that follows its tasks would read the points of named colleagues, which routing decisions refuse to it."""
    call_as(role)
    events = await read(service(OFFER))
    assert [event.operator for event in events] == ["provinces/fujian/operators/fujian-op-1"]
    assert ["fujian-op-2" in event.basis_json for event in events] == [is_told]
    assert all(event.basis_json for event in events) is is_told


@pytest.mark.parametrize("read", [listed, streamed])
@pytest.mark.parametrize(
    ("role", "province", "told"),
    [
        (Role.BRANCH, "fujian", ["fujian-1"]),
        (Role.BRANCH, EVERY_PROVINCE, ["fujian-1", "jiangxi-1"]),
        (Role.TEAM_LEAD, "fujian", ["fujian-1", "", "fujian-1", "jiangxi-1"]),
        (Role.AUDITOR, EVERY_PROVINCE, ["fujian-1", "", "fujian-1", "jiangxi-1"]),
    ],
)
async def test_a_branch_system_is_told_of_tasks_and_not_of_people(
    read: Any, role: Role, province: str, told: list[str]
) -> None:
    """It would learn when a named person works, and which of their decisions failed a review."""
    set_caller(Identity(role=role, subject="test", province=province))
    events = await read(service(OFFER, SIGNED_IN, REVIEW, GUEST))
    assert [event.task.rpartition("/")[2] for event in events] == told


async def test_what_no_choice_of_people_rested_on_is_told_to_all_who_may_see_it() -> None:
    """Finance must be able to tell why work was evacuated."""
    call_as(Role.FINANCE)
    [event] = await listed(service(LOST))
    assert '"silent":3' in event.basis_json


@pytest.mark.parametrize(
    ("role", "followed"), [(Role.TEAM_LEAD, {"fujian": None}), (Role.AUDITOR, {"fujian": None, "jiangxi": None})]
)
async def test_without_cursors_all_that_one_may_see_is_followed_from_now_on(
    role: Role, followed: dict[str, int | None]
) -> None:
    """Whoever names nothing would be refused, told of the past, or of nothing."""
    asked: dict[str, int | None] = {}

    class Noted(Feed):
        async def follow(self, province: ProvinceCode, position: int | None) -> AsyncGenerator[list[FrameNews], None]:
            asked[province] = position
            async for frames in super().follow(ProvinceCode("fujian"), 0):
                yield frames

    call_as(role)
    of = EventService(Country("fujian", "jiangxi"), cast("EventFeed", Noted(OFFER)))
    stream = of.StreamEvents(event_pb2.StreamEventsRequest(), cast("Any", Call()))
    await anext(aiter(stream))
    await cast("AsyncGenerator[Any, None]", stream).aclose()
    assert asked == followed


async def test_a_province_that_there_is_not_cannot_be_followed() -> None:
    """It would be silent for ever."""
    call_as(Role.OPS)
    cursors = [event_pb2.EventCursor(province=code) for code in ("fujian", "atlantis")]
    request = event_pb2.StreamEventsRequest(cursors=cursors)
    with pytest.raises(GatewayError, match="UNKNOWN_PROVINCE") as caught:
        await anext(aiter(service(OFFER).StreamEvents(request, cast("Any", Call()))))
    assert [violation.field for violation in caught.value.violations] == ["cursors[1].province"]
    with pytest.raises(GatewayError, match="UNKNOWN_PROVINCE"):
        await service(OFFER).ListEvents(event_pb2.ListEventsRequest(parent="provinces/atlantis"), cast("Any", Call()))


@pytest.mark.parametrize(
    ("count_max", "bytes_max", "sizes"), [(1_000, 1_000_000, [5]), (2, 1_000_000, [2, 2, 1]), (1_000, 1, [1] * 5)]
)
async def test_messages_of_a_stream_keep_within_both_their_bounds(
    monkeypatch: pytest.MonkeyPatch, count_max: int, bytes_max: int, sizes: list[int]
) -> None:
    """Clients refuse what is larger, and could never get past such a frame; nor may anything of it be lost."""
    monkeypatch.setattr("gateway.services.event.EVENTS_PER_MESSAGE_MAX", count_max)
    monkeypatch.setattr("gateway.services.event.MESSAGE_BYTES_MAX", bytes_max)
    call_as(Role.OPS)
    request = event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian")])
    stream = service(*[OFFER] * 5).StreamEvents(request, cast("Any", Call()))
    messages = [await anext(aiter(stream)) for _ in sizes]
    await cast("AsyncGenerator[Any, None]", stream).aclose()
    assert [len(message.events) for message in messages] == sizes
    assert len({event.position for message in messages for event in message.events}) == 5


@pytest.mark.parametrize(
    ("fields", "bytes_max", "count"), [({}, 1_000_000, 5), ({"page_size": 2}, 1_000_000, 2), ({}, 1, 1)]
)
async def test_a_page_keeps_within_both_its_bounds(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], bytes_max: int, count: int
) -> None:
    """And says that there is more, and up to where it tells everything."""
    monkeypatch.setattr("gateway.services.event.MESSAGE_BYTES_MAX", bytes_max)
    call_as(Role.OPS)
    request = event_pb2.ListEventsRequest(parent="provinces/fujian", **fields)
    page = await service(*[OFFER] * 5).ListEvents(request, cast("Any", Call()))
    assert (len(page.events), bool(page.next_page_token)) == (count, count < 5)
    assert page.last_position == page.events[-1].position


async def test_a_filter_leaves_out_what_does_not_fit() -> None:
    """A filter that is read and forgotten shows everything, and nobody knows of what."""
    call_as(Role.OPS)
    of = service(OFFER, SIGNED_IN, REVIEW, GUEST)
    found = await listed(of, filter='type = OfferMade AND task != "provinces/jiangxi/tasks/jiangxi-1"')
    assert [(event.type, event.task) for event in found] == [("OfferMade", "provinces/fujian/tasks/fujian-1")]


async def test_what_waits_for_a_client_that_stands_still_waits_as_the_journal_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As messages it is seven times as large: a few clients that hang while they follow the whole country would fill the gateway's memory."""

    class Long(Feed):
        async def follow(self, province: ProvinceCode, position: int | None) -> AsyncGenerator[list[FrameNews], None]:
            for sequence in range(1, 101):
                async for (frame,) in super().follow(province, position):
                    yield [msgspec.structs.replace(frame, sequence=sequence)]

    made: list[int] = []
    convert = conversion.frame_events_out

    def counted(frame: FrameNews, after: int) -> list[event_pb2.Event]:
        made.append(frame.sequence)
        return convert(frame, after)

    monkeypatch.setattr(conversion, "frame_events_out", counted)
    call_as(Role.OPS)
    of = EventService(Country("fujian"), cast("EventFeed", Long(OFFER)))
    request = event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian")])
    stream = cast("AsyncGenerator[event_pb2.StreamEventsResponse, None]", of.StreamEvents(request, cast("Any", Call())))
    for taken in range(1, 101):
        assert len((await anext(stream)).events) == 1
        # The feed goes as far ahead as it may.
        for _ in range(20):
            await asyncio.sleep(0)
        assert made == list(range(1, taken + 1))
    await stream.aclose()


@pytest.mark.parametrize("goes_on_by", ["next_page_token", "last_position"])
async def test_a_list_gets_over_frames_that_fill_a_page_alone(goes_on_by: str) -> None:
    """Five hundred tasks with long notes are such a frame: a branch that polls was told the same, and no more, for ever."""

    class Large(Feed):
        async def page_at(self, province: str, position: int, *, deadline: float, limit: int = 0) -> protocol.FramePage:
            return await self.page(province, max(0, (position >> 20) - 1), deadline=deadline, limit=limit)

        async def page(self, province: str, after: int, *, deadline: float, limit: int = 0) -> protocol.FramePage:
            (frame,) = (await super().page_at(province, 0, deadline=deadline, limit=limit)).frames
            frames = (msgspec.structs.replace(frame, sequence=after + 1),) if after < 3 else ()
            return protocol.FramePage(frames=frames, last_sequence=3)

    call_as(Role.OPS)
    of = EventService(Country("fujian"), cast("EventFeed", Large(OFFER)))
    found: list[int] = []
    request = event_pb2.ListEventsRequest(parent="provinces/fujian")
    response = event_pb2.ListEventsResponse()
    for _ in range(10):
        response = await of.ListEvents(request, cast("Any", Call()))
        found += [event.position >> 20 for event in response.events]
        if not response.next_page_token:
            break
        if goes_on_by == "last_position":
            request.after_position = response.last_position
        else:
            request.page_token = response.next_page_token
    assert (found, response.next_page_token) == ([1, 2, 3], "")


@pytest.mark.parametrize("after", ["x", "-1", "٣", "9" * 30])
async def test_a_page_token_that_is_no_position_is_refused(after: str) -> None:
    """A token that was made up must be the caller's mistake, not ours."""
    call_as(Role.OPS)
    token = next_token(first_place("", "provinces/fujian", "0", ""), "", after)
    with pytest.raises(GatewayError, match="BAD_PAGE_TOKEN"):
        await listed(service(OFFER), page_token=token)
