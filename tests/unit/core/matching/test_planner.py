"""The planner's outside contract: what goes in, what comes out, what is refused."""

import inspect
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from actors.core.matching import Explanation, Planner, PlannerTask
from actors.core.matching.planner import AGE_MAX_MINUTES, PATIENCE_MEANS, PATIENCE_MINUTES
from actors.core.matching.planning import estimates
from actors.core.matching.planning.urgency import DUE_WEIGHT_MAX

POOLS = {"claim": ["ann", "bob", "cao"], "change": ["bob"]}


def task(name: str, kind: str = "claim", arrived: float = 0.0, due: float | None = None) -> PlannerTask:
    """A task of a usual kind."""
    return PlannerTask(id=name, kind=kind, arrived=arrived, due=due)


def taught(**minutes: float) -> Planner:
    """A planner that saw each person do twenty claims of so many minutes."""
    planner = Planner()
    for turn in range(20):
        for operator, each in minutes.items():
            planner.observe(task(f"{operator}{turn}"), operator, each, float(turn))
    return planner


def test_the_interface_is_the_one_agreed() -> None:
    """Else whoever judges the matcher from outside cannot call it."""
    assert str(inspect.signature(Planner)) == "(*, seed: int = 0) -> None"
    assert list(inspect.signature(Planner.plan).parameters) == ["self", "tasks", "operators", "now", "pools"]
    observe = inspect.signature(Planner.observe).parameters
    assert list(observe) == ["self", "task", "operator_id", "minutes", "now", "quality"]
    assert observe["quality"].default is None
    assert list(inspect.signature(Planner.explain).parameters) == ["self", "task", "operator_id", "now"]
    bare = PlannerTask(id="t", kind="k", arrived=1.0)
    assert (bare.case_id, bare.due, dict(bare.attributes)) == ("", None, {})


def test_from_nothing_everybody_gets_work() -> None:
    """Else a start without history would leave people idle."""
    pairs = Planner().plan([task("a"), task("b"), task("c", "change")], ["ann", "bob", "cao"], 0.0, POOLS)
    assert sorted(name for name, _ in pairs) == ["a", "b", "c"]
    assert dict(pairs)["c"] == "bob"
    assert len({operator for _, operator in pairs}) == 3


def test_only_people_of_the_pool_are_chosen() -> None:
    """Else somebody would get work they may not do."""
    planner = Planner()
    assert planner.plan([task("a", "change")], ["ann", "cao", "dan"], 0.0, POOLS) == []
    assert planner.plan([task("a", "unheard of")], ["ann"], 0.0, POOLS) == []
    assert planner.plan([task("a")], ["dan"], 0.0, {"claim": []}) == []
    assert planner.plan([], ["ann"], 0.0, POOLS) == []
    assert planner.plan([task("a")], [], 0.0, POOLS) == []


def test_what_is_named_twice_counts_once() -> None:
    """Else one task would start twice or one person get two."""
    pairs = Planner().plan([task("a"), task("a"), task("b")], ["ann", "ann"], 0.0, POOLS)
    assert len(pairs) == 1
    assert pairs[0][1] == "ann"


def test_the_quicker_person_is_chosen_after_few_observations() -> None:
    """Else learning from finished tasks would not reach the decision."""
    planner = taught(ann=30.0, bob=5.0)
    assert planner.plan([task("a", arrived=100.0)], ["ann", "bob"], 100.0, POOLS) == [("a", "bob")]


def test_each_does_what_they_are_relatively_best_at() -> None:
    """Else the quickest would be used up by work that others do nearly as well."""
    planner = Planner()
    pools = {"claim": ["ann", "bob"], "change": ["ann", "bob"]}
    for turn in range(30):
        for kind, ann, bob in (("claim", 10.0, 11.0), ("change", 10.0, 30.0)):
            planner.observe(task(f"a{kind}{turn}", kind), "ann", ann, float(turn))
            planner.observe(task(f"b{kind}{turn}", kind), "bob", bob, float(turn))
    both = [task("a", arrived=50.0), task("b", "change", arrived=50.0)]
    assert sorted(planner.plan(both, ["ann", "bob"], 50.0, pools)) == [("a", "bob"), ("b", "ann")]


