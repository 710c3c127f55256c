"""How many people the desks need, and how fast they work, so that they keep up with the branches.

A load test packs a day's work into minutes, so one person of it stands for many. Who must decide `peak` tasks a second and may be busy half
of the time needs `2 x peak x seconds a task` people. Half, because not everybody may do every kind: the few who may do the rarest kinds are far
busier than the mean.
"""

import math

from loadtests.day import LINE_SHARES
from loadtests.handling import COMPLEXITY_FACTOR, DRAW_MAX, HANDLE_MINUTES, REMOTE_FACTOR, Behaviour

#: Share of their time for which people are busy at the top of the shape, on average.
UTILISATION = 0.5
#: From an offer to the answer, seconds: shortest and longest.
REACTION_S = (0.02, 0.05)
#: What a task costs a person besides the work: the reaction and the answers of the server, seconds.
AROUND_S = 0.08
#: Seconds of work on a task: at least, and at most however many people there are.
WORK_MIN_S, WORK_MAX_S = 0.03, 3.0
_MEAN_MINUTES = sum(share * HANDLE_MINUTES[line][0] for line, share in LINE_SHARES.items())


def people_needed(peak_per_second: float) -> int:
    """The least number of people who keep up with so many tasks a second."""
    return math.ceil(peak_per_second * (AROUND_S + WORK_MIN_S) / UTILISATION)


def seconds_per_minute(people: int, peak_per_second: float) -> float:
    """How many real seconds stand for a minute of work when so many people are there."""
    work_s = UTILISATION * people / peak_per_second - AROUND_S
    return min(WORK_MAX_S, max(WORK_MIN_S, work_s)) / _MEAN_MINUTES


def longest_work_s(pace_s: float) -> float:
    """The longest that a person works on a task, at so many seconds for a minute of work, and what it costs around that. Seconds."""
    longest = max(mean for mean, _ in HANDLE_MINUTES.values()) * max(COMPLEXITY_FACTOR) * REMOTE_FACTOR * DRAW_MAX
    return longest * pace_s + AROUND_S


def behaviour(pace_s: float) -> Behaviour:
    """What people do, at so many seconds for a minute of work. Nobody suspends or returns: every task is to be decided within the run."""
    return Behaviour(seconds_per_minute=pace_s, reaction_s=REACTION_S, decline=0.02, refer=0.01, release=0.01)
