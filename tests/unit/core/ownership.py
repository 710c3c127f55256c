"""Who owns a task, by what the provinces have recorded: the naive half of `test_moves_model`.

A task has exactly one owner: the province that recorded it with the highest generation. Everything that happens to a task happens at its
owner, at most once to its end; an older record of it elsewhere is a move whose answer is still missing. `recorded` is told every event in
the order in which it reached a disk, and objects to any that breaks this.
"""

from dataclasses import dataclass, field

from actors.core import events as e
from actors.core import records
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.state import ProvinceState
from actors.core.task import HELD_STATES, Task, TaskState

#: Events that end a task.
ENDINGS = (e.TaskCompleted, e.TaskReturned, e.TaskCancelled)


@dataclass
class Owned:
    """A task, over all provinces."""

    home: ProvinceCode
    owner: ProvinceCode
    generation: int = 1
    #: The highest lease token given out.
    token: int = 0
    #: Every province that has the task on its books -> with which generation.
    open_at: dict[ProvinceCode, int] = field(default_factory=dict[ProvinceCode, int])
    #: Generation -> who accepted it.
    hosts: dict[int, ProvinceCode] = field(default_factory=dict[int, ProvinceCode])
    #: The record with which the task ended, encoded.
    outcome: bytes | None = None


class Ownership:
    """All tasks, and every lease there ever was."""

    def __init__(self) -> None:
        self.tasks: dict[TaskId, Owned] = {}
        #: (task, holder, token): nobody may decide by any but the last one of a task.
        self.leases: list[tuple[TaskId, OperatorId, int]] = []
        #: Net amount over all decisions, fen.
        self.balance_fen: dict[ProvinceCode, int] = {}
        #: (what, how often): what the walks have met with; rows of the crash table among them.
        self.seen: dict[str, int] = {}

    def saw(self, what: str) -> None:
        """Note that something worth meeting was met."""
        self.seen[what] = self.seen.get(what, 0) + 1

    def recorded(self, at: ProvinceCode, event: e.AnyEvent, closed: bytes | None) -> None:
        """An event is on the disk of `at`; `closed` is that province's record of the task if it is closed there now."""
        if isinstance(event, e.TaskCreated):
            assert event.task_id not in self.tasks, "ids are never used twice"
            self.tasks[event.task_id] = Owned(home=at, owner=at, open_at={at: 1}, hosts={1: at})
        elif isinstance(event, e.MoveAccepted):
            self._accepted(at, event)
        elif isinstance(event, e.OutcomeNoted):
            self._told(at, event.task)
        elif isinstance(event, e.HostNoted):
            owned = self.tasks[event.task_id]
            assert owned.hosts[event.generation] == event.host, "the home was told of a host that never had the task"
        elif isinstance(event, e.MoveHandedOver):
            owned = self.tasks[event.task_id]
            left = owned.open_at.pop(at)
            assert left < owned.generation, f"{at} gave {event.task_id} away and nobody has it"
        elif isinstance(event, e.MoveTakenBack):
            owned = self.tasks[event.task_id]
            assert owned.owner == at and owned.open_at[at] == owned.generation, f"{at} took back what is another's"
        elif isinstance(event, e.TaskEvent) and not isinstance(event, (e.NoticeSettled, e.MoveRefused)):
            self._lived(at, event, closed)

    def _accepted(self, at: ProvinceCode, event: e.MoveAccepted) -> None:
        """The next generation begins, and only ever from the last one."""
        owned = self.tasks[event.task.task_id]
        assert owned.outcome is None, f"{event.task.task_id} has ended and is taken in again"
        assert (owned.owner, owned.generation) == (event.source, event.move.generation), (
            "taken from who does not own it"
        )
        assert event.task.token >= owned.token, "the token travels with the task"
        if at in owned.open_at:
            self.saw("came home before its own move was answered")
        owned.generation += 1
        owned.owner, owned.token = at, event.task.token + 1
        owned.open_at[at] = owned.generation
        owned.hosts[owned.generation] = at

    def _told(self, at: ProvinceCode, task: Task) -> None:
        """The home records how its task ended elsewhere."""
        owned = self.tasks[task.task_id]
        assert owned.home == at
        assert owned.outcome == records.encode(task), "the home was told another outcome"
        if owned.open_at.pop(at, None) is not None:
            self.saw("the outcome came before the answer to the move")

    def _lived(self, at: ProvinceCode, event: e.TaskEvent, closed: bytes | None) -> None:
        """Something happened to the task itself: only where it is owned, and before its end."""
        owned = self.tasks[event.task_id]
        assert owned.outcome is None, f"{event.task_id} has ended, then {type(event).__name__}"
        assert owned.owner == at, f"{type(event).__name__} at {at}, but {owned.owner} owns {event.task_id}"
        if isinstance(event, (e.OfferMade, e.TaskAssigned)):
            assert event.token > owned.token, "tokens rise, across provinces too"
            owned.token = event.token
            self.leases.append((event.task_id, event.operator, event.token))
        if isinstance(event, ENDINGS):
            assert closed is not None
            owned.outcome = closed
            del owned.open_at[at]
        if isinstance(event, e.TaskCompleted):
            for leg in event.legs:
                self.balance_fen[leg.province] = self.balance_fen.get(leg.province, 0) + leg.amount_fen

    def check(self, states: dict[ProvinceCode, ProvinceState]) -> None:
        """I1, I2: one owner, at most one lease, and whatever else is on anybody's books is an unanswered move."""
        for task_id, owned in self.tasks.items():
            books = {code: state.tasks[task_id] for code, state in states.items() if task_id in state.tasks}
            assert {code: task.generation for code, task in books.items()} == owned.open_at
            for code, task in books.items():
                if code != owned.owner or owned.outcome is not None:
                    assert task.state is TaskState.MOVING and task.generation < owned.generation
            assert owned.outcome is not None or owned.owner in books, f"{task_id} is nobody's"
            assert sum(task.state in HELD_STATES for task in books.values()) <= 1
