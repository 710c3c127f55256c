"""The engine against queueing theory: what it must reproduce before anything it says of a country is believed.

* M/M/c: mean wait by Erlang's C formula, within three standard errors and 3 %;
* M/G/1 with lognormal sizes: mean wait by Pollaczek and Khinchine, within 3 %;
* Little's law, exactly: tasks in the system summed over time are the turnarounds summed over tasks, on every path;
* sharing that never finds a wait too long is isolation, event for event.

The same `office.Office` that plays a branch is given one branch that never closes. Waits are compared, not turnarounds, which would
hide an error of the queue behind the handle time. A run begins empty, so its first tenth is not counted.
"""

from collections.abc import Callable, Sequence
from math import inf, sqrt

import msgspec
import numpy as np

from actors.core.capacity.branches import Branch
from actors.core.capacity.country import play
from actors.core.capacity.drawing import Floats, exponentials, lognormals, stream
from actors.core.capacity.hours import Duty
from actors.core.capacity.office import Office, fates_of
from actors.core.capacity.scenario import Scenario, calm
from actors.core.capacity.work import Work, draw
from actors.core.country import SharingPolicy
from actors.core.ids import ProvinceCode

#: How far a mean may be from theory: of itself, and in standard errors.
RELATIVE_MAX = 0.03
STANDARD_ERRORS_MAX = 3.0
#: Of a run, what is not counted.
WARM_UP = 0.1
REPLICATIONS_MIN = 10
#: (people, load) of the M/M/c queues; (load, variation) of the M/G/1 queues.
MANY_SERVERS = ((1, 0.5), (1, 0.85), (5, 0.7), (5, 0.85), (20, 0.7), (20, 0.85))
GENERAL_SIZES = ((0.5, 0.8), (0.7, 1.0), (0.7, 1.2), (0.85, 1.2))
#: Longer than any wait.
NEVER_MS = 10**12
#: After everything.
END_OF_TIME = 1e18

Sizes = Callable[[int, int], Floats]
"""(state of a stream, count) -> sizes of mean 1."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison with theory."""

    name: str
    expected: float
    measured: float
    #: Of the measured mean, over replications; 0: the comparison is exact.
    standard_error: float
    holds: bool


def erlang_c_wait(people: int, load: float) -> float:
    """Mean wait of M/M/c in mean handle times.

    Args:
        people: c.
        load: arrivals over capacity, below 1.
    """
    offered, lost = people * load, 1.0
    for servers in range(1, people + 1):
        lost = offered * lost / (servers + offered * lost)
    waits = lost / (1.0 - load * (1.0 - lost))
    return waits / (people * (1.0 - load))


def pollaczek_khinchine_wait(load: float, variation: float) -> float:
    """Mean wait of M/G/1 in mean handle times.

    Args:
        load: arrivals over capacity, below 1.
        variation: deviation of sizes over their mean.
    """
    return load * (1.0 + variation**2) / (2.0 * (1.0 - load))


def waits(people: int, load: float, sizes: Sizes, tasks: int, seed: int) -> Floats:
    """(tasks,) waits of one run of a single branch that never closes, in mean handle times."""
    office, work = _single(people, load, sizes, tasks, seed)
    office.pass_until(END_OF_TIME)
    return np.array(office.fates.done) - work.arrived - work.minutes


def _single(people: int, load: float, sizes: Sizes, tasks: int, seed: int) -> tuple[Office, Work]:
    arrived = np.cumsum(exponentials(stream(seed, 0), tasks)) / (people * load)
    work = Work(
        first=[0, tasks],
        arrived=arrived,
        minutes=sizes(stream(seed, 1), tasks),
        may_leave=np.zeros(tasks, dtype=np.bool_),
    )
    branch = Branch(code=ProvinceCode("one"), population_millions=1.0)
    duty = Duty(branch=branch, spans=[(0.0, inf)], changes=[(0.0, people)], outage=None)
    office = Office(0, duty, work, fates_of(work))
    office.change_people(people, 0.0)
    return office, work


