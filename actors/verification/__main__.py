"""A process that verifies some of the journals; started by `workers`, and of no use by itself."""

import contextlib
import gc
import os
import sys

import msgspec

from actors.verification.workers import Errand, Readings, receive, send

#: Added to the niceness of the process: a working system comes first.
NICENESS = 5


def main() -> None:
    """Read one journal for every errand on standard input, or read on for every None, until there is no more."""
    # Replay makes millions of records and no cycles.
    gc.disable()
    os.nice(NICENESS)
    readings = Readings()
    with contextlib.suppress(EOFError):
        while True:
            errand = msgspec.msgpack.decode(receive(sys.stdin.buffer), type=Errand | None)
            found = readings.go_on() if errand is None else readings.begin(errand)
            send(sys.stdout.buffer, msgspec.msgpack.encode(found))


if __name__ == "__main__":
    main()
