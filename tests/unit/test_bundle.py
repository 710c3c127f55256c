"""Many commands in one body: each is decided by itself, and one answer tells of all."""

from collections.abc import Callable

from actors import protocol
from actors.bundle import submit_bundle
from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Done


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
