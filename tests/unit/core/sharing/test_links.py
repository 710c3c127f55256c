"""Who is connected with whom, and for how long."""

from collections.abc import Sequence

import msgspec
import pytest

from actors.core.country import Line, ShareOutMode, SharingPolicy
from actors.core.ids import ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.links import (
    ENOUGH_MS,
    IDLE_MS,
    PARTNERS_FEW,
    PARTNERS_MAX,
    REVERSE_PAUSE_MS,
    asked_of_lender,
)
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.pressure import Wish
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from tests.unit.core.harness import FUJIAN, JIANGXI, LARGE, MEDICAL
from tests.unit.core.journeys import summary_of
from tests.unit.core.sharing.country import POLICY, busy, picture

OUT = (Line.CLAIMS, FUJIAN, JIANGXI)
BACK = (Line.CLAIMS, JIANGXI, FUJIAN)


def at(now_ms: int, *provinces: ProvinceSummary) -> NationalPicture:
    """A picture of one kind at a time, ms."""
    return msgspec.structs.replace(picture(*provinces), time_ms=now_ms)


def after(pictures: Sequence[NationalPicture], memory: FlowMemory | None = None) -> FlowMemory:
    """What is remembered when these have been planned for."""
    memory = memory or FlowMemory()
    for national in pictures:
        _, memory = plan_flows(national, memory)
    return memory


def lender(own_wait_ms: int) -> ProvinceSummary:
    """Jiangxi with people free for the kind, while another kind of the line waits there."""
    host = summary_of("jiangxi", policy=SharingPolicy(release_wait_ms=10**6))
    kinds = tuple(
        kind
        if kind.kind == MEDICAL
        else msgspec.structs.replace(kind, waiting=1, free_capacity=0, expected_wait_ms=own_wait_ms)
        for kind in host.kinds
        if kind.kind in (MEDICAL, LARGE)
    )
    return msgspec.structs.replace(host, kinds=kinds)


@pytest.mark.parametrize(
    ("own_wait_ms", "was_open", "is_open"),
    [(499, False, True), (500, False, False), (799, True, True), (800, True, False)],
)
def test_a_link_opens_at_one_ratio_of_waits_and_closes_at_another(
    own_wait_ms: int, was_open: bool, is_open: bool
) -> None:
    """A thousand ms against half of that, and against four fifths: with one ratio links would flutter."""
    [source] = picture(busy("fujian")).provinces
    memory = after([at(1_000, source, summary_of("jiangxi"))]) if was_open else FlowMemory()
    national = NationalPicture(time_ms=2_000, provinces=(source, lender(own_wait_ms)))
    assert (OUT in after([national], memory).links) is is_open


def test_work_goes_one_way_and_turns_only_after_a_pause() -> None:
    """The same work would go to and fro between two provinces that are busy in turns."""
    out = [busy("fujian"), summary_of("jiangxi")]
    back = [summary_of("fujian"), busy("jiangxi")]
    closed_ms = 2_000
    memory = after([at(1_000, *out), at(closed_ms, *back)])
    assert not memory.links and memory.closed_ms == {OUT: closed_ms}
    almost = after([at(closed_ms + REVERSE_PAUSE_MS - 1, *back)], memory)
    assert not almost.links
    late = after([at(closed_ms + REVERSE_PAUSE_MS, *back)], almost)
    assert list(late.links) == [BACK] and not late.closed_ms


def test_the_same_way_needs_no_pause() -> None:
    """A second surge of the same province must be helped at once."""
    calm = [summary_of("fujian"), summary_of("jiangxi")]
    memory = after([at(1_000, busy("fujian"), calm[1]), at(1_500, *calm), at(2_000, busy("fujian"), calm[1])])
    assert list(memory.links) == [OUT] and not memory.closed_ms


def test_a_clock_that_was_set_back_does_not_keep_provinces_apart() -> None:
    """An hour's pause would be the price of a correction by an hour."""
    memory = FlowMemory(closed_ms={OUT: 3_600_000})
    assert list(after([at(1_000, summary_of("fujian"), busy("jiangxi"))], memory).links) == [BACK]


