"""Many commands that came in one body: each goes into the mailbox by itself, and one answer leaves when the last of them is answered."""

from collections.abc import Callable
from functools import partial

from actors import protocol
from actors.core import commands as c
from actors.core.replies import AnyReply, Done

#: Stands for an answer until it comes.
_NONE_YET = Done()

Submit = Callable[[c.AnyCommand, Callable[[AnyReply], None]], None]


def submit_bundle(bundle: protocol.Bundle, submit: Submit, report: Callable[[protocol.BundleReply], None]) -> None:
    """Submit a bundle's commands in their order; one frame may hold what comes of them, or several.

    Args:
        submit: puts a command into the mailbox; its answer may come at once (a refusal) or after a frame.
        report: called once, with all answers.
    """
    left = len(bundle.commands)
    replies: list[AnyReply] = [_NONE_YET] * left

    def answer(place: int, reply: AnyReply) -> None:
        nonlocal left
        replies[place] = reply
        left -= 1
        if not left:
            report(protocol.BundleReply(replies=tuple(replies)))

    if not left:
        report(protocol.BundleReply(replies=()))
    for place, command in enumerate(bundle.commands):
        submit(command, partial(answer, place))
