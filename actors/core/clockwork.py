"""What happens because time passes, and after every batch: expiry, outages, schedules, moves, the match."""

from itertools import islice

from actors.core import events as e
from actors.core.country import ProvinceStatus
from actors.core.deciding import Turn
from actors.core.departures import move_tasks_out
from actors.core.desk import end_session, give_back
from actors.core.helping import help_itself
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.rounds import ROUNDS_MAX, Match
from actors.core.matching.rounds import WHO as MATCHER
from actors.core.move_reasons import Cause, written
from actors.core.operators import PresenceState
from actors.core.outage import DeskSign, SiteVerdict
from actors.core.policy_changes import let_time_pass
from actors.core.recalling import ask_for_return
from actors.core.shadowing import let_shadows_end
from actors.core.task import TaskState

WHO = e.CLOCK
#: Booked tasks that one look queues: 10 ms and 160 kB of a frame. 50,000 at once took 210 ms and 4 MB.
SCHEDULES_PER_LOOK = 2_000
#: A session that was silent for this long is signed out (ten minutes).
SESSION_SILENCE_MAX_MS = 600_000


def tick(turn: Turn) -> None:
    """Let time pass: call a few times a second."""
    _judge_sites(turn)
    _expire_leases(turn)
    _let_the_drained_go(turn)
    _forget_sessions(turn)
    _expire_offers(turn)
    _reach_schedules(turn)
    turn.outbox.forget_refusals(turn.state, turn.now.monotonic_ms)
    let_time_pass(turn)
    let_shadows_end(turn)


def settle_batch(turn: Turn, *, may_match: bool = True) -> None:
    """After a batch of commands: what must leave leaves, what can be matched is matched, unless that is left to a later batch."""
    move_tasks_out(turn)
    help_itself(turn)
    ask_for_return(turn)
    if may_match:
        _match(turn)


def _judge_sites(turn: Turn) -> None:
    state, now_ms, limits = turn.state, turn.now.monotonic_ms, turn.state.limits
    desks: list[DeskSign] = []
    for operator in state.signed_in:
        person = state.operators[operator]
        if person.session is not None:
            desks.append(
                DeskSign(
                    person.site,
                    turn.presence.told_silent_ms(person.session, now_ms, limits),
                    turn.presence.path_known(person.session, now_ms, limits),
                    turn.presence.is_fresh(person.session, now_ms, limits),
                )
            )
    for verdict in turn.site_watch.judge(desks, state.lost_sites, now_ms, limits):
        if verdict.lost:
            _lose_site(turn, verdict)
        else:
            turn.emit(e.SiteReturned(at_ms=turn.now.wall_ms, who=WHO, site=verdict.site))
    if state.status is ProvinceStatus.UNREACHABLE:
        _end_isolation(turn, desks)


def _lose_site(turn: Turn, verdict: SiteVerdict) -> None:
    """The site is gone: its desks' work goes back to the queue now, and the province is UNREACHABLE if no other site is heard."""
    state = turn.state
    turn.emit(
        e.SiteLost(
            at_ms=turn.now.wall_ms,
            who=WHO,
            site=verdict.site,
            silent=verdict.silent,
            signed_in=verdict.signed_in,
            silent_for_ms=verdict.silent_for_ms,
        )
    )
    elsewhere = False
    for operator in list(state.signed_in):
        person = state.operators[operator]
        fresh = turn.presence.is_fresh(person.session, turn.now.monotonic_ms, state.limits)
        if person.site == verdict.site and not fresh:
            give_back(turn, operator, "site_lost", WHO)
        elif person.site not in state.lost_sites and fresh:
            elsewhere = True
    if not elsewhere and state.status in (ProvinceStatus.ACTIVE, ProvinceStatus.DRAINING):
        reason = written(
            Cause.SILENT,
            silent=verdict.silent,
            signed_in=verdict.signed_in,
            site=verdict.site,
            silent_for_ms=verdict.silent_for_ms,
        )
        turn.emit(
            e.ProvinceStatusChanged(at_ms=turn.now.wall_ms, who=WHO, status=ProvinceStatus.UNREACHABLE, reason=reason)
        )


def _end_isolation(turn: Turn, desks: list[DeskSign]) -> None:
    """Living desks at a site that is not lost (one that has returned, or one that people moved to) make the province reachable."""
    living = next((desk for desk in desks if desk.fresh and desk.site not in turn.state.lost_sites), None)
    if living is not None:
        before = turn.state.status_before_outage
        reason = f"desks of {living.site} are heard"
        if before is not ProvinceStatus.ACTIVE:
            reason += f", and it was {before.value} before they fell silent"
        turn.emit(e.ProvinceStatusChanged(at_ms=turn.now.wall_ms, who=WHO, status=before, reason=reason))


