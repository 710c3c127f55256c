"""The figures of a drill, from journals written by hand."""

from typing import Any

import msgspec
import pytest

from actors.core import events as e
from actors.core.country import ProvinceStatus
from actors.core.drills.figures import COMPARISONS, FIGURES, judge, percentile
from actors.core.drills.measuring import Measuring
from actors.core.drills.record import DrillKind, DrillReport, Objective, Standing
from actors.core.ids import OperatorId, ProvinceCode, SiteId, TaskId
from actors.core.task import Decision, Verdict
from tests.unit.core.drills.scene import (
    FUJIAN,
    HUNAN,
    JIANGXI,
    LIFTED_MS,
    SPEC,
    STRUCK_MS,
    assigned,
    created,
    drill,
    handed_over,
    move_accepted,
    move_started,
)

#: Fujian had two tasks; both went to Jiangxi, which gave the first to somebody.
FUJIAN_EVENTS: tuple[e.AnyEvent, ...] = (
    e.SiteLost(at_ms=STRUCK_MS + 3_100, site=SiteId("fujian-1"), silent=10, signed_in=10, silent_for_ms=3_000),
    e.ProvinceStatusChanged(at_ms=STRUCK_MS + 3_100, status=ProvinceStatus.UNREACHABLE),
    move_started(1, STRUCK_MS + 3_100),
    move_started(2, STRUCK_MS + 3_200),
    handed_over(1, STRUCK_MS + 3_300),
    handed_over(2, STRUCK_MS + 3_400),
    e.ProvinceStatusChanged(at_ms=LIFTED_MS + 3_500, status=ProvinceStatus.ACTIVE),
)
JIANGXI_EVENTS: tuple[e.AnyEvent, ...] = (
    move_accepted(1, STRUCK_MS + 3_150),
    assigned("fujian-1", STRUCK_MS + 3_200),
    move_accepted(2, STRUCK_MS + 3_250),
)
AFTER = (Standing(province=FUJIAN, sequence=20), Standing(province=JIANGXI, sequence=9, open_tasks=2))


def measured(
    fujian: tuple[e.AnyEvent, ...] = FUJIAN_EVENTS,
    jiangxi: tuple[e.AnyEvent, ...] = JIANGXI_EVENTS,
    after: tuple[Standing, ...] = AFTER,
    **changes: Any,
) -> DrillReport:
    """The report of a drill with these journals; each event in a frame of its own."""
    measuring = Measuring(drill(**changes), after)
    measuring.take(FUJIAN, 9, [created(1, STRUCK_MS - 60_000), created(2, STRUCK_MS - 50_000)])
    for place, event in enumerate(fujian, start=11):
        measuring.take(FUJIAN, place, [event])
    for place, event in enumerate(jiangxi, start=6):
        measuring.take(JIANGXI, place, [event])
    return measuring.report()


def test_a_takeover_gives_its_times_and_counts() -> None:
    """The row of the issue is made of these: each from the instant of the fault, the recovery from its end."""
    report = measured()
    assert report.figures == {
        "detected_ms": 3_100,
        "first_reassigned_ms": 3_200,
        "first_moved_ms": 3_150,
        "all_moved_ms": 3_250,
        "recovered_ms": 3_500,
        "moved": 2,
        "stayed": 0,
        "lost": 0,
        "decided_twice": 0,
        "false_alarms": 0,
        "shadow_tasks": 0,
        "leftovers": 0,
        "eligible_permille": 1_000,
        "moved_again_permille": 0,
    }
    assert report.passed
    assert report.helpers == {JIANGXI: 2}
    assert report.moved == ((3_150, 1), (3_250, 2))
    assert [moment.what for moment in report.timeline][:4] == ["started", "struck", "detected", "first_reassigned"]
    assert set(report.figures) <= set(FIGURES)


def test_others_that_are_active_again_say_nothing_of_the_recovery() -> None:
    """A branch that somebody resumes beside a drill would be taken for the one that was struck, and the drill miss its objective."""
    resumed = e.ProvinceStatusChanged(at_ms=LIFTED_MS + 5_000, status=ProvinceStatus.ACTIVE)
    assert measured(jiangxi=(*JIANGXI_EVENTS, resumed)).figures["recovered_ms"] == 3_500


