"""Real province actors and a real gateway on one loop, without Ray: everything from the wire to the fsync, within the test's process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio

from actors import protocol
from actors.cluster import Supervisor
from actors.coordinator import CoordinatorActor, CoordinatorOptions
from actors.core.country import Line, ProvinceSettings, Skill, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId
from actors.core.operators import KindExperience, Operator
from actors.province import ProvinceActor
from actors.province_options import ProvinceOptions
from gateway.identity import Role, digest_of
from gateway.server import Gateway, GatewaySettings
from gateway.v1 import (
    admin_pb2_grpc,
    event_pb2_grpc,
    monitor_pb2_grpc,
    operator_pb2,
    task_pb2,
    task_pb2_grpc,
    work_pb2,
    work_pb2_grpc,
)

KIND = TaskKind(kind=KindId("claims-medical"), line=Line.CLAIMS, tariff_fen=100)
SKILLS = (Skill("icd10-coding", 3),)
#: A wait in a test that must not hang: far above anything that happens when all is well.
PATIENCE_S = 20.0


def _tokens(codes: tuple[str, ...]) -> str:
    rows = [("ops", Role.OPS, "*")]
    rows += [(f"branch-{code}", Role.BRANCH, code) for code in codes]
    rows += [(f"desk-{code}", Role.OPERATOR, code) for code in codes]
    return "".join(
        f'[[token]]\nsha256 = "{digest_of(token)}"\nrole = "{role.value}"\nprovince = "{province}"\nsubject = "{token}"\n'
        for token, role, province in rows
    )


class LiveCountry:
    """Provinces, a coordinator and a gateway that a test may stop and start."""

    def __init__(self, directory: Path, codes: tuple[str, ...]) -> None:
        self.directory = directory
        self.codes = tuple(ProvinceCode(code) for code in codes)
        self.actors: dict[str, ProvinceActor] = {}
        self.gateway: Gateway
        self.channel: grpc.aio.Channel

    async def start(self) -> None:
        """Start everything and wait until the gateway is connected to all provinces."""
        names = [protocol.COORDINATOR, *map(protocol.province_name, self.codes)]
        self.supervisor = Supervisor(names, self.directory)
        self.names = self.supervisor.directory
        await self.names.listen(self.directory)
        for code in self.codes:
            await self.open(code)
        await self.coordinate()
        tokens = self.directory / "tokens.toml"
        tokens.write_text(_tokens(self.codes), encoding="utf-8")
        self.gateway = Gateway(
            GatewaySettings(
                run_dir=self.directory,
                gateway_id="g1",
                grpc="127.0.0.1:0",
                console="127.0.0.1:0",
                tokens=tokens,
                provinces=self.codes,
            )
        )
        self.address, self.console = await self.gateway.start()
        self.channel = grpc.aio.insecure_channel(self.address)
        self.tasks: Any = task_pb2_grpc.TaskServiceStub(self.channel)
        self.work: Any = work_pb2_grpc.WorkServiceStub(self.channel)
        self.events: Any = event_pb2_grpc.EventServiceStub(self.channel)
        self.monitor: Any = monitor_pb2_grpc.MonitorServiceStub(self.channel)
        self.admin: Any = admin_pb2_grpc.AdminServiceStub(self.channel)

    async def coordinate(self) -> None:
        """Start the coordinator, or its next incarnation."""
        self.coordinator = CoordinatorActor(
            CoordinatorOptions(
                store_id="test",
                journal_path=str(self.directory / "hq.sqlite"),
                run_dir=str(self.directory),
                provinces=self.codes,
                kinds=(KIND,),
            )
        )
        await self.coordinator.ready()

    async def open(self, code: str) -> None:
        """Start a province's actor, or its next incarnation."""
        actor = ProvinceActor(
            ProvinceOptions(
                province=ProvinceCode(code),
                store_id="test",
                journal_path=str(self.directory / f"{code}.sqlite"),
                hq_journal_path=str(self.directory / "hq.sqlite"),
                run_dir=str(self.directory),
                settings=ProvinceSettings(province=ProvinceCode(code), display_name=code, display_name_zh=code),
                limits=TimeLimits(),
                kinds=(KIND,),
                operators=tuple(_operator(code, number) for number in (1, 2)),
            )
        )
        await actor.ready()
        self.actors[code] = actor

    async def stop(self) -> None:
        """End everything."""
        await self.channel.close()
        await self.gateway.stop()
        await self.coordinator.close()
        for actor in self.actors.values():
            await actor.close()
        await self.supervisor.close()


def _operator(code: str, number: int) -> Operator:
    return Operator(
        operator=OperatorId(f"{code}-op-{number}"),
        province=ProvinceCode(code),
        site=SiteId(f"{code}-site"),
        kinds={KIND.kind: KindExperience(done_count=number)},
        skills=SKILLS,
        capacity=2,
    )


@asynccontextmanager
async def live_country(directory: Path, *codes: str) -> AsyncIterator[LiveCountry]:
    """A country for the length of a block."""
    country = LiveCountry(directory, codes)
    await country.start()
    try:
        yield country
    finally:
        await country.stop()


def as_(token: str) -> dict[str, Any]:
    """Options of a call made with a token."""
    return {"metadata": (("authorization", f"Bearer {token}"),), "timeout": PATIENCE_S}


def create(number: int, province: str = "fujian", **fields: Any) -> task_pb2.CreateTaskRequest:
    """A request that makes a task."""
    task = task_pb2.Task(external_id=f"case-{number}", kind=KIND.kind, **fields)
    return task_pb2.CreateTaskRequest(parent=f"provinces/{province}", request_id=f"r-{number}", task=task)


class StreamedDesk:
    """A work stream of one operator, step by step."""

    def __init__(self, country: LiveCountry, province: str, operator: str) -> None:
        self.operator = f"provinces/{province}/operators/{operator}"
        self._call = country.work.Work(metadata=as_(f"desk-{province}")["metadata"])
        self._updates: list[work_pb2.WorkUpdate] = []
        self._count = 0

    async def send(self, **action: Any) -> str:
        """Send one action; its id."""
        self._count += 1
        action_id = f"a-{self._count}"
        message = work_pb2.WorkAction(
            action_id=action_id, operator=self.operator, request_id=f"{self.operator[-4:]}-{self._count}", **action
        )
        await self._call.write(work_pb2.WorkRequest(actions=[message]))
        return action_id

    async def update(self, what: str) -> Any:
        """The next update of this kind (``offer``, ``assignment``, ``revocation``, ``result``, ``session``); others are kept."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for index, update in enumerate(self._updates):
                    if update.WhichOneof("update") == what:
                        return getattr(self._updates.pop(index), what)
                response = await self._call.read()
                assert response is not grpc.aio.EOF, "the stream has ended"
                self._updates += response.updates

    async def result(self, **action: Any) -> work_pb2.ActionResult:
        """Send one action and take its result."""
        action_id = await self.send(**action)
        result = await self.update("result")
        assert result.action_id == action_id
        return result

    async def sign_in(self) -> work_pb2.Session:
        """Begin to work on this stream."""
        presence = operator_pb2.PRESENCE_AVAILABLE
        result = await self.result(sign_in=work_pb2.SignInAction(desk_id="desk-1", presence=presence))
        return result.session

    async def close(self) -> None:
        """End the stream from the client's side."""
        with contextlib.suppress(asyncio.CancelledError):
            self._call.cancel()
