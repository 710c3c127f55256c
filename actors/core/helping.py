"""A province helps itself while the coordinator is away.

Theory of operation
-------------------
Advice comes twice a second. When none has come for `ADVICE_AWAITED_MS`, a province looks at itself by the rules that the coordinator would
apply (`sharing.pressure`: the same thresholds and hysteresis, the same policy), and sends what should leave to hosts of the last picture, the less
loaded of two for each task (`sharing.two_choices`). Every half second at most, and `HELPED_MAX` tasks at most: a picture grows older,
and hosts are asked by everybody else, too. A host that has no room any more refuses, which is recorded, and the next attempt draws
another two.

A province that has had no picture since its own start knows nobody and sends nothing. Refused: a deputy coordinator (somebody would have to be
chosen, by an agreement that is needed just then when the network is bad).
"""

from actors.core.advice import Advice
from actors.core.clock import Instant
from actors.core.deciding import Turn
from actors.core.departures import free_to_leave, room_for_moves
from actors.core.move_reasons import Cause, written
from actors.core.moves import start_move
from actors.core.sharing.hosts import HostCandidate, candidate_of, may_host
from actors.core.sharing.lending import Lender, lenders_of, lending_lines, room_left
from actors.core.sharing.pressure import Wish, wishes_of
from actors.core.sharing.two_choices import by_load, draw_two, may_take
from actors.core.summary import summarise
from actors.core.task import Placement, Task

#: Without advice for so long the coordinator counts as away.
ADVICE_AWAITED_MS = 3_000
#: Pause between two looks at the own waits.
HELP_PAUSE_MS = 500
#: Tasks that one look may send away.
HELPED_MAX = 20


def must_help_itself(advice: Advice, now: Instant) -> bool:
    """Whether advice, which came once, has not come for long."""
    return advice.unadvised_ms(now.monotonic_ms) > ADVICE_AWAITED_MS


def help_itself(turn: Turn) -> None:
    """Send away what should leave, if nobody has advised for long."""
    advice, now_ms = turn.outbox.advice, turn.now.monotonic_ms
    if not must_help_itself(advice, turn.now) or now_ms < advice.help_after_ms:
        return
    silent_for_ms = advice.unadvised_ms(now_ms)
    room = room_for_moves(turn)
    if room <= 0:
        return
    advice.help_after_ms = now_ms + HELP_PAUSE_MS
    own = summarise(turn.state, turn.presence, turn.now, advice.hosting(turn.state.model))
    wishes = list(wishes_of(own, advice.helping))
    advice.helping = frozenset((own.province, wish.kind.kind) for wish in wishes)
    left = min(room, HELPED_MAX)
    for wish in wishes:
        left -= _send(turn, wish, left, silent_for_ms)


def _send(turn: Turn, wish: Wish, room: int, silent_for_ms: int) -> int:
    """Begin moves of one kind, the most urgent task first; how many."""
    lenders = _lenders(turn, wish)
    count = min(room, wish.count)
    sent = 0
    for task in free_to_leave(turn, wish.kind.kind, count) if lenders and count > 0 else ():
        if sent == count:
            break
        ranked = _less_loaded(turn, task, lenders, silent_for_ms)
        if ranked:
            reason = written(
                Cause.UNADVISED,
                silent_for_ms=silent_for_ms,
                wait_ms=wish.wait_ms,
                release_ms=wish.release_ms,
                host=ranked[0].province,
            )
            start_move(turn, task, ranked, Placement.SHARED, reason)
            sent += 1
    return sent


def _lenders(turn: Turn, wish: Wish) -> list[Lender]:
    """Who could lend when the last picture was taken, and is allowed to both sides."""
    state, kind = turn.state, wish.kind.kind
    allowed = [host for host, _ in turn.outbox.advice.hosts_of(kind) if may_host(state.province, state.policy, host)]
    return [lender for host in allowed for lender in lenders_of(host, lending_lines(host), (kind,))]


def _less_loaded(turn: Turn, task: Task, lenders: list[Lender], age_ms: int) -> list[HostCandidate]:
    """Of two hosts drawn among those that have room by now, the less loaded first; empty: there is none."""
    outbox, kind = turn.outbox, task.spec.kind
    sent = outbox.advice.pledged
    refused = (*outbox.refused_by.get(task.task_id, ()), *outbox.owed.silent_hosts(turn.now.monotonic_ms))
    able = [
        lender
        for lender in lenders
        if lender.host.province not in refused
        and may_take(lender, sent.get((lender.host.province, kind), 0), age_ms)
        and outbox.advice.pledged_to(lender.host.province) < room_left(lender.host)
    ]
    drawn = by_load(draw_two(task.task_id, task.move_attempts + 1, able), sent)
    return [candidate_of(one.host.province, one.kind, sent.get((one.host.province, kind), 0), 0) for one in drawn]
