"""One branch floods: what the others notice of it, and what it gets itself.

The gateway takes in so many calls a second (an admission limit, as in `overload`), and each branch's share is an equal part of that. All
branches but one call at exactly their share, one task a call, in an open loop. Three scenes by turns. What the machine's other guests do to one
they do to its neighbours, so a ratio is taken turn by turn, and the median counts:

* **alone**: nobody else calls;
* **calls**: beside them one branch makes twenty times its share of calls, whatever becomes of them;
* **stream**: beside them the same branch sends tasks on a stream in messages of a hundred, as fast as they are read.

What counts is how long the others wait beside the flood against alone, that none of them is refused, and that the flooder gets its share all
the same. Items of a stream count as the gateway counts them: so many cost as much as one call (`ITEMS_PER_CALL`). Afterwards the journals are
verified, and hold as many tasks as were acknowledged.
"""

import asyncio
import enum
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from loadtests.bench import bulk, offering
from loadtests.bench.client_process import add_counts, run_client
from loadtests.bench.kernel_figures import percentile_ms
from loadtests.bench.measured_system import Durable, measured_system
from loadtests.bench.requests import TIMEOUT_S
from loadtests.chaos.system import LiveSystem
from loadtests.wire import DevelopmentTokens, read_development_tokens

KIND = "claims-medical"
#: Shares that the flooder makes.
FLOOD = 20
#: Tasks of a stream that the gateway counts as one call (docs/architecture.md, bounds).
ITEMS_PER_CALL = 8
#: Tasks in a message of the stream, and messages under way.
ITEMS = 100
MESSAGES_IN_FLIGHT = 8
#: Clients start within this time; then all begin at once, seconds.
START_S = 2.0
#: The first seconds of a scene do not count: every share begins with what may come at once.
WARM_UP_S = 2.0
#: Between two looks of the others at what has come: the client's own part of a wait, seconds.
_TICK_S = 0.002
#: Time that a client may take beyond its order, seconds.
_GRACE_S = 3 * TIMEOUT_S + 15.0


class Scene(enum.StrEnum):
    """What the flooder does."""

    ALONE = "alone"
    CALLS = "calls"
    STREAM = "stream"


class Others(msgspec.Struct, frozen=True, kw_only=True):
    """What the others see of one scene. Waits are from the instant at which a call was due; over several turns they are medians."""

    calls: int = 0
    refused: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class Fairness(Durable, kw_only=True):
    """What was measured."""

    provinces: int
    gateways: int
    limit_per_second: int
    share_per_second: float
    turns: int
    seconds: float
    #: Of the others: alone, and beside the flood of calls.
    p50_alone_ms: float = 0.0
    p99_alone_ms: float = 0.0
    p50_beside_ms: float = 0.0
    p99_beside_ms: float = 0.0
    #: The median of the turns' ratios, which are all told, too.
    ratio: float = 0.0
    ratios: list[float] = msgspec.field(default_factory=list[float])
    #: In all scenes together.
    refused_of_others: int = 0
    others_per_second: float = 0.0
    #: The flooder's calls.
    flooder_offered_per_second: float = 0.0
    flooder_accepted_per_second: float = 0.0
    flooder_refused_per_second: float = 0.0
    #: Accepted, in shares.
    flooder_shares: float = 0.0
    #: Its refusals that do not say when to come back.
    without_retry_info: int = 0
    held_back: int = 0
    #: The same beside the flooder's stream, of which nothing is refused.
    p99_beside_stream_ms: float = 0.0
    ratio_stream: float = 0.0
    ratios_stream: list[float] = msgspec.field(default_factory=list[float])
    stream_tasks_per_second: float = 0.0
    stream_shares: float = 0.0
    scenes: dict[str, Others] = msgspec.field(default_factory=dict[str, Others])


class Turn(NamedTuple):
    """One scene, played once."""

    scene: Scene
    others: Sequence[offering.Offered]
    flooder: offering.Offered | bulk.Done | None


async def measure(
    directory: Path, provinces: Sequence[str], *, limit: int, turns: int, seconds: float, gateways: int
) -> Fairness:
    """Start a system with a limit, play all scenes in turns, end it and verify.

    Args:
        directory: ours alone.
        provinces: of each a branch; the last one floods.
        turns: of each scene.
        seconds: that count in each turn.

    Raises:
        SystemDown: the system did not start.
        RowFailed: `sharedops verify` said nothing.
        TimeoutError: a client did not end.
    """
    played: list[Turn] = []
    arguments = ("--no-sample-operators", "--gateways", str(gateways), "--admission-per-second", str(limit))
    async with measured_system(directory, provinces, arguments=arguments) as (system, journals):
        tokens = read_development_tokens(system.data_dir)
        for turn in range(turns):
            played += [await _play(system, tokens, scene, turn, limit / len(provinces), seconds) for scene in Scene]
    result = Fairness(
        provinces=len(provinces),
        gateways=gateways,
        limit_per_second=limit,
        share_per_second=limit / len(provinces),
        turns=turns,
        seconds=seconds,
    )
    summed(result, played).note(journals)
    return result


