"""Who is hard pressed, and how much should leave."""

import msgspec
import pytest

from actors.core.country import Line, ShareOutMode, SharingPolicy
from actors.core.ids import KindId
from actors.core.line_summary import LineSummary
from actors.core.sharing.pressure import Wish, better_wishes_of, elsewhere_max, line_summary, wait_ms, wishes_of
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, ProvinceSummary
from tests.unit.core.harness import FUJIAN, LARGE, MEDICAL
from tests.unit.core.sharing.country import POLICY, busy, picture

NIGHT_MS = 14 * 3_600_000


def only(province: ProvinceSummary, **changes: object) -> ProvinceSummary:
    """The province with its one kind changed."""
    [alone] = picture(province).provinces
    return msgspec.structs.replace(alone, kinds=(msgspec.structs.replace(alone.kinds[0], **changes),))


def wishes(province: ProvinceSummary, *, already: bool = False) -> list[Wish]:
    """What it should share."""
    return list(wishes_of(province, frozenset({(FUJIAN, MEDICAL)} if already else ())))


@pytest.mark.parametrize(
    ("wait", "waiting", "count"),
    [(1_000, 100, 70), (3_000, 100, 90), (901, 1, 1), (901, 3, 3), (WAIT_UNBOUNDED_MS, 100, 100)],
)
def test_what_leaves_brings_the_wait_to_the_release_threshold(wait: int, waiting: int, count: int) -> None:
    """More would idle the province's own people; less would leave its customers waiting."""
    [wish] = wishes(only(busy("fujian", wait_ms=wait, waiting=waiting)))
    assert wish.count == count


def test_a_hard_pressed_home_starts_and_ends_earlier() -> None:
    """The matching model's pressure lowers both thresholds: 900 and 300 by a fifth."""
    assert wishes(only(busy("fujian"), expected_wait_ms=720, pressure_permille=200)) == []
    [wish] = wishes(only(busy("fujian"), expected_wait_ms=721, pressure_permille=200))
    assert (wish.activation_ms, wish.release_ms) == (720, 240)
    assert wishes(only(busy("fujian"), expected_wait_ms=240, pressure_permille=200), already=True) == []


@pytest.mark.parametrize("gone", ["shared_out", "leaving"])
@pytest.mark.parametrize(("elsewhere", "may"), [(0, 50), (50, 25), (100, 0), (400, 0)])
def test_the_ratio_is_of_all_the_work_not_of_what_is_left_of_it(elsewhere: int, may: int, gone: str) -> None:
    """Half of half of half is everything within seconds."""
    policy = msgspec.structs.replace(POLICY, share_out_ratio_permille=500)
    source = msgspec.structs.replace(only(busy("fujian", policy=policy), waiting=100), **{gone: elsewhere})
    assert elsewhere_max(source) == may
    assert sum(wish.count for wish in wishes(source)) == may


@pytest.mark.parametrize(
    ("elsewhere", "kinds", "counts"), [(0, (), [50, 50]), (60, (), [50, 20]), (0, (LARGE,), [50]), (400, (), [0, 0])]
)
def test_better_hands_are_sought_for_the_same_part_of_the_work(
    elsewhere: int, kinds: tuple[KindId, ...], counts: list[int]
) -> None:
    """A branch that merely looks for better people would end up with no work of its own."""
    policy = SharingPolicy(share_out_mode=ShareOutMode.BEST_MATCH, share_out_ratio_permille=500, kinds=kinds)
    source = busy("fujian", wait_ms=0, waiting=100, policy=policy)
    two = tuple(kind for kind in source.kinds if kind.kind in (MEDICAL, LARGE))
    source = msgspec.structs.replace(source, kinds=two, shared_out=elsewhere)
    assert [wish.count for wish in better_wishes_of(source, frozenset())] == counts


def test_a_kind_goes_by_its_own_line() -> None:
    """Claims would wait for the morning of the servicing desk."""
    claims, servicing = LineSummary(line=Line.CLAIMS, idle=3), LineSummary(line=Line.SERVICING, is_open=False)
    [kind] = only(busy("fujian")).kinds
    for lines, told in (((servicing, claims), claims), ((servicing,), LineSummary(line=Line.CLAIMS))):
        assert line_summary(msgspec.structs.replace(busy("fujian"), lines=lines), kind) == told


def test_a_closed_line_waits_for_its_morning() -> None:
    """Its queue is short in the evening, and is still nobody's work until the morning."""
    closed = LineSummary(line=Line.CLAIMS, is_open=False, opens_in_ms=NIGHT_MS)
    source = msgspec.structs.replace(only(busy("fujian", wait_ms=10)), lines=(closed,))
    [wish] = wishes(source)
    assert (wish.wait_ms, wish.count) == (NIGHT_MS, 10)
    [kind] = only(busy("fujian", wait_ms=WAIT_UNBOUNDED_MS)).kinds
    assert wait_ms(kind, closed) == NIGHT_MS
    assert wait_ms(kind, LineSummary(line=Line.CLAIMS)) == WAIT_UNBOUNDED_MS


@pytest.mark.parametrize("mode", [ShareOutMode.CLOSED, ShareOutMode.EVACUATE])
def test_modes_that_need_no_plan(mode: ShareOutMode) -> None:
    """Closed is closed, and an evacuation goes its own way."""
    assert wishes(busy("fujian", policy=msgspec.structs.replace(POLICY, share_out_mode=mode))) == []
