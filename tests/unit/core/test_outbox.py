from itertools import pairwise

import msgspec
import pytest

from actors.core import commands as c
from actors.core import outbox, snapshot
from actors.core.country import Bounds, ShareOutMode, SharingPolicy, TimeLimits
from actors.core.messages import Outgoing, settlement
from actors.core.owed_answers import ANSWER_AWAITED_MS
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, MoveAnswer
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import encode_picture
from actors.core.task import TaskState
from tests.unit.core.harness import FUJIAN, JIANGXI, MEDICAL, Branch
from tests.unit.core.journeys import advise, picture_of, settle, summary_of
from tests.unit.core.provinces import answer, carry, deliver, hand_over, host, moving

LIMITS = TimeLimits()


def test_an_open_message_is_repeated_with_doubling_pauses_up_to_the_bound() -> None:
    """Without back-off a dead host is flooded; without a bound it is forgotten."""
    home = Branch()
    task_id = home.create()
    advise(home, "jiangxi", MEDICAL)
    sent_at: list[int] = []
    for _ in range(400):
        if home.due():
            sent_at.append(home.monotonic_ms)
        home.monotonic_ms += 100
    pauses = [later - earlier for earlier, later in pairwise(sent_at)]
    assert pauses[:4] == [500, 1_000, 2_000, 4_000]
    assert set(pauses[4:]) == {LIMITS.resend_after_max_ms}
    assert home.task(task_id).state is TaskState.MOVING


def test_a_settled_message_is_not_sent_again_and_a_new_attempt_at_once() -> None:
    """A new attempt must not inherit the pause of the old one."""
    home = Branch()
    task_id, sent = moving(home, "jiangxi")
    answer(sent, MoveAnswer(accepted=False), home)
    assert home.due() == []
    home.wait(1_200)
    advise(home, "hubei", MEDICAL, revision=2)
    [again] = home.due()
    assert isinstance(again.command, c.AcceptMove)
    assert (again.destination, again.command.move.attempt) == ("hubei", 2)
    assert again.command.task.task_id == task_id


def test_only_a_recorded_answer_settles() -> None:
    """A refusal by a full mailbox or disk, or an answer of the wrong kind, is no REJECT."""
    home, other = Branch(), host("jiangxi")
    _, sent = moving(home, "jiangxi")
    for reply in (Refused(reason=Reason.STORE_FULL), Refused(reason=Reason.QUEUE_FULL), Done()):
        assert settlement(sent, reply) is None
    accepted = settlement(sent, deliver(sent, other))
    assert isinstance(accepted, c.SettleMove)
    assert (accepted.host, accepted.generation, accepted.attempt, accepted.accepted) == (JIANGXI, 1, 1, True)
    notice = Outgoing(destination=FUJIAN, command=c.NoteHost(task_id=accepted.task_id, host=JIANGXI, generation=2))
    assert settlement(notice, MoveAnswer(accepted=True)) is None
    settled = settlement(notice, Done())
    assert isinstance(settled, c.SettleNotice)
    assert not settled.outcome


def flow(count: int) -> MoveFlow:
    """Advice to send so many medical tasks to Jiangxi."""
    return MoveFlow(source=FUJIAN, host=JIANGXI, kind=MEDICAL, count=count, reason="test")


def test_advice_moves_what_was_advised_and_no_more() -> None:
    """A lender with two free people must not get ten tasks."""
    home = Branch()
    for _ in range(5):
        home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi")), flows=(flow(2),)))
    assert len(home.state.moving) == 2
    home.tick()
    assert len(home.state.moving) == 2


def test_advice_that_comes_twice_counts_once() -> None:
    """A doubled message would send twice what the lender has free."""
    home = Branch()
    for _ in range(5):
        home.create()
    advice = c.TakeAdvice(picture=encode_picture(picture_of("jiangxi")), flows=(flow(2),))
    home.do(advice)
    home.do(advice)
    assert len(home.state.moving) == 2


def test_older_advice_is_ignored_and_that_of_a_new_coordinator_is_not() -> None:
    """A new coordinator counts its pictures from one, and its clock may be behind; an old picture must not come back."""
    home = Branch()
    for _ in range(5):
        home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=7)), flows=()))
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=6)), flows=(flow(1),)))
    assert home.state.moving == {}
    set_back = home.wall_ms - 3_600_000
    reborn = msgspec.structs.replace(picture_of("jiangxi", revision=1), epoch=1, time_ms=set_back)
    home.do(c.TakeAdvice(picture=encode_picture(reborn), flows=(flow(1),)))
    assert len(home.state.moving) == 1
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=8)), flows=(flow(1),)))
    assert len(home.state.moving) == 1


def test_the_most_urgent_tasks_are_the_ones_that_leave() -> None:
    """The customer who waits longest is helped first, whatever authority their task needs."""
    home = Branch()
    home.create()
    harder = home.create(priority=5, required_authority=1)
    urgent = home.create(priority=9)
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi")), flows=(flow(2),)))
    assert list(home.state.moving) == [urgent, harder]


