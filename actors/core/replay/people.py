"""What a log tells of its people: when they were on duty, what they do, and how quick they are at it.

Assumptions, all of them stated with the result:

* On duty: while working on something, and in pauses of at most `PAUSE_MAX_MINUTES` between two pieces of work. Longer ones are breaks,
  nights, days off.
* May do a kind: who did it at least `POOL_MIN` times; if there is nobody, whoever did it.
* Quickness: a person's mean minutes for a kind over the kind's mean, shrunk to 1 with the weight of `RATIO_PRIOR` items. An item is worth
  its logged minutes over its own person's ratio; another person takes that times their ratio. So whoever really did it takes exactly what
  was logged.
* An item that took longer than `HANDLE_MAX_MINUTES` was left open over lunch or night: how long it was worked on is not in the log, and
  it is left out.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from actors.core.replay.log import WorkItem

PAUSE_MAX_MINUTES = 60.0
POOL_MIN = 5
RATIO_PRIOR = 5.0
HANDLE_MAX_MINUTES = 240.0


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone of a log."""

    #: operator -> (from, to) minutes, in order, apart from each other.
    duty: dict[str, list[tuple[float, float]]]
    #: kind -> operators, sorted.
    pools: dict[str, list[str]]
    #: kind -> mean minutes.
    kind_minutes: dict[str, float]
    #: (operator, kind) -> minutes against the kind's mean.
    ratios: dict[tuple[str, str], float]

    def ratio(self, operator: str, kind: str) -> float:
        """How long a person takes for a kind against its mean; 1 if they never did it."""
        return self.ratios.get((operator, kind), 1.0)

    def expected_minutes(self, operator: str, kind: str) -> float:
        """What a pair takes on average."""
        return self.kind_minutes[kind] * self.ratio(operator, kind)


def closed_minutes(items: Sequence[WorkItem], people: People) -> list[float]:
    """Minutes after each item's arrival until anybody who may do it is on duty: no way of deciding can be quicker to start it.

    If nobody ever is again, until all duty ends.
    """
    over = max(end for spans in people.duty.values() for _, end in spans)
    open_spans = {
        kind: _joined([span for operator in pool for span in people.duty[operator]], 0.0)
        for kind, pool in people.pools.items()
    }
    closed: list[float] = []
    for item in items:
        spans = open_spans[item.kind]
        position = bisect_right(spans, item.arrived, key=lambda span: span[1])
        opens = spans[position][0] if position < len(spans) else over
        closed.append(max(0.0, opens - item.arrived))
    return closed


def usable(items: Sequence[WorkItem]) -> list[WorkItem]:
    """The items whose handle time is one."""
    return [item for item in items if item.handle_minutes <= HANDLE_MAX_MINUTES]


def people_of(items: Sequence[WorkItem]) -> People:
    """Reads everyone of a log."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    minutes: dict[tuple[str, str], list[float]] = defaultdict(list)
    for item in items:
        spans[item.operator].append((item.started, item.completed))
        minutes[item.operator, item.kind].append(item.handle_minutes)
    kind_minutes = _kind_minutes(minutes)
    return People(
        duty={operator: _joined(spans[operator], PAUSE_MAX_MINUTES) for operator in sorted(spans)},
        pools=_pools({pair: len(each) for pair, each in minutes.items()}),
        kind_minutes=kind_minutes,
        ratios={pair: _ratio(each, kind_minutes[pair[1]]) for pair, each in minutes.items()},
    )


def _kind_minutes(minutes: dict[tuple[str, str], list[float]]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for (_, kind), each in minutes.items():
        sums[kind] += sum(each)
        counts[kind] += len(each)
    return {kind: sums[kind] / counts[kind] for kind in sums}


def _ratio(minutes: Sequence[float], kind_minutes: float) -> float:
    if not kind_minutes:
        return 1.0
    return (RATIO_PRIOR + sum(minutes) / kind_minutes) / (RATIO_PRIOR + len(minutes))


def _joined(spans: list[tuple[float, float]], gap_max: float) -> list[tuple[float, float]]:
    """Spans in order, those joined that are at most `gap_max` apart."""
    duty: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if duty and start - duty[-1][1] <= gap_max:
            duty[-1] = (duty[-1][0], max(duty[-1][1], end))
        else:
            duty.append((start, end))
    return duty


def _pools(counts: dict[tuple[str, str], int]) -> dict[str, list[str]]:
    pools: dict[str, list[str]] = defaultdict(list)
    for operator, kind in sorted(counts):
        if counts[operator, kind] >= POOL_MIN:
            pools[kind].append(operator)
    for operator, kind in sorted(counts):
        if counts[operator, kind] < POOL_MIN and (kind not in pools or counts[pools[kind][0], kind] < POOL_MIN):
            pools[kind].append(operator)
    return dict(pools)
