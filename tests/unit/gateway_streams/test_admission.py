"""Admission: the arithmetic of its bounds, and what a caller sees of them."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from actors.core import commands as c
from gateway.accepting import SERVERS
from gateway.admission import (
    AGE_MAX_S,
    BURST_S,
    ITEMS_PER_CALL,
    LATE_SHARE,
    OPEN_SERVICES,
    SLOW_AGE_S,
    SLOW_PACE,
    Admission,
    Limits,
    is_open,
    items_cost,
)
from gateway.permissions import PUBLIC_SERVICES, TABLE
from gateway.v1 import work_pb2
from tests.unit.gateway_streams.desk import Workbench
from tests.unit.gateway_streams.served import PATIENCE_S, Served, served


def _admitted(admission: Admission, begin_s: float, seconds: float, per_second: int) -> int:
    """How many of the calls that one offers evenly get in."""
    count = int(seconds * per_second)
    return sum(admission.admits("fujian", begin_s + number / per_second) for number in range(count))


def _shared_out(admission: Admission, begin_s: float, seconds: float, offers: Mapping[str, int]) -> dict[str, int]:
    """How many calls a second of those that each offers evenly get in, rounded."""
    calls = sorted(
        (begin_s + number / per_second, share)
        for share, per_second in offers.items()
        for number in range(int(seconds * per_second))
    )
    admitted = Counter(share for at_s, share in calls if admission.admits(share, at_s))
    return {share: round(admitted[share] / seconds) for share in offers}


@pytest.mark.parametrize("offered", [1_500, 3_000, 20_000])
def test_the_pace_is_kept_whatever_is_offered(offered: int) -> None:
    """A bucket that forgot fractions, or filled beyond its burst, would let in less or more than was set."""
    admission = Admission(Limits(per_second=1_000), 5.0)
    assert _admitted(admission, 5.0, 10.0, offered) == pytest.approx(1_000 * (10 + BURST_S), abs=2)


def test_below_the_pace_nobody_is_refused() -> None:
    """A limit that bites before it is reached would be a limit of another height."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    assert _admitted(admission, 0.0, 10.0, 990) == 9_900


def test_a_pause_earns_no_more_than_a_burst() -> None:
    """An hour's tokens at once would be the very flood that the limit is for."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    assert sum(admission.admits("fujian", 3_600.0) for _ in range(10_000)) == 1_000 * BURST_S


def test_without_a_pace_only_calls_in_flight_are_bounded() -> None:
    """The default must not refuse anything that memory can hold."""
    admission = Admission(Limits(in_flight_max=6), 0.0)
    assert all(admission.admits("fujian", 0.0) for _ in range(100_000))
    for _ in range(3):
        admission.in_flight.take("fujian")
    assert not admission.admits("fujian", 0.0), "half of the places are for others"
    assert admission.admits("jiangxi", 0.0)
    admission.in_flight.give_back("fujian")
    assert admission.admits("fujian", 0.0)


def _late() -> Admission:
    """With a probe on its way since the instant 0."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    admission.probe_sent(0.0)
    return admission


def test_while_calls_wait_too_long_half_of_them_are_let_in() -> None:
    """A pace that was set higher than the machine can go would let everybody in, and everybody would wait."""
    admission = _late()
    assert _admitted(admission, 0.0, AGE_MAX_S, 500) == pytest.approx(500 * AGE_MAX_S, abs=1), "not late yet"
    assert _admitted(admission, 0.1, 0.8, 500) == pytest.approx(400 * LATE_SHARE, abs=2)
    admission.probe_seen(0.9)
    admission.probe_sent(0.95)
    assert _admitted(admission, 0.9, 1.0, 500) == pytest.approx(500 * LATE_SHARE, abs=2), "the last one was late"
    admission.probe_seen(1.95)
    admission.probe_sent(2.0)
    admission.probe_seen(2.01)
    assert _admitted(admission, 2.01, 1.0, 500) == 500


def test_late_calls_lower_the_pace_once_and_no_further() -> None:
    """A machine that is late whatever is refused would refuse everybody for as long as it is busy."""
    admission = _late()
    _admitted(admission, 0.1, 1.0, 3_000)
    assert _admitted(admission, 1.1, 10.0, 3_000) == pytest.approx(SLOW_PACE * 10_000, abs=5)


