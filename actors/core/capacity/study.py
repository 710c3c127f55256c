"""The whole question over seeds: how much quicker, and how much more, with sharing than without.

A seed draws one country. It is played as the scenario says, and without surge and outage (calm), each without sharing and with it; then the load of all
lines alike is raised with sharing until the on-time ratio is what it was without, for both. What the seeds scatter is told by 95 %
intervals (Student's t). Nothing is played twice: outcomes are kept by load. Refused: an extra load for each line; it costs as much again, and
nobody can raise the load of one line alone.
"""

from collections.abc import Callable

import msgspec

from actors.core.capacity.country import play
from actors.core.capacity.measures import Outcome, offered_load, outcome_of
from actors.core.capacity.raising import STEP, extra_load
from actors.core.capacity.scenario import DAY_MINUTES, LineOfWork, Scenario, calm
from actors.core.capacity.work import Drawn, draw
from actors.core.country import Line, SharingPolicy


class Weeks:
    """One seed's country at any load, with sharing and without."""

    def __init__(self, scenario: Scenario, seed: int, policy: SharingPolicy, period_minutes: float) -> None:
        """Draws the work of all lines."""
        self._scenario, self._policy, self._period = scenario, policy, period_minutes
        self._drawn: dict[Line, Drawn] = {line.line: draw(scenario, line, seed) for line in scenario.lines}
        self._outcomes: dict[tuple[Line, bool, int], Outcome] = {}

    def outcome(self, line: LineOfWork, *, shares: bool, step: int = 0) -> Outcome:
        """What comes of a line.

        Args:
            line: which.
            shares: with the policy, or without any.
            step: extra load, in steps of `raising.STEP`.
        """
        key = (line.line, shares, step)
        known = self._outcomes.get(key)
        if known is None:
            drawn = self._drawn[line.line]
            work = drawn.at_load(1.0 + STEP * step)
            played = play(self._scenario, line, drawn.duties, work, self._policy if shares else None, self._period)
            known = self._outcomes[key] = outcome_of(line, drawn.duties, work, played)
        return known

    def load(self, line: LineOfWork) -> float:
        """Minutes of work over minutes of people, surge and month's end included."""
        drawn = self._drawn[line.line]
        return offered_load(drawn.duties, drawn.at_load(1.0), float(self._scenario.days * DAY_MINUTES))

    def on_time_ratio(self, *, shares: bool, step: int = 0) -> float:
        """Share of all tasks that kept their promise."""
        outcomes = [self.outcome(line, shares=shares, step=step) for line in self._scenario.lines]
        return sum(each.on_time for each in outcomes) / sum(each.tasks for each in outcomes)

    def left(self, *, shares: bool, step: int = 0) -> int:
        """Tasks that were not done when the days were over."""
        return sum(self.outcome(line, shares=shares, step=step).left for line in self._scenario.lines)

    def extra_load(self) -> float | None:
        """The extra load at which sharing keeps as many promises as isolation does without it; see `raising.extra_load`."""
        target = self.on_time_ratio(shares=False)
        return extra_load(lambda step: self.on_time_ratio(shares=True, step=step), target)


class LineOfSeed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of one seed."""

    load: float
    isolated: Outcome
    shared: Outcome
    calm_isolated: Outcome
    calm_shared: Outcome


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One seed: by line, and for all lines alike."""

    lines: dict[Line, LineOfSeed]
    on_time_isolated: float
    on_time_shared: float
    extra_load: float | None
    #: The same without surge and outage.
    calm_on_time_isolated: float
    calm_on_time_shared: float
    calm_extra_load: float | None
    #: Tasks not done when the days were over: without sharing, with it, and with it at the extra load (rounded down to the grid).
    left_isolated: int
    left_shared: int
    left_at_extra_load: int


def study_seed(
    scenario: Scenario,
    seed: int,
    policy: SharingPolicy,
    period_minutes: float,
    tell: Callable[[str], None] = lambda what: None,
) -> Seed:
    """Ask everything of one seed.

    Args:
        scenario: what is assumed.
        seed: of all draws.
        policy: every branch's.
        period_minutes: from one picture to the next.
        tell: hears what is played next, and what came of it.
    """
    weeks = Weeks(scenario, seed, policy, period_minutes)
    quiet = Weeks(calm(scenario), seed, policy, period_minutes)
    tell("without sharing, and with it")
    by_line = {line.line: _line_of_seed(weeks, quiet, line) for line in scenario.lines}
    for name, each in by_line.items():
        tell(f"{name}: turnaround cut by {1.0 - each.shared.mean_minutes / each.isolated.mean_minutes:.1%}")
    tell("load raised")
    extra = weeks.extra_load()
    tell(f"extra load {_text(extra)}")
    tell("load raised without surge and outage")
    calm_extra = quiet.extra_load()
    tell(f"extra load {_text(calm_extra)} without surge and outage")
    step = int((extra or 0.0) / STEP)
    return Seed(
        lines=by_line,
        on_time_isolated=weeks.on_time_ratio(shares=False),
        on_time_shared=weeks.on_time_ratio(shares=True),
        extra_load=extra,
        calm_on_time_isolated=quiet.on_time_ratio(shares=False),
        calm_on_time_shared=quiet.on_time_ratio(shares=True),
        calm_extra_load=calm_extra,
        left_isolated=weeks.left(shares=False),
        left_shared=weeks.left(shares=True),
        left_at_extra_load=weeks.left(shares=True, step=step),
    )


def _line_of_seed(weeks: Weeks, quiet: Weeks, line: LineOfWork) -> LineOfSeed:
    return LineOfSeed(
        load=weeks.load(line),
        isolated=weeks.outcome(line, shares=False),
        shared=weeks.outcome(line, shares=True),
        calm_isolated=quiet.outcome(line, shares=False),
        calm_shared=quiet.outcome(line, shares=True),
    )


def _text(extra: float | None) -> str:
    return "beyond the highest load played" if extra is None else f"{extra:.1%}"
