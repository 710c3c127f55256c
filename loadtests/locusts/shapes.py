"""The shapes of load: how many times the ordinary rate arises at which minute of what is played, and whose desks are silent when.

An ordinary average is 1, the top of a new-year peak 10. A day's course is that of `loadtests.day`; the others are straight lines between
corners. How much real time a played minute takes is the run's time factor: 60 plays an hour in a minute.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtests.day import HALF_HOURS, MONTH_END_FACTOR

#: The top of the new-year peak, in ordinary averages. Rates are stated for it.
PEAK = 10.0
#: From one look at what is due to the next, real seconds.
TICK_S = 1.0
_HALF_HOUR_MINUTES = 30.0
_NEW_YEAR = ((0.0, 1.0), (5.0, 1.0), (10.0, PEAK), (20.0, PEAK), (25.0, 1.0), (30.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape."""

    name: str
    #: For people, one line.
    meaning: str
    #: (played minute, multiple of the ordinary average), rising by minute; straight lines between.
    corners: tuple[tuple[float, float], ...]
    #: Played minutes that pass in a real minute, unless told otherwise.
    time_factor: float = 1.0
    #: A province's desks are silent from the first of these minutes to the second.
    silent: tuple[float, float] | None = None
    #: New business and servicing have a larger share.
    is_month_end: bool = False

    @property
    def minutes(self) -> float:
        """Length, played minutes."""
        return self.corners[-1][0]

    @property
    def top(self) -> float:
        """The highest multiple."""
        return max(multiple for _, multiple in self.corners)

    def multiple(self, minute: float) -> float:
        """Multiple of the ordinary average at a played minute; 0 when it is over. Of two corners at one minute the later holds."""
        if not 0 <= minute < self.minutes:
            return 0.0
        for (left, low), (right, high) in pairwise(self.corners):
            if left <= minute < right:
                return low + (high - low) * (minute - left) / (right - left)
        raise AssertionError("corners rise by minute")

    def is_silent(self, minute: float) -> bool:
        """Whether the desks of the chosen province are silent then."""
        return self.silent is not None and self.silent[0] <= minute < self.silent[1]


def why_not_silent(shape: Shape, wanted: str, provinces: Collection[str], time_factor: float) -> str:
    """Why nobody's desks could fall silent as asked for; empty: they can, or the shape has no silence.

    Args:
        wanted: whose desks; empty: anybody's.
        provinces: that there are.
        time_factor: played minutes in a real one.
    """
    if shape.silent is None:
        return ""
    if wanted and wanted not in provinces:
        return f"--silent-province: there is no province {wanted!r}; there are {', '.join(provinces)}"
    lasts_s = (shape.silent[1] - shape.silent[0]) * 60 / time_factor
    if lasts_s < TICK_S:
        return f"--time-factor {time_factor:g}: the silence would last {lasts_s:.2f} s, and be over before anybody falls silent"
    return ""


def _day(factor: float) -> tuple[tuple[float, float], ...]:
    """A branch's day in half-hours, so that its mean is `factor`."""
    mean = sum(HALF_HOURS) / len(HALF_HOURS)
    corners: list[tuple[float, float]] = []
    for number, arrivals in enumerate(HALF_HOURS):
        multiple = factor * arrivals / mean
        corners += [(number * _HALF_HOUR_MINUTES, multiple), ((number + 1) * _HALF_HOUR_MINUTES, multiple)]
    return tuple(corners)


def _named(shapes: Sequence[Shape]) -> dict[str, Shape]:
    return {shape.name: shape for shape in shapes}


SHAPES = _named(
    (
        Shape(name="day", meaning="an ordinary day of nine hours", corners=_day(1.0), time_factor=60),
        Shape(
            name="month-end",
            meaning="the last day of a month: more new business and servicing",
            corners=_day(MONTH_END_FACTOR),
            time_factor=60,
            is_month_end=True,
        ),
        Shape(name="new-year", meaning="开门红: ten times the ordinary rate within five minutes", corners=_NEW_YEAR),
        Shape(
            name="outage",
            meaning="开门红, and a province's desks fall silent at its top for five minutes",
            corners=_NEW_YEAR,
            silent=(12.0, 17.0),
        ),
        Shape(
            name="flash-crowd",
            meaning="eight times the ordinary rate from one moment to the next, for two minutes",
            corners=((0.0, 1.0), (2.0, 1.0), (2.0, 8.0), (4.0, 8.0), (4.0, 1.0), (6.0, 1.0)),
        ),
        Shape(
            name="soak", meaning="60 % of the peak for half an hour", corners=((0.0, 0.6 * PEAK), (30.0, 0.6 * PEAK))
        ),
    )
)
