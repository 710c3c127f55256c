"""Moving tasks between provinces: offer, accept, release.

Theory of operation
-------------------
A task is moved by its present owner S only, to a host D, under an id that S mints: (task, generation, attempt).

1. S journals `MoveStarted`: the task leaves the queue and is held by nobody. The outbox sends `AcceptMove` until a recorded answer comes.
2. D journals `MoveAccepted` (owner from now on, generation + 1) or `MoveRefused`. Whatever it recorded for that id, it answers for ever.
3. S journals `MoveHandedOver` (a tombstone stays) or `MoveTakenBack` (queued again). S never gives up on its own clock.

If S crashes, the outbox sends again on opening. If D crashes before recording, it decides afresh; after recording, it repeats itself. A
message that is a month old finds the record, not the task. A task that came home again has a higher generation than any older move of it.

What is moved, and where to: `departures`, `helping`, `recalling`.
"""

from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.clock import still_waits
from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy, TimeLimits
from actors.core.deciding import Turn
from actors.core.ids import ProvinceCode, TaskId
from actors.core.matching.eligibility import ABLE
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Done, MoveAnswer
from actors.core.service_gained import service_gained_ms
from actors.core.sharing.hosts import HostCandidate, rank_hosts
from actors.core.statistics.decay import local_day
from actors.core.statistics.reading import Reading
from actors.core.summary import shared_in_today
from actors.core.task import MoveOut, Placement, Task, TaskState

#: Candidates kept with a move.
CANDIDATES_KEPT = 8
#: People whom the filters are asked about before all others.
ASKED_FIRST = 8
#: So many attempts in vain lengthen the pause after a refusal by all by once `move_retry_ms`; and it is never longer than so many of these.
ATTEMPTS_PER_PAUSE = 8
PAUSES_MAX = 30


# --- at the source: the move ---


def may_leave(turn: Turn, task: Task, policy: SharingPolicy) -> bool:
    """Whether a task may be given to another province now under this policy."""
    if task.spec.home_only or policy.share_out_mode is ShareOutMode.CLOSED:
        return False
    if still_waits(task.move_after_ms, turn.now.wall_ms, pause_ms(task, turn.state.limits)):
        return False
    if policy.kinds and task.spec.kind not in policy.kinds:
        return False
    return not policy.amount_max_fen or task.spec.amount_fen <= policy.amount_max_fen


