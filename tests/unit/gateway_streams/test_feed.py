"""The feed of frames: whatever the news does, a follower gets every frame once and in order."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing

import pytest

from actors import protocol
from actors.core import commands as c
from actors.core.ids import ProvinceCode, TaskId
from actors.lives import EPOCHS_SKIPPED
from gateway import conversion, event_feed
from gateway.answers import Replies
from gateway.conversion import event
from gateway.errors import GatewayError, GatewayReason
from gateway.event_feed import NEWS_BYTES_MAX, EventFeed

FUJIAN = ProvinceCode("fujian")


def frame(sequence: int, epoch: int = 1, *, payload: bytes = b"") -> protocol.FrameNews:
    """A frame of the province."""
    return protocol.FrameNews(province=FUJIAN, sequence=sequence, epoch=epoch, at_ms=0, payload=payload)


def position_in(sequence: int, life: int = 0) -> int:
    """A position in a frame."""
    return conversion.position_of(frame(sequence, 1 + life * EPOCHS_SKIPPED), 0)


class Journal:
    """A province that has so many frames and answers as told."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        #: The frames behind this one were written after a restore.
        self.restored_after = frames
        self.reads = 0
        self.refusals: list[GatewayError] = []
        self.refused = asyncio.Event()
        self.told: list[protocol.Request] = []

    def codes(self) -> Sequence[str]:
        return ["fujian"]

    async def call(self, province: str, request: protocol.Request, *, deadline: float) -> protocol.Response:
        del province, deadline
        if self.refusals:
            self.refused.set()
            raise self.refusals.pop()
        if isinstance(request, protocol.Follow):
            return protocol.Followed(sequence=self.frames)
        assert isinstance(request, protocol.ReadFrames)
        self.reads += 1
        last = min(self.frames, request.after + request.limit)
        sequences = range(request.after + 1, last + 1)
        frames = tuple(frame(number, 1 + EPOCHS_SKIPPED * (number > self.restored_after)) for number in sequences)
        return protocol.FramePage(frames=frames, last_sequence=self.frames)

    async def call_many(
        self, province: str, requests: Sequence[protocol.Request], *, deadline: float
    ) -> list[protocol.Response]:
        return [await self.call(province, request, deadline=deadline) for request in requests]

    def call_many_soon(self, province: str, requests: Sequence[c.AnyCommand]) -> Replies:
        raise AssertionError("a feed waits for what it asks")

    async def room_for(self, provinces: Iterable[str]) -> None:
        raise AssertionError("a feed sends no items")

    async def follow_task(self, task_id: TaskId, request: protocol.Request, *, deadline: float) -> protocol.Response:
        raise AssertionError("a feed follows no task")

    async def coordinator(self, request: protocol.Request, *, deadline: float) -> protocol.Response:
        raise AssertionError("a feed needs no coordinator")

    def tell(self, province: ProvinceCode, request: protocol.Request) -> None:
        del province
        self.told.append(request)


class Follower:
    """Follows, and keeps what it got."""

    def __init__(self, feed: EventFeed, position: int | None) -> None:
        self.seen: list[int] = []
        self._grown = asyncio.Event()
        self._task = asyncio.create_task(self._follow(feed, position))

    async def _follow(self, feed: EventFeed, position: int | None) -> None:
        async with aclosing(feed.follow(FUJIAN, position)) as following:
            async for frames in following:
                self.seen += [news.sequence for news in frames]
                self._grown.set()

    async def until(self, sequence: int) -> list[int]:
        async with asyncio.timeout(10):
            while not self.seen or self.seen[-1] < sequence:
                self._grown.clear()
                await self._grown.wait()
        return self.seen

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


@pytest.fixture
async def journal() -> Journal:
    """More than two pages of frames."""
    return Journal(450)


@pytest.fixture
async def feed(journal: Journal) -> EventFeed:
    """A feed over the journal."""
    return EventFeed(journal, journal.tell)


@pytest.fixture
async def follower(feed: EventFeed) -> AsyncIterator[Follower]:
    """One who knows the past already."""
    follower = Follower(feed, 0)
    await follower.until(450)
    yield follower
    await follower.stop()


async def test_the_past_comes_page_by_page_then_the_news(follower: Follower, feed: EventFeed) -> None:
    """The plain case."""
    feed.deliver(frame(451))
    assert await follower.until(451) == list(range(1, 452))


async def test_a_gap_in_the_news_is_read_from_the_journal(
    follower: Follower, feed: EventFeed, journal: Journal
) -> None:
    """News sent while the link was down never comes."""
    journal.frames = 460
    feed.deliver(frame(460))
    assert await follower.until(460) == list(range(1, 461))


