"""What a province can give to others without its own customers noticing.

A task goes to people who are free now, never into a shorter queue: with a queue of its own for the kind a province lends nothing. Of the free
people some stay for the work that arises there anyway. What arrives while a task is in hand varies by about the square root of its number
(as of any Poisson stream), so that many stay, or the policy's reserve if that is more; everybody who would be free on an average day may
be needed on this one. Refused: keeping what arrives altogether, as though nobody finished meanwhile; at three quarters of full load no
province could ever have helped another.

Nothing is lent by a line that is closed, that keeps fewer promises of its own today than its policy demands, or whose own work waits as long as
its release threshold, which is lower where its home is hard pressed.
"""

from collections.abc import Collection, Container, Iterator, Mapping
from math import isqrt

import msgspec

from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.sharing.hosts import worth
from actors.core.sharing.pressure import lowered
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, NationalPicture, ProvinceSummary

HOUR_MS = 3_600_000


class Lender(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A province that can take tasks of one kind from others now."""

    host: ProvinceSummary
    kind: KindSummary
    #: Experience, finish and quality: the same that rank it as a host, but for what a home's model adds.
    points: int
    #: Tasks that free people may take beyond those kept for the province's own work; at least 1.
    lendable: int
    #: The longest wait of the line's own work.
    own_wait_ms: int


class Lending(msgspec.Struct, frozen=True, kw_only=True):
    """What the country has to give."""

    hosts: Mapping[ProvinceCode, ProvinceSummary]
    #: By province the lines of which it may lend, with the longest wait of their own work, ms.
    lines: Mapping[ProvinceCode, Mapping[Line, int]]
    #: By kind who has something to give of it now: most points first, then most to give, then by code.
    lenders: Mapping[KindId, Mapping[ProvinceCode, Lender]]


def lending_of(picture: NationalPicture, kinds: Collection[KindId]) -> Lending:
    """What everybody can give of these kinds."""
    lines = {host.province: lending_lines(host) for host in picture.provinces}
    found: dict[KindId, list[Lender]] = {kind: [] for kind in kinds}
    for host in picture.provinces:
        for lender in lenders_of(host, lines[host.province], found):
            found[lender.kind.kind].append(lender)
    for of_kind in found.values():
        of_kind.sort(key=lambda lender: (-lender.points, -lender.lendable, lender.host.province))
    return Lending(
        hosts={host.province: host for host in picture.provinces},
        lines=lines,
        lenders={kind: {lender.host.province: lender for lender in of_kind} for kind, of_kind in found.items()},
    )


def lending_lines(host: ProvinceSummary) -> dict[Line, int]:
    """Lines of which a province may lend, with the longest wait of their own work, ms.

    The wait counts what waits and somebody there can do; what nobody there can do takes no time of theirs.
    """
    if not host.may_share:
        return {}
    waits_ms: dict[Line, int] = {}
    busy: dict[Line, None] = {}
    for kind in host.kinds:
        kind_ms = kind.expected_wait_ms if kind.waiting and kind.expected_wait_ms < WAIT_UNBOUNDED_MS else 0
        if kind_ms > waits_ms.setdefault(kind.line, 0):
            waits_ms[kind.line] = kind_ms
        if 0 < kind_ms >= lowered(host.policy.release_wait_ms, kind):
            busy[kind.line] = None
    told = {line.line: line for line in host.lines}
    return {
        line: wait_ms
        for line, wait_ms in waits_ms.items()
        if line not in busy and (line not in told or keeps_promises(host, told[line]))
    }


def keeps_promises(host: ProvinceSummary, line: LineSummary) -> bool:
    """Whether the line is open and decides its own tasks in time as its policy demands. What is unknown does not count against it."""
    floor = host.policy.on_time_floor_permille
    return line.is_open and line.opens_in_ms <= 0 and not 0 <= line.on_time_permille < floor


def lenders_of(host: ProvinceSummary, lines: Mapping[Line, int], kinds: Container[KindId]) -> Iterator[Lender]:
    """The province as a lender of each of these kinds that it has something to give of.

    Args:
        lines: of which it may lend, from `lending_lines`.
    """
    told = {line.line: line for line in host.lines}
    for kind in host.kinds:
        if kind.waiting or not kind.free_capacity or kind.line not in lines or kind.kind not in kinds:
            continue
        free = lendable(host, kind, told.get(kind.line) or LineSummary(line=kind.line))
        if free > 0:
            yield Lender(host=host, kind=kind, points=worth(kind), lendable=free, own_wait_ms=lines[kind.line])


def lendable(host: ProvinceSummary, kind: KindSummary, line: LineSummary) -> int:
    """Tasks of the kind that free people can take at once beyond what is kept for the province's own work."""
    if kind.waiting or not kind.eligible:
        return 0
    return max(0, kind.free_capacity - max(host.policy.reserve_operators, kept_for_arrivals(kind, line)))


def kept_for_arrivals(kind: KindSummary, line: LineSummary) -> int:
    """People kept for more than the usual number of arrivals: the root of what arrives for them while a task is in hand, rounded up."""
    part_of, people = (kind.eligible, line.signed_in) if line.signed_in > kind.eligible else (1, 1)
    arrivals = line.arrivals_per_hour * kind.handle_ms * part_of // (HOUR_MS * people)
    return kept_for(arrivals)


def kept_for(arrivals: int) -> int:
    """People kept where so many tasks arrive while one is in hand."""
    return isqrt(arrivals - 1) + 1 if arrivals > 0 else 0


def room_left(host: ProvinceSummary) -> int:
    """Tasks of others that the province's quotas still let in."""
    left = host.policy.share_in_quota - host.shared_in
    if host.policy.share_in_daily_quota:
        left = min(left, host.policy.share_in_daily_quota - host.shared_in_today)
    return max(0, left)
