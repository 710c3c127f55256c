"""News of operators behind the answers to the steps that were under way when they came.

An answer says what its operator held at that moment. News of the same commit arrive here first, since they are delivered at once and answers a
few turns of the loop later. Without this, an offer was shown, forgotten with the answer to a sign-in, which does not name it, and lay on nobody's
screen until it expired; and a task that was accepted and withdrawn at once was given last of all.

News wait for no step that began after they came: there may always be one.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator

from actors.core.ids import OperatorId
from actors.core.replies import DeskUpdate


class _Behind:
    """News of one operator, each with the number of steps that had begun when it came, and its bytes."""

    __slots__ = ("begun", "ended", "news")

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.news: deque[tuple[int, DeskUpdate, int]] = deque()


class NewsOrder:
    """News and steps of the operators of one stream.

    Args:
        tell: told of each piece of news in its turn.
        size_of: says how many bytes it will be sent as; asked of what must wait.
    """

    def __init__(self, tell: Callable[[DeskUpdate], None], size_of: Callable[[DeskUpdate], int]) -> None:
        self._tell = tell
        self._size_of = size_of
        #: Operators with steps under way whose answers say what they hold.
        self._behind: dict[OperatorId, _Behind] = {}
        #: News that stand behind answers, and their bytes.
        self.held_back_count = 0
        self.held_back_bytes = 0

    def take(self, update: DeskUpdate) -> bool:
        """News have come; whether they were told, and do not have to wait for an answer."""
        behind = self._behind.get(update.operator)
        if behind is None:
            self._tell(update)
            return True
        size_bytes = self._size_of(update)
        behind.news.append((behind.begun, update, size_bytes))
        self.held_back_count += 1
        self.held_back_bytes += size_bytes
        return False

    def hold_back(self, operator: OperatorId) -> None:
        """A step of an operator begins."""
        behind = self._behind.get(operator)
        if behind is None:
            behind = self._behind[operator] = _Behind()
        behind.begun += 1

    def let_go(self, operator: OperatorId) -> None:
        """It is answered, and so may be what stands behind it."""
        behind = self._behind[operator]
        behind.ended += 1
        while behind.news and behind.news[0][0] <= behind.ended:
            _, update, size_bytes = behind.news.popleft()
            self.held_back_count -= 1
            self.held_back_bytes -= size_bytes
            self._tell(update)
        if behind.ended == behind.begun:
            del self._behind[operator]

    def close(self) -> None:
        """Nobody is there to be told any more: forget the news."""
        for behind in self._behind.values():
            behind.news.clear()
        self.held_back_count = self.held_back_bytes = 0

    @contextlib.contextmanager
    def held_back(self, operator: OperatorId) -> Iterator[None]:
        """Let what a step is answered with leave before the news that follow from it."""
        self.hold_back(operator)
        try:
            yield
        finally:
            self.let_go(operator)
