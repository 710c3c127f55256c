"""The open tasks of a province in the order of their ids, so that a page of them costs as much as it holds.

Ids are `(home, number)`, and numbers only rise. Of each home there is one bit a number, 64 to a block, and blocks without a task are gone: what is open lies
close together, so there are few of them, and Python sorts what is nearly in order in one pass. A task in or out is one look-up.
"""

from collections.abc import Iterator

from actors.core.ids import TaskId

#: Numbers a block.
_BLOCK = 64


def list_key(task: TaskId) -> tuple[str, int]:
    """Ids in natural order: by home, then by number. Taken apart once: this is asked twice in every task's life."""
    home, _, number = task.rpartition("-")
    return home, int(number)


class TaskOrder:
    """Ids of open tasks, by home and then by number."""

    __slots__ = ("_blocks",)

    def __init__(self) -> None:
        #: Home -> number of the block -> a bit for each of its tasks.
        self._blocks: dict[str, dict[int, int]] = {}

    def copied(self) -> "TaskOrder":
        """The same order, to try something with."""
        twin = TaskOrder()
        twin._blocks = {home: dict(blocks) for home, blocks in self._blocks.items()}
        return twin

    def add(self, task: TaskId) -> None:
        """A task has been opened here."""
        home, number = list_key(task)
        blocks = self._blocks.setdefault(home, {})
        blocks[number // _BLOCK] = blocks.get(number // _BLOCK, 0) | 1 << number % _BLOCK

    def remove(self, task: TaskId) -> None:
        """A task of those that are here is no longer open."""
        home, number = list_key(task)
        blocks = self._blocks[home]
        left = blocks[number // _BLOCK] & ~(1 << number % _BLOCK)
        if left:
            blocks[number // _BLOCK] = left
            return
        del blocks[number // _BLOCK]
        if not blocks:
            del self._blocks[home]

    def behind(self, after: tuple[str, int], home: str = "") -> Iterator[TaskId]:
        """The tasks behind a place in the order. O(homes + blocks of a home) to begin with, then a step for each task.

        Args:
            after: a `list_key`, of a task that need not be open.
            home: only tasks that arose there; empty: all.
        """
        for each in sorted(self._blocks):
            if each < after[0] or (home and each != home):
                continue
            least = after[1] + 1 if each == after[0] else 0
            blocks = self._blocks[each]
            for block in sorted(number for number in blocks if number >= least // _BLOCK):
                for bit in _bits(blocks[block]):
                    number = block * _BLOCK + bit
                    if number >= least:
                        yield TaskId(f"{each}-{number}")


def _bits(mask: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
