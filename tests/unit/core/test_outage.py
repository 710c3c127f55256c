import pytest

from actors.core.country import TimeLimits
from actors.core.ids import SiteId
from actors.core.outage import DeskSign, SiteVerdict, SiteWatch

LIMITS = TimeLimits()
SITE = SiteId("fuzhou")


def silent(ms: int, *, count: int = 1, path_known: bool = True) -> list[DeskSign]:
    """Desks of the site that were last heard so long ago."""
    return [DeskSign(SITE, ms, path_known, ms <= LIMITS.heartbeat_fresh_ms)] * count


def judge(desks: list[DeskSign], *, lost: tuple[SiteId, ...] = (), now_ms: int = 0) -> list[SiteVerdict]:
    """One look of a new watch."""
    return SiteWatch().judge(desks, lost, now_ms, LIMITS)


def test_a_dead_site_is_called_out() -> None:
    """The true case: most desks fall silent together."""
    desks = silent(3_000, count=7) + silent(3_400) + silent(0, count=2)
    assert judge(desks) == [SiteVerdict(site=SITE, lost=True, silent=8, signed_in=10, silent_for_ms=3_400)]


@pytest.mark.parametrize(
    "desks",
    [
        pytest.param(silent(2_999, count=10), id="a hiccup shorter than the limit"),
        pytest.param(silent(3_000, count=7) + silent(0, count=3), id="too few of many"),
        pytest.param(silent(5_000, count=2), id="a site of two desks"),
        pytest.param(silent(5_000, count=20, path_known=False), id="the gateway is gone"),
        pytest.param(silent(10_000, count=40) + silent(0, count=3), id="ghosts of yesterday beside the living"),
        pytest.param(silent(10_000, count=40), id="nothing but ghosts"),
        pytest.param(silent(50_000, count=9) + silent(5_000, count=2) + silent(0), id="two of the three who count"),
        pytest.param([], id="everybody signed out"),
    ],
)
def test_a_false_alarm_is_not_raised(desks: list[DeskSign]) -> None:
    """A false alarm sends a whole province's work across the country."""
    assert judge(desks) == []


def test_a_site_is_called_out_once() -> None:
    """Each further verdict would journal the outage again."""
    assert judge(silent(4_000, count=5), lost=(SITE,)) == []


def test_sites_are_judged_each_for_itself() -> None:
    """A power cut in one building must not take the other along, nor be diluted by it."""
    other = [DeskSign(SiteId("xiamen"), 0, True, True)] * 50
    assert [verdict.site for verdict in judge(silent(3_500, count=4) + other)] == [SITE]


def test_a_site_returns_when_half_its_desks_are_steadily_heard() -> None:
    """Flickering power would send the work back and forth."""
    watch = SiteWatch()
    watch.judge(silent(3_000, count=10), (), 0, LIMITS)
    few = silent(0, count=4) + silent(9_000, count=6)
    half = silent(0, count=5) + silent(9_000, count=5)
    assert watch.judge(few, (SITE,), 10_000, LIMITS) == []
    assert watch.judge(few, (SITE,), 20_000, LIMITS) == []
    assert watch.judge(half, (SITE,), 21_000, LIMITS) == []
    assert watch.judge(half, (SITE,), 23_999, LIMITS) == []
    assert watch.judge(half, (SITE,), 24_000, LIMITS) == [SiteVerdict(site=SITE, lost=False)]


def test_an_interruption_of_the_return_starts_it_anew() -> None:
    """Three seconds of presence mean three seconds without a break."""
    watch = SiteWatch()
    watch.judge(silent(3_000, count=4), (), 0, LIMITS)
    for now_ms, desks in ((5_000, silent(0, count=4)), (7_000, silent(9_000, count=4)), (7_500, silent(0, count=4))):
        assert watch.judge(desks, (SITE,), now_ms, LIMITS) == []
    assert watch.judge(silent(0, count=4), (SITE,), 9_000, LIMITS) == []
    assert watch.judge(silent(0, count=4), (SITE,), 10_500, LIMITS) == [SiteVerdict(site=SITE, lost=False)]


def test_a_site_that_is_lost_again_returns_anew() -> None:
    """Declared well by hand on its way back and dark again, it would return at its first heartbeat for what it had been heard before."""
    watch = SiteWatch()
    for now_ms in (0, 20_000):
        assert watch.judge(silent(3_000, count=4), (), now_ms, LIMITS) != []
        assert watch.judge(silent(0, count=4), (SITE,), now_ms + 5_000, LIMITS) == []


def test_after_a_restart_a_lost_site_still_returns() -> None:
    """The watch forgets how many had fallen; a lost site must not stay lost for that."""
    watch = SiteWatch()
    assert watch.judge(silent(0), (SITE,), 0, LIMITS) == []
    assert watch.judge(silent(0), (SITE,), 3_000, LIMITS) == [SiteVerdict(site=SITE, lost=False)]


def test_verdicts_come_in_name_order() -> None:
    """Another order of the same desks would journal another frame."""
    names = ("c", "a", "b")
    desks = [DeskSign(SiteId(name), 4_000, True, False) for name in names for _ in range(3)]
    assert [verdict.site for verdict in judge(desks)] == ["a", "b", "c"]
