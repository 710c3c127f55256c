import msgspec
import pytest

from actors.core import codec
from actors.core import commands as c
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.ids import ProvinceCode, TaskId
from actors.core.messages import Outgoing
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, MoveAnswer, TaskReply
from actors.core.sharing.summary import encode_picture
from actors.core.task import MoveOut, Placement, TaskState
from actors.journal import (
    Fenced,
    JournalError,
    StoreBusy,
    StoreFailed,
    StoreFull,
)
from actors.round_pace import PAUSE_MIN_MS
from actors.store_outage import PAUSE_MS
from tests.unit.commit_shell import CHEN, SMALL, Shell, arrival, create, failing, replayed, same
from tests.unit.core.harness import ADDRESS, FUJIAN, Branch, person, session_of, spec
from tests.unit.core.journeys import picture_of


def test_nothing_is_said_before_the_frame_is_written() -> None:
    """An acknowledgement, an offer or a message that power loss makes untrue (six bugs of a 300-line prototype)."""
    shell = Shell()
    shell.ask(*arrival())
    shell.said.clear()
    shell.store.before_write = shell.said.append
    evacuate = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE, kinds=(ADDRESS,))
    shell.submit(
        c.CreateTask(spec=spec(ADDRESS, excluded_operators=(CHEN,))),
        create(),
        c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))),
        c.UpdateSharingPolicy(policy=evacuate),
    )
    assert shell.said == []
    shell.loop.commit()
    kinds = [type(said).__name__ for said in shell.said]
    # The write, the frame, the answers, the desks, the other provinces.
    assert kinds == ["str", "int", "TaskReply", "TaskReply", "Done", "PolicyPreview", "tuple", "list"]


def test_a_batch_is_one_frame() -> None:
    """A frame per command would be an fsync per command."""
    shell = Shell()
    before = len(shell.store.frames)
    shell.ask(*[create() for _ in range(20)])
    assert len(shell.store.frames) == before + 1
    assert len(codec.decode_events(shell.store.frames[-1].payload)) == 20


def test_a_round_so_soon_after_another_is_put_off_and_told_of() -> None:
    """A round for every step costs three times what deciding them does; one that is forgotten leaves a task beside somebody who is idle."""
    shell = Shell()
    shell.ask(*arrival(), create())
    held = shell.state.round_number
    shell.submit(create())
    shell.loop.commit()
    assert shell.state.round_number == held
    assert shell.loop.round_due_ms == shell.now_ms + PAUSE_MIN_MS
    shell.now_ms += PAUSE_MIN_MS
    shell.loop.commit()
    assert shell.state.round_number == held + 1
    assert shell.loop.round_due_ms is None


def test_a_round_that_is_put_off_waits_no_longer_for_a_disk_that_refuses() -> None:
    """What was put off is asked for anew by the commit that finds the disk healed; until then it would wake the loop again and again."""
    shell = Shell()
    shell.ask(*arrival(), create())
    shell.submit(create())
    shell.loop.commit()
    assert shell.loop.round_due_ms is not None
    shell.store.before_write = failing(StoreFull(FUJIAN, "append"), "append")
    shell.now_ms = shell.loop.round_due_ms
    shell.loop.commit()
    assert shell.loop.is_read_only
    assert shell.loop.round_due_ms is None


def test_what_changes_nothing_writes_nothing_and_is_answered() -> None:
    """Reads and heartbeats of 20,000 desks would cost a frame each."""
    shell = Shell()
    before = len(shell.store.frames)
    assert shell.ask(c.HearDesks(sessions=()), c.Tick(), c.GetProvince()) != []
    assert len(shell.store.frames) == before


def test_batches_and_mailbox_are_bounded() -> None:
    """An unbounded mailbox took 484 MiB for 20,000 calls."""
    shell = Shell(bounds=SMALL)
    frames = len(shell.store.frames)
    replies = shell.submit(*[create() for _ in range(8)])
    assert [type(reply) for reply in replies] == [Refused, Refused]
    assert all(isinstance(reply, Refused) and reply.reason is Reason.QUEUE_FULL for reply in replies)
    shell.loop.commit()
    assert (shell.loop.backlog, len(shell.store.frames) - frames) == (2, 1)
    shell.loop.commit()
    assert len([reply for reply in replies if isinstance(reply, TaskReply)]) == 6