def test_a_task_waits_for_a_much_quicker_person() -> None:
    """Else slow people would take what a quick one does sooner."""
    planner = taught(ann=300.0, bob=5.0)
    assert planner.plan([task("a", arrived=99.0)], ["bob"], 100.0, POOLS) == [("a", "bob")]
    waiting = [task("b", arrived=100.0)]
    assert planner.plan(waiting, ["ann"], 100.0, POOLS) == []
    left = planner.explain(waiting[0], "ann", 103.0).left_minutes
    assert left == 3.0
    planner.observe(task("a"), "bob", 5.0, 105.0)
    assert planner.plan(waiting, ["bob"], 105.0, POOLS) == [("b", "bob")]


def test_while_the_quick_person_stays_busy_patience_ends() -> None:
    """Else a task could wait without bound for somebody whose own task never ends."""
    planner = taught(ann=100.0, bob=5.0, cao=5.0)
    assert len(planner.plan([task("a", arrived=99.0), task("b", arrived=99.0)], ["bob", "cao"], 100.0, POOLS)) == 2
    waiting = [task("c", arrived=100.0)]
    left = [minute for minute in range(100, 400) if planner.plan(waiting, ["ann"], float(minute), POOLS) == []]
    assert left == list(range(100, 100 + len(left))), "offered again, it was not taken: its patience is over still"
    assert 0 < len(left) <= PATIENCE_MINUTES


def test_patience_ends_however_long_the_better_person_is_worth_waiting_for() -> None:
    """Else a task could wait for ever for somebody very much quicker."""
    planner = taught(ann=3000.0, bob=200.0)
    patience = max(PATIENCE_MINUTES, PATIENCE_MEANS * planner.explain(task("x"), "ann", 0.0).parts[1].value)
    assert planner.plan([task("a", arrived=99.0)], ["bob"], 100.0, POOLS) == [("a", "bob")]
    waiting = [task("b", arrived=100.0)]
    planner.plan(waiting, ["ann"], 100.0, POOLS)
    assert planner.plan(waiting, ["ann"], 100.0 + patience, POOLS) == [("b", "ann")]


def test_no_flood_of_short_tasks_starves_a_long_one() -> None:
    """Else shortest-first would leave long tasks for ever while short ones keep coming."""
    planner = Planner()
    pools = {"long": ["ann"], "short": ["ann"]}
    for turn in range(20):
        planner.observe(task(f"l{turn}", "long"), "ann", 500.0, 0.0)
        planner.observe(task(f"s{turn}", "short"), "ann", 1.0, 0.0)
    long = task("long", "long")
    for turn in range(3):
        assert planner.plan([long, task(f"x{turn}", "short", turn)], ["ann"], float(turn), pools) == [
            (f"x{turn}", "ann")
        ]
    late = AGE_MAX_MINUTES
    assert planner.plan([long, task("y", "short", late)], ["ann"], late, pools) == [("long", "ann")]


def test_the_oldest_of_like_tasks_goes_first() -> None:
    """Else which of them waits longest would be left to how the list happens to be ordered."""
    like = [task("young", arrived=90.0), task("old", arrived=10.0), task("middle", arrived=50.0)]
    for turned in (like, like[::-1]):
        assert taught(ann=5.0, bob=5.0).plan(turned, ["ann"], 100.0, POOLS) == [("old", "ann")]


