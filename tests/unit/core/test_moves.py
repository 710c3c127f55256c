import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Bounds, ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.departures import moves_left
from actors.core.ids import OperatorId, ProvinceCode
from actors.core.outbox import REFUSAL_REMEMBERED_MS
from actors.core.replies import Elsewhere, MoveAnswer
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import encode_picture
from actors.core.task import Placement, TaskState
from tests.unit.core.harness import FUJIAN, JIANGXI, LARGE, MEDICAL, Branch, kinds_of, person
from tests.unit.core.journeys import advise, picture_of, summary_of
from tests.unit.core.provinces import answer, deliver, hand_over, host, moving, owners

HUBEI = ProvinceCode("hubei")


@pytest.mark.parametrize(
    "why", ["home_only", "closed", "kind", "amount", "moved often", "blocked", "not allowed", "just refused"]
)
def test_what_may_not_leave_stays(why: str) -> None:
    """A task that the law, the policy or common sense keeps at home must not be seen elsewhere."""
    home = Branch(bounds=Bounds(moves_per_task_max=0) if why == "moved often" else None)
    policies = {
        "closed": SharingPolicy(share_out_mode=ShareOutMode.CLOSED),
        "kind": SharingPolicy(kinds=(LARGE,)),
        "amount": SharingPolicy(amount_max_fen=999),
        "blocked": SharingPolicy(blocked_hosts=(JIANGXI,)),
        "not allowed": SharingPolicy(allowed_hosts=(HUBEI,)),
    }
    if why in policies:
        home.do(c.UpdateSharingPolicy(policy=policies[why]))
    task_id = home.create(home_only=why == "home_only", amount_fen=1_000)
    if why == "just refused":
        _, sent = moving(home, "jiangxi", task_id)
        answer(sent, MoveAnswer(accepted=False, reason="full"), home)
    advise(home, "jiangxi", home.task(task_id).spec.kind, revision=5)
    assert home.task(task_id).state is TaskState.QUEUED


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("status", "the province is draining"),
        ("evacuates", "the province is unreachable"),
        ("snow", "the province is being evacuated"),
        ("kind", "the kind is unknown here"),
        ("quota", "the quota for other provinces' tasks is used up"),
        ("full", "the quota for other provinces' tasks is used up"),
        ("authority", "nobody eligible is on duty"),
        ("nobody heard", "nobody eligible is on duty"),
        ("share_opt_in", "nobody eligible is on duty"),
    ],
)
def test_a_host_refuses_what_it_cannot_do(why: str, reason: str) -> None:
    """A task taken in by people who may not do it would wait there for ever."""
    home, other = Branch(), Branch(JIANGXI, bounds=Bounds(open_tasks_max=0) if why == "full" else None)
    if why != "nobody heard":
        other.arrive(person("lin", JIANGXI, share_opt_in=why != "share_opt_in"))
    task_id = home.create(required_authority=1 if why == "authority" else 0)
    _, sent = moving(home, "jiangxi", task_id)
    if why == "status":
        other.do(c.SetProvinceStatus(status=ProvinceStatus.DRAINING))
    elif why == "kind":
        other = Branch(JIANGXI, kinds=())
    elif why == "quota":
        other.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_in_quota=0)))
    elif why == "evacuates":
        other.do(c.SetProvinceStatus(status=ProvinceStatus.UNREACHABLE))
    elif why == "snow":
        other.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    assert deliver(sent, other) == MoveAnswer(accepted=False, reason=reason)
    assert kinds_of(other.events) == ["MoveRefused"]


def test_a_day_s_quota_counts_what_came_today_and_begins_anew_at_midnight() -> None:
    """A lender that helps all day would find its own people's day gone."""
    home, other = Branch(), host("jiangxi")
    other.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_in_daily_quota=1)))
    _, first = moving(home, "jiangxi")
    assert deliver(first, other) == MoveAnswer(accepted=True)
    assert other.province.summary(other.now).shared_in_today == 1
    _, second = moving(home, "jiangxi", revision=2)
    assert deliver(second, other) == MoveAnswer(
        accepted=False, reason="the day's quota for other provinces' tasks is used up"
    )
    other.wall_ms += 86_400_000
    _, third = moving(home, "jiangxi", revision=3)
    assert deliver(third, other) == MoveAnswer(accepted=True)


def test_what_overflow_brought_stays_whatever_is_advised() -> None:
    """A task would be handed round the country, and nobody would know who has it."""
    home, other = Branch(), host("jiangxi", Bounds())
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    advise(other, "hubei", other.task(task_id).spec.kind)
    assert other.task(task_id).state is TaskState.QUEUED


@pytest.mark.parametrize(
    ("placement", "moves", "left"),
    [
        (Placement.HOME, 0, True),
        (Placement.HOME, 2, False),
        (Placement.SHARED, 1, False),
        (Placement.EVACUATED, 1, True),
        (Placement.EVACUATED, 2, False),
    ],
)
def test_overflow_moves_a_task_once_and_an_evacuated_one_once_more(
    placement: Placement, moves: int, left: bool
) -> None:
    """Two moves are the most, and what came to have it shorter must not come a second time."""
    assert moves_left(placement, moves, Bounds()) is left


def test_the_home_takes_its_own_back_whoever_is_on_duty() -> None:
    """A task that nobody wants belongs home, not in transit."""
    home, other = Branch(), host("jiangxi")
    task_id, sent = moving(home, "jiangxi")
    answer(sent, deliver(sent, other), home)
    other.did(c.DeclineOffer(**other.holder(task_id)))
    hand_over(task_id, other, home)
    assert owners(task_id, home, other) == ["fujian"]
    assert (home.state.away, home.state.notices, other.state.away) == ({}, {}, {})
    assert home.task(task_id).token > 2


