"""EventService: what happened, in the order of each province's journal."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from actors.core import events as e
from actors.core.ids import ProvinceCode, home_of
from actors.protocol import FrameNews
from gateway import conversion, filters, names, pages, permissions, validation
from gateway.answers import Provinces, check_known
from gateway.calls import Context, deadline_of
from gateway.event_feed import EventFeed
from gateway.identity import Identity, Role, caller
from gateway.v1 import event_pb2, event_pb2_grpc

_SERVICE = "/sharedops.v1.EventService/"
_DECISIONS = "/sharedops.v1.DispatchService/ListRoutingDecisions"
#: What was found about a decision, and so about whoever made it.
_REVIEW = e.ReviewSubmitted.__name__
#: Events in one message, and about how many bytes: clients refuse more than 4 MiB unless told otherwise.
EVENTS_PER_MESSAGE_MAX = 1_000
MESSAGE_BYTES_MAX = 1024 * 1024
#: Frames that are looked through for one page of a list.
FRAMES_PER_PAGE_MAX = 1_000
#: Pages of frames that wait for a client; the feeds wait meanwhile, with a page each. They become events when the client takes them: as
#: messages they are seven times as large, and one client that stands still could hold some 300 MiB of the whole country.
PAGES_WAITING_MAX = 8
_FILTER_FIELDS = ("type", "task", "operator", "external_id")
#: Frames of one province, and the position behind which their events are wanted.
_Page = tuple[list[FrameNews], int]


class EventService(event_pb2_grpc.EventServiceServicer):
    """Pages and streams of events."""

    def __init__(self, provinces: Provinces, feed: EventFeed) -> None:
        self._provinces = provinces
        self._feed = feed

    async def ListEvents(  # noqa: N802 - the contract's name
        self, request: event_pb2.ListEventsRequest, context: Context
    ) -> event_pb2.ListEventsResponse:
        """A page of one province's events."""
        deadline = deadline_of(context)
        validation.check(request)
        province = names.parse_province(request.parent)
        identity = caller()
        permissions.check_province(identity, f"{_SERVICE}ListEvents", province)
        check_known(self._provinces, province, "parent")
        wanted = filters.parse(request.filter, event_pb2.Event, _FILTER_FIELDS)
        place = pages.first_place(request.page_token, request.parent, str(request.after_position), request.filter)
        after = pages.number_of(place) or request.after_position
        page_size = pages.page_size_of(request.page_size)
        response = event_pb2.ListEventsResponse(last_position=after)
        page = await self._feed.page_at(province, after, limit=FRAMES_PER_PAGE_MAX, deadline=deadline)
        if (
            page.frames
            and conversion.end_of(page.frames[-1]) <= after
            and page.frames[-1].sequence < page.last_sequence
        ):
            # A frame that fills a page of frames alone, and is known: asked for again, it would be all there ever is.
            behind = page.frames[-1].sequence
            page = await self._feed.page(province, behind, limit=FRAMES_PER_PAGE_MAX, deadline=deadline)
        size_bytes = 0
        for frame in page.frames:
            for event in conversion.frame_events_out(frame, after):
                if len(response.events) == page_size or size_bytes > MESSAGE_BYTES_MAX:
                    response.next_page_token = pages.next_token(place, "", str(response.last_position))
                    return response
                response.last_position = event.position
                if _may_see(identity, event) and wanted.fits(event):
                    _conceal(identity, event)
                    response.events.append(event)
                    size_bytes += event.ByteSize()
        if page.frames and page.frames[-1].sequence < page.last_sequence:
            response.last_position = max(response.last_position, conversion.end_of(page.frames[-1]))
            response.next_page_token = pages.next_token(place, "", str(response.last_position))
        return response

    async def StreamEvents(  # noqa: N802
        self, request: event_pb2.StreamEventsRequest, context: Context
    ) -> AsyncIterator[event_pb2.StreamEventsResponse]:
        """The events of some or all provinces, from the positions given, as they happen."""
        del context
        validation.check(request)
        identity = caller()
        cursors = self._cursors(identity, request)
        ready: asyncio.Queue[_Page] = asyncio.Queue(PAGES_WAITING_MAX)
        followers = [asyncio.create_task(self._follow(code, after, ready)) for code, after in cursors.items()]
        try:
            while True:
                frames, after = await _next(ready, followers)
                for events in _pieces(_events(identity, frames, after)):
                    yield event_pb2.StreamEventsResponse(events=events)
        finally:
            for follower in followers:
                follower.cancel()
            await asyncio.gather(*followers, return_exceptions=True)

    def _cursors(self, identity: Identity, request: event_pb2.StreamEventsRequest) -> dict[ProvinceCode, int]:
        """Province -> last position known; -1: from now on."""
        method = f"{_SERVICE}StreamEvents"
        if request.cursors:
            for place, cursor in enumerate(request.cursors):
                permissions.check_province(identity, method, cursor.province)
                check_known(self._provinces, ProvinceCode(cursor.province), f"cursors[{place}].province")
            return {ProvinceCode(cursor.province): cursor.after_position for cursor in request.cursors}
        own = permissions.visible_province(identity, method)
        codes = [own] if own is not None else self._provinces.codes()
        return {ProvinceCode(code): -1 for code in codes}

    async def _follow(self, province: ProvinceCode, position: int, ready: "asyncio.Queue[_Page]") -> None:
        async with aclosing(self._feed.follow(province, None if position < 0 else position)) as following:
            async for frames in following:
                await ready.put((frames, max(0, position)))


async def _next(ready: "asyncio.Queue[_Page]", tasks: list[asyncio.Task[None]]) -> _Page:
    """The next page; a follower that fails ends the stream."""
    getting = asyncio.ensure_future(ready.get())
    try:
        done, _ = await asyncio.wait((getting, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task is not getting:
                task.result()
        return await getting
    finally:
        getting.cancel()


def _pieces(events: list[event_pb2.Event]) -> Iterator[Sequence[event_pb2.Event]]:
    """The events in messages within the bounds."""
    piece: list[event_pb2.Event] = []
    size_bytes = 0
    for event in events:
        event_bytes = event.ByteSize()
        if piece and (len(piece) == EVENTS_PER_MESSAGE_MAX or size_bytes + event_bytes > MESSAGE_BYTES_MAX):
            yield piece
            piece, size_bytes = [], 0
        piece.append(event)
        size_bytes += event_bytes
    if piece:
        yield piece


def _events(identity: Identity, frames: list[FrameNews], after: int) -> list[event_pb2.Event]:
    events = [
        event for frame in frames for event in conversion.frame_events_out(frame, after) if _may_see(identity, event)
    ]
    for event in events:
        _conceal(identity, event)
    return events


def _may_see(identity: Identity, event: event_pb2.Event) -> bool:
    """A branch system sees what happened to tasks of its own home, and nothing of the people, of their reviews, or of others' tasks."""
    if identity.role is not Role.BRANCH:
        return True
    if not event.task or event.type == _REVIEW:
        return False
    return identity.is_of(home_of(names.parse_task(event.task)))


def _conceal(identity: Identity, event: event_pb2.Event) -> None:
    """Leave out what a choice among people rested on where the caller may not ask for routing decisions: it compares named persons."""
    if event.basis_json and event.operator and permissions.reach_of(identity, _DECISIONS) is None:
        event.ClearField("basis_json")