def test_a_task_that_left_and_arrived_nowhere_is_lost() -> None:
    """A move whose host forgot it would be held by nobody: the one thing that must never happen."""
    report = measured(
        jiangxi=JIANGXI_EVENTS[:2], after=(AFTER[0], Standing(province=JIANGXI, sequence=9, open_tasks=1))
    )
    assert report.figures["lost"] == 1
    assert not report.passed


def test_a_move_that_went_on_while_journals_were_read_is_not_lost() -> None:
    """Provinces say how they stand one after the other and go on working: the host's answer may be younger than its word."""
    after = (Standing(province=FUJIAN, sequence=20), Standing(province=JIANGXI, sequence=7, open_tasks=1))
    assert measured(after=after).figures["lost"] == 0


def test_a_task_on_its_way_at_the_end_is_not_lost() -> None:
    """Its source still has it and repeats the move."""
    after = (
        Standing(province=FUJIAN, sequence=20, open_tasks=1, moving=1),
        Standing(province=JIANGXI, sequence=9, open_tasks=1),
    )
    report = measured(fujian=(*FUJIAN_EVENTS[:5], FUJIAN_EVENTS[6]), jiangxi=JIANGXI_EVENTS[:2], after=after)
    assert report.figures["lost"] == 0


def test_a_host_that_is_quicker_than_its_answer_loses_nothing() -> None:
    """On a busy day an outcome overtakes the acceptance: the source's record of the move ends with it, and 32 of 5,000 were called lost."""
    accepted = move_accepted(2, STRUCK_MS + 3_250)
    assert isinstance(accepted, e.MoveAccepted)
    fujian = (*FUJIAN_EVENTS[:5], e.OutcomeNoted(at_ms=STRUCK_MS + 3_400, task=accepted.task), FUJIAN_EVENTS[6])
    after = (AFTER[0], Standing(province=JIANGXI, sequence=9, open_tasks=2))
    assert measured(fujian=fujian, after=after).figures["lost"] == 0
    gone = (AFTER[0], Standing(province=JIANGXI, sequence=9, open_tasks=1))
    assert measured(fujian=fujian, after=gone).figures["lost"] == 1


def test_a_task_that_is_back_before_it_was_let_go_of_is_counted_once() -> None:
    """Its return replaces the record of its going."""
    accepted = move_accepted(2, STRUCK_MS + 3_250)
    assert isinstance(accepted, e.MoveAccepted)
    back = msgspec.structs.replace(accepted, at_ms=STRUCK_MS + 3_500, source=JIANGXI)
    fujian = (*FUJIAN_EVENTS[:5], back, FUJIAN_EVENTS[6])
    after = (Standing(province=FUJIAN, sequence=20, open_tasks=1), Standing(province=JIANGXI, sequence=9, open_tasks=2))
    assert measured(fujian=fujian, after=after).figures["lost"] == 0


def test_a_task_that_vanished_from_a_province_is_lost() -> None:
    """A journal cut off by a kill shows no event at all: only counting what must be there finds it."""
    report = measured(after=(AFTER[0], Standing(province=JIANGXI, sequence=9, open_tasks=1)))
    assert report.figures["lost"] == 1


def test_a_task_decided_in_two_provinces_fails_the_drill() -> None:
    """Two desks that both believe to hold a task: the other thing that must never happen."""
    decision = Decision(
        verdict=Verdict.APPROVED, operator=OperatorId("x"), province=ProvinceCode("fujian"), time_ms=STRUCK_MS
    )
    twice = e.TaskCompleted(at_ms=STRUCK_MS + 9_000, task_id=TaskId("fujian-1"), decision=decision)
    report = measured(fujian=(*FUJIAN_EVENTS, twice), jiangxi=(*JIANGXI_EVENTS, twice))
    assert report.figures["decided_twice"] == 1
    assert not report.passed


def test_no_time_to_all_moved_while_something_stayed() -> None:
    """The time of the last of those that left would look like a success."""
    report = measured(stayed=3)
    assert report.figures["stayed"] == 3
    assert "all_moved_ms" not in report.figures


def test_tasks_that_came_after_the_fault_do_not_delay_the_last_move() -> None:
    """Under real load new tasks arise and leave all the time; the time is of those that were waiting."""
    late = move_accepted(3, LIFTED_MS - 100, created_ms=STRUCK_MS + 5_000)
    assert measured(jiangxi=(*JIANGXI_EVENTS, late)).figures["all_moved_ms"] == 3_250


