"""The move protocol, crash by crash; then what the home is told."""

import itertools

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Bounds
from actors.core.ids import ProvinceCode
from actors.core.operators import PresenceState
from actors.core.refusal import Reason
from actors.core.replies import Done, Elsewhere, MoveAnswer
from actors.core.task import Placement, TaskState, Verdict
from tests.unit.core.harness import JIANGXI, Branch, kinds_of, person
from tests.unit.core.journeys import advise
from tests.unit.core.provinces import answer, deliver, hand_over, host, moving, offer_of, owners

HUBEI = ProvinceCode("hubei")


def test_a_move_hands_the_task_over_once() -> None:
    """The plain case: tombstone at the source, queued at the host one generation higher, the token travels."""
    home, other = Branch(), host("jiangxi")
    token = 0
    task_id, sent = moving(home, "jiangxi")
    assert owners(task_id, home, other) == ["fujian"]
    answer(sent, deliver(sent, other), home)
    task = other.task(task_id)
    assert (task.generation, task.home, task.host, task.placement) == (2, "fujian", "jiangxi", Placement.SHARED)
    assert task.token > token
    assert task_id not in home.state.tasks
    assert home.closed(task_id).state is TaskState.MOVED
    assert home.due() == []
    assert home.state.away[task_id].generation == 2


def test_the_source_died_before_the_move_was_durable() -> None:
    """Nothing happened: a new incarnation has the task in its queue."""
    home = Branch()
    task_id = home.create()
    advise(home, "jiangxi", home.task(task_id).spec.kind)
    before_move = Branch()
    for event in home.log:
        if isinstance(event, e.TaskCreated):
            before_move.province.replay(event)
    assert before_move.task(task_id).state is TaskState.QUEUED


def test_the_source_died_after_the_move_was_durable() -> None:
    """The new incarnation has forgotten what it sent, and sends at once."""
    home, other = Branch(), host("jiangxi")
    task_id, _ = moving(home, "jiangxi")
    home.province.outbox = type(home.province.outbox)()
    [sent] = home.due()
    answer(sent, deliver(sent, other), home)
    assert owners(task_id, home, other) == ["jiangxi"]


def test_the_source_repeats_for_ever_with_back_off_and_never_takes_back_by_itself() -> None:
    """A source that aborts on its own time-out makes two owners out of a slow answer."""
    home = Branch()
    task_id, _ = moving(home, "jiangxi")
    sends = 0
    for _ in range(600):
        home.wait(1_000)
        sends += len(home.due())
    assert home.task(task_id).state is TaskState.MOVING
    assert 100 <= sends <= 130


@pytest.mark.parametrize("flushed", [False, True])
def test_a_doubled_offer_gets_the_recorded_answer(flushed: bool) -> None:
    """An accept that is not idempotent would queue the task twice, or refuse what it has taken."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    first = deliver(sent, other)
    # The host has gone on with it meanwhile: given out, begun, decided.
    other.start(task_id)
    for stage in range(2):
        if flushed:
            other.flush()
        assert deliver(sent, other) == first == MoveAnswer(accepted=True)
        assert other.events == ()
        if not stage:
            other.complete(task_id)
    answer(sent, first, home)
    assert home.closed(task_id).state is TaskState.MOVED


def test_the_host_died_before_recording_and_decides_afresh() -> None:
    """An answer that was never on disk was never given; the second host may answer otherwise."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    reborn = Branch(JIANGXI)
    answer(sent, deliver(sent, reborn), home)
    assert home.task(task_id).state is TaskState.QUEUED
    del other


