"""Who is connected with whom: the few links over which a line's work may flow at the moment.

A link is opened from a source to a lender when the source waits more than `OPEN_PERMILLE` of what the lender's own work waits, and
closed when that has fallen to `CLOSE_PERMILLE`: a ratio of waits, so that the same rule holds for a quiet morning and for a month's end
(after Perry & Whitt's FQR-T). While it is open, and for `REVERSE_PAUSE_MS` afterwards, none of the line is opened the other way: two provinces
that take turns at being busy would otherwise send each other the same work, and each task twice.

A few partners are nearly as good as all (Jordan & Graves), and people there get to know a home's work; so a source has at most
`PARTNERS_FEW` a line, so many more for every doubling of its wait beyond the activation threshold, and never more than `PARTNERS_MAX`. A partner is added only
while those connected cannot give what is wanted, best points first among those whom fewest others already ask, and kept as long as the link's reasons
hold, unless it has had nothing to give for `IDLE_MS`. Refused: choosing anew with each picture (the best by a hair changes twice a second).
"""

from collections.abc import Iterator, Mapping, Sequence

from actors.core.clock import still_waits
from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode
from actors.core.sharing.flows import FlowMemory, Link, LinkKey
from actors.core.sharing.hosts import may_host
from actors.core.sharing.lending import Lender
from actors.core.sharing.pressure import Wish

#: The source's wait over that of the lender's own work, permille: above the first a link is opened, at the second it is closed.
OPEN_PERMILLE = 2_000
CLOSE_PERMILLE = 1_250
#: After a link was closed, its opposite stays closed for so long.
REVERSE_PAUSE_MS = 60_000
#: A partner that has had nothing to give for so long makes room for another.
IDLE_MS = 10_000
#: Partners of a source and line: at twice the activation threshold twice as many, at four times thrice ...
PARTNERS_FEW = 4
#: ... and never more.
PARTNERS_MAX = 16

Wishes = Mapping[tuple[ProvinceCode, Line], Sequence[Wish]]
Lenders = Mapping[KindId, Mapping[ProvinceCode, Lender]]
"""By kind the provinces that may lend, best first."""


