"""Who is hard pressed, for which kinds of work, and how much of it should leave.

A kind is shared from its activation threshold up until its wait has fallen below the release threshold: with one threshold, sharing would
flutter with every picture. Both are the policy's, lowered by what the matching model says of the home (`pressure_permille`).

What should leave is what brings the wait down to the release threshold. All kinds of a line wait for the same people, so each gives up the
same part, (wait - release) / wait; what nobody here can do leaves altogether. The policy's ratio bounds it twice: no kind gives up more of
what waits, and no more of the branch's open work is elsewhere at any time. Refused: the ratio of what waits, again with every picture; half of
a half of a half is everything within seconds.

A province may want more than it can move, as a summary does not say which tasks must stay at home: it is divided fairly, and what it does
not take is free again in the next picture.
"""

from collections.abc import Iterator

import msgspec

from actors.core.country import ShareOutMode
from actors.core.ids import KindId, ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.sharing.hosts import worth
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary

#: Modes in which work leaves by the coordinator's plan.
PLANNED_MODES = (ShareOutMode.OVERFLOW, ShareOutMode.BEST_MATCH)

Sharing = frozenset[tuple[ProvinceCode, KindId]]


class Wish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tasks of one kind that a province should give away."""

    source: ProvinceSummary
    kind: KindSummary
    line: LineSummary
    #: How long a task that joins the queue now waits, a closed branch's night included.
    wait_ms: int
    #: The thresholds in force.
    activation_ms: int
    release_ms: int
    count: int
    #: The province is not hard pressed: only a host worth more points than these will do.
    own_points: int | None = None


def line_summary(province: ProvinceSummary, kind: KindSummary) -> LineSummary:
    """What the province says of the kind's line; nothing is known of one that it leaves out."""
    for line in province.lines:
        if line.line is kind.line:
            return line
    return LineSummary(line=kind.line)


def wait_ms(kind: KindSummary, line: LineSummary) -> int:
    """Until a task that joins the queue now is taken up. A line that is closed waits for its morning, whoever is still there."""
    if line.is_open:
        return kind.expected_wait_ms
    return (
        line.opens_in_ms if kind.expected_wait_ms >= WAIT_UNBOUNDED_MS else max(kind.expected_wait_ms, line.opens_in_ms)
    )


def lowered(threshold_ms: int, kind: KindSummary) -> int:
    """A threshold of the policy as it stands for a home that is hard pressed."""
    return threshold_ms * (1_000 - kind.pressure_permille) // 1_000


def wishes_of(source: ProvinceSummary, sharing: Sharing) -> Iterator[Wish]:
    """What a province should share of its kinds because they wait too long.

    Args:
        sharing: the (province, kind) that were shared at the last look; they are until their wait is below the release threshold.
    """
    if not _shares(source):
        return
    left, told = elsewhere_max(source), {line.line: line for line in source.lines}
    policy, province = source.policy, source.province
    for kind in source.kinds:
        if not kind.waiting or (policy.kinds and kind.kind not in policy.kinds):
            continue
        line = told.get(kind.line) or LineSummary(line=kind.line)
        waits_ms = kind.expected_wait_ms if line.is_open else wait_ms(kind, line)
        is_shared = (province, kind.kind) in sharing
        if waits_ms <= lowered(policy.release_wait_ms if is_shared else policy.activation_wait_ms, kind):
            continue
        release_ms = lowered(policy.release_wait_ms, kind)
        count = min(_excess(kind.waiting, waits_ms, release_ms), _by_ratio(source, kind), left)
        left -= max(0, count)
        yield Wish(
            source=source,
            kind=kind,
            line=line,
            wait_ms=waits_ms,
            activation_ms=lowered(policy.activation_wait_ms, kind),
            release_ms=release_ms,
            count=max(0, count),
        )


def better_wishes_of(source: ProvinceSummary, pressed: Sharing) -> Iterator[Wish]:
    """What a province whose policy is BEST_MATCH would rather see in better hands, though it does not wait too long."""
    if source.policy.share_out_mode is not ShareOutMode.BEST_MATCH or not _shares(source):
        return
    left, told = elsewhere_max(source), {line.line: line for line in source.lines}
    for kind in source.kinds:
        if not kind.waiting or (source.policy.kinds and kind.kind not in source.policy.kinds):
            continue
        if (source.province, kind.kind) in pressed:
            continue
        line = told.get(kind.line) or LineSummary(line=kind.line)
        count = max(0, min(_by_ratio(source, kind), left))
        left -= count
        yield Wish(
            source=source,
            kind=kind,
            line=line,
            wait_ms=wait_ms(kind, line),
            activation_ms=lowered(source.policy.activation_wait_ms, kind),
            release_ms=lowered(source.policy.release_wait_ms, kind),
            count=count,
            own_points=worth(kind),
        )


def _shares(source: ProvinceSummary) -> bool:
    return source.may_share and source.policy.share_out_mode in PLANNED_MODES


def _excess(waiting: int, waits_ms: int, release_ms: int) -> int:
    """Of what waits, how many must leave for the wait to fall to the release threshold; at least one."""
    if waits_ms >= WAIT_UNBOUNDED_MS:
        return waiting
    return max(1, -(-waiting * (waits_ms - release_ms) // max(1, waits_ms)))


def _by_ratio(source: ProvinceSummary, kind: KindSummary) -> int:
    return kind.waiting * source.policy.share_out_ratio_permille // 1_000


def elsewhere_max(source: ProvinceSummary) -> int:
    """Tasks that may still leave before the policy's part of the branch's work, waiting or elsewhere, is elsewhere or on its way there."""
    waiting, gone = sum(kind.waiting for kind in source.kinds), source.shared_out + source.leaving
    allowed = (waiting + gone) * source.policy.share_out_ratio_permille // 1_000
    return max(0, allowed - gone)