def test_the_pace_is_lower_before_anybody_is_late_and_whole_again_when_the_queue_is_gone() -> None:
    """A queue that is only noticed when it is long takes long to be worked off; a pace that stayed low would waste the machine."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    _admitted(admission, 0.0, 1.0, 3_000)
    admission.probe_sent(1.0)
    admission.probe_seen(1.0 + (SLOW_AGE_S + AGE_MAX_S) / 2)
    assert _admitted(admission, 1.1, 2.0, 3_000) == pytest.approx(SLOW_PACE * 2_000, abs=100)
    assert _admitted(admission, 3.2, 1.0, 500) == 500, "below the lower pace nobody is refused"
    admission.probe_sent(4.1)
    admission.probe_seen(4.1 + SLOW_AGE_S / 2)
    assert _admitted(admission, 5.0, 2.0, 3_000) == pytest.approx(2_000 + 1_000 * BURST_S, abs=5)


@pytest.mark.parametrize("callers", [2, 3, 5, 8, 16])
def test_callers_that_come_by_turns_are_let_in_alike(callers: int) -> None:
    """Of two that alternate, every second call let in would be the same one's."""
    admission = _late()
    admitted = [0] * callers
    for number in range(400 * callers):
        admitted[number % callers] += admission.admits(str(number % callers), 0.1 + number / 100)
    assert all(count == pytest.approx(400 * LATE_SHARE, rel=0.05) for count in admitted)


def test_a_probe_that_could_not_be_sent_slows_nobody_down() -> None:
    """A broken probe must not be taken for an overload that never ends."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    admission.probe_sent(0.0)
    admission.probe_lost()
    _admitted(admission, 1.0, 9.0, 2_000)
    assert _admitted(admission, 10.0, 1.0, 2_000) == pytest.approx(1_000, abs=2)


def test_calls_are_late_as_soon_as_one_queue_is() -> None:
    """Whoever stands in the long queue waits, however short the others are; and a queue that is unknown says nothing of the others."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    for queue in (0, 1):
        admission.probe_sent(0.0, queue)
    admission.probe_seen(0.01, 0)
    assert _admitted(admission, 0.1, 1.0, 500) == pytest.approx(500 * LATE_SHARE, abs=2), (
        "the probe of queue 1 is still waiting"
    )
    admission.probe_seen(1.1, 1)
    admission.probe_lost(0)
    assert _admitted(admission, 1.1, 1.0, 500) == pytest.approx(500 * LATE_SHARE, abs=2), "it had waited for long"
    admission.probe_sent(2.1, 1)
    admission.probe_seen(2.11, 1)
    assert _admitted(admission, 2.11, 1.0, 500) == 500


def test_without_a_pace_nothing_is_too_old() -> None:
    """Who sets no limit gets none."""
    admission = Admission(Limits(), 0.0)
    admission.probe_sent(1.0)
    assert admission.admits("fujian", 9.0)


#: Three branches that keep to their share of a thousand, and one that makes twenty times its own.
_FLOOD = {"hubei": 250, "hunan": 250, "jiangxi": 250, "fujian": 5_000}
_ALL_GET_THEIRS = {"hubei": 250, "hunan": 250, "jiangxi": 250, "fujian": pytest.approx(250, abs=1)}


def test_a_flood_takes_nothing_of_the_others_share() -> None:
    """With one pace for all, whoever calls most often gets nearly all of it."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    _shared_out(admission, 0.0, 1.0, _FLOOD)
    assert _shared_out(admission, 1.0, 20.0, _FLOOD) == _ALL_GET_THEIRS


def test_what_others_leave_goes_evenly_to_whoever_wants_more() -> None:
    """A share that nobody uses would be lost, and one that the loudest takes would be no share."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    offers = {"hubei": 50, "hunan": 300, "jiangxi": 600, "fujian": 9_000}
    _shared_out(admission, 0.0, 1.0, offers)
    expected = {"hubei": 50, "hunan": 300, "jiangxi": pytest.approx(325, abs=1), "fujian": pytest.approx(325, abs=1)}
    assert _shared_out(admission, 1.0, 20.0, offers) == expected