def test_a_full_mailbox_takes_time_and_heartbeats() -> None:
    """While more came than could be decided time stood still: a branch that lost its power then was not seen, and no lease ended."""
    shell = Shell(bounds=SMALL)
    shell.ask(c.UpsertOperators(entries=(person(CHEN),)), c.SignIn(operator=CHEN, session=session_of(CHEN)))
    assert not any(isinstance(reply, Refused) for reply in shell.submit(*[create() for _ in range(SMALL.mailbox_max)]))
    heard = shell.now_ms = 10_000
    taken = shell.submit(
        c.Tick(),
        c.HearDesks(gateway="g", sessions=(session_of(CHEN),)),
        c.LosePath(session_prefix="h/"),
        c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))),
    )
    assert taken == [], "nobody was refused at once"
    assert [type(reply) for reply in shell.submit(create())] == [Refused]
    while shell.loop.backlog:
        shell.loop.commit()
    assert len(taken) == 4 and not any(isinstance(reply, Refused) for reply in taken)
    assert shell.loop.province.presence.was_heard(session_of(CHEN), heard, 0)


# --- failed appends ---


@pytest.mark.parametrize("error", [StoreFull(FUJIAN, "append"), StoreBusy(FUJIAN, 500)])
def test_a_frame_that_was_surely_not_written_never_happened(error: JournalError) -> None:
    """Memory ahead of the disk would acknowledge, offer and move what is nowhere."""
    shell = Shell()
    shell.ask(*arrival())
    [kept] = shell.ask(create("a"))
    before = replayed(shell.store)
    shell.said.clear()
    shell.store.before_write = failing(error, "append")
    replies = shell.ask(create("b"), c.SignOut(operator=CHEN), create("c"))
    assert [type(reply) for reply in replies] == [Refused] * 3
    assert {reply.reason for reply in replies if isinstance(reply, Refused)} == {Reason.STORE_FULL}
    assert shell.said == replies
    assert same(shell.state, before)
    shell.store.before_write = None
    shell.now_ms += PAUSE_MS
    again, first = shell.ask(create("b"), create("a"))
    assert isinstance(again, TaskReply)
    assert again.task.task_id == "fujian-2"
    assert codec.encode(first) == codec.encode(kept)


def test_reads_are_answered_while_the_disk_is_full() -> None:
    """Disk full means: definite errors for writes, and reads work, also in the same batch."""
    shell = Shell()
    [created] = shell.ask(create())
    assert isinstance(created, TaskReply)
    shell.store.before_write = failing(StoreFull(FUJIAN, "append"), "append")
    refused, read, listed = shell.ask(create(), c.GetTask(task_id=created.task.task_id), c.ListTasks())
    assert isinstance(refused, Refused)
    assert read == created
    assert [task.task_id for task in getattr(listed, "tasks", ())] == ["fujian-1"]


def test_leases_get_a_new_term_when_a_sign_out_was_lost_with_its_frame() -> None:
    """Presence had forgotten the session; it would count as silent since the start of the process, and be signed out."""
    shell = Shell()
    shell.ask(*arrival())
    shell.ask(create())
    shell.now_ms += 3_600_000
    shell.ask(c.Tick())
    shell.store.before_write = failing(StoreFull(FUJIAN, "append"), "append")
    shell.ask(c.SignOut(operator=CHEN))
    shell.store.before_write = None
    shell.now_ms += PAUSE_MS
    shell.ask(c.Tick())
    assert shell.state.load_of(CHEN) == 1
    assert CHEN in shell.state.signed_in


def test_heartbeats_are_kept_over_a_failed_frame() -> None:
    """Who was heard is soft: forgetting it would stop all matching for seconds."""
    shell = Shell()
    shell.ask(*arrival())
    shell.store.before_write = failing(StoreFull(FUJIAN, "append"), "append")
    shell.ask(create())
    shell.store.before_write = None
    shell.now_ms += PAUSE_MS
    shell.ask(create())
    assert shell.state.load_of(CHEN) == 1


def test_a_full_disk_does_not_have_open_messages_sent_twice_from_then_on() -> None:
    """Each failed frame put everything open into the schedule once more: a disk that fills again and again, and a host that is away, and the sends pile up."""
    shell = Shell()
    evacuate = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)
    away = c.TakeAdvice(picture=encode_picture(picture_of("jiangxi")))
    shell.ask(create(), create(), away, c.UpdateSharingPolicy(policy=evacuate))
    assert len(shell.state.moving) == 2
    for _ in range(3):
        shell.store.before_write = failing(StoreFull(FUJIAN, "append"), "append")
        shell.ask(create())
        shell.store.before_write = None
        shell.now_ms += 10 * PAUSE_MS
        shell.ask(c.Tick())
    shell.said.clear()
    shell.now_ms += 60_000
    shell.ask(c.Tick())
    [sent] = [said for said in shell.said if isinstance(said, list)]
    assert sorted(message.command.task.task_id for message in sent) == sorted(shell.state.moving)


