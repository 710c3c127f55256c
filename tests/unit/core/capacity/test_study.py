"""How far the load can be raised, and what the seeds say together."""

import pytest

from actors.core.capacity.raising import STEP, STEPS_MAX, extra_load
from actors.core.capacity.report import EXTRA_MAX, report_of
from actors.core.capacity.study import Weeks, study_seed
from actors.core.country import Line, SharingPolicy
from tests.unit.core.capacity.country import CLAIMS, SMALL


@pytest.mark.parametrize("crossing", [0.0012, 0.08, 0.1111, 0.23])
def test_the_extra_load_is_where_the_ratios_meet(crossing: float) -> None:
    """Would break if the capacity that is printed were not the crossing."""
    asked: list[int] = []

    def ratio(step: int) -> float:
        asked.append(step)
        return 0.9 + crossing - step * STEP

    assert extra_load(ratio, 0.9) == pytest.approx(crossing)
    assert len(set(asked)) <= 5


def test_no_gain_and_too_much_of_it_are_told_apart() -> None:
    """Would break if sharing that helps nobody, or a grid that is too short, passed for a figure."""
    assert extra_load(lambda step: 0.8, 0.9) == 0.0
    assert extra_load(lambda step: 0.95, 0.9) is None
    assert pytest.approx(EXTRA_MAX) == STEPS_MAX * STEP


def test_a_study_asks_every_question_of_its_seed() -> None:
    """Would break if a figure were missing, or told of another country than the one asked about."""
    seeds = [study_seed(SMALL, seed, SharingPolicy(), 15.0) for seed in (1, 2)]
    report = report_of(SMALL, seeds)
    assert set(report.lines) == {Line.CLAIMS, Line.SERVICING}
    claims = report.lines[Line.CLAIMS]
    assert claims.operators == CLAIMS.operators
    assert claims.cut_of_mean.mean > 0
    cuts = [
        1 - seed.lines[Line.CLAIMS].shared.mean_minutes / seed.lines[Line.CLAIMS].isolated.mean_minutes
        for seed in seeds
    ]
    assert claims.cut_of_mean.mean == pytest.approx(sum(cuts) / 2)
    assert claims.speed_up.mean == pytest.approx(sum(1 / (1 - cut) - 1 for cut in cuts) / 2)
    assert claims.cut_of_mean.half is not None
    country = report.country
    assert country.on_time_shared.mean > country.on_time_without.mean
    assert 0 < country.extra_load.mean <= EXTRA_MAX


def test_shared_work_at_the_extra_load_is_on_time_as_often_as_alone() -> None:
    """Would break if the load that is printed did not do what is said of it."""
    weeks = Weeks(SMALL, 1, SharingPolicy(), 15.0)
    extra = weeks.extra_load()
    assert extra is not None
    target = weeks.on_time_ratio(shares=False)
    below, above = int(extra / STEP), int(extra / STEP) + 1
    assert weeks.on_time_ratio(shares=True, step=below) >= target
    assert weeks.on_time_ratio(shares=True, step=above) <= target
