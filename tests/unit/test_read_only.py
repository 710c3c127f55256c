"""A province whose disk is full: it reads, refuses writes at once, asks the disk seldom and cheaply, and heals by itself."""

from typing import get_args

import pytest

from actors.core import commands as c
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, TaskReply
from actors.journal import Fenced, StoreFull
from actors.store_outage import PAUSE_MAX_MS, PAUSE_MS, PAUSE_PER_ATTEMPT, SOUND_AFTER_MS, StoreOutage
from tests.unit.commit_shell import CHEN, Shell, arrival, create, failing, replayed, same
from tests.unit.core.harness import FUJIAN, session_of

FULL = StoreFull(FUJIAN, "append")
#: What reads of one thing are asked of.
_NAMED: dict[type, dict[str, str]] = {
    c.GetTask: {"task_id": "fujian-1"},
    c.PreviewMatch: {"task_id": "fujian-1"},
    c.GetOperator: {"operator": "chen"},
    c.GetWorkload: {"operator": "chen"},
}


class FullShell(Shell):
    """A province with one task and one desk, whose disk has just refused a frame."""

    def __init__(self) -> None:
        super().__init__()
        self.ask(*arrival())
        self.ask(create("kept"))
        self.attempts: list[str] = []
        self._refuse = failing(FULL, "append")
        self.store.before_write = self._refuse_and_count
        assert isinstance(self.ask(create())[0], Refused)

    def _refuse_and_count(self, write: str) -> None:
        self.attempts.append(write)
        self._refuse(write)


@pytest.fixture
def full() -> FullShell:
    """The disk is full."""
    return FullShell()


def _replays(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Filled with one entry for each replay from now on."""
    seen: list[int] = []
    replay = shell.loop._rebuild

    def counted() -> None:
        seen.append(shell.now_ms)
        replay()

    monkeypatch.setattr(shell.loop, "_rebuild", counted)
    return seen


def test_a_minute_of_full_disk_costs_no_replay_and_one_question_a_second(
    full: FullShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refused batch used to cost a replay of the tail, so that ticks stalled and heartbeats were missed."""
    replays = _replays(full, monkeypatch)
    full.attempts.clear()
    for _ in range(600):
        full.now_ms += 100
        assert all(isinstance(reply, Refused) for reply in full.ask(c.Tick(), create()))
    assert replays == []
    assert 50 <= len(full.attempts) <= 60


def test_writes_are_refused_at_once_with_the_reason_and_a_time_to_come_back(full: FullShell) -> None:
    """A client that is left waiting, or told nothing definite, would not know whether its task exists."""
    full.attempts.clear()
    [refused] = full.ask(create("new"))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.retry_after_ms > 0) == (Reason.STORE_FULL, True)
    assert full.attempts == []


def test_reads_and_heartbeats_go_on(full: FullShell) -> None:
    """A desk that is heard all the time would lose its lease after the disk has healed."""
    read, heard = full.ask(
        c.GetTask(task_id=type(CHEN)("fujian-1")),  # pyright: ignore[reportArgumentType] - ids are strings
        c.HearDesks(sessions=(session_of("chen"),)),
    )
    assert isinstance(read, TaskReply)
    assert isinstance(heard, Done)
    for _ in range(200):
        full.now_ms += 1_000
        full.ask(c.HearDesks(sessions=(session_of("chen"),)), c.Tick())
    full.store.before_write = None
    full.now_ms += PAUSE_MS
    full.ask(c.HearDesks(sessions=(session_of("chen"),)), c.Tick())
    assert full.state.load_of(CHEN) == 1


