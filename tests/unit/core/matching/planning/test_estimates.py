"""What is learned from finished tasks."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from actors.core.matching.planning import estimates as estimates_module
from actors.core.matching.planning.by_means import UNKNOWN_MINUTES, ByMeans
from actors.core.matching.planning.draws import Draws
from actors.core.matching.planning.estimates import NEWCOMER_SHARE, OUTLIER_RATIO, Estimates


def test_nobody_known_is_average() -> None:
    """Else new people and kinds would start from nowhere."""
    reading = Estimates().reading("claim", "ann")
    assert reading.minutes == pytest.approx(UNKNOWN_MINUTES, rel=0.01)
    assert (reading.pair_samples, reading.newcomer_share) == (0.0, NEWCOMER_SHARE)


def test_the_first_observation_helps_already_and_for_other_kinds() -> None:
    """Else learning would begin late."""
    estimates = Estimates()
    for operator in ("ann", "bob", "cao"):
        estimates.observe("claim", operator, 10.0, None)
    before = estimates.reading("change", "ann").minutes
    estimates.observe("claim", "ann", 2.0, None)
    assert estimates.reading("claim", "ann").minutes < estimates.reading("claim", "bob").minutes
    assert estimates.reading("change", "ann").minutes < before


def test_a_kind_done_by_slow_people_is_not_taken_for_long() -> None:
    """Else who did a kind so far would be mistaken for what it takes."""
    estimates = Estimates()
    for _ in range(60):
        estimates.observe("claim", "ann", 5.0, None)
        estimates.observe("claim", "bob", 20.0, None)
        estimates.observe("change", "bob", 20.0, None)
    kinds = estimates.reading("claim", "cao").kind_minutes, estimates.reading("change", "cao").kind_minutes
    assert kinds[1] == pytest.approx(kinds[0], rel=0.25)


def test_one_monster_moves_little() -> None:
    """Else one task left open over night would ruin a person's name."""
    estimates = Estimates()
    for _ in range(30):
        estimates.observe("claim", "ann", 10.0, None)
        estimates.observe("claim", "bob", 10.0, None)
    estimates.observe("claim", "ann", 1e6, None)
    assert estimates.reading("claim", "ann").minutes < 10.0 * (1 + OUTLIER_RATIO / 30)


def test_what_was_long_ago_fades() -> None:
    """Else who learned would be held to their first weeks."""
    estimates = Estimates()
    for minutes in [30.0] * 1500 + [10.0] * 1500:
        estimates.observe("claim", "ann", minutes, None)
    assert estimates.reading("claim", "ann").minutes < 13.0
    assert estimates.reading("claim", "ann").pair_samples < 600


def test_priors_weigh_more_where_people_hardly_differ() -> None:
    """Else chance would be read as talent, or talent as chance."""
    same, different = Estimates(), Estimates()
    draws = Draws(5)
    for turn in range(600):
        operator = turn % 12
        minutes = 20.0 * draws.share()
        same.observe("claim", f"p{operator}", minutes, None)
        different.observe("claim", f"p{operator}", minutes * (0.4, 2.5)[operator % 2], None)
    assert same.reading("claim", "p0").speed_ratio == pytest.approx(1.0, abs=0.2)
    assert different.reading("claim", "p0").speed_ratio < 0.6
    assert different.reading("claim", "p1").speed_ratio > 1.4


def test_very_many_kinds_and_people_are_looked_at_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an observation would cost all pairs' share and not its row and column: 4 ms at 512 kinds and 8,000 people."""
    looked_at: list[int] = []
    monkeypatch.setattr(estimates_module, "REWEIGH_CELLS", 64)
    monkeypatch.setattr(ByMeans, "reweigh", lambda means, _: looked_at.append(means._sums.counts.size))
    estimates = Estimates()
    for number in range(512):
        estimates.observe(f"k{number}", f"o{number}", 5.0, None)
    assert looked_at
    assert sum(looked_at) <= 512 * 64 * 2


def test_no_minutes_at_all_are_learned_without_trouble() -> None:
    """Else a log of instant tasks would divide by nothing."""
    estimates = Estimates()
    for _ in range(100):
        estimates.observe("claim", "ann", 0.0, 1.0)
    assert np.isfinite(estimates.reading("claim", "ann").minutes)


def test_a_new_kind_where_no_task_took_any_time_is_learned_without_trouble() -> None:
    """Else both models would say nothing, and their ratio would be no number."""
    estimates = Estimates()
    with np.errstate(all="raise"):
        for _ in range(100):
            estimates.observe("claim", "ann", 0.0, None)
        estimates.kind_row("change")
        assert 0.0 < estimates.expected_minutes("change", "ann") < 1.0


def test_the_seed_breaks_ties_and_the_same_seed_the_same_way() -> None:
    """Else two runs of one seed could differ, or every seed would be the same."""

    def order(seed: int) -> list[float]:
        estimates = Estimates(seed)
        people = [f"p{number}" for number in range(9)]
        estimates.operator_rows(people)
        return [estimates.reading("claim", person).minutes for person in people]

    assert order(1) == order(1) != order(2)


def _learned(draw: Callable[[Draws], float]) -> Estimates:
    estimates, draws = Estimates(), Draws(7)
    for turn in range(2_400):
        estimates.observe("claim", f"p{turn % 6}", 10.0 * draw(draws), None)
    return estimates


def test_of_heavy_tails_logarithms_say_more() -> None:
    """Else one long task would count for more than many short ones."""
    estimates = _learned(lambda draws: math.exp(1.3 * (sum(draws.share() for _ in range(12)) - 6.0)))
    assert estimates.sureness_of_logs > 0.8


def test_of_tasks_that_are_often_next_to_nothing_minutes_say_more() -> None:
    """The logarithms of what takes no time say how little, and not who is quick."""
    estimates = _learned(lambda draws: 0.02 if draws.share() < 0.6 else 2.5)
    assert estimates.sureness_of_logs < 0.2
