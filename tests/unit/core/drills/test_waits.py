"""What a coordinator sees of a surge's waits, and what the report makes of it."""

from typing import Any

import msgspec
import pytest

from actors.core.country import Line, ShareOutMode, SharingPolicy
from actors.core.drills.record import DrillKind, DrillPhase, DrillSpec, Observation
from actors.core.drills.steps import Progress, Step, blast_radius, next_step
from actors.core.drills.waits import (
    ADVICE_MS,
    EASED_MS,
    OBSERVE_EVERY_MS,
    is_early,
    is_news,
    observe,
    wait_curve,
    wait_figures,
    wait_moments,
)
from actors.core.ids import KindId
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary
from tests.unit.core.drills.scene import FUJIAN, JIANGXI, KIND, LIFTED_MS, STRUCK_MS, drill, summary, view

SURGE = DrillSpec(kind=DrillKind.SURGE, provinces=(FUJIAN,), factor_permille=3_000, operators_max_permille=500)
POLICY = SharingPolicy(activation_wait_ms=9_000, release_wait_ms=3_000)
OTHER = KindId("claims-large")
PAIR = (FUJIAN, KIND)


def waiting(wait_ms: int, *, waiting: int = 1, pressure: int = 0, kind: KindId = KIND) -> KindSummary:
    """A kind that waits so long."""
    return KindSummary(
        kind=kind, line=Line.CLAIMS, waiting=waiting, expected_wait_ms=wait_ms, pressure_permille=pressure
    )


def fujian(*kinds: KindSummary, **changes: Any) -> ProvinceSummary:
    """The struck province."""
    return summary(FUJIAN, policy=POLICY, kinds=kinds, **changes)


def seen(after_ms: int, wait_ms: int, *pressed: tuple[Any, Any]) -> Observation:
    """A look at the struck province so long after the strike."""
    return Observation(at_ms=STRUCK_MS + after_ms, wait_ms=wait_ms, release_ms=3_000, pressed=pressed)


def surge(*observed: Observation, **changes: Any) -> Any:
    """A surge that has been looked at."""
    return drill(spec=SURGE, observed=observed, phase=DrillPhase.STRUCK, **changes)


def test_a_kind_may_be_shared_from_the_activation_down_to_the_release_threshold() -> None:
    """The rule of the policy, looked at independently of the plan: a plan that shared in between on the way up would be seen."""
    began = surge(seen(0, 0))
    assert observe(began, {FUJIAN: fujian(waiting(8_000))}, 1).pressed == ()
    assert observe(began, {FUJIAN: fujian(waiting(9_001))}, 1).pressed == (PAIR,)
    on = surge(seen(0, 9_001, PAIR))
    assert observe(on, {FUJIAN: fujian(waiting(3_001))}, 1).pressed == (PAIR,)
    assert observe(on, {FUJIAN: fujian(waiting(3_000))}, 1).pressed == ()
    assert observe(on, {FUJIAN: fujian(waiting(9_999, waiting=0))}, 1).pressed == ()


def test_thresholds_are_those_in_force_for_a_hard_pressed_home() -> None:
    """The plan lowers them by the matching model; judged by the policy's own a rightful move would be called early."""
    began = surge(seen(0, 0))
    pressed = observe(began, {FUJIAN: fujian(waiting(4_501, pressure=500))}, 1)
    assert (pressed.pressed, pressed.release_ms) == ((PAIR,), 1_500)


def test_what_waited_before_anybody_looked_may_be_shared_already() -> None:
    """Sharing may have begun before the drill; nobody knows."""
    assert observe(surge(), {FUJIAN: fujian(waiting(3_001))}, 1).pressed == (PAIR,)


def test_the_longest_wait_is_by_its_threshold_and_of_what_can_be_done_there() -> None:
    """A kind that nobody there may do waits for ever, which says nothing of the surge; it may leave all the same."""
    looked = observe(surge(), {FUJIAN: fujian(waiting(WAIT_UNBOUNDED_MS, kind=OTHER), waiting(5_000))}, 1)
    assert (looked.wait_ms, looked.release_ms) == (5_000, 3_000)
    assert (FUJIAN, OTHER) in looked.pressed
    # Four seconds of a home that is hard pressed are more than five: its threshold is half as long.
    kinds = (waiting(5_000), waiting(4_000, kind=OTHER, pressure=500))
    for ordered in (kinds, kinds[::-1]):
        looked = observe(surge(), {FUJIAN: fujian(*ordered)}, 1)
        assert (looked.wait_ms, looked.release_ms) == (4_000, 1_500)
    calm = observe(surge(), {FUJIAN: fujian()}, 1)
    assert (calm.wait_ms, calm.pressed) == (0, ())


