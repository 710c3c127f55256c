"""What a running drill does next."""

from typing import Any

import pytest

from actors.core.country import Line, ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.drills.record import DrillKind, DrillPhase, DrillSpec, Standing
from actors.core.drills.steps import (
    BELOW_MS,
    QUIET_MS,
    RECOVERY_MAX_MS,
    RULES,
    STRIKE_MAX_MS,
    Progress,
    Step,
    View,
    blast_radius,
    is_harming,
    next_step,
)
from actors.core.line_summary import UNKNOWN, LineSummary
from tests.unit.core.drills.scene import (
    FUJIAN,
    HUNAN,
    JIANGXI,
    LIFTED_MS,
    SPEC,
    STARTED_MS,
    STRUCK_MS,
    drill,
    summary,
    view,
)

DARK = ProvinceStatus.UNREACHABLE


def late(summary_permille: int) -> LineSummary:
    """A line that keeps so much of its promises today."""
    return LineSummary(line=Line.CLAIMS, on_time_permille=summary_permille)


def test_a_fault_stays_until_all_work_has_left() -> None:
    """Lifted earlier the rest would stay at home and never be seen to move; later, customers would wait for nothing."""
    struck, progress = drill(phase=DrillPhase.STRUCK), Progress()
    assert next_step(struck, view(STRUCK_MS + 100), progress) is Step.WAIT
    some = summary(FUJIAN, status=DARK, open_by_state={"queued": 5, "moving": 2, "suspended": 1})
    assert next_step(struck, view(STRUCK_MS + 3_500, some), progress) is Step.WAIT
    leaving = summary(FUJIAN, status=DARK, open_by_state={"moving": 2})
    assert next_step(struck, view(STRUCK_MS + 4_000, leaving), progress) is Step.WAIT
    as_many = summary(FUJIAN, status=DARK, open_by_state={"queued": 2, "moving": 2})
    assert next_step(struck, view(STRUCK_MS + 4_200, as_many), progress) is Step.WAIT
    gone = summary(FUJIAN, status=DARK, open_by_state={"suspended": 1})
    assert next_step(struck, view(STRUCK_MS + 4_500, gone), progress) is Step.LIFT


def test_a_fault_is_lifted_when_no_more_work_leaves() -> None:
    """Tasks that nobody elsewhere may do would otherwise hold the fault for its whole duration."""
    struck, progress = drill(phase=DrillPhase.STRUCK), Progress()
    stuck = summary(FUJIAN, status=DARK, open_by_state={"queued": 3})
    assert next_step(struck, view(STRUCK_MS + 4_000, stuck), progress) is Step.WAIT
    more = summary(FUJIAN, status=DARK, open_by_state={"queued": 4})
    assert next_step(struck, view(STRUCK_MS + 4_000 + QUIET_MS - 1, more), progress) is Step.WAIT
    assert next_step(struck, view(STRUCK_MS + 4_000 + QUIET_MS, more), progress) is Step.LIFT


def test_a_fault_never_outlasts_its_duration() -> None:
    """An outage that nobody notices must end, too; so must one that ops end."""
    struck = drill(phase=DrillPhase.STRUCK)
    end_ms = STRUCK_MS + SPEC.duration_ms
    assert next_step(struck, view(end_ms - 1), Progress()) is Step.WAIT
    assert next_step(struck, view(end_ms), Progress()) is Step.LIFT
    assert next_step(drill(phase=DrillPhase.STRUCK, reason="enough"), view(STRUCK_MS), Progress()) is Step.LIFT


def test_the_end_is_measured_when_everybody_is_as_before() -> None:
    """Measured earlier, the time to recover would be missing."""
    lifted, progress = drill(phase=DrillPhase.LIFTED, gateways=("a", "b")), Progress()
    dark = summary(FUJIAN, status=DARK)
    assert next_step(lifted, view(LIFTED_MS + 1_000, dark, gateways=("a", "b")), progress) is Step.WAIT
    assert next_step(lifted, view(LIFTED_MS + 2_000, gateways=("a",)), progress) is Step.WAIT
    assert next_step(lifted, view(LIFTED_MS + 3_000, gateways=("a", "b")), progress) is Step.WAIT
    assert next_step(lifted, view(LIFTED_MS + 4_000, gateways=("a", "b")), progress) is Step.MEASURE
    assert next_step(lifted, view(LIFTED_MS + RECOVERY_MAX_MS, dark), Progress()) is Step.MEASURE


