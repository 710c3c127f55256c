"""Who of the actors is up: while anybody waits for a process of its own, nothing else may be started beside it."""

from collections.abc import Container, Iterable


class Attendance:
    """The actors that have come up, or are gone.

    Args:
        names: of all actors; none of them is up yet.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._missing: dict[str, None] = dict.fromkeys(names)

    def came(self, name: str) -> None:
        """An actor has come up."""
        self._missing.pop(name, None)

    def went(self, name: str) -> None:
        """An actor is gone; Ray is about to start its successor."""
        self._missing[name] = None

    def is_complete(self, aside: Container[str] = ()) -> bool:
        """Whether nobody waits for a process.

        Args:
            aside: who stands aside (its journal is damaged, say) has a process and waits for none.
        """
        return all(name in aside for name in self._missing)
