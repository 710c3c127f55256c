"""Decisions on what desks ask for: sign in and out, fetch, accept, decline, start, suspend, complete, return, refer, release.

Every command about a task in hand shows the lease token. The token is current or the command has no effect: that is the whole of
"never decided twice" within a province, and tokens rise across provinces too.
"""

from actors.core import commands as c
from actors.core import events as e
from actors.core.deciding import Turn, winner_metadata
from actors.core.ids import KindId, OperatorId, SessionId, TaskId
from actors.core.ledger import legs_of, work_units_milli
from actors.core.matching.eligibility import removed_counts
from actors.core.matching.model import AUTHORITY_MAX
from actors.core.matching.rounds import hold_round
from actors.core.operators import Operator, PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Done, NoWork, SessionReply, TaskReply
from actors.core.state import is_suspended
from actors.core.statistics.decay import SESSION_MAX_MS
from actors.core.task import Action, Decision, Task, TaskState, can

#: Why a task is taken from somebody who could not help it. Lost with the lease or the session is theirs.
_TAKEN = frozenset(("site_lost", "evacuated", "recalled", "right_withdrawn", "capacity_reduced"))
#: Waiting tasks that an answer without work gives reasons for.
NO_WORK_TASKS_MAX = 64


def sign_in(turn: Turn, command: c.SignIn) -> AnyReply:
    """Open a session, or move it to another connection; what the operator held stays held."""
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    lost = _why_nobody_comes_back(person, command.desk) if command.resume else None
    if lost is not None:
        return lost
    presence = command.presence or (person.presence if person.signed_in else PresenceState.AVAILABLE)
    if presence is PresenceState.OFFLINE:
        return sign_out(turn, c.SignOut(who=command.who, operator=command.operator, session=command.session))
    turn.presence.hear((command.session,), turn.now.monotonic_ms)
    if (person.session, person.desk) != (command.session, command.desk) or person.presence is not presence:
        turn.emit(
            e.OperatorSignedIn(
                at_ms=turn.now.wall_ms,
                who=command.who,
                operator=person.operator,
                session=command.session,
                presence=presence,
                desk=command.desk,
            )
        )
    _withdraw_offers_unless_available(turn, person.operator, presence, command.who)
    return _session(turn, person.operator)


def _why_nobody_comes_back(person: Operator, desk: str) -> Refused | None:
    """Why a desk must not bring the person back by itself. Whoever fell silent keeps their seat; who signed out has none."""
    if person.desk not in ("", desk):
        return Refused(
            reason=Reason.TAKEN_OVER, message=f"Operator {person.operator} has signed in at another desk since."
        )
    if not person.signed_in and not person.desk:
        return Refused(
            reason=Reason.SIGNED_OUT,
            message=f"Operator {person.operator} is signed out, and comes back in person only.",
        )
    return None


def sign_out(turn: Turn, command: c.SignOut) -> AnyReply:
    """End the session; everything in hand goes back to the queue at once. A desk that did not ask for it is told."""
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    if person.signed_in:
        end_session(turn, person, "signed_out", command.who, command.reason)
        if person.session is not None and person.session != command.session:
            turn.tell_session_ended(person.operator, person.session, "signed_out")
    return Done()


def end_session(turn: Turn, person: Operator, reason: str, who: str, note: str = "") -> None:
    """Give back what the operator holds and sign them out."""
    give_back(turn, person.operator, reason, who)
    turn.emit(
        e.OperatorSignedOut(
            at_ms=turn.now.wall_ms,
            who=who,
            operator=person.operator,
            reason=reason,
            note=note,
            signed_in_for_ms=min(_signed_in_for_ms(person, turn.now.wall_ms), SESSION_MAX_MS),
        )
    )


def give_back(turn: Turn, operator: OperatorId, reason: str, who: str) -> int:
    """Return every task that an operator holds to the queue, tokens raised. Returns how many."""
    held = list(turn.state.holds.get(operator, ()))
    for task_id in held:
        take_off_desk(turn, task_id, reason, who)
    return len(held)


