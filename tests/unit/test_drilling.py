"""The coordinator's hands for drills: what is written before what is done, and what a successor finds."""

import asyncio
from typing import cast

import msgspec
import pytest

from actors import protocol
from actors.core import events as e
from actors.core.country import ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.drills.record import DrillKind, DrillPhase, DrillState
from actors.core.drills.steps import STRIKE_MAX_MS
from actors.core.ids import ProvinceCode
from actors.core.refusal import Reason, Refused
from actors.transport import Peer
from tests.unit.core.drills.scene import (
    FUJIAN,
    HUNAN,
    JIANGXI,
    SPEC,
    assigned,
    created,
    handed_over,
    move_accepted,
    move_started,
)
from tests.unit.drilling_hq import Gateway, Hq, kinds, of


async def test_a_site_outage_from_the_order_to_the_report() -> None:
    """The whole way: silence, takeover, the end of the silence, recovery, and figures from the journals."""
    hq = Hq()
    for number in (1, 2):
        hq.happen(FUJIAN, -60_000, lambda at_ms, number=number: created(number, at_ms))
    hq.states[FUJIAN] = {"open_by_state": {"queued": 2}}
    begun = hq.begin()
    assert begun.phase is DrillPhase.STRUCK
    assert hq.gateway.told == [{}, {FUJIAN: SPEC.duration_ms}]
    hq.happen(FUJIAN, 3_000, lambda at_ms: e.ProvinceStatusChanged(at_ms=at_ms, status=ProvinceStatus.UNREACHABLE))
    for number in (1, 2):
        hq.happen(FUJIAN, 3_010, lambda at_ms, number=number: move_started(number, at_ms))
        hq.happen(JIANGXI, 3_020, lambda at_ms, number=number: move_accepted(number, at_ms))
        hq.happen(FUJIAN, 3_030, lambda at_ms, number=number: handed_over(number, at_ms))
    hq.happen(JIANGXI, 3_500, lambda at_ms: assigned("fujian-1", at_ms))
    hq.states = {FUJIAN: {"status": ProvinceStatus.UNREACHABLE}, JIANGXI: {"open_by_state": {"queued": 2}}, HUNAN: {}}
    hq.look(5_000)
    assert hq.drill().phase is DrillPhase.LIFTED
    assert hq.gateway.told[-1] == {}
    hq.happen(FUJIAN, 3_400, lambda at_ms: e.ProvinceStatusChanged(at_ms=at_ms, status=ProvinceStatus.ACTIVE))
    hq.states[FUJIAN] = {}
    hq.look(4_000)
    hq.look(2_000)
    ended = await hq.until_ended()
    assert ended.state is DrillState.SUCCEEDED
    assert ended.report is not None
    wanted = {"detected_ms": 3_000, "first_reassigned_ms": 3_500, "all_moved_ms": 3_020, "recovered_ms": 3_400}
    wanted |= {"moved": 2, "lost": 0, "eligible_permille": 1_000, "stayed": 0}
    assert {figure: ended.report.figures.get(figure) for figure in wanted} == wanted
    assert kinds(hq) == ["DrillCreated", "DrillStarted", *["DrillPhaseReached"] * 3, "DrillEnded"]


async def test_an_aborted_drill_lifts_its_fault_at_once_and_still_reports() -> None:
    """Ops who end a drill want the phones to stop ringing, and to know what it did."""
    hq = Hq()
    hq.begin()
    hq.drilling.serve(protocol.AbortDrill(drill_id="drill-1", reason="enough", who="ops:b", request_id="a"))
    assert hq.gateway.told[-1] == {}
    hq.look(1_000)
    hq.look(2_000)
    ended = await hq.until_ended()
    assert (ended.state, ended.reason) == (DrillState.ABORTED, "enough")
    assert ended.report is not None


async def test_a_new_coordinator_repeats_the_fault_for_the_time_that_is_left() -> None:
    """The drill kills coordinators: the next one must neither forget the silence nor prolong it."""
    hq = Hq()
    hq.begin()
    hq.now_ms += 7_000
    hq.revive()
    assert hq.gateway.told == [{FUJIAN: SPEC.duration_ms - 7_000}]
    hq.now_ms += SPEC.duration_ms
    hq.revive()
    assert hq.gateway.told == [{}]


async def test_a_drill_that_may_or_may_not_have_struck_is_given_up() -> None:
    """Its coordinator died between saying "begun" and "struck"."""
    hq = Hq()
    hq.begin()
    hq.drills.kept["drill-1"] = msgspec.structs.replace(hq.drill(), phase=DrillPhase.STRIKING)
    hq.revive()
    hq.look(STRIKE_MAX_MS)
    assert (await hq.until_ended()).state is DrillState.ABORTED
    assert hq.gateway.told[-1] == {}


