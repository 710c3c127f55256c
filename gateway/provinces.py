"""The gateway's way to the provinces and the coordinator: links that follow whoever restarts.

The directory tells where each actor lives; a new incarnation means a new address, and the old connection is torn down at once, so an
answer of an old incarnation cannot arrive any more: that is the outermost fence.

What happens to a call when the connection is not there:

* not connected: nothing was sent; the call waits for the connection, at most `OUTAGE_WAIT_S`, then UNAVAILABLE. Those that wait are sent in
  the order in which they were made (`gateway.waiting_line`), whether or not they were sent before;
* not connected because it stands aside (its journal is damaged) or cannot start: UNAVAILABLE at once;
* lost while the answer was due: the outcome is unknown. Reads, and writes with a request id, are sent again, since the same request id
  gets the same answer; other writes fail with UNAVAILABLE, and their caller decides. So does a write that cannot be sent again because the
  link is full or the actor is away or stands aside by then: RESOURCE_EXHAUSTED and JOURNAL_UNUSABLE say that nothing was done;
* the caller's deadline passes: DEADLINE_EXCEEDED. Whatever was sent is carried out all the same.

Cost: encoding and decoding of the bodies, 2 us each; everything sent in one turn of the loop leaves in one write.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeGuard, get_args

import msgspec
import structlog

from actors import protocol
from actors.core import commands as c
from actors.core.ids import ProvinceCode, TaskId, home_of
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere, TaskReply
from actors.core.task import TaskState
from actors.transport import (
    BodyTooLarge,
    CallFailed,
    CallTimedOut,
    DirectoryClient,
    Entry,
    Link,
    LinkDown,
    LinkFull,
    LinkLost,
)
from actors.transport.directory import DIRECTORY_SOCKET
from gateway.admission import IN_FLIGHT_MAX
from gateway.answers import Replies, in_transit
from gateway.bundle_calls import BundleCalls, replies_of
from gateway.cut import Cuts
from gateway.errors import GatewayError, GatewayReason, deadline_exceeded, too_many_waiting, unknown_province
from gateway.fair_shares import Places
from gateway.repeating import is_read, is_repeatable
from gateway.turns import Turns
from gateway.waiting_line import WaitingLine, next_number

_log = structlog.get_logger(__name__)

#: A restart takes about a second; whoever is away for longer than this is reported as unavailable.
OUTAGE_WAIT_S = 6.0
#: Calls that wait for provinces at once, bundles of streams among them: as many as may be under way. Without streams it is a bound only where
#: one province has more than its share of them.
CALLS_MAX = IN_FLIGHT_MAX
#: First pause before a task in transit is asked for again; doubles up to the second.
TRANSIT_PAUSE_S = 0.02
TRANSIT_PAUSE_MAX_S = 0.5
#: A reader of a task in transit waits for its new host for this long at the most, and follows it over so many hosts.
BEYOND_MAX_S = 0.5
HOSTS_FOLLOWED_MAX = 4

_COMMANDS = frozenset(get_args(c.AnyCommand))


class ProvinceLinks:
    """Links to all provinces and the coordinator; see `gateway.answers.Provinces` for what the services use.

    Args:
        run_dir: where the directory's socket lies.
        gateway_id: unique for this incarnation of the gateway; desks' sessions begin with it.
        codes: the country's provinces.
        on_news: called with what a province or the coordinator pushed.
        on_state: called with a province's code when its link comes up (True) or breaks (False).
        outage_wait_s: how long a call waits for a connection.
        calls_max: calls that wait for all provinces together; those for one that hangs leave as many places free as they hold.
    """

    def __init__(
        self,
        run_dir: Path,
        gateway_id: str,
        codes: Sequence[ProvinceCode],
        *,
        on_news: Callable[[protocol.News], None],
        on_state: Callable[[ProvinceCode, bool], None],
        outage_wait_s: float = OUTAGE_WAIT_S,
        calls_max: int = CALLS_MAX,
    ) -> None:
        self._name = f"gateway/{gateway_id}"
        self._outage_wait_s = outage_wait_s
        self._places = Places(calls_max)
        #: Items of streams that wait for places.
        self._turns = Turns()
        self._codes = tuple(sorted(codes))
        self._on_news = on_news
        self._on_state = on_state
        self._links = {protocol.province_name(code): self._link(protocol.province_name(code)) for code in self._codes}
        self._links[protocol.COORDINATOR] = self._link(protocol.COORDINATOR)
        #: Who waits for which link.
        self._lines = {name: WaitingLine() for name in self._links}
        #: Where each actor lives, as far as the directory says.
        self._addresses: dict[str, str] = {}
        #: Provinces that a drill keeps us from.
        self.cuts = Cuts(self._cut)
        #: Actors that stand aside -> why, for people.
        self._refusals: dict[str, str] = {}
        self._bundles = BundleCalls(self._places, self._send_again, self._call_patiently)
        self._directory = DirectoryClient(
            run_dir / DIRECTORY_SOCKET, self._name, register=None, on_change=self._directory_changed
        )

    def _link(self, name: str) -> Link:
        return Link(self._name, on_push=self._pushed, on_state=partial(self._link_changed, name))

    def _link_changed(self, name: str, is_up: bool) -> None:
        if is_up:
            self._lines[name].leave()
        if name != protocol.COORDINATOR:
            self._on_state(ProvinceCode(name.removeprefix(protocol.PROVINCE_PREFIX)), is_up)

    def start(self) -> None:
        """Connect to the directory and, through it, to everyone."""
        self._directory.start()

    async def close(self) -> None:
        """Close all links."""
        self.cuts.close()
        self._bundles.close()
        await self._directory.close()
        for link in self._links.values():
            await link.close()

    def codes(self) -> Sequence[ProvinceCode]:
        """The country's provinces, in code order."""
        return self._codes

    def is_up(self, province: str) -> bool:
        """Whether the province's actor is connected."""
        link = self._links.get(protocol.province_name(province))
        return link is not None and link.is_connected

    def refusals(self) -> Sequence[str]:
        """Why actors do not serve that should, one sentence each, for operations staff."""
        return [self._refusals[name] for name in sorted(self._refusals)]

    def _directory_changed(self, entry: Entry, present: bool) -> None:
        if entry.name.startswith(protocol.REFUSAL_PREFIX):
            name = entry.name.removeprefix(protocol.REFUSAL_PREFIX)
            if present:
                self._refusals[name] = entry.detail.get(protocol.REFUSAL_REASON, "")
            else:
                self._refusals.pop(name, None)
            return
        if present:
            self._addresses[entry.name] = entry.address
        else:
            self._addresses.pop(entry.name, None)
        if not self.cuts.holds(ProvinceCode(entry.name.removeprefix(protocol.PROVINCE_PREFIX))):
            self._aim(entry.name)

    def _aim(self, name: str) -> None:
        """Let the link to an actor lead to where it lives now."""
        link = self._links.get(name)
        if link is not None:
            link.connect_to(self._addresses.get(name))

    def _cut(self, province: ProvinceCode, is_cut: bool) -> None:
        name = protocol.province_name(province)
        link = self._links.get(name)
        if is_cut and link is not None:
            link.connect_to(None)
        else:
            self._aim(name)

    def _pushed(self, bodies: list[bytes]) -> None:
        for body in bodies:
            try:
                news = protocol.decode_news(body)
            except msgspec.DecodeError as error:
                _log.error("unreadable news", error=str(error))
                continue
            self._on_news(news)

    # --- asking ---

    async def call(self, province: str, request: protocol.Request, *, deadline: float) -> protocol.Response:
        """Ask one province."""
        name = protocol.province_name(province)
        if name not in self._links:
            raise unknown_province(province)
        return await self._ask(name, request, deadline, GatewayReason.PROVINCE_UNAVAILABLE)

    async def call_many(
        self, province: str, requests: Sequence[protocol.Request], *, deadline: float
    ) -> list[protocol.Response]:
        """Ask one province many things at once. The answers in the order of the requests.

        Commands that may be repeated leave as bundles, a call for each thousand of them. If any may not, each is a call
        of its own, since the loss of the connection is another answer for it than for its neighbours.
        """
        commands = [request for request in requests if _is_command(request) and is_repeatable(request)]
        if len(commands) < max(2, len(requests)):
            calls = (self.call(province, request, deadline=deadline) for request in requests)
            return list(await asyncio.gather(*calls))
        most = protocol.BUNDLE_COMMANDS_MAX
        parts = (tuple(commands[first : first + most]) for first in range(0, len(commands), most))
        answered = await asyncio.gather(*(self._call_bundle(province, part, deadline) for part in parts))
        return [reply for replies in answered for reply in replies]

    def call_many_soon(self, province: str, requests: Sequence[c.AnyCommand]) -> Replies:
        """The same without a task that waits for it, for at most `DEADLINE_MAX_S`; see `gateway.bundle_calls`."""
        name = protocol.province_name(province)
        link = self._links.get(name)
        is_bundle = len(requests) <= protocol.BUNDLE_COMMANDS_MAX and all(map(is_repeatable, requests))
        if link is None or not is_bundle:
            return self._bundles.ask(province, requests)
        return self._bundles.send(link, name, requests, number=next_number(), at_once=not self._lines[name].is_leaving)

    async def room_for(self, provinces: Iterable[str]) -> None:
        """Wait until provinces have room for items of streams, which leave half of it to others; see `gateway.answers.Provinces`."""
        names = [protocol.province_name(province) for province in provinces]
        while True:
            for name in names:
                await self._turns.wait(name, partial(self._takes_items, name))
            # While one of them was waited for, another may have filled up.
            if len(names) < 2 or all(map(self._takes_items, names)):
                return

    def _takes_items(self, name: str) -> bool:
        link = self._links.get(name)
        return link is None or not link.is_connected or self._places.has_ample_room(name)

    async def _send_again(
        self, name: str, bundle: protocol.Bundle, deadline: float, number: int, may_be_done: bool
    ) -> protocol.Response:
        away = GatewayReason.PROVINCE_UNAVAILABLE
        return await self._ask_patiently(name, bundle, deadline, away, number=number, was_lost=may_be_done)

    async def _call_patiently(
        self, province: str, requests: Sequence[c.AnyCommand], deadline: float
    ) -> list[protocol.Response]:
        return await self.call_many(province, requests, deadline=deadline)

    async def _call_bundle(
        self, province: str, commands: tuple[c.AnyCommand, ...], deadline: float
    ) -> tuple[AnyReply, ...]:
        return replies_of(await self.call(province, protocol.Bundle(commands=commands), deadline=deadline))

    async def coordinator(self, request: protocol.Request, *, deadline: float) -> protocol.Response:
        """Ask the coordinator."""
        return await self._ask(protocol.COORDINATOR, request, deadline, GatewayReason.COORDINATOR_UNAVAILABLE)

    async def follow_task(self, task_id: TaskId, request: protocol.Request, *, deadline: float) -> protocol.Response:
        """Ask whoever has the task: its home first, then where that points to; while it moves, again."""
        asked = home_of(task_id)
        #: Who pointed to `asked`, and what it said.
        pointer: tuple[ProvinceCode, Elsewhere] | None = None
        pause_s = TRANSIT_PAUSE_S
        while True:
            reply = await self.call(asked, request, deadline=deadline)
            if isinstance(reply, TaskReply) and reply.task.state is TaskState.MOVING:
                return await self._beyond(reply, request, deadline)
            if isinstance(reply, Elsewhere):
                pointer, asked = (asked, reply), reply.host
                if not reply.in_transit:
                    continue
            elif pointer is not None and isinstance(reply, Refused) and reply.reason is Reason.UNKNOWN_TASK:
                # The host has not recorded the move yet; its source knows best how it goes on.
                asked = pointer[0]
            else:
                return reply
            if deadline - asyncio.get_running_loop().time() <= pause_s:
                raise in_transit(pointer[1])
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, TRANSIT_PAUSE_MAX_S)

    async def _beyond(self, leaving: TaskReply, request: protocol.Request, deadline: float) -> protocol.Response:
        """A task that was read while it leaves, as its new host has it, if that has taken it already.

        The source learns that a moment later than the host's own clients: whoever has seen the task there must not be shown it as older
        now. A host that does not answer or does not know the task yet changes nothing.
        """
        assert leaving.task.move is not None
        asked, newest = leaving.task.move.host, leaving
        look_until = min(deadline, asyncio.get_running_loop().time() + BEYOND_MAX_S)
        for _ in range(HOSTS_FOLLOWED_MAX):
            try:
                reply = await self.call(asked, request, deadline=look_until)
            except GatewayError:
                return newest
            if isinstance(reply, Elsewhere):
                asked = reply.host
                continue
            if not isinstance(reply, TaskReply) or reply.task.generation < newest.task.generation:
                return newest
            newest = reply
            if reply.task.state is not TaskState.MOVING or reply.task.move is None:
                return newest
            asked = reply.task.move.host
        return newest

    def tell(self, province: ProvinceCode, request: protocol.Request) -> None:
        """Send without waiting for the answer; lost if the province is away."""
        link = self._links[protocol.province_name(province)]
        if link.is_connected:
            try:
                link.call_soon(protocol.encode(request)).add_done_callback(_drop)
            except (LinkDown, LinkFull, BodyTooLarge) as error:
                _log.warning("not sent", province=province, error=str(error))

    async def _ask(
        self, name: str, request: protocol.Request, deadline: float, away: GatewayReason
    ) -> protocol.Response:
        if not self._places.has_room(name):
            raise too_many_waiting()
        self._places.take(name)
        try:
            return await self._ask_patiently(name, request, deadline, away, number=next_number())
        finally:
            self._places.give_back(name)

    async def _ask_patiently(
        self,
        name: str,
        request: protocol.Request,
        deadline: float,
        away: GatewayReason,
        *,
        number: int,
        was_lost: bool = False,
    ) -> protocol.Response:
        """Ask until there is an answer, or a definite end.

        Args:
            number: of the request; see `gateway.waiting_line`.
            was_lost: it was sent before, and the connection lost before its answer.
        """
        loop = asyncio.get_running_loop()
        link = self._links[name]
        body = protocol.encode(request)
        give_up = loop.time() + self._outage_wait_s
        #: Whether it may have been carried out already.
        may_be_done = was_lost and not is_read(request)
        if self._lines[name].is_leaving:
            await asyncio.sleep(0)
        while True:
            left_s = deadline - loop.time()
            if left_s <= 0:
                raise deadline_exceeded()
            try:
                return protocol.decode_response(await link.call(body, timeout_s=left_s))
            except CallTimedOut:
                raise deadline_exceeded() from None
            except CallFailed as error:
                raise _failed(error, away) from None
            except LinkFull:
                # What is refused for want of room counts as not done: so it must not have been sent before.
                raise (_outcome_unknown(away) if may_be_done else too_many_waiting()) from None
            except BodyTooLarge:
                raise GatewayError(GatewayReason.TOO_LARGE, "The request is too large.") from None
            except LinkLost:
                if not is_repeatable(request):
                    raise _outcome_unknown(away) from None
                may_be_done = not is_read(request)
                # It has waited for an answer so far, and for the connection only from now on.
                give_up = loop.time() + self._outage_wait_s
            except LinkDown:
                if name in self._refusals:
                    if may_be_done:
                        raise _outcome_unknown(away) from None
                    message = f"{name} cannot start or use its journal; it serves again when operations staff have put it right."
                    raise GatewayError(Reason.JOURNAL_UNUSABLE, message) from None
                wait_s = min(give_up, deadline) - loop.time()
                if wait_s <= 0 and give_up < deadline:
                    if may_be_done:
                        raise _outcome_unknown(away) from None
                    raise GatewayError(away, f"{name} is away; a restart is under way.") from None
                await self._lines[name].wait(number, wait_s)


def _is_command(request: protocol.Request) -> TypeGuard[c.AnyCommand]:
    return type(request) in _COMMANDS


def _outcome_unknown(away: GatewayReason) -> GatewayError:
    return GatewayError(away, "The connection broke; whether the write took effect is unknown.")


def _failed(error: CallFailed, away: GatewayReason) -> GatewayError:
    """What the far side's own words mean to a client."""
    if error.reason == "reply_too_large":
        return GatewayError(GatewayReason.TOO_LARGE, "The answer is too large; ask for less at once.")
    _log.error("a call was refused", reason=error.reason)
    return GatewayError(away, "It does not understand the request: gateway and actor are of different versions.")


def _drop(answer: "asyncio.Future[bytes]") -> None:
    if not answer.cancelled():
        answer.exception()
