"""How events, commands, replies and the state become bytes. MessagePack of the typed records; unknown fields are ignored."""

from collections.abc import Iterable

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.replies import AnyReply, DeskUpdate

_encoder = msgspec.msgpack.Encoder()
_events = msgspec.msgpack.Decoder(list[e.AnyEvent])
_command = msgspec.msgpack.Decoder(c.AnyCommand)
_reply = msgspec.msgpack.Decoder(AnyReply)
_updates = msgspec.msgpack.Decoder(list[DeskUpdate])

encode = _encoder.encode
decode_command = _command.decode
decode_reply = _reply.decode
decode_desk_updates = _updates.decode


def encode_events(events: Iterable[e.AnyEvent]) -> bytes:
    """The payload of a frame."""
    return _encoder.encode(list(events))


def decode_events(payload: bytes) -> list[e.AnyEvent]:
    """The events of a frame.

    Raises:
        msgspec.DecodeError: the payload is not what `encode_events` writes.
    """
    return _events.decode(payload)
