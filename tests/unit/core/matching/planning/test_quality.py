"""Quality by kind and person: who is good at what, whatever else they are bad at."""

import numpy as np
import pytest

from actors.core.matching.planning.quality import Quality


def departures(quality: Quality) -> list[list[float]]:
    """Of two kinds and two people."""
    return quality.departures(np.array([0, 1]), np.array([0, 1])).tolist()


def test_nothing_told_counts_for_nobody() -> None:
    """Else unreviewed work would count for or against somebody, and take memory."""
    assert departures(Quality()) == [[0.0, 0.0], [0.0, 0.0]]
    assert Quality().departure(3, 5) == 0.0


def test_somebody_may_be_good_at_one_kind_and_bad_at_another() -> None:
    """Else one figure a person would send them the work that they are bad at."""
    quality = Quality()
    for _ in range(20):
        for kind, operator in ((0, 0), (1, 1)):
            quality.observe(kind, operator, 1.0)
            quality.observe(1 - kind, operator, 0.4)
    (good, bad), (worse, better) = departures(quality)
    assert good == pytest.approx(better, abs=0.01)
    assert good > 0.2
    assert bad == pytest.approx(worse, abs=0.01)
    assert bad < -0.2


def test_whoever_does_a_hard_kind_is_not_taken_for_careless() -> None:
    """Else people would be blamed for their kinds."""
    quality = Quality()
    for _ in range(50):
        quality.observe(0, 0, 0.5)
        quality.observe(1, 1, 1.0)
    assert abs(quality.departure(1, 0)) < 0.1


def test_a_kind_never_done_is_judged_by_the_person() -> None:
    """Else what is known of somebody would be lost at each new kind."""
    quality = Quality()
    for operator in (0, 1):
        for _ in range(20):
            quality.observe(0, operator, float(operator))
    assert departures(quality)[1][1] == quality.departure(1, 1) == quality.departure(None, 1) > 0.2
    assert quality.departure(0, 1) > quality.departure(1, 1)


def test_a_row_given_to_somebody_else_begins_anew() -> None:
    """Else a newcomer would inherit the record of whoever made room for them."""
    quality = Quality()
    for _ in range(20):
        quality.observe(0, 0, 0.0)
        quality.observe(0, 1, 1.0)
    quality.forget_operator(0)
    assert quality.departure(0, 0) == 0.0
    quality.forget_kind(0)
    assert quality.departure(0, 1) == 0.0
    assert quality.samples(0, 1) == quality.samples(7, 700) == 0.0
