"""Decisions of the past, made again from a written journal."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.commit_loop import CommitBounds
from actors.core import codec, snapshot
from actors.core import commands as c
from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.explained import HowChosen, RoutingReplay, TaskHistory
from actors.core.matching.shipped import shipped_model
from actors.core.operators import KindExperience, PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskReply
from actors.core.sharing.summary import encode_picture
from actors.core.state import ProvinceState
from actors.core.task import Verdict
from actors.journal import MemoryView, SqliteJournal, open_sqlite
from actors.rewind.errand import Errand, history_of, rewind
from actors.rewind.queue import WAITING_MAX, RewindQueue
from tests.unit.commit_shell import Shell, create
from tests.unit.core.harness import FUJIAN, MEDICAL, person, session_of
from tests.unit.core.journeys import picture_of

NAMES = ("expert", "novice", "other")
#: A snapshot is due after so many bytes of frames: every few commits.
OFTEN = CommitBounds(snapshot_tail_bytes=20_000, records_kept_max=20)
MINUTE_MS = 60_000


def staffed(bounds: CommitBounds | None = None) -> Shell:
    """A province with the shipped model and three people on duty, who take work without an offer."""
    shell = Shell(bounds=bounds)
    shell.ask(c.AdoptMatchingModel(who="system:country", model=shipped_model()))
    done = {"expert": 400, "novice": 0, "other": 30}
    for name in NAMES:
        kinds = {MEDICAL: KindExperience(done_count=done[name])}
        entry = person(name, kinds=kinds, auto_accept=True, display_name=name.title())
        shell.ask(c.UpsertOperators(entries=(entry,)), c.SignIn(operator=entry.operator, session=session_of(name)))
    return shell


def hear(shell: Shell, *names: str) -> None:
    """These desks are alive, a second later."""
    shell.now_ms += 1_000
    shell.ask(c.HearDesks(sessions=tuple(session_of(name) for name in names or NAMES)))


def new_task(shell: Shell, **fields: Any) -> TaskId:
    """A task is taken in, and matched if it can be."""
    hear(shell)
    [reply] = shell.ask(create(**fields))
    assert isinstance(reply, TaskReply)
    return reply.task.task_id


def decide(shell: Shell, task_id: TaskId) -> None:
    """Its holder works for ten minutes and decides."""
    task = shell.state.tasks[task_id]
    assert task.operator is not None
    held = {"task_id": task_id, "operator": task.operator, "token": task.token}
    shell.ask(c.StartAssignment(**held))
    shell.now_ms += 10 * MINUTE_MS
    hear(shell)
    shell.ask(c.CompleteAssignment(**held, verdict=Verdict.APPROVED))


def work_on(shell: Shell, tasks: int) -> None:
    """So many tasks more are taken in and decided."""
    for _ in range(tasks):
        decide(shell, new_task(shell))


def history(shell: Shell, task_id: TaskId, token: int = 0, operator: str = "") -> TaskHistory:
    """What the journal tells of a task."""
    errand = Errand(path="", task_id=task_id, token=token, operator=OperatorId(operator))
    return history_of(MemoryView(shell.store), errand)


def replayed(told: TaskHistory) -> RoutingReplay:
    """The decision made again."""
    assert told.replay is not None
    return told.replay


def test_a_decision_is_made_again_from_the_journal() -> None:
    """The explanation shown must be of the decision taken, or it is a story."""
    shell = staffed()
    work_on(shell, 6)
    task_id = new_task(shell)
    told = history(shell, task_id, operator="novice")
    [record], again = told.decisions, replayed(told)
    assert (record.how, record.token, record.operator) == (HowChosen.MATCHED, 1, "expert")
    assert again.reproduced and again.token == 1
    winner, asked = again.candidates[:2]
    assert (winner.operator, winner.score, winner.display_name) == ("expert", record.score, "Expert")
    assert asked.operator == "novice" and {one.operator for one in again.candidates} == set(NAMES)
    for candidate in again.candidates:
        assert sum(part.contribution for part in candidate.contributions) == candidate.score
    scores = {one.operator: one.score for one in again.candidates}
    assert dict(record.runners_up) == {name: score for name, score in scores.items() if name != "expert"}
    assert (again.urgency, again.shares) == (record.urgency, record.shares)
    assert record.model_revision == 1 and record.certified


def test_a_day_later_and_after_snapshots_it_is_the_same() -> None:
    """What people ask about is what happened yesterday: people have learned since, models have changed, snapshots have been taken."""
    shell = staffed(OFTEN)
    work_on(shell, 4)
    task_id = new_task(shell)
    before = history(shell, task_id)
    events = sum(len(codec.decode_events(frame.payload)) for frame in shell.store.frames)
    decide(shell, task_id)
    work_on(shell, 210)
    assert sum(len(codec.decode_events(frame.payload)) for frame in shell.store.frames) > events + 1_000
    later = new_task(shell)
    view = MemoryView(shell.store)
    assert {stored.sequence > 0 for stored in view.snapshots()} == {True}
    after = history(shell, task_id)
    assert after == before and replayed(after).reproduced
    # The last one starts from a snapshot, the first from the beginning.
    assert min(stored.sequence for stored in view.snapshots()) < len(shell.store.frames)
    assert replayed(history(shell, later)).reproduced


def test_a_snapshot_of_the_version_that_learned_nothing_is_passed_over() -> None:
    """After an upgrade no decision could be made again: the state would lack all that was known of people when it was made."""
    shell = staffed(OFTEN)
    work_on(shell, 30)
    later = new_task(shell)
    [*earlier, (newest, payload_bytes)] = shell.store.snapshots
    unlearned = tuple(piece for piece in newest.slices if b"Statistics" not in piece and b"Recollections" not in piece)
    shell.store.snapshots = [*earlier, (replace(newest, slices=unlearned), payload_bytes)]
    assert newest.sequence and len(unlearned) < len(newest.slices)
    assert replayed(history(shell, later)).reproduced


def test_people_who_were_busy_or_silent_are_named_as_such() -> None:
    """Without them the answer to "why not her" would be that she does not exist."""
    shell = staffed()
    first = new_task(shell)
    assert shell.state.tasks[first].operator == "expert"
    for _ in range(4):
        hear(shell, "novice")
    [reply] = shell.ask(create())
    assert isinstance(reply, TaskReply)
    told = history(shell, reply.task.task_id)
    assert replayed(told).reproduced and told.decisions[0].operator == "novice"
    assert {one.operator: one.removed_by for one in replayed(told).candidates} == {
        "novice": "",
        "expert": "capacity",
        "other": "desk",
    }


@pytest.mark.parametrize("reason", ["knows the case", "fetched"])
def test_every_decision_of_a_task_is_told_whoever_made_it(reason: str) -> None:
    """A task that went through three hands has three reasons."""
    shell = staffed()
    task_id = new_task(shell)
    held = shell.state.tasks[task_id]
    assert held.operator is not None
    hear(shell, "novice")
    shell.ask(c.SetPresence(operator=OperatorId("other"), presence=PresenceState.BREAK))
    shell.ask(c.ReleaseAssignment(task_id=task_id, operator=held.operator, token=held.token, reason="lunch"))
    shell.ask(c.ReassignTask(who="team_lead:zhou", task_id=task_id, operator=OperatorId("novice"), reason=reason))
    told = history(shell, task_id)
    assert [record.token for record in told.decisions] == sorted((r.token for r in told.decisions), reverse=True)
    assert told.decisions[-1].operator == "expert"
    by_person = [record for record in told.decisions if record.how is HowChosen.REASSIGNED]
    assert [(record.who, record.reason) for record in by_person] == [("team_lead:zhou", reason)]
    first = history(shell, task_id, token=1)
    assert replayed(first).token == 1 and replayed(first).reproduced


def test_a_fetched_task_is_explained_as_a_round_of_one() -> None:
    """Somebody who asks for work is not chosen among others, but the task is chosen for them."""
    shell = staffed()
    for _ in range(4):
        shell.now_ms += 1_000
        shell.ask(c.Tick())
    replies = shell.ask(create(priority=1), create(priority=5), c.FetchNextTask(operator=OperatorId("novice")))
    fetched = replies[-1]
    assert isinstance(fetched, TaskReply) and fetched.task.spec.priority == 5
    told = history(shell, fetched.task.task_id)
    [record] = told.decisions
    assert (record.how, record.operator, record.people) == (HowChosen.FETCHED, "novice", 1)
    assert replayed(told).reproduced
    # Who else could have had it is shown all the same.
    assert {one.operator for one in replayed(told).candidates} == set(NAMES)


def test_people_on_their_way_out_are_named_as_such() -> None:
    """To be draining is a reason that no filter of the model knows."""
    shell = staffed()
    hear(shell)
    for name in ("expert", "other"):
        shell.ask(c.SetPresence(operator=OperatorId(name), presence=PresenceState.DRAINING))
    told = history(shell, new_task(shell))
    assert replayed(told).reproduced and told.decisions[0].operator == "novice"
    assert {one.removed_by for one in replayed(told).candidates if one.operator != "novice"} == {"leaving"}


def test_moves_and_where_a_task_came_from_are_told() -> None:
    """Else the question would end at the province's border."""
    shell = staffed()
    for name in NAMES:
        shell.ask(c.SignOut(operator=OperatorId(name)))
    task_id = new_task(shell)
    evacuate = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)
    shell.ask(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))), c.UpdateSharingPolicy(policy=evacuate))
    [move] = history(shell, task_id).moves
    assert (move.source, move.host, bool(move.reason)) == ("fujian", "jiangxi", True)
    assert move.hosts and move.hosts[0][0] == "jiangxi"
    other = Shell()
    moving = shell.state.tasks[task_id]
    assert moving.move is not None
    foreign = e.MoveAccepted(at_ms=1, source=ProvinceCode("fujian"), task=moving, move=moving.move)
    trace = history(other, TaskId("jiangxi-1"))
    assert (trace.decisions, trace.sources) == ((), ())
    journal = other.loop.journal
    journal.append(codec.encode_events([foreign]), at_ms=1)
    assert history(other, task_id).sources == ("fujian",)