def test_what_is_open_and_not_due_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evacuation with two thousand moves under way would walk through all of them at each commit."""
    home = Branch()
    for _ in range(50):
        home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi")), flows=(flow(50),)))
    assert len(home.due()) == 50
    looked_at: list[tuple[str, str, int, int]] = []
    is_open = outbox.is_open
    monkeypatch.setattr(outbox, "is_open", lambda state, key: looked_at.append(key) or is_open(state, key))
    home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", revision=2)), flows=(flow(1),)))
    home.monotonic_ms += LIMITS.resend_after_ms - 1
    [fresh] = home.due()
    assert isinstance(fresh.command, c.AcceptMove)
    assert [key[1] for key in looked_at] == [fresh.command.task.task_id]
    home.monotonic_ms += 1
    assert len(home.due()) == 50


def test_what_is_more_than_one_look_may_send_is_sent_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest would wait for its back-off, or for ever."""
    monkeypatch.setattr(outbox, "SENDS_MAX", 2)
    home = Branch()
    tasks = [home.create() for _ in range(3)]
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi")), flows=(flow(3),)))
    sent = [
        message.command.task.task_id
        for _ in range(3)
        for message in home.due()
        if isinstance(message.command, c.AcceptMove)
    ]
    assert sent == tasks


def test_a_replay_keeps_no_message_that_is_settled() -> None:
    """A start that reads years of frames would remember every move, notice and recall that ever was."""
    home, other, third = Branch(), host("jiangxi"), host("hubei")
    task_id, sent = moving(home, "jiangxi")
    assert len(home.shadow.opened) == 1
    answer(sent, deliver(sent, other), home)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, third)
    assert len(third.shadow.opened) == 1, "the home must be told"
    carry(third, home)
    third.start(task_id)
    third.complete(task_id)
    carry(third, home)
    assert [branch.shadow.opened for branch in (home, other, third)] == [{}, {}, {}]
    assert home.state.away == {}


# --- hosts that do not answer ---


def evacuating(tasks: int, bounds: Bounds) -> Branch:
    """A province that sends all it has to jiangxi, where they know such cases, and to hubei if it cannot."""
    home = Branch(bounds=bounds)
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    for _ in range(tasks):
        home.create()
    hosts = summary_of("hubei", experience=5), summary_of("jiangxi", experience=900)
    home.do(c.TakeAdvice(picture=encode_picture(msgspec.structs.replace(picture_of(), provinces=hosts))))
    return home


def under_way(home: Branch) -> list[str]:
    """Where the tasks in transit are going, in the order in which they left."""
    moves = [home.task(task_id).move for task_id in home.state.moving]
    return [move.host for move in moves if move is not None]


def test_after_a_replay_from_a_snapshot_everything_open_is_sent_once() -> None:
    """What lies in a snapshot opens nothing anew: a home would never hear of a decision, or of the next ones twice as often."""
    home, other = Branch(), host("jiangxi")
    task_id = home.create()
    hand_over(task_id, home, other)
    other.start(task_id)
    other.complete(task_id)
    [told] = other.due()
    for _ in range(2):
        other.province.state = snapshot.restore(list(snapshot.capture(other.state)))
        other.province.outbox.begin_schedule_anew()
        assert other.due() == [told]
    other.monotonic_ms += LIMITS.resend_after_ms
    assert other.due() == [told]


def test_moves_to_a_host_that_hangs_do_not_keep_others_from_leaving() -> None:
    """One process that hangs would hold up the evacuation of a dark branch until it is killed."""
    home = evacuating(4, Bounds(moves_in_transit_max=2))
    assert under_way(home) == ["jiangxi", "jiangxi"]
    assert len(home.due()) == 2
    home.wait(ANSWER_AWAITED_MS)
    assert under_way(home) == ["jiangxi", "jiangxi"], "it may only be slow"
    home.wait(200)
    assert under_way(home) == ["jiangxi", "jiangxi", "hubei", "hubei"]
    home.create()
    home.tick()
    assert len(under_way(home)) == 4, "and those to others have their bound"


def test_the_first_answer_makes_a_host_one_like_any_other() -> None:
    """A province that was away for ten seconds would get nothing for the rest of the day."""
    home = evacuating(1, Bounds())
    [first] = home.state.moving
    home.due()
    home.wait(ANSWER_AWAITED_MS + 200)
    home.create()
    assert under_way(home) == ["jiangxi", "hubei"]
    settle(home, first, accepted=True)
    home.create()
    assert under_way(home) == ["hubei", "jiangxi"]


def test_a_host_that_has_answered_everything_owes_nothing() -> None:
    """After an hour in which nothing was sent to it, the next task would find it silent."""
    home = evacuating(1, Bounds())
    [first] = home.state.moving
    home.due()
    settle(home, first, accepted=True)
    home.due()
    home.wait(10 * ANSWER_AWAITED_MS)
    home.create()
    home.due()
    home.create()
    assert under_way(home) == ["jiangxi", "jiangxi"]


def test_a_host_that_answers_slowly_is_not_silent() -> None:
    """An evacuation of thousands takes a host longer than that; others, less able, would get the rest."""
    home = evacuating(3, Bounds())
    home.due()
    for task_id in list(home.state.moving):
        home.wait(ANSWER_AWAITED_MS - 200)
        settle(home, task_id, accepted=True)
        home.create()
        home.due()
    assert set(under_way(home)) == {"jiangxi"}
