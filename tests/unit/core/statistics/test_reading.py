"""What is read: ratios shrunk along their chains, distributions, links, hours."""

import math

import numpy as np
import pytest

from actors.core import events as e
from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.matching.parameters.operator_quality import operator_leniency_index, operator_pass_slope_8w
from actors.core.matching.views.people import overall_priors, review_priors
from actors.core.matching.views.ratios import (
    GROUP_REVIEWS,
    LINE_TERMS,
    REVIEW_TERMS,
    LineRatio,
    OperatorRatio,
    ReviewRatio,
)
from actors.core.statistics.cells import (
    HandleCell,
    KindTotalCell,
    LineCell,
    LinkCell,
    LinkDirection,
    OperatorCell,
    amount_bucket,
)
from actors.core.statistics.priors import NationalPriors, Sums
from actors.core.statistics.reading import LOG_SPREAD_DEFAULT
from actors.core.statistics.shrinkage import ITEMS, REVIEWS, shrunk, shrunk_ratio
from actors.core.task import Verdict
from tests.unit.core.harness import ADDRESS, JIANGXI, MEDICAL
from tests.unit.core.statistics.stories import FAILED, PASSED, decided_elsewhere, sent_back_by_us, shared
from tests.unit.core.statistics.world import CHEN, LIN, World

NAN = float("nan")
CLAIMS = Line.CLAIMS
#: What is forgotten in the hours of a story.
ROUGHLY = 0.02


def line_sums(**cells: float) -> Sums:
    """Sums of a line in which only these cells are not zero."""
    return tuple(cells.get(cell.name.lower(), 0.0) for cell in LineCell)


def adopt(world: World, **priors: object) -> None:
    """The country is known to be like this."""
    world.happens(e.PriorsAdopted(at_ms=world.at_ms, priors=NationalPriors(provinces=1, **priors)))  # type: ignore[arg-type]


def mean_minutes(world: World, *people: OperatorId) -> list[float]:
    """Handle minutes, shrunk as far as the country."""
    return world.people(*people).by_line(LineRatio.HANDLE_MINUTES)[0].tolist()


def test_few_observations_are_drawn_to_the_group() -> None:
    """One lucky task would make a beginner the fastest of all."""
    assert shrunk_ratio(0, 0, 10.0) == 10.0
    assert shrunk_ratio(ITEMS * 20.0, ITEMS, 10.0) == 15.0
    assert shrunk_ratio(30.0, 3.0, NAN) == 10.0
    assert math.isnan(shrunk_ratio(0, 0, NAN))
    both = shrunk(np.array([0.0, 40.0]), np.array([0.0, 2.0]), np.array([NAN, 10.0]))
    assert np.isnan(both[0])
    assert both[1] == (40 + ITEMS * 10) / (2 + ITEMS)
    assert shrunk(np.array([5.0, 0.0]), np.array([2.0, 0.0]), NAN)[0] == 2.5


def test_the_chain_goes_from_the_person_to_the_province_to_the_country() -> None:
    """Somebody new must start from what is known of the rest, and the nearest group counts first."""
    world = World()
    assert np.isnan(mean_minutes(world, CHEN)).all(), "nothing is known anywhere"
    adopt(world, lines={CLAIMS: line_sums(decided=100, handle_minutes=3_000)})
    assert mean_minutes(world, CHEN, LIN) == pytest.approx([30, 30]), "the country"
    for _ in range(10):
        world.decide(10)
    world.later()
    province = (100 + ITEMS * 30) / (10 + ITEMS)
    person = (100 + ITEMS * province) / (10 + ITEMS)
    assert mean_minutes(world, LIN) == pytest.approx([province], rel=ROUGHLY), "the province, drawn to the country"
    assert mean_minutes(world, CHEN) == pytest.approx([person], rel=ROUGHLY)
    assert mean_minutes(world, OperatorId("stranger")) == pytest.approx([province], rel=ROUGHLY)


def test_reviews_weigh_by_their_sampling_and_convince_by_their_number() -> None:
    """One review that was drawn once in twenty would outvote the prior of eight all alone."""
    world = World()
    world.review(FAILED, sampling_permille=50)
    world.review(PASSED, sampling_permille=1_000)
    usual, observed = LINE_TERMS[LineRatio.PASSED].usual, 1 / 21
    [ratio] = world.people(CHEN).by_line(LineRatio.PASSED)
    assert ratio[0] == pytest.approx((2 * observed + REVIEWS * usual) / (2 + REVIEWS))


