"""Sharing between provinces: what each province says of itself, where a task would best be done, how much should flow.

Theory of operation
-------------------
Twice a second every province publishes a `ProvinceSummary`; the coordinator gathers them into a `NationalPicture` and advises flows.
Nobody has to wait for the coordinator: a province whose desks fall silent ranks hosts by the last picture it was given.

A host is ranked for a kind by integer points that add up (so that the reason can be shown):

* experience: what its best free people have done of the kind, by fixed breakpoints;
* finish: expected wait plus handle time there, what we have already sent included;
* quality: QA pass ratio of those people;
* model: what the home's matching model makes of the host's load, people and quality, and of how work went there before (`matching.hosting`).

The first sharing rule moves by expected wait: sharing of a kind starts above the activation threshold, ends below the release
threshold (hysteresis; a hard-pressed home's thresholds are lower, by at most half), goes only to provinces whose own wait is below their release threshold, and never both ways at once.
Cost: provinces^2 x kinds, independent of the number of tasks.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import KindId, OperatorId, ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.move_reasons import Cause, written

#: Stands for "nobody here can do it": longer than any real wait. Milliseconds (ten days).
WAIT_UNBOUNDED_MS = 10 * 24 * 3_600_000
#: Tasks of one kind that one advice may move from one province to one host.
FLOW_TASKS_MAX = 500


class KindSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind in one province."""

    kind: KindId
    waiting: int = 0
    #: Operators on duty, heard lately, who may do the kind for other provinces.
    eligible: int = 0
    #: Tasks these people could take at once.
    free_capacity: int = 0
    #: Time until a task that joins the queue now is taken up.
    expected_wait_ms: int = WAIT_UNBOUNDED_MS
    #: Mean handle time here (shrunk to the kind's standard).
    handle_ms: int = 0
    #: Mean number of such tasks done by the three most experienced of them.
    experience: int = 0
    #: The most experienced of them.
    best_operator: OperatorId = OperatorId("")
    #: QA pass ratio, permille; -1: no samples.
    quality_permille: int = -1
    #: How hard pressed the home is in the kind's line, by its matching model: sharing starts at an expected wait so much shorter.
    pressure_permille: int = 0


class ProvinceSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A province in a few kilobytes, as of `time_ms` (wall clock)."""

    province: ProvinceCode
    time_ms: int
    status: ProvinceStatus
    policy: SharingPolicy
    epoch: int = 0
    sequence: int = 0
    kinds_revision: int = 0
    model_revision: int = 0
    kinds: tuple[KindSummary, ...] = ()
    lines: tuple[LineSummary, ...] = ()
    #: Capacity of the people on duty, and what of it is in use.
    capacity: int = 0
    in_use: int = 0
    #: Home -> pass ratio of its tasks here less the line's own, permille; homes without reviews are left out.
    shared_quality_gaps: dict[ProvinceCode, int] = {}
    #: Open tasks by state and waiting tasks by line.
    open_by_state: dict[str, int] = {}
    waiting_by_line: dict[str, int] = {}
    operators: int = 0
    signed_in: int = 0
    available: int = 0
    shared_in: int = 0
    #: Tasks of this home that are open elsewhere.
    shared_out: int = 0
    oldest_waiting_ms: int = 0
    #: Time for which the oldest task in transit from here is held by nobody, and who should take it; 0: none is in transit.
    oldest_transit_ms: int = 0
    oldest_transit_host: str = ""
    created_count: int = 0
    decided_count: int = 0
    decided_shared_count: int = 0


class NationalPicture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All provinces that answered lately, in code order."""

    #: Incarnation of the coordinator that took it, and its count of pictures: together they say which of two is newer. Its clock does not.
    epoch: int = 0
    revision: int = 0
    time_ms: int = 0
    provinces: tuple[ProvinceSummary, ...] = ()


class EncodedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as it travels: the same bytes to every province, and most are replaced before anybody looks into them.

    Encoded for each province and decoded by each, 72 pictures a second took a twentieth of the CPU of a country of 36.
    """

    #: As in the picture.
    epoch: int
    revision: int
    body: bytes

    def decoded(self) -> NationalPicture:
        """What `encode_picture` was given.

        Raises:
            msgspec.DecodeError: the body is something else.
        """
        return _picture.decode(self.body)


_picture = msgspec.msgpack.Decoder(NationalPicture)


def encode_picture(picture: NationalPicture) -> EncodedPicture:
    """Make a picture ready to be sent to everybody."""
    return EncodedPicture(epoch=picture.epoch, revision=picture.revision, body=msgspec.msgpack.encode(picture))


class MoveFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Advice: send up to `count` tasks of `kind` to `host`."""

    source: ProvinceCode
    host: ProvinceCode
    kind: KindId
    count: int
    reason: str


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
    """Whether the policies of both sides and the host's status allow tasks of `source` at `host`."""
    if host.province == source or host.status is not ProvinceStatus.ACTIVE:
        return False
    if host.province in policy.blocked_hosts or (policy.allowed_hosts and host.province not in policy.allowed_hosts):
        return False
    return host.policy.share_out_mode is not ShareOutMode.EVACUATE and host.shared_in < host.policy.share_in_quota


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
            candidates.append(_candidate(summary.province, offered, already, extra))
    candidates.sort(key=lambda candidate: (-candidate.points, candidate.province))
    return candidates


