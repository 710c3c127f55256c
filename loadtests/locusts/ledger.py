"""What a process was acknowledged, bounded: tasks created and decisions taken, or the same share of them by the hash of their names.

Whether a task is kept depends on its name alone, so the process that created it and the process whose desk decided it keep the same ones
as long as their shares agree; and of two shares the smaller one is part of the larger.
"""

import zlib
from typing import Generic, TypeVar

import msgspec

_Value = TypeVar("_Value")

#: Entries kept of each kind.
KEPT_MAX = 40_000


class Thinned(Generic[_Value]):
    """A dictionary by name that halves itself when it is full: of all names, one in 2 ** `halvings` is kept.

    Args:
        kept_max: entries; one or more.
    """

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self.kept: dict[str, _Value] = {}
        self.halvings = 0
        #: How many were put in, kept or not.
        self.count = 0
        self._kept_max = kept_max

    def put(self, name: str, value: _Value) -> None:
        """Take one in; the same name twice is for the caller to see."""
        self.count += 1
        if is_chosen(name, self.halvings):
            self.kept[name] = value
            while len(self.kept) > self._kept_max:
                self.thin(self.halvings + 1)

    def thin(self, halvings: int) -> None:
        """Keep at most one in 2 ** `halvings`."""
        if halvings > self.halvings:
            self.halvings = halvings
            self.kept = {name: value for name, value in self.kept.items() if is_chosen(name, halvings)}


def is_chosen(name: str, halvings: int) -> bool:
    """Whether a name belongs to the share of one in 2 ** `halvings`."""
    return zlib.crc32(name.encode()) & ((1 << halvings) - 1) == 0


class Acknowledged(msgspec.Struct, kw_only=True):
    """What one process, or all of them together, were acknowledged."""

    created: int = 0
    decided: int = 0
    halvings: int = 0
    #: Task name -> external id.
    tasks: dict[str, str] = {}
    #: Task name -> operator, verdict, amount in fen.
    decisions: dict[str, tuple[str, int, int]] = {}
    #: Contradictions that a process has seen itself.
    problems: list[str] = []
    #: Rows that it has reported until then.
    rows: int = 0


class Ledger:
    """The ledger of one process."""

    #: Problems kept in words.
    PROBLEMS_MAX = 20

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._tasks: Thinned[str] = Thinned(kept_max)
        self._decisions: Thinned[tuple[str, int, int]] = Thinned(kept_max)
        self._problems: list[str] = []

    def created(self, task: str, external_id: str) -> None:
        """A creation was acknowledged."""
        self._tasks.put(task, external_id)

    def decided(self, task: str, operator: str, verdict: int, amount_fen: int) -> None:
        """A decision was acknowledged."""
        if (first := self._decisions.kept.get(task)) is not None and len(self._problems) < self.PROBLEMS_MAX:
            self._problems.append(f"{task}: {operator} was told to have decided it, and so was {first[0]}")
        self._decisions.put(task, (operator, verdict, amount_fen))

    def read(self, rows: int) -> Acknowledged:
        """All of it, thinned to one share."""
        halvings = max(self._tasks.halvings, self._decisions.halvings)
        return Acknowledged(
            created=self._tasks.count,
            decided=self._decisions.count,
            halvings=halvings,
            tasks={name: value for name, value in self._tasks.kept.items() if is_chosen(name, halvings)},
            decisions={name: value for name, value in self._decisions.kept.items() if is_chosen(name, halvings)},
            problems=self._problems,
            rows=rows,
        )


class Accounts:
    """Which processes have had users, and what each of them says that it was acknowledged."""

    def __init__(self) -> None:
        self.given: dict[str, Acknowledged] = {}
        self._had_users: dict[str, None] = {}

    def has_users(self, process: str) -> None:
        """A process has users, so what it is acknowledged counts, whatever becomes of it."""
        self._had_users[process] = None

    def missing(self) -> list[str]:
        """Processes that have had users and give no account."""
        return [process for process in self._had_users if process not in self.given]


def together(parts: list[Acknowledged], kept_max: int = KEPT_MAX) -> Acknowledged:
    """What several processes were acknowledged. A task or a decision that two of them claim is a contradiction."""
    tasks: Thinned[str] = Thinned(kept_max)
    decisions: Thinned[tuple[str, int, int]] = Thinned(kept_max)
    whole = Acknowledged()
    for part in parts:
        whole.created += part.created
        whole.decided += part.decided
        whole.rows += part.rows
        whole.problems += part.problems
        whole.problems += [f"{name}: created by two processes" for name in part.tasks if name in tasks.kept]
        whole.problems += [f"{name}: decided at two desks" for name in part.decisions if name in decisions.kept]
        _add(tasks, part.tasks, part.halvings)
        _add(decisions, part.decisions, part.halvings)
    whole.halvings = max(tasks.halvings, decisions.halvings)
    tasks.thin(whole.halvings)
    decisions.thin(whole.halvings)
    whole.tasks, whole.decisions = tasks.kept, decisions.kept
    return whole


def _add(kept: Thinned[_Value], values: dict[str, _Value], halvings: int) -> None:
    kept.thin(halvings)
    for name, value in values.items():
        kept.put(name, value)
