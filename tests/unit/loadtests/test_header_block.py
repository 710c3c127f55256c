"""The headers of the load generator's calls as HTTP/2 packs them."""

import pytest

from loadtests.bench.header_block import UnreadableBlock, first_block, named_fields, next_block, plain_block

_FIELDS = (("te", "trailers"), ("x-long", "v" * 300))


def test_the_first_call_spells_its_headers_out_and_the_next_ones_name_their_places() -> None:
    """A wrong place would send somebody else's header: a call to another method, or with another token."""
    block = first_block(_FIELDS)
    assert block[:2] == b"\x83\x86"
    assert named_fields(block) == {b"te": b"trailers", b"x-long": b"v" * 300}
    # The last one remembered is the newest, at place 62.
    assert next_block(_FIELDS) == b"\x83\x86\xbf\xbe"


def test_headers_of_a_call_that_stands_for_itself_are_not_remembered() -> None:
    """One that the server remembered would move the places of all others on its connection."""
    block = plain_block(_FIELDS)
    assert block[:3] == b"\x83\x86\x00"
    assert named_fields(block) == named_fields(first_block(_FIELDS))


def test_values_are_read_whatever_their_length_and_kind() -> None:
    """A refusal whose details are misread would be counted as one that does not say when to come back."""
    literal = b"\x00\x0bgrpc-status\x018"
    indexed_name = b"\x0f\x10\x10application/grpc"
    binary = b"\x10\x05a-bin\x03\x00\x01\x02"
    block = b"\x20\x88" + indexed_name + literal + binary
    assert named_fields(block) == {b"grpc-status": b"8", b"a-bin": b"\x01\x02"}


@pytest.mark.parametrize(
    "block",
    [
        b"\x00\x0bgrpc-status\x81\x07",
        b"\x00\x0bgrpc-sta",
        b"\x00\x0bgrpc-status\x05x",
        b"\x00",
        b"\xbe",
        b"\x0f\xff",
    ],
)
def test_what_is_not_read_here_is_an_error(block: bytes) -> None:
    """A guess would be a made-up measurement."""
    with pytest.raises(UnreadableBlock):
        named_fields(block)
