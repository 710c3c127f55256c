"""The hard state of a province and how each event changes it.

`apply` is the only way to change a `ProvinceState`. It decides nothing and refuses nothing: an event that does not fit is a bug or a
damaged journal, and raises. Tasks and operators are immutable records in dictionaries, so a snapshot is a list of references.
"""

from collections.abc import Callable

import msgspec

from actors.core import events as e
from actors.core import records
from actors.core.country import Bounds, ProvinceSettings, ProvinceStatus, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId, TaskId
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.queue import TaskQueue, authority_needed
from actors.core.replies import MoveAnswer, TaskReply
from actors.core.task import CLOSED_STATES, HELD_STATES, Action, Decline, Placement, Task, TaskState, moved_on

replace = msgspec.structs.replace

#: Declines that one task remembers; the oldest is forgotten first.
DECLINES_MAX = 16


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """A task of this home that is open in another province."""

    host: ProvinceCode
    generation: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something the home of a task must still be told: its new host, or (with `task`) its outcome."""

    home: ProvinceCode
    task_id: TaskId
    generation: int
    task: Task | None = None


NoticeKey = tuple[TaskId, int, bool]


class KindTotals(msgspec.Struct, kw_only=True):
    """Running totals of a kind in this province."""

    decided_count: int = 0
    handle_ms: int = 0


class ProvinceState:
    """Everything a province knows that its journal can rebuild."""

    def __init__(self, province: ProvinceCode, bounds: Bounds | None = None) -> None:
        self.province = province
        self.bounds = bounds or Bounds()
        self.settings = ProvinceSettings(province=province, display_name=province, display_name_zh=province)
        self.limits = TimeLimits()
        self.kinds: dict[KindId, TaskKind] = {}
        self.kinds_revision = 0
        self.status = ProvinceStatus.ACTIVE
        self.status_reason = ""
        self.status_since_ms = 0
        #: Which incarnation this is: told by the shell when it opens the journal, not part of what the journal rebuilds.
        self.epoch = 0
        #: What the province goes back to when its desks are heard again.
        self.status_before_outage = ProvinceStatus.ACTIVE
        self.policy = SharingPolicy()
        #: Sites whose desks fell silent together -> since when (wall clock, ms).
        self.lost_sites: dict[SiteId, int] = {}
        #: Number of the last task created here.
        self.task_number = 0
        self.tasks: dict[TaskId, Task] = {}
        self.away: dict[TaskId, Away] = {}
        self.notices: dict[NoticeKey, Notice] = {}
        self.operators: dict[OperatorId, Operator] = {}
        self.totals: dict[KindId, KindTotals] = {}
        #: Net amount per province, fen; the legs of every frame sum to zero.
        self.balance_fen: dict[ProvinceCode, int] = {}
        self.ledger_legs = 0
        self.created_count = 0
        self.decided_count = 0
        self.decided_shared_count = 0
        #: Records made since the shell last wrote them out.
        self.records: dict[str, bytes] = {}
        # Indexes, derived from the above.
        self.queue = TaskQueue()
        self.holds: dict[OperatorId, dict[TaskId, None]] = {}
        self.scheduled: dict[TaskId, int] = {}
        self.moving: dict[TaskId, None] = {}
        self.signed_in: dict[OperatorId, None] = {}
        #: Signed in, AVAILABLE, below capacity; whether their desk is alive is for `presence` to say.
        self.free: dict[OperatorId, None] = {}
        self.open_by_state: dict[TaskState, int] = {}
        self.shared_in = 0

    def load_of(self, operator: OperatorId) -> int:
        """Tasks that count against the operator's capacity."""
        return len(self.holds.get(operator, ()))

    def put_operator(self, person: Operator) -> None:
        """Put the next version of a roster entry in place."""
        self.operators[person.operator] = person
        self._note_freedom(person.operator)

    def _note_freedom(self, operator: OperatorId) -> None:
        person = self.operators.get(operator)
        if (
            person is not None
            and person.presence is PresenceState.AVAILABLE
            and len(self.holds.get(operator, ())) < person.capacity
        ):
            self.free[operator] = None
        else:
            self.free.pop(operator, None)

    def kind_handle_ms(self, kind: KindId) -> int:
        """Mean handle time of a kind here, shrunk to its standard time with the weight of ten tasks. Milliseconds."""
        standard = self.kinds[kind].standard_minutes * 60_000 if kind in self.kinds else 900_000
        totals = self.totals.get(kind)
        if totals is None:
            return standard
        return (totals.handle_ms + 10 * standard) // (totals.decided_count + 10)

    # --- the only three ways to change a task ---

    def add_task(self, task: Task) -> None:
        """Take an open task into the indexes."""
        self.tasks[task.task_id] = task
        self.open_by_state[task.state] = self.open_by_state.get(task.state, 0) + 1
        if task.home != self.province:
            self.shared_in += 1
        self._index(task)

    def replace_task(self, new: Task) -> None:
        """Put the next version of an open task in place of the last one."""
        old = self.tasks[new.task_id]
        self._unindex(old)
        if new.state in CLOSED_STATES:
            del self.tasks[new.task_id]
            self._count(old.state, -1)
            if new.home != self.province:
                self.shared_in -= 1
            self.records[records.task_key(new.task_id)] = records.encode(new)
            return
        self.tasks[new.task_id] = new
        if new.state is not old.state:
            self._count(old.state, -1)
            self._count(new.state, 1)
        self._index(new)

    def _count(self, state: TaskState, by: int) -> None:
        self.open_by_state[state] = self.open_by_state.get(state, 0) + by

    def _index(self, task: Task) -> None:
        state = task.state
        if state is TaskState.QUEUED:
            self.queue.push(task, authority_needed(task, self.kinds.get(task.spec.kind)))
        elif state in HELD_STATES:
            assert task.operator is not None
            self.holds.setdefault(task.operator, {})[task.task_id] = None
            self._note_freedom(task.operator)
        elif state is TaskState.SCHEDULED:
            self.scheduled[task.task_id] = task.spec.not_before_ms
        elif state is TaskState.MOVING:
            self.moving[task.task_id] = None

    def _unindex(self, task: Task) -> None:
        state = task.state
        if state is TaskState.QUEUED:
            self.queue.discard(task.task_id)
        elif state in HELD_STATES:
            assert task.operator is not None
            held = self.holds[task.operator]
            del held[task.task_id]
            if not held:
                del self.holds[task.operator]
            self._note_freedom(task.operator)
        elif state is TaskState.SCHEDULED:
            del self.scheduled[task.task_id]
        elif state is TaskState.MOVING:
            del self.moving[task.task_id]