def test_a_province_that_is_away_is_as_it_was() -> None:
    """One missing answer must not look like the end of the surge."""
    assert observe(surge(seen(0, 9_001, PAIR)), {JIANGXI: summary(JIANGXI)}, 1).pressed == (PAIR,)


def test_looks_are_written_down_once_a_second_and_whenever_something_else_may_be_shared() -> None:
    """Each is a frame of the hq journal: more would be waste, and less would miss the moment in which sharing began."""
    looked = surge(seen(0, 9_000))
    assert is_news(surge(), seen(0, 0))
    assert not is_news(looked, seen(OBSERVE_EVERY_MS - 1, 9_000))
    assert is_news(looked, seen(OBSERVE_EVERY_MS, 9_000))
    assert is_news(looked, seen(500, 9_001, PAIR))


def test_looks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drill's record is in every snapshot of the headquarters."""
    monkeypatch.setattr("actors.core.drills.waits.OBSERVATIONS_MAX", 2)
    assert not is_news(surge(seen(0, 1), seen(1_000, 1)), seen(2_000, 1))


def test_a_surge_is_lifted_when_its_waits_are_back() -> None:
    """Kept on, it would trouble helpers for nothing; lifted earlier, nobody would know whether sharing was enough."""
    high = (seen(0, 0), seen(1_000, 9_001, PAIR), seen(2_000, 3_001, PAIR))
    back = (*high, seen(3_000, 2_000), seen(6_500, 2_000))
    now_ms = STRUCK_MS + 2_000 + EASED_MS
    assert next_step(surge(*high, seen(6_900, 3_001, PAIR)), view(now_ms), Progress()) is Step.WAIT
    assert next_step(surge(*back), view(now_ms - 1), Progress()) is Step.WAIT
    assert next_step(surge(*back), view(now_ms), Progress()) is Step.LIFT
    # Waits that were never long have shown nothing yet; and nobody knows where nobody has looked.
    assert next_step(surge(seen(0, 0), seen(6_500, 0)), view(now_ms), Progress()) is Step.WAIT
    assert next_step(surge(*high, seen(2_100, 2_000)), view(now_ms + 200), Progress()) is Step.WAIT
    assert next_step(surge(*high), view(STRUCK_MS + SURGE.duration_ms), Progress()) is Step.LIFT


def pressed(after_ms: int, wait_ms: int, *waits_ms: int) -> Observation:
    """A look at which `KIND`, and then `OTHER`, may be shared and wait so long."""
    pairs = (PAIR, (FUJIAN, OTHER))[: len(waits_ms)]
    return msgspec.structs.replace(seen(after_ms, wait_ms, *pairs), waits_ms=waits_ms)


def test_the_figures_are_of_the_time_that_the_surge_lasted() -> None:
    """The peak of all, and from a kind's own peak to the first look at which it was down again."""
    observed = (seen(0, 0), pressed(1_000, 9_100, 9_100), pressed(2_000, 9_500, 9_500), pressed(3_000, 4_000, 4_000))
    looked = surge(*observed, seen(5_000, 2_000), seen(LIFTED_MS, 99_000))
    assert wait_figures(looked) == {"peak_wait_ms": 9_500, "eased_ms": 3_000}
    assert wait_moments(looked) == {"peak": STRUCK_MS + 2_000, "eased": STRUCK_MS + 5_000}
    assert wait_figures(surge(seen(0, 10), seen(1_000, 20))) == {"peak_wait_ms": 20, "eased_ms": 0}
    assert wait_figures(surge()) == wait_moments(surge()) == {}
    assert wait_curve(looked, 3) == ((0, 0, 3_000), (2_000, 9_500, 3_000), (5_000, 2_000, 3_000))


def test_each_kind_eases_by_itself_and_the_slowest_counts() -> None:
    """Kinds climb and fall in their own time; one that is on its way up again must not hide that another has come down."""
    looked = surge(
        pressed(1_000, 12_000, 9_500, 12_000),
        pressed(2_000, 9_900, 9_900, 9_000),
        # Both at once are never down: one waits below its activation threshold all the time.
        seen(6_000, 8_000),
        pressed(7_000, 9_200, 9_200),
        seen(8_000, 8_000),
    )
    assert wait_figures(looked) == {"peak_wait_ms": 12_000, "eased_ms": 5_000}
    assert wait_moments(looked)["eased"] == STRUCK_MS + 8_000