async def _play(
    system: LiveSystem, tokens: DevelopmentTokens, scene: Scene, turn: int, share: float, seconds: float
) -> Turn:
    """Let all clients of a scene begin at once."""
    begin_s = time.monotonic() + START_S
    *modest, flooder = system.provinces

    async def offered(province: str, number: int, per_second: float, tick_s: float) -> offering.Offered:
        order = offering.Order(
            address=system.grpc,
            token=tokens.branch[province],
            province=province,
            kind=KIND,
            per_second=per_second,
            seconds=seconds,
            warm_up_s=WARM_UP_S,
            begin_s=begin_s,
            tick_s=tick_s,
            prefix=f"{scene[0]}{turn}c{number}",
        )
        within_s = START_S + WARM_UP_S + seconds + _GRACE_S
        return await run_client("loadtests.bench.offering", order, offering.Offered, within_s)

    async def flood() -> offering.Offered | bulk.Done | None:
        if scene is Scene.ALONE:
            return None
        if scene is Scene.CALLS:
            return await offered(flooder, len(modest), FLOOD * share, 2 * _TICK_S)
        return await _streamed(system.grpc, tokens.branch[flooder], flooder, begin_s, seconds, f"s{turn}")

    async with asyncio.TaskGroup() as playing:
        others = [
            playing.create_task(offered(province, number, share, _TICK_S)) for number, province in enumerate(modest)
        ]
        flooding = playing.create_task(flood())
    return Turn(scene, [other.result() for other in others], flooding.result())


async def _streamed(address: str, token: str, province: str, begin_s: float, seconds: float, prefix: str) -> bulk.Done:
    """The flooder's stream."""
    order = bulk.Order(
        way=bulk.Way.STREAM,
        address=address,
        token=token,
        province=province,
        kinds=[KIND],
        items=ITEMS,
        in_flight=MESSAGES_IN_FLIGHT,
        begin_s=begin_s,
        count_from_s=begin_s + WARM_UP_S,
        end_s=begin_s + WARM_UP_S + seconds,
        prefix=prefix,
    )
    within_s = START_S + WARM_UP_S + seconds + bulk.LAST_MESSAGES_MAX_S + _GRACE_S
    return await run_client("loadtests.bench.bulk", order, bulk.Done, within_s)


# --- sums ---


def summed(result: Fairness, turns: Sequence[Turn]) -> Fairness:
    """Fill in what the turns give."""
    played = {scene: [_others(turn) for turn in turns if turn.scene is scene] for scene in Scene}
    result.scenes = {scene.value: _together(parts) for scene, parts in played.items()}
    alone, calls, stream = (result.scenes[scene] for scene in Scene)
    result.p50_alone_ms, result.p99_alone_ms = alone.p50_ms, alone.p99_ms
    result.p50_beside_ms, result.p99_beside_ms = calls.p50_ms, calls.p99_ms
    result.p99_beside_stream_ms = stream.p99_ms
    result.ratios = _ratios(played[Scene.CALLS], played[Scene.ALONE])
    result.ratios_stream = _ratios(played[Scene.STREAM], played[Scene.ALONE])
    result.ratio = round(statistics.median(result.ratios), 2)
    result.ratio_stream = round(statistics.median(result.ratios_stream), 2)
    seconds = result.turns * result.seconds
    offered = sum(part.offered for turn in turns for part in turn.others)
    result.refused_of_others = sum(others.refused for others in result.scenes.values())
    result.others_per_second = round(offered / (len(Scene) * seconds * max(1, result.provinces - 1)), 1)
    for part in (part for turn in turns for part in turn.others):
        _account(result, part)
    _sum_flooder(result, [turn.flooder for turn in turns], seconds)
    return result


def _others(turn: Turn) -> Others:
    waits_us = [wait for part in turn.others for wait in part.accepted_us]
    return Others(
        calls=len(waits_us),
        refused=sum(len(part.refused_us) for part in turn.others),
        p50_ms=percentile_ms(waits_us, 0.5),
        p99_ms=percentile_ms(waits_us, 0.99),
    )


def _together(turns: Sequence[Others]) -> Others:
    return Others(
        calls=sum(turn.calls for turn in turns),
        refused=sum(turn.refused for turn in turns),
        p50_ms=statistics.median(turn.p50_ms for turn in turns),
        p99_ms=statistics.median(turn.p99_ms for turn in turns),
    )


def _ratios(beside: Sequence[Others], alone: Sequence[Others]) -> list[float]:
    """Turn by turn; 0: nobody was answered."""
    pairs = zip(beside, alone, strict=True)
    return [round(flooded.p99_ms / quiet.p99_ms, 2) if quiet.p99_ms else 0.0 for flooded, quiet in pairs]


def _sum_flooder(result: Fairness, parts: Sequence[offering.Offered | bulk.Done | None], seconds: float) -> None:
    calls = [part for part in parts if isinstance(part, offering.Offered)]
    streams = [part for part in parts if isinstance(part, bulk.Done)]
    for part in calls:
        _account(result, part)
    for part in streams:
        result.acknowledged += part.acknowledged
        result.unanswered += part.unanswered
        add_counts(result.otherwise, part.otherwise)
    accepted = sum(len(part.accepted_us) for part in calls)
    result.flooder_offered_per_second = round(sum(part.offered for part in calls) / seconds, 1)
    result.flooder_accepted_per_second = round(accepted / seconds, 1)
    result.flooder_refused_per_second = round(sum(len(part.refused_us) for part in calls) / seconds, 1)
    result.flooder_shares = round(accepted / seconds / result.share_per_second, 2)
    result.stream_tasks_per_second = round(sum(part.counted for part in streams) / seconds, 1)
    result.stream_shares = round(result.stream_tasks_per_second / ITEMS_PER_CALL / result.share_per_second, 2)


def _account(result: Fairness, part: offering.Offered) -> None:
    """Count what became of one client's calls."""
    result.acknowledged += part.acknowledged
    result.without_retry_info += part.without_retry_info
    result.held_back += part.held_back
    ended = len(part.accepted_us) + len(part.refused_us) + sum(part.otherwise.values())
    result.unanswered += part.offered - part.held_back - ended
    add_counts(result.otherwise, part.otherwise)
