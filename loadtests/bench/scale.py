"""What a task costs while a great many wait, and what a waiting task costs.

Tasks come in in bulk (`bulk`) while nobody is on duty, so they stay open. At each number of open tasks people sign in and do the same measured work at the
same pace: for each task that is created one that waits is started and decided (`journeys` with `keeps_open`), so the number stays as it is. Matching
sees the whole queue; what it gives to people is the oldest. Afterwards everybody signs out, and what they had not begun waits again.

CPU is that of everybody, client included, in turns of which the median counts; beside it stands what an idle system of that size uses, since a
fixed pace spreads that over few tasks. Memory is the resident growth of the province actors between the smallest and the largest number. At the end
the system is ended and started again, and the journals are verified and hold as many tasks as were acknowledged.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.v1 import monitor_pb2, monitor_pb2_grpc
from loadtests.bench import bulk, journeys
from loadtests.bench.client_process import add_counts, run_client
from loadtests.bench.kernel_figures import cpu_of_the_lasting_between, resident_kib
from loadtests.bench.lifecycle import cpu_by_part
from loadtests.bench.measured_system import Journals, measured_system
from loadtests.bench.office import Post, Way
from loadtests.bench.requests import TIMEOUT_S
from loadtests.bench.staffing import staff
from loadtests.chaos.system import LiveSystem
from loadtests.wire import bearer, open_channel, read_development_tokens

#: People on duty while work is measured, spread evenly over the provinces: enough for the pace when a task takes a fifth of a second.
OPERATORS = 80
#: Tasks that are created, and as many decided, a second.
PACE_PER_S = 300
#: The client starts and signs everybody in within this time, seconds.
START_S = 4.0
WARM_UP_S = 3.0
IDLE_S = 4.0
#: Client processes that fill, or one for each province if those are more; tasks in a message, and messages under way of each.
FILLERS = 2
ITEMS = 100
MESSAGES_IN_FLIGHT = 4
#: Tasks a second that the slowest machine takes in.
FILL_PER_S_MIN = 1_500
_GRACE_S = 90.0
#: A picture of now is there within a second or two; a province that gives none for so long is away.
PICTURE_MAX_S = 60.0


class Level(msgspec.Struct, kw_only=True):
    """What was measured at one number of open tasks."""

    #: As the system counts them, before the work.
    open_tasks: int = 0
    #: Tasks a second that came in on the way here.
    filled_per_second: float = 0.0
    #: Medians over the turns: CPU of the system and of the client for each decided task, and by who used it.
    cpu_us_per_task: float = 0.0
    cpu_us_by_part: dict[str, float] = {}
    decided_per_second: float = 0.0
    #: Cores that the system uses when nobody asks it anything.
    idle_cores: float = 0.0
    #: Resident memory of the province actors.
    resident_mib: float = 0.0


class Scale(msgspec.Struct, kw_only=True):
    """What was measured."""

    provinces: int
    pace_per_second: int = PACE_PER_S
    #: By number of open tasks, rising.
    levels: list[Level] = []
    #: Open tasks at the last level, and CPU of a task there.
    open_tasks: int = 0
    cpu_us_per_task: float = 0.0
    #: CPU of a task at the last level by that at the first (1 M by 10 k unless other levels were asked for).
    ratio_1m_10k: float = 0.0
    #: Resident growth of the province actors from the first level to the last for each open task.
    bytes_per_task: float = 0.0
    #: From the start of the command until every province served: empty, and with the last level's tasks open; and the memory of the actors then.
    empty_start_seconds: float = 0.0
    start_seconds: float = 0.0
    started_resident_mib: float = 0.0
    #: Creations and decisions that were acknowledged over the whole run, and what the journals hold after it.
    created: int = 0
    decided: int = 0
    in_journals: int = 0
    decided_in_journals: int = 0
    flushes: int = 0
    #: What should not have happened, by reason; steps without an answer, creations that were held back.
    otherwise: dict[str, int] = {}
    unanswered: int = 0
    journals_ok: bool = False
    #: Share of all cores' time that the host gave to others meanwhile.
    stolen_ratio: float = 0.0


class Turn(msgspec.Struct, frozen=True):
    """One stretch of measured work."""

    seconds: float
    #: CPU of the system's parts in the time that counts, seconds.
    cpu_s: dict[str, float]
    done: journeys.Done


async def measure(
    directory: Path, provinces: Sequence[str], *, levels: Sequence[int], turns: int, seconds: float
) -> Scale:
    """Start a system, fill it level by level and measure at each, start it again, end it and verify.

    Args:
        directory: ours alone.
        levels: numbers of open tasks, rising.
        turns: at each level.
        seconds: that count in each turn.

    Raises:
        SystemDown: the system did not start.
        SetupRefused: it did not take the people.
        RowFailed: `sharedops verify` said nothing.
        TimeoutError: a client did not end, or a province did not tell how it stands.
        grpc.aio.AioRpcError: the system did not tell how many tasks are open.
    """
    result = Scale(provinces=len(provinces))
    async with measured_system(directory, provinces) as (system, journals):
        result.empty_start_seconds = round(system.startup_s, 1)
        posts = await staff(system.grpc, system.data_dir, OPERATORS)
        token = read_development_tokens(system.data_dir).ops
        for number, wanted in enumerate(levels):
            level = Level()
            await _fill(system, posts, wanted - await open_tasks(system.grpc, token), f"f{number}", result, level)
            level.open_tasks = await open_tasks(system.grpc, token)
            level.idle_cores = await _idle_cores(system)
            level.resident_mib = _resident_mib(system)
            played = [await _work(system, posts, f"w{number}.{turn}", seconds) for turn in range(turns)]
            result.levels.append(summed(level, played))
            _add(result, [turn.done for turn in played])
        await system.stop()
        await system.start()
        result.start_seconds = round(system.startup_s, 1)
        result.started_resident_mib = _resident_mib(system)
    return judged(result, journals)


async def _fill(system: LiveSystem, posts: list[Post], tasks: int, prefix: str, result: Scale, level: Level) -> None:
    """Let so many tasks come in."""
    if tasks <= 0:
        return
    began_s = time.monotonic()
    orders = orders_of(system.grpc, posts, tasks, prefix, began_s)
    within_s = 2 * _GRACE_S + tasks / FILL_PER_S_MIN
    parts = await asyncio.gather(*(run_client("loadtests.bench.bulk", order, bulk.Done, within_s) for order in orders))
    created = sum(part.acknowledged for part in parts)
    level.filled_per_second = round(created / (time.monotonic() - began_s), 1)
    result.created += created
    for part in parts:
        result.unanswered += part.unanswered
        add_counts(result.otherwise, part.otherwise)


def orders_of(address: str, posts: Sequence[Post], tasks: int, prefix: str, began_s: float) -> list[bulk.Order]:
    """What the clients are to send, so that every province gets the same share; in whole messages, so a few more than `tasks`."""
    fillers = max(FILLERS, len(posts))
    each = -(-tasks // fillers)
    return [
        bulk.Order(
            way=bulk.Way.BATCH,
            address=address,
            token=post.branch_token,
            province=post.province,
            kinds=post.kinds,
            items=min(ITEMS, each),
            in_flight=MESSAGES_IN_FLIGHT,
            tasks=each,
            begin_s=began_s,
            count_from_s=began_s,
            end_s=began_s + _GRACE_S + tasks / FILL_PER_S_MIN,
            prefix=f"{prefix}{number}",
        )
        for number, post in enumerate(itertools.islice(itertools.cycle(posts), fillers))
    ]


async def _work(system: LiveSystem, posts: list[Post], prefix: str, seconds: float) -> Turn:
    begin_s = time.monotonic() + START_S
    count_from_s = begin_s + WARM_UP_S
    order = journeys.Order(
        way=Way.STREAM,
        address=system.grpc,
        posts=posts,
        per_second=PACE_PER_S,
        keeps_open=True,
        begin_s=begin_s,
        count_from_s=count_from_s,
        end_s=count_from_s + seconds,
        prefix=prefix,
    )
    within_s = order.end_s - time.monotonic() + _GRACE_S
    client = asyncio.create_task(run_client("loadtests.bench.journeys", order, journeys.Done, within_s))
    cpu_s = await cpu_by_part(system, count_from_s, order.end_s)
    return Turn(seconds, cpu_s, await client)


async def _idle_cores(system: LiveSystem) -> float:
    now_s = time.monotonic()
    pids = [one.pid for one in system.everyone()]
    return round(await cpu_of_the_lasting_between(pids, now_s + 1.0, now_s + 1.0 + IDLE_S) / IDLE_S, 3)


async def open_tasks(address: str, token: str, within_s: float = PICTURE_MAX_S) -> int:
    """Open tasks of all provinces, as soon as a picture of now is there.

    Raises:
        TimeoutError: there is none within `within_s`.
        grpc.aio.AioRpcError: the system did not answer.
    """
    async with asyncio.timeout(within_s), open_channel(address) as channel:
        monitor: Any = monitor_pb2_grpc.MonitorServiceStub(channel)
        asked_ms = time.time_ns() // 1_000_000
        while True:
            overview = await monitor.GetOverview(
                monitor_pb2.GetOverviewRequest(), metadata=bearer(token), timeout=TIMEOUT_S
            )
            if all(province.observe_time_ms >= asked_ms for province in overview.provinces):
                counts = overview.totals.open_tasks
                return sum(getattr(counts, field.name) for field in counts.DESCRIPTOR.fields)
            await asyncio.sleep(0.2)


def _resident_mib(system: LiveSystem) -> float:
    roles = system.roles()
    return round(sum(resident_kib(roles[province].pid) for province in system.provinces) / 1024, 1)


def summed(level: Level, played: Sequence[Turn]) -> Level:
    """Fill in what the turns at a level give."""

    def median_us(cpu_s: Sequence[float]) -> float:
        each = [used / max(1, turn.done.counted) * 1e6 for used, turn in zip(cpu_s, played, strict=True)]
        return round(statistics.median(each), 1)

    level.cpu_us_per_task = median_us([sum(turn.cpu_s.values()) + turn.done.cpu_s for turn in played])
    level.cpu_us_by_part = {part: median_us([turn.cpu_s[part] for turn in played]) for part in played[0].cpu_s}
    level.cpu_us_by_part["client"] = median_us([turn.done.cpu_s for turn in played])
    level.decided_per_second = round(statistics.median(turn.done.counted / turn.seconds for turn in played), 1)
    return level


def _add(result: Scale, done: Sequence[journeys.Done]) -> None:
    for one in done:
        result.created += one.created
        result.decided += one.decided
        result.unanswered += one.unfinished + one.held_back
        add_counts(result.otherwise, one.otherwise)


def judged(result: Scale, journals: Journals) -> Scale:
    """Fill in what the levels give together, and what was found afterwards."""
    first, last = result.levels[0], result.levels[-1]
    result.open_tasks, result.cpu_us_per_task = last.open_tasks, last.cpu_us_per_task
    if first.cpu_us_per_task:
        result.ratio_1m_10k = round(last.cpu_us_per_task / first.cpu_us_per_task, 3)
    if last.open_tasks > first.open_tasks:
        grown_bytes = (last.resident_mib - first.resident_mib) * 1024 * 1024
        result.bytes_per_task = round(grown_bytes / (last.open_tasks - first.open_tasks), 1)
    result.in_journals, result.decided_in_journals = journals.tasks, journals.decided
    result.flushes, result.stolen_ratio = journals.flushes, journals.stolen_ratio
    result.journals_ok = journals.ok and not journals.lost and not journals.decided_twice
    return result
