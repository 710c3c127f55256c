"""Made-up work of drills in one province and between two: what makes it, what it must not touch, and that all of it ends."""

from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core import snapshot
from actors.core.applying import apply
from actors.core.country import Bounds
from actors.core.ids import OperatorId, TaskId
from actors.core.refusal import Reason
from actors.core.replies import MoveAnswer, ShadowLoadReply
from actors.core.review import Findings, ReviewVerdict
from actors.core.shadow import LOADS_KEPT, ShadowLoad, copies_due
from actors.core.statistics import image
from actors.core.statistics.cells import LineTodayCell
from actors.core.statistics.reading import Reading
from actors.core.task import PriorReason, Task, TaskState
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, LARGE, MEDICAL, START_MS, Branch, kinds_of, person, spec
from tests.unit.core.provinces import answer, deliver, hand_over, host, moving

DRILL = "drill-1"


def bring(**changes: Any) -> c.BringShadowLoad:
    """A load for a minute, whose tasks end four minutes later."""
    known: dict[str, Any] = {"drill": DRILL, "until_ms": START_MS + 60_000, "ends_ms": START_MS + 300_000}
    return c.BringShadowLoad(who="system:coordinator", **(known | changes))


END = c.EndShadowLoad(who="system:coordinator", drill=DRILL)


def surging(factor_permille: int, **changes: Any) -> Branch:
    """A branch whose arrivals are multiplied; nobody is at work."""
    branch = Branch(**changes)
    branch.did(bring(factor_permille=factor_permille), ShadowLoadReply)
    return branch


def shadows(branch: Branch) -> list[Task]:
    """The shadow tasks that are here, open."""
    return [task for task in branch.state.tasks.values() if task.shadow is not None]


def made(branch: Branch, count: int, **changes: Any) -> list[TaskId]:
    """So many shadow tasks put into a branch."""
    assert branch.did(bring(tasks=count, **changes), ShadowLoadReply).made == count
    return [task.task_id for task in shadows(branch)]


def learned(branch: Branch) -> list[object]:
    """Everything that the statistics know but for the arrivals of the last minutes, which are load."""
    pieces = image.capture(branch.state.statistics)
    return [piece for piece in pieces if not _is_load(piece)]


def _is_load(piece: object) -> bool:
    """The head says when something happened last; the arrivals of the last minutes are load."""
    return isinstance(piece, image.StatisticsHead) or (
        isinstance(piece, image.StatisticsTable) and piece.name == "recent"
    )


# --- the mirror ---


def test_every_real_arrival_is_answered_with_its_copies_in_the_same_frame() -> None:
    """A copy in a later frame would be lost with a crash between them, or made twice after one."""
    branch = surging(3_000)
    task_id = branch.create(
        priority=4,
        amount_fen=500,
        customer_id="c-1",
        external_id="case-1",
        batch_id="b-1",
        case_id="k-1",
        note="called twice",
        resubmitted=True,
        return_count=1,
        prior_task="jilin-7",
        prior_operator="lin",
        prior_reason=PriorReason.REOPENED,
    )
    assert kinds_of(branch.events) == ["TaskCreated"] * 3
    real = branch.task(task_id)
    copies = shadows(branch)
    # What names somebody or an earlier decision, or would be refused as used, stays with the real task.
    assert [task.spec for task in copies] == [spec(priority=4, amount_fen=500)] * 2
    assert {task.shadow.drill for task in copies if task.shadow} == {DRILL}
    assert real.shadow is None