def many(count: int, free: int = 2) -> list[ProvinceSummary]:
    """So many provinces with a few people free."""
    return [summary_of(f"p{number:02}", free=free) for number in range(count)]


@pytest.mark.parametrize(
    ("wait_ms", "partners"), [(901, 8), (1_199, 8), (1_200, 12), (2_400, 16), (10**9, PARTNERS_MAX)]
)
def test_partners_are_few_and_grow_with_every_doubling_of_the_wait(wait_ms: int, partners: int) -> None:
    """A few are nearly as good as all; a surge may have more, but never the whole country. Released is 300 ms."""
    assert (PARTNERS_FEW, PARTNERS_MAX) == (4, 32)
    memory = after([at(1_000, busy("fujian", wait_ms=wait_ms, waiting=1_000), *many(40))])
    assert len(memory.links) == partners


def test_partners_that_were_not_enough_are_joined_by_others() -> None:
    """A surge must find much of the country within a minute."""
    source = busy("fujian", waiting=1_000)
    memory = after([at(0, source, *many(40))])
    seen: list[int] = []
    for now_ms in (0, ENOUGH_MS - 1, ENOUGH_MS, 3 * ENOUGH_MS, 100 * ENOUGH_MS):
        memory = after([at(now_ms, source, *many(40))], memory)
        seen.append(len(memory.links))
    assert seen == [8, 8, 12, 20, 32]


def test_no_more_partners_than_it_takes() -> None:
    """Seven tasks need no third lender of five."""
    assert len(after([at(1_000, busy("fujian", waiting=10), *many(30, free=5))]).links) == 2


def test_partners_are_kept_though_others_would_be_better_now() -> None:
    """People there have just got to know the home's work."""
    first = after([at(1_000, busy("fujian", waiting=10), *many(2, free=5))])
    better = [summary_of(f"q{number}", free=5, experience=900) for number in range(5)]
    later = after([at(1_500, busy("fujian", waiting=10), *many(2, free=5), *better)], first)
    assert list(later.links) == list(first.links)


def test_a_partner_with_nothing_to_give_makes_room() -> None:
    """Four exhausted partners would keep a source from all others."""
    source = busy("fujian", wait_ms=10**6, waiting=1_000)
    first = after([at(0, source, *many(PARTNERS_MAX))])
    spent = [busy(f"p{number:02}", wait_ms=0, waiting=0) for number in range(PARTNERS_MAX)]
    others = [summary_of("q00", free=5)]
    full = after([at(IDLE_MS, source, *spent, *others)], first)
    assert (Line.CLAIMS, FUJIAN, "q00") not in full.links
    assert list(after([at(IDLE_MS + 1, source, *spent, *others)], full).links) == [(Line.CLAIMS, FUJIAN, "q00")]


def test_two_sources_ask_different_lenders_first() -> None:
    """Everybody would knock at the best one's door, and the second best would stay idle."""
    hosts = [summary_of("p0", free=8), summary_of("p1", free=8, experience=900)]
    memory = after([at(1_000, busy("fujian"), busy("hubei"), *hosts)])
    assert sorted(memory.links) == [(Line.CLAIMS, FUJIAN, "p1"), (Line.CLAIMS, ProvinceCode("hubei"), "p0")]


def test_a_partner_that_others_ask_too_counts_for_its_part() -> None:
    """Two that share one lender would each believe that they have all of it, and ask nobody else."""
    sources = [busy("fujian", waiting=8), busy("hubei", waiting=8)]
    first = after([at(1_000, *sources, *many(1, free=10))])
    assert sorted(source for _, source, _ in first.links) == [FUJIAN, "hubei"]
    assert len(after([at(1_500, *sources, *many(2, free=10))], first).links) > 2


