"""Where a task would best be done: provinces ranked as hosts.

A host is ranked for a kind by integer points that add up (so that the reason can be shown):

* experience: what its best free people have done of the kind, by fixed breakpoints;
* finish: expected wait plus handle time there, what we have already sent included;
* quality: QA pass ratio of those people;
* model: what the home's matching model makes of the host's load, people and quality, and of how work went there before (`matching.hosting`).
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.ids import KindId, OperatorId, ProvinceCode
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary


class HostCandidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A province as a possible host of one task, with the points that rank it."""

    province: ProvinceCode
    points: int
    experience_points: int
    finish_points: int
    quality_points: int
    experience: int
    eligible: int
    expected_finish_ms: int
    best_operator: OperatorId = OperatorId("")
    #: What the home's matching model makes of the host and of the link to it.
    model_points: int = 0


#: Experience (tasks done) to points, piecewise linear; the last value holds beyond.
EXPERIENCE_BREAKPOINTS: tuple[tuple[int, int], ...] = ((0, 0), (10, 100), (50, 250), (200, 400), (1000, 600))
#: Expected minutes to finish, as multiples of the kind's own handle time, to points.
FINISH_BREAKPOINTS: tuple[tuple[int, int], ...] = ((1, 400), (3, 250), (8, 100), (30, 0))
#: QA pass ratio, permille, to points; without samples the middle is taken.
QUALITY_BREAKPOINTS: tuple[tuple[int, int], ...] = ((900, 0), (960, 100), (1000, 200))
QUALITY_POINTS_UNKNOWN = 100


def points_at(breakpoints: Sequence[tuple[int, int]], value: int) -> int:
    """Piecewise-linear points in integers; constant beyond both ends."""
    previous_x, previous_y = breakpoints[0]
    if value <= previous_x:
        return previous_y
    for x, y in breakpoints[1:]:
        if value <= x:
            return previous_y + (y - previous_y) * (value - previous_x) // (x - previous_x)
        previous_x, previous_y = x, y
    return previous_y


def may_host(source: ProvinceCode, policy: SharingPolicy, host: ProvinceSummary) -> bool:
    """Whether the policies of both sides and the host's status allow tasks of `source` at `host`, and its quotas let one more in."""
    return is_allowed_host(source, policy, host) and has_room(host)


def is_allowed_host(source: ProvinceCode, policy: SharingPolicy, host: ProvinceSummary) -> bool:
    """Whether a host may take tasks of `source` as long as its quotas let any in."""
    if host.province == source or not host.may_share:
        return False
    if host.province in policy.blocked_hosts or (policy.allowed_hosts and host.province not in policy.allowed_hosts):
        return False
    return host.policy.share_out_mode is not ShareOutMode.EVACUATE


def has_room(host: ProvinceSummary) -> bool:
    """Whether a host's quotas let one more task of others in."""
    daily = host.policy.share_in_daily_quota
    return host.shared_in < host.policy.share_in_quota and not 0 < daily <= host.shared_in_today


def rank_hosts(
    kind: KindId,
    source: ProvinceCode,
    policy: SharingPolicy,
    hosts: Sequence[tuple[ProvinceSummary, KindSummary]],
    pledged: Mapping[tuple[ProvinceCode, KindId], int],
    excluded: Iterable[ProvinceCode] = (),
    model_points: Mapping[ProvinceCode, int] | None = None,
) -> list[HostCandidate]:
    """Possible hosts of one task of `kind`, best first.

    Args:
        hosts: who has eligible people on duty for `kind`, from `hosts_by_kind`.
        pledged: tasks already sent to (host, kind) since the picture was taken; they lengthen the wait there.
        excluded: hosts that have refused this very task.
        model_points: of each host, from `matching.hosting`.

    Returns:
        Candidates by falling points, ties by code. Empty when nobody on duty anywhere may do it.
    """
    refused = frozenset(excluded)
    candidates: list[HostCandidate] = []
    for summary, offered in hosts:
        if summary.province not in refused and may_host(source, policy, summary):
            already = pledged.get((summary.province, kind), 0)
            extra = model_points.get(summary.province, 0) if model_points else 0
            candidates.append(candidate_of(summary.province, offered, already, extra))
    candidates.sort(key=lambda candidate: (-candidate.points, candidate.province))
    return candidates


def points_of(offered: KindSummary, wait_ms: int) -> tuple[int, int, int]:
    """Points of a province for a kind by its people's experience, by when they would finish after such a wait, and by their quality."""
    handle_ms = max(1, offered.handle_ms)
    return (
        points_at(EXPERIENCE_BREAKPOINTS, offered.experience),
        points_at(FINISH_BREAKPOINTS, (wait_ms + handle_ms) // handle_ms),
        QUALITY_POINTS_UNKNOWN
        if offered.quality_permille < 0
        else points_at(QUALITY_BREAKPOINTS, offered.quality_permille),
    )


def worth(kind: KindSummary) -> int:
    """What a province is worth for a kind, its own home included: before anything was sent, without a home's model."""
    return sum(points_of(kind, kind.expected_wait_ms))


def candidate_of(province: ProvinceCode, offered: KindSummary, already: int, model_points: int) -> HostCandidate:
    """A host with its points.

    Args:
        already: tasks of the kind that were sent there since the picture was taken.
    """
    handle_ms = max(1, offered.handle_ms)
    beyond_free = max(0, already + 1 - offered.free_capacity)
    wait_ms = offered.expected_wait_ms + beyond_free * handle_ms // max(1, offered.eligible)
    experience_points, finish_points, quality_points = points_of(offered, wait_ms)
    return HostCandidate(
        province=province,
        points=experience_points + finish_points + quality_points + model_points,
        experience_points=experience_points,
        finish_points=finish_points,
        quality_points=quality_points,
        experience=offered.experience,
        eligible=offered.eligible,
        expected_finish_ms=wait_ms + handle_ms,
        best_operator=offered.best_operator,
        model_points=model_points,
    )


def hosts_by_kind(picture: NationalPicture) -> dict[KindId, list[tuple[ProvinceSummary, KindSummary]]]:
    """Provinces that may share and have eligible people on duty, per kind, the most experienced first."""
    by_kind: dict[KindId, list[tuple[ProvinceSummary, KindSummary]]] = {}
    for province in picture.provinces:
        if not province.may_share:
            continue
        for summary in province.kinds:
            if summary.eligible:
                by_kind.setdefault(summary.kind, []).append((province, summary))
    for hosts in by_kind.values():
        hosts.sort(key=lambda pair: (-pair[1].experience, pair[0].province))
    return by_kind
