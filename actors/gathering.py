"""Asking all provinces for their summaries, so that one that does not answer holds up the others once and not with every picture.

Whoever answered the last question is waited for, up to a limit. Whoever did not is asked all the same, or still is, and not waited for:
what has come by the end of the round counts, and what comes later goes into the next one. A late answer is not a stale one, as a
province sums itself up when it reads the question. Refused: a short limit for all (a province that writes a snapshot or waits for a slow disk would drop out
of the picture and come back all day), and one more question to the silent in every round (a stopped process would find them all when it wakes).
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from actors.core.ids import ProvinceCode

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Gathering(Generic[Request, Answer]):
    """Rounds of one question to every province.

    Args:
        ask: puts a question; None: there was no answer. It must end by itself some time.
    """

    def __init__(
        self,
        provinces: Sequence[ProvinceCode],
        ask: Callable[[ProvinceCode, Request], Coroutine[Any, Any, Answer | None]],
    ) -> None:
        self._provinces = provinces
        self._ask = ask
        #: Questions that have no answer yet, or whose answer came after its round.
        self._open: dict[ProvinceCode, asyncio.Task[Answer | None]] = {}
        #: Whoever has not answered since a round that waited for them in vain.
        self._late: dict[ProvinceCode, None] = {}

    async def answers(self, request: Request, *, patience_s: float) -> list[Answer]:
        """One round: the answers that have come, in the order of the provinces.

        Args:
            patience_s: so long whoever answered last time is waited for.
        """
        asked = {
            code: asyncio.ensure_future(self._ask(code, request)) for code in self._provinces if code not in self._open
        }
        self._open |= asked
        awaited = [question for code, question in asked.items() if code not in self._late]
        if awaited:
            await asyncio.wait(awaited, timeout=patience_s)
        return [answer for code in self._provinces if (answer := self._taken(code)) is not None]

    def _taken(self, code: ProvinceCode) -> Answer | None:
        """The answer of a province, if it has come since the last round."""
        if not self._open[code].done():
            self._late[code] = None
            return None
        answer = self._open.pop(code).result()
        if answer is not None:
            self._late.pop(code, None)
        return answer

    def close(self) -> None:
        """Wait for nobody any more."""
        for question in self._open.values():
            question.cancel()
