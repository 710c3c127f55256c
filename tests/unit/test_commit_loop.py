from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.commit_loop import CommitBounds, CommitLoop
from actors.core import codec, snapshot
from actors.core import commands as c
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import ProvinceSettings, ShareOutMode, SharingPolicy
from actors.core.events import OperatorEnrolled, TaskCreated
from actors.core.ids import OperatorId
from actors.core.operators import PresenceState
from actors.core.outbox import Outgoing
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, DeskUpdate, Done, TaskReply
from actors.core.state import ProvinceState
from actors.journal import (
    Fenced,
    JournalError,
    MemoryStore,
    MemoryView,
    StoreBusy,
    StoreFailed,
    StoreFull,
    open_memory,
)
from tests.unit.core.harness import ADDRESS, FUJIAN, KINDS, MEDICAL, START_MS, person, session_of, spec
from tests.unit.core.journeys import picture_of

CHEN = OperatorId("chen")
SMALL = CommitBounds(batch_max=4, mailbox_max=6, records_kept_max=3, snapshot_tail_bytes=1_500)


class Killed(BaseException):
    """The process died here."""


class Shell:
    """A province over a disk of its own; `said` is everything that left it, in order."""

    def __init__(self, store: MemoryStore | None = None, bounds: CommitBounds | None = None) -> None:
        self.store = store or MemoryStore("store-1", FUJIAN)
        self.said: list[Any] = []
        self.now_ms = 0
        self.dies_after_append = False
        self.bounds = bounds
        self.open()
        if not self.loop.province.state.kinds:
            settings = ProvinceSettings(province=FUJIAN, display_name="Fujian", display_name_zh="福建")
            self.ask(c.ConfigureProvince(settings=settings), c.AdoptTaskKinds(revision=1, kinds=KINDS))

    def open(self) -> None:
        """A new incarnation."""
        journal = open_memory(self.store, store_id="store-1", province=FUJIAN)
        self.loop = CommitLoop(FUJIAN, journal, clock=self.clock, outputs=self, commit_bounds=self.bounds)

    def clock(self) -> Instant:
        return Instant(wall_ms=START_MS + self.now_ms, monotonic_ms=self.now_ms)

    def submit(self, *asked: c.AnyCommand) -> list[AnyReply]:
        """Put commands into the mailbox; the list fills when they are answered."""
        replies: list[AnyReply] = []

        def answer(reply: AnyReply) -> None:
            self.said.append(reply)
            replies.append(reply)

        for command in asked:
            self.loop.submit(command, answer)
        return replies

    def ask(self, *asked: c.AnyCommand) -> list[AnyReply]:
        """Commands and as many commits as they take."""
        replies = self.submit(*asked)
        self.loop.commit()
        while self.loop.backlog:
            self.loop.commit()
        return replies

    @property
    def state(self) -> ProvinceState:
        return self.loop.province.state

    # --- outputs ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        del epoch, at_ms
        assert self.store.frames[-1].sequence == sequence
        assert self.store.frames[-1].payload == payload
        self.said.append(sequence)
        if self.dies_after_append:
            raise Killed

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        self.said.append(updates)

    def send(self, messages: list[Outgoing]) -> None:
        self.said.append(messages)

    def on_fatal(self, error: Exception) -> None:
        self.said.append(error)


def create(request_id: str = "", **changes: Any) -> c.CreateTask:
    """A branch's new task."""
    return c.CreateTask(who="branch:core", request_id=request_id, spec=spec(MEDICAL, **changes))


def arrival() -> tuple[c.AnyCommand, ...]:
    """Somebody who is free."""
    return (
        c.UpsertOperators(entries=(person("chen", capacity=9),)),
        c.SignIn(operator=CHEN, session=session_of("chen"), presence=PresenceState.AVAILABLE),
    )


def failing(error: JournalError, *writes: str) -> Callable[[str], None]:
    """A disk on which these writes fail."""

    def refuse(write: str) -> None:
        if write in writes:
            raise error

    return refuse


def replayed(store: MemoryStore) -> ProvinceState:
    """What all frames from the first say."""
    state = ProvinceState(FUJIAN)
    for frame in MemoryView(store).frames():
        for event in codec.decode_events(frame.payload):
            apply(state, event)
    return state


