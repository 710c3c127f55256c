"""What is assumed of the country: sizes, hours, people, arrivals."""

import msgspec
import numpy as np
import pytest

from actors.core.capacity.branches import BRANCHES, people_of
from actors.core.capacity.hours import Duty, duty_of, month_ends, service_minutes
from actors.core.capacity.scenario import DAY_MINUTES, LINES, SURGE, LineOfWork, Scenario, calm
from actors.core.capacity.work import FACTOR_MAX, Work, draw
from actors.core.ids import ProvinceCode
from loadtests.catalogue import POPULATION_MILLIONS
from tests.unit.core.capacity.country import BRANCHES as FOUR
from tests.unit.core.capacity.country import CLAIMS, NORTH, SMALL, SOUTH, WEST


def duty(code: str, people: int = 9) -> Duty:
    """Claims of a branch of the small country, in a week."""
    week = msgspec.structs.replace(SMALL, days=7)
    return duty_of(week, CLAIMS, next(branch for branch in FOUR if branch.code == code), people)


def people_at(duty: Duty, minute: float) -> int:
    """On duty at an instant."""
    return [people for at, people in duty.changes if at <= minute][-1]


def test_branches_are_those_of_the_census() -> None:
    """Would break if the model's country were another than the load tests'."""
    assert {branch.code: branch.population_millions for branch in BRANCHES} == POPULATION_MILLIONS


@pytest.mark.parametrize("line", LINES, ids=[line.line.value for line in LINES])
def test_every_operator_has_one_branch(line: LineOfWork) -> None:
    """Would break if rounding made or lost people, or left a branch without any."""
    people = people_of(BRANCHES, line.operators)
    assert (sum(people), min(people) >= 1) == (line.operators, True)
    by_code = dict(zip((branch.code for branch in BRANCHES), people, strict=True))
    assert by_code[ProvinceCode("guangdong")] == max(people)


def test_a_day_has_a_lunch_and_the_west_is_late() -> None:
    """Would break if people were on duty at other times than the branch is open."""
    north, west = duty(NORTH), duty(WEST)
    noon, half_past_ten = 12 * 60, 10 * 60 + 30
    assert [people_at(north, at) for at in (510, noon, noon + 60, 1_050)] == [9, 4, 9, 0]
    assert [people_at(west, at) for at in (half_past_ten, noon, noon + 120, 1_170)] == [9, 9, 4, 0]
    saturday = 5 * DAY_MINUTES
    assert people_at(north, saturday + noon) == 1
    assert north.spans[0] == (510.0, 1_050.0)
    assert north.people_minutes(float(DAY_MINUTES)) == 9 * 480 + 4 * 60


def test_nobody_works_without_power() -> None:
    """Would break if an outage left people on duty, or its end did not bring back as many as are due then."""
    south = duty(SOUTH)
    assert [people_at(south, at) for at in (599, 600, 719, 720, 780)] == [9, 0, 0, 4, 9]


def test_a_night_is_nobodys_delay() -> None:
    """Would break if service minutes ran while the branch is closed."""
    spans = duty(NORTH).spans
    evening, morning = 1_049.0, DAY_MINUTES + 511.0
    begun, ended = service_minutes(spans, np.array([evening, morning]))
    assert ended - begun == pytest.approx(2.0)


def test_the_week_has_one_month_end() -> None:
    """Would break if the scenario's week were heavier or lighter than it says."""
    assert month_ends(Scenario()) == [False, True, False, False, False, False, False]
    assert sum(month_ends(Scenario(days=28))) == 1


def test_a_raised_load_is_the_same_tasks_and_some_more() -> None:
    """Would break if the figures of two loads differed by chance."""
    drawn = draw(SMALL, CLAIMS, 1)
    usual, raised = drawn.at_load(1.0), drawn.at_load(1.1)
    assert set(usual.arrived.tolist()) < set(raised.arrived.tolist())
    assert len(raised.arrived) / len(usual.arrived) == pytest.approx(1.1, rel=0.05)
    assert len(drawn.at_load(FACTOR_MAX).arrived) == len(drawn.most.arrived)
    for number in range(len(FOUR)):
        own = usual.arrived[usual.first[number] : usual.first[number + 1]]
        assert bool(np.all(np.diff(own) >= 0))


def test_a_surge_is_where_and_when_it_is_said_to_be() -> None:
    """Would break if the headline's surge were another than the scenario's."""
    week = msgspec.structs.replace(
        SMALL, days=5, noise_deviation=0.0, surge=msgspec.structs.replace(SURGE, province=NORTH)
    )
    busy, still = (draw(each, CLAIMS, 2).at_load(1.0) for each in (week, calm(week)))

    def by_day(work: Work, number: int) -> list[int]:
        arrived = work.arrived[work.first[number] : work.first[number + 1]]
        return np.histogram(arrived, bins=np.arange(6) * DAY_MINUTES)[0].tolist()

    assert by_day(busy, 1) == by_day(still, 1)
    ratios = [surging / usual for surging, usual in zip(by_day(busy, 0), by_day(still, 0), strict=True)]
    assert ratios[:2] == [1.0, 1.0]
    assert ratios[2:] == pytest.approx([2.0, 2.0, 2.0], rel=0.15)
