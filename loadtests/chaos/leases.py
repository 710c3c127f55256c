"""Who holds a task, and for how long things took, as a province's events say it: nobody twice, tokens that only rise, no negative time.

Feed the events of one province in their order. A lease is lost when the system takes work off a desk that did not ask for it; it is
doubled when a task is given to somebody while another has it, or under a token that is not higher than the last.
"""

from collections.abc import Callable

from gateway.v1 import event_pb2

#: Events that give a task to an operator.
_GIVEN = ("OfferMade", "TaskAssigned")
#: Events after which nobody here holds the task.
_LET_GO = (
    "OfferDeclined",
    "AssignmentSuspended",
    "AssignmentReferred",
    "TaskCompleted",
    "TaskReturned",
    "TaskCancelled",
)
#: Events by which the system takes a task off a desk.
_TAKEN = ("OfferWithdrawn", "AssignmentReleased")


class Leases:
    """The leases of one province.

    Args:
        is_excused: whether a task taken off a desk, for this reason and begun there or not, was no loss (the desk signed out).
    """

    def __init__(self, is_excused: Callable[[str, bool], bool] = lambda reason, is_begun: False) -> None:
        #: Task -> (operator, token) of whoever holds it.
        self.held: dict[str, tuple[str, int]] = {}
        #: Of these, the tasks that were begun.
        self._begun: dict[str, None] = {}
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self.negative: list[str] = []
        self.decided: dict[str, int] = {}
        self._tokens: dict[str, int] = {}
        self._is_excused = is_excused

    def take(self, event: event_pb2.Event) -> None:
        """Take in one event."""
        if event.type in _GIVEN:
            self._given(event)
        elif event.type == "AssignmentStarted":
            self._begun[event.task] = None
        elif event.type in _TAKEN:
            self._taken(event)
        elif event.type in _LET_GO:
            self._let_go(event.task)
        if event.type == "TaskCompleted":
            self.decided[event.task] = self.decided.get(event.task, 0) + 1
            if event.decision.handle_ms < 0:
                self.negative.append(f"{event.task}: handled in {event.decision.handle_ms} ms")

    def _given(self, event: event_pb2.Event) -> None:
        holder = self.held.get(event.task)
        if holder is not None and event.type == "OfferMade":
            self.doubled.append(f"{event.task}: offered to {event.operator} while with {holder[0]}")
        if event.token <= self._tokens.get(event.task, 0):
            self.doubled.append(f"{event.task}: token {event.token} after {self._tokens[event.task]}")
        self._tokens[event.task] = event.token
        self.held[event.task] = (event.operator, event.token)

    def _taken(self, event: event_pb2.Event) -> None:
        is_begun = event.task in self._begun
        if self._let_go(event.task) and not self._is_excused(event.reason, is_begun):
            self.lost.append(f"{event.task}: {event.type} {event.reason}")

    def _let_go(self, task: str) -> bool:
        """Nobody here holds it any more; whether somebody did."""
        self._begun.pop(task, None)
        return self.held.pop(task, None) is not None
