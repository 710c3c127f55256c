"""The coordinator's hands for made-up work: brought before the fault, watched while a surge lasts, gone before the drill ends."""

import msgspec
import pytest

from actors import protocol
from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Line, SharingPolicy
from actors.core.drills.record import DrillKind, DrillObserved, DrillPhase, DrillState
from actors.core.drills.steps import STRIKE_MAX_MS
from actors.core.drills.waits import EASED_MS
from actors.core.ids import TaskId
from actors.core.shadow import Shadow
from actors.core.sharing.summary import KindSummary
from actors.drilling.shadows import AFTERWARDS_MS
from tests.unit.core.drills.scene import FUJIAN, HUNAN, JIANGXI, KIND, SPEC, created
from tests.unit.drilling_hq import Hq, kinds, of

SURGE = of(DrillKind.SURGE, FUJIAN, factor_permille=3_000)
LOADED = msgspec.structs.replace(SPEC, shadow_tasks=5)
ABORT = protocol.AbortDrill(drill_id="drill-1", reason="enough", who="ops:b", request_id="a")


def waits(hq: Hq, wait_ms: int) -> None:
    """Fujian's work waits so long; sharing is asked for above nine seconds, until below three."""
    hq.policies[FUJIAN] = SharingPolicy(activation_wait_ms=9_000, release_wait_ms=3_000)
    hq.states[FUJIAN] = {
        "kinds": (KindSummary(kind=KIND, line=Line.CLAIMS, waiting=1, expected_wait_ms=wait_ms),),
    }


def ended_orders(hq: Hq) -> list[str]:
    """Who was told that the drill is over, in order."""
    return [code for code, order in hq.shadow_orders if isinstance(order, c.EndShadowLoad)]


