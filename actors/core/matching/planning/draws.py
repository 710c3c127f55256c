"""Random numbers from a seed, the same on every machine (SplitMix64, Steele, Lea and Flood 2014)."""

from operator import index

_MASK = (1 << 64) - 1


class Draws:
    """A stream of draws."""

    def __init__(self, seed: int) -> None:
        # Numpy's whole numbers are of 64 bits, with a sign.
        self._state = index(seed) & _MASK

    def share(self) -> float:
        """A number of [0, 1)."""
        return self.below(1 << 53) / (1 << 53)

    def below(self, bound: int) -> int:
        """A whole number of 0..bound - 1. The bias of the remainder is below bound / 2^64."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % bound
