"""One HTTP/2 connection that makes a great many equal unary calls at next to no cost (RFC 9113, as far as that needs it).

A load generator that shares its machine with what it measures measures itself. gRPC's own client in Python took 300 us of CPU a call,
nearly as much as a bare echo's server: at 3,000 calls a second, one of two cores. The bytes of such a call are simple, so they are made here,
for 45 to 100 us, most of it the kernel's, and what is saved is the server's to use.

It keeps the rules that any client must keep, since they are part of what is measured: at most as many calls under way as the server's
settings allow (the rest wait *here*, while their clocks run), the server's flow control, its pings. Not done, because equal small calls to
one server do not need it, and refused rather than ignored when it comes: TLS, messages larger than a frame, padded frames, headers in parts.

A connection that breaks ends all its calls with the status `LOST`; it is not opened again.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, NoReturn, Self

from loadtests.bench.header_block import MEMORY_BYTES, Fields, UnreadableBlock, first_block, named_fields, next_block

#: Frame types.
DATA, HEADERS, RST_STREAM, SETTINGS, _PUSH, _PING, _GOAWAY, WINDOW_UPDATE, _CONTINUATION = (
    0,
    1,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
)
_END_STREAM = _ACK = 0x1
_END_HEADERS = 0x4
PADDED, _PRIORITY = 0x8, 0x20
FRAME_HEAD_BYTES = 9
#: Settings: ours, and those of the server's that bind us.
_MEMORY_BYTES, _PUSH_ALLOWED, _STREAMS_MAX, STREAM_WINDOW = 1, 2, 3, 4
#: gRPC's own setting: binary values may travel as they are.
_BINARY_AS_IS = 0xFE03
WINDOW_BYTES = 65_535
#: What the server may send before it is told that we have read: all we ever read of a run, in steps.
_READ_STEP_BYTES = 1 << 20
#: Different answers whose reading is kept.
_ANSWERS_KEPT_MAX = 1_000
#: The largest frame that every server takes.
FRAME_BYTES_MAX = 16_384
#: Stream numbers of a connection, of which every second is ours.
_STREAM_MAX = 2**31 - 1
#: Calls under way on a connection, fewer when the server says so. Half of what ours says: it counts a call until it has cleared it away, which
#: under load is well after its answer.
STREAMS_MAX = 64
#: Times that a call is sent. A server counts a call for a moment longer than its client, so one that comes at the bound may be turned away
#: unseen, and is then to be sent again (RFC 9113, 8.7), as gRPC's own clients do. Its clock runs on.
TRIES_MAX = 6
#: Rest before a call is sent again, doubled with each try; sent at once it would often be turned away for the same reason. Seconds.
REST_S = 0.002
_REFUSED_STREAM = 7
#: Time for a server to say its settings, seconds.
CONNECT_MAX_S = 5.0

#: Status of a call whose connection broke or whose stream was reset; gRPC's own statuses are 0 to 16.
LOST = -1


class End(NamedTuple):
    """How a call ended."""

    #: gRPC status code, or `LOST`.
    code: int
    message: str = ""
    #: The bytes of ``google.rpc.Status``; empty: none came.
    details: bytes = b""


Ended = Callable[[End], None]


class _Call(NamedTuple):
    """A call that has no end yet."""

    body: bytes
    ended: Ended
    #: Its headers, where they are not the connection's.
    block: bytes = b""
    tries: int = 0


class ServerMisbehaves(Exception):
    """The server said what is not understood here; nothing can be measured by this connection."""


class Connection(asyncio.Protocol):
    """Use: `open`, then `call` as often as you like and `flush` after each lot, then `close`.

    Args:
        fields: the headers of every call but ``:method`` and ``:scheme``.
    """

    def __init__(self, fields: Fields) -> None:
        self._first, self._next = first_block(fields), next_block(fields)
        self._settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._out: list[bytes] = []
        self._stream = -1
        self._streams_max = 0
        self._window_bytes = WINDOW_BYTES
        self._unread_bytes = 0
        self._open: dict[int, _Call] = {}
        self._waiting: deque[_Call] = deque()
        #: Calls turned away that rest before they are sent again; each keeps its room.
        self._resting = 0
        self._answers: dict[bytes, End] = {}
        self._broken = ""
        #: How often a call was turned away unseen and sent again.
        self.repeated = 0

    @classmethod
    async def open(cls, address: str, fields: Fields) -> Self:
        """Connect to ``host:port`` and learn the server's settings.

        Raises:
            OSError: nobody listens.
            TimeoutError: the server says nothing.
        """
        host, _, port = address.rpartition(":")
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: cls(fields), host, int(port))
        async with asyncio.timeout(CONNECT_MAX_S):
            await connection._settled
        return connection

    def call(self, body: bytes, ended: Ended, block: bytes = b"") -> None:
        """Begin a call, or let it wait for room; `ended` is called once, from the event loop. `flush` sends it off.

        Args:
            block: a `plain_block` of headers, where they are not the connection's.
        """
        if len(body) + 5 > FRAME_BYTES_MAX:
            raise ValueError("the message is larger than a frame")
        if self._broken:
            ended(End(LOST, self._broken))
            return
        self._waiting.append(_Call(body, ended, block))

    def flush(self) -> None:
        """Send what there is room for, in one write."""
        while self._waiting and len(self._open) + self._resting < self._streams_max:
            size_bytes = len(self._waiting[0].body) + 5
            if size_bytes > self._window_bytes:
                break
            self._window_bytes -= size_bytes
            self._begin(self._waiting.popleft())
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
            self._out.clear()

    def close(self) -> None:
        """Leave; calls that are still open never end, those that rest end as lost."""
        self._broken = "closed"
        self._open.clear()
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()

    def _next_stream(self) -> int:
        self._stream += 2
        if self._stream >= _STREAM_MAX:
            raise ServerMisbehaves("a connection has no more stream numbers than 2^30")
        return self._stream

    def _begin(self, call: _Call) -> None:
        self._next_stream()
        block = call.block or (self._first if self._stream == 1 else self._next)
        message = b"\0" + len(call.body).to_bytes(4, "big") + call.body
        self._out += (
            frame(HEADERS, _END_HEADERS, self._stream, block),
            frame(DATA, _END_STREAM, self._stream, message),
        )
        self._open[self._stream] = call

    # --- asyncio's calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are and what we take."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        ours = ((_MEMORY_BYTES, 0), (_PUSH_ALLOWED, 0), (STREAM_WINDOW, _READ_STEP_BYTES), (_BINARY_AS_IS, 1))
        settings = b"".join(name.to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in ours)
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, settings)
        transport.write(preface + _more_to_read(2 * _READ_STEP_BYTES))

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is still open."""
        self._broken = self._broken or (type(exc).__name__ if exc is not None else "the server closed the connection")
        if not self._settled.done():
            self._settled.set_exception(ConnectionError(self._broken))
        left = [*self._open.values(), *self._waiting]
        self._open.clear()
        self._waiting.clear()
        for call in left:
            call.ended(End(LOST, self._broken))

    def data_received(self, data: bytes) -> None:
        """Read whole frames, then use the room that they made."""
        received = self._received + data if self._received else data
        at = 0
        try:
            while len(received) - at >= FRAME_HEAD_BYTES:
                size_bytes = int.from_bytes(received[at : at + 3], "big")
                begin = at + FRAME_HEAD_BYTES
                if len(received) < begin + size_bytes:
                    break
                stream = int.from_bytes(received[at + 5 : begin], "big") & _STREAM_MAX
                self._heard(received[at + 3], received[at + 4], stream, received[begin : begin + size_bytes])
                at = begin + size_bytes
        except (ServerMisbehaves, UnreadableBlock) as error:
            self._broken = str(error)
            assert self._transport is not None
            self._transport.abort()
            return
        self._received = received[at:]
        self.flush()

    # --- frames ---

    def _heard(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == HEADERS:
            self._headers(flags, stream, payload)
        elif kind == DATA:
            self._read(len(payload))
        elif kind == WINDOW_UPDATE and not stream:
            self._window_bytes += int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags & _ACK:
            self._settle(payload)
        elif kind == _PING and not flags & _ACK:
            self._out.append(frame(_PING, _ACK, 0, payload))
        elif kind == RST_STREAM and stream in self._open:
            self._reset(self._open.pop(stream), int.from_bytes(payload, "big"))
        elif kind == _GOAWAY:
            refuse("the server asked us to leave")
        elif kind in (_CONTINUATION, _PUSH):
            refuse(f"a frame of type {kind}")

    def _headers(self, flags: int, stream: int, block: bytes) -> None:
        if not flags & _END_HEADERS or flags & (PADDED | _PRIORITY):
            refuse("headers in parts, padded or with priorities")
        if not flags & _END_STREAM:
            return
        end = self._answers.get(block)
        if end is None:
            end = end_of(block)
            if len(self._answers) < _ANSWERS_KEPT_MAX:
                self._answers[block] = end
        call = self._open.pop(stream, None)
        if call is not None:
            call.ended(end)

    def _reset(self, call: _Call, why: int) -> None:
        if why != _REFUSED_STREAM or call.tries + 1 >= TRIES_MAX:
            call.ended(End(LOST, f"reset with {why}"))
            return
        self.repeated += 1
        self._resting += 1
        again = call._replace(tries=call.tries + 1)
        asyncio.get_running_loop().call_later(REST_S * 2**call.tries, self._send_again, again)

    def _send_again(self, call: _Call) -> None:
        self._resting -= 1
        if self._broken:
            call.ended(End(LOST, self._broken))
            return
        self._waiting.appendleft(call)
        self.flush()

    def _read(self, size_bytes: int) -> None:
        self._unread_bytes += size_bytes
        if self._unread_bytes >= _READ_STEP_BYTES:
            self._out.append(_more_to_read(self._unread_bytes))
            self._unread_bytes = 0

    def _settle(self, payload: bytes) -> None:
        # Without a word on it, as many as we like.
        self._streams_max = self._streams_max or STREAMS_MAX
        for name, value in settings_in(payload):
            if name == _STREAMS_MAX:
                self._streams_max = min(value, STREAMS_MAX)
            elif name == STREAM_WINDOW and value < FRAME_BYTES_MAX:
                refuse("a window smaller than a message")
            elif name == _MEMORY_BYTES and value < MEMORY_BYTES:
                refuse("a memory too small for the headers of a call")
        self._out.append(frame(SETTINGS, _ACK, 0, b""))
        if not self._settled.done():
            self._settled.set_result(None)


@contextlib.asynccontextmanager
async def connections_to(address: str, fields: Fields, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections for the length of a block.

    Raises:
        OSError: nobody listens.
        TimeoutError: the server says nothing.
    """
    connections: list[Connection] = []
    try:
        while len(connections) < count:
            connections.append(await Connection.open(address, fields))
        yield connections
    finally:
        for connection in connections:
            connection.close()


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame as it travels."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def settings_in(payload: bytes) -> list[tuple[int, int]]:
    """Name and value of each setting of a frame of them."""
    return [
        (int.from_bytes(payload[at : at + 2], "big"), int.from_bytes(payload[at + 2 : at + 6], "big"))
        for at in range(0, len(payload), 6)
    ]


def _more_to_read(size_bytes: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, 0, size_bytes.to_bytes(4, "big"))


def end_of(block: bytes) -> End:
    """How a call ended, by its last headers.

    Raises:
        ServerMisbehaves: they do not say.
        UnreadableBlock: see there.
    """
    fields = named_fields(block)
    code = fields.get(b"grpc-status", b"")
    if not code.isdigit():
        refuse("a call that ends without a status")
    return End(
        int(code),
        fields.get(b"grpc-message", b"").decode("ascii", "replace"),
        fields.get(b"grpc-status-details-bin", b""),
    )


def refuse(what: str) -> NoReturn:
    """What came is not understood here.

    Raises:
        ServerMisbehaves: always.
    """
    raise ServerMisbehaves(what)
