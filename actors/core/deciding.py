"""The turn: what a decision may look at, and how it makes things happen.

A decision function takes a `Turn` and a command, looks at the state, and either returns `Refused` or emits events and returns a reply.
Every event is applied at once, so the next decision of the same batch sees it; the shell sends nothing before the whole frame is on disk.
"""

from collections.abc import Mapping
from typing import Any

from actors.core import events as e
from actors.core import records
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.ids import OperatorId, SessionId, TaskId
from actors.core.matching.rounds import Matcher
from actors.core.matching.scoring import Scorer
from actors.core.operators import Operator
from actors.core.outage import SiteWatch
from actors.core.outbox import Outbox
from actors.core.presence import Presence
from actors.core.refusal import Reason, Refused
from actors.core.replies import DeskUpdate, Elsewhere
from actors.core.state import ProvinceState
from actors.core.task import Task, TaskState


class Turn:
    """One command's view of the province."""

    __slots__ = (
        "desk_updates",
        "events",
        "matcher",
        "now",
        "outbox",
        "presence",
        "recalled",
        "site_watch",
        "state",
        "who",
    )

    def __init__(
        self,
        state: ProvinceState,
        presence: Presence,
        outbox: Outbox,
        site_watch: SiteWatch,
        matcher: Matcher,
        now: Instant,
    ) -> None:
        self.state = state
        self.presence = presence
        self.outbox = outbox
        self.site_watch = site_watch
        self.matcher = matcher
        self.now = now
        self.who = ""
        self.recalled: Mapping[str, bytes] = {}
        self.events: list[e.AnyEvent] = []
        self.desk_updates: list[DeskUpdate] = []

    def emit(self, event: e.AnyEvent) -> None:
        """Let `event` happen: apply it and put it into the frame."""
        kind = type(event)
        is_heard = kind in _HEARD_AT_DESKS
        before = self._held_before(event) if is_heard and kind in _REVOKING else None
        session = self._session_before(event) if is_heard and kind in _ABOUT_SESSIONS else None
        apply(self.state, event)
        self.matcher.note_event()
        self.events.append(event)
        if is_heard:
            self._tell_desks(event, before)
            if session is not None:
                self._tell_session_taken(event, session)

    def record(self, key: str) -> bytes | None:
        """A record by key, from this frame or from the store."""
        return self.state.records.get(key) or self.recalled.get(key)

    def open_task(self, task: TaskId) -> Task | Elsewhere | Refused:
        """The open task with this id, or where it is, or why there is none."""
        found = self.state.tasks.get(task)
        if found is not None:
            if found.state is TaskState.MOVING:
                assert found.move is not None
                return Elsewhere(task_id=task, host=found.move.host, generation=found.generation + 1, in_transit=True)
            return found
        away = self.state.away.get(task)
        if away is not None:
            return Elsewhere(task_id=task, host=away.host, generation=away.generation)
        closed = self.closed_task(task)
        if closed is None:
            return Refused(reason=Reason.UNKNOWN_TASK, message=f"There is no task {task}.")
        if closed.state is TaskState.MOVED:
            assert closed.move is not None
            return Elsewhere(task_id=task, host=closed.move.host, generation=closed.generation + 1)
        return Refused(
            reason=Reason.ALREADY_DECIDED,
            message=f"Task {task} is {closed.state.value} already.",
            metadata=winner_metadata(closed),
        )

    def closed_task(self, task: TaskId) -> Task | None:
        """The record of a task that is closed here, tombstones included."""
        record = self.record(records.task_key(task))
        return None if record is None else records.decode_task(record)

    def operator(self, operator: OperatorId) -> Operator | Refused:
        """The roster entry, or why there is none."""
        person = self.state.operators.get(operator)
        if person is None:
            return Refused(reason=Reason.UNKNOWN_OPERATOR, message=f"There is no operator {operator} here.")
        return person

    def standard_revision(self, task: Task) -> int:
        """Revision of the operating standard that the task is to be worked by."""
        kind = self.state.kinds.get(task.spec.kind)
        return kind.operating_standard_revision if kind is not None else 1

    @property
    def scorer(self) -> Scorer:
        """Filters and scores by the model in force."""
        return self.matcher.scorer(self.state)

    def _held_before(self, event: Any) -> Task | None:
        """The task as it was, when the event takes it off somebody's desk."""
        task = self.state.tasks[event.task_id]
        return task if task.operator is not None else None

    def _session_before(self, event: Any) -> SessionId | None:
        """The session that a sign-in elsewhere or a sign-out ends."""
        return self.state.operators[event.operator].session

    def _tell_session_taken(self, event: e.AnyEvent, session: SessionId) -> None:
        """Tell a desk that its session is over when another desk took the operator over, or the clock."""
        if isinstance(event, e.OperatorSignedIn) and event.session != session:
            self.tell_session_ended(event.operator, session, "taken_over")
        elif isinstance(event, e.OperatorSignedOut) and event.who.startswith("system:"):
            self.tell_session_ended(event.operator, session, event.reason)

    def tell_session_ended(self, operator: OperatorId, session: SessionId, reason: str) -> None:
        """Tell a desk that its session is over."""
        ended = DeskUpdate(operator=operator, session=session, what="session_ended", reason=reason)
        self.desk_updates.append(ended)

    def _tell_desks(self, event: e.AnyEvent, before: Task | None) -> None:
        if before is not None and before.operator is not None and not _asked_itself(event):
            self._tell(before.operator, "revoked", before, _REASONS.get(type(event)) or getattr(event, "reason", ""))
        what = _GIVING.get(type(event))
        if what is not None:
            assert isinstance(event, (e.OfferMade, e.TaskAssigned))
            self._tell(event.operator, what, self.state.tasks[event.task_id], "")

    def _tell(self, operator: OperatorId, what: str, task: Task, reason: str) -> None:
        person = self.state.operators.get(operator)
        if person is not None and person.session is not None:
            self.desk_updates.append(
                DeskUpdate(
                    operator=operator,
                    session=person.session,
                    what=what,
                    task=task,
                    token=task.token,
                    reason=reason,
                    standard_revision=self.standard_revision(task) if what == "assigned" else 1,
                )
            )


#: Events that take a task from its holder without the holder having asked (or that the holder's desk must hear of all the same).
_REVOKING = frozenset((e.OfferWithdrawn, e.AssignmentReleased, e.TaskAssigned, e.TaskCancelled))
_ABOUT_SESSIONS = frozenset((e.OperatorSignedIn, e.OperatorSignedOut))
#: All events that desks may hear of, which most events are not.
_HEARD_AT_DESKS = frozenset((*_REVOKING, *_ABOUT_SESSIONS, e.OfferMade))
#: Events that put a task on a desk, and what the desk is told.
_GIVING: dict[type, str] = {e.OfferMade: "offered", e.TaskAssigned: "assigned"}
_REASONS: dict[type, str] = {e.TaskAssigned: "reassigned", e.TaskCancelled: "cancelled"}


def _asked_itself(event: e.AnyEvent) -> bool:
    """Whether it was the desk that gave its work back."""
    return isinstance(event, e.AssignmentReleased) and not event.who.startswith("system:")


def winner_metadata(task: Task) -> dict[str, str]:
    """Who holds or decided the task: what a desk with a void token is told."""
    decider = task.decision.operator if task.decision else task.operator
    return {
        "task": task.task_id,
        "state": task.state.value,
        "province": task.host,
        "operator": decider or "",
        "token": str(task.token),
        "generation": str(task.generation),
    }
