"""The country at a glance, for the monitor service and the console.

The coordinator has the picture; when it is away, every province is asked. A province whose link is down, or whose summary is old, is shown
as DEGRADED with its last figures.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

from actors import protocol
from actors.core.ids import ProvinceCode
from actors.core.sharing.summary import ProvinceSummary
from gateway.answers import expect
from gateway.clock import wall_ms
from gateway.conversion.province import overview_out
from gateway.errors import GatewayError
from gateway.provinces import ProvinceLinks
from gateway.v1 import monitor_pb2

#: A coordinator that does not answer within this is asked no more for this overview.
COORDINATOR_TIMEOUT_S = 0.5
PROVINCE_TIMEOUT_S = 2.0
#: A summary, or a picture, that has not changed for this long is a sign that whoever makes it does not answer.
STALE_AFTER_S = 3.0
ALARM_LENGTH_MAX = 500
#: A task in transit for longer than this, held by nobody, needs a person.
TRANSIT_MAX_MS = 30_000


class Changes:
    """When each thing last changed, by a clock of our own: a province whose wall clock is an hour off is not away."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[object, float]] = {}

    def is_fresh(self, name: str, mark: object) -> bool:
        """Whether `mark` is another than the last time, or has become so lately."""
        now_s = self._clock()
        known, since_s = self._seen.get(name, (None, now_s))
        if mark != known:
            self._seen[name] = (mark, now_s)
            return True
        return now_s - since_s <= STALE_AFTER_S


class Overviews:
    """Makes overviews; remembers each province's last summary."""

    def __init__(self, links: ProvinceLinks, clock: Callable[[], float] = time.monotonic) -> None:
        self._links = links
        self._last: dict[ProvinceCode, ProvinceSummary] = {}
        self._changes = Changes(clock)
        self._asking: asyncio.Task[monitor_pb2.Overview] | None = None

    async def now(self) -> monitor_pb2.Overview:
        """The country as of now; whoever asks while the answer is on its way gets the same one, to be read only."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> monitor_pb2.Overview:
        for summary in await self._summaries():
            self._last[summary.province] = summary
        at_ms = wall_ms()
        degraded = [
            code
            for code in self._links.codes()
            if not self._links.is_up(code)
            or code not in self._last
            or not self._changes.is_fresh(code, self._last[code].time_ms)
        ]
        overview = overview_out(at_ms, self._last.values(), self._links.codes(), degraded)
        alarms = [*self._links.refusals(), *_disk_alarms(self._last.values()), *_transit_alarms(self._last.values())]
        overview.alarms.extend(alarm[:ALARM_LENGTH_MAX] for alarm in alarms)
        return overview

    async def _summaries(self) -> list[ProvinceSummary]:
        loop = asyncio.get_running_loop()
        try:
            deadline = loop.time() + COORDINATOR_TIMEOUT_S
            reply = await self._links.coordinator(protocol.GetPicture(), deadline=deadline)
            picture = expect(reply, protocol.PictureReply).picture
            if self._changes.is_fresh(protocol.COORDINATOR, (picture.epoch, picture.revision)):
                return list(picture.provinces)
        except GatewayError:
            pass
        deadline = loop.time() + PROVINCE_TIMEOUT_S
        asked = [code for code in self._links.codes() if self._links.is_up(code)]
        replies = await asyncio.gather(
            *(self._links.call(code, protocol.GetSummary(), deadline=deadline) for code in asked),
            return_exceptions=True,
        )
        return [reply.summary for reply in replies if isinstance(reply, protocol.SummaryReply)]


def _disk_alarms(summaries: Iterable[ProvinceSummary]) -> Iterator[str]:
    """Whose disk takes no writes: they are ACTIVE all the same, and nobody but their branches' systems is refused."""
    for summary in summaries:
        if summary.is_read_only:
            yield f"{summary.province}: its disk takes no writes; see docs/runbooks/disk-full.md"


def _transit_alarms(summaries: Iterable[ProvinceSummary]) -> Iterator[str]:
    """Whose tasks wait for a host that does not answer. Only that host can say that it has not taken them."""
    for summary in summaries:
        if summary.oldest_transit_ms > TRANSIT_MAX_MS:
            yield (
                f"{summary.province}: tasks are in transit to {summary.oldest_transit_host} for "
                f"{summary.oldest_transit_ms // 1000} s and held by nobody; see docs/runbooks/task-in-transit.md"
            )
