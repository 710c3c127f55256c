"""A switch that several faults may be at: the newest is in force, and when it leaves, the one before it is again.

Faults of a storm overlap. Two that share a switch (a full and a read-only disk, two modes of one cable) healed each other when each put the
switch back to "no fault" at its end: the other was counted in full, and in force for a part of its time.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class Switch(Generic[V]):
    """One switch.

    Args:
        put: brings it into a position; None: no fault.
    """

    def __init__(self, put: Callable[[V | None], object]) -> None:
        self._put = put
        #: The faults at it, the newest last; each in a list of its own, since two may be equal.
        self._at: list[list[V]] = []

    @contextlib.contextmanager
    def held(self, value: V) -> Iterator[None]:
        """Put a fault at it for the length of a block."""
        mine = [value]
        self._at.append(mine)
        self._put(value)
        try:
            yield
        finally:
            self._at = [one for one in self._at if one is not mine]
            self._put(self._at[-1][0] if self._at else None)
