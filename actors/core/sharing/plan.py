"""How much should flow from where to where: the coordinator's plan, a pure function of the picture and of what it remembers.

1. Wishes (`pressure`): what waits too long and by how much, kind by kind; a closed branch's work waits for its morning.
2. Lenders (`lending`): who has free people beyond those kept for their own work. Whoever is hard pressed for a kind that its own people could
   do lends nothing of that line.
3. Links (`links`): a few partners a source and line, one way at a time, with hysteresis by the ratio of waits.
4. Amounts (`dividing`): what lenders have, divided fairly among the sources connected with them; those that are hard pressed before those
   that only look for better hands.

Which tasks go is for the source to say (the most urgent first), and who does them for the host. Nothing moves for want of a plan: the next
comes half a second later, so a plan may be a little wrong but must be quick. Cost: provinces^2 x lines for links, provinces x kinds
for the rest, whatever the number of tasks: `sharedops bench plan`.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode
from actors.core.move_reasons import Cause, written
from actors.core.sharing.dividing import divide
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.lending import Lender, Lending, lending_of, room_left
from actors.core.sharing.links import asked_of_lender, connect
from actors.core.sharing.pressure import Sharing, Wish, better_wishes_of, wishes_of
from actors.core.sharing.summary import NationalPicture

#: Tasks of one kind that one advice may move from one province to one host.
FLOW_TASKS_MAX = 500


def plan_flows(picture: NationalPicture, memory: FlowMemory) -> tuple[list[MoveFlow], FlowMemory]:
    """Advise flows for the whole country.

    Returns:
        The flows in the order in which kinds were served (the longest wait first), and the memory for the next plan.
    """
    pressed = [wish for source in picture.provinces for wish in wishes_of(source, memory.sharing)]
    sharing: Sharing = frozenset((wish.source.province, wish.kind.kind) for wish in pressed)
    better = [wish for source in picture.provinces for wish in better_wishes_of(source, sharing)]
    wishes = [*pressed, *better]
    lending = lending_of(picture, {wish.kind.kind: None for wish in wishes})
    before = msgspec.structs.replace(memory, sharing=sharing)
    after = connect(_by_source(wishes), lending, before, picture.time_ms)
    dealing = _Dealing(lending, after)
    return [*dealing.flows(pressed), *dealing.flows(better)], after


def _by_source(wishes: Sequence[Wish]) -> dict[tuple[ProvinceCode, Line], list[Wish]]:
    grouped: dict[tuple[ProvinceCode, Line], list[Wish]] = {}
    for wish in wishes:
        grouped.setdefault((wish.source.province, wish.kind.line), []).append(wish)
    return grouped


class _Dealing:
    """Deals out what lenders have; what one kind got, the next cannot get."""

    def __init__(self, lending: Lending, memory: FlowMemory) -> None:
        self._lenders = lending.lenders
        self._partners: dict[tuple[Line, ProvinceCode], list[ProvinceCode]] = {}
        for line, source, host in memory.links:
            self._partners.setdefault((line, source), []).append(host)
        #: What each lender's quotas still let in, and what it has lent in this plan.
        self._room: dict[ProvinceCode, int] = {}
        self._lent: dict[ProvinceCode, int] = {}

    def flows(self, wishes: Sequence[Wish]) -> Iterator[MoveFlow]:
        """Flows for these wishes, kind by kind."""
        by_kind: dict[KindId, dict[ProvinceCode, Wish]] = {}
        for wish in sorted(wishes, key=lambda wish: -wish.wait_ms):
            by_kind.setdefault(wish.kind.kind, {})[wish.source.province] = wish
        for kind, wished in by_kind.items():
            yield from self._flows_of(kind, wished)

    def _flows_of(self, kind: KindId, wished: Mapping[ProvinceCode, Wish]) -> Iterator[MoveFlow]:
        lenders = self._lenders[kind]
        available = self._available(lenders)
        partners: dict[ProvinceCode, list[ProvinceCode]] = {}
        for source, wish in wished.items() if available else ():
            # A link of a hard-pressed line is open for all kinds of it that wait too long.
            least = 0 if wish.own_points is None else asked_of_lender(wish, is_open=True)[1]
            for host in self._partners.get((wish.kind.line, source), ()) if wish.count else ():
                if host in available and (not least or lenders[host].points >= least):
                    partners.setdefault(host, []).append(source)
        if not partners:
            return
        wanted = {source: wish.count for source, wish in wished.items()}
        for (source, host), count in divide(wanted, partners, {host: available[host] for host in partners}).items():
            self._lent[host] = self._lent.get(host, 0) + count
            yield MoveFlow(
                source=source,
                host=host,
                kind=kind,
                count=min(count, FLOW_TASKS_MAX),
                reason=_reason(wished[source], lenders[host]),
            )

    def _available(self, lenders: Mapping[ProvinceCode, Lender]) -> dict[ProvinceCode, int]:
        """What each still has to give; those with nothing are left out."""
        available: dict[ProvinceCode, int] = {}
        for host, lender in lenders.items():
            room = self._room.get(host)
            if room is None:
                room = self._room[host] = room_left(lender.host)
            left = min(lender.lendable, room) - self._lent.get(host, 0)
            if left > 0:
                available[host] = left
        return available


def _reason(wish: Wish, lender: Lender) -> str:
    """Why the flow is advised, with the numbers that decided it."""
    host, free, experience = lender.host.province, lender.kind.free_capacity, lender.kind.experience
    if wish.own_points is not None:
        return written(Cause.BETTER, host=host, points=lender.points, own_points=wish.own_points, free=free)
    if not wish.line.is_open:
        return written(Cause.CLOSED, opens_in_ms=wish.line.opens_in_ms, host=host, free=free, experience=experience)
    return written(
        Cause.ADVISED, wait_ms=wish.wait_ms, release_ms=wish.release_ms, host=host, free=free, experience=experience
    )
