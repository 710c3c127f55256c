"""Who is connected with whom: the few links over which a line's work may flow at the moment.

A link is opened from a source to a lender when the source waits more than `OPEN_PERMILLE` of what the lender's own work waits, and
closed when that has fallen to `CLOSE_PERMILLE`: a ratio of waits, so that the same rule holds for a quiet morning and for a month's end
(after Perry & Whitt's FQR-T). While it is open, and for `REVERSE_PAUSE_MS` afterwards, none of the line is opened the other way: two provinces
that take turns at being busy would otherwise send each other the same work, and each task twice.

A few partners are nearly as good as all (Jordan & Graves), and people there get to know a home's work; so a source begins with few, more if it
waits for long, and gets more for every ten seconds in which they were not enough: a surge must find much of the country within a minute, an
hour's dip should trouble four. A partner is added only while those connected cannot give what is wanted, best points first among those whom fewest
others already ask, and kept as long as the link's reasons hold, unless it has had nothing to give for `IDLE_MS`. Refused: choosing anew with each picture (the best by a hair changes twice a second).
"""

from collections.abc import Iterator, Mapping, Sequence

from actors.core.clock import still_waits
from actors.core.country import Line, SharingPolicy
from actors.core.ids import ProvinceCode
from actors.core.sharing.flows import FlowMemory, Link, LinkKey
from actors.core.sharing.hosts import may_host
from actors.core.sharing.lending import Lending
from actors.core.sharing.pressure import Wish
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS

#: The source's wait over that of the lender's own work, permille: above the first a link is opened, at the second it is closed.
OPEN_PERMILLE = 2_000
CLOSE_PERMILLE = 1_250
#: After a link was closed, its opposite stays closed for so long.
REVERSE_PAUSE_MS = 60_000
#: A partner that has had nothing to give for so long makes room for another.
IDLE_MS = 10_000
#: Partners of a source and line; so many more for every doubling of its wait beyond the release threshold ...
PARTNERS_FEW = 4
#: ... and whenever those that it has were not enough for so long; ...
ENOUGH_MS = 10_000
#: ... but never more.
PARTNERS_MAX = 32

Wishes = Mapping[tuple[ProvinceCode, Line], Sequence[Wish]]


