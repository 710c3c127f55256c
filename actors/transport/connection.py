"""One socket, either side: parses reads, gathers writes, keeps the bounds.

`send` queues an item and asks for one flush in the next turn of the loop, so everything that one turn
produced leaves in one frame and one system call. (Answers given inside `items_received` leave as soon as it
returns, those given inside `Endpoint.gather` when that ends.) A queue that would outgrow a frame is flushed early.

After each flush the bytes that the kernel did not take are compared with `unsent_bytes_max`: a reader that
slow is cut off, because the alternatives are unbounded memory or stopping the one writer for everybody. The
bound may be exceeded by one frame for an instant.

Reads go into one buffer that the connection owns (`asyncio.BufferedProtocol`): the plain protocol allocates
256 KiB for every read, and a round trip took 137 µs instead of 124 (medians of five alternating runs).

Nothing read from the socket raises: a bad frame closes the connection and logs why. An exception out of
`items_received` is a bug of ours; asyncio reports it to the loop's exception handler and closes the
connection.
"""

import asyncio
from abc import abstractmethod
from typing import Final, cast

import structlog

from actors.transport.framing import (
    FRAME_BYTES_MAX,
    FRAME_ITEMS_MAX,
    ITEM_OVERHEAD_BYTES,
    FrameParser,
    Item,
    encode_frame,
)

_log = structlog.get_logger(__name__)

#: Most bytes taken by one read, hence the largest batch a handler sees; untouched pages cost no memory.
READ_BYTES_MAX: Final = 256 * 1024

#: What a frame may hold of items, the array's own header put aside.
_QUEUE_BYTES_MAX = FRAME_BYTES_MAX - 3


class Connection(asyncio.BufferedProtocol):
    """The part that endpoint and link share; a subclass says what opening, items and losing mean."""

    def __init__(self, unsent_bytes_max: int) -> None:
        self._unsent_bytes_max: int = unsent_bytes_max
        self._parser: FrameParser = FrameParser()
        self._received: bytearray = bytearray(READ_BYTES_MAX)
        self._transport: asyncio.Transport | None = None
        #: Kept, since asking for it is a call of the kernel in Python 3.11.
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._queue: list[Item] = []
        self._queued_bytes: int = 0
        #: Name of the far side for logs, once known.
        self.label: str = ""
        #: Whether the far side ever sent a sound item.
        self.has_received: bool = False
        #: Why the connection ended, or None while it is open.
        self.closed_reason: str | None = None

    @abstractmethod
    def opened(self) -> None:
        """The socket is connected."""

    @abstractmethod
    def items_received(self, items: list[Item]) -> None:
        """One read brought these items, at least one."""

    @abstractmethod
    def lost(self, reason: str) -> None:
        """The socket is gone; called exactly once, never from inside `send` or `drop`."""

    @property
    def backlog_bytes(self) -> int:
        """Bytes queued here and not yet taken by the kernel."""
        if self._transport is None:
            return 0
        return self._queued_bytes + self._transport.get_write_buffer_size()

    def send(self, item: Item, body_bytes: int) -> None:
        """Queue one item of at most `BODY_BYTES_MAX`; a no-op once closed."""
        if self.closed_reason is not None:
            return
        size = body_bytes + ITEM_OVERHEAD_BYTES
        if self._queued_bytes + size > _QUEUE_BYTES_MAX or len(self._queue) >= FRAME_ITEMS_MAX:
            self.flush()
        if not self._queue:
            self.flush_soon()
        self._queue.append(item)
        self._queued_bytes += size

    def flush_soon(self) -> None:
        """See to it that what is queued leaves, in the next turn of the loop if nothing flushes before."""
        _ = self.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Hand everything queued to the kernel as one frame."""
        if not self._queue or self._transport is None or self.closed_reason is not None:
            return
        frame = encode_frame(self._queue)
        self._queue.clear()
        self._queued_bytes = 0
        self._transport.write(frame)
        if self._transport.get_write_buffer_size() > self._unsent_bytes_max:
            self.drop("slow_reader")

    def drop(self, reason: str) -> None:
        """Close at once, unsent bytes and all, and log why; `lost` follows in a later turn. Idempotent."""
        if self.closed_reason is None:
            _log.warning("transport_connection_dropped", peer=self.label, reason=reason)
            self.abort(reason)

    def close(self, reason: str) -> None:
        """Send what is queued, then close; `lost` follows when the far side has read it. Idempotent."""
        if self.closed_reason is not None:
            return
        self.flush()
        self._end(reason)
        if self._transport is not None:
            self._transport.close()

    def abort(self, reason: str) -> None:
        """Close at once without a log line, also when a `close` waits for a far side that does not read."""
        self._end(reason)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, reason: str) -> None:
        if self.closed_reason is None:
            self.closed_reason = reason
        self._queue.clear()
        self._queued_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport (called by asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self.opened()

    def get_buffer(self, sizehint: int) -> bytearray:
        """Lend the loop our receive buffer (called by asyncio)."""
        del sizehint
        return self._received

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what one read brought (called by asyncio)."""
        if self.closed_reason is not None:
            return
        with memoryview(self._received) as received:
            items = self._parser.feed(received[:nbytes])
        if items:
            self.has_received = True
            self.items_received(items)
            self.flush()
        if self._parser.broken is not None:
            self.drop(self._parser.broken)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end once (called by asyncio)."""
        self._end("connection_error" if exc is not None else "peer_closed")
        self._transport = None
        self.lost(self.closed_reason or "peer_closed")
