"""What must still reach another province, and when it was last tried: soft state over the journal's open moves, notices and recalls.

Nothing is taken from here on a timeout. A move or a notice stays open in the hard state until the other side's *recorded* answer has
come; until then it is sent again with back-off for ever. After a restart everything open is due at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from heapq import heappop, heappush

from actors.core import commands as c
from actors.core.country import Line, TimeLimits
from actors.core.ids import KindId, ProvinceCode, TaskId
from actors.core.matching.hosting import Hosting
from actors.core.matching.record import MatchingModel
from actors.core.messages import Outgoing, is_home_ready, is_open, message, open_keys
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.hosts import hosts_by_kind
from actors.core.sharing.pressure import Sharing
from actors.core.sharing.summary import EncodedPicture, KindSummary, NationalPicture, ProvinceSummary, encode_picture
from actors.core.state import MessageKey, ProvinceState
from actors.core.statistics.reading import Reading

#: Messages handed out at once.
SENDS_MAX = 500
#: So long after its last refusal a waiting task may be offered to the same hosts again.
REFUSAL_REMEMBERED_MS = 30_000
#: A host that has recorded no answer for so long, while moves to it wait for one, counts as silent. A province that was killed is back within.
ANSWER_AWAITED_MS = 3_000


class Outbox:
    """When each open message was last sent, and the last advice of the coordinator."""

    def __init__(self) -> None:
        #: A heap of (due at, number, back-off to use next, message), monotonic ms. What was settled meanwhile is passed over when it is due.
        self._schedule: list[tuple[int, int, int, MessageKey]] = []
        self._number = 0
        self._has_looked = False
        #: Recalls that were due while the home was not ready.
        self._held_back: dict[MessageKey, None] = {}
        #: Hosts that owe the answer to a move -> since when, or when they last recorded one, monotonic ms.
        self._owing_since_ms: dict[ProvinceCode, int] = {}
        #: The last picture, and what is in it once somebody has looked.
        self._encoded = encode_picture(NationalPicture())
        self._picture: NationalPicture | None = None
        #: Who may host which kind by the picture; None: not looked up since it came.
        self._hosts: dict[KindId, list[tuple[ProvinceSummary, KindSummary]]] | None = None
        #: The matching model that `_hosting` was made of, and what it makes of the picture's hosts by line; empty: not asked yet.
        self._model: MatchingModel | None = None
        self._hosting: Hosting | None = None
        self._host_points: dict[Line, dict[ProvinceCode, int]] = {}
        #: Tasks sent since the picture was taken.
        self.pledged: dict[tuple[ProvinceCode, KindId], int] = {}
        #: What is left of the coordinator's advice.
        self.flows: dict[KindId, dict[ProvinceCode, tuple[int, str]]] = {}
        #: Hosts that refused a task since it was last taken back by all, while it waits or is on its way; and when the last did, monotonic ms.
        self.refused_by: dict[TaskId, tuple[ProvinceCode, ...]] = {}
        self._refused_ms: dict[TaskId, int] = {}
        #: When advice came last, monotonic ms; None: never since this incarnation began.
        self._advised_ms: int | None = None
        #: Not before this instant (monotonic ms) does the province look whether it must help itself, and what it did so for at the last look.
        self.help_after_ms = 0
        self.helping: Sharing = frozenset()
        #: Waiting tasks in the order of an evacuation, the one that leaves first last; empty: not sorted since the picture came.
        self.evacuation_order: list[TaskId] = []
        #: Evacuated tasks still to be asked for, the last one first; empty: not sorted yet.
        self.recall_order: list[TaskId] = []
        #: Not before this instant (monotonic ms) is it looked again for evacuated tasks to ask for.
        self.recall_after_ms = 0
        #: Not before this instant (monotonic ms) is the queue searched for tasks to evacuate.
        self.evacuate_after_ms = 0
        #: (task, token) of each open offer -> when our clockwork first saw it, monotonic ms.
        self.offers_seen_ms: dict[tuple[TaskId, int], int] = {}

    def begin_offers_anew(self) -> None:
        """Nobody could answer an offer for a while: the age of every open one counts from now on."""
        self.offers_seen_ms = {}

    @property
    def has_picture(self) -> bool:
        """Whether the coordinator has told anything since this incarnation began."""
        return self._advised_ms is not None

    @property
    def picture(self) -> NationalPicture:
        """The country as the coordinator saw it last."""
        if self._picture is None:
            self._picture = self._encoded.decoded()
        return self._picture

    def take_advice(self, picture: EncodedPicture, flows: tuple[MoveFlow, ...], now_ms: int) -> None:
        """Replace the last advice, unless this one is older or the same again (its flows may be half done already).

        Args:
            now_ms: monotonic.
        """
        if (picture.epoch, picture.revision) <= (self._encoded.epoch, self._encoded.revision):
            return
        self._encoded = picture
        self._picture = None
        self._advised_ms = now_ms
        self.helping = frozenset()
        self._hosts = None
        self._host_points = {}
        self.pledged = {}
        # There may be hosts now for what had none.
        self.evacuate_after_ms = 0
        self.evacuation_order = []
        self._take_flows(flows)

    def copied(self, flows: Iterable[MoveFlow] = ()) -> "Outbox":
        """The same picture and pledges with these flows, to try what would leave."""
        twin = copy(self)
        twin.pledged = dict(self.pledged)
        twin.refused_by = dict(self.refused_by)
        twin.evacuation_order = []
        twin.evacuate_after_ms = 0
        twin._take_flows(flows)
        return twin

    def _take_flows(self, flows: Iterable[MoveFlow]) -> None:
        self.flows = {}
        for flow in flows:
            self.flows.setdefault(flow.kind, {})[flow.host] = (flow.count, flow.reason)

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

    def unadvised_ms(self, now_ms: int) -> int:
        """For how long no advice has come; 0 before the first, when there is no picture to go by either."""
        return 0 if self._advised_ms is None else now_ms - self._advised_ms

    def pledged_to(self, host: ProvinceCode) -> int:
        """Tasks of all kinds sent to a host since the picture was taken."""
        return sum(count for (code, _), count in self.pledged.items() if code == host)

    def hosts_of(self, kind: KindId) -> Sequence[tuple[ProvinceSummary, KindSummary]]:
        """Provinces with eligible people on duty for a kind, the most experienced first. Most pictures are never asked."""
        if self._hosts is None:
            self._hosts = hosts_by_kind(self.picture)
        return self._hosts.get(kind, ())

    def hosting(self, model: MatchingModel) -> Hosting:
        """The model's parameters of provinces, made once for each model."""
        if self._hosting is None or self._model is not model:
            self._model, self._hosting, self._host_points = model, Hosting(model), {}
        return self._hosting

    def host_points(self, state: ProvinceState, line: Line, now_ms: int) -> Mapping[ProvinceCode, int]:
        """What the matching model makes of the picture's hosts for tasks of a line; worked out once for each picture."""
        hosting = self.hosting(state.model)
        known = self._host_points.get(line)
        if known is None:
            reading = Reading(state.statistics, now_ms)
            known = hosting.host_points(state.province, self.picture.provinces, line, reading)
            self._host_points[line] = known
        return known

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
        self._note_owing(state, sends, now_ms)
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

    # --- hosts that do not answer ---

    def _note_owing(self, state: ProvinceState, sends: Iterable[Outgoing], now_ms: int) -> None:
        """Since when hosts owe the answer to a move; those that owe none any more are forgotten."""
        for host in [host for host in self._owing_since_ms if host not in state.moving_to]:
            del self._owing_since_ms[host]
        for sent in sends:
            if isinstance(sent.command, c.AcceptMove):
                self._owing_since_ms.setdefault(sent.destination, now_ms)

    def note_answer(self, host: ProvinceCode, now_ms: int) -> None:
        """A host has recorded an answer to a move of ours.

        Args:
            now_ms: monotonic.
        """
        if host in self._owing_since_ms:
            self._owing_since_ms[host] = now_ms

    def silent_hosts(self, now_ms: int) -> list[ProvinceCode]:
        """Hosts that have moves of ours and have recorded an answer to none of them for long: dead, cut off, hanging, or with a disk that takes no writes.

        What is on its way to them must wait, as they may have accepted it; nothing else should. The first answer ends it, and
        since they are asked again and again, it comes as soon as it can.

        Args:
            now_ms: monotonic.
        """
        return [host for host, since_ms in self._owing_since_ms.items() if now_ms - since_ms > ANSWER_AWAITED_MS]
