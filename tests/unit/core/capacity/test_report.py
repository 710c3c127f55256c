"""The published figures, from plays written by hand."""

from typing import Any

import msgspec
import numpy as np
import pytest

from actors.core.capacity.branches import BRANCHES
from actors.core.capacity.country import Played
from actors.core.capacity.hours import Duty
from actors.core.capacity.measures import Outcome, offered_load, outcome_of
from actors.core.capacity.report import EXTRA_MAX, report_of
from actors.core.capacity.scenario import LINES, Scenario
from actors.core.capacity.study import LineOfSeed, Seed
from actors.core.capacity.work import Work
from actors.core.country import Line

CLAIMS = msgspec.structs.replace(LINES[0], promise_minutes=20)
SCENARIO = Scenario(lines=(CLAIMS,))


def came_of(mean_minutes: float, **changes: Any) -> Outcome:
    """A play of a hundred tasks of two branches."""
    known: dict[str, Any] = {
        "tasks": 100,
        "on_time": 80,
        "mean_minutes": mean_minutes,
        "p95_minutes": 3 * mean_minutes,
        "calendar_mean_minutes": 10 * mean_minutes,
        "moved": 20,
        "evacuated": 5,
        "plans": 7,
        "left": 1,
        "branch_minutes": [mean_minutes, mean_minutes],
    }
    return Outcome(**(known | changes))


LINE = LineOfSeed(
    load=0.8,
    isolated=came_of(20.0),
    shared=came_of(12.0, p95_minutes=30.0, calendar_mean_minutes=150.0),
    calm_isolated=came_of(10.0),
    calm_shared=came_of(8.0, p95_minutes=27.0, moved=10, evacuated=0, branch_minutes=[7.0, 11.5]),
)
SEED = Seed(
    lines={Line.CLAIMS: LINE},
    on_time_isolated=0.8,
    on_time_shared=0.9,
    extra_load=0.1,
    calm_on_time_isolated=0.85,
    calm_on_time_shared=0.95,
    calm_extra_load=None,
    left_isolated=3,
    left_shared=2,
    left_at_extra_load=4,
)


def test_every_figure_of_the_report_is_what_its_name_says() -> None:
    """What is published of sharing would be the speed-up of another line, another day, or the other way round."""
    report = report_of(SCENARIO, [SEED, SEED])
    told = report.lines[Line.CLAIMS]
    figures = {
        "tasks": 100,
        "load": 0.8,
        "cut_of_mean": 0.4,
        "cut_of_p95": 0.5,
        "speed_up": 1 / 0.6 - 1,
        "calm_cut_of_mean": 0.2,
        "calm_cut_of_p95": 0.1,
        "calendar_cut_of_mean": 0.25,
        "moved_ratio": 0.2,
        "evacuated_ratio": 0.05,
        "calm_moved_ratio": 0.1,
        "calm_branches_slower": 1,
        "calm_slower_minutes_max": 1.5,
    }
    assert {name: getattr(told, name).mean for name in figures} == pytest.approx(figures)
    assert (told.without.mean_minutes.mean, told.shared.mean_minutes.mean) == (20.0, 12.0)
    assert told.shared.on_time_ratio.mean == pytest.approx(0.8)
    country = report.country
    assert (country.extra_load.mean, country.calm_extra_load.mean) == pytest.approx((0.1, EXTRA_MAX))
    assert (country.on_time_without.mean, country.on_time_shared.mean) == pytest.approx((0.8, 0.9))
    assert (country.left_without.mean, country.left_shared.mean, country.left_at_extra_load.mean) == (3, 2, 4)
    assert (report.seeds, report.plans.mean) == (2, 7)


def test_the_claim_holds_only_if_every_line_is_quicker_and_more_is_borne() -> None:
    """A line that sharing slows down, or capacity that is within what seeds scatter, is no gain."""
    assert report_of(SCENARIO, [SEED, SEED]).holds
    slower = msgspec.structs.replace(LINE, shared=came_of(20.0))
    for changes in ({"extra_load": 0.0}, {"lines": {Line.CLAIMS: slower}}):
        worse = msgspec.structs.replace(SEED, **changes)
        assert not report_of(SCENARIO, [worse, worse]).holds
    lucky = msgspec.structs.replace(SEED, extra_load=0.0)
    assert not report_of(SCENARIO, [SEED, lucky]).holds


def test_a_play_is_summed_up_in_minutes_of_service() -> None:
    """A night would be everybody's delay, or what is done just in time be late."""
    spans = [(0.0, 100.0), (200.0, 300.0)]
    duties = [Duty(branch=branch, spans=spans, changes=[(0.0, 2), (50.0, 0)], outage=None) for branch in BRANCHES[:3]]
    work = Work(
        first=[0, 2, 3, 3],
        arrived=np.array([10.0, 90.0, 0.0]),
        minutes=np.array([20.0, 30.0, 40.0]),
        may_leave=np.ones(3, dtype=np.bool_),
    )
    played = Played(done=np.array([30.0, 210.0, 50.0]), moved=1, evacuated=1, plans=4, left=0)
    came = outcome_of(CLAIMS, duties, work, played)
    assert came.branch_minutes[:2] == [20.0, 50.0] and np.isnan(came.branch_minutes[2])
    assert (came.tasks, came.on_time, came.mean_minutes) == (3, 2, 30.0)
    assert came.calendar_mean_minutes == pytest.approx((20 + 120 + 50) / 3)
    assert came.p95_minutes == pytest.approx(47.0)
    assert (came.on_time_ratio, came.moved_ratio) == pytest.approx((2 / 3, 2 / 3))
    assert offered_load(duties, work, 100.0) == pytest.approx(90 / 300)
    assert offered_load(duties, work, 25.0) == pytest.approx(90 / 150)