def test_a_lower_pace_is_the_flooders_alone() -> None:
    """Branches that keep to their share would be refused because somebody else makes calls wait."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    _shared_out(admission, 0.0, 1.0, _FLOOD)
    admission.probe_sent(1.0)
    admission.probe_seen(1.0 + (SLOW_AGE_S + AGE_MAX_S) / 2)
    slowed = _ALL_GET_THEIRS | {"fujian": pytest.approx(250 * SLOW_PACE, abs=3)}
    assert _shared_out(admission, 1.1, 20.0, _FLOOD) == slowed


@pytest.mark.parametrize("per_second", [0, 5_000])
def test_late_calls_of_a_flood_are_refused_before_the_others(per_second: int) -> None:
    """With a lot drawn for each call, half of everybody's would be refused for the sake of one; without a pace, nobody's would be."""
    admission = Admission(Limits(per_second=per_second), 0.0)
    admission.probe_sent(0.0)
    modest = {f"p{number}": 100 for number in range(11)}
    admitted = _shared_out(admission, 1.0, 10.0, modest | {"fujian": 2_000})
    assert {share: admitted[share] for share in modest} == modest
    assert admitted["fujian"] < 2_000 * 2 / 3


def test_without_a_pace_nobody_is_refused_for_being_late_together() -> None:
    """An ordinary peak, in which all call more, large branches and small ones, is no flood of one: who sets no limit gets none."""
    admission = Admission(Limits(), 0.0)
    admission.probe_sent(0.0)
    offers = {"xizang": 20, "qinghai": 40, "hubei": 150, "hunan": 150, "fujian": 200, "guangdong": 500}
    assert _shared_out(admission, 1.0, 5.0, offers) == offers


def test_items_count_as_what_they_cost() -> None:
    """A flood in one stream would be no flood for the gate."""
    admission = Admission(Limits(per_second=1_000), 0.0)
    now, admitted = 1.0, 0
    while now < 11.0:
        admitted += admission.admits("fujian", now, items_cost(100))
        now += 0.001
    assert admitted * 100 == pytest.approx(10 * 1_000 * ITEMS_PER_CALL, rel=0.03)


def test_every_open_service_exists_and_the_tasks_are_paced() -> None:
    """A misspelt service would close the operations' lane in an overload, which is when it is needed."""
    known = {method[1:].partition("/")[0] for method in TABLE} | set(PUBLIC_SERVICES)
    assert set(OPEN_SERVICES) <= known
    assert not is_open("/sharedops.v1.TaskService/CreateTask")
    assert is_open("/sharedops.v1.MonitorService/GetOverview")
    assert is_open("/sharedops.v1.DrillService/AbortDrill")


#: Of so many, some were told INTERNAL in every run.
REFUSED_STREAMS = 60
#: Nothing that is limited gets in.
_FULL = Limits(in_flight_max=0)


async def _refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


async def _ingest(found: Served) -> None:
    stream = found.channel.stream_stream("/sharedops.v1.TaskService/IngestTasks")
    async for _ in stream(iter((b"",)), **found.as_("branch", "fujian")):
        pass


async def test_what_is_refused_says_when_to_come_back_and_stores_nothing() -> None:
    """A refusal without RetryInfo is answered by clients with an immediate repetition: the overload would feed itself."""
    async with served("fujian", limits=_FULL) as found:
        for call in (found.create(1), _ingest(found)):
            error = await _refusal(call)
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType] - an error is its call
            assert status is not None
            assert _reason(error) == "OVERLOADED", "nobody else is there"
            retry = error_details_pb2.RetryInfo()
            assert any(detail.Unpack(retry) for detail in status.details)
            assert retry.retry_delay.ToMilliseconds() > 0
        assert not found.sites["fujian"].seen(c.CreateTask)
        assert "RESOURCE_EXHAUSTED" in await found.metrics()


def _reason(error: grpc.aio.AioRpcError) -> str:
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType] - an error is its call
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason


