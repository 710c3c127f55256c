"""The closed loop against a gateway in this process, the sums of a run, and its verdict."""

import asyncio
import math
import time

import msgspec
import pytest

from gateway.admission import Limits
from gateway.command.bench_create import checks_of
from loadtests.bench import offering
from loadtests.bench.closed_loop import Done, Loop, Order, run
from loadtests.bench.connection import Connection, End, Ended
from loadtests.bench.create import Create, Turn, summed
from tests.unit.gateway_streams.served import KIND, Served, served


def _order(address: str, token: str) -> Order:
    """A fifth of a second, of which all but the first twentieth counts."""
    begin_s = time.monotonic()
    return Order(
        address=address,
        token=token,
        province="fujian",
        kind=KIND,
        in_flight=8,
        connections=2,
        begin_s=begin_s,
        count_from_s=begin_s + 0.05,
        end_s=begin_s + 0.2,
        prefix="c0",
    )


async def _run(found: Served) -> Done:
    token = found.as_("branch", "fujian")["metadata"][0][1].removeprefix("Bearer ")
    return await run(_order(found.grpc, token))


class Calls(Connection):
    """A connection that goes nowhere: the test ends what is called."""

    def __init__(self) -> None:
        super().__init__(())
        self.ends: list[Ended] = []
        self.first = asyncio.Event()

    def call(self, body: bytes, ended: Ended, block: bytes = b"") -> None:
        """See `Connection`."""
        del body, block
        self.ends.append(ended)
        self.first.set()

    def flush(self) -> None:
        """See `Connection`."""


async def _running(end_s: float) -> tuple[Calls, asyncio.Task[None]]:
    """A loop with one call under way, whose time is over at `end_s`."""
    calls = Calls()
    order = msgspec.structs.replace(_order("", ""), begin_s=0.0, count_from_s=0.0, end_s=end_s, in_flight=1)
    running = asyncio.create_task(Loop(order, [calls]).run())
    await calls.first.wait()
    return calls, running


async def test_every_answer_begins_the_next_call_while_there_is_time() -> None:
    """A loop that lost calls would measure fewer than the server can do."""
    calls, running = await _running(math.inf)
    for number in range(3):
        calls.ends[number](End(0))
    assert len(calls.ends) == 4
    running.cancel()
    await asyncio.wait([running])


async def test_no_answer_begins_a_call_when_the_time_is_over() -> None:
    """A loop that went on would hang the command."""
    calls, running = await _running(0.0)
    calls.ends[0](End(0))
    await running
    assert len(calls.ends) == 1


async def test_whoever_calls_is_answered_in_full() -> None:
    """What a process has begun and not heard the end of would be missing in the journals' comparison."""
    async with served("fujian") as found:
        done = await _run(found)
    assert done.acknowledged >= max(8, len(done.waits_us))
    assert not done.otherwise
    assert not done.unanswered
    assert done.cpu_s > 0


async def test_refusals_are_counted_and_not_repeated() -> None:
    """Refusals are cheap: counted as answers they would make the fastest server of all, and repeated they would never end."""
    async with served("fujian", limits=Limits(in_flight_max=0)) as found:
        done = await _run(found)
    assert done.otherwise == {"RESOURCE_EXHAUSTED": 8}
    assert not done.acknowledged


def test_only_what_is_answered_in_the_time_that_counts_counts() -> None:
    """The warm-up would lower the rate, and calls answered after the end would raise it."""
    order = msgspec.structs.replace(_order("127.0.0.1:1", "none"), begin_s=0.0, count_from_s=1.0, end_s=2.0)
    loop = Loop(order, ())
    for now_s in (0.99, 1.0, 1.99, 2.0):
        loop.count(End(0), now_s, 500)
    assert (loop.done.acknowledged, loop.done.waits_us) == (4, [500, 500])


def _turn(per_second: float) -> Turn:
    done = Done(waits_us=[1_000, 3_000], acknowledged=3)
    return Turn(per_second, server_cpu_s=0.0006, client_cpu_s=0.0002, parts=[done])


def test_the_ratio_is_that_of_neighbouring_turns() -> None:
    """A machine that slows down in the middle of a run would give any ratio, were all of ours set against all of the echo's."""
    created, echoed = [_turn(700), _turn(70), _turn(690)], [_turn(1_000), _turn(100), _turn(1_000)]
    paced = [offering.Offered(offered=2, accepted_us=[4_000, 6_000], acknowledged=3)]
    result = summed(Create(provinces=2), created, echoed, paced)
    assert (result.ratio, result.per_second, result.echo_per_second) == (0.7, 690, 1_000)
    assert (result.acknowledged, result.unanswered, result.otherwise) == (12, 0, {})
    assert result.cpu_us_per_task == pytest.approx(400)
    assert result.client_cpu_us_per_task == pytest.approx(100)


def test_a_paced_call_without_an_end_is_told() -> None:
    """A call that the open loop never saw again would not be missed in its percentiles."""
    paced = [
        offering.Offered(offered=5, accepted_us=[1_000], refused_us=[1_000], otherwise={"LOST": 1}, acknowledged=1)
    ]
    result = summed(Create(provinces=2), [_turn(1)], [_turn(1)], paced)
    assert (result.unanswered, result.otherwise) == (2, {"RESOURCE_EXHAUSTED": 1, "LOST": 1})


_HELD = Create(provinces=6, ratio=0.7, p99_ms=8.0, acknowledged=100, in_journals=100, flushes=40, journals_ok=True)


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({}, []),
        ({"ratio": 0.649}, ["ratio"]),
        ({"p99_ms": 10.1}, ["p99"]),
        ({"p99_ms": 0.0}, ["p99"]),
        ({"unanswered": 1}, ["answered"]),
        ({"otherwise": {"LOST": 1}}, ["answered"]),
        ({"in_journals": 99}, ["durable"]),
        ({"in_journals": 101}, ["durable"]),
        ({"flushes": 0}, ["durable"]),
        ({"journals_ok": False}, ["durable"]),
        ({"acknowledged": 0, "in_journals": 0}, ["answered", "durable"]),
    ],
)
def test_whatever_is_missed_is_named(changed: dict[str, object], missed: list[str]) -> None:
    """A verdict that passes whatever was measured would be worth nothing."""
    checks = checks_of(msgspec.structs.replace(_HELD, **changed))
    assert [name for name, held in checks.items() if not held] == missed