def test_ratios_of_all_operators_and_of_reviews_have_chains_of_their_own() -> None:
    """Offers and reviews are not by line; reading them by line would fail or mix people up."""
    world = World()
    world.offer(world.create())
    world.review(PASSED, note_complete=False)
    world.later()
    assert overall_priors(world.reading())[OperatorRatio.ACCEPTED] == 0.0
    notes = REVIEW_TERMS[ReviewRatio.NOTES_COMPLETE].usual * GROUP_REVIEWS / (1 + GROUP_REVIEWS)
    assert review_priors(world.reading())[ReviewRatio.NOTES_COMPLETE] == pytest.approx(notes)
    adopt(world, people=tuple(100.0 if cell is OperatorCell.OFFERS else 50.0 for cell in OperatorCell))
    accepted = overall_priors(world.reading())[OperatorRatio.ACCEPTED]
    assert accepted == pytest.approx(ITEMS * 0.5 / (1 + ITEMS), rel=ROUGHLY)


def test_a_kind_is_drawn_to_the_country() -> None:
    """A rare kind would be judged by its only decision."""
    world = World()
    defects = (KindTotalCell.FAILED, KindTotalCell.REVIEWED, MEDICAL)
    assert math.isnan(world.reading().kind_ratio(*defects, k=REVIEWS))
    world.review(FAILED)
    assert world.reading().kind_ratio(*defects, k=REVIEWS) == 1
    known = {KindTotalCell.REVIEWED: 200.0, KindTotalCell.FAILED: 50.0}
    adopt(world, kinds={MEDICAL: tuple(known.get(cell, 0.0) for cell in KindTotalCell)})
    here = world.reading().kind_ratio(*defects, k=REVIEWS)
    assert here == pytest.approx((1 + REVIEWS * 0.25) / (1 + REVIEWS))


def test_handle_minutes_of_like_tasks() -> None:
    """A hard case with many pages takes longer than the standard says, an easy one less."""
    world = World()
    unknown = world.reading().handle_minutes(MEDICAL, 12.0)
    assert unknown.median == pytest.approx(12)
    assert unknown.log_spread == pytest.approx(LOG_SPREAD_DEFAULT)
    assert unknown.p90 == pytest.approx(12 * math.exp(1.2815515655 * LOG_SPREAD_DEFAULT))
    for _ in range(200):
        world.decide(40, complexity=5, page_count=30)
        world.decide(5, complexity=1)
    hard, easy = (world.reading().handle_minutes(MEDICAL, 12.0, *like) for like in ((5, 30), (1, 0)))
    assert hard.median == pytest.approx(40, rel=0.2)
    assert easy.median == pytest.approx(5, rel=0.2)
    assert hard.log_spread < LOG_SPREAD_DEFAULT
    assert hard.count > 100
    other = world.reading().handle_minutes(MEDICAL, 12.0, 3, 3)
    assert easy.median < other.median < hard.median, "a class never seen is like its kind"


def test_the_country_teaches_how_long_a_kind_takes() -> None:
    """A province that begins a kind would plan by the standard although everybody knows better."""
    world = World()
    logs = {HandleCell.DECIDED: 1_000.0, HandleCell.LOG_MINUTES: 1_000 * math.log(30)}
    logs[HandleCell.LOG_MINUTES_SQUARED] = 1_000 * (math.log(30) ** 2 + 0.25)
    adopt(world, handling={MEDICAL: tuple(logs[cell] for cell in HandleCell)})
    known = world.reading().handle_minutes(MEDICAL, 12.0)
    assert known.median == pytest.approx(30, rel=0.03)
    assert known.log_spread == pytest.approx(0.5, abs=0.03)


def test_the_rank_of_an_amount_is_that_among_its_kind() -> None:
    """What is a large claim is an ordinary loan: only the kind's own amounts say."""
    world = World()
    assert np.isnan(world.reading().amount_rank(MEDICAL, amount_bucket(1)))
    for amount in range(1, 101):
        world.create(amount_fen=amount * 100_000)
    reading = world.reading()
    assert reading.amount_rank(MEDICAL, amount_bucket(1)) == 0
    assert reading.amount_rank(MEDICAL, amount_bucket(10**12)) == 1
    assert reading.amount_rank(MEDICAL, amount_bucket(5_000_000)) == pytest.approx(0.5, abs=0.1)
    assert np.isnan(reading.amount_rank(ADDRESS, amount_bucket(5_000_000)))