@pytest.mark.parametrize(
    "changes",
    [
        {"status": DARK},
        {"open_by_state": {"moving": 1}},
        {"policy": SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)},
        {"signed_in": 0},
    ],
)
def test_the_end_is_not_measured_while_anything_is_not_as_before(changes: dict[str, Any]) -> None:
    """A report that is written before the branch is back calls a country well that is not."""
    lifted = drill(phase=DrillPhase.LIFTED, before=(Standing(province=FUJIAN, signed_in=10),))
    unwell, progress = summary(FUJIAN, **changes), Progress()
    for after_ms in (0, 5_000, RECOVERY_MAX_MS - 1):
        assert next_step(lifted, view(LIFTED_MS + after_ms, unwell), progress) is Step.WAIT
    others = View(LIFTED_MS + 5_000, {JIANGXI: summary(JIANGXI)}, ("a",))
    assert next_step(lifted, others, Progress(recovered_since_ms=LIFTED_MS)) is Step.WAIT, "nor while it is away"


def test_a_branch_where_nobody_was_at_work_needs_nobody_to_be_well() -> None:
    """A drill at night would be watched until its bound."""
    lifted, progress = drill(phase=DrillPhase.LIFTED, before=(Standing(province=FUJIAN),)), Progress()
    empty = summary(FUJIAN, signed_in=0)
    assert next_step(lifted, view(LIFTED_MS, empty), progress) is Step.WAIT
    assert next_step(lifted, view(LIFTED_MS + 1_000, empty), progress) is Step.MEASURE


def test_a_drill_whose_runner_died_before_the_fault_gives_up() -> None:
    """Whether the fault is there is unknown: it is taken away, and nothing is measured."""
    striking = drill(phase=DrillPhase.STRIKING)
    assert next_step(striking, view(STARTED_MS + STRIKE_MAX_MS - 1), Progress()) is Step.WAIT
    assert next_step(striking, view(STARTED_MS + STRIKE_MAX_MS), Progress()) is Step.GIVE_UP


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("phase", "began_ms", "step"),
    [
        (DrillPhase.STRIKING, STARTED_MS, Step.GIVE_UP),
        (DrillPhase.STRUCK, STRUCK_MS, Step.LIFT),
        (DrillPhase.LIFTED, LIFTED_MS, Step.MEASURE),
    ],
)
def test_no_phase_lasts_for_as_long_as_the_clock_was_set_back(phase: DrillPhase, began_ms: int, step: Step) -> None:
    """A province would be evacuated for an hour because of a drill of two minutes, and no other drill could begin."""
    running, dark = drill(phase=phase), summary(FUJIAN, status=DARK, open_by_state={"queued": 1})
    assert next_step(running, view(began_ms + 1_000, dark), Progress()) is Step.WAIT
    assert next_step(running, view(began_ms + 1_000 - HOUR_MS, dark), Progress()) is step


def test_what_has_lasted_for_some_time_begins_anew_when_the_clock_is_set_back() -> None:
    """No more work leaves, or everybody is as before: it would be seen only when the clock is where it was."""
    struck, back_ms, progress = drill(phase=DrillPhase.STRUCK), STRUCK_MS - 60_000, Progress()
    stuck = summary(FUJIAN, status=DARK, open_by_state={"queued": 3})
    assert next_step(struck, view(STRUCK_MS + 1_000, stuck), progress) is Step.WAIT
    assert next_step(struck, view(back_ms, stuck), progress) is Step.WAIT
    assert next_step(struck, view(back_ms + QUIET_MS, stuck), progress) is Step.LIFT
    lifted, back_ms, progress = drill(phase=DrillPhase.LIFTED), LIFTED_MS - 60_000, Progress()
    assert next_step(lifted, view(LIFTED_MS + 1_000), progress) is Step.WAIT
    assert next_step(lifted, view(back_ms), progress) is Step.WAIT
    assert next_step(lifted, view(back_ms + 1_000), progress) is Step.MEASURE


