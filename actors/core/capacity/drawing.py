"""Many random numbers at a time from a seed, the same on every machine: SplitMix64 as in `matching.planning.draws`, counted instead of carried.

The n-th number of a stream is a function of the stream and of n alone. So streams are named by what they are for (line, branch, purpose), and
two countries that differ in one thing share all other draws: what differs between their figures is that thing, not chance. Refused:
`numpy.random`, whose streams may change with its version, and which the core does not import.
"""

from collections.abc import Callable
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def stream(seed: int, *names: int) -> int:
    """The state that a stream begins with: one for each seed and each tuple of names."""
    state = seed & _MASK
    for name in names:
        state = _mixed((state + (name + 1) * _STEP) & _MASK)
    return state


def _mixed(state: int) -> int:
    state = ((state ^ (state >> 30)) * _FIRST) & _MASK
    state = ((state ^ (state >> 27)) * _SECOND) & _MASK
    return state ^ (state >> 31)


def uniforms(state: int, count: int) -> Floats:
    """(count,) numbers of [0, 1): 53 bits each."""
    counted = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_STEP) + np.uint64(state)
    counted = (counted ^ (counted >> np.uint64(30))) * np.uint64(_FIRST)
    counted = (counted ^ (counted >> np.uint64(27))) * np.uint64(_SECOND)
    counted ^= counted >> np.uint64(31)
    return (counted >> np.uint64(11)).astype(np.float64) * 2.0**-53


def exponentials(state: int, count: int) -> Floats:
    """(count,) numbers of mean 1."""
    return -np.log1p(-uniforms(state, count))


def normals(state: int, count: int) -> Floats:
    """(count,) numbers of mean 0 and deviation 1, two uniform ones for each (Box and Muller)."""
    pairs = uniforms(state, 2 * count)
    return np.sqrt(-2.0 * np.log1p(-pairs[0::2])) * np.cos(2.0 * np.pi * pairs[1::2])


def lognormals(state: int, count: int, mean: float, variation: float) -> Floats:
    """(count,) numbers.

    Args:
        state: of the stream.
        count: how many.
        mean: of them.
        variation: deviation over mean.
    """
    variance = log(1.0 + variation**2)
    return np.exp(log(mean) - variance / 2 + sqrt(variance) * normals(state, count))


def poisson_points(state: int, length: float) -> Floats:
    """Points of a Poisson process of rate 1 in [0, length), rising."""
    return renewal_points(lambda count: exponentials(state, count), length)


def renewal_points(gaps: Callable[[int], Floats], length: float) -> Floats:
    """Points in [0, length) with these gaps, of mean 1, between them.

    Args:
        gaps: the first so many; more of them begin alike.
        length: of the stretch.
    """
    count = int(length + 8.0 * sqrt(length) + 32)
    points = np.cumsum(gaps(count))
    while points[-1] < length:
        count *= 2
        points = np.cumsum(gaps(count))
    return points[points < length]