def compare(
    name: str, expected: float, people: int, load: float, sizes: Sizes, tasks: int, replications: int, seed: int
) -> Check:
    """Hold the mean wait over replications against theory.

    Args:
        name: of the check.
        expected: mean wait in handle times.
        people: on duty.
        load: arrivals over capacity.
        sizes: draws handle times of mean 1.
        tasks: of one replication.
        replications: at least two.
        seed: of the first; the others follow it.
    """
    means = [
        float(np.mean(waits(people, load, sizes, tasks, seed + each)[int(WARM_UP * tasks) :]))
        for each in range(replications)
    ]
    measured, error = float(np.mean(means)), float(np.std(means, ddof=1)) / sqrt(replications)
    off = abs(measured - expected)
    return Check(
        name=name,
        expected=expected,
        measured=measured,
        standard_error=error,
        holds=off <= STANDARD_ERRORS_MAX * error and off <= RELATIVE_MAX * expected,
    )


def littles_law(people: int, load: float, tasks: int, seed: int) -> Check:
    """Sum the tasks in the system over time, as the office counts them, and the turnarounds over tasks, as fates tell them."""
    office, work = _single(people, load, exponentials, tasks, seed)
    # A first pass tells the instants at which the second is stopped and counted.
    ahead, _ = _single(people, load, exponentials, tasks, seed)
    ahead.pass_until(END_OF_TIME)
    done = np.array(ahead.fates.done)
    before, summed = 0.0, 0.0
    for at in np.sort(np.concatenate((work.arrived, done))).tolist():
        summed += office.in_system() * (at - before)
        office.pass_until(at)
        before = at
    turnarounds = float(np.sum(done - work.arrived))
    # Exact but for the rounding of sums.
    holds = abs(summed - turnarounds) <= 1e-9 * turnarounds and office.in_system() == 0
    return Check(name="Little's law", expected=turnarounds, measured=summed, standard_error=0.0, holds=holds)


def isolation(scenario: Scenario, seed: int, period_minutes: float) -> Check:
    """Count the tasks of calm days that are done at another instant if sharing never finds a wait too long."""
    still = calm(scenario)
    never = SharingPolicy(activation_wait_ms=NEVER_MS, release_wait_ms=NEVER_MS)
    differing = 0
    for line in still.lines:
        drawn = draw(still, line, seed)
        work = drawn.at_load(1.0)
        alone, shared = (play(still, line, drawn.duties, work, policy, period_minutes) for policy in (None, never))
        differing += int(np.count_nonzero(alone.done != shared.done))
    return Check(
        name="infinite threshold", expected=0.0, measured=float(differing), standard_error=0.0, holds=not differing
    )


def checks(tasks: int, replications: int, seed: int) -> Sequence[Check]:
    """All comparisons with theory but for `isolation`.

    Args:
        tasks: of one replication.
        replications: of each queue, at least `REPLICATIONS_MIN`.
        seed: of all draws; every queue has its own, so that chance does not lean all of them to one side.
    """
    if replications < REPLICATIONS_MIN:
        raise ValueError(f"{replications} replications are too few; {REPLICATIONS_MIN} at least")
    found = [
        compare(
            f"M/M/{people} load {load}",
            erlang_c_wait(people, load),
            people,
            load,
            exponentials,
            tasks,
            replications,
            stream(seed, people, round(100 * load)),
        )
        for people, load in MANY_SERVERS
    ]
    found += [
        compare(
            f"M/G/1 load {load} cv {variation}",
            pollaczek_khinchine_wait(load, variation),
            1,
            load,
            lambda state, count, variation=variation: lognormals(state, count, 1.0, variation),
            tasks,
            replications,
            stream(seed, 0, round(100 * load), round(100 * variation)),
        )
        for load, variation in GENERAL_SIZES
    ]
    return [*found, littles_law(5, 0.85, min(tasks, 20_000), seed)]
