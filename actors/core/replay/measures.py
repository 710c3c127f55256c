"""Sums up plays: means and tails of each, and how they compare, with confidence intervals over seeds."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from actors.core.replay.engine import Played

#: Student's t, two-sided 95 %, for 1..30 degrees of freedom; the normal beyond.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)  # fmt: skip


class Interval(msgspec.Struct, frozen=True):
    """A mean over seeds and half the width of its 95 % confidence interval; NaN-free: half is None for one seed."""

    mean: float
    half: float | None

    @property
    def is_conclusive(self) -> bool:
        """Whether a difference is told from none: its interval does not include zero. One seed tells nothing."""
        return self.half is not None and abs(self.mean) > self.half


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes. Tasks that were left count with what they had waited when all duty ended, so leaving them makes nobody look quicker."""

    mean: float
    p50: float
    p90: float
    p95: float


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One way of deciding, over all seeds."""

    turnaround_minutes: dict[str, Interval]
    wait_minutes: dict[str, Interval]
    finished: int
    unfinished: int
    calls: int
    microseconds_per_call: float


def turnarounds_of(played: Played) -> list[float]:
    """Minutes from arrival to completion, or to the end of all duty for tasks that were left."""
    return played.turnarounds + played.left


def times_of(minutes: Sequence[float]) -> Times:
    """Mean and quantiles of some minutes, at least one."""
    p50, p90, p95 = np.quantile(minutes, [0.5, 0.9, 0.95]).tolist()
    return Times(mean=float(np.mean(minutes)), p50=p50, p90=p90, p95=p95)


def interval(values: Sequence[float]) -> Interval:
    """The mean of one value a seed, with its 95 % confidence interval."""
    count = len(values)
    mean = math.fsum(values) / count
    if count == 1:
        return Interval(mean, None)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    return Interval(mean, (_T95[count - 2] if count <= len(_T95) + 1 else 1.96) * deviation / math.sqrt(count))


def summary_of(plays: Sequence[Played]) -> Summary:
    """Sums up one way of deciding; one play a seed, each of at least one task."""
    calls = sum(played.calls for played in plays)
    return Summary(
        turnaround_minutes=_intervals([times_of(turnarounds_of(played)) for played in plays]),
        wait_minutes=_intervals([times_of(played.waits + played.left) for played in plays]),
        finished=sum(len(played.turnarounds) for played in plays),
        unfinished=sum(len(played.left) for played in plays),
        calls=calls,
        microseconds_per_call=1e6 * sum(played.call_seconds for played in plays) / max(1, calls),
    )


def cut(ours: Sequence[Played], theirs: Sequence[Played], unavoidable: float = 0.0) -> Interval:
    """By how much our mean turnaround is below theirs, as a share of theirs, seed by seed.

    Args:
        ours: one play a seed.
        theirs: the same seeds.
        unavoidable: minutes of the mean that no way of deciding can change, taken off both.
    """
    means = [
        (float(np.mean(turnarounds_of(a))) - unavoidable, float(np.mean(turnarounds_of(b))) - unavoidable)
        for a, b in zip(ours, theirs, strict=True)
    ]
    return interval([1 - a / b if b > 0 else 0.0 for a, b in means])


def _intervals(each: Sequence[Times]) -> dict[str, Interval]:
    return {name: interval([getattr(times, name) for times in each]) for name in Times.__struct_fields__}
