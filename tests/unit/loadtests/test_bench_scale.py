"""The sums of a run with a great many open tasks, and its verdict; its clients are tested with those of `ingest` and `lifecycle`."""

from typing import Any

import grpc.aio
import msgspec
import pytest
import typer

from gateway.command.bench_scale import LEVELS, checks_of, scale
from gateway.v1 import monitor_pb2, monitor_pb2_grpc
from loadtests.bench.journeys import Done
from loadtests.bench.measured_system import Journals
from loadtests.bench.office import Post
from loadtests.bench.scale import FILLERS, Level, Scale, Turn, judged, open_tasks, orders_of, summed


def _turn(counted: int, cpu_s: float) -> Turn:
    return Turn(2.0, {"provinces": cpu_s, "others": 0.0}, Done(counted=counted, cpu_s=0.1))


def test_a_level_is_summed_up_by_its_median_turn() -> None:
    """Would break if a snapshot that fell into one turn, or the client's own part, decided or was left out."""
    level = summed(Level(open_tasks=5), [_turn(100, 0.1), _turn(200, 0.4), _turn(100, 0.9)])
    assert level.cpu_us_per_task == pytest.approx(2_500)
    assert level.cpu_us_by_part == {"provinces": 2_000, "others": 0.0, "client": 1_000}
    assert (level.decided_per_second, level.open_tasks) == (50.0, 5)


def test_the_ratio_and_the_memory_are_those_of_the_last_level_by_the_first() -> None:
    """Would break if the memory of an empty actor were counted, or the levels between decided."""
    levels = [
        Level(open_tasks=1_000, cpu_us_per_task=500.0, resident_mib=100.0),
        Level(open_tasks=5_000, cpu_us_per_task=9_000.0, resident_mib=900.0),
        Level(open_tasks=1_001_000, cpu_us_per_task=550.0, resident_mib=1_100.0),
    ]
    result = judged(
        Scale(provinces=1, levels=levels), Journals(tasks=7, decided=3, ok=True, flushes=2, stolen_ratio=0.1)
    )
    assert (result.ratio_1m_10k, result.cpu_us_per_task, result.open_tasks) == (1.1, 550.0, 1_001_000)
    assert result.bytes_per_task == pytest.approx(1_048.6)
    assert (result.in_journals, result.decided_in_journals, result.flushes, result.journals_ok) == (7, 3, 2, True)


@pytest.mark.parametrize("found", [{"lost": 1}, {"decided_twice": 1}, {"ok": False}])
def test_journals_that_lost_or_doubled_a_task_are_not_in_order(found: dict[str, object]) -> None:
    """A fast system that loses tasks is worth nothing."""
    journals = msgspec.structs.replace(Journals(tasks=1, ok=True), **found)
    assert not judged(Scale(provinces=1, levels=[Level(), Level()]), journals).journals_ok


def _post(province: str) -> Post:
    return Post(province=province, branch_token=f"t-{province}", desk_token="", operators=[], kinds=["k"])


@pytest.mark.parametrize("provinces", [1, 2, 6])
def test_open_tasks_lie_in_every_province_alike(provinces: int) -> None:
    """Would break if a system of six provinces were measured with all of them in two."""
    posts = [_post(f"p{number}") for number in range(provinces)]
    orders = orders_of("here", posts, 6_000, "f0", 5.0)
    assert len(orders) == max(FILLERS, provinces) == len({order.prefix for order in orders})
    assert {order.province: order.token for order in orders} == {post.province: post.branch_token for post in posts}
    each = {order.tasks for order in orders}
    assert each == {6_000 // len(orders)}


class _Stale(monitor_pb2_grpc.MonitorServiceServicer):
    """A country with a province that has been away for long."""

    async def GetOverview(self, request: Any, context: Any) -> monitor_pb2.Overview:  # noqa: N802
        del request, context
        return monitor_pb2.Overview(provinces=[monitor_pb2.ProvinceOverview(observe_time_ms=1)])


async def test_a_province_that_is_away_does_not_hold_the_bench_for_ever() -> None:
    """Would break if a bench whose province died hung instead of failing."""
    server = grpc.aio.server()
    monitor_pb2_grpc.add_MonitorServiceServicer_to_server(_Stale(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        with pytest.raises(TimeoutError):
            await open_tasks(f"127.0.0.1:{port}", "token", 0.3)
    finally:
        await server.stop(None)


_HELD = Scale(
    provinces=1,
    levels=[Level(open_tasks=level, decided_per_second=300) for level in LEVELS],
    ratio_1m_10k=1.1,
    bytes_per_task=1_500.0,
    created=100,
    decided=40,
    in_journals=100,
    decided_in_journals=40,
    flushes=4,
    journals_ok=True,
)


def _with_last(**changed: object) -> dict[str, object]:
    return {"levels": [*_HELD.levels[:-1], msgspec.structs.replace(_HELD.levels[-1], **changed)]}


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({}, []),
        ({"ratio_1m_10k": 1.201}, ["ratio"]),
        ({"ratio_1m_10k": 0.0}, ["ratio"]),
        ({"bytes_per_task": 2_049.0}, ["memory"]),
        ({"bytes_per_task": 0.0}, ["memory"]),
        (_with_last(open_tasks=900_000), ["levels"]),
        (_with_last(decided_per_second=100.0), ["levels"]),
        ({"levels": _HELD.levels[:2]}, ["levels"]),
        ({"unanswered": 1}, ["answered"]),
        ({"otherwise": {"QUEUE_FULL": 1}}, ["answered"]),
        ({"decided": 0, "decided_in_journals": 0}, ["answered"]),
        ({"in_journals": 99}, ["durable"]),
        ({"decided_in_journals": 41}, ["durable"]),
        ({"flushes": 0}, ["durable"]),
        ({"journals_ok": False}, ["durable"]),
    ],
)
def test_whatever_is_missed_is_named(changed: dict[str, object], missed: list[str]) -> None:
    """A verdict that passes whatever was measured would be worth nothing."""
    checks = checks_of(msgspec.structs.replace(_HELD, **changed))
    assert [name for name, held in checks.items() if not held] == missed


@pytest.mark.parametrize("levels", [[10], [10, 10], [20, 10], [0, 10]])
def test_levels_that_do_not_rise_are_refused_before_anything_starts(levels: list[int]) -> None:
    """Tasks are only ever added: a lower level after a higher one would be measured at the higher one."""
    with pytest.raises(typer.BadParameter):
        scale(levels)
