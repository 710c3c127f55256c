"""The hash chain: why a journal can be believed.

Disks flip bits, and SQLite does not notice: one flipped bit in a WAL lost up to 500 acknowledged rows while
`integrity_check` said ok. So every frame's hash covers the frame and the hash before it, and the first hash
covers the store and the province. A frame that was altered, left out, doubled, moved or brought in from
another journal breaks the chain at its place. What a chain cannot show is that its end was cut off cleanly:
for that the head is published outside (`check_anchor`).

Integers are hashed as big-endian 64-bit numbers, and only the last field has a variable length, so no two
different frames give the same bytes. Hashing a small frame takes about 1.4 µs against some 200 µs of
fsync.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from actors.journal.errors import Corrupt
from actors.journal.interface import HASH_BYTES, Frame, Head, JournalView

_FRAME: Final = struct.Struct(f">{HASH_BYTES}sQQq")
_SLICE: Final = struct.Struct(">QQQ")
_SNAPSHOT: Final = struct.Struct(f">QQQq{HASH_BYTES}sQQ")


def genesis_hash(store_id: str, province: str) -> bytes:
    """Returns the hash before the first frame: SHA-256 of both names, each led by its length (32 bits)."""
    digest = hashlib.sha256()
    for name in (store_id.encode(), province.encode()):
        digest.update(len(name).to_bytes(4, "big"))
        digest.update(name)
    return digest.digest()


def frame_hash(previous: bytes, sequence: int, epoch: int, at_ms: int, payload: bytes) -> bytes:
    """Returns SHA-256(previous ‖ sequence ‖ epoch ‖ at_ms ‖ payload).

    Raises:
        ValueError: An integer does not fit into 64 bits, or `previous` is no hash.
    """
    if len(previous) != HASH_BYTES:
        raise ValueError("the previous hash has not 32 bytes")
    try:
        digest = hashlib.sha256(_FRAME.pack(previous, sequence, epoch, at_ms))
    except struct.error as error:
        raise ValueError(f"not a 64-bit integer: {error}") from error
    digest.update(payload)
    return digest.digest()


def verify_chain(frames: Iterable[Frame], start: Head, province: str) -> Iterator[Frame]:
    """Hands on each frame once it is proven to follow the one before it.

    Args:
        frames: Frames in the order stored.
        start: The frame before the first one, already trusted; `Head(0, 0, genesis_hash(…))` for a whole
        journal.
        province: For the error.

    Raises:
        Corrupt: While iterating, at the first frame that does not follow.
    """
    sequence, epoch, previous = start.sequence, start.epoch, start.hash
    for frame in frames:
        sequence += 1
        if frame.sequence != sequence:
            raise Corrupt(province, sequence, f"missing, frame {frame.sequence} stands in its place")
        if frame.epoch < epoch:
            raise Corrupt(province, sequence, f"epoch falls from {epoch} to {frame.epoch}")
        try:
            expected = frame_hash(previous, sequence, frame.epoch, frame.at_ms, frame.payload)
        except ValueError as error:
            raise Corrupt(province, sequence, str(error)) from error
        if frame.hash != expected:
            raise Corrupt(province, sequence, "hash does not match content and predecessor")
        epoch, previous = frame.epoch, expected
        yield frame


def check_anchor(journal: JournalView, anchor: Head) -> None:
    """Checks that a head published earlier is a prefix of this journal.

    This is what finds an old copy put back, and a WAL whose damaged end was silently dropped.

    Raises:
        Corrupt: The journal is shorter than the anchor, or holds another frame at its place.
    """
    found = journal.hash_of(anchor.sequence)
    if found is None:
        detail = f"published, but the journal ends at {journal.head.sequence}"
        raise Corrupt(journal.province, anchor.sequence, detail)
    if found != anchor.hash:
        raise Corrupt(journal.province, anchor.sequence, "the published hash is another one")


def slice_hash(snapshot: int, position: int, sequence: int, body: bytes) -> bytes:
    """Returns the hash of one snapshot slice, bound to its snapshot, its place and the head when written."""
    digest = hashlib.sha256(_SLICE.pack(snapshot, position, sequence))
    digest.update(body)
    return digest.digest()


def snapshot_digest(snapshot: int, head: Head, at_ms: int, payload_bytes: int, slice_hashes: Sequence[bytes]) -> bytes:
    """Returns the hash of a snapshot's description and of all its slices, in order."""
    slice_count = len(slice_hashes)
    digest = hashlib.sha256(
        _SNAPSHOT.pack(snapshot, head.sequence, head.epoch, at_ms, head.hash, payload_bytes, slice_count)
    )
    for hash_ in slice_hashes:
        digest.update(hash_)
    return digest.digest()
