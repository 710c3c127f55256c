"""Families of hostile messages: bytes that no honest client sends, made from a valid message.

Most families mutate one field. They do so on the wire and not in a message object, since an object refuses what is wrong: the new field is
encoded by hand and appended, wrapped into the fields that lead to it. Protobuf merges it into what stands there already, and the last
value of a field counts.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_VARINT, _FIXED64, _LENGTH, _GROUP, _GROUP_END, _FIXED32 = 0, 1, 2, 3, 4, 5
#: Protobuf's own bound on nesting is 100.
_NESTING_MIN, _NESTING_MAX = 101, 2_000
#: How deep the fields that are mutated lie.
_DEPTH_MAX = 3
_SINGLE_BYTES_MAX = 1024 * 1024
_CONNECTION_BYTES_MAX = 4 * 1024 * 1024

#: The published type stubs know two unrelated classes of descriptors.
AnyDescriptor = Any

_INTEGERS = (
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_UINT64,
    FieldDescriptor.TYPE_BOOL,
    FieldDescriptor.TYPE_ENUM,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A field, and the fields that lead to it."""

    outer: tuple[int, ...]
    field: AnyDescriptor


def places(descriptor: AnyDescriptor) -> list[Place]:
    """Every field of a message and of the messages within it."""
    return list(_places(descriptor, ()))


def _places(descriptor: AnyDescriptor, outer: tuple[int, ...]) -> Iterator[Place]:
    for field in descriptor.fields:
        yield Place(outer, field)
        if field.message_type is not None and len(outer) < _DEPTH_MAX:
            yield from _places(field.message_type, (*outer, field.number))


# --- the wire by hand ---


def varint(value: int) -> bytes:
    """A number as protobuf writes it; negative ones as 64 bits."""
    left = value & (1 << 64) - 1
    encoded = bytearray()
    while left > 127:
        encoded.append(left & 127 | 128)
        left >>= 7
    encoded.append(left)
    return bytes(encoded)


def tagged(number: int, wire_type: int, content: bytes) -> bytes:
    """A field; content of the length-delimited type gets its length."""
    length = varint(len(content)) if wire_type == _LENGTH else b""
    return varint(number << 3 | wire_type) + length + content


def within(outer: Sequence[int], field: bytes) -> bytes:
    """A field wrapped into the fields that lead to it."""
    for number in reversed(outer):
        field = tagged(number, _LENGTH, field)
    return field


# --- texts and numbers that are wrong nearly everywhere ---

