"""The engine reproduces queueing theory; `sharedops capacity --check-theory` asks more of it."""

import pytest

from actors.core.capacity.drawing import exponentials, lognormals
from actors.core.capacity.theory import (
    REPLICATIONS_MIN,
    checks,
    compare,
    erlang_c_wait,
    littles_law,
    pollaczek_khinchine_wait,
)


def test_formulas_give_what_books_print() -> None:
    """Would break if theory itself were written down wrongly."""
    assert erlang_c_wait(1, 0.85) == pytest.approx(0.85 / 0.15)
    assert erlang_c_wait(2, 0.5) == pytest.approx(1 / 3)
    assert pollaczek_khinchine_wait(0.7, 1.0) == pytest.approx(erlang_c_wait(1, 0.7))
    assert pollaczek_khinchine_wait(0.7, 0.0) == pytest.approx(erlang_c_wait(1, 0.7) / 2)


@pytest.mark.parametrize(("people", "load"), [(1, 0.5), (2, 0.5), (5, 0.7)])
def test_waits_are_erlangs(people: int, load: float) -> None:
    """Would break if people idled while somebody waited, or the queue were served twice."""
    found = compare("M/M/c", erlang_c_wait(people, load), people, load, exponentials, 60_000, REPLICATIONS_MIN, 2)
    assert found.holds, found


def test_waits_of_uneven_work_are_pollaczeks_and_khinchines() -> None:
    """Would break if long tasks weighed less than they do."""
    expected = pollaczek_khinchine_wait(0.6, 1.2)
    found = compare(
        "M/G/1",
        expected,
        1,
        0.6,
        lambda state, count: lognormals(state, count, 1.0, 1.2),
        50_000,
        REPLICATIONS_MIN,
        1,
    )
    assert found.holds, found


def test_little_holds_on_every_path() -> None:
    """Would break if a task were counted in the queue longer or shorter than its turnaround says."""
    found = littles_law(5, 0.85, 5_000, 1)
    assert found.holds, found


def test_a_wrong_engine_is_seen() -> None:
    """Would break if the comparison could not fail: one person fewer than theory is told."""
    found = compare("M/M/c", erlang_c_wait(6, 0.7), 5, 0.84, exponentials, 5_000, REPLICATIONS_MIN, 1)
    assert not found.holds


def test_too_few_replications_are_refused() -> None:
    """Would break if a standard error were taken from a handful of runs."""
    with pytest.raises(ValueError, match="too few"):
        checks(100, REPLICATIONS_MIN - 1, 1)
