"""Frames of the provinces, for those who follow events: pages of the past, then news as it comes, without a gap.

One subscription per province serves all followers of this gateway, and only while there are any. A follower first subscribes, then reads
the past from the journal, then takes the news; what it knows already is skipped by sequence, and when a sequence is missing (the link was
down, or the follower was slower than its bound), it reads the past again from where it stood. So nothing is lost and nothing comes twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from actors import protocol
from actors.core.ids import ProvinceCode
from actors.protocol import FrameNews
from gateway.answers import Provinces, expect
from gateway.calls import item_deadline

#: Frames of news that wait for one follower; when more come it reads them from the journal.
NEWS_MAX = 256
#: Frames in one page of the past.
PAGE_FRAMES = 200


class _Follower:
    """One follower of one province: a bounded box of news, and a bell."""

    def __init__(self) -> None:
        self.news: list[FrameNews] = []
        self.bell = asyncio.Event()

    def put(self, news: FrameNews) -> None:
        if len(self.news) < NEWS_MAX:
            self.news.append(news)
        self.bell.set()

    def take(self) -> list[FrameNews]:
        self.bell.clear()
        news, self.news = self.news, []
        return news


class EventFeed:
    """The followers of all provinces.

    Args:
        provinces: for reading the past.
        tell: sends a province a request without waiting.
    """

    def __init__(self, provinces: Provinces, tell: Callable[[ProvinceCode, protocol.Request], None]) -> None:
        self._provinces = provinces
        self._tell = tell
        self._followers: dict[ProvinceCode, dict[_Follower, None]] = {}

    def deliver(self, news: FrameNews) -> None:
        """A frame of a province came."""
        for follower in self._followers.get(news.province, ()):
            follower.put(news)

    def province_is_back(self, province: ProvinceCode) -> None:
        """A link is up (again): subscribe, and let everyone look for what they missed."""
        followers = self._followers.get(province)
        if followers:
            self._tell(province, protocol.Follow(on=True))
            for follower in followers:
                follower.bell.set()

    async def page(self, province: str, after: int, limit: int = PAGE_FRAMES) -> protocol.FramePage:
        """Frames after a sequence."""
        request = protocol.ReadFrames(after=after, limit=limit)
        return expect(await self._provinces.call(province, request, deadline=item_deadline()), protocol.FramePage)

    async def follow(self, province: ProvinceCode, after: int | None) -> AsyncIterator[list[FrameNews]]:
        """Frames after a sequence (None: from now on), without end.

        Raises:
            GatewayError: the province could not be asked.
        """
        follower = _Follower()
        self._followers.setdefault(province, {})[follower] = None
        try:
            followed = expect(
                await self._provinces.call(province, protocol.Follow(on=True), deadline=item_deadline()),
                protocol.Followed,
            )
            known = followed.sequence if after is None else after
            while True:
                async for frames in self._past(province, known):
                    known = frames[-1].sequence
                    yield frames
                while True:
                    await follower.bell.wait()
                    news = [frame for frame in follower.take() if frame.sequence > known]
                    if not news or news[0].sequence != known + 1 or not _is_dense(news):
                        break
                    known = news[-1].sequence
                    yield news
        finally:
            del self._followers[province][follower]
            if not self._followers[province]:
                self._tell(province, protocol.Follow(on=False))

    async def _past(self, province: ProvinceCode, after: int) -> AsyncIterator[list[FrameNews]]:
        while True:
            page = await self.page(province, after)
            if not page.frames:
                return
            after = page.frames[-1].sequence
            yield list(page.frames)
            if after >= page.last_sequence:
                return


def _is_dense(news: list[FrameNews]) -> bool:
    return news[-1].sequence - news[0].sequence == len(news) - 1