def same(one: ProvinceState, two: ProvinceState) -> bool:
    """Whether two states are the same, byte for byte."""
    return list(snapshot.capture(one)) == list(snapshot.capture(two))


# --- the first law: nothing overtakes the fsync ---


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
        c.TakeAdvice(picture=picture_of("jiangxi")),
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
    shell.now_ms += 200
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
    shell.ask(create())
    assert shell.state.load_of(CHEN) == 1


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


# --- restarts ---


def test_a_restart_gives_a_new_epoch_the_same_state_and_a_new_term() -> None:
    """What was acknowledged is there, leases live on, and nobody is given work before they were heard."""
    shell = Shell()
    shell.ask(*arrival())
    shell.ask(create())
    before = list(snapshot.capture(shell.state))
    epoch = shell.loop.journal.epoch
    shell.now_ms = 77
    shell.open()
    assert shell.loop.journal.epoch == epoch + 1
    assert list(snapshot.capture(shell.state)) == before
    shell.ask(create(), c.Tick())
    assert shell.state.load_of(CHEN) == 1
    shell.ask(c.HearDesks(sessions=(session_of("chen"),)))
    assert shell.state.load_of(CHEN) == 2


def test_a_death_between_fsync_and_answer_is_healed_by_the_retry() -> None:
    """The client saw nothing; the task is there; the same request finds it."""
    shell = Shell()
    shell.dies_after_append = True
    with pytest.raises(Killed):
        shell.ask(create("a"))
    shell.dies_after_append = False
    shell.open()
    [reply] = shell.ask(create("a"))
    assert isinstance(reply, TaskReply)
    assert (reply.task.task_id, shell.state.created_count) == ("fujian-1", 1)


def test_an_impossible_state_is_not_served() -> None:
    """A province that replays to nonsense must stop, not go on with it."""
    shell = Shell()
    journal = open_memory(shell.store, store_id="store-1", province=FUJIAN)
    bad = TaskCreated(at_ms=1, task_id=type(MEDICAL)("fujian-7"), spec=spec())  # pyright: ignore[reportArgumentType]
    journal.append(codec.encode_events([bad]), at_ms=1)
    with pytest.raises(AssertionError, match="dense"):
        shell.open()


def test_a_state_that_breaks_an_invariant_is_not_served() -> None:
    """Events that fit one by one and lead to what must never be: somebody holds more than their capacity."""
    shell = Shell()
    shell.ask(*arrival())
    shell.ask(create(), create())
    journal = open_memory(shell.store, store_id="store-1", province=FUJIAN)
    shrunk = msgspec.structs.replace(shell.state.operators[CHEN], capacity=1)
    journal.append(codec.encode_events([OperatorEnrolled(at_ms=1, entry=shrunk)]), at_ms=1)
    with pytest.raises(RuntimeError, match="more than 1 tasks"):
        shell.open()


def test_records_leave_memory_and_are_found_on_disk() -> None:
    """Request ids for ever in memory would grow without bound."""
    shell = Shell(bounds=SMALL)
    first = [shell.ask(create(str(number)))[0] for number in range(12)]
    assert len(shell.state.records) < 3
    assert shell.store.records_sequence > 0
    assert [shell.ask(create(str(number)))[0] for number in range(12)] == first


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=30),
    st.integers(0, 40),
    st.sampled_from([None, SMALL]),
)
@settings(max_examples=60)
def test_killed_at_any_frame_the_same_requests_get_the_same_answers(
    asked: Sequence[tuple[int, int]], survives: int, bounds: CommitBounds | None
) -> None:
    """Wherever the power fails: what was answered is answered alike, what was not is done once."""
    shell = Shell(bounds=bounds)
    answered: dict[str, bytes] = {}
    shell.ask(*arrival())
    for place, (number, kind) in enumerate(asked):
        command = _write(shell, number, kind)
        if place == survives:
            shell.dies_after_append = True
        try:
            [reply] = shell.ask(command)
        except Killed:
            shell.dies_after_append = False
            shell.open()
            assert same(shell.state, replayed(shell.store))
            [reply] = shell.ask(command)
        if not isinstance(reply, Refused):
            assert answered.setdefault(command.request_id, codec.encode(reply)) == codec.encode(reply)
        shell.dies_after_append = False
    shell.open()
    assert same(shell.state, replayed(shell.store))
    for place, (number, kind) in enumerate(asked):
        del place
        command = _write(shell, number, kind)
        if command.request_id in answered:
            [reply] = shell.ask(command)
            assert codec.encode(reply) == answered[command.request_id]


