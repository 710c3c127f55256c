"""The country that is played: five provinces with four people each, two kinds of work, and limits a tenth of the real ones."""

from actors.core.calendar import DAY_MINUTES, SUNDAY, BranchCalendar, LineHours, Span, SpecialDay, day_of
from actors.core.country import Line, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId
from actors.core.matching.model import AUTHORITY_MAX, trivial_model
from actors.core.operators import KindExperience, Operator
from actors.testing.clock import START_WALL_MS

PROVINCES = tuple(map(ProvinceCode, ("fujian", "jiangxi", "shandong", "hubei", "yunnan")))
KINDS = (
    TaskKind(kind=KindId("claims-medical"), line=Line.CLAIMS, standard_minutes=1, tariff_fen=1_250),
    TaskKind(kind=KindId("servicing-address"), line=Line.SERVICING, standard_minutes=1, tariff_fen=300),
)
#: A tenth of the real ones, so that a storm of seconds sees everything expire.
LIMITS = TimeLimits(
    offer_duration_ms=1_500,
    lease_duration_ms=2_500,
    heartbeat_fresh_ms=900,
    site_silence_ms=1_200,
    #: Of four people often two are signed in and heard when the power fails.
    site_desks_min=2,
    site_return_ms=800,
    observer_stall_ms=500,
    gateway_silence_ms=1_000,
    path_grace_ms=3_000,
    decline_memory_ms=2_000,
    resend_after_ms=200,
    resend_after_max_ms=1_000,
    move_retry_ms=300,
)
POLICY = SharingPolicy(activation_wait_ms=5_000, release_wait_ms=2_000)
#: Revision 1 of the matching model: the match is not what is tried here.
MODEL = trivial_model()
OPERATORS_PER_PROVINCE = 4
#: Always open: a branch has no hours.
CALENDAR = BranchCalendar(weekend=(SUNDAY,))
_ALL_DAY = (Span(0, DAY_MINUTES),)
#: Closed until midnight by a local holiday on the day of the storm.
CLOSED = BranchCalendar(
    hours=tuple(LineHours(line=line, workdays=_ALL_DAY, weekends=_ALL_DAY) for line in Line),
    local_days=(SpecialDay(day_of(START_WALL_MS), False, "closed"),),
)


def roster(code: ProvinceCode) -> tuple[Operator, ...]:
    """The people of a province: some do one kind, some both; some take work without an offer."""
    kinds = [kind.kind for kind in KINDS]
    people: list[Operator] = []
    for number in range(OPERATORS_PER_PROVINCE):
        chosen = kinds if number % 2 == 0 else [kinds[number // 2]]
        people.append(
            Operator(
                operator=OperatorId(f"{code}-op-{number}"),
                province=code,
                site=SiteId(code),
                kinds={kind: KindExperience(done_count=10 * number) for kind in chosen},
                # The highest there is: what is referred can still be done by whoever is left.
                authority={Line.CLAIMS: AUTHORITY_MAX, Line.SERVICING: AUTHORITY_MAX},
                capacity=1 + number % 2,
                auto_accept=number == 3,
            )
        )
    return tuple(people)