def test_a_decision_without_a_round_is_told_as_it_was_recorded() -> None:
    """Journals of before rounds were recorded are read for years."""
    shell = staffed()
    for name in NAMES:
        shell.ask(c.SetPresence(operator=OperatorId(name), presence=PresenceState.DRAINING))
    task_id = new_task(shell)
    routing = e.Routing(points=430, runners_up=((OperatorId("other"), 410),), considered=3, removed={"kind": 1})
    old = e.TaskAssigned(
        at_ms=5, who="system:matcher", task_id=task_id, operator=OperatorId("expert"), token=1, routing=routing
    )
    shell.loop.journal.append(codec.encode_events([old]), at_ms=5)
    told = history(shell, task_id)
    [record] = told.decisions
    assert (record.score, record.round, record.how, told.replay) == (430, 0, HowChosen.MATCHED, None)
    assert record.runners_up == ((OperatorId("other"), 410),)


# --- the process ---


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    """The same journal as a file, with one decided task, fujian-1."""
    shell = staffed()
    new_task(shell)
    path = tmp_path / "fujian.sqlite"
    journal = open_sqlite(path, store_id="store-1", province=FUJIAN)
    for frame in shell.store.frames:
        journal.append(frame.payload, at_ms=frame.at_ms)
    journal.close()
    return path