def pause_ms(task: Task, limits: TimeLimits) -> int:
    """How long a task stays that all have refused: the longer, the more often it has been tried.

    What nobody elsewhere may do would knock at all doors of the country every other second, and each attempt is a frame here and one there:
    a few hundred such tasks of a dark branch would keep everybody from the others' work.
    """
    return limits.move_retry_ms * min(PAUSES_MAX, max(1, task.move_attempts // ATTEMPTS_PER_PAUSE))


def ranked_hosts(
    turn: Turn, task: Task, policy: SharingPolicy, only: ProvinceCode | None = None
) -> list[HostCandidate]:
    """Possible hosts of a task, best first, those that refused it or do not answer left out.

    Args:
        only: the one province to look at.
    """
    kind, outbox, advice = task.spec.kind, turn.outbox, turn.outbox.advice
    hosts = advice.hosts_of(kind)
    return rank_hosts(
        kind,
        turn.state.province,
        policy,
        hosts if only is None else [pair for pair in hosts if pair[0].province == only],
        advice.pledged,
        excluded=(*outbox.refused_by.get(task.task_id, ()), *outbox.owed.silent_hosts(turn.now.monotonic_ms)),
        model_points=advice.host_points(turn.state, task.line, turn.now.wall_ms),
    )


def room_in_transit(turn: Turn) -> int:
    """Moves that may still begin before too many are under way. Those to hosts that do not answer take no room from the others."""
    state = turn.state
    stuck = sum(state.moving_to.get(host, 0) for host in turn.outbox.owed.silent_hosts(turn.now.monotonic_ms))
    return state.bounds.moves_in_transit_max - (len(state.moving) - stuck)


def start_move(turn: Turn, task: Task, ranked: list[HostCandidate], placement: Placement, reason: str) -> None:
    """Let a task leave for the first of the ranked hosts."""
    host = ranked[0].province
    key = (host, task.spec.kind)
    pledged = turn.outbox.advice.pledged
    pledged[key] = pledged.get(key, 0) + 1
    move = MoveOut(
        host=host,
        generation=task.generation,
        attempt=task.move_attempts + 1,
        placement=placement,
        started_ms=turn.now.wall_ms,
    )
    turn.emit(
        e.MoveStarted(
            at_ms=turn.now.wall_ms,
            who="system:sharing",
            task_id=task.task_id,
            move=move,
            reason=reason,
            candidates=tuple(ranked[:CANDIDATES_KEPT]),
        )
    )


# --- at the host ---


def accept_move(turn: Turn, command: c.AcceptMove) -> AnyReply:
    """Take the task in or refuse it, once; afterwards repeat the recorded answer."""
    task, move = command.task, command.move
    recorded = turn.record(records.move_key(task.task_id, move))
    if recorded is not None:
        return records.decode_move_answer(recorded)
    reason = _refusal_of(turn, command)
    if reason is None:
        turn.emit(
            e.MoveAccepted(
                at_ms=turn.now.wall_ms,
                who=command.who,
                source=command.source,
                task=task,
                move=move,
                answers=command.answers,
            )
        )
        return MoveAnswer(accepted=True)
    turn.emit(
        e.MoveRefused(
            at_ms=turn.now.wall_ms,
            who=command.who,
            source=command.source,
            task_id=task.task_id,
            move=move,
            reason=reason,
        )
    )
    return MoveAnswer(accepted=False, reason=reason)


def _refusal_of(turn: Turn, command: c.AcceptMove) -> str | None:
    """Why this province does not take the task; None when it does. Ownership first, then ability."""
    state, task, move = turn.state, command.task, command.move
    here = state.tasks.get(task.task_id)
    if here is not None and here.generation > move.generation:
        return "a later generation of the task is here already"
    if here is not None and here.state is not TaskState.MOVING:
        return "the task is here already"
    closed = turn.closed_task(task.task_id)
    if closed is not None and closed.generation > move.generation:
        return "a later generation of the task was here"
    if closed is not None and closed.state is not TaskState.MOVED:
        return "the task has ended"
    away = state.away.get(task.task_id)
    if away is not None and away.generation > move.generation:
        return "a later generation of the task is elsewhere"
    if state.status is not ProvinceStatus.ACTIVE:
        return f"the province is {state.status.value}"
    if task.home == state.province:
        return None
    if state.policy.share_out_mode is ShareOutMode.EVACUATE:
        # It would be sent on at once; two that evacuate by old pictures would send it to each other for ever.
        return "the province is being evacuated"
    if task.spec.kind not in state.kinds:
        return "the kind is unknown here"
    if not state.calendar.is_open(turn.now.wall_ms, task.line):
        return "the line is closed here now"
    if state.shared_in >= state.policy.share_in_quota or len(state.tasks) >= state.bounds.open_tasks_max:
        return "the quota for other provinces' tasks is used up"
    daily_max = state.policy.share_in_daily_quota
    if daily_max and shared_in_today(Reading(state.statistics, turn.now.wall_ms)) >= daily_max:
        return "the day's quota for other provinces' tasks is used up"
    if not _someone_eligible(turn, task):
        return "nobody eligible is on duty"
    return None


def _someone_eligible(turn: Turn, task: Task) -> bool:
    """Whether anybody heard could have the task, now or when they have room. Few are asked first: mostly one of them can."""
    state, now, within_ms = turn.state, turn.now, turn.state.heard_within_ms
    able = [
        person
        for person in map(state.operators.__getitem__, state.signed_in)
        if task.spec.kind in person.kinds and turn.presence.was_heard(person.session, now.monotonic_ms, within_ms)
    ]
    return any(
        (turn.scorer.verdicts([task], some, now.wall_ms) >= ABLE).any()
        for some in (able[:ASKED_FIRST], able[ASKED_FIRST:])
        if some
    )


# --- at the source: the answer ---


def settle_move(turn: Turn, command: c.SettleMove) -> AnyReply:
    """Record the host's answer. An answer to any but the present move changes nothing, but that the host answers."""
    turn.outbox.owed.note_answer(command.host, turn.now.monotonic_ms)
    task = turn.state.tasks.get(command.task_id)
    if task is None or task.state is not TaskState.MOVING:
        return Done()
    move = task.move
    assert move is not None
    if (move.host, move.generation, move.attempt) != (command.host, command.generation, command.attempt):
        return Done()
    if command.accepted:
        turn.outbox.forget_refusals_of(task.task_id)
        evacuated = task.home == turn.state.province and move.placement is Placement.EVACUATED
        turn.emit(
            e.MoveHandedOver(
                at_ms=turn.now.wall_ms,
                who=command.who,
                task_id=task.task_id,
                is_evacuated=evacuated,
                line=task.line if evacuated else None,
            )
        )
        return Done()
    turn.outbox.note_refusal(task.task_id, move.host, turn.now.monotonic_ms)
    others = [candidate for candidate in ranked_hosts(turn, task, turn.state.policy) if candidate.province != move.host]
    retry_after_ms = 0
    if not others:
        turn.outbox.forget_refusals_of(task.task_id)
        retry_after_ms = pause_ms(task, turn.state.limits)
    turn.emit(
        e.MoveTakenBack(
            at_ms=turn.now.wall_ms,
            who=command.who,
            task_id=task.task_id,
            reason=command.reason,
            retry_after_ms=retry_after_ms,
        )
    )
    return Done()


# --- at the home, and at the sender of a notice ---


def note_host(turn: Turn, command: c.NoteHost) -> AnyReply:
    """Learn where a task of ours is now, unless we know better."""
    refusal = _not_home(turn, command.task_id)
    if refusal is not None:
        return refusal
    here = turn.state.tasks.get(command.task_id)
    known = turn.state.away.get(command.task_id)
    closed = turn.closed_task(command.task_id)
    newest = max(
        here.generation if here else 0,
        known.generation if known else 0,
        closed.generation if closed and closed.state is not TaskState.MOVED else 0,
    )
    if newest < command.generation:
        turn.emit(
            e.HostNoted(
                at_ms=turn.now.wall_ms,
                who=command.who,
                task_id=command.task_id,
                host=command.host,
                generation=command.generation,
            )
        )
    return Done()


def note_outcome(turn: Turn, command: c.NoteOutcome) -> AnyReply:
    """Record how a task of ours ended elsewhere, once."""
    task = command.task
    refusal = _not_home(turn, task.task_id)
    if refusal is not None:
        return refusal
    closed = turn.closed_task(task.task_id)
    if closed is not None and closed.state is not TaskState.MOVED and task.task_id not in turn.state.tasks:
        return Done()
    now_ms, decision = turn.now.wall_ms, task.decision
    turn.emit(
        e.OutcomeNoted(
            at_ms=now_ms,
            who=command.who,
            task=task,
            gained_ms=service_gained_ms(turn.state.calendar, task),
            is_of_an_earlier_day=decision is not None and local_day(decision.time_ms) < local_day(now_ms),
        )
    )
    return Done()


def _not_home(turn: Turn, task_id: TaskId) -> Refused | None:
    home, _, number = task_id.rpartition("-")
    if home == turn.state.province and number.isdigit() and int(number) <= turn.state.task_number:
        return None
    return Refused(reason=Reason.UNKNOWN_TASK, message=f"There is no task {task_id} of this home.")


def settle_notice(turn: Turn, command: c.SettleNotice) -> AnyReply:
    """The home has it on record: stop telling."""
    key = (command.task_id, command.generation, command.outcome)
    if key in turn.state.notices:
        turn.emit(
            e.NoticeSettled(
                at_ms=turn.now.wall_ms,
                who=command.who,
                task_id=command.task_id,
                generation=command.generation,
                outcome=command.outcome,
            )
        )
    return Done()