def apply(state: ProvinceState, event: e.AnyEvent) -> None:
    """Change the state by one event.

    Raises:
        KeyError, AssertionError: the event does not fit the state: a bug of ours or a damaged journal.
    """
    _APPLIERS[type(event)](state, event)


def _task_created(state: ProvinceState, event: e.TaskCreated) -> None:
    number = int(event.task_id.rpartition("-")[2])
    assert number == state.task_number + 1, "task numbers are dense"
    state.task_number = number
    state.created_count += 1
    kind = state.kinds[event.spec.kind]
    task = Task(
        task_id=event.task_id,
        home=state.province,
        spec=event.spec,
        line=kind.line,
        created_ms=event.at_ms,
        created_by=event.who,
        host=state.province,
        state=TaskState.SCHEDULED if event.scheduled else TaskState.QUEUED,
        queued_ms=0 if event.scheduled else event.at_ms,
    )
    state.add_task(task)
    if event.request_id or event.spec.external_id:
        answer = records.encode(TaskReply(task))
        if event.request_id:
            key = records.request_key(event.who, event.request_id)
            state.records[key] = records.encode(records.RecordedAnswer(event.fingerprint, answer))
        if event.spec.external_id:
            key = records.external_key(event.spec.external_id)
            digest = records.spec_digest(event.spec)
            state.records[key] = records.encode(records.ExternalTask(digest, answer))


def _schedule_reached(state: ProvinceState, event: e.TaskScheduleReached) -> None:
    state.replace_task(moved_on(state.tasks[event.task_id], Action.REACH_SCHEDULE, queued_ms=event.at_ms))


def _amended(state: ProvinceState, event: e.TaskAmended) -> None:
    task = state.tasks[event.task_id]
    spec = replace(task.spec, priority=event.priority, green_channel=event.green_channel, due_ms=event.due_ms)
    state.replace_task(moved_on(task, Action.AMEND, spec=spec))


def _offer_made(state: ProvinceState, event: e.OfferMade) -> None:
    task = state.tasks[event.task_id]
    assert event.token > task.token, "tokens rise"
    changed = moved_on(task, Action.OFFER, operator=event.operator, token=event.token, held_since_ms=event.at_ms)
    state.replace_task(changed)


def _offer_accepted(state: ProvinceState, event: e.OfferAccepted) -> None:
    state.replace_task(moved_on(state.tasks[event.task_id], Action.ACCEPT, held_since_ms=event.at_ms))


