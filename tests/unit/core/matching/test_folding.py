import numpy as np

from actors.core.matching.folding import EXACT_BELOW, fold, reach


def test_a_score_is_the_same_whole_number_in_any_order_of_summation() -> None:
    """Else an explanation's points would not add up to the score that decided."""
    draw = np.random.default_rng(7)
    weights = draw.integers(-100, 101, (40, 128)).astype(np.float32)
    points = draw.integers(-1000, 1001, (128, 60)).astype(np.float32)
    exact = weights.astype(np.int64) @ points.astype(np.int64)
    shuffled = draw.permutation(128)
    for product in (fold(weights, points), fold(weights[:, shuffled], points[shuffled])):
        assert product.dtype == np.float32
        assert np.array_equal(product, exact)


def test_the_greatest_weights_and_points_stay_exact() -> None:
    """128 parameters at weight 100 and 1,000 points are what the model's bounds allow."""
    weights, points = np.full((1, 128), 100, np.float32), np.full((128, 1), -1000, np.float32)
    assert reach(weights, points) == 12_800_000 < EXACT_BELOW
    assert fold(weights, points)[0, 0] == -12_800_000


def test_sums_that_float32_cannot_hold_are_made_in_float64() -> None:
    """Else 16,777,217 would silently become 16,777,216."""
    weights = np.array([[EXACT_BELOW, 1]], np.float32)
    points = np.ones((2, 1), np.float32)
    assert fold(weights, points)[0, 0] == EXACT_BELOW + 1


def test_nothing_folds_to_nothing() -> None:
    """A round without tasks or people, or a model without parameters, is no error."""
    assert fold(np.empty((0, 3), np.float32), np.empty((3, 2), np.float32)).shape == (0, 2)
    assert np.array_equal(fold(np.empty((2, 0), np.float32), np.empty((0, 3), np.float32)), np.zeros((2, 3)))
