"""Many commands in one body: each is decided by itself, and one answer tells of all."""

from collections.abc import Callable

import msgspec
import pytest

from actors import protocol
from actors.bundle import submit_bundle
from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Done, TaskReply
from tests.unit.commit_shell import SMALL, Shell, create


class Mailbox:
    """Takes commands and keeps their answers back until the test gives them."""

    def __init__(self) -> None:
        self.taken: list[tuple[c.AnyCommand, Callable[[AnyReply], None]]] = []

    def submit(self, command: c.AnyCommand, answer: Callable[[AnyReply], None]) -> None:
        """Into the mailbox."""
        self.taken.append((command, answer))


def _gets(count: int) -> tuple[c.GetTask, ...]:
    return tuple(c.GetTask(task_id=TaskId(f"fujian-{number}")) for number in range(count))


def test_the_answer_comes_with_the_last_and_keeps_the_order() -> None:
    """Would break if a bundle were answered before all of it is on disk, or answers went to the wrong commands."""
    mailbox, reports = Mailbox(), list[protocol.BundleReply]()
    submit_bundle(protocol.Bundle(commands=_gets(3)), mailbox.submit, reports.append)
    assert [command for command, _ in mailbox.taken] == list(_gets(3))
    refused = Refused(reason=Reason.QUEUE_FULL, message="Full.", retry_after_ms=5)
    mailbox.taken[2][1](refused)
    mailbox.taken[0][1](Done())
    assert not reports
    mailbox.taken[1][1](Done())
    assert [report.replies for report in reports] == [(Done(), Done(), refused)]


def test_an_overfull_mailbox_answers_at_once() -> None:
    """Would break if refusals that come while a bundle is still being submitted ended it early, or twice."""
    refused, reports = (
        Refused(reason=Reason.QUEUE_FULL, message="Full.", retry_after_ms=5),
        list[protocol.BundleReply](),
    )
    submit_bundle(protocol.Bundle(commands=_gets(2)), lambda _, answer: answer(refused), reports.append)
    assert [report.replies for report in reports] == [(refused, refused)]


def test_a_bundle_of_nothing_is_answered() -> None:
    """Would break if its sender waited for ever."""
    mailbox, reports = Mailbox(), list[protocol.BundleReply]()
    submit_bundle(protocol.Bundle(commands=()), mailbox.submit, reports.append)
    assert (mailbox.taken, reports) == ([], [protocol.BundleReply(replies=())])


def test_a_bundle_has_a_bound_and_holds_no_bundles() -> None:
    """Would break if one body could hold a province up for seconds: half a million commands have room in one."""
    most = protocol.Bundle(commands=_gets(protocol.BUNDLE_COMMANDS_MAX))
    assert protocol.decode_request(protocol.encode(most)) == most
    more = protocol.Bundle(commands=_gets(protocol.BUNDLE_COMMANDS_MAX + 1))
    nested = {"type": "Bundle", "commands": [msgspec.to_builtins(most)]}
    for body in (protocol.encode(more), msgspec.msgpack.encode(nested)):
        with pytest.raises(msgspec.ValidationError):
            protocol.decode_request(body)


def _sent(shell: Shell, bundle: protocol.Bundle) -> list[protocol.BundleReply]:
    reports: list[protocol.BundleReply] = []
    submit_bundle(bundle, shell.loop.submit, reports.append)
    return reports


def test_a_bundle_that_a_crash_cut_in_two_is_made_once() -> None:
    """Its first frame is on disk, its second is not, and nobody was told of either: sent again, each task exists once and each command is answered.

    Frames take four commands here; the last command repeats the first, as a client that sends an item twice does.
    """
    shell = Shell(bounds=SMALL)
    ids = ["r-0", "r-1", "r-2", "r-3", "r-4", "r-0"]
    bundle = protocol.Bundle(commands=tuple(create(one, external_id=f"case-{one}") for one in ids))
    unheard = _sent(shell, bundle)
    shell.loop.commit()
    made = list(shell.state.tasks)
    assert (unheard, len(made), shell.loop.backlog) == ([], 4, 2)
    shell.open()
    assert list(shell.state.tasks) == made
    answered = _sent(shell, bundle)
    while shell.loop.backlog:
        shell.loop.commit()
    (report,) = answered
    names = [reply.task.task_id for reply in report.replies if isinstance(reply, TaskReply)]
    assert names == [*shell.state.tasks, names[0]]
    assert (names[:4], len(shell.state.tasks)) == (made, 5)
