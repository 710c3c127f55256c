from actors.core import commands as c
from actors.core.country import TimeLimits
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskReply
from tests.unit.commit_shell import CHEN, SMALL, Shell, arrival, create
from tests.unit.core.harness import person, session_of


def held(shell: Shell, for_ms: int = 500) -> None:
    """A backup holds the province from now on."""
    assert shell.loop.hold.begin("backup", for_ms, shell.clock().monotonic_ms) == ""


def test_while_it_is_held_nothing_is_written_or_said() -> None:
    """One frame, answer or message in the middle, and the photographs show two different instants."""
    shell = Shell()
    shell.ask(*arrival())
    shell.said.clear()
    frames = len(shell.store.frames)
    held(shell)
    replies = shell.submit(create(), c.GetProvince(), c.Tick())
    for _ in range(5):
        shell.now_ms += 99
        shell.loop.commit()
    assert (replies, shell.said, len(shell.store.frames), shell.loop.backlog) == ([], [], frames, 3)


def test_what_waited_is_answered_as_soon_as_it_is_released() -> None:
    """A backup must cost nobody an answer."""
    shell = Shell()
    held(shell)
    replies = shell.submit(create(), create())
    shell.loop.commit()
    assert shell.loop.hold.end("backup", shell.clock().monotonic_ms) == 0
    shell.loop.commit()
    assert [type(reply) for reply in replies] == [TaskReply, TaskReply]


def test_a_dead_backup_costs_the_bound_and_no_more() -> None:
    """Nobody releases; the province goes on by its own clock."""
    shell = Shell()
    held(shell)
    replies = shell.submit(create())
    shell.now_ms += 499
    shell.loop.commit()
    assert replies == []
    shell.now_ms += 1
    shell.loop.commit()
    assert [type(reply) for reply in replies] == [TaskReply]
    assert shell.loop.hold.end("backup", shell.clock().monotonic_ms) is None


def test_the_mailbox_stays_bounded_in_a_hold() -> None:
    """What waits for a backup is memory, too."""
    shell = Shell(bounds=SMALL)
    held(shell)
    replies = shell.submit(*[create() for _ in range(9)])
    assert [reply.reason for reply in replies if isinstance(reply, Refused)] == [Reason.QUEUE_FULL] * 3


def test_a_hold_is_nobodys_silence() -> None:
    """Heartbeats wait in the mailbox behind a tick: the tick would call the site lost, just before they are read."""
    shell = Shell()
    names = ("chen", "lin", "wu")
    shell.ask(c.UpsertOperators(entries=tuple(person(name) for name in names)))
    sign_ins = [c.SignIn(operator=person(name).operator, session=session_of(name)) for name in names]
    shell.ask(*sign_ins)
    shell.ask(c.HearDesks(sessions=tuple(session_of(name) for name in names)))
    # A hiccup that is just short of an outage, then the hold.
    for _ in range((TimeLimits().site_silence_ms - 200) // 200):
        shell.now_ms += 200
        shell.ask(c.Tick())
    shell.submit(c.Tick())
    held(shell)
    shell.now_ms += 300
    shell.submit(c.HearDesks(sessions=tuple(session_of(name) for name in names)))
    shell.loop.commit()
    shell.now_ms += 200
    shell.loop.commit()
    assert shell.loop.backlog == 0
    assert shell.state.lost_sites == {}
    assert CHEN in shell.state.signed_in
