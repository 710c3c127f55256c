import itertools

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from actors.transport.framing import (
    FRAME_BYTES_MAX,
    FRAME_ITEMS_MAX,
    Call,
    Error,
    FrameParser,
    Hello,
    Item,
    Push,
    Reply,
    encode_frame,
)

IDS = st.integers(0, 2**64 - 1)
ITEMS = st.one_of(
    st.builds(Call, IDS, st.binary(max_size=300)),
    st.builds(Reply, IDS, st.binary(max_size=300)),
    st.builds(Error, IDS, st.text(max_size=20)),
    st.builds(Push, st.just(0), st.binary(max_size=300)),
    st.builds(Hello, st.integers(0, 9), st.text(max_size=20)),
)
FRAMES = st.lists(st.lists(ITEMS, max_size=6), max_size=6)


def feed_split(stream: bytes, cuts: list[int]) -> tuple[list[Item], str | None]:
    """Feed the stream cut at the given places; return every item and why the stream ended."""
    parser = FrameParser()
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    items: list[Item] = []
    for start, end in itertools.pairwise(places):
        items += parser.feed(stream[start:end])
    return items, parser.broken


@given(frames=FRAMES, cuts=st.lists(st.integers(0, 10_000), max_size=20))
def test_items_survive_any_split_of_the_stream(frames: list[list[Item]], cuts: list[int]) -> None:
    """A parser that loses or doubles bytes at a read's edge would lose or double calls."""
    stream = b"".join(encode_frame(frame) for frame in frames)
    expected = [item for frame in frames for item in frame]
    assert feed_split(stream, cuts) == (expected, None)


@given(
    frames=FRAMES,
    rubbish=st.binary(min_size=1, max_size=80),
    cuts=st.lists(st.integers(0, 10_000), max_size=20),
)
def test_rubbish_never_raises_and_splits_do_not_change_the_outcome(
    frames: list[list[Item]], rubbish: bytes, cuts: list[int]
) -> None:
    """An exception in the protocol would reach the loop; an outcome by luck of the splits cannot be debugged."""
    stream = b"".join(encode_frame(frame) for frame in frames) + rubbish
    sound = [item for frame in frames for item in frame]
    items, broken = feed_split(stream, cuts)
    assert items[: len(sound)] == sound
    assert (items, broken) == feed_split(stream, [])


@given(payload=st.binary(max_size=200))
def test_any_payload_is_items_or_malformed(payload: bytes) -> None:
    """A hostile payload must end in a reason, whatever it decodes to."""
    parser = FrameParser()
    items = parser.feed(len(payload).to_bytes(4) + payload)
    assert parser.broken in {None, "frame_malformed"}
    assert parser.broken is None or items == []


@given(length=st.integers(FRAME_BYTES_MAX + 1, 2**32 - 1))
def test_an_oversized_frame_is_refused_by_its_header(length: int) -> None:
    """Waiting for the bytes would let one peer take 4 GiB."""
    parser = FrameParser()
    sound = encode_frame([Call(1, b"a")])
    assert parser.feed(bytes(sound) + length.to_bytes(4)) == [Call(1, b"a")]
    assert parser.broken == "frame_too_large"
    assert parser.feed(bytes(sound)) == []


def test_the_wire_is_what_the_documentation_says() -> None:
    """Another implementation reads the table in the docstring, not our classes."""
    frame = bytes(encode_frame([Call(7, b"q"), Error(8, "no"), Push(0, b"p"), Hello(1, "gateway/1")]))
    assert int.from_bytes(frame[:4]) == len(frame) - 4
    assert msgspec.msgpack.decode(frame[4:]) == [[1, 7, b"q"], [3, 8, "no"], [4, 0, b"p"], [5, 1, "gateway/1"]]


def test_more_items_than_allowed_are_refused_by_the_array_header() -> None:
    """Millions of empty items fit into one frame and would take gigabytes as objects."""
    payload = msgspec.msgpack.encode([Push(0, b"")] * (FRAME_ITEMS_MAX + 1))
    parser = FrameParser()
    assert parser.feed(len(payload).to_bytes(4) + payload) == []
    assert parser.broken == "frame_malformed"


def test_deep_nesting_is_malformed() -> None:
    """Nesting must not exhaust the stack, not even inside fields that a later version might add."""
    payload = b"\x91\x94\x01\x01\xc4\x00" + b"\x91" * 5_000 + b"\x90"
    parser = FrameParser()
    assert parser.feed(len(payload).to_bytes(4) + payload) == []
    assert parser.broken == "frame_malformed"