_TEXTS = (
    "a\0b",
    "\0",
    "evil\u202etxt",
    "zero\u200bwidth",
    "\ufeffbom",
    # The second letter is Cyrillic.
    "p\u0430ypal",
    "../../provinces/-",
    "%s%n%x {0} ${name}",
    "' OR 1=1 --",
    "\r\nauthorization: Bearer x",
    "😀" * 40,
    "x" * 65,
    "x" * 10_000,
    "e\u0301" * 500,
    "provinces/-",
    "provinces/" + "a" * 33,
    "provinces/atlantis/tasks/atlantis-1",
    "provinces/fujian/tasks/fujian-0",
    "provinces/fujian/tasks/fujian-999999999999999999",
    "AAAA====",
    "k6RhYmNkoKA",
    "state = ",
    "state=TASK_STATE_QUEUED AND AND",
    "amount_fen>(((((((((((",
)
_NUMBERS = (-1, -(2**31), 2**31 - 1, 2**31, -(2**63), 2**63 - 1, 1_000_000_000_001, 9_999)
_BAD_UTF8 = (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ok\xfe", b"\xe4\xbd")

Random = random.Random
Family = Callable[[Random, Message], bytes]


def _pick(rng: Random, message: Message, fits: Callable[[AnyDescriptor], bool]) -> Place | None:
    fitting = [place for place in places(message.DESCRIPTOR) if fits(place.field)]
    return rng.choice(fitting) if fitting else None


def _with(rng: Random, message: Message, fits: Callable[[AnyDescriptor], bool], raw: Callable[[int], bytes]) -> bytes:
    """The message with a field of the fitting ones put wrong; without any such field: with one that it does not have."""
    place = _pick(rng, message, fits)
    valid = message.SerializeToString()
    if place is None:
        return valid + raw(rng.randrange(500, 1_000))
    return valid + within(place.outer, raw(place.field.number))


def _random_bytes(rng: Random, message: Message) -> bytes:
    del message
    return rng.randbytes(rng.choice((1, 2, 7, 40, 300, 3_000)))


def _truncated(rng: Random, message: Message) -> bytes:
    valid = message.SerializeToString() or b"\x0a\x05"
    return valid[: rng.randrange(len(valid))] + rng.choice((b"", b"\x0a", b"\xff"))


def _bit_flipped(rng: Random, message: Message) -> bytes:
    valid = bytearray(message.SerializeToString() or b"\x0a\x05hello")
    for _ in range(rng.choice((1, 1, 2, 8))):
        valid[rng.randrange(len(valid))] ^= 1 << rng.randrange(8)
    return bytes(valid)


def _wrong_wire_type(rng: Random, message: Message) -> bytes:
    wire_type = rng.choice((_VARINT, _FIXED64, _LENGTH, _GROUP, _GROUP_END, _FIXED32, 6, 7))
    content = rng.randbytes(rng.choice((0, 1, 4, 8)))
    return _with(rng, message, lambda _: True, lambda number: tagged(number, wire_type, content))


def _nested(rng: Random, message: Message) -> bytes:
    depth = rng.randrange(_NESTING_MIN, _NESTING_MAX)
    if rng.random() < 0.5:
        return _with(rng, message, lambda _: True, lambda number: tagged(number, _GROUP, b"") * depth)
    place = _pick(rng, message, lambda field: field.message_type is not None)
    number = place.field.number if place is not None else 1
    return message.SerializeToString() + within([number] * depth, b"")


def _bad_utf8(rng: Random, message: Message) -> bytes:
    content = rng.choice(_BAD_UTF8)
    return _with(rng, message, _is_text, lambda number: tagged(number, _LENGTH, content))


def _unknown_enum(rng: Random, message: Message) -> bytes:
    content = varint(rng.choice((-1, 9_999, 2**31 - 1, 2**40)))
    return _with(
        rng, message, lambda field: field.enum_type is not None, lambda number: tagged(number, _VARINT, content)
    )


def _wrong_number(rng: Random, message: Message) -> bytes:
    content = rng.choice((*map(varint, _NUMBERS), b"\xff" * 9 + b"\x7f", b"\xff" * 11))
    return _with(rng, message, _is_integer, lambda number: tagged(number, _VARINT, content))


def _wrong_text(rng: Random, message: Message) -> bytes:
    content = rng.choice(_TEXTS).encode()
    return _with(rng, message, _is_text, lambda number: tagged(number, _LENGTH, content))


def _many_items(rng: Random, message: Message) -> bytes:
    count = rng.choice((33, 501, 2_000, 10_000))
    return _with(rng, message, lambda field: field.is_repeated, lambda number: tagged(number, _LENGTH, b"") * count)


def _unknown_fields(rng: Random, message: Message) -> bytes:
    content = rng.randbytes(rng.choice((10, 1_000, 20_000)))
    return message.SerializeToString() + tagged(rng.choice((900, 536_870_911)), _LENGTH, content)


def _empty(rng: Random, message: Message) -> bytes:
    del rng, message
    return b""


def _valid(rng: Random, message: Message) -> bytes:
    del rng
    return message.SerializeToString()


def _is_text(field: AnyDescriptor) -> bool:
    return field.type == FieldDescriptor.TYPE_STRING


def _is_integer(field: AnyDescriptor) -> bool:
    return field.type in _INTEGERS


#: Cheap families, sent in any number.
FAMILIES: Mapping[str, Family] = {
    "random bytes": _random_bytes,
    "truncated": _truncated,
    "bits flipped": _bit_flipped,
    "wrong wire type": _wrong_wire_type,
    "nested too deep": _nested,
    "bad UTF-8": _bad_utf8,
    "unknown enum": _unknown_enum,
    "wrong number": _wrong_number,
    "wrong text": _wrong_text,
    "many items": _many_items,
    "unknown fields": _unknown_fields,
    "empty": _empty,
}


# --- families whose messages are megabytes: sent a few times ---


def _two_million_items(rng: Random, message: Message) -> bytes:
    # A key below 16 is one byte, so that two million empty items fit into what the connection lets through.
    items = _with(
        rng, message, lambda field: field.is_repeated and field.number < 16, lambda number: tagged(number, _LENGTH, b"")
    )
    return items + items[-2:] * ((_CONNECTION_BYTES_MAX - len(items)) // 2 - 16)


def _a_megabyte_of_text(rng: Random, message: Message) -> bytes:
    content = b"x" * (_SINGLE_BYTES_MAX - 40_000)
    return _with(rng, message, _is_text, lambda number: tagged(number, _LENGTH, content))


def _over_the_limit_of_a_message(rng: Random, message: Message) -> bytes:
    return message.SerializeToString() + tagged(900, _LENGTH, rng.randbytes(_SINGLE_BYTES_MAX))


def _over_the_limit_of_a_connection(rng: Random, message: Message) -> bytes:
    return message.SerializeToString() + tagged(900, _LENGTH, bytes(_CONNECTION_BYTES_MAX))


def _inflated(rng: Random, message: Message) -> bytes:
    del rng
    return message.SerializeToString() + tagged(900, _LENGTH, bytes(2 * _CONNECTION_BYTES_MAX))


#: Sent compressed: eight kilobytes on the wire, eight megabytes in the memory of whoever unpacks it without a bound.
INFLATED = "inflated"

LARGE_FAMILIES: Mapping[str, Family] = {
    "two million items": _two_million_items,
    "a megabyte of text": _a_megabyte_of_text,
    "over the limit of a message": _over_the_limit_of_a_message,
    "over the limit of a connection": _over_the_limit_of_a_connection,
    INFLATED: _inflated,
}
#: What a caller sends who is wrong in himself: the message is right.
VALID: Family = _valid
