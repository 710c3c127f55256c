"""How many whole lives of tasks a second, and what one costs: created one by one, matched, assigned, started, decided.

A client process (`journeys`) is the branch system and the workbench of every province. Turns of a closed loop ask how many lives fit into a second with
a fixed number of creations that wait for their acknowledgement, and no more open tasks than there are people; in the unary way each has a turn against a
bare echo beside it. Then an open loop at half of that asks how long it takes from the creation until somebody has started.

Everything is as in a live system: identities, permissions, validation, the shipped matching model, provinces in processes of their own, and every step
answered only after its fsync. Afterwards a sample of the decisions is explained and made again from the journals, and the journals are verified and
held against what was acknowledged. CPU is that of everybody in the time that counts: the whole system, Ray's own processes and the client included.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from loadtests.bench import closed_loop, create
from loadtests.bench.client_process import add_counts, run_client
from loadtests.bench.echo_process import Echo, echo_process
from loadtests.bench.explained import Explained, explain, spread
from loadtests.bench.journeys import LAST_JOURNEYS_MAX_S, SIGN_MAX_S, Done, Order
from loadtests.bench.kernel_figures import cpu_between, cpu_of_the_lasting_between, percentile_ms
from loadtests.bench.measured_system import Journals, measured_system
from loadtests.bench.office import Post, Way
from loadtests.bench.staffing import staff
from loadtests.chaos.system import LiveSystem
from loadtests.wire import read_development_tokens

#: Operators in all, spread evenly over the provinces.
OPERATORS = 240
#: Creations that wait for their acknowledgement, at most.
IN_FLIGHT = 32
#: Tasks between their creation and their completion, at most: one for everybody.
OPEN_MAX = OPERATORS
#: The client starts and signs everybody in within this time, seconds.
START_S = 4.0
WARM_UP_S = 2.0
#: Time that a client may take beyond its order, seconds.
_GRACE_S = LAST_JOURNEYS_MAX_S + 2 * SIGN_MAX_S + 15.0
#: The open loop: share of the measured rate.
PACED_SHARE = 0.5
PACED_S = 15.0
PACED_WARM_UP_S = 3.0
#: Decisions that are explained and made again.
EXPLAINED = 24
#: Calls of one task in the unary way.
RPCS_PER_TASK = 3


class Lifecycle(msgspec.Struct, kw_only=True):
    """What was measured."""

    mode: Way
    provinces: int
    gateways: int
    operators: int = OPERATORS
    in_flight: int = IN_FLIGHT
    open_max: int = OPEN_MAX
    #: Medians over the turns: tasks decided a second, and CPU of the system and of the client for each.
    per_second: float = 0.0
    cpu_us_per_task: float = 0.0
    client_cpu_us_per_task: float = 0.0
    #: CPU for each task by who used it: gateways, provinces, the rest of the system.
    cpu_us_by_part: dict[str, float] = {}
    #: Waits of the open loop at `paced_per_second`, from the instant at which the creation was due to the confirmed start.
    paced_per_second: float = 0.0
    start_p50_ms: float = 0.0
    start_p99_ms: float = 0.0
    #: The same waits in the closed loop, which say how deep the queue is.
    closed_start_p50_ms: float = 0.0
    closed_start_p99_ms: float = 0.0
    #: The unary way only: calls for each task, the echo's calls a second, and ``rpcs_per_task x per_second / echo_per_second``, turn by turn.
    rpcs_per_task: float = 0.0
    echo_per_second: float = 0.0
    echo_ratio: float = 0.0
    #: Creations and decisions that were acknowledged over the whole run, and what the journals hold after it.
    created: int = 0
    decided: int = 0
    in_journals: int = 0
    decided_in_journals: int = 0
    decided_twice: int = 0
    lost: int = 0
    flushes: int = 0
    #: What should not have happened, by reason; journeys without an end; creations of the open loop that were held back.
    otherwise: dict[str, int] = {}
    unfinished: int = 0
    held_back: int = 0
    #: Decisions that were asked for, and those that came out the same when made again.
    explained: int = 0
    reproduced: int = 0
    journals_ok: bool = False
    #: Everything acknowledged is in the journals, and is decided there exactly once.
    verified: bool = False
    #: Share of all cores' time that the host gave to others meanwhile.
    stolen_ratio: float = 0.0


class Turn(NamedTuple):
    """One turn of the closed loop."""

    seconds: float
    #: CPU of the system's parts in the time that counts, seconds.
    cpu_s: dict[str, float]
    done: Done

    @property
    def per_second(self) -> float:
        """Tasks decided a second."""
        return self.done.counted / self.seconds


async def measure(
    directory: Path, provinces: Sequence[str], *, mode: Way, turns: int, seconds: float, gateways: int
) -> Lifecycle:
    """Start a system, staff it, take tasks through it, explain some, end it and verify.

    Args:
        directory: ours alone.
        turns: of the closed loop, and in the unary way as many of the echo.
        seconds: that count in each turn.

    Raises:
        SystemDown: the system did not start.
        SetupRefused: it did not take the people.
        RowFailed: `sharedops verify` said nothing.
        TimeoutError: the echo or a client did not start or end.
        grpc.aio.AioRpcError: a decision was not explained.
    """
    arguments = ("--no-sample-operators", "--gateways", str(gateways))
    result = Lifecycle(mode=mode, provinces=len(provinces), gateways=gateways)
    async with measured_system(directory, provinces, arguments=arguments) as (system, journals):
        posts = await staff(system.grpc, system.data_dir, OPERATORS)
        played, echoed = await _turns(system, posts, mode, turns, seconds, gateways)
        pace = PACED_SHARE * statistics.median(turn.per_second for turn in played)
        paced = await _paced(system, posts, mode, pace)
        names = [name for done in (*(turn.done for turn in played), paced) for name in done.named]
        token = read_development_tokens(system.data_dir).ops
        explained = await explain(system.grpc, token, spread(names, EXPLAINED))
    return judged(summed(result, played, echoed, paced), explained, journals)


async def _turns(
    system: LiveSystem, posts: list[Post], mode: Way, turns: int, seconds: float, gateways: int
) -> tuple[list[Turn], list[float]]:
    played: list[Turn] = []
    echoed: list[float] = []
    async with _echoes(gateways if mode is Way.UNARY else 0) as echoes:
        for turn in range(turns):
            if echoes:
                echoed.append(await _echo_turn(echoes, turn, seconds))
            played.append(await _turn(system, posts, mode, turn, seconds))
    return played, echoed


@contextlib.asynccontextmanager
async def _echoes(count: int) -> AsyncIterator[list[Echo]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(echo_process()) for _ in range(count)]


async def _echo_turn(echoes: Sequence[Echo], turn: int, seconds: float) -> float:
    """Calls a second of as many clients as `create` has, spread over the echoes."""
    begin_s = time.monotonic() + create.START_S
    count_from_s = begin_s + create.WARM_UP_S
    end_s = count_from_s + seconds
    orders = [
        closed_loop.Order(
            address=echoes[number % len(echoes)].address,
            token="none",  # noqa: S106 - an echo asks for none
            province="none",
            kind=create.KIND,
            in_flight=IN_FLIGHT,
            connections=create.CONNECTIONS,
            begin_s=begin_s,
            count_from_s=count_from_s,
            end_s=end_s,
            prefix=f"{turn}e{number}",
        )
        for number in range(create.CLIENTS)
    ]
    within_s = end_s - time.monotonic() + _GRACE_S
    parts = await asyncio.gather(
        *(run_client("loadtests.bench.closed_loop", order, closed_loop.Done, within_s) for order in orders)
    )
    return sum(len(part.waits_us) for part in parts) / seconds


async def _turn(system: LiveSystem, posts: list[Post], mode: Way, turn: int, seconds: float) -> Turn:
    begin_s = time.monotonic() + START_S
    count_from_s = begin_s + WARM_UP_S
    order = Order(
        way=mode,
        address=system.grpc,
        posts=posts,
        in_flight=IN_FLIGHT,
        under_way=OPEN_MAX,
        begin_s=begin_s,
        count_from_s=count_from_s,
        end_s=count_from_s + seconds,
        prefix=f"l{turn}",
    )
    client = asyncio.create_task(_client(order))
    cpu_s = await cpu_by_part(system, count_from_s, order.end_s)
    return Turn(seconds, cpu_s, await client)


async def _paced(system: LiveSystem, posts: list[Post], mode: Way, per_second: float) -> Done:
    begin_s = time.monotonic() + START_S
    count_from_s = begin_s + PACED_WARM_UP_S
    order = Order(
        way=mode,
        address=system.grpc,
        posts=posts,
        per_second=per_second,
        begin_s=begin_s,
        count_from_s=count_from_s,
        end_s=count_from_s + PACED_S,
        prefix="paced",
    )
    return await _client(order)


async def _client(order: Order) -> Done:
    return await run_client("loadtests.bench.journeys", order, Done, order.end_s - time.monotonic() + _GRACE_S)


async def cpu_by_part(system: LiveSystem, from_s: float, to_s: float) -> dict[str, float]:
    """CPU of gateways, provinces, and everybody else between two instants, seconds; returns at the second.

    Raises:
        OSError: a gateway or a province has gone.
    """
    roles = system.roles()
    parts = {
        "gateways": {one.pid for one in system.gateways()},
        "provinces": {roles[province].pid for province in system.provinces if province in roles},
    }
    everybody = {one.pid for one in system.everyone()}
    parts["others"] = everybody - parts["gateways"] - parts["provinces"]
    used_s = await asyncio.gather(
        *(
            (cpu_of_the_lasting_between if part == "others" else cpu_between)(sorted(pids), from_s, to_s)
            for part, pids in parts.items()
        )
    )
    return dict(zip(parts, used_s, strict=True))


def summed(result: Lifecycle, played: Sequence[Turn], echoed: Sequence[float], paced: Done) -> Lifecycle:
    """Fill in what the turns and the open loop give."""

    def median(values: Sequence[float], digits: int = 1) -> float:
        return round(statistics.median(values), digits) if values else 0.0

    def cost_us(turn: Turn, cpu_s: float) -> float:
        return cpu_s / max(1, turn.done.counted) * 1e6

    result.per_second = median([turn.per_second for turn in played])
    result.cpu_us_per_task = median([cost_us(turn, sum(turn.cpu_s.values()) + turn.done.cpu_s) for turn in played])
    result.client_cpu_us_per_task = median([cost_us(turn, turn.done.cpu_s) for turn in played])
    result.cpu_us_by_part = {
        part: median([cost_us(turn, turn.cpu_s[part]) for turn in played]) for part in played[0].cpu_s
    }
    closed_us = [wait for turn in played for wait in turn.done.start_us]
    result.closed_start_p50_ms, result.closed_start_p99_ms = (
        percentile_ms(closed_us, 0.5),
        percentile_ms(closed_us, 0.99),
    )
    result.paced_per_second = round(PACED_SHARE * statistics.median(turn.per_second for turn in played), 1)
    result.start_p50_ms, result.start_p99_ms = percentile_ms(paced.start_us, 0.5), percentile_ms(paced.start_us, 0.99)
    if echoed:
        calls = [turn.done.steps / max(1, turn.done.counted) for turn in played]
        result.rpcs_per_task, result.echo_per_second = median(calls, 3), median(echoed)
        result.echo_ratio = median(
            [turn.done.steps / turn.seconds / echo for turn, echo in zip(played, echoed, strict=True) if echo], 3
        )
    for done in (*(turn.done for turn in played), paced):
        result.created += done.created
        result.decided += done.decided
        result.unfinished += done.unfinished
        result.held_back += done.held_back
        add_counts(result.otherwise, done.otherwise)
    return result


def judged(result: Lifecycle, explained: Explained, journals: Journals) -> Lifecycle:
    """Fill in what was found afterwards."""
    result.explained, result.reproduced = explained.asked, explained.reproduced
    result.in_journals, result.decided_in_journals = journals.tasks, journals.decided
    result.decided_twice, result.lost = journals.decided_twice, journals.lost
    result.flushes, result.stolen_ratio = journals.flushes, journals.stolen_ratio
    result.journals_ok = journals.ok
    is_complete = 0 < result.created == result.decided == result.in_journals == result.decided_in_journals
    result.verified = result.journals_ok and is_complete and not result.decided_twice and not result.lost
    return result