def test_a_long_task_that_has_waited_goes_before_a_short_one() -> None:
    """Else the long ones would starve wherever short ones keep coming."""
    planner = Planner()
    for turn in range(30):
        planner.observe(task(f"s{turn}", "change"), "bob", 4.0, float(turn))
        planner.observe(task(f"l{turn}", "claim"), "bob", 8.0, float(turn))
    for arrived, first in ((990.0, "short"), (100.0, "long")):
        waiting = [task("short", "change", 999.0), task("long", "claim", arrived)]
        assert planner.plan(waiting, ["bob"], 1000.0, POOLS) == [(first, "bob")]


def test_nearly_due_goes_first_among_equals() -> None:
    """Else due dates would not count."""
    planner = taught(ann=10.0)
    tasks = [task("a", arrived=0.0), task("b", arrived=1.0, due=30.0)]
    assert planner.plan(tasks, ["ann"], 20.0, {"claim": ["ann"]}) == [("b", "ann")]


def test_better_quality_decides_between_equals() -> None:
    """Else observed quality would not count."""
    planner = Planner()
    for turn in range(20):
        planner.observe(task(f"a{turn}"), "ann", 10.0, 0.0, quality=0.6)
        planner.observe(task(f"b{turn}"), "bob", 10.0, 0.0, quality=1.0)
    assert planner.plan([task("a", arrived=5.0)], ["ann", "bob"], 5.0, POOLS) == [("a", "bob")]


def large(name: str, pages: object, arrived: float = 0.0) -> PlannerTask:
    """A claim of so many pages."""
    return PlannerTask(id=name, kind="claim", arrived=arrived, attributes={"pages": pages})  # pyright: ignore[reportArgumentType]


def taught_by_pages() -> Planner:
    """A planner that saw claims take ann, and bob, a minute a page."""
    planner = Planner()
    for turn in range(60):
        pages = 2.0 ** (turn % 5)
        planner.observe(large(f"a{turn}", pages), ("ann", "bob")[turn % 2], pages, float(turn))
    return planner


def test_a_task_that_its_attributes_call_short_goes_first() -> None:
    """Else what the source knows of a task's length would be lost, and long ones would hold up short ones."""
    waiting = [large("long", 16.0, 99.0), large("short", 1.0, 100.0)]
    assert taught_by_pages().plan(waiting, ["ann"], 100.0, POOLS) == [("short", "ann")]
    minutes = [taught_by_pages().explain(each, "ann", 100.0).minutes for each in waiting]
    assert minutes[0] / minutes[1] == pytest.approx(16.0, rel=0.3)


def test_people_are_not_taken_for_slow_because_their_tasks_were_long() -> None:
    """Else whoever gets the long tasks would seem slow."""
    planner = taught_by_pages()
    for turn in range(40):
        planner.observe(large(f"x{turn}", 16.0), "ann", 16.0, 100.0)
        planner.observe(large(f"y{turn}", 1.0), "bob", 1.0, 100.0)
    ann, bob = (planner.explain(large("z", 4.0), who, 100.0).minutes for who in ("ann", "bob"))
    assert ann == pytest.approx(bob, rel=0.3)


@pytest.mark.parametrize("pages", [float("nan"), float("inf"), None, "many", 10**400, -1, [3], {}])
def test_attributes_that_cannot_be_are_missing(pages: object) -> None:
    """Else one broken field would stop all planning."""
    planner = taught_by_pages()
    planner.observe(large("odd", pages), "ann", 5.0, 100.0)
    assert len(planner.plan([large("a", pages, 100.0), large("b", 2.0, 100.0)], ["ann", "bob"], 100.0, POOLS)) == 2
    assert planner.explain(large("a", pages), "ann", 100.0).minutes > 0.0


def test_newcomers_are_not_tried_on_tasks_that_are_larger_than_usual() -> None:
    """Else somebody of whom nothing is known would begin with the riskiest work there is."""
    planner = taught_by_pages()

    def share(task: PlannerTask) -> float:
        parts = planner.explain(task, "cao", 100.0).parts
        return next(part.value for part in parts if part.parameter == "operator_newcomer_share")

    assert share(large("a", 1.0)) == share(task("a")) == estimates.NEWCOMER_SHARE
    assert share(large("b", 16.0)) == share(task("b", due=101.0)) == 0.0


