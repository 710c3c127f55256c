"""Seeded chance: the draws a world needs, at a third of what `random`'s own integer draws cost."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance(Random):
    """A seeded source of draws. The bias of scaling a 53-bit float is below 2**-40 for the ranges drawn here."""

    def below(self, end: int) -> int:
        """An integer from 0 up to, and without, `end`."""
        return int(self.random() * end)

    def between(self, least: int, most: int) -> int:
        """An integer from `least` to `most`, both included."""
        return least + int(self.random() * (most - least + 1))

    def hits(self, permille: int) -> bool:
        """True in `permille` of a thousand draws; draws nothing for 0."""
        return permille > 0 and self.random() * 1000 < permille

    def one_of(self, choices: Sequence[T]) -> T:
        """One of the choices, all equally likely."""
        return choices[int(self.random() * len(choices))]