def test_a_host_without_anybody_for_the_task_counts_against_it() -> None:
    """Work moved to where nobody may do it is moved for nothing."""
    fujian = (*FUJIAN_EVENTS[:3], move_started(2, STRUCK_MS + 3_200, eligible=0), *FUJIAN_EVENTS[4:])
    assert measured(fujian=fujian).figures["eligible_permille"] == 500
    given = assigned("fujian-2", STRUCK_MS + 9_000)
    figures = measured(fujian=fujian, jiangxi=(*JIANGXI_EVENTS, given)).figures
    assert figures["eligible_permille"] == 1_000, "whoever was given it may do it"
    assert figures["first_reassigned_ms"] == 3_200
    chosen, better = (move_started(2, STRUCK_MS + 3_200, host, able) for host, able in ((JIANGXI, 0), (HUNAN, 5)))
    both = msgspec.structs.replace(chosen, candidates=(*chosen.candidates, *better.candidates))
    fujian = (*FUJIAN_EVENTS[:3], both, *FUJIAN_EVENTS[4:])
    assert measured(fujian=fujian).figures["eligible_permille"] == 500, "whom others have is no help"


def test_a_task_that_moves_a_second_time_is_counted_as_such() -> None:
    """Work that is handed round the country looks like work that was taken over."""
    again = move_accepted(1, STRUCK_MS + 8_000, HUNAN)
    assert measured(jiangxi=(*JIANGXI_EVENTS, again)).figures["moved_again_permille"] == 333


def test_of_several_struck_provinces_the_first_is_detected_and_the_last_recovers() -> None:
    """A region would be called well as soon as one of its provinces is, or found out when the last of them is."""
    spec = msgspec.structs.replace(SPEC, kind=DrillKind.REGIONAL, provinces=(FUJIAN, HUNAN))
    both = tuple(Standing(province=code, sequence=10) for code in spec.provinces)

    def figures(*hunan: e.AnyEvent) -> dict[str, int]:
        measuring = Measuring(drill(spec=spec, before=both), both)
        measuring.take(FUJIAN, 11, FUJIAN_EVENTS)
        measuring.take(HUNAN, 11, hunan)
        return measuring.report().figures

    def status(at_ms: int, status: ProvinceStatus) -> e.ProvinceStatusChanged:
        return e.ProvinceStatusChanged(at_ms=at_ms, status=status)

    dark, early = status(STRUCK_MS + 3_000, ProvinceStatus.UNREACHABLE), status(STRUCK_MS - 10, ProvinceStatus.ACTIVE)
    assert "recovered_ms" not in figures(early, dark)
    found = figures(early, dark, status(LIFTED_MS + 3_900, ProvinceStatus.ACTIVE))
    assert (found["detected_ms"], found["recovered_ms"], found["false_alarms"]) == (3_000, 3_900, 0)
    later = figures(status(STRUCK_MS + 3_300, ProvinceStatus.UNREACHABLE), status(LIFTED_MS, ProvinceStatus.ACTIVE))
    assert (later["detected_ms"], later["recovered_ms"]) == (3_100, 3_500)


def test_an_alarm_elsewhere_is_a_false_one() -> None:
    """A drill that makes others look dead has found a bug."""
    alarm = e.ProvinceStatusChanged(at_ms=STRUCK_MS + 100, status=ProvinceStatus.UNREACHABLE)
    earlier = e.ProvinceStatusChanged(at_ms=STRUCK_MS - 100, status=ProvinceStatus.UNREACHABLE)
    assert measured(jiangxi=(*JIANGXI_EVENTS, alarm)).figures["false_alarms"] == 1
    assert measured(jiangxi=(earlier, *JIANGXI_EVENTS)).figures["false_alarms"] == 0


def test_lenders_are_compared_with_the_minutes_before() -> None:
    """Helping must not cost the helper's own customers: their waits before and after, and today's ratio."""
    own = (
        created(1, STRUCK_MS - 20_000, JIANGXI),
        assigned("jiangxi-1", STRUCK_MS - 18_000),
        created(2, STRUCK_MS - 90_000, JIANGXI, not_before_ms=STRUCK_MS - 1_000),
        assigned("jiangxi-2", STRUCK_MS + 5_000),
    )
    before = (
        Standing(province=FUJIAN, sequence=10, open_tasks=2),
        Standing(province=JIANGXI, sequence=5, on_time_permille={"claims": 950, "servicing": 900}),
    )
    after = (AFTER[0], Standing(province=JIANGXI, sequence=5, on_time_permille={"claims": 930, "servicing": 910}))
    figures = measured(jiangxi=(*JIANGXI_EVENTS, *own), before=before, after=after).figures
    assert figures["lender_wait_p95_ratio_permille"] == 3_000
    assert figures["lender_on_time_drop_permille"] == 20


