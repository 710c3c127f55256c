"""How many durable tasks a second come in when they come in bulk, and what one costs.

Client processes (`bulk`) keep a few messages of many tasks under way, each for a province of its own, in turns of the two ways: a
`BatchCreateTasks` call a message, and one `IngestTasks` stream. Everything is as in a live system: identities, permissions, every item validated, an answer
only after its fsync. Afterwards the journals are verified, and hold as many tasks as were acknowledged. CPU is that of everybody in the time that
counts: the whole system, Ray's own processes and the clients included.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from loadtests.bench.bulk import LAST_MESSAGES_MAX_S, Done, Order, Way
from loadtests.bench.client_process import add_counts, run_client
from loadtests.bench.kernel_figures import cpu_between, percentile_ms
from loadtests.bench.measured_system import Durable, measured_system
from loadtests.bench.requests import RequestIds
from loadtests.chaos.system import LiveSystem
from loadtests.wire import DevelopmentTokens, read_development_tokens

#: Client processes, each for a province.
CLIENTS = 2
#: Tasks in a message.
ITEMS = 100
#: Messages under way of each.
IN_FLIGHT = 8
KIND = "servicing-customer-data"
#: Clients start within this time; then all begin at once, seconds.
START_S = 2.0
WARM_UP_S = 1.0
_GRACE_S = LAST_MESSAGES_MAX_S + 15.0


class OneWay(msgspec.Struct, frozen=True, kw_only=True):
    """One way of sending, medians over its turns."""

    per_second: float = 0.0
    #: CPU of the system and of the clients for each task.
    cpu_us_per_task: float = 0.0
    client_cpu_us_per_task: float = 0.0
    #: How long a message of `ITEMS` tasks waits for its results.
    message_p50_ms: float = 0.0
    message_p99_ms: float = 0.0


class Ingest(Durable, kw_only=True):
    """What was measured. The first two figures are the better way's."""

    provinces: int
    gateways: int
    request_ids: RequestIds = RequestIds.RISING
    per_second: float = 0.0
    cpu_us_per_task: float = 0.0
    batch: OneWay = OneWay()
    stream: OneWay = OneWay()
    items: int = ITEMS
    messages_in_flight: int = CLIENTS * IN_FLIGHT


class Turn(NamedTuple):
    """One turn of one way."""

    way: Way
    seconds: float
    #: CPU of the system in the time that counts, seconds.
    server_cpu_s: float
    parts: Sequence[Done]


async def measure(
    directory: Path,
    provinces: Sequence[str],
    *,
    turns: int,
    seconds: float,
    gateways: int,
    request_ids: RequestIds = RequestIds.RISING,
) -> Ingest:
    """Start a system, send in turns of both ways, end it and verify.

    Args:
        directory: ours alone.
        provinces: tasks arise in the first of them, one for each client.
        turns: of each way.
        seconds: that count in each turn.
        request_ids: their order within a client.

    Raises:
        SystemDown: the system did not start.
        RowFailed: `sharedops verify` said nothing.
        TimeoutError: a client did not end.
    """
    played: list[Turn] = []
    arguments = ("--no-sample-operators", "--gateways", str(gateways))
    async with measured_system(directory, provinces, arguments=arguments) as (system, journals):
        tokens = read_development_tokens(system.data_dir)
        for turn in range(turns):
            played += [await _turn(system, tokens, way, turn, seconds, request_ids) for way in Way]
    result = summed(Ingest(provinces=len(provinces), gateways=gateways, request_ids=request_ids), played)
    result.note(journals)
    return result


async def _turn(
    system: LiveSystem, tokens: DevelopmentTokens, way: Way, turn: int, seconds: float, request_ids: RequestIds
) -> Turn:
    """Let all clients send at once."""
    begin_s = time.monotonic() + START_S
    count_from_s = begin_s + WARM_UP_S
    end_s = count_from_s + seconds
    orders = [
        Order(
            way=way,
            address=system.grpc,
            token=tokens.branch[province],
            province=province,
            kinds=[KIND],
            items=ITEMS,
            in_flight=IN_FLIGHT,
            begin_s=begin_s,
            count_from_s=count_from_s,
            end_s=end_s,
            prefix=f"{way[0]}{turn}c{number}",
            request_ids=request_ids,
        )
        for number, province in enumerate(system.provinces[:CLIENTS])
    ]
    within_s = end_s - time.monotonic() + _GRACE_S
    clients = [asyncio.create_task(run_client("loadtests.bench.bulk", order, Done, within_s)) for order in orders]
    server_cpu_s = await cpu_between([one.pid for one in system.everyone()], count_from_s, end_s)
    return Turn(way, seconds, server_cpu_s, await asyncio.gather(*clients))


def summed(result: Ingest, turns: Sequence[Turn]) -> Ingest:
    """Fill in what the turns give."""
    result.batch, result.stream = (_one_way([turn for turn in turns if turn.way is way]) for way in Way)
    best = max((result.batch, result.stream), key=lambda one: one.per_second)
    result.per_second, result.cpu_us_per_task = best.per_second, best.cpu_us_per_task
    for part in (part for turn in turns for part in turn.parts):
        result.acknowledged += part.acknowledged
        result.unanswered += part.unanswered
        add_counts(result.otherwise, part.otherwise)
    return result


def _one_way(turns: Sequence[Turn]) -> OneWay:
    tasks = [sum(part.counted for part in turn.parts) for turn in turns]
    clients_s = [sum(part.cpu_s for part in turn.parts) for turn in turns]
    waits_us = [wait for turn in turns for part in turn.parts for wait in part.waits_us]

    def cost_us(cpu_s: Sequence[float]) -> float:
        return round(statistics.median(each / max(1, count) * 1e6 for each, count in zip(cpu_s, tasks, strict=True)), 1)

    return OneWay(
        per_second=round(statistics.median(count / turn.seconds for count, turn in zip(tasks, turns, strict=True)), 1),
        cpu_us_per_task=cost_us([clients + turn.server_cpu_s for clients, turn in zip(clients_s, turns, strict=True)]),
        client_cpu_us_per_task=cost_us(clients_s),
        message_p50_ms=percentile_ms(waits_us, 0.5),
        message_p99_ms=percentile_ms(waits_us, 0.99),
    )