def _candidate(province: ProvinceCode, offered: KindSummary, already: int, model_points: int) -> HostCandidate:
    handle_ms = max(1, offered.handle_ms)
    beyond_free = max(0, already + 1 - offered.free_capacity)
    wait_ms = offered.expected_wait_ms + beyond_free * handle_ms // max(1, offered.eligible)
    finish_ms = wait_ms + handle_ms
    experience_points = points_at(EXPERIENCE_BREAKPOINTS, offered.experience)
    finish_points = points_at(FINISH_BREAKPOINTS, finish_ms // handle_ms)
    quality_points = (
        QUALITY_POINTS_UNKNOWN
        if offered.quality_permille < 0
        else points_at(QUALITY_BREAKPOINTS, offered.quality_permille)
    )
    return HostCandidate(
        province=province,
        points=experience_points + finish_points + quality_points + model_points,
        experience_points=experience_points,
        finish_points=finish_points,
        quality_points=quality_points,
        experience=offered.experience,
        eligible=offered.eligible,
        expected_finish_ms=finish_ms,
        best_operator=offered.best_operator,
        model_points=model_points,
    )


class FlowMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What the coordinator must remember between two plans: which (source, kind) are sharing at the moment."""

    sharing: frozenset[tuple[ProvinceCode, KindId]] = frozenset()


def plan_flows(picture: NationalPicture, memory: FlowMemory) -> tuple[list[MoveFlow], FlowMemory]:
    """Advise flows for the whole country by expected wait.

    A source shares a kind from its activation threshold up until the wait has fallen below its release threshold. Hosts are
    provinces that share nothing of that kind themselves and have free people now; each is given at most its free capacity, so
    that the lender's own next task finds no longer a queue than before.

    Returns:
        The flows in province and kind order, and the memory for the next plan.
    """
    by_kind = hosts_by_kind(picture)
    sharing = frozenset(_sharing_now(picture, memory))
    flows: list[MoveFlow] = []
    lent: dict[ProvinceCode, int] = {}
    for source in picture.provinces:
        for waiting in source.kinds:
            if (source.province, waiting.kind) not in sharing:
                continue
            wanted = min(waiting.waiting * source.policy.share_out_ratio_permille // 1000, FLOW_TASKS_MAX)
            for host, offered in by_kind.get(waiting.kind, ()):
                if wanted <= 0:
                    break
                if (host.province, waiting.kind) in sharing or not may_host(source.province, source.policy, host):
                    continue
                free = _lendable(host, offered) - lent.get(host.province, 0)
                count = min(wanted, free)
                if count <= 0:
                    continue
                lent[host.province] = lent.get(host.province, 0) + count
                wanted -= count
                flows.append(
                    MoveFlow(
                        source=source.province,
                        host=host.province,
                        kind=waiting.kind,
                        count=count,
                        reason=written(
                            Cause.ADVISED,
                            wait_ms=waiting.expected_wait_ms,
                            release_ms=source.policy.release_wait_ms,
                            host=host.province,
                            free=offered.free_capacity,
                            experience=offered.experience,
                        ),
                    )
                )
    return flows, FlowMemory(sharing=sharing)


def _lendable(host: ProvinceSummary, offered: KindSummary) -> int:
    """Tasks of a kind that a host can start at once without touching its reserve or its own waiting work."""
    if offered.waiting > 0:
        return 0
    return max(0, offered.free_capacity - host.policy.reserve_operators)


def hosts_by_kind(picture: NationalPicture) -> dict[KindId, list[tuple[ProvinceSummary, KindSummary]]]:
    """Active provinces with eligible people on duty, per kind, the most experienced first."""
    by_kind: dict[KindId, list[tuple[ProvinceSummary, KindSummary]]] = {}
    for province in picture.provinces:
        if province.status is not ProvinceStatus.ACTIVE:
            continue
        for summary in province.kinds:
            if summary.eligible:
                by_kind.setdefault(summary.kind, []).append((province, summary))
    for hosts in by_kind.values():
        hosts.sort(key=lambda pair: (-pair[1].experience, pair[0].province))
    return by_kind


def _sharing_now(picture: NationalPicture, memory: FlowMemory) -> Iterable[tuple[ProvinceCode, KindId]]:
    for source in picture.provinces:
        mode = source.policy.share_out_mode
        if mode not in (ShareOutMode.OVERFLOW, ShareOutMode.BEST_MATCH) or source.status is ProvinceStatus.SUSPENDED:
            continue
        for waiting in source.kinds:
            if not waiting.waiting or (source.policy.kinds and waiting.kind not in source.policy.kinds):
                continue
            already = (source.province, waiting.kind) in memory.sharing
            threshold = source.policy.release_wait_ms if already else source.policy.activation_wait_ms
            if waiting.expected_wait_ms > threshold * (1_000 - waiting.pressure_permille) // 1_000:
                yield source.province, waiting.kind
