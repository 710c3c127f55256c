import random
from collections import Counter

import pytest

from gateway import validation
from gateway.v1 import task_pb2
from loadtests.catalogue import Branch, Kind, Line, largest
from loadtests.day import (
    DAY_MINUTES,
    DAY_START_MINUTES,
    LINE_SHARES,
    SERVICE_MINUTES,
    DayTask,
    first_green,
    green_case,
    make_day,
    play_second,
)
from loadtests.handling import draw_minutes, seconds_per_minute

DAY_S = 60.0
#: Facts that some tasks tell and some do not.
TOLD = (
    "hospital",
    "case_id",
    "batch_id",
    "language",
    "disaster_tag",
    "missing_document_count",
    "fraud_alert_level",
    "return_count",
    "resubmitted",
    "dispute",
)
TASKS = 5_000


@pytest.fixture(scope="module")
def day(branches: list[Branch], kinds: list[Kind]) -> list[DayTask]:
    """A day of the whole country."""
    return make_day(1, branches, kinds, TASKS, DAY_S)


def test_a_day_covers_all_branches_lines_and_kinds(day: list[DayTask], kinds: list[Kind]) -> None:
    """Would break if a branch had a day off, or fewer than twenty kinds were played."""
    assert len(day) == TASKS
    assert len({task.province for task in day}) == 36
    assert {task.kind for task in day} == {kind.kind for kind in kinds}
    lines = Counter(task.line for task in day)
    for line in Line:
        assert lines[line] / TASKS == pytest.approx(LINE_SHARES[line], abs=0.03)


def test_tasks_come_in_order_each_under_its_own_id(day: list[DayTask]) -> None:
    """Would break if the branch systems sent two tasks under one id, or the player skipped some."""
    assert [task.at_s for task in day] == sorted(task.at_s for task in day)
    assert all(0 <= task.at_s <= DAY_S for task in day)
    assert len({(task.province, task.external_id) for task in day}) == TASKS


def test_the_day_has_two_peaks_and_a_lunch(day: list[DayTask]) -> None:
    """Would break if arrivals were flat, which understates what sharing is for."""

    def arrivals(hour: float) -> int:
        start_s = play_second(hour * 60, DAY_S)
        end_s = play_second((hour + 1) * 60, DAY_S)
        return sum(start_s <= task.at_s < end_s for task in day)

    assert arrivals(10) > 2 * arrivals(12.0)
    assert arrivals(14.5) > 2 * arrivals(12.0)
    assert arrivals(18.5) < arrivals(12.0)


def test_xinjiang_and_tibet_open_two_hours_later(day: list[DayTask]) -> None:
    """Would break if service hours were the same everywhere."""
    ten_thirty_s = play_second(10 * 60 + 30, DAY_S)
    for task in day:
        if task.province in ("xinjiang", "xizang"):
            assert task.at_s >= ten_thirty_s


def test_work_is_skewed_to_kinds_that_need_authority(day: list[DayTask], kinds: list[Kind]) -> None:
    """Would break if people saw the simple cases that rules decide before them."""
    authority = {kind.kind: kind.authority for kind in kinds}
    counts = Counter(task.kind for task in day)
    assert counts["claims-critical-illness"] > counts["claims-hospital-allowance"]
    assert sum(authority[task.kind] >= 2 for task in day) > TASKS / 3
    assert 0 < counts["claims-medical-green"] < TASKS / 50


def test_the_same_seed_plays_the_same_day(branches: list[Branch], kinds: list[Kind], day: list[DayTask]) -> None:
    """Would break if a failed run could not be played again, on whatever order the system lists its kinds in."""
    assert make_day(1, branches[::-1], kinds[::-1], TASKS, DAY_S) == day
    assert make_day(2, branches, kinds, TASKS, DAY_S) != day


def test_month_end_brings_more_new_business(branches: list[Branch], kinds: list[Kind], day: list[DayTask]) -> None:
    """Would break if the month-end factor had no effect."""
    month_end = make_day(1, branches, kinds, TASKS, DAY_S, month_end=True)
    assert _share(month_end, Line.UNDERWRITING) > _share(day, Line.UNDERWRITING)
    assert _share(month_end, Line.CLAIMS) < _share(day, Line.CLAIMS)


def _share(day: list[DayTask], line: Line) -> float:
    return sum(task.line is line for task in day) / len(day)


def test_the_pace_makes_people_as_busy_as_asked(day: list[DayTask]) -> None:
    """Would break if the play took half the time, or never ended."""
    people, service_s = 460, DAY_S * SERVICE_MINUTES / DAY_MINUTES
    pace = seconds_per_minute(((task.line, task.complexity) for task in day), people, service_s, 0.75)
    rng = random.Random(1)
    busy_s = sum(draw_minutes(rng, task.line, task.complexity, remote=False) for task in day) * pace
    assert busy_s / (people * service_s) == pytest.approx(0.70, abs=0.04)
    assert seconds_per_minute([], people, service_s, 0.75) == 1.0


def test_what_is_told_of_tasks_is_what_the_contract_takes(day: list[DayTask]) -> None:
    """Would break if a task of the play were refused, or the facts that matching goes by were left out on the way."""
    wires = [task.to_wire(1_767_240_000_000) for task in day]
    for task, wire in zip(day, wires, strict=True):
        request = task_pb2.CreateTaskRequest(parent=f"provinces/{task.province}", task=wire, request_id="r")
        assert validation.violations_of(request) == []
        assert (wire.product, wire.hospital, wire.customer_id) == (
            task.facts.product,
            task.facts.hospital,
            task.facts.customer_id,
        )
        assert bool(wire.statutory_due_time_ms) is (task.line is Line.CLAIMS)
    told = {name: sum(bool(getattr(wire, name)) for wire in wires) for name in TOLD}
    assert all(0 < count < TASKS for count in told.values()), told


def test_customers_hospitals_and_products_come_back(day: list[DayTask]) -> None:
    """Would break experience with a customer or a hospital: nobody would ever have any."""
    of_branch = [task for task in day if task.province == "guangdong"]
    for field in ("customer_id", "hospital", "product"):
        values = [getattr(task.facts, field) for task in of_branch if getattr(task.facts, field)]
        assert 1 < len(set(values)) < len(values)


def test_times_outside_the_day_count_as_its_ends() -> None:
    """Would break if a task of the night were never sent."""
    assert play_second(0, DAY_S) == 0
    assert play_second(24 * 60, DAY_S) == DAY_S
    assert play_second(DAY_START_MINUTES + DAY_MINUTES / 2, DAY_S) == DAY_S / 2


def test_the_green_case_is_one_of_the_branch(kinds: list[Kind], day: list[DayTask]) -> None:
    """Would break if the claim whose way is followed belonged to somebody else, or were no green-channel claim."""
    case = green_case("fujian", kinds, 3.0)
    assert (case.province, case.green_channel, case.kind, case.at_s) == ("fujian", True, "claims-medical-green", 3.0)
    assert first_green([case], "fujian") == case.external_id
    assert first_green([case], "hunan") is None
    assert case.external_id not in {task.external_id for task in day}
    with pytest.raises(LookupError):
        green_case("fujian", [], 3.0)


def test_a_part_of_the_country_keeps_the_branch_that_matters() -> None:
    """Would break if --provinces 2 left out the branch that loses power."""
    assert largest(["fujian", "guangdong", "henan", "xizang"], 2, "xizang") == ["guangdong", "xizang"]
