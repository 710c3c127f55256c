"""Frames: how items become bytes and come back, whatever the splits between reads.

    frame = u32 big-endian length N | N bytes of MessagePack: an array of items
    item  = [kind: int, id: int, body]

| kind | name  | id               | body                  | direction       |
|------|-------|------------------|-----------------------|-----------------|
| 1    | CALL  | chosen by link   | opaque bytes          | link → endpoint |
| 2    | REPLY | of the call      | opaque bytes          | endpoint → link |
| 3    | ERROR | of the call      | str, a code           | endpoint → link |
| 4    | PUSH  | 0                | opaque bytes          | endpoint → link |
| 5    | HELLO | protocol version | str, the link's name  | link → endpoint |

A frame holds many items: everything one side queued during a turn of its event loop. Kinds are tags of a
msgspec union, so one C call decodes a whole frame into typed items. A frame is bounded in bytes and in items;
a header that announces more is refused before anything is buffered or allocated for it.

The first bad frame ends the stream: `FrameParser` keeps the reason, returns what was good before it, and
ignores the rest. It never raises on input.
"""

import struct
from collections.abc import Sequence
from typing import Final

import msgspec

#: Sent as the id of HELLO; an endpoint refuses any other.
PROTOCOL_VERSION: Final = 1
#: Longest payload of one frame.
FRAME_BYTES_MAX: Final = 16 * 1024 * 1024
#: Most items in one frame, so that its array header is at most three bytes long.
FRAME_ITEMS_MAX: Final = 65_535
#: Most bytes an item adds to its body: array, kind, id (9) and body (5) headers.
ITEM_OVERHEAD_BYTES: Final = 16
#: Longest body of one item.
BODY_BYTES_MAX: Final = FRAME_BYTES_MAX - ITEM_OVERHEAD_BYTES - 3

_HEADER = struct.Struct(">I")
_HEADER_BYTES = _HEADER.size
#: First byte of a MessagePack array with a 32-bit length, hence of more items than a frame may hold.
_ARRAY_32 = 0xDD


class Call(msgspec.Struct, array_like=True, tag=1, gc=False, frozen=True, forbid_unknown_fields=True):
    """A question; the same id comes back with its reply."""

    #: Unique on its connection.
    id: int
    #: Opaque to the transport.
    body: bytes


class Reply(msgspec.Struct, array_like=True, tag=2, gc=False, frozen=True, forbid_unknown_fields=True):
    """The answer to a call."""

    #: Id of the call.
    id: int
    #: Opaque to the transport.
    body: bytes


class Error(msgspec.Struct, array_like=True, tag=3, gc=False, frozen=True, forbid_unknown_fields=True):
    """The answer to a call that failed."""

    #: Id of the call.
    id: int
    #: Short stable code.
    reason: str


class Push(msgspec.Struct, array_like=True, tag=4, gc=False, frozen=True, forbid_unknown_fields=True):
    """Something the endpoint says unasked."""

    #: Always 0.
    id: int
    #: Opaque to the transport.
    body: bytes


class Hello(msgspec.Struct, array_like=True, tag=5, gc=False, frozen=True, forbid_unknown_fields=True):
    """A link's first item on every connection."""

    #: `PROTOCOL_VERSION`.
    version: int
    #: Name of the link, e.g. ``gateway/1``.
    name: str


Item = Call | Reply | Error | Push | Hello

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Item])


def encode_frame(items: Sequence[Item]) -> bytearray:
    """Encode one frame; the caller keeps it within `FRAME_BYTES_MAX` and `FRAME_ITEMS_MAX`."""
    frame = bytearray(_HEADER_BYTES)
    _ENCODER.encode_into(items, frame, _HEADER_BYTES)
    _HEADER.pack_into(frame, 0, len(frame) - _HEADER_BYTES)
    return frame


class FrameParser:
    """Turns reads into items; holds at most one incomplete frame."""

    __slots__ = ("_partial", "broken")

    def __init__(self) -> None:
        self._partial: bytearray = bytearray()
        #: Why the stream ended (``frame_too_large``, ``frame_malformed``), or None while it is sound.
        self.broken: str | None = None

    def feed(self, data: bytes | memoryview) -> list[Item]:
        """Return the items of every frame that `data` completes, in order; check `broken` afterwards.

        Amortised O(len(data)): whole frames are decoded from the read itself, only a tail is copied.
        """
        if self.broken is not None:
            return []
        if not self._partial:
            items, consumed = self._parse(data)
            if consumed < len(data):
                self._partial += memoryview(data)[consumed:]
            return items
        self._partial += data
        items, consumed = self._parse(self._partial)
        del self._partial[:consumed]
        return items

    def _parse(self, data: bytes | bytearray | memoryview) -> tuple[list[Item], int]:
        """Decode the whole frames at the start of `data`; return their items and their length in bytes."""
        items: list[Item] = []
        start, available = 0, len(data)
        with memoryview(data) as view:
            while available - start >= _HEADER_BYTES:
                (length,) = _HEADER.unpack_from(data, start)
                if length > FRAME_BYTES_MAX:
                    self.broken = "frame_too_large"
                    return items, available
                end = start + _HEADER_BYTES + length
                if end > available:
                    break
                if not self._decode(view[start + _HEADER_BYTES : end], items):
                    return items, available
                start = end
        return items, start

    def _decode(self, payload: memoryview, items: list[Item]) -> bool:
        """Append one frame's items; on a bad frame set `broken` and return False."""
        with payload:
            if not payload or payload[0] == _ARRAY_32:
                self.broken = "frame_malformed"
                return False
            try:
                items += _DECODER.decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.broken = "frame_malformed"
                return False
        return True