def _unoffered(task: Task, at_ms: int, **changes: object) -> Task:
    return moved_on(
        task,
        Action.UNOFFER,
        operator=None,
        token=task.token + 1,
        held_since_ms=0,
        queued_ms=at_ms,
        offer_attempts=task.offer_attempts + 1,
        **changes,
    )


def _offer_declined(state: ProvinceState, event: e.OfferDeclined) -> None:
    task = state.tasks[event.task_id]
    assert task.operator is not None
    declines = (*task.declines, Decline(task.operator, event.until_ms))[-DECLINES_MAX:]
    _idle(state, task.operator, event.at_ms)
    state.replace_task(_unoffered(task, event.at_ms, declines=declines))


def _offer_withdrawn(state: ProvinceState, event: e.OfferWithdrawn) -> None:
    state.replace_task(_unoffered(state.tasks[event.task_id], event.at_ms))


def _assigned(state: ProvinceState, event: e.TaskAssigned) -> None:
    task = state.tasks[event.task_id]
    assert event.token > task.token, "tokens rise"
    handed_over = 1 if task.state is not TaskState.QUEUED else 0
    changed = moved_on(
        task,
        Action.REASSIGN if event.reassigned else Action.ASSIGN,
        operator=event.operator,
        token=event.token,
        held_since_ms=event.at_ms,
        worked_ms=task.worked_ms + _stint_ms(task, event.at_ms),
        started_ms=0,
        handover_count=task.handover_count + handed_over,
    )
    state.replace_task(changed)


def _stint_ms(task: Task, at_ms: int) -> int:
    """Length of the current stint of work; a clock that was set back counts as no time."""
    return max(0, at_ms - task.started_ms) if task.state is TaskState.IN_PROGRESS else 0


def _started(state: ProvinceState, event: e.AssignmentStarted) -> None:
    state.replace_task(moved_on(state.tasks[event.task_id], Action.START, started_ms=event.at_ms))


def _back_to_queue(task: Task, action: Action, at_ms: int, draft: str, **changes: object) -> Task:
    return moved_on(
        task,
        action,
        operator=None,
        token=task.token + 1,
        held_since_ms=0,
        queued_ms=at_ms,
        worked_ms=task.worked_ms + _stint_ms(task, at_ms),
        started_ms=0,
        handover_count=task.handover_count + 1,
        draft=draft or task.draft,
        **changes,
    )


def _released(state: ProvinceState, event: e.AssignmentReleased) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    state.replace_task(_back_to_queue(task, Action.RELEASE, event.at_ms, event.draft))


def _referred(state: ProvinceState, event: e.AssignmentReferred) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    changed = _back_to_queue(
        task,
        Action.REFER,
        event.at_ms,
        event.draft,
        required_authority=event.required_authority,
        prefers=None,
    )
    state.replace_task(changed)


def _suspended(state: ProvinceState, event: e.AssignmentSuspended) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    changed = moved_on(
        task,
        Action.SUSPEND,
        operator=None,
        token=task.token + 1,
        held_since_ms=0,
        worked_ms=task.worked_ms + _stint_ms(task, event.at_ms),
        started_ms=0,
        suspended_ms=event.at_ms,
        suspend_reason=event.reason,
        draft=event.draft or task.draft,
        prefers=task.operator,
    )
    state.replace_task(changed)


def _resumed(state: ProvinceState, event: e.TaskResumed) -> None:
    task = state.tasks[event.task_id]
    state.replace_task(moved_on(task, Action.RESUME, queued_ms=event.at_ms, suspended_ms=0, suspend_reason=""))


def _completed(state: ProvinceState, event: e.TaskCompleted) -> None:
    task = state.tasks[event.task_id]
    decision = event.decision
    _idle(state, decision.operator, event.at_ms)
    _experience(state, decision.operator, task.spec.kind, decision.handle_ms)
    totals = state.totals.setdefault(task.spec.kind, KindTotals())
    totals.decided_count += 1
    totals.handle_ms += decision.handle_ms
    state.decided_count += 1
    if task.home != state.province:
        state.decided_shared_count += 1
    assert sum(leg.amount_fen for leg in event.legs) == 0, "the legs of a decision sum to zero"
    for leg in event.legs:
        state.balance_fen[leg.province] = state.balance_fen.get(leg.province, 0) + leg.amount_fen
        state.ledger_legs += 1
    _finish(state, moved_on(task, Action.COMPLETE, decision=decision, finished_ms=event.at_ms))


def _returned(state: ProvinceState, event: e.TaskReturned) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    _finish(state, moved_on(task, Action.RETURN, return_reason=event.reason, finished_ms=event.at_ms))