def take_off_desk(turn: Turn, task_id: TaskId, reason: str, who: str) -> None:
    """Return one held task to the queue, token raised."""
    if turn.state.tasks[task_id].state is TaskState.OFFERED:
        turn.emit(e.OfferWithdrawn(at_ms=turn.now.wall_ms, who=who, task_id=task_id, reason=reason))
    else:
        released = e.AssignmentReleased(
            at_ms=turn.now.wall_ms, who=who, task_id=task_id, reason=reason, is_taken=reason in _TAKEN
        )
        turn.emit(released)


def set_presence(turn: Turn, command: c.SetPresence) -> AnyReply:
    """Go on a break, come back, or take no more new work; open offers go back, work in hand stays."""
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    if not person.signed_in:
        return Refused(reason=Reason.NOT_SIGNED_IN, message=f"Operator {person.operator} is not signed in.")
    if command.presence is PresenceState.OFFLINE:
        own = person.session or SessionId("")
        return sign_out(turn, c.SignOut(who=command.who, operator=command.operator, session=own))
    if person.presence is not command.presence:
        turn.emit(
            e.PresenceChanged(
                at_ms=turn.now.wall_ms, who=command.who, operator=person.operator, presence=command.presence
            )
        )
    _withdraw_offers_unless_available(turn, person.operator, command.presence, command.who)
    return _session(turn, person.operator)


def _withdraw_offers_unless_available(turn: Turn, operator: OperatorId, presence: PresenceState, who: str) -> None:
    if presence is PresenceState.AVAILABLE:
        return
    for task_id in list(turn.state.holds.get(operator, ())):
        if turn.state.tasks[task_id].state is TaskState.OFFERED:
            take_off_desk(turn, task_id, presence.value, who)


def _session(turn: Turn, operator: OperatorId) -> SessionReply:
    held = tuple(turn.state.tasks[task_id] for task_id in turn.state.holds.get(operator, ()))
    revisions = {task.spec.kind: turn.standard_revision(task) for task in held}
    changed = {kind: revision for kind, revision in revisions.items() if revision != 1}
    return SessionReply(operator=turn.state.operators[operator], held=held, standard_revisions=changed)


def fetch_next_task(turn: Turn, command: c.FetchNextTask) -> AnyReply:
    """Assign the most urgent task that the operator may do, or say why there is none."""
    state = turn.state
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    if not person.signed_in:
        return Refused(reason=Reason.NOT_SIGNED_IN, message=f"Operator {person.operator} is not signed in.")
    if person.session is not None:
        turn.presence.hear((person.session,), turn.now.monotonic_ms)
    if state.load_of(person.operator) >= person.capacity:
        return Refused(reason=Reason.AT_CAPACITY, message=f"Operator {person.operator} has no room.")
    if is_suspended(state):
        return NoWork(operator=person.operator, reason="the province is suspended")
    if person.presence is PresenceState.DRAINING:
        return NoWork(operator=person.operator, reason="the operator is not available: draining")
    held = hold_round(turn.scorer, (person.operator,), turn.now.wall_ms, asked_by=person.operator, kinds=command.kinds)
    if held is None:
        return NoWork(operator=person.operator, reason=_why_no_work(turn, person, command.kinds))
    turn.emit(held.event)
    [match] = held.matches
    turn.emit(
        e.TaskAssigned(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=match.task_id,
            operator=person.operator,
            token=state.tasks[match.task_id].token + 1,
            reason="fetched",
            routing=match.routing,
        )
    )
    return _in_hand(turn, state.tasks[match.task_id])