def test_whatever_only_looks_is_answered(full: FullShell) -> None:
    """A read that is missing in a list is refused for want of room: nobody could look at the policy or the hours while a disk is full."""
    kinds = [
        kind for kind in get_args(c.AnyCommand) if kind.__name__.startswith(("Get", "List", "Preview", "Diagnose"))
    ]
    replies = full.ask(*(kind(**_NAMED.get(kind, {})) for kind in kinds))
    answers = dict(zip(kinds, replies, strict=True))
    refused = {kind: reply.reason for kind, reply in answers.items() if isinstance(reply, Refused)}
    assert Reason.STORE_FULL not in refused.values(), refused


def test_an_offer_that_nobody_could_answer_has_its_time_again() -> None:
    """All open offers would be withdrawn when the disk has healed, and be held against people whose answers were refused."""
    shell = Shell()
    shell.ask(*arrival())
    shell.ask(create("offered"))
    shell.ask(c.Tick())
    [offered] = shell.state.tasks.values()
    shell.store.before_write = failing(FULL, "append")
    shell.ask(create())
    for _ in range(shell.state.limits.offer_duration_ms // 1_000):
        shell.now_ms += 1_000
        shell.ask(c.HearDesks(sessions=(session_of("chen"),)), c.Tick())
    shell.store.before_write = None
    shell.now_ms += PAUSE_MAX_MS
    shell.ask(c.HearDesks(sessions=(session_of("chen"),)), c.Tick())
    assert not shell.loop.is_read_only
    assert list(shell.state.tasks.values()) == [offered]


def test_it_heals_by_itself_and_nothing_of_the_refused_is_there(full: FullShell) -> None:
    """A restart by hand would be needed, or a refused task would appear after all."""
    full.ask(create("refused"))
    full.store.before_write = None
    full.now_ms += PAUSE_MS
    [created] = full.ask(create("later"))
    assert isinstance(created, TaskReply)
    assert created.task.task_id == "fujian-2"
    assert not full.loop.is_read_only
    full.ask(c.SetPresence(operator=CHEN, presence=PresenceState.BREAK))
    assert same(full.state, replayed(full.store))
    full.open()
    assert full.state.created_count == 2


def test_it_says_that_it_takes_no_part_in_sharing(full: FullShell) -> None:
    """All others would send work to its people, who look free, and it could not even record that it has come."""
    assert not full.loop.summary(full.clock()).may_share
    full.store.before_write = None
    full.now_ms += PAUSE_MS
    full.ask(c.Tick())
    assert full.loop.summary(full.clock()).may_share


def test_a_successor_is_noticed_while_read_only(full: FullShell) -> None:
    """A zombie that asks its disk would otherwise serve reads of a past that its successor has left behind."""
    full.store.before_write = failing(Fenced(FUJIAN, 1, 2), "append")
    full.now_ms += PAUSE_MS
    full.submit(create())
    with pytest.raises(Fenced):
        full.loop.commit()
    assert full.loop.is_stopped


# --- the policy ---


def test_a_slow_question_is_asked_less_often() -> None:
    """A lock that is waited for five seconds would hold the loop for five seconds of every six."""
    outage = StoreOutage()
    outage.refused(10_000, took_ms=5_000)
    assert not outage.is_question_due(10_000 + PAUSE_PER_ATTEMPT * 5_000 - 1)
    assert outage.is_question_due(10_000 + PAUSE_PER_ATTEMPT * 5_000)


def test_relapses_double_the_pause_up_to_a_bound_and_a_sound_time_forgets_them() -> None:
    """A disk that takes the question and refuses the next batch would cost a replay a second."""
    outage, now_ms = StoreOutage(), 0
    pauses: list[int] = []
    for _ in range(8):
        outage.refused(now_ms)
        pause_ms = next(ms for ms in range(0, PAUSE_MAX_MS + 1, PAUSE_MS) if outage.is_question_due(now_ms + ms))
        pauses.append(pause_ms)
        now_ms += pause_ms
        outage.healed(now_ms)
    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000, 16_000]
    now_ms += SOUND_AFTER_MS
    outage.refused(now_ms)
    assert outage.is_question_due(now_ms + PAUSE_MS)
