"""Ordinary work for a system of the command's own: how much of which line arises where, and how fast people work, for a load that is told.

People of a line are busy for the told part of their time if as much of the line's work arises in their province as they do in that part. So
arrivals go by province and line as people do; all provinces alike would keep large branches idle and small ones in arrears, and a surge is
about waits. Everything is compressed: one minute of work lasts `Behaviour.seconds_per_minute`, and what the system is told in minutes (the kinds'
standard times, the thresholds of the sharing policies) is compressed alike, or its expected waits would be those of another country.
"""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from actors.core.country import SharingPolicy
from loadtests.catalogue import Kind, Line
from loadtests.handling import Behaviour, expected_minutes
from loadtests.roster import Person

#: The thresholds of the shipped policy, which are compressed.
_POLICY = SharingPolicy()


class Arrivals(NamedTuple):
    """Work of one line that arises in one province."""

    province: str
    #: Taken in turn.
    kinds: tuple[str, ...]
    per_s: float
    #: Of these so many are there at the beginning, so that people are busy at once.
    at_once: int


class Load(NamedTuple):
    """The country's ordinary work."""

    behaviour: Behaviour
    arrivals: tuple[Arrivals, ...]
    #: Mean handle time of the arrivals, real seconds.
    handle_s: float

    @property
    def activation_ms(self) -> int:
        """The shipped policy's threshold above which work is shared, compressed."""
        return self._compressed(_POLICY.activation_wait_ms)

    @property
    def release_ms(self) -> int:
        """Its threshold below which sharing ends, compressed."""
        return self._compressed(_POLICY.release_wait_ms)

    def _compressed(self, duration_ms: int) -> int:
        return round(duration_ms * self.behaviour.seconds_per_minute / 60)

    def standard_minutes(self, line: Line) -> int:
        """The handle time of a line as the system counts it: real minutes, at least one."""
        return max(1, round(expected_minutes(line, 0) * self.behaviour.seconds_per_minute / 60))


def load_of(people: Sequence[Person], kinds: Sequence[Kind], load: float, per_s: float) -> Load:
    """Work that keeps these people busy for part of their time, so many tasks a second in all.

    Args:
        kinds: that arise; a line without any is idle.
        load: above 0, below 1.
    """
    by_line = {line: tuple(kind.kind for kind in kinds if kind.line is line) for line in Line}
    #: Tasks that each pool of people does while one minute of work lasts, and so should get.
    wanted = {
        (province, line): load * places / expected_minutes(line, 0)
        for (province, line), places in _places(people).items()
        if by_line[line]
    }
    total = sum(wanted.values())
    seconds_per_minute = total / per_s
    minutes = sum(rate * expected_minutes(line, 0) for (_, line), rate in wanted.items()) / total
    return Load(
        behaviour=Behaviour(seconds_per_minute=seconds_per_minute),
        arrivals=tuple(
            Arrivals(
                province=province,
                kinds=by_line[line],
                per_s=rate / seconds_per_minute,
                at_once=round(rate * expected_minutes(line, 0)),
            )
            for (province, line), rate in wanted.items()
        ),
        handle_s=minutes * seconds_per_minute,
    )


def _places(people: Sequence[Person]) -> dict[tuple[str, Line], int]:
    """Tasks that the people of each province and line can have in hand at once."""
    places: dict[tuple[str, Line], int] = {}
    for person in people:
        key = (person.province, person.line)
        places[key] = places.get(key, 0) + person.capacity
    return places


def pauses_s(arrivals: Arrivals, seed: int) -> Iterator[float]:
    """Pauses between arrivals, without end: a Poisson stream, always the same for the same seed."""
    rng = random.Random(f"arrivals/{seed}/{arrivals.province}/{arrivals.kinds}")
    while True:
        yield rng.expovariate(arrivals.per_s)