async def test_a_branch_whose_calls_hang_leaves_the_others_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of one branch, whose province is away, would hold every place; and it would not be told that it is its own share that is used up."""
    monkeypatch.setattr("gateway.admission.PRESENT_S", 3_600.0)
    async with served("fujian", "jiangxi", started=["jiangxi"], limits=Limits(in_flight_max=2)) as found:
        hanging = asyncio.create_task(_refusal(found.create(1)))
        # All on one connection, so the second of these is seen behind the call that hangs.
        await found.create(2, "jiangxi")
        await found.create(3, "jiangxi")
        error = await _refusal(found.create(4))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert _reason(error) == "OVER_SHARE"
        await found.create(5, "jiangxi")
        assert (await hanging).code() is grpc.StatusCode.UNAVAILABLE
        assert not len(found.gateway.admission.in_flight), "every place was given back"


async def test_a_refused_stream_says_so_even_if_its_first_message_is_on_its_way() -> None:
    """A client whose first message found its call ended told its caller INTERNAL, and nothing of the overload or of when to come back."""
    async with served("fujian", limits=_FULL) as found:
        stream = found.channel.stream_stream("/sharedops.v1.TaskService/IngestTasks")
        for _ in range(REFUSED_STREAMS):
            call = stream(**found.as_("branch", "fujian"))
            await call.write(b"")
            assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def _open(benches: list[Workbench], found: Served, count: int, province: str = "fujian") -> None:
    """Open so many work streams; each is open once its heartbeat is answered."""
    for _ in range(count):
        bench = Workbench(found, province)
        await bench.result(bench.action(1, heartbeat=work_pb2.HeartbeatAction()))
        benches.append(bench)


async def test_a_branch_that_opens_streams_without_end_leaves_room_for_the_others() -> None:
    """Idle streams cost memory by being there: without a bound one client could take all of it, and without shares one branch all of the bound."""
    async with served("fujian", "jiangxi", limits=Limits(streams_max=10)) as found:
        streams = found.gateway.admission.streams
        benches: list[Workbench] = []
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _open(benches, found, 10)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert _reason(refused.value) == "STREAMS_FULL"
        # The tests' own streams of health may still be held.
        assert 10 // 2 - 2 <= streams.of("fujian") == len(benches) <= 10 // 2
        others: list[Workbench] = []
        await _open(others, found, 1, "jiangxi")
        assert streams.of("jiangxi") == 1
        for bench in benches:
            await bench.call.done_writing()
            assert await bench.call.read() is grpc.aio.EOF
            assert await bench.call.code() is grpc.StatusCode.OK
        assert not streams.of("fujian"), "every place was given back"
        await _open(benches, found, 1)


async def test_an_overload_closes_no_lane_of_operations() -> None:
    """Who must see and steer an overloaded country cannot wait until it is over; and a stranger is told that he is one."""
    async with served("fujian", limits=_FULL) as found:
        stranger = await _refusal(found.create(9, metadata=(("authorization", "Bearer nobody"),)))
        assert stranger.code() is grpc.StatusCode.UNAUTHENTICATED
        assert (await _refusal(found.create(2))).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await found.monitor.GetOverview(found.nothing(), **found.as_("ops"))
        await found.until_health("province/fujian", 1)


async def test_the_gateway_probes_each_of_its_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a queue without a probe the age is always nought, and the bound on it cannot hold."""
    seen = asyncio.Event()
    queues: set[int] = set()
    probe_seen = Admission.probe_seen

    def note(admission: Admission, now: float, queue: int) -> None:
        probe_seen(admission, now, queue)
        queues.add(queue)
        if len(queues) == SERVERS:
            seen.set()

    monkeypatch.setattr(Admission, "probe_seen", note)
    async with served("fujian", limits=Limits(per_second=1_000)) as found:
        await asyncio.wait_for(seen.wait(), PATIENCE_S)
        await found.create(1)


async def test_only_what_must_not_wait_behind_tasks_has_a_queue_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe stands in the common queue: it sees nothing of one that gRPC keeps for a registered method."""
    registered: list[str] = []
    # The class itself, which gRPC exports by its base alone.
    kind: Any = type(grpc.aio.server())
    register = kind.add_registered_method_handlers

    def note(server: Any, service_name: str, method_handlers: Any) -> None:
        registered.append(service_name)
        register(server, service_name, method_handlers)

    monkeypatch.setattr(kind, "add_registered_method_handlers", note)
    async with served("fujian") as found:
        await found.create(1)
    assert sorted(set(registered)) == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "sharedops.v1.MonitorService",
    ]