def test_each_does_the_kind_that_they_are_good_at() -> None:
    """Else somebody would be sent, for their good name, what they are bad at."""
    planner, pools = Planner(), {"claim": ["ann", "bob"], "change": ["ann", "bob"]}
    for turn in range(20):
        for kind, ann in (("claim", 1.0), ("change", 0.3)):
            planner.observe(task(f"a{turn}", kind), "ann", 10.0, 0.0, quality=ann)
            planner.observe(task(f"b{turn}", kind), "bob", 10.0, 0.0, quality=1.3 - ann)
    for kind, better in (("claim", "ann"), ("change", "bob")):
        assert planner.plan([task("x", kind, 5.0)], ["ann", "bob"], 5.0, pools) == [("x", better)]


@pytest.mark.parametrize("minutes", [1e12, 1e308])
def test_minutes_beyond_belief_do_not_stop_planning(minutes: float) -> None:
    """Else one broken row of a log would overflow every sum, and nobody would get work any more."""
    planner = taught(ann=30.0, bob=5.0)
    for turn in range(3):
        planner.observe(task(f"x{turn}", "change"), "bob", minutes, 100.0)
    pools = {"claim": ["ann", "bob"], "change": ["ann", "bob"]}
    assert planner.plan([task("a", arrived=100.0)], ["ann", "bob"], 100.0, pools) == [("a", "bob")]
    assert ("b", "bob") in planner.plan([task("b"), task("c", "change")], ["ann", "bob"], 101.0, pools)
    assert Planner().plan([task("a", arrived=-minutes), task("b")], ["ann"], 1e300, pools)


def test_nobody_is_idle_beside_tasks_of_no_minutes() -> None:
    """Else a task that is thought to take no time would as well wait behind another, and wait long where it does take some."""
    planner = Planner()
    for turn in range(40):
        planner.observe(task(f"x{turn}"), "ann", 0.0, float(turn))
    assert len(planner.plan([task("a"), task("b")], ["ann", "bob"], 50.0, POOLS)) == 2
    assert len(planner.plan([task("c")], ["bob"], 50.0, POOLS)) == 1, "nor does it wait for somebody busy"


def test_times_far_from_their_origin_do_not_stop_planning() -> None:
    """Else a source that counts from long ago, or in other units, would get no plan while somebody is busy."""
    planner = taught(ann=300.0, bob=5.0)
    for now in (1e9, 1e18, 1e300, -1e300, -1e-20):
        assert planner.plan([task("a", arrived=now)], ["bob"], now, POOLS) == [("a", "bob")]
        planner.plan([task("b", arrived=now)], ["ann"], now, POOLS)


@pytest.mark.parametrize("unit", [2.0**-10, 2.0**10])
def test_the_unit_of_time_changes_no_decision(unit: float) -> None:
    """Else what holds for tasks of minutes would not hold for tasks of seconds or days."""

    def decided(unit: float) -> list[list[tuple[str, str]]]:
        planner = Planner()
        for turn in range(30):
            for operator, minutes in (("ann", 7.0), ("bob", 5.0), ("cao", 12.0)):
                planner.observe(task(f"{operator}{turn}"), operator, minutes * unit * (1 + turn % 3), 0.0)
        waiting = [
            task(f"t{number}", arrived=-0.5 * number * unit, due=number % 4 * 50.0 * unit) for number in range(6)
        ]
        return [sorted(planner.plan(waiting, free, 0.0, POOLS)) for free in (["cao"], ["ann", "cao"], ["bob"])]

    assert decided(unit) == decided(1.0)


def test_a_task_offered_again_is_planned_again() -> None:
    """Else a task that was not taken after all would be lost to planning."""
    planner = Planner()
    first = planner.plan([task("a")], ["ann"], 0.0, POOLS)
    assert first == [("a", "ann")]
    assert planner.plan([task("a")], ["ann"], 1.0, POOLS) == first
    assert planner.plan([task("a")], ["bob"], 2.0, POOLS) == [("a", "bob")]


