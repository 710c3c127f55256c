import pytest

from actors.core import commands as c
from actors.core.ids import OperatorId
from actors.core.operators import KindExperience, PresenceState
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary
from actors.core.summary import summarise
from actors.core.task import TaskState
from tests.unit.core.harness import ADDRESS, LARGE, MEDICAL, SHIPPED, START_MS, Branch, person
from tests.unit.core.journeys import advise, bring_to, settle
from tests.unit.core.provinces import answer, deliver, host, moving


def summary_of(branch: Branch) -> ProvinceSummary:
    """What the branch says of itself."""
    return branch.province.summary(branch.now)


def kind_of(branch: Branch, kind: str = MEDICAL) -> KindSummary:
    """What it says of one kind."""
    return next(summary for summary in summary_of(branch).kinds if summary.kind == kind)


def test_totals_are_the_sum_of_the_states() -> None:
    """I12: what monitoring shows equals what there is, during moves too."""
    branch = Branch()
    branch.arrive(person("lin", capacity=3))
    for _ in range(5):
        branch.create()
    advise(branch, "jiangxi", MEDICAL)
    held = list(branch.state.holds[OperatorId("lin")])
    branch.start(held[0])
    branch.did(c.SuspendAssignment(**branch.holder(held[0]), reason="papers"))
    branch.create(not_before_ms=branch.wall_ms + 1)
    summary = summary_of(branch)
    assert sum(summary.open_by_state.values()) == len(branch.state.tasks)
    assert summary.open_by_state["moving"] == 1
    assert summary.open_by_state["suspended"] == 1
    assert sum(summary.waiting_by_line.values()) == summary.open_by_state.get("queued", 0)


def test_an_idle_province_offers_its_free_people() -> None:
    """The seam of sharing: who could take work at once."""
    branch = Branch()
    branch.arrive(
        person("chen", capacity=3, kinds={MEDICAL: KindExperience(done_count=30, quality_permille=990)}),
        person("lin", kinds={MEDICAL: KindExperience(done_count=10)}),
        person("wu", share_opt_in=False, kinds={MEDICAL: KindExperience(done_count=900)}),
    )
    branch.create()
    summary = kind_of(branch)
    assert (summary.eligible, summary.free_capacity, summary.waiting, summary.expected_wait_ms) == (2, 4, 0, 0)
    assert (summary.experience, summary.best_operator, summary.quality_permille) == (20, "chen", 990)


def test_people_on_a_break_or_silent_are_not_on_duty() -> None:
    """Hosts would be chosen for people who are not there."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.arrive(person("lin"), presence=PresenceState.BREAK)
    assert kind_of(branch).eligible == 1
    branch.wait(3_000)
    assert summary_of(branch).kinds == ()
    assert (summary_of(branch).signed_in, summary_of(branch).available) == (2, 0)


def test_work_that_nobody_can_do_waits_without_bound() -> None:
    """Otherwise the sharing rule would never see that it must leave."""
    branch = Branch()
    branch.arrive(person("chen", kinds={ADDRESS: KindExperience()}))
    branch.create(LARGE)
    assert kind_of(branch, LARGE).expected_wait_ms == WAIT_UNBOUNDED_MS


def test_the_expected_wait_is_work_over_capacity() -> None:
    """The number that starts and ends sharing."""
    branch = Branch()
    branch.arrive(person("chen", capacity=2))
    for _ in range(2 + 5):
        branch.create()
    # Five wait, twelve standard minutes each, two at a time.
    assert kind_of(branch).expected_wait_ms == 5 * 12 * 60_000 // 2


def test_whoever_is_free_takes_the_next_one_at_once_whatever_else_waits() -> None:
    """Work that nobody there can do would make a branch with people to spare look as busy as one without."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.create(LARGE)
    assert kind_of(branch).expected_wait_ms == 0
    branch.create()
    assert kind_of(branch).expected_wait_ms > 0, "nobody is free any more"


