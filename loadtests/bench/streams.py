"""Streams of messages both ways on one HTTP/2 connection, beside unary calls: what a branch system and a workbench keep open, at next to no cost.

gRPC's own client in Python takes 50 to 100 us for each message that it writes or reads. With one task a message that is more than a task may
cost altogether. The bytes are simple, as `connection` says; what streams add is here: messages that lie across frames, and the windows of each
stream in both directions.
"""

from collections.abc import Callable

from loadtests.bench.connection import (
    DATA,
    FRAME_BYTES_MAX,
    FRAME_HEAD_BYTES,
    HEADERS,
    LOST,
    PADDED,
    RST_STREAM,
    SETTINGS,
    STREAM_WINDOW,
    WINDOW_BYTES,
    WINDOW_UPDATE,
    Connection,
    End,
    Ended,
    end_of,
    frame,
    refuse,
    settings_in,
)
from loadtests.bench.header_block import Fields, plain_block

_END_STREAM = 0x1
_END_HEADERS = 0x4
_PREFIX_BYTES = 5
#: Room of a stream that is given back at once; half of what the connection says of each.
_STREAM_STEP_BYTES = 1 << 19

Said = Callable[[bytes], None]


class Stream:
    """One stream of a `StreamingConnection`, which makes it."""

    def __init__(self, number: int, said: Said, ended: Ended, window_bytes: int, unsent: "dict[int, Stream]") -> None:
        self.number = number
        self.window_bytes = window_bytes
        self.ended = ended
        self._said = said
        self._unsent = unsent
        self._received = b""
        self._unread_bytes = 0
        self._outbox = bytearray()
        #: Nothing more is sent after what lies in the outbox.
        self._is_closing = self._is_closed = False

    def send(self, message: bytes) -> None:
        """Put a message behind those that were not sent yet; the connection's `flush` sends what there is room for."""
        self._outbox += b"\0" + len(message).to_bytes(4, "big")
        self._outbox += message
        self._unsent[self.number] = self

    def close(self) -> None:
        """Say, after what was put in, that nothing more comes."""
        self._is_closing = True
        self._unsent[self.number] = self

    @property
    def is_sent(self) -> bool:
        """Whether nothing is left to send."""
        return not self._outbox and self._is_closed == self._is_closing

    def next_frame(self, room_bytes: int) -> bytes:
        """What may be sent now, of at most this many bytes of data; empty: nothing."""
        size_bytes = min(len(self._outbox), room_bytes, self.window_bytes, FRAME_BYTES_MAX)
        is_last = self._is_closing and not self._is_closed and size_bytes == len(self._outbox)
        if not size_bytes and not is_last:
            return b""
        data = bytes(self._outbox[:size_bytes])
        del self._outbox[:size_bytes]
        self.window_bytes -= size_bytes
        self._is_closed = is_last
        return frame(DATA, _END_STREAM if is_last else 0, self.number, data)

    def take(self, data: bytes) -> int:
        """Hand over the messages that are whole; returns how much room to give back to the server, bytes."""
        received = self._received + data if self._received else data
        at = 0
        while len(received) - at >= _PREFIX_BYTES:
            if received[at]:
                refuse("a compressed message")
            begin = at + _PREFIX_BYTES
            end = begin + int.from_bytes(received[at + 1 : begin], "big")
            if len(received) < end:
                break
            self._said(received[begin:end])
            at = end
        self._received = received[at:]
        self._unread_bytes += len(data)
        if self._unread_bytes < _STREAM_STEP_BYTES:
            return 0
        given_back, self._unread_bytes = self._unread_bytes, 0
        return given_back


class StreamingConnection(Connection):
    """A connection on which every call and every stream brings its own headers.

    Use: `open`, then `stream` for each stream and `call` (with a block) for each unary call, and `flush` after each lot.
    """

    def __init__(self, fields: Fields = ()) -> None:
        super().__init__(fields)
        self._streams: dict[int, Stream] = {}
        #: Those with something to send.
        self._unsent: dict[int, Stream] = {}
        self._stream_window_bytes = WINDOW_BYTES

    def stream(self, fields: Fields, said: Said, ended: Ended) -> Stream:
        """Open a stream.

        Args:
            fields: its headers, but for ``:method`` and ``:scheme``.
            said: called with each message of the server, from the event loop.
            ended: called once, when the server or the connection ends it.
        """
        number = self._next_stream()
        self._out.append(frame(HEADERS, _END_HEADERS, number, plain_block(fields)))
        stream = self._streams[number] = Stream(number, said, ended, self._stream_window_bytes, self._unsent)
        return stream

    def flush(self) -> None:
        """Send what there is room for, in one write."""
        for stream in list(self._unsent.values()):
            while data := stream.next_frame(self._window_bytes):
                self._window_bytes -= len(data) - FRAME_HEAD_BYTES
                self._out.append(data)
            if stream.is_sent:
                del self._unsent[stream.number]
        super().flush()

    def close(self) -> None:
        """Leave; streams that are still open never end."""
        self._streams.clear()
        self._unsent.clear()
        super().close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is still open."""
        super().connection_lost(exc)
        self._unsent.clear()
        left, self._streams = self._streams, {}
        for stream in left.values():
            stream.ended(End(LOST, self._broken))

    def _heard(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        ours = self._streams.get(stream)
        if kind == SETTINGS:
            self._resize(payload)
        if ours is None:
            super()._heard(kind, flags, stream, payload)
        elif kind == DATA:
            if flags & PADDED:
                refuse("a padded frame")
            self._read(len(payload))
            if room := ours.take(payload):
                self._out.append(frame(WINDOW_UPDATE, 0, stream, room.to_bytes(4, "big")))
        elif kind == WINDOW_UPDATE:
            ours.window_bytes += int.from_bytes(payload, "big")
        elif kind == RST_STREAM:
            self._end(stream, End(LOST, f"reset with {int.from_bytes(payload, 'big')}"))
        elif kind == HEADERS:
            if not flags & _END_HEADERS:
                refuse("headers in parts")
            if flags & _END_STREAM:
                self._end(stream, end_of(payload))
        else:
            super()._heard(kind, flags, stream, payload)

    def _end(self, number: int, end: End) -> None:
        self._unsent.pop(number, None)
        self._streams.pop(number).ended(end)

    def _resize(self, payload: bytes) -> None:
        """The server changes the window of all streams, those that are open included."""
        for name, value in settings_in(payload):
            if name == STREAM_WINDOW:
                for stream in self._streams.values():
                    stream.window_bytes += value - self._stream_window_bytes
                self._stream_window_bytes = value