async def test_a_surge_from_the_order_to_the_report() -> None:
    """The province multiplies arrivals, the coordinator looks on, and the end is an order to it first and then to everybody."""
    hq = Hq()
    waits(hq, 100)
    hq.begin(SURGE)
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    [(code, order)] = hq.shadow_orders
    assert isinstance(order, c.BringShadowLoad)
    until_ms = hq.drill().struck_ms + SURGE.duration_ms
    assert (code, order.drill, order.factor_permille, order.tasks) == (FUJIAN, "drill-1", 3_000, 0)
    assert (order.until_ms, order.ends_ms) == (until_ms, until_ms + AFTERWARDS_MS)
    for wait_ms in (100, 9_500, 4_000, 2_000):
        waits(hq, wait_ms)
        await hq.look_when_idle(1_000)
    for _ in range(EASED_MS // 1_000):
        await hq.look_when_idle(1_000)
    await hq.until(lambda: hq.drill().phase is DrillPhase.LIFTED)
    assert ended_orders(hq) == [FUJIAN]
    assert len([event for event in hq.written if isinstance(event, DrillObserved)]) == len(hq.drill().observed)
    await hq.look_when_idle(1_000)
    await hq.look_when_idle(2_000)
    ended = await hq.until_ended()
    assert set(ended_orders(hq)[1:]) == {FUJIAN, JIANGXI, HUNAN}
    assert ended.state is DrillState.SUCCEEDED
    assert ended.report is not None
    assert (ended.report.figures["peak_wait_ms"], ended.report.figures["eased_ms"]) == (9_500, 2_000)
    assert ended.observed == ()


async def test_an_aborted_surge_ends_at_once() -> None:
    """Ops who end it want arrivals as they are, now."""
    hq = Hq()
    hq.begin(SURGE)
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    await hq.look_when_idle(100)
    hq.drilling.serve(ABORT)
    await hq.until(lambda: hq.drill().phase is DrillPhase.LIFTED)
    assert ended_orders(hq) == [FUJIAN]
    await hq.look_when_idle(1_000)
    await hq.look_when_idle(2_000)
    assert (await hq.until_ended()).state is DrillState.ABORTED


async def test_a_surge_of_a_province_that_is_away_is_ended_when_it_is_back() -> None:
    """Its arrivals are still multiplied: a drill that said otherwise would be wrong."""
    hq = Hq()
    hq.begin(SURGE)
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    hq.silent[FUJIAN] = None
    hq.drilling.serve(ABORT)
    await hq.look_when_idle(500)
    assert hq.drill().phase is DrillPhase.STRUCK
    del hq.silent[FUJIAN]
    await hq.look_when_idle(500)
    await hq.until(lambda: hq.drill().phase is DrillPhase.LIFTED)


async def test_shadow_tasks_are_there_before_the_fault() -> None:
    """A quiet system has nothing to move: what came after the outage would not be moved by it."""
    hq = Hq()
    begun = hq.begin(LOADED)
    assert begun.phase is DrillPhase.STRIKING
    assert hq.gateway.told == [{}]
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    # Two a time here: repeated until all five are there.
    assert [type(order) for _, order in hq.shadow_orders] == [c.BringShadowLoad] * 3
    assert hq.gateway.told[-1] == {FUJIAN: SPEC.duration_ms}


async def test_a_province_that_takes_no_shadow_tasks_is_not_struck() -> None:
    """A drill with half of its load would show something else than was asked for."""
    hq = Hq()
    hq.refuses_shadows = True
    hq.begin(LOADED)
    await hq.until(lambda: bool(hq.drill().reason))
    await hq.look_when_idle(500)
    ended = await hq.until_ended()
    assert (ended.state, ended.reason) == (DrillState.ABORTED, f"{FUJIAN}: no room")
    assert hq.gateway.told[-1] == {}
    assert "DrillPhaseReached" not in kinds(hq)
    assert set(ended_orders(hq)) == {FUJIAN, JIANGXI, HUNAN}


async def test_a_drill_waits_until_nobody_knows_anything_of_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was moved is at others, and what is on its way is nowhere: ended too early, it would be left."""
    monkeypatch.setattr("actors.drilling.shadows.ROUND_PAUSE_S", 0.0)
    hq = Hq()
    hq.begin(LOADED)
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    hq.open = {JIANGXI: 3}
    hq.drilling.serve(ABORT)
    hq.look(1_000)
    hq.look(2_000)
    await hq.until(lambda: ended_orders(hq).count(JIANGXI) >= 3)
    assert hq.drill().is_running
    hq.open = {}
    assert (await hq.until_ended()).state is DrillState.ABORTED


async def test_what_cannot_be_ended_in_time_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that passed with a task left would hide it; a drill that waited for ever would forbid the next one."""
    monkeypatch.setattr("actors.drilling.shadows.ROUND_PAUSE_S", 0.0)
    monkeypatch.setattr("actors.drilling.shadows.ROUNDS_MAX", 3)
    hq = Hq()
    hq.begin(LOADED)
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    shadow = Shadow("drill-1", hq.now_ms + 1)

    def made_up(at_ms: int) -> e.TaskCreated:
        real = created(7, at_ms)
        assert isinstance(real, e.TaskCreated)
        return msgspec.structs.replace(real, shadow=shadow, task_id=TaskId(f"{FUJIAN}-7"))

    hq.happen(FUJIAN, 10, made_up)
    hq.states[FUJIAN] = {"open_by_state": {"queued": 1}}
    hq.open = {FUJIAN: 1}
    await hq.look_when_idle(SPEC.duration_ms)
    await hq.look_when_idle(1_000)
    await hq.look_when_idle(2_000)
    ended = await hq.until_ended()
    assert ended_orders(hq).count(FUJIAN) == 3
    assert ended.state is DrillState.FAILED
    assert ended.report is not None
    assert ended.report.figures["leftovers"] == 1


async def test_a_successor_ends_what_its_predecessor_brought() -> None:
    """The coordinator died between bringing the load and striking: nobody else knows of it."""
    hq = Hq()
    hq.begin(LOADED)
    await hq.until(lambda: bool(hq.made))
    hq.drilling.close()
    hq.drills.kept["drill-1"] = msgspec.structs.replace(hq.drill(), phase=DrillPhase.STRIKING)
    hq.revive()
    hq.look(STRIKE_MAX_MS)
    assert (await hq.until_ended()).state is DrillState.ABORTED
    assert set(ended_orders(hq)) == {FUJIAN, JIANGXI, HUNAN}


async def test_a_successor_goes_on_watching_a_surge() -> None:
    """What was seen before is in the journal; begun anew, the drill would take the fall of the wait for its whole story."""
    hq = Hq()
    waits(hq, 100)
    hq.begin(SURGE)
    await hq.until(lambda: hq.drill().phase is DrillPhase.STRUCK)
    waits(hq, 9_500)
    await hq.look_when_idle(1_000)
    hq.drilling.close()
    hq.revive()
    waits(hq, 5_000)
    hq.look(1_000)
    assert [seen.wait_ms for seen in hq.drill().observed] == [9_500, 5_000]
    assert hq.drill().observed[-1].pressed == ((FUJIAN, KIND),)