def _why_no_work(turn: Turn, person: Operator, kinds: tuple[KindId, ...]) -> str:
    """What keeps the person from the foremost tasks that wait, whoever may do them."""
    state = turn.state
    waiting = state.queue.leading(state.bounds.bucket_scan_max, kinds)[:NO_WORK_TASKS_MAX]
    if not waiting:
        return "no task is waiting"
    codes = turn.scorer.verdicts([state.tasks[task_id] for task_id in waiting], [person], turn.now.wall_ms)
    removed: dict[str, int] = {}
    for of_task in removed_counts(codes):
        for name, count in of_task.items():
            removed[name] = removed.get(name, 0) + count
    return "filtered out: " + ", ".join(f"{count} by {name}" for name, count in sorted(removed.items()))


def accept_offer(turn: Turn, command: c.AcceptOffer) -> AnyReply:
    """Take an offered task. Accepting once more what one has accepted already changes nothing."""
    task = _held(turn, command, Action.ACCEPT, already=(TaskState.ASSIGNED, TaskState.IN_PROGRESS))
    if isinstance(task, Task) and task.state is TaskState.OFFERED:
        turn.emit(e.OfferAccepted(at_ms=turn.now.wall_ms, who=command.who, task_id=task.task_id))
        task = turn.state.tasks[task.task_id]
    return _in_hand(turn, task) if isinstance(task, Task) else task


def decline_offer(turn: Turn, command: c.DeclineOffer) -> AnyReply:
    """Refuse an offered task, for a while."""
    task = _held(turn, command, Action.UNOFFER)
    if not isinstance(task, Task):
        return task
    turn.emit(
        e.OfferDeclined(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            until_ms=turn.now.wall_ms + turn.state.limits.decline_memory_ms,
            reason=command.reason,
        )
    )
    return TaskReply(turn.state.tasks[task.task_id])


def start_assignment(turn: Turn, command: c.StartAssignment) -> AnyReply:
    """Begin to work. Starting once more what one has started already changes nothing."""
    task = _held(turn, command, Action.START, already=(TaskState.IN_PROGRESS,))
    if isinstance(task, Task) and task.state is TaskState.ASSIGNED:
        turn.emit(e.AssignmentStarted(at_ms=turn.now.wall_ms, who=command.who, task_id=task.task_id))
        task = turn.state.tasks[task.task_id]
    return _in_hand(turn, task) if isinstance(task, Task) else task


def renew_assignment(turn: Turn, command: c.RenewAssignment) -> AnyReply:
    """The desk is alive: checks the token; that it was heard has been noted already. Writes nothing."""
    task = _held(turn, command, None)
    return _in_hand(turn, task) if isinstance(task, Task) else task


def suspend_assignment(turn: Turn, command: c.SuspendAssignment) -> AnyReply:
    """Set the task aside; the operator's capacity is free again."""
    task = _held(turn, command, Action.SUSPEND)
    if not isinstance(task, Task):
        return task
    turn.emit(
        e.AssignmentSuspended(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            reason=command.reason,
            draft=command.draft,
        )
    )
    return TaskReply(turn.state.tasks[task.task_id])


def complete_assignment(turn: Turn, command: c.CompleteAssignment) -> AnyReply:
    """Decide the task, and post the legs of shared work in the same frame. What a drill made up earns nobody anything."""
    task = _held(turn, command, Action.COMPLETE)
    if not isinstance(task, Task):
        return _same_decision(turn, command) or task
    state = turn.state
    kind = state.kinds[task.spec.kind]
    is_real = task.shadow is None
    units = work_units_milli(kind, task.spec.complexity) if is_real else 0
    decision = Decision(
        verdict=command.verdict,
        operator=command.operator,
        province=state.province,
        time_ms=turn.now.wall_ms,
        amount_fen=command.amount_fen,
        note=command.note,
        handle_ms=task.worked_ms + max(0, turn.now.wall_ms - task.started_ms),
        work_units_milli=units,
        signed_in_for_ms=_signed_in_for_ms(state.operators[command.operator], turn.now.wall_ms),
    )
    legs = legs_of(task.task_id, kind, home=task.home, host=state.province, work_units_milli=units) if is_real else ()
    turn.emit(
        e.TaskCompleted(at_ms=turn.now.wall_ms, who=command.who, task_id=task.task_id, decision=decision, legs=legs)
    )
    return _closed_reply(turn, task)