def write_snapshot(journal: SqliteJournal) -> None:
    """Of all frames so far."""
    state = ProvinceState(FUJIAN)
    for frame in journal.frames():
        for event in codec.decode_events(frame.payload):
            apply(state, event)
    writer = journal.begin_snapshot()
    for piece in snapshot.capture(state):
        writer.write(piece)
    writer.commit()


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_damaged_snapshot_keeps_no_decision_from_being_told(tmp_path: Path, damaged: int) -> None:
    """The province starts from the other one and serves; its past could not be read until somebody had repaired the file."""
    shell = staffed()
    task_id = new_task(shell)
    path = tmp_path / "fujian.sqlite"
    journal = open_sqlite(path, store_id="store-1", province=FUJIAN)
    *before, third, second, last = shell.store.frames
    for frame in before:
        journal.append(frame.payload, at_ms=frame.at_ms)
    for frame in (third, second):
        journal.append(frame.payload, at_ms=frame.at_ms)
        write_snapshot(journal)
    journal.append(last.payload, at_ms=last.at_ms)
    journal.connection.execute("UPDATE slices SET body = zeroblob(length(body)) WHERE snapshot = ?", (damaged,))
    journal.close()
    assert replayed(rewind(Errand(path=str(path), task_id=task_id, token=0))).reproduced


