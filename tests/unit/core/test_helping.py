"""A province helps itself while the coordinator is away."""

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.helping import ADVICE_AWAITED_MS, HELP_PAUSE_MS, HELPED_MAX
from actors.core.move_reasons import Cause, read
from actors.core.owed_answers import ANSWER_AWAITED_MS
from actors.core.refusal import Reason, Refused
from actors.core.replies import MoveAnswer, PolicyPreview
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, encode_picture
from actors.core.task import Placement, TaskState
from tests.unit.core.harness import Branch, spec
from tests.unit.core.journeys import picture_of, summary_of
from tests.unit.core.provinces import answer

#: Waits of a province with nobody on duty have no end.
HOSTS = ("anhui", "henan", "hubei", "jiangxi")


def alone(tasks: int, policy: SharingPolicy | None = None, free: int = 50) -> Branch:
    """A province with nobody on duty and work that waits, advised once, just now, to send nothing."""
    home = Branch()
    home.do(c.UpdateSharingPolicy(policy=policy or SharingPolicy()))
    for _ in range(tasks):
        home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of(*HOSTS, free=free))))
    return home


def begun(events: list[e.AnyEvent]) -> list[e.MoveStarted]:
    """The moves among events."""
    return [event for event in events if isinstance(event, e.MoveStarted)]


def test_it_waits_for_the_coordinator_before_it_helps_itself() -> None:
    """A late picture is no absence, and two who advise contradict each other."""
    home = alone(3)
    assert begun(home.wait(ADVICE_AWAITED_MS)) == []
    moves = begun(home.wait(1_000))
    assert len(moves) == 3
    for move in moves:
        found = read(move.reason)
        assert found is not None and found[0] is Cause.UNADVISED
        assert move.move.placement is Placement.SHARED
        assert move.candidates[0].province == move.move.host and len(move.candidates) == 2


def test_a_new_picture_ends_it() -> None:
    """The coordinator is back, and it may know better."""
    home = alone(1)
    home.wait(ADVICE_AWAITED_MS)
    home.do(c.TakeAdvice(picture=encode_picture(picture_of(*HOSTS, revision=2))))
    assert begun(home.wait(ADVICE_AWAITED_MS)) == []


def test_without_a_picture_it_knows_nobody() -> None:
    """A province that has just started must not send work where nobody may be."""
    home = Branch()
    home.create()
    assert begun(home.wait(60_000)) == []


def test_it_stays_within_the_policy() -> None:
    """Nobody is there to stop it."""
    for policy in (
        SharingPolicy(share_out_mode=ShareOutMode.CLOSED),
        SharingPolicy(allowed_hosts=(summary_of("yunnan").province,)),
        SharingPolicy(share_out_ratio_permille=0),
    ):
        assert begun(alone(4, policy).wait(10_000)) == []
    half = alone(4, SharingPolicy(share_out_ratio_permille=500))
    assert len(begun(half.wait(ADVICE_AWAITED_MS + 300))) == 2


def test_what_is_on_its_way_is_of_the_part_that_may_leave() -> None:
    """While hosts do not answer, half of a half of a half would leave within seconds: everything."""
    home = alone(8, SharingPolicy(share_out_ratio_permille=500))
    assert len(begun(home.wait(ADVICE_AWAITED_MS + 10_000))) == 4
    three_quarters = SharingPolicy(share_out_ratio_permille=750)
    preview = home.did(c.UpdateSharingPolicy(policy=three_quarters, validate_only=True), PolicyPreview)
    assert len(preview.moves) == 2


def test_it_sends_a_few_at_a_time_and_no_host_more_than_it_had_free() -> None:
    """An old picture must not become a flood."""
    home = alone(3 * HELPED_MAX, free=5)
    first = begun(home.wait(ADVICE_AWAITED_MS + 200))
    assert len(first) == HELPED_MAX
    assert {sum(move.move.host == host for move in first) for host in HOSTS} == {5}
    assert begun(home.wait(5_000)) == []


def test_one_look_sends_no_more_than_it_may_however_much_room_there_is() -> None:
    """All of a branch's work would leave by one picture of half a minute ago."""
    home = alone(3 * HELPED_MAX)
    assert len(begun(home.wait(ADVICE_AWAITED_MS + 200))) == HELPED_MAX
    assert len(begun(home.wait(HELP_PAUSE_MS))) == HELPED_MAX


def test_tasks_that_not_the_same_people_may_do_are_one_kind_all_the_same() -> None:
    """The part that may leave would leave of each sort that the queue keeps apart."""
    home = Branch()
    home.do(c.UpdateSharingPolicy(policy=SharingPolicy(share_out_ratio_permille=500)))
    for number in range(4):
        home.create(required_authority=number)
    home.do(c.TakeAdvice(picture=encode_picture(picture_of(*HOSTS))))
    assert len(begun(home.wait(ADVICE_AWAITED_MS + 5_000))) == 2


def test_what_must_be_done_at_home_does_not_hold_up_the_rest() -> None:
    """As many tasks as one look may send away stand in front, and none of them may leave."""
    home = Branch()
    for _ in range(HELPED_MAX):
        home.create(home_only=True)
    free = home.create()
    home.do(c.TakeAdvice(picture=encode_picture(picture_of(*HOSTS))))
    assert [move.task_id for move in begun(home.wait(ADVICE_AWAITED_MS + 1_000))] == [free]


def test_a_refused_task_goes_to_another_host() -> None:
    """The one that refused knows that it has no room; the picture does not."""
    home = alone(1)
    [first] = begun(home.wait(ADVICE_AWAITED_MS + 200))
    [sent] = home.due()
    answer(sent, MoveAnswer(accepted=False, reason="full"), home)
    [second] = begun(home.wait(600))
    assert second.move.host != first.move.host and second.move.attempt == 2
    assert home.task(second.task_id).state is TaskState.MOVING


def test_a_host_whose_disk_is_full_is_not_chosen_again_and_again() -> None:
    """The old picture shows it idle, so it would seem to have more room all the time, and what is sent to it is in nobody's hands."""
    home = alone(HELPED_MAX)
    first = begun(home.wait(ADVICE_AWAITED_MS + 200))
    full = first[0].move.host
    for sent in home.due():
        reply = Refused(reason=Reason.STORE_FULL) if sent.destination == full else MoveAnswer(accepted=True)
        answer(sent, reply, home)
    home.due()
    home.wait(ANSWER_AWAITED_MS + 200)
    before = len(home.log)
    for _ in range(2 * HELPED_MAX):
        home.create()
    home.wait(2_000)
    later = begun(home.log[before:])
    assert len(later) == 2 * HELPED_MAX
    assert full not in {move.move.host for move in later}
    only_there = SharingPolicy(allowed_hosts=(full,))
    _, preview = home.batch(
        c.CreateTask(who="branch:core", spec=spec()), c.UpdateSharingPolicy(policy=only_there, validate_only=True)
    )
    assert isinstance(preview, PolicyPreview)
    assert (preview.moves, list(preview.stays)) == ((), ["moving", "nobody_eligible"])


def test_work_that_waits_no_longer_than_it_may_stays() -> None:
    """Nothing is shared below the activation threshold, with or without a coordinator."""
    home = alone(1, SharingPolicy(activation_wait_ms=WAIT_UNBOUNDED_MS, release_wait_ms=WAIT_UNBOUNDED_MS))
    assert begun(home.wait(10_000)) == []
