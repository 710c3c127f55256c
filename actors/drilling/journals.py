"""Reads the provinces' journals for the report of a drill.

Every province's journal is read from some minutes before the fault on. Where that is, is found by halving: a journal is ordered by time but
for clocks that were set back, and then the report says less, never something wrong (what is older than the fault is told by its own
instant). A page is 1 MiB at most and is decoded in one go (30 ms); between two pages the loop is free.
"""

import asyncio
from collections.abc import Awaitable, Callable

from actors import protocol
from actors.core import codec
from actors.core.drills.measuring import Measuring
from actors.core.drills.record import Drill, DrillReport, Standing
from actors.core.drills.steps import standing_of
from actors.core.ids import ProvinceCode

#: Frames of one province that a report is made of; a drill that saw more reads the newest.
FRAMES_MAX = 200_000
PAGE_FRAMES = 1_000
#: A province is asked for a page so often, this long each time, and after a pause: it may be restarting.
PAGE_TRIES = 5
PAGE_TIMEOUT_S = 5.0
PAGE_PAUSE_S = 1.0

#: Asks a province, with a time limit in seconds; None: no answer.
Ask = Callable[[ProvinceCode, protocol.Request, float], Awaitable[protocol.Response | None]]


class Unreadable(Exception):
    """A journal could not be read, so there is nothing to report; `str` says whose."""


class JournalReader:
    """Makes the report of a drill that is over.

    Args:
        ask: asks a province.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def report(self, drill: Drill) -> DrillReport:
        """Read all journals; what they say of the drill.

        Raises:
            Unreadable: a province does not answer, or its journal ends too early.
        """
        codes = [standing.province for standing in drill.before]
        after = [await self._standing(code) for code in codes]
        measuring = Measuring(drill, after)
        since_ms = drill.struck_ms - 2 * drill.spec.baseline_ms
        for standing in after:
            await self._read(standing, since_ms, measuring)
        return measuring.report()

    async def _standing(self, province: ProvinceCode) -> Standing:
        reply = await self._patiently(province, protocol.GetSummary())
        if not isinstance(reply, protocol.SummaryReply):
            raise Unreadable(f"{province} does not say how it stands")
        return standing_of(reply.summary)

    async def _read(self, standing: Standing, since_ms: int, measuring: Measuring) -> None:
        """Feed a province's frames since an instant, up to where its journal ends now: at its standing or later."""
        last = standing.sequence
        after = await self._sequence_at(standing.province, since_ms, max(0, last - FRAMES_MAX), last)
        last = (await self._page_after(standing.province, last, 1)).last_sequence
        while after < last:
            page = await self._page_after(standing.province, after, PAGE_FRAMES)
            for frame in page.frames:
                measuring.take(
                    standing.province,
                    frame.sequence,
                    codec.decode_events(frame.payload),
                    epoch=frame.epoch,
                    at_ms=frame.at_ms,
                )
                after = frame.sequence
            if not page.frames:
                raise Unreadable(f"the journal of {standing.province} ends at frame {after} of {last}")

    async def _sequence_at(self, province: ProvinceCode, since_ms: int, low: int, high: int) -> int:
        """The last frame before an instant, by halving; between `low` and `high`."""
        while low < high:
            middle = (low + high) // 2
            page = await self._page_after(province, middle, 1)
            if page.frames and page.frames[0].at_ms < since_ms:
                low = page.frames[0].sequence
            else:
                high = middle
        return low

    async def _page_after(self, province: ProvinceCode, after: int, limit: int) -> protocol.FramePage:
        reply = await self._patiently(province, protocol.ReadFrames(after=after, limit=limit))
        if not isinstance(reply, protocol.FramePage):
            raise Unreadable(f"the journal of {province} cannot be read")
        return reply

    async def _patiently(self, province: ProvinceCode, request: protocol.Request) -> protocol.Response | None:
        for attempt in range(PAGE_TRIES):
            if attempt:
                await asyncio.sleep(PAGE_PAUSE_S)
            reply = await self._ask(province, request, PAGE_TIMEOUT_S)
            if reply is not None:
                return reply
        return None
