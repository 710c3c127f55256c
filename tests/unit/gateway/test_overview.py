from typing import Any, cast

from actors import protocol
from actors.core.country import ProvinceStatus, SharingPolicy
from actors.core.ids import ProvinceCode
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from gateway.overview import STALE_AFTER_S, Overviews
from gateway.provinces import ProvinceLinks
from gateway.v1 import province_pb2

FUJIAN = ProvinceCode("fujian")
HOUR_MS = 3_600_000
ACTIVE, DEGRADED = province_pb2.PROVINCE_STATE_ACTIVE, province_pb2.PROVINCE_STATE_DEGRADED


class Links:
    """One province and a coordinator, as the gateway's links show them."""

    def __init__(self) -> None:
        self.now_s = 500.0
        self.revision = 1
        self.time_ms = 10 * HOUR_MS
        self.asked_province = 0
        self.in_transit_ms = 0
        self.is_read_only = False

    def codes(self) -> list[ProvinceCode]:
        return [FUJIAN]

    def is_up(self, code: ProvinceCode) -> bool:
        return code == FUJIAN

    def refusals(self) -> list[str]:
        return []

    async def coordinator(self, request: protocol.Request, *, deadline: float) -> protocol.Response:
        del request, deadline
        picture = NationalPicture(epoch=1, revision=self.revision, time_ms=self.time_ms, provinces=(self.summary(),))
        return protocol.PictureReply(picture=picture)

    async def call(self, code: ProvinceCode, request: Any, *, deadline: float) -> protocol.Response:
        del code, request, deadline
        self.asked_province += 1
        return protocol.SummaryReply(summary=self.summary())

    def summary(self) -> ProvinceSummary:
        return ProvinceSummary(
            province=FUJIAN,
            time_ms=self.time_ms,
            status=ProvinceStatus.ACTIVE,
            policy=SharingPolicy(),
            is_read_only=self.is_read_only,
            oldest_transit_ms=self.in_transit_ms,
            oldest_transit_host="jiangxi" if self.in_transit_ms else "",
        )


def watched() -> tuple[Links, Overviews]:
    """Links, and the overviews made from them under the same clock."""
    links = Links()
    return links, Overviews(cast("ProvinceLinks", links), lambda: links.now_s)


async def state_after(links: Links, overviews: Overviews, seconds: float, *, revision: int, time_ms: int) -> int:
    """Time passes, a picture comes; what is shown of the province."""
    links.now_s += seconds
    links.revision += revision
    links.time_ms += time_ms
    return (await overviews.now()).provinces[0].state


async def test_a_province_whose_clock_is_off_is_not_away() -> None:
    """It answers and works: shown as DEGRADED, people would look for a fault that is none."""
    links, overviews = watched()
    for jump_ms in (500, -HOUR_MS, 500, 2 * HOUR_MS, 500):
        assert await state_after(links, overviews, 0.5, revision=1, time_ms=jump_ms) == ACTIVE
    assert links.asked_province == 0


async def test_a_summary_that_no_longer_changes_is_old_whatever_its_date() -> None:
    """A province with its clock an hour ahead would otherwise look alive for an hour after its death."""
    links, overviews = watched()
    assert await state_after(links, overviews, 0.5, revision=1, time_ms=HOUR_MS) == ACTIVE
    assert await state_after(links, overviews, STALE_AFTER_S, revision=1, time_ms=0) == ACTIVE
    assert await state_after(links, overviews, 0.1, revision=1, time_ms=0) == DEGRADED


async def test_provinces_are_asked_when_the_coordinator_stands_still() -> None:
    """An old picture must not be shown as the present."""
    links, overviews = watched()
    assert await state_after(links, overviews, 0.5, revision=1, time_ms=500) == ACTIVE
    assert await state_after(links, overviews, STALE_AFTER_S + 0.1, revision=0, time_ms=3_100) == ACTIVE
    assert links.asked_province == 1


async def test_a_task_held_by_nobody_for_long_is_an_alarm() -> None:
    """Only the host can say that it has not taken the task, so somebody must look after the host."""
    links, overviews = watched()
    links.in_transit_ms = 29_000
    assert list((await overviews.now()).alarms) == []
    links.in_transit_ms = 45_000
    (alarm,) = (await overviews.now()).alarms
    assert "in transit to jiangxi for 45 s" in alarm
    assert "runbooks/task-in-transit.md" in alarm


async def test_a_disk_that_takes_no_writes_is_an_alarm() -> None:
    """The province was ACTIVE and everything looked well, while its branch was refused and tasks on their way to it were held by nobody."""
    links, overviews = watched()
    links.is_read_only = True
    assert list((await overviews.now()).alarms) == ["fujian: its disk takes no writes; see docs/runbooks/disk-full.md"]
    links.is_read_only = False
    links.revision += 1
    assert list((await overviews.now()).alarms) == []