def _cancelled(state: ProvinceState, event: e.TaskCancelled) -> None:
    task = state.tasks[event.task_id]
    _idle(state, task.operator, event.at_ms)
    changed = moved_on(
        task,
        Action.CANCEL,
        operator=None,
        token=task.token + 1,
        cancel_reason=event.reason,
        finished_ms=event.at_ms,
    )
    _finish(state, changed)


def _finish(state: ProvinceState, task: Task) -> None:
    """Close a task; when its home is elsewhere, the home must be told."""
    state.replace_task(task)
    if task.home != state.province:
        notice = Notice(home=task.home, task_id=task.task_id, generation=task.generation, task=task)
        state.notices[task.task_id, task.generation, True] = notice


def _idle(state: ProvinceState, operator: OperatorId | None, at_ms: int) -> None:
    if operator is not None and operator in state.operators:
        state.put_operator(replace(state.operators[operator], idle_since_ms=at_ms))


def _experience(state: ProvinceState, operator: OperatorId, kind: KindId, handle_ms: int) -> None:
    person = state.operators.get(operator)
    if person is None:
        return
    before = person.kinds.get(kind, KindExperience())
    after = replace(
        before,
        done_count=before.done_count + 1,
        measured_count=before.measured_count + 1,
        measured_handle_ms=before.measured_handle_ms + handle_ms,
    )
    kinds = person.kinds | {kind: after}
    state.put_operator(replace(person, kinds=kinds, decided_count=person.decided_count + 1))


def _move_started(state: ProvinceState, event: e.MoveStarted) -> None:
    task = state.tasks[event.task_id]
    assert event.move.generation == task.generation and event.move.attempt == task.move_attempts + 1
    state.replace_task(moved_on(task, Action.MOVE, move=event.move, move_attempts=event.move.attempt))


def _move_accepted(state: ProvinceState, event: e.MoveAccepted) -> None:
    task, move = event.task, event.move
    state.records[records.move_key(task.task_id, move)] = records.encode(MoveAnswer(accepted=True))
    came_home = task.home == state.province
    older = state.tasks.get(task.task_id)
    if older is not None:
        # The ABA case: our own outgoing move of an older generation is still open; this acceptance proves that it succeeded.
        assert older.state is TaskState.MOVING and older.generation < move.generation + 1
        state.replace_task(moved_on(older, Action.HAND_OVER))
    state.away.pop(task.task_id, None)
    state.records.pop(records.task_key(task.task_id), None)
    accepted = replace(
        task,
        host=state.province,
        state=TaskState.QUEUED,
        placement=Placement.HOME if came_home else move.placement,
        generation=move.generation + 1,
        token=task.token + 1,
        version=task.version + 1,
        move=None,
        move_attempts=0,
        move_after_ms=0,
        move_count=task.move_count + 1,
        declines=(),
        queued_ms=event.at_ms,
    )
    state.add_task(accepted)
    if not came_home and event.source != task.home:
        notice = Notice(home=task.home, task_id=task.task_id, generation=accepted.generation)
        state.notices[task.task_id, accepted.generation, False] = notice


def _move_refused(state: ProvinceState, event: e.MoveRefused) -> None:
    answer = MoveAnswer(accepted=False, reason=event.reason)
    state.records[records.move_key(event.task_id, event.move)] = records.encode(answer)


def _handed_over(state: ProvinceState, event: e.MoveHandedOver) -> None:
    task = state.tasks[event.task_id]
    assert task.move is not None
    state.replace_task(moved_on(task, Action.HAND_OVER))
    if task.home == state.province:
        _note_host(state, task.task_id, task.move.host, task.generation + 1)


def _taken_back(state: ProvinceState, event: e.MoveTakenBack) -> None:
    task = state.tasks[event.task_id]
    changed = moved_on(task, Action.TAKE_BACK, move=None, move_after_ms=event.at_ms + event.retry_after_ms)
    state.replace_task(changed)


def _note_host(state: ProvinceState, task: TaskId, host: ProvinceCode, generation: int) -> None:
    known = state.away.get(task)
    if known is None or known.generation < generation:
        state.away[task] = Away(host=host, generation=generation)


def _host_noted(state: ProvinceState, event: e.HostNoted) -> None:
    _note_host(state, event.task_id, event.host, event.generation)


def _outcome_noted(state: ProvinceState, event: e.OutcomeNoted) -> None:
    task = event.task
    older = state.tasks.get(task.task_id)
    if older is not None:
        assert older.state is TaskState.MOVING and older.generation < task.generation
        state.replace_task(moved_on(older, Action.HAND_OVER))
    state.away.pop(task.task_id, None)
    state.records[records.task_key(task.task_id)] = records.encode(task)


