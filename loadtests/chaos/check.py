"""The checks: pure functions over the history and what the journals say. Each names every contradiction it finds.

What a client was told is compared with what the journals hold, never with what the system says of itself while it runs. An operation of
unknown outcome proves nothing either way; an acknowledged one must be there, once, as it was acknowledged.

Events of different provinces have no common order, but a task is in one province at a time: its generation orders its stays, and the
position its events within one.
"""

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from gateway.v1 import task_pb2
from loadtests.chaos.history import OK, REFUSED, Operation
from loadtests.chaos.journals import Happened, Journals

#: Contradictions listed per check; all are counted.
LISTED_MAX = 20

#: Events that give a task to somebody, and those that take it away again.
_GIVES = ("OfferMade", "TaskAssigned")
_TAKES = (
    "OfferWithdrawn",
    "OfferDeclined",
    "AssignmentReleased",
    "AssignmentReferred",
    "AssignmentSuspended",
    "TaskReturned",
    "TaskCancelled",
    "MoveStarted",
)
#: Acknowledged ends, and the state that a task must be in for ever after.
_ENDS = {
    "complete": task_pb2.TASK_STATE_COMPLETED,
    "cancel": task_pb2.TASK_STATE_CANCELLED,
    "return_task": task_pb2.TASK_STATE_RETURNED,
}
#: Operations that are answered alike however often they are asked: their answers are kept, or say it all.
_ANSWERED_ALIKE = (
    "create",
    "update",
    "cancel",
    "resume",
    "decline",
    "suspend",
    "return_task",
    "refer",
    "release",
    "complete",
)
#: Operations by which a client shows or is given a lease token.
_HOLDING = ("accept", "start", "complete", "suspend", "return_task", "release", "refer")


class Check(msgspec.Struct, kw_only=True):
    """One check and what it found."""

    name: str
    #: Operations, tasks or events looked at: a check that looked at nothing proves nothing.
    examined: int = 0
    violations: int = 0
    #: The first of them, in words.
    listed: list[str] = []

    def find(self, problem: str) -> None:
        """Note a contradiction."""
        self.violations += 1
        if len(self.listed) < LISTED_MAX:
            self.listed.append(problem)


def check_all(history: list[Operation], journals: Journals) -> list[Check]:
    """All checks."""
    return [
        lost(history, journals),
        created_once(journals),
        decided_twice(history, journals),
        token_order(history, journals),
        stale_accepted(history, journals),
        same_answer(history),
        definite_status(history),
    ]


def _acknowledged(history: Iterable[Operation], *kinds: str) -> Iterator[Operation]:
    return (operation for operation in history if operation.outcome == OK and operation.kind in kinds)


def _all_events(journals: Journals, *types: str) -> Iterator[Happened]:
    return (event for events in journals.events.values() for event in events if event.type in types)


def lost(history: list[Operation], journals: Journals) -> Check:
    """Every acknowledged creation is there, under its name and with its content; every acknowledged end has been kept."""
    check = Check(name="lost")
    made = {event.task: event.external_id for event in _all_events(journals, "TaskCreated")}
    for operation in _acknowledged(history, "create"):
        check.examined += 1
        task = journals.tasks.get(operation.task)
        if operation.task not in made:
            check.find(f"{operation.task} ({operation.external_id}) was acknowledged and is in no journal")
        elif made[operation.task] != operation.external_id:
            check.find(f"{operation.task} was acknowledged for {operation.external_id}, is {made[operation.task]}")
        elif task is None:
            check.find(f"{operation.task} was created and cannot be found")
        elif task.content != operation.content:
            check.find(f"{operation.task} has another content than was acknowledged")
    for operation in _acknowledged(history, *_ENDS):
        check.examined += 1
        task = journals.tasks.get(operation.task)
        if task is None or task.state != _ENDS[operation.kind]:
            state = "nowhere" if task is None else task_pb2.TaskState.Name(task.state)
            check.find(f"{operation.kind} of {operation.task} was acknowledged, the task is {state}")
    return check