def test_a_wait_that_only_grows_has_not_eased() -> None:
    """Its peak is its end; counted from there, a surge that overruns the country would have eased at once."""
    grows = surge(*(pressed(after_ms, 9_001 + after_ms, 9_001 + after_ms) for after_ms in range(0, 5_000, 1_000)))
    assert wait_figures(grows) == {"peak_wait_ms": 13_001, "eased_ms": 4_000}
    assert "eased" not in wait_moments(grows)


def test_what_nobody_there_can_do_says_nothing_of_how_soon_a_surge_eases() -> None:
    """It waits for ever, before and after; but a kind whose people all went home meanwhile has not eased by that."""
    forever = WAIT_UNBOUNDED_MS
    looked = surge(
        pressed(1_000, 9_500, 9_500, forever),
        pressed(2_000, 9_100, 9_100, forever),
        pressed(4_000, 3_500, 3_500, forever),
    )
    only_other = msgspec.structs.replace(seen(5_000, 0, (FUJIAN, OTHER)), waits_ms=(forever,))
    looked = msgspec.structs.replace(looked, observed=(*looked.observed, only_other))
    assert wait_figures(looked)["eased_ms"] == 4_000
    assert wait_moments(looked)["eased"] == STRUCK_MS + 5_000
    gone_home = surge(pressed(1_000, 9_500, 9_500), pressed(2_000, 0, forever), pressed(6_000, 0, forever))
    assert wait_figures(gone_home)["eased_ms"] == 5_000
    assert "eased" not in wait_moments(gone_home)


def test_looks_without_waits_are_read() -> None:
    """A coordinator may take over a drill whose looks an older one wrote down."""
    assert wait_figures(surge(seen(0, 9_001, PAIR), seen(1_000, 5_000, PAIR), seen(3_000, 10)))["eased_ms"] == 3_000


@pytest.mark.parametrize(
    ("after_ms", "early"),
    [
        (500, True),
        (1_000, False),
        # The last advice is followed for a moment after the wait has fallen.
        (4_000 + ADVICE_MS - 1, False),
        (4_000 + ADVICE_MS + 500, True),
        # Nobody has looked for long.
        (60_000, False),
        (-1, False),
    ],
)
def test_a_move_is_early_if_its_kind_was_not_pressed(after_ms: int, early: bool) -> None:
    """Would break if sharing below the threshold were not seen, or if advice that was rightly given were."""
    observed = [seen(0, 0), seen(1_000, 9_001, PAIR), seen(2_000, 5_000, PAIR), seen(3_000, 5_000, PAIR)]
    observed += [seen(4_000, 2_000), seen(5_000, 2_000), seen(6_000, 2_000), seen(7_000, 2_000)]
    assert is_early(observed, STRUCK_MS + after_ms, PAIR) is early


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"factor_permille": 1_000}, "factor"),
        ({"shadow_tasks": 5}, "Shadow tasks"),
        ({"kind": DrillKind.SITE_OUTAGE}, "factor"),
        ({"kind": DrillKind.GATEWAY_KILL, "provinces": (), "factor_permille": 1_000, "shadow_tasks": 5}, "Shadow"),
    ],
)
def test_made_up_work_that_makes_no_sense_is_refused(changes: dict[str, Any], told: str) -> None:
    """A surge by 1, or shadow tasks in no province, would pass and prove nothing."""
    known: dict[str, Any] = {"kind": DrillKind.SURGE, "provinces": (FUJIAN,), "factor_permille": 3_000}
    known |= {"operators_max_permille": 500} | changes
    spec = DrillSpec(**known)
    refused = blast_radius(spec, view(0))
    assert refused is not None
    assert told in refused.message


def test_a_surge_where_nothing_may_leave_is_refused() -> None:
    """It would only make people wait."""
    closed = summary(FUJIAN, policy=SharingPolicy(share_out_mode=ShareOutMode.CLOSED))
    refused = blast_radius(SURGE, view(0, closed))
    assert refused is not None
    assert "no help" in refused.message
    assert blast_radius(SURGE, view(0)) is None
