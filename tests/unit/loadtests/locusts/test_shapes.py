import pytest

from loadtests.locusts.shapes import PEAK, SHAPES, Shape
from loadtests.locusts.staffing import (
    AROUND_S,
    UTILISATION,
    WORK_MAX_S,
    WORK_MIN_S,
    behaviour,
    people_needed,
    seconds_per_minute,
)


def test_the_new_year_peak_is_ten_times_the_ordinary_rate_within_five_minutes() -> None:
    """Would break if the peak that the system is promised to survive were another one."""
    shape = SHAPES["new-year"]
    assert [shape.multiple(minute) for minute in (0, 5, 7.5, 10, 15, 25)] == [1, 1, 5.5, PEAK, PEAK, 1]
    assert shape.top == PEAK
    assert [shape.multiple(minute) for minute in (-0.1, shape.minutes)] == [0, 0]


def test_the_outage_lies_within_the_top_of_the_peak() -> None:
    """Would break if the desks were silent when little is asked of them, or never heard again."""
    shape = SHAPES["outage"]
    assert shape.silent is not None
    assert {shape.multiple(minute) for minute in shape.silent} == {PEAK}
    assert [shape.is_silent(minute) for minute in (11.9, 12, 16.9, 17)] == [False, True, True, False]
    assert not any(other.silent for other in SHAPES.values() if other is not shape)


@pytest.mark.parametrize(("name", "mean"), [("day", 1.0), ("month-end", 1.3)])
def test_a_day_has_its_mean(name: str, mean: float) -> None:
    """Would break if a day brought another number of tasks than its rate says."""
    shape = SHAPES[name]
    steps = [shape.multiple(minute + 0.5) for minute in range(int(shape.minutes))]
    assert sum(steps) / len(steps) == pytest.approx(mean)
    assert shape.is_month_end == (name == "month-end")


def test_a_flash_crowd_comes_from_one_moment_to_the_next() -> None:
    """Would break if of two corners at one minute the earlier one held."""
    shape = SHAPES["flash-crowd"]
    assert [shape.multiple(minute) for minute in (1.99, 2, 3.99, 4)] == [1, 8, 8, 1]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=str)
def test_every_shape_goes_from_nothing_to_its_end(shape: Shape) -> None:
    """Would break if a shape had a gap, in which a run would end too early."""
    assert shape.corners[0][0] == 0
    assert all(shape.multiple(shape.minutes * part / 100) > 0 for part in range(100))


def test_people_work_as_fast_as_the_top_of_the_shape_needs() -> None:
    """Would break if the desks could not keep up with the branches."""
    for peak in (5, 50, 600):
        least = people_needed(peak)
        for people in (least, 3 * least):
            work_s = seconds_per_minute(people, peak) * mean_minutes()
            assert people * UTILISATION / (work_s + AROUND_S) >= peak * 0.999
            assert WORK_MIN_S * 0.999 <= work_s <= WORK_MAX_S * 1.001


def mean_minutes() -> float:
    """The mean handle time of the mix, as the law of handle times and the day's shares give it."""
    return 0.40 * 15.0 + 0.38 * 6.0 + 0.22 * 12.0


def test_nobody_leaves_a_task_undecided() -> None:
    """Would break if people suspended or returned tasks, which nobody would take up again before the run ends."""
    habits = behaviour(0.01)
    assert habits.suspend == habits.return_task == 0
