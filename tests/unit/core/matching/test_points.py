import numpy as np
import pytest

from actors.core.matching.points import BREAKPOINTS_MAX, Curves

CURVES = (
    ((0, 0), (10, 100), (50, 250), (200, 400), (1_000, 600)),
    ((0.9, -300), (0.96, 0), (1.0, 250)),
    ((5.0, 40),),
    (),
    tuple((float(x), (-1) ** x * 100 * x) for x in range(BREAKPOINTS_MAX)),
)


def test_points_are_those_of_straight_lines_between_the_breakpoints() -> None:
    """Else an edited curve would not do what its breakpoints say."""
    rng = np.random.default_rng(1)
    values = rng.uniform(-20, 1_100, (len(CURVES), 400))
    values[1] = rng.uniform(0.85, 1.05, 400)
    values[4] = rng.uniform(-1, 9, 400)
    points = Curves(CURVES).points(values)
    for row, curve in enumerate(CURVES):
        if not curve:
            assert not points[row].any()
            continue
        xs, ys = zip(*curve, strict=True)
        expected = np.interp(values[row], xs, ys)
        assert np.abs(points[row] - expected).max() <= 0.5 + 1e-9
        assert (points[row] == np.rint(points[row])).all()


@pytest.mark.parametrize("curve", [curve for curve in CURVES if curve])
def test_breakpoints_are_hit_exactly_and_hold_beyond_both_ends(curve: tuple[tuple[float, int], ...]) -> None:
    """Else a value on a breakpoint could earn a point more or less than written."""
    xs = [x for x, _ in curve]
    values = np.array([[xs[0] - 1_000, *xs, xs[-1] + 1_000]])
    expected = [curve[0][1], *(y for _, y in curve), curve[-1][1]]
    assert Curves([curve]).points(values)[0].tolist() == expected


def test_what_is_unknown_earns_and_costs_nothing() -> None:
    """Else people of whom little is known would be shut out, or favoured, by a curve's ends."""
    assert Curves([((0, -500), (1, 500))]).points(np.array([[np.nan, 0.0]]))[0].tolist() == [0, -500]


def test_one_value_alone_earns_what_it_earns_among_many() -> None:
    """Else an explanation of one pair would not add up to what the round used."""
    rng = np.random.default_rng(2)
    values = rng.uniform(-10, 1_100, (len(CURVES), 97))
    curves = Curves(CURVES)
    together = curves.points(values)
    for place in range(values.shape[1]):
        assert (curves.points(values[:, place : place + 1])[:, 0] == together[:, place]).all()
