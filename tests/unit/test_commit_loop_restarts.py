from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.commit_loop import CommitBounds
from actors.core import codec, snapshot
from actors.core import commands as c
from actors.core.events import OperatorEnrolled, TaskCreated
from actors.core.operators import PresenceState
from actors.core.refusal import Refused
from actors.core.replies import AnyReply, Done, TaskReply
from actors.journal import (
    StoreFull,
    open_memory,
)
from tests.unit.commit_shell import CHEN, SMALL, Killed, Shell, arrival, create, failing, replayed, same
from tests.unit.core.harness import FUJIAN, MEDICAL, person, session_of, spec


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


@pytest.mark.parametrize(("step_bytes", "commits_least", "commits_most"), [(1, 3, 100), (64 * 1024, 1, 1)])
def test_what_is_written_of_a_snapshot_between_two_frames_has_its_bound(
    step_bytes: int, commits_least: int, commits_most: int
) -> None:
    """Large slices together would be a stall; small ones each by itself would take so many frames that the snapshot is old when it is done."""
    shell = Shell(bounds=CommitBounds(records_kept_max=1, snapshot_tail_bytes=1, snapshot_step_bytes=step_bytes))
    shell.ask(create("0"))
    assert shell.loop._snapshot is not None
    before, commits = len(shell.store.snapshots), 0
    while len(shell.store.snapshots) == before:
        shell.ask(c.Tick())
        commits += 1
        assert commits <= commits_most
    assert commits >= commits_least
    shell.open()
    assert same(shell.state, replayed(shell.store))


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


def test_a_province_in_which_nothing_ends_has_its_snapshots_too() -> None:
    """Shifts, offers and the country's sums leave no records; without a snapshot each restart would take longer than the one before."""
    shell = Shell(bounds=CommitBounds(snapshot_tail_bytes=2_000))
    shell.ask(*arrival())
    for number in range(200):
        presence = PresenceState.BREAK if number % 2 else PresenceState.AVAILABLE
        shell.ask(c.SetPresence(operator=CHEN, presence=presence))
    taken, _ = shell.store.snapshots[-1]
    assert taken.sequence > len(shell.store.frames) // 2
    shell.open()
    assert same(shell.state, replayed(shell.store))


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