def test_a_late_report_does_not_take_back_newer_work() -> None:
    """Else a person would count as idle whose last task is reported after the next was planned, and tasks would not wait for them."""
    planner = taught(ann=300.0, bob=5.0)
    first, second = task("a", arrived=99.0), task("b", arrived=104.0)
    assert planner.plan([first], ["bob"], 100.0, POOLS) == [("a", "bob")]
    assert planner.plan([second], ["bob"], 105.0, POOLS) == [("b", "bob")]
    planner.observe(first, "bob", 5.0, 105.0)
    assert planner.plan([task("c", arrived=106.0)], ["ann"], 106.0, POOLS) == [], (
        "bob has b in hand and is worth waiting for"
    )
    planner.observe(second, "cao", 5.0, 107.0)
    assert planner.plan([task("c", arrived=106.0)], ["ann"], 107.0, POOLS) == [("c", "ann")], (
        "b was done: bob has nothing"
    )


def test_pools_may_be_arrays_and_tasks_members_of_sets() -> None:
    """Else who keeps pools in numpy, or tasks in sets, would get errors that say nothing of the planner."""
    pools = {"claim": np.array(["ann", "bob"]), "change": np.array([], np.str_)}
    both = [task("a"), task("b", "change")]
    assert Planner().plan(both, ["ann"], 0.0, pools) == [("a", "ann")]
    with_more = PlannerTask(id="a", kind="claim", arrived=0.0, attributes={"amount": 5.0})
    assert len({with_more, both[0]}) == 2, "equal but for attributes is not equal"


def test_pools_may_change_in_place() -> None:
    """Else a list changed by its owner would be read as it was."""
    planner, pools = Planner(), {"claim": ["ann"]}
    assert planner.plan([task("a")], ["bob"], 0.0, pools) == []
    pools["claim"].append("bob")
    assert planner.plan([task("a")], ["bob"], 1.0, pools) == [("a", "bob")]


@pytest.mark.parametrize("minutes", [-1.0, float("nan"), float("inf")])
def test_minutes_that_cannot_be_are_refused(minutes: float) -> None:
    """Else one broken row of a log would spoil every estimate."""
    with pytest.raises(ValueError, match="minutes must be a finite number of at least 0"):
        Planner().observe(task("a"), "ann", minutes, 0.0)


def test_other_numbers_that_cannot_be_are_refused() -> None:
    """Else they would silently sort before or after everything."""
    nan = float("nan")
    with pytest.raises(ValueError, match="quality must be within"):
        Planner().observe(task("a"), "ann", 1.0, 0.0, quality=1.5)
    with pytest.raises(ValueError, match="now must be a finite number"):
        Planner().plan([task("a")], ["ann"], nan, POOLS)
    with pytest.raises(ValueError, match="arrived and due of task 'a'"):
        Planner().plan([task("a", arrived=nan)], ["ann"], 0.0, POOLS)


@pytest.mark.parametrize("value", [None, "5", b"5", 10**400, 1j, [5.0]])
def test_what_is_no_number_is_named_and_changes_nothing(value: object) -> None:
    """Else a source would be told of some float, and not of which field; or half of a call would count."""
    wrong: Any = value
    planner = taught(ann=300.0, bob=5.0)
    assert planner.plan([task("a", arrived=99.0)], ["bob"], 100.0, POOLS) == [("a", "bob")]
    with pytest.raises(ValueError, match="minutes must be a finite number"):
        planner.observe(task("a"), "bob", wrong, 100.0)
    with pytest.raises(ValueError, match="now must be a finite number"):
        planner.observe(task("a"), "bob", 1.0, wrong)
    with pytest.raises(ValueError, match="now must be a finite number"):
        planner.explain(task("a"), "bob", wrong)
    with pytest.raises(ValueError, match="arrived and due of task 'b'"):
        planner.plan([task("a"), task("b", arrived=wrong)], ["bob"], 100.0, POOLS)
    if value is not None:
        with pytest.raises(ValueError, match="quality must be within"):
            planner.observe(task("a"), "bob", 1.0, 100.0, quality=wrong)
        with pytest.raises(ValueError, match="arrived and due of task 'b'"):
            planner.plan([task("b", due=wrong)], ["bob"], 100.0, POOLS)
    assert planner.plan([task("c", arrived=100.0)], ["ann"], 100.0, POOLS) == [], (
        "bob is still thought to be at work on a"
    )


