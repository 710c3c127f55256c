"""What a sharing policy would move now, and what that does to those who wait here and there.

Theory of operation
-------------------
A preview is a rehearsal: the policy is put in force in a copy of the state, the coordinator's plan is made of the last picture with our own
summary as it would be, and then the very functions that move tasks run until nothing more leaves or `PREVIEW_MAX` tasks have left. Their
events change the copy and are read off; nothing else happens. So a preview cannot differ from what follows by a rule, only by what arrives,
is decided or is refused meanwhile. Refused: a second set of rules that estimates (the two drift apart, and ops confirm the wrong one).

The coordinator remembers who shares already and over which links. Whoever asks for a preview tells us (`FlowMemory`); where that is not known, the
preview of OVERFLOW is that of a fresh start: work begins to leave above the activation threshold. And when no advice has come for so long that
the province helps itself (`helping`), that is rehearsed instead of the plan.

Before the first picture nobody knows who could host anything. What would leave then is told to stay for NO_PICTURE, and a mere preview is refused
(`policy_changes`): half a second later it can be answered.

Cost: copying O(open tasks); the plan of the country (`sharedops bench plan`); then the moves, and the reasons of what stays (`staying`).
"""

from collections.abc import Mapping

import msgspec

from actors.core import events as e
from actors.core.applying import APPLIERS
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.deciding import Turn
from actors.core.departures import move_tasks_out
from actors.core.helping import help_itself, must_help_itself
from actors.core.ids import KindId, ProvinceCode
from actors.core.matching.rounds import Matcher
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.pressure import Sharing, wishes_of
from actors.core.sharing.preview import LenderPreview, MovesPreview
from actors.core.sharing.summary import KindSummary, ProvinceSummary, mean_wait_ms
from actors.core.staying import StayReason, count_stays, why_stays
from actors.core.summary import summarise
from actors.core.task import Task

#: Moves that a preview lists; it looks no further.
PREVIEW_MAX = 1_000
#: Batches of moves that a rehearsal runs: one takes unbegun work off the desks, the next moves it.
BATCHES_MAX = 3
#: Looks of a province that helps itself: each sends so few that `PREVIEW_MAX` are reached before.
LOOKS_MAX = 64


class Rehearsal(Turn):
    """A turn on copies: what happens in it teaches nothing, tells nobody and is thrown away."""

    __slots__ = ()

    def emit(self, event: e.AnyEvent) -> None:
        """Change the copy."""
        APPLIERS[type(event)](self.state, event)
        self.events.append(event)


def preview_moves(turn: Turn, policy: SharingPolicy, memory: FlowMemory | None = None) -> MovesPreview:
    """What `policy` would move right now. Changes nothing.

    Args:
        memory: what the coordinator remembers of its last plan; None: not known.
    """
    rehearsal = _rehearsal(turn, policy)
    # Not begun yet, whatever is in force now: otherwise a change of one evacuation into another would show less than it does.
    rehearsal.state.evacuation_revision = policy.revision - 1
    own = _summary(rehearsal)
    pressed = _play(rehearsal, own, memory)
    started = _started(rehearsal)
    return MovesPreview(
        moves=tuple((event.task_id, event.move.host, event.reason) for event in started),
        stays=count_stays(rehearsal, pressed, is_cut_off=len(started) >= PREVIEW_MAX),
        lenders=_lenders(turn, started),
        # No wait is of the policy's making: before anything has left, the copy's are ours.
        wait_before_ms=mean_wait_ms(own),
        wait_after_ms=mean_wait_ms(_summary(rehearsal) if rehearsal.events else own),
    )


def why_it_stays(turn: Turn, task: Task, memory: FlowMemory | None = None) -> StayReason | ProvinceCode:
    """Why the policy in force keeps a waiting task here, or the province that it leaves for. Changes nothing; costs what a preview does.

    Args:
        memory: as of `preview_moves`.
    """
    rehearsal = _rehearsal(turn, turn.state.policy)
    pressed = _play(rehearsal, _summary(rehearsal), memory)
    started = _started(rehearsal)
    hosts = [event.move.host for event in started if event.task_id == task.task_id]
    return hosts[0] if hosts else why_stays(rehearsal, pressed, task, is_cut_off=len(started) >= PREVIEW_MAX)


def _play(rehearsal: Rehearsal, own: ProvinceSummary, memory: FlowMemory | None) -> Mapping[KindId, int]:
    """Let leave what leaves; the kinds that waited too long before (`_pressed`)."""
    if must_help_itself(rehearsal.outbox.advice, rehearsal.now):
        pressed = _help(rehearsal, own)
    else:
        pressed = _plan(rehearsal, own, memory or FlowMemory())
    _let_leave(rehearsal)
    return pressed


