"""The measuring process of `sharedops bench match`: `python -m gateway.command.bench_match_run TASKS OPERATORS REPETITIONS SEEDS`.

An instance is a hard one: everybody wants the same people. Whole weights of 0 to 100 and points of 0 to 1,000 for 128 parameters; a
quarter of the parameters follow each person's speed, give or take 200 points, as those of efficiency do, the others are independent; a
quarter of the pairs is eligible. What is timed is the product's own: `fold` and `solve`. Beside it stand whole rounds of a province
(`bench_match_round`).
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from actors.core.matching.assignment.result import Assignment, BoolArray, FloatArray
from actors.core.matching.assignment.solving import solve
from actors.core.matching.folding import fold
from gateway.command.bench_match_round import rounds_ms

PARAMETERS = 128
FOLLOWING_SPEED = PARAMETERS // 4
SPEED_NOISE = 200
#: Whole rounds are small, and so many of each are timed for one of the large instances.
ROUNDS_PER_REPETITION = 5
ELIGIBLE_RATIO = 0.25


class Instance(NamedTuple):
    """What a round would start from."""

    #: (tasks, parameters).
    weights: FloatArray
    #: (parameters, operators).
    points: FloatArray
    #: (tasks, operators).
    eligible: BoolArray


class Figures(NamedTuple):
    """What one instance showed. Times in milliseconds."""

    score_ms: list[float]
    solve_ms: list[float]
    #: Scoring and solving, time of this process on a processor: what the clock would show if nothing else ran.
    cpu_ms: list[float]
    greedy_ms: float
    scipy_ms: float
    found: Assignment
    greedy: Assignment
    scipy_total: float


def make_instance(tasks: int, operators: int, seed: int) -> Instance:
    """A contended instance, the same for the same seed."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(0, 101, (tasks, PARAMETERS))
    points = draw.integers(0, 1001, (PARAMETERS, operators))
    speed = draw.integers(0, 1001, operators)
    near = draw.integers(-SPEED_NOISE, SPEED_NOISE + 1, (FOLLOWING_SPEED, operators))
    points[:FOLLOWING_SPEED] = np.clip(speed + near, 0, 1000)
    eligible = draw.random((tasks, operators)) < ELIGIBLE_RATIO
    return Instance(weights.astype(np.float32), points.astype(np.float32), eligible)


def measure(instance: Instance, repetitions: int) -> Figures:
    """Times the product `repetitions` times, after one run that is not counted (it loads the kernels), and what it is compared with once."""
    one_each = np.ones(instance.points.shape[1], np.int64)
    score_ms: list[float] = []
    solve_ms: list[float] = []
    cpu_ms: list[float] = []
    values, found = fold(instance.weights, instance.points), None
    for _ in range(repetitions + 1):
        began = time.process_time()
        values, score = timed(lambda: fold(instance.weights, instance.points))
        found, solution = timed(lambda values=values: solve(values, instance.eligible, one_each))
        cpu_ms.append((time.process_time() - began) * 1000)
        score_ms.append(score)
        solve_ms.append(solution)
    assert found is not None
    greedy, greedy_ms = timed(lambda: solve(values, instance.eligible, one_each, cells_max=0))
    scipy_total, scipy_ms = timed(lambda: _scipy_total(values, instance.eligible))
    return Figures(score_ms[1:], solve_ms[1:], cpu_ms[1:], greedy_ms, scipy_ms, found, greedy, scipy_total)


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """Returns what `action` gave, and the milliseconds it took."""
    began = time.perf_counter()
    result = action()
    return result, (time.perf_counter() - began) * 1000


def _scipy_total(values: FloatArray, eligible: BoolArray) -> float:
    gains = np.where(eligible, values, 0).clip(0).astype(np.float64)
    return float(gains[linear_sum_assignment(gains, maximize=True)].sum())


def summary(tasks: int, operators: int, repetitions: int, figures: list[Figures]) -> dict[str, Any]:
    """The line that the command prints."""
    scores = [time_ms for one in figures for time_ms in one.score_ms]
    totals = [sum(pair) for one in figures for pair in zip(one.score_ms, one.solve_ms, strict=True)]
    return {
        "tasks": tasks,
        "operators": operators,
        "parameters": PARAMETERS,
        "instance": f"{PARAMETERS} parameters, {FOLLOWING_SPEED} of them follow the person's speed; {ELIGIBLE_RATIO:.0%} of pairs eligible",
        "seeds": list(range(1, len(figures) + 1)),
        "repetitions": repetitions,
        "method": sorted({one.found.method for one in figures}),
        "score_ms": round(median(scores), 3),
        "solve_ms": round(median(time_ms for one in figures for time_ms in one.solve_ms), 3),
        "total_ms": round(median(totals), 3),
        "total_max_ms": round(max(totals), 3),
        "total_cpu_ms": round(median(time_ms for one in figures for time_ms in one.cpu_ms), 3),
        "certified": all(one.found.certified for one in figures),
        "gap": max(one.found.gap for one in figures),
        "equals_scipy": all(one.found.total == one.scipy_total for one in figures),
        "greedy_gap": round(median(_part(one.found.total - one.greedy.total, one.found.total) for one in figures), 5),
        "greedy_gap_proven": round(median(_part(one.greedy.gap, one.greedy.total) for one in figures), 5),
        "greedy_ms": round(median(one.greedy_ms for one in figures), 3),
        "scipy_total_ms": round(median(median(one.score_ms) + one.scipy_ms for one in figures), 3),
    }


def _part(lost: float, total: float) -> float:
    """The part of a total that was lost; none of a total of 0: in a tiny instance it happens that nobody may do any task."""
    return lost / total if total else 0.0


def main() -> None:
    """Measures what the arguments ask for and prints one JSON object."""
    tasks, operators, repetitions, seeds = (int(argument) for argument in sys.argv[1:])
    figures = [measure(make_instance(tasks, operators, seed), repetitions) for seed in range(1, seeds + 1)]
    print(json.dumps(summary(tasks, operators, repetitions, figures) | rounds_ms(ROUNDS_PER_REPETITION * repetitions)))


if __name__ == "__main__":
    main()
