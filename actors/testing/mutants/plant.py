"""Planting a bug: the product's code is changed in memory, for the length of a run, and put back."""

from collections.abc import Callable
from typing import Any

import msgspec


class Plant:
    """Changes that can be undone."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def attribute(self, owner: object, name: str, value: Any) -> None:
        """Give an attribute of a module or class another value."""
        sound = getattr(owner, name)
        self._undo.append(lambda: setattr(owner, name, sound))
        setattr(owner, name, value)

    def entry(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Give an entry of a table another value, or add one."""
        if key in table:
            sound = table[key]
            self._undo.append(lambda: table.__setitem__(key, sound))
        else:
            self._undo.append(lambda: table.__delitem__(key))
        table[key] = value

    def remove(self) -> None:
        """Put everything back as it was."""
        while self._undo:
            self._undo.pop()()


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One planted bug."""

    name: str
    #: What is wrong, in one sentence.
    bug: str
    plant: Callable[[Plant], None]
