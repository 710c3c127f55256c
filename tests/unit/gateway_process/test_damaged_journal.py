"""A province whose journal was damaged stands aside and says so, while the country goes on."""

import asyncio
import math
import shutil
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
import msgspec
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from actors import coordinator, protocol, standing_aside
from actors.commit_loop import CommitBounds
from actors.coordinator import CoordinatorActor
from actors.core.country import ProvinceStatus
from actors.core.headquarters import ProvinceStatusSeen
from actors.core.ids import ProvinceCode
from actors.core.refusal import Reason, Refused
from actors.hq_journal import HqBooks
from actors.journal import Corrupt
from actors.province import ProvinceActor
from actors.standing_aside import file_state
from gateway.v1 import event_pb2, monitor_pb2, operator_pb2, operator_pb2_grpc
from tests.unit.damaged_journals import DEEP, UNREAD, move_the_head
from tests.unit.gateway_process.live_country import KIND, PATIENCE_S, LiveCountry, as_, create, live_country


@pytest.fixture
async def country(tmp_path: Path) -> AsyncIterator[LiveCountry]:
    """Fujian and Jiangxi."""
    async with live_country(tmp_path, "fujian", "jiangxi") as started:
        yield started


async def anchored(country: LiveCountry, code: ProvinceCode) -> None:
    """Wait until the head of a journal has been anchored as it is now."""
    head = country.actors[code]._commits.journal.head
    anchors = country.coordinator._hq.anchors
    watch = country.monitor.WatchOverview(monitor_pb2.WatchOverviewRequest(interval_ms=200), **as_("ops"))
    async with asyncio.timeout(PATIENCE_S):
        while code not in anchors or anchors[code].sequence < head.sequence:
            await watch.read()
    watch.cancel()


async def put_an_old_copy_back(country: LiveCountry) -> Path:
    """Fujian has acknowledged one task more than its journal knows when it opens again; the right journal is kept aside."""
    journal = country.directory / "fujian.sqlite"
    await country.tasks.CreateTask(create(0), **as_("branch-fujian"))
    await anchored(country, ProvinceCode("fujian"))
    await country.actors["fujian"].close()
    old, right = journal.with_suffix(".old"), journal.with_suffix(".right")
    shutil.copy(journal, old)
    await country.open("fujian")
    await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    await anchored(country, ProvinceCode("fujian"))
    await country.actors["fujian"].close()
    shutil.move(journal, right)
    shutil.move(old, journal)
    await country.open("fujian")
    return right


async def alarms(country: LiveCountry, count: int) -> list[str]:
    """The overview's alarms, as soon as there are so many."""
    watch = country.monitor.WatchOverview(monitor_pb2.WatchOverviewRequest(interval_ms=200), **as_("ops"))
    async with asyncio.timeout(PATIENCE_S):
        while len((overview := await watch.read()).alarms) != count:
            pass
    watch.cancel()
    return list(overview.alarms)


