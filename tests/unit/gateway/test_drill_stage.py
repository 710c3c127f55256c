"""The system that `sharedops drill run --self-contained` makes: what is true when the drill begins."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest

from gateway.command import drill_stage, drill_surge_stage
from gateway.command.drill_load import Arrivals
from gateway.v1 import admin_pb2, admin_pb2_grpc, monitor_pb2, monitor_pb2_grpc
from loadtests.catalogue import Kind, Line
from loadtests.chaos.findings import RowFailed
from loadtests.chaos.stage import Stage
from loadtests.wire import DevelopmentTokens

#: Frames of Fujian that the picture shows, one look after another; and those on Fujian's disk.
SHOWN, HEAD = (12, 30, 41, 55), 41


class _Country(admin_pb2_grpc.AdminServiceServicer, monitor_pb2_grpc.MonitorServiceServicer):
    """A province that is ahead of the picture, which catches up with each look."""

    def __init__(self) -> None:
        self.pictures = [
            monitor_pb2.Overview(
                provinces=[
                    monitor_pb2.ProvinceOverview(province="jiangxi", sequence=99),
                    monitor_pb2.ProvinceOverview(province="fujian", sequence=sequence),
                ]
            )
            for sequence in SHOWN
        ]

    async def ListProvinceRuntimes(self, request: object, context: object) -> admin_pb2.ListProvinceRuntimesResponse:  # noqa: N802 - gRPC's name
        """What is on the disk."""
        del request, context
        return admin_pb2.ListProvinceRuntimesResponse(
            province_runtimes=[admin_pb2.ProvinceRuntime(province="fujian", sequence=HEAD)]
        )

    async def GetOverview(self, request: object, context: object) -> monitor_pb2.Overview:  # noqa: N802 - gRPC's name
        """What is shown."""
        del request, context
        return self.pictures.pop(0)


async def test_the_picture_is_waited_for_until_it_shows_the_disk() -> None:
    """A picture from amid the creations told 1,494 of 5,000 tasks."""
    server, country = grpc.aio.server(), _Country()
    admin_pb2_grpc.add_AdminServiceServicer_to_server(country, server)
    monitor_pb2_grpc.add_MonitorServiceServicer_to_server(country, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    stage = Stage(SimpleNamespace(grpc=address), DevelopmentTokens(ops="ops", branch={}, desk={}))  # type: ignore[arg-type]
    try:
        await stage.pictured("fujian")
        assert len(country.pictures) == 1
    finally:
        await stage.close()
        await server.stop(None)


class _Stage:
    """Stands for a running system; writes down what is asked of it."""

    def __init__(self) -> None:
        self.system = SimpleNamespace(provinces=["fujian", "jiangxi"])
        self.people: Sequence[object] = ()
        self.kinds = [Kind(kind="claims-medical", line=Line.CLAIMS)]
        self.done: list[str] = []

    def tasks(self, count: int, kinds: Sequence[str]) -> list[str]:
        return [kinds[0]] * count

    def open_desks(self, province: str, behaviour: object) -> None:
        del province, behaviour

    async def enrol(self, seed: int) -> None:
        del seed

    async def keep_work_home(self, provinces: Sequence[str]) -> None:
        del provinces

    async def all_signed_in(self) -> None:
        return None

    async def create(self, province: str, tasks: Sequence[str]) -> None:
        if len(tasks) > 1:
            self.done.append(f"{len(tasks)} created in {province}")

    async def pictured(self, province: str) -> None:
        self.done.append(f"{province} in the picture")


async def test_a_drill_begins_when_the_picture_counts_its_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command told 1,494 waiting tasks right after the 5,000 that it had created, and moved 5,016."""
    stage = _Stage()

    @asynccontextmanager
    async def staged(*_: object) -> AsyncIterator[_Stage]:
        yield stage

    monkeypatch.setattr(drill_stage, "staged", staged)
    monkeypatch.setattr(drill_stage, "BEFORE_S", 0.0)
    told: list[str] = []
    async with drill_stage.own_system(tmp_path, ["fujian", "jiangxi"], ["fujian"], 50, told.append):
        assert stage.done == ["50 created in fujian", "fujian in the picture"]
    assert told[-1] == "50 tasks wait in fujian"


@pytest.mark.parametrize("load", [0.0, 0.5])
async def test_ordinary_work_that_is_refused_fails_the_drill(
    load: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had ended without a word, and the drill passed: beside a province that nobody used, nobody waits longer."""
    stage = _Stage()
    refused = asyncio.Event()

    async def create(province: str, tasks: Sequence[str]) -> None:
        if len(tasks) == 1:
            refused.set()
            raise RowFailed(f"tasks of {province} were not created")

    @asynccontextmanager
    async def staged(*_: object) -> AsyncIterator[_Stage]:
        yield stage

    monkeypatch.setattr(stage, "create", create)
    monkeypatch.setattr(drill_stage, "staged", staged)
    monkeypatch.setattr(drill_stage, "BEFORE_S", 0.0)
    monkeypatch.setattr(drill_stage, "LOADED_BEFORE_S", 0.0)
    monkeypatch.setattr(drill_stage, "pace", lambda *_: drill_stage.STEADY)
    with pytest.raises(RowFailed, match="not created"):
        async with drill_stage.own_system(tmp_path, ["fujian", "jiangxi"], ["fujian"], 50, print, load=load):
            await refused.wait()


async def test_ordinary_work_that_is_refused_fails_a_surge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A surge is compared with the ordinary work: without it, every wait is short."""
    stage, refused = _Stage(), asyncio.Event()

    async def create(province: str, tasks: Sequence[str]) -> None:
        if len(tasks) == 1:
            refused.set()
            raise RowFailed(f"tasks of {province} were not created")

    monkeypatch.setattr(stage, "create", create)
    monkeypatch.setattr(drill_surge_stage, "pauses_s", lambda *_: iter([0.0]))
    arrivals = [Arrivals(province="fujian", kinds=("claims-medical",), per_s=1.0, at_once=5)]
    with pytest.raises(RowFailed, match="of fujian were not created"):
        async with drill_surge_stage._ordinary_work(stage, arrivals):  # type: ignore[arg-type]
            await refused.wait()