def created_once(journals: Journals) -> Check:
    """One external id names one task, and one name is given once."""
    check = Check(name="created_once")
    by_external: dict[tuple[str, str], str] = {}
    names: dict[str, None] = {}
    for event in _all_events(journals, "TaskCreated"):
        check.examined += 1
        if event.task in names:
            check.find(f"{event.task} was created twice")
        names[event.task] = None
        first = by_external.setdefault((event.province, event.external_id), event.task)
        if first != event.task:
            check.find(f"{event.external_id} names {first} and {event.task}")
    return check


def decided_twice(history: list[Operation], journals: Journals) -> Check:
    """At most one decision a task, and each acknowledged completion is that decision."""
    check = Check(name="decided_twice")
    decisions: dict[str, Happened] = {}
    for event in _all_events(journals, "TaskCompleted"):
        check.examined += 1
        first = decisions.setdefault(event.task, event)
        if first is not event:
            check.find(f"{event.task} was decided in {first.province} and in {event.province}")
    for event in _all_events(journals, "TaskCancelled", "TaskReturned"):
        if event.task in decisions:
            check.find(f"{event.task} was decided and also ended by {event.type}")
    for operation in _acknowledged(history, "complete"):
        check.examined += 1
        decision = decisions.get(operation.task)
        told = (operation.operator, operation.verdict, operation.amount_fen)
        if decision is None:
            check.find(f"{operation.operator} was told to have decided {operation.task}, which nobody has")
        elif told != (decision.operator, decision.verdict, decision.amount_fen):
            check.find(f"{operation.operator} was told to have decided {operation.task}, {decision.operator} has")
    return check


def token_order(history: list[Operation], journals: Journals) -> Check:
    """Tokens of a task strictly rise from one holder to the next: in the journals, and as clients were told one after another."""
    check = Check(name="token_order")
    grants: dict[str, list[tuple[int, int, int]]] = {}
    for events in journals.events.values():
        generations: dict[str, int] = {}
        for event in events:
            if event.type in ("TaskCreated", "MoveAccepted"):
                generations[event.task] = max(1, event.generation)
            elif event.type in _GIVES:
                grant = (generations.get(event.task, 0), event.position, event.token)
                grants.setdefault(event.task, []).append(grant)
    for task, given in grants.items():
        check.examined += len(given)
        given.sort()
        for (_, _, before), (_, _, after) in itertools.pairwise(given):
            if after <= before:
                check.find(f"{task} was given by token {after} after token {before}")
    _check_tokens_told(history, check)
    return check


def _check_tokens_told(history: list[Operation], check: Check) -> None:
    """Whoever asks after another was answered is never shown an older token, nor another's token."""
    told: dict[str, list[Operation]] = {}
    for operation in _acknowledged(history, *_HOLDING):
        # A repetition is answered with what was true the first time.
        if not operation.is_repetition:
            told.setdefault(operation.task, []).append(operation)
    for task, operations in told.items():
        check.examined += len(operations)
        holders: dict[int, str] = {}
        for operation in operations:
            holder = holders.setdefault(operation.token, operation.operator)
            if holder != operation.operator:
                check.find(f"{task}: token {operation.token} was {holder}'s and {operation.operator}'s")
        _check_rising(task, operations, check)


def _check_rising(task: str, operations: list[Operation], check: Check) -> None:
    """Among operations that surely came one after the other, tokens do not fall."""
    answered = sorted(operations, key=lambda operation: operation.ended_s)
    place, highest = 0, 0
    for operation in sorted(operations, key=lambda operation: operation.invoked_s):
        while place < len(answered) and answered[place].ended_s < operation.invoked_s:
            highest = max(highest, answered[place].token)
            place += 1
        if operation.token < highest:
            check.find(f"{task}: {operation.kind} was acknowledged for token {operation.token} after token {highest}")


