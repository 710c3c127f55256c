"""Who dealt lately with a customer, a case or a task: a bounded memory in order of use.

Customers and cases are too many for columns and each concerns one or two people, so a dictionary of short tuples it is. The key that was
noted least lately is forgotten first; a dictionary keeps that order by itself.
"""

from collections.abc import Mapping

#: Names remembered for one key; the oldest is forgotten first.
NAMES_MAX = 4


class Recollection:
    """Key -> ((name, when, Unix ms), ...), the latest first."""

    __slots__ = ("_kept", "bound")

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._kept: dict[str, tuple[tuple[str, int], ...]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def note(self, key: str, name: str, at_ms: int) -> None:
        """Remember that `name` dealt with `key` at `at_ms`."""
        kept = self._kept
        before = kept.pop(key, None)
        if before is None:
            kept[key] = ((name, at_ms),)
            if len(kept) > self.bound:
                del kept[next(iter(kept))]
        elif before[0][0] == name:
            kept[key] = ((name, at_ms), *before[1:])
        else:
            kept[key] = ((name, at_ms), *[one for one in before if one[0] != name])[:NAMES_MAX]

    def of(self, key: str) -> tuple[tuple[str, int], ...]:
        """Who dealt with `key`, the latest first, each with when (Unix ms)."""
        return self._kept.get(key, ())

    def capture(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """As of now, in order of use."""
        return dict(self._kept)

    def restore(self, kept: Mapping[str, tuple[tuple[str, int], ...]]) -> None:
        """Become what was captured."""
        self._kept = dict(kept)