def test_the_source_died_before_the_release_and_asks_again() -> None:
    """Both have a record meanwhile; the higher generation is the owner."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    deliver(sent, other)
    assert home.task(task_id).state is TaskState.MOVING
    assert owners(task_id, home, other) == ["jiangxi"]
    answer(sent, deliver(sent, other), home)
    assert owners(task_id, home, other) == ["jiangxi"]
    assert task_id not in home.state.tasks


def test_a_refusal_is_recorded_and_the_task_taken_back() -> None:
    """Only a recorded REJECT undoes a move; afterwards this very offer stays refused for ever."""
    home, other = Branch(), Branch(JIANGXI)
    task_id, sent = moving(home, "jiangxi")
    refusal = deliver(sent, other)
    assert refusal == MoveAnswer(accepted=False, reason="nobody eligible is on duty")
    answer(sent, refusal, home)
    assert home.task(task_id).state is TaskState.QUEUED
    # Meanwhile somebody has come on duty there; the old offer must not bring the task in behind the source's back.
    other.arrive(person("lin", JIANGXI))
    other.flush()
    assert deliver(sent, other) == refusal
    assert owners(task_id, home, other) == ["fujian"]


def test_after_a_refusal_the_next_attempt_has_its_own_answer() -> None:
    """An id used twice would be answered with the refusal for ever (ids minted by the coordinator had this bug)."""
    home, other = Branch(), Branch(JIANGXI)
    task_id, first = moving(home, "jiangxi")
    answer(first, deliver(first, other), home)
    other.arrive(person("lin", JIANGXI))
    home.wait(2_000)
    _, second = moving(home, "jiangxi", task_id, revision=2)
    assert deliver(second, other) == MoveAnswer(accepted=True)
    # The first refusal arrives once more, late.
    answer(first, MoveAnswer(accepted=False), home)
    assert home.task(task_id).state is TaskState.MOVING
    answer(second, MoveAnswer(accepted=True), home)
    assert owners(task_id, home, other) == ["jiangxi"]


def test_a_task_that_came_home_releases_the_older_move_of_itself() -> None:
    """ABA: the answer was lost, the task came home again, and then the old answer arrives."""
    home, other = Branch(), host("jiangxi")
    home.arrive(person("chen"), presence=PresenceState.BREAK)
    task_id, first = moving(home, "jiangxi")
    accepted = deliver(first, other)
    other.wait(2_000, heard=["jiangxi-op"])
    held = other.holder(task_id)
    other.did(c.DeclineOffer(**held))
    _, back = moving(other, "fujian", task_id)
    taken = deliver(back, home)
    assert taken == MoveAnswer(accepted=True)
    assert kinds_of(home.events)[:1] == ["MoveAccepted"]
    task = home.task(task_id)
    assert (task.generation, task.placement, task.state) == (3, Placement.HOME, TaskState.QUEUED)
    # The old answer, the old offer, and the answer to the way back, in any order and doubled.
    answer(first, accepted, home)
    answer(first, accepted, home)
    assert owners(task_id, home, other) == ["fujian"]
    answer(back, taken, other)
    assert deliver(first, other) == MoveAnswer(accepted=True)
    assert deliver(back, home) == taken
    assert owners(task_id, home, other) == ["fujian"]
    assert task_id not in other.state.tasks


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_answers_doubled_and_in_any_order_settle_the_present_move_only(order: tuple[int, ...]) -> None:
    """Whatever the network does, the task has one owner after every message."""
    home, other, third = Branch(), host("jiangxi"), host("hubei")
    task_id, first = moving(home, "jiangxi")
    accepted = deliver(first, other)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    _, second = moving(other, "hubei", task_id)
    accepted_too = deliver(second, third)
    steps = [
        lambda: answer(first, accepted, home),
        lambda: answer(second, accepted_too, other),
        lambda: answer(first, deliver(first, other), home),
        lambda: answer(second, deliver(second, third), other),
    ]
    for step in order:
        steps[step]()
        assert owners(task_id, home, other, third) == ["hubei"]
    assert [task_id in branch.state.tasks for branch in (home, other, third)] == [False, False, True]
    assert home.did(c.GetTask(task_id=task_id), Elsewhere).host in ("jiangxi", "hubei")


def test_a_month_old_offer_finds_the_record_and_not_the_task() -> None:
    """A message behind the sofa would bring a decided task back to life."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    other.start(task_id)
    other.complete(task_id)
    for message in other.due():
        answer(message, deliver(message, home), other)
    for branch in (home, other):
        branch.flush()
        branch.wall_ms += 30 * 86_400_000
        branch.monotonic_ms += 30 * 86_400_000
    assert deliver(sent, other) == MoveAnswer(accepted=True)
    assert other.events == ()
    assert task_id not in other.state.tasks


def test_an_offer_without_a_record_is_refused_by_what_is_known_of_the_task() -> None:
    """Second line of defence: generation, outcome and tombstone each refuse a ghost."""
    home = Branch()
    home.arrive(person("chen"))
    open_task = home.task(home.create())
    assert home.did(offer_of(open_task, home, attempt=9), MoveAnswer).reason == "the task is here already"
    older = msgspec.structs.replace(open_task, generation=1)
    home.start(open_task.task_id)
    home.complete(open_task.task_id)
    assert home.did(offer_of(older, home, attempt=8), MoveAnswer).reason == "the task has ended"
    gone = home.task(home.create())
    home.wait(2_000)
    _, sent = moving(home, "jiangxi", home.create())
    answer(sent, MoveAnswer(accepted=True), home)
    away = home.closed(sent.command.task.task_id) if isinstance(sent.command, c.AcceptMove) else gone
    reply = home.did(offer_of(away, home, generation=1, attempt=7), MoveAnswer)
    assert reply.reason == "a later generation of the task is elsewhere"


def test_an_offer_from_before_it_came_home_does_not_end_its_next_move() -> None:
    """A task on its way to Hubei would be taken for the older one, and be in two provinces."""
    home, other = Branch(bounds=Bounds(moves_per_task_max=9)), host("jiangxi")
    task_id = home.create()
    before = home.task(task_id)
    hand_over(task_id, home, other)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, home)
    moving(home, "hubei", task_id, revision=2)
    assert (home.task(task_id).state, home.task(task_id).generation) == (TaskState.MOVING, 3)
    reply = home.did(offer_of(before, home, attempt=7), MoveAnswer)
    assert reply.reason == "a later generation of the task is here already"


# --- the home is told ---