def test_a_fraction_is_carried_to_the_next_arrivals() -> None:
    """Rounded each time, a surge of 1.4 would be none, and one of 1.6 two."""
    branch = surging(2_400)
    counts: list[int] = []
    for _ in range(10):
        branch.create()
        counts.append(len(shadows(branch)))
    assert counts == [n * 1_400 // 1_000 for n in range(1, 11)]


@pytest.mark.parametrize("factor_permille", [1_001, 1_333, 2_000, 9_999])
def test_copies_are_the_same_in_sum_whatever_came_before(factor_permille: int) -> None:
    """A remainder that drifts would make a long surge another one than was asked for."""
    load = ShadowLoad(drill=DRILL, began_ms=0, until_ms=1, ends_ms=2, factor_permille=factor_permille)
    made_by = [copies_due(msgspec.structs.replace(load, arrivals=n)) for n in range(1, 3_001)]
    assert sum(made_by) == 3_000 * (factor_permille - 1_000) // 1_000
    assert max(made_by) - min(made_by) <= 1


def test_a_surge_goes_on_after_a_restart_where_it_was() -> None:
    """The remainder and the end must be what the journal says, by its frames as by a snapshot."""
    branch = surging(1_500)
    branch.create()
    replayed = Branch()
    for event in branch.log[len(replayed.log) :]:
        apply(replayed.province.state, event)
    restored = snapshot.restore(list(snapshot.capture(branch.state)))
    assert replayed.state.shadow_loads == restored.shadow_loads == branch.state.shadow_loads
    assert restored.shadow_loads[DRILL].arrivals == 1
    replayed.province.state = restored
    replayed.shadow = snapshot.restore(list(snapshot.capture(restored)))
    replayed.create()
    assert len(shadows(replayed)) == 1


def test_a_surge_ends_by_its_own_clock() -> None:
    """A coordinator that died would leave a province with thrice its work for ever."""
    branch = surging(3_000)
    branch.wait(59_800)
    branch.create()
    assert len(shadows(branch)) == 2
    branch.wait(200)
    branch.create()
    assert len(shadows(branch)) == 2


def test_a_surge_that_was_called_off_makes_nothing_more() -> None:
    """Whoever ends a drill because customers wait would see its work go on arriving until its time."""
    branch = surging(3_000)
    branch.did(END, ShadowLoadReply)
    branch.create()
    assert kinds_of(branch.events) == ["TaskCreated"]
    assert branch.state.shadow_loads[DRILL].arrivals == 0


def test_each_drill_counts_what_is_its_own() -> None:
    """An order would be taken for carried out by what another drill has made, and a surge that is none count arrivals."""
    branch = surging(3_000)
    assert branch.did(bring(drill="drill-2", tasks=3), ShadowLoadReply).made == 3
    branch.create()
    assert {drill: (load.made, load.arrivals) for drill, load in branch.state.shadow_loads.items()} == {
        DRILL: (2, 1),
        "drill-2": (3, 0),
    }


@pytest.mark.parametrize(("open_max", "tasks_max"), [(3, 100), (100, 4)])
def test_copies_are_bounded(monkeypatch: pytest.MonkeyPatch, open_max: int, tasks_max: int) -> None:
    """A drill must not fill the province: real work would be refused."""
    monkeypatch.setattr("actors.core.shadowing.SHADOWS_OPEN_MAX", open_max)
    branch = surging(10_000, bounds=Bounds(open_tasks_max=tasks_max))
    branch.create()
    assert len(shadows(branch)) == 3


# --- ordered shadow tasks ---


def test_ordered_tasks_are_made_once_however_often_they_are_ordered() -> None:
    """The coordinator repeats an order whose answer was lost; a second load would be another drill."""
    branch = Branch()
    branch.arrive(person("chen", capacity=64))
    made(branch, 5)
    again = branch.did(bring(tasks=5), ShadowLoadReply)
    assert (again.made, again.open) == (5, 5)
    assert branch.events == ()
    # Of the kinds that somebody there may do, in turn.
    assert [task.spec.kind for task in shadows(branch)] == [MEDICAL, ADDRESS, MEDICAL, ADDRESS, MEDICAL]


def test_a_long_order_is_made_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand tasks in one frame would hold up everybody's for as long as they take."""
    monkeypatch.setattr("actors.core.shadowing.MADE_PER_ORDER", 2)
    branch = Branch()
    assert [branch.did(bring(tasks=5), ShadowLoadReply).made for _ in range(3)] == [2, 4, 5]
    # Nobody is signed in, so nobody's right to a kind counts.
    assert {task.spec.kind for task in shadows(branch)} == {MEDICAL, LARGE, ADDRESS}


@pytest.mark.parametrize("when", ["over", "past", "never begun"])
def test_a_late_order_begins_nothing(when: str) -> None:
    """A message that was held up must not bring back a drill that is over."""
    branch = Branch()
    if when == "over":
        made(branch, 1)
    if when != "past":
        branch.did(END, ShadowLoadReply)
    else:
        branch.wall_ms += 300_000
    assert branch.refused(bring(tasks=1)) is Reason.WRONG_STATE


def test_loads_are_bounded_and_the_oldest_end_is_forgotten() -> None:
    """Drills that may overlap must not grow the state without end."""
    branch = Branch()
    for number in range(LOADS_KEPT):
        branch.did(bring(drill=f"drill-{number}"), ShadowLoadReply)
    assert branch.refused(bring(drill="drill-x")) is Reason.QUEUE_FULL
    branch.did(c.EndShadowLoad(drill="drill-3"), ShadowLoadReply)
    branch.did(bring(drill="drill-x"), ShadowLoadReply)
    assert "drill-3" not in branch.state.shadow_loads
    assert len(branch.state.shadow_loads) == LOADS_KEPT


# --- load, and no experience ---


def test_shadow_tasks_count_as_load() -> None:
    """Sharing must answer to them, or the drill shows nothing."""
    branch = surging(3_000)
    branch.arrive(person("chen", capacity=1))
    for _ in range(3):
        branch.create()
    seen = branch.province.summary(branch.now)
    assert sum(kind.waiting for kind in seen.kinds) == 8
    assert seen.kinds[0].expected_wait_ms == 8 * 12 * 60_000
    assert seen.shadow_tasks == {DRILL: 6}
    assert (
        Reading(branch.state.statistics, branch.wall_ms + 60_000).recent_arrivals(branch.task(TaskId("fujian-1")).line)
        == 9
    )


def lived_through(branch: Branch, task_id: TaskId) -> Task:
    """Offered, declined, offered again, begun, set aside, resumed, given back, begun again and decided by chen."""
    branch.arrive(person("chen", capacity=1))
    holder = branch.holder(task_id)
    branch.did(c.DeclineOffer(**holder))
    branch.wait(310_000, heard=["chen"])
    branch.start(task_id)
    branch.did(c.SuspendAssignment(**branch.holder(task_id), reason="papers"))
    branch.did(c.ResumeTask(task_id=task_id))
    branch.start(task_id)
    branch.did(c.ReleaseAssignment(**branch.holder(task_id)))
    branch.start(task_id)
    return branch.complete(task_id)


def test_a_whole_life_of_a_shadow_task_teaches_nothing() -> None:
    """Durations, quality, pairs and today's promises are people's records: an exercise must not be in them."""
    branch, quiet = Branch(), Branch()
    [task_id] = made(branch, 1, ends_ms=START_MS + 3_600_000)
    ended = lived_through(branch, task_id)
    quiet.arrive(person("chen", capacity=1))
    quiet.wait(310_000, heard=["chen"])
    assert learned(branch) == learned(quiet)
    chen = branch.state.operators[OperatorId("chen")]
    assert (chen.decided_count, chen.kinds[MEDICAL].done_count) == (0, 0)
    assert (branch.state.decided_count, branch.state.ledger_legs) == (0, 0)
    assert ended.decision is not None
    assert ended.decision.work_units_milli == 0
    # The same life of a real task is in all of them, so the comparison above compares something.
    real = Branch()
    lived_through(real, real.create())
    assert learned(real) != learned(quiet)
    assert real.state.operators[OperatorId("chen")].decided_count == 1


def test_a_shared_shadow_task_owes_nobody_anything_and_is_nobody_s_promise() -> None:
    """Neither the ledger, nor the link, nor the day's quota of the host, nor today's on-time ratio of the home may know of it."""
    home, other = Branch(), host("jiangxi")
    [task_id] = made(home, 1)
    hand_over(task_id, home, other)
    before = learned(other)
    other.start(task_id)
    decided = other.complete(task_id)
    assert decided.shadow is not None
    assert (other.state.ledger_legs, other.state.balance_fen, other.state.decided_shared_count) == (0, {}, 0)
    assert learned(other) == before
    assert other.province.summary(other.now).shared_in_today == 0
    [sent] = [sent for sent in other.due() if isinstance(sent.command, c.NoteOutcome)]
    answer(sent, deliver(sent, home), other)
    reading = Reading(home.state.statistics, home.wall_ms)
    assert all(reading.today(LineTodayCell.DECIDED, line) == 0 for line in {task.line for task in (decided,)})
    assert home.state.shadows == {}
    assert home.state.gains.kept() == ()


def test_nobody_is_judged_by_a_shadow_task() -> None:
    """A review of made-up work would enter a person's quality."""
    branch = Branch()
    branch.arrive(person("chen"))
    [task_id] = made(branch, 1)
    branch.start(task_id)
    branch.complete(task_id)
    findings = Findings(verdict=ReviewVerdict.FAILED)
    assert branch.refused(c.SubmitReview(who="auditor:a", task_id=task_id, findings=findings)) is Reason.WRONG_STATE


# --- the end ---


def test_the_end_takes_back_what_waits_is_offered_begun_and_set_aside() -> None:
    """Whatever state a task is in, somebody would sit over it after the drill."""
    branch = Branch()
    branch.arrive(person("chen", capacity=3))
    tasks = made(branch, 5)
    for task_id in tasks[:2]:
        branch.start(task_id)
    branch.did(c.SuspendAssignment(**branch.holder(tasks[1]), reason="papers"))
    assert {branch.task(task_id).state for task_id in tasks} >= {TaskState.IN_PROGRESS, TaskState.SUSPENDED}
    ended = branch.did(END, ShadowLoadReply)
    assert (ended.made, ended.open, shadows(branch), branch.state.shadows) == (5, 0, [], {})
    assert kinds_of(branch.events).count("TaskCancelled") == 5
    told = [update for update in branch.updates if update.what == "revoked"]
    assert tasks[0] in [update.task.task_id for update in told if update.task is not None]
    assert branch.did(END, ShadowLoadReply).open == 0
    assert branch.events == ()


def test_real_work_outlives_the_drill() -> None:
    """Ending what a drill made up must not end what a customer waits for."""
    branch = surging(3_000)
    task_id = branch.create()
    branch.did(END, ShadowLoadReply)
    assert list(branch.state.tasks) == [task_id]


def test_what_was_moved_is_ended_at_its_host_and_known_at_its_home_until_then() -> None:
    """The drill ends when nobody knows anything open: a home that forgot what it sent away would end it too early."""
    home, other = Branch(), host("jiangxi")
    [task_id] = made(home, 1)
    hand_over(task_id, home, other)
    assert home.did(END, ShadowLoadReply).open == 1
    assert other.did(END, ShadowLoadReply).open == 0
    assert other.closed(task_id).state is TaskState.CANCELLED
    assert home.did(END, ShadowLoadReply).open == 1
    [sent] = [sent for sent in other.due() if isinstance(sent.command, c.NoteOutcome)]
    answer(sent, deliver(sent, home), other)
    assert home.did(END, ShadowLoadReply).open == 0


@pytest.mark.parametrize("accepted", [True, False])
def test_what_is_on_its_way_ends_where_it_arrives_or_when_it_comes_back(accepted: bool) -> None:
    """A task in nobody's hands cannot be cancelled, and must not be forgotten."""
    home, other = Branch(), host("jiangxi")
    [task_id] = made(home, 1)
    _, sent = moving(home, "jiangxi", task_id)
    assert home.did(END, ShadowLoadReply).open == 1
    assert home.task(task_id).state is TaskState.MOVING
    if accepted:
        answer(sent, deliver(sent, other), home)
        assert home.tick() == ()
        assert other.did(END, ShadowLoadReply).open == 0
    else:
        answer(sent, MoveAnswer(accepted=False, reason="full"), home)
        assert kinds_of(home.tick()) == ["TaskCancelled"]


def test_a_forgotten_drill_ends_by_the_clock_of_whoever_holds_its_tasks() -> None:
    """Nobody may be left to ask: the coordinator and its successors may all be gone."""
    home, other = Branch(), host("jiangxi")
    away, here = made(home, 2)
    hand_over(away, home, other)
    for branch in (home, other):
        branch.wall_ms = START_MS + 299_900
        assert "TaskCancelled" not in kinds_of(branch.tick())
        branch.wall_ms = START_MS + 300_000
        branch.tick()
    assert home.closed(here).state is TaskState.CANCELLED
    assert home.state.shadow_loads[DRILL].is_over
    assert other.closed(away).state is TaskState.CANCELLED


def test_a_clock_that_was_set_back_does_not_keep_a_forgotten_drill() -> None:
    """A host that knows nothing of the drill but its tasks' own end would work on them for as long as the clock was set back."""
    home, other = Branch(), host("jiangxi")
    [away] = made(home, 1)
    hand_over(away, home, other)
    other.wall_ms = START_MS - 299_000
    assert "TaskCancelled" not in kinds_of(other.tick())
    other.wall_ms = START_MS - 86_400_000
    other.tick()
    assert other.closed(away).state is TaskState.CANCELLED


def test_many_tasks_end_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty thousand in one frame would hold up everybody."""
    monkeypatch.setattr("actors.core.shadowing.ENDED_PER_LOOK", 2)
    branch = Branch()
    made(branch, 5)
    assert [branch.did(END, ShadowLoadReply).open for _ in range(2)] == [3, 1]
    branch.tick()
    assert branch.state.shadows == {}


def test_a_shadow_task_that_came_home_is_known_and_ended() -> None:
    """It was away, so the home has two reasons to remember it; both must go."""
    home, other = Branch(), host("jiangxi")
    [task_id] = made(home, 1)
    hand_over(task_id, home, other)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, home, revision=2)
    assert (home.state.shadows, other.state.shadows) == ({task_id: DRILL}, {})
    assert home.did(END, ShadowLoadReply).open == 0
    assert home.closed(task_id).state is TaskState.CANCELLED


def test_a_restart_in_the_middle_keeps_what_is_away() -> None:
    """A snapshot holds open tasks; those that are elsewhere are in its head."""
    home, other = Branch(), host(JIANGXI)
    [task_id] = made(home, 1)
    hand_over(task_id, home, other)
    restored = snapshot.restore(list(snapshot.capture(home.state)))
    assert restored.shadows == {task_id: DRILL}
    assert restored.shadow_loads == home.state.shadow_loads


def test_events_of_older_journals_are_of_real_work() -> None:
    """A journal of the version before says nothing of shadows."""
    old = msgspec.msgpack.encode(e.TaskCreated(at_ms=1, task_id=TaskId(f"{FUJIAN}-1"), spec=spec()))
    assert b"shadow" not in old
    assert msgspec.msgpack.decode(old, type=e.TaskCreated).shadow is None
