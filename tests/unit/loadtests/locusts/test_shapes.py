import subprocess
import sys

import pytest

from loadtests.locusts.shapes import PEAK, SHAPES, Shape, why_not_silent
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


@pytest.mark.parametrize(
    ("name", "wanted", "time_factor", "told"),
    [
        ("outage", "fujain", 10, "no province 'fujain'; there are fujian, jiangxi"),
        ("outage", "", 400, "0.75 s"),
        ("outage", "jiangxi", 300, ""),
        ("outage", "", 1, ""),
        ("new-year", "fujain", 1e5, ""),
    ],
)
def test_an_outage_that_cannot_be_is_told(name: str, wanted: str, time_factor: float, told: str) -> None:
    """A misspelt province had another one fall silent, and a run without any silence held."""
    said = why_not_silent(SHAPES[name], wanted, ["fujian", "jiangxi"], time_factor)
    assert told in said
    assert bool(said) is bool(told)


#: In a process of its own: Locust changes how all others work.
_COURSE = """
from types import SimpleNamespace
from loadtests.locusts import play
from loadtests.locusts.objectives import Objectives
from loadtests.locusts.orders import Connection
from loadtests.locusts.preparing import Prepared
from loadtests.locusts.shapes import SHAPES
play.run_tool = lambda *_: Prepared(weights={"fujian": 1.0})
settings = play.Settings(
    connection=Connection(address="", tokens=""), shape=SHAPES["outage"], peak_per_second=1.0, time_factor=1.0,
    objectives=Objectives(), silent_province="fujain",
)
environment = SimpleNamespace(runner=None, stats=SimpleNamespace(entries={}, errors={}, total=SimpleNamespace(num_requests=0)))
environment.runner = SimpleNamespace(send_message=print)
run = play.Play(environment, settings, lambda _: None)
print(next(run.course(), "over"), run.judge_early().lines)
"""


def test_a_run_whose_outage_cannot_be_does_not_begin() -> None:
    """It would end half an hour later and prove nothing of what was asked for."""
    done = subprocess.run([sys.executable, "-c", _COURSE], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("over "), done.stdout + done.stderr
    assert "no province 'fujain'" in done.stdout


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
