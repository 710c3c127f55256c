"""What the transport's tests share: a recording handler, a raw client, and a link that notes what it is told."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from actors.transport import Call, Link, LinkBounds, Peer
from actors.transport.framing import FrameParser, Hello, Item, encode_frame

#: Bound of every wait: far beyond anything a sound run needs.
PATIENCE_S = 10.0
#: A back-off that does not slow tests down.
QUICK = LinkBounds(retry_min_ms=1, retry_max_ms=5)


class Signal:
    """Wakes a waiter whenever something was recorded."""

    def __init__(self) -> None:
        self._changed: asyncio.Event = asyncio.Event()

    def notify(self) -> None:
        """Something happened."""
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds, checked after every notification."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._changed.clear()
                _ = await self._changed.wait()


class Recorder(Signal):
    """A handler that keeps everything and answers with `answer`, if there is one."""

    def __init__(self, answer: Callable[[Peer, Call], None] | None = None) -> None:
        super().__init__()
        self.answer: Callable[[Peer, Call], None] | None = answer
        self.peers: list[Peer] = []
        self.gone: list[Peer] = []
        self.batches: list[list[Call]] = []

    @property
    def bodies(self) -> list[bytes]:
        """Every call's body in order of arrival."""
        return [call.body for call in itertools.chain.from_iterable(self.batches)]

    def connected(self, peer: Peer) -> None:
        self.peers.append(peer)
        self.notify()

    def received(self, peer: Peer, calls: list[Call]) -> None:
        self.batches.append(calls)
        if self.answer is not None:
            for call in calls:
                self.answer(peer, call)
        self.notify()

    def disconnected(self, peer: Peer) -> None:
        self.gone.append(peer)
        self.notify()


def echo(peer: Peer, call: Call) -> None:
    """Answer a call with its own body."""
    peer.reply(call.id, call.body)


@dataclass
class Notes(Signal):
    """What a link told its owner."""

    pushes: list[list[bytes]] = field(default_factory=list)
    states: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def pushed(self, bodies: list[bytes]) -> None:
        self.pushes.append(bodies)
        self.notify()

    def state_changed(self, connected: bool) -> None:
        self.states.append(connected)
        self.notify()

    def link(self, name: str = "gateway/1", bounds: LinkBounds = QUICK) -> Link:
        """Make a link that reports here."""
        return Link(name, on_push=self.pushed, on_state=self.state_changed, bounds=bounds)


class RawClient:
    """Speaks bytes to an endpoint, well-formed or not."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader: asyncio.StreamReader = reader
        self.writer: asyncio.StreamWriter = writer

    @classmethod
    async def connect(cls, address: str) -> "RawClient":
        """Connect without a HELLO."""
        return cls(*await asyncio.open_unix_connection(address.removeprefix("unix:")))

    def send(self, *items: Item) -> None:
        """Send one frame."""
        self.writer.write(encode_frame(items))

    def greet(self, name: str = "raw/1", version: int = 1) -> None:
        """Send the HELLO."""
        self.send(Hello(version, name))

    async def items(self, count: int) -> list[Item]:
        """Read until that many items have come."""
        parser, items = FrameParser(), list[Item]()
        async with asyncio.timeout(PATIENCE_S):
            while len(items) < count:
                data = await self.reader.read(65_536)
                assert data, "the endpoint closed the connection"
                items += parser.feed(data)
        return items

    async def closed_by_far_side(self) -> bytes:
        """Read to the end of the stream and return what came."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    async def close(self) -> None:
        """Hang up."""
        self.writer.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            try:
                await self.writer.wait_closed()
            except ConnectionError:
                return


def address_in(run_dir: Path, name: str = "s") -> str:
    """Return a socket address in a test's folder."""
    return f"unix:{run_dir / name}"