def _write(shell: Shell, number: int, kind: int) -> c.AnyCommand:
    """A write whose content depends on its request id alone."""
    random = Random(number * 10 + kind)
    asked: dict[str, Any] = {"who": "somebody", "request_id": f"{kind}-{number}"}
    task_id = type(shell.store.province)(f"fujian-{random.randint(1, 4)}")
    if kind <= 1:
        return c.CreateTask(**asked, spec=spec(external_id=f"case-{number}" if kind else ""))
    if kind == 2:
        return c.UpdateTask(**asked, task_id=task_id, priority=number)  # pyright: ignore[reportArgumentType]
    if kind == 3:
        return c.CancelTask(**asked, task_id=task_id)  # pyright: ignore[reportArgumentType]
    if kind == 4:
        return c.UpsertOperators(**asked, entries=(person(f"op-{number}"),))
    return c.SetPresence(**asked, operator=CHEN, presence=random.choice([PresenceState.BREAK, PresenceState.AVAILABLE]))


# --- snapshots ---


def test_a_snapshot_is_written_in_slices_between_frames_and_reopened() -> None:
    """One long stall for a snapshot would look like a freeze; a snapshot of mixed instants would lose tasks."""
    shell = Shell(bounds=SMALL)
    for number in range(200):
        shell.ask(create(str(number)))
        if number % 3 == 0:
            shell.ask(c.CancelTask(task_id=type(MEDICAL)(f"fujian-{number // 2 + 1}")))  # pyright: ignore[reportArgumentType]
    taken = [taken for taken, _ in shell.store.snapshots]
    assert taken
    assert 0 < taken[-1].sequence < len(shell.store.frames)
    before = list(snapshot.capture(shell.state))
    shell.open()
    assert list(snapshot.capture(shell.state)) == before
    assert same(shell.state, replayed(shell.store))
    assert shell.ask(create("0")) == shell.ask(create("0"))
    assert shell.state.created_count == 200


def test_a_snapshot_waits_until_the_records_before_it_are_on_disk() -> None:
    """Replay starts after the snapshot: records of frames before it that were only in memory would be gone for ever."""
    shell = Shell(bounds=CommitBounds(records_kept_max=10, snapshot_tail_bytes=1))
    first: list[AnyReply] = []
    for number in range(25):
        first += shell.ask(create(str(number)))
        records_at = {taken.sequence for taken, _ in shell.store.snapshots}
        assert all(sequence <= shell.store.records_sequence for sequence in records_at)
    assert shell.store.snapshots != []
    shell.open()
    assert [shell.ask(create(str(number)))[0] for number in range(25)] == first


def test_a_full_disk_gives_the_snapshot_up_and_nothing_else() -> None:
    """A snapshot is an economy; the province must work on without it, and try again."""
    shell = Shell(bounds=SMALL)
    shell.store.before_write = failing(StoreFull(FUJIAN, "slice"), "slice", "snapshot")
    for number in range(60):
        assert isinstance(shell.ask(create(str(number)))[0], TaskReply)
    assert shell.store.snapshots == []
    shell.store.before_write = None
    for number in range(60, 100):
        shell.ask(create(str(number)))
    assert shell.store.snapshots != []
    shell.open()
    assert shell.state.created_count == 100


def test_every_command_is_answered_exactly_once() -> None:
    """A client without an answer waits for its deadline; with two, the second one belongs to somebody else."""
    shell = Shell(bounds=SMALL)
    counts = [shell.submit(create()) for _ in range(5)]
    shell.ask(c.Tick())
    assert [len(replies) for replies in counts] == [1] * 5
    assert isinstance(shell.ask(c.Tick())[0], Done)
