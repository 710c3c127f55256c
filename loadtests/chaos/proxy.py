"""A small TCP proxy between clients and the gateway: the cable that can be pulled.

| mode | what the two ends see |
|---|---|
| pass | nothing of us |
| cut | every connection is reset, new ones are closed at once |
| blackhole | connections stay open and nothing arrives any more, in either direction: half-open, as behind a dead switch. New ones are accepted and left alone |
| delay | everything arrives `delay_s` later, in order |
| hold | nothing arrives until the mode changes; then everything does, in order, as after a switch that started anew |

A direction in which anything was swallowed is dead for good: when the fault ends, it would be missing from the middle of the bytes. Its
ends are not told; they must find out by themselves, by keepalive or deadline, as with a real half-open connection.

Bounds: `CONNECTIONS_MAX` connections; each direction reads at most `CHUNK_BYTES` ahead of what the other end takes, so a slow reader slows
its sender and not us.
"""

import asyncio
import contextlib
from enum import Enum

#: Connections at once; one more is closed at once.
CONNECTIONS_MAX = 256
#: Read at a time, bytes.
CHUNK_BYTES = 64 * 1024


class Mode(Enum):
    """What the cable does."""

    PASS = "pass"  # noqa: S105 - not a password
    CUT = "cut"
    BLACKHOLE = "blackhole"
    DELAY = "delay"
    HOLD = "hold"


class Proxy:
    """One cable to the gateway. Use: `start`, hand `address` to clients, `set_mode` at will, `close`.

    Args:
        target: host:port of the gateway; it may change its process, not its address.
    """

    def __init__(self, target: str) -> None:
        self.address = ""
        self.mode = Mode.PASS
        self.delay_s = 0.0
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], None] = {}
        #: Set when something has vanished in the black hole.
        self.swallowed = asyncio.Event()
        #: Set when something has been held back since the last `HOLD` began.
        self.held_back = asyncio.Event()
        self._flows = asyncio.Event()
        self._flows.set()

    async def start(self) -> None:
        """Listen on a port of loopback that the kernel chooses."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def set_mode(self, mode: Mode, delay_s: float = 0.0) -> None:
        """Change what the cable does, for the connections there are and for new ones."""
        self.mode, self.delay_s = mode, delay_s
        if mode is Mode.HOLD:
            self._flows.clear()
            self.held_back.clear()
        else:
            self._flows.set()
        if mode is Mode.CUT:
            for connection in list(self._connections):
                connection.cancel()

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.mode is Mode.CUT or len(self._connections) >= CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._connections[task] = None
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.CancelledError):
            # An end is gone, or the cable was cut: the other end learns it by the reset below.
            return
        finally:
            writer.transport.abort()
            del self._connections[task]

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect on, and copy both ways until one way ends."""
        if self.mode is Mode.BLACKHOLE:
            await self._swallow(reader)
            return
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        ways = [asyncio.create_task(self._copy(*pair)) for pair in ((reader, far_writer), (far_reader, writer))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if self.mode is Mode.HOLD:
                self.held_back.set()
                await self._flows.wait()
            if self.mode is Mode.BLACKHOLE:
                self.swallowed.set()
                await self._swallow(reader)
                return
            if self.mode is Mode.DELAY:
                # The next chunk is read after this one is through: order is kept, and so is the bound.
                await asyncio.sleep(self.delay_s)
            writer.write(data)
            await writer.drain()

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        """Take what comes and give nothing on, until the sender gives up. Only a cut ends it sooner."""
        with contextlib.suppress(OSError):
            while await reader.read(CHUNK_BYTES):
                pass
