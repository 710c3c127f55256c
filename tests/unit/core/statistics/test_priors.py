"""What provinces tell of themselves adds up to the country."""

import pytest

from actors.core.country import Line
from actors.core.ids import KindId
from actors.core.matching.views.ratios import LineRatio
from actors.core.statistics.cells import HandleCell, KindTotalCell, LineCell, OperatorCell
from actors.core.statistics.priors import (
    PRIOR_KINDS_MAX,
    NationalPriors,
    ProvinceTotals,
    differ_noticeably,
    knows_decisions,
    merge,
)
from tests.unit.core.harness import MEDICAL
from tests.unit.core.statistics.stories import PASSED
from tests.unit.core.statistics.world import LIN, World


def report(minutes: float) -> ProvinceTotals:
    """A province in which two people have decided a task each."""
    world = World()
    world.decide(minutes)
    world.decide(minutes, operator=LIN)
    world.review(PASSED)
    return world.reading().totals()


def test_the_country_is_the_sum_of_its_provinces() -> None:
    """A ratio of the country must be that of all its tasks, not the mean of unequal provinces."""
    country = merge([report(10), report(20)])
    assert country.provinces == 2
    claims = country.lines[Line.CLAIMS]
    assert claims[LineCell.HANDLE_MINUTES] / claims[LineCell.DECIDED] == pytest.approx(15, rel=0.01)
    assert claims[LineCell.REVIEWS] == pytest.approx(2, rel=0.01)
    assert country.kinds[MEDICAL][KindTotalCell.DECIDED] == pytest.approx(4, rel=0.01)
    assert country.handling[MEDICAL][HandleCell.DECIDED] == pytest.approx(4, rel=0.01)
    assert country.people[OperatorCell.UNITS] == pytest.approx(8, rel=0.01)
    assert country.people[OperatorCell.DAY :] == (0.0,) * (len(OperatorCell) - OperatorCell.DAY)
    assert knows_decisions(country)


def test_a_country_of_nobody_knows_nothing() -> None:
    """Provinces would adopt zeros and take them for facts."""
    assert merge([]) == NationalPriors()
    assert not knows_decisions(merge([ProvinceTotals()]))


def test_a_person_begins_with_what_the_country_knows() -> None:
    """The whole purpose: somebody new in a new province is neither fast nor slow, but like everybody."""
    world = World()
    world.state.statistics.national = merge([report(20)])
    assert world.people(LIN).by_line(LineRatio.HANDLE_MINUTES)[0, 0] == pytest.approx(20, rel=0.01)


def test_the_kinds_that_matter_least_are_left_out() -> None:
    """The picture goes to every province: it must not grow with every kind that was ever tried."""
    rare = {KindId(f"kind-{number}"): (float(number),) for number in range(PRIOR_KINDS_MAX + 5)}
    country = merge([ProvinceTotals(kinds=rare, handling=dict(rare))])
    assert len(country.kinds) == len(country.handling) == PRIOR_KINDS_MAX
    assert KindId("kind-4") not in country.kinds
    assert list(country.kinds) == sorted(country.kinds)


def test_small_changes_are_not_worth_an_event() -> None:
    """36 journals would grow by some ten kilobytes every ten minutes for nothing."""
    old, new = merge([report(10)] * 50), merge([report(10)] * 51)
    assert differ_noticeably(NationalPriors(), old)
    assert not differ_noticeably(old, old)
    assert differ_noticeably(old, new), "another province reports"
    same_size = merge([report(10)] * 49 + [report(10.4)])
    assert not differ_noticeably(old, same_size)
    assert differ_noticeably(old, merge([report(12)] * 50))
