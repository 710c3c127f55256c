"""Operators: the people who decide, as the roster and their finished work describe them."""

from enum import StrEnum

import msgspec

from actors.core.country import Line, Skill
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId


class PresenceState(StrEnum):
    """What an operator said of themselves. Whether the desk is alive is another question (`presence`)."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    BREAK = "break"
    DRAINING = "draining"


class KindExperience(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What an operator has done of one kind."""

    #: Tasks decided, the roster's history included.
    done_count: int = 0
    #: Of those, how many were decided here: the rest is the roster's history, which the statistics know nothing of.
    measured_count: int = 0
    #: QA pass ratio of the kind, permille; -1: no samples.
    quality_permille: int = -1


class Certificate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A licence to work on a line of business; valid until `expires_ms` (Unix ms)."""

    line: Line
    expires_ms: int


class Shift(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A working day: minutes of the day in Asia/Shanghai, 0..1439. An end before the start lies after midnight."""

    start_minute: int
    end_minute: int
    #: The same minute twice: no break.
    break_start_minute: int = 0
    break_end_minute: int = 0


class Operator(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One person of a province's pool."""

    operator: OperatorId
    province: ProvinceCode
    site: SiteId
    display_name: str = ""
    team: str = ""
    #: Kinds the operator may do, with what is known of their experience.
    kinds: dict[KindId, KindExperience] = {}
    #: Approval authority held per line, 0..9.
    authority: dict[Line, int] = {}
    skills: tuple[Skill, ...] = ()
    #: Provinces on whose local rules the operator is certified besides their own.
    local_rule_provinces: tuple[ProvinceCode, ...] = ()
    #: Highest privacy level the operator may see, 1..4.
    clearance: int = 4
    languages: tuple[str, ...] = ()
    #: Tasks at once, offers included, 1..64.
    capacity: int = 1
    #: May take other provinces' tasks.
    share_opt_in: bool = True
    #: Takes work without an offer: matched tasks are assigned at once.
    auto_accept: bool = False
    probation: bool = False
    #: Licences, the last to expire last; of a line's that one counts, and a line without any is not known to need one.
    certificates: tuple[Certificate, ...] = ()
    #: First day in post, Unix ms; 0: unknown.
    hired_ms: int = 0
    #: Recorded training of the last 90 days, hours.
    training_hours_90d: int = 0
    #: Fen an hour; 0: unknown.
    hourly_cost_fen: int = 0
    #: Work taken on in a day at most, thousandths of a work unit; 0: no limit.
    daily_quota_milli: int = 0
    #: None: unknown, which keeps nobody from work.
    shift: Shift | None = None
    #: Customers whose tasks this person must not decide (own or relatives' policies, clients they have recruited).
    conflicts: tuple[str, ...] = ()
    #: Kinds in the person's training plan.
    training_kinds: tuple[KindId, ...] = ()
    #: Trains others.
    mentor: bool = False
    presence: PresenceState = PresenceState.OFFLINE
    session: SessionId | None = None
    signed_in_ms: int = 0
    #: Wall clock of the last release or sign-in, for "longest idle first".
    idle_since_ms: int = 0
    #: Wall clock of the last return from a break; 0: none.
    break_end_ms: int = 0
    #: Where the operator is signed in, or was when they fell silent; empty: they have left, or it was not told.
    desk: str = ""
    #: Tasks decided in all.
    decided_count: int = 0
    version: int = 1

    @property
    def signed_in(self) -> bool:
        """Whether a sign-in is open."""
        return self.presence is not PresenceState.OFFLINE

    @property
    def etag(self) -> str:
        """Opaque mark of this version of the roster entry."""
        return str(self.version)
