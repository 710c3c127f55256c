"""Who of the actors is up: while anybody waits for a process of its own, nothing else may be started beside it.

An actor that stands aside (its journal is damaged, say) has a process and waits for none.
"""

from collections.abc import Iterable


class Attendance:
    """The actors that have come up, gone, or stand aside.

    Args:
        names: of all actors; none of them is up yet.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._missing: dict[str, None] = dict.fromkeys(names)
        self._aside: dict[str, None] = {}

    def came(self, name: str) -> None:
        """An actor has come up."""
        self._missing.pop(name, None)

    def went(self, name: str) -> None:
        """An actor is gone; Ray is about to start its successor."""
        self._missing[name] = None

    def stands_aside(self, name: str, *, does: bool) -> None:
        """An actor stands aside, or no longer does."""
        if does:
            self._aside[name] = None
        else:
            self._aside.pop(name, None)

    @property
    def is_complete(self) -> bool:
        """Whether nobody waits for a process."""
        return self._missing.keys() <= self._aside.keys()
