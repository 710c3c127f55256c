"""A province as the gateway meets it: a real endpoint, the real commit loop and core over a journal in memory, and a way to kill it.

The wall clock is the real one, since the gateway compares it with its own; the monotonic clock stands still until a test moves it, so no
lease and no heartbeat ever runs out by accident.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from actors import protocol
from actors.bundle import submit_bundle
from actors.commit_loop import CommitLoop
from actors.core import codec
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.country import Line, ProvinceSettings, TaskKind
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId
from actors.core.messages import Outgoing
from actors.core.operators import KindExperience, Operator
from actors.core.replies import AnyReply, DeskUpdate
from actors.journal import MemoryStore, open_memory
from actors.transport import DIRECTORY_SOCKET, Call, DirectoryClient, Endpoint, Entry, Peer, socket_address

KIND = KindId("claims-medical")
KINDS = (TaskKind(kind=KIND, line=Line.CLAIMS, display_name="Medical", display_name_zh="医疗"),)


class Site:
    """One province's disk, and the process that serves it at the moment."""

    def __init__(self, code: str, run_dir: Path, *, operators: int = 4, capacity: int = 8) -> None:
        self.code = ProvinceCode(code)
        self.run_dir = run_dir
        self.store = MemoryStore("store", code)
        self.monotonic_ms = 1_000_000
        self.operators = tuple(_person(self.code, number, capacity=capacity) for number in range(1, operators + 1))
        #: Every request that arrived, oldest first, over all incarnations.
        self.requests: list[protocol.Request] = []
        #: Set by every arrival.
        self.arrived = asyncio.Event()
        #: Decides whether to break the connection instead of answering a request that was carried out.
        self.breaks_after: Callable[[protocol.Request], bool] = lambda _: False
        #: Requests of these types are refused by the process itself with this code.
        self.fails: dict[type, str] = {}
        self.process: Process | None = None

    def now(self) -> Instant:
        """Wall time runs, monotonic time is the test's."""
        return Instant(wall_ms=time.time_ns() // 1_000_000, monotonic_ms=self.monotonic_ms)

    async def start(self) -> None:
        """A new incarnation with the next epoch; returns when the directory knows it."""
        self.process = Process(self)
        await self.process.start()

    async def kill(self) -> None:
        """The process dies; what is in the journal stays."""
        assert self.process is not None
        process, self.process = self.process, None
        await process.kill()

    async def restart(self) -> None:
        """Die and come back."""
        await self.kill()
        await self.start()

    def seen(self, kind: type[protocol.Request]) -> list[protocol.Request]:
        """The requests of one type so far."""
        return [request for request in self.requests if isinstance(request, kind)]

    async def until_seen(self, kind: type[protocol.Request], count: int = 1) -> list[protocol.Request]:
        """Wait for the `count`-th request of one type."""
        async with asyncio.timeout(10):
            while len(self.seen(kind)) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.seen(kind)

    def tick(self, later_ms: int = 0) -> None:
        """Let time pass in the province."""
        assert self.process is not None
        self.monotonic_ms += later_ms
        self.process.submit(c.Tick(who="system:clock"), _ignore)


class Process:
    """One incarnation; the province actor's shell, as small as a test needs it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._name = protocol.province_name(site.code)
        self._followers: dict[Peer, None] = {}
        self._gateways: dict[str, Peer] = {}
        self._is_commit_due = False
        self._is_dead = False
        self.peers: dict[Peer, None] = {}
        self.journal = open_memory(site.store, store_id="store", province=site.code)
        self.commits = CommitLoop(site.code, self.journal, clock=site.now, outputs=self)
        self._endpoint = Endpoint(self)

    async def start(self) -> None:
        """Introduce, listen, register."""
        site = self._site
        settings = ProvinceSettings(
            province=site.code, display_name=site.code.title(), display_name_zh="省", sites=(SiteId(f"{site.code}-1"),)
        )
        self.submit(c.ConfigureProvince(who="system:country", settings=settings), _ignore)
        self.submit(c.AdoptTaskKinds(who="system:country", revision=1, kinds=KINDS), _ignore)
        if not self.commits.province.state.operators:
            self.submit(c.UpsertOperators(who="system:country", entries=site.operators), _ignore)
        self.commits.commit()
        address = socket_address(site.run_dir, self._name, self.journal.epoch)
        await self._endpoint.listen(address)
        entry = Entry(name=self._name, address=address, epoch=self.journal.epoch, pid=self.journal.epoch)
        self._directory = DirectoryClient(
            site.run_dir / DIRECTORY_SOCKET, self._name, register=entry, on_change=lambda _entry, _present: None
        )
        self._directory.start()
        await self._directory.ready()

    async def kill(self) -> None:
        """Say nothing more; the kernel closes the sockets."""
        self._is_dead = True
        for peer in list(self.peers):
            peer.drop("killed")
        await self._directory.close()
        await self._endpoint.close()

    def submit(self, command: c.AnyCommand, answer: Callable[[AnyReply], None]) -> None:
        """Into the mailbox; committed once per turn of the loop."""
        self.commits.submit(command, answer)
        self._commit_soon()

    def _commit_soon(self) -> None:
        if not self._is_commit_due:
            self._is_commit_due = True
            asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        self._is_commit_due = False
        if self._is_dead:
            return
        self.commits.commit()
        due_ms = self.commits.round_due_ms
        if due_ms is not None:
            # Time passes when a test says so; but nobody here waits for a round.
            self._site.monotonic_ms = max(self._site.monotonic_ms, due_ms)
        if self.commits.backlog or due_ms is not None:
            self._commit_soon()

    # --- Handler of the endpoint ---

    def connected(self, peer: Peer) -> None:
        """A gateway came."""
        self.peers[peer] = None
        self._gateways[peer.name] = peer

    def disconnected(self, peer: Peer) -> None:
        """It went."""
        self.peers.pop(peer, None)
        self._followers.pop(peer, None)
        self._gateways.pop(peer.name, None)

    def received(self, peer: Peer, calls: list[Call]) -> None:
        """Commands go to the core; a few requests are answered at once."""
        for call in calls:
            request = protocol.decode_request(call.body)
            self._site.requests.append(request)
            failure = self._site.fails.get(type(request))
            if failure is not None:
                peer.fail(call.id, failure)
            elif isinstance(request, c.Command):
                self.submit(request, self._answering(peer, call.id, request))  # pyright: ignore[reportArgumentType]
            elif isinstance(request, protocol.Bundle):
                submit_bundle(request, self.submit, self._answering(peer, call.id, request))
            else:
                peer.reply(call.id, protocol.encode(self._serve(peer, request)))
        self._site.arrived.set()

    def _answering(self, peer: Peer, call_id: int, request: protocol.Request) -> Callable[[protocol.Response], None]:
        def answer(reply: protocol.Response) -> None:
            if self._site.breaks_after(request):
                peer.drop("test")
            else:
                peer.reply(call_id, protocol.encode(reply))

        return answer

    def _serve(self, peer: Peer, request: protocol.Request) -> protocol.Response:
        head = self.journal.head
        match request:
            case protocol.ReadFrames():
                frames = list(self.journal.frames(after=request.after))[: request.limit]
                news = tuple(
                    protocol.FrameNews(
                        province=self._site.code,
                        sequence=frame.sequence,
                        epoch=frame.epoch,
                        at_ms=frame.at_ms,
                        payload=frame.payload,
                    )
                    for frame in frames
                )
                return protocol.FramePage(frames=news, last_sequence=head.sequence)
            case protocol.Follow():
                if request.on:
                    self._followers[peer] = None
                else:
                    self._followers.pop(peer, None)
                return protocol.Followed(sequence=head.sequence)
            case protocol.GetSummary():
                return protocol.SummaryReply(summary=self.commits.province.summary(self._site.now()))
            case protocol.VerifyChain():
                payloads = [frame.payload for frame in self.journal.frames()]
                events = sum(len(codec.decode_events(payload)) for payload in payloads)
                return protocol.ChainReport(frames=len(payloads), events=events, head_hash=head.hash)
            case protocol.GetRuntime():
                return protocol.Runtime(
                    name=self._name,
                    pid=1,
                    node="test",
                    epoch=self.journal.epoch,
                    sequence=head.sequence,
                    head_hash=head.hash,
                    started_ms=0,
                )
            case _:
                raise AssertionError(f"not served here: {request}")

    # --- Outputs of the commit loop ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """Tell the followers."""
        news = protocol.FrameNews(
            province=self._site.code, sequence=sequence, epoch=epoch, at_ms=at_ms, payload=payload
        )
        for peer in self._followers:
            peer.push(protocol.encode(news))

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """Tell the gateways' desks, each gateway its own."""
        for peer in self._gateways.values():
            prefix = f"{peer.name.removeprefix('gateway/')}/"
            mine = tuple(update for update in updates if update.session.startswith(prefix))
            if mine:
                peer.push(protocol.encode(protocol.DeskNews(updates=mine)))

    def send(self, messages: list[Outgoing]) -> None:
        """No other provinces here."""

    def on_fatal(self, error: Exception) -> None:
        """A store in memory does not fail."""
        raise error


def _person(code: ProvinceCode, number: int, *, capacity: int) -> Operator:
    return Operator(
        operator=OperatorId(f"{code}-op-{number}"),
        province=code,
        site=SiteId(f"{code}-1"),
        kinds={KIND: KindExperience(done_count=10 * number)},
        authority=dict.fromkeys(Line, 9),
        capacity=capacity,
    )


def _ignore(reply: AnyReply) -> None:
    del reply
