"""What a province can give to others without its own customers noticing.

A task goes to people who are free now, never into a shorter queue: with a queue of its own for the kind a province lends nothing. Of the free
people some stay for the work that arises there anyway. What arrives while a task is in hand varies by about the square root of its number
(as of any Poisson stream), so that many stay, or the policy's reserve if that is more; everybody who would be free on an average day may
be needed on this one. Refused: keeping what arrives altogether, as though nobody finished meanwhile; at three quarters of full load no
province could ever have helped another.

Nothing is lent by a line that is closed, that keeps fewer promises of its own today than its policy demands, that is hard pressed itself, or
whose own work waits as long as its release threshold.
"""

from math import isqrt

import msgspec

from actors.core.country import ProvinceStatus
from actors.core.line_summary import LineSummary
from actors.core.sharing.hosts import standing
from actors.core.sharing.pressure import line_summary, lowered
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary

HOUR_MS = 3_600_000


class Lender(msgspec.Struct, frozen=True, kw_only=True):
    """A province that may take tasks of one kind from others."""

    host: ProvinceSummary
    kind: KindSummary
    #: Experience, finish and quality: the same that rank it as a host, but for what a home's model adds.
    points: int
    #: Tasks that free people may take beyond those kept for the province's own work.
    lendable: int
    #: The longest wait of the line's own work.
    own_wait_ms: int


def lender_of(host: ProvinceSummary, kind: KindSummary) -> Lender | None:
    """The province as a lender for a kind; None: it must not lend, or has nobody for it."""
    line = line_summary(host, kind)
    if not kind.eligible or host.status is not ProvinceStatus.ACTIVE or not is_lending(host, line):
        return None
    own_ms = own_wait_ms(host, line)
    if own_ms > 0 and own_ms >= lowered(host.policy.release_wait_ms, kind):
        return None
    return Lender(
        host=host,
        kind=kind,
        points=standing(host.province, kind).points,
        lendable=lendable(host, kind, line),
        own_wait_ms=own_ms,
    )


def is_lending(host: ProvinceSummary, line: LineSummary) -> bool:
    """Whether the line is open and keeps its own promises as its policy demands. What is unknown does not count against it."""
    floor = host.policy.on_time_floor_permille
    return line.is_open and line.opens_in_ms <= 0 and not 0 <= line.on_time_permille < floor


def own_wait_ms(host: ProvinceSummary, line: LineSummary) -> int:
    """The longest wait of the line's kinds that wait and that somebody there can do; what nobody there can do takes no time of theirs."""
    waits = (
        kind.expected_wait_ms
        for kind in host.kinds
        if kind.line is line.line and kind.waiting and kind.expected_wait_ms < WAIT_UNBOUNDED_MS
    )
    return max(waits, default=0)


def lendable(host: ProvinceSummary, kind: KindSummary, line: LineSummary) -> int:
    """Tasks of the kind that free people can take at once beyond what is kept for the province's own work."""
    if kind.waiting:
        return 0
    return max(0, kind.free_capacity - max(host.policy.reserve_operators, kept_for_arrivals(kind, line)))


def kept_for_arrivals(kind: KindSummary, line: LineSummary) -> int:
    """People kept for more than the usual number of arrivals: the root of what arrives for them while a task is in hand, rounded up."""
    part_of, people = (kind.eligible, line.signed_in) if line.signed_in > kind.eligible else (1, 1)
    arrivals = line.arrivals_per_hour * kind.handle_ms * part_of // (HOUR_MS * people)
    return isqrt(arrivals - 1) + 1 if arrivals > 0 else 0


def room_left(host: ProvinceSummary) -> int:
    """Tasks of others that the province's quotas still let in."""
    left = host.policy.share_in_quota - host.shared_in
    if host.policy.share_in_daily_quota:
        left = min(left, host.policy.share_in_daily_quota - host.shared_in_today)
    return max(0, left)