async def test_large_news_wait_in_the_journal(follower: Follower, feed: EventFeed, journal: Journal) -> None:
    """Of one follower that stands still, 256 frames of a megabyte each would wait here for every province."""
    reads, large = journal.reads, b"x" * (NEWS_BYTES_MAX // 2)
    journal.frames = 453
    for sequence in (451, 452, 453):
        feed.deliver(frame(sequence, payload=large))
    assert await follower.until(453) == list(range(1, 454))
    assert journal.reads == reads + 1, "the third was read"
    journal.frames = 454
    feed.deliver(frame(454, payload=3 * large))
    assert await follower.until(454) == list(range(1, 455))
    assert journal.reads == reads + 1, "one alone may be larger"


async def test_news_known_already_is_skipped(follower: Follower, feed: EventFeed, journal: Journal) -> None:
    """A frame read from the journal is told as news too."""
    journal.frames = 451
    for sequence in (449, 450, 451):
        feed.deliver(frame(sequence))
    assert await follower.until(451) == list(range(1, 452))


async def test_news_beyond_the_box_is_not_left_until_the_next_frame(
    follower: Follower, feed: EventFeed, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet province may have no next frame for hours."""
    monkeypatch.setattr(event_feed, "NEWS_MAX", 3)
    journal.frames = 460
    for sequence in range(451, 461):
        feed.deliver(frame(sequence))
    assert await follower.until(460) == list(range(1, 461))


async def test_a_link_that_came_back_makes_everyone_look(follower: Follower, feed: EventFeed, journal: Journal) -> None:
    """What happened meanwhile was told to nobody."""
    journal.frames = 455
    feed.province_is_back(FUJIAN)
    assert await follower.until(455) == list(range(1, 456))
    assert journal.told == [protocol.Follow(on=True)]


async def test_a_province_that_is_away_is_waited_for(feed: EventFeed, journal: Journal) -> None:
    """One province that is down must not end the streams that follow all."""
    journal.refusals = [GatewayError(GatewayReason.PROVINCE_UNAVAILABLE)]
    follower = Follower(feed, position_in(441))
    async with asyncio.timeout(10):
        await journal.refused.wait()
    feed.province_is_back(FUJIAN)
    assert await follower.until(450) == list(range(441, 451))
    await follower.stop()


@pytest.mark.parametrize("is_late", [False, True], ids=["before it is asked again", "before its answer"])
async def test_from_now_on_begins_no_later_than_the_first_news(
    feed: EventFeed, journal: Journal, is_late: bool
) -> None:
    """Whoever follows from now on and then does something must see it, though the province was away then and serves writes before it says where it stands."""
    journal.refusals = [GatewayError(GatewayReason.PROVINCE_UNAVAILABLE)]
    follower = Follower(feed, None)
    async with asyncio.timeout(10):
        await journal.refused.wait()
    call = journal.call

    async def call_late(province: str, request: protocol.Request, *, deadline: float) -> protocol.Response:
        if isinstance(request, protocol.Follow) and is_late:
            journal.frames = 451
            feed.deliver(frame(451))
        return await call(province, request, deadline=deadline)

    journal.call = call_late
    feed.province_is_back(FUJIAN)
    if not is_late:
        journal.frames = 451
        feed.deliver(frame(451))
    # The frame that follows is there for whoever has missed the first one, too.
    async with asyncio.timeout(10):
        while not journal.reads:  # noqa: ASYNC110 - a read rings no bell
            await asyncio.sleep(0)
    journal.frames = 452
    feed.deliver(frame(452))
    assert await follower.until(452) == [451, 452]
    await follower.stop()


@pytest.mark.parametrize(
    "lost", [position_in(451), position_in(431), position_in(401), position_in(451, life=1), position_in(451, life=2)]
)
async def test_a_position_of_what_a_restore_has_lost_is_refused(feed: EventFeed, journal: Journal, lost: int) -> None:
    """First there was silence, until the restored journal had come as far, and then other events than those that had been missed."""
    journal.restored_after = 400
    for asked in (anext(feed.follow(FUJIAN, lost)), feed.page_at("fujian", lost, deadline=1e12)):
        with pytest.raises(GatewayError) as refused:
            await asked
        assert (refused.value.reason, refused.value.metadata) == ("UNKNOWN_POSITION", {"province": "fujian"})
    assert journal.told == [protocol.Follow(on=False)], "nobody is left who follows"


@pytest.mark.parametrize(
    ("known", "first"), [(position_in(399), 399), (position_in(400), 400), (position_in(450, life=1), 450)]
)
async def test_a_position_that_a_restored_journal_has_is_gone_on_from(
    feed: EventFeed, journal: Journal, known: int, first: int
) -> None:
    """Whoever missed nothing must not have to begin anew."""
    journal.restored_after = 400
    follower = Follower(feed, known)
    assert await follower.until(450) == list(range(first, 451))
    await follower.stop()


async def test_a_journal_longer_than_a_restore_skips_is_found_in(
    feed: EventFeed, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After years the numbers of the first life reach those of the second; taken for them, they would all be refused."""
    monkeypatch.setattr(event, "NUMBERS_SKIPPED", 100)
    for sequence in (100, 101, 200, 201, 450):
        page = await feed.page_at("fujian", position_in(sequence), deadline=1e12, limit=1)
        assert [news.sequence for news in page.frames] == [sequence]


async def test_the_subscription_ends_with_its_last_follower(feed: EventFeed, journal: Journal) -> None:
    """A province must not push frames that nobody wants."""
    first, second = Follower(feed, 0), Follower(feed, position_in(450))
    await first.until(450)
    await second.until(450)
    await first.stop()
    assert journal.told == []
    await second.stop()
    assert journal.told == [protocol.Follow(on=False)]
