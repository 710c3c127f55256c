"""A backup's hold on real province actors, over their own sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors import protocol
from actors.backup.errors import BackupFailed
from actors.backup.live import LiveProvinces
from actors.commit_loop import Answer
from actors.core import commands as c
from actors.hold import HOLD_MS_MAX
from actors.province import now
from gateway.v1 import task_pb2
from tests.unit.gateway_process.live_country import PATIENCE_S, LiveCountry, as_, create, live_country
from tests.unit.gateway_process.test_damaged_journal import alarms, put_an_old_copy_back

CODES = ("fujian", "jiangxi")


@pytest.fixture
async def country(tmp_path: Path) -> AsyncIterator[LiveCountry]:
    """Fujian and Jiangxi, at work."""
    async with live_country(tmp_path, *CODES) as started:
        yield started


@pytest.fixture
async def provinces(country: LiveCountry) -> AsyncIterator[LiveProvinces]:
    """A backup that is connected to both."""
    connected = LiveProvinces(country.directory, CODES)
    await connected.connect(PATIENCE_S)
    yield connected
    await connected.close()


def _stop_clock(country: LiveCountry, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no hold ends by itself, however slow the machine."""
    instant = now()
    monkeypatch.setattr("actors.province.now", lambda: instant)
    for actor in country.actors.values():
        monkeypatch.setattr(actor._commits, "_clock", lambda: instant)


def _arrival(country: LiveCountry, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a create has reached the mailbox of fujian."""
    commits, arrived = country.actors["fujian"]._commits, asyncio.Event()
    submit = commits.submit

    def noting(command: c.AnyCommand, answer: Answer) -> None:
        submit(command, answer)
        if isinstance(command, c.CreateTask):
            arrived.set()

    monkeypatch.setattr(commits, "submit", noting)
    return arrived


async def _create(country: LiveCountry) -> task_pb2.Task:
    return await country.tasks.CreateTask(create(1), **as_("branch-fujian"))


async def test_a_held_province_writes_nothing_answers_pings_and_goes_on(
    country: LiveCountry, provinces: LiveProvinces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break if a create slipped through, or if the loop stood still and the province were killed for it."""
    _stop_clock(country, monkeypatch)
    arrived = _arrival(country, monkeypatch)
    held = await provinces.hold("b1", HOLD_MS_MAX)
    assert [held[code].refused for code in CODES] == ["", ""]
    created = asyncio.create_task(_create(country))
    await asyncio.wait_for(arrived.wait(), PATIENCE_S)
    link = provinces._peers.link("province/fujian")
    pong = protocol.decode_response(await link.call(protocol.encode(protocol.Ping()), timeout_s=PATIENCE_S))
    assert isinstance(pong, protocol.Pong)
    assert pong.sequence == held["fujian"].sequence
    assert not created.done()
    released = await provinces.release("b1")
    assert all(released[code].was_unbroken for code in CODES)
    assert (await created).name


async def test_a_backup_that_dies_holds_nobody_up(country: LiveCountry) -> None:
    """Would break if only a release ended a hold: one crashed backup would stop the country."""
    dead = LiveProvinces(country.directory, CODES)
    await dead.connect(PATIENCE_S)
    await dead.hold("b1", 3_600_000)
    await dead.close()
    assert (await _create(country)).name


async def test_a_release_that_nobody_waited_for_says_that_the_hold_broke(
    country: LiveCountry, provinces: LiveProvinces
) -> None:
    """Would break if photographs of a province that went on were believed."""
    await provinces.hold("b1", 1)
    assert (await _create(country)).name
    released = await provinces.release("b1")
    assert not released["fujian"].was_unbroken


async def test_a_province_that_is_not_there_is_named(country: LiveCountry) -> None:
    """Would break if a backup went without a province, or waited for it for ever."""
    incomplete = LiveProvinces(country.directory, (*CODES, "hubei"))
    with pytest.raises(BackupFailed, match="not there within 0 s: hubei"):
        await incomplete.connect(0.3)
    await incomplete.close()


async def test_a_province_that_stands_aside_is_named_with_its_reason(country: LiveCountry) -> None:
    """The runbook for the words said that it was being restarted; its journal was damaged, and so it stayed until somebody mended that."""
    await put_an_old_copy_back(country)
    # Then the directory has its reason.
    await alarms(country, 1)
    incomplete = LiveProvinces(country.directory, CODES)
    with pytest.raises(
        BackupFailed, match=r"s: fujian \(journal fujian is corrupt.*docs/runbooks/journal-damaged\.md\)$"
    ):
        await incomplete.connect(0.3)
    await incomplete.close()


async def test_a_run_directory_without_a_system_is_given_up(tmp_path: Path) -> None:
    """Would break if the file of a killed system were believed for ever."""
    nowhere = LiveProvinces(tmp_path, CODES)
    with pytest.raises(BackupFailed, match="directory does not answer"):
        await nowhere.connect(0.1)
    await nowhere.close()