def test_what_no_float_can_be_taken_from_is_refused_before_anything_changes() -> None:
    """Else a log of Decimals, or a kind without a list of people, would end a call half-way: bob's task taken back, and nobody else given one."""
    odd: Any = Decimal(5)
    nobody: Any = {"claim": None}
    planner = taught(ann=300.0, bob=5.0)
    assert planner.plan([task("a", arrived=99.0)], ["bob"], 100.0, POOLS) == [("a", "bob")]
    with pytest.raises(ValueError, match="arrived and due of task 'b'"):
        planner.plan([task("a"), task("b", arrived=odd)], ["bob"], 100.0, POOLS)
    with pytest.raises(ValueError, match="arrived and due of task 'b'"):
        planner.plan([task("b", due=odd)], ["bob"], 100.0, POOLS)
    with pytest.raises(TypeError):
        planner.plan([task("a")], ["bob"], 100.0, nobody)
    assert planner.plan([task("c", arrived=100.0)], ["ann"], 100.0, POOLS) == [], (
        "bob is still thought to be at work on a"
    )


def test_numbers_may_be_of_any_type() -> None:
    """Else who keeps logs in numpy or in fractions would get errors that say nothing of the planner."""
    odd: list[Any] = [np.int64(2), np.float32(2), Fraction(2), Decimal(2), True]
    for number in odd:
        planner = Planner(seed=np.int64(3))  # pyright: ignore[reportArgumentType]
        planner.observe(task("x"), "ann", number, number, quality=1)
        assert planner.plan([task("a")], ["ann"], number, POOLS) == [("a", "ann")]
        assert planner.explain(task("a"), "ann", number).minutes > 0.0


def test_the_explanation_says_who_is_better_and_who_is_not_in_the_pool() -> None:
    """Else a reader could not tell why somebody was passed over. That its numbers are the call's is in test_planner_bounds."""
    planner = taught(ann=300.0, bob=5.0)
    planner.plan([task("a", arrived=90.0)], ["bob", "dan"], 100.0, POOLS)
    ann, bob, dan = (planner.explain(task("b", arrived=98.0, due=200.0), who, 100.0) for who in ("ann", "bob", "dan"))
    for each in (ann, bob, dan):
        assert isinstance(each, Explanation)
        assert all(isinstance(part.points, int) and isinstance(part.weight, int) for part in each.parts)
    assert bob.total > ann.total
    assert ann.eligible
    assert dan.excluded_by == "not_in_pool"
    assert planner.explain(task("c", "unheard of"), "ann", 100.0).excluded_by == "kind_unknown"
    assert "is not in the pool" in " ".join(dan.lines("en"))
    assert "不在" in " ".join(dan.lines())
    assert len(bob.lines("en")) == len(bob.lines("zh"))
    with pytest.raises(ValueError, match="language"):
        bob.lines("fr")


def test_a_planned_pair_is_told_as_it_was_decided() -> None:
    """Else whoever was chosen would seem busy, with the very task that they were chosen for, and so the worse choice."""
    planner, waiting = taught(ann=6.0, bob=5.0), task("a", arrived=99.0)
    before = planner.explain(waiting, "bob", 100.0)
    assert planner.plan([waiting], ["ann", "bob"], 100.0, POOLS) == [("a", "bob")]
    after = planner.explain(waiting, "bob", 100.0)
    assert (after.total, after.parts) == (before.total, before.parts)
    assert after.total > planner.explain(waiting, "ann", 100.0).total
    assert planner.explain(task("b", arrived=99.0), "bob", 100.0).total < after.total, "for another task bob is busy"