def test_nothing_is_struck_beyond_the_blast_radius() -> None:
    """A typing error must not silence half of the country, and nothing is practised on what is broken."""
    assert blast_radius(SPEC, view(0)) is None
    many = DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN, JIANGXI), provinces_max=2)
    for spec, seen in (
        (many, view(0)),
        (DrillSpec(kind=DrillKind.SITE_OUTAGE), view(0)),
        (DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN,), operators_max_permille=300), view(0)),
        (SPEC, view(0, summary(FUJIAN, status=ProvinceStatus.DRAINING))),
        (DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN, HUNAN)), view(0)),
        (DrillSpec(kind=DrillKind.REGIONAL, provinces=(FUJIAN, JIANGXI), operators_max_permille=999), view(0)),
        (DrillSpec(kind=DrillKind.GATEWAY_KILL), view(0, gateways=())),
        (SPEC, View(0, {JIANGXI: summary(JIANGXI)})),
    ):
        assert blast_radius(spec, seen) is not None


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (DrillSpec(kind=DrillKind.REGIONAL, provinces=(FUJIAN, JIANGXI)), "2 provinces would be struck; at most 1"),
        (DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN,), operators_max_permille=300), "at most 30 % may be"),
    ],
)
def test_whoever_is_refused_for_a_limit_is_told_which_option_sets_it(spec: DrillSpec, told: str) -> None:
    """A region named without `--provinces-max` was told that such a drill "strikes 2 to 1 provinces", and a share was said in permille."""
    refused = blast_radius(spec, view(0))
    assert refused is not None
    assert told in refused.message
    assert refused.message.endswith("-max).")


def test_a_drill_that_harms_the_rest_is_seen_after_two_seconds() -> None:
    """One odd picture must not end a drill; real harm must, and what the struck province itself loses is the drill."""
    guarded = drill(spec=DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN,), abort_below_permille=900))
    progress = Progress()
    own = summary(FUJIAN, lines=(late(100),))
    bad = summary(JIANGXI, lines=(late(890),))
    unknown = summary(HUNAN, lines=(late(UNKNOWN),))
    assert not is_harming(guarded, view(500, summary(JIANGXI, lines=(late(900),)), unknown), progress)
    assert progress.below_since_ms == 0
    assert not is_harming(guarded, view(1_000, own), progress)
    assert not is_harming(guarded, view(2_000, bad), progress)
    assert is_harming(guarded, view(2_000 + BELOW_MS, bad), progress)
    assert not is_harming(guarded, view(5_000, summary(JIANGXI, lines=(late(900),))), progress)
    assert not is_harming(guarded, view(5_000 + BELOW_MS, bad), progress)


@pytest.mark.parametrize("kind", list(DrillKind))
def test_every_kind_has_rules(kind: DrillKind) -> None:
    """A kind that is listed and cannot be run would fail in the middle."""
    assert RULES[kind].provinces_max >= RULES[kind].provinces_min


@pytest.mark.parametrize(
    ("kind", "changes", "told"),
    [
        (DrillKind.SITE_OUTAGE, {"signed_in": 2}, "fewer than 3"),
        (DrillKind.SNOW, {"policy": SharingPolicy(needs_two_people=True)}, "two people"),
        (DrillKind.SNOW, {"policy": SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)}, "already"),
    ],
)
def test_a_fault_that_would_show_nothing_is_refused(kind: DrillKind, changes: dict[str, Any], told: str) -> None:
    """Two minutes of silence that nobody may call an outage, or a proposal left on somebody's desk, teach nothing."""
    refused = blast_radius(
        DrillSpec(kind=kind, provinces=(FUJIAN,), operators_max_permille=500), view(0, summary(FUJIAN, **changes))
    )
    assert refused is not None
    assert told in refused.message
