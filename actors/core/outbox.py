"""What must still reach another province, and when it was last tried: soft state over the journal's open moves, notices and recalls.

Nothing is taken from here on a timeout. A move or a notice stays open in the hard state until the other side's *recorded* answer has
come; until then it is sent again with back-off for ever. After a restart everything open is due at once.

What is sent next goes by the coordinator's last advice (`advice`), and not to hosts that owe an answer for long (`owed_answers`).
"""

from collections.abc import Iterable
from copy import copy
from heapq import heappop, heappush

from actors.core import commands as c
from actors.core.advice import Advice
from actors.core.country import TimeLimits
from actors.core.ids import ProvinceCode, TaskId
from actors.core.messages import Outgoing, is_home_ready, is_open, message, open_keys
from actors.core.owed_answers import OwedAnswers
from actors.core.sharing.flows import MoveFlow
from actors.core.state import MessageKey, ProvinceState

#: Messages handed out at once.
SENDS_MAX = 500
#: So long after its last refusal a waiting task may be offered to the same hosts again.
REFUSAL_REMEMBERED_MS = 30_000


class Outbox:
    """When each open message was last sent, which hosts owe an answer, and the advice that says what to send next."""

    def __init__(self) -> None:
        #: A heap of (due at, number, back-off to use next, message), monotonic ms. What was settled meanwhile is passed over when it is due.
        self._schedule: list[tuple[int, int, int, MessageKey]] = []
        self._number = 0
        self._has_looked = False
        #: Recalls that were due while the home was not ready.
        self._held_back: dict[MessageKey, None] = {}
        self.advice = Advice()
        self.owed = OwedAnswers()
        #: Hosts that refused a task since it was last taken back by all, while it waits or is on its way; and when the last did, monotonic ms.
        self.refused_by: dict[TaskId, tuple[ProvinceCode, ...]] = {}
        self._refused_ms: dict[TaskId, int] = {}
        #: Evacuated tasks still to be asked for, the last one first; empty: not sorted yet.
        self.recall_order: list[TaskId] = []
        #: Not before this instant (monotonic ms) is it looked again for evacuated tasks to ask for.
        self.recall_after_ms = 0
        #: (task, token) of each open offer -> when our clockwork first saw it, monotonic ms.
        self.offers_seen_ms: dict[tuple[TaskId, int], int] = {}

    def begin_offers_anew(self) -> None:
        """Nobody could answer an offer for a while: the age of every open one counts from now on."""
        self.offers_seen_ms = {}

    def begin_schedule_anew(self) -> None:
        """The state was replayed: everything open is due at once, as after a restart. What it opened again would stand in the schedule twice."""
        self._schedule = []
        self._held_back = {}
        self._has_looked = False

    def copied(self, flows: Iterable[MoveFlow] = ()) -> "Outbox":
        """The same with these flows as the advice, to try what would leave."""
        twin = copy(self)
        twin.advice = self.advice.copied(flows)
        twin.refused_by = dict(self.refused_by)
        return twin

    def note_refusal(self, task: TaskId, host: ProvinceCode, now_ms: int) -> None:
        """Keep in mind that a host does not take a task.

        Args:
            now_ms: monotonic.
        """
        self.refused_by[task] = (*self.refused_by.get(task, ()), host)
        self._refused_ms[task] = now_ms

    def forget_refusals(self, state: ProvinceState, now_ms: int) -> None:
        """Drop the refusals of tasks that somebody has in hand by now, or that are no longer here, and those of long ago.

        A host that was full then may have room, and those that had not refused may have gone since: nobody would be left to ask.

        Args:
            now_ms: monotonic.
        """
        for task in list(self.refused_by):
            is_open = task in state.queue.members or task in state.moving
            if not is_open or now_ms - self._refused_ms.get(task, now_ms) > REFUSAL_REMEMBERED_MS:
                self.forget_refusals_of(task)

    def forget_refusals_of(self, task: TaskId) -> None:
        """Whoever refused the task may be asked again."""
        self.refused_by.pop(task, None)
        self._refused_ms.pop(task, None)

    def due(self, state: ProvinceState, now_ms: int, limits: TimeLimits) -> list[Outgoing]:
        """The messages to send now, the longest due first; each is then not due again before its back-off has passed.

        Costs what is due, however much is open.
        """
        self._take_in(state, now_ms, limits)
        sent: list[tuple[int, MessageKey]] = []
        sends: list[Outgoing] = []
        while self._schedule and self._schedule[0][0] <= now_ms and len(sends) < SENDS_MAX:
            _, _, backoff_ms, key = heappop(self._schedule)
            if not is_open(state, key):
                continue
            if key[0] == "recall" and not is_home_ready(state):
                self._held_back[key] = None
                continue
            sends.append(message(state, key))
            sent.append((backoff_ms, key))
        for backoff_ms, key in sent:
            self._put(now_ms + backoff_ms, min(2 * backoff_ms, limits.resend_after_max_ms), key)
        moved_to = [sent.destination for sent in sends if isinstance(sent.command, c.AcceptMove)]
        self.owed.note_asked(state, moved_to, now_ms)
        return sends

    def _take_in(self, state: ProvinceState, now_ms: int, limits: TimeLimits) -> None:
        """What was opened since the last look is due at once, and everything that is open at the first."""
        fresh = list(state.opened) if self._has_looked else list(open_keys(state))
        self._has_looked = True
        state.opened = {}
        if self._held_back and is_home_ready(state):
            fresh += self._held_back
            self._held_back = {}
        for key in fresh:
            self._put(now_ms, limits.resend_after_ms, key)

    def _put(self, due_ms: int, backoff_ms: int, key: MessageKey) -> None:
        self._number += 1
        heappush(self._schedule, (due_ms, self._number, backoff_ms, key))
