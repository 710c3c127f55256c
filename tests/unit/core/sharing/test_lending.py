"""What a lender keeps for its own customers."""

import msgspec
import pytest

from actors.core.country import Line, ProvinceStatus, SharingPolicy
from actors.core.line_summary import LineSummary
from actors.core.sharing.lending import kept_for_arrivals, lenders_of, lending_lines, room_left
from actors.core.sharing.summary import KindSummary, ProvinceSummary
from tests.unit.core.harness import MEDICAL
from tests.unit.core.journeys import summary_of
from tests.unit.core.sharing.country import picture

HOUR_MS = 3_600_000


def given(line: LineSummary | None = None, **changes: object) -> dict[str, int]:
    """What one province lends of a kind: code -> tasks."""
    [host] = picture(summary_of("jiangxi", **changes)).provinces  # pyright: ignore[reportArgumentType]
    host = msgspec.structs.replace(host, lines=() if line is None else (line,))
    return {lender.host.province: lender.lendable for lender in lenders_of(host, lending_lines(host), (MEDICAL,))}


def claims(**changes: object) -> LineSummary:
    """What the lender says of the line."""
    return LineSummary(line=Line.CLAIMS, **changes)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("line", "lends"),
    [
        (claims(), 20),
        (claims(arrivals_per_hour=54, signed_in=10), 17),
        (claims(arrivals_per_hour=54, signed_in=40), 18),
        (claims(arrivals_per_hour=100_000, signed_in=10), 0),
        (claims(on_time_permille=949), 0),
        (claims(on_time_permille=950), 20),
        (claims(on_time_permille=-1), 20),
        (claims(is_open=False, opens_in_ms=1), 0),
        (claims(is_open=True, opens_in_ms=1), 0),
    ],
)
def test_what_the_line_says_protects_the_lender(line: LineSummary, lends: int) -> None:
    """Its own arrivals (54 an hour are nine in a handle time of ten minutes: three stay), its promises, its hours."""
    assert sum(given(line, free=20, policy=SharingPolicy(on_time_floor_permille=950)).values()) == lends


def test_the_reserve_and_the_arrivals_are_not_kept_twice() -> None:
    """Both are people for the province's own work; kept twice, small provinces would never lend."""
    busy = claims(arrivals_per_hour=54, signed_in=10)
    assert given(busy, free=20, policy=SharingPolicy(reserve_operators=2)) == {"jiangxi": 17}
    assert given(busy, free=20, policy=SharingPolicy(reserve_operators=8)) == {"jiangxi": 12}
    assert given(busy, free=8, policy=SharingPolicy(reserve_operators=8)) == {}, "who has nothing to give is no lender"


def test_kept_people_grow_with_the_root_of_what_arrives() -> None:
    """Ten times the arrivals need some three times the people, not ten."""
    kind = KindSummary(kind=MEDICAL, line=Line.CLAIMS, eligible=10, handle_ms=HOUR_MS)
    kept = [kept_for_arrivals(kind, claims(arrivals_per_hour=arrivals)) for arrivals in (0, 1, 2, 10, 100, 101)]
    assert kept == [0, 1, 2, 4, 10, 11]


@pytest.mark.parametrize("status", [status for status in ProvinceStatus if status is not ProvinceStatus.ACTIVE])
def test_a_province_out_of_order_lends_nothing(status: ProvinceStatus) -> None:
    """It may not even know how it is."""
    assert given(status=status) == {}


@pytest.mark.parametrize(
    ("own_wait_ms", "waiting", "lends"), [(299_999, 1, True), (300_000, 1, False), (300_000, 0, True)]
)
def test_a_line_whose_own_work_waits_as_long_as_the_release_threshold_lends_nothing(
    own_wait_ms: int, waiting: int, lends: bool
) -> None:
    """Of another kind of the line, too: it is the same people's time. What would wait, and is not there, keeps nobody."""
    host = summary_of("jiangxi", policy=SharingPolicy(release_wait_ms=300_000))
    kinds = tuple(
        kind if kind.kind == MEDICAL else msgspec.structs.replace(kind, waiting=waiting, expected_wait_ms=own_wait_ms)
        for kind in host.kinds
    )
    host = msgspec.structs.replace(host, kinds=kinds)
    lines = lending_lines(host)
    assert (Line.CLAIMS in lines) is lends
    assert bool(list(lenders_of(host, lines, (MEDICAL,)))) is lends


@pytest.mark.parametrize(
    ("policy", "shared_in", "today", "left"),
    [
        (SharingPolicy(), 5, 9, 99_995),
        (SharingPolicy(share_in_quota=8), 5, 9, 3),
        (SharingPolicy(share_in_quota=5), 7, 0, 0),
        (SharingPolicy(share_in_daily_quota=10), 0, 9, 1),
        (SharingPolicy(share_in_daily_quota=10, share_in_quota=4), 4, 9, 0),
        (SharingPolicy(share_in_daily_quota=10), 0, 12, 0),
    ],
)
def test_both_quotas_bound_what_comes_in(policy: SharingPolicy, shared_in: int, today: int, left: int) -> None:
    """One is for what is open at once, the other for a day's work."""
    host: ProvinceSummary = msgspec.structs.replace(
        summary_of("jiangxi", policy=policy, shared_in=shared_in), shared_in_today=today
    )
    assert room_left(host) == left
