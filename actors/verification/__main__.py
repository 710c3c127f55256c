"""A process that verifies a share of the journals; started by `workers`, and of no use by itself."""

import contextlib
import gc
import os
import sys

import msgspec

from actors.verification.workers import Errand, Share, receive, send

#: Added to the niceness of the process: a working system comes first.
NICENESS = 5


def main() -> None:
    """Read the share that comes first on standard input, once for every message after it, until there is no more."""
    # Replay makes millions of records and no cycles.
    gc.disable()
    os.nice(NICENESS)
    share = Share(msgspec.msgpack.decode(receive(sys.stdin.buffer), type=list[Errand]))
    with contextlib.suppress(EOFError):
        while True:
            receive(sys.stdin.buffer)
            send(sys.stdout.buffer, msgspec.msgpack.encode(share.read()))


if __name__ == "__main__":
    main()