@pytest.mark.parametrize("error", [StoreFailed(FUJIAN, "fsync"), Fenced(FUJIAN, 1, 2)])
def test_an_open_outcome_or_a_successor_ends_the_process_without_a_word(error: JournalError) -> None:
    """After a failed fsync nobody knows what is on disk; after a successor nothing of ours counts."""
    shell = Shell()
    shell.said.clear()
    shell.store.before_write = failing(error, "append")
    replies = shell.submit(create(), create())
    with pytest.raises(type(error)):
        shell.loop.commit()
    assert (replies, shell.said) == ([], [error])
    shell.store.before_write = None
    shell.submit(create())
    shell.loop.commit()
    assert shell.said == [error]


def test_a_zombie_beside_its_successor_writes_nothing_and_says_nothing() -> None:
    """SIGSTOP, a successor, SIGCONT: the second law."""
    shell = Shell()
    zombie = shell.loop
    shell.open()
    frames = len(shell.store.frames)
    shell.said.clear()
    answers: list[AnyReply] = []
    zombie.submit(create(), answers.append)
    with pytest.raises(Fenced):
        zombie.commit()
    assert (answers, len(shell.store.frames)) == ([], frames)
    assert [type(said) for said in shell.said] == [Fenced]
    assert shell.ask(create()) != []


def test_a_zombie_that_writes_a_snapshot_ends_the_same_way() -> None:
    """A slice is a write like any other; its fence must not pass as an ordinary error."""
    shell = Shell(bounds=SMALL)
    for number in range(30):
        shell.ask(create(str(number)))
        if shell.loop._snapshot is not None:
            break
    assert shell.loop._snapshot is not None
    zombie = shell.loop
    shell.open()
    with pytest.raises(Fenced):
        zombie.commit()
    assert zombie.is_stopped
    assert [type(said) for said in shell.said if isinstance(said, Exception)] == [Fenced]


def test_a_task_that_leaves_takes_the_answers_to_its_branch_along() -> None:
    """The branch repeats its change at the new host and is answered byte for byte as the first time, whether or not the record was flushed."""
    shell = Shell()
    shell.ask(*arrival(), c.SetPresence(operator=CHEN, presence=PresenceState.BREAK), create("one"))
    amend = c.UpdateTask(who="branch:core", request_id="two", task_id=TaskId("fujian-1"), priority=7)
    (answer,) = shell.ask(amend)
    jiangxi = ProvinceCode("jiangxi")
    for flushed in (False, True):
        if flushed:
            shell.store.records.update(shell.state.records)
            shell.state.records.clear()
        task = shell.state.tasks[TaskId("fujian-1")]
        move = MoveOut(host=jiangxi, generation=1, attempt=1, placement=Placement.SHARED, started_ms=1)
        offer = Outgoing(destination=jiangxi, command=c.AcceptMove(source=FUJIAN, task=task, move=move))
        host = Branch(jiangxi)
        host.arrive(person("lin", jiangxi))
        host.do(shell.loop._with_answers(offer).command)
        assert host.do(amend) == answer
        assert host.refused(msgspec.structs.replace(amend, priority=8)) is Reason.REQUEST_ID_REUSED


def test_a_frame_is_bounded_by_what_its_commands_bring() -> None:
    """A thousand tasks that came with eight answers each were more than a frame takes: the process ended, and their sources sent them again."""
    shell, jiangxi = Shell(), ProvinceCode("jiangxi")
    shell.ask(*arrival())
    [reply] = shell.ask(create())
    assert isinstance(reply, TaskReply)
    frames = len(shell.store.frames)
    move = MoveOut(host=FUJIAN, generation=1, attempt=1, placement=Placement.SHARED, started_ms=1)
    answers = (("r:branch:core:1", bytes(90 * 1024)),)
    offers = [
        c.AcceptMove(
            source=jiangxi,
            task=msgspec.structs.replace(
                reply.task,
                task_id=TaskId(f"jiangxi-{number}"),
                home=jiangxi,
                host=jiangxi,
                state=TaskState.MOVING,
                move=move,
            ),
            move=move,
            answers=answers,
        )
        for number in range(1, 1_001)
    ]
    assert [type(answer) for answer in shell.ask(*offers)] == [MoveAnswer] * 1_000
    assert max(len(frame.payload) for frame in shell.store.frames[frames:]) < 32 * 1024 * 1024
