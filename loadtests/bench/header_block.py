"""The headers of gRPC calls as HTTP/2 packs them (HPACK, RFC 7541), as far as a load of equal calls needs them.

Every call of a connection has the same headers. So the first spells them out and asks the server to remember them, and each further one
names them by their place in the server's memory: one byte a header, fixed for the connection. gRPC's own clients arrive at the same bytes.
Where calls of many kinds share a connection, each spells its headers out (`plain_block`).

In the other direction the connection says beforehand that it remembers nothing and takes binary values as they are. What comes back is then
plain literals, and equal answers are equal bytes, which a caller may look up instead of reading them again. Huffman codes, which gRPC uses
for the text form of binary values alone, are not read: to meet one is an error, never a guess.
"""

from collections.abc import Sequence

#: ``:method: POST`` and ``:scheme: http`` have fixed places in every memory.
_POST_HTTP = b"\x83\x86"
#: Where a memory's newest entry stands.
_NEWEST = 62
#: Literal of a new name that is to be remembered, and of one that is not.
_REMEMBER = b"\x40"
_FORGET = b"\x00"
_HUFFMAN = 0x80
#: A binary value that travels as it is begins with it.
_BINARY_AS_IS = b"\0"

#: What a server remembers unless it says otherwise, bytes.
MEMORY_BYTES = 4_096

Fields = Sequence[tuple[str, str]]


class UnreadableBlock(Exception):
    """A header block uses what is not read here, or is cut short."""


def first_block(fields: Fields) -> bytes:
    """The headers of a connection's first call, to be remembered.

    Args:
        fields: lower-case names and values, at most 60 and together well below `MEMORY_BYTES`.
    """
    literals = (_REMEMBER + _text(name) + _text(value) for name, value in fields)
    return _POST_HTTP + b"".join(literals)


def next_block(fields: Fields) -> bytes:
    """The headers of every further call: the same fields by their places, the last one remembered being the newest."""
    return _POST_HTTP + bytes(0x80 | (_NEWEST + len(fields) - 1 - number) for number in range(len(fields)))


def plain_block(fields: Fields) -> bytes:
    """The headers of a call that stands for itself: nothing is to be remembered, so it may follow and precede any other."""
    return _POST_HTTP + b"".join(_FORGET + _text(name) + _text(value) for name, value in fields)


def _text(text: str) -> bytes:
    raw = text.encode("ascii")
    return _integer(len(raw)) + raw


def _integer(number: int) -> bytes:
    """An integer behind a prefix of seven bits."""
    if number < 0x7F:
        return bytes((number,))
    coded, number = bytearray((0x7F,)), number - 0x7F
    while number >= 0x80:
        coded.append(0x80 | (number & 0x7F))
        number >>= 7
    coded.append(number)
    return bytes(coded)


def named_fields(block: bytes) -> dict[bytes, bytes]:
    """The fields of a block that spell their names out, as all of gRPC's own do; those with a fixed place are passed over.

    Raises:
        UnreadableBlock: see there.
    """
    fields: dict[bytes, bytes] = {}
    at = 0
    try:
        while at < len(block):
            at = _field(block, at, fields)
    except IndexError:
        raise UnreadableBlock("cut short") from None
    return fields


def _field(block: bytes, at: int, fields: dict[bytes, bytes]) -> int:
    """Read one field; where the next one begins."""
    kind = block[at]
    if kind & 0x80:
        place, at = _read_integer(block, at, 7)
        if place >= _NEWEST:
            raise UnreadableBlock("a place in a memory that we said we do not have")
        return at
    if kind & 0xE0 == 0x20:
        # The memory's size, which is what we asked for.
        return _read_integer(block, at, 5)[1]
    place, at = _read_integer(block, at, 6 if kind & 0x40 else 4)
    name = b""
    if not place:
        name, at = _read_text(block, at)
    value, at = _read_text(block, at)
    if name:
        fields[name] = value.removeprefix(_BINARY_AS_IS) if name.endswith(b"-bin") else value
    return at


def _read_text(block: bytes, at: int) -> tuple[bytes, int]:
    if block[at] & _HUFFMAN:
        raise UnreadableBlock("a Huffman code")
    length, at = _read_integer(block, at, 7)
    if at + length > len(block):
        raise UnreadableBlock("cut short")
    return block[at : at + length], at + length


def _read_integer(block: bytes, at: int, prefix_bits: int) -> tuple[int, int]:
    """An integer behind a prefix, and where it ends."""
    full = (1 << prefix_bits) - 1
    number, at = block[at] & full, at + 1
    if number < full:
        return number, at
    shift = 0
    while True:
        part, at = block[at], at + 1
        number += (part & 0x7F) << shift
        shift += 7
        if not part & 0x80:
            return number, at
