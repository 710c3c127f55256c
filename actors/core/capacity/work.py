"""The tasks of one line in the whole country, drawn from a seed.

Arrivals are Poisson at a rate that changes by the minute (the branch's day, the day's noise, month's end, surge): points of rate 1, laid
along the summed rate. Points are drawn for the highest load that is ever asked for, and each has a mark: at a lower load those with a high mark
stay away. So a raised load is the same tasks and some more, which take as long as they take at any load, and the figures of two loads differ by
the load alone.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors.core.capacity.branches import people_of
from actors.core.capacity.drawing import Floats, lognormals, normals, poisson_points, stream, uniforms
from actors.core.capacity.hours import Duty, arrival_shape, duty_of, month_ends
from actors.core.capacity.scenario import LineOfWork, Scenario

#: The highest load that can be asked for, over the scenario's.
FACTOR_MAX = 1.24
#: What a stream of numbers is for.
ARRIVALS, MARKS, SIZES, STAYING, NOISE, UTILISATION = range(6)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks, by home and within it by arrival. A task is its place in these arrays."""

    #: Where each branch's tasks begin; and the end of all.
    first: list[int]
    #: (tasks,) minutes since the scenario began.
    arrived: Floats
    #: (tasks,) minutes that each takes at home.
    minutes: Floats
    #: (tasks,) whether another branch may do it.
    may_leave: NDArray[np.bool_]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks of a line that a seed has for any load, with the branches that do them."""

    line: LineOfWork
    duties: list[Duty]
    #: By branch, minutes of work over minutes of people on a day as planned.
    utilisation: list[float]
    most: Work
    #: (tasks,) of [0, 1): which load brings the task.
    marks: Floats

    def at_load(self, factor: float) -> Work:
        """The tasks at so many times the scenario's load.

        Args:
            factor: at most `FACTOR_MAX`.
        """
        present = self.marks * FACTOR_MAX < factor
        counts = np.concatenate(([0], np.cumsum(present)))
        return Work(
            first=[int(counts[first]) for first in self.most.first],
            arrived=self.most.arrived[present],
            minutes=self.most.minutes[present],
            may_leave=self.most.may_leave[present],
        )


def draw(scenario: Scenario, line: LineOfWork, seed: int) -> Drawn:
    """The line's tasks of a seed."""
    people = people_of(scenario.branches, line.operators)
    places = range(len(scenario.branches))
    of_line = list(scenario.lines).index(line)
    duties = [duty_of(scenario, line, scenario.branches[place], people[place]) for place in places]
    # A branch is as busy in one line as in the others.
    shares = [float(uniforms(stream(seed, UTILISATION, place), 1)[0]) for place in places]
    least, most = scenario.utilisation_least, scenario.utilisation_most
    utilisation = [least + (most - least) * share for share in shares]
    arrived: list[Floats] = []
    for place in places:
        per_minute = utilisation[place] * people[place] / line.handle_minutes
        rates = per_minute * _rates(scenario, line, seed, of_line, place).reshape(-1)
        arrived.append(_arrivals(rates, stream(seed, ARRIVALS, of_line, place)))

    def drawn(purpose: int, place: int) -> Floats:
        return uniforms(stream(seed, purpose, of_line, place), len(arrived[place]))

    work = Work(
        first=[0, *np.cumsum([len(each) for each in arrived]).tolist()],
        arrived=np.concatenate(arrived),
        minutes=np.concatenate(
            [
                lognormals(
                    stream(seed, SIZES, of_line, place),
                    len(arrived[place]),
                    line.handle_minutes,
                    line.handle_variation,
                )
                for place in places
            ]
        ),
        may_leave=np.concatenate([drawn(STAYING, place) < scenario.sharable_part for place in places]),
    )
    marks = np.concatenate([drawn(MARKS, place) for place in places])
    return Drawn(line=line, duties=duties, utilisation=utilisation, most=work, marks=marks)


def _rates(scenario: Scenario, line: LineOfWork, seed: int, of_line: int, place: int) -> Floats:
    """(days, 1440) arrivals of a branch in each minute, over those in a minute of a usual day with everybody on duty."""
    branch = scenario.branches[place]
    factors = _noise(scenario, stream(seed, NOISE, of_line, place))
    factors[month_ends(scenario)] *= scenario.month_end_factor
    surge = scenario.surge
    if surge and surge.province == branch.code:
        factors[surge.first_day : surge.first_day + surge.days] *= line.surge_factor
    return arrival_shape(scenario, line, branch) * factors[:, np.newaxis]


def _noise(scenario: Scenario, state: int) -> Floats:
    """(days,) factors of mean 1; their logarithms are a normal sequence in which each remembers the one before."""
    deviation, kept = scenario.noise_deviation, scenario.noise_correlation
    fresh = normals(state, scenario.days)
    levels = np.empty(scenario.days)
    level = float(fresh[0])
    for day in range(scenario.days):
        level = level if day == 0 else kept * level + (1.0 - kept**2) ** 0.5 * float(fresh[day])
        levels[day] = level
    return np.exp(deviation * levels - deviation**2 / 2)


def _arrivals(rates: Floats, state: int) -> Floats:
    """Instants at the highest load, rising, in minutes.

    Args:
        rates: (minutes,) arrivals in each at load 1.
        state: of the stream.
    """
    summed = np.concatenate(([0.0], np.cumsum(rates))) * FACTOR_MAX
    # Minutes in which nothing arrives would make the inverse ambiguous: only where the sum rises.
    rises = np.concatenate(([True], rates > 0.0))
    rises[:-1] |= rises[1:]
    minutes = np.arange(len(summed), dtype=np.float64)
    return np.interp(poisson_points(state, float(summed[-1])), summed[rises], minutes[rises])