def _expire_leases(turn: Turn) -> None:
    """A desk that is silent for longer than the lease loses what it holds; after ten minutes it is signed out."""
    state, now_ms = turn.state, turn.now.monotonic_ms
    shortest_ms = min(state.limits.lease_duration_ms, SESSION_SILENCE_MAX_MS)
    for operator in list(state.signed_in):
        person = state.operators[operator]
        if person.session is None:
            continue
        silent_ms = turn.presence.silent_ms(person.session, now_ms)
        if silent_ms < shortest_ms or turn.presence.path_lost(person.session, now_ms, state.limits):
            continue
        if silent_ms >= SESSION_SILENCE_MAX_MS:
            end_session(turn, person, "silent", WHO)
        elif silent_ms >= state.limits.lease_duration_ms and operator in state.holds:
            give_back(turn, operator, "lease_lost", WHO)


def _let_the_drained_go(turn: Turn) -> None:
    """Who was to take no more work, and has none left in hand, has gone home."""
    state = turn.state
    for operator in list(state.signed_in):
        person = state.operators[operator]
        if person.presence is PresenceState.DRAINING and operator not in state.holds:
            end_session(turn, person, "signed_out", WHO, note="drained")


def _forget_sessions(turn: Turn) -> None:
    """Forget sessions that nobody is signed in by, once more are remembered than there are people."""
    state = turn.state
    if turn.presence.session_count > len(state.signed_in):
        turn.presence.forget_all_but({state.operators[operator].session: None for operator in state.signed_in})


def _expire_offers(turn: Turn) -> None:
    """An offer that nobody answered goes back to the queue. Its age is kept by our own clock, not by the wall."""
    state, offers = turn.state, turn.outbox.offers_seen_ms
    now_ms = turn.now.monotonic_ms
    live: dict[tuple[TaskId, int], int] = {}
    for held in list(state.holds.values()):
        for task_id in list(held):
            task = state.tasks[task_id]
            if task.state is not TaskState.OFFERED:
                continue
            seen_ms = offers.get((task_id, task.token), now_ms)
            if now_ms - seen_ms >= state.limits.offer_duration_ms:
                turn.emit(e.OfferWithdrawn(at_ms=turn.now.wall_ms, who=WHO, task_id=task_id, reason="offer_expired"))
            else:
                live[task_id, task.token] = seen_ms
    turn.outbox.offers_seen_ms = live


def _reach_schedules(turn: Turn) -> None:
    """Queue what was booked until now, a bounded number at a look: a day's work is booked for half past eight."""
    due = (task_id for task_id, at_ms in turn.state.scheduled.items() if at_ms <= turn.now.wall_ms)
    for task_id in list(islice(due, SCHEDULES_PER_LOOK)):
        turn.emit(e.TaskScheduleReached(at_ms=turn.now.wall_ms, who=WHO, task_id=task_id, is_arrival=True))


def _match(turn: Turn) -> None:
    """Pair what waits with who is free and heard, round by round until one gives nothing."""
    state = turn.state
    if state.status in (ProvinceStatus.SUSPENDED, ProvinceStatus.UNREACHABLE):
        return
    for _ in range(ROUNDS_MAX):
        if not state.free or not len(state.queue):
            return
        held = turn.matcher.hold_round(state, _heard(turn), turn.now.wall_ms)
        if held is None:
            return
        turn.emit(held.event)
        for match in held.matches:
            _give(turn, match)


def _heard(turn: Turn) -> list[OperatorId]:
    """Free people whose desks were heard as lately as work asks for."""
    state, now_ms, within_ms = turn.state, turn.now.monotonic_ms, turn.state.heard_within_ms
    return [
        operator
        for operator in state.free
        if turn.presence.was_heard(state.operators[operator].session, now_ms, within_ms)
    ]


def _give(turn: Turn, match: Match) -> None:
    """Offer a task to whom the match has found, or assign it at once if they take work without an offer."""
    task_id, operator, routing = match.task_id, match.operator, match.routing
    at_ms, token = turn.now.wall_ms, turn.state.tasks[task_id].token + 1
    if turn.state.operators[operator].auto_accept:
        turn.emit(
            e.TaskAssigned(
                at_ms=at_ms,
                who=MATCHER,
                task_id=task_id,
                operator=operator,
                token=token,
                reason="matched",
                routing=routing,
            )
        )
    else:
        turn.emit(
            e.OfferMade(at_ms=at_ms, who=MATCHER, task_id=task_id, operator=operator, token=token, routing=routing)
        )