@pytest.mark.parametrize(("asked", "opens", "keeps"), [(150, 150, 75), (3, 3, 1), (1, 1, 1), (0, 1, 1)])
def test_better_hands_are_better_by_a_point_at_least(asked: int, opens: int, keeps: int) -> None:
    """A policy that asks for nothing would send work to people who are no better, and those theirs back."""
    source = summary_of("fujian", policy=SharingPolicy(best_match_gain_points=asked))
    [kind, *_] = source.kinds
    wish = Wish(
        source=source,
        kind=kind,
        line=LineSummary(line=Line.CLAIMS),
        wait_ms=0,
        activation_ms=0,
        release_ms=0,
        count=1,
        own_points=100,
    )
    assert asked_of_lender(wish, is_open=False)[1] == 100 + opens
    assert asked_of_lender(wish, is_open=True)[1] == 100 + keeps


BEST = SharingPolicy(share_out_mode=ShareOutMode.BEST_MATCH, best_match_gain_points=150)


@pytest.mark.parametrize(
    ("experience", "was_open", "flows"), [(50, False, True), (49, False, False), (30, True, True), (29, True, False)]
)
def test_best_match_shares_for_so_many_points_and_goes_on_for_half(
    experience: int, was_open: bool, flows: bool
) -> None:
    """Experience of ten tasks is worth 100 points, of fifty 250, of thirty 175; all else is the same in both provinces."""
    source = summary_of("fujian", waiting=4, experience=10, policy=BEST)
    memory = after([at(1_000, source, summary_of("jiangxi", experience=900))]) if was_open else FlowMemory()
    planned, _ = plan_flows(at(2_000, source, summary_of("jiangxi", experience=experience)), memory)
    assert bool(planned) is flows
    assert all(flow.reason.startswith("policy: best match; jiangxi is worth") for flow in planned)


def test_overload_comes_before_better_hands() -> None:
    """Somebody who merely looks for better people must not take them from somebody who has none."""
    seeker = summary_of("anhui", waiting=50, free=0, experience=0, policy=BEST)
    flows, _ = plan_flows(
        at(1_000, seeker, busy("fujian"), summary_of("jiangxi", free=7, experience=900)), FlowMemory()
    )
    assert [(flow.source, flow.count) for flow in flows] == [("fujian", 7)]


def test_a_closed_line_gives_its_work_away_and_takes_none() -> None:
    """Its evening's work is decided the same evening by whoever is still open."""
    closed = LineSummary(line=Line.CLAIMS, is_open=False, opens_in_ms=50_000_000)
    source = msgspec.structs.replace(busy("fujian", wait_ms=50_000_000), lines=(closed,))
    flows, _ = plan_flows(at(1_000, source, summary_of("jiangxi")), FlowMemory())
    assert [(flow.host, flow.count) for flow in flows] == [("jiangxi", 10)]
    assert flows[0].reason.startswith("closed for another 50000000 ms")
    host = msgspec.structs.replace(summary_of("jiangxi"), lines=(closed,))
    assert plan_flows(at(1_000, busy("fujian"), host), FlowMemory())[0] == []


def test_what_nobody_at_home_can_do_leaves_its_people_free_to_help() -> None:
    """Nobody in Jiangxi is a specialist; those it has may still help Fujian with ordinary work."""
    host = summary_of("jiangxi", policy=POLICY)
    kinds = tuple(
        kind
        if kind.kind == MEDICAL
        else msgspec.structs.replace(kind, waiting=9, eligible=0, free_capacity=0, expected_wait_ms=864_000_000)
        for kind in host.kinds
        if kind.kind in (MEDICAL, LARGE)
    )
    host = msgspec.structs.replace(host, kinds=kinds)
    [source] = picture(busy("fujian")).provinces
    flows, after_it = plan_flows(NationalPicture(time_ms=1_000, provinces=(source, host)), FlowMemory())
    assert [(flow.source, flow.host, flow.kind) for flow in flows] == [(FUJIAN, JIANGXI, MEDICAL)]
    assert (JIANGXI, LARGE) in after_it.sharing
