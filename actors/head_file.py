"""The witness of the hq journal: its head, in a small file beside it.

Every province's journal is anchored in that of the headquarters (`anchors`); that one has nobody to be anchored with.
"""

import os
import zlib
from pathlib import Path

import msgspec

from actors.journal import Head


class _StoredHead(msgspec.Struct, frozen=True, array_like=True):
    head: tuple[int, int, bytes]
    crc: int


class HeadFile:
    """The head of the hq journal, in a file of its own: another place, so that damage to one is seen by the other.

    Written in place, at most once a second, and synced; some 60 bytes, so a write is never torn. It is a witness only: when it is missing
    or unreadable the journal is believed, and `sharedops verify` says that the witness is lost.
    """

    def __init__(self, hq_path: Path) -> None:
        self.path = hq_path.with_suffix(".head")

    def read(self) -> Head | None:
        """The head written last; None when there is no file.

        Raises:
            ValueError: the file is damaged.
        """
        try:
            stored = msgspec.msgpack.decode(self.path.read_bytes(), type=_StoredHead)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise ValueError(f"{self.path.name} cannot be read: {error}") from error
        if zlib.crc32(repr(stored.head).encode()) != stored.crc:
            raise ValueError(f"{self.path.name} does not match its checksum")
        return Head(*stored.head)

    def write(self, head: Head) -> None:
        """Note the head; returns after its fsync.

        Raises:
            OSError: it cannot be written.
        """
        fields = (head.sequence, head.epoch, head.hash)
        body = msgspec.msgpack.encode(_StoredHead(fields, zlib.crc32(repr(fields).encode())))
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, body, 0)
            os.ftruncate(descriptor, len(body))
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