async def refused(call: Any) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo, str]:
    """Status, reason and message of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(cast(Any, caught.value))
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return caught.value.code(), info, status.message


async def test_a_province_that_lost_its_end_does_not_serve_and_the_country_goes_on(country: LiveCountry) -> None:
    """Served, the old copy would forget an acknowledged task and give its number to another."""
    await put_an_old_copy_back(country)
    code, info, message = await refused(country.tasks.CreateTask(create(2), **as_("branch-fujian")))
    assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "JOURNAL_UNUSABLE")
    assert "sqlite" not in message
    health: Any = health_pb2_grpc.HealthStub(country.channel)
    answer = await health.Check(health_pb2.HealthCheckRequest(service="province/fujian"), timeout=PATIENCE_S)
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
    await country.tasks.CreateTask(create(3, "jiangxi"), **as_("branch-jiangxi"))


async def test_the_overview_and_the_console_name_the_journal_and_the_runbook(country: LiveCountry) -> None:
    """At night nobody searches logs: the screen must say what to open."""
    await put_an_old_copy_back(country)
    [alarm] = await alarms(country, 1)
    assert "journal fujian is corrupt at frame" in alarm
    assert "docs/runbooks/journal-damaged.md" in alarm
    page = await asyncio.to_thread(_console, country)
    assert 'id="alarms"' in page


def _console(country: LiveCountry) -> str:
    with urllib.request.urlopen(f"http://{country.console}/", timeout=PATIENCE_S) as response:
        return response.read().decode()


@pytest.mark.parametrize("found", ["another payload", "another record"])
async def test_damage_that_is_found_while_it_serves_does_not_send_it_round_and_round(
    country: LiveCountry, monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    """The next incarnation opened the journal without looking there, served until somebody asked for the same page, and ended likewise."""
    ended: list[Exception] = []
    monkeypatch.setattr(ProvinceActor, "_end", lambda self, error: ended.append(error))
    monkeypatch.setattr(country.actors["fujian"]._commits, "_commit_bounds", CommitBounds(records_kept_max=1))
    for number in range(2):
        await country.tasks.CreateTask(create(number), **as_("branch-fujian"))
    (DEEP | UNREAD)[found](country.directory / "fujian.sqlite")
    if found == "another payload":
        asked = country.events.ListEvents(event_pb2.ListEventsRequest(parent="provinces/fujian"), **as_("ops"))
    else:
        asked = country.tasks.CreateTask(create(0), **as_("branch-fujian"))
    code, _, message = await refused(asked)
    assert code is grpc.StatusCode.UNAVAILABLE
    assert "version" not in message, "gateway and province understand each other"
    [alarm] = await alarms(country, 1)
    assert "journal fujian is corrupt" in alarm
    assert "docs/runbooks/journal-damaged.md" in alarm
    code, info, _ = await refused(country.tasks.CreateTask(create(2), **as_("branch-fujian")))
    assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "JOURNAL_UNUSABLE")
    await country.tasks.CreateTask(create(3, "jiangxi"), **as_("branch-jiangxi"))
    assert ended == []


async def test_the_right_journal_put_back_is_noticed(country: LiveCountry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the whole system would have to be stopped to mend one province."""
    monkeypatch.setattr(standing_aside, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(standing_aside, "SETTLED_S", 0.05)
    ended = asyncio.Event()
    monkeypatch.setattr(ProvinceActor, "_end", lambda self, error: ended.set())
    right = await put_an_old_copy_back(country)
    assert not ended.is_set()
    shutil.move(right, country.directory / "fujian.sqlite")
    async with asyncio.timeout(PATIENCE_S):
        await ended.wait()
    await country.actors["fujian"].close()
    await country.open("fujian")
    again = await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    assert again.name.endswith("/fujian-2")
    await alarms(country, 0)


async def test_a_damaged_headquarters_stands_aside_and_the_provinces_work(country: LiveCountry) -> None:
    """It owns no task: its death, and even the loss of its journal, must not stop anybody's work."""
    await country.tasks.CreateTask(create(1), **as_("branch-fujian"))
    await anchored(country, ProvinceCode("fujian"))
    await country.coordinator.close()
    (country.directory / "hq.sqlite").write_bytes(b"not a database" * 100)
    await country.coordinate()
    [alarm] = await alarms(country, 1)
    assert "journal hq" in alarm
    await country.tasks.CreateTask(create(2), **as_("branch-fujian"))
    await country.actors["fujian"].close()
    await country.open("fujian")
    await country.tasks.CreateTask(create(3), **as_("branch-fujian"))


async def test_headquarters_stand_aside_whose_journal_proves_damaged_when_it_is_written(
    country: LiveCountry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each next incarnation opened it, gathered one picture and ended with its first anchor, and nobody was told."""
    ended: list[BaseException | None] = []
    monkeypatch.setattr(coordinator, "_exit", ended.append)
    move_the_head(country.directory / "hq.sqlite")
    await country.tasks.CreateTask(create(1), **as_("branch-fujian"))  # another head to be anchored
    [alarm] = await alarms(country, 1)
    assert "journal hq is corrupt" in alarm
    await country.tasks.CreateTask(create(2), **as_("branch-fujian"))
    assert ended == []


async def test_headquarters_stand_aside_whose_journal_proves_damaged_by_the_first_write_of_all(
    country: LiveCountry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that brings a first setting writes it while it opens: each incarnation ended over closing what it had not opened yet."""
    ended: list[BaseException | None] = []
    await country.coordinator.close()
    monkeypatch.setattr(coordinator, "_exit", ended.append)

    def write(books: HqBooks, events: object) -> None:
        del books, events
        raise Corrupt("hq", None, "a page of the file does not match its checksum")

    monkeypatch.setattr(HqBooks, "write", write)
    first = ProvinceStatusSeen(at_ms=1, province=ProvinceCode("fujian"), status=ProvinceStatus.DRAINING)
    monkeypatch.setattr(CoordinatorActor, "_first_settings", lambda _: [first])
    await country.coordinate()
    [alarm] = await alarms(country, 1)
    assert "journal hq is corrupt" in alarm
    assert ended == []


async def test_whoever_comes_upon_the_damage_of_the_headquarters_is_told_what_is_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told that the disk is full, ops would make room and try again for ever; and a second write at once ended the process that was to say it."""
    ended: list[BaseException | None] = []
    monkeypatch.setattr(coordinator, "_exit", ended.append)
    monkeypatch.setattr(coordinator, "ANCHOR_EVERY_S", math.inf)
    async with live_country(tmp_path, "fujian") as country:
        move_the_head(country.directory / "hq.sqlite")
        puts = [
            protocol.PutTaskKind(kind=msgspec.structs.replace(KIND, tariff_fen=fen), who="ops:li") for fen in (1, 2)
        ]
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        links = country.gateway.links
        answers = await asyncio.gather(*(links.coordinator(put, deadline=deadline) for put in puts))
        assert [answer.reason for answer in answers if isinstance(answer, Refused)] == 2 * [Reason.JOURNAL_UNUSABLE]
        [alarm] = await alarms(country, 1)
        assert "journal hq is corrupt" in alarm
        kind = operator_pb2.TaskKind(name=f"taskKinds/{KIND.kind}", tariff_fen=1)
        asked = operator_pb2.UpdateTaskKindRequest(task_kind=kind, request_id="k")
        operators: Any = operator_pb2_grpc.OperatorServiceStub(country.channel)
        code, info, _ = await refused(operators.UpdateTaskKind(asked, **as_("ops")))
        assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "JOURNAL_UNUSABLE")
    assert ended == []


def test_reading_a_journal_does_not_count_as_a_change(tmp_path: Path) -> None:
    """Verify leaves an empty WAL behind; taken for a change it would restart the actor each time."""
    path = tmp_path / "fujian.sqlite"
    path.write_bytes(b"x")
    before = file_state(path)
    path.with_name("fujian.sqlite-wal").touch()
    assert file_state(path) == before
    path.with_name("fujian.sqlite-wal").write_bytes(b"frames")
    assert file_state(path) != before