def stale_accepted(history: list[Operation], journals: Journals) -> Check:
    """Whatever ended a task was done by its holder of that moment: no completion was acknowledged for a token not current."""
    check = Check(name="stale_accepted")
    deciding: dict[str, tuple[int, str]] = {}
    for events in journals.events.values():
        holders: dict[str, tuple[int, str]] = {}
        for event in events:
            if event.type in _GIVES:
                holders[event.task] = (event.token, event.operator)
            elif event.type == "TaskCompleted":
                check.examined += 1
                holder = holders.pop(event.task, None)
                if holder is None or holder[1] != event.operator:
                    check.find(f"{event.task} was decided by {event.operator}; it was held by {holder}")
                else:
                    deciding[event.task] = holder
            elif event.type in _TAKES:
                holders.pop(event.task, None)
    for operation in _acknowledged(history, "complete"):
        check.examined += 1
        if deciding.get(operation.task) != (operation.token, operation.operator):
            check.find(
                f"{operation.operator} was told to have decided {operation.task} by token {operation.token}; "
                f"current was {deciding.get(operation.task)}"
            )
    return check


def same_answer(history: list[Operation]) -> Check:
    """A request id gets one answer, byte for byte, however often and late it is asked; never a refusal after an acknowledgement."""
    check = Check(name="same_answer")
    first: dict[tuple[str, str, str], Operation] = {}
    for operation in _acknowledged(history, *_ANSWERED_ALIKE):
        if operation.request_id:
            first.setdefault((operation.identity, operation.kind, operation.request_id), operation)
    for operation in history:
        original = first.get((operation.identity, operation.kind, operation.request_id))
        if original is None or original is operation or operation.outcome not in (OK, REFUSED):
            continue
        check.examined += 1
        if operation.outcome == REFUSED and operation.ended_s < original.invoked_s:
            continue
        if (operation.outcome, operation.answer) != (OK, original.answer):
            answer = operation.answer or operation.reason
            check.find(
                f"{operation.kind} {operation.request_id} of {operation.task}: {original.answer}, later {answer}"
            )
    return check


def definite_status(history: list[Operation]) -> Check:
    """Every refusal has a definite status: UNKNOWN and INTERNAL are bugs."""
    check = Check(name="definite_status")
    for operation in history:
        if operation.outcome != OK:
            check.examined += 1
            if operation.reason.startswith(("INTERNAL:", "UNKNOWN:")) or operation.reason in ("2", "13"):
                check.find(f"{operation.kind} {operation.request_id}: {operation.reason}")
    return check


def counted(journals: Journals) -> dict[str, int]:
    """What the journals hold, by the names under which `sharedops verify` counts it."""
    return {
        "tasks_created": sum(1 for _ in _all_events(journals, "TaskCreated")),
        "tasks_decided": sum(1 for _ in _all_events(journals, "TaskCompleted")),
    }


def verified(report: dict[str, object], counts: dict[str, int]) -> Check:
    """`sharedops verify` found nothing, and counted on the disk what was read over the wire."""
    problems = report.get("problems")
    check = Check(name="verify", examined=int(str(report.get("frames", 0))))
    for problem in problems if isinstance(problems, list) else []:
        check.find(str(problem))
    if not report.get("ok") and not check.violations:
        check.find("verify says no without saying why")
    for key, count in counts.items():
        if report.get(key) != count:
            check.find(f"{key}: {report.get(key)} on disk, {count} over the wire")
    return check


def ledger(report: dict[str, object]) -> Check:
    """The ledger of the whole country sums to nothing."""
    check = Check(name="ledger", examined=int(str(report.get("ledger_legs", 0))))
    if report.get("ledger_sum_fen") != 0:
        check.find(f"the ledger sums to {report.get('ledger_sum_fen')} fen")
    return check
