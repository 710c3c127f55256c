"""Outputs of a commit loop to which nobody listens: for one that is opened to be looked at, or to write a single frame.

Nothing is lost by it. Whatever is open in the journal is sent again as soon as its province serves.
"""

from actors.core.messages import Outgoing
from actors.core.replies import DeskUpdate


class Unheard:
    """`actors.commit_loop.Outputs`."""

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """Nobody follows."""

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """Nobody is at work."""

    def send(self, messages: list[Outgoing]) -> None:
        """Nothing leaves."""

    def on_fatal(self, error: Exception) -> None:
        """The loop raises it as well."""