def _notice_settled(state: ProvinceState, event: e.NoticeSettled) -> None:
    state.notices.pop((event.task_id, event.generation, event.outcome), None)


def _enrolled(state: ProvinceState, event: e.OperatorEnrolled) -> None:
    state.put_operator(event.entry)
    if event.entry.signed_in:
        state.signed_in[event.entry.operator] = None


def _removed(state: ProvinceState, event: e.OperatorRemoved) -> None:
    del state.operators[event.operator]
    state.signed_in.pop(event.operator, None)
    state.free.pop(event.operator, None)


def _signed_in(state: ProvinceState, event: e.OperatorSignedIn) -> None:
    person = state.operators[event.operator]
    since = person.signed_in_ms if person.signed_in else event.at_ms
    idle_since = person.idle_since_ms if person.signed_in else event.at_ms
    changed = replace(
        person, presence=event.presence, session=event.session, signed_in_ms=since, idle_since_ms=idle_since
    )
    state.put_operator(changed)
    state.signed_in[event.operator] = None


def _signed_out(state: ProvinceState, event: e.OperatorSignedOut) -> None:
    person = state.operators[event.operator]
    state.put_operator(replace(person, presence=PresenceState.OFFLINE, session=None, signed_in_ms=0))
    state.signed_in.pop(event.operator, None)


def _presence_changed(state: ProvinceState, event: e.PresenceChanged) -> None:
    state.put_operator(replace(state.operators[event.operator], presence=event.presence))


def _configured(state: ProvinceState, event: e.ProvinceConfigured) -> None:
    state.settings = event.settings
    state.limits = event.limits


def _kinds_adopted(state: ProvinceState, event: e.TaskKindsAdopted) -> None:
    state.kinds = {kind.kind: kind for kind in event.kinds}
    state.kinds_revision = event.revision
    for task in [state.tasks[waiting] for waiting in state.queue.members]:
        state.queue.push(task, authority_needed(task, state.kinds.get(task.spec.kind)))


def _status_changed(state: ProvinceState, event: e.ProvinceStatusChanged) -> None:
    if event.status is ProvinceStatus.UNREACHABLE and state.status is not ProvinceStatus.UNREACHABLE:
        state.status_before_outage = state.status
    state.status = event.status
    state.status_reason = event.reason
    state.status_since_ms = event.at_ms


def _site_lost(state: ProvinceState, event: e.SiteLost) -> None:
    state.lost_sites[event.site] = event.at_ms


def _site_returned(state: ProvinceState, event: e.SiteReturned) -> None:
    state.lost_sites.pop(event.site, None)


def _policy_updated(state: ProvinceState, event: e.SharingPolicyUpdated) -> None:
    state.policy = event.policy


def _request_answered(state: ProvinceState, event: e.RequestAnswered) -> None:
    key = records.request_key(event.who, event.request_id)
    state.records[key] = records.encode(records.RecordedAnswer(event.fingerprint, event.answer))


_APPLIERS: dict[type, Callable[..., None]] = {
    e.TaskCreated: _task_created,
    e.TaskScheduleReached: _schedule_reached,
    e.TaskAmended: _amended,
    e.OfferMade: _offer_made,
    e.OfferAccepted: _offer_accepted,
    e.OfferDeclined: _offer_declined,
    e.OfferWithdrawn: _offer_withdrawn,
    e.TaskAssigned: _assigned,
    e.AssignmentStarted: _started,
    e.AssignmentReleased: _released,
    e.AssignmentReferred: _referred,
    e.AssignmentSuspended: _suspended,
    e.TaskResumed: _resumed,
    e.TaskCompleted: _completed,
    e.TaskReturned: _returned,
    e.TaskCancelled: _cancelled,
    e.MoveStarted: _move_started,
    e.MoveAccepted: _move_accepted,
    e.MoveRefused: _move_refused,
    e.MoveHandedOver: _handed_over,
    e.MoveTakenBack: _taken_back,
    e.HostNoted: _host_noted,
    e.OutcomeNoted: _outcome_noted,
    e.NoticeSettled: _notice_settled,
    e.OperatorEnrolled: _enrolled,
    e.OperatorRemoved: _removed,
    e.OperatorSignedIn: _signed_in,
    e.OperatorSignedOut: _signed_out,
    e.PresenceChanged: _presence_changed,
    e.ProvinceConfigured: _configured,
    e.TaskKindsAdopted: _kinds_adopted,
    e.ProvinceStatusChanged: _status_changed,
    e.SiteLost: _site_lost,
    e.SiteReturned: _site_returned,
    e.SharingPolicyUpdated: _policy_updated,
    e.RequestAnswered: _request_answered,
}
