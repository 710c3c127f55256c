from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import ProvinceCode
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.plan import FLOW_TASKS_MAX, plan_flows
from actors.core.sharing.summary import NationalPicture, ProvinceSummary
from tests.unit.core.harness import FUJIAN, JIANGXI, LARGE, MEDICAL
from tests.unit.core.journeys import summary_of
from tests.unit.core.sharing.country import POLICY, busy, picture


def planned(national: NationalPicture, memory: FlowMemory | None = None) -> list[tuple[str, str, int]]:
    """The flows of one plan: (source, host, count)."""
    flows, _ = plan_flows(national, memory or FlowMemory())
    return [(flow.source, flow.host, flow.count) for flow in flows]


@pytest.mark.parametrize(
    ("wait_ms", "already", "shares"), [(900, False, False), (901, False, True), (301, True, True), (300, True, False)]
)
def test_sharing_starts_above_one_threshold_and_ends_below_the_other(wait_ms: int, already: bool, shares: bool) -> None:
    """With one threshold, sharing would flutter with every picture."""
    memory = FlowMemory(sharing=frozenset({(FUJIAN, MEDICAL)}) if already else frozenset())
    national = picture(busy("fujian", wait_ms=wait_ms), summary_of("jiangxi"))
    flows, after = plan_flows(national, memory)
    assert bool(flows) == shares
    assert ((FUJIAN, MEDICAL) in after.sharing) == shares


def test_work_never_flows_both_ways_nor_in_a_circle() -> None:
    """Two busy provinces would exchange their queues for ever."""
    national = picture(busy("fujian"), busy("jiangxi"), busy("hubei"))
    assert planned(national) == []
    helpful = picture(busy("fujian"), busy("jiangxi"), summary_of("yunnan", free=50))
    assert {(source, host) for source, host, _ in planned(helpful)} == {("fujian", "yunnan"), ("jiangxi", "yunnan")}


def test_a_lender_gives_only_what_is_free_beyond_its_reserve_and_its_own_work() -> None:
    """The lender's own service suffers: the first complaint about lending people."""
    reserve = SharingPolicy(reserve_operators=3)
    lender = summary_of("jiangxi", free=5, policy=reserve)
    assert planned(picture(busy("fujian"), lender)) == [("fujian", "jiangxi", 2)]
    with_queue = summary_of("jiangxi", free=5, waiting=1)
    assert planned(picture(busy("fujian"), with_queue)) == []
    assert planned(picture(busy("fujian"), summary_of("jiangxi", free=3, policy=reserve))) == []


def test_two_sources_never_get_the_same_free_people() -> None:
    """Each source would be promised the whole of the lender."""
    flows = planned(picture(busy("fujian"), busy("hubei"), summary_of("jiangxi", free=12)))
    assert flows == [("fujian", "jiangxi", 6), ("hubei", "jiangxi", 6)]


def test_what_waits_longest_is_served_first_and_nobody_twice() -> None:
    """The same people may do both kinds: lent for each of them, they would be promised twice, and the shorter wait be served."""
    source = busy("fujian", waiting=10)
    waits_ms = {MEDICAL: 1_000, LARGE: 5_000}
    kinds = tuple(
        msgspec.structs.replace(kind, expected_wait_ms=waits_ms[kind.kind])
        for kind in source.kinds
        if kind.kind in waits_ms
    )
    source = msgspec.structs.replace(source, kinds=kinds)
    flows, _ = plan_flows(NationalPicture(provinces=(source, summary_of("jiangxi", free=5))), FlowMemory())
    assert [(flow.kind, flow.count) for flow in flows] == [(LARGE, 5)]


def test_one_flow_has_a_bound() -> None:
    """A province would spend seconds beginning moves, by a picture that is older with each of them."""
    national = picture(busy("fujian", waiting=4 * FLOW_TASKS_MAX), summary_of("jiangxi", free=4 * FLOW_TASKS_MAX))
    assert planned(national) == [("fujian", "jiangxi", FLOW_TASKS_MAX)]


def test_the_ratio_keeps_a_part_at_home() -> None:
    """Half of what waits may leave: that must not come to mean all of it."""
    policy = msgspec.structs.replace(POLICY, share_out_ratio_permille=500)
    assert planned(picture(busy("fujian", policy=policy), summary_of("jiangxi"))) == [("fujian", "jiangxi", 5)]


@pytest.mark.parametrize(
    "source",
    [
        busy("fujian", policy=msgspec.structs.replace(POLICY, share_out_mode=ShareOutMode.CLOSED)),
        busy("fujian", policy=msgspec.structs.replace(POLICY, share_out_mode=ShareOutMode.EVACUATE)),
        busy("fujian", policy=msgspec.structs.replace(POLICY, kinds=("servicing-address",))),
        msgspec.structs.replace(busy("fujian"), status=ProvinceStatus.SUSPENDED),
        busy("fujian", waiting=0),
    ],
)
def test_sources_that_share_nothing(source: ProvinceSummary) -> None:
    """Closed is closed; and an evacuation needs no advice."""
    assert planned(picture(source, summary_of("jiangxi"))) == []


def test_the_reason_names_the_numbers() -> None:
    """The duty officer must see why each automatic move happened."""
    flows, _ = plan_flows(picture(busy("fujian"), summary_of("jiangxi", experience=77)), FlowMemory())
    assert flows == [
        MoveFlow(
            source=FUJIAN,
            host=JIANGXI,
            kind=MEDICAL,
            count=7,
            reason="expected wait 1000 ms exceeds 300 ms; jiangxi has 50 free, experience 77",
        )
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 2_000), st.integers(0, 20), st.integers(0, 10), st.integers(0, 3), st.booleans()),
        min_size=2,
        max_size=8,
    )
)
def test_no_plan_breaks_a_promise(provinces: Sequence[tuple[int, int, int, int, bool]]) -> None:
    """Whatever the country looks like: no circle, nobody over-lent, no more than what waits."""
    summaries = [
        summary_of(
            f"p{number}",
            wait_ms=wait_ms,
            waiting=waiting,
            free=free,
            policy=msgspec.structs.replace(POLICY, reserve_operators=reserve),
        )
        for number, (wait_ms, waiting, free, reserve, _) in enumerate(provinces)
    ]
    already = frozenset(
        (ProvinceCode(f"p{number}"), MEDICAL) for number, province in enumerate(provinces) if province[4]
    )
    flows, after = plan_flows(picture(*summaries), FlowMemory(sharing=already))
    assert not {flow.source for flow in flows} & {flow.host for flow in flows}
    for number, (_, waiting, free, reserve, _) in enumerate(provinces):
        code = f"p{number}"
        assert sum(flow.count for flow in flows if flow.host == code) <= max(0, free - reserve)
        assert sum(flow.count for flow in flows if flow.source == code) <= waiting
    assert all(flow.count > 0 and (flow.source, flow.kind) in after.sharing for flow in flows)
