"""What was acknowledged against what is there: pure functions over the ledger and what was read back. Every contradiction is named.

The events of the run name each of its tasks and each decision: an external id names one task, a task is decided once, and none is left. An
acknowledged task must be found under its name, with the external id it was sent with, decided as its event says, and as the desk was told.
"""

from collections.abc import Collection

import msgspec

from gateway.v1 import task_pb2
from loadtests.locusts.ledger import Acknowledged

#: Contradictions in words; all are counted.
LISTED_MAX = 20
#: Events read altogether: of a million tasks, and what else is not filtered away.
EVENTS_MAX = 2_500_000


class Read(msgspec.Struct, frozen=True):
    """A task as it was read back."""

    external_id: str
    state: int
    operator: str = ""
    verdict: int = 0
    amount_fen: int = 0
    #: Whether the decision came by the promised time.
    is_on_time: bool = False


class Decided(msgspec.Struct, frozen=True):
    """One TaskCompleted event."""

    task: str
    operator: str
    verdict: int
    amount_fen: int


class Findings(msgspec.Struct, kw_only=True):
    """What the comparison found."""

    #: Acknowledged altogether.
    created: int = 0
    told_decided: int = 0
    #: Tasks read back, and of these decided and decided in time.
    examined: int = 0
    decided: int = 0
    on_time: int = 0
    #: Among the events, of the run's tasks: creations and decisions.
    created_seen: int = 0
    decided_seen: int = 0
    #: Whether all events were read; otherwise `EVENTS_MAX` was reached, and whatever only they tell is not known.
    is_complete: bool = True
    #: Acknowledged and not decided when time was up.
    undecided: int = 0
    contradictions: int = 0
    listed: list[str] = []

    def find(self, problem: str) -> None:
        """Note a contradiction."""
        self.contradictions += 1
        if len(self.listed) < LISTED_MAX:
            self.listed.append(problem)


class Happened:
    """Takes creations and decisions in, in any order, and finds what was made or decided twice.

    Args:
        run: what the external ids of the run begin with.
        wanted: tasks whose decisions are to be kept.
    """

    def __init__(self, run: str, wanted: Collection[str], findings: Findings) -> None:
        #: Decisions of the wanted tasks.
        self.decisions: dict[str, Decided] = {}
        self._prefix = f"{run}-"
        self._wanted = wanted
        self._findings = findings
        #: External id -> task, of the run's own.
        self._created: dict[str, str] = {}
        #: Task -> how often it was decided, of everybody's.
        self._decided: dict[str, int] = {}

    def created(self, task: str, external_id: str) -> None:
        """A TaskCreated event."""
        if external_id.startswith(self._prefix):
            first = self._created.setdefault(external_id, task)
            if first != task:
                self._findings.find(f"{external_id} names {first} and {task}")

    def decided(self, decided: Decided) -> None:
        """A TaskCompleted event."""
        self._decided[decided.task] = self._decided.get(decided.task, 0) + 1
        if decided.task in self._wanted:
            self.decisions[decided.task] = decided

    def settle(self) -> None:
        """All events are in: count, and find what was decided twice."""
        for task in self._created.values():
            times = self._decided.get(task, 0)
            self._findings.created_seen += 1
            self._findings.decided_seen += min(times, 1)
            if times > 1:
                self._findings.find(f"{task} was decided {times} times")


def compare(
    acknowledged: Acknowledged, tasks: dict[str, Read | None], decisions: dict[str, Decided], findings: Findings
) -> None:
    """Compare what was acknowledged with what is there.

    Args:
        tasks: what GetTask says of every task of the ledger; None: NOT_FOUND.
        decisions: the events of these tasks.
    """
    findings.created, findings.told_decided = acknowledged.created, acknowledged.decided
    for problem in acknowledged.problems:
        findings.find(problem)
    for name, external_id in acknowledged.tasks.items():
        findings.examined += 1
        task = tasks.get(name)
        if task is None:
            findings.find(f"{name} ({external_id}) was acknowledged and cannot be found")
        elif task.external_id != external_id:
            findings.find(f"{name} was acknowledged for {external_id}, is {task.external_id}")
        elif task.state == task_pb2.TASK_STATE_COMPLETED:
            findings.decided += 1
            findings.on_time += task.is_on_time
            event = decisions.get(name)
            if event is None and findings.is_complete:
                findings.find(f"{name} is decided, and no event says so")
            elif event is not None and (event.operator, event.verdict, event.amount_fen) != (
                *(task.operator, task.verdict, task.amount_fen),
            ):
                findings.find(f"{name} was decided by {event.operator}, its record says {task.operator}")
        else:
            findings.undecided += 1
    _compare_told(acknowledged, tasks, findings)


def _compare_told(acknowledged: Acknowledged, tasks: dict[str, Read | None], findings: Findings) -> None:
    """Each desk that was told to have decided a task did."""
    for name, told in acknowledged.decisions.items():
        if name not in acknowledged.tasks:
            # Somebody else's task, which was there before or came while we worked.
            continue
        task = tasks.get(name)
        if task is not None and (task.operator, task.verdict, task.amount_fen) != told:
            findings.find(f"{told[0]} was told to have decided {name}, its record says {task.operator or 'nobody'}")
