"""Random numbers that are the same everywhere."""

import numpy as np
import pytest

from actors.core.capacity.drawing import lognormals, normals, poisson_points, stream, uniforms
from actors.core.matching.planning.draws import Draws


def test_many_numbers_at_a_time_are_those_of_one_at_a_time() -> None:
    """Would break if a machine's or a version's arithmetic gave another country for the same seed."""
    one_by_one = Draws(7)
    expected = [(one_by_one.below(1 << 64) >> 11) * 2.0**-53 for _ in range(1_000)]
    assert uniforms(7, 1_000).tolist() == expected


def test_streams_do_not_repeat_each_other() -> None:
    """Would break if two branches had the same day."""
    names = [(seed, line, place) for seed in range(5) for line in range(3) for place in range(36)]
    assert len({stream(*each) for each in names}) == len(names)
    assert abs(np.corrcoef(uniforms(stream(1, 0, 0), 10_000), uniforms(stream(1, 0, 1), 10_000))[0, 1]) < 0.05


def test_distributions_have_their_moments() -> None:
    """Would break if tasks were longer, or less uneven, than the scenario says."""
    sizes = lognormals(stream(3), 400_000, 15.0, 1.2)
    assert float(np.mean(sizes)) == pytest.approx(15.0, rel=0.01)
    assert float(np.std(sizes) / np.mean(sizes)) == pytest.approx(1.2, rel=0.03)
    assert float(np.std(normals(stream(4), 100_000))) == pytest.approx(1.0, rel=0.01)


def test_points_of_a_longer_stretch_begin_alike() -> None:
    """Would break if raising the load drew another week."""
    short, long = poisson_points(stream(5), 100.0), poisson_points(stream(5), 50_000.0)
    assert long[: len(short)].tolist() == short.tolist()
    assert len(long) == pytest.approx(50_000, rel=0.02)
    assert bool(np.all(np.diff(long) > 0))
