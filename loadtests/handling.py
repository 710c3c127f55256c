"""How long people take, and how an operator behaves: the law of handle times, compressed into the play's time.

Handle times are lognormal (reference scenario: claims 15 min, servicing 6, underwriting 12; cv 1.2, .8, 1.0), longer for complex tasks
and 10 % longer for another province's. The longest draws are cut, so that a play ends soon after its last task: at three times the
mean, which touches 5 % of claims and takes about 8 % off their mean.
"""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

from loadtests.catalogue import Line

#: Line -> (mean handle minutes, coefficient of variation).
HANDLE_MINUTES: dict[Line, tuple[float, float]] = {
    Line.CLAIMS: (15.0, 1.2),
    Line.SERVICING: (6.0, 0.8),
    Line.UNDERWRITING: (12.0, 1.0),
}
#: Complexity 1..5 -> factor on the handle time. Index 0 stands for "not given", as complexity 3.
COMPLEXITY_FACTOR = (1.0, 0.7, 0.85, 1.0, 1.15, 1.35)
#: Another province's task takes longer.
REMOTE_FACTOR = 1.1
#: Draws are kept within these multiples of the mean.
DRAW_MIN, DRAW_MAX = 0.15, 3.0


def expected_minutes(line: Line, complexity: int) -> float:
    """Mean handle time of a task at home before the cut, minutes."""
    return HANDLE_MINUTES[line][0] * COMPLEXITY_FACTOR[complexity]


def draw_minutes(rng: random.Random, line: Line, complexity: int, *, remote: bool) -> float:
    """One handle time, minutes."""
    _, variation = HANDLE_MINUTES[line]
    variance = math.log1p(variation * variation)
    multiple = rng.lognormvariate(-variance / 2, math.sqrt(variance))
    mean = expected_minutes(line, complexity) * (REMOTE_FACTOR if remote else 1.0)
    return mean * min(DRAW_MAX, max(DRAW_MIN, multiple))


def seconds_per_minute(work: Iterable[tuple[Line, int]], people: int, service_s: float, utilisation: float) -> float:
    """How many real seconds stand for one minute of work, so that `people` are busy for `utilisation` of the time.

    Args:
        work: (line, complexity) of every task.
        service_s: how long the people work, real seconds.
    """
    minutes = sum(expected_minutes(line, complexity) for line, complexity in work)
    return people * service_s * utilisation / minutes if minutes else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What the operators of a workbench do with what they are given. Probabilities are per task."""

    #: Real seconds that stand for one minute of work.
    seconds_per_minute: float = 0.25
    #: From the offer on the screen to the answer, real seconds: shortest and longest.
    reaction_s: tuple[float, float] = (0.03, 0.12)
    decline: float = 0.0
    suspend: float = 0.0
    refer: float = 0.0
    #: Give a task back to the queue.
    release: float = 0.0
    #: Send a task back undecided. Such tasks end without a decision.
    return_task: float = 0.0
    #: People of at least this authority refer to nobody.
    refer_below_authority: int = 5

    def handle_s(self, rng: random.Random, line: Line, complexity: int, *, remote: bool) -> float:
        """Handle time of one task, real seconds."""
        return draw_minutes(rng, line, complexity, remote=remote) * self.seconds_per_minute

    def pause_s(self, rng: random.Random) -> float:
        """Reaction time, real seconds."""
        return rng.uniform(*self.reaction_s)
