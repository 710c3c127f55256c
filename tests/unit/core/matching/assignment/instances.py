"""Random instances of every shape that a round can have, and their optimum by scipy."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from actors.core.matching.assignment.result import BoolArray, FloatArray, IntArray


class Instance(NamedTuple):
    """The arguments of `solve`."""

    values: FloatArray
    eligible: BoolArray
    capacity: IntArray
    leave: FloatArray | None


def instance(seed: int, tasks_max: int = 24, operators_max: int = 24) -> Instance:
    """More tasks than people or fewer, rows nobody may do, ties, capacities of 0 to 3, negative values, with or without leaving."""
    draw = np.random.default_rng(seed)
    tasks, operators = (int(size) for size in draw.integers(0, (tasks_max + 1, operators_max + 1)))
    number = np.float32 if draw.random() < 0.5 else np.float64
    spread = int(draw.choice([3, 60, 100_000]))  # 3: nearly all are ties
    values = draw.integers(-spread // 2, spread, (tasks, operators)) + draw.integers(0, spread, operators)
    eligible = draw.random((tasks, operators)) < draw.choice([0.1, 0.4, 1.0])
    capacity = draw.integers(0, 4, operators) if draw.random() < 0.5 else np.ones(operators, np.int64)
    leave = draw.integers(-spread // 2, spread, tasks).astype(number) if draw.random() < 0.5 else None
    return Instance(values.astype(number), eligible, capacity, leave)


def optimum(given: Instance) -> float:
    """The greatest total of gains over leaving, by scipy's public function on one column a place."""
    gains = given.values if given.leave is None else given.values - given.leave[:, None]
    gains = np.where(given.eligible, gains, 0).clip(0)
    places = gains[:, np.repeat(np.arange(given.capacity.size), given.capacity)]
    return float(places[linear_sum_assignment(places, maximize=True)].sum(dtype=np.float64))
