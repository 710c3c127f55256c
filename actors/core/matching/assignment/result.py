"""What comes out of an assignment: who takes what, what it is worth, and the prices that prove it."""

from enum import StrEnum
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32 | np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

#: Stands for "waits" in `Assignment.operator_of`.
WAITS = -1


class Method(StrEnum):
    """How the assignment was found."""

    #: Every task could have its own best person: nothing had to be solved.
    SINGLE = "single"
    #: Shortest augmenting paths over all pairs.
    DENSE = "dense"
    #: Shortest augmenting paths over the pairs that the prices leave in question.
    SPARSE = "sparse"
    #: First come, first served: the instance is beyond the stated bound of work.
    GREEDY = "greedy"


class Assignment(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Who takes what. Made by `certificate.certify` alone, so that nobody can claim more than was checked."""

    #: (tasks,) operator's index, or WAITS.
    operator_of: IntArray
    #: Points that the pairs bring over leaving all tasks: the sum of value - leave. A whole number.
    total: float
    #: (operators,) what one more place with this person would bring, at most. Zero where places are left over.
    operator_prices: FloatArray
    #: (tasks,) what this task brings after paying its person's price; zero if it waits.
    task_prices: FloatArray
    #: No assignment is worth more than total + gap.
    gap: float
    method: Method

    @property
    def certified(self) -> bool:
        """Whether the prices prove that no assignment is worth more."""
        return self.gap == 0

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(task, operator) of every task that is taken, by task."""
        return [(task, operator) for task, operator in enumerate(self.operator_of.tolist()) if operator != WAITS]