def suits(wish: Wish, lender: Lender, *, is_open: bool) -> bool:
    """Whether a link between the two has reason to be opened, or to stay open.

    Whoever is not hard pressed wants a better host, by the points that its policy asks for, and half of them while the link is open.
    """
    if wish.own_points is None:
        permille = CLOSE_PERMILLE if is_open else OPEN_PERMILLE
        return wish.wait_ms * 1_000 > lender.own_wait_ms * permille
    asked = max(1, wish.source.policy.best_match_gain_points)
    return lender.points - wish.own_points >= (max(1, asked // 2) if is_open else asked)


def partners_max(wishes: Sequence[Wish]) -> int:
    """How many partners a source may have for a line, by its longest wait."""
    doublings = max((wish.wait_ms // max(1, wish.activation_ms)).bit_length() - 1 for wish in wishes)
    if all(wish.own_points is not None for wish in wishes):
        doublings = 0
    return min(PARTNERS_MAX, PARTNERS_FEW * (1 + max(0, doublings)))


def connect(wishes: Wishes, lenders: Lenders, memory: FlowMemory, now_ms: int) -> FlowMemory:
    """Keep, close and open links for what is wished and offered now.

    Args:
        now_ms: of the picture, by the coordinator's wall clock.

    Returns:
        The memory with the links of now; `sharing` is as it was.
    """
    connecting = _Connecting(wishes, lenders, memory, now_ms)
    connecting.keep()
    for (source, line), wished in wishes.items():
        connecting.add(source, line, wished)
    return connecting.memory()


class _Connecting:
    """The links of one plan while they are made."""

    def __init__(self, wishes: Wishes, lenders: Lenders, memory: FlowMemory, now_ms: int) -> None:
        self._wishes, self._lenders, self._memory, self._now_ms = wishes, lenders, memory, now_ms
        self._links: dict[LinkKey, Link] = {}
        #: How many sources ask a lender, and whom a source asks.
        self._asked_by: dict[tuple[Line, ProvinceCode], int] = {}
        self._partners: dict[tuple[ProvinceCode, Line], list[ProvinceCode]] = {}

    def keep(self) -> None:
        """Keep the links that still have a reason."""
        for key, link in self._memory.links.items():
            kept = self._kept(key, link)
            if kept is not None:
                self._put(key, kept)

    def _kept(self, key: LinkKey, link: Link) -> Link | None:
        line, source, host = key
        fitting = [
            lender
            for wish in self._wishes.get((source, line), ())
            if (lender := self._lenders[wish.kind.kind].get(host)) and suits(wish, lender, is_open=True)
        ]
        if not fitting or not may_host(source, self._wishes[source, line][0].source.policy, fitting[0].host):
            return None
        can_lend = any(lender.lendable > 0 for lender in fitting)
        lent_ms = self._now_ms if can_lend else min(link.lent_ms, self._now_ms)
        return None if self._now_ms - lent_ms > IDLE_MS else Link(opened_ms=link.opened_ms, lent_ms=lent_ms)

    def _put(self, key: LinkKey, link: Link) -> None:
        line, source, host = key
        self._links[key] = link
        self._asked_by[line, host] = self._asked_by.get((line, host), 0) + 1
        self._partners.setdefault((source, line), []).append(host)

    def add(self, source: ProvinceCode, line: Line, wished: Sequence[Wish]) -> None:
        """Open links of a source for a line while it wants more than those connected can give. The kinds take turns."""
        left = partners_max(wished) - len(self._partners.get((source, line), ()))
        waiting = [(wish, self._candidates(source, line, wish)) for wish in wished if wish.count > 0]
        while left > 0 and waiting:
            unsettled: list[tuple[Wish, Iterator[ProvinceCode]]] = []
            for wish, candidates in waiting:
                host = next(candidates, None) if left > 0 and self._is_short(source, line, wish) else None
                if host is None:
                    continue
                self._put((line, source, host), Link(opened_ms=self._now_ms, lent_ms=self._now_ms))
                left -= 1
                unsettled.append((wish, candidates))
            waiting = unsettled

    def _is_short(self, source: ProvinceCode, line: Line, wish: Wish) -> bool:
        """Whether the partners, each shared with whoever else asks it, have less than is wanted."""
        lenders = self._lenders[wish.kind.kind]
        given = sum(
            -(-lenders[host].lendable // self._asked_by[line, host])
            for host in self._partners.get((source, line), ())
            if host in lenders
        )
        return given < wish.count

    def _candidates(self, source: ProvinceCode, line: Line, wish: Wish) -> Iterator[ProvinceCode]:
        """Lenders to whom a link may be opened now, the least asked first, then as they come. Worked out when first asked for."""
        able = [
            (self._asked_by.get((line, host), 0), number, host)
            for number, (host, lender) in enumerate(self._lenders[wish.kind.kind].items())
            if lender.lendable > 0 and self._may_open(line, source, host, wish, lender)
        ]
        for _, _, host in sorted(able):
            if (line, source, host) not in self._links:
                yield host

    def _may_open(self, line: Line, source: ProvinceCode, host: ProvinceCode, wish: Wish, lender: Lender) -> bool:
        opposite = (line, host, source)
        if opposite in self._links or not suits(wish, lender, is_open=False):
            return False
        closed_ms = self._closed_ms(opposite)
        if closed_ms is not None and still_waits(closed_ms + REVERSE_PAUSE_MS, self._now_ms, REVERSE_PAUSE_MS):
            return False
        return may_host(source, wish.source.policy, lender.host)

    def _closed_ms(self, key: LinkKey) -> int | None:
        """When a link that is not open was closed: now, if it was open until this plan."""
        return self._now_ms if key in self._memory.links else self._memory.closed_ms.get(key)

    def memory(self) -> FlowMemory:
        """What the next plan must know."""
        closed = {
            key: closed_ms
            for key, closed_ms in self._memory.closed_ms.items()
            if key not in self._links and still_waits(closed_ms + REVERSE_PAUSE_MS, self._now_ms, REVERSE_PAUSE_MS)
        }
        closed |= dict.fromkeys((key for key in self._memory.links if key not in self._links), self._now_ms)
        return FlowMemory(sharing=self._memory.sharing, links=self._links, closed_ms=closed)
