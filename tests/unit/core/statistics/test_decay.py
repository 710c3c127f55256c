"""Forward decay gives the numbers of the usual decay, and no clock breaks it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core.country import Line
from actors.core.statistics.cells import Decay, LineCell, OperatorCell, ReviewCell
from actors.core.statistics.decay import (
    DAY_MS,
    EXPONENT_MAX,
    HALF_LIVES_MS,
    ORIGIN_MS,
    STEP_MAX_MS,
    DecayClock,
    local_day,
    local_hour_of_day,
    local_hour_of_week,
    local_midnight_ms,
    local_minute_of_day,
    local_week,
    weight_at,
)
from actors.core.statistics.reading import Reading
from tests.unit.core.statistics.stories import FAILED
from tests.unit.core.statistics.world import CHEN, TEN_MS, World, value_of

DECAYING = [decay for decay in Decay if HALF_LIVES_MS[decay]]


@given(
    decay=st.sampled_from(DECAYING),
    observed=st.lists(st.tuples(st.integers(0, 300), st.floats(0.1, 1_000)), min_size=1, max_size=40),
    wait_days=st.integers(0, 300),
)
def test_the_sum_is_that_of_the_usual_decay(decay: Decay, observed: list[tuple[int, float]], wait_days: int) -> None:
    """Old work would count too much or too little, and nobody would notice."""
    half_life_days = HALF_LIVES_MS[decay] / DAY_MS
    days = sorted(day for day, _ in observed)
    forward, naive, last = 0.0, 0.0, days[0]
    for day, (_, value) in zip(days, observed, strict=True):
        forward += weight_at(decay, ORIGIN_MS + day * DAY_MS) * value
        naive = naive * 0.5 ** ((day - last) / half_life_days) + value
        last = day
    naive *= 0.5 ** (wait_days / half_life_days)
    now_ms = ORIGIN_MS + (last + wait_days) * DAY_MS
    assert forward / weight_at(decay, now_ms) == pytest.approx(naive, rel=1e-9)


def test_what_does_not_decay_weighs_one_for_ever() -> None:
    """A balance or a stamp that decayed would be nonsense."""
    assert weight_at(Decay.PLAIN, ORIGIN_MS + 10_000 * DAY_MS) == 1.0


def test_cells_forget_by_their_own_half_lives() -> None:
    """Reviews are rare and must be remembered longer than handle times, defects of last month no longer than that."""
    world = World()
    world.decide(0)
    world.review(FAILED, amount_reviewed_fen=1_000, severity="critical")
    world.wait(days=28)
    in_line, overall = (CHEN, Line.CLAIMS), (CHEN, "")
    reviewed = value_of(world, "by_review", overall, ReviewCell.AMOUNT_REVIEWED_FEN)
    assert value_of(world, "by_line", in_line, LineCell.DECIDED) == pytest.approx(0.5)
    assert value_of(world, "by_line", in_line, LineCell.REVIEWS) == pytest.approx(0.5 ** (1 / 3))
    assert reviewed == pytest.approx(1_000 * 0.5 ** (1 / 3))
    assert value_of(world, "by_review", overall, ReviewCell.DEFECT_POINTS) == pytest.approx(5 * math.exp(-28 / 30))


def mean_minutes(world: World) -> float:
    """Of what Chen has decided."""
    minutes, decided = (
        value_of(world, "by_line", (CHEN, Line.CLAIMS), cell) for cell in (LineCell.HANDLE_MINUTES, LineCell.DECIDED)
    )
    return minutes / decided


def test_a_mean_does_not_change_while_nothing_happens() -> None:
    """Decay takes certainty away, not speed: a mean that drifted with time would rank people by their holidays."""
    world = World()
    for minutes in (5, 10, 30):
        world.decide(minutes)
    before = mean_minutes(world)
    world.wait(days=20)
    assert mean_minutes(world) == pytest.approx(before)


def test_a_clock_set_far_ahead_drowns_nothing() -> None:
    """One event stamped ten years ahead would outweigh everything that anybody did for the next ten years."""
    world = World()
    world.decide(10)
    true_ms = world.at_ms
    world.wait(days=3_650)
    world.decide(60)
    world.at_ms = true_ms
    for _ in range(20):
        world.decide(10)
    assert mean_minutes(world) == pytest.approx(10 + 50 / 22, rel=0.05)


def test_a_clock_set_back_makes_nothing_lighter() -> None:
    """Whoever works while the clock is wrong would have worked for nothing."""
    world = World()
    world.decide(10)
    world.wait(days=-100)
    world.decide(10)
    assert value_of(world, "by_operator", (CHEN, ""), OperatorCell.DECIDED) == pytest.approx(2)


def test_no_clock_makes_a_weight_infinite() -> None:
    """An infinite sum never comes back, and a replay would crash on it for ever."""
    clock = DecayClock()
    clock.advance(10**15)
    assert clock.work == 2.0**EXPONENT_MAX
    assert math.isfinite(clock.weight(Decay.DEFECTS) * 1e15)


def test_time_goes_forward_by_a_day_an_event_at_most() -> None:
    """The bound that the two tests on clocks rest on."""
    clock = DecayClock()
    clock.advance(TEN_MS)
    assert (clock.seen_ms, clock.first_ms) == (TEN_MS, TEN_MS)
    assert (clock.as_of(TEN_MS - 1), clock.as_of(TEN_MS + 1)) == (TEN_MS, TEN_MS + 1)
    clock.advance(TEN_MS + 100 * DAY_MS)
    assert clock.seen_ms == TEN_MS + STEP_MAX_MS
    restored = DecayClock()
    restored.restore(clock.first_ms, clock.seen_ms, clock.minute)
    assert restored.work == clock.work


def test_days_and_weeks_are_those_of_shanghai() -> None:
    """Counts of the day would reset at eight in the morning."""
    assert local_midnight_ms(TEN_MS) == TEN_MS - 10 * 3_600_000
    assert local_day(TEN_MS) - local_day(TEN_MS - 10 * 3_600_000 - 1) == 1
    assert (local_hour_of_week(TEN_MS), local_hour_of_day(TEN_MS), local_minute_of_day(TEN_MS)) == (10, 10, 600)
    monday_ms = TEN_MS - 10 * 3_600_000
    assert local_week(monday_ms) == local_week(monday_ms - 1) + 1
    assert local_hour_of_week(monday_ms - 1) == 167


def test_a_reading_of_an_older_minute_is_as_of_the_last_event() -> None:
    """A reader whose clock lags would see sums larger than they ever were."""
    world = World()
    world.decide(0)
    statistics = world.state.statistics
    early = Reading(statistics, world.at_ms - 50 * DAY_MS)
    stored = statistics.by_operator.record(statistics.rows[CHEN])[OperatorCell.DECIDED]
    assert stored / early.divisor(OperatorCell.DECIDED) == pytest.approx(1)