async def test_a_full_disk_strikes_nobody() -> None:
    """A fault that is not written down would be lifted by nobody but its own deadline."""
    hq = Hq()
    hq.look()
    hq.drilling.serve(protocol.CreateDrill(spec=SPEC, who="ops:a", request_id="c"))
    hq.is_full = True
    answer = hq.drilling.serve(protocol.StartDrill(drill_id="drill-1", who="ops:a", request_id="s"))
    assert isinstance(answer, Refused)
    assert hq.gateway.told == [{}]


async def test_a_journal_that_cannot_be_read_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of half a country would look like a success."""
    monkeypatch.setattr("actors.drilling.journals.PAGE_PAUSE_S", 0.0)
    hq = Hq()
    hq.begin()
    hq.silent[HUNAN] = None
    hq.drilling.serve(protocol.AbortDrill(drill_id="drill-1", reason="enough", who="ops:b", request_id="a"))
    hq.look(1_000)
    hq.look(2_000)
    ended = await hq.until_ended()
    assert ended.state is DrillState.FAILED
    assert ended.report is None


async def test_only_the_time_before_the_fault_that_was_asked_for_is_read() -> None:
    """Reading a year of journals for a minute's drill would hold the coordinator for hours."""
    hq = Hq()
    for minute in range(100, 0, -1):
        hq.happen(FUJIAN, -60_000 * minute, lambda at_ms, number=minute: created(number, at_ms))
    asked: list[int] = []
    ask = hq._ask

    async def counting(province: ProvinceCode, request: protocol.Request, timeout_s: float) -> protocol.Response | None:
        if isinstance(request, protocol.ReadFrames) and request.limit > 1 and province == FUJIAN:
            asked.append(request.after)
        return await ask(province, request, timeout_s)

    hq._ask = counting
    hq.revive()
    hq.begin()
    hq.drilling.serve(protocol.AbortDrill(drill_id="drill-1", reason="enough", who="ops:b", request_id="a"))
    hq.look(1_000)
    hq.look(2_000)
    await hq.until_ended()
    # Twice five minutes back, of a frame a minute.
    assert asked == [90]


def test_an_old_picture_refuses_new_drills() -> None:
    """A coordinator that has just begun does not know whom it would strike."""
    hq = Hq()
    answer = hq.drilling.serve(protocol.CreateDrill(spec=SPEC, who="ops:a", request_id="c"))
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.RESTARTING


def test_a_check_writes_nothing_and_a_repeated_start_is_no_second_one() -> None:
    """The preview must be free, and a retry harmless."""
    hq = Hq()
    hq.look()
    shown = hq.drilling.serve(protocol.CreateDrill(spec=SPEC, validate_only=True, who="ops:a"))
    assert isinstance(shown, protocol.DrillReply)
    assert hq.written == []
    begun = hq.begin()
    again = hq.drilling.serve(protocol.StartDrill(drill_id=begun.drill_id, who="ops:a", request_id="s"))
    assert again == protocol.DrillReply(drill=begun)
    other = hq.drilling.serve(protocol.StartDrill(drill_id=begun.drill_id, who="ops:a", request_id="t"))
    assert isinstance(other, Refused)
    assert other.reason is Reason.WRONG_STATE
    page = hq.drilling.serve(protocol.ListDrills())
    assert isinstance(page, protocol.DrillPage)
    assert [one.drill_id for one in page.drills] == ["drill-1"]


async def test_snow_evacuates_with_an_end_of_its_own_and_puts_the_policy_back() -> None:
    """A storm that is only practised must not leave a province without work, whoever forgets it."""
    hq = Hq()
    hq.states[FUJIAN] = {"open_by_state": {"queued": 1, "in_progress": 1}}
    hq.begin(of(DrillKind.SNOW, FUJIAN))
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    ordered = hq.policies[FUJIAN]
    assert ordered.share_out_mode is ShareOutMode.EVACUATE
    assert ordered.effective_until_ms == hq.drill().struck_ms + SPEC.duration_ms
    assert hq.drill().previewed == ("fujian-1",)
    await hq.look_when_idle(1_000)
    assert hq.drill().phase is DrillPhase.STRUCK
    # Who is evacuated finishes what is in hand.
    hq.states[FUJIAN] = {"open_by_state": {"in_progress": 1}}
    hq.happen(JIANGXI, 0, lambda at_ms: move_accepted(1, at_ms))
    hq.states[JIANGXI] = {"open_by_state": {"queued": 1}}
    await hq.look_when_idle(1_000)
    await hq.until(lambda: hq.drill().phase is DrillPhase.LIFTED)
    assert hq.policies[FUJIAN] == SharingPolicy()
    await hq.look_when_idle(1_000)
    await hq.look_when_idle(2_000)
    ended = await hq.until_ended()
    assert ended.report is not None
    assert ended.report.figures["preview_missed"] == 0
    assert ended.report.figures["first_moved_ms"] == 1_000


