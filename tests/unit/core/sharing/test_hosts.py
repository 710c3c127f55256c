import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import ProvinceCode
from actors.core.sharing.hosts import (
    EXPERIENCE_BREAKPOINTS,
    FINISH_BREAKPOINTS,
    candidate_of,
    hosts_by_kind,
    may_host,
    points_at,
    rank_hosts,
)
from actors.core.sharing.lending import lending_lines
from actors.core.sharing.pressure import wishes_of
from actors.core.sharing.summary import ProvinceSummary
from tests.unit.core.harness import FUJIAN, JIANGXI, MEDICAL
from tests.unit.core.journeys import picture_of, summary_of
from tests.unit.core.sharing.country import busy, picture


@pytest.mark.parametrize(("x", "y"), [(-5, 0), (0, 0), (5, 50), (10, 100), (30, 175), (1_000, 600), (10**9, 600)])
def test_points_are_piecewise_linear_and_constant_beyond(x: int, y: int) -> None:
    """A step in the wrong place turns the ranking over."""
    assert points_at(EXPERIENCE_BREAKPOINTS, x) == y


@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_more_experience_and_an_earlier_finish_never_cost_points(one: int, two: int) -> None:
    """Points must follow the order of what they measure."""
    low, high = sorted((one, two))
    assert points_at(EXPERIENCE_BREAKPOINTS, low) <= points_at(EXPERIENCE_BREAKPOINTS, high)
    assert points_at(FINISH_BREAKPOINTS, low) >= points_at(FINISH_BREAKPOINTS, high)


@pytest.mark.parametrize(
    ("host", "policy", "may"),
    [
        (summary_of("jiangxi"), SharingPolicy(), True),
        (summary_of("fujian"), SharingPolicy(), False),
        (summary_of("jiangxi", status=ProvinceStatus.DRAINING), SharingPolicy(), False),
        (summary_of("jiangxi", status=ProvinceStatus.UNREACHABLE), SharingPolicy(), False),
        (msgspec.structs.replace(summary_of("jiangxi"), is_read_only=True), SharingPolicy(), False),
        (summary_of("jiangxi"), SharingPolicy(blocked_hosts=(JIANGXI,)), False),
        (summary_of("jiangxi"), SharingPolicy(allowed_hosts=(FUJIAN,)), False),
        (summary_of("jiangxi"), SharingPolicy(allowed_hosts=(JIANGXI,)), True),
        (summary_of("jiangxi", policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)), SharingPolicy(), False),
        (summary_of("jiangxi", policy=SharingPolicy(share_out_mode=ShareOutMode.CLOSED)), SharingPolicy(), True),
        (summary_of("jiangxi", shared_in=5, policy=SharingPolicy(share_in_quota=5)), SharingPolicy(), False),
        (summary_of("jiangxi", shared_in=4, policy=SharingPolicy(share_in_quota=5)), SharingPolicy(), True),
    ],
)
def test_both_sides_must_allow_it(host: ProvinceSummary, policy: SharingPolicy, may: bool) -> None:
    """A province that is itself in trouble, or that the policy forbids, must not be sent work."""
    assert may_host(FUJIAN, policy, host) is may


def test_hosts_rank_by_experience_finish_and_quality_ties_by_code() -> None:
    """The reasons shown must be the reasons used."""
    hosts = [
        summary_of("jiangxi", experience=500),
        summary_of("anhui", experience=20),
        summary_of("hubei", experience=20),
        summary_of("yunnan", experience=300, wait_ms=6_000_000),
    ]
    ranked = rank_hosts(MEDICAL, FUJIAN, SharingPolicy(), hosts_by_kind(picture(*hosts))[MEDICAL], {})
    assert [candidate.province for candidate in ranked] == ["jiangxi", "anhui", "hubei", "yunnan"]
    for candidate in ranked:
        parts = candidate.experience_points + candidate.finish_points + candidate.quality_points
        assert parts == candidate.points


def test_what_was_sent_already_lengthens_the_wait_there() -> None:
    """The whole evacuation would otherwise go to the one best province."""
    hosts = hosts_by_kind(picture(summary_of("jiangxi", free=2, eligible=1), summary_of("anhui", free=2, eligible=1)))
    pledged = {(ProvinceCode("anhui"), MEDICAL): 30}
    ranked = rank_hosts(MEDICAL, FUJIAN, SharingPolicy(), hosts[MEDICAL], pledged)
    assert [candidate.province for candidate in ranked] == ["jiangxi", "anhui"]
    assert ranked[1].finish_points < ranked[0].finish_points


@pytest.mark.parametrize(
    ("already", "wait_ms", "finish_points"), [(0, 60_000, 400), (1, 60_000, 400), (2, 210_000, 400), (5, 660_000, 325)]
)
def test_a_host_s_finish_counts_what_its_free_people_cannot_take(
    already: int, wait_ms: int, finish_points: int
) -> None:
    """Two are free and four can do it, ten minutes each. A reason whose numbers do not add up is none."""
    national = picture(summary_of("jiangxi", free=2, eligible=4, wait_ms=60_000, experience=10))
    [(host, offered)] = hosts_by_kind(national)[MEDICAL]
    candidate = candidate_of(host.province, offered, already, 7)
    assert candidate.expected_finish_ms == wait_ms + 600_000
    assert (candidate.experience_points, candidate.finish_points, candidate.quality_points) == (100, finish_points, 100)
    assert candidate.points == 100 + finish_points + 100 + 7


def test_the_most_experienced_are_looked_at_first() -> None:
    """Where a number of hosts is looked at, it would be those early in the alphabet."""
    national = picture(summary_of("anhui", experience=5), summary_of("hubei", experience=9), summary_of("jilin"))
    assert [host.province for host, _ in hosts_by_kind(national)[MEDICAL]] == ["jilin", "hubei", "anhui"]


def test_hosts_that_refused_this_task_are_left_out() -> None:
    """Knocking at the same door again and again."""
    hosts = hosts_by_kind(picture_of("jiangxi", "anhui"))[MEDICAL]
    ranked = rank_hosts(MEDICAL, FUJIAN, SharingPolicy(), hosts, {}, excluded=(ProvinceCode("anhui"),))
    assert [candidate.province for candidate in ranked] == ["jiangxi"]
    assert rank_hosts(MEDICAL, FUJIAN, SharingPolicy(), hosts, {}, excluded=("anhui", "jiangxi")) == []  # pyright: ignore[reportArgumentType]


def test_provinces_without_eligible_people_or_out_of_order_are_no_hosts() -> None:
    """Work would wait where nobody can do it."""
    national = picture(
        summary_of("jiangxi", eligible=0), summary_of("anhui", status=ProvinceStatus.SUSPENDED), summary_of("hubei")
    )
    assert [summary.province for summary, _ in hosts_by_kind(national)[MEDICAL]] == ["hubei"]


def test_a_province_that_cannot_write_takes_no_part() -> None:
    """Its people look free, as it can give them nothing: what is sent there hangs between two provinces until its disk has room."""
    full = msgspec.structs.replace(summary_of("jiangxi"), is_read_only=True)
    assert hosts_by_kind(picture(full)) == {}
    assert lending_lines(full) == {} != lending_lines(summary_of("jiangxi"))
    pressed = busy("jiangxi")
    assert list(wishes_of(pressed, frozenset()))
    assert list(wishes_of(msgspec.structs.replace(pressed, is_read_only=True), frozenset())) == []
