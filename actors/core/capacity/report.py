"""What the seeds say together: means over seeds with 95 % intervals."""

from collections.abc import Callable, Sequence

import msgspec

from actors.core.capacity.measures import Outcome
from actors.core.capacity.scenario import Scenario
from actors.core.capacity.study import LineOfSeed, Seed
from actors.core.capacity.work import FACTOR_MAX
from actors.core.country import Line
from actors.core.replay.measures import Interval, interval

EXTRA_MAX = FACTOR_MAX - 1.0


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """One way, sharing or not: minutes of service but for the calendar's, and promises kept."""

    mean_minutes: Interval
    p95_minutes: Interval
    calendar_mean_minutes: Interval
    on_time_ratio: Interval


class LineReport(msgspec.Struct, frozen=True, kw_only=True):
    """One line. Every cut and every speed-up is a ratio (0.3: 30 %)."""

    operators: int
    #: Arrived in the scenario's days.
    tasks: Interval
    load: Interval
    without: Times
    shared: Times
    #: c: 1 - turnaround with sharing over that without.
    cut_of_mean: Interval
    cut_of_p95: Interval
    #: 1 / (1 - c) - 1: how many more tasks pass in the same turnaround.
    speed_up: Interval
    #: c in the same days without surge and outage, and c in calendar minutes.
    calm_cut_of_mean: Interval
    calm_cut_of_p95: Interval
    calendar_cut_of_mean: Interval
    #: Shares of tasks moved by the plan, and by the evacuation; and by the plan in calm days.
    moved_ratio: Interval
    evacuated_ratio: Interval
    calm_moved_ratio: Interval
    #: Branches whose own tasks were slower with sharing in calm days, and by how many minutes the slowest of them.
    calm_branches_slower: Interval
    calm_slower_minutes_max: Interval


class CountryReport(msgspec.Struct, frozen=True, kw_only=True):
    """All lines alike."""

    on_time_without: Interval
    on_time_shared: Interval
    extra_load: Interval
    calm_on_time_without: Interval
    calm_on_time_shared: Interval
    calm_extra_load: Interval
    #: Tasks not done when the days were over: without, shared, and shared at the extra load.
    left_without: Interval
    left_shared: Interval
    left_at_extra_load: Interval


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All seeds. An extra load that no seed's grid could hold stands at the grid's end, `extra_load_max`."""

    seeds: int
    lines: dict[Line, LineReport]
    country: CountryReport
    plans: Interval
    extra_load_max: float = EXTRA_MAX

    @property
    def holds(self) -> bool:
        """Whether sharing made every line quicker and won capacity, beyond what seeds scatter."""
        extra = self.country.extra_load
        return all(each.cut_of_mean.mean > 0 for each in self.lines.values()) and extra.mean > (extra.half or 0.0)


def report_of(scenario: Scenario, seeds: Sequence[Seed]) -> Report:
    """Sum up one study a seed, at least one."""
    return Report(
        seeds=len(seeds),
        lines={
            line.line: _line_report(line.operators, [seed.lines[line.line] for seed in seeds])
            for line in scenario.lines
        },
        country=_country_report(seeds),
        plans=interval([float(sum(line.shared.plans for line in seed.lines.values())) for seed in seeds]),
    )


def _line_report(operators: int, seeds: Sequence[LineOfSeed]) -> LineReport:
    def over(value: Callable[[LineOfSeed], float]) -> Interval:
        return interval([value(seed) for seed in seeds])

    cuts = [1.0 - seed.shared.mean_minutes / seed.isolated.mean_minutes for seed in seeds]
    return LineReport(
        operators=operators,
        tasks=over(lambda seed: float(seed.isolated.tasks)),
        load=over(lambda seed: seed.load),
        without=_times([seed.isolated for seed in seeds]),
        shared=_times([seed.shared for seed in seeds]),
        cut_of_mean=interval(cuts),
        cut_of_p95=over(lambda seed: 1.0 - seed.shared.p95_minutes / seed.isolated.p95_minutes),
        speed_up=interval([1.0 / (1.0 - cut) - 1.0 for cut in cuts]),
        calm_cut_of_mean=over(lambda seed: 1.0 - seed.calm_shared.mean_minutes / seed.calm_isolated.mean_minutes),
        calm_cut_of_p95=over(lambda seed: 1.0 - seed.calm_shared.p95_minutes / seed.calm_isolated.p95_minutes),
        calendar_cut_of_mean=over(
            lambda seed: 1.0 - seed.shared.calendar_mean_minutes / seed.isolated.calendar_mean_minutes
        ),
        moved_ratio=over(lambda seed: seed.shared.moved / seed.shared.tasks),
        evacuated_ratio=over(lambda seed: seed.shared.evacuated / seed.shared.tasks),
        calm_moved_ratio=over(lambda seed: seed.calm_shared.moved_ratio),
        calm_branches_slower=over(lambda seed: float(sum(slower > 0.0 for slower in _slower(seed)))),
        calm_slower_minutes_max=over(lambda seed: max(0.0, *_slower(seed))),
    )


def _slower(seed: LineOfSeed) -> list[float]:
    """By branch, minutes that its own tasks took longer with sharing in calm days; negative: they were quicker."""
    pairs = zip(seed.calm_shared.branch_minutes, seed.calm_isolated.branch_minutes, strict=True)
    return [shared - isolated for shared, isolated in pairs]


def _times(outcomes: Sequence[Outcome]) -> Times:
    return Times(
        mean_minutes=interval([each.mean_minutes for each in outcomes]),
        p95_minutes=interval([each.p95_minutes for each in outcomes]),
        calendar_mean_minutes=interval([each.calendar_mean_minutes for each in outcomes]),
        on_time_ratio=interval([each.on_time_ratio for each in outcomes]),
    )


def _country_report(seeds: Sequence[Seed]) -> CountryReport:
    def over(value: Callable[[Seed], float]) -> Interval:
        return interval([value(seed) for seed in seeds])

    return CountryReport(
        on_time_without=over(lambda seed: seed.on_time_isolated),
        on_time_shared=over(lambda seed: seed.on_time_shared),
        extra_load=over(lambda seed: _bounded(seed.extra_load)),
        calm_on_time_without=over(lambda seed: seed.calm_on_time_isolated),
        calm_on_time_shared=over(lambda seed: seed.calm_on_time_shared),
        calm_extra_load=over(lambda seed: _bounded(seed.calm_extra_load)),
        left_without=over(lambda seed: float(seed.left_isolated)),
        left_shared=over(lambda seed: float(seed.left_shared)),
        left_at_extra_load=over(lambda seed: float(seed.left_at_extra_load)),
    )


def _bounded(extra_load: float | None) -> float:
    return EXTRA_MAX if extra_load is None else extra_load