@pytest.mark.parametrize("side", ["earlier", "later"])
def test_nothing_is_compared_with_nothing(side: str) -> None:
    """A helper that had no work of its own on one side would stop the report, or be blamed for it."""
    own = (
        created(1, STRUCK_MS - 20_000, JIANGXI),
        assigned("jiangxi-1", STRUCK_MS + (-10 if side == "earlier" else 10)),
    )
    standing = Standing(province=JIANGXI, sequence=5, on_time_permille={"claims": 950})
    after = (AFTER[0], msgspec.structs.replace(standing, on_time_permille={"servicing": 100}))
    report = measured(jiangxi=(*JIANGXI_EVENTS, *own), before=(drill().before[0], standing), after=after)
    assert not set(COMPARISONS) & set(report.figures)
    assert [note for note in report.notes if "nothing to compare" in note] != []


@pytest.mark.parametrize(
    ("objective", "met"),
    [
        (Objective(figure="moved", at_least=2), True),
        (Objective(figure="moved", at_least=3), False),
        (Objective(figure="detected_ms", at_most=3_100), True),
        (Objective(figure="detected_ms", at_most=3_099), False),
        # Not measured is not met ...
        (Objective(figure="moved_again_permille", at_most=10), False),
        # ... but where there was nothing to harm, nothing was harmed.
        (Objective(figure="lender_wait_p95_ratio_permille", at_most=1_100), True),
    ],
)
def test_objectives_are_judged_to_the_unit(objective: Objective, met: bool) -> None:
    """A bound that a miss by one passes is no bound."""
    [judgement] = judge([objective], {"moved": 2, "detected_ms": 3_100})
    assert judgement.met is met


def test_percentiles_are_values_that_were_seen() -> None:
    """Nearest rank: no interpolation between two waits of a handful."""
    assert percentile([5, 1, 3], 500) == 3
    assert percentile([5], 950) == 5
    assert percentile(list(range(1, 101)), 950) == 95
    assert HUNAN not in measured().helpers


def test_what_a_preview_promised_moves_or_is_excused() -> None:
    """A preview that promises what does not happen is a guess; people at home who go on working are no such thing."""
    spec = msgspec.structs.replace(SPEC, kind=DrillKind.SNOW)
    ids = tuple(TaskId(f"fujian-{number}") for number in (1, 2, 3, 4))
    home = (*FUJIAN_EVENTS, assigned("fujian-3", STRUCK_MS + 500))
    report = measured(fujian=home, spec=spec, previewed=ids)
    assert report.figures["preview_missed"] == 1
    assert report.notes[-2] == "previewed, and nothing happened to them: fujian-4"
    assert report.notes[-1].startswith("4 previewed; 2 of them")
    assert measured(fujian=home, spec=spec, previewed=ids[:3]).figures["preview_missed"] == 0


def test_an_alarm_of_a_struck_province_is_false_unless_its_desks_are_silent() -> None:
    """A province whose process was killed is not a site without power; nor is one behind a cut connection."""
    spec = msgspec.structs.replace(SPEC, kind=DrillKind.GATEWAY_PARTITION)
    figures = measured(spec=spec).figures
    assert figures["false_alarms"] == 1
    assert "detected_ms" not in figures


def test_a_successor_serves_from_its_first_frame_on() -> None:
    """The coordinator sees it up to half a second later; and an incarnation that never came has served nobody."""
    spec = msgspec.structs.replace(SPEC, kind=DrillKind.ACTOR_KILL)
    before = (Standing(province=FUJIAN, sequence=10, epoch=1),)
    after = (Standing(province=FUJIAN, sequence=12, epoch=2),)
    measuring = Measuring(drill(spec=spec, before=before), after)
    measuring.take(FUJIAN, 11, [], epoch=1, at_ms=STRUCK_MS - 10)
    measuring.take(FUJIAN, 12, [], epoch=2, at_ms=STRUCK_MS + 870)
    assert measuring.report().figures["served_ms"] == 870
    assert "served_ms" not in Measuring(drill(spec=spec, before=before), before).report().figures