def test_the_explanation_says_whom_a_task_waits_for_and_who_was_not_there() -> None:
    """Else a reader could tell neither what a task is left for, nor why somebody of more points, who is at home, does not get it."""
    planner = taught(ann=300.0, bob=5.0, cao=4.0)
    waiting = [task("a", arrived=99.0), task("b", arrived=100.0)]
    assert planner.plan(waiting[:1], ["ann", "bob"], 100.0, POOLS) == [("a", "bob")]
    assert planner.plan(waiting[1:], ["ann"], 100.0, POOLS) == []
    ann, bob, cao = (planner.explain(waiting[1], who, 100.0) for who in ("ann", "bob", "cao"))
    assert [each.meant_for for each in (ann, bob, cao)] == ["bob"] * 3
    assert [each.absent for each in (ann, bob, cao)] == [False, False, True]
    assert cao.total > bob.total > ann.total
    assert cao.eligible, "they may do it: they are not there"
    assert "the latest call left it for bob" in ann.lines("en")
    assert any("cao was not there" in line for line in cao.lines("en"))
    assert len(cao.lines("zh")) == len(cao.lines("en")) == len(ann.lines("en")) + 1
    assert planner.plan(waiting[1:], ["ann", "cao"], 101.0, POOLS) == [("b", "cao")]
    after = planner.explain(waiting[1], "cao", 101.0)
    assert (after.meant_for, after.absent) == ("", False)
    assert not planner.explain(task("x", "unheard of"), "dan", 101.0).absent, "of such a kind nothing can be said"


def test_explanations_know_the_pools_of_tasks_that_nobody_could_start() -> None:
    """Else a task that waits would be told as never planned, or as one that people may do who no longer may."""
    planner, waiting = taught(ann=6.0), task("a", arrived=99.0)
    planner.plan([waiting, task("b", "unheard of")], [], 100.0, POOLS)
    reasons = [planner.explain(waiting, operator, 100.0).excluded_by for operator in ("ann", "dan")]
    assert reasons == [None, "not_in_pool"]
    assert planner.explain(task("b", "unheard of"), "ann", 100.0).excluded_by == "not_in_pool"
    assert planner.plan([waiting], ["ann"], 101.0, {"claim": []}) == []
    assert planner.explain(waiting, "ann", 101.0).excluded_by == "not_in_pool"
    assert planner.plan([waiting], ["ann"], 102.0, POOLS) == [("a", "ann")]
    assert planner.explain(waiting, "ann", 102.0).excluded_by is None


def test_the_explanation_says_what_delay_costs_and_that_patience_is_over() -> None:
    """Else a reader could not see why a task went before others of more points."""
    planner = taught(ann=10.0)
    soon = planner.explain(task("a", arrived=100.0, due=100.0), "ann", 100.0)
    assert (soon.delay_weight, soon.overdue) == (DUE_WEIGHT_MAX, False)
    old = planner.explain(task("b"), "ann", AGE_MAX_MINUTES)
    assert old.overdue
    assert len(old.lines("en")) == len(soon.lines("en")) + 1


