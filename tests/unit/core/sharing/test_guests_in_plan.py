"""Guests count: whatever waits at a host because an evacuation brought it there is seen by the coordinator's plan, and bounded by the host's quota."""

import msgspec

from actors.core import commands as c
from actors.core.country import SharingPolicy
from actors.core.ids import ProvinceCode, TaskId
from actors.core.replies import MoveAnswer
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.lending import room_left
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.pressure import wishes_of
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from actors.core.task import Placement, TaskState
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, LARGE, MEDICAL, SHIPPED, Branch, person
from tests.unit.core.journeys import summary_of
from tests.unit.core.provinces import offer_of
from tests.unit.core.sharing.country import busy

AN_HOUR_MS = 3_600_000
#: Whoever waits for more than a minute waits too long, and what waits for ten seconds is enough to lend nothing.
IMPATIENT = SharingPolicy(activation_wait_ms=60_000, release_wait_ms=10_000)
HUBEI = ProvinceCode("hubei")


def helper(people: int, policy: SharingPolicy = IMPATIENT) -> Branch:
    """A province with people on duty who take what they are given."""
    made = Branch(JIANGXI, model=SHIPPED)
    made.do(c.UpdateSharingPolicy(policy=policy))
    made.arrive(*(person(f"op-{number}", JIANGXI, auto_accept=True) for number in range(people)))
    return made


def bring(to: Branch, count: int, home_code: ProvinceCode = FUJIAN) -> int:
    """An evacuation brings day-old tasks; how many were taken in."""
    home = Branch(home_code)
    home.wall_ms = to.wall_ms - 24 * AN_HOUR_MS
    offered = offer_of(home.task(home.create()), to)
    taken = 0
    for number in range(count):
        task = msgspec.structs.replace(
            offered.task, task_id=TaskId(f"{home_code}-{9_000 + number}"), state=TaskState.MOVING
        )
        move = msgspec.structs.replace(offered.move, placement=Placement.EVACUATED)
        taken += to.did(msgspec.structs.replace(offered, task=task, move=move), MoveAnswer).accepted
    return taken


def said(branch: Branch) -> ProvinceSummary:
    """What the province says of itself."""
    return branch.province.summary(branch.now)


def flows(*provinces: ProvinceSummary) -> list[MoveFlow]:
    """What the coordinator advises a country that it has never seen before."""
    ordered = tuple(sorted(provinces, key=lambda province: province.province))
    return plan_flows(NationalPicture(time_ms=1, provinces=ordered), FlowMemory())[0]


def test_guests_that_wait_are_in_what_the_province_says_of_itself() -> None:
    """Left out, a host with a thousand of them would look idle to the whole country."""
    host = helper(3)
    assert bring(host, 20) == 20
    waiting = len(host.state.queue)
    assert waiting >= 17
    [medical] = [kind for kind in said(host).kinds if kind.kind == MEDICAL]
    assert medical.waiting == waiting
    # All of it, standard minutes over three people.
    assert medical.expected_wait_ms == waiting * 12 * 60_000 // 3
    assert said(host).waiting_by_line == {"claims": waiting}
    assert said(host).shared_in == 20


def test_a_host_with_waiting_guests_is_sent_nothing_more_of_the_line() -> None:
    """Its people are promised already, though some are kept free for its own work."""
    host = helper(6, SharingPolicy(activation_wait_ms=60_000, release_wait_ms=10_000, reserve_operators=3))
    idle = said(host)
    assert {flow.host for flow in flows(busy("fujian"), idle)} == {JIANGXI}
    bring(host, 20)
    laden = said(host)
    [medical] = [kind for kind in laden.kinds if kind.kind == MEDICAL]
    assert medical.free_capacity == 3 and medical.waiting == 17
    lines = {kind.kind: kind.line for kind in laden.kinds}
    to_host = [flow.kind for flow in flows(busy("fujian"), laden) if flow.host == JIANGXI]
    assert all(lines[kind] is not lines[MEDICAL] for kind in to_host)


def test_a_host_that_guests_press_hard_is_helped_in_its_turn() -> None:
    """Whoever took in more than it can do may pass it on once, to people who are free."""
    host = helper(2)
    bring(host, 30)
    [wish] = wishes_of(said(host), frozenset())
    assert (wish.kind.kind, wish.kind.waiting) == (MEDICAL, len(host.state.queue))
    onward = [flow for flow in flows(said(host), summary_of("hubei", free=5, eligible=5)) if flow.source == JIANGXI]
    assert [(flow.host, flow.kind, flow.count) for flow in onward] == [(HUBEI, MEDICAL, 5)]


def test_no_host_takes_in_more_than_its_quota_whoever_sends() -> None:
    """Provinces that evacuate at once know nothing of each other; the host does."""
    host = helper(2, msgspec.structs.replace(IMPATIENT, share_in_quota=12))
    taken = [bring(host, 8, ProvinceCode(home)) for home in ("anhui", "fujian", "hubei")]
    assert taken == [8, 4, 0]
    assert host.state.shared_in == said(host).shared_in == 12
    assert room_left(said(host)) == 0
    assert not [flow for flow in flows(busy("fujian"), said(host)) if flow.host == JIANGXI]


def test_the_plan_shares_a_quota_among_sources_and_kinds() -> None:
    """Each flow alone would be within the quota, all together above it."""
    quota = SharingPolicy(share_in_quota=9)
    lender = summary_of("jiangxi", free=50, eligible=50, policy=quota, shared_in=2)
    sent = flows(busy("anhui"), busy("fujian"), busy("hubei"), lender)
    assert {flow.kind for flow in sent} <= {MEDICAL, LARGE, ADDRESS}
    assert len(sent) > 1 and sum(flow.count for flow in sent) == 7