def test_the_outcome_comes_home_and_is_told_until_it_is_recorded() -> None:
    """The branch that sent the task asks its own province; without the notice it would never learn the decision."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    other.start(task_id)
    done = other.complete(task_id, verdict=Verdict.DECLINED)
    [notice] = other.due()
    assert other.due() == []
    other.wait(1_000, heard=["jiangxi-op"])
    [again] = other.due()
    assert deliver(notice, home) == Done()
    assert deliver(again, home) == Done()
    assert home.events == ()
    assert home.did(c.GetTask(task_id=task_id)).task == done
    assert home.state.away == {}
    answer(notice, Done(), other)
    answer(again, Done(), other)
    assert other.state.notices == {}


def test_a_cancellation_by_the_host_is_confirmed_again_when_it_is_repeated() -> None:
    """The host remembers the answer; a home that knows only the outcome would refuse the caller what was granted."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    cancel = c.CancelTask(who="branch:core", request_id="r-1", task_id=task_id)
    assert home.did(cancel, Elsewhere).host == JIANGXI
    first = other.did(cancel)
    for notice in other.due():
        answer(notice, deliver(notice, home), other)
    home.flush()
    assert home.did(c.GetTask(task_id=task_id)).task == first.task
    assert home.did(cancel, Elsewhere) == Elsewhere(task_id=task_id, host=JIANGXI, generation=2)
    assert other.did(cancel) == first
    # Any other request is refused, by the host too.
    late = msgspec.structs.replace(cancel, request_id="r-2")
    assert home.did(late, Elsewhere).host == JIANGXI
    assert other.refused(late) is Reason.ALREADY_DECIDED
    assert home.refused(msgspec.structs.replace(cancel, request_id="")) is Reason.ALREADY_DECIDED


def test_the_outcome_may_overtake_the_answer_to_the_move() -> None:
    """Answer lost, task decided, outcome home: the source's open move is settled by the outcome."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    accepted = deliver(sent, other)
    other.start(task_id)
    other.complete(task_id)
    other.monotonic_ms += 10_000
    [notice] = other.due()
    deliver(notice, home)
    assert task_id not in home.state.tasks
    assert home.closed(task_id).state is TaskState.COMPLETED
    answer(sent, accepted, home)
    assert home.events == ()
    assert home.did(c.GetTask(task_id=task_id)).task.state is TaskState.COMPLETED


def test_the_home_learns_each_new_host_and_forgets_none_by_an_old_notice() -> None:
    """GetTask and CancelTask follow the task: home -> jiangxi -> hubei."""
    home, other, third = Branch(), host("jiangxi"), host("hubei")
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, third)
    assert other.state.away == {}, "where it is, is the home's to know"
    [notice] = third.due()
    assert deliver(notice, home) == Done()
    assert home.did(c.GetTask(task_id=task_id), Elsewhere) == Elsewhere(task_id=task_id, host=HUBEI, generation=3)
    # Whoever still asks the province between is sent on by its tombstone.
    other.flush()
    assert other.did(c.CancelTask(task_id=task_id), Elsewhere) == Elsewhere(task_id=task_id, host=HUBEI, generation=3)
    home.do(c.NoteHost(task_id=task_id, host=JIANGXI, generation=2))
    assert home.events == ()
    assert home.did(c.GetTask(task_id=task_id), Elsewhere).host == HUBEI
    answer(notice, Done(), third)
    assert third.state.notices == {}


def test_the_next_host_s_notice_may_overtake_the_answer_to_the_move() -> None:
    """The home would look for its task where that has been, and cancel nothing."""
    home, other, third = Branch(), host("jiangxi"), host("hubei")
    task_id, sent = moving(home, "jiangxi")
    accepted = deliver(sent, other)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, third)
    [notice] = third.due()
    deliver(notice, home)
    answer(sent, accepted, home)
    assert home.did(c.GetTask(task_id=task_id), Elsewhere) == Elsewhere(task_id=task_id, host=HUBEI, generation=3)


def test_a_late_notice_of_a_host_does_not_hide_the_outcome() -> None:
    """A signpost to Hubei that comes after the decision would send every reader away."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    other.start(task_id)
    other.complete(task_id)
    for message in other.due():
        deliver(message, home)
    home.flush()
    home.do(c.NoteHost(task_id=task_id, host=JIANGXI, generation=2))
    assert home.events == ()
    assert home.did(c.GetTask(task_id=task_id)).task.state is TaskState.COMPLETED


@pytest.mark.parametrize("stranger", ["hubei-1", "fujian-99", "fujian-x"])
def test_a_notice_about_a_stranger_is_refused(stranger: str) -> None:
    """A wrong id must not put a task into the books that was never created here."""
    home = Branch()
    task = msgspec.structs.replace(home.task(home.create()), task_id=stranger)
    assert home.refused(c.NoteHost(task_id=task.task_id, host=JIANGXI, generation=2)) is Reason.UNKNOWN_TASK
    assert home.refused(c.NoteOutcome(task=task)) is Reason.UNKNOWN_TASK
