"""Frames of the provinces, for those who follow events: pages of the past, then news as it comes, without a gap.

One subscription per province serves all followers of this gateway, and only while there are any. A follower first subscribes, then reads
the past from the journal, then takes the news; what it knows already is skipped by sequence, and when a sequence is missing (the link was
down, or the follower was slower than its bound), it reads the past again from where it stood. So nothing is lost and nothing comes twice.

Whoever comes back with a position of a life that was lost (`actors.lives`) is told so: waiting until the restored journal has come as far
would be silence first, and then a gap that nobody sees.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from actors import protocol
from actors.core.ids import ProvinceCode
from actors.lives import life_of
from actors.protocol import FrameNews
from gateway import conversion
from gateway.answers import Provinces, expect
from gateway.calls import item_deadline
from gateway.errors import AWAY, GatewayError, unknown_position

#: Frames of news that wait for one follower, and their bytes, as in a page of the past; when more come it reads them from the journal. A frame
#: alone may be larger.
NEWS_MAX = 256
NEWS_BYTES_MAX = 1024 * 1024
#: Frames in one page of the past.
PAGE_FRAMES = 200
#: A province that could not be asked is asked again when its link comes back, or after this.
RETRY_AFTER_S = 1.0


class _Follower:
    """One follower of one province: a bounded box of news, and a bell."""

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        #: Whether something may be missing from the box.
        self.has_missed = False
        self._news: list[FrameNews] = []
        self._news_bytes = 0

    @property
    def begins_after(self) -> int | None:
        """The sequence before the first news in the box; None: there are none."""
        return self._news[0].sequence - 1 if self._news else None

    def put(self, news: FrameNews) -> None:
        news_bytes = self._news_bytes + len(news.payload)
        if self._news and (len(self._news) >= NEWS_MAX or news_bytes > NEWS_BYTES_MAX):
            self.has_missed = True
        else:
            self._news.append(news)
            self._news_bytes = news_bytes
        self.bell.set()

    def look(self) -> None:
        """Ring without news: read the journal."""
        self.has_missed = True
        self.bell.set()

    async def ring(self, timeout_s: float) -> None:
        """Wait for the bell, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.bell.wait()

    def take(self) -> list[FrameNews]:
        self.bell.clear()
        self.has_missed = False
        news, self._news = self._news, []
        self._news_bytes = 0
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
                follower.look()

    async def page(self, province: str, after: int, *, deadline: float, limit: int = PAGE_FRAMES) -> protocol.FramePage:
        """Frames after a sequence."""
        request = protocol.ReadFrames(after=after, limit=limit)
        return expect(await self._provinces.call(province, request, deadline=deadline), protocol.FramePage)

    async def page_at(
        self, province: str, position: int, *, deadline: float, limit: int = PAGE_FRAMES
    ) -> protocol.FramePage:
        """Frames from the one on that a position lies in; position 0: from the first on.

        Raises:
            GatewayError: UNKNOWN_POSITION, the journal has no such frame; or what a call may raise.
        """
        if not position:
            return await self.page(province, 0, deadline=deadline, limit=limit)
        for life, sequence in conversion.frames_at(position):
            page = await self.page(province, sequence - 1, deadline=deadline, limit=limit)
            if page.frames and life_of(page.frames[0].epoch) == life:
                return page
            if sequence > page.last_sequence:
                break
        raise unknown_position(province)

    async def follow(self, province: ProvinceCode, position: int | None) -> AsyncGenerator[list[FrameNews], None]:
        """Frames from the one on that a position lies in (0: all; None: from now on), without end. While the province is away, waits for it.

        Raises:
            GatewayError: UNKNOWN_POSITION, the journal has no such frame.
        """
        follower = _Follower()
        self._followers.setdefault(province, {})[follower] = None
        known: int | None = None
        try:
            while True:
                if position is None and known is None:
                    # Where "now" was, the first news tell that came since: a province that was away may have taken writes since it is back.
                    known = follower.begins_after
                follower.take()
                try:
                    begins_after = await self._subscribe(province)
                    if known is None and position is not None:
                        known = await self._known_at(province, position)
                    if known is None:
                        first = follower.begins_after
                        known = begins_after if first is None else min(begins_after, first)
                    async for frames in self._since(province, known, follower):
                        known = frames[-1].sequence
                        yield frames
                except GatewayError as error:
                    if error.code not in AWAY:
                        raise
                    await follower.ring(RETRY_AFTER_S)
        finally:
            del self._followers[province][follower]
            if not self._followers[province]:
                self._tell(province, protocol.Follow(on=False))

    async def _known_at(self, province: ProvinceCode, position: int) -> int:
        """The sequence before the frame that a position lies in."""
        if not position:
            return 0
        page = await self.page_at(province, position, deadline=item_deadline(), limit=1)
        return page.frames[0].sequence - 1

    async def _subscribe(self, province: ProvinceCode) -> int:
        """Have news sent from now on; the sequence after which it begins."""
        reply = await self._provinces.call(province, protocol.Follow(on=True), deadline=item_deadline())
        return expect(reply, protocol.Followed).sequence

    async def _since(self, province: ProvinceCode, known: int, follower: _Follower) -> AsyncIterator[list[FrameNews]]:
        """The past after `known`, then news; the past again whenever something is missing."""
        while True:
            follower.take()
            async for frames in self._past(province, known):
                known = frames[-1].sequence
                yield frames
            is_whole = True
            while is_whole:
                await follower.bell.wait()
                is_whole = not follower.has_missed
                news = [frame for frame in follower.take() if frame.sequence > known]
                if news and not (news[0].sequence == known + 1 and _is_dense(news)):
                    break
                if news:
                    known = news[-1].sequence
                    yield news

    async def _past(self, province: ProvinceCode, after: int) -> AsyncIterator[list[FrameNews]]:
        while True:
            page = await self.page(province, after, deadline=item_deadline())
            if not page.frames:
                return
            after = page.frames[-1].sequence
            yield list(page.frames)
            if after >= page.last_sequence:
                return


def _is_dense(news: list[FrameNews]) -> bool:
    return news[-1].sequence - news[0].sequence == len(news) - 1