def test_a_switch_costs_what_it_was_seen_to_cost() -> None:
    """People would be torn between kinds for free."""
    world = World()
    assert world.reading().switch_table([ADDRESS], [MEDICAL]) == 0
    for _ in range(60):
        world.decide(6, kind=ADDRESS)
        world.decide(15)
        world.decide(10)
    [[switched], [stayed]] = world.reading().switch_table([ADDRESS, MEDICAL], [MEDICAL])
    assert switched == pytest.approx(5 * 60 / (60 + ITEMS), rel=0.05)
    assert stayed == 0


def test_links_are_drawn_to_all_links() -> None:
    """A host that has done one task for us would be all good or all bad."""
    world = World()
    on_time = (LinkCell.ON_TIME, LinkCell.DECIDED)
    assert math.isnan(world.reading().link_ratio(*on_time, LinkDirection.IN, JIANGXI))
    shared(world)
    sent_back_by_us(world)
    decided_elsewhere(world)
    reading = world.reading()
    assert reading.link_ratio(*on_time, LinkDirection.IN, JIANGXI) == pytest.approx(1)
    assert reading.link_ratio(*on_time, LinkDirection.IN, "xizang") == pytest.approx(1)  # type: ignore[arg-type]
    back = reading.link_ratio(LinkCell.SENT_BACK, LinkCell.DECIDED, LinkDirection.OUT, JIANGXI)
    assert back == pytest.approx(0.5)
    assert reading.link_sum(LinkCell.UNITS_MILLI, LinkDirection.OUT, JIANGXI) == 4_000


def test_arrivals_of_the_hour_are_against_the_usual() -> None:
    """Monday ten o'clock is not Sunday night: a surge is one against its own hour."""
    world = World()
    assert world.reading().hour_arrival_factor(CLAIMS) == 1
    for _ in range(4):
        for _ in range(84):
            world.create()
        world.wait(59)
        assert world.reading().usual_arrivals_per_hour(CLAIMS) == pytest.approx(84, rel=0.02), "whatever the week"
        world.wait(-59, days=7)
    assert world.reading().hour_arrival_factor(CLAIMS) > 50
    world.wait(60)
    assert world.reading().hour_arrival_factor(CLAIMS) < 1


def test_defects_by_hour_and_in_overtime() -> None:
    """Whoever decides late at night or after nine hours makes more mistakes, if the reviews say so."""
    world = World()
    assert world.reading().hour_defect_factor(10) == 1
    for hour, verdict in ((0, PASSED), (12, FAILED)):
        for _ in range(40):
            about = {"decided_ms": world.at_ms + hour * 3_600_000, "signed_in_for_ms": hour * 3_600_000}
            world.review(verdict, about=about)
    reading = world.reading()
    assert reading.hour_defect_factor(22) == pytest.approx((2 * 40 + REVIEWS) / (40 + REVIEWS))
    assert reading.hour_defect_factor(10) == pytest.approx(REVIEWS / (40 + REVIEWS))
    assert reading.hour_defect_factor(3) == 1
    assert reading.overtime_defect_factor(beyond=True) > 1 > reading.overtime_defect_factor(beyond=False)


def test_the_trend_of_quality_over_eight_weeks() -> None:
    """Who is getting worse is seen before the mean of a year shows it."""
    world = World()
    for week in range(8):
        for number in range(10):
            world.review(PASSED if number < 10 - week else FAILED)
        if week == 0:
            assert np.isnan(operator_pass_slope_8w(world.people(CHEN, LIN))).all(), "one week is no trend"
        world.wait(days=7)
    world.wait(days=-7)
    slope = operator_pass_slope_8w(world.people(CHEN, LIN))
    assert slope[0] == pytest.approx(-10)
    assert math.isnan(slope[1])
    world.wait(days=60)
    assert np.isnan(operator_pass_slope_8w(world.people(CHEN))).all(), "too long ago"


def test_a_reading_is_a_function_of_the_minute() -> None:
    """What is worked out of a reading is kept until the minute changes, and must not depend on when within it that was."""
    world = World()
    world.decide(11.3)
    world.wait(0.9)
    early, late = world.reading().totals(), world.reading().totals()
    assert early == late
    world.at_ms = world.at_ms // 60_000 * 60_000 + 59_999
    assert world.reading().totals() == world.reading().totals()


def test_leniency_is_measured_against_the_kind() -> None:
    """Whoever approves what all others decline stands out, and more so than who does as the others do."""
    world = World()
    for _ in range(40):
        world.decide(operator=LIN, verdict=Verdict.DECLINED)
    for _ in range(10):
        world.decide(operator=CHEN, verdict=Verdict.APPROVED)
    chen, lin = operator_leniency_index(world.people(CHEN, LIN))
    assert chen > 4.5 > abs(lin)
