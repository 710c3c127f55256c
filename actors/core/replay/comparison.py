"""One log, several ways of deciding, several seeds.

What a seed changes: how large each item is. It is drawn from the sizes that the log has of the same kind, so that an interval over seeds tells how far the
outcome hangs on which item happened to be long. Arrivals, people, duty, pools and quickness stay as logged. All ways of deciding see the same draw.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from actors.core.matching.planner import Planner, PlannerTask
from actors.core.matching.planning.draws import Draws
from actors.core.replay.dispatchers import (
    AtRandom,
    FirstComeFirstServed,
    ShortestLearning,
    ShortestProcessingTime,
    WhoeverDidIt,
)
from actors.core.replay.engine import Dispatcher, Played, Work, play
from actors.core.replay.log import WorkItem
from actors.core.replay.people import People

OURS = "planner"
FIRST_COME, RANDOM = "first_come_first_served", "random"
#: By means it has to learn as the planner has, and by the true ones.
SHORTEST_LEARNING, SHORTEST_TOLD = "shortest_learning", "shortest_processing_time"
#: Who really did it.
AS_LOGGED = "whoever_did_it"
#: Ways of deciding, in the order of the report.
WAYS = (OURS, AS_LOGGED, FIRST_COME, RANDOM, SHORTEST_LEARNING, SHORTEST_TOLD)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of every way, one play a seed."""

    plays: dict[str, list[Played]]


def compare(
    items: Sequence[WorkItem],
    logged: People,
    seeds: int,
    timer: Callable[[], float],
    spread: float = 1.0,
    tell: Callable[[str, int], None] = lambda way, seed: None,
) -> Comparison:
    """Plays a log with each of `WAYS`, once a seed.

    Args:
        items: usable items of a log (`people.usable`), arrivals as they are to be played.
        logged: its people, as quick as they were, with the duty that is to be played.
        seeds: how many, from 0 on.
        timer: seconds on some clock.
        spread: how many times slower than the quickest the slowest are made, beyond what the log shows; 1: as logged.
        tell: hears of (way, seed) before each play.
    """
    plays: dict[str, list[Played]] = {way: [] for way in WAYS}
    for seed in range(seeds):
        people = spread_out(items, logged, spread, Draws(seed))
        work = work_of(items, logged, people, seed)
        for way in WAYS:
            tell(way, seed)
            played = work if way != AS_LOGGED else _with_whoever_did_it(work, items)
            plays[way].append(play(played, _dispatcher(way, items, people, seed), timer))
    return Comparison(plays=plays)


def spread_out(items: Sequence[WorkItem], people: People, spread: float, draws: Draws) -> People:
    """The same people, each slower or quicker in everything by a drawn factor, up to `spread` between the slowest and the quickest.

    Whoever did the items would have needed as long for all of them together: the log's load stays what it is.
    """
    factors = {operator: spread ** (draws.share() - 0.5) for operator in people.duty}
    logged = sum(item.handle_minutes for item in items)
    drawn = sum(item.handle_minutes * factors[item.operator] for item in items)
    scale = logged / drawn if drawn else 1.0
    ratios = {
        (operator, kind): people.ratio(operator, kind) * factors[operator] * scale
        for kind in people.kind_minutes
        for operator in people.duty
    }
    return msgspec.structs.replace(people, ratios=ratios)


def work_of(items: Sequence[WorkItem], logged: People, people: People, seed: int) -> Work:
    """The log's work with sizes drawn by a seed.

    Args:
        items: the log's.
        logged: people as quick as they were.
        people: people as quick as they are to be.
        seed: of the draw.
    """
    sizes = _drawn_sizes(items, logged, Draws(seed))
    tasks = [
        PlannerTask(id=str(row), kind=item.kind, arrived=item.arrived, case_id=item.case_id)
        for row, item in enumerate(items)
    ]
    return Work(
        tasks=tasks,
        duty=people.duty,
        pools=people.pools,
        minutes=lambda row, operator: sizes[row] * people.ratio(operator, items[row].kind),
    )


def _drawn_sizes(items: Sequence[WorkItem], people: People, draws: Draws) -> list[float]:
    """(items,) minutes that each would take a person of ratio 1."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for item in items:
        by_kind[item.kind].append(item.handle_minutes / people.ratio(item.operator, item.kind))
    return [by_kind[item.kind][draws.below(len(by_kind[item.kind]))] for item in items]


def _with_whoever_did_it(work: Work, items: Sequence[WorkItem]) -> Work:
    """The same work, which may also be given to whoever really did it, however seldom they did such work."""
    did = {(item.operator, item.kind): None for item in items}
    pools = {kind: sorted({*pool, *(who for who, what in did if what == kind)}) for kind, pool in work.pools.items()}
    return msgspec.structs.replace(work, pools=pools)


def _dispatcher(way: str, items: Sequence[WorkItem], people: People, seed: int) -> Dispatcher:
    if way == OURS:
        return Planner(seed=seed)
    if way == AS_LOGGED:
        return WhoeverDidIt({str(row): (item.operator, item.started) for row, item in enumerate(items)})
    if way == FIRST_COME:
        return FirstComeFirstServed()
    if way == RANDOM:
        return AtRandom(seed)
    return ShortestLearning() if way == SHORTEST_LEARNING else ShortestProcessingTime(people.expected_minutes)
