"""What of a task's attributes has a column, and that nothing a source may send takes more room or raises."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from actors.core.matching.planning import features as module
from actors.core.matching.planning.features import COLUMNS_MAX, SEEN_MIN, VALUES_MAX, Features


def seen(*tasks: Mapping[str, object], times: int = SEEN_MIN) -> Features:
    """Features after each of these tasks was finished so many times."""
    features = Features()
    for _ in range(times):
        for attributes in tasks:
            features.learn(attributes)
    return features


def test_a_number_is_told_as_it_is_and_by_its_logarithm() -> None:
    """Else only one of two usual ways in which numbers act could be learned."""
    features = seen({"pages": 3.0})
    assert features.read({"pages": 8}) == [(0, 8.0), (1, math.log(8.0))]
    assert features.read({"pages": -2.0}) == [(0, -2.0)], "no logarithm, so that one is missing"
    assert features.read({"pages": True}) == [(0, 1.0), (1, 0.0)]


def test_a_value_of_a_string_is_told_from_the_others() -> None:
    """Else categories would not count."""
    features = seen({"channel": "post"}, {"channel": "web"})
    assert features.read({"channel": "web"}) == [(0, 0.0), (1, 1.0)]
    assert features.read({"channel": "fax"}) == [(0, 0.0), (1, 0.0)], "none of the known ones"
    assert features.read({"weight": 1.0}) == []


def test_a_string_that_is_a_number_is_both() -> None:
    """Else sources that write everything as strings would be told nothing but frequent values."""
    features = seen({"amount": "5e3"})
    assert features.columns == 3
    assert features.read({"amount": "20"}) == [(0, 20.0), (1, math.log(20.0)), (2, 0.0)]


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, "nan", "-inf", None, [1.0], {"a": 1}, np.array([1.0, 2.0]), "x" * 10**6, b"\xff", object()],
)
def test_what_is_no_number_is_missing(value: object) -> None:
    """Else one broken field of a source would stop the planner or become a number."""
    features = seen({"amount": 3.0})
    features.learn({"amount": value})
    assert features.read({"amount": value}) == []


def test_huge_numbers_stay_finite() -> None:
    """Else their squares would overflow where effects are learned."""
    features = seen({"amount": 3.0})
    for value in (1e308, -1e308, 10**400, "9" * 60):
        assert all(abs(number) <= module.NUMBER_MAX for _, number in features.read({"amount": value}))


def test_what_comes_once_has_no_column() -> None:
    """Else case numbers and names would use up all columns, and memory with them."""
    features = Features()
    for number in range(3 * module.CANDIDATES_MAX):
        features.learn({"case": f"c{number}", f"field{number}": 1.0, "channel": ("post", "web")[number % 2]})
    assert features.columns == 2
    assert len(features._candidates) <= module.CANDIDATES_MAX


def test_columns_are_bounded() -> None:
    """Else a source with many fields would make every call slow."""
    many = {f"number{number}": 1.0 for number in range(100)}
    assert seen(many).columns <= COLUMNS_MAX
    values = [{"city": f"city{number}"} for number in range(50)]
    assert seen(*values).columns == VALUES_MAX, "and one attribute does not take what others need"


def test_names_that_are_no_strings_are_passed_over() -> None:
    """Else a mapping made from a table with numbered columns would stop the planner."""
    features = seen({5: 1.0, "pages": 2.0})  # pyright: ignore[reportArgumentType]
    assert features.columns == 2