async def answered(queue: RewindQueue, *errands: Errand) -> list[TaskHistory | Refused]:
    """Ask everything at once, and wait for all answers."""
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[TaskHistory | Refused]] = [loop.create_future() for _ in errands]
    for errand, answer in zip(errands, answers, strict=True):
        queue.ask(errand, answer.set_result)
    async with asyncio.timeout(60):
        return list(await asyncio.gather(*answers))


async def test_the_process_answers_beside_a_busy_loop(journal_path: Path) -> None:
    """A province that replayed its past itself would stand still for as long."""
    queue = RewindQueue()
    errand = Errand(path=str(journal_path), task_id=TaskId("fujian-1"), token=0)
    [told] = await answered(queue, errand)
    assert isinstance(told, TaskHistory) and replayed(told).reproduced
    await queue.close()


async def test_too_many_questions_and_a_failing_process_are_refused(journal_path: Path) -> None:
    """Each waiting question costs memory, and a caller that hears nothing waits for ever."""
    queue = RewindQueue((sys.executable, "-c", "raise SystemExit(3)"))
    errand = Errand(path=str(journal_path), task_id=TaskId("fujian-1"))
    replies = await answered(queue, *[errand] * (WAITING_MAX + 1))
    reasons = [reply.reason for reply in replies if isinstance(reply, Refused)]
    assert reasons == [Reason.RESTARTING] * WAITING_MAX + [Reason.QUEUE_FULL]
    await queue.close()


@pytest.mark.parametrize(
    "program",
    [("no-such-program",), (sys.executable, "-c", "print('of another version')")],
    ids=["cannot start", "answers what cannot be read"],
)
async def test_a_process_that_fails_is_a_refusal_and_not_the_end(journal_path: Path, program: tuple[str, ...]) -> None:
    """When memory is short, or the process is newer than the province, one question would otherwise silence all that come after it."""
    queue = RewindQueue((str(journal_path.parent / program[0]), *program[1:]))
    errand = Errand(path=str(journal_path), task_id=TaskId("fujian-1"))
    for _ in range(2):
        [reply] = await answered(queue, errand)
        assert isinstance(reply, Refused) and reply.reason is Reason.RESTARTING
    await queue.close()


async def test_a_bug_costs_one_answer_and_not_all_that_come_after_it(
    journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked would wait until the deadline, and so would everybody after it until the province starts again."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    queue = RewindQueue()
    errand = Errand(path=str(journal_path), task_id=TaskId("fujian-1"))
    with monkeypatch.context() as broken:
        broken.setattr(asyncio, "create_subprocess_exec", fail)
        replies = await answered(queue, errand, errand)
    assert [reply.reason for reply in replies if isinstance(reply, Refused)] == [Reason.RESTARTING] * 2
    [told] = await answered(queue, errand)
    assert isinstance(told, TaskHistory)
    await queue.close()


async def test_closing_ends_the_process(journal_path: Path) -> None:
    """A province that restarts would leave a process behind each time."""
    told = journal_path.parent / "pid"
    os.mkfifo(told)
    script = f"import os, signal; open({str(told)!r}, 'w').write(str(os.getpid())); signal.pause()"
    queue = RewindQueue((sys.executable, "-c", script))
    queue.ask(Errand(path=str(journal_path), task_id=TaskId("fujian-1")), lambda _: None)
    async with asyncio.timeout(60):
        pid = await asyncio.to_thread(told.read_text)
    await queue.close()
    assert not Path("/proc", pid).exists()


async def test_what_takes_too_long_is_given_up(journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One question about last year would bar the way for all others."""
    monkeypatch.setattr("actors.rewind.queue.REWIND_MAX_S", 0.05)
    queue = RewindQueue((sys.executable, "-c", "import signal; signal.pause()"))
    [reply] = await answered(queue, Errand(path=str(journal_path), task_id=TaskId("fujian-1")))
    assert isinstance(reply, Refused) and reply.reason is Reason.TOO_FAR_BACK
    await queue.close()
