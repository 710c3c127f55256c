"""How far the load can be raised before sharing keeps no more promises than isolation does at the load as it is.

Bisection on a grid of three per cents: the same tasks at every load, and some more at a higher one (`work`), so that the ratio falls with the
load but for trifles. Between the last two points the crossing is read from the straight line: over three per cent of load the ratio bends by less than seeds scatter. The points of the grid are few and the
same for every question, so that no play need be repeated.
"""

from collections.abc import Callable

from actors.core.capacity.work import FACTOR_MAX

#: Load of one step of the grid, over the scenario's.
STEP = 0.03
STEPS_MAX = round((FACTOR_MAX - 1.0) / STEP)


def extra_load(ratio_at: Callable[[int], float], target: float) -> float | None:
    """The extra load, as a part of the scenario's, at which a falling ratio has come down to a target.

    Args:
        ratio_at: steps of extra load -> on-time ratio.
        target: the ratio to come down to.

    Returns:
        0.0 if the ratio is not above the target as it is; None if it is still above it at the highest load of the grid.
    """
    low, high = 0, STEPS_MAX
    if ratio_at(low) <= target:
        return 0.0
    while high - low > 1:
        middle = (low + high) // 2
        if ratio_at(middle) > target:
            low = middle
        else:
            high = middle
    above, below = ratio_at(low), ratio_at(high)
    # The highest load is the dearest to play, so it is looked at only when everything below it was borne.
    if below > target:
        return None
    return STEP * (low + (above - target) / (above - below))
