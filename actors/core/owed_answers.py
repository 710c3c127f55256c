"""Hosts that owe the answer to a move, and those that have owed it for long: soft state, since the moves themselves are in the journal."""

from collections.abc import Iterable

from actors.core.ids import ProvinceCode
from actors.core.state import ProvinceState

#: A host that has recorded no answer for so long, while moves to it wait for one, counts as silent. A province that was killed is back within.
ANSWER_AWAITED_MS = 3_000


class OwedAnswers:
    """Since when which host owes an answer. All instants are monotonic ms."""

    def __init__(self) -> None:
        #: Host -> since when, or when it last recorded one.
        self._since_ms: dict[ProvinceCode, int] = {}

    def note_asked(self, state: ProvinceState, hosts: Iterable[ProvinceCode], now_ms: int) -> None:
        """These hosts were sent a move; those that owe none any more are forgotten."""
        for host in [host for host in self._since_ms if host not in state.moving_to]:
            del self._since_ms[host]
        for host in hosts:
            self._since_ms.setdefault(host, now_ms)

    def note_answer(self, host: ProvinceCode, now_ms: int) -> None:
        """A host has recorded an answer to a move of ours."""
        if host in self._since_ms:
            self._since_ms[host] = now_ms

    def silent_hosts(self, now_ms: int) -> list[ProvinceCode]:
        """Hosts that have moves of ours and have recorded an answer to none of them for long: dead, cut off, hanging, or with a disk that takes no writes.

        What is on its way to them must wait, as they may have accepted it; nothing else should. The first answer ends it, and
        since they are asked again and again, it comes as soon as it can.
        """
        return [host for host, since_ms in self._since_ms.items() if now_ms - since_ms > ANSWER_AWAITED_MS]