async def test_snow_that_needs_a_second_person_does_not_begin() -> None:
    """The rule that two people order an evacuation holds for practice, too; the proposal is theirs to withdraw."""
    hq = Hq()
    hq.needs_second_person = True
    hq.begin(of(DrillKind.SNOW, FUJIAN))
    ended = await hq.until_ended()
    assert ended.state is DrillState.FAILED
    assert "second person" in ended.reason


async def test_a_killed_province_is_waited_for_until_its_successor_is_there() -> None:
    """Lifted earlier, nobody would have measured how long its branch could not work."""
    hq = Hq()
    hq.begin(of(DrillKind.ACTOR_KILL, FUJIAN))
    await hq.until(lambda: bool(hq.suffered))
    assert hq.suffered == [(FUJIAN, 0)]
    await hq.look_when_idle(500)
    assert hq.drill().phase is DrillPhase.STRUCK
    hq.states[FUJIAN] = {"epoch": 2}
    await hq.look_when_idle(500)
    assert hq.drill().phase is DrillPhase.LIFTED
    await hq.look_when_idle(500)
    await hq.look_when_idle(1_500)
    ended = await hq.until_ended()
    assert ended.report is not None
    assert ended.report.figures["served_ms"] == 1_000


async def test_a_province_that_cannot_stand_still_aborts_the_drill() -> None:
    """A drill in which nothing happened must not pass."""
    hq = Hq()
    hq.suffering = protocol.Suffered(problem="no timer")
    hq.begin(of(DrillKind.ACTOR_FREEZE, FUJIAN))
    await hq.until(lambda: bool(hq.drill().reason))
    assert hq.suffered == [(FUJIAN, SPEC.duration_ms)]
    await hq.look_when_idle(500)
    await hq.look_when_idle(500)
    await hq.look_when_idle(2_000)
    assert (await hq.until_ended()).state is DrillState.ABORTED


async def test_a_killed_gateway_is_one_and_its_return_is_waited_for() -> None:
    """Two at once would be another drill; and a gateway that never came back would go unnoticed."""
    hq = Hq()
    other = Gateway("gateway/g2-1")
    hq.drilling.connected(cast("Peer", other))
    hq.begin(of(DrillKind.GATEWAY_KILL))
    assert (hq.gateway.has_ended, other.has_ended) == (True, False)
    hq.drilling.disconnected(cast("Peer", hq.gateway))
    await hq.look_when_idle(500)
    assert hq.drill().phase is DrillPhase.STRUCK
    hq.drilling.connected(cast("Peer", Gateway("gateway/g1-2")))
    await hq.look_when_idle(500)
    assert hq.drill().phase is DrillPhase.LIFTED


async def test_a_cut_befalls_one_gateway_for_the_whole_duration() -> None:
    """The others must still hear the province, or it would be an outage."""
    hq = Hq()
    other = Gateway("gateway/g2-1")
    hq.drilling.connected(cast("Peer", other))
    hq.begin(of(DrillKind.GATEWAY_PARTITION, FUJIAN, JIANGXI, operators_max_permille=1_000))
    both = dict.fromkeys((FUJIAN, JIANGXI), SPEC.duration_ms)
    assert (hq.gateway.cut[-1], other.cut[-1]) == (both, {})
    await hq.look_when_idle(SPEC.duration_ms - 1)
    assert hq.drill().phase is DrillPhase.STRUCK
    await hq.look_when_idle(1)
    assert hq.drill().phase is DrillPhase.LIFTED
    assert hq.gateway.cut[-1] == {}


async def test_the_coordinator_ends_once_and_its_successor_goes_on() -> None:
    """A successor that read "kill the coordinator" in its journal would end for ever."""
    hq = Hq()
    hq.begin(of(DrillKind.COORDINATOR_KILL, FUJIAN))
    assert hq.gateway.told[-1] == {FUJIAN: SPEC.duration_ms}
    async with asyncio.timeout(10):
        await hq.ended_for.wait()
    hq.ended_for.clear()
    hq.revive()
    hq.states[FUJIAN] = {"status": ProvinceStatus.UNREACHABLE}
    await hq.look_when_idle(4_000)
    assert hq.drill().phase is DrillPhase.LIFTED
    hq.states[FUJIAN] = {}
    await hq.look_when_idle(4_000)
    await hq.look_when_idle(2_000)
    await hq.until_ended()
    assert not hq.ended_for.is_set()


async def test_an_evacuation_whose_answer_was_lost_is_taken_back() -> None:
    """The province may have begun it: a drill that ended as failed would leave it without work until the order runs out."""
    hq = Hq()
    hq.loses_answers = 1
    hq.begin(of(DrillKind.SNOW, FUJIAN))
    ended = await hq.until_ended()
    assert ended.state is DrillState.FAILED
    assert hq.policies[FUJIAN] == SharingPolicy()