def test_handle_times_are_those_of_the_statistics() -> None:
    """Hosts would be ranked by another truth than the people in them."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.start(task_id)
    branch.wait(60_000, heard=["chen"])
    branch.complete(task_id)
    branch.wait(60_000, heard=["chen"])
    branch.create()
    standard_ms = 12 * 60_000
    kind_ms = (60_000 + 20 * standard_ms) / 21
    assert kind_of(branch).handle_ms == pytest.approx((60_000 + 20 * kind_ms) / 21, rel=1e-3)
    branch.sign_in("chen")
    branch.create()
    branch.create()
    assert kind_of(branch).expected_wait_ms == pytest.approx(2 * kind_ms, rel=1e-3)


def test_the_oldest_waiting_task_is_the_oldest() -> None:
    """The stranded warning rests on it."""
    branch = Branch()
    branch.create()
    branch.wait(60_000)
    branch.create(LARGE)
    assert summary_of(branch).oldest_waiting_ms == 60_000
    # An urgent one that came later is served before it.
    branch.create(priority=9)
    assert summary_of(branch).oldest_waiting_ms == 60_000


def test_what_was_booked_ahead_waits_from_its_own_start() -> None:
    """A task that a branch booked a week ago would look as if it had been forgotten for a week, on the day on which it is due."""
    branch = Branch()
    branch.create(not_before_ms=START_MS + 60_000)
    branch.wait(60_000)
    branch.wait(2_000)
    assert summary_of(branch).oldest_waiting_ms == 2_000


def test_shared_work_is_counted_on_both_sides() -> None:
    """Quotas and the country's table rest on it."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    assert (summary_of(home).leaving, summary_of(home).shared_out) == (1, 0)
    answer(sent, deliver(sent, other), home)
    assert (summary_of(home).leaving, summary_of(home).shared_out, summary_of(other).shared_in) == (0, 1, 1)
    advise(other, "hubei", MEDICAL)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    assert other.task(task_id).state is TaskState.MOVING
    assert summary_of(other).leaving == 0, "it is none of its own"
    settle(other, task_id, accepted=False)
    other.arrive(person("wu", other.code))
    other.start(task_id)
    other.complete(task_id)
    assert (summary_of(other).shared_in, summary_of(other).decided_shared_count) == (0, 1)
    for message in other.due():
        home.do(message.command)
    assert summary_of(home).shared_out == 0
    assert (summary_of(home).created_count, summary_of(other).decided_count) == (1, 1)


def test_nothing_is_counted_twice_over_a_whole_life() -> None:
    """Counters that drift are worse than none."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.did(c.SuspendAssignment(**branch.holder(task_id), reason="papers"))
    branch.did(c.ResumeTask(task_id=task_id))
    branch.start(task_id)
    branch.complete(task_id)
    summary = summary_of(branch)
    assert summary.open_by_state == {}
    assert (summary.created_count, summary.decided_count) == (1, 1)
    assert branch.state.load_of(OperatorId("chen")) == 0


def test_a_task_in_transit_says_how_long_and_whom_it_waits_for() -> None:
    """A host that is away holds up a customer's task, and nobody would see it."""
    branch = Branch()
    branch.create()
    assert (summary_of(branch).oldest_transit_ms, summary_of(branch).oldest_transit_host) == (0, "")
    advise(branch, "jiangxi", MEDICAL)
    branch.wait(45_000)
    summary = summary_of(branch)
    assert (summary.oldest_transit_ms, summary.oldest_transit_host) == (45_000, "jiangxi")


def test_a_summary_that_is_kept_equals_one_that_is_worked_out() -> None:
    """Kept too long, it would send work to people who have gone, or hide for half a second and for ever that a task waits."""
    branch = Branch(model=SHIPPED)

    def both() -> ProvinceSummary:
        kept = summary_of(branch)
        hosting = branch.province.outbox.advice.hosting(branch.state.model)
        assert kept == summarise(branch.state, branch.province.presence, branch.now, hosting)
        return kept

    both()
    branch.arrive(person("chen", capacity=2), person("lin"))
    task = branch.create()
    assert both().open_by_state == {"offered": 1}
    branch.create(kind=LARGE)
    before = both()
    assert before.lines, "this model asks for what lines say"
    branch.wait(700, heard=("chen",))
    after = both()
    assert after.oldest_waiting_ms == before.oldest_waiting_ms + 700
    branch.wait(2_000, heard=("chen",))
    assert both().capacity == 2, "lin is not heard any more"
    branch.accept(task)
    branch.start(task)
    branch.complete(task)
    assert both().decided_count == 1
    branch.wait(61_000, heard=("chen",))
    both()