def _signed_in_for_ms(person: Operator, now_ms: int) -> int:
    """Length of the session; a clock that was set back counts as no time."""
    return max(0, now_ms - person.signed_in_ms) if person.signed_in else 0


def _same_decision(turn: Turn, command: c.CompleteAssignment) -> AnyReply | None:
    """The decided task, when this very completion (same holder, token and content) is the one that decided it."""
    closed = turn.closed_task(command.task_id)
    if closed is None or closed.decision is None or closed.token != command.token:
        return None
    decision = closed.decision
    same = (decision.operator, decision.verdict, decision.amount_fen, decision.note) == (
        command.operator,
        command.verdict,
        command.amount_fen,
        command.note,
    )
    return TaskReply(closed) if same and decision.province == turn.state.province else None


def return_task(turn: Turn, command: c.ReturnTask) -> AnyReply:
    """Send the task back to the branch undecided."""
    task = _held(turn, command, Action.RETURN)
    if not isinstance(task, Task):
        return task
    turn.emit(e.TaskReturned(at_ms=turn.now.wall_ms, who=command.who, task_id=task.task_id, reason=command.reason))
    return _closed_reply(turn, task)


def refer_assignment(turn: Turn, command: c.ReferAssignment) -> AnyReply:
    """Pass the task on to someone with higher authority: as much as was asked for, and one more than the person's own at least."""
    task = _held(turn, command, Action.REFER)
    if not isinstance(task, Task):
        return task
    # With no more than they have it would come back to whoever has just referred it.
    more = min(turn.state.operators[command.operator].authority.get(task.line, 0) + 1, AUTHORITY_MAX)
    turn.emit(
        e.AssignmentReferred(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            required_authority=max(command.required_authority, more, task.required_authority),
            reason=command.reason,
            draft=command.draft,
        )
    )
    return TaskReply(turn.state.tasks[task.task_id])


def release_assignment(turn: Turn, command: c.ReleaseAssignment) -> AnyReply:
    """Give the task back to the queue."""
    task = _held(turn, command, Action.RELEASE)
    if not isinstance(task, Task):
        return task
    turn.emit(
        e.AssignmentReleased(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            reason=command.reason or "released",
            draft=command.draft,
            is_taken=False,
        )
    )
    return TaskReply(turn.state.tasks[task.task_id])


def _held(
    turn: Turn, command: c.HolderCommand, action: Action | None, already: tuple[TaskState, ...] = ()
) -> Task | AnyReply:
    """The task, provided that the caller holds it by a current token and `action` is allowed (or has `already` happened)."""
    task = turn.open_task(command.task_id)
    if isinstance(task, Refused):
        return task
    if not isinstance(task, Task):
        return Refused(
            reason=Reason.STALE_TOKEN,
            message=f"Task {command.task_id} is no longer here; {task.host} has it.",
            metadata={"task": command.task_id, "province": task.host, "generation": str(task.generation)},
        )
    if task.operator != command.operator or task.token != command.token:
        return Refused(
            reason=Reason.STALE_TOKEN,
            message=f"Operator {command.operator} does not hold task {task.task_id} by token {command.token}.",
            metadata=winner_metadata(task),
        )
    person = turn.state.operators[command.operator]
    if person.session is not None:
        turn.presence.hear((person.session,), turn.now.monotonic_ms)
    if task.state in already or action is None or can(task, action):
        return task
    return Refused(
        reason=Reason.WRONG_STATE,
        message=f"Task {task.task_id} is {task.state.value}: {action.value} is not possible.",
        metadata=winner_metadata(task),
    )


def _in_hand(turn: Turn, task: Task) -> TaskReply:
    return TaskReply(task, standard_revision=turn.standard_revision(task))


def _closed_reply(turn: Turn, task: Task) -> TaskReply:
    closed = turn.state.closed_last
    assert closed is not None and closed.task_id == task.task_id, "the task has just been closed"
    return TaskReply(closed)
