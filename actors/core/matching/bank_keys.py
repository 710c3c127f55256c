"""Keys of the bank: their numbers, and where the rows of each begin.

A *key* is a value of an attribute: the kind "claims-medical", the home "fujian", what a task needs, or nothing at all for what is the
person's alone. Keys are numbered as they come, and in that order their rows lie in one array of points and one of values: as many rows a key as
its attribute has parameters that are scored, and parameters at all. So a round gathers the rows of all its keys at once. Keys outlive what was
worked out for them, since the next minute's tasks are like this one's.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from actors.core.matching.compiled import CompiledModel
from actors.core.matching.parameters import Attribute
from actors.core.statistics.storage import IntArray

#: In this order, since later ones build on earlier ones.
KEPT_ATTRIBUTES = (
    Attribute.PERSON,
    Attribute.LINE,
    Attribute.KIND,
    Attribute.TRIAL,
    Attribute.PRODUCT,
    Attribute.HOME,
    Attribute.CHANNEL,
    Attribute.AMOUNT_BAND,
    Attribute.HOSPITAL,
    Attribute.TEAM,
    Attribute.LOAD,
    Attribute.TODAY,
    Attribute.KIND_LAST,
    Attribute.KIND_LOAD,
    Attribute.SLACK,
    Attribute.LANGUAGE,
    Attribute.NEEDS,
)
Key = tuple[Attribute, Hashable]


class KeyNumbers:
    """The keys of one bank.

    Args:
        compiled: says how many parameters each attribute has.
    """

    def __init__(self, compiled: CompiledModel) -> None:
        self._compiled = compiled
        #: Counts how often all keys were forgotten: their numbers are good within one epoch, which may be many minutes.
        self.epoch = 0
        self.forget()

    def forget(self) -> None:
        """Forget all keys, with their numbers."""
        self.epoch += 1
        #: Key -> number, by attribute, in the order of `KEPT_ATTRIBUTES`; None: the attribute has no parameters. To be read: a key is added by
        #: asking for its `number`.
        self.ids: dict[Attribute, dict[Hashable, int] | None] = {
            attribute: {} if attribute in self._compiled.groups else None for attribute in KEPT_ATTRIBUTES
        }
        self._keys: list[Key] = []
        self._numbers_of: dict[Attribute, list[int]] = {attribute: [] for attribute in KEPT_ATTRIBUTES}
        #: Of some attributes, (numbers, 1), made anew when there is one more.
        self._number_columns: dict[tuple[Attribute, ...], IntArray] = {}
        #: Rows of points, and of values, of all keys together.
        self.point_rows = 0
        self.value_rows = 0
        #: By number: place of the attribute in `KEPT_ATTRIBUTES`; first row of points, how many it has, and the number of its first
        #: parameter; first row of values. They are longer than there are keys.
        self.attributes = np.zeros(0, dtype=np.int64)
        self.point_starts = np.zeros(0, dtype=np.int64)
        self.lengths = np.zeros(0, dtype=np.int64)
        self.parameters = np.zeros(0, dtype=np.int64)
        self.value_starts = np.zeros(0, dtype=np.int64)

    @property
    def count(self) -> int:
        """Keys that are kept: their numbers are below this."""
        return len(self._keys)

    @property
    def room(self) -> int:
        """How many rows a table by key should have: the last is given to nobody, so that -1, which says that a task has no key, leads there."""
        return len(self.attributes)

    def number(self, attribute: Attribute, key: Hashable) -> int:
        """The number of a key until keys are forgotten; -1 for None and for attributes without parameters."""
        ids = self.ids[attribute]
        if key is None or ids is None:
            return -1
        known = ids.get(key)
        return self._add((attribute, key), ids) if known is None else known

    def numbers(self, keys: Sequence[Hashable]) -> list[int]:
        """The numbers of a task's keys, one of each attribute in the order of `KEPT_ATTRIBUTES`."""
        found: list[int] = []
        for (attribute, ids), key in zip(self.ids.items(), keys, strict=True):
            if key is None or ids is None:
                found.append(-1)
                continue
            known = ids.get(key)
            found.append(self._add((attribute, key), ids) if known is None else known)
        return found

    def key(self, number: int) -> Key:
        """The attribute and the value of a key."""
        return self._keys[number]

    def values(self, numbers: Sequence[int]) -> list[Hashable]:
        """The values of some keys."""
        keys = self._keys
        return [keys[number][1] for number in numbers]

    def used(self, ids: IntArray) -> IntArray:
        """The distinct numbers among those of tasks, rising; -1 is none."""
        seen: NDArray[np.bool_] = np.zeros(len(self._keys) + 1, dtype=np.bool_)
        seen[ids.ravel()] = True
        return seen[:-1].nonzero()[0]

    def column(self, attributes: tuple[Attribute, ...]) -> IntArray:
        """The numbers of all keys of some attributes, (numbers, 1)."""
        known = self._number_columns.get(attributes)
        if known is None:
            found = [number for attribute in attributes for number in self._numbers_of[attribute]]
            known = self._number_columns[attributes] = np.array(found, dtype=np.int64)[:, None]
        return known

    def by_attribute(self, numbers: IntArray) -> dict[Attribute, list[int]]:
        """Some numbers, by the attributes of their keys."""
        found: dict[Attribute, list[int]] = {}
        some: list[int] = numbers.tolist()
        for number in some:
            found.setdefault(self._keys[number][0], []).append(number)
        return found

    def _add(self, key: Key, ids: dict[Hashable, int]) -> int:
        attribute, value = key
        number = ids[value] = len(self._keys)
        self._keys.append(key)
        self._numbers_of[attribute].append(number)
        self._number_columns.clear()
        if number + 1 >= len(self.attributes):
            self._grow(2 * number + 16)
        group = self._compiled.groups[attribute]
        length = len(group.scored)
        self.attributes[number] = KEPT_ATTRIBUTES.index(attribute)
        self.point_starts[number], self.lengths[number], self.parameters[number] = self.point_rows, length, group.start
        self.point_rows += length
        self.value_starts[number] = self.value_rows
        self.value_rows += len(group.parameters)
        return number

    def _grow(self, keys: int) -> None:
        more = np.zeros(keys - len(self.attributes), dtype=np.int64)
        self.attributes = np.concatenate([self.attributes, more])
        self.point_starts = np.concatenate([self.point_starts, more])
        self.lengths = np.concatenate([self.lengths, more])
        self.parameters = np.concatenate([self.parameters, more])
        self.value_starts = np.concatenate([self.value_starts, more])
