"""Users of a load test whose calls are refused for now: none is given up unseen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc
import pytest

from gateway.v1 import task_pb2
from loadtests import wire
from loadtests.day import DayTask
from loadtests.locusts import clients
from loadtests.locusts.branch_user import BranchUser
from loadtests.locusts.ledger import Ledger
from loadtests.locusts.metering import Meter, MeteredChannel
from loadtests.locusts.ops_user import OpsUser
from loadtests.locusts.orders import Close, Connection, Open, Report, Silence, Trouble
from loadtests.locusts.places import Person, Place, Terms
from loadtests.wire import DevelopmentTokens
from tests.unit.loadtests.locusts.test_metering import EXHAUSTED, refusal

TERMS = Terms(run="run", tasks_per_second=1_000.0, pace_s=1.0, promise_s=60.0)
PLACE = Place(number=1, kind="unary", province="fujian")
LOOKED_UP = ("GetTask", "GetOverview", "GetSharingPolicy", "ListProvinces")
#: Bound of every wait.
PATIENCE_S = 10.0


class Overloaded:
    """Stands for a channel to a system that refuses to be read so many times before it answers, and creates tasks or is silent.

    Args:
        refusals: of each read.
    """

    def __init__(self, refusals: int = 0, *, creates: bool = True) -> None:
        self._refusals = refusals
        self._creates = creates
        self.reads = 0
        #: Set when the first task is to be created, and when something is read for the first time.
        self.is_asked, self.is_read = asyncio.Event(), asyncio.Event()

    def unary_unary(self, method: str, *_arguments: Any, **_options: Any) -> Callable[..., Any]:
        name = method.rpartition("/")[2]

        async def answer(request: Any, **_how: object) -> object:
            if name == "CreateTask":
                self.is_asked.set()
                if self._creates:
                    return task_pb2.Task(name=request.task.external_id)
            if name in LOOKED_UP:
                self.reads += 1
                self.is_read.set()
                if self.reads <= self._refusals:
                    raise refusal(EXHAUSTED, "OVERLOADED", retry_ms=1)
                return task_pb2.Task()
            return await asyncio.Event().wait()

        return answer

    def unary_stream(self, *_arguments: Any, **_options: Any) -> Callable[..., AsyncIterator[Any]]:
        async def nothing(*_request: object, **_how: object) -> AsyncIterator[Any]:
            await asyncio.Event().wait()
            yield

        return nothing

    def stream_stream(self, *_arguments: Any, **_options: Any) -> Callable[..., Any]:
        return lambda **_how: self

    async def read(self) -> object:
        return await asyncio.Event().wait()

    async def write(self, _request: object) -> None:
        return None

    def cancel(self) -> bool:
        return True

    async def close(self) -> None:
        return None


def pool() -> list[DayTask]:
    """The tasks of a branch: one."""

    class Same:
        def to_wire(self, _now_ms: int) -> task_pb2.Task:
            return task_pb2.Task()

    return [cast("DayTask", Same())]


async def opened(
    monkeypatch: pytest.MonkeyPatch, system: Overloaded, place: Place, said: asyncio.Queue[Report]
) -> clients.Clients:
    """Clients of which one has come, to this system."""

    async def no_kinds(*_how: object) -> list[object]:
        return []

    tokens = DevelopmentTokens(ops="ops", branch={"fujian": "branch"}, desk={"fujian": "desk"})
    monkeypatch.setattr(clients, "open_channel", lambda _address: system)
    monkeypatch.setattr(clients, "read_development_tokens", lambda _path: tokens)
    monkeypatch.setattr(clients, "read_kinds", no_kinds)
    monkeypatch.setattr(clients, "task_pool", lambda *_how, **_options: pool())
    made = clients.Clients(said)
    await made.take(Open(place, TERMS, Connection(address="here", tokens="tokens")))
    return made


@asynccontextmanager
async def running(user: BranchUser | OpsUser) -> AsyncIterator[None]:
    """A user at work."""
    job = asyncio.create_task(user.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back as soon as the server allows."""
    monkeypatch.setattr(wire, "RETRY_AFTER_S", 0.0)
    monkeypatch.setattr("loadtests.locusts.ops_user.LOOK_EVERY_S", 0.0)


@pytest.mark.parametrize("who", ["branch", "ops"])
async def test_a_read_that_is_refused_is_repeated_until_it_is_let_in(who: str) -> None:
    """Whoever gave up after eight tries left nothing but orderly refusals: a read that was never answered would pass for one."""
    system, meter = Overloaded(refusals=12), Meter()
    channel = cast("grpc.aio.Channel", MeteredChannel(cast("grpc.aio.Channel", system), meter))
    user: BranchUser | OpsUser
    if who == "branch":
        user = BranchUser(channel, "token", PLACE, TERMS, pool(), Ledger(), meter)
    else:
        user = OpsUser(channel, "token", ["fujian"], seed=1)
    async with running(user):
        await system.is_read.wait()
        user.leave()
        assert user.under_way.count
        await user.under_way.none()
    rows = [row for row in meter.take() if row.name.startswith(LOOKED_UP)]
    assert [row.kind for row in rows[:13]] == ["refused"] * 12 + ["unary"]
    assert not any(row.failure for row in rows)


async def test_what_a_user_who_leaves_gives_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Creations that nobody answered in time went with their branch system when the shape needed fewer, and the run held."""
    system = Overloaded(creates=False)
    monkeypatch.setattr(clients, "DRAIN_MAX_S", 0.0)
    said: asyncio.Queue[Report] = asyncio.Queue()
    made = await opened(monkeypatch, system, PLACE, said)
    async with asyncio.timeout(PATIENCE_S):
        await system.is_asked.wait()
        await made.take(Close(PLACE.number))
        report = await said.get()
    assert isinstance(report, Trouble)
    assert report.client == "unary fujian"
    assert "calls were never answered" in report.problem
    await made.end()


@pytest.mark.parametrize("excused_s", [3_600.0, 0.0])
async def test_a_desk_is_excused_for_its_silence_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, excused_s: float
) -> None:
    """After one outage a province's desks could lose their work for the rest of the run, and it would count as their own lateness."""
    asked: list[Callable[[], bool]] = []

    def channel(inner: grpc.aio.Channel, meter: Meter, was_silent: Callable[[], bool]) -> MeteredChannel:
        asked.append(was_silent)
        return MeteredChannel(inner, meter, was_silent)

    monkeypatch.setattr(clients, "EXCUSED_S", excused_s)
    monkeypatch.setattr("loadtests.desks.GOODBYE_S", 0.0)
    monkeypatch.setattr(clients, "MeteredChannel", channel)
    desk = Place(number=1, kind="desk", province="fujian", people=[Person("provinces/fujian/operators/fujian-op-1")])
    made = await opened(monkeypatch, Overloaded(), desk, asyncio.Queue())
    [is_excused] = asked
    assert not is_excused()
    await made.take(Silence("jiangxi", is_silent=True))
    assert not is_excused()
    await made.take(Silence("fujian", is_silent=True))
    assert is_excused()
    await made.take(Silence("fujian", is_silent=False))
    assert is_excused() == bool(excused_s)
    await made.end()
