"""Settings of the country: lines of business, task kinds, provinces, sharing policies, time limits.

All of it is configuration that arrives through events; nothing here is a constant of the code except defaults.
"""

from enum import StrEnum

import msgspec

from actors.core.ids import KindId, ProvinceCode, SiteId


class Line(StrEnum):
    """Line of business."""

    SERVICING = "servicing"
    UNDERWRITING = "underwriting"
    CLAIMS = "claims"


class Skill(msgspec.Struct, frozen=True, array_like=True):
    """A skill with the level held or required."""

    skill: str
    #: 1 (basic) to 5 (expert).
    level: int


class TaskKind(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A kind of work and its standard."""

    kind: KindId
    line: Line
    display_name: str = ""
    display_name_zh: str = ""
    #: Work content credited for one task, minutes; 60 of them make ten work units.
    standard_minutes: int = 15
    #: The same for complexity 1 to 5, minutes; empty: `standard_minutes` whatever the complexity.
    standard_minutes_by_complexity: tuple[int, ...] = ()
    #: Service promise from acceptance by the branch to decision, minutes.
    sla_minutes: int = 480
    #: Approval authority that a task of this kind needs at least, 0..9.
    required_authority: int = 0
    required_skills: tuple[Skill, ...] = ()
    #: Price that the home province pays the host for one decided task, fen.
    tariff_fen: int = 0
    operating_standard: str = ""
    operating_standard_revision: int = 1
    #: What one late task costs the branch, points.
    breach_points: int = 0

    def minutes_for(self, complexity: int) -> int:
        """Work content of a task of this complexity (1..5; 0: unknown), minutes."""
        known = 1 <= complexity <= len(self.standard_minutes_by_complexity)
        return self.standard_minutes_by_complexity[complexity - 1] if known else self.standard_minutes


class ProvinceStatus(StrEnum):
    """What a province can do at the moment (DEGRADED is seen from outside only: the actor does not answer)."""

    ACTIVE = "active"
    DRAINING = "draining"
    SUSPENDED = "suspended"
    UNREACHABLE = "unreachable"


class ShareOutMode(StrEnum):
    """When a province's tasks may leave it."""

    CLOSED = "closed"
    OVERFLOW = "overflow"
    BEST_MATCH = "best_match"
    EVACUATE = "evacuate"


class Recall(StrEnum):
    """What comes home when an outage or an evacuation ends."""

    #: Work stays where it is being done.
    NEVER = "never"
    #: Work that nobody there has begun comes back.
    UNBEGUN = "unbegun"


class SharingPolicy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a province gives work away and takes work in. Revisioned: every change is an event."""

    revision: int = 1
    share_out_mode: ShareOutMode = ShareOutMode.OVERFLOW
    #: Share of the eligible waiting tasks that may leave, permille.
    share_out_ratio_permille: int = 1000
    #: Sharing starts when the expected wait exceeds this ...
    activation_wait_ms: int = 15 * 60_000
    #: ... and stops when it falls below this.
    release_wait_ms: int = 5 * 60_000
    #: Provinces that may host; empty: all.
    allowed_hosts: tuple[ProvinceCode, ...] = ()
    blocked_hosts: tuple[ProvinceCode, ...] = ()
    #: Kinds that may leave; empty: all.
    kinds: tuple[KindId, ...] = ()
    #: Tasks above this amount stay; 0: no limit. Fen.
    amount_max_fen: int = 0
    #: Tasks of others that may be open here at once; 0: none.
    share_in_quota: int = 100_000
    #: Operators kept for the province's own work.
    reserve_operators: int = 0
    #: The revision is in force from this instant until that one, Unix ms; 0: open. Outside them the last one without such limits is.
    effective_from_ms: int = 0
    effective_until_ms: int = 0
    #: As lender: nothing is taken in for a line while its own on-time ratio of today is below, permille; 0: off.
    on_time_floor_permille: int = 0
    #: Tasks of others taken in on one day; 0: no limit.
    share_in_daily_quota: int = 0
    #: What hosts are asked to give back when an outage or an evacuation of this province ends.
    recall: Recall = Recall.NEVER
    #: EVACUATE needs a second person's approval.
    needs_two_people: bool = False
    #: BEST_MATCH: a host must be worth so many points more than staying, 0..10,000; 0: any more.
    best_match_gain_points: int = 0
    #: Last change: when (Unix ms) and by whom.
    updated_ms: int = 0
    updated_by: str = ""


class ProvinceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A branch as the roster file describes it."""

    province: ProvinceCode
    display_name: str
    display_name_zh: str
    sites: tuple[SiteId, ...] = ()


class TimeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Durations of the protocol, milliseconds. Chosen so that a dead site is seen in 4 s and false alarms need a 3 s hiccup."""

    #: An offer that nobody answers goes back to the queue.
    offer_duration_ms: int = 30_000
    #: A desk that is silent for this long loses its offers and assignments.
    lease_duration_ms: int = 10_000
    #: A desk not heard for this long gets no new work.
    heartbeat_fresh_ms: int = 2_500
    #: Desks of a site that are silent for this long together are an outage.
    site_silence_ms: int = 3_000
    #: Share of the site's desks that must be silent, permille.
    site_silence_permille: int = 800
    #: A site with fewer signed-in desks is never called out.
    site_desks_min: int = 3
    #: A returned site must be heard for this long before work stays there again.
    site_return_ms: int = 3_000
    #: A gap between two ticks above this is our own stall; nobody's silence counts in it.
    observer_stall_ms: int = 1_000
    #: A gateway that reports nothing for this long, not even that it heard nobody, stands still.
    gateway_silence_ms: int = 1_500
    #: Desks whose gateway was lost have this long to come back through another.
    path_grace_ms: int = 15_000
    #: How long a declined task is not offered to the same operator again.
    decline_memory_ms: int = 300_000
    #: First repeat of an unanswered message between provinces; doubles up to the bound below.
    resend_after_ms: int = 500
    resend_after_max_ms: int = 5_000
    #: After all provinces refused a task, it stays at least this long before the next try, and longer after many (`moves.pause_ms`).
    move_retry_ms: int = 1_000


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits; reaching one is a handled outcome, never a crash."""

    #: Open tasks of one province.
    open_tasks_max: int = 2_000_000
    #: Moves of a province that may be under way at once; those to hosts that do not answer are not counted.
    moves_in_transit_max: int = 2_000
    #: Moves begun after one batch of commands. They are decided before the batch is written: with 250, the event of an outage was half a
    #: second old when it was on disk.
    moves_per_batch_max: int = 100
    #: Tasks deeper in a bucket that a match looks at when the head suits nobody.
    bucket_scan_max: int = 16
    #: Moves of one task by overflow; evacuation is exempt.
    moves_per_task_max: int = 2
    #: The same, for a task that overflow has brought here: it stays, whatever the waits.
    moves_of_shared_max: int = 1
    #: Operators of one province.
    operators_max: int = 50_000