def test_more_people_and_kinds_than_remembered_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else memory would grow without bound, or a forgotten person's place be taken for another's right."""
    monkeypatch.setattr(estimates, "OPERATORS_MAX", 4)
    monkeypatch.setattr(estimates, "KINDS_MAX", 2)
    planner = Planner()
    people = [f"p{number}" for number in range(12)]
    pools = {f"k{number}": people[number : number + 2] for number in range(10)}
    for number in range(60):
        kind, now = f"k{number % 10}", float(number)
        for name, operator in planner.plan([task(f"t{number}", kind, now)], people, now, pools):
            assert operator in pools[kind]
            planner.observe(task(name, kind, now), operator, 3.0, now + 1)


def test_a_task_that_waited_a_week_goes_before_tasks_that_came_late() -> None:
    """Else tasks whose due time had passed before they came would keep it out for ever."""
    now = AGE_MAX_MINUTES
    late = [task(f"late{number}", arrived=now, due=-1e6) for number in range(100)]
    assert Planner().plan([*late, task("old", arrived=0.0)], ["ann"], now, POOLS) == [("old", "ann")]


def test_patience_runs_while_a_task_is_not_looked_at() -> None:
    """Else it would begin anew at each flood of tasks, and never end."""
    planner = taught(ann=300.0, bob=5.0)
    waiting = [task("b", arrived=101.0)]
    assert planner.plan([task("a", arrived=99.0)], ["bob"], 100.0, POOLS) == [("a", "bob")]
    assert planner.plan(waiting, ["ann"], 101.0, POOLS) == []
    flood = [task(f"late{number}", arrived=102.0, due=-1e6) for number in range(100)]
    planner.plan([*flood, *waiting], ["ann"], 102.0, POOLS)
    assert planner.explain(waiting[0], "ann", 103.0).left_minutes == 2.0


def test_people_are_not_idle_while_kinds_of_absent_people_wait() -> None:
    """Else a morning's crowd would sit before a full queue until something else happens."""
    people = [f"p{number}" for number in range(40)]
    kinds = {f"away{number}": ["nobody"] for number in range(9)}
    waiting = [task(f"{kind}{number}", kind) for kind in ("claim", *kinds) for number in range(50)]
    assert len(Planner().plan(waiting, people, 0.0, {"claim": people, **kinds})) == len(people)


def test_questions_change_nothing() -> None:
    """Else whoever looks into decisions would change those to come, and forget people that much was learned of."""
    asked, unasked = taught(ann=7.0, bob=5.0), taught(ann=7.0, bob=5.0)
    for number in range(estimates.OPERATORS_MAX):
        asked.explain(task("x", f"kind{number % (estimates.KINDS_MAX + 1)}"), f"stranger{number}", 100.0)
    assert asked.explain(task("x"), "bob", 100.0) == unasked.explain(task("x"), "bob", 100.0)
    pools = {"claim": [f"p{number}" for number in range(8)]}
    for minute in range(100, 110):
        waiting = [task(f"t{minute}", arrived=float(minute))]
        plans = [each.plan(waiting, pools["claim"], float(minute), pools) for each in (asked, unasked)]
        assert plans[0] == plans[1]


def test_a_person_not_yet_seen_is_told_as_what_they_would_be_taken_for() -> None:
    """Else an explanation of a stranger would differ from what decides about them, but for ties."""
    planner = taught(ann=7.0, bob=5.0)
    stranger = planner.explain(task("x"), "cao", 100.0)
    planner.plan([task("x")], ["cao"], 100.0, POOLS)
    met = planner.explain(task("x"), "cao", 100.0)
    assert met.minutes == pytest.approx(stranger.minutes, rel=estimates.TIE_SHARE)
    assert [part.samples for part in met.parts] == [part.samples for part in stranger.parts]


def test_a_pool_of_more_people_than_are_remembered_forgets_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every call would forget all that was learned."""
    monkeypatch.setattr(estimates, "OPERATORS_MAX", 8)
    planner = taught(ann=30.0, bob=5.0)
    pools = {"claim": [*(f"p{number}" for number in range(50)), "ann", "bob"]}
    for minute in range(100, 110):
        assert planner.plan([task(f"t{minute}", arrived=99.0)], ["ann", "bob"], float(minute), pools) == [
            (f"t{minute}", "bob")
        ]
    assert planner.plan([task("new", arrived=110.0)], ["p49"], 110.0, pools) == [("new", "p49")], "whoever comes counts"