def _started(rehearsal: Rehearsal) -> list[e.MoveStarted]:
    return [event for event in rehearsal.events if isinstance(event, e.MoveStarted)]


def _summary(rehearsal: Rehearsal) -> ProvinceSummary:
    state = rehearsal.state
    return summarise(state, rehearsal.presence, rehearsal.now, rehearsal.outbox.advice.hosting(state.model))


def _rehearsal(turn: Turn, policy: SharingPolicy) -> Rehearsal:
    """A turn on copies in which `policy` is in force and `PREVIEW_MAX` moves fit into one batch."""
    state = turn.state.copied()
    state.policy = policy
    state.bounds = msgspec.structs.replace(
        state.bounds,
        moves_per_batch_max=PREVIEW_MAX,
        moves_in_transit_max=PREVIEW_MAX + len(state.moving),
    )
    # Asked of the original, which keeps it for the next preview.
    turn.outbox.advice.hosting(state.model)
    return Rehearsal(state, turn.presence, turn.outbox.copied(), turn.site_watch, Matcher(), turn.now)


def _let_leave(rehearsal: Rehearsal) -> None:
    """Follow policy and advice until nothing more leaves."""
    for _ in range(BATCHES_MAX):
        happened = len(rehearsal.events)
        move_tasks_out(rehearsal)
        if len(rehearsal.events) == happened:
            return


def _pressed(own: ProvinceSummary, sharing: Sharing) -> dict[KindId, int]:
    """The kinds that wait too long -> tasks that should leave."""
    return {wish.kind.kind: wish.count for wish in wishes_of(own, sharing)}


def _help(rehearsal: Rehearsal, own: ProvinceSummary) -> Mapping[KindId, int]:
    """Let the rehearsal help itself until nothing more leaves; see `_pressed`."""
    pressed = _pressed(own, rehearsal.outbox.advice.helping)
    for _ in range(LOOKS_MAX):
        happened = len(rehearsal.events)
        rehearsal.outbox.advice.help_after_ms = 0
        help_itself(rehearsal)
        if len(rehearsal.events) == happened:
            break
    return pressed


def _plan(rehearsal: Rehearsal, own: ProvinceSummary, memory: FlowMemory) -> Mapping[KindId, int]:
    """Let the coordinator's plan advise the rehearsal; see `_pressed`."""
    pressed = _pressed(own, memory.sharing)
    if not pressed and own.policy.share_out_mode is not ShareOutMode.BEST_MATCH:
        # Whoever wishes for nothing is advised nothing.
        return pressed
    picture = rehearsal.outbox.advice.picture
    others = [province for province in picture.provinces if province.province != own.province]
    provinces = tuple(sorted([*others, own], key=lambda province: province.province))
    flows, _ = plan_flows(msgspec.structs.replace(picture, provinces=provinces), memory)
    rehearsal.outbox = rehearsal.outbox.copied(flow for flow in flows if flow.source == own.province)
    return pressed


# --- what it does to the lenders ---


def _lenders(turn: Turn, started: list[e.MoveStarted]) -> tuple[LenderPreview, ...]:
    counts: dict[ProvinceCode, dict[KindId, int]] = {}
    for event in started:
        of_host = counts.setdefault(event.move.host, {})
        kind = turn.state.tasks[event.task_id].spec.kind
        of_host[kind] = of_host.get(kind, 0) + 1
    hosts = {province.province: province for province in turn.outbox.advice.picture.provinces}
    lenders = [_lender(turn, hosts[code], of_host) for code, of_host in counts.items()]
    return tuple(sorted(lenders, key=lambda lender: (-lender.tasks, lender.province)))


def _lender(turn: Turn, host: ProvinceSummary, counts: Mapping[KindId, int]) -> LenderPreview:
    offered = [kind for kind in host.kinds if kind.kind in counts]
    tasks = sum(counts.values())
    before = after = 0
    for kind in offered:
        sent, count = turn.outbox.advice.pledged.get((host.province, kind.kind), 0), counts[kind.kind]
        before += count * _wait_ms(kind, sent)
        after += count * _wait_ms(kind, sent + count)
    return LenderPreview(
        province=host.province,
        tasks=tasks,
        wait_before_ms=before // tasks,
        wait_after_ms=after // tasks,
        # People who may do several of the kinds are counted once, by the kind that most of them may do.
        free_capacity=max(kind.free_capacity for kind in offered),
        reserve_operators=host.policy.reserve_operators,
    )


def _wait_ms(kind: KindSummary, sent: int) -> int:
    """Expected wait for a kind behind `sent` tasks that the picture does not know of: as hosts are ranked."""
    beyond_free = max(0, sent - kind.free_capacity)
    return kind.expected_wait_ms + beyond_free * max(1, kind.handle_ms) // max(1, kind.eligible)
