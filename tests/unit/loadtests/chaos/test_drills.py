"""The row of ten drills: its list of kinds, and what counts as left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.command.drill_kinds import KINDS
from gateway.v1 import monitor_pb2, province_pb2
from loadtests.chaos import drills
from loadtests.chaos.drills import DRILLS, _changed, _is_quiet
from loadtests.chaos.findings import RowFailed


def test_the_ten_drills_are_of_every_kind() -> None:
    """A kind that is listed and never run in a row would hide what it leaves for the next one."""
    assert len(DRILLS) == 10
    assert {kind for kind, _ in DRILLS} == {kind.value for kind in KINDS}


def test_a_policy_put_back_under_a_new_revision_is_unchanged() -> None:
    """A drill puts the policy back as a new revision; what it says must be the same, and nothing else is."""
    before = {"fujian": province_pb2.SharingPolicy(revision=2, activation_wait_ms=5, newest_revision=2)}
    again = {
        "fujian": province_pb2.SharingPolicy(
            revision=4, activation_wait_ms=5, newest_revision=4, updater="x", approver="y"
        )
    }
    other = {"fujian": province_pb2.SharingPolicy(revision=2, activation_wait_ms=6)}
    assert _changed(before, again) == 0
    assert _changed(before, other) == 1


def test_a_country_with_a_move_under_way_is_not_quiet() -> None:
    """A task that is held by nobody is a leftover, too."""
    active = province_pb2.PROVINCE_STATE_ACTIVE
    still = monitor_pb2.ProvinceOverview(province="fujian", state=active)
    moving = monitor_pb2.ProvinceOverview(state=active, open_tasks=monitor_pb2.OpenTaskCounts(moving=1))
    dark = monitor_pb2.ProvinceOverview(state=province_pb2.PROVINCE_STATE_UNREACHABLE)
    assert _is_quiet(monitor_pb2.Overview(provinces=[still]))
    assert not _is_quiet(monitor_pb2.Overview(provinces=[still, moving]))
    assert not _is_quiet(monitor_pb2.Overview(provinces=[still, dark]))


async def test_ordinary_work_that_is_refused_fails_the_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten drills of a country without work disturb nobody."""
    refused = asyncio.Event()

    async def create(province: str, _tasks: object) -> None:
        refused.set()
        raise RowFailed(f"tasks of {province} were not created")

    stage = SimpleNamespace(
        system=SimpleNamespace(provinces=["fujian"]),
        create=create,
        tasks=lambda *_: [],
        follow_pictures=lambda _: None,
    )

    @asynccontextmanager
    async def staged(*_: object) -> AsyncIterator[SimpleNamespace]:
        yield stage

    async def prepare(*_: object) -> list[str]:
        return ["claims-medical"]

    async def policies(*_: object) -> dict[str, province_pb2.SharingPolicy]:
        await refused.wait()
        return {}

    monkeypatch.setattr(drills, "staged", staged)
    monkeypatch.setattr(drills, "_prepare", prepare)
    monkeypatch.setattr(drills, "_policies", policies)
    monkeypatch.setattr(drills, "BEFORE_S", 0.0)
    monkeypatch.setattr(drills, "DRILLS", ())
    with pytest.raises(RowFailed, match="of fujian were not created"):
        await drills.play(tmp_path, print, ["fujian"])