def test_another_host_is_tried_after_a_refusal_and_all_again_after_a_pause() -> None:
    """A refused task would otherwise knock at the same door for ever, or never again."""
    home = Branch()
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    task_id = home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei"))))
    asked: list[str] = []
    for _ in range(3):
        move = home.task(task_id).move
        assert move is not None
        asked.append(move.host)
        home.tick()
        home.do(
            c.SettleMove(
                task_id=task_id, host=move.host, generation=1, attempt=move.attempt, accepted=False, reason="full"
            )
        )
        if len(asked) == 2:
            assert home.task(task_id).state is TaskState.QUEUED
            home.wait(900)
            assert home.task(task_id).state is TaskState.QUEUED
            home.wait(400)
    assert asked == ["hubei", "jiangxi", "hubei"]


def test_a_refusal_counts_until_somebody_has_the_task_in_hand() -> None:
    """A host that was full in the morning would not be asked at night, and what was refused would be remembered beyond the task's end."""
    home = Branch()
    task_id = home.create()
    flow = MoveFlow(source=FUJIAN, host=HUBEI, kind=MEDICAL, count=1, reason="they have room")
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei")), flows=(flow,)))
    home.do(c.SettleMove(task_id=task_id, host=HUBEI, generation=1, attempt=1, accepted=False, reason="full"))
    home.tick()
    assert home.province.outbox.refused_by == {task_id: (HUBEI,)}
    home.arrive(person("chen"))
    home.accept(task_id)
    home.tick()
    assert home.province.outbox.refused_by == {}
    home.do(c.SignOut(operator=OperatorId("chen")))
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    move = home.task(task_id).move
    assert move is not None and move.host == HUBEI


def test_a_refusal_of_long_ago_counts_no_more() -> None:
    """A host that was full for a moment would never be asked again for what waits, as long as another is in the picture that has never refused it."""
    home = Branch()
    task_id = home.create()
    flow = MoveFlow(source=FUJIAN, host=HUBEI, kind=MEDICAL, count=1, reason="they have room")
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei")), flows=(flow,)))
    home.do(c.SettleMove(task_id=task_id, host=HUBEI, generation=1, attempt=1, accepted=False, reason="full"))
    for revision, asked in ((2, False), (3, True)):
        home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei", revision=revision)), flows=(flow,)))
        assert (home.task(task_id).state is TaskState.MOVING) is asked
        home.monotonic_ms += REFUSAL_REMEMBERED_MS + 1
        home.tick()
    move = home.task(task_id).move
    assert move is not None and (move.host, move.attempt) == (HUBEI, 2)


def test_moves_under_way_are_bounded() -> None:
    """Ten thousand tasks at once would drown the network and the hosts."""
    home = Branch(bounds=Bounds(moves_in_transit_max=3, moves_per_batch_max=2))
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    for _ in range(5):
        home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    assert len(home.state.moving) == 2
    home.tick()
    assert len(home.state.moving) == 3
    home.tick()
    assert len(home.state.moving) == 3


def test_the_best_province_for_the_kind_is_chosen_and_the_reasons_kept() -> None:
    """Jiangxi must win because its people know such cases, not because of its name."""
    home = Branch()
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    task_id = home.create()
    novice, expert = summary_of("anhui", experience=5), summary_of("jiangxi", experience=900)
    picture = msgspec.structs.replace(picture_of(), provinces=(novice, expert))
    home.do(c.TakeAdvice(picture=encode_picture(picture)))
    [started] = [event for event in home.events if isinstance(event, e.MoveStarted)]
    assert (started.task_id, started.move.host) == (task_id, "jiangxi")
    assert [candidate.province for candidate in started.candidates] == ["jiangxi", "anhui"]
    for candidate in started.candidates:
        parts = candidate.experience_points + candidate.finish_points + candidate.quality_points
        assert candidate.points == parts


def test_a_late_advice_does_not_move_a_task_that_is_being_done() -> None:
    """Only queued tasks move."""
    home = Branch()
    home.arrive(person("chen"))
    task_id = home.create()
    advise(home, "jiangxi", home.task(task_id).spec.kind)
    assert home.task(task_id).state is TaskState.OFFERED


def test_a_task_in_transit_cannot_be_changed_here() -> None:
    """Held by nobody: whoever has it next answers."""
    home = Branch()
    task_id, _ = moving(home, "jiangxi")
    for command in (c.UpdateTask(task_id=task_id, priority=1), c.CancelTask(task_id=task_id)):
        reply = home.did(command, Elsewhere)
        assert (reply.host, reply.generation, reply.in_transit) == (JIANGXI, 2, True)


def test_an_evacuated_task_is_marked_as_such_and_an_unknown_kind_does_not_stop_the_rest() -> None:
    """One kind that nobody can host must not hold up the evacuation of the others."""
    home = Branch()
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)))
    stuck = home.create(LARGE, priority=9)
    free = home.create()
    summary = summary_of("jiangxi")
    summary = msgspec.structs.replace(summary, kinds=tuple(kind for kind in summary.kinds if kind.kind != LARGE))
    home.do(c.TakeAdvice(picture=encode_picture(msgspec.structs.replace(picture_of(), provinces=(summary,)))))
    assert home.task(stuck).state is TaskState.QUEUED
    move = home.task(free).move
    assert move is not None
    assert move.placement is Placement.EVACUATED
