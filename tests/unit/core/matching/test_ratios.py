"""Ratios of people and provinces, and what they are drawn to."""

import numpy as np
import pytest

from actors.core.matching.model import curve_of
from actors.core.matching.points import Curves
from actors.core.matching.shipped import shipped_model
from actors.core.matching.views.ratios import BY_LINE, BY_REVIEW, LINE_TERMS, REVIEW_TERMS, LineRatio, ReviewRatio
from actors.core.review import ReviewVerdict, Severity
from actors.core.statistics.cells import LineCell, ReviewCell
from actors.core.statistics.shrinkage import ITEMS
from tests.unit.core.matching.parameters.world import BOB, KINDS, World

#: Parameter -> what is usual of it, in its unit.
USUAL = {
    "operator_qa_pass_ratio": LINE_TERMS[LineRatio.PASSED].usual,
    "operator_critical_defect_ratio": LINE_TERMS[LineRatio.CRITICAL].usual,
    "operator_minor_defect_ratio": LINE_TERMS[LineRatio.MINOR].usual,
    "operator_amount_error_bps": REVIEW_TERMS[ReviewRatio.AMOUNT_ERROR].usual * 10_000,
    "operator_benchmark_score": REVIEW_TERMS[ReviewRatio.BENCHMARK_SCORE].usual,
    "operator_note_completeness": REVIEW_TERMS[ReviewRatio.NOTES_COMPLETE].usual,
}


@pytest.mark.parametrize("name", USUAL)
def test_what_is_usual_is_neutral_and_is_what_nobody_reviewed_has(name: str) -> None:
    """Else unreviewed work would count for or against people."""
    assert Curves([curve_of(shipped_model(), name)]).points(np.array([[USUAL[name]]])) == 0
    assert World().value(name) == pytest.approx(USUAL[name])


def test_one_failed_review_hardly_moves_those_who_had_none() -> None:
    """Else a province's first bad review would take hundreds of points from everybody alike."""
    world = World()
    world.review(world.decide(operator=BOB), verdict=ReviewVerdict.FAILED, severity=Severity.CRITICAL)
    # The province's sums are taken with the first event of a minute.
    world.summary()
    ann = world.value("operator_qa_pass_ratio")
    assert 0.95 < ann < USUAL["operator_qa_pass_ratio"]
    assert world.value("operator_critical_defect_ratio") == pytest.approx((0.01 * 100 + 1) / 101, rel=1e-3)


def test_ones_own_failed_review_counts_as_one_in_nine() -> None:
    """Else the cautious figure of the province would hide a person's own."""
    world = World()
    world.review(world.decide(), verdict=ReviewVerdict.FAILED, severity=Severity.CRITICAL)
    assert world.value("operator_qa_pass_ratio") == pytest.approx(8 / 9 * 0.96, abs=0.01)


def test_the_country_is_drawn_to_the_usual_and_the_province_to_the_country() -> None:
    """Else a country with three reviews would be believed as if it had thousands."""
    nobody = np.zeros(len(ReviewCell))
    country = [0.0] * len(ReviewCell)
    country[ReviewCell.NOTES] = 300.0
    [usual, known] = [BY_REVIEW.priors(nobody, sums)[ReviewRatio.NOTES_COMPLETE] for sums in ((), country)]
    assert usual == pytest.approx(0.95)
    assert known == pytest.approx(0.95 * 100 / 400)


def test_decisions_that_took_no_time_tell_nothing_of_speed() -> None:
    """Else units over no minutes would overflow, and whoever clicks without reading would be the fastest of all."""
    sums = np.zeros((len(LineCell), 1))
    sums[LineCell.DECIDED] = 1e9
    sums[LineCell.UNITS] = 2e9
    priors = np.full(len(LINE_TERMS), np.nan)
    assert np.isnan(BY_LINE.values(sums, priors)[LineRatio.UNITS_PER_MINUTE])
    priors[LineRatio.UNITS_PER_MINUTE] = 0.25
    assert BY_LINE.values(sums, priors)[LineRatio.UNITS_PER_MINUTE] == 0.25


def test_a_pair_is_drawn_to_what_the_kind_takes() -> None:
    """Else the first slow task of a kind would make somebody the slowest at it."""
    world = World()
    kind = world.value("pair_kind_handle_minutes")
    assert kind == KINDS[0].standard_minutes
    world.decide(4 * kind)
    assert world.value("pair_kind_handle_minutes") == pytest.approx((4 * kind + ITEMS * kind) / (1 + ITEMS), rel=1e-3)