def asked_of_lender(wish: Wish, *, is_open: bool) -> tuple[int, int]:
    """What a link needs to be opened, or to stay open: the lender's own work waits for less than the first (ms), its points are the second or more.

    Whoever is hard pressed takes any points. Whoever is not wants a better host, by the points that its policy asks for, and half of them
    while the link is open; that is no matter of waits.
    """
    if wish.own_points is None:
        permille = CLOSE_PERMILLE if is_open else OPEN_PERMILLE
        return -(-wish.wait_ms * 1_000 // permille), 0
    gain = max(1, wish.source.policy.best_match_gain_points)
    return WAIT_UNBOUNDED_MS, wish.own_points + (max(1, gain // 2) if is_open else gain)


def partners_max(wishes: Sequence[Wish], connected_ms: int) -> int:
    """How many partners a source may have for a line.

    Args:
        connected_ms: since its oldest link was opened; 0 without any.
    """
    if all(wish.own_points is not None for wish in wishes):
        return PARTNERS_FEW
    longest = max(wish.wait_ms // max(1, wish.release_ms) for wish in wishes)
    doublings = max(0, longest.bit_length() - 1)
    return min(PARTNERS_MAX, PARTNERS_FEW * (1 + doublings + connected_ms // ENOUGH_MS))


def connect(wishes: Wishes, lending: Lending, memory: FlowMemory, now_ms: int) -> FlowMemory:
    """Keep, close and open links for what is wished and offered now.

    Args:
        now_ms: of the picture, by the coordinator's wall clock.

    Returns:
        The memory with the links of now; `sharing` is as it was.
    """
    connecting = _Connecting(wishes, lending, memory, now_ms)
    connecting.keep()
    for (source, line), wished in wishes.items():
        connecting.add(source, line, wished)
    return connecting.memory()


class _Connecting:
    """The links of one plan while they are made."""

    def __init__(self, wishes: Wishes, lending: Lending, memory: FlowMemory, now_ms: int) -> None:
        self._wishes, self._lending, self._memory, self._now_ms = wishes, lending, memory, now_ms
        self._links: dict[LinkKey, Link] = {}
        self._lending_hosts = {line: [host for host, lines in lending.lines.items() if line in lines] for line in Line}
        #: By line how many sources ask a lender; and whom a source asks.
        self._asked_by: dict[Line, dict[ProvinceCode, int]] = {line: {} for line in Line}
        self._partners: dict[tuple[ProvinceCode, Line], list[ProvinceCode]] = {}

    def keep(self) -> None:
        """Keep the links that still have a reason."""
        for key, link in self._memory.links.items():
            kept = self._kept(key, link)
            if kept is not None:
                self._put(key, kept)

    def _kept(self, key: LinkKey, link: Link) -> Link | None:
        line, source, host = key
        wishes = self._wishes.get((source, line), ())
        own_wait_ms = self._lending.lines.get(host, {}).get(line)
        if own_wait_ms is None or all(own_wait_ms >= asked_of_lender(wish, is_open=True)[0] for wish in wishes):
            return None
        if not may_host(source, wishes[0].source.policy, self._lending.hosts[host]):
            return None
        lent_ms = self._now_ms if self._gives(host, wishes) else min(link.lent_ms, self._now_ms)
        return None if self._now_ms - lent_ms > IDLE_MS else Link(opened_ms=link.opened_ms, lent_ms=lent_ms)

    def _gives(self, host: ProvinceCode, wishes: Sequence[Wish]) -> bool:
        """Whether a partner has anything now that is wished for."""
        for wish in wishes:
            lender = self._lending.lenders[wish.kind.kind].get(host)
            if lender is not None:
                below_ms, points = asked_of_lender(wish, is_open=True)
                if lender.own_wait_ms < below_ms and lender.points >= points:
                    return True
        return False

    def _put(self, key: LinkKey, link: Link) -> None:
        line, source, host = key
        self._links[key] = link
        asked_by = self._asked_by[line]
        asked_by[host] = asked_by.get(host, 0) + 1
        self._partners.setdefault((source, line), []).append(host)

    def add(self, source: ProvinceCode, line: Line, wished: Sequence[Wish]) -> None:
        """Open links of a source for a line while it wants more than those connected can give. The kinds take turns."""
        partners = self._partners.get((source, line), ())
        connected_ms = max((self._now_ms - self._links[line, source, host].opened_ms for host in partners), default=0)
        left = partners_max(wished, max(0, connected_ms)) - len(partners)
        waiting = [wish for wish in wished if wish.count > 0]
        if left > 0 and waiting:
            self._open(source, line, waiting, left)

    def _open(self, source: ProvinceCode, line: Line, wished: Sequence[Wish], left: int) -> None:
        """Open at most `left` links."""
        policy = wished[0].source.policy
        may_open = {host: None for host in self._lending_hosts[line] if self._may_open(line, source, policy, host)}
        waiting = [(wish, self._candidates(line, wish, may_open)) for wish in wished]
        while left > 0 and waiting and may_open:
            unsettled: list[tuple[Wish, Iterator[ProvinceCode]]] = []
            for wish, candidates in waiting:
                host = next(candidates, None) if left > 0 and self._is_short(source, line, wish) else None
                if host is None:
                    continue
                self._put((line, source, host), Link(opened_ms=self._now_ms, lent_ms=self._now_ms))
                del may_open[host]
                left -= 1
                unsettled.append((wish, candidates))
            waiting = unsettled

    def _is_short(self, source: ProvinceCode, line: Line, wish: Wish) -> bool:
        """Whether the partners, each shared with whoever else asks it, have less than is wanted."""
        lenders, asked_by, missing = self._lending.lenders[wish.kind.kind], self._asked_by[line], wish.count
        for host in self._partners.get((source, line), ()):
            lender = lenders.get(host)
            if lender is not None:
                # Rounded up: less the negative floor.
                missing += -lender.lendable // asked_by[host]
                if missing <= 0:
                    return False
        return True

    def _candidates(self, line: Line, wish: Wish, may_open: Mapping[ProvinceCode, None]) -> Iterator[ProvinceCode]:
        """Lenders to whom a link may be opened now, the best whom nobody asks first, then by how many ask them. No more are looked at than asked for.

        Args:
            may_open: hosts to which the source has no link and may have one; it shrinks as links are opened.
        """
        asked: list[tuple[int, int, ProvinceCode]] = []
        below_ms, points = asked_of_lender(wish, is_open=False)
        asked_by = self._asked_by[line]
        for number, (host, lender) in enumerate(self._lending.lenders[wish.kind.kind].items()):
            if host not in may_open or lender.own_wait_ms >= below_ms or lender.points < points:
                continue
            others = asked_by.get(host)
            if others is None:
                yield host
            else:
                asked.append((others, number, host))
        asked.sort()
        for _, _, host in asked:
            if host in may_open:
                yield host

    def _may_open(self, line: Line, source: ProvinceCode, policy: SharingPolicy, host: ProvinceCode) -> bool:
        """Whether there is no link, policies allow one, and nothing flows or has just flowed the other way."""
        opposite = (line, host, source)
        if (line, source, host) in self._links or opposite in self._links:
            return False
        if not may_host(source, policy, self._lending.hosts[host]):
            return False
        closed_ms = self._closed_ms(opposite)
        return closed_ms is None or not still_waits(closed_ms + REVERSE_PAUSE_MS, self._now_ms, REVERSE_PAUSE_MS)

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
